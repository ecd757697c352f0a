/* OpenAI's Responses: items instead of messages, typed events instead of deltas of a message. */
#include "provider/llm/llm_bodies.h"
#include "provider/llm/openai.h"
#include "wire/url.h"

static void url_of(const struct service *s, const struct llm_sse_dialect *d, struct buf *out)
{
	url_join(out, service_or(s->url, d->url), STR("/v1/responses"));
}

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

static int read_event(const struct llm_sse_dialect *d, const struct json *event,
		      const struct llm_teller *tell)
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
	.body = openai_responses_body,
	.read = read_event,
};
