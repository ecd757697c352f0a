/*
 * caller_sound.h - what a scripted caller sounds like on the line
 *
 * The words of all steps are rendered before the call is dialled, so that the
 * caller speaks when the script says and not when a voice is ready. During the
 * call frames are mixed: the caller's words, the noise of the place, and the
 * agent's voice coming back as an echo.
 *
 * Threads: the owner's only. Layer: app.
 */
#ifndef APP_REHEARSAL_CALLER_SOUND_H
#define APP_REHEARSAL_CALLER_SOUND_H

#include "app/rehearsal/rehearsal.h"
#include "base/rng.h"

#define CALLER_FRAME   160 /* samples: 20 ms at 8 kHz */
#define CALLER_AUDIBLE 180 /* louder is heard: -45 dB of full scale */

/* What a step says. */
struct caller_words {
	int16_t *pcm; /* 8 kHz */
	size_t samples, cap;
	size_t first, last; /* the audible part: [first, last) */
};

struct caller_sound {
	struct caller_words *words; /* [steps] */
	struct caller_words
		*instead; /* [steps]: when they are said again; without samples, or NULL = the same */
	size_t count;
	double noise; /* amplitude, 0 = none */
	struct rng rng;
	double pink[3];

	int16_t *echo; /* ring of what was received */
	size_t echo_size, echo_delay;
	uint64_t echo_written,
		echo_read; /* samples so far; the distance is the delay, give or take a late packet */
	double echo_gain;
};

/* Renders the steps of `r`. Blocks. Returns 0, -ENOMEM, -EIO or -EINVAL (voice). */
int caller_sound_init(struct caller_sound *s, const struct rehearsal *r, uint64_t seed) must_check;
void caller_sound_fini(struct caller_sound *s);

/* The words of a step for the first time (`again` 0), or again. */
const struct caller_words *caller_sound_words(const struct caller_sound *s, size_t step, unsigned again);

/* A frame that was received from the agent. */
void caller_sound_received(struct caller_sound *s, const int16_t *pcm);

/* Adds noise and echo to a frame of words (or of silence). */
void caller_sound_mix(struct caller_sound *s, int16_t *pcm);

/* Where in pcm[n] something audible begins and ends; both n when there is nothing. */
size_t caller_sound_first(const int16_t *pcm, size_t n);
size_t caller_sound_end(const int16_t *pcm, size_t n);

#endif
