/* Ollama /api/chat: a JSON object a line, tool calls whole, durations in nanoseconds. */
#include "vendors/model.h"

struct ollama {
	struct model model;
	bool called;
	char name[80];
};

static const struct vendor_rule members[] = {
	{"model", VENDOR_TEXT, VENDOR_MUST},
	{"messages", VENDOR_LIST},
	{"tools", VENDOR_LIST},
	{"stream", VENDOR_BOOL},
	{"format", VENDOR_ANY},
	{"options", VENDOR_MAP},
	{"keep_alive", VENDOR_ANY},
	{"think", VENDOR_ANY},
	{"truncate", VENDOR_BOOL},
	{"shift", VENDOR_BOOL},
	{"logprobs", VENDOR_BOOL},
	{"top_logprobs", VENDOR_INT, VENDOR_MAY, 0, 20},
};

static const struct vendor_rule option_members[] = {
	{"temperature", VENDOR_NUM},
	{"top_k", VENDOR_INT},
	{"top_p", VENDOR_NUM},
	{"min_p", VENDOR_NUM},
	{"typical_p", VENDOR_NUM},
	{"repeat_last_n", VENDOR_INT},
	{"repeat_penalty", VENDOR_NUM},
	{"presence_penalty", VENDOR_NUM},
	{"frequency_penalty", VENDOR_NUM},
	{"seed", VENDOR_INT},
	{"num_predict", VENDOR_INT},
	{"num_keep", VENDOR_INT},
	{"stop", VENDOR_LIST},
	{"num_ctx", VENDOR_INT},
	{"num_batch", VENDOR_INT},
	{"num_gpu", VENDOR_INT},
	{"num_thread", VENDOR_INT},
	{"main_gpu", VENDOR_INT},
	{"use_mmap", VENDOR_BOOL},
};

static const struct vendor_rule message_members[] = {
	{"role", VENDOR_TEXT, VENDOR_MUST, 0, 0, "system|user|assistant|tool"},
	{"content", VENDOR_TEXT},
	{"thinking", VENDOR_TEXT},
	{"images", VENDOR_LIST},
	{"tool_calls", VENDOR_LIST},
	{"tool_name", VENDOR_TEXT},
	{"tool_call_id", VENDOR_TEXT},
};

static void write_error(struct json_out *w, int status, const char *why)
{
	(void)status;
	json_str(w, "error", str_from(why));
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer_error(s, status, why, write_error);
}

static const char *check_message(struct vendor_session *s, const struct json *m, char why[160])
{
	const struct json *calls = json_find(m, "tool_calls");

	if (!vendor_check_json(s, m, message_members, ARRAY_LEN(message_members), why))
		return why;
	if (str_eq(json_str_or(m, "role", STR("")), STR("tool")) && !json_find(m, "tool_name") &&
	    !json_find(m, "tool_call_id"))
		return "a result has tool_name or tool_call_id";
	for (size_t i = 0; i < json_count(calls); i++)
		if (!json_str_or(json_at(calls, i), "function/name", STR("")).n ||
		    json_kind(json_find(json_at(calls, i), "function/arguments")) != JSON_KIND_MAP)
			return "json: cannot unmarshal string into Go struct field arguments";
	return NULL;
}

static const char *check(struct vendor_session *s, const struct json *body, char why[160])
{
	const struct json *options = json_find(body, "options"), *tools = json_find(body, "tools");
	const struct json *messages = json_find(body, "messages"), *think = json_find(body, "think");
	const char *problem = NULL;

	if (!vendor_check_json(s, body, members, ARRAY_LEN(members), why) ||
	    (options && !vendor_check_json(s, options, option_members, ARRAY_LEN(option_members), why)))
		return why;
	if (json_kind(think) == JSON_KIND_STR &&
	    !vendor_one_of(json_str_or(think, "", STR("")), "low|medium|high|max"))
		return "think is true, false, low, medium, high or max";
	for (size_t i = 0; i < json_count(tools) && !problem; i++)
		if (!str_eq(json_str_or(json_at(tools, i), "type", STR("")), STR("function")) ||
		    !json_str_or(json_at(tools, i), "function/name", STR("")).n)
			problem = "a tool has type function, and a function with a name";
	for (size_t i = 0; i < json_count(messages) && !problem; i++)
		problem = check_message(s, json_at(messages, i), why);
	return problem;
}

static void begin(struct json_out *w, struct buf *out, const struct ollama *o)
{
	buf_init(out, 1u << 20);
	json_begin(w, out);
	json_map(w, NULL);
	json_str(w, "model", str_from(o->name));
	json_str(w, "created_at", STR("2026-01-02T03:04:05.6Z"));
	json_map(w, "message");
	json_str(w, "role", STR("assistant"));
}

static void send(struct json_out *w, struct buf *out, const struct ollama *o, usec delay)
{
	json_end(w);
	buf_add_char(out, '\n');
	vendor_piece(o->model.s, delay, buf_str(out));
	buf_fini(out);
}

static void say(struct model *m, usec delay, struct str token)
{
	struct ollama *o = CONTAINER_OF(m, struct ollama, model);
	struct json_out w;
	struct buf out;

	begin(&w, &out, o);
	json_str(&w, "content", token);
	json_end(&w);
	json_bool(&w, "done", false);
	send(&w, &out, o, delay);
}

static void call(struct model *m, usec delay, struct str fragment)
{
	struct ollama *o = CONTAINER_OF(m, struct ollama, model);
	struct json_out w;
	struct buf out;

	if (o->called)
		return;
	o->called = true;
	begin(&w, &out, o);
	json_str(&w, "content", STR(""));
	json_list(&w, "tool_calls");
	json_map(&w, NULL);
	json_str(&w, "id", STR("call_ab12"));
	json_map(&w, "function");
	json_int(&w, "index", 0);
	json_str(&w, "name", str_from(m->answer->tool));
	json_raw(&w, "arguments", str_from(m->answer->arguments ? m->answer->arguments : "{}"));
	json_end(&w);
	json_end(&w);
	json_end(&w);
	json_end(&w);
	json_bool(&w, "done", false);
	send(&w, &out, o, delay);
}

static void say_done(struct ollama *o, const char *reason)
{
	const struct model *m = &o->model;
	struct json_out w;
	struct buf out;

	begin(&w, &out, o);
	json_str(&w, "content", STR(""));
	json_end(&w);
	json_bool(&w, "done", true);
	json_str(&w, "done_reason", str_from(reason));
	json_int(&w, "total_duration", 412000000);
	json_int(&w, "load_duration", 9000000);
	if (m->in > m->cached) /* left out when it is nothing */
		json_int(&w, "prompt_eval_count", (int64_t)m->in);
	json_int(&w, "prompt_eval_duration", 80000000);
	json_int(&w, "eval_count", (int64_t)m->out);
	json_int(&w, "eval_duration", 300000000);
	send(&w, &out, o, 0);
	vendor_finish(m->s);
}

static void answer(struct vendor_session *s, const struct json *body)
{
	const struct json *messages = json_find(body, "messages");
	int64_t most = json_int_or(body, "options/num_predict", 0);
	struct ollama o = {0};
	struct str last = STR("");
	bool cut = false;

	if (json_count(messages))
		last = json_str_or(json_at(messages, json_count(messages) - 1), "content", STR(""));
	model_begin(&o.model, s, last, vendor_body(s).n);
	str_copy(json_str_or(body, "model", STR("")), o.name, sizeof(o.name));
	vendor_begin(s, 200, "application/x-ndjson");
	if (json_count(messages)) {
		cut = model_stream(&o.model, most > 0 ? (uint64_t)most : 0, say, call);
		if (o.model.answer->tool && !cut && !o.called)
			call(&o.model, model_token(&o.model), STR(""));
	}
	say_done(&o, !json_count(messages) ? "load" : cut ? "length" : "stop");
}

static void on_request(struct vendor_session *s)
{
	struct json *body = vendor_json(s, vendor_body(s));
	const char *problem;
	char why[160];

	problem = body ? check(s, body, why) : "invalid character in body";
	problem = problem || json_bool_or(body, "stream", true) ? problem : "the simulator only streams";
	if (problem)
		vendor_bad(s, 400, problem);
	else if (str_starts(json_str_or(body, "model", STR("")), STR("no-such")))
		vendor_bad(s, 404, "model \"no-such\" not found, try pulling it first");
	else
		answer(s, body);
	json_free(body);
}

static void on_root(struct vendor_session *s)
{
	vendor_answer(s, 200, "text/plain; charset=utf-8", STR("Ollama is running"));
}

static void on_tags(struct vendor_session *s)
{
	vendor_answer(s, 200, NULL,
		      STR("{\"models\":[{\"name\":\"qwen3:latest\",\"model\":\"qwen3:latest\"}]}"));
}

static void on_fault(struct vendor_session *s)
{
	vendor_piece(s, 0, STR("{\"error\":\"an error was encountered while running the model\"}\n"));
	vendor_finish(s);
}

const struct vendor_sim sim_ollama = {.name = "ollama",
				      .path = "/api/chat",
				      .on_request = on_request,
				      .on_fault = on_fault,
				      .on_refuse = refuse};

const struct vendor_sim sim_ollama_root = {
	.name = "ollama", .method = "GET", .path = "/", .shy = true, .on_request = on_root};

const struct vendor_sim sim_ollama_tags = {
	.name = "ollama", .method = "GET", .path = "/api/tags", .on_request = on_tags};
