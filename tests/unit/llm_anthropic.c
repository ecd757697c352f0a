/* Anthropic's Messages, by the examples of their documents. */
#include "llm_told.h"
#include "test.h"

extern const struct llm_sse_dialect anthropic_messages;

static const struct service plain = {.name = STR_INIT("brain"), .key = STR_INIT("sk-ant-test")};

TEST(anthropic_reads_text_calls_and_usage)
{
	CHECK_STR(str_from(llm_told(
			  &anthropic_messages,
			  "event: message_start\ndata: "
			  "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\","
			  "\"role\":\"assistant\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_"
			  "tokens\":25,"
			  "\"cache_creation_input_tokens\":3,\"cache_read_input_tokens\":100,\"output_"
			  "tokens\":1}}}\n\n"
			  "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
			  "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
			  "event: ping\ndata: {\"type\":\"ping\"}\n\n"
			  "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
			  "\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n"
			  "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
			  "data: "
			  "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_"
			  "use\","
			  "\"id\":\"toolu_1\",\"name\":\"book\",\"input\":{}}}\n\n"
			  "data: "
			  "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_"
			  "delta\","
			  "\"partial_json\":\"{\\\"day\\\":\"}}\n\n"
			  "data: "
			  "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_"
			  "use\","
			  "\"id\":\"toolu_2\",\"name\":\"look\",\"input\":{}}}\n\n"
			  "data: "
			  "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_"
			  "delta\","
			  "\"partial_json\":\"\"}}\n\n"
			  "data: "
			  "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"citations_"
			  "delta\"}}\n\n"
			  "data: {\"type\":\"new_event_of_next_year\",\"index\":1}\n\n"
			  "data: "
			  "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_"
			  "sequence\":null},"
			  "\"usage\":{\"output_tokens\":42}}\n\n"
			  "data: {\"type\":\"message_stop\"}\n\n")),
		  "usage 128 100 1\n"
		  "text Hello\n"
		  "tool 1 toolu_1 book \n"
		  "tool 1   {\"day\":\n"
		  "tool 2 toolu_2 look \n"
		  "tool 2   \n"
		  "usage 0 0 42\n"
		  "stop tool\n"
		  "end\n");
}

TEST(anthropic_keeps_thoughts_for_the_next_request)
{
	CHECK_STR(str_from(llm_told(&anthropic_messages, "data: "
							 "{\"type\":\"content_block_start\",\"index\":0,"
							 "\"content_block\":{\"type\":\"thinking\","
							 "\"thinking\":\"\",\"signature\":\"\"}}\n\n"
							 "data: "
							 "{\"type\":\"content_block_delta\",\"index\":0,"
							 "\"delta\":{\"type\":\"thinking_delta\","
							 "\"thinking\":\"He said \\\"x\\\"\"}}\n\n"
							 "data: "
							 "{\"type\":\"content_block_delta\",\"index\":0,"
							 "\"delta\":{\"type\":\"signature_delta\","
							 "\"signature\":\"Eq==\"}}\n\n"
							 "data: "
							 "{\"type\":\"content_block_start\",\"index\":1,"
							 "\"content_block\":{\"type\":\"redacted_thinking\","
							 "\"data\":\"zz\"}}\n\n")),
		  "carry {\"type\":\"thinking\",\"thinking\":\"\n"
		  "carry He said \\\"x\\\"\n"
		  "carry \",\"signature\":\"\n"
		  "carry Eq==\n"
		  "carry \"},\n"
		  "carry {\"type\":\"redacted_thinking\",\"data\":\"zz\"},\n");
}

TEST(anthropic_returns_thoughts_unchanged)
{
	struct llm_message messages[] = {
		{LLM_USER, STR("Book.")},
		{LLM_ASSISTANT, STR("Well."), STR("t"), STR("book"), STR("{}"),
		 STR("anthropic:{\"type\":\"thinking\",\"thinking\":\"a\\\"b\",\"signature\":\"Eq==\"},"
		     "{\"type\":\"redacted_thinking\",\"data\":\"zz\"},")},
		{LLM_TOOL, STR("ok"), STR("t"), STR("book")},
	};
	const struct llm_request r = {messages, 3, NULL, 0, -1, 0, 0};

	CHECK(strstr(llm_asked(&anthropic_messages, &plain, &r),
		     "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"a\\\"b\","
		     "\"signature\":\"Eq==\"},{\"type\":\"redacted_thinking\",\"data\":\"zz\"},"
		     "{\"type\":\"text\",\"text\":\"Well.\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
		     "\"book\",\"input\":{}}]}") != NULL);
	/* A thought without its signature is refused; another vendor's is nothing to us. */
	messages[1].carry = STR("anthropic:{\"type\":\"thinking\",\"thinking\":\"a");
	CHECK(strstr(llm_asked(&anthropic_messages, &plain, &r), "thinking") == NULL);
	messages[1].carry = STR("gemini:{\"type\":\"thinking\"},");
	CHECK(strstr(llm_asked(&anthropic_messages, &plain, &r), "thinking") == NULL);
}

TEST(anthropic_reads_why_it_stopped_and_what_went_wrong)
{
	static const struct {
		const char *stream, *told;
	} rows[] = {
		{"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}", "stop end\n"},
		{"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"pause_turn\"}}", "stop end\n"},
		{"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"}}", "stop length\n"},
		{"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"model_context_window_exceeded\"}}",
		 "stop length\n"},
		{"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\"}}", "stop refused\n"},
		{"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
		 "error overload 0 Overloaded\n"},
		{"{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"invalid "
		 "x-api-key\"},"
		 "\"request_id\":\"req_1\"}",
		 "error auth 0 invalid x-api-key\n"},
		{"{\"type\":\"error\",\"error\":{\"type\":\"billing_error\",\"message\":\"pay\"}}",
		 "error quota 0 pay\n"},
	};
	char stream[512];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(stream, sizeof(stream), "data: %s\n\n", rows[i].stream);
		CHECK_STR(str_from(llm_told(&anthropic_messages, stream)), rows[i].told);
	}
}

/* Roles alternate; results are the first thing behind their calls, together; no text is empty. */
TEST(anthropic_writes_a_history_that_is_accepted)
{
	CHECK_STR(str_from(llm_asked(&anthropic_messages, &plain, &llm_history)),
		  "{\"model\":\"claude-haiku-4-5\",\"stream\":true,\"max_tokens\":300,\"temperature\":0.5,"
		  "\"system\":[{\"type\":\"text\",\"text\":\"Be "
		  "brief.\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
		  "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Monday?\"}]},"
		  "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"One moment.\"},"
		  "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"book\",\"input\":{\"day\":\"Mon\"}},"
		  "{\"type\":\"tool_use\",\"id\":\"b\",\"name\":\"look\",\"input\":{}}]},"
		  "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a\","
		  "\"content\":\"\\\"ok\\\"\"},"
		  "{\"type\":\"tool_result\",\"tool_use_id\":\"b\",\"content\":\"{\\\"free\\\":[9]}\"},"
		  "{\"type\":\"text\",\"text\":\"Hello?\"}]}],"
		  "\"tools\":[{\"name\":\"book\",\"description\":\"Books a "
		  "day.\",\"input_schema\":{\"type\":\"object\","
		  "\"properties\":{\"day\":{\"type\":\"string\"}}}},{\"name\":\"look\",\"description\":"
		  "\"Looks.\","
		  "\"input_schema\":{\"type\":\"object\",\"properties\":{}}}]}");
}

TEST(anthropic_begins_with_the_caller)
{
	const struct llm_message greeting[] = {
		{LLM_SYSTEM, STR("S")}, {LLM_ASSISTANT, STR("Hello!")}, {LLM_USER, STR("Hi")}};
	struct llm_request r = {greeting, 3, NULL, 0, -1, 0, 0};

	CHECK(strstr(llm_asked(&anthropic_messages, &plain, &r),
		     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"(The call "
		     "is connected.)\"}]},"
		     "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Hello!\"}]},{"
		     "\"role\":\"user\"") != NULL);
	r.message_count = 1;
	CHECK(strstr(llm_asked(&anthropic_messages, &plain, &r), "(The call is connected.)\"}]}]}") != NULL);
	CHECK(strstr(llm_asked(&anthropic_messages, &plain, &r), "\"max_tokens\":1024") != NULL);
}

TEST(anthropic_is_found)
{
	struct service s = plain;

	CHECK_STR(str_from(llm_url(&anthropic_messages, &s)), "https://api.anthropic.com/v1/messages");
	s.url = STR("https://proxy.example/anthropic/v1");
	CHECK_STR(str_from(llm_url(&anthropic_messages, &s)), "https://proxy.example/anthropic/v1/messages");
	CHECK_STR(str_from(anthropic_messages.version_header), "anthropic-version");
}
