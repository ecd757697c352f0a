/*
 * resample.h - from one sampling rate to another, exactly and cheaply
 *
 * A polyphase FIR with 16 bit coefficients (Kaiser window, Q14). Between two
 * rates with the ratio L/M the input is thought of as stuffed to L times its
 * rate, filtered, and every Mth sample kept; only the taps that meet a real
 * sample are computed. A filter is designed when its pair of rates is first
 * asked for. What comes out does not depend on how the input was cut into
 * chunks, nor on which kernel (scalar, SSE2, AVX2) the machine runs: all are
 * bit-exact.
 *
 * Passband to 0.425 of the lower rate within 0.1 dB (3.4 kHz of 8 kHz); from
 * 0.575 of it on at least 60 dB down.
 *
 * Threads: a resampler its owner's; resample_init() may design a filter (a
 * millisecond) and wait for another thread that designs it. Layer: media.
 */
#ifndef MEDIA_RESAMPLE_H
#define MEDIA_RESAMPLE_H

#include <stdbool.h>

#include "base/def.h"

#define RESAMPLE_TAPS_MAX 240 /* of one phase */
#define RESAMPLE_PCM_MAX  960 /* of one chunk of input: 20 ms at 48 kHz */

struct resample_filter;

struct resample {
	const struct resample_filter *filter; /* NULL = same rate */
	uint32_t phase;                       /* of the next output sample, in steps of 1/L input sample */
	int16_t past[RESAMPLE_TAPS_MAX];
};

/* Starts from silence. Returns 0, or -ENOTSUP for a pair of rates that has no filter: 8, 16, 22.05, 24, 32,
 * 44.1 and 48 kHz go to 8 and 16 kHz, 8 and 16 kHz go to 8, 16, 24 and 48 kHz. */
int resample_init(struct resample *r, uint32_t from_hz, uint32_t to_hz) must_check;

/* The most that n samples of input become. */
size_t resample_bound(const struct resample *r, size_t n);

/* in[n], n <= RESAMPLE_PCM_MAX, to out[resample_bound(n)]. Returns how many samples came out. */
size_t resample_push(struct resample *r, const int16_t *in, size_t n, int16_t *out) must_check;

/* How late the output is against the input, in output samples. */
size_t resample_delay(const struct resample *r);

#endif
