/* Anthropic's Messages. */
#include "provider/llm/llm_bodies.h"
#include "wire/url.h"

static void url_of(const struct service *s, const struct llm_sse_dialect *d, struct buf *out)
{
	url_join(out, service_or(s->url, d->url), STR("/v1/messages"));
}

static void read_usage(const struct json *u, const struct llm_teller *tell)
{
	uint64_t cached = llm_tokens(u, "cache_read_input_tokens");
	struct llm_fact f = {.type = LLM_FACT_USAGE};

	f.usage.tokens_in =
		llm_tokens(u, "input_tokens") + llm_tokens(u, "cache_creation_input_tokens") + cached;
	f.usage.tokens_cached = cached;
	f.usage.tokens_out = llm_tokens(u, "output_tokens");
	llm_tell(tell, &f);
}

static void tell_carry(const struct llm_teller *tell, struct str json)
{
	llm_tell(tell, &(struct llm_fact){.type = LLM_FACT_CARRY, .text = json});
}

/* A thought is put together again as JSON: its beginning here, its words and its signature by deltas. */
static int read_block(const struct json *event, const struct llm_teller *tell)
{
	const struct json *block = json_find(event, "content_block");
	struct str type = json_str_or(block, "type", STR(""));
	struct llm_fact f = {.type = LLM_FACT_TOOL,
			     .index = json_int_or(event, "index", -1),
			     .id = json_str_or(block, "id", STR("")),
			     .name = json_str_or(block, "name", STR(""))};

	if (str_eq(type, STR("tool_use")))
		llm_tell(tell, &f);
	else if (str_eq(type, STR("text")))
		llm_tell_text(tell, json_str_or(block, "text", STR("")));
	else if (str_eq(type, STR("redacted_thinking")))
		return llm_tell_carry_value(tell, block);
	else if (str_eq(type, STR("thinking")))
		tell_carry(tell, STR("{\"type\":\"thinking\",\"thinking\":\""));
	return 0;
}

static int read_delta(const struct json *event, const struct llm_teller *tell)
{
	const struct json *delta = json_find(event, "delta");
	struct str type = json_str_or(delta, "type", STR(""));
	struct llm_fact f = {.type = LLM_FACT_TOOL,
			     .index = json_int_or(event, "index", -1),
			     .arguments = json_str_or(delta, "partial_json", STR(""))};
	int rc;

	if (str_eq(type, STR("text_delta")))
		llm_tell_text(tell, json_str_or(delta, "text", STR("")));
	else if (str_eq(type, STR("input_json_delta")))
		llm_tell(tell, &f);
	else if (str_eq(type, STR("thinking_delta")))
		return llm_tell_carry_text(tell, json_str_or(delta, "thinking", STR("")));
	if (!str_eq(type, STR("signature_delta")))
		return 0;
	tell_carry(tell, STR("\",\"signature\":\""));
	rc = llm_tell_carry_text(tell, json_str_or(delta, "signature", STR("")));
	tell_carry(tell, STR("\"},"));
	return rc;
}

static void read_end(const struct json *event, const struct llm_teller *tell)
{
	static const struct llm_sse_reason reasons[] = {
		{"tool_use", LLM_STOP_TOOL},
		{"max_tokens", LLM_STOP_LENGTH},
		{"model_context_window_exceeded", LLM_STOP_LENGTH},
		{"refusal", LLM_STOP_REFUSED},
		{NULL, LLM_STOP_END},
	};

	if (json_find(event, "usage"))
		read_usage(json_find(event, "usage"), tell);
	llm_tell_reason(tell, reasons, json_str_or(event, "delta/stop_reason", STR("")));
}

static int read_event(const struct llm_sse_dialect *d, const struct json *event,
		      const struct llm_teller *tell)
{
	struct str type = json_str_or(event, "type", STR(""));
	struct llm_fact error = {.type = LLM_FACT_ERROR,
				 .code = json_str_or(event, "error/type", STR("")),
				 .text = json_str_or(event, "error/message", STR("an error without words"))};

	if (str_eq(type, STR("content_block_delta")))
		return read_delta(event, tell);
	if (str_eq(type, STR("content_block_start")))
		return read_block(event, tell);
	if (str_eq(type, STR("message_start")))
		read_usage(json_find(event, "message/usage"), tell);
	else if (str_eq(type, STR("message_delta")))
		read_end(event, tell);
	else if (str_eq(type, STR("message_stop")))
		llm_tell_end(tell);
	else if (str_eq(type, STR("error")))
		llm_tell(tell, &error);
	return 0;
}

static const struct llm_sse_code codes[] = {
	{"authentication_error", FAULT_AUTH},
	{"permission_error", FAULT_AUTH},
	{"billing_error", FAULT_QUOTA},
	{"rate_limit_error", FAULT_QUOTA},
	{"overloaded_error", FAULT_OVERLOAD},
	{"timeout_error", FAULT_STALLED},
	{"invalid_request_error", FAULT_CONFIG},
	{"not_found_error", FAULT_CONFIG},
	{"request_too_large", FAULT_CONFIG},
	{"api_error", FAULT_UNREACHABLE},
	{NULL, FAULT_NONE},
};

const struct llm_sse_dialect anthropic_messages = {
	.name = "anthropic",
	.key = VENDOR_KEY_NEEDED,
	.url = "https://api.anthropic.com",
	.model = "claude-haiku-4-5",
	.window = 200000,
	.form = SSE_EVENTS,
	.key_header = "x-api-key",
	.version_header = "anthropic-version",
	.version = "2023-06-01",
	.codes = codes,
	.url_of = url_of,
	.body = anthropic_body,
	.read = read_event,
};
