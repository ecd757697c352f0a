/* Ollama: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_ollama, sim_ollama_root, sim_ollama_tags;

#define REQUEST                                                                                           \
	"POST /api/chat\nContent-Type: application/json\n\n"                                              \
	"{\"model\":\"qwen3\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"book it\"}," \
	"{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"book_slot\"," \
	"\"arguments\":{\"day\":\"mon\"}}}]},"                                                            \
	"{\"role\":\"tool\",\"tool_name\":\"book_slot\",\"content\":\"ok\"}],"                            \
	"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"book_slot\",\"description\":\"..\","  \
	"\"parameters\":{\"type\":\"object\"}}}],\"think\":false,\"keep_alive\":\"5m\","                  \
	"\"options\":{\"temperature\":0.4,\"num_predict\":200,\"num_ctx\":8192}}\n.\n"

static const struct talk_mutation mutations[] = {
	{"/api/chat", "/api/chats", 404},
	{"\"model\":\"qwen3\",", "", 400, 0, "model is missing"},
	{"qwen3", "no-such", 404, 0, "try pulling it first"},
	{"\"stream\":true", "\"stream\":\"true\"", 400},
	{"\"content\":\"book it\"", "\"content\":[{\"type\":\"text\",\"text\":\"book it\"}]", 400, 0,
	 "content"},
	{"\"role\":\"user\"", "\"role\":\"caller\"", 400, 0, "role"},
	{"\"arguments\":{\"day\":\"mon\"}", "\"arguments\":\"{}\"", 400, 0, "unmarshal"},
	{"\"tool_name\":\"book_slot\",", "", 400, 0, "tool_name"},
	{"\"think\":false", "\"think\":\"a lot\"", 400, 0, "think"},
	{"\"num_predict\"", "\"max_tokens\"", 400, 0, "max_tokens"},
	{"\"think\":false", "\"tool_choice\":\"auto\"", 400, 0, "tool_choice"},
	{"\"type\":\"function\",\"function\":{\"name\"", "\"type\":\"function\",\"fn\":{\"name\"", 400},
	{"\"num_ctx\":8192}}", "\"num_ctx\":8192}", 400},
};

static struct talk start(const struct vendor_answer *answers, size_t n)
{
	static const struct vendor_sim *const sims[] = {&sim_ollama, &sim_ollama_root, &sim_ollama_tags,
							NULL};

	return talk_start(
		&(struct vendor_config){.sims = sims, .says = {.answers = answers, .n_answers = n}});
}

TEST(ollama_refuses_what_the_sheet_refuses)
{
	struct talk t = start(NULL, 0);

	talk_mutations(&t, REQUEST, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(ollama_streams_lines)
{
	static const struct vendor_answer answers[] = {{.when = "ok",
							.text = "Booked it.",
							.tool = "tell",
							.arguments = "{\"day\":\"mon\",\"hour\":9}"}};
	struct talk t = start(answers, 1);

	talk_run(&t, REQUEST);
	CHECK(talk_came(&t, "{\"model\":\"qwen3\",\"created_at\":\"2026-01-02T03:04:05.6Z\",\"message\":"
			    "{\"role\":\"assistant\",\"content\":\"Booked\"},\"done\":false}\n"));
	CHECK(talk_came(&t,
			"\"tool_calls\":[{\"id\":\"call_ab12\",\"function\":{\"index\":0,\"name\":\"tell\","
			"\"arguments\":{\"day\":\"mon\",\"hour\":9}}}]},\"done\":false}\n"));
	CHECK(talk_came(&t, "\"done\":true,\"done_reason\":\"stop\","));
	CHECK(talk_came(&t, "\"eval_count\":6,"));
	talk_fini(&t);
	talk_run(&t, "POST /api/chat\n\n{\"model\":\"qwen3\",\"messages\":[],\"keep_alive\":-1}\n.\n");
	CHECK(talk_came(&t, "\"done_reason\":\"load\""));
	talk_fini(&t);
	talk_run(&t, "GET /ollama/\n\n.\n");
	CHECK(talk_came(&t, "Ollama is running"));
	talk_fini(&t);
	vendor_stop(t.v);
}
