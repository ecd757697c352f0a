/* The energy gate and the judgement of echo, on sounds made by rule. */
#include <math.h>
#include <stdlib.h>

#include "media/echo.h"
#include "media/gate.h"
#include "media/tone.h"
#include "test.h"

#define TICK 160

static uint32_t state = 1;

/* White noise between -1 and 1. */
static double noise(void)
{
	state = state * 1664525u + 1013904223u;
	return (double)(int32_t)state / 2147483648.0;
}

static double gain(double db)
{
	return pow(10, db / 20);
}

/* `db` is the level of the frame against full scale. */
static void noise_frame(int16_t *pcm, double db)
{
	for (size_t i = 0; i < TICK; i++)
		pcm[i] = (int16_t)lrint(noise() * sqrt(3) * 32768 * gain(db));
}

/* Something like speech: a buzz in syllables of varied length and loudness. Sample `at` of it, full scale 1.
 */
static double speech(uint32_t seed, size_t at)
{
	double t = (double)at / 8000, syllable = t * 3.7 + seed * 0.37;
	uint32_t word = ((uint32_t)syllable + seed) * 2654435761u;
	double loud = word % 8 < 5 ? 0.3 + (double)(word >> 8 & 255) / 360 : 0;
	double envelope = sin(M_PI * (syllable - floor(syllable)));

	return loud * envelope * (sin(2 * M_PI * 140 * t) + 0.5 * sin(2 * M_PI * 700 * t)) / 1.5;
}

TEST(gate_stays_shut_on_noise_and_silence)
{
	static const double levels[] = {-200, -65, -60, -55, -53};

	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		struct gate g;
		int16_t pcm[TICK];

		gate_init(&g);
		for (int frame = 0; frame < 3000; frame++) {
			noise_frame(pcm, levels[i]);
			CHECK(!gate_frame(&g, pcm, TICK));
		}
	}
}

TEST(gate_opens_in_one_frame_and_hangs_over)
{
	static const double floors[] = {-200, -60, -50, -45};

	for (size_t i = 0; i < ARRAY_LEN(floors); i++) {
		struct gate g;
		int16_t pcm[TICK];
		int open = 0;

		gate_init(&g);
		for (int frame = 0; frame < 1500; frame++) {
			noise_frame(pcm, floors[i]);
			gate_frame(&g, pcm, TICK);
		}
		CHECK(!g.open);
		noise_frame(pcm, -35);
		CHECK(gate_frame(&g, pcm, TICK));
		for (; g.open && open < 100; open++) {
			noise_frame(pcm, floors[i]);
			gate_frame(&g, pcm, TICK);
		}
		CHECK_INT(open, GATE_HANGOVER_FRAMES);
	}
}

TEST(gate_shuts_on_noise_that_sets_in_and_stays)
{
	struct gate g;
	int16_t pcm[TICK];
	int open = 0;

	gate_init(&g);
	for (int frame = 0; frame < 1500; frame++) {
		noise_frame(pcm, -40);
		open += gate_frame(&g, pcm, TICK);
	}
	CHECK(open > 50 && open < 1000);
	CHECK(!g.open);
	noise_frame(pcm, -25);
	CHECK(gate_frame(&g, pcm, TICK));
}

TEST(gate_stays_open_through_a_long_sentence)
{
	struct gate g;
	int16_t pcm[TICK];
	int shut = 0;

	gate_init(&g);
	for (size_t frame = 0; frame < 1500; frame++) {
		for (size_t i = 0; i < TICK; i++)
			pcm[i] = (int16_t)lrint(10000 * speech(3, frame * TICK + i) + 30 * noise());
		shut += frame > 25 && !gate_frame(&g, pcm, TICK);
	}
	CHECK(shut < 750); /* pauses of the rule's syllables */
}

/* ---- echo ---- */

struct scene {
	double echo_db; /* of our voice in the line; -200 = none */
	size_t delay;   /* samples */
	double caller_db;
	size_t caller_from, caller_to; /* frames */
	size_t far_to;                 /* we speak up to this frame */
	double noise_db;
};

struct verdicts {
	int echo_as_caller, caller_as_echo, caller, echo;
	int lag;
};

static int16_t line_out(size_t at, const struct scene *s)
{
	return at / TICK < s->far_to ? (int16_t)lrint(12000 * speech(1, at)) : 0;
}

/* Frames louder than the noise are judged once the delay could be known. */
static struct verdicts play(const struct scene *s, size_t frames, size_t judge_from)
{
	struct verdicts v = {0};
	struct echo e;

	echo_init(&e);
	for (size_t frame = 0; frame < frames; frame++) {
		bool speaking = frame >= s->caller_from && frame < s->caller_to, echo;
		int16_t far[TICK], near[TICK];

		for (size_t i = 0; i < TICK; i++) {
			size_t at = frame * TICK + i;
			double in = noise() * sqrt(3) * 32768 * gain(s->noise_db);

			far[i] = line_out(at, s);
			if (at >= s->delay)
				in += line_out(at - s->delay, s) * gain(s->echo_db);
			if (speaking)
				in += 32768 * gain(s->caller_db) * speech(77, at) * 2.5;
			near[i] = (int16_t)lrint(CLAMP(in, -32768, 32767));
		}
		echo_far(&e, far, TICK);
		echo = echo_near(&e, near, TICK);
		if (frame < judge_from || gate_energy(near, TICK) < 20000)
			continue;
		v.caller += speaking;
		v.echo += !speaking;
		v.caller_as_echo += speaking && echo;
		v.echo_as_caller += !speaking && !echo;
	}
	v.lag = e.lag;
	return v;
}

TEST(echo_of_our_voice_is_not_the_caller)
{
	static const struct {
		double db;
		unsigned delay_ms;
	} rows[] = {{-20, 150}, {-12, 60}, {-8, 300}, {-20, 480}, {-25, 20}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene s = {.echo_db = rows[i].db,
				  .delay = rows[i].delay_ms * 8,
				  .far_to = 1000,
				  .noise_db = -65};
		struct verdicts v = play(&s, 1000, 150);

		CHECK(v.echo > 100);
		CHECK(v.echo_as_caller <= v.echo / 50);
		CHECK(abs(v.lag * 10 - (int)rows[i].delay_ms) <= 20);
	}
}

TEST(echo_before_it_is_known_is_given_the_benefit_of_the_doubt)
{
	struct scene s = {.echo_db = -20, .delay = 1200, .far_to = 100, .noise_db = -65};
	struct verdicts v = play(&s, 100, 0);

	CHECK(v.echo > 5);
	CHECK(v.echo_as_caller <= 1);
}

TEST(echo_does_not_hide_a_caller_who_talks_over_it)
{
	struct scene s = {.echo_db = -20,
			  .delay = 1200,
			  .far_to = 1000,
			  .noise_db = -65,
			  .caller_db = -20,
			  .caller_from = 400,
			  .caller_to = 600};
	struct verdicts v = play(&s, 1000, 150);

	CHECK(v.caller > 80);
	CHECK(v.caller_as_echo < v.caller / 4); /* the soft ends of syllables */
	CHECK(v.echo_as_caller <= v.echo / 20);
	s.caller_from = 20; /* at once, when nothing is known yet */
	s.caller_to = 100;
	v = play(&s, 100, 0);
	CHECK(v.caller > 20);
	CHECK(v.caller_as_echo < v.caller / 2);
}

/* Pauses in our own voice leave the gate open for a while; whoever says nothing then is not the caller. */
TEST(echo_of_a_line_without_any_excuses_nobody)
{
	struct echo e;
	int16_t far[TICK], soft[TICK], quiet[TICK] = {0};
	int told = 0;

	for (int i = 0; i < TICK; i++) {
		far[i] = i / 8 % 2 ? 8000 : -8000;
		soft[i] = (int16_t)(far[i] / 8); /* 18 dB below us */
	}
	echo_init(&e);
	for (int frame = 0; frame < 10; frame++) {
		echo_far(&e, far, TICK);
		told += echo_near(&e, quiet, TICK);
	}
	CHECK(echo_near(&e, soft, TICK)); /* it may be echo: we have hardly spoken */
	for (int frame = 0; frame < 150; frame++) {
		echo_far(&e, far, TICK);
		told += echo_near(&e, quiet, TICK);
	}
	CHECK_INT(told, 160);
	CHECK(!echo_near(&e, soft, TICK));
}

TEST(echo_excuses_silence_while_we_speak)
{
	int16_t far[TICK], near[TICK] = {0};
	struct echo e;

	echo_init(&e);
	for (size_t i = 0; i < TICK; i++)
		far[i] = (int16_t)(i % 20 * 1000 - 10000);
	echo_far(&e, far, TICK);
	CHECK(echo_near(&e, near, TICK));
	CHECK(!echo_near(&e, far, TICK));
}

TEST(echo_is_nothing_while_we_are_silent)
{
	struct scene s = {.echo_db = -20,
			  .delay = 1200,
			  .far_to = 0,
			  .noise_db = -65,
			  .caller_db = -25,
			  .caller_from = 0,
			  .caller_to = 400};
	struct verdicts v = play(&s, 400, 0);

	CHECK(v.caller > 100);
	CHECK_INT(v.caller_as_echo, 0);
	s.echo_db = -200; /* we speak, no echo comes back, the caller answers */
	s.far_to = 400;
	v = play(&s, 400, 0);
	CHECK(v.caller_as_echo < v.caller / 2);
}

TEST(tone_is_a_sine_of_the_right_height)
{
	struct tone t;
	int16_t pcm[800];
	int crossings = 0, peak = 0;

	tone_init(&t, 8000, 440, 0, 10000);
	for (int part = 0; part < 10; part++) {
		tone_pull(&t, pcm, 800);
		for (size_t i = 1; i < 800; i++) {
			crossings += pcm[i - 1] < 0 && pcm[i] >= 0;
			peak = MAX(peak, pcm[i]);
		}
	}
	CHECK(abs(crossings - 440) <= 10); /* those on a seam are not counted */
	CHECK(abs(peak - 10000) <= 10);
}
