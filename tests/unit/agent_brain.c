#include "agent/flow_brain.h"
#include "agent_setup.h"
#include "base/json.h"

/* A brain on a simulated loop; pools without threads work in the loop's turns. */
struct rig {
	struct setup s;
	struct loop *loop;
	struct pool *pool;
	struct pool_port models, deeds;
	struct brain *brain;
	char said[4096];
	uint32_t done;
	int ends;
	bool inside;
	const char *ask_from_sink;
	bool close_from_sink;
};

/* The handoff summary in the fields that people's systems know. */
static void check_handoff(struct str summary)
{
	struct json *doc;
	struct str text;

	REQUIRE(json_parse(summary, NULL, NULL, &doc) == 0);
	CHECK_STR(json_str_or(doc, "caller_id", STR("?")), "+447700900999");
	CHECK_STR(json_str_or(doc, "caller_name", STR("?")), "Jane Smith");
	CHECK_STR(json_str_or(doc, "crm_contact_id", STR("?")), "");
	CHECK_STR(json_str_or(doc, "transfer_reason", STR("?")), "Caller asked for a person");
	CHECK_STR(json_str_or(doc, "sentiment", STR("?")), "neutral");
	CHECK_STR(json_str_or(doc, "duration_ai_call", STR("?")), "2m 14s");
	text = json_str_or(doc, "summary", STR(""));
	CHECK(str_find(text, STR("book_appointment")) < text.n);
	CHECK(str_find(text, STR("Tuesday the 24th of November")) < text.n);
	json_free(doc);
}

static void on_act(void *arg, const struct brain_act *act)
{
	struct rig *r = arg;
	size_t n = strlen(r->said);

	CHECK(!r->inside);
	if (act->type == BRAIN_SAY)
		snprintf(r->said + n, sizeof(r->said) - n, STR_FMT " ", STR_ARG(act->say.text));
	if (act->type == BRAIN_TRANSFER)
		check_handoff(act->transfer.summary);
	r->ends += act->type == BRAIN_TRANSFER || act->type == BRAIN_HANGUP;
	if (act->type != BRAIN_DONE)
		return;
	r->done = act->question;
	if (r->ask_from_sink) {
		const char *text = r->ask_from_sink;
		r->ask_from_sink = NULL;
		brain_heard(r->brain, str_from(text), 1);
	} else if (r->close_from_sink) {
		r->brain = brain_close(r->brain);
	}
}

static bool rig_open(struct rig *r)
{
	*r = (struct rig){.done = 0};
	if (!setup_open(&r->s))
		return false;
	struct flow_brain_params p = {
		.flow = setup_params(&r->s, STR("call-1")),
		.sink = {on_act, r},
		.embed = &r->s.embed,
		.models = &r->models,
		.store = r->s.store,
		.deeds = &r->deeds,
	};
	bool ok = loop_new(LOOP_SIM, USEC_SEC(1), &r->loop) == 0 && pool_new(0, 16, &r->pool) == 0;
	if (ok) {
		pool_port_open(&r->models, r->pool, r->loop);
		pool_port_open(&r->deeds, r->pool, r->loop);
		p.loop = r->loop;
		ok = flow_brain_open(&p, &r->brain) == 0;
	}
	CHECK(ok);
	return ok;
}

static void rig_close(struct rig *r)
{
	brain_close(r->brain);
	loop_advance(r->loop, USEC_SEC(1));
	pool_port_close(&r->models);
	pool_port_close(&r->deeds);
	pool_free(r->pool);
	loop_free(r->loop);
	setup_close(&r->s);
}

static void rig_wait(struct rig *r)
{
	for (int i = 0; i < 10; i++)
		loop_advance(r->loop, USEC_MS(10));
}

static void rig_hear(struct rig *r, const char *text)
{
	r->said[0] = '\0';
	r->inside = true;
	uint32_t q = brain_heard(r->brain, str_from(text), 0.95f);
	r->inside = false;
	rig_wait(r);
	CHECK_INT(r->done, q);
}

static bool said(const struct rig *r, const char *part)
{
	return strstr(r->said, part) != NULL;
}

TEST(a_brain_answers_every_question_once)
{
	struct rig r;

	REQUIRE(rig_open(&r));
	r.inside = true;
	CHECK_INT(brain_start(r.brain), 1);
	r.inside = false;
	rig_wait(&r);
	CHECK_INT(r.done, 1);
	CHECK(said(&r, "Harbour Street Clinic"));
	rig_hear(&r, "I'd like to book an appointment");
	CHECK(said(&r, "What day"));
	rig_hear(&r, "next Tuesday at ten");
	CHECK(said(&r, "is free"));
	CHECK(str_find(flow_brain_history(r.brain), STR("calendar_lookup")) < flow_brain_history(r.brain).n);
	rig_close(&r);
}

TEST(a_transfer_tells_the_human_what_is_known)
{
	struct rig r;

	REQUIRE(rig_open(&r));
	brain_start(r.brain);
	rig_wait(&r);
	rig_hear(&r, "I'd like to book an appointment");
	rig_hear(&r, "next Tuesday at ten");
	rig_hear(&r, "Jane Smith");
	loop_advance(r.loop, USEC_SEC(134) - (loop_now(r.loop) - USEC_SEC(1)));
	rig_hear(&r, "I want to speak to a human being");
	CHECK_INT(r.ends, 1);
	rig_close(&r);
}

/* Everything but the last yes. Returns whether it got there. */
static bool rig_ask_to_book(struct rig *r)
{
	if (!rig_open(r))
		return false;
	brain_start(r->brain);
	rig_wait(r);
	rig_hear(r, "I'd like to book an appointment");
	rig_hear(r, "next Tuesday at ten");
	rig_hear(r, "Jane Smith");
	rig_hear(r, "third of May 1984");
	rig_hear(r, "07700 900123");
	rig_hear(r, "yes");
	return said(r, "Shall I book it?");
}

/* A filler was interrupted while it was booked: nobody waited for the answer. */
TEST(a_deed_that_nobody_waited_for_is_told_with_the_next_answer)
{
	struct rig r;

	REQUIRE(rig_ask_to_book(&r));
	brain_heard(r.brain, STR("yes"), 1);
	r.said[0] = '\0';
	brain_withdraw(r.brain);
	loop_advance(r.loop, USEC_SEC(3));
	CHECK_STR(str_from(r.said), "");
	rig_hear(&r, "what are your opening hours");
	CHECK(said(&r, "You're booked in"));
	CHECK(said(&r, "Monday to Friday"));
	rig_close(&r);
}

TEST(a_deed_of_a_withdrawn_question_is_told_with_the_next)
{
	struct rig r;

	REQUIRE(rig_ask_to_book(&r));
	/* the yes starts the booking; before its answer the caller goes on */
	brain_heard(r.brain, STR("yes"), 1);
	rig_hear(&r, "what are your opening hours");
	CHECK(said(&r, "You're booked in"));
	CHECK(said(&r, "Monday to Friday"));
	rig_close(&r);
}

TEST(a_sink_may_ask_and_close)
{
	struct rig r;

	REQUIRE(rig_open(&r));
	r.ask_from_sink = "what are your opening hours";
	brain_start(r.brain);
	rig_wait(&r);
	CHECK(said(&r, "Monday to Friday"));
	CHECK_INT(r.done, 2);
	r.close_from_sink = true;
	brain_silence(r.brain);
	rig_wait(&r);
	CHECK(r.brain == NULL);
	rig_close(&r);
}

TEST(closing_while_something_works_leaves_nothing)
{
	struct rig r;

	REQUIRE(rig_open(&r));
	brain_start(r.brain);
	brain_heard(r.brain, STR("what are your opening hours"), 1);
	r.brain = brain_close(r.brain);
	rig_wait(&r);
	rig_close(&r);
}
