/* Gemini streamGenerateContent: chunks of parts, function calls whole, a running count of tokens. */
#include "vendors/model.h"

static const struct vendor_rule members[] = {
	{"contents", VENDOR_LIST, VENDOR_MUST},
	{"systemInstruction", VENDOR_MAP},
	{"system_instruction", VENDOR_MAP},
	{"tools", VENDOR_LIST},
	{"toolConfig", VENDOR_MAP},
	{"tool_config", VENDOR_MAP},
	{"generationConfig", VENDOR_MAP},
	{"generation_config", VENDOR_MAP},
	{"safetySettings", VENDOR_LIST},
	{"cachedContent", VENDOR_TEXT},
};

static const struct vendor_rule generation_members[] = {
	{"temperature", VENDOR_NUM, VENDOR_MAY, 0, 2},
	{"topP", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"topK", VENDOR_INT},
	{"maxOutputTokens", VENDOR_INT, VENDOR_MAY, 1, 1e6},
	{"stopSequences", VENDOR_LIST},
	{"candidateCount", VENDOR_INT, VENDOR_MAY, 1, 8},
	{"seed", VENDOR_INT},
	{"responseMimeType", VENDOR_TEXT},
	{"responseSchema", VENDOR_MAP},
	{"responseJsonSchema", VENDOR_MAP},
	{"presencePenalty", VENDOR_NUM},
	{"frequencyPenalty", VENDOR_NUM},
	{"thinkingConfig", VENDOR_MAP},
};

struct gemini {
	struct model model;
	bool events; /* alt=sse; else one list */
	bool begun, called;
};

/* ---- errors ---- */

static const char *status_of(int status)
{
	return status == 401   ? "UNAUTHENTICATED"
	       : status == 403 ? "PERMISSION_DENIED"
	       : status == 404 ? "NOT_FOUND"
	       : status == 429 ? "RESOURCE_EXHAUSTED"
	       : status == 503 ? "UNAVAILABLE"
	       : status == 504 ? "DEADLINE_EXCEEDED"
	       : status >= 500 ? "INTERNAL"
			       : "INVALID_ARGUMENT";
}

static void write_error(struct buf *out, int status, const char *why)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_map(&w, "error");
	json_int(&w, "code", status);
	json_str(&w, "message", str_from(why));
	json_str(&w, "status", str_from(status_of(status)));
	if (status == 429) {
		json_list(&w, "details");
		json_map(&w, NULL);
		json_str(&w, "@type", STR("type.googleapis.com/google.rpc.RetryInfo"));
		json_str(&w, "retryDelay", STR("7s"));
		json_end(&w);
		json_end(&w);
	}
	json_end(&w);
	json_end(&w);
}

static bool wants_events(const struct vendor_session *s)
{
	return str_eq(vendor_query_or(s, "alt", ""), STR("sse"));
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	bool list = !wants_events(s);
	struct buf body;

	buf_init(&body, 1u << 16);
	buf_add_str(&body, list ? STR("[") : STR(""));
	write_error(&body, status, why);
	buf_add_str(&body, list ? STR("]") : STR(""));
	vendor_answer(s, status, NULL, buf_str(&body));
	buf_fini(&body);
}

/* ---- what may be asked ---- */

static const char *check_call(const struct json *call, const struct json *part, bool user)
{
	if (user)
		return "functionCall is of the model";
	if (!json_str_or(call, "name", STR("")).n ||
	    (json_find(call, "args") && json_kind(json_find(call, "args")) != JSON_KIND_MAP))
		return "functionCall has a name, and args, a map";
	if (!json_str_or(part, "thoughtSignature", STR("")).n)
		return "Function call is missing a thought_signature in functionCall parts";
	return NULL;
}

static const char *check_part(const struct json *part, bool user)
{
	const struct json *call = json_find(part, "functionCall"),
			  *response = json_find(part, "functionResponse");

	if (call)
		return check_call(call, part, user);
	if (response && (!user || !json_str_or(response, "name", STR("")).n))
		return "functionResponse is of the user, and has a name";
	if (response)
		return json_kind(json_find(response, "response")) == JSON_KIND_MAP
			       ? NULL
			       : "response must be an object, never a bare string";
	return json_kind(json_find(part, "text")) == JSON_KIND_STR || json_find(part, "inlineData") ||
			       json_find(part, "fileData")
		       ? NULL
		       : "a part has text, inlineData, functionCall or functionResponse";
}

static const char *check_contents(const struct json *all)
{
	const char *why = json_count(all) ? NULL : "contents is not specified";

	for (size_t i = 0; i < json_count(all) && !why; i++) {
		struct str role = json_str_or(json_at(all, i), "role", STR("user"));
		const struct json *parts = json_find(json_at(all, i), "parts");

		if (!vendor_one_of(role, "user|model|function"))
			return "Please use a valid role: user, model";
		if (!json_count(parts))
			return "parts is empty";
		for (size_t k = 0; k < json_count(parts) && !why; k++)
			why = check_part(json_at(parts, k), !str_eq(role, STR("model")));
	}
	return why;
}

static const char *check_type(const struct json *schema)
{
	struct str type = json_str_or(schema, "type", STR("OBJECT"));

	return vendor_one_of(type, "STRING|NUMBER|INTEGER|BOOLEAN|ARRAY|OBJECT")
		       ? NULL
		       : "the types of parameters are STRING, NUMBER, INTEGER, BOOLEAN, ARRAY, OBJECT";
}

static int check_property(struct str key, const struct json *value, void *arg)
{
	const char **why = arg;

	*why = check_type(value);
	return *why != NULL;
}

static const char *check_declaration(const struct json *d)
{
	struct str name = json_str_or(d, "name", STR(""));
	const struct json *parameters = json_find(d, "parameters");
	const char *why = NULL;

	if (!name.n || name.n > 64 || str_chr(name, ' ') < name.n)
		return "a function's name has 1 to 64 letters, digits, _ and -";
	if (parameters && json_find(d, "parametersJsonSchema"))
		return "parameters and parametersJsonSchema exclude each other";
	if (parameters && (why = check_type(parameters)))
		return why;
	json_each(json_find(parameters, "properties"), check_property, &why);
	return why;
}

static const char *check_tools(const struct json *body)
{
	const struct json *tools = json_find(body, "tools");
	struct str mode = json_str_or(body, "toolConfig/functionCallingConfig/mode", STR("AUTO"));
	const char *why = NULL;

	if (!vendor_one_of(mode, "AUTO|ANY|NONE|VALIDATED"))
		return "mode is AUTO, ANY, NONE or VALIDATED";
	for (size_t i = 0; i < json_count(tools) && !why; i++) {
		const struct json *list = json_find(json_at(tools, i), "functionDeclarations");

		if (!json_count(list))
			return "tools hold functionDeclarations";
		for (size_t k = 0; k < json_count(list) && !why; k++)
			why = check_declaration(json_at(list, k));
	}
	return why;
}

/* ---- what is answered ---- */

static void chunk_begin(struct json_out *w, struct buf *out, struct gemini *g)
{
	buf_init(out, 1u << 20);
	buf_add_str(out, g->events ? STR("data: ") : g->begun ? STR(",\n") : STR("["));
	g->begun = true;
	json_begin(w, out);
	json_map(w, NULL);
	json_list(w, "candidates");
	json_map(w, NULL);
	json_int(w, "index", 0);
}

static void chunk_send(struct json_out *w, struct buf *out, struct gemini *g, usec delay, const char *finish)
{
	const struct model *m = &g->model;

	if (finish)
		json_str(w, "finishReason", str_from(finish));
	json_end(w);
	json_end(w);
	json_map(w, "usageMetadata");
	json_int(w, "promptTokenCount", (int64_t)m->in);
	if (m->cached)
		json_int(w, "cachedContentTokenCount", (int64_t)m->cached);
	json_int(w, "candidatesTokenCount", (int64_t)m->out);
	json_int(w, "totalTokenCount", (int64_t)(m->in + m->out));
	json_end(w);
	json_str(w, "modelVersion", STR("gemini"));
	json_str(w, "responseId", STR("r1"));
	json_end(w);
	if (g->events)
		buf_add_str(out, STR("\r\n\r\n"));
	vendor_piece(m->s, delay, buf_str(out));
	buf_fini(out);
}

static void say(struct model *m, usec delay, struct str token)
{
	struct gemini *g = CONTAINER_OF(m, struct gemini, model);
	struct json_out w;
	struct buf out;

	chunk_begin(&w, &out, g);
	json_map(&w, "content");
	json_str(&w, "role", STR("model"));
	json_list(&w, "parts");
	json_map(&w, NULL);
	json_str(&w, "text", token);
	json_end(&w);
	json_end(&w);
	json_end(&w);
	chunk_send(&w, &out, g, delay, NULL);
}

/* Whole, with the first fragment; those that follow are only counted. */
static void call(struct model *m, usec delay, struct str fragment)
{
	struct gemini *g = CONTAINER_OF(m, struct gemini, model);
	struct json_out w;
	struct buf out;

	if (g->called)
		return;
	g->called = true;
	chunk_begin(&w, &out, g);
	json_map(&w, "content");
	json_str(&w, "role", STR("model"));
	json_list(&w, "parts");
	json_map(&w, NULL);
	json_map(&w, "functionCall");
	json_str(&w, "name", str_from(m->answer->tool));
	json_raw(&w, "args", str_from(m->answer->arguments ? m->answer->arguments : "{}"));
	json_end(&w);
	json_str(&w, "thoughtSignature", STR("c2lnbmVk"));
	json_end(&w);
	json_end(&w);
	json_end(&w);
	chunk_send(&w, &out, g, delay, NULL);
}

static void answer(struct vendor_session *s, const struct json *body)
{
	const struct json *contents = json_find(body, "contents"),
			  *last = json_at(contents, json_count(contents) - 1);
	struct gemini g = {.events = wants_events(s)};
	struct json_out w;
	struct buf heard, out;
	bool cut;

	buf_init(&heard, 1u << 20);
	model_words(json_find(last, "parts"), &heard);
	json_begin(&w, &heard);
	json_node(&w, NULL, json_find(json_at(json_find(last, "parts"), 0), "functionResponse/response"));
	model_begin(&g.model, s, buf_str(&heard), vendor_body(s).n);
	buf_fini(&heard);
	vendor_begin(s, 200, g.events ? "text/event-stream" : "application/json");
	cut = model_stream(&g.model, (uint64_t)json_int_or(body, "generationConfig/maxOutputTokens", 0), say,
			   call);
	if (g.model.answer->tool && !cut && !g.called)
		call(&g.model, model_token(&g.model), STR(""));
	chunk_begin(&w, &out, &g);
	chunk_send(&w, &out, &g, 0, cut ? "MAX_TOKENS" : "STOP");
	if (!g.events)
		vendor_piece(s, 0, STR("]"));
	vendor_finish(s);
}

static const char *check(struct vendor_session *s, const struct json *body, char why[160])
{
	const struct json *generation = json_find(body, "generationConfig");
	const char *problem;

	if (!vendor_check_json(s, body, members, ARRAY_LEN(members), why) ||
	    (generation &&
	     !vendor_check_json(s, generation, generation_members, ARRAY_LEN(generation_members), why)))
		return why;
	problem = check_contents(json_find(body, "contents"));
	return problem ? problem : check_tools(body);
}

static void on_request(struct vendor_session *s)
{
	static const struct vendor_rule query[] = {{"alt", VENDOR_TEXT, VENDOR_MAY, 0, 0, "sse|json"},
						   {"key", VENDOR_TEXT}};
	struct str key = vendor_header(s, "x-goog-api-key");
	struct json *body;
	const char *problem;
	char why[160];

	if (!key.n)
		key = vendor_query_or(s, "key", "");
	if (!str_eq(key, vendor_key(s))) {
		vendor_bad(s, key.n ? 400 : 403, "API key not valid. Please pass a valid API key.");
		return;
	}
	if (!vendor_check_query(s, query, ARRAY_LEN(query), why)) {
		vendor_bad(s, 400, why);
		return;
	}
	body = str_istarts(vendor_header(s, "content-type"), STR("application/json"))
		       ? vendor_json(s, vendor_body(s))
		       : NULL;
	problem = body ? check(s, body, why) : "Invalid JSON payload received.";
	if (problem)
		vendor_bad(s, 400, problem);
	else if (str_starts(vendor_part(s, 0), STR("no-such")))
		vendor_bad(s, 404, "models/no-such is not found");
	else
		answer(s, body);
	json_free(body);
}

static void on_fault(struct vendor_session *s)
{
	struct buf out;

	buf_init(&out, 1u << 16);
	buf_add_str(&out, STR("data: "));
	write_error(&out, 503, "The model is overloaded. Please try again later.");
	buf_add_str(&out, STR("\r\n\r\n"));
	vendor_piece(s, 0, buf_str(&out));
	vendor_finish(s);
	buf_fini(&out);
}

const struct vendor_sim sim_gemini = {
	.name = "gemini",
	.path = "/v1beta/models/*:streamGenerateContent",
	.on_request = on_request,
	.on_fault = on_fault,
	.on_refuse = refuse,
};
