/* Language models over TLS take part in a tool loop, and what they say that they used is what their vendor
 * bills; words that come in drops are given up. */
#include "base/json.h"
#include "base/mem.h"
#include "provider/llm/llm.h"
#include "side.h"
#include "stage.h"
#include "test.h"

struct talk {
	struct stage stage;
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

static void check_same(const struct talk *t, const char *what, uint64_t got, uint64_t want)
{
	if (got != want)
		test_failed(t->stage.who->type, 0, "%s: used %llu, billed %llu", what,
			    (unsigned long long)got, (unsigned long long)want);
}

/* Of answers that were heard to their end. */
static void check_bill(struct talk *t)
{
	struct stage *st = &t->stage;
	bool tells = !(st->who->manner & STAGE_MUTE_CACHE);
	uint64_t cached;

	stage_hang_up(st);
	stage_check_manners(st);
	cached = stage_billed(st, "done", "tokens_cached");
	check_same(t, "done", 2, stage_billed(st, "done", "requests"));
	check_same(t, "cancelled", t->cancelled, stage_billed(st, "cancelled", "requests"));
	check_same(t, "tokens out", t->out, stage_billed(st, "done", "tokens_out"));
	check_same(t, "tokens in", t->in, stage_billed(st, "done", "tokens_in") + (tells ? 0 : cached));
	check_same(t, "tokens cached", t->cached, tells ? cached : 0);
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
}

/* A session of its own with a vendor that says that, and suffers that. */
static bool talk_open(struct talk *t, const struct stage_vendor *who, const struct vendor_says *says,
		      const struct vendor_fault *fault)
{
	struct vendor_config config = {.says = *says, .delays = {.token = USEC_MS(2)}, .fault = *fault};
	struct llm_params params = {.sink = {on_event, t}, .usage = {on_usage, t}};
	const struct llm_ops *ops = vendor_find(str_from(who->type), USAGE_LLM)->llm;

	*t = (struct talk){.loop = NULL};
	if (loop_new(LOOP_REAL, 0, &t->loop) < 0 || stage_open(&t->stage, who, &config, t->loop) < 0)
		return false;
	params.loop = t->loop;
	t->llm = mem_zalloc(ops->state_size);
	return t->llm && llm_open(t->llm, ops, &t->stage.use, &params) == 0;
}

static void talk_close(struct talk *t)
{
	if (t->llm)
		llm_close(t->llm);
	mem_free(t->llm);
	t->llm = NULL;
}

static void talk_end(struct talk *t)
{
	stage_close(&t->stage);
	loop_free(t->loop);
}

static void loop_with(const struct stage_vendor *who)
{
	static const struct vendor_answer answers[] = {
		{"nine", "At nine, or at half past.", NULL, NULL},
		{"later", "Much later on that day, I am afraid, and not before ten past noon.", NULL, NULL},
		{NULL, "One moment.", "calendar", "{\"day\":\"2026-11-24\"}"},
	};
	static const struct vendor_says says = {
		.answers = answers, .n_answers = ARRAY_LEN(answers), .tokens_cached = 3};
	struct talk t;

	REQUIRE(talk_open(&t, who, &says, &(struct vendor_fault){.kind = VENDOR_FAULT_NONE}));
	converse(&t);
	talk_close(&t);
	check_bill(&t);
	talk_end(&t);
}

TEST(every_model_takes_part_in_a_tool_loop_and_bills_what_we_count)
{
	STAGE_EACH (who, USAGE_LLM)
		if (side_begin(who->type)) {
			loop_with(who);
			side_end();
		}
	side_join();
}

/* ---- a word every now and then ---- */

static void wait_for_words_of(const struct stage_vendor *who)
{
	static const struct vendor_fault fault = {
		.kind = VENDOR_FAULT_DRIBBLE, .item = 2, .span = USEC_SEC(2)};
	static const struct vendor_answer answer = {NULL, "Of course. At what time?", NULL, NULL};
	static const struct vendor_says says = {.answers = &answer, .n_answers = 1};
	static const struct llm_message hello = {.role = LLM_USER, .text = STR_INIT("When could I come?")};
	const struct llm_request r = {&hello, 1, NULL, 0, 0.4f, 100, 0};
	struct talk t;

	REQUIRE(talk_open(&t, who, &says, &fault));
	t.stage.service.first_limit = USEC_SEC(10);
	t.stage.service.stall_limit = USEC_MS(2500);
	CHECK_INT(llm_ask(t.llm, 1, &r), 0);
	for (int i = 0; i < 6000 && t.ends == 0; i++)
		CHECK_INT(loop_turn(t.loop, USEC_MS(5)), 0);
	CHECK(t.text[0] != '\0');
	CHECK_STR(str_from(t.words), "nothing more came in time");
	talk_close(&t);
	talk_end(&t);
}

/* Several messages follow its last word. */
static bool ends_without_words(const struct stage_vendor *who)
{
	return strcmp(who->type, "anthropic") == 0 || strcmp(who->type, "openai") == 0;
}

TEST(a_model_whose_words_come_in_drops_is_given_up)
{
	STAGE_EACH (who, USAGE_LLM)
		if (ends_without_words(who) && side_begin(who->type)) {
			wait_for_words_of(who);
			side_end();
		}
	side_join();
}
