/*
 * detector.h - the thread of neural voice activity: all calls of a shard at once
 *
 * Sleeps until the media loop wakes it, takes whatever windows have gathered,
 * runs them through the engine as one batch and sends the verdicts back. A
 * call's memory of its own sound lies here, one state a stream.
 *
 * Threads: its own; start and stop on main. Layer: call.
 */
#ifndef CALL_DETECTOR_H
#define CALL_DETECTOR_H

#include "leg/detect.h"
#include "provider/vad/vad.h"

struct detector;

struct detector_stats {
	uint64_t windows, batches, failed;
	usec cpu; /* thread time so far */
};

/* Makes the link and the thread for `streams` streams; `vad` is borrowed. Returns 0, -ENOMEM or -errno. */
int detector_start(struct vad *vad, size_t streams, struct detector **ret_detector) must_check;

/* Stops the thread; the media loop must not run any more. Takes NULL. Returns NULL. */
struct detector *detector_stop(struct detector *d);

/* The media loop's end of the line, for the stream pool. */
struct detect_link *detector_link(struct detector *d);

/* Any thread. */
void detector_read_stats(const struct detector *d, struct detector_stats *ret_stats);

#endif
