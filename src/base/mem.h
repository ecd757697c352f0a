/*
 * mem.h - the heap, with failures on demand
 *
 * Every heap block of the program comes from here, so that a test can make
 * the nth allocation fail and prove that nothing is left alive afterwards.
 * Objects with the lifetime of a call or a turn come from an arena instead.
 *
 * Threads: any; fault injection is per thread. Layer: base.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/def.h"

/* A block of `n` bytes (n > 0). Returns NULL when there is no memory. */
void *mem_alloc(size_t n) must_check __attribute__((malloc));

/* The same, zeroed. */
void *mem_zalloc(size_t n) must_check __attribute__((malloc));

/* Grows or shrinks `p` (NULL allowed). Returns NULL on failure; `p` is then still alive. */
void *mem_resize(void *p, size_t n) must_check;

/* A zero-terminated copy of `n` bytes. */
char *mem_strndup(const char *p, size_t n) must_check;

/* Takes NULL. Always returns NULL: `x = mem_free(x);` */
void *mem_free(void *p);

/* For cleanup(): frees what the pointer variable points at. */
void mem_freep(void *pp);

/* Makes the nth allocation of this thread from now on fail, once; 0 turns it off. */
void mem_fail_at(long nth);

/* Whether the failure ordered by mem_fail_at() has happened. */
int mem_failed(void);

/* Blocks alive in the whole process. */
long mem_live(void);

#endif
