/* Ollama's own protocol: JSON lines, and what its compatible routes cannot set. */
#include "provider/llm/openai.h"
#include "wire/url.h"

static void url_of(const struct service *s, const struct llm_sse_dialect *d, struct buf *out)
{
	url_join(out, service_or(s->url, d->url), STR("/api/chat"));
}

/* ---- what is asked ---- */

static void write_message(struct json_out *w, const struct llm_message *m)
{
	json_str(w, "content", m->text);
	if (m->role == LLM_TOOL) {
		json_str(w, "tool_name", m->tool_name);
		json_str(w, "tool_call_id", m->tool_id);
	}
}

static void write_call(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_message *m)
{
	(void)d;
	json_str(w, "id", m->tool_id);
	json_map(w, "function");
	json_str(w, "name", m->tool_name);
	json_raw(w, "arguments", llm_sse_arguments(m));
	json_end(w);
}

/* num_ctx only when the operator says how long the window is: another than the loaded one reloads the model.
 */
static void write_options(const struct service *s, const struct llm_request *r, struct json_out *w)
{
	json_map(w, "options");
	if (r->temperature >= 0)
		json_num(w, "temperature", (double)r->temperature);
	if (r->tokens_max > 0)
		json_int(w, "num_predict", r->tokens_max);
	if (s->window > 0)
		json_int(w, "num_ctx", s->window);
	json_end(w);
}

static void body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct json_out *w)
{
	static const struct openai_form form = {write_message, write_call};

	json_str(w, "model", llm_sse_model(s, d));
	json_bool(w, "stream", true);
	if (!service_extra_has(s, "think"))
		json_bool(w, "think", false);
	write_options(s, r, w);
	openai_messages(w, d, r, &form);
	openai_tools(w, r);
}

/* ---- what is answered ---- */

/* Calls come whole, their arguments a map; older servers give them no id. */
static int read_call(const struct json *call, const struct llm_teller *tell)
{
	struct llm_fact f = {.type = LLM_FACT_TOOL,
			     .index = -1,
			     .id = json_str_or(call, "id", STR("")),
			     .name = json_str_or(call, "function/name", STR("")),
			     .whole = true};
	const struct json *arguments = json_find(call, "function/arguments");
	struct buf text;
	int rc;

	buf_init(&text, SSE_EVENT_MAX);
	rc = arguments ? llm_json_text(arguments, &text) : 0;
	f.arguments = buf_str(&text);
	if (rc == 0)
		llm_tell(tell, &f);
	buf_fini(&text);
	return rc;
}

static void read_end(const struct json *event, const struct llm_teller *tell)
{
	static const struct llm_sse_reason reasons[] = {{"length", LLM_STOP_LENGTH}, {NULL, LLM_STOP_END}};
	struct llm_fact f = {.type = LLM_FACT_USAGE};

	f.usage.tokens_in = llm_tokens(event, "prompt_eval_count");
	f.usage.tokens_out = llm_tokens(event, "eval_count");
	llm_tell(tell, &f);
	llm_tell_reason(tell, reasons, json_str_or(event, "done_reason", STR("stop")));
	llm_tell_end(tell);
}

static int read_event(const struct llm_sse_dialect *d, const struct json *event,
		      const struct llm_teller *tell)
{
	const struct json *calls = json_find(event, "message/tool_calls");
	struct llm_fact error = {.type = LLM_FACT_ERROR, .text = json_str_or(event, "error", STR(""))};
	int rc = 0;

	if (json_find(event, "error")) {
		llm_tell(tell, &error);
		return 0;
	}
	llm_tell_text(tell, json_str_or(event, "message/content", STR("")));
	for (size_t i = 0; rc == 0 && i < json_count(calls); i++)
		rc = read_call(json_at(calls, i), tell);
	if (rc == 0 && json_bool_or(event, "done", false))
		read_end(event, tell);
	return rc;
}

static const struct llm_sse_code codes[] = {
	{"server busy", FAULT_OVERLOAD},
	{"not found, try pulling", FAULT_CONFIG},
	{"does not support", FAULT_CONFIG},
	{NULL, FAULT_NONE},
};

const struct llm_sse_dialect ollama_native = {
	.name = "ollama",
	.key = VENDOR_KEY_OPTIONAL,
	.url = "http://127.0.0.1:11434",
	.window = 4096, /* where nobody has set another; a longer prompt is cut silently */
	.form = SSE_JSON_LINES,
	OPENAI_BEARER,
	.codes = codes,
	.url_of = url_of,
	.body = body,
	.read = read_event,
};
