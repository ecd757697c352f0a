#include "contract.h"
#include "tts_site.h"

#define LONG_WORD "word "

static void check_answer(struct tts_site *s, uint32_t answer, const char *text)
{
	tts_site_check(s, answer, str_from(text), str_from(text));
}

/* ---- the story ---- */

static void opens_once(struct tts_site *s)
{
	CHECK_INT(s->n, 0);
	CHECK(tts_site_await(s, TTS_EV_READY, 0));
	tts_site_turn(s, USEC_MS(20));
	CHECK_INT(s->n, 1);
}

static void speaks_in_order(struct tts_site *s)
{
	CHECK_INT(tts_site_say(s, 1, STR("One moment,")), 0);
	CHECK_INT(tts_site_say(s, 1, STR(" please. I am looking.")), 0);
	CHECK_INT(tts_site_end(s, 1), 0);
	CHECK_INT(tts_site_end(s, 2), 0); /* nothing to say */
	CHECK_INT(tts_site_speak(s, 3, "Here it is."), 0);
	tts_site_settle(s, USEC_SEC(10));
	check_answer(s, 1, "One moment, please. I am looking.");
	check_answer(s, 2, "");
	check_answer(s, 3, "Here it is.");
}

/* A letter at a time, and not as it stands there. */
static void says_what_is_meant(struct tts_site *s)
{
	struct str text = STR("Sure, one moment. That is $5, **today** only.");

	for (size_t i = 0; i < text.n; i++)
		CHECK_INT(tts_site_say(s, 4, str_sub(text, i, 1)), 0);
	CHECK_INT(tts_site_end(s, 4), 0);
	tts_site_settle(s, USEC_SEC(10));
	tts_site_check(s, 4, text, STR("Sure, one moment. That is five dollars, today only."));
}

static void refuses_what_is_over(struct tts_site *s)
{
	CHECK_INT(tts_site_say(s, 10, STR("The newest.")), 0);
	CHECK_INT(tts_site_say(s, 9, STR("An older one.")), -ECANCELED);
	CHECK_INT(tts_site_end(s, 9), -ECANCELED);
	CHECK_INT(tts_site_end(s, 10), 0);
	CHECK_INT(tts_site_say(s, 10, STR("More of it.")), -ECANCELED);
	CHECK_INT(tts_site_end(s, 10), -ECANCELED);
	tts_site_settle(s, USEC_SEC(10));
	check_answer(s, 10, "The newest.");
	CHECK_INT(tts_site_count(s, TTS_EV_AUDIO, 9) + tts_site_count(s, TTS_EV_DONE, 9), 0);
}

static void forgets_what_is_cancelled(struct tts_site *s)
{
	s->n = 0;
	for (uint32_t answer = 20; answer <= 22; answer++)
		CHECK_INT(tts_site_speak(s, answer, "This may be cut. Or not."), 0);
	tts_site_turn(s, USEC_MS(1));
	tts_site_cancel(s, 21);
	tts_site_settle(s, USEC_SEC(10));
	check_answer(s, 22, "This may be cut. Or not.");
	tts_site_cancel(s, 30);
	CHECK_INT(tts_site_say(s, 30, STR("Late.")), -ECANCELED);
	CHECK_INT(tts_site_end(s, 30), -ECANCELED);
	CHECK_INT(tts_site_speak(s, 31, "Again."), 0);
	tts_site_settle(s, USEC_SEC(10));
	check_answer(s, 31, "Again.");
}

/* As much as may be; a byte more is refused and changes nothing. */
static void bounds_an_answer(struct tts_site *s)
{
	static char text[TTS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = LONG_WORD[i % (sizeof(LONG_WORD) - 1)];
	text[sizeof(text) - 1] = '.';
	CHECK_INT(tts_site_say(s, 40, (struct str){text, sizeof(text)}), 0);
	CHECK_INT(tts_site_say(s, 40, STR("!")), -EMSGSIZE);
	CHECK_INT(tts_site_end(s, 40), 0);
	tts_site_settle(s, USEC_SEC(60));
	tts_site_check(s, 40, (struct str){text, sizeof(text)}, (struct str){text, sizeof(text)});
}

void tts_story_tell(const struct tts_kind *kind)
{
	struct contract_left before = contract_begin();
	struct tts_site s;

	REQUIRE(tts_site_open(&s, kind) == 0);
	opens_once(&s);
	speaks_in_order(&s);
	says_what_is_meant(&s);
	refuses_what_is_over(&s);
	bounds_an_answer(&s);
	tts_site_close(&s);
	contract_end(before, kind->name);
}

static const char long_answer[] = "This is a very long answer. Nobody wants to hear it. Nobody at all would. "
				  "It goes on, and it goes on. It goes on to its end.";

void tts_story_cancel_at_work(const struct tts_kind *kind)
{
	struct contract_left before = contract_begin();
	struct tts_site s;

	REQUIRE(tts_site_open(&s, kind) == 0);
	CHECK_INT(tts_site_speak(&s, 1, long_answer), 0);
	CHECK(tts_site_await(&s, TTS_EV_AUDIO, 1));
	CHECK(s.owed[1] || kind->clock == LOOP_SIM); /* where all of it may come at once */
	s.n = 0;
	tts_site_cancel(&s, 1);
	CHECK_INT(tts_site_speak(&s, 2, "Yes, please."), 0);
	tts_site_settle(&s, USEC_SEC(10));
	CHECK_INT(tts_site_count(&s, TTS_EV_DONE, 1) + tts_site_count(&s, TTS_EV_FAULT, 1), 0);
	check_answer(&s, 2, "Yes, please.");
	forgets_what_is_cancelled(&s);
	tts_site_close(&s);
	contract_end(before, kind->name);
}

/* So long after it was opened; USEC_NEVER: as soon as it speaks. */
static void close_after(const struct tts_kind *kind, usec span)
{
	struct contract_left before = contract_begin();
	struct tts_site s;

	REQUIRE(tts_site_open(&s, kind) == 0);
	CHECK_INT(tts_site_speak(&s, 1, "One clause, and another one. A third."), 0);
	CHECK_INT(tts_site_say(&s, 2, STR("Not yet whole. And")), 0);
	if (span == USEC_NEVER)
		CHECK(tts_site_await(&s, TTS_EV_AUDIO, 1));
	else
		tts_site_turn(&s, span);
	tts_close(s.tts);
	tts_site_turn(&s, USEC_MS(400)); /* on_event() wants no more */
	tts_site_close(&s);
	contract_end(before, kind->name);
}

void tts_story_close_at_work(const struct tts_kind *kind)
{
	static const usec spans[] = {0, USEC_MS(60), USEC_MS(90), USEC_MS(140), USEC_NEVER};

	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		close_after(kind, spans[i]);
}

/* In the middle of its sound; what comes all at once waits for nothing. */
static void break_off(struct tts_site *s)
{
	if (s->kind->fail && !s->kind->whole)
		CHECK(tts_site_await(s, TTS_EV_AUDIO, 1));
	if (s->kind->fail)
		s->kind->fail(s->kind);
}

/* The first answer, of which one event is waited for; it may be the last that is wanted. */
static void bring_about(struct tts_site *s, enum tts_event_type type)
{
	CHECK_INT(tts_site_speak(s, 1,
				 type == TTS_EV_FAULT ? "All is well. This is broken. And more of it."
						      : "One clause. And another one."),
		  0);
	if (type == TTS_EV_FAULT)
		break_off(s);
	CHECK(tts_site_await(s, type, type == TTS_EV_READY ? 0 : 1));
	tts_site_turn(s, USEC_MS(400));
	CHECK_INT(tts_site_count(s, type, type == TTS_EV_READY ? 0 : 1), 1);
}

static void end_in(const struct tts_kind *kind, enum tts_event_type type, bool closing)
{
	struct contract_left before = contract_begin();
	struct tts_site s;

	REQUIRE(tts_site_open(&s, kind) == 0);
	*(closing ? &s.close_on : &s.cancel_on) = type;
	bring_about(&s, type);
	s.cancel_on = TTS_EV_COUNT_;
	if (closing) {
		CHECK(s.tts->closed);
	} else {
		CHECK_INT(tts_site_speak(&s, 2, "The next."), 0);
		tts_site_settle(&s, USEC_SEC(2));
		check_answer(&s, 2, "The next.");
	}
	tts_site_close(&s);
	contract_end(before, kind->name);
}

void tts_story_end_in_events(const struct tts_kind *kind)
{
	for (enum tts_event_type type = TTS_EV_READY; type < TTS_EV_COUNT_; type++)
		if (type != TTS_EV_FAULT || !kind->mends) {
			end_in(kind, type, false);
			end_in(kind, type, true);
		}
}

/* The answer is over, the session is not. */
void tts_story_outlive_a_broken_answer(const struct tts_kind *kind)
{
	struct contract_left before = contract_begin();
	struct tts_site s;

	REQUIRE(tts_site_open(&s, kind) == 0);
	CHECK(tts_site_await(&s, TTS_EV_READY, 0));
	CHECK_INT(tts_site_speak(&s, 1, "All is well. This is broken. And more of it."), 0);
	break_off(&s);
	tts_site_settle(&s, USEC_SEC(2));
	CHECK_INT(tts_site_count(&s, TTS_EV_FAULT, 1), !kind->mends);
	CHECK_INT(tts_site_count(&s, TTS_EV_DONE, 1), kind->mends);
	CHECK_INT(s.events[s.n - 1].type, kind->mends ? TTS_EV_DONE : TTS_EV_FAULT);
	CHECK_INT(tts_site_speak(&s, 2, "The next."), 0);
	tts_site_settle(&s, USEC_SEC(2));
	check_answer(&s, 2, "The next.");
	tts_site_close(&s);
	contract_end(before, kind->name);
}

static void check_end(struct tts_site *s, unsigned faults)
{
	bool ready = tts_site_count(s, TTS_EV_READY, 0) > 0, failed = false;
	enum fault fault = FAULT_NONE;

	for (size_t i = 0; i < s->n; i++)
		if (s->events[i].type == TTS_EV_FAULT) {
			CHECK(!failed);
			failed = true;
			fault = s->events[i].fault;
		}
	CHECK_INT(failed + tts_site_count(s, TTS_EV_DONE, 1), 1);
	if (faults && (!failed || !(faults & 1u << fault)))
		test_failed(s->kind->name, 0, "ended with %s: %s", fault_name(fault), s->words);
	CHECK_INT(s->tts->dead, failed && (fault == FAULT_AUTH || !ready));
}

void tts_story_fail_of(const struct tts_kind *kind, unsigned faults)
{
	struct contract_left before = contract_begin();
	struct tts_site s;

	REQUIRE(tts_site_open(&s, kind) == 0);
	if (tts_site_speak(&s, 1, "Hello, this is a test of patience.") == 0)
		tts_site_settle(&s, USEC_SEC(10));
	check_end(&s, faults);
	if (s.tts->dead)
		CHECK_INT(tts_site_speak(&s, 2, "Nobody hears this."), -EPIPE);
	tts_site_close(&s);
	contract_end(before, kind->name);
}

int tts_story_without_memory(const struct tts_kind *kind)
{
	struct tts_site s;
	int rc = tts_site_open(&s, kind);

	if (rc == 0)
		rc = tts_site_speak(&s, 1, "One clause. And another one.");
	if (rc == 0) {
		tts_site_settle(&s, USEC_SEC(2));
		CHECK_INT(tts_site_count(&s, TTS_EV_DONE, 1) + tts_site_count(&s, TTS_EV_FAULT, 1), 1);
		rc = tts_site_count(&s, TTS_EV_DONE, 1) == 1 ? 0 : -ENOMEM;
	}
	if (rc == 0)
		check_answer(&s, 1, "One clause. And another one.");
	tts_site_close(&s);
	return rc;
}
