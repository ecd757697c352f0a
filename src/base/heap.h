/*
 * heap.h - who is first: things ordered by time, equal times by arrival
 *
 * A four-ary heap whose entries carry the time themselves, so that finding an
 * order never touches the things. A thing keeps its place (entry number + 1; 0 =
 * not in the heap) in a field of its own, which is also how it is found again:
 *
 *   struct timer *t = CONTAINER_OF(heap_first(&h), struct timer, place);
 *
 * Threads: the owner's only. Layer: base.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include "base/def.h"

struct heap_entry {
	usec due;
	uint64_t order;
	size_t *place;
};

/* Zeroed is empty. */
struct heap {
	struct heap_entry *entries;
	size_t count, capacity;
	uint64_t order;
};

/* Makes room for `n` entries at once. Returns 0 or -ENOMEM. */
int heap_reserve(struct heap *h, size_t n) must_check;

/* Frees the room; what is still inside forgets its place. */
void heap_fini(struct heap *h);

/* Puts a thing in, or moves it there if it is in already, behind all others of the same time.
 * There must be room: count < capacity, unless it is in already. */
void heap_put(struct heap *h, usec due, size_t *place);

/* Takes a thing out; harmless when it is not in. */
void heap_remove(struct heap *h, size_t *place);

/* The first thing's place; NULL when empty. */
static inline size_t *heap_first(const struct heap *h)
{
	return h->count > 0 ? h->entries[0].place : NULL;
}

/* The first thing's time; USEC_NEVER when empty. */
static inline usec heap_due(const struct heap *h)
{
	return h->count > 0 ? h->entries[0].due : USEC_NEVER;
}

#endif
