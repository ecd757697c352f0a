/* OpenAI's Responses: what is asked. The answer is read in openai_responses.c. */
#include "provider/llm/llm_bodies.h"
#include "provider/llm/openai.h"

struct speech {
	const struct llm_sse_dialect *d;
	struct json_out *w;
};

static void write_message(struct json_out *w, const char *role, const char *type, struct str text)
{
	json_map(w, NULL);
	json_str(w, "role", str_from(role));
	json_list(w, "content");
	json_map(w, NULL);
	json_str(w, "type", str_from(type));
	json_str(w, "text", text);
	json_end(w);
	json_end(w);
	json_end(w);
}

static void write_call(struct json_out *w, const struct llm_message *m)
{
	json_map(w, NULL);
	json_str(w, "type", STR("function_call"));
	json_str(w, "call_id", m->tool_id);
	json_str(w, "name", m->tool_name);
	json_str(w, "arguments", llm_sse_arguments(m));
	json_end(w);
}

static void write_result(struct json_out *w, const struct llm_message *m)
{
	json_map(w, NULL);
	json_str(w, "type", STR("function_call_output"));
	json_str(w, "call_id", m->tool_id);
	json_str(w, "output", m->text);
	json_end(w);
}

static void on_part(void *arg, enum llm_part_type type, const struct llm_message *m)
{
	struct speech *s = arg;

	switch (type) {
	case LLM_PART_SYSTEM:
		break;
	case LLM_PART_CALLER:
		write_message(s->w, "user", "input_text", m->text);
		break;
	case LLM_PART_AGENT:
		write_message(s->w, "assistant", "output_text", m->text);
		break;
	case LLM_PART_CARRY:
		llm_sse_write_carried(s->w, s->d, m);
		break;
	case LLM_PART_CALL:
		write_call(s->w, m);
		break;
	case LLM_PART_RESULT:
		write_result(s->w, m);
		break;
	}
}

static void write_tools(struct json_out *w, const struct llm_request *r)
{
	if (r->tool_count == 0)
		return;
	json_list(w, "tools");
	for (size_t i = 0; i < r->tool_count; i++) {
		json_map(w, NULL);
		json_str(w, "type", STR("function"));
		json_str(w, "name", r->tools[i].name);
		json_str(w, "description", r->tools[i].description);
		json_raw(w, "parameters", llm_sse_schema(&r->tools[i]));
		json_bool(w, "strict", false); /* else schemas of a stricter kind are demanded */
		json_end(w);
	}
	json_end(w);
}

/* Nothing is stored there, so that thoughts can only come back from us, and they are given out encrypted, if
 * asked for; models that do not think refuse to be asked. */
static bool thinks(struct str model)
{
	return str_starts(model, STR("gpt-5")) || str_starts(model, STR("o1")) ||
	       str_starts(model, STR("o3")) || str_starts(model, STR("o4"));
}

void openai_responses_body(const struct service *s, const struct llm_sse_dialect *d,
			   const struct llm_request *r, struct json_out *w)
{
	struct speech speech = {d, w};

	json_str(w, "model", llm_sse_model(s, d));
	json_bool(w, "stream", true);
	json_bool(w, "store", false);
	json_map(w, "stream_options");
	json_bool(w, "include_obfuscation", false);
	json_end(w);
	if (thinks(llm_sse_model(s, d))) {
		json_list(w, "include");
		json_str(w, NULL, STR("reasoning.encrypted_content"));
		json_end(w);
	}
	if (r->temperature >= 0 && !service_extra_has(s, "temperature"))
		json_num(w, "temperature", (double)r->temperature);
	if (r->tokens_max > 0 && !service_extra_has(s, "max_output_tokens"))
		json_int(w, "max_output_tokens", r->tokens_max);
	llm_sse_system(w, "instructions", r);
	json_list(w, "input");
	llm_sse_parts_from_caller(r, on_part, &speech);
	json_end(w);
	write_tools(w, r);
}
