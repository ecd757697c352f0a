/* The recorder's timeline: both sides where they belong, whatever clocks and packets do. */
#include <stdlib.h>

#include "media/recorder.h"
#include "test.h"

#define TICK    160
#define TICK_US USEC_MS(20)

/* What the recorder has made final, as samples of both sides. */
struct tape {
	uint64_t frames;
	int64_t near_at, far_at; /* where the last click of each side was */
	int64_t worst;           /* between two clicks that belong together */
	unsigned pairs;
};

static void take(struct tape *t, uint64_t frame, int16_t near, int16_t far)
{
	if (near > 8000 && (int64_t)frame - t->near_at > 100)
		t->near_at = (int64_t)frame;
	if (far > 8000 && (int64_t)frame - t->far_at > 100)
		t->far_at = (int64_t)frame;
	if ((near > 8000 || far > 8000) && llabs(t->near_at - t->far_at) < 2000) {
		t->worst = MAX(t->worst, llabs(t->near_at - t->far_at));
		t->pairs++;
	}
}

static void drain(struct recorder *r, struct tape *t)
{
	struct recorder_block b;

	while (recorder_peek(r, &b)) {
		CHECK_INT(b.frame, t->frames);
		for (size_t i = 0; i < RECORDER_BLOCK; i++) {
			const uint8_t *p = b.bytes + 4 * i;

			take(t, b.frame + i, (int16_t)(p[0] | p[1] << 8), (int16_t)(p[2] | p[3] << 8));
		}
		t->frames += RECORDER_BLOCK;
		recorder_release(r);
	}
}

/* Both sides click once a second of our clock. The remote counts its samples by a clock that is `ppm` too
 * fast, packets take up to `jitter` longer. */
static struct tape record(int ppm, usec jitter, usec length)
{
	struct tape t = {.near_at = -9999, .far_at = -9999};
	struct recorder *r;
	uint32_t timestamp = 0xffff0000u, state = 5;
	double remote_frame = 20000.0 * 1000000 / (1000000 + ppm), next_near = 7000;

	CHECK_INT(recorder_new(RECORDER_PCM16, &r), 0);
	for (usec now = 0; now < length; now += TICK_US) {
		int16_t far[TICK] = {0};

		if (now % USEC_SEC(1) == 0)
			far[0] = 20000;
		recorder_far(r, now, far, TICK);
		while (next_near < (double)(now + TICK_US)) {
			int16_t near[TICK] = {0};
			double begin = next_near - remote_frame;
			int64_t second = (int64_t)(next_near / 1000000);

			state = state * 1664525u + 1013904223u;
			/* the sample that was spoken on the full second */
			if ((double)second * 1000000 > begin && second > 0)
				near[(size_t)(((double)second * 1000000 - begin) * TICK / remote_frame) %
				     TICK] = 20000;
			recorder_near(r, (usec)next_near + (jitter ? (usec)(state >> 8) % jitter : 0),
				      timestamp, near, TICK);
			timestamp += TICK;
			next_near += remote_frame;
		}
		drain(r, &t);
	}
	recorder_finish(r);
	drain(r, &t);
	CHECK_INT(t.frames, length / 1000 * 8);
	CHECK_INT(recorder_lost(r), 0);
	recorder_free(r);
	return t;
}

TEST(recorder_keeps_both_sides_together_for_an_hour_of_drift)
{
	static const struct {
		int ppm;
		usec jitter, length;
	} rows[] = {
		{100, 0, USEC_SEC(3600)},
		{-100, USEC_MS(30), USEC_SEC(3600)},
		{0, USEC_MS(80), USEC_SEC(120)},
		{500, USEC_MS(10), USEC_SEC(600)},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tape t = record(rows[i].ppm, rows[i].jitter, rows[i].length);

		/* now and then the click is the very sample that the drift swallows */
		CHECK(t.pairs >= rows[i].length / USEC_SEC(1) * 99 / 100);
		CHECK(t.worst <= 20 * 8);
	}
}

TEST(recorder_leaves_silence_where_nothing_came)
{
	struct recorder *r;
	struct recorder_block b;
	int16_t loud[TICK], far[TICK] = {0};
	unsigned silent = 0, blocks = 0;

	for (size_t i = 0; i < TICK; i++)
		loud[i] = 9000;
	CHECK_INT(recorder_new(RECORDER_ULAW, &r), 0);
	recorder_near(r, 0, 0, loud, TICK); /* before the first tick: there is no place for it */
	for (uint32_t i = 0; i < 50; i++) {
		recorder_far(r, i * TICK_US, far, TICK);
		if (i < 10 || i >= 30)
			recorder_near(r, i * TICK_US + 20000, i * TICK, loud, TICK);
	}
	recorder_finish(r);
	for (; recorder_peek(r, &b); blocks++, recorder_release(r)) {
		CHECK_INT(b.n, 2 * TICK);
		silent += b.bytes[0] == 0xff;
		CHECK_INT(b.bytes[1], 0xff);
	}
	CHECK_INT(blocks, 50);
	CHECK_INT(silent, 20);
	recorder_free(r);
}

TEST(recorder_follows_a_clock_that_starts_anew)
{
	struct recorder *r;
	struct recorder_block b;
	int16_t loud[TICK], far[TICK] = {0};
	unsigned silent = 0;

	for (size_t i = 0; i < TICK; i++)
		loud[i] = 9000;
	CHECK_INT(recorder_new(RECORDER_ULAW, &r), 0);
	for (uint32_t i = 0; i < 100; i++) {
		recorder_far(r, i * TICK_US, far, TICK);
		recorder_near(r, i * TICK_US + 20000, (i < 50 ? 900000 : 3) + i * TICK, loud, TICK);
	}
	recorder_finish(r);
	for (; recorder_peek(r, &b); recorder_release(r))
		silent += b.bytes[0] == 0xff;
	CHECK_INT(silent, 0);
	recorder_free(r);
}

TEST(recorder_says_where_it_lost_blocks)
{
	struct recorder *r;
	struct recorder_block b;
	int16_t far[TICK] = {0};
	uint64_t last = 0;

	CHECK_INT(recorder_new(RECORDER_ULAW, &r), 0);
	for (uint32_t i = 0; i < 400; i++)
		recorder_far(r, i * TICK_US, far, TICK);
	CHECK(recorder_lost(r) > 0);
	while (recorder_peek(r, &b)) {
		last = b.frame;
		recorder_release(r);
	}
	recorder_far(r, 400 * TICK_US, far, TICK);
	REQUIRE(recorder_peek(r, &b));
	CHECK(b.frame > last + TICK);
	recorder_free(r);
}

TEST_OOM(recorder_survives_no_memory)
{
	struct recorder *r = NULL;
	int rc = recorder_new(RECORDER_ULAW, &r);

	recorder_free(r);
	return rc;
}
