#include "provider/llm/openai.h"

/* A message of the agent stays open for the calls that belong to it. */
struct speech {
	const struct openai_form *form;
	const struct llm_sse_dialect *d;
	struct json_out *w;
	bool open, agent, calling; /* agent: the open one is the agent's */
};

static void close_message(struct speech *s)
{
	if (s->calling)
		json_end(s->w);
	if (s->open)
		json_end(s->w);
	s->open = s->agent = s->calling = false;
}

static void add_message(struct speech *s, const char *role, const struct llm_message *m)
{
	close_message(s);
	json_map(s->w, NULL);
	json_str(s->w, "role", str_from(role));
	s->form->message(s->w, m);
	s->open = true;
	s->agent = m->role == LLM_ASSISTANT;
}

static void add_call(struct speech *s, const struct llm_message *m)
{
	if (!s->agent)
		add_message(s, "assistant", m);
	if (!s->calling)
		json_list(s->w, "tool_calls");
	s->calling = true;
	json_map(s->w, NULL);
	s->form->call(s->w, s->d, m);
	json_end(s->w);
}

static void on_part(void *arg, enum llm_part_type type, const struct llm_message *m)
{
	static const char *const roles[] = {[LLM_PART_SYSTEM] = "system",
					    [LLM_PART_CALLER] = "user",
					    [LLM_PART_AGENT] = "assistant",
					    [LLM_PART_RESULT] = "tool"};
	struct speech *s = arg;

	if (type == LLM_PART_CALL)
		add_call(s, m);
	else if (type == LLM_PART_CARRY)
		close_message(s); /* a turn begins */
	else
		add_message(s, roles[type], m);
}

void openai_messages(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_request *r,
		     const struct openai_form *form)
{
	struct speech s = {.form = form, .d = d, .w = w};

	json_list(w, "messages");
	llm_sse_parts(r, on_part, &s);
	close_message(&s);
	json_end(w);
}

static void write_message(struct json_out *w, const struct llm_message *m)
{
	if (m->role == LLM_TOOL)
		json_str(w, "tool_call_id", m->tool_id);
	if (str_empty(m->text) && m->role == LLM_ASSISTANT)
		json_none(w, "content");
	else
		json_str(w, "content", m->text);
}

static void write_call(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_message *m)
{
	struct str carry = llm_sse_carry(d, m);

	json_str(w, "id", m->tool_id);
	json_str(w, "type", STR("function"));
	json_map(w, "function");
	json_str(w, "name", m->tool_name);
	json_str(w, "arguments", llm_sse_arguments(m));
	json_end(w);
	if (!str_empty(carry))
		json_raw(w, "extra_content", carry);
}

void openai_tools(struct json_out *w, const struct llm_request *r)
{
	if (r->tool_count == 0)
		return;
	json_list(w, "tools");
	for (size_t i = 0; i < r->tool_count; i++) {
		json_map(w, NULL);
		json_str(w, "type", STR("function"));
		json_map(w, "function");
		json_str(w, "name", r->tools[i].name);
		json_str(w, "description", r->tools[i].description);
		json_raw(w, "parameters", llm_sse_schema(&r->tools[i]));
		json_end(w);
		json_end(w);
	}
	json_end(w);
}

void openai_ask(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		struct json_out *w)
{
	static const struct openai_form form = {write_message, write_call};
	const struct openai_variant *v = d->variant;

	json_str(w, "model", llm_sse_model(s, d));
	json_bool(w, "stream", true);
	json_map(w, "stream_options");
	json_bool(w, "include_usage", true);
	if (v->padded)
		json_bool(w, "include_obfuscation", false);
	json_end(w);
	if (r->temperature >= 0 && !service_extra_has(s, "temperature"))
		json_num(w, "temperature", (double)r->temperature);
	if (r->tokens_max > 0 && !service_extra_has(s, v->limit))
		json_int(w, v->limit, r->tokens_max);
	openai_messages(w, d, r, &form);
	openai_tools(w, r);
}
