/*
 * ring.h - single writer, single reader, no locks: audio between two threads
 *
 * Records of one fixed size in a power-of-two array. The writer never waits:
 * when the ring is full ring_push() says so and counts it, and the caller's
 * header names what that means.
 *
 * Threads: one pushes, one pops. Layer: base.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdatomic.h>

#include "base/def.h"

struct ring {
	unsigned char *slots;
	size_t record_bytes, mask;
	_Alignas(64) atomic_size_t head; /* written by the writer */
	atomic_ullong full;
	_Alignas(64) atomic_size_t tail; /* written by the reader */
};

/* Room for `slots` records (rounded up to a power of two). Returns 0 or -ENOMEM. */
int ring_init(struct ring *r, size_t record_bytes, size_t slots) must_check;
void ring_fini(struct ring *r);

/* Copies a record in. Returns 0, or -ENOBUFS when full (counted). */
int ring_push(struct ring *r, const void *record) must_check;

/* Without a copy: a slot to fill, NULL when full (counted); then ring_commit(). */
void *ring_claim(struct ring *r);
void ring_commit(struct ring *r);

/* The oldest record, NULL when empty; valid until ring_release(). */
const void *ring_peek(struct ring *r);
void ring_release(struct ring *r);

size_t ring_count(const struct ring *r);

/* Forgets everything; only while neither side is active. */
void ring_reset(struct ring *r);

#endif
