/* OpenAI chat completions, streamed, and the servers that are compatible, more or less. */
#include <string.h>

#include "openai.h"
#include "vendors/model.h"

/* How a server differs from OpenAI. */
struct chat_kind {
	bool anybody;     /* asks for no key, takes unknown members */
	bool key_header;  /* api-key instead of Authorization */
	bool whole_calls; /* a tool's arguments come in one piece */
	bool no_index;    /* of tool calls */
	bool calls_stop;  /* finish_reason is stop although a tool is called */
	bool filtered;    /* a first chunk without choices */
	bool thinks;      /* reasoning_content before the answer */
	bool comments;    /* lines that begin with a colon */
	bool x_groq, timings;
};

struct chat {
	struct model model;
	const struct chat_kind *kind;
	bool usage, plain, called;
	char model_name[80];
};

static const struct vendor_rule members[] = {
	{"model", VENDOR_TEXT, VENDOR_MUST},
	{"messages", VENDOR_LIST, VENDOR_MUST},
	{"stream", VENDOR_BOOL},
	{"stream_options", VENDOR_MAP},
	{"tools", VENDOR_LIST},
	{"tool_choice", VENDOR_ANY},
	{"parallel_tool_calls", VENDOR_BOOL},
	{"temperature", VENDOR_NUM, VENDOR_MAY, 0, 2},
	{"top_p", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"max_completion_tokens", VENDOR_INT, VENDOR_MAY, 1, 1e6},
	{"max_tokens", VENDOR_INT, VENDOR_MAY, 1, 1e6},
	{"stop", VENDOR_ANY},
	{"user", VENDOR_TEXT},
	{"response_format", VENDOR_MAP},
	{"seed", VENDOR_INT},
	{"n", VENDOR_INT, VENDOR_MAY, 1, 128},
	{"logprobs", VENDOR_BOOL},
	{"top_logprobs", VENDOR_INT, VENDOR_MAY, 0, 20},
	{"frequency_penalty", VENDOR_NUM, VENDOR_MAY, -2, 2},
	{"presence_penalty", VENDOR_NUM, VENDOR_MAY, -2, 2},
	{"logit_bias", VENDOR_MAP},
	{"prediction", VENDOR_MAP},
	{"reasoning_effort", VENDOR_TEXT, VENDOR_MAY, 0, 0, "none|minimal|low|medium|high|xhigh"},
	{"verbosity", VENDOR_TEXT, VENDOR_MAY, 0, 0, "low|medium|high"},
	{"service_tier", VENDOR_TEXT, VENDOR_MAY, 0, 0, "auto|default|flex|scale|priority"},
	{"prompt_cache_key", VENDOR_TEXT},
	{"prompt_cache_retention", VENDOR_TEXT, VENDOR_MAY, 0, 0, "in_memory|24h"},
	{"store", VENDOR_BOOL},
	{"metadata", VENDOR_MAP},
	{"safety_identifier", VENDOR_TEXT},
};

/* ---- what may be asked ---- */

/* Ids of tool calls that wait for their result. */
struct waiting {
	struct str ids[32];
	unsigned n;
};

static const char *check_calls(const struct json *calls, struct waiting *w)
{
	if (json_count(calls) == 0)
		return "tool_calls is empty";
	for (size_t i = 0; i < json_count(calls); i++) {
		const struct json *call = json_at(calls, i);
		struct json *arguments = NULL;
		struct str id = json_str_or(call, "id", STR(""));

		if (!id.n || !str_eq(json_str_or(call, "type", STR("")), STR("function")) ||
		    json_str_or(call, "function/name", STR("")).n == 0)
			return "a tool call needs id, type function, and a name";
		if (json_parse(json_str_or(call, "function/arguments", STR("")), NULL, NULL, &arguments) < 0)
			return "arguments are a text that holds JSON";
		json_free(arguments);
		if (w->n < ARRAY_LEN(w->ids))
			w->ids[w->n++] = id;
	}
	return NULL;
}

static const char *check_result(const struct json *m, struct waiting *w)
{
	struct str id = json_str_or(m, "tool_call_id", STR(""));

	for (unsigned i = 0; i < w->n; i++)
		if (str_eq(w->ids[i], id)) {
			w->ids[i] = w->ids[--w->n];
			return NULL;
		}
	return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'";
}

static const char *check_message(const struct json *m, struct waiting *w)
{
	struct str role = json_str_or(m, "role", STR(""));
	const struct json *content = json_find(m, "content");
	bool worded = json_kind(content) == JSON_KIND_STR || json_kind(content) == JSON_KIND_LIST;

	if (!vendor_one_of(role, "system|developer|user|assistant|tool"))
		return "a role is system, developer, user, assistant or tool";
	if (str_eq(role, STR("tool")))
		return worded ? check_result(m, w) : "a result has content";
	if (w->n > 0)
		return "an assistant message with 'tool_calls' must be followed by tool messages responding "
		       "to each";
	if (json_find(m, "tool_calls"))
		return str_eq(role, STR("assistant")) ? check_calls(json_find(m, "tool_calls"), w)
						      : "only an assistant calls tools";
	return worded ? NULL : "content is a text or a list of parts";
}

static const char *check_messages(const struct json *all)
{
	struct waiting w = {.n = 0};
	const char *why = json_count(all) ? NULL : "messages is empty";

	for (size_t i = 0; i < json_count(all) && !why; i++)
		why = check_message(json_at(all, i), &w);
	return why ? why : w.n ? "'tool_calls' must be followed by tool messages" : NULL;
}

static bool good_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", name.p[i]))
			return false;
	return name.n > 0 && name.n <= 64;
}

static const char *check_tools(const struct json *body)
{
	const struct json *tools = json_find(body, "tools");

	if (json_find(body, "tool_choice") && !json_count(tools))
		return "'tool_choice' is only allowed when 'tools' are specified";
	if (tools && !json_count(tools))
		return "tools is empty";
	for (size_t i = 0; i < json_count(tools); i++) {
		const struct json *t = json_at(tools, i);

		if (!str_eq(json_str_or(t, "type", STR("")), STR("function")))
			return "a tool has type function";
		if (!good_name(json_str_or(t, "function/name", STR(""))))
			return "a tool's name has 1 to 64 of a-z, A-Z, 0-9, _ and -";
		if (json_find(t, "function/parameters") &&
		    json_kind(json_find(t, "function/parameters")) != JSON_KIND_MAP)
			return "parameters is a schema";
	}
	return NULL;
}

static const char *check_rest(const struct json *body)
{
	const struct json *options = json_find(body, "stream_options");

	if (options && !json_bool_or(body, "stream", false))
		return "'stream_options' is only allowed when 'stream' is enabled";
	if (json_find(body, "max_tokens") && json_find(body, "max_completion_tokens"))
		return "max_tokens and max_completion_tokens do not go together";
	if (json_count(json_find(body, "stop")) > 4)
		return "stop has at most four";
	return NULL;
}

static const char *check(struct vendor_session *s, const struct chat_kind *kind, const struct json *body,
			 char why[160])
{
	const char *problem = check_messages(json_find(body, "messages"));

	problem = problem ? problem : check_tools(body);
	problem = problem ? problem : check_rest(body);
	if (problem)
		return problem;
	if (kind->anybody)
		return json_find(body, "model") ? NULL : "model is missing";
	return vendor_check_json(s, body, members, ARRAY_LEN(members), why) ? NULL : why;
}

/* ---- what is answered ---- */

static void chunk_begin(struct openai_event *e, const struct chat *c, bool choice)
{
	openai_event_begin(e, NULL);
	json_str(&e->w, "id", STR("chatcmpl-1"));
	json_str(&e->w, "object", STR("chat.completion.chunk"));
	json_int(&e->w, "created", 1700000000);
	json_str(&e->w, "model", str_from(c->model_name));
	json_str(&e->w, "system_fingerprint", STR("fp"));
	json_list(&e->w, "choices");
	if (!choice)
		return;
	json_map(&e->w, NULL);
	json_int(&e->w, "index", 0);
	json_map(&e->w, "delta");
}

static void write_usage(struct json_out *w, const char *key, const struct model *m)
{
	json_map(w, key);
	json_int(w, "prompt_tokens", (int64_t)m->in);
	json_int(w, "completion_tokens", (int64_t)m->out);
	json_int(w, "total_tokens", (int64_t)(m->in + m->out));
	json_map(w, "prompt_tokens_details");
	json_int(w, "cached_tokens", (int64_t)m->cached);
	json_int(w, "audio_tokens", 0);
	json_end(w);
	json_map(w, "completion_tokens_details");
	json_int(w, "reasoning_tokens", 0);
	json_end(w);
	json_end(w);
}

/* `finish` NULL = there is more to come. */
static void chunk_send(struct openai_event *e, const struct chat *c, usec delay, const char *finish)
{
	struct vendor_session *s = c->model.s;

	json_end(&e->w); /* delta */
	json_none(&e->w, "logprobs");
	if (finish)
		json_str(&e->w, "finish_reason", str_from(finish));
	else
		json_none(&e->w, "finish_reason");
	json_end(&e->w);
	json_end(&e->w);
	if (c->usage)
		json_none(&e->w, "usage");
	if (finish && c->kind->x_groq)
		write_usage(&e->w, "x_groq", &c->model);
	if (!c->plain)
		json_str(&e->w, "obfuscation", str_sub(STR("q8JmT2x"), 0, rng_below(vendor_rng(s), 8)));
	openai_event_send(e, s, delay);
}

static void say(struct model *m, usec delay, struct str token)
{
	struct chat *c = CONTAINER_OF(m, struct chat, model);
	struct openai_event e;

	chunk_begin(&e, c, true);
	json_str(&e.w, "content", token);
	chunk_send(&e, c, delay, NULL);
}

static void call_piece(struct chat *c, usec delay, bool first, struct str arguments)
{
	struct openai_event e;

	chunk_begin(&e, c, true);
	json_list(&e.w, "tool_calls");
	json_map(&e.w, NULL);
	if (!c->kind->no_index)
		json_int(&e.w, "index", 0);
	if (first) {
		json_str(&e.w, "id", STR("call_1"));
		json_str(&e.w, "type", STR("function"));
	}
	json_map(&e.w, "function");
	if (first)
		json_str(&e.w, "name", str_from(c->model.answer->tool));
	json_str(&e.w, "arguments", arguments);
	json_end(&e.w);
	json_end(&e.w);
	json_end(&e.w);
	chunk_send(&e, c, delay, NULL);
}

static void call(struct model *m, usec delay, struct str fragment)
{
	struct chat *c = CONTAINER_OF(m, struct chat, model);

	if (!c->called && c->kind->whole_calls) {
		call_piece(c, delay, true, str_from(m->answer->arguments));
	} else if (!c->called) {
		call_piece(c, delay, true, STR(""));
		call_piece(c, 0, false, fragment);
	} else if (!c->kind->whole_calls) {
		call_piece(c, delay, false, fragment);
	}
	c->called = true;
}

static void begin_stream(struct chat *c)
{
	struct vendor_session *s = c->model.s;
	struct openai_event e;

	openai_headers(s);
	vendor_begin(s, 200, "text/event-stream");
	if (c->kind->comments)
		vendor_piece(s, 0, STR(": OPENROUTER PROCESSING\n\n"));
	if (c->kind->filtered) {
		chunk_begin(&e, c, false);
		json_end(&e.w);
		json_list(&e.w, "prompt_filter_results");
		json_end(&e.w);
		openai_event_send(&e, s, 0);
	}
	chunk_begin(&e, c, true);
	json_str(&e.w, "role", STR("assistant"));
	json_str(&e.w, "content", STR(""));
	chunk_send(&e, c, 0, NULL);
	if (c->kind->thinks) {
		chunk_begin(&e, c, true);
		json_str(&e.w, "reasoning_content", STR("They greet me."));
		chunk_send(&e, c, 0, NULL);
	}
}

static void end_stream(struct chat *c, bool cut)
{
	const struct vendor_answer *a = c->model.answer;
	struct vendor_session *s = c->model.s;
	struct openai_event e;

	chunk_begin(&e, c, true);
	chunk_send(&e, c, 0, cut ? "length" : a->tool && !c->kind->calls_stop ? "tool_calls" : "stop");
	if (c->usage) {
		chunk_begin(&e, c, false);
		json_end(&e.w);
		write_usage(&e.w, "usage", &c->model);
		if (c->kind->timings) {
			json_map(&e.w, "timings");
			json_num(&e.w, "predicted_per_second", 31.5);
			json_end(&e.w);
		}
		openai_event_send(&e, s, 0);
	}
	vendor_piece(s, 0, STR("data: [DONE]\n\n"));
	vendor_finish(s);
}

static void stream(struct chat *c, uint64_t limit)
{
	const struct vendor_answer *a = c->model.answer;
	bool cut;

	begin_stream(c);
	if (a->tool && !a->text)
		call_piece(c, model_token(&c->model), true,
			   c->kind->whole_calls ? str_from(a->arguments) : STR(""));
	cut = model_stream(&c->model, limit, say, call);
	end_stream(c, cut);
}

/* Not streamed: all of it at once. */
static void whole(struct chat *c)
{
	const struct vendor_answer *a = c->model.answer;
	struct vendor_session *s = c->model.s;
	struct json_out w;
	struct buf body;

	c->model.out = str_from(a->text).n / 4 + 1;
	vendor_bill_next(s, &(struct vendor_bill){.tokens_out = c->model.out});
	buf_init(&body, 1u << 20);
	json_begin(&w, &body);
	json_map(&w, NULL);
	json_str(&w, "object", STR("chat.completion"));
	json_list(&w, "choices");
	json_map(&w, NULL);
	json_int(&w, "index", 0);
	json_map(&w, "message");
	json_str(&w, "role", STR("assistant"));
	json_str(&w, "content", str_from(a->text));
	json_end(&w);
	json_str(&w, "finish_reason", STR("stop"));
	json_end(&w);
	json_end(&w);
	write_usage(&w, "usage", &c->model);
	json_end(&w);
	vendor_answer(s, 200, NULL, buf_str(&body));
	buf_fini(&body);
}

static void answer(struct vendor_session *s, const struct chat_kind *kind, const struct json *body)
{
	const struct json *messages = json_find(body, "messages");
	struct chat c = {.kind = kind};
	struct buf heard;

	buf_init(&heard, 1u << 20);
	model_words(json_find(json_at(messages, json_count(messages) - 1), "content"), &heard);
	model_begin(&c.model, s, buf_str(&heard), vendor_body(s).n);
	buf_fini(&heard);
	str_copy(json_str_or(body, "model", STR("")), c.model_name, sizeof(c.model_name));
	c.usage = json_bool_or(body, "stream_options/include_usage", false);
	c.plain = kind->anybody || !json_bool_or(body, "stream_options/include_obfuscation", true);
	if (json_bool_or(body, "stream", false))
		stream(&c, (uint64_t)json_int_or(body, "max_completion_tokens",
						 json_int_or(body, "max_tokens", 0)));
	else
		whole(&c);
}

static bool key_fits(struct vendor_session *s, const struct chat_kind *kind)
{
	if (kind->anybody && vendor_header(s, "authorization").n == 0)
		return true;
	if (!kind->key_header)
		return openai_key(s);
	if (str_eq(vendor_header(s, "api-key"), vendor_key(s)))
		return true;
	vendor_wrong(s, "api-key is not the key");
	vendor_refuse(s, 401, "Access denied due to invalid subscription key");
	return false;
}

static void on_request(struct vendor_session *s)
{
	const struct chat_kind *kind = vendor_sim(s)->arg;
	struct json *body = key_fits(s, kind) ? openai_body(s) : NULL;
	const char *problem;
	char why[160];

	if (!body)
		return;
	problem = check(s, kind, body, why);
	if (problem) {
		vendor_bad(s, 400, problem);
	} else if (str_starts(json_str_or(body, "model", STR("")), STR("no-such"))) {
		vendor_wrong(s, "there is no such model");
		vendor_refuse(s, 404, "The model does not exist or you do not have access to it");
	} else {
		answer(s, kind, body);
	}
	json_free(body);
}

static void on_fault(struct vendor_session *s)
{
	vendor_piece(
		s, 0,
		STR("data: {\"error\":{\"message\":\"The server had an error while processing your request\","
		    "\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n"));
	vendor_finish(s);
}

#define CHAT(row, called, where, is_shy, ...)                     \
	static const struct chat_kind kind_##row = {__VA_ARGS__}; \
	const struct vendor_sim sim_##row = {                     \
		.name = called,                                   \
		.path = where,                                    \
		.shy = is_shy,                                    \
		.arg = &kind_##row,                               \
		.on_request = on_request,                         \
		.on_fault = on_fault,                             \
		.on_refuse = openai_refuse,                       \
	};

CHAT(openai_chat, "openai", "/v1/chat/completions", false, .anybody = false)
CHAT(vllm_chat, "vllm", "/v1/chat/completions", true, .anybody = true, .thinks = true)
CHAT(ollama_chat, "ollama", "/v1/chat/completions", true, .anybody = true, .whole_calls = true)
CHAT(llamacpp_chat, "llamacpp", "/v1/chat/completions", true, .anybody = true, .timings = true)
CHAT(groq_chat, "groq", "/openai/v1/chat/completions", false, .x_groq = true)
CHAT(gemini_chat, "gemini", "/v1beta/openai/chat/completions", false, .whole_calls = true, .no_index = true,
     .calls_stop = true)
CHAT(azure_chat, "azure", "/openai/v1/chat/completions", true, .key_header = true, .filtered = true)
CHAT(azure_chat_deployed, "azure", "/openai/deployments/*/chat/completions", false, .key_header = true,
     .filtered = true)
CHAT(openrouter_chat, "openrouter", "/api/v1/chat/completions", false, .comments = true)
