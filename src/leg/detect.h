/*
 * detect.h - the line between the media loop and the neural detector
 *
 * The media loop cuts the sound of streams whose energy gate is open into
 * windows and pushes them; the detector thread takes what has gathered, runs
 * it as a batch, and pushes verdicts back. When the windows' ring is full the
 * newest window is lost and counted; when the verdicts' ring is full, so is the
 * verdict: the next is 32 ms away.
 *
 *   media loop -- windows --> detector thread -- verdicts --> media loop
 *
 * Threads: as the arrows say; init and fini while neither runs. Layer: leg.
 */
#ifndef LEG_DETECT_H
#define LEG_DETECT_H

#include <stdbool.h>

#include "base/loop.h"
#include "base/ring.h"

#define DETECT_WINDOW_SAMPLES 256 /* 32 ms at 8 kHz: what vad.h wants */

struct detect_window {
	uint32_t stream, generation; /* to be copied into the verdict */
	usec at;                     /* of its last sample */
	bool begins;                 /* forget what was heard of this stream */
	bool has_far;                /* we were audible: `far` holds what was played */
	int16_t near[DETECT_WINDOW_SAMPLES];
	int16_t far[DETECT_WINDOW_SAMPLES];
};

struct detect_verdict {
	uint32_t stream, generation;
	usec at; /* of the window */
	float probability;
};

struct detect_link {
	struct ring windows, verdicts;
	struct loop *media; /* woken when verdicts are there; set by the pool */
	/* Wakes the detector thread; called on the media loop at most once a turn, must not block. */
	void (*wake)(void *arg);
	void *arg;
};

/* Room for the windows of `streams` streams. Returns 0 or -ENOMEM. */
int detect_link_init(struct detect_link *d, size_t streams, void (*wake)(void *arg), void *arg) must_check;
void detect_link_fini(struct detect_link *d);

#endif
