/*
 * tone.h - one or two sine waves
 *
 * For ringback, beeps and tests. The waves go on without a seam from call to
 * call.
 *
 * Threads: one owner. Layer: media.
 */
#ifndef MEDIA_TONE_H
#define MEDIA_TONE_H

#include "base/def.h"

struct tone_wave {
	double re, im, turn_re, turn_im; /* a point on the circle, and one sample's turn */
	double amplitude;
};

struct tone {
	struct tone_wave waves[2];
};

/* Frequencies in Hz (second_hz 0 = one wave only), amplitude of each wave 0..32767; two add up. */
void tone_init(struct tone *t, uint32_t rate_hz, double first_hz, double second_hz, double amplitude);

/* The next n samples, clipped. */
void tone_pull(struct tone *t, int16_t *out, size_t n);

#endif
