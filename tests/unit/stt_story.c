#include "stt_story.h"

#include "../scenario/babble.h"
#include "contract.h"

#define FRAME      160 /* 20 ms */
#define EVENTS_MAX 256

struct heard {
	enum stt_event_type type;
	uint32_t utterance;
	size_t n; /* bytes of text */
};

struct site {
	const struct stt_kind *kind;
	struct loop *loop;
	struct stt *stt;
	usec at;     /* of the next frame */
	bool inside; /* a stt_ call */
	struct heard events[EVENTS_MAX];
	size_t n;
	enum stt_event_type close_on;
};

/* ---- a host ---- */

static void on_event(void *arg, const struct stt_event *ev)
{
	struct site *s = arg;

	CHECK(!s->inside && !s->stt->closed);
	CHECK(ev->text.n <= STT_TEXT_MAX);
	if (ev->type == STT_EV_PARTIAL || ev->type == STT_EV_LIKELY || ev->type == STT_EV_ENDPOINT)
		CHECK_INT(ev->utterance, s->stt->utterance);
	if (s->n < EVENTS_MAX)
		s->events[s->n++] = (struct heard){ev->type, ev->utterance, ev->text.n};
	if (ev->type == s->close_on)
		stt_close(s->stt);
}

static int site_open(struct site *s, const struct stt_kind *kind)
{
	struct stt_params params = {.sink = {on_event, s}, .language = STR("en-US")};
	const void *config = NULL;
	int rc;

	*s = (struct site){.kind = kind, .at = USEC_SEC(100), .close_on = STT_EV_COUNT_};
	rc = loop_new(LOOP_SIM, s->at, &s->loop);
	if (rc == 0)
		rc = kind->setup(s->loop, &config);
	if (rc < 0)
		return rc;
	s->stt = contract_state(kind->ops->state_size);
	if (!s->stt)
		return -ENOMEM;
	params.loop = s->loop;
	s->inside = true;
	rc = stt_open(s->stt, kind->ops, config, &params);
	s->inside = false;
	return rc;
}

static void site_close(struct site *s)
{
	if (s->stt) {
		stt_close(s->stt);
		stt_close(s->stt);
	}
	if (s->loop)
		s->kind->teardown();
	s->stt = contract_state_free(s->stt, s->kind->ops->state_size);
	loop_free(s->loop);
}

static void speech(struct site *s, bool speaking)
{
	if (s->stt->closed)
		return;
	s->inside = true;
	stt_speech(s->stt, speaking, s->at);
	s->inside = false;
}

/* Lets time pass with audio: words that a babbler understands, or silence. */
static int feed(struct site *s, usec span, bool loud)
{
	static const char words[] = "some words ";
	int16_t pcm[FRAME];
	int rc = 0;

	for (usec end = s->at + span; s->at < end && rc == 0 && !s->stt->closed; s->at += USEC_MS(20)) {
		unsigned letter = (unsigned)(s->at / USEC_MS(40));

		for (size_t i = 0; i < FRAME; i++)
			pcm[i] = loud ? babble_sample(words[letter % (sizeof(words) - 1)], letter)
				      : BABBLE_SILENCE;
		s->inside = true;
		rc = stt_feed(s->stt, s->at, pcm, FRAME);
		s->inside = false;
		loop_advance(s->loop, USEC_MS(20));
	}
	return rc;
}

static int say(struct site *s, usec span)
{
	int rc = feed(s, USEC_MS(100), false);

	speech(s, true);
	rc = rc == 0 ? feed(s, span, true) : rc;
	speech(s, false);
	return rc;
}

static int finish(struct site *s)
{
	s->inside = true;
	int rc = stt_finish(s->stt, s->at);
	s->inside = false;
	return rc;
}

static size_t count(const struct site *s, enum stt_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->events[i].type == type;
	return n;
}

/* The ith final; one of utterance 0 when there is none. */
static struct heard final(const struct site *s, size_t i)
{
	for (size_t k = 0; k < s->n; k++)
		if (s->events[k].type == STT_EV_FINAL && i-- == 0)
			return s->events[k];
	return (struct heard){.type = STT_EV_COUNT_};
}

/* ---- the story ---- */

static void opens_once(struct site *s)
{
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(s->n, 1);
	CHECK_INT(count(s, STT_EV_READY), 1);
}

/* Three at once: words, more words, nothing at all. */
static void answers_each_finish_in_order(struct site *s)
{
	uint32_t first = s->stt->utterance;

	CHECK_INT(say(s, USEC_SEC(1)), 0);
	CHECK_INT(finish(s), 0);
	CHECK_INT(say(s, USEC_MS(60)), 0);
	CHECK_INT(finish(s), 0);
	CHECK_INT(finish(s), 0);
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(count(s, STT_EV_FINAL), 3);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(final(s, i).utterance, first + i);
	CHECK(final(s, 0).n > 0 && final(s, 1).n > 0);
	CHECK_INT(final(s, 2).n, 0);
}

static void has_early_words(struct site *s)
{
	s->n = 0;
	CHECK_INT(say(s, USEC_SEC(2)), 0);
	if (s->kind->ops->can & STT_PARTIALS)
		CHECK(count(s, STT_EV_PARTIAL) > 0);
	CHECK_INT(feed(s, USEC_MS(400), false), 0);
	if ((s->kind->ops->can & STT_LIKELY) && !s->kind->repeats)
		CHECK_INT(count(s, STT_EV_LIKELY), 1);
}

static void forgets_what_is_cancelled(struct site *s)
{
	CHECK_INT(say(s, USEC_SEC(1)), 0);
	CHECK_INT(finish(s), 0);
	CHECK_INT(say(s, USEC_SEC(1)), 0);
	s->n = 0;
	s->inside = true;
	stt_cancel(s->stt);
	s->inside = false;
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(s->n, 0);
	uint32_t next = s->stt->utterance;
	CHECK_INT(say(s, USEC_SEC(1)), 0);
	CHECK_INT(finish(s), 0);
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(count(s, STT_EV_FINAL), 1);
	CHECK_INT(final(s, 0).utterance, next);
}

/* Words without end are refused or cut; what came before the limit is not lost. */
static void bounds_a_monologue(struct site *s)
{
	int rc = say(s, USEC_SEC(300));

	CHECK(rc == 0 || rc == -ENOBUFS);
	s->n = 0;
	CHECK_INT(finish(s), 0);
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(s->n, 1);
	CHECK(final(s, 0).n > 0);
}

void stt_story_tell(const struct stt_kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	opens_once(&s);
	answers_each_finish_in_order(&s);
	has_early_words(&s);
	forgets_what_is_cancelled(&s);
	bounds_a_monologue(&s);
	site_close(&s);
	contract_end(before, kind->name);
}

static void close_at_stage(const struct stt_kind *kind, int stage)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	if (stage > 0) {
		CHECK_INT(feed(&s, USEC_MS(100), false), 0);
		speech(&s, true);
		CHECK_INT(feed(&s, USEC_SEC(1), true), 0);
	}
	if (stage > 1)
		speech(&s, false);
	if (stage > 2)
		CHECK_INT(finish(&s), 0);
	stt_close(s.stt);
	loop_advance(s.loop, USEC_SEC(2)); /* on_event() wants no more */
	site_close(&s);
	contract_end(before, kind->name);
}

void stt_story_close_at_work(const struct stt_kind *kind)
{
	for (int stage = 0; stage <= 3; stage++)
		close_at_stage(kind, stage);
}

static void close_in(const struct stt_kind *kind, enum stt_event_type type)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	s.close_on = type;
	CHECK_INT(say(&s, USEC_SEC(1)), 0);
	if (!s.stt->closed)
		CHECK_INT(feed(&s, USEC_MS(400), false), 0);
	if (!s.stt->closed)
		CHECK_INT(finish(&s), 0);
	loop_advance(s.loop, USEC_SEC(2));
	CHECK(s.stt->closed);
	CHECK_INT(count(&s, type), 1);
	site_close(&s);
	contract_end(before, kind->name);
}

void stt_story_close_in_events(const struct stt_kind *kind)
{
	close_in(kind, STT_EV_READY);
	close_in(kind, STT_EV_FINAL);
	if (kind->ops->can & STT_PARTIALS)
		close_in(kind, STT_EV_PARTIAL);
	if (kind->ops->can & STT_LIKELY)
		close_in(kind, STT_EV_LIKELY);
}

static void dies_once(struct site *s)
{
	loop_advance(s->loop, USEC_SEC(2));
	CHECK_INT(count(s, STT_EV_FAULT), 1);
	CHECK_INT(s->events[s->n - 1].type, STT_EV_FAULT);
	CHECK_INT(finish(s), -EPIPE);
	CHECK_INT(feed(s, USEC_MS(20), true), -EPIPE);
	loop_advance(s->loop, USEC_SEC(2));
	CHECK_INT(count(s, STT_EV_FAULT), 1);
	CHECK_INT(count(s, STT_EV_FINAL), 0);
}

void stt_story_die_once(const struct stt_kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	CHECK_INT(say(&s, USEC_MS(400)), 0);
	CHECK_INT(finish(&s), 0);
	CHECK_INT(say(&s, USEC_MS(40)), 0);
	s.n = 0; /* the first final has come */
	kind->fail();
	CHECK_INT(finish(&s), 0);
	dies_once(&s);
	site_close(&s);
	contract_end(before, kind->name);
}

void stt_story_fail_to_open(const struct stt_kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	kind->fail();
	loop_advance(s.loop, USEC_SEC(2));
	CHECK_INT(s.n, 1);
	CHECK_INT(count(&s, STT_EV_FAULT), 1);
	site_close(&s);
	contract_end(before, kind->name);
}

int stt_story_without_memory(const struct stt_kind *kind)
{
	struct site s;
	int rc = site_open(&s, kind);

	if (rc == 0)
		speech(&s, true);
	if (rc == 0)
		rc = feed(&s, USEC_SEC(1), true);
	if (rc == 0)
		rc = finish(&s);
	if (rc == 0) {
		loop_advance(s.loop, USEC_SEC(2));
		CHECK_INT(count(&s, STT_EV_FINAL) + count(&s, STT_EV_FAULT), 1);
		rc = final(&s, 0).n > 0 ? 0 : -ENOMEM;
		CHECK(rc == 0 || count(&s, STT_EV_FAULT) == 1);
	}
	if (rc == -EPIPE && count(&s, STT_EV_FAULT) == 1)
		rc = -ENOMEM;
	site_close(&s);
	return rc;
}
