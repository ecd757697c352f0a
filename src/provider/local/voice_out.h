/*
 * voice_out.h - from an engine's samples to those of the line
 *
 * Engines speak at their own rate and put silence around what they say: flite
 * 200 ms before the first sound, Kokoro 300 to 400 ms. A caller waits
 * for all of it. Here the samples become 8 kHz, silence before the first sound
 * is dropped but for a breath, pauses inside are bounded, and the pause at the
 * end is made exactly as long as the punctuation asks.
 *
 *   engine -> resample -> frames of 10 ms -> [quiet: held | loud: held, frame] -> sink
 *
 * Threads: the one that synthesises. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_VOICE_OUT_H
#define PROVIDER_LOCAL_VOICE_OUT_H

#include <stdbool.h>

#include "base/str.h"
#include "media/resample.h"

#define VOICE_OUT_RATE_HZ       8000
#define VOICE_OUT_FRAME_SAMPLES 80   /* 10 ms */
#define VOICE_OUT_LEAD_SAMPLES  240  /* kept before the first sound, so that a soft onset is whole */
#define VOICE_OUT_PAUSE_SAMPLES 3600 /* the longest pause inside, 450 ms */

/* Where samples go. on_pcm gets mono S16 at VOICE_OUT_RATE_HZ, valid during the call, and returns false when
 * nothing more is wanted. */
struct voice_out_sink {
	bool (*on_pcm)(void *arg, const int16_t *pcm, size_t samples);
	void *arg;
};

struct voice_out {
	struct voice_out_sink sink;
	struct resample resample;
	uint32_t rate_hz;
	int16_t frame[VOICE_OUT_FRAME_SAMPLES];
	int16_t held[VOICE_OUT_PAUSE_SAMPLES];
	size_t frame_n, held_n;
	bool sounded, stopped;
};

/* Returns 0, or -ENOTSUP when resample.h does not know the rate. */
int voice_out_init(struct voice_out *o, uint32_t rate_hz, const struct voice_out_sink *sink) must_check;

/* Samples of the engine: S16, or floats of which -1..1 is full scale. Not a number counts as silence.
 * Returns false once the sink wants no more. */
bool voice_out_push(struct voice_out *o, const int16_t *pcm, size_t samples);
bool voice_out_push_float(struct voice_out *o, const float *pcm, size_t samples);

/* The end, with the pause that the last mark of `words` asks for. Nothing follows silence alone. */
void voice_out_end(struct voice_out *o, struct str words);

/* The pause after `words` in samples: long after a sentence, short after a comma, almost none otherwise. */
size_t voice_out_pause(struct str words);

#endif
