/*
 * conceal.h - sound for a packet that never came
 *
 * Repeats the last pitch period of what was heard, softened where it wraps,
 * fading to silence within 60 ms; when sound returns it is blended in. This is
 * the idea of G.711 Appendix I without its 3.75 ms of delay, which a line to a
 * recogniser does not need to pay on every good packet. Mono, 8 kHz.
 *
 * Threads: one owner. Layer: media.
 */
#ifndef MEDIA_CONCEAL_H
#define MEDIA_CONCEAL_H

#include "base/def.h"

#define CONCEAL_PITCH_MIN 40  /* 200 Hz */
#define CONCEAL_PITCH_MAX 120 /* 66 Hz */
#define CONCEAL_WINDOW    160 /* what two periods are compared by */
#define CONCEAL_PAST      (CONCEAL_WINDOW + CONCEAL_PITCH_MAX)
#define CONCEAL_BLEND     40 /* 5 ms */

struct conceal {
	int16_t past[CONCEAL_PAST];
	int16_t period[CONCEAL_PITCH_MAX];
	uint32_t pitch, phase; /* of the period that is being repeated */
	uint32_t lost_samples; /* in a row; 0 = the last sound was real */
};

/* Real sound pcm[n] goes by; after a loss its beginning is blended, in place. */
void conceal_good(struct conceal *c, int16_t *pcm, size_t n);

/* Invents out[n]. */
void conceal_lost(struct conceal *c, int16_t *out, size_t n);

#endif
