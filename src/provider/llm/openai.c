/* OpenAI's chat completions: what is answered, and OpenAI itself. */
#include "provider/llm/openai.h"
#include "wire/url.h"

void openai_join(const struct service *s, const char *fallback, const char *path, struct buf *out)
{
	struct str base = service_or(s->url, fallback);

	url_join(out, base, str_from(str_ends(base, STR(OPENAI_ENDPOINT)) ? OPENAI_ENDPOINT : path));
}

void openai_url(const struct service *s, const struct llm_sse_dialect *d, struct buf *out)
{
	const struct openai_variant *v = d->variant;

	openai_join(s, d->url, v->path, out);
}

/* {"error":{"message","type","code"}}; some say {"error":"words"}, older ones put all of it outside. */
static void read_error(const struct json *event, const struct llm_teller *tell)
{
	const struct json *e = json_find(event, "error");
	struct llm_fact f = {.type = LLM_FACT_ERROR};

	if (json_kind(e) == JSON_KIND_STR) {
		f.text = json_str_or(event, "error", STR(""));
	} else {
		e = e ? e : event;
		f.text = json_str_or(e, "message", STR("an error without words"));
		f.code = json_str_or(e, "code", json_str_or(e, "type", STR("")));
		f.status = (int)json_int_or(e, "code", 0);
	}
	llm_tell(tell, &f);
}

static void read_usage(const struct json *u, const struct llm_teller *tell)
{
	struct llm_fact f = {.type = LLM_FACT_USAGE};

	if (json_kind(u) != JSON_KIND_MAP)
		return;
	f.usage.tokens_in = llm_tokens(u, "prompt_tokens");
	f.usage.tokens_cached = llm_tokens(u, "prompt_tokens_details/cached_tokens");
	f.usage.tokens_out = llm_tokens(u, "completion_tokens");
	llm_tell(tell, &f);
}

static int read_call(const struct json *call, const struct llm_teller *tell)
{
	const struct json *arguments = json_find(call, "function/arguments"),
			  *extra = json_find(call, "extra_content");
	struct llm_fact f = {.type = LLM_FACT_TOOL,
			     .index = json_int_or(call, "index", -1),
			     .id = json_str_or(call, "id", STR("")),
			     .name = json_str_or(call, "function/name", STR("")),
			     .arguments = json_str_or(call, "function/arguments", STR(""))};
	struct buf text, carry;
	int rc = 0;

	buf_init(&text, SSE_EVENT_MAX);
	buf_init(&carry, SSE_EVENT_MAX);
	if (json_kind(arguments) == JSON_KIND_MAP) {
		rc = llm_json_text(arguments, &text);
		f.arguments = buf_str(&text);
		f.whole = true;
	}
	if (rc == 0 && json_kind(extra) == JSON_KIND_MAP) {
		rc = llm_json_text(extra, &carry);
		f.carry = buf_str(&carry);
	}
	if (rc == 0)
		llm_tell(tell, &f);
	buf_fini(&text);
	buf_fini(&carry);
	return rc;
}

/* Thoughts (`reasoning`, `reasoning_content`) are passed over: nobody is to hear them. */
static int read_choice(const struct json *choice, const struct llm_teller *tell)
{
	static const struct llm_sse_reason reasons[] = {
		{"length", LLM_STOP_LENGTH},   {"content_filter", LLM_STOP_REFUSED},
		{"tool_calls", LLM_STOP_TOOL}, {"function_call", LLM_STOP_TOOL},
		{NULL, LLM_STOP_END},
	};
	const struct json *delta = json_find(choice, "delta"), *calls = json_find(delta, "tool_calls");
	int rc = 0;

	llm_tell_text(tell, json_str_or(delta, "content", STR("")));
	if (!str_empty(json_str_or(delta, "refusal", STR(""))))
		llm_tell_stop(tell, LLM_STOP_REFUSED);
	for (size_t i = 0; rc == 0 && i < json_count(calls); i++)
		rc = read_call(json_at(calls, i), tell);
	if (rc == 0)
		llm_tell_reason(tell, reasons, json_str_or(choice, "finish_reason", STR("")));
	return rc;
}

int openai_read(const struct llm_sse_dialect *d, const struct json *event, const struct llm_teller *tell)
{
	const struct json *error = json_find(event, "error");

	if ((error && json_kind(error) != JSON_KIND_NULL) ||
	    str_eq(json_str_or(event, "object", STR("")), STR("error"))) {
		read_error(event, tell);
		return 0;
	}
	read_usage(json_find(event, "x_groq/usage"), tell);
	read_usage(json_find(event, "usage"), tell);
	if (json_int_or(event, "choices/0/index", 0) != 0)
		return 0;
	return read_choice(json_find(event, "choices/0"), tell);
}

const struct llm_sse_code openai_codes[] = {
	{"invalid_api_key", FAULT_AUTH},
	{"authentication", FAULT_AUTH},
	{"insufficient_quota", FAULT_QUOTA},
	{"rate_limit", FAULT_QUOTA},
	{"model_not_found", FAULT_CONFIG},
	{"context_length", FAULT_CONFIG},
	{"invalid_request", FAULT_CONFIG},
	{"tool_use_failed", FAULT_PROTOCOL},
	{"overloaded", FAULT_OVERLOAD},
	{"unavailable", FAULT_OVERLOAD},
	{NULL, FAULT_NONE},
};

static const struct openai_variant own = {"/v1" OPENAI_ENDPOINT, "max_completion_tokens", true};

const struct llm_sse_dialect openai_chat = {
	.name = "openai",
	.key = VENDOR_KEY_NEEDED,
	.url = "https://api.openai.com/v1",
	.model = "gpt-4.1-mini",
	.window = 1000000,
	.variant = &own,
	OPENAI_BEARER,
	.url_of = openai_url,
	OPENAI_SPEAKS,
};
