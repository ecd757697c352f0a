/* A chain of language models. */
#include "../scenario/fake_llm.h"
#include "base/buf.h"
#include "base/rng.h"
#include "contract.h"
#include "provider/llm/llm_chain.h"

#define TEXT_MAX 1024

struct host {
	struct loop *loop;
	struct llm_chain_config config;
	struct breaker breakers[3];
	struct fake_llm_config fakes[3];
	struct llm *llm;
	struct buf text;
	size_t dones, faults, tools, switches;
	struct llm_event end;
	usec first_at; /* of the first piece */
	uint64_t reports[USAGE_ENDS_], tokens_out;
	char words[CHAIN_WORDS_MAX]; /* of the last switch */
};

static void on_event(void *arg, const struct llm_event *ev)
{
	struct host *h = arg;

	h->dones += ev->type == LLM_EV_DONE;
	h->faults += ev->type == LLM_EV_FAULT;
	h->tools += ev->type == LLM_EV_TOOL;
	if (ev->type == LLM_EV_TEXT)
		buf_add_str(&h->text, ev->text);
	if (ev->type <= LLM_EV_TOOL && h->first_at == 0)
		h->first_at = loop_now(h->loop);
	if (ev->type >= LLM_EV_DONE)
		h->end = *ev;
}

static void on_usage(void *arg, const struct usage *u)
{
	struct host *h = arg;

	h->reports[u->end]++;
	h->tokens_out += u->amount[USAGE_TOKENS_OUT];
}

static void on_switch(void *arg, const struct chain_switch *sw)
{
	struct host *h = arg;

	h->switches++;
	str_copy(sw->words, h->words, sizeof(h->words));
}

static void host_init(struct host *h, size_t links, const struct fake_llm_step *const steps[])
{
	*h = (struct host){.config = {.count = links}};
	h->config.watch = (struct chain_watch){.on_switch = on_switch, .arg = h};
	for (size_t i = 0; i < links; i++) {
		h->fakes[i] = (struct fake_llm_config){.steps = steps[i]};
		breaker_init(&h->breakers[i], &breaker_rules_default);
		h->config.links[i] =
			(struct llm_link){STR("model"), &fake_llm_ops, &h->fakes[i], &h->breakers[i]};
	}
	llm_chain_init(&h->config);
	buf_init(&h->text, TEXT_MAX);
}

static int host_open(struct host *h)
{
	struct llm_params params = {.sink = {on_event, h}, .usage = {on_usage, h}};
	int rc = loop_new(LOOP_SIM, USEC_SEC(50), &h->loop);

	if (rc < 0)
		return rc;
	h->llm = contract_state(h->config.ops.state_size);
	if (!h->llm)
		return -ENOMEM;
	params.loop = h->loop;
	return llm_open(h->llm, &h->config.ops, &h->config, &params);
}

static void host_close(struct host *h)
{
	if (h->llm)
		llm_close(h->llm);
	h->llm = contract_state_free(h->llm, h->config.ops.state_size);
	loop_free(h->loop);
	buf_fini(&h->text);
}

static int ask(struct host *h, uint32_t number, size_t tools)
{
	struct llm_message m = {.role = LLM_USER, .text = STR("When could I come?")};
	struct llm_tool t = {STR("calendar"), STR("free times"), STR("{}")};
	struct llm_request r = {&m, 1, &t, tools, -1, 100, 0};

	return llm_ask(h->llm, number, &r);
}

static const struct fake_llm_step good[] = {
	{FAKE_LLM_SAYS, USEC_MS(200), .text = "At what "},
	{FAKE_LLM_SAYS, USEC_MS(40), .text = "time?"},
	{FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_END},
};
static const struct fake_llm_step slow[] = {
	{FAKE_LLM_SAYS, USEC_SEC(3), .text = "Hm."},
	{FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_END},
};
static const struct fake_llm_step limited[] = {
	{FAKE_LLM_FAILS, USEC_MS(30), "slow down", .fault = FAULT_QUOTA, .retry_after = USEC_SEC(20)},
};

/* Before the first piece nobody notices, after it the host is told. */
TEST(a_model_that_dies_before_its_first_word_is_replaced)
{
	struct rng rng;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct contract_left before = contract_begin();
		struct fake_llm_step dies[3];
		const struct fake_llm_step *const steps[] = {dies, good};
		struct host h;
		size_t pieces;

		rng_init_number(&rng, seed);
		pieces = rng_below(&rng, 3);
		memcpy(dies, good, sizeof(dies));
		dies[pieces] = (struct fake_llm_step){FAKE_LLM_FAILS, (usec)rng_below(&rng, 100000), "reset",
						      .fault = FAULT_UNREACHABLE};
		host_init(&h, 2, steps);
		REQUIRE(host_open(&h) == 0);
		CHECK_INT(ask(&h, 1, 0), 0);
		loop_advance(h.loop, USEC_SEC(5));
		CHECK_INT(h.dones + h.faults, 1);
		CHECK_INT(h.dones, pieces == 0);
		CHECK_INT(h.switches, 1);
		CHECK_INT(h.reports[USAGE_FAILED], 1);
		if (pieces == 0) {
			CHECK_STR(buf_str(&h.text), "At what time?");
			CHECK_STR(str_from(h.words), "reset");
		}
		buf_clear(&h.text);
		CHECK_INT(ask(&h, 2, 0), 0); /* goes to the other in any case */
		loop_advance(h.loop, USEC_SEC(5));
		CHECK_STR(buf_str(&h.text), "At what time?");
		CHECK_INT(h.reports[USAGE_FAILED], 1);
		host_close(&h);
		contract_end(before, "chain");
	}
}

TEST(a_slow_model_gets_a_rival)
{
	const struct fake_llm_step *const steps[] = {slow, good, good};
	struct host h;

	host_init(&h, 3, steps);
	h.config.hedge_after = USEC_MS(600);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(ask(&h, 1, 0), 0);
	loop_advance(h.loop, USEC_SEC(5));
	CHECK_INT(h.dones, 1);
	CHECK_INT(h.first_at, USEC_SEC(50) + USEC_MS(800));
	CHECK_STR(buf_str(&h.text), "At what time?");
	CHECK_INT(h.reports[USAGE_CANCELLED], 1);
	CHECK_INT(h.reports[USAGE_DONE], 1);
	CHECK_INT(h.switches, 0);
	CHECK_INT(h.breakers[0].faults[FAULT_STALLED], 0);
	host_close(&h);
}

/* The rival is no better. */
TEST(a_slow_model_may_win_all_the_same)
{
	const struct fake_llm_step *const steps[] = {slow, limited};
	struct host h;

	host_init(&h, 2, steps);
	h.config.hedge_after = USEC_MS(600);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(ask(&h, 1, 0), 0);
	loop_advance(h.loop, USEC_SEC(5));
	CHECK_INT(h.dones, 1);
	CHECK_STR(buf_str(&h.text), "Hm.");
	CHECK_INT(h.reports[USAGE_FAILED], 1);
	host_close(&h);
}

TEST(the_last_fault_goes_up_with_its_words)
{
	const struct fake_llm_step *const steps[] = {limited, limited};
	struct host h;

	host_init(&h, 2, steps);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(ask(&h, 1, 0), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.end.fault, FAULT_QUOTA);
	CHECK_INT(h.end.retry_after, USEC_SEC(20));
	CHECK_INT(h.reports[USAGE_FAILED], 2);
	host_close(&h);
}

/* Both breakers are open, but for a pause alone no caller goes without an answer. */
TEST(who_wants_a_pause_is_asked_when_nobody_is_left)
{
	const struct fake_llm_step *const steps[] = {limited, limited};
	struct breaker_pass pass = {0};
	struct host h;

	host_init(&h, 2, steps);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(ask(&h, 1, 0), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.faults, 1);
	CHECK(!breaker_ask(&h.breakers[0], loop_now(h.loop), &pass));
	h.fakes[0].steps = h.fakes[1].steps = good;
	CHECK_INT(ask(&h, 2, 0), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.dones, 1);
	CHECK_INT(breaker_read(&h.breakers[0], loop_now(h.loop)), BREAKER_OPEN);
	host_close(&h);
}

TEST(tools_go_to_those_who_can_use_them)
{
	const struct fake_llm_step *const steps[] = {good, good};
	struct llm_ops toolless = fake_llm_ops;
	struct host h;

	toolless.can = 0;
	host_init(&h, 2, steps);
	h.config.links[0].ops = &toolless;
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(ask(&h, 1, 1), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.breakers[0].succeeded, 0);
	CHECK_INT(h.breakers[1].succeeded, 1);
	h.config.links[1].ops = &toolless;
	CHECK_INT(ask(&h, 2, 1), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.end.fault, FAULT_CONFIG);
	CHECK_INT(ask(&h, 3, 0), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.breakers[0].succeeded, 1);
	host_close(&h);
}

TEST(requests_wait_for_each_other)
{
	const struct fake_llm_step *const steps[] = {good};
	struct host h;
	uint32_t number = 1;

	host_init(&h, 1, steps);
	REQUIRE(host_open(&h) == 0);
	for (; number <= LLM_CHAIN_WAITING_MAX; number++)
		CHECK_INT(ask(&h, number, 0), 0);
	CHECK_INT(ask(&h, number, 0), -EBUSY);
	loop_advance(h.loop, USEC_MS(210));
	llm_cancel(h.llm, 2);
	loop_advance(h.loop, USEC_SEC(5));
	CHECK_INT(h.dones, 2);
	CHECK_STR(buf_str(&h.text), "At what At what time?At what time?");
	CHECK_INT(h.reports[USAGE_CANCELLED], 1); /* the second was never asked */
	host_close(&h);
}

TEST_OOM(failover_of_models_without_memory)
{
	const struct fake_llm_step *const steps[] = {limited, good};
	struct host h;
	int rc;

	host_init(&h, 2, steps);
	rc = host_open(&h);
	if (rc == 0)
		rc = ask(&h, 1, 1);
	if (rc == 0) {
		loop_advance(h.loop, USEC_SEC(5));
		CHECK_INT(h.dones, 1);
		rc = h.text.error;
	}
	host_close(&h);
	return rc;
}
