/*
 * utterance.h - the audio of one utterance, without its silence
 *
 * Collects what a recogniser should hear: from 300 ms before the detector heard
 * a voice (it needs a moment to be sure), through the caller's words and the
 * short pauses between them, to 400 ms behind the last. Longer silence is left
 * out, and so is what was never fed because a gate was closed.
 *
 *   silence      speech        silence         speech
 *   ------[300ms|..............|400ms]----[300ms|......|400ms]---
 *
 * Threads: the owner's only. Layer: provider.
 */
#ifndef PROVIDER_STT_UTTERANCE_H
#define PROVIDER_STT_UTTERANCE_H

#include <stdbool.h>

#include "base/def.h"

#define UTTERANCE_RATE_HZ 8000
#define UTTERANCE_BEFORE  USEC_MS(300)
#define UTTERANCE_BEHIND  USEC_MS(400)
#define UTTERANCE_FLOAT   USEC_MS(800) /* silence kept in case it turns out to be the start of speech */
#define UTTERANCE_MAX     (60 * UTTERANCE_RATE_HZ) /* samples at once */

struct utterance {
	int16_t *pcm;
	size_t n, cap;
	size_t firm;   /* the first of n that stay; the others are silence that may yet be dropped */
	size_t behind; /* silence still to be kept, samples */
	usec end;      /* time behind the last sample; 0 = nothing was fed */
	bool speaking;
	bool spoken; /* somebody has spoken at all */
};

/* All zero is an empty utterance. */
void utterance_fini(struct utterance *u);

/* pcm[n] whose first sample is of time `at`. Returns 0, -ENOBUFS when it is full, -ENOMEM. */
int utterance_feed(struct utterance *u, usec at, const int16_t *pcm, size_t n) must_check;

/* The detector's word, which may come late: `at` is when speech began or ended. */
void utterance_speech(struct utterance *u, bool speaking, usec at);

/* Drops the first n (<= u->firm) samples: their text is known. */
void utterance_settle(struct utterance *u, size_t n);

/* Where to end the first part of pcm[samples] for a reader that takes `most` at once: `samples` when that is
 * not too long, else the quietest point of the second half of `most`. */
size_t utterance_part(const int16_t *pcm, size_t samples, size_t most);

static inline usec utterance_span(size_t samples)
{
	return (usec)samples * USEC_SEC(1) / UTTERANCE_RATE_HZ;
}

static inline size_t utterance_samples(usec span)
{
	return span <= 0 ? 0 : (size_t)(span * UTTERANCE_RATE_HZ / USEC_SEC(1));
}

#endif
