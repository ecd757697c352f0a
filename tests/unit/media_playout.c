/* The paced queue: what is heard, how loud, and that nothing of a cut answer ever is. */
#include <stdlib.h>

#include "media/playout.h"
#include "test.h"

#define TICK 160

static struct playout p;
static int16_t out[TICK];
static struct playout_report reports[PLAYOUT_REPORTS_MAX];

/* A voice that says its own number, so that every sample tells where it comes from. */
static int say(uint32_t answer, size_t n)
{
	int16_t pcm[PLAYOUT_SAMPLES];

	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)(answer * 1000);
	return playout_push(&p, answer, pcm, n);
}

static size_t tick(void)
{
	return playout_pull(&p, out, TICK, reports);
}

TEST(playout_fades_in_and_counts_what_was_heard)
{
	playout_init(&p);
	CHECK_INT(tick(), 0);
	CHECK_INT(say(7, 400), 400);
	CHECK_INT(tick(), 1);
	CHECK_INT(out[0], 0);
	CHECK(out[20] > 3000 && out[20] < 4000);
	CHECK_INT(out[40], 7000);
	CHECK_INT(reports[0].answer, 7);
	CHECK_INT(reports[0].heard, TICK);
	CHECK_INT(tick(), 1);
	CHECK_INT(out[0], 7000);
	CHECK_INT(tick(), 1);
	CHECK_INT(reports[0].heard, 400);
	CHECK(out[79] == 7000 && out[80] < 7000 && out[100] > 0 && out[120] == 0);
	CHECK_INT(tick(), 0);
	CHECK_INT(p.heard, 400);
}

TEST(playout_leads_a_dry_voice_to_zero_across_ticks)
{
	playout_init(&p);
	CHECK_INT(say(1, TICK), TICK);
	tick();
	CHECK_INT(out[TICK - 1], 1000);
	CHECK_INT(tick(), 0);
	CHECK(out[0] > 900);
	for (size_t i = 1; i < TICK; i++)
		CHECK(out[i] <= out[i - 1]);
	CHECK_INT(out[PLAYOUT_FADE_SAMPLES - 1], 0);
}

TEST(playout_goes_from_answer_to_answer_without_a_gap)
{
	playout_init(&p);
	CHECK_INT(say(1, 200), 200);
	CHECK_INT(say(2, 200), 200);
	tick();
	CHECK_INT(tick(), 2);
	CHECK_INT(reports[0].answer, 1);
	CHECK_INT(reports[0].heard, 200);
	CHECK_INT(reports[1].answer, 2);
	CHECK_INT(reports[1].heard, 120);
	CHECK(out[39] == 1000 && out[40] == 2000);
}

TEST(playout_ducks_within_the_next_tick_and_comes_back)
{
	playout_init(&p);
	CHECK_INT(say(10, 4 * TICK), 4 * TICK);
	tick();
	playout_duck(&p, -20);
	tick();
	CHECK(abs(out[PLAYOUT_DUCK_SAMPLES] - 1000) <= 1);
	for (size_t i = 1; i < TICK; i++)
		CHECK(out[i] <= out[i - 1] && out[i - 1] - out[i] < 150);
	playout_duck(&p, 0);
	tick();
	CHECK_INT(out[PLAYOUT_DUCK_SAMPLES], 10000);
	tick();
	CHECK_INT(out[0], 10000);
}

TEST(playout_cuts_within_five_ms_and_for_good)
{
	playout_init(&p);
	CHECK_INT(say(4, 1000), 1000);
	tick();
	playout_cut(&p, 4);
	CHECK_INT(tick(), 0);
	CHECK(out[0] > 3800 && out[PLAYOUT_FADE_SAMPLES - 1] == 0 && out[TICK - 1] == 0);
	CHECK_INT(p.heard, TICK);
	CHECK_INT(say(4, 100), -ECANCELED);
	CHECK_INT(say(3, 100), -ECANCELED);
	CHECK_INT(playout_room(&p), PLAYOUT_SAMPLES);
	CHECK_INT(say(5, 100), 100);
}

TEST(playout_cut_leaves_the_next_answer_alone)
{
	playout_init(&p);
	CHECK_INT(say(1, 300), 300);
	CHECK_INT(say(2, 300), 300);
	tick();
	playout_cut(&p, 1);
	CHECK_INT(tick(), 1);
	CHECK_INT(reports[0].answer, 2);
	CHECK_INT(out[PLAYOUT_FADE_SAMPLES], 2000);
	playout_cut(&p, 1); /* late, and harmless */
	tick();
	CHECK_INT(p.heard, 300);
}

TEST(playout_takes_what_fits)
{
	playout_init(&p);
	CHECK_INT(say(1, PLAYOUT_SAMPLES), PLAYOUT_SAMPLES);
	CHECK_INT(say(1, 1), 0);
	tick();
	CHECK_INT(say(1, 1000), TICK);
	playout_init(&p);
	for (uint32_t i = 1; i <= PLAYOUT_SPANS; i++)
		CHECK_INT(say(i, 1), 1);
	CHECK_INT(say(99, 1), 0);
	CHECK_INT(tick(), PLAYOUT_SPANS);
}

static uint32_t state = 1;

static uint32_t dice(uint32_t n)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % n;
}

/* Whatever is done in whatever order: samples are those of answers that were not cut (but for 5 ms after a
 * cut), are heard in order, and the counts add up. */
TEST(playout_never_plays_what_was_cut)
{
	uint32_t newest = 1, cut = 0, heard = 0;

	playout_init(&p);
	for (unsigned round = 0; round < 20000; round++) {
		size_t n;

		newest += dice(40) == 0 && newest < 30;
		if (dice(3) == 0)
			CHECK((say(newest, dice(700)) == -ECANCELED) == (newest <= cut));
		if (dice(50) == 0) {
			uint32_t to = newest - dice(2);

			cut = MAX(cut, to);
			playout_cut(&p, cut);
			CHECK(p.span_count == 0 || p.spans[p.span_head].answer > cut);
		}
		if (newest == 30 && dice(20) == 0) {
			playout_init(&p);
			newest = 1;
			cut = heard = 0;
		}
		n = tick();
		for (size_t i = 0; i < n; i++)
			CHECK(reports[i].answer > cut);
		for (size_t i = PLAYOUT_FADE_SAMPLES; i < TICK && n > 0; i++)
			CHECK(out[i] <= (int16_t)(newest * 1000));
		for (size_t i = PLAYOUT_FADE_SAMPLES; i < TICK && n == 0; i++)
			CHECK_INT(out[i], 0);
		CHECK(p.answer >= heard);
		heard = p.answer;
		CHECK_INT(playout_room(&p) + p.queued, PLAYOUT_SAMPLES);
	}
}
