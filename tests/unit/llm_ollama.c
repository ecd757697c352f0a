/* Ollama's own protocol, by the examples of its documents. */
#include "llm_told.h"
#include "test.h"

extern const struct llm_sse_dialect ollama_native;

static const struct service plain = {.name = STR_INIT("brain"), .model = STR_INIT("qwen3")};

TEST(ollama_reads_lines)
{
	CHECK_STR(str_from(llm_told(&ollama_native,
				    "{\"model\":\"qwen3\",\"created_at\":\"2026-01-02T03:04:05.6Z\","
				    "\"message\":{\"role\":\"assistant\","
				    "\"content\":\"Hel\"},\"done\":false}\n"
				    "{\"model\":\"qwen3\",\"message\":{\"role\":\"assistant\",\"content\":"
				    "\"\",\"thinking\":\"Hm\"},\"done\":false}\n"
				    "{\"model\":\"qwen3\",\"created_at\":\"...\",\"message\":{\"role\":"
				    "\"assistant\",\"content\":\"\",\"tool_calls\":"
				    "[{\"id\":\"call_ab12\",\"function\":{\"index\":0,\"name\":\"book_slot\","
				    "\"arguments\":{\"day\":\"mon\",\"hour\":9}}},"
				    "{\"function\":{\"name\":\"look\",\"arguments\":{}}}]},\"done\":false}\n"
				    "{\"model\":\"qwen3\",\"message\":{\"role\":\"assistant\",\"content\":"
				    "\"\"},\"done\":true,\"done_reason\":\"stop\","
				    "\"total_duration\":412000000,\"prompt_eval_count\":212,\"eval_count\":"
				    "34,\"eval_duration\":300000000}\n")),
		  "text Hel\n"
		  "whole -1 call_ab12 book_slot {\"day\":\"mon\",\"hour\":9}\n"
		  "whole -1  look {}\n"
		  "usage 212 0 34\n"
		  "stop end\n"
		  "end\n");
	CHECK_STR(str_from(llm_told(
			  &ollama_native,
			  "{\"message\":{\"content\":\"x\"},\"done\":true,\"done_reason\":\"length\"}")),
		  "text x\nusage 0 0 0\nstop length\nend\n");
}

TEST(ollama_reads_errors)
{
	static const struct {
		const char *line, *told;
	} rows[] = {
		{"{\"error\":\"model \\\"x\\\" not found, try pulling it first\"}\n",
		 "error config 0 model \"x\" not found, try pulling it first\n"},
		{"{\"error\":\"server busy, please try again.  maximum pending requests exceeded\"}\n",
		 "error overload 0 server busy, please try again.  maximum pending requests exceeded\n"},
		{"{\"error\":\"an error was encountered while running the model\"}\n",
		 "error none 0 an error was encountered while running the model\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_STR(str_from(llm_told(&ollama_native, rows[i].line)), rows[i].told);
}

TEST(ollama_writes_plain_messages)
{
	CHECK_STR(str_from(llm_asked(&ollama_native, &plain, &llm_history)),
		  "{\"model\":\"qwen3\",\"stream\":true,\"think\":false,\"options\":{\"temperature\":0.5,"
		  "\"num_predict\":300},"
		  "\"messages\":[{\"role\":\"system\",\"content\":\"Be "
		  "brief.\"},{\"role\":\"user\",\"content\":\"Monday?\"},"
		  "{\"role\":\"assistant\",\"content\":\"One moment.\",\"tool_calls\":["
		  "{\"id\":\"a\",\"function\":{\"name\":\"book\",\"arguments\":{\"day\":\"Mon\"}}},"
		  "{\"id\":\"b\",\"function\":{\"name\":\"look\",\"arguments\":{}}}]},"
		  "{\"role\":\"tool\",\"content\":\"\\\"ok\\\"\",\"tool_name\":\"book\",\"tool_call_id\":"
		  "\"a\"},"
		  "{\"role\":\"tool\",\"content\":\"{\\\"free\\\":[9]}\",\"tool_name\":\"look\",\"tool_call_"
		  "id\":\"b\"},"
		  "{\"role\":\"user\",\"content\":\"Hello?\"}],"
		  "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"book\",\"description\":\"Books "
		  "a day.\","
		  "\"parameters\":{\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\"}}}}},"
		  "{\"type\":\"function\",\"function\":{\"name\":\"look\",\"description\":\"Looks.\","
		  "\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]}");
}

TEST(ollama_takes_what_the_operator_adds)
{
	static const struct str pairs[] = {STR_INIT("keep_alive=-1"), STR_INIT("think=low")};
	const struct service s = {.model = STR("qwen3"), .window = 16384, .extra = {pairs, 2}};
	const struct llm_message m = {LLM_USER, STR("Hi")};
	const struct llm_request r = {&m, 1, NULL, 0, -1, 0, 0};

	CHECK_STR(str_from(llm_asked(&ollama_native, &s, &r)),
		  "{\"model\":\"qwen3\",\"stream\":true,\"options\":{\"num_ctx\":16384},\"messages\":[{"
		  "\"role\":\"user\","
		  "\"content\":\"Hi\"}],\"keep_alive\":-1,\"think\":\"low\"}");
	CHECK_STR(str_from(llm_url(&ollama_native, &s)), "http://127.0.0.1:11434/api/chat");
}
