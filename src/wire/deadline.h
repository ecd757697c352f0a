/*
 * deadline.h - when a machine without a clock has to be called again
 *
 * A protocol machine keeps one heap of deadlines. Its host is told the earliest
 * one, runs a single timer for it, and calls the machine with `now`; the
 * machine then takes out what is due. So transactions and dialogs need no loop,
 * and run on a fake clock in simulators.
 *
 *   struct deadline lives in the thing it serves; a zeroed one is not set.
 *
 * Threads: the owner's only. Layer: wire.
 */
#ifndef WIRE_DEADLINE_H
#define WIRE_DEADLINE_H

#include <stdbool.h>

#include "base/def.h"

struct deadline {
	usec at;
	size_t slot; /* place in the heap + 1; 0 = not set */
};

struct deadlines {
	struct deadline **heap;
	size_t n, cap;
};

void deadlines_init(struct deadlines *h);
void deadlines_fini(struct deadlines *h);

/* Makes room for `n` deadlines set at once: an object reserves its own when it is made, so that setting never
 * fails. Returns 0 or -ENOMEM. */
int deadlines_reserve(struct deadlines *h, size_t n) must_check;

/* Sets or moves; USEC_NEVER clears. */
void deadline_set(struct deadlines *h, struct deadline *d, usec at);
void deadline_clear(struct deadlines *h, struct deadline *d);

/* The earliest moment, USEC_NEVER when nothing is set. */
usec deadlines_next(const struct deadlines *h);

/* Takes out one that is due, earliest first; NULL when none is. */
struct deadline *deadlines_pop(struct deadlines *h, usec now);

#endif
