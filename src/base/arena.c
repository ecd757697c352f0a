#include "base/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK_MIN_BYTES 2048u
#define CHUNK_MAX_BYTES 65536u

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

struct arena_defer {
	struct arena_defer *next;
	void (*fn)(void *arg);
	void *arg;
};

void arena_init(struct arena *a, size_t limit_bytes)
{
	*a = (struct arena){.limit_bytes = limit_bytes};
}

void arena_fini(struct arena *a)
{
	for (struct arena_defer *d = a->defers; d; d = d->next)
		d->fn(d->arg);
	for (struct arena_chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		mem_free(c);
	}
	arena_init(a, a->limit_bytes);
}

/* Chunks double in size so that a long call needs few, and a short one wastes little. */
static struct arena_chunk *grow(struct arena *a, size_t n)
{
	size_t size = a->chunks ? MIN(a->chunks->size * 2, CHUNK_MAX_BYTES) : CHUNK_MIN_BYTES;
	size_t left = a->limit_bytes - a->used_bytes;
	struct arena_chunk *c;

	size = MIN(MAX(size, n), left);
	if (size < n)
		return NULL;
	c = mem_alloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	*c = (struct arena_chunk){.next = a->chunks, .size = size};
	a->chunks = c;
	a->used_bytes += size;
	return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *c = a->chunks;
	void *p;

	if (n > a->limit_bytes)
		return NULL;
	n = (MAX(n, 1u) + align - 1) / align * align;
	if (!c || c->size - c->used < n)
		c = grow(a, n);
	if (!c)
		return NULL;
	p = c->data + c->used;
	c->used += n;
	return memset(p, 0, n);
}

int arena_defer(struct arena *a, void (*fn)(void *arg), void *arg)
{
	struct arena_defer *d = ARENA_NEW(a, struct arena_defer);

	if (!d)
		return -ENOMEM;
	*d = (struct arena_defer){.next = a->defers, .fn = fn, .arg = arg};
	a->defers = d;
	return 0;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (!p)
		return (struct str){0};
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	p = arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
