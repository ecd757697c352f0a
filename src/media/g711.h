/*
 * g711.h - the two laws of the telephone (ITU-T G.711)
 *
 * Both directions by table: 256 values to expand, 8 KiB and 2 KiB to compress.
 * Compression works on the magnitude, so that the tables are half the usual
 * size and exact for every one of the 65,536 inputs. The tables are filled
 * before main().
 *
 * Threads: any. Layer: media.
 */
#ifndef MEDIA_G711_H
#define MEDIA_G711_H

#include "base/def.h"

#define G711_ULAW_SILENCE 0xff
#define G711_ALAW_SILENCE 0xd5

/* One byte a sample, n of them. */
void g711_ulaw_encode(const int16_t *pcm, size_t n, uint8_t *out);
void g711_ulaw_decode(const uint8_t *in, size_t n, int16_t *pcm);
void g711_alaw_encode(const int16_t *pcm, size_t n, uint8_t *out);
void g711_alaw_decode(const uint8_t *in, size_t n, int16_t *pcm);

#endif
