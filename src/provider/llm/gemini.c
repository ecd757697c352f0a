/* Google's Gemini, generateContent. */
#include "provider/llm/llm_bodies.h"
#include "wire/url.h"

static void url_of(const struct service *s, const struct llm_sse_dialect *d, struct buf *out)
{
	struct buf path;

	buf_init(&path, 1024);
	buf_printf(&path, "/v1beta/models/" STR_FMT ":streamGenerateContent", STR_ARG(llm_sse_model(s, d)));
	url_join(out, service_or(s->url, d->url), buf_str(&path));
	url_query(out, STR("alt"), STR("sse")); /* else one long list */
	if (path.error && !out->error)
		out->error = path.error;
	buf_fini(&path);
}

/* "12s", "0.5s" */
static usec read_delay(struct str text)
{
	double seconds;

	if (!str_ends(text, STR("s")) || str_to_num(str_sub(text, 0, text.n - 1), &seconds) < 0)
		return 0;
	return (usec)(CLAMP(seconds, 0, 86400) * 1e6);
}

static void read_error(const struct json *event, const struct llm_teller *tell)
{
	const struct json *e = json_find(event, "error"), *details = json_find(e, "details");
	struct llm_fact f = {.type = LLM_FACT_ERROR,
			     .code = json_str_or(e, "status", STR("")),
			     .status = (int)CLAMP(json_int_or(e, "code", 0), 0, 999),
			     .text = json_str_or(e, "message", STR("an error without words"))};

	for (size_t i = 0; i < json_count(details); i++)
		f.retry_after = MAX(f.retry_after,
				    read_delay(json_str_or(json_at(details, i), "retryDelay", STR(""))));
	llm_tell(tell, &f);
}

/* Calls come whole. */
static int read_call(const struct json *part, const struct llm_teller *tell)
{
	const struct json *call = json_find(part, "functionCall"), *args = json_find(call, "args");
	struct llm_fact f = {.type = LLM_FACT_TOOL,
			     .index = -1,
			     .id = json_str_or(call, "id", STR("")),
			     .name = json_str_or(call, "name", STR("")),
			     .carry = json_str_or(part, "thoughtSignature", STR("")),
			     .whole = true};
	struct buf text;
	int rc;

	buf_init(&text, SSE_EVENT_MAX);
	rc = args ? llm_json_text(args, &text) : 0;
	f.arguments = buf_str(&text);
	if (rc == 0)
		llm_tell(tell, &f);
	buf_fini(&text);
	return rc;
}

static int read_parts(const struct json *parts, const struct llm_teller *tell)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_count(parts); i++) {
		const struct json *part = json_at(parts, i);

		if (json_find(part, "functionCall"))
			rc = read_call(part, tell);
		else if (!json_bool_or(part, "thought", false))
			llm_tell_text(tell, json_str_or(part, "text", STR("")));
	}
	return rc;
}

static void read_reason(struct str reason, const struct llm_teller *tell)
{
	static const struct llm_sse_reason reasons[] = {
		{"MAX_TOKENS", LLM_STOP_LENGTH},          {"SAFETY", LLM_STOP_REFUSED},
		{"RECITATION", LLM_STOP_REFUSED},         {"BLOCKLIST", LLM_STOP_REFUSED},
		{"PROHIBITED_CONTENT", LLM_STOP_REFUSED}, {"SPII", LLM_STOP_REFUSED},
		{"LANGUAGE", LLM_STOP_REFUSED},           {NULL, LLM_STOP_END},
	};
	struct llm_fact f = {.type = LLM_FACT_ERROR, .code = reason, .text = reason};

	if (str_ends(reason, STR("_CALL")) || str_ends(reason, STR("_CALLS")))
		llm_tell(tell, &f); /* one that it could not spell, or did not have */
	else
		llm_tell_reason(tell, reasons, reason);
}

static void read_usage(const struct json *u, const struct llm_teller *tell)
{
	struct llm_fact f = {.type = LLM_FACT_USAGE};

	f.usage.tokens_in = llm_tokens(u, "promptTokenCount") + llm_tokens(u, "toolUsePromptTokenCount");
	f.usage.tokens_cached = llm_tokens(u, "cachedContentTokenCount");
	f.usage.tokens_out = llm_tokens(u, "candidatesTokenCount") + llm_tokens(u, "thoughtsTokenCount");
	if (u)
		llm_tell(tell, &f);
}

static int read_event(const struct llm_sse_dialect *d, const struct json *event,
		      const struct llm_teller *tell)
{
	const struct json *first = json_find(event, "candidates/0");
	int rc;

	if (json_find(event, "error")) {
		read_error(event, tell);
		return 0;
	}
	read_usage(json_find(event, "usageMetadata"), tell);
	if (!str_empty(json_str_or(event, "promptFeedback/blockReason", STR(""))))
		llm_tell_stop(tell, LLM_STOP_REFUSED);
	rc = read_parts(json_find(first, "content/parts"), tell);
	if (rc == 0)
		read_reason(json_str_or(first, "finishReason", STR("")), tell);
	return rc;
}

static const struct llm_sse_code codes[] = {
	{"API key not valid", FAULT_AUTH}, /* as an INVALID_ARGUMENT */
	{"UNAUTHENTICATED", FAULT_AUTH},
	{"PERMISSION_DENIED", FAULT_AUTH},
	{"RESOURCE_EXHAUSTED", FAULT_QUOTA},
	{"UNAVAILABLE", FAULT_OVERLOAD},
	{"DEADLINE_EXCEEDED", FAULT_STALLED},
	{"INVALID_ARGUMENT", FAULT_CONFIG},
	{"FAILED_PRECONDITION", FAULT_CONFIG},
	{"NOT_FOUND", FAULT_CONFIG},
	{"_CALL", FAULT_PROTOCOL},
	{NULL, FAULT_NONE},
};

/* The stream has no word for its end: the body ends behind the reason. */
const struct llm_sse_dialect gemini_generate = {
	.name = "gemini",
	.key = VENDOR_KEY_NEEDED,
	.url = "https://generativelanguage.googleapis.com",
	.model = "gemini-2.5-flash",
	.window = 1000000,
	.form = SSE_EVENTS,
	.key_header = "x-goog-api-key",
	.codes = codes,
	.url_of = url_of,
	.body = gemini_body,
	.read = read_event,
};
