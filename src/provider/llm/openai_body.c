#include "provider/llm/openai.h"

static void write_call(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_message *m)
{
	struct str carry = llm_sse_carry(d, m);

	json_map(w, NULL);
	json_str(w, "id", m->tool_id);
	json_str(w, "type", STR("function"));
	json_map(w, "function");
	json_str(w, "name", m->tool_name);
	json_str(w, "arguments", llm_sse_arguments(m));
	json_end(w);
	if (!str_empty(carry))
		json_raw(w, "extra_content", carry);
	json_end(w);
}

/* One message may hold a text and several calls; their results follow at once. */
static void write_turn(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_request *r,
		       size_t from, size_t to)
{
	json_map(w, NULL);
	json_str(w, "role", STR("assistant"));
	if (str_empty(r->messages[from].text))
		json_none(w, "content");
	else
		json_str(w, "content", r->messages[from].text);
	json_list(w, "tool_calls");
	for (size_t i = from; i < to; i++)
		if (llm_sse_result(r, i))
			write_call(w, d, &r->messages[i]);
	json_end(w);
	json_end(w);
	for (size_t i = from; i < to; i++) {
		const struct llm_message *result = llm_sse_result(r, i);

		if (!result)
			continue;
		json_map(w, NULL);
		json_str(w, "role", STR("tool"));
		json_str(w, "tool_call_id", result->tool_id);
		json_str(w, "content", result->text);
		json_end(w);
	}
}

/* The calls that follow a message without words between them belong to it. */
static size_t calls_end(const struct llm_request *r, size_t i)
{
	bool called = llm_sse_result(r, i) != NULL;

	for (i++; i < r->message_count; i++) {
		if (r->messages[i].role != LLM_ASSISTANT || !str_empty(r->messages[i].text))
			break;
		called = called || llm_sse_result(r, i);
	}
	return called ? i : 0;
}

static void write_messages(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_request *r)
{
	static const char *const roles[] = {"system", "user", "assistant", "tool"};

	json_list(w, "messages");
	for (size_t i = 0; i < r->message_count; i++) {
		const struct llm_message *m = &r->messages[i];
		size_t end = m->role == LLM_ASSISTANT ? calls_end(r, i) : 0;

		if (end > 0) {
			write_turn(w, d, r, i, end);
			i = end - 1;
			continue;
		}
		if (!llm_sse_is_said(r, i))
			continue;
		json_map(w, NULL);
		json_str(w, "role", str_from(roles[m->role]));
		json_str(w, "content", m->text);
		json_end(w);
	}
	json_end(w);
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

void openai_body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct json_out *w)
{
	const struct openai_variant *v = d->variant;

	json_str(w, "model", llm_sse_model(s, d));
	json_bool(w, "stream", true);
	json_map(w, "stream_options");
	json_bool(w, "include_usage", true);
	if (v->padded)
		json_bool(w, "include_obfuscation", false);
	json_end(w);
	if (r->temperature >= 0 && !llm_sse_is_set(s, "temperature"))
		json_num(w, "temperature", (double)r->temperature);
	if (r->tokens_max > 0 && !llm_sse_is_set(s, v->limit))
		json_int(w, v->limit, r->tokens_max);
	write_messages(w, d, r);
	openai_tools(w, r);
}
