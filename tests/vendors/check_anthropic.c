/* Anthropic Messages: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_anthropic;

#define REQUEST                                                                                              \
	"POST /v1/messages\n"                                                                                \
	"x-api-key: key-of-tests\n"                                                                          \
	"anthropic-version: 2023-06-01\n"                                                                    \
	"content-type: application/json\n\n"                                                                 \
	"{\"model\":\"claude-haiku-4-5\",\"max_tokens\":300,\"stream\":true,\"system\":[{\"type\":\"text\"," \
	"\"text\":\"..\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\","     \
	"\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","                       \
	"\"text\":\"One moment.\"},{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"book\","             \
	"\"input\":{\"day\":\"Mon\"}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","          \
	"\"tool_use_id\":\"toolu_1\",\"content\":\"ok\",\"is_error\":false}]}],\"tools\":[{\"name\":"        \
	"\"book\","                                                                                          \
	"\"description\":\"..\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"day\":"              \
	"{\"type\":\"string\"}},\"required\":[\"day\"]}}],\"tool_choice\":{\"type\":\"auto\","               \
	"\"disable_parallel_tool_use\":true},\"temperature\":0.4,\"stop_sequences\":[]}\n.\n"

static const struct talk_mutation mutations[] = {
	{"/v1/messages", "/v1/complete", 404},
	{"key-of-tests", "key-of-others", 401, 0, "authentication_error"},
	{"x-api-key: ", "Authorization: Bearer ", 401},
	{"anthropic-version: 2023-06-01\n", "", 400, 0, "anthropic-version"},
	{"\"max_tokens\":300,", "", 400, 0, "max_tokens is missing"},
	{"\"model\":\"claude-haiku-4-5\"", "\"model\":\"no-such\"", 404, 0, "not_found_error"},
	{"{\"role\":\"user\",\"content\":\"hi\"},", "", 400, 0, "first message"},
	{"\"role\":\"user\",\"content\":\"hi\"", "\"role\":\"system\",\"content\":\"hi\"", 400, 0,
	 "top-level"},
	{"\"content\":\"hi\"", "\"content\":\"\"", 400, 0, "non-empty"},
	{"\"text\":\"One moment.\"", "\"text\":\"\"", 400, 0, "non-empty"},
	{"\"tool_use_id\":\"toolu_1\"", "\"tool_use_id\":\"toolu_2\"", 400, 0, "tool_use_id"},
	{"[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"content\":\"ok\",\"is_error\":false}]",
	 "\"ok\"", 400, 0, "without tool_result"},
	{"{\"type\":\"tool_result\"", "{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"tool_result\"", 400, 0,
	 "first"},
	{"\"input\":{\"day\":\"Mon\"}", "\"input\":\"{}\"", 400, 0, "input"},
	{"\"input_schema\":", "\"parameters\":", 400, 0, "input_schema"},
	{"\"temperature\":0.4", "\"temperature\":1.4", 400},
	{"\"stop_sequences\"", "\"stop\"", 400, 0, "stop"},
	{"\"type\":\"auto\"", "\"type\":\"required\"", 400},
	{"\"stop_sequences\":[]}", "\"stop_sequences\":[}", 400},
};

static struct talk start(const struct vendor_answer *answers, size_t n)
{
	static const struct vendor_sim *const sims[] = {&sim_anthropic, NULL};

	return talk_start(&(struct vendor_config){
		.sims = sims, .says = {.answers = answers, .n_answers = n, .tokens_cached = 5}});
}

TEST(anthropic_refuses_what_the_sheet_refuses)
{
	struct talk t = start(NULL, 0);

	talk_mutations(&t, REQUEST, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(anthropic_streams_blocks_of_text_and_of_a_tool)
{
	static const struct vendor_answer answers[] = {
		{.when = "ok", .text = "One moment.", .tool = "book", .arguments = "{\"day\":\"Mon\"}"}};
	struct talk t = start(answers, 1);

	talk_run(&t, REQUEST);
	CHECK(talk_came(
		&t, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\""));
	CHECK(talk_came(&t, "\"cache_read_input_tokens\":5,\"output_tokens\":1}"));
	CHECK(talk_came(&t,
			"{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
			"\"text\":\"\"}}"));
	CHECK(talk_came(&t, "event: ping\ndata: {\"type\":\"ping\"}"));
	CHECK(talk_came(&t,
			"{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
			"\"text\":\" moment.\"}}"));
	CHECK(talk_came(&t, "{\"type\":\"content_block_stop\",\"index\":0}"));
	CHECK(talk_came(
		&t, "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\","
		    "\"id\":\"toolu_1\",\"name\":\"book\",\"input\":{}}}"));
	CHECK(talk_came(
		&t, "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\","
		    "\"partial_json\":\"{\\\"day\\\"\"}}"));
	CHECK(talk_came(&t, "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\","
			    "\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}"));
	CHECK(talk_came(&t, "event: message_stop\ndata: {\"type\":\"message_stop\"}"));
	CHECK(talk_logged(&t, "\"tokens_cached\":5,\"tokens_out\":5}"));
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(anthropic_fails_in_the_middle)
{
	struct vendor_fault f = {.kind = VENDOR_FAULT_ERROR, .item = 3};
	struct talk t = start(NULL, 0);

	vendor_order_fault(t.v, &f);
	talk_run(&t, REQUEST);
	CHECK_INT(t.status, 200);
	CHECK(talk_came(&t, "\"error\":{\"type\":\"overloaded_error\""));
	talk_fini(&t);
	vendor_stop(t.v);
}
