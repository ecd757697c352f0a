/* Gemini's generateContent: what is asked. The answer is read in gemini.c. */
#include "provider/llm/llm_bodies.h"

/* Turns alternate, the caller's first; results of tools are the caller's. */
struct speech {
	const struct llm_sse_dialect *d;
	struct llm_turns turns;
};

/* With the signature of the thought that led to it: newer models refuse a call that lacks it. */
static void write_call(struct speech *s, const struct llm_message *m)
{
	struct str signature = llm_sse_carry(s->d, m);
	struct json_out *w = s->turns.w;

	json_map(w, "functionCall");
	json_str(w, "id", m->tool_id);
	json_str(w, "name", m->tool_name);
	json_raw(w, "args", llm_sse_arguments(m));
	json_end(w);
	if (!str_empty(signature))
		json_str(w, "thoughtSignature", signature);
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
	struct json_out *w = s->turns.w;

	if (type == LLM_PART_SYSTEM || type == LLM_PART_CARRY)
		return;
	llm_turns_go_on(&s->turns, type == LLM_PART_CALLER || type == LLM_PART_RESULT ? caller : agent);
	json_map(w, NULL);
	if (type == LLM_PART_CALL)
		write_call(s, m);
	else if (type == LLM_PART_RESULT)
		write_result(w, m);
	else
		json_str(w, "text", m->text);
	json_end(w);
}

static void write_contents(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_request *r)
{
	struct speech s = {d, {w, .parts = "parts"}};

	json_list(w, "contents");
	llm_sse_parts_from_caller(r, on_part, &s);
	llm_turns_end(&s.turns);
	json_end(w);
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

void gemini_body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct json_out *w)
{
	write_system(w, r);
	write_contents(w, d, r);
	write_tools(w, r);
	write_limits(s, d, r, w);
}
