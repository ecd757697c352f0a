/* The local recogniser over an engine that writes down what it was given; the pool runs on the loop. */
#include "provider/local/stt_local.h"

#include "base/mem.h"
#include "base/pool.h"
#include "provider/local/hearing.h"
#include "provider/stt/stt_takes.h"
#include "test.h"

#define FRAME 160

struct fake {
	struct hearing hearing;
	int runs[2], error;
};

/* "full 1.2": the model, and the seconds of audio. */
static int fake_run(struct hearing *h, enum hearing_care care, const int16_t *pcm, size_t samples,
		    const atomic_bool *stop, struct hearing_text *out)
{
	struct fake *f = CONTAINER_OF(h, struct fake, hearing);

	f->runs[care]++;
	if (f->error)
		return f->error;
	if (atomic_load(stop))
		return -ECANCELED;
	out->confidence = 0.75f;
	buf_printf(&out->text, "%s %.1f", care == HEARING_QUICK ? "quick" : "full", (double)samples / 8000);
	return 0;
}

static void fake_close(struct hearing *h)
{
	(void)h;
}

static const struct hearing_ops fake_ops = {fake_run, fake_close};

struct site {
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct fake fake;
	union {
		struct stt stt;
		_Alignas(16) char state[1024];
	} u;
	usec at; /* of the next frame */
	int counts[STT_EV_COUNT_];
	uint32_t utterance; /* of the last event */
	usec until;
	enum fault fault;
	float confidence;
	char text[STT_TEXT_MAX]; /* of the last event, or after close_on */
	enum stt_event_type close_on, cancel_on;
	uint64_t heard[USAGE_ENDS_]; /* as reported, usec */
};

static void on_event(void *arg, const struct stt_event *ev)
{
	struct site *s = arg;

	if (ev->type == s->close_on)
		stt_close(&s->u.stt);
	if (ev->type == s->cancel_on)
		stt_cancel(&s->u.stt);
	s->counts[ev->type]++;
	s->utterance = ev->utterance;
	s->until = ev->until;
	s->fault = ev->fault;
	s->confidence = ev->confidence;
	str_copy(ev->text, s->text, sizeof(s->text));
}

static void on_usage(void *arg, const struct usage *u)
{
	struct site *s = arg;

	CHECK_STR(u->type, "local");
	s->heard[u->end] += u->amount[USAGE_AUDIO_IN];
}

static int open_session(struct site *s)
{
	const struct stt_local_config config = {&s->fake.hearing, &s->port};

	return stt_open(&s->u.stt, &stt_local_ops, &config,
			&(struct stt_params){.loop = s->loop,
					     .sink = {on_event, s},
					     .usage = {on_usage, s},
					     .language = STR("en-US")});
}

static int site_open(struct site *s)
{
	int rc;

	*s = (struct site){
		.fake.hearing.ops = &fake_ops,
		.at = USEC_SEC(100),
		.close_on = STT_EV_COUNT_,
		.cancel_on = STT_EV_COUNT_,
	};
	if (stt_local_ops.state_size > sizeof(s->u))
		return -EOVERFLOW;
	rc = loop_new(LOOP_SIM, s->at, &s->loop);
	if (rc == 0)
		rc = pool_new(0, 16, &s->pool);
	if (rc < 0)
		return rc;
	pool_port_open(&s->port, s->pool, s->loop);
	return open_session(s);
}

static void site_close(struct site *s)
{
	stt_close(&s->u.stt);
	if (s->pool) {
		while (s->port.pending > 0)
			loop_advance(s->loop, USEC_MS(1));
		pool_port_close(&s->port);
	}
	pool_free(s->pool);
	loop_free(s->loop);
}

/* Lets time pass, with audio. */
static int feed(struct site *s, usec span)
{
	static const int16_t pcm[FRAME];
	int rc = 0;

	for (usec end = s->at + span; s->at < end && rc == 0; s->at += USEC_MS(20)) {
		rc = stt_feed(&s->u.stt, s->at, pcm, FRAME);
		loop_advance(s->loop, USEC_MS(20));
	}
	return rc;
}

static int say(struct site *s, usec span)
{
	int rc;

	stt_speech(&s->u.stt, true, s->at);
	rc = feed(s, span);
	stt_speech(&s->u.stt, false, s->at);
	return rc;
}

TEST(stt_local_is_ready_and_has_partials)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	CHECK_INT(s.counts[STT_EV_READY], 0); /* never inside a call */
	CHECK_INT(feed(&s, USEC_SEC(1)), 0);
	CHECK_INT(s.counts[STT_EV_READY], 1);
	stt_speech(&s.u.stt, true, s.at);
	CHECK_INT(feed(&s, USEC_MS(1300)), 0);
	CHECK_INT(s.counts[STT_EV_PARTIAL], 2);
	CHECK(str_starts(str_from(s.text), STR("quick 1.")));
	CHECK_INT(s.counts[STT_EV_LIKELY], 0);
	site_close(&s);
}

TEST(stt_local_has_the_text_before_it_is_asked_for)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	CHECK_INT(say(&s, USEC_SEC(1)), 0);
	CHECK_INT(feed(&s, USEC_MS(180)), 0);
	CHECK_INT(s.counts[STT_EV_LIKELY], 0);
	CHECK_INT(feed(&s, USEC_MS(40)), 0);
	CHECK_INT(s.counts[STT_EV_LIKELY], 1);
	CHECK_STR(str_from(s.text), "full 1.2");
	CHECK(s.until >= USEC_MS(101200) && s.until <= USEC_MS(101240));
	CHECK_INT(feed(&s, USEC_MS(200)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	CHECK_INT(s.counts[STT_EV_FINAL], 0);
	loop_advance(s.loop, 1);
	CHECK_INT(s.counts[STT_EV_FINAL], 1);
	CHECK_STR(str_from(s.text), "full 1.2");
	CHECK_INT(s.until, s.at);
	CHECK(s.confidence == 0.75f);
	CHECK_INT(s.utterance, 1);
	CHECK_INT(s.fake.runs[HEARING_FULL], 1); /* nothing was read twice */
	site_close(&s);
}

TEST(stt_local_reads_again_when_more_is_said)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	CHECK_INT(say(&s, USEC_SEC(1)), 0);
	CHECK_INT(feed(&s, USEC_MS(240)), 0);
	CHECK_STR(str_from(s.text), "full 1.2");
	CHECK_INT(say(&s, USEC_SEC(1)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_STR(str_from(s.text), "full 2.2"); /* not the stale one */
	CHECK_INT(s.counts[STT_EV_FINAL], 1);
	site_close(&s);
}

TEST(stt_local_answers_each_finish_once_and_in_order)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	loop_advance(s.loop, 1);
	CHECK_INT(say(&s, USEC_SEC(1)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0); /* nothing was said */
	CHECK_INT(s.counts[STT_EV_FINAL], 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_INT(s.counts[STT_EV_FINAL], 2);
	CHECK_INT(s.utterance, 2);
	CHECK_STR(str_from(s.text), "");
	CHECK_INT(say(&s, USEC_SEC(2)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_INT(s.utterance, 3);
	CHECK_STR(str_from(s.text), "full 2.0");
	site_close(&s);
}

TEST(stt_local_bounds_what_waits)
{
	struct site s;
	int rc = 0, n = 0;

	REQUIRE(site_open(&s) == 0);
	for (; rc == 0; n++)
		rc = stt_finish(&s.u.stt, s.at);
	CHECK_INT(rc, -EBUSY);
	CHECK_INT(n - 1, STT_TAKES_WAITING_MAX);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_INT(s.counts[STT_EV_FINAL], STT_TAKES_WAITING_MAX);
	site_close(&s);
}

TEST(stt_local_makes_nothing_of_silence)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	CHECK_INT(feed(&s, USEC_SEC(3)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_INT(s.counts[STT_EV_FINAL], 1);
	CHECK_STR(str_from(s.text), "");
	CHECK_INT(s.fake.runs[HEARING_FULL] + s.fake.runs[HEARING_QUICK], 0);
	stt_speech(&s.u.stt, true, s.at); /* a detector that heard something where nothing is fed */
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_INT(s.counts[STT_EV_FINAL], 2);
	site_close(&s);
}

TEST(stt_local_says_nothing_of_what_was_cancelled)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	CHECK_INT(say(&s, USEC_SEC(1)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	stt_cancel(&s.u.stt);
	loop_advance(s.loop, USEC_SEC(1));
	CHECK_INT(s.counts[STT_EV_FINAL] + s.counts[STT_EV_LIKELY], 0);
	CHECK_INT(say(&s, USEC_SEC(2)), 0);
	stt_cancel(&s.u.stt); /* before the early reading */
	loop_advance(s.loop, USEC_SEC(1));
	CHECK_INT(s.counts[STT_EV_LIKELY], 0);
	CHECK_INT(say(&s, USEC_SEC(1)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_STR(str_from(s.text), "full 1.0");
	CHECK_INT(s.utterance, 4);
	site_close(&s);
}

TEST(stt_local_may_be_cancelled_or_closed_from_its_own_events)
{
	for (enum stt_event_type type = STT_EV_READY; type <= STT_EV_FINAL; type++) {
		struct site s;

		REQUIRE(site_open(&s) == 0);
		s.cancel_on = type;
		CHECK_INT(say(&s, USEC_SEC(1)), 0);
		CHECK_INT(feed(&s, USEC_MS(300)), 0);
		CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
		loop_advance(s.loop, USEC_MS(10));
		CHECK(s.counts[type] >= 1);
		site_close(&s);
	}
	for (enum stt_event_type type = STT_EV_LIKELY; type <= STT_EV_FINAL; type++) {
		struct site s;

		REQUIRE(site_open(&s) == 0);
		s.close_on = type;
		CHECK_INT(say(&s, USEC_SEC(1)), 0);
		if (type == STT_EV_FINAL)
			CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
		loop_advance(s.loop, USEC_SEC(1));
		CHECK_INT(s.counts[type], 1);
		CHECK(str_starts(str_from(s.text), STR("full 1.")));
		site_close(&s);
	}
}

TEST(stt_local_puts_long_speech_aside_in_parts)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	CHECK_INT(say(&s, USEC_SEC(50)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_INT(s.counts[STT_EV_FINAL], 1);
	CHECK_INT(s.fake.runs[HEARING_FULL], 3); /* two parts and the rest */
	CHECK(str_starts(str_from(s.text), STR("full ")));
	CHECK(str_find(str_from(s.text), STR(" full ")) < 20);
	site_close(&s);
}

TEST(stt_local_refuses_an_endless_monologue)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	stt_speech(&s.u.stt, true, s.at);
	CHECK_INT(feed(&s, TAKE_MONOLOGUE + USEC_SEC(60)), -ENOBUFS);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_INT(s.counts[STT_EV_FINAL], 1);
	site_close(&s);
}

TEST(stt_local_reports_an_engine_that_fails)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	s.fake.error = -EIO;
	CHECK_INT(say(&s, USEC_SEC(30)), 0); /* partials, a part: nobody needs to know */
	CHECK_INT(feed(&s, USEC_SEC(1)), 0);
	CHECK_INT(s.counts[STT_EV_FAULT], 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	loop_advance(s.loop, USEC_MS(1));
	CHECK_INT(s.counts[STT_EV_FAULT], 1);
	CHECK_INT(s.counts[STT_EV_FINAL], 0);
	CHECK_INT(s.fault, FAULT_PROTOCOL);
	site_close(&s);
}

TEST(stt_local_leaves_nothing_behind_when_closed_at_work)
{
	long blocks = mem_live();
	struct site s;

	REQUIRE(site_open(&s) == 0);
	CHECK_INT(say(&s, USEC_SEC(1)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	stt_speech(&s.u.stt, true, s.at);
	CHECK_INT(feed(&s, 0), 0);
	stt_close(&s.u.stt);
	site_close(&s);
	CHECK_INT(mem_live(), blocks);
}

/* A failed reading is a fault, and a feed that fails is refused: both end the story in good order. */
TEST_OOM(stt_local_survives_lack_of_memory)
{
	struct site s;
	int rc = site_open(&s);

	if (rc == 0)
		rc = say(&s, USEC_SEC(1));
	if (rc == 0)
		rc = stt_finish(&s.u.stt, s.at);
	if (rc == 0) {
		loop_advance(s.loop, USEC_MS(1));
		rc = s.counts[STT_EV_FINAL] == 1 ? 0 : -ENOMEM;
	}
	site_close(&s);
	return rc;
}

TEST(stt_local_reports_the_sound_it_was_fed)
{
	struct site s;

	REQUIRE(site_open(&s) == 0);
	CHECK_INT(say(&s, USEC_SEC(2)), 0);
	CHECK_INT(stt_finish(&s.u.stt, s.at), 0);
	CHECK_INT(s.heard[USAGE_DONE], USEC_SEC(2));
	CHECK_INT(say(&s, USEC_MS(500)), 0);
	stt_cancel(&s.u.stt);
	CHECK_INT(s.heard[USAGE_CANCELLED], USEC_MS(500));
	CHECK_INT(say(&s, USEC_MS(300)), 0);
	site_close(&s);
	CHECK_INT(s.heard[USAGE_CANCELLED], USEC_MS(800));
}
