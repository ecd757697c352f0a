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

struct detect_frame {
	usec at; /* of its end */
	const int16_t *near, *far;
	size_t samples;
	bool open;        /* the energy gate's word */
	bool far_audible; /* `far` is more than silence */
};

/* One stream's end of the line: cuts its sound into windows, and remembers the last few of them, so that the
 * detector hears the beginning of what opened the gate. */
#define DETECT_BEFORE 6 /* windows: 192 ms */

struct detect_tap {
	uint32_t stream, generation; /* whose */
	int16_t near[DETECT_BEFORE + 1][DETECT_WINDOW_SAMPLES];
	int16_t far[DETECT_BEFORE + 1][DETECT_WINDOW_SAMPLES];
	bool audible[DETECT_BEFORE + 1];
	usec ends[DETECT_BEFORE + 1];
	uint32_t at, fill; /* the window that is being filled, and how far */
	uint32_t before;   /* complete windows in front of it that were not sent */
	bool open;
};

void detect_tap_init(struct detect_tap *t, uint32_t stream, uint32_t generation);

/* While the gate is open every window that becomes complete is pushed, the remembered ones first. Returns how
 * many were pushed; those lost to a full ring are counted by the ring. */
size_t detect_tap_frame(struct detect_tap *t, struct detect_link *d, const struct detect_frame *frame);

#endif
