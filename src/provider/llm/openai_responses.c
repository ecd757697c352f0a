/* OpenAI's Responses: items instead of messages, typed events instead of deltas of a message. */
#include "provider/llm/openai.h"
#include "wire/url.h"

static void url_of(const struct service *s, const struct llm_sse_dialect *d, struct buf *out)
{
	url_join(out, service_or(s->url, d->url), STR("/v1/responses"));
}

/* ---- what is asked ---- */

struct speech {
	const struct llm_sse_dialect *d;
	struct json_out *w;
};

static void write_message(struct json_out *w, const char *role, const char *type, struct str text)
{
	json_map(w, NULL);
	json_str(w, "role", str_from(role));
	json_list(w, "content");
	json_map(w, NULL);
	json_str(w, "type", str_from(type));
	json_str(w, "text", text);
	json_end(w);
	json_end(w);
	json_end(w);
}

static void write_call(struct json_out *w, const struct llm_message *m)
{
	json_map(w, NULL);
	json_str(w, "type", STR("function_call"));
	json_str(w, "call_id", m->tool_id);
	json_str(w, "name", m->tool_name);
	json_str(w, "arguments", llm_sse_arguments(m));
	json_end(w);
}

static void write_result(struct json_out *w, const struct llm_message *m)
{
	json_map(w, NULL);
	json_str(w, "type", STR("function_call_output"));
	json_str(w, "call_id", m->tool_id);
	json_str(w, "output", m->text);
	json_end(w);
}

static void write_carried(struct speech *s, const struct llm_message *m)
{
	struct json *items = llm_sse_carried(s->d, m);

	for (size_t i = 0; i < json_count(items); i++)
		json_node(s->w, NULL, json_at(items, i));
	json_free(items);
}

static void on_part(void *arg, enum llm_part_type type, const struct llm_message *m)
{
	struct speech *s = arg;

	switch (type) {
	case LLM_PART_SYSTEM:
		break;
	case LLM_PART_CALLER:
		write_message(s->w, "user", "input_text", m->text);
		break;
	case LLM_PART_AGENT:
		write_message(s->w, "assistant", "output_text", m->text);
		break;
	case LLM_PART_CARRY:
		write_carried(s, m);
		break;
	case LLM_PART_CALL:
		write_call(s->w, m);
		break;
	case LLM_PART_RESULT:
		write_result(s->w, m);
		break;
	}
}

static void write_tools(struct json_out *w, const struct llm_request *r)
{
	if (r->tool_count == 0)
		return;
	json_list(w, "tools");
	for (size_t i = 0; i < r->tool_count; i++) {
		json_map(w, NULL);
		json_str(w, "type", STR("function"));
		json_str(w, "name", r->tools[i].name);
		json_str(w, "description", r->tools[i].description);
		json_raw(w, "parameters", llm_sse_schema(&r->tools[i]));
		json_bool(w, "strict", false); /* else schemas of a stricter kind are demanded */
		json_end(w);
	}
	json_end(w);
}

/* Nothing is stored there, so that thoughts can only come back from us, and they are given out encrypted, if
 * asked for; models that do not think refuse to be asked. */
static bool thinks(struct str model)
{
	return str_starts(model, STR("gpt-5")) || str_starts(model, STR("o1")) ||
	       str_starts(model, STR("o3")) || str_starts(model, STR("o4"));
}

static void body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct json_out *w)
{
	struct speech speech = {d, w};

	json_str(w, "model", llm_sse_model(s, d));
	json_bool(w, "stream", true);
	json_bool(w, "store", false);
	json_map(w, "stream_options");
	json_bool(w, "include_obfuscation", false);
	json_end(w);
	if (thinks(llm_sse_model(s, d))) {
		json_list(w, "include");
		json_str(w, NULL, STR("reasoning.encrypted_content"));
		json_end(w);
	}
	if (r->temperature >= 0 && !llm_sse_is_set(s, "temperature"))
		json_num(w, "temperature", (double)r->temperature);
	if (r->tokens_max > 0 && !llm_sse_is_set(s, "max_output_tokens"))
		json_int(w, "max_output_tokens", r->tokens_max);
	llm_sse_system(w, "instructions", r);
	json_list(w, "input");
	if (llm_sse_agent_begins(r))
		on_part(&speech, LLM_PART_CALLER, &llm_sse_opening);
	llm_sse_parts(r, on_part, &speech);
	json_end(w);
	write_tools(w, r);
}

/* ---- what is answered ---- */

/* An item begins or is done: calls have a name and an id there, thoughts are worth keeping when they are
 * done. */
static int read_item(const struct json *event, bool done, const struct llm_teller *tell)
{
	const struct json *item = json_find(event, "item");
	struct str type = json_str_or(item, "type", STR(""));
	struct llm_fact f = {.type = LLM_FACT_TOOL,
			     .index = json_int_or(event, "output_index", -1),
			     .id = json_str_or(item, "call_id", STR("")),
			     .name = json_str_or(item, "name", STR("")),
			     .arguments = json_str_or(item, "arguments", STR("")),
			     .whole = done};

	if (str_eq(type, STR("function_call")))
		llm_tell(tell, &f);
	else if (done && str_eq(type, STR("reasoning")) &&
		 !str_empty(json_str_or(item, "encrypted_content", STR(""))))
		return llm_tell_carry_value(tell, item);
	return 0;
}

static void read_arguments(const struct json *event, const struct llm_teller *tell)
{
	struct llm_fact f = {.type = LLM_FACT_TOOL,
			     .index = json_int_or(event, "output_index", -1),
			     .arguments = json_str_or(event, "delta", STR(""))};

	llm_tell(tell, &f);
}

static void read_end(const struct json *event, const struct llm_teller *tell)
{
	static const struct llm_sse_reason reasons[] = {
		{"max_output_tokens", LLM_STOP_LENGTH},
		{"content_filter", LLM_STOP_REFUSED},
		{NULL, LLM_STOP_END},
	};
	const struct json *u = json_find(event, "response/usage");
	struct llm_fact f = {.type = LLM_FACT_USAGE};

	f.usage.tokens_in = llm_tokens(u, "input_tokens");
	f.usage.tokens_cached = llm_tokens(u, "input_tokens_details/cached_tokens");
	f.usage.tokens_out = llm_tokens(u, "output_tokens");
	llm_tell(tell, &f);
	llm_tell_reason(tell, reasons, json_str_or(event, "response/incomplete_details/reason", STR("done")));
	llm_tell_end(tell);
}

static void read_failure(const struct json *e, const struct llm_teller *tell)
{
	struct llm_fact f = {.type = LLM_FACT_ERROR,
			     .code = json_str_or(e, "code", STR("")),
			     .text = json_str_or(e, "message", STR("an error without words"))};

	llm_tell(tell, &f);
}

static int read(const struct llm_sse_dialect *d, const struct json *event, const struct llm_teller *tell)
{
	struct str type = json_str_or(event, "type", STR(""));

	if (json_kind(json_find(event, "error")) == JSON_KIND_MAP)
		return openai_read(d, event, tell); /* a refusal's body */
	if (str_eq(type, STR("response.output_text.delta")))
		llm_tell_text(tell, json_str_or(event, "delta", STR("")));
	else if (str_eq(type, STR("response.output_item.added")))
		return read_item(event, false, tell);
	else if (str_eq(type, STR("response.output_item.done")))
		return read_item(event, true, tell);
	else if (str_eq(type, STR("response.function_call_arguments.delta")))
		read_arguments(event, tell);
	else if (str_eq(type, STR("response.refusal.delta")))
		llm_tell_stop(tell, LLM_STOP_REFUSED);
	else if (str_eq(type, STR("response.completed")) || str_eq(type, STR("response.incomplete")))
		read_end(event, tell);
	else if (str_eq(type, STR("response.failed")))
		read_failure(json_find(event, "response/error"), tell);
	else if (str_eq(type, STR("error")))
		read_failure(event, tell);
	return 0;
}

const struct llm_sse_dialect openai_responses = {
	.name = "openai-responses",
	.key = VENDOR_KEY_NEEDED,
	.url = "https://api.openai.com/v1",
	.model = "gpt-4.1-mini",
	.window = 1000000,
	.form = SSE_EVENTS,
	OPENAI_BEARER,
	.codes = openai_codes,
	.url_of = url_of,
	.body = body,
	.read = read,
};
