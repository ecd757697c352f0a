/* Anthropic's Messages: what is asked. The answer is read in anthropic.c. */
#include "provider/llm/llm_bodies.h"

#define ANSWER_TOKENS 1024 /* its bound is mandatory; so much when nobody has one */

/* Messages alternate, the caller's side first. */
struct speech {
	const struct llm_sse_dialect *d;
	struct llm_turns turns;
};

static void write_text(struct json_out *w, struct str text)
{
	json_map(w, NULL);
	json_str(w, "type", STR("text"));
	json_str(w, "text", text);
	json_end(w);
}

static void write_call(struct json_out *w, const struct llm_message *m)
{
	json_map(w, NULL);
	json_str(w, "type", STR("tool_use"));
	json_str(w, "id", m->tool_id);
	json_str(w, "name", m->tool_name);
	json_raw(w, "input", llm_sse_arguments(m));
	json_end(w);
}

static void write_result(struct json_out *w, const struct llm_message *m)
{
	json_map(w, NULL);
	json_str(w, "type", STR("tool_result"));
	json_str(w, "tool_use_id", m->tool_id);
	json_str(w, "content", m->text);
	json_end(w);
}

static void on_part(void *arg, enum llm_part_type type, const struct llm_message *m)
{
	static const char caller[] = "user", agent[] = "assistant";
	struct speech *s = arg;
	struct json_out *w = s->turns.w;

	if (type == LLM_PART_SYSTEM)
		return;
	llm_turns_go_on(&s->turns, type == LLM_PART_CALLER || type == LLM_PART_RESULT ? caller : agent);
	if (type == LLM_PART_CALLER || type == LLM_PART_AGENT)
		write_text(w, m->text);
	else if (type == LLM_PART_CARRY)
		llm_sse_write_carried(w, s->d, m); /* thoughts, as they were given */
	else if (type == LLM_PART_CALL)
		write_call(w, m);
	else
		write_result(w, m);
}

static void write_messages(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_request *r)
{
	struct speech s = {d, {w, .parts = "content"}};

	json_list(w, "messages");
	llm_sse_parts_from_caller(r, on_part, &s);
	llm_turns_end(&s.turns);
	json_end(w);
}

/* Told to be cached: with the tools before it, it is the same in each turn. */
static void write_system(struct json_out *w, const struct llm_request *r)
{
	if (!llm_sse_has_system(r))
		return;
	json_list(w, "system");
	json_map(w, NULL);
	json_str(w, "type", STR("text"));
	llm_sse_system(w, "text", r);
	json_map(w, "cache_control");
	json_str(w, "type", STR("ephemeral"));
	json_end(w);
	json_end(w);
	json_end(w);
}

static void write_tools(struct json_out *w, const struct llm_request *r)
{
	if (r->tool_count == 0)
		return;
	json_list(w, "tools");
	for (size_t i = 0; i < r->tool_count; i++) {
		json_map(w, NULL);
		json_str(w, "name", r->tools[i].name);
		json_str(w, "description", r->tools[i].description);
		json_raw(w, "input_schema", llm_sse_schema(&r->tools[i]));
		json_end(w);
	}
	json_end(w);
}

void anthropic_body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		    struct json_out *w)
{
	json_str(w, "model", llm_sse_model(s, d));
	json_bool(w, "stream", true);
	if (!service_extra_has(s, "max_tokens"))
		json_int(w, "max_tokens", r->tokens_max ? r->tokens_max : ANSWER_TOKENS);
	if (r->temperature >= 0 && !service_extra_has(s, "temperature"))
		json_num(w, "temperature", (double)r->temperature);
	write_system(w, r);
	write_messages(w, d, r);
	write_tools(w, r);
}
