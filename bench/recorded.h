/*
 * recorded.h - what was on the line: a call's stereo recording, and where sound begins and ends in it
 *
 * The server records the caller on the left and itself on the right, on one
 * tick, so times between the two can be read off without asking its trail.
 *
 * Threads: the owner's only. Layer: bench.
 */
#ifndef BENCH_RECORDED_H
#define BENCH_RECORDED_H

#include "base/def.h"

#define RECORDED_RATE_HZ 8000
#define RECORDED_WINDOW  80 /* samples: 10 ms */

struct recorded {
	int16_t *caller, *agent; /* [samples] each */
	size_t samples;
};

/* Returns 0, -EBADMSG, -ENOTSUP when it is not stereo at 8 kHz, -ENOMEM or -errno. */
int recorded_read(struct recorded *r, const char *path) must_check;

/* Takes a zeroed one. */
void recorded_fini(struct recorded *r);

/* The first audible sample of pcm in [from, to); `to` when there is none. */
size_t recorded_first(const int16_t *pcm, size_t from, size_t to);

/* One of our phrases as it was, and as it should have been had nobody interrupted. */
struct recorded_phrase {
	const int16_t *whole; /* from its first audible sample */
	size_t whole_n;
	const int16_t *heard; /* likewise */
	size_t heard_n;       /* up to where the next phrase may begin */
};

/* Which sample of the whole phrase heard[at] is, by the sound before it: a stall of the machine moves what
 * follows. Returns SIZE_MAX when it is none. */
size_t recorded_place(const struct recorded_phrase *p, size_t at);

/* Until when the phrase was as loud as it should be, from sample `from` of it on: the end of the last window
 * that is. `from` when there is none. */
size_t recorded_full_until(const struct recorded_phrase *p, size_t from);

/* Until when anything of it was to be heard. For both the two lie side by side. */
size_t recorded_heard_until(const struct recorded_phrase *p, size_t from);

static inline usec recorded_span(size_t samples)
{
	return (usec)samples * 125;
}

static inline size_t recorded_samples(usec span)
{
	return span > 0 ? (size_t)(span / 125) : 0;
}

#endif
