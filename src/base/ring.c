#include "base/ring.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"

LIVE_DEFINE(ring);

static size_t round_up(size_t n)
{
	size_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

int ring_init(struct ring *r, size_t record_bytes, size_t slots)
{
	*r = (struct ring){.record_bytes = record_bytes};
	if (record_bytes == 0 || slots == 0 || slots > SIZE_MAX / 2 / record_bytes)
		return -ENOMEM;
	slots = round_up(slots);
	r->slots = mem_zalloc(slots * record_bytes);
	if (!r->slots)
		return -ENOMEM;
	r->mask = slots - 1;
	live_up(&live_ring);
	return 0;
}

void ring_fini(struct ring *r)
{
	if (!r->slots)
		return;
	r->slots = mem_free(r->slots);
	live_down(&live_ring);
}

static unsigned char *slot(const struct ring *r, size_t at)
{
	return r->slots + (at & r->mask) * r->record_bytes;
}

void *ring_claim(struct ring *r)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (head - r->tail_seen > r->mask)
		r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
	if (head - r->tail_seen > r->mask) {
		atomic_fetch_add_explicit(&r->full, 1, memory_order_relaxed);
		return NULL;
	}
	return slot(r, head);
}

void ring_commit(struct ring *r)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	atomic_store_explicit(&r->head, head + 1, memory_order_release);
}

int ring_push(struct ring *r, const void *record)
{
	void *p = ring_claim(r);

	if (!p)
		return -ENOBUFS;
	memcpy(p, record, r->record_bytes);
	ring_commit(r);
	return 0;
}

const void *ring_peek(struct ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (tail == r->head_seen)
		r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
	return tail == r->head_seen ? NULL : slot(r, tail);
}

void ring_release(struct ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
}

size_t ring_count(const struct ring *r)
{
	/* The tail first: it can only fall behind the head, so the difference never goes below zero. */
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	return MIN(head - tail, r->mask + 1);
}

void ring_reset(struct ring *r)
{
	atomic_store_explicit(&r->head, 0, memory_order_relaxed);
	atomic_store_explicit(&r->tail, 0, memory_order_relaxed);
	r->head_seen = r->tail_seen = 0;
}
