/* OpenAI chat completions: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_openai_chat, sim_vllm_chat, sim_gemini_chat, sim_azure_chat_deployed;

#define HEAD                                   \
	"POST /v1/chat/completions\n"          \
	"Authorization: Bearer key-of-tests\n" \
	"Content-Type: application/json\n\n"

#define BODY                                                                                        \
	"{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"stream_options\":{\"include_usage\":true,"   \
	"\"include_obfuscation\":false},\"messages\":[{\"role\":\"system\",\"content\":\"..\"},"    \
	"{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":null,"          \
	"\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"book\"," \
	"\"arguments\":\"{\\\"day\\\":\\\"Mon\\\"}\"}}]},"                                          \
	"{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"ok\"}],"                      \
	"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"book\",\"description\":\"..\"," \
	"\"parameters\":{\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\"}},"       \
	"\"required\":[\"day\"],\"additionalProperties\":false},\"strict\":true}}],"                \
	"\"tool_choice\":\"auto\",\"parallel_tool_calls\":false,\"temperature\":0.4,"               \
	"\"max_completion_tokens\":300,\"stop\":[\"\\n\\n\"],\"user\":\"u1\"}\n.\n"

static const struct talk_mutation mutations[] = {
	{"/v1/chat", "/v2/chat", 404},
	{"key-of-tests", "another", 401, 0, "invalid_api_key"},
	{"Bearer ", "Token ", 401},
	{"application/json", "text/plain", 400},
	{"\"model\":\"gpt-4.1-mini\",", "", 400, 0, "model is missing"},
	{"gpt-4.1-mini", "no-such-model", 404, 0, "model_not_found"},
	{"\"stream\":true", "\"stream\":\"yes\"", 400},
	{"\"stream\":true", "\"stream\":false", 400, 0, "stream_options"},
	{"\"role\":\"user\"", "\"role\":\"caller\"", 400, 0, "role"},
	{"\"tool_call_id\":\"call_1\"", "\"tool_call_id\":\"call_2\"", 400, 0, "tool_calls"},
	{"{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"ok\"}",
	 "{\"role\":\"user\",\"content\":\"ok\"}", 400, 0, "must be followed by tool messages"},
	{"\"arguments\":\"{\\\"day\\\":\\\"Mon\\\"}\"", "\"arguments\":\"{\\\"day\\\":\"", 400},
	{"\"temperature\":0.4", "\"temperature\":4", 400},
	{"\"user\":\"u1\"", "\"usr\":\"u1\"", 400, 0, "usr"},
	{"\"name\":\"book\",\"description\"", "\"name\":\"book it\",\"description\"", 400, 0, "name"},
	{"\"user\":\"u1\"}", "\"user\":\"u1\"", 400, 0, "JSON"},
};

static struct talk start(const struct vendor_sim *const *sims, const struct vendor_answer *answers, size_t n)
{
	return talk_start(&(struct vendor_config){
		.sims = sims, .says = {.answers = answers, .n_answers = n, .tokens_cached = 5}});
}

TEST(openai_chat_refuses_what_the_sheet_refuses)
{
	static const struct vendor_sim *const sims[] = {&sim_openai_chat, NULL};
	struct talk t = start(sims, NULL, 0);

	talk_mutations(&t, HEAD BODY, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(openai_chat_streams_text_and_usage)
{
	static const struct vendor_sim *const sims[] = {&sim_openai_chat, NULL};
	static const struct vendor_answer answers[] = {{.text = "Monday at nine, then?"}};
	struct talk t = start(sims, answers, 1);

	talk_run(&t, HEAD BODY);
	CHECK(talk_came(&t, "\"delta\":{\"role\":\"assistant\",\"content\":\"\"}"));
	CHECK(talk_came(&t, "\"delta\":{\"content\":\"Monday\"}"));
	CHECK(talk_came(&t, "\"delta\":{\"content\":\" nine,\"}"));
	CHECK(talk_came(&t, "\"finish_reason\":\"stop\""));
	CHECK(talk_came(&t, "\"choices\":[],\"usage\":{\"prompt_tokens\":"));
	CHECK(talk_came(&t, "\"completion_tokens\":4,"));
	CHECK(talk_came(&t, "\"cached_tokens\":5,"));
	CHECK(talk_came(&t, "data: [DONE]\n\n"));
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(openai_chat_streams_a_tool_call_in_fragments)
{
	static const struct vendor_sim *const sims[] = {&sim_openai_chat, &sim_gemini_chat, NULL};
	static const struct vendor_answer answers[] = {
		{.when = "ok", .tool = "book", .arguments = "{\"day\":\"Mon\"}"}, {.text = "?"}};
	struct talk t = start(sims, answers, 2);

	talk_run(&t, HEAD BODY);
	CHECK(talk_came(&t, "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\","
			    "\"function\":{\"name\":\"book\",\"arguments\":\"\"}}]}"));
	CHECK(talk_came(&t,
			"{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"day\\\"\"}}]}"));
	CHECK(talk_came(&t, "\"finish_reason\":\"tool_calls\""));
	talk_fini(&t);
	talk_run(&t, "POST /v1beta/openai/chat/completions\nAuthorization: Bearer key-of-tests\n"
		     "Content-Type: application/json\n\n" BODY);
	CHECK(talk_came(
		&t,
		"\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"book\","
		"\"arguments\":\"{\\\"day\\\":\\\"Mon\\\"}\"}}]"));
	CHECK(talk_came(&t, "\"finish_reason\":\"stop\""));
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(openai_chat_fails_in_the_middle)
{
	static const struct vendor_sim *const sims[] = {&sim_openai_chat, NULL};
	struct vendor_fault f = {.kind = VENDOR_FAULT_ERROR, .item = 2};
	struct talk t = start(sims, NULL, 0);

	vendor_order_fault(t.v, &f);
	talk_run(&t, HEAD BODY);
	CHECK_INT(t.status, 200);
	CHECK(talk_came(&t, "{\"error\":{\"message\":\"The server had an error"));
	CHECK(str_find(buf_str(&t.texts), STR("[DONE]")) == t.texts.n);
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(openai_chat_has_relatives)
{
	static const struct vendor_sim *const sims[] = {&sim_openai_chat, &sim_vllm_chat,
							&sim_azure_chat_deployed, NULL};
	struct talk t = start(sims, NULL, 0);

	talk_run(&t, "POST /vllm/v1/chat/completions\nContent-Type: application/json\n\n"
		     "{\"model\":\"q\",\"stream\":true,\"top_k\":4,\"messages\":[{\"role\":\"user\","
		     "\"content\":\"a\"}]}\n.\n");
	CHECK(talk_came(&t, "reasoning_content"));
	talk_fini(&t);
	talk_run(&t,
		 "POST /openai/deployments/d/chat/completions?api-version=2024-10-21\napi-key: key-of-tests\n"
		 "Content-Type: application/json\n\n" BODY);
	CHECK(talk_came(&t, "\"choices\":[],\"prompt_filter_results\":[]"));
	talk_fini(&t);
	CHECK_INT(vendor_wrongs(t.v), 0);
	vendor_stop(t.v);
}
