/*
 * tts_sound.h - a vendor's bytes as samples of the line
 *
 * A stream of mu-law, A-law or S16 at any usual rate becomes mono S16 at
 * TTS_RATE_HZ, whatever the pieces in which it comes: a byte that is half a
 * sample waits for the other half. A stream that begins with RIFF is a WAVE file
 * whatever was asked for, and its head decides; sizes in it that a streaming
 * server could not know are not believed.
 *
 * Threads: the owner's only. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_SOUND_H
#define PROVIDER_TTS_TTS_SOUND_H

#include "base/str.h"
#include "media/resample.h"

#define TTS_SOUND_HEAD_MAX 4096 /* bytes of a WAVE file before its samples */

enum tts_coding {
	TTS_ULAW,
	TTS_ALAW,
	TTS_S16, /* little-endian */
};

struct tts_form {
	enum tts_coding coding;
	uint32_t rate_hz;
};

enum tts_sound_stage {
	TTS_SOUND_BEGIN, /* the first four bytes have not been seen */
	TTS_SOUND_HEAD,  /* of a WAVE file */
	TTS_SOUND_SAMPLES,
};

struct tts_sound {
	struct tts_form form;
	enum tts_sound_stage stage;
	struct resample resample;
	size_t n; /* bytes in head; in SAMPLES of half a sample */
	uint8_t head[TTS_SOUND_HEAD_MAX];
	uint64_t left; /* bytes of samples that follow; UINT64_MAX = nobody knows */
};

/* Takes mono S16 at TTS_RATE_HZ, valid during the call. Returns 0, or -errno to stop. */
struct tts_sound_sink {
	int (*on_pcm)(void *arg, const int16_t *pcm, size_t samples);
	void *arg;
};

/* Returns 0, or -ENOTSUP for a rate that resample.h does not know. */
int tts_sound_init(struct tts_sound *s, const struct tts_form *form) must_check;

/* Returns 0, -EBADMSG for a WAVE file that is none, -ENOTSUP for one of another form, or what the sink
 * returned. */
int tts_sound_push(struct tts_sound *s, struct str bytes, const struct tts_sound_sink *sink) must_check;

/* The stream is over: what the resampler still holds. Returns as tts_sound_push(). */
int tts_sound_end(struct tts_sound *s, const struct tts_sound_sink *sink) must_check;

#endif
