#include "provider/stt/utterance.h"

#include "base/mem.h"
#include "test.h"

#define FRAME 160

/* Frames of 20 ms whose samples are all `value`. */
static void feed(struct utterance *u, usec *at, int frames, int16_t value)
{
	int16_t pcm[FRAME];

	for (size_t i = 0; i < FRAME; i++)
		pcm[i] = value;
	for (int i = 0; i < frames; i++, *at += USEC_MS(20))
		CHECK_INT(utterance_feed(u, *at, pcm, FRAME), 0);
}

static size_t count(const struct utterance *u, int16_t value)
{
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++)
		n += u->pcm[i] == value;
	return n;
}

TEST(utterance_keeps_little_of_a_silence_before_speech)
{
	struct utterance u = {0};
	usec at = USEC_SEC(7);

	feed(&u, &at, 500, 1);
	CHECK_INT(u.n, utterance_samples(UTTERANCE_FLOAT));
	CHECK_INT(u.firm, 0);
	CHECK(!u.spoken);
	CHECK_INT(u.end, at);
	utterance_fini(&u);
}

TEST(utterance_begins_before_a_voice_that_was_heard_late)
{
	struct utterance u = {0};
	usec at = USEC_SEC(7), began;

	feed(&u, &at, 100, 1);
	began = at;
	feed(&u, &at, 5, 2); /* 100 ms until the detector is sure */
	utterance_speech(&u, true, began);
	CHECK_INT(count(&u, 1), 2400);
	CHECK_INT(count(&u, 2), 5 * FRAME);
	CHECK_INT(u.firm, u.n);
	utterance_fini(&u);
}

TEST(utterance_keeps_short_pauses_and_shortens_long_ones)
{
	struct utterance u = {0};
	usec at = USEC_SEC(7);

	utterance_speech(&u, true, at);
	feed(&u, &at, 10, 2);
	utterance_speech(&u, false, at);
	feed(&u, &at, 10, 3); /* 200 ms */
	utterance_speech(&u, true, at);
	CHECK_INT(count(&u, 3), 10 * FRAME);
	feed(&u, &at, 10, 2);
	utterance_speech(&u, false, at);
	feed(&u, &at, 250, 4); /* 5 s */
	utterance_speech(&u, true, at);
	CHECK_INT(count(&u, 2), 20 * FRAME);
	CHECK_INT(count(&u, 4), utterance_samples(UTTERANCE_BEFORE + UTTERANCE_BEHIND));
	utterance_fini(&u);
}

TEST(utterance_ends_where_the_detector_says)
{
	struct utterance u = {0};
	usec at = USEC_SEC(7), ended;

	utterance_speech(&u, true, at);
	feed(&u, &at, 10, 2);
	ended = at;
	feed(&u, &at, 15, 3); /* 300 ms until the detector is sure */
	utterance_speech(&u, false, ended);
	feed(&u, &at, 15, 3);
	CHECK_INT(u.firm, 10 * FRAME + utterance_samples(UTTERANCE_BEHIND));
	utterance_fini(&u);
}

TEST(utterance_parts_words_where_a_gate_left_silence_out)
{
	struct utterance u = {0};
	usec at = USEC_SEC(7);

	utterance_speech(&u, true, at);
	feed(&u, &at, 10, 2);
	at += USEC_SEC(3);
	feed(&u, &at, 10, 2);
	CHECK_INT(count(&u, 0), 1600);
	CHECK_INT(u.end, at);
	at += USEC_MS(30); /* jitter */
	feed(&u, &at, 10, 2);
	CHECK_INT(count(&u, 0), 1600);
	utterance_fini(&u);
}

TEST(utterance_is_bounded)
{
	static int16_t pcm[UTTERANCE_RATE_HZ];
	struct utterance u = {0};
	usec at = USEC_SEC(7);
	int rc = 0;

	utterance_speech(&u, true, at);
	for (int i = 0; i < 100 && rc == 0; i++, at += USEC_SEC(1))
		rc = utterance_feed(&u, at, pcm, ARRAY_LEN(pcm));
	CHECK_INT(rc, -ENOBUFS);
	CHECK_INT(u.n, UTTERANCE_MAX);
	utterance_settle(&u, 10 * UTTERANCE_RATE_HZ);
	CHECK_INT(utterance_feed(&u, at, pcm, ARRAY_LEN(pcm)), 0);
	CHECK_INT(u.firm, u.n);
	utterance_fini(&u);
}

TEST_OOM(utterance_survives_lack_of_memory)
{
	int16_t pcm[FRAME] = {0};
	struct utterance u = {0};
	int rc = utterance_feed(&u, 1, pcm, FRAME);

	utterance_fini(&u);
	return rc;
}
