/* Google's Gemini, generateContent. */
#include "provider/llm/llm_sse.h"
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

/* ---- what is asked ---- */

/* Turns alternate, the caller's first; results of tools are the caller's. */
struct speech {
	const struct llm_sse_dialect *d;
	struct json_out *w;
	const char *open; /* role; NULL = none yet */
};

static void close_turn(struct speech *s)
{
	if (!s->open)
		return;
	json_end(s->w);
	json_end(s->w);
}

static void open_turn(struct speech *s, const char *role)
{
	if (s->open == role)
		return;
	close_turn(s);
	s->open = role;
	json_map(s->w, NULL);
	json_str(s->w, "role", str_from(role));
	json_list(s->w, "parts");
}

/* With the signature of the thought that led to it: newer models refuse a call that lacks it. */
static void write_call(struct speech *s, const struct llm_message *m)
{
	struct str signature = llm_sse_carry(s->d, m);

	json_map(s->w, "functionCall");
	json_str(s->w, "id", m->tool_id);
	json_str(s->w, "name", m->tool_name);
	json_raw(s->w, "args", llm_sse_arguments(m));
	json_end(s->w);
	if (!str_empty(signature))
		json_str(s->w, "thoughtSignature", signature);
}

/* A response must be a map. */
static void write_response(struct json_out *w, struct str text)
{
	struct json *doc = NULL;
	enum json_kind kind = json_parse(text, NULL, NULL, &doc) == 0 ? json_kind(doc) : JSON_KIND_NONE;

	if (kind == JSON_KIND_MAP) {
		json_node(w, "response", doc);
	} else {
		json_map(w, "response");
		if (kind == JSON_KIND_LIST)
			json_node(w, "result", doc);
		else
			json_str(w, "result", text);
		json_end(w);
	}
	json_free(kind == JSON_KIND_NONE ? NULL : doc);
}

static void write_result(struct json_out *w, const struct llm_message *m)
{
	json_map(w, "functionResponse");
	json_str(w, "id", m->tool_id);
	json_str(w, "name", m->tool_name);
	write_response(w, m->text);
	json_end(w);
}

static void on_part(void *arg, enum llm_part_type type, const struct llm_message *m)
{
	static const char caller[] = "user", agent[] = "model";
	struct speech *s = arg;

	if (type == LLM_PART_SYSTEM || type == LLM_PART_CARRY)
		return;
	open_turn(s, type == LLM_PART_CALLER || type == LLM_PART_RESULT ? caller : agent);
	json_map(s->w, NULL);
	if (type == LLM_PART_CALL)
		write_call(s, m);
	else if (type == LLM_PART_RESULT)
		write_result(s->w, m);
	else
		json_str(s->w, "text", m->text);
	json_end(s->w);
}

static void write_system(struct json_out *w, const struct llm_request *r)
{
	if (!llm_sse_has_system(r))
		return;
	json_map(w, "systemInstruction");
	json_list(w, "parts");
	json_map(w, NULL);
	llm_sse_system(w, "text", r);
	json_end(w);
	json_end(w);
	json_end(w);
}

static void write_tools(struct json_out *w, const struct llm_request *r)
{
	if (r->tool_count == 0)
		return;
	json_list(w, "tools");
	json_map(w, NULL);
	json_list(w, "functionDeclarations");
	for (size_t i = 0; i < r->tool_count; i++) {
		json_map(w, NULL);
		json_str(w, "name", r->tools[i].name);
		json_str(w, "description", r->tools[i].description);
		json_raw(w, "parametersJsonSchema", llm_sse_schema(&r->tools[i]));
		json_end(w);
	}
	json_end(w);
	json_end(w);
	json_end(w);
}

/* Thinking costs seconds before the first word. Of the models that think, this one lets it be turned off. */
static void write_limits(const struct service *s, const struct llm_sse_dialect *d,
			 const struct llm_request *r, struct json_out *w)
{
	json_map(w, "generationConfig");
	if (r->temperature >= 0)
		json_num(w, "temperature", (double)r->temperature);
	if (r->tokens_max > 0)
		json_int(w, "maxOutputTokens", r->tokens_max);
	if (str_ihas(llm_sse_model(s, d), STR("2.5-flash"))) {
		json_map(w, "thinkingConfig");
		json_int(w, "thinkingBudget", 0);
		json_end(w);
	}
	json_end(w);
}

static void body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct json_out *w)
{
	struct speech speech = {.d = d, .w = w};

	write_system(w, r);
	json_list(w, "contents");
	if (llm_sse_agent_begins(r))
		on_part(&speech, LLM_PART_CALLER, &llm_sse_opening);
	llm_sse_parts(r, on_part, &speech);
	close_turn(&speech);
	json_end(w);
	write_tools(w, r);
	write_limits(s, d, r, w);
}

/* ---- what is answered ---- */

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

static int read(const struct llm_sse_dialect *d, const struct json *event, const struct llm_teller *tell)
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
	.body = body,
	.read = read,
};
