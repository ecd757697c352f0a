/* Chat completions, by the examples of their documents. */
#include "llm_told.h"
#include "provider/llm/openai.h"
#include "test.h"

extern const struct llm_sse_dialect openai_chat, azure_chat, groq_chat, gemini_chat, vllm_chat, sglang_chat,
	llama_server_chat, ollama_chat;

static const struct service plain = {.name = STR_INIT("brain"), .key = STR_INIT("sk-test")};

TEST(openai_reads_text_and_usage)
{
	CHECK_STR(
		str_from(llm_told(
			&openai_chat,
			"data: "
			"{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
			"\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
			"\"logprobs\":null,"
			"\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"ab3\"}\n\n"
			": OPENROUTER PROCESSING\n\n"
			"data: "
			"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"},\"finish_reason\":null}]}"
			"\n\n"
			"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"}}]}\n\n"
			"data: "
			"{\"choices\":[{\"index\":0,\"delta\":{\"content\":null},\"finish_reason\":\"stop\"}]"
			"}\n\n"
			"data: "
			"{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_"
			"tokens\":15,"
			"\"prompt_tokens_details\":{\"cached_tokens\":4,\"audio_tokens\":0}}}\n\n"
			"data: [DONE]\n\n")),
		"text Hel\ntext lo\nstop end\nusage 10 4 5\nend\n");
}

TEST(openai_reads_calls_in_fragments)
{
	CHECK_STR(str_from(llm_told(
			  &openai_chat,
			  "data: "
			  "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_"
			  "1\","
			  "\"type\":\"function\",\"function\":{\"name\":\"book\",\"arguments\":\"\"}}]},"
			  "\"finish_reason\":null}]}\n\n"
			  "data: "
			  "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
			  "{\"arguments\":\"{\\\"da\"}}]},\"finish_reason\":null}]}\n\n"
			  "data: "
			  "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"call_"
			  "2\","
			  "\"function\":{\"name\":\"look\"}},{\"index\":0,\"function\":{\"arguments\":"
			  "\"y\\\":1}\"}}]}}]}\n\n"
			  "data: "
			  "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n")),
		  "tool 0 call_1 book \n"
		  "tool 0   {\"da\n"
		  "tool 1 call_2 look \n"
		  "tool 0   y\":1}\n"
		  "stop tool\n");
	/* Whole at once, without an index; arguments as an object; a signature that must come back. */
	CHECK_STR(str_from(llm_told(&gemini_chat, "data: "
						  "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"x\","
						  "\"function\":{\"name\":\"book\","
						  "\"arguments\":{\"day\":1}},\"extra_content\":{\"google\":{"
						  "\"thought_signature\":\"sig==\"}}}]},"
						  "\"finish_reason\":\"stop\"}]}\n\n")),
		  "whole -1 x book {\"day\":1} carry {\"google\":{\"thought_signature\":\"sig==\"}}\nstop "
		  "end\n");
}

TEST(openai_keeps_thoughts_and_refusals_to_itself)
{
	CHECK_STR(str_from(llm_told(
			  &vllm_chat,
			  "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"Hm\"}}]}\n\n"
			  "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"Hm\"}}]}\n\n"
			  "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n"
			  "data: {\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"I can't\"}}]}\n\n"
			  "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
			  "data: "
			  "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"content_filter\"}]}"
			  "\n\n")),
		  "stop refused\nstop length\nstop refused\n");
	/* Azure begins with its judgement of the prompt; Groq has its own place for the usage. */
	CHECK_STR(str_from(llm_told(
			  &azure_chat,
			  "data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n")),
		  "");
	CHECK_STR(str_from(llm_told(
			  &groq_chat,
			  "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
			  "\"x_groq\":{\"id\":\"r\",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}}"
			  "\n\n")),
		  "usage 3 0 2\nstop end\n");
}

static const struct {
	const char *body, *told;
} errors[] = {
	{"{\"error\":{\"message\":\"Bad key\",\"type\":\"invalid_request_error\",\"param\":null,"
	 "\"code\":\"invalid_api_key\"}}",
	 "error auth 0 Bad key\n"},
	{"{\"error\":{\"message\":\"Out\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
	 "error quota 0 Out\n"},
	{"{\"error\":{\"message\":\"No "
	 "such\",\"type\":\"invalid_request_error\",\"code\":\"model_not_found\"}}",
	 "error config 0 No such\n"},
	{"{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}",
	 "error overload 0 Loading model\n"},
	{"{\"object\":\"error\",\"message\":\"too long\",\"type\":\"BadRequestError\",\"code\":400}",
	 "error config 0 too long\n"},
	{"{\"error\":\"just words\"}", "error none 0 just words\n"},
	{"{\"error\":{\"message\":\"x\",\"code\":\"tool_use_failed\",\"failed_generation\":\"<f>\"}}",
	 "error protocol 0 x\n"},
};

TEST(openai_reads_errors_of_all_kinds)
{
	char stream[512];

	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		snprintf(stream, sizeof(stream), "data: %s\n\n", errors[i].body);
		CHECK_STR(str_from(llm_told(&openai_chat, stream)), errors[i].told);
	}
	CHECK_STR(str_from(llm_told(&openai_chat, "data: <html>\n\n")), "= -EBADMSG");
	CHECK_STR(str_from(llm_told(&openai_chat, "data: [1]\n\n")), "= -EBADMSG");
}

/* Each call is answered directly behind its turn, whenever the result came; what has none is left out. */
TEST(openai_writes_a_history_that_is_accepted)
{
	CHECK_STR(
		str_from(llm_asked(&openai_chat, &plain, &llm_history)),
		"{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"stream_options\":{\"include_usage\":true,"
		"\"include_obfuscation\":false},\"temperature\":0.5,\"max_completion_tokens\":300,"
		"\"messages\":["
		"{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"Monday?\"},"
		"{\"role\":\"assistant\",\"content\":\"One moment.\",\"tool_calls\":["
		"{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"book\",\"arguments\":\"{"
		"\\\"day\\\":\\\"Mon\\\"}\"}},"
		"{\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]}"
		","
		"{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"\\\"ok\\\"\"},"
		"{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"{\\\"free\\\":[9]}\"},"
		"{\"role\":\"user\",\"content\":\"Hello?\"}],"
		"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"book\",\"description\":\"Books a "
		"day.\","
		"\"parameters\":{\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\"}}}}},"
		"{\"type\":\"function\",\"function\":{\"name\":\"look\",\"description\":\"Looks.\","
		"\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]}");
}

TEST(openai_returns_what_belongs_to_the_vendor)
{
	const struct llm_message messages[] = {
		{LLM_ASSISTANT, {0}, STR("x"), STR("book"), STR("{}"), STR("gemini-openai:{\"google\":{}}")},
		{LLM_TOOL, STR("1"), STR("x"), STR("book")},
	};
	const struct llm_request r = {messages, 2, NULL, 0, -1, 0, 0};

	CHECK(strstr(llm_asked(&gemini_chat, &plain, &r), "\"extra_content\":{\"google\":{}}}]}") != NULL);
	CHECK(strstr(llm_asked(&openai_chat, &plain, &r), "extra_content") == NULL);
}

TEST(openai_takes_what_the_operator_adds)
{
	static const struct str pairs[] = {STR_INIT("temperature=0.1"), STR_INIT("reasoning_effort=minimal"),
					   STR_INIT("top_k=5")};
	const struct service s = {.model = STR("qwen3"), .extra = {pairs, 3}};
	const struct llm_message m = {LLM_USER, STR("Hi")};
	const struct llm_request r = {&m, 1, NULL, 0, 0.7f, 50, 0};

	CHECK_STR(str_from(llm_asked(&vllm_chat, &s, &r)),
		  "{\"model\":\"qwen3\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_"
		  "tokens\":50,"
		  "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"temperature\":0.1,"
		  "\"reasoning_effort\":\"minimal\",\"top_k\":5}");
}

TEST(openai_finds_its_servers)
{
	static const struct {
		const struct llm_sse_dialect *d;
		const char *url, *version, *want;
	} rows[] = {
		{&openai_chat, "", "", "https://api.openai.com/v1/chat/completions"},
		{&openai_chat, "https://api.together.xyz/v1/", "",
		 "https://api.together.xyz/v1/chat/completions"},
		{&openai_chat, "https://api.perplexity.ai/chat/completions", "",
		 "https://api.perplexity.ai/chat/completions"},
		{&groq_chat, "", "", "https://api.groq.com/openai/v1/chat/completions"},
		{&gemini_chat, "", "",
		 "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"},
		{&vllm_chat, "http://gpu:8000", "", "http://gpu:8000/v1/chat/completions"},
		{&sglang_chat, "", "", "http://127.0.0.1:30000/v1/chat/completions"},
		{&llama_server_chat, "", "", "http://127.0.0.1:8080/v1/chat/completions"},
		{&ollama_chat, "", "", "http://127.0.0.1:11434/v1/chat/completions"},
		{&azure_chat, "https://r.openai.azure.com", "",
		 "https://r.openai.azure.com/openai/v1/chat/completions"},
		{&azure_chat, "https://r.openai.azure.com/openai/v1/", "preview",
		 "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview"},
		{&azure_chat, "https://r.openai.azure.com/openai/deployments/d", "",
		 "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct service s = {.url = str_from(rows[i].url), .version = str_from(rows[i].version)};

		CHECK_STR(str_from(llm_url(rows[i].d, &s)), rows[i].want);
	}
	CHECK_STR(str_from(azure_chat.key_header), "api-key");
}
