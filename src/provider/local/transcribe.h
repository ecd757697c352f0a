/*
 * transcribe.h - telephone audio of any length to text
 *
 * What stands between a caller's utterance and a model that wants up to 20 s
 * at 16 kHz: the audio is doubled in rate, cut at its quietest points where it
 * is too long, and the texts of the parts are joined.
 *
 * Threads: any number at once. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_TRANSCRIBE_H
#define PROVIDER_LOCAL_TRANSCRIBE_H

#include <stdatomic.h>

#include "base/buf.h"

#define TRANSCRIBE_RATE_HZ     8000
#define TRANSCRIBE_PART_MAX    (20 * TRANSCRIBE_RATE_HZ)
#define TRANSCRIBE_SAMPLES_MAX (180 * TRANSCRIBE_RATE_HZ) /* three minutes in one breath */

struct moonshine;
struct ort_error;
struct pieces;

struct transcribe {
	struct moonshine *model;
	const struct pieces *pieces;
	const atomic_bool *stop; /* abandons the work when set; may be NULL */
	struct ort_error *err;   /* words for what failed; may be NULL */
	float *confidence;       /* takes that of the least certain part, 0..1; may be NULL */
};

/* Appends the text of pcm[samples] (mono S16, 8 kHz). Blocks while it computes. Returns 0, -EMSGSIZE for more
 * than TRANSCRIBE_SAMPLES_MAX, -ECANCELED, -EIO, -ENOMEM; `out` may then hold a beginning. */
int transcribe_run(const struct transcribe *t, const int16_t *pcm, size_t samples,
		   struct buf *out) must_check;

/* Where to end the first part: `samples` when that is not too long for one, else the quietest point of its
 * second half. */
size_t transcribe_part(const int16_t *pcm, size_t samples);

#endif
