#include "tts_story.h"

#include "contract.h"

#define EVENTS_MAX 8192
#define LONG_WORD  "word "

struct said {
	enum tts_event_type type;
	uint32_t answer, text_end, sample_offset;
};

struct site {
	const struct tts_kind *kind;
	struct loop *loop;
	struct tts *tts;
	bool inside; /* a tts_ call */
	struct said *events;
	size_t n;
	uint32_t answer, samples; /* of the answer being delivered */
	enum tts_event_type cancel_on;
};

static void check_place(struct site *s, const struct tts_event *ev)
{
	const struct said *last = s->n > 0 ? &s->events[s->n - 1] : NULL;

	CHECK(ev->answer > s->tts->cancelled && ev->answer >= s->answer);
	if (ev->answer > s->answer)
		s->samples = 0;
	s->answer = ev->answer;
	for (; last && last > s->events && last->answer == ev->answer && last->type != TTS_EV_MARK; last--)
		;
	if (ev->type == TTS_EV_MARK && last && last->answer == ev->answer && last->type == TTS_EV_MARK) {
		CHECK(ev->text_end >= last->text_end);
		CHECK(ev->sample_offset >= last->sample_offset);
	}
	if (ev->type == TTS_EV_MARK)
		CHECK(ev->sample_offset <= s->samples);
	s->samples += (uint32_t)ev->samples;
}

static void on_event(void *arg, const struct tts_event *ev)
{
	struct site *s = arg;

	CHECK(!s->inside && !s->tts->closed);
	if (ev->type != TTS_EV_READY)
		check_place(s, ev);
	CHECK((ev->type == TTS_EV_AUDIO) == (ev->samples > 0));
	if (s->n < EVENTS_MAX)
		s->events[s->n++] = (struct said){ev->type, ev->answer, ev->text_end, ev->sample_offset};
	if (ev->type == s->cancel_on)
		tts_cancel(s->tts, ev->answer);
}

static int site_open(struct site *s, const struct tts_kind *kind)
{
	struct tts_params params = {.sink = {on_event, s}, .speed = 1};
	const void *config = NULL;
	int rc;

	*s = (struct site){.kind = kind, .cancel_on = TTS_EV_COUNT_};
	rc = loop_new(LOOP_SIM, 0, &s->loop);
	if (rc == 0)
		rc = kind->setup(s->loop, &config);
	if (rc < 0)
		return rc;
	s->events = mem_alloc(EVENTS_MAX * sizeof(*s->events));
	s->tts = contract_state(kind->ops->state_size);
	if (!s->tts || !s->events)
		return -ENOMEM;
	params.loop = s->loop;
	s->inside = true;
	rc = tts_open(s->tts, kind->ops, config, &params);
	s->inside = false;
	return rc;
}

static void site_close(struct site *s)
{
	if (s->tts) {
		tts_close(s->tts);
		tts_close(s->tts);
	}
	if (s->loop)
		s->kind->teardown();
	s->tts = contract_state_free(s->tts, s->kind->ops->state_size);
	s->events = mem_free(s->events);
	loop_free(s->loop);
}

static int say(struct site *s, uint32_t answer, struct str text)
{
	s->inside = true;
	int rc = tts_say(s->tts, answer, text);
	s->inside = false;
	return rc;
}

static int end(struct site *s, uint32_t answer)
{
	s->inside = true;
	int rc = tts_end(s->tts, answer);
	s->inside = false;
	return rc;
}

static int speak(struct site *s, uint32_t answer, const char *text)
{
	int rc = say(s, answer, str_from(text));

	return rc == 0 ? end(s, answer) : rc;
}

static size_t count(const struct site *s, enum tts_event_type type, uint32_t answer)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->events[i].type == type && s->events[i].answer == answer;
	return n;
}

/* One answer as it should be: audio, and DONE as its last event. */
static void check_answer(struct site *s, uint32_t answer, struct str text)
{
	const struct said *last = NULL, *mark = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (s->events[i].answer != answer)
			continue;
		last = &s->events[i];
		mark = last->type == TTS_EV_MARK ? last : mark;
	}
	CHECK_INT(count(s, TTS_EV_DONE, answer), 1);
	CHECK_INT(count(s, TTS_EV_FAULT, answer), 0);
	CHECK(last && last->type == TTS_EV_DONE);
	CHECK((count(s, TTS_EV_AUDIO, answer) > 0) == (text.n > 0));
	if (text.n > 0 && (s->tts->can & TTS_MARKS))
		CHECK(mark && mark->text_end == text.n);
}

/* ---- the story ---- */

static void opens_once(struct site *s)
{
	CHECK_INT(s->n, 0);
	loop_advance(s->loop, USEC_SEC(1));
	CHECK_INT(s->n, 1);
	CHECK_INT(count(s, TTS_EV_READY, 0), 1);
}

static void speaks_in_order(struct site *s)
{
	CHECK_INT(say(s, 1, STR("One moment,")), 0);
	CHECK_INT(say(s, 1, STR(" please. I am looking.")), 0);
	CHECK_INT(end(s, 1), 0);
	CHECK_INT(end(s, 2), 0); /* nothing to say */
	CHECK_INT(speak(s, 3, "Here it is."), 0);
	loop_advance(s->loop, USEC_SEC(10));
	check_answer(s, 1, STR("One moment, please. I am looking."));
	check_answer(s, 2, STR(""));
	check_answer(s, 3, STR("Here it is."));
}

static void refuses_what_is_over(struct site *s)
{
	CHECK_INT(say(s, 10, STR("The newest.")), 0);
	CHECK_INT(say(s, 9, STR("An older one.")), -ECANCELED);
	CHECK_INT(end(s, 9), -ECANCELED);
	CHECK_INT(end(s, 10), 0);
	CHECK_INT(say(s, 10, STR("More of it.")), -ECANCELED);
	CHECK_INT(end(s, 10), -ECANCELED);
	loop_advance(s->loop, USEC_SEC(10));
	check_answer(s, 10, STR("The newest."));
	CHECK_INT(count(s, TTS_EV_AUDIO, 9) + count(s, TTS_EV_DONE, 9), 0);
}

static void forgets_what_is_cancelled(struct site *s)
{
	s->n = 0;
	for (uint32_t answer = 20; answer <= 22; answer++)
		CHECK_INT(speak(s, answer, "This may be cut. Or not."), 0);
	loop_advance(s->loop, USEC_MS(1));
	s->inside = true;
	tts_cancel(s->tts, 21);
	s->inside = false;
	loop_advance(s->loop, USEC_SEC(10));
	check_answer(s, 22, STR("This may be cut. Or not."));
	tts_cancel(s->tts, 30);
	CHECK_INT(say(s, 30, STR("Late.")), -ECANCELED);
	CHECK_INT(end(s, 30), -ECANCELED);
	CHECK_INT(speak(s, 31, "Again."), 0);
	loop_advance(s->loop, USEC_SEC(10));
	check_answer(s, 31, STR("Again."));
}

/* As much as may be; a byte more is refused and changes nothing. */
static void bounds_an_answer(struct site *s)
{
	static char text[TTS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = LONG_WORD[i % (sizeof(LONG_WORD) - 1)];
	text[sizeof(text) - 1] = '.';
	CHECK_INT(say(s, 40, (struct str){text, sizeof(text)}), 0);
	CHECK_INT(say(s, 40, STR("!")), -EMSGSIZE);
	CHECK_INT(end(s, 40), 0);
	loop_advance(s->loop, USEC_SEC(60));
	check_answer(s, 40, (struct str){text, sizeof(text)});
}

void tts_story_tell(const struct tts_kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	opens_once(&s);
	speaks_in_order(&s);
	refuses_what_is_over(&s);
	forgets_what_is_cancelled(&s);
	bounds_an_answer(&s);
	site_close(&s);
	contract_end(before, kind->name);
}

void tts_story_close_at_work(const struct tts_kind *kind)
{
	static const usec spans[] = {0, USEC_MS(60), USEC_MS(90), USEC_MS(140)};

	for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, kind) == 0);
		CHECK_INT(speak(&s, 1, "One clause, and another one. A third."), 0);
		CHECK_INT(say(&s, 2, STR("Not yet whole. And")), 0);
		loop_advance(s.loop, spans[i]);
		tts_close(s.tts);
		loop_advance(s.loop, USEC_SEC(2)); /* on_event() wants no more */
		site_close(&s);
		contract_end(before, kind->name);
	}
}

void tts_story_cancel_in_events(const struct tts_kind *kind)
{
	for (unsigned type = 0; type < TTS_EV_FAULT; type++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, kind) == 0);
		s.cancel_on = (enum tts_event_type)type;
		CHECK_INT(speak(&s, 1, "One clause. And another one."), 0);
		loop_advance(s.loop, USEC_SEC(2));
		CHECK_INT(count(&s, s.cancel_on, s.cancel_on == TTS_EV_READY ? 0 : 1), 1);
		s.cancel_on = TTS_EV_COUNT_;
		CHECK_INT(speak(&s, 2, "The next."), 0);
		loop_advance(s.loop, USEC_SEC(2));
		check_answer(&s, 2, STR("The next."));
		site_close(&s);
		contract_end(before, kind->name);
	}
}

/* The answer is over, the session is not. */
void tts_story_outlive_a_broken_answer(const struct tts_kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	loop_advance(s.loop, USEC_SEC(1));
	CHECK_INT(speak(&s, 1, "All is well. This is broken. And more of it."), 0);
	if (kind->fail)
		kind->fail();
	loop_advance(s.loop, USEC_SEC(2));
	CHECK_INT(count(&s, TTS_EV_FAULT, 1), !kind->mends);
	CHECK_INT(count(&s, TTS_EV_DONE, 1), kind->mends);
	CHECK_INT(s.events[s.n - 1].type, kind->mends ? TTS_EV_DONE : TTS_EV_FAULT);
	CHECK_INT(speak(&s, 2, "The next."), 0);
	loop_advance(s.loop, USEC_SEC(2));
	check_answer(&s, 2, STR("The next."));
	site_close(&s);
	contract_end(before, kind->name);
}

int tts_story_without_memory(const struct tts_kind *kind)
{
	struct site s;
	int rc = site_open(&s, kind);

	if (rc == 0)
		rc = speak(&s, 1, "One clause. And another one.");
	if (rc == 0) {
		loop_advance(s.loop, USEC_SEC(2));
		CHECK_INT(count(&s, TTS_EV_DONE, 1) + count(&s, TTS_EV_FAULT, 1), 1);
		rc = count(&s, TTS_EV_DONE, 1) == 1 ? 0 : -ENOMEM;
	}
	if (rc == 0)
		check_answer(&s, 1, STR("One clause. And another one."));
	site_close(&s);
	return rc;
}
