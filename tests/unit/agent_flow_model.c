/* What the flow uses a language model for, and that it gets on without. */
#include "../scenario/fake_llm.h"
#include "agent/flow_brain.h"
#include "agent_setup.h"

#define LOG_BYTES (1u << 20)

struct rig {
	struct setup s;
	struct loop *loop;
	struct pool *pool;
	struct pool_port models, deeds;
	struct buf log;
	struct fake_llm_config llm;
	struct brain *brain;
	char said[4096], notes[2048];
	uint32_t done;
	usec done_at;
};

static void on_act(void *arg, const struct brain_act *act)
{
	struct rig *r = arg;
	size_t n = strlen(r->said), k = strlen(r->notes);

	if (act->type == BRAIN_SAY)
		snprintf(r->said + n, sizeof(r->said) - n, "%s" STR_FMT, n ? "|" : "",
			 STR_ARG(act->say.text));
	if (act->type == BRAIN_NOTE)
		snprintf(r->notes + k, sizeof(r->notes) - k, STR_FMT "=" STR_FMT " ", STR_ARG(act->note.name),
			 STR_ARG(act->note.value));
	if (act->type == BRAIN_DONE) {
		r->done = act->question;
		r->done_at = loop_now(r->loop);
	}
}

static bool rig_open(struct rig *r, const struct fake_llm_step *steps)
{
	*r = (struct rig){.llm = {.steps = steps, .log = &r->log}};
	buf_init(&r->log, LOG_BYTES);
	bool ok = setup_open(&r->s) && loop_new(LOOP_SIM, USEC_SEC(1), &r->loop) == 0 &&
		  pool_new(0, 16, &r->pool) == 0;
	if (!ok)
		return false;
	pool_port_open(&r->models, r->pool, r->loop);
	pool_port_open(&r->deeds, r->pool, r->loop);
	struct flow_brain_params p = {
		.flow = setup_params(&r->s, STR("call-1")),
		.sink = {on_act, r},
		.loop = r->loop,
		.embed = &r->s.embed,
		.models = &r->models,
		.llm = steps ? &fake_llm_ops : NULL,
		.llm_config = &r->llm,
		.store = r->s.store,
		.deeds = &r->deeds,
	};
	ok = flow_brain_open(&p, &r->brain) == 0;
	if (ok)
		brain_start(r->brain);
	loop_advance(r->loop, USEC_SEC(1));
	return ok;
}

static void rig_close(struct rig *r)
{
	r->brain = brain_close(r->brain);
	loop_advance(r->loop, USEC_SEC(5));
	pool_port_close(&r->models);
	pool_port_close(&r->deeds);
	pool_free(r->pool);
	loop_free(r->loop);
	buf_fini(&r->log);
	setup_close(&r->s);
}

/* Returns how long the answer took. */
static usec heard(struct rig *r, const char *text)
{
	usec before = loop_now(r->loop);
	uint32_t question;

	r->said[0] = r->notes[0] = '\0';
	question = brain_heard(r->brain, str_from(text), 0.9f);
	loop_advance(r->loop, USEC_SEC(3));
	CHECK_INT(r->done, question);
	return r->done_at - before;
}

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

#define ANSWER(name, words)                                                                       \
	static const struct fake_llm_step name[] = {{FAKE_LLM_SAYS, USEC_MS(100), .text = words}, \
						    {FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_END}}

ANSWER(chooses, "book_appointment");
ANSWER(chooses_question, "question opening_hours.\nBecause they ask.");
ANSWER(chooses_nonsense, "delete_everything");
ANSWER(chooses_value, "value: Tuesday the 24th of November");
static const struct fake_llm_step slow[] = {{FAKE_LLM_SAYS, USEC_MS(900), .text = "book_appointment"},
					    {FAKE_LLM_STOPS, 0, .stop = LLM_STOP_END}};
static const struct fake_llm_step half[] = {{FAKE_LLM_SAYS, USEC_MS(100), .text = "book_appointment"},
					    {.does = FAKE_LLM_STALLS}};
static const struct fake_llm_step fails[] = {{FAKE_LLM_FAILS, USEC_MS(50), "no", .fault = FAULT_QUOTA}};

static const char riddle[] = "xylophone zebra quarks";

TEST(a_model_chooses_what_was_meant)
{
	struct rig r;

	REQUIRE(rig_open(&r, chooses));
	r.s.agent->model.understand = true;
	usec took = heard(&r, riddle);
	CHECK_INT(took, USEC_MS(110));
	CHECK(has(r.notes, "choice=book_appointment intent=book_appointment state="));
	struct str log = buf_str(&r.log);
	CHECK(str_find(log, STR("They said: \"xylophone zebra quarks\"")) < log.n);
	CHECK(str_find(log, STR("\nbook_appointment - ")) < log.n);
	CHECK(str_find(log, STR("\nemergency - ")) == log.n); /* that is never a model's choice */
	rig_close(&r);
}

TEST(a_model_chooses_a_question_that_is_known)
{
	struct rig r;

	REQUIRE(rig_open(&r, chooses_question));
	r.s.agent->model.understand = true;
	const struct faq_entry *faq = r.s.agent->faq.at;
	REQUIRE(r.s.agent->faq.count > 0);
	heard(&r, riddle);
	CHECK(str_starts(str_from(r.said), faq->answer));
	rig_close(&r);
}

/* A value that a model found is read like one that was said. */
TEST(a_model_reads_a_value)
{
	struct rig r;

	REQUIRE(rig_open(&r, chooses_value));
	heard(&r, "I would like to book an appointment.");
	r.s.agent->model.understand = true;
	heard(&r, riddle);
	CHECK(has(r.notes, "slot=day=2026-11-24"));
	rig_close(&r);
}

/* Late, broken, senseless or not there at all: the flow does what it always did. */
TEST(the_flow_gets_on_without_a_model)
{
	static const struct fake_llm_step *const models[] = {slow, half, fails, chooses_nonsense, NULL};

	for (size_t i = 0; i < ARRAY_LEN(models); i++) {
		struct rig r;

		REQUIRE(rig_open(&r, models[i]));
		r.s.agent->model.understand = r.s.agent->model.wording = true;
		usec took = heard(&r, riddle);
		CHECK(took <= USEC_MS(1600));
		CHECK(has(r.notes, "ladder=clarify"));
		CHECK(has(r.said, "Sorry, I didn't quite catch that."));
		rig_close(&r);
	}
}

ANSWER(words_well, "Happy to book that for you. Which day would suit you best?");
ANSWER(words_badly, "I have booked Tuesday at 10 for you.");

TEST(a_model_words_what_the_flow_says)
{
	struct rig r;

	REQUIRE(rig_open(&r, words_well));
	heard(&r, "I would like to book an appointment.");
	char plain[256];
	str_copy(str_from(r.said), plain, sizeof(plain));
	rig_close(&r);
	REQUIRE(rig_open(&r, words_well));
	r.s.agent->model.wording = true;
	heard(&r, "I would like to book an appointment.");
	CHECK_STR(str_from(r.said), "Happy to book that for you. Which day would suit you best?");
	rig_close(&r);
	REQUIRE(rig_open(&r, words_badly));
	r.s.agent->model.wording = true;
	heard(&r, "I would like to book an appointment.");
	CHECK_STR(str_from(r.said), plain);
	rig_close(&r);
}

TEST(what_ends_a_call_is_not_reworded)
{
	struct rig r;

	REQUIRE(rig_open(&r, words_well));
	r.s.agent->model.wording = true;
	heard(&r, "I have chest pain");
	CHECK_STR(str_from(r.said), "This sounds urgent. I'm putting you through to someone right now.");
	CHECK_INT(r.log.n, 0);
	rig_close(&r);
}

/* A new question before the model has answered withdraws the old one; closing does no harm. */
TEST(a_question_to_the_model_can_be_withdrawn)
{
	struct rig r;

	REQUIRE(rig_open(&r, slow));
	r.s.agent->model.understand = true;
	brain_heard(r.brain, str_from(riddle), 0.9f);
	loop_advance(r.loop, USEC_MS(300));
	heard(&r, "I would like to book an appointment.");
	CHECK(has(r.notes, "intent=book_appointment"));
	struct str log = buf_str(&r.log);
	CHECK(str_find(log, STR("cancelled\n")) < log.n);
	brain_heard(r.brain, str_from(riddle), 0.9f);
	loop_advance(r.loop, USEC_MS(300));
	rig_close(&r);
}
