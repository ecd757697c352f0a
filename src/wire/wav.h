/*
 * wav.h - RIFF WAVE files in memory, read and written
 *
 * Reading understands what telephony and voices produce: PCM of 8, 16, 24 and
 * 32 bits, float, mu-law and A-law, mono or stereo, any rate from 1 to 192 kHz,
 * chunks of odd length or in any order, sizes of 0 or -1 that programs leave
 * when they stream. Samples are converted to mono 16 bits as they are asked for.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_WAV_H
#define WIRE_WAV_H

#include "base/def.h"

#define WAV_HEADER_BYTES 44
#define WAV_RATE_MIN_HZ  1000
#define WAV_RATE_MAX_HZ  192000

enum wav_coding {
	WAV_PCM = 1,
	WAV_FLOAT = 3,
	WAV_ALAW = 6,
	WAV_ULAW = 7,
};

struct wav {
	enum wav_coding coding;
	uint32_t rate_hz;
	unsigned channels;     /* 1 or 2 */
	unsigned sample_bytes; /* of one channel */
	const uint8_t *data;   /* into the bytes that were parsed */
	size_t frames;         /* whole frames in data: a frame has one sample of each channel */
};

/* Finds format and data of the file p[n], which must outlive `ret_wav`. Returns 0, -EBADMSG when it is not a
 * WAVE file or contradicts itself, -ENOTSUP for a format not listed above. */
int wav_parse(const uint8_t *p, size_t n, struct wav *ret_wav) must_check;

/* pcm[n] from frame `from` on, both channels averaged. Returns how many there were, 0 at the end. */
size_t wav_read_mono(const struct wav *w, size_t from, int16_t *pcm, size_t n) must_check;

/* One channel alone (0 or 1, below w->channels). */
size_t wav_read_channel(const struct wav *w, unsigned channel, size_t from, int16_t *pcm,
			size_t n) must_check;

/* The header for `data_bytes` of samples behind it. PCM has 16 bits, the laws have 8; float cannot be
 * written. data_bytes beyond what 32 bits hold are written as the maximum. */
void wav_print_header(enum wav_coding coding, uint32_t rate_hz, unsigned channels, uint64_t data_bytes,
		      uint8_t out[WAV_HEADER_BYTES]);

#endif
