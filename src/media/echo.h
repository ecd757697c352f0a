/*
 * echo.h - is it our own voice that comes back?
 *
 * Cancels nothing: it only judges. It remembers how loud we were over the last
 * half second, finds the delay at which the loudness of the line follows ours
 * best, learns how much weaker it is, and then calls a frame echo when our own
 * voice, so delayed and weakened, explains its loudness. A caller who talks
 * over it is louder than that. Until a delay is found the judgement is careful:
 * anything 14 dB below our loudest moment of the last half second may be echo,
 * unless the line has shown, by staying quieter while we spoke, that it returns
 * less than that.
 *
 * Threads: one owner. Layer: media.
 */
#ifndef MEDIA_ECHO_H
#define MEDIA_ECHO_H

#include <stdbool.h>

#include "base/def.h"

#define ECHO_STEP_SAMPLES 80 /* 10 ms at 8 kHz: the resolution of the delay */
#define ECHO_LAGS         56 /* 0 to 550 ms */
#define ECHO_PAST         64
#define ECHO_LEAKS        8

struct echo {
	/* The newest far step lies at far_at, older ones above; each twice, so that any stretch is in one
	 * piece. */
	float far[2 * ECHO_PAST];    /* loudness in dB */
	float far_ac[2 * ECHO_PAST]; /* the same without its slow mean */
	float peak;                  /* loudest of the last ECHO_LAGS steps */
	uint32_t far_at;
	uint32_t behind; /* steps that the near step in hand is older than the newest far one */
	float far_mean, near_mean;
	float cross[ECHO_LAGS], near_power, far_power; /* decaying sums */
	uint32_t learned;                              /* steps while we were audible */
	int lag;                                       /* -1 = not known */
	/* The most that came back of our loudest moment, by quarters of a second of our voice. The newest two
	 * teach nothing yet: what is said in them may be the caller's. */
	float leak_db[ECHO_LEAKS];
	uint32_t leak_steps;
	float coupling_db; /* how much louder the line is than we were `lag` earlier */
};

void echo_init(struct echo *e);

/* What goes out now: pcm[n], n a multiple of ECHO_STEP_SAMPLES. */
void echo_far(struct echo *e, const int16_t *pcm, size_t n);

/* What comes in now. Returns whether our own voice explains it; false while we are silent. */
bool echo_near(struct echo *e, const int16_t *pcm, size_t n);

#endif
