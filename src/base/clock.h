/*
 * clock.h - the one place where clocks are read
 *
 * Only the loop, the pool and the log look at them, and the program's start and
 * end, and who measures what work costs; everybody else is told the time by
 * loop_now(), which is what makes scenario tests deterministic.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <time.h>

#include "base/def.h"

static inline usec clock_read_(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return USEC_SEC(ts.tv_sec) + ts.tv_nsec / 1000;
}

/* CLOCK_MONOTONIC: what loop_now() counts. */
static inline usec clock_read(void)
{
	return clock_read_(CLOCK_MONOTONIC);
}

/* Since 1970 in UTC; jumps when the machine is set. For people to read, never for spans. */
static inline usec clock_unix(void)
{
	return clock_read_(CLOCK_REALTIME);
}

/* What the calling thread has used of a processor. */
static inline usec clock_cpu(void)
{
	return clock_read_(CLOCK_THREAD_CPUTIME_ID);
}

#endif
