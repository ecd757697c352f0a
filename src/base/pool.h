/*
 * pool.h - work that takes too long for a loop, done on threads of its own
 *
 * A job is a struct inside the thing that wants it done: its run() is called on
 * a worker, and when that has returned its done() comes as an event in the loop
 * of the port through which it was submitted. Urgent jobs go first, then normal,
 * then background; within a class the nearest deadline goes first. Background
 * work never takes the last of several workers. The workers run at a lower
 * priority of the operating system than the loops, and the loops take no lock
 * that a worker might hold.
 *
 *   loop --submit--> inbox --> [urgent][normal][background] --> run() on a worker
 *     ^                                                             |
 *     +-- done() <-- finished <-- wake -----------------------------+
 *
 * A pool of no threads runs each job on the loop that submitted it, in the
 * wake-ups of the turn: nothing is left to chance in scenario tests.
 *
 * Threads: pool_new/free main; run() any worker; everything else the port's
 * loop. Layer: base.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdatomic.h>

#include "base/loop.h"

#define POOL_THREADS_MAX 64u
#define POOL_JOBS_MAX    65536u

struct pool;

enum pool_class {
	POOL_URGENT,     /* a caller is waiting for it now */
	POOL_NORMAL,     /* a caller will want it */
	POOL_BACKGROUND, /* nobody waits */
	POOL_CLASSES,
};

enum pool_end {
	POOL_DONE,
	POOL_CANCELLED, /* whether it ran or not */
	POOL_LATE,      /* the deadline passed before a worker was free; it did not run */
};

/* A loop's door to a pool. */
struct pool_port {
	struct pool *pool;
	struct waker waker;
	size_t pending; /* submitted, done() not called yet */
	_Atomic(struct pool_job *) finished;
};

/* Zeroed, then the first four filled in. Not touched, moved or freed between pool_submit() and done(). */
struct pool_job {
	enum pool_class class;
	usec deadline; /* the latest moment to begin; USEC_NEVER = it may wait for ever */
	void (*run)(struct pool_job *j);
	void (*done)(struct pool_job *j, enum pool_end end); /* may free or submit the job again */

	/* the pool's own */
	struct pool_port *port;
	struct pool_job *next;
	size_t place;
	atomic_int state;
	int late; /* a bool that only the worker writes */
};

/* `jobs` may wait in each class. Returns 0, -ENOMEM, or -errno when the threads cannot be made. */
int pool_new(size_t threads, size_t jobs, struct pool **ret_pool) must_check;

/* All ports must be closed. The port's loops must still be there. Takes NULL. */
struct pool *pool_free(struct pool *p);

void pool_port_open(struct pool_port *port, struct pool *p, struct loop *l);

/* Nothing may be pending: cancel, and turn the loop until `pending` is zero. Takes a zeroed port. */
void pool_port_close(struct pool_port *port);

/* Returns 0, or -ENOBUFS when the class is full (then done() does not come). Never blocks or allocates. */
int pool_submit(struct pool_port *port, struct pool_job *j) must_check;

/* A job that has not begun never runs; one that is running goes on to its end. Either way done() comes
 * later, with POOL_CANCELLED. Harmless for a job that is not pending. */
void pool_cancel(struct pool_job *j);

/* For long runs, on the worker: whether the result is still wanted. */
bool pool_cancelled(struct pool_job *j);

#endif
