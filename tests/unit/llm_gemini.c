/* Gemini, by the examples of its documents. */
#include "llm_told.h"
#include "test.h"

extern const struct llm_sse_dialect gemini_generate;

static const struct service plain = {.name = STR_INIT("brain"), .key = STR_INIT("AIza")};

TEST(gemini_reads_text_and_usage)
{
	CHECK_STR(str_from(llm_told(&gemini_generate,
				    "data: "
				    "{\"candidates\":[{\"index\":0,\"content\":{\"role\":\"model\",\"parts\":"
				    "[{\"text\":\"Hel\"},"
				    "{\"text\":\"Thinking\",\"thought\":true},{\"text\":\"lo\"}]}}],"
				    "\"usageMetadata\":{\"promptTokenCount\":40,"
				    "\"candidatesTokenCount\":2,\"totalTokenCount\":42},\"modelVersion\":"
				    "\"m\",\"responseId\":\"r\"}\r\n\r\n"
				    "data: {\"candidates\":[{\"index\":0,\"content\":{}}]}\r\n\r\n"
				    "data: "
				    "{\"candidates\":[{\"index\":0,\"content\":{\"parts\":[{\"text\":\"\","
				    "\"thoughtSignature\":\"s\"}],"
				    "\"role\":\"model\"},\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
				    "\"promptTokenCount\":40,"
				    "\"cachedContentTokenCount\":10,\"candidatesTokenCount\":5,"
				    "\"thoughtsTokenCount\":7}}\r\n\r\n")),
		  "usage 40 0 2\ntext Hel\ntext lo\nusage 40 10 12\nstop end\n");
}

TEST(gemini_reads_calls_with_their_signatures)
{
	CHECK_STR(str_from(llm_told(&gemini_generate,
				    "data: "
				    "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{"
				    "\"functionCall\":{\"id\":\"c1\",\"name\":"
				    "\"find_slot\",\"args\":{\"day\":\"mon\"}},\"thoughtSignature\":\"b64=="
				    "\"},{\"functionCall\":{\"name\":"
				    "\"look\"}}]},\"finishReason\":\"STOP\"}]}\n\n")),
		  "whole -1 c1 find_slot {\"day\":\"mon\"} carry b64==\nwhole -1  look \nstop end\n");
}

TEST(gemini_reads_why_it_stopped_and_what_went_wrong)
{
	static const struct {
		const char *stream, *told;
	} rows[] = {
		{"{\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}", "stop length\n"},
		{"{\"candidates\":[{\"finishReason\":\"SAFETY\"}]}", "stop refused\n"},
		{"{\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\"}]}",
		 "error protocol 0 MALFORMED_FUNCTION_CALL\n"},
		{"{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}}", "stop refused\n"},
		{"{\"error\":{\"code\":429,\"message\":\"Quota\",\"status\":\"RESOURCE_EXHAUSTED\","
		 "\"details\":[{\"@type\":"
		 "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"12s\"}]}}",
		 "error quota 12000000 Quota\n"},
		{"{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid API "
		 "key.\",\"status\":"
		 "\"INVALID_ARGUMENT\"}}",
		 "error auth 0 API key not valid. Please pass a valid API key.\n"},
		{"{\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}",
		 "error overload 0 overloaded\n"},
		{"{\"error\":{\"code\":500,\"message\":\"oops\",\"status\":\"INTERNAL\"}}",
		 "error unreachable 0 oops\n"},
	};
	char stream[512];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(stream, sizeof(stream), "data: %s\n\n", rows[i].stream);
		CHECK_STR(str_from(llm_told(&gemini_generate, stream)), rows[i].told);
	}
}

TEST(gemini_writes_a_history_that_is_accepted)
{
	CHECK_STR(str_from(llm_asked(&gemini_generate, &plain, &llm_history)),
		  "{\"systemInstruction\":{\"parts\":[{\"text\":\"Be brief.\"}]},\"contents\":["
		  "{\"role\":\"user\",\"parts\":[{\"text\":\"Monday?\"}]},"
		  "{\"role\":\"model\",\"parts\":[{\"text\":\"One moment.\"},"
		  "{\"functionCall\":{\"id\":\"a\",\"name\":\"book\",\"args\":{\"day\":\"Mon\"}}},"
		  "{\"functionCall\":{\"id\":\"b\",\"name\":\"look\",\"args\":{}}}]},"
		  "{\"role\":\"user\",\"parts\":["
		  "{\"functionResponse\":{\"id\":\"a\",\"name\":\"book\",\"response\":{\"result\":"
		  "\"\\\"ok\\\"\"}}},"
		  "{\"functionResponse\":{\"id\":\"b\",\"name\":\"look\",\"response\":{\"free\":[9]}}},"
		  "{\"text\":\"Hello?\"}]}],"
		  "\"tools\":[{\"functionDeclarations\":[{\"name\":\"book\",\"description\":\"Books a day.\","
		  "\"parametersJsonSchema\":{\"type\":\"object\",\"properties\":{\"day\":{\"type\":"
		  "\"string\"}}}},"
		  "{\"name\":\"look\",\"description\":\"Looks.\",\"parametersJsonSchema\":{\"type\":"
		  "\"object\",\"properties\":{}}}]}],"
		  "\"generationConfig\":{\"temperature\":0.5,\"maxOutputTokens\":300,\"thinkingConfig\":{"
		  "\"thinkingBudget\":0}}}");
}

TEST(gemini_returns_signatures)
{
	struct llm_message messages[] = {
		{LLM_ASSISTANT, STR("Hello!")},
		{LLM_ASSISTANT, {0}, STR("t"), STR("book"), STR("{}"), STR("gemini:b64==")},
		{LLM_TOOL, STR("[1,2]"), STR("t"), STR("book")},
	};
	const struct llm_request r = {messages, 3, NULL, 0, -1, 0, 0};
	struct service s = plain;

	s.model = STR("gemini-3-pro");
	CHECK_STR(str_from(llm_asked(&gemini_generate, &s, &r)),
		  "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"(The call is connected.)\"}]},"
		  "{\"role\":\"model\",\"parts\":[{\"text\":\"Hello!\"},{\"functionCall\":{\"id\":\"t\","
		  "\"name\":\"book\",\"args\":{}},"
		  "\"thoughtSignature\":\"b64==\"}]},{\"role\":\"user\",\"parts\":[{\"functionResponse\":{"
		  "\"id\":\"t\",\"name\":"
		  "\"book\",\"response\":{\"result\":[1,2]}}}]}],\"generationConfig\":{}}");
	messages[1].carry = STR("anthropic:b64==");
	CHECK(strstr(llm_asked(&gemini_generate, &s, &r), "thoughtSignature") == NULL);
}

TEST(gemini_is_found)
{
	struct service s = plain;

	CHECK_STR(str_from(llm_url(&gemini_generate, &s)),
		  "https://generativelanguage.googleapis.com/v1beta/models/"
		  "gemini-2.5-flash:streamGenerateContent?alt=sse");
	s.url = STR("https://g.example/v1beta/");
	s.model = STR("gemini-3-pro");
	CHECK_STR(str_from(llm_url(&gemini_generate, &s)),
		  "https://g.example/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse");
}
