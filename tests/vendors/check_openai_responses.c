/* OpenAI Responses: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_openai_responses;

#define REQUEST                                                                                              \
	"POST /v1/responses\nAuthorization: Bearer key-of-tests\nContent-Type: application/json\n\n"         \
	"{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"store\":false,\"instructions\":\"You answer.\","      \
	"\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"Book Monday 9\"}]}," \
	"{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"One moment.\"}]},"        \
	"{\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"book\",\"arguments\":\"{}\"},"        \
	"{\"type\":\"function_call_output\",\"call_id\":\"call_1\",\"output\":\"ok\"}],"                     \
	"\"tools\":[{\"type\":\"function\",\"name\":\"book\",\"description\":\"..\",\"parameters\":"         \
	"{\"type\":\"object\",\"properties\":{}},\"strict\":true}],\"tool_choice\":\"auto\","                \
	"\"parallel_tool_calls\":false,\"max_output_tokens\":300}\n.\n"

static const struct talk_mutation mutations[] = {
	{"/v1/responses", "/v1/response", 404},
	{"key-of-tests", "key-of-others", 401, 0, "invalid_api_key"},
	{"application/json", "text/json", 400},
	{"\"model\":\"gpt-4.1-mini\",", "", 400, 0, "model is missing"},
	{"gpt-4.1-mini", "no-such", 404, 0, "model_not_found"},
	{"\"instructions\"", "\"messages\":[],\"instructions\"", 400, 0, "messages"},
	{"\"input_text\"", "\"text\"", 400, 0, "input_text"},
	{"\"output_text\"", "\"input_text\"", 400, 0, "output_text"},
	{"\"role\":\"user\"", "\"role\":\"caller\"", 400, 0, "role"},
	{"\"call_id\":\"call_1\",\"output\"", "\"call_id\":\"fc_1\",\"output\"", 400, 0, "tool call"},
	{",{\"type\":\"function_call_output\",\"call_id\":\"call_1\",\"output\":\"ok\"}", "", 400, 0,
	 "No tool output"},
	{"\"arguments\":\"{}\"", "\"arguments\":{}", 400, 0, "arguments"},
	{"\"name\":\"book\",\"description\":\"..\",\"parameters\":{\"type\":\"object\",\"properties\":{}}",
	 "\"function\":{\"name\":\"book\"}", 400, 0, "flat"},
	{"\"max_output_tokens\"", "\"max_tokens\"", 400, 0, "max_tokens"},
	{"\"output\":\"ok\"", "\"output\":{\"ok\":true}", 400, 0, "output"},
};

static struct talk start(const struct vendor_answer *answers, size_t n)
{
	static const struct vendor_sim *const sims[] = {&sim_openai_responses, NULL};

	return talk_start(
		&(struct vendor_config){.sims = sims, .says = {.answers = answers, .n_answers = n}});
}

TEST(openai_responses_refuses_what_the_sheet_refuses)
{
	struct talk t = start(NULL, 0);

	talk_mutations(&t, REQUEST, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(openai_responses_streams_items)
{
	static const struct vendor_answer answers[] = {
		{.when = "ok", .text = "One moment.", .tool = "book", .arguments = "{\"day\":\"Mon\"}"}};
	struct talk t = start(answers, 1);

	talk_run(&t, REQUEST);
	CHECK(talk_came(
		&t, "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,"));
	CHECK(talk_came(
		&t, "{\"type\":\"response.output_text.delta\",\"sequence_number\":4,\"item_id\":\"msg_1\","
		    "\"output_index\":0,\"content_index\":0,\"delta\":\"One\"}"));
	CHECK(talk_came(&t, "\"item\":{\"id\":\"fc_1\",\"type\":\"function_call\",\"status\":\"in_progress\","
			    "\"call_id\":\"call_1\",\"name\":\"book\",\"arguments\":\"\"}"));
	CHECK(talk_came(&t, "\"arguments\":\"{\\\"day\\\":\\\"Mon\\\"}\""));
	CHECK(talk_came(&t, "event: response.completed\n"));
	CHECK(talk_came(&t, "\"output_tokens\":5,"));
	CHECK(str_find(buf_str(&t.texts), STR("[DONE]")) == t.texts.n);
	talk_fini(&t);
	vendor_stop(t.v);
}
