/*
 * arena.h - memory with one lifetime, freed at once
 *
 * A boot, a call or a turn owns an arena; everything that lives as long as it
 * does is carved from the arena and goes with it. Foreign resources (a file
 * descriptor, an SSL, a statement) are tied to it with arena_defer() and are
 * released in the opposite order of their tying.
 *
 *   arena_init -> alloc, alloc, defer(close, fd), alloc ... -> arena_fini
 *
 * Threads: the owner's only. Layer: base.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/def.h"
#include "base/str.h"

struct arena_chunk;
struct arena_defer;

struct arena {
	struct arena_chunk *chunks;
	struct arena_defer *defers;
	size_t used_bytes;  /* taken from the heap so far */
	size_t limit_bytes; /* never exceeded */
};

/* An empty arena that refuses to grow beyond `limit_bytes`. Allocates nothing. */
void arena_init(struct arena *a, size_t limit_bytes);

/* Runs the deferred releases, newest first, then frees everything. The arena is empty and usable again. */
void arena_fini(struct arena *a);

/* `n` bytes, zeroed, aligned for any type. Returns NULL when memory or the limit is exhausted. */
void *arena_alloc(struct arena *a, size_t n) must_check;

/* Runs fn(arg) at arena_fini(). Returns 0, or -ENOMEM (then fn is not registered). */
int arena_defer(struct arena *a, void (*fn)(void *arg), void *arg) must_check;

/* A zero-terminated copy. On failure the result has p == NULL. */
struct str arena_str(struct arena *a, struct str s) must_check;

/* printf into the arena, zero-terminated. Returns NULL on failure. */
char *arena_printf(struct arena *a, const char *fmt, ...) must_check printf_like(2, 3);

#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

#endif
