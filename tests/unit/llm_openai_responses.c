/* OpenAI's Responses, by the examples of their documents. */
#include "llm_told.h"
#include "test.h"

extern const struct llm_sse_dialect openai_responses;

static const struct service plain = {.name = STR_INIT("brain"), .key = STR_INIT("sk-test")};

TEST(responses_reads_text_calls_and_usage)
{
	CHECK_STR(
		str_from(llm_told(
			&openai_responses,
			"event: response.created\ndata: "
			"{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":"
			"\"resp_1\",\"status\":\"in_progress\"}}\n\n"
			"data: "
			"{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"id\":\"msg_"
			"1\",\"type\":"
			"\"message\",\"status\":\"in_progress\",\"content\":[],\"role\":\"assistant\"}}\n\n"
			"data: "
			"{\"type\":\"response.content_part.added\",\"item_id\":\"msg_1\",\"output_index\":0,"
			"\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\"}}\n\n"
			"data: "
			"{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"output_index\":0,"
			"\"content_index\":0,\"delta\":\"Hel\",\"logprobs\":[],\"obfuscation\":\"x\"}\n\n"
			"data: "
			"{\"type\":\"response.output_text.done\",\"item_id\":\"msg_1\",\"text\":\"Hel\"}\n\n"
			"data: "
			"{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"type\":"
			"\"function_call\","
			"\"id\":\"fc_1\",\"call_id\":\"call_1\",\"name\":\"book\",\"arguments\":\"\"}}\n\n"
			"data: "
			"{\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"fc_1\",\"output_"
			"index\":1,"
			"\"delta\":\"{\\\"day\\\":\"}\n\n"
			"data: "
			"{\"type\":\"response.function_call_arguments.done\",\"item_id\":\"fc_1\",\"output_"
			"index\":1,"
			"\"arguments\":\"{\\\"day\\\":1}\",\"name\":\"book\"}\n\n"
			"data: "
			"{\"type\":\"response.output_item.done\",\"output_index\":1,\"item\":{\"type\":"
			"\"function_call\","
			"\"id\":\"fc_1\",\"call_id\":\"call_1\",\"name\":\"book\",\"arguments\":\"{"
			"\\\"day\\\":1}\"}}\n\n"
			"data: "
			"{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":["
			"],\"usage\":"
			"{\"input_tokens\":36,\"input_tokens_details\":{\"cached_tokens\":8},\"output_"
			"tokens\":87,"
			"\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":123}}}\n\n")),
		"text Hel\n"
		"tool 1 call_1 book \n"
		"tool 1   {\"day\":\n"
		"whole 1 call_1 book {\"day\":1}\n"
		"usage 36 8 87\n"
		"stop end\n"
		"end\n");
}

TEST(responses_keeps_thoughts_that_may_come_back)
{
	CHECK_STR(
		str_from(llm_told(
			&openai_responses,
			"data: {\"type\":\"response.reasoning_summary_text.delta\",\"delta\":\"Hm\"}\n\n"
			"data: {\"type\":\"response.reasoning_text.delta\",\"delta\":\"Hm\"}\n\n"
			"data: "
			"{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"id\":\"rs_"
			"1\","
			"\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"gAAA\"}}\n\n"
			"data: "
			"{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"id\":\"rs_"
			"2\","
			"\"type\":\"reasoning\",\"summary\":[]}}\n\n"
			"data: {\"type\":\"web_search_call.in_progress\"}\n\n")),
		"carry "
		"{\"id\":\"rs_1\",\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"gAAA\"},\n");
}

TEST(responses_reads_why_it_stopped_and_what_went_wrong)
{
	static const struct {
		const char *stream, *told;
	} rows[] = {
		{"{\"type\":\"response.incomplete\",\"response\":{\"incomplete_details\":{\"reason\":\"max_"
		 "output_tokens\"}}}",
		 "usage 0 0 0\nstop length\nend\n"},
		{"{\"type\":\"response.incomplete\",\"response\":{\"incomplete_details\":{\"reason\":"
		 "\"content_filter\"}}}",
		 "usage 0 0 0\nstop refused\nend\n"},
		{"{\"type\":\"response.refusal.delta\",\"delta\":\"I can't\"}", "stop refused\n"},
		{"{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":"
		 "\"rate_limit_exceeded\","
		 "\"message\":\"slow\"}}}",
		 "error quota 0 slow\n"},
		{"{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"oops\",\"param\":null,"
		 "\"sequence_number\":1}",
		 "error none 0 oops\n"},
		{"{\"error\":{\"message\":\"Bad "
		 "key\",\"type\":\"invalid_request_error\",\"code\":\"invalid_api_key\"}}",
		 "error auth 0 Bad key\n"},
	};
	char stream[512];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(stream, sizeof(stream), "data: %s\n\n", rows[i].stream);
		CHECK_STR(str_from(llm_told(&openai_responses, stream)), rows[i].told);
	}
}

TEST(responses_writes_items)
{
	CHECK_STR(
		str_from(llm_asked(&openai_responses, &plain, &llm_history)),
		"{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"store\":false,\"stream_options\":{\"include_"
		"obfuscation\":false},"
		"\"temperature\":0.5,\"max_output_tokens\":300,\"instructions\":\"Be brief.\",\"input\":["
		"{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"Monday?\"}]},"
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"One moment.\"}]},"
		"{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"book\",\"arguments\":\"{"
		"\\\"day\\\":\\\"Mon\\\"}\"},"
		"{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"look\",\"arguments\":\"{}\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"\\\"ok\\\"\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"b\",\"output\":\"{\\\"free\\\":[9]}\"},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"Hello?\"}]}],"
		"\"tools\":[{\"type\":\"function\",\"name\":\"book\",\"description\":\"Books a "
		"day.\",\"parameters\":"
		"{\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\"}}},\"strict\":false},"
		"{\"type\":\"function\",\"name\":\"look\",\"description\":\"Looks.\",\"parameters\":"
		"{\"type\":\"object\",\"properties\":{}},\"strict\":false}]}");
}

TEST(responses_returns_thoughts_before_their_call)
{
	const struct llm_message messages[] = {
		{LLM_USER, STR("Book.")},
		{LLM_ASSISTANT,
		 {0},
		 STR("t"),
		 STR("book"),
		 STR("{}"),
		 STR("openai-responses:{\"type\":\"reasoning\",\"encrypted_content\":\"gAAA\"},")},
		{LLM_TOOL, STR("ok"), STR("t"), STR("book")},
	};
	const struct llm_request r = {messages, 3, NULL, 0, -1, 0, 0};
	struct service s = plain;

	s.model = STR("gpt-5-mini");
	CHECK(strstr(llm_asked(&openai_responses, &s, &r),
		     "{\"type\":\"reasoning\",\"encrypted_content\":\"gAAA\"},{\"type\":\"function_call\"") !=
	      NULL);
	CHECK(strstr(llm_asked(&openai_responses, &s, &r), "\"include\":[\"reasoning.encrypted_content\"]") !=
	      NULL);
	CHECK_STR(str_from(llm_url(&openai_responses, &s)), "https://api.openai.com/v1/responses");
}
