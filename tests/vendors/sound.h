/*
 * sound.h - samples as the vendors' wires carry them, and speech made of tones
 *
 * Speech that a machine reads back: each byte of a text lasts TONES_LETTER, a
 * pair of tones (16 low, 16 high, within the telephone's band) and a short gap.
 * It survives mu-law, resampling and a change of loudness; what is cut off is
 * lost, and what is lost can be named.
 *
 * Threads: any.
 */
#ifndef TESTS_VENDORS_SOUND_H
#define TESTS_VENDORS_SOUND_H

#include "base/buf.h"

enum sound_coding {
	SOUND_S16, /* little-endian */
	SOUND_MULAW,
	SOUND_ALAW,
	SOUND_F32, /* little-endian, -1 to 1 */
	SOUND_U8,  /* unsigned, 128 is zero */
};

struct sound {
	enum sound_coding coding;
	uint32_t rate_hz;
};

/* "linear16", "mulaw", "pcm_mulaw", "ulaw_8000" ... are the vendors' names; here it is about their bytes. */
unsigned sound_sample_bytes(enum sound_coding c);
usec sound_span(const struct sound *as, size_t bytes);
uint8_t sound_to_mulaw(int16_t pcm);
uint8_t sound_to_alaw(int16_t pcm);
int16_t sound_from_mulaw(uint8_t byte);
int16_t sound_from_alaw(uint8_t byte);

/* Appends pcm[n] as it is coded; reads n samples at `p`. */
void sound_encode(enum sound_coding c, const int16_t *pcm, size_t n, struct buf *out);
void sound_decode(enum sound_coding c, const uint8_t *p, int16_t *pcm, size_t n);

/* ---- tones ---- */

#define TONES_LETTER USEC_MS(60)
#define TONES_MAX_HZ 48000

/* Appends the speech of `text`, TONES_LETTER a byte. */
void tones_speak(struct str text, const struct sound *as, struct buf *out);

struct tones_ear {
	uint32_t rate_hz;
	int16_t sound[TONES_MAX_HZ / 10]; /* of the letter that lasts */
	size_t n;
	int64_t energy; /* of the hop being put together */
	unsigned hop;
	bool loud, drowned;
};

void tones_init(struct tones_ear *e, uint32_t rate_hz);

/* One sample. Returns whether a letter has ended with it. */
bool tones_hear(struct tones_ear *e, int16_t sample, char *ret_letter);

/* All of it at once. */
void tones_read(const struct sound *as, struct str bytes, struct buf *out);

#endif
