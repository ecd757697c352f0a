/*
 * ring.h - single writer, single reader, no locks: audio between two threads
 *
 * Records of one fixed size in a power-of-two array. The writer never waits:
 * when the ring is full ring_push() says so and counts it, and the caller's
 * header names what that means.
 *
 * Threads: one claims, commits and pushes, one peeks and releases. Layer: base.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdatomic.h>

#include "base/def.h"

/* A cache line for each side. Padding instead of alignment: the ring lives inside blocks of arenas, which
 * are aligned for plain types only. Each side remembers what it last saw of the other, so that it touches
 * the other's line only when it seems to be full or empty. */
struct ring {
	unsigned char *slots;
	size_t record_bytes, mask;
	unsigned char apart[64];
	atomic_size_t head; /* the writer's */
	size_t tail_seen;
	atomic_ullong full; /* records refused so far */
	unsigned char apart_too[64];
	atomic_size_t tail; /* the reader's */
	size_t head_seen;
};

/* Room for `slots` records (rounded up to a power of two). Returns 0 or -ENOMEM. */
int ring_init(struct ring *r, size_t record_bytes, size_t slots) must_check;

/* Takes a zeroed or finished ring too. */
void ring_fini(struct ring *r);

/* Copies a record in. Returns 0, or -ENOBUFS when full (counted). */
int ring_push(struct ring *r, const void *record) must_check;

/* Without a copy: a slot to fill, NULL when full (counted); then ring_commit(). */
void *ring_claim(struct ring *r);
void ring_commit(struct ring *r);

/* The oldest record, NULL when empty; valid until ring_release(). */
const void *ring_peek(struct ring *r);
void ring_release(struct ring *r);

/* Records inside; a moment old when the other side is busy. */
size_t ring_count(const struct ring *r);

/* Forgets everything; only while neither side is active. */
void ring_reset(struct ring *r);

#endif
