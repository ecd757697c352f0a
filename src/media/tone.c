#include "media/tone.h"

#include <math.h>

static void wave_init(struct tone_wave *w, uint32_t rate_hz, double hz, double amplitude)
{
	double angle = 2 * M_PI * hz / rate_hz;

	*w = (struct tone_wave){
		.re = 1, .turn_re = cos(angle), .turn_im = sin(angle), .amplitude = amplitude};
}

void tone_init(struct tone *t, uint32_t rate_hz, double first_hz, double second_hz, double amplitude)
{
	wave_init(&t->waves[0], rate_hz, first_hz, amplitude);
	wave_init(&t->waves[1], rate_hz, second_hz, second_hz > 0 ? amplitude : 0);
}

static double step(struct tone_wave *w)
{
	double value = w->amplitude * w->im, re = w->re * w->turn_re - w->im * w->turn_im;

	w->im = w->re * w->turn_im + w->im * w->turn_re;
	w->re = re;
	return value;
}

/* Rounding makes the circle creep; once a call it is put back on its radius. */
static void settle(struct tone_wave *w)
{
	double radius = hypot(w->re, w->im);

	w->re /= radius;
	w->im /= radius;
}

void tone_pull(struct tone *t, int16_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double v = step(&t->waves[0]) + step(&t->waves[1]);

		out[i] = (int16_t)lrint(CLAMP(v, INT16_MIN, INT16_MAX));
	}
	settle(&t->waves[0]);
	settle(&t->waves[1]);
}
