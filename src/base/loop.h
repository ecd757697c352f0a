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

/* Timers that still run are stopped; watches and wakers must be gone. Takes NULL. */
struct loop *loop_free(struct loop *l);

/* Serves until loop_stop() and finishes the turn in which that comes. The calling thread is the owner
 * meanwhile; before and after, the maker is, so that it can set things up and take them down. Returns 0 or
 * -errno. A LOOP_SIM goes from event to event without waiting; when nothing is left that could ever happen
 * it returns -EDEADLK. */
int loop_run(struct loop *l) must_check;

/* One turn, waiting at most `wait` for something to do. Returns as loop_run(). */
int loop_turn(struct loop *l, usec wait) must_check;

/* Any thread, and signal handlers. Counts also when it comes before loop_run(). */
void loop_stop(struct loop *l);

/* LOOP_SIM: lets `span` pass, firing what falls due (at its end too) and running wake-ups in between. */
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
	void (*fn)(struct timer *t);
};

/* (Re)starts: fn runs once, at `due`, or when timers are next looked at if that has passed; "at once" is
 * loop_now(). Never inside this call, and a tick that is behind catches up without falling out of step. Equal
 * times fire in the order of starting. The timer is stopped when fn is called and may be started again or
 * freed there. Never fails: memory for it is reserved when the loop grows (see loop_reserve). */
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
	WATCH_PACKET, /* datagram sockets: served first; read one datagram or one batch an event */
	WATCH_STREAM, /* everything else, other epolls (curl's, microhttpd's) included */
};

enum {
	WATCH_READ = 1,
	WATCH_WRITE = 2,
	WATCH_ERROR = 4, /* reported, never asked for: an error or a hang-up; read or getsockopt() tells */
};

/* Lives in the thing it serves. Level-triggered: what is left unread is reported again, after the others'
 * turn. */
struct watch {
	struct loop *loop;
	int fd;
	enum watch_class class;
	unsigned asked;
	void (*fn)(struct watch *w, unsigned ready);
};

/* `w` is zeroed or stopped. Returns 0, -errno, or -EOPNOTSUPP on a LOOP_SIM, which has no descriptors. */
int watch_start(struct watch *w, struct loop *l, int fd, enum watch_class class, unsigned asked,
		void (*fn)(struct watch *w, unsigned ready)) must_check;

/* Changes what is waited for; 0 pauses the watch: then not even errors are reported. Returns 0 or -errno. */
int watch_ask(struct watch *w, unsigned asked) must_check;

/* No callback follows, not even in this turn. Takes a zeroed or stopped watch. Does not close the
 * descriptor: that comes after. */
void watch_stop(struct watch *w);

/* ---- wake-ups from other threads ---- */

/* Lives in the thing it serves (a mailbox, a ring's reader). Registered and removed by the owner only. */
struct waker {
	struct loop *loop;
	struct waker *next;
	void (*fn)(struct waker *w);
};

/* fn runs once each turn in which anybody woke the loop, in the order of adding. */
void waker_add(struct waker *w, struct loop *l, void (*fn)(struct waker *w));

/* Takes a zeroed or removed waker; also from a waker's fn. */
void waker_remove(struct waker *w);

/* Any thread. Many calls in one turn cost one eventfd write, and none while the loop is at work. */
void loop_wake(struct loop *l);

/* ---- figures ---- */

struct loop_stats {
	uint64_t turns, timers, packets, streams; /* since the loop's birth */
	uint64_t wakes;                           /* turns in which the wakers ran */
	uint64_t slow;                            /* callbacks over 5 ms; none on a LOOP_SIM */
	usec late_max;                            /* worst lateness of a timer since the last reading */
	usec slowest;                             /* longest callback since the last reading */
};

/* Reads and resets the maxima. Owner's thread. */
void loop_read_stats(struct loop *l, struct loop_stats *ret_stats);

#endif
