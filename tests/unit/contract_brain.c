/* One story that every brain must tell the same way. */
#include "../scenario/fake_brain.h"
#include "../scenario/fake_llm.h"
#include "agent/flow_brain.h"
#include "agent/model_brain.h"
#include "agent_setup.h"
#include "contract.h"

#define QUESTIONS_MAX 64

struct site;

struct kind {
	const char *name;
	int (*open)(struct site *s, struct brain_sink sink);
};

struct site {
	const struct kind *kind;
	struct setup setup;
	struct loop *loop;
	struct pool *pool;
	struct pool_port models, deeds;
	struct fake_brain fake;
	struct brain *brain;
	bool inside; /* a brain_ call */
	bool quiet;  /* no act may come */
	unsigned says[QUESTIONS_MAX], dones[QUESTIONS_MAX];
};

/* ---- the brains ---- */

static int open_flow(struct site *s, struct brain_sink sink)
{
	struct flow_brain_params p = {
		.flow = setup_params(&s->setup, STR("call-1")),
		.sink = sink,
		.loop = s->loop,
		.embed = &s->setup.embed,
		.models = &s->models,
		.store = s->setup.store,
		.deeds = &s->deeds,
	};

	return flow_brain_open(&p, &s->brain);
}

/* Its DONE comes by itself. */
#define ANSWER(on)                                                                                       \
	{                                                                                                \
		.cue = on, .steps = {{USEC_MS(200), {.type = BRAIN_SAY, .say.text = STR_INIT("Yes?")}}}, \
		.step_count = 1,                                                                         \
	}

static const struct fake_part part = {
	.rules = {ANSWER(CUE_START), ANSWER(CUE_HEARD), ANSWER(CUE_KEYS), ANSWER(CUE_SILENCE),
		  ANSWER(CUE_TRANSFER_FAILED)},
	.rule_count = 5,
};

static int open_fake(struct site *s, struct brain_sink sink)
{
	fake_brain_init(&s->fake, s->loop, &part);
	s->fake.brain.sink = sink;
	s->brain = &s->fake.brain;
	return 0;
}

static const struct fake_llm_step says[] = {
	{FAKE_LLM_SAYS, USEC_MS(150), .text = "Of cou"},
	{FAKE_LLM_SAYS, USEC_MS(50), .text = "rse. At what "},
	{FAKE_LLM_SAYS, USEC_MS(50), .text = "time?"},
	{FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_END},
};
static const struct fake_llm_step uses_tool[] = {
	{FAKE_LLM_SAYS, USEC_MS(150), .text = "I'll look."},
	{FAKE_LLM_CALLS, USEC_MS(50), "{\"day\":\"2026-11-24\"}", "calendar_lookup"},
	{FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_TOOL},
};
static const struct fake_llm_step breaks[] = {
	{FAKE_LLM_SAYS, USEC_MS(150), .text = "I am"},
	{FAKE_LLM_FAILS, USEC_MS(30), "reset", .fault = FAULT_UNREACHABLE},
};
static const struct fake_llm_step stalls[] = {{.does = FAKE_LLM_STALLS}};

static int open_flow_with_model(struct site *s, struct brain_sink sink)
{
	static const struct fake_llm_config config = {says, 0};
	struct flow_brain_params p = {
		.flow = setup_params(&s->setup, STR("call-1")),
		.sink = sink,
		.loop = s->loop,
		.embed = &s->setup.embed,
		.models = &s->models,
		.llm = &fake_llm_ops,
		.llm_config = &config,
		.store = s->setup.store,
		.deeds = &s->deeds,
	};

	s->setup.agent->model.understand = s->setup.agent->model.wording = true;
	return flow_brain_open(&p, &s->brain);
}

static int open_model(struct site *s, struct brain_sink sink, const struct fake_llm_config *llm)
{
	struct model_brain_params p = {
		.agent = s->setup.agent,
		.session = {.session_id = STR("call-1")},
		.today = {2026, 11, 20},
		.sink = sink,
		.loop = s->loop,
		.fast = {&fake_llm_ops, llm, 0},
		.deep = {&fake_llm_ops, llm, 0},
		.store = s->setup.store,
		.deeds = &s->deeds,
	};

	return model_brain_open(&p, &s->brain);
}

static int open_talker(struct site *s, struct brain_sink sink)
{
	static const struct fake_llm_config config = {says, 0};

	return open_model(s, sink, &config);
}

/* A tool, then words, and so on. */
static int open_worker(struct site *s, struct brain_sink sink)
{
	static const struct fake_llm_step *const answers[] = {uses_tool, says, uses_tool, uses_tool, says};
	static const struct fake_llm_config config = {.answers = answers, .answer_count = ARRAY_LEN(answers)};

	return open_model(s, sink, &config);
}

/* It would use tools for ever. */
static int open_busy(struct site *s, struct brain_sink sink)
{
	static const struct fake_llm_config config = {uses_tool, 0};

	return open_model(s, sink, &config);
}

static int open_broken(struct site *s, struct brain_sink sink)
{
	static const struct fake_llm_config config = {breaks, 0};

	return open_model(s, sink, &config);
}

static int open_dumb(struct site *s, struct brain_sink sink)
{
	static const struct fake_llm_config config = {stalls, 0};

	s->setup.agent->model.first_token = USEC_MS(900);
	return open_model(s, sink, &config);
}

static int open_absent(struct site *s, struct brain_sink sink)
{
	static const struct fake_llm_config config = {says, -ENOMEM};

	return open_model(s, sink, &config);
}

static const struct kind kinds[] = {
	{"flow", open_flow},
	{"fake", open_fake},
	{"flow with a model", open_flow_with_model},
	{"model", open_talker},
	{"model with tools", open_worker},
	{"model that only uses tools", open_busy},
	{"model that breaks", open_broken},
	{"model that stalls", open_dumb},
	{"model that cannot be asked", open_absent},
};

/* ---- a host ---- */

static void on_act(void *arg, const struct brain_act *act)
{
	struct site *s = arg;

	CHECK(!s->inside && !s->quiet && s->brain);
	CHECK_INT(act->question, s->brain->question);
	REQUIRE(act->question < QUESTIONS_MAX);
	CHECK_INT(s->dones[act->question], 0); /* nothing after it */
	s->says[act->question] += act->type == BRAIN_SAY;
	s->dones[act->question] += act->type == BRAIN_DONE;
}

static bool site_open(struct site *s, const struct kind *kind)
{
	*s = (struct site){.kind = kind};
	bool ok = setup_open(&s->setup) && loop_new(LOOP_SIM, USEC_SEC(1), &s->loop) == 0 &&
		  pool_new(0, 16, &s->pool) == 0;

	CHECK(ok);
	if (ok) {
		pool_port_open(&s->models, s->pool, s->loop);
		pool_port_open(&s->deeds, s->pool, s->loop);
	}
	return ok;
}

static void site_close(struct site *s)
{
	s->brain = brain_close(s->brain); /* on_act() wants no more */
	loop_advance(s->loop, USEC_SEC(5));
	if (s->fake.loop)
		fake_brain_fini(&s->fake);
	pool_port_close(&s->models);
	pool_port_close(&s->deeds);
	pool_free(s->pool);
	loop_free(s->loop);
	setup_close(&s->setup);
}

enum ask {
	ASK_START,
	ASK_HEARD,
	ASK_NONSENSE,
	ASK_KEYS,
	ASK_SILENCE,
	ASK_TRANSFER_FAILED,
	ASKS,
};

static uint32_t ask(struct site *s, enum ask ask)
{
	struct brain *b = s->brain;
	uint32_t question = b->question;

	s->inside = true;
	if (ask == ASK_START)
		question = brain_start(b);
	else if (ask == ASK_HEARD)
		question = brain_heard(b, STR("I would like to book an appointment."), 0.9f);
	else if (ask == ASK_NONSENSE)
		question = brain_heard(b, STR("\xff\xfe \"\\ {}"), -1);
	else if (ask == ASK_KEYS)
		question = brain_keys(b, STR("42#"));
	else if (ask == ASK_SILENCE)
		question = brain_silence(b);
	else
		question = brain_transfer_failed(b, STR("busy"));
	s->inside = false;
	return question;
}

/* ---- the story ---- */

static void answers_each_question_once(struct site *s)
{
	for (int i = ASK_START; i < ASKS; i++) {
		uint32_t before = s->brain->question, question = ask(s, (enum ask)i);

		CHECK_INT(question, before + 1);
		loop_advance(s->loop, USEC_SEC(5));
		CHECK_INT(s->dones[question], 1);
		CHECK(s->says[question] > 0);
		s->inside = true;
		brain_spoken(s->brain, STR("half of"), false);
		s->inside = false;
	}
}

/* on_act() wants nothing of a question that was withdrawn. */
static void forgets_what_is_withdrawn(struct site *s)
{
	uint32_t first = ask(s, ASK_HEARD), second = ask(s, ASK_KEYS);

	loop_advance(s->loop, USEC_MS(1));
	uint32_t third = ask(s, ASK_HEARD);
	loop_advance(s->loop, USEC_SEC(5));
	CHECK_INT(s->dones[first], 0);
	CHECK(s->dones[second] <= 1);
	CHECK_INT(s->dones[third], 1);
}

static void guess(struct site *s, struct str text)
{
	s->inside = true;
	brain_guess(s->brain, text);
	s->inside = false;
}

/* on_act() wants nothing of it: not even DONE. */
static void falls_silent_when_nobody_waits(struct site *s)
{
	static const usec waits[] = {0, USEC_MS(1), USEC_MS(210)};

	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		ask(s, ASK_HEARD);
		loop_advance(s->loop, waits[i]);
		s->inside = s->quiet = true;
		brain_withdraw(s->brain);
		s->inside = false;
		loop_advance(s->loop, USEC_SEC(5));
		s->quiet = false;
	}
}

/* A guess is never heard of, and the question is answered whether it was right or not. */
static void guesses_in_secret(struct site *s)
{
	static const char *const guesses[] = {"i would like to book an appointment",
					      "I would like to cancel it."};
	static const usec waits[] = {0, USEC_MS(1), USEC_MS(210), USEC_SEC(3)};

	for (size_t i = 0; i < ARRAY_LEN(guesses) * ARRAY_LEN(waits); i++) {
		uint32_t before = s->brain->question;

		guess(s, str_from(guesses[i % 2]));
		loop_advance(s->loop, waits[i / 2]);
		CHECK_INT(s->dones[before], 1);
		uint32_t question = ask(s, ASK_HEARD);
		CHECK_INT(question, before + 1);
		loop_advance(s->loop, USEC_SEC(5));
		CHECK_INT(s->dones[question], 1);
		CHECK(s->says[question] > 0);
	}
	guess(s, str_from(guesses[0]));
	loop_advance(s->loop, USEC_MS(210));
	guess(s, STR(""));
	loop_advance(s->loop, USEC_SEC(5));
}

TEST(the_same_words_are_found_whatever_their_dress)
{
	CHECK(brain_same_words(STR("Well, I don't know."), STR("well I dont know")));
	CHECK(brain_same_words(STR("10.30?"), STR(" 10:30")));
	CHECK(brain_same_words(STR(""), STR("...")));
	CHECK(brain_same_words(STR("\xc3\xbc"), STR("\xc3\xbc!")));
	CHECK(!brain_same_words(STR("Tuesday"), STR("Tuesday at ten")));
	CHECK(!brain_same_words(STR("an other"), STR("another")));
	CHECK(!brain_same_words(STR("yes"), STR("")));
}

static void story(const struct kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind));
	REQUIRE(kind->open(&s, (struct brain_sink){on_act, &s}) == 0);
	answers_each_question_once(&s);
	forgets_what_is_withdrawn(&s);
	guesses_in_secret(&s);
	falls_silent_when_nobody_waits(&s);
	ask(&s, ASK_HEARD);
	site_close(&s);
	contract_end(before, kind->name);
}

TEST(every_brain_tells_the_story)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		story(&kinds[i]);
}

/* It may not open; once it has, every question is answered. */
static bool answers_without_memory(const struct kind *kind, long nth)
{
	struct site s;
	bool failed;

	if (!site_open(&s, kind))
		return false;
	mem_fail_at(nth);
	int rc = kind->open(&s, (struct brain_sink){on_act, &s});
	CHECK(rc == 0 || rc == -ENOMEM);
	for (int i = ASK_START; rc == 0 && i <= ASK_HEARD; i++) {
		uint32_t question = ask(&s, (enum ask)i);

		loop_advance(s.loop, USEC_SEC(5));
		if (s.dones[question] != 1)
			test_failed(kind->name, (int)nth, "question %u ended %u times", question,
				    s.dones[question]);
	}
	failed = mem_failed();
	mem_fail_at(0);
	site_close(&s);
	return failed;
}

TEST(every_brain_answers_without_memory)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct contract_left before = contract_begin();
		long nth = 1;

		while (answers_without_memory(&kinds[i], nth))
			nth++;
		contract_end(before, kinds[i].name);
	}
}
