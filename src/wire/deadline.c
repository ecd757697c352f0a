#include "wire/deadline.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"

#define HEAP_MIN 16u

void deadlines_init(struct deadlines *h)
{
	*h = (struct deadlines){0};
}

void deadlines_fini(struct deadlines *h)
{
	mem_free(h->heap);
	deadlines_init(h);
}

int deadlines_reserve(struct deadlines *h, size_t n)
{
	size_t cap = h->cap ? h->cap : HEAP_MIN;
	struct deadline **heap;

	if (n <= h->cap)
		return 0;
	while (cap < n)
		cap *= 2;
	heap = mem_resize(h->heap, cap * sizeof(struct deadline *));
	if (!heap)
		return -ENOMEM;
	h->heap = heap;
	h->cap = cap;
	return 0;
}

static void put(struct deadlines *h, size_t i, struct deadline *d)
{
	h->heap[i] = d;
	d->slot = i + 1;
}

static void sift_up(struct deadlines *h, size_t i, struct deadline *d)
{
	while (i > 0 && h->heap[(i - 1) / 2]->at > d->at) {
		put(h, i, h->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(h, i, d);
}

static void sift_down(struct deadlines *h, size_t i, struct deadline *d)
{
	for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
		if (child + 1 < h->n && h->heap[child + 1]->at < h->heap[child]->at)
			child++;
		if (h->heap[child]->at >= d->at)
			break;
		put(h, i, h->heap[child]);
	}
	put(h, i, d);
}

void deadline_clear(struct deadlines *h, struct deadline *d)
{
	size_t i = d->slot - 1;
	struct deadline *last;

	if (d->slot == 0)
		return;
	d->slot = 0;
	last = h->heap[--h->n];
	if (last == d)
		return;
	sift_down(h, i, last);
	sift_up(h, last->slot - 1, last);
}

void deadline_set(struct deadlines *h, struct deadline *d, usec at)
{
	deadline_clear(h, d);
	d->at = at;
	if (at == USEC_NEVER)
		return;
	assert(h->n < h->cap);
	sift_up(h, h->n++, d);
}

usec deadlines_next(const struct deadlines *h)
{
	return h->n ? h->heap[0]->at : USEC_NEVER;
}

struct deadline *deadlines_pop(struct deadlines *h, usec now)
{
	struct deadline *d = h->n ? h->heap[0] : NULL;

	if (!d || d->at > now)
		return NULL;
	deadline_clear(h, d);
	return d;
}
