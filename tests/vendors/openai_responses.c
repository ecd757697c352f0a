/* OpenAI Responses over SSE: items that are added, filled and done; every event is numbered. */
#include "openai.h"
#include "vendors/model.h"

struct response {
	struct model model;
	int64_t sequence;
	int item; /* output_index of the item that is open */
	bool opened, tool;
	struct buf text; /* of the open item */
	char name[80];
};

static const struct vendor_rule members[] = {
	{"model", VENDOR_TEXT, VENDOR_MUST},
	{"input", VENDOR_ANY, VENDOR_MUST},
	{"stream", VENDOR_BOOL},
	{"store", VENDOR_BOOL},
	{"instructions", VENDOR_TEXT},
	{"tools", VENDOR_LIST},
	{"tool_choice", VENDOR_ANY},
	{"parallel_tool_calls", VENDOR_BOOL},
	{"max_output_tokens", VENDOR_INT, VENDOR_MAY, 1, 1e6},
	{"previous_response_id", VENDOR_TEXT},
	{"conversation", VENDOR_ANY},
	{"include", VENDOR_LIST},
	{"metadata", VENDOR_MAP},
	{"reasoning", VENDOR_MAP},
	{"text", VENDOR_MAP},
	{"truncation", VENDOR_TEXT, VENDOR_MAY, 0, 0, "auto|disabled"},
	{"temperature", VENDOR_NUM, VENDOR_MAY, 0, 2},
	{"top_p", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"top_logprobs", VENDOR_INT, VENDOR_MAY, 0, 20},
	{"max_tool_calls", VENDOR_INT},
	{"service_tier", VENDOR_TEXT, VENDOR_MAY, 0, 0, "auto|default|flex|scale|priority"},
	{"prompt_cache_key", VENDOR_TEXT},
	{"prompt_cache_retention", VENDOR_TEXT, VENDOR_MAY, 0, 0, "in_memory|24h"},
	{"prompt_cache_options", VENDOR_MAP},
	{"safety_identifier", VENDOR_TEXT},
	{"background", VENDOR_BOOL},
	{"context_management", VENDOR_ANY},
	{"stream_options", VENDOR_MAP},
	{"prompt", VENDOR_MAP},
	{"user", VENDOR_TEXT},
};

/* ---- what may be asked ---- */

struct calls {
	struct str open[32]; /* call_ids without an output */
	unsigned n;
};

static const char *check_parts(const struct json *content, bool assistant)
{
	if (json_kind(content) == JSON_KIND_STR)
		return NULL;
	if (json_kind(content) != JSON_KIND_LIST || !json_count(content))
		return "content is a text or a list of parts";
	for (size_t i = 0; i < json_count(content); i++)
		if (!vendor_one_of(json_str_or(json_at(content, i), "type", STR("")),
				   assistant ? "output_text|refusal" : "input_text|input_image|input_file"))
			return "parts are input_text, an assistant's output_text";
	return NULL;
}

static const char *check_call(const struct json *item, struct calls *c)
{
	struct json *arguments = NULL;
	struct str id = json_str_or(item, "call_id", STR(""));

	if (!id.n || !json_str_or(item, "name", STR("")).n ||
	    json_parse(json_str_or(item, "arguments", STR("")), NULL, NULL, &arguments) < 0)
		return "function_call has call_id, name, and arguments, a text that holds JSON";
	json_free(arguments);
	if (c->n < ARRAY_LEN(c->open))
		c->open[c->n++] = id;
	return NULL;
}

static const char *check_output(const struct json *item, struct calls *c, bool continued)
{
	struct str id = json_str_or(item, "call_id", STR(""));

	if (json_kind(json_find(item, "output")) != JSON_KIND_STR || !id.n)
		return "function_call_output has call_id, and output, a text";
	for (unsigned i = 0; i < c->n; i++)
		if (str_eq(c->open[i], id)) {
			c->open[i] = c->open[--c->n];
			return NULL;
		}
	return continued ? NULL : "No tool call found for function call output";
}

static const char *check_item(const struct json *item, struct calls *c, bool continued)
{
	struct str type = json_str_or(item, "type", STR("message")),
		   role = json_str_or(item, "role", STR(""));

	if (str_eq(type, STR("function_call")))
		return check_call(item, c);
	if (str_eq(type, STR("function_call_output")))
		return check_output(item, c, continued);
	if (str_eq(type, STR("reasoning")))
		return NULL;
	if (!str_eq(type, STR("message")))
		return "there is no such type of item";
	if (!vendor_one_of(role, "user|assistant|system|developer"))
		return "a role is user, assistant, system or developer";
	return check_parts(json_find(item, "content"), str_eq(role, STR("assistant")));
}

static const char *check_input(const struct json *body)
{
	const struct json *input = json_find(body, "input");
	struct calls c = {.n = 0};
	const char *why = NULL;

	if (json_kind(input) == JSON_KIND_STR)
		return NULL;
	if (json_kind(input) != JSON_KIND_LIST || !json_count(input))
		return "input is a text or a list of items";
	for (size_t i = 0; i < json_count(input) && !why; i++)
		why = check_item(json_at(input, i), &c, json_find(body, "previous_response_id") != NULL);
	return why ? why : c.n ? "No tool output found for function call" : NULL;
}

static const char *check_tools(const struct json *body)
{
	const struct json *tools = json_find(body, "tools");

	for (size_t i = 0; i < json_count(tools); i++) {
		const struct json *t = json_at(tools, i);

		if (json_find(t, "function"))
			return "a tool is flat: it has no member function";
		if (str_eq(json_str_or(t, "type", STR("")), STR("function")) &&
		    (!json_str_or(t, "name", STR("")).n ||
		     json_kind(json_find(t, "parameters")) != JSON_KIND_MAP))
			return "a function has name and parameters";
	}
	return json_find(body, "previous_response_id") && json_find(body, "conversation")
		       ? "previous_response_id and conversation do not go together"
		       : NULL;
}

/* ---- what is answered ---- */

static void begin(struct openai_event *e, struct response *r, const char *type)
{
	openai_event_begin(e, type);
	json_str(&e->w, "type", str_from(type));
	json_int(&e->w, "sequence_number", r->sequence++);
}

static void write_item(struct json_out *w, const char *key, const struct response *r, bool done)
{
	json_map(w, key);
	json_str(w, "id", r->tool ? STR("fc_1") : STR("msg_1"));
	json_str(w, "type", r->tool ? STR("function_call") : STR("message"));
	json_str(w, "status", done ? STR("completed") : STR("in_progress"));
	if (r->tool) {
		json_str(w, "call_id", STR("call_1"));
		json_str(w, "name", str_from(r->model.answer->tool));
		json_str(w, "arguments", done ? buf_str(&r->text) : STR(""));
	} else {
		json_str(w, "role", STR("assistant"));
		json_list(w, "content");
		json_end(w);
	}
	json_end(w);
}

static void say_item(struct response *r, usec delay, const char *type, bool done)
{
	struct openai_event e;

	begin(&e, r, type);
	json_int(&e.w, "output_index", r->item);
	write_item(&e.w, "item", r, done);
	openai_event_send(&e, r->model.s, delay);
}

static void say_part(struct response *r, const char *type, const char *key, struct str value)
{
	struct openai_event e;

	begin(&e, r, type);
	json_str(&e.w, "item_id", r->tool ? STR("fc_1") : STR("msg_1"));
	json_int(&e.w, "output_index", r->item);
	if (!r->tool)
		json_int(&e.w, "content_index", 0);
	if (key) {
		json_str(&e.w, key, value);
	} else {
		json_map(&e.w, "part");
		json_str(&e.w, "type", STR("output_text"));
		json_str(&e.w, "text", value);
		json_end(&e.w);
	}
	openai_event_send(&e, r->model.s, 0);
}

static void close_item(struct response *r)
{
	if (!r->opened)
		return;
	if (r->tool) {
		say_part(r, "response.function_call_arguments.done", "arguments", buf_str(&r->text));
	} else {
		say_part(r, "response.output_text.done", "text", buf_str(&r->text));
		say_part(r, "response.content_part.done", NULL, buf_str(&r->text));
	}
	say_item(r, 0, "response.output_item.done", true);
	buf_clear(&r->text);
	r->opened = false;
	r->item++;
}

static void open_item(struct response *r, usec delay, bool tool)
{
	close_item(r);
	r->opened = true;
	r->tool = tool;
	say_item(r, delay, "response.output_item.added", false);
	if (!tool)
		say_part(r, "response.content_part.added", NULL, STR(""));
}

static void say_delta(struct response *r, usec delay, bool tool, struct str text)
{
	struct openai_event e;

	if (!r->opened || r->tool != tool) {
		open_item(r, delay, tool);
		delay = 0;
	}
	buf_add_str(&r->text, text);
	begin(&e, r, tool ? "response.function_call_arguments.delta" : "response.output_text.delta");
	json_str(&e.w, "item_id", tool ? STR("fc_1") : STR("msg_1"));
	json_int(&e.w, "output_index", r->item);
	if (!tool)
		json_int(&e.w, "content_index", 0);
	json_str(&e.w, "delta", text);
	openai_event_send(&e, r->model.s, delay);
}

static void say(struct model *m, usec delay, struct str token)
{
	say_delta(CONTAINER_OF(m, struct response, model), delay, false, token);
}

static void call(struct model *m, usec delay, struct str fragment)
{
	say_delta(CONTAINER_OF(m, struct response, model), delay, true, fragment);
}

static void write_usage(struct json_out *w, const struct model *m)
{
	json_map(w, "usage");
	json_int(w, "input_tokens", (int64_t)m->in);
	json_map(w, "input_tokens_details");
	json_int(w, "cached_tokens", (int64_t)m->cached);
	json_end(w);
	json_int(w, "output_tokens", (int64_t)m->out);
	json_map(w, "output_tokens_details");
	json_int(w, "reasoning_tokens", 0);
	json_end(w);
	json_int(w, "total_tokens", (int64_t)(m->in + m->out));
	json_end(w);
}

static void say_state(struct response *r, const char *type, const char *status, bool ended)
{
	struct openai_event e;

	begin(&e, r, type);
	json_map(&e.w, "response");
	json_str(&e.w, "id", STR("resp_1"));
	json_str(&e.w, "object", STR("response"));
	json_str(&e.w, "model", str_from(r->name));
	json_str(&e.w, "status", str_from(status));
	if (str_eq(str_from(status), STR("incomplete"))) {
		json_map(&e.w, "incomplete_details");
		json_str(&e.w, "reason", STR("max_output_tokens"));
		json_end(&e.w);
	}
	if (ended)
		write_usage(&e.w, &r->model);
	json_end(&e.w);
	openai_event_send(&e, r->model.s, 0);
}

/* The last thing that the model is told. */
static void heard_last(const struct json *body, struct buf *out)
{
	const struct json *input = json_find(body, "input"), *last;

	if (json_kind(input) == JSON_KIND_STR) {
		buf_add_str(out, json_str_or(input, "", STR("")));
		return;
	}
	last = json_at(input, json_count(input) - 1);
	model_words(json_find(last, "content"), out);
	buf_add_str(out, json_str_or(last, "output", STR("")));
}

static void answer(struct vendor_session *s, const struct json *body)
{
	struct response r = {0};
	struct buf heard;
	bool cut;

	buf_init(&r.text, 1u << 20);
	buf_init(&heard, 1u << 20);
	heard_last(body, &heard);
	model_begin(&r.model, s, buf_str(&heard), vendor_body(s).n);
	str_copy(json_str_or(body, "model", STR("")), r.name, sizeof(r.name));
	openai_headers(s);
	vendor_begin(s, 200, "text/event-stream; charset=utf-8");
	say_state(&r, "response.created", "in_progress", false);
	say_state(&r, "response.in_progress", "in_progress", false);
	cut = model_stream(&r.model, (uint64_t)json_int_or(body, "max_output_tokens", 0), say, call);
	if (r.model.answer->tool && !cut && !r.tool)
		open_item(&r, model_token(&r.model), true);
	close_item(&r);
	say_state(&r, cut ? "response.incomplete" : "response.completed", cut ? "incomplete" : "completed",
		  true);
	vendor_finish(s);
	buf_fini(&heard);
	buf_fini(&r.text);
}

static void on_request(struct vendor_session *s)
{
	struct json *body = openai_key(s) ? openai_body(s) : NULL;
	const char *problem;
	char why[160];

	if (!body)
		return;
	problem = vendor_check_json(s, body, members, ARRAY_LEN(members), why) ? NULL : why;
	problem = problem ? problem : check_input(body);
	problem = problem ? problem : check_tools(body);
	problem = problem || json_bool_or(body, "stream", false) ? problem : "the simulator only streams";
	if (problem) {
		vendor_bad(s, 400, problem);
	} else if (str_starts(json_str_or(body, "model", STR("")), STR("no-such"))) {
		vendor_wrong(s, "there is no such model");
		vendor_refuse(s, 404, "The model does not exist");
	} else {
		answer(s, body);
	}
	json_free(body);
}

static void on_fault(struct vendor_session *s)
{
	vendor_piece(s, 0,
		     STR("event: error\ndata: "
			 "{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"The server had an "
			 "error\",\"param\":null,\"sequence_number\":9}\n\n"));
	vendor_finish(s);
}

const struct vendor_sim sim_openai_responses = {
	.name = "openai",
	.path = "/v1/responses",
	.on_request = on_request,
	.on_fault = on_fault,
	.on_refuse = openai_refuse,
};
