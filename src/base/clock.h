/*
 * clock.h - the one place where the monotonic clock is read
 *
 * Only the loop and the pool look at it, and the program's start and end;
 * everybody else is told the time by loop_now(), which is what makes scenario
 * tests deterministic.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <time.h>

#include "base/def.h"

/* CLOCK_MONOTONIC in microseconds. */
static inline usec clock_read(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return USEC_SEC(ts.tv_sec) + ts.tv_nsec / 1000;
}

#endif
