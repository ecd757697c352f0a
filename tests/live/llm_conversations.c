/* Language models over HTTP and TLS tell the story of all language models, each against its simulator. */
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "llm_story.h"
#include "net/http_client.h"
#include "provider/llm/llm_sse.h"
#include "test.h"
#include "vendors/vendor.h"

struct played {
	const char *path; /* the simulator's, behind the host */
	const char *type;
	const char *model; /* NULL = the dialect's */
};

static const struct vendor_answer says[] = {{NULL, "Of course. At what time?", NULL, NULL}};
static const struct vendor_answer calls[] = {{NULL, "One moment.", "calendar", "{\"day\":\"2026-11-24\"}"}};

static struct {
	struct vendor *vendor;
	struct http_client *http;
	struct service service;
	struct service_host host;
	struct service_use use;
	const struct vendor_answer *answers; /* instead of the story's */
	size_t n_answers;
	const struct vendor_fault *fault; /* likewise */
	char url[256];
} world;

static int set_up(const struct llm_kind *kind, struct loop *l, enum llm_play play, const void **ret_config)
{
	static const struct vendor_fault faults[LLM_PLAYS] = {
		[LLM_PLAY_STALLS] = {.kind = VENDOR_FAULT_STALL},
		[LLM_PLAY_LIMITED] = {.kind = VENDOR_FAULT_RATE},
		[LLM_PLAY_BREAKS] = {.kind = VENDOR_FAULT_CLOSE, .item = 8},
	};
	const struct played *p = kind->arg;
	struct vendor_config config = {
		.tls = true,
		.says = {.answers = play == LLM_PLAY_CALLS ? calls : says,
			 .n_answers = 1,
			 .tokens_cached = 3},
		.delays = {.token = USEC_MS(2)},
		.fault = faults[play],
	};
	struct http_client_config http = {.asks_max = 8, .conns_max = 4};
	int rc;

	if (world.n_answers > 0) {
		config.says.answers = world.answers;
		config.says.n_answers = world.n_answers;
	}
	if (world.fault)
		config.fault = *world.fault;
	rc = vendor_start(&config, &world.vendor);
	http.authority = str_from(vendor_authority());
	rc = rc ? rc : http_client_new(l, &http, &world.http);
	if (rc < 0)
		return rc;
	world.service = (struct service){
		.name = STR("brain"),
		.type = str_from(p->type),
		.key = STR("key-of-tests"),
		.url = str_from(vendor_url(world.vendor, "http", p->path, world.url)),
		.model = str_from(p->model),
		.connect_limit = USEC_SEC(10),
		.stall_limit = USEC_SEC(10),
	};
	world.host = (struct service_host){.loop = l, .http = world.http};
	world.use = (struct service_use){&world.service, &world.host,
					 vendor_find(world.service.type, USAGE_LLM)->dialect};
	*ret_config = &world.use;
	return 0;
}

/* No rule of any sheet was broken. */
static void tear_down(void)
{
	struct buf log;

	world.http = http_client_free(world.http);
	if (world.vendor && vendor_wrongs(world.vendor) > 0) {
		buf_init(&log, 1u << 20);
		vendor_log_read(world.vendor, &log);
		test_failed(__FILE__, __LINE__, "rules broken: " STR_FMT, STR_ARG(buf_str(&log)));
		buf_fini(&log);
	}
	world.vendor = vendor_stop(world.vendor);
}

static const struct played played[] = {
	{"/anthropic", "anthropic", NULL},
	{"/azure", "azure-openai", "gpt-4.1-mini"},
	{"/gemini", "gemini", NULL},
	{"/gemini", "gemini-openai", NULL},
	{"/groq", "groq", NULL},
	{"/llamacpp", "llama-server", NULL},
	{"/ollama", "ollama-openai", "qwen3"},
	{"/openai", "openai", NULL},
	{"/openai", "openai-responses", NULL},
	{"/vllm", "sglang", "qwen3"},
	{"/vllm", "vllm", "qwen3"},
};

static void each(void (*story)(const struct llm_kind *kind))
{
	for (size_t i = 0; i < ARRAY_LEN(played); i++) {
		struct llm_kind kind = {played[i].type, &llm_sse_ops, LOOP_REAL, set_up,
					tear_down,      &played[i],   1,         USEC_SEC(7)};

		story(&kind);
	}
}

TEST(every_service_tells_the_story_of_models)
{
	each(llm_story_tell);
}

TEST(every_service_calls_tools_whole)
{
	each(llm_story_call_tools);
}

TEST(every_service_says_what_went_wrong)
{
	each(llm_story_go_wrong);
}

TEST(every_model_service_may_be_closed_at_work)
{
	each(llm_story_close_at_work);
}

TEST(every_model_service_may_be_cancelled_or_closed_from_its_own_events)
{
	each(llm_story_end_in_events);
}

/* ---- a tool loop, and its bill ---- */

struct talk {
	struct loop *loop;
	struct llm *llm;
	char id[64], name[64], arguments[256], carry[4096], text[256], words[256];
	uint64_t in, cached, out;
	unsigned ends, bills, cancelled;
	bool cancel;
};

static void on_event(void *arg, const struct llm_event *ev)
{
	struct talk *t = arg;
	size_t n = strlen(t->text);

	if (ev->type == LLM_EV_TOOL) {
		str_copy(ev->tool_id, t->id, sizeof(t->id));
		str_copy(ev->tool_name, t->name, sizeof(t->name));
		str_copy(ev->arguments, t->arguments, sizeof(t->arguments));
		str_copy(ev->carry, t->carry, sizeof(t->carry));
	}
	if (ev->type == LLM_EV_TEXT)
		str_copy(ev->text, t->text + n, sizeof(t->text) - n);
	if (ev->type == LLM_EV_FAULT)
		str_copy(ev->text, t->words, sizeof(t->words));
	t->ends += ev->type == LLM_EV_DONE || ev->type == LLM_EV_FAULT;
	if (t->cancel && ev->type == LLM_EV_TEXT)
		llm_cancel(t->llm, ev->request);
}

static void on_usage(void *arg, const struct usage *u)
{
	struct talk *t = arg;

	t->bills++;
	t->cancelled += u->end == USAGE_CANCELLED;
	if (u->end != USAGE_DONE)
		return;
	t->in += u->amount[USAGE_TOKENS_IN];
	t->cached += u->amount[USAGE_TOKENS_CACHED];
	t->out += u->amount[USAGE_TOKENS_OUT];
}

static void ask(struct talk *t, uint32_t number, const struct llm_message *messages, size_t count)
{
	static const struct llm_tool tool = {STR_INIT("calendar"), STR_INIT("free times"), {0}};
	const struct llm_request r = {messages, count, &tool, 1, 0.4f, 100, 0};
	unsigned bills = t->bills;

	t->text[0] = '\0';
	CHECK_INT(llm_ask(t->llm, number, &r), 0);
	for (int i = 0; i < 2000 && t->bills == bills; i++)
		CHECK_INT(loop_turn(t->loop, USEC_MS(5)), 0);
	CHECK_STR(str_from(t->words), "");
}

/* The sum of a number over the log's sessions that ended so. */
static uint64_t billed(struct str log, const char *end, const char *what)
{
	uint64_t sum = 0;

	while (!str_empty(log)) {
		struct json *line = NULL;

		if (json_parse(str_cut(&log, '\n'), NULL, NULL, &line) == 0 &&
		    str_eq(json_str_or(line, "end", STR("")), str_from(end)))
			sum += (uint64_t)json_int_or(line, what, 0);
		json_free(line);
	}
	return sum;
}

static void check_bill(const struct talk *t)
{
	struct buf log;

	buf_init(&log, 1u << 20);
	/* The server notes the end of a session when it has written it. */
	for (int i = 0; i < 500; i++) {
		buf_clear(&log);
		vendor_log_read(world.vendor, &log);
		if (billed(buf_str(&log), "done", "requests") == 2 &&
		    billed(buf_str(&log), "cancelled", "requests") == 1)
			break;
		CHECK_INT(loop_turn(t->loop, USEC_MS(5)), 0);
	}
	CHECK_INT(t->in, billed(buf_str(&log), "done", "tokens_in"));
	CHECK_INT(t->cached, billed(buf_str(&log), "done", "tokens_cached"));
	CHECK_INT(t->out, billed(buf_str(&log), "done", "tokens_out"));
	CHECK_INT(billed(buf_str(&log), "cancelled", "requests"), 1);
	buf_fini(&log);
}

static void converse(struct talk *t)
{
	struct llm_message messages[] = {
		{.role = LLM_SYSTEM, .text = STR("You answer the phone.")},
		{.role = LLM_ASSISTANT, .text = STR("Hello!")},
		{.role = LLM_USER, .text = STR("When could I come?")},
		{.role = LLM_ASSISTANT, .text = STR("One moment.")},
		{.role = LLM_TOOL, .text = STR("{\"free\":\"nine\"}")},
		{.role = LLM_USER, .text = STR("And later?")},
	};

	ask(t, 1, messages, 3);
	CHECK_STR(str_from(t->text), "One moment.");
	CHECK_STR(str_from(t->name), "calendar");
	messages[3].tool_id = messages[4].tool_id = str_from(t->id);
	messages[3].tool_name = messages[4].tool_name = str_from(t->name);
	messages[3].arguments = str_from(t->arguments);
	messages[3].carry = str_from(t->carry);
	ask(t, 2, messages, 5);
	CHECK_STR(str_from(t->text), "At nine, or at half past.");
	t->cancel = true;
	ask(t, 3, messages, 6);
	CHECK_INT(t->ends, 2);
	CHECK_INT(t->bills, 3);
	CHECK_INT(t->cancelled, 1);
	check_bill(t);
}

static void loop_with(const struct played *p)
{
	static const struct vendor_answer answers[] = {
		{"nine", "At nine, or at half past.", NULL, NULL},
		{"later", "Much later on that day, I am afraid, and not before ten past noon.", NULL, NULL},
		{NULL, "One moment.", "calendar", "{\"day\":\"2026-11-24\"}"},
	};
	const struct llm_kind kind = {.name = p->type, .set_up = set_up, .arg = p};
	struct talk t = {.loop = NULL};
	struct llm_params params = {.sink = {on_event, &t}, .usage = {on_usage, &t}};
	const void *config;

	world.answers = answers;
	world.n_answers = ARRAY_LEN(answers);
	REQUIRE(loop_new(LOOP_REAL, 0, &t.loop) == 0);
	REQUIRE(set_up(&kind, t.loop, LLM_PLAY_SAYS, &config) == 0);
	t.llm = mem_zalloc(llm_sse_ops.state_size);
	params.loop = t.loop;
	REQUIRE(t.llm && llm_open(t.llm, &llm_sse_ops, config, &params) == 0);
	converse(&t);
	llm_close(t.llm);
	tear_down();
	mem_free(t.llm);
	loop_free(t.loop);
	world.n_answers = 0;
}

TEST(every_service_takes_part_in_a_tool_loop_and_bills_what_we_count)
{
	for (size_t i = 0; i < ARRAY_LEN(played); i++)
		loop_with(&played[i]);
}

/* ---- a word every now and then ---- */

static void wait_for_words_of(const struct played *p)
{
	static const struct vendor_fault fault = {
		.kind = VENDOR_FAULT_DRIBBLE, .item = 2, .span = USEC_SEC(2)};
	static const struct llm_message hello = {.role = LLM_USER, .text = STR_INIT("When could I come?")};
	const struct llm_request r = {&hello, 1, NULL, 0, 0.4f, 100, 0};
	const struct llm_kind kind = {.name = p->type, .set_up = set_up, .arg = p};
	struct talk t = {.loop = NULL};
	struct llm_params params = {.sink = {on_event, &t}};
	const void *config;

	world.fault = &fault;
	REQUIRE(loop_new(LOOP_REAL, 0, &t.loop) == 0);
	REQUIRE(set_up(&kind, t.loop, LLM_PLAY_SAYS, &config) == 0);
	world.service.stall_limit = USEC_MS(2500);
	t.llm = mem_zalloc(llm_sse_ops.state_size);
	params.loop = t.loop;
	REQUIRE(t.llm && llm_open(t.llm, &llm_sse_ops, config, &params) == 0);
	CHECK_INT(llm_ask(t.llm, 1, &r), 0);
	for (int i = 0; i < 6000 && t.ends == 0; i++)
		CHECK_INT(loop_turn(t.loop, USEC_MS(5)), 0);
	CHECK(t.text[0] != '\0');
	CHECK_STR(str_from(t.words), "nothing more came in time");
	llm_close(t.llm);
	tear_down();
	mem_free(t.llm);
	loop_free(t.loop);
	world.fault = NULL;
}

TEST(a_service_whose_words_come_in_drops_is_given_up)
{
	for (size_t i = 0; i < ARRAY_LEN(played); i++)
		if (strcmp(played[i].type, "anthropic") == 0 || strcmp(played[i].type, "openai") == 0)
			wait_for_words_of(&played[i]);
}
