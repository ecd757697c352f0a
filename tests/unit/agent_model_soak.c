/* A model that says and does anything, a host that asks anything at any time: what always holds. */
#include "../scenario/fake_llm.h"
#include "agent/model_brain.h"
#include "agent_setup.h"
#include "base/live.h"
#include "base/rng.h"

#define SEEDS         60
#define STEPS         120
#define ANSWERS       24
#define ANSWER_STEPS  6
#define LOG_BYTES_MAX (16u << 20)

struct soak {
	struct setup s;
	struct rng rng;
	struct loop *loop;
	struct pool *pool;
	struct pool_port deeds;
	struct buf log;
	struct fake_llm_step steps[ANSWERS][ANSWER_STEPS];
	const struct fake_llm_step *answers[ANSWERS];
	struct fake_llm_config config;
	struct brain *brain;
	uint32_t asked, done, withdrawn;
	bool inside, said;
};

static bool one_in(struct soak *k, uint32_t n)
{
	return rng_below(&k->rng, n) == 0;
}

static void random_step(struct soak *k, struct fake_llm_step *s)
{
	static const char *const texts[] = {"Of cou", "rse. ",  "At what time?",
					    "\n\n",   "**No**", "I'll look. "};
	static const char *const tools[] = {"calendar_lookup", "appointment_booking", "end_call",
					    "transfer_to_human", "drop_table"};
	static const char *const args[] = {
		"{}",
		"{\"day\":\"2026-11-24\"}",
		"{\"day\":5,\"x\":[]}",
		"{\"slot\":\"2026-11-24T10:30\",\"name\":\"Jo\",\"phone\":\"07700900123\"}",
		"{\"reason\":\"why not\"}",
		"{\"disposition\":\"done\"}",
	};

	*s = (struct fake_llm_step){.does = FAKE_LLM_SAYS, .after = USEC_MS(rng_below(&k->rng, 120))};
	s->text = texts[rng_below(&k->rng, ARRAY_LEN(texts))];
	if (!one_in(k, 4))
		return;
	s->does = FAKE_LLM_CALLS;
	s->tool = tools[rng_below(&k->rng, ARRAY_LEN(tools))];
	s->text = args[rng_below(&k->rng, ARRAY_LEN(args))];
}

static void random_answer(struct soak *k, struct fake_llm_step *s)
{
	size_t n = rng_below(&k->rng, ANSWER_STEPS);

	for (size_t i = 0; i < n; i++)
		random_step(k, &s[i]);
	s[n] = (struct fake_llm_step){.does = FAKE_LLM_STOPS, .stop = (enum llm_stop)rng_below(&k->rng, 4)};
	if (one_in(k, 8))
		s[n] = (struct fake_llm_step){.does = FAKE_LLM_FAILS, .fault = FAULT_UNREACHABLE};
	if (n == 0 && one_in(k, 3)) /* in the middle of an answer it is the service that notices */
		s[n].does = FAKE_LLM_STALLS;
}

static void on_act(void *arg, const struct brain_act *act)
{
	struct soak *k = arg;

	CHECK(!k->inside);
	CHECK_INT(act->question, k->asked);
	CHECK(act->question > k->withdrawn && act->question > k->done);
	CHECK(act->type != BRAIN_SAY || act->say.text.n > 0);
	k->said |= act->type == BRAIN_SAY;
	if (act->type != BRAIN_DONE)
		return;
	CHECK(k->said);
	k->done = act->question;
}

static void ask(struct soak *k)
{
	static const char *const sayings[] = {
		"I would like to book an appointment.", "Yes.", "Tuesday at ten", "no", "4111 1111 1111 1111",
		"what are your opening hours"};
	struct str text = str_from(sayings[rng_below(&k->rng, ARRAY_LEN(sayings))]);

	k->said = false;
	k->asked++;
	switch (rng_below(&k->rng, 8)) {
	case 0:
		brain_keys(k->brain, STR("42"));
		break;
	case 1:
		brain_silence(k->brain);
		break;
	case 2:
		brain_transfer_failed(k->brain, STR("busy"));
		break;
	default:
		brain_heard(k->brain, text, 0.9f);
	}
}

static void random_action(struct soak *k)
{
	k->inside = true;
	switch (rng_below(&k->rng, 7)) {
	case 0:
		brain_spoken(k->brain, one_in(k, 3) ? STR("") : STR("Of course."), one_in(k, 2));
		break;
	case 1:
		brain_guess(k->brain, one_in(k, 3) ? STR("") : STR("yes"));
		break;
	case 2:
		k->withdrawn = k->asked;
		brain_withdraw(k->brain);
		break;
	default:
		ask(k);
	}
	k->inside = false;
	loop_advance(k->loop, USEC_MS(rng_below(&k->rng, one_in(k, 4) ? 3000 : 120)));
}

/* Speakers alternate and a result follows each call: in every request that was ever made. */
static void check_log(struct str log)
{
	struct str before = STR("");

	while (log.n > 0) {
		struct str line = str_cut(&log, '\n'), who = str_cut(&line, ' ');
		bool call = str_eq(who, STR("call")), caller = str_eq(who, STR("caller"));

		if (!call && !caller && !str_eq(who, STR("agent")) && !str_eq(who, STR("result")) &&
		    !str_eq(who, STR("request")))
			continue; /* lines of the system's text, and cancellations */
		CHECK(!(caller && str_eq(before, STR("caller"))));
		CHECK(!(str_eq(who, STR("agent")) && str_eq(before, STR("agent"))));
		CHECK(str_eq(before, STR("call")) == str_eq(who, STR("result")));
		before = who;
	}
}

static bool soak_open(struct soak *k, uint64_t seed)
{
	*k = (struct soak){.config = {.answer_count = ANSWERS}};
	rng_init_number(&k->rng, seed);
	buf_init(&k->log, LOG_BYTES_MAX);
	for (size_t i = 0; i < ANSWERS; i++) {
		random_answer(k, k->steps[i]);
		k->answers[i] = k->steps[i];
	}
	k->config.answers = k->answers;
	k->config.log = &k->log;
	if (!setup_open(&k->s) || loop_new(LOOP_SIM, USEC_SEC(1), &k->loop) < 0 ||
	    pool_new(0, 16, &k->pool) < 0)
		return false;
	pool_port_open(&k->deeds, k->pool, k->loop);
	k->s.agent->model.first_token = USEC_MS(400);
	k->s.agent->limits.turns = 1000;
	struct model_brain_params p = {
		.agent = k->s.agent,
		.session = {.session_id = STR("call-1")},
		.today = {2026, 11, 20},
		.sink = {on_act, k},
		.loop = k->loop,
		.fast = {&fake_llm_ops, &k->config, 9000},
		.deep = {one_in(k, 2) ? &fake_llm_ops : NULL, &k->config, 12000},
		.store = k->s.store,
		.deeds = &k->deeds,
	};
	k->s.agent->model.deep_when.words = 5;
	return model_brain_open(&p, &k->brain) == 0;
}

static void soak_close(struct soak *k)
{
	k->brain = brain_close(k->brain);
	loop_advance(k->loop, USEC_SEC(5));
	pool_port_close(&k->deeds);
	pool_free(k->pool);
	loop_free(k->loop);
	buf_fini(&k->log);
	setup_close(&k->s);
}

/* A question that nobody withdraws is answered with words and one DONE, whatever the model does. */
TEST(any_model_makes_a_brain)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		long blocks = mem_live(), objects = live_total();
		static struct soak k;

		REQUIRE(soak_open(&k, seed));
		for (int step = 0; step < STEPS; step++)
			random_action(&k);
		ask(&k);
		loop_advance(k.loop, USEC_SEC(60));
		CHECK_INT(k.done, k.asked);
		check_log(buf_str(&k.log));
		CHECK(!k.log.error);
		soak_close(&k);
		if (mem_live() != blocks || live_total() != objects)
			test_failed(__FILE__, __LINE__, "seed %llu: %ld blocks, %ld objects left alive",
				    (unsigned long long)seed, mem_live() - blocks, live_total() - objects);
	}
}
