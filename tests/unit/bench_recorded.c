/* Where a phrase was lowered and cut, found by comparing it with itself undisturbed. */
#include "bench/recorded.h"
#include "test.h"

#define SAMPLES 16000

static int16_t whole[SAMPLES], heard[SAMPLES];

/* A tone with a pause of half a second in its middle, as speech has them. */
static struct recorded_phrase make_phrase(void)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		bool pause = i >= 6000 && i < 10000;

		whole[i] = pause ? 0 : i % 16 < 8 ? 4000 : -4000;
		heard[i] = whole[i];
	}
	return (struct recorded_phrase){whole, SAMPLES, heard, SAMPLES};
}

TEST(recorded_finds_where_a_phrase_was_lowered)
{
	struct recorded_phrase p = make_phrase();

	CHECK_INT(recorded_full_until(&p, 2000), SAMPLES);
	for (size_t i = 3200; i < SAMPLES; i++)
		heard[i] = (int16_t)(heard[i] / 6);
	CHECK_INT(recorded_full_until(&p, 2000), 3200);
	CHECK_INT(recorded_heard_until(&p, 2000), SAMPLES);
}

TEST(recorded_finds_where_a_phrase_was_cut_and_takes_no_pause_for_it)
{
	struct recorded_phrase p = make_phrase();

	for (size_t i = 12000; i < SAMPLES; i++)
		heard[i] = 0;
	CHECK_INT(recorded_heard_until(&p, 4000), 12000);
	p.heard_n = 9000; /* interrupted in its pause: the voice was heard up to that */
	CHECK_INT(recorded_heard_until(&p, 4000), 6000);
	CHECK_INT(recorded_heard_until(&p, 7000), 7000);
}

TEST(recorded_place_finds_a_phrase_again_that_a_stall_has_moved)
{
	struct recorded_phrase p = make_phrase();
	uint32_t noise = 1;

	for (size_t i = 0; i < SAMPLES; i++) {
		noise = noise * 1664525 + 1013904223;
		whole[i] = (int16_t)(noise >> 20);
		heard[i] = i < 4000 ? whole[i] : i < 4160 ? 0 : whole[i - 160];
	}
	CHECK_INT(recorded_place(&p, 3000), 3000);
	CHECK_INT(recorded_place(&p, 12000), 11840);
	for (size_t i = 0; i < SAMPLES; i++)
		heard[i] = (int16_t)(i % 7);
	CHECK(recorded_place(&p, 12000) == SIZE_MAX);
}

TEST(recorded_first_is_the_end_when_nothing_is_audible)
{
	(void)make_phrase();
	CHECK_INT(recorded_first(whole, 0, SAMPLES), 0);
	CHECK_INT(recorded_first(whole, 6000, SAMPLES), 10000);
	CHECK_INT(recorded_first(whole, 6000, 9000), 9000);
	CHECK_INT(recorded_first(whole, 9000, 9000), 9000);
}
