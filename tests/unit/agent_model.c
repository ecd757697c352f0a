/* A language model as a brain: what it is told, what it may do, and what is decided without it. */
#include "../scenario/fake_llm.h"
#include "agent/model_brain.h"
#include "agent/model_expect.h"
#include "agent_setup.h"
#include "base/json.h"

#define ANSWERS_MAX 8
#define LOG_BYTES   (1u << 20)

struct rig {
	struct setup s;
	struct loop *loop;
	struct pool *pool;
	struct pool_port deeds;
	struct buf log, deep_log;
	usec cancelled_at;
	const struct fake_llm_step *answers[ANSWERS_MAX], *deep_answers[ANSWERS_MAX];
	struct fake_llm_config fast, deep;
	struct brain *brain;
	char said[4096], notes[2048];
	struct brain_act end; /* TRANSFER or HANGUP */
	char target[128], summary[4096], disposition[64];
	enum eot_expect expect;
	uint32_t done;
	usec first_word_at;
	bool close_on_say, withdraw_on_say;
};

#define SAY(text_, ms)                                    \
	{                                                 \
		FAKE_LLM_SAYS, USEC_MS(ms), .text = text_ \
	}
#define CALL(tool_, args)                                        \
	{                                                        \
		FAKE_LLM_CALLS, USEC_MS(20), args, .tool = tool_ \
	}
#define END(how)                                         \
	{                                                \
		FAKE_LLM_STOPS, USEC_MS(10), .stop = how \
	}

static const struct fake_llm_step words[] = {SAY("Of cou", 200), SAY("rse. At what ", 40), SAY("time?", 40),
					     END(LLM_STOP_END)};
static const struct fake_llm_step hello[] = {SAY("Hello there.", 200), END(LLM_STOP_END)};
static const struct fake_llm_step looks[] = {
	SAY("Let me look.", 100), CALL("calendar_lookup", "{\"day\":\"2026-11-24\",\"time\":\"10:30\"}"),
	END(LLM_STOP_TOOL)};
static const struct fake_llm_step books[] = {
	CALL("appointment_booking",
	     "{\"slot\":\"2026-11-24T10:30\",\"name\":\"Jane Smith\",\"birth\":\"1984-05-03\","
	     "\"phone\":\"07700900123\"}"),
	END(LLM_STOP_TOOL)};
static const struct fake_llm_step errs[] = {CALL("calendar_lookup", "{\"day\":24}"), END(LLM_STOP_TOOL)};
static const struct fake_llm_step dreams[] = {CALL("drop_table", "{}"), END(LLM_STOP_TOOL)};
static const struct fake_llm_step leaves[] = {
	SAY("Goodbye.", 100), CALL("end_call", "{\"disposition\":\"booked\"}"), END(LLM_STOP_TOOL)};
static const struct fake_llm_step leaves_badly[] = {CALL("end_call", "{\"disposition\":\"\\\"; drop\"}"),
						    END(LLM_STOP_TOOL)};
static const struct fake_llm_step passes_on[] = {
	CALL("transfer_to_human", "{\"reason\":\"Wants a prescription\",\"to\":\"clinical\"}"),
	END(LLM_STOP_TOOL)};
static const struct fake_llm_step passes_on_wrongly[] = {
	CALL("transfer_to_human", "{\"reason\":\"x\",\"to\":\"emergency\"}"), END(LLM_STOP_TOOL)};
static const struct fake_llm_step breaks[] = {
	SAY("I am", 100), {FAKE_LLM_FAILS, USEC_MS(30), "reset", .fault = FAULT_UNREACHABLE}};
static const struct fake_llm_step fails[] = {{FAKE_LLM_FAILS, USEC_MS(30), "no", .fault = FAULT_AUTH}};
static const struct fake_llm_step refuses[] = {END(LLM_STOP_REFUSED)};
static const struct fake_llm_step nothing[] = {END(LLM_STOP_END)};

static void on_say(struct rig *r, const struct brain_act *act)
{
	size_t n = strlen(r->said);

	snprintf(r->said + n, sizeof(r->said) - n, "%s" STR_FMT, n ? "|" : "", STR_ARG(act->say.text));
	if (r->first_word_at == 0)
		r->first_word_at = loop_now(r->loop);
	if (r->close_on_say)
		r->brain = brain_close(r->brain);
	else if (r->withdraw_on_say)
		brain_withdraw(r->brain);
}

static void on_act(void *arg, const struct brain_act *act)
{
	struct rig *r = arg;
	size_t n = strlen(r->notes);

	if (act->type == BRAIN_SAY)
		on_say(r, act);
	if (act->type == BRAIN_NOTE)
		snprintf(r->notes + n, sizeof(r->notes) - n, STR_FMT "=" STR_FMT " ", STR_ARG(act->note.name),
			 STR_ARG(act->note.value));
	if (act->type == BRAIN_EXPECT)
		r->expect = act->expect.kind;
	if (act->type == BRAIN_TRANSFER || act->type == BRAIN_HANGUP)
		r->end = *act;
	if (act->type == BRAIN_TRANSFER) {
		str_copy(act->transfer.target, r->target, sizeof(r->target));
		str_copy(act->transfer.summary, r->summary, sizeof(r->summary));
	}
	if (act->type == BRAIN_HANGUP)
		str_copy(act->hangup.disposition, r->disposition, sizeof(r->disposition));
	if (act->type == BRAIN_DONE)
		r->done = act->question;
}

static bool rig_begin(struct rig *r)
{
	*r = (struct rig){.done = 0};
	buf_init(&r->log, LOG_BYTES);
	buf_init(&r->deep_log, LOG_BYTES);
	r->fast = (struct fake_llm_config){
		.answers = r->answers, .log = &r->log, .cancelled_at = &r->cancelled_at};
	r->deep = (struct fake_llm_config){.answers = r->deep_answers, .log = &r->deep_log};
	bool ok = setup_open(&r->s) && loop_new(LOOP_SIM, USEC_SEC(1), &r->loop) == 0 &&
		  pool_new(0, 16, &r->pool) == 0;
	if (ok)
		pool_port_open(&r->deeds, r->pool, r->loop);
	return ok;
}

static void script(struct fake_llm_config *c, const struct fake_llm_step **list,
		   const struct fake_llm_step *a, const struct fake_llm_step *b,
		   const struct fake_llm_step *d)
{
	list[0] = a;
	list[1] = b;
	list[2] = d;
	c->answer_count = d ? 3 : b ? 2 : 1;
}

static uint32_t run(struct rig *r, uint32_t question)
{
	loop_advance(r->loop, USEC_SEC(8));
	CHECK_INT(r->done, question);
	return question;
}

static bool open_brain(struct rig *r)
{
	struct model_brain_params p = {
		.agent = r->s.agent,
		.session = {.session_id = STR("call-1"), .caller_id = STR("+447700900999")},
		.today = {2026, 11, 20},
		.minute = 540,
		.sink = {on_act, r},
		.loop = r->loop,
		.fast = {&fake_llm_ops, &r->fast, 0},
		.store = r->s.store,
		.deeds = &r->deeds,
	};

	if (r->deep.answer_count > 0)
		p.deep = (struct model_brain_service){&fake_llm_ops, &r->deep, 0};
	return model_brain_open(&p, &r->brain) == 0;
}

/* Opens, greets, and tells that the greeting was heard. */
static bool rig_greet(struct rig *r, const struct fake_llm_step *a, const struct fake_llm_step *b,
		      const struct fake_llm_step *c)
{
	script(&r->fast, r->answers, a, b, c);
	if (!open_brain(r))
		return false;
	run(r, brain_start(r->brain));
	CHECK(str_starts(str_from(r->said), STR("Good morning, Harbour Street Clinic.")));
	brain_spoken(r->brain, STR("Good morning."), true);
	r->said[0] = '\0';
	r->first_word_at = 0;
	return true;
}

static void rig_close(struct rig *r)
{
	long blocks;

	if (r->brain)
		r->brain = brain_close(r->brain);
	loop_advance(r->loop, USEC_SEC(5));
	pool_port_close(&r->deeds);
	pool_free(r->pool);
	buf_fini(&r->log);
	buf_fini(&r->deep_log);
	blocks = mem_live();
	loop_free(r->loop);
	setup_close(&r->s);
	CHECK(mem_live() < blocks);
}

static bool logged(const struct buf *log, const char *text)
{
	return str_find(buf_str(log), str_from(text)) < log->n;
}

static size_t requests(const struct buf *log)
{
	struct str rest = buf_str(log);
	size_t n = 0;

	while (rest.n > 0)
		n += str_eq(str_cut(&rest, '\n'), STR("request"));
	return n;
}

static uint32_t heard(struct rig *r, const char *text)
{
	return brain_heard(r->brain, str_from(text), 0.9f);
}

/* ---- words and history ---- */

TEST(a_model_speaks_as_it_writes)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, words, NULL, NULL));
	usec before = loop_now(r.loop);
	run(&r, heard(&r, "Can I come on Tuesday?"));
	CHECK_STR(str_from(r.said), "Of|course. At what|time?");
	CHECK_INT(r.first_word_at - before, USEC_MS(200));
	CHECK(logged(&r.log, "system You are the receptionist"));
	CHECK(logged(&r.log, "Today is Friday, 2026-11-20. The next days: Saturday 2026-11-21."));
	CHECK(logged(&r.log, "The call began at 09:00."));
	CHECK(logged(&r.log, "Tuesday 2026-11-24."));
	CHECK(logged(&r.log, "- do not diagnose\n"));
	CHECK(logged(&r.log,
		     "\ncaller [The call begins.]\nagent Good morning.\ncaller Can I come on Tuesday?\n"));
	rig_close(&r);
}

/* Only what was heard of an answer is in the next request. */
TEST(a_model_remembers_what_was_heard)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, words, NULL, NULL));
	heard(&r, "Can I come on Tuesday?");
	loop_advance(r.loop, USEC_MS(250)); /* in the middle of it */
	brain_withdraw(r.brain);
	CHECK_INT(r.cancelled_at, loop_now(r.loop));
	CHECK(logged(&r.log, "cancelled\n"));
	brain_spoken(r.brain, STR("Of"), false);
	r.said[0] = '\0';
	run(&r, heard(&r, "On Wednesday, I mean."));
	CHECK(logged(&r.log, "caller Can I come on Tuesday?\nagent Of\ncaller On Wednesday, I mean.\n"));
	brain_withdraw(r.brain); /* none of it was heard */
	run(&r, heard(&r, "Hello?"));
	CHECK(logged(&r.log, "agent Of\ncaller On Wednesday, I mean. Hello?\n"));
	rig_close(&r);
}

/* ---- tools ---- */

TEST(a_model_uses_tools)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, looks, words, NULL));
	run(&r, heard(&r, "Can I come on Tuesday at half past ten?"));
	CHECK_STR(str_from(r.said), "Let me|look.|Of|course. At what|time?");
	CHECK(logged(&r.log, "agent Let me look.\ncall calendar_lookup {\"day\":\"2026-11-24\"") &&
	      logged(&r.log, "result {\"outcome\":\"free\""));
	CHECK_STR(str_from(r.notes), "tool=calendar_lookup outcome=free ");
	CHECK_INT(r.expect, EOT_DATE_TIME);
	brain_spoken(r.brain, STR("Let me look. Of course. At what time?"), true);
	run(&r, heard(&r, "Ten."));
	CHECK(logged(&r.log, "agent Let me look. Of course. At what time?\ncaller Ten.\n"));
	rig_close(&r);
}

TEST(wrong_arguments_and_tools_go_back_in_words)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, errs, dreams, words));
	run(&r, heard(&r, "Can I come on Tuesday?"));
	CHECK(logged(&r.log,
		     "result {\"outcome\":\"invalid_arguments\",\"note\":\"day: must be of type string, is "
		     "of type integer.\\n\"}"));
	CHECK(logged(&r.log, "result {\"outcome\":\"forbidden\""));
	CHECK_STR(str_from(r.notes), "tool_refused=calendar_lookup tool_refused=drop_table ");
	CHECK_STR(str_from(r.said), "Of|course. At what|time?");
	rig_close(&r);
}

/* A human takes over from one that would use tools for ever. */
TEST(rounds_of_tools_are_bounded)
{
	struct rig r;

	REQUIRE(rig_begin(&r));
	r.s.agent->model.rounds = 3;
	REQUIRE(rig_greet(&r, looks, NULL, NULL));
	run(&r, heard(&r, "Can I come on Tuesday?"));
	CHECK_INT(requests(&r.log), 4);
	CHECK_INT(r.end.type, BRAIN_TRANSFER);
	CHECK_STR(r.end.transfer.reason, "The assistant could not finish");
	rig_close(&r);
}

/* The question after a barge-in waits for the tool: what it did is known to the answer. */
TEST(what_a_tool_did_is_known_after_an_interruption)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, books, words, NULL));
	heard(&r, "Please book Tuesday at half past ten.");
	loop_advance(r.loop, USEC_MS(29)); /* the tool is about to be called */
	while (!r.notes[0])
		loop_advance(r.loop, 1);
	brain_withdraw(r.brain);
	run(&r, heard(&r, "Wait."));
	CHECK(logged(&r.log, "call appointment_booking"));
	CHECK(logged(&r.log, "result {\"outcome\":\"booked\""));
	CHECK(!logged(&r.log, "\"unknown\""));
	CHECK(logged(&r.log, "\ncaller Wait.\n"));
	rig_close(&r);
}

/* ---- ends ---- */

TEST(a_model_says_goodbye)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, leaves, leaves_badly, NULL));
	run(&r, heard(&r, "That is all."));
	CHECK_STR(str_from(r.said), "Goodbye.");
	CHECK_INT(r.end.type, BRAIN_HANGUP);
	CHECK_STR(str_from(r.disposition), "booked");
	r.said[0] = '\0';
	run(&r, heard(&r, "Are you there?"));
	CHECK_STR(str_from(r.said), "Thank you for calling. Take care, goodbye.");
	CHECK_STR(str_from(r.disposition), "answered");
	rig_close(&r);
}

static void check_handoff(struct str summary)
{
	struct json *doc;
	struct str text;

	REQUIRE(json_parse(summary, NULL, NULL, &doc) == 0);
	CHECK_STR(json_str_or(doc, "caller_id", STR("?")), "+447700900999");
	CHECK_STR(json_str_or(doc, "caller_name", STR("?")), "Jane Smith");
	CHECK_STR(json_str_or(doc, "transfer_reason", STR("?")), "Wants a prescription");
	CHECK_STR(json_str_or(doc, "sentiment", STR("?")), "neutral");
	text = json_str_or(doc, "summary", STR(""));
	CHECK(str_find(text, STR("\"booked\"")) < text.n);
	json_free(doc);
}

TEST(a_model_passes_the_caller_on)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, books, passes_on_wrongly, passes_on));
	run(&r, heard(&r, "Book it, and I need a prescription."));
	CHECK(logged(&r.log, "invalid_arguments")); /* nobody but us decides what an emergency is */
	CHECK_INT(r.end.type, BRAIN_TRANSFER);
	CHECK_INT(r.end.transfer.kind, BRAIN_WARM);
	CHECK_STR(str_from(r.target), "sip:clinical@127.0.0.1:5080");
	CHECK_STR(str_from(r.said), "One moment, I'll put you through to one of my colleagues.");
	check_handoff(str_from(r.summary));
	r.said[0] = '\0';
	run(&r, brain_transfer_failed(r.brain, STR("busy")));
	CHECK(str_starts(str_from(r.said), STR("I'm sorry, nobody is free")));
	run(&r, heard(&r, "Then a prescription."));
	CHECK(logged(&r.log, "[Nobody took the call: busy. You are back with the caller.]"));
	CHECK_INT(r.end.type, BRAIN_HANGUP);
	CHECK_STR(str_from(r.disposition), "callback");
	rig_close(&r);
}

/* ---- what no model decides ---- */

TEST(emergencies_and_humans_are_decided_before_the_model)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, words, NULL, NULL));
	run(&r, heard(&r, "I have chest pain"));
	CHECK_INT(requests(&r.log), 0);
	CHECK_INT(r.end.transfer.kind, BRAIN_COLD);
	CHECK_STR(str_from(r.target), "sip:emergency@127.0.0.1:5080");
	CHECK_STR(str_from(r.notes), "intent=emergency ");
	run(&r, heard(&r, "let me speak to a person"));
	CHECK_INT(requests(&r.log), 0);
	CHECK_STR(str_from(r.target), "sip:reception@127.0.0.1:5080");
	run(&r, brain_keys(r.brain, STR("0")));
	CHECK_INT(requests(&r.log), 0);
	rig_close(&r);
}

/* What a model would make of it is a guess. */
TEST(a_fragment_is_asked_for_again_before_the_model)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, words, NULL, NULL));
	run(&r, brain_heard(r.brain, STR("let me speak to a"), BRAIN_FRAGMENT));
	CHECK_INT(requests(&r.log), 0);
	CHECK_STR(str_from(r.said), "Sorry, I didn't quite catch that.");
	run(&r, brain_heard(r.brain, STR(""), BRAIN_FRAGMENT));
	CHECK_INT(requests(&r.log), 0);
	run(&r, brain_heard(r.brain, STR("I have chest pain and"), BRAIN_FRAGMENT));
	CHECK_INT(r.end.transfer.kind, BRAIN_COLD);
	rig_close(&r);
}

TEST(an_emergency_that_nobody_takes_is_not_asked_for_a_message)
{
	struct rig r;

	REQUIRE(rig_begin(&r));
	r.s.agent->handoff.count = 0;
	REQUIRE(rig_greet(&r, words, NULL, NULL));
	run(&r, heard(&r, "I have chest pain"));
	CHECK_INT(r.end.type, BRAIN_HANGUP);
	CHECK(!r.end.hangup.message);
	CHECK(str_ihas(str_from(r.said), STR("call the emergency services")));
	CHECK_STR(str_from(r.disposition), "emergency");
	rig_close(&r);
}

TEST(a_card_number_never_reaches_a_model)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, words, NULL, NULL));
	run(&r, heard(&r, "It is 4111 1111 1111 1111."));
	CHECK_STR(str_from(r.said), "Please don't tell me any card details on this line.");
	run(&r, heard(&r, "Sorry."));
	CHECK(!logged(&r.log, "4111") && logged(&r.log, "It was not kept."));
	rig_close(&r);
}

TEST(a_conversation_has_limits)
{
	struct rig r;

	REQUIRE(rig_begin(&r));
	r.s.agent->limits.turns = 2;
	r.s.agent->limits.silences = 1;
	REQUIRE(rig_greet(&r, words, NULL, NULL));
	run(&r, brain_silence(r.brain));
	CHECK_STR(str_from(r.said), "Are you still there?");
	run(&r, brain_silence(r.brain));
	CHECK_STR(str_from(r.disposition), "silent");
	run(&r, brain_keys(r.brain, STR("42")));
	CHECK(logged(&r.log, "[The caller pressed 42 on the keypad.]"));
	run(&r, heard(&r, "Hello?"));
	run(&r, heard(&r, "Hello?"));
	CHECK_STR(r.end.transfer.reason, "The conversation grew too long");
	rig_close(&r);
}

/* ---- when it goes wrong ---- */

static void check_failure(const struct fake_llm_step *first, const struct fake_llm_step *second,
			  const char *said)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, first, second, NULL));
	run(&r, heard(&r, "Can I come on Tuesday?"));
	CHECK_STR(str_from(r.said), said);
	CHECK_INT(r.end.type, BRAIN_TRANSFER);
	rig_close(&r);
}

TEST(a_model_that_fails_twice_is_apologised_for)
{
	check_failure(fails, NULL,
		      "I'm sorry, something went wrong on my side.|One moment, I'll put you through to one "
		      "of my colleagues.");
	check_failure(breaks, breaks,
		      "I|One moment.|I|I'm sorry, something went wrong on my side.|One moment, I'll "
		      "put you through to one of my colleagues.");
}

TEST(a_model_that_fails_once_begins_its_answer_again)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, breaks, words, NULL));
	run(&r, heard(&r, "Can I come on Tuesday?"));
	CHECK_STR(str_from(r.said), "I|One moment.|Of|course. At what|time?");
	CHECK(r.done);
	CHECK_INT(requests(&r.log), 2);
	rig_close(&r);
}

TEST(without_anybody_to_hand_over_to_it_asks_for_a_message_or_says_goodbye)
{
	for (int take = 0; take < 2; take++) {
		struct rig r;

		REQUIRE(rig_begin(&r));
		r.s.agent->handoff.count = 0;
		r.s.agent->message.take = take;
		REQUIRE(rig_greet(&r, fails, NULL, NULL));
		run(&r, heard(&r, "Can I come on Tuesday?"));
		CHECK_INT(r.end.type, BRAIN_HANGUP);
		CHECK_INT(r.end.hangup.message, take);
		CHECK(str_ihas(str_from(r.said), take ? STR("message after the tone") : STR("Goodbye")));
		CHECK_STR(str_from(r.disposition), "callback");
		CHECK(!logged(&r.log, "transfer_to_human"));
		rig_close(&r);
	}
}

TEST(an_answer_without_words_climbs_the_ladder)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, refuses, nothing, nothing));
	run(&r, heard(&r, "Tell me a joke."));
	CHECK_STR(str_from(r.said), "I'm afraid I can only help with things about the clinic.");
	run(&r, heard(&r, "Hm."));
	CHECK(str_ends(str_from(r.said), STR("I'm sorry, I'm still not with you.")));
	run(&r, heard(&r, "Hm."));
	CHECK_INT(r.end.type, BRAIN_TRANSFER);
	CHECK_STR(str_from(r.notes), "ladder=clarify ladder=rephrase ladder=hand over ");
	rig_close(&r);
}

/* ---- routing ---- */

TEST(hard_turns_go_to_the_deep_services)
{
	static const struct str names[] = {STR_INIT("goodbye")};
	struct rig r;

	REQUIRE(rig_begin(&r));
	r.s.agent->model.deep_when = (struct agent_deep){.intents = {names, 1}, .words = 8, .rounds = 1};
	script(&r.deep, r.deep_answers, words, fails, words);
	REQUIRE(rig_greet(&r, hello, hello, looks));
	run(&r, heard(&r, "Hello."));
	CHECK_INT(requests(&r.deep_log), 0);
	run(&r, heard(&r, "Before I say goodbye: a question."));
	CHECK_INT(requests(&r.deep_log), 1);
	CHECK_INT(requests(&r.log), 1);
	r.said[0] = '\0';
	run(&r, heard(&r, "one two three four five six seven eight")); /* deep fails: fast answers */
	CHECK_INT(requests(&r.deep_log), 2);
	CHECK_INT(requests(&r.log), 2);
	CHECK_STR(str_from(r.said), "Hello|there.");
	run(&r, heard(&r, "Tuesday?")); /* a round of tools makes it hard */
	CHECK_INT(requests(&r.deep_log), 3);
	CHECK_INT(requests(&r.log), 3);
	rig_close(&r);
}

/* ---- guesses ---- */

TEST(a_guess_that_was_right_is_there_at_once)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, words, NULL, NULL));
	brain_guess(r.brain, STR("can I come on tuesday"));
	brain_guess(r.brain, STR("Can I come on Tuesday?")); /* the same: asked once */
	loop_advance(r.loop, USEC_MS(245));
	CHECK_STR(str_from(r.said), "");
	usec before = loop_now(r.loop);
	run(&r, heard(&r, "Can I come on Tuesday."));
	CHECK_STR(str_from(r.said), "Of course. At what|time?");
	CHECK_INT(r.first_word_at, before);
	CHECK_INT(requests(&r.log), 1);
	CHECK(!logged(&r.log, "cancelled"));
	brain_spoken(r.brain, STR("Of course."), false);
	run(&r, heard(&r, "Ten."));
	CHECK(logged(&r.log, "caller Can I come on Tuesday.\nagent Of course.\ncaller Ten.\n"));
	rig_close(&r);
}

TEST(a_guess_that_was_wrong_leaves_nothing)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, words, words, hello));
	brain_guess(r.brain, STR("I would like."));
	loop_advance(r.loop, USEC_MS(245));
	brain_guess(r.brain, STR(""));
	CHECK(logged(&r.log, "cancelled"));
	brain_guess(r.brain, STR("I would like."));
	loop_advance(r.loop, USEC_SEC(2));
	run(&r, heard(&r, "I would like a time."));
	CHECK_STR(str_from(r.said), "Hello|there.");
	CHECK(logged(&r.log, "agent Good morning.\ncaller I would like a time.\n"));
	rig_close(&r);
}

/* Nothing is done for a guess that cannot be undone. */
TEST(a_guess_uses_no_tools)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, books, words, NULL));
	brain_guess(r.brain, STR("Book it."));
	loop_advance(r.loop, USEC_SEC(3));
	CHECK_STR(str_from(r.notes), "");
	run(&r, heard(&r, "Book it."));
	CHECK_STR(str_from(r.notes), "tool=appointment_booking outcome=booked ");
	CHECK_INT(requests(&r.log), 2);
	rig_close(&r);
}

TEST(a_guess_that_failed_is_asked_again)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, fails, words, NULL));
	brain_guess(r.brain, STR("Book it."));
	loop_advance(r.loop, USEC_SEC(3));
	run(&r, heard(&r, "Book it."));
	CHECK_STR(str_from(r.said), "Of|course. At what|time?");
	rig_close(&r);
}

TEST(what_needs_no_model_is_not_guessed)
{
	struct rig r;

	REQUIRE(rig_begin(&r) && rig_greet(&r, words, NULL, NULL));
	brain_guess(r.brain, STR("I have chest pain"));
	brain_guess(r.brain, STR("It is 4111 1111 1111 1111."));
	loop_advance(r.loop, USEC_SEC(3));
	CHECK_INT(requests(&r.log), 0);
	rig_close(&r);
}

/* ---- the sink ---- */

TEST(a_model_may_be_closed_or_withdrawn_while_it_speaks)
{
	for (int i = 0; i < 2; i++) {
		struct rig r;

		REQUIRE(rig_begin(&r) && rig_greet(&r, words, NULL, NULL));
		r.close_on_say = i == 0;
		r.withdraw_on_say = i == 1;
		heard(&r, "Can I come on Tuesday?");
		loop_advance(r.loop, USEC_SEC(5));
		CHECK_STR(str_from(r.said), "Of");
		CHECK(logged(&r.log, "cancelled"));
		rig_close(&r);
	}
}

TEST(a_question_tells_what_to_expect)
{
	static const struct {
		const char *said;
		enum eot_expect expect;
	} rows[] = {
		{"Thank you. May I have your full name?", EOT_NAME},
		{"And your date of birth?", EOT_BIRTH},
		{"What's the best phone number for you?", EOT_DIGITS},
		{"Which day would suit you?", EOT_DATE_TIME},
		{"When would you like to come?", EOT_DATE_TIME},
		{"Could you spell that for me?", EOT_SPELLING},
		{"What is your e-mail address?", EOT_SPELLING},
		{"That's Tuesday at ten. Is that right?", EOT_YES_NO},
		{"Shall I book it?", EOT_YES_NO},
		{"Would you like to buy or to rent?", EOT_ANYTHING},
		{"Can you tell me more?", EOT_ANYTHING},
		{"Which area are you looking in?", EOT_ANYTHING},
		{"I have noted your phone number.", EOT_ANYTHING},
		{"", EOT_ANYTHING},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (model_expect(str_from(rows[i].said)) != rows[i].expect)
			test_failed(__FILE__, __LINE__, "%s: %d", rows[i].said,
				    (int)model_expect(str_from(rows[i].said)));
}
