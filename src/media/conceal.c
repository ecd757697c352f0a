#include "media/conceal.h"

#include <string.h>

#define HOLD_SAMPLES 80  /* 10 ms at full volume */
#define FADE_SAMPLES 400 /* then 50 ms down to nothing */

static void remember(struct conceal *c, const int16_t *pcm, size_t n)
{
	if (n > CONCEAL_PAST) {
		pcm += n - CONCEAL_PAST;
		n = CONCEAL_PAST;
	}
	memmove(c->past, c->past + n, (CONCEAL_PAST - n) * sizeof(*pcm));
	memcpy(c->past + CONCEAL_PAST - n, pcm, n * sizeof(*pcm));
}

/* Sums of CONCEAL_WINDOW products of 12 bit samples fit 32 bits. */
static int32_t dot(const int16_t *a, const int16_t *b)
{
	int32_t sum = 0;

	for (size_t i = 0; i < CONCEAL_WINDOW; i++)
		sum += a[i] * b[i];
	return sum;
}

/* The lag at which the newest window resembles an earlier one most: normalised correlation. */
static uint32_t find_pitch(const struct conceal *c)
{
	int16_t past[CONCEAL_PAST];
	const int16_t *new = past + CONCEAL_PAST - CONCEAL_WINDOW, *old;
	uint32_t best = CONCEAL_PITCH_MAX;
	float best_match = 0;

	for (size_t i = 0; i < CONCEAL_PAST; i++)
		past[i] = c->past[i] >> 4;
	for (uint32_t lag = CONCEAL_PITCH_MIN; lag <= CONCEAL_PITCH_MAX; lag++) {
		float cross, match;

		old = new - lag;
		cross = (float)dot(new, old);
		match = cross * cross / ((float)dot(old, old) + 1);
		if (cross > 0 && match > best_match) {
			best_match = match;
			best = lag;
		}
	}
	return best;
}

/* The last period, its end bent towards what came before its beginning, so that it can follow itself. */
static void take_period(struct conceal *c)
{
	const int16_t *end = c->past + CONCEAL_PAST;
	uint32_t bend;

	c->pitch = find_pitch(c);
	c->phase = 0;
	bend = c->pitch / 4;
	memcpy(c->period, end - c->pitch, c->pitch * sizeof(*end));
	for (uint32_t i = 0; i < bend; i++) {
		int32_t w = (int32_t)(i + 1), all = (int32_t)bend + 1;

		c->period[c->pitch - bend + i] =
			(int16_t)((end[-(ptrdiff_t)bend + i] * (all - w) +
				   end[-(ptrdiff_t)c->pitch - (ptrdiff_t)bend + i] * w) /
				  all);
	}
}

static int16_t next_sample(struct conceal *c)
{
	int32_t v = c->period[c->phase], gone = (int32_t)c->lost_samples - HOLD_SAMPLES;

	c->phase = c->phase + 1 < c->pitch ? c->phase + 1 : 0;
	c->lost_samples++;
	if (gone > 0)
		v = v * MAX(0, FADE_SAMPLES - gone) / FADE_SAMPLES;
	return (int16_t)v;
}

void conceal_lost(struct conceal *c, int16_t *out, size_t n)
{
	if (c->lost_samples == 0)
		take_period(c);
	for (size_t i = 0; i < n; i++)
		out[i] = next_sample(c);
	remember(c, out, n);
}

void conceal_good(struct conceal *c, int16_t *pcm, size_t n)
{
	int32_t blend = (int32_t)MIN(n, CONCEAL_BLEND);

	for (int32_t i = 0; i < blend && c->lost_samples > 0; i++)
		pcm[i] = (int16_t)((pcm[i] * (i + 1) + next_sample(c) * (blend - i)) / (blend + 1));
	c->lost_samples = 0;
	remember(c, pcm, n);
}
