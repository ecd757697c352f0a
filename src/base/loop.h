/*
 * loop.h - one thread's turn of the world: timers, packets, streams, messages
 *
 * A loop belongs to the thread that runs it. Each turn it reads the clock once
 * and then serves, in this order: timers that are due, at most
 * LOOP_PACKETS_PER_TURN datagram events, at most LOOP_STREAMS_PER_TURN stream
 * events, then wake-ups (mailboxes). Time-critical work therefore runs first,
 * and overload drops packets instead of starving the clock.
 *
 * A loop made with LOOP_SIM has no epoll: its time stands still until
 * loop_advance(), which walks from timer to timer. Scenario tests run the whole
 * engine on it.
 *
 * Threads: everything on the owner's thread, except loop_wake() and loop_stop().
 * Layer: base.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>

#include "base/def.h"

#define LOOP_PACKETS_PER_TURN 128
#define LOOP_STREAMS_PER_TURN 64

struct loop;

enum loop_kind {
	LOOP_REAL,
	LOOP_SIM,
};

/* `start` is the first time of a LOOP_SIM; ignored for LOOP_REAL. Returns 0 or -errno. */
int loop_new(enum loop_kind kind, usec start, struct loop **ret_loop) must_check;
struct loop *loop_free(struct loop *l);

/* Serves until loop_stop(). The calling thread becomes the owner. Returns 0 or -errno. */
int loop_run(struct loop *l) must_check;

/* One turn, waiting at most `wait` for something to do. */
int loop_turn(struct loop *l, usec wait) must_check;

/* Any thread, and signal handlers. */
void loop_stop(struct loop *l);

/* LOOP_SIM: lets `span` pass, firing what falls due and running wake-ups in between. */
void loop_advance(struct loop *l, usec span);

/* The time of this turn (CLOCK_MONOTONIC, or the simulated time). */
usec loop_now(const struct loop *l);

/* Asserts that the caller is the owner. */
void loop_assert_here(const struct loop *l);

/* ---- timers ---- */

/* Lives in the thing it serves. A zeroed timer is a stopped one. */
struct timer {
	struct loop *loop;
	usec due;
	size_t slot; /* place in the heap + 1; 0 = stopped */
	uint64_t order;
	void (*fn)(struct timer *t);
};

/* (Re)starts: fn runs once at `due`, or in this turn if that has passed; equal times fire in the order of
 * starting. Never fails: memory for it is reserved when the loop grows (see loop_reserve). */
void timer_start(struct timer *t, struct loop *l, usec due, void (*fn)(struct timer *t));
void timer_stop(struct timer *t);

static inline bool timer_running(const struct timer *t)
{
	return t->slot != 0;
}

/* Makes room for `n` timers at once. More than reserved grows by doubling; a failed growth aborts the
 * process. */
int loop_reserve(struct loop *l, size_t n) must_check;

/* ---- file descriptors ---- */

enum watch_class {
	WATCH_PACKET, /* datagram sockets: served first, level-triggered, one event = one datagram batch */
	WATCH_STREAM,
};

enum {
	WATCH_READ = 1,
	WATCH_WRITE = 2,
	WATCH_ERROR = 4, /* reported, never asked for */
};

/* Lives in the thing it serves. */
struct watch {
	struct loop *loop;
	int fd;
	enum watch_class class;
	unsigned asked;
	void (*fn)(struct watch *w, unsigned ready);
};

/* Returns 0 or -errno. */
int watch_start(struct watch *w, struct loop *l, int fd, enum watch_class class, unsigned asked,
		void (*fn)(struct watch *w, unsigned ready)) must_check;

/* Changes what is waited for. */
int watch_ask(struct watch *w, unsigned asked) must_check;

/* No callback follows, not even in this turn. Takes a zeroed or stopped watch. Does not close the descriptor.
 */
void watch_stop(struct watch *w);

/* ---- wake-ups from other threads ---- */

/* Lives in the thing it serves (a mailbox, a ring's reader). Registered and removed by the owner only. */
struct waker {
	struct loop *loop;
	struct waker *next;
	void (*fn)(struct waker *w);
};

/* fn runs once each turn in which anybody woke the loop. */
void waker_add(struct waker *w, struct loop *l, void (*fn)(struct waker *w));
void waker_remove(struct waker *w);

/* Any thread. Many calls in one turn cost one eventfd write. */
void loop_wake(struct loop *l);

/* ---- figures ---- */

struct loop_stats {
	uint64_t turns, timers, packets, streams, wakes;
	uint64_t slow; /* callbacks over 5 ms */
	usec late_max; /* worst lateness of a timer since the last reading */
	usec slowest;  /* longest callback since the last reading */
};

/* Reads and resets the maxima. Owner's thread. */
void loop_read_stats(struct loop *l, struct loop_stats *ret_stats);

#endif
