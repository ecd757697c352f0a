/*
 * recorder.h - both sides of a call in one stereo file, on our own clock
 *
 * The caller is on the left, we are on the right. What we play lies where our
 * tick plays it. What comes in lies where it arrived, less the jitter: its
 * timestamps are mapped to our clock by the fastest packets of the last ten
 * seconds, so that a remote clock that drifts moves the mapping and not the
 * alignment. A timeline of a second collects both; what is older than RECORDER_DELAY
 * is final and goes to a ring, compressed. What never came is silence.
 *
 *   media loop: recorder_near, recorder_far -> timeline -> ring -> writer: recorder_peek -> file
 *
 * When the ring is full (the disk has stalled for seconds) blocks are lost; each
 * says where it belongs, so that the writer can leave a silent hole and what
 * follows stays in place.
 *
 * Threads: near, far and finish the media loop; peek and release the writer; new and
 * free whoever owns it while neither uses it. Layer: media.
 */
#ifndef MEDIA_RECORDER_H
#define MEDIA_RECORDER_H

#include <stdbool.h>

#include "base/def.h"

#define RECORDER_RATE_HZ  8000
#define RECORDER_SPAN     8192 /* samples of the timeline, a power of two */
#define RECORDER_DELAY    2400 /* 300 ms for packets to come */
#define RECORDER_CHANNELS 2
#define RECORDER_BLOCK    160 /* frames of a block: 20 ms; a frame has one sample of each side */

struct recorder;

enum recorder_coding {
	RECORDER_ULAW, /* 16 kB a second: nothing is lost on a G.711 call */
	RECORDER_PCM16,
};

/* Returns 0 or -ENOMEM. */
int recorder_new(enum recorder_coding coding, struct recorder **ret_recorder) must_check;
struct recorder *recorder_free(struct recorder *r);

/* ---- media loop ---- */

/* The caller's pcm[n] at 8 kHz, whose last sample arrived at `now` and whose first bears `timestamp` (8 kHz).
 * Timestamps may jump (another source): call recorder_near_restarts() then. */
void recorder_near(struct recorder *r, usec now, uint32_t timestamp, const int16_t *pcm, size_t n);
void recorder_near_restarts(struct recorder *r);

/* One tick: our pcm[n], played from the moment `now` on. The first tick is the beginning of the file. */
void recorder_far(struct recorder *r, usec now, const int16_t *pcm, size_t n);

/* No more follows: the rest of the timeline is made final. */
void recorder_finish(struct recorder *r);

/* Records lost to a full ring. */
uint64_t recorder_lost(const struct recorder *r);

/* ---- writer thread ---- */

/* RECORDER_BLOCK frames in the file's own form: mu-law bytes or 16 bits little-endian, left and right in
 * turn. */
struct recorder_block {
	uint64_t frame; /* of its first, from the beginning of the file */
	const uint8_t *bytes;
	size_t n;
};

/* The oldest block that is final. Returns false when there is none; valid until recorder_release(). */
bool recorder_peek(struct recorder *r, struct recorder_block *ret_block) must_check;
void recorder_release(struct recorder *r);

enum recorder_coding recorder_coding(const struct recorder *r);

#endif
