#include "base/heap.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>

#include "base/mem.h"

/* Four children share two cache lines and halve the height of a binary heap. */
#define ARITY 4u

int heap_reserve(struct heap *h, size_t n)
{
	struct heap_entry *entries;

	if (n <= h->capacity)
		return 0;
	if (n > SIZE_MAX / sizeof(*entries))
		return -ENOMEM;
	entries = mem_resize(h->entries, n * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	h->entries = entries;
	h->capacity = n;
	return 0;
}

void heap_fini(struct heap *h)
{
	for (size_t i = 0; i < h->count; i++)
		*h->entries[i].place = 0;
	mem_free(h->entries);
	*h = (struct heap){0};
}

static bool before(const struct heap_entry *a, const struct heap_entry *b)
{
	return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static void seat(struct heap *h, size_t i, struct heap_entry e)
{
	h->entries[i] = e;
	*e.place = i + 1;
}

/* Moves the hole at `i` towards the root until `e` fits. Returns where. */
static size_t rise(struct heap *h, size_t i, const struct heap_entry *e)
{
	while (i > 0) {
		size_t parent = (i - 1) / ARITY;

		if (!before(e, &h->entries[parent]))
			break;
		seat(h, i, h->entries[parent]);
		i = parent;
	}
	return i;
}

/* Moves the hole at `i` away from the root until `e` fits. Returns where. */
static size_t sink(struct heap *h, size_t i, const struct heap_entry *e)
{
	for (;;) {
		size_t first = i * ARITY + 1, end = MIN(first + ARITY, h->count), least = first;

		for (size_t child = first + 1; child < end; child++)
			if (before(&h->entries[child], &h->entries[least]))
				least = child;
		if (first >= h->count || !before(&h->entries[least], e))
			return i;
		seat(h, i, h->entries[least]);
		i = least;
	}
}

static void settle(struct heap *h, size_t i, struct heap_entry e)
{
	size_t up = rise(h, i, &e);

	seat(h, up < i ? up : sink(h, i, &e), e);
}

void heap_put(struct heap *h, usec due, size_t *place)
{
	struct heap_entry e = {.due = due, .order = h->order++, .place = place};
	size_t i = *place ? *place - 1 : h->count;

	if (!*place) {
		assert(h->count < h->capacity);
		h->count++;
	}
	settle(h, i, e);
}

void heap_remove(struct heap *h, size_t *place)
{
	size_t i = *place - 1;

	if (!*place)
		return;
	assert(i < h->count && h->entries[i].place == place);
	*place = 0;
	h->count--;
	if (i < h->count)
		settle(h, i, h->entries[h->count]);
}
