#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_long live;
static _Thread_local long fail_in;
static _Thread_local int fail_done;

static int must_fail(void)
{
	if (fail_in == 0 || --fail_in > 0)
		return 0;
	fail_done = 1;
	return 1;
}

static void *count(void *p)
{
	if (p)
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	return p;
}

void *mem_alloc(size_t n)
{
	return must_fail() ? NULL : count(malloc(n));
}

void *mem_zalloc(size_t n)
{
	return must_fail() ? NULL : count(calloc(1, n));
}

void *mem_resize(void *p, size_t n)
{
	if (!p)
		return mem_alloc(n);
	return must_fail() ? NULL : realloc(p, n);
}

char *mem_strndup(const char *p, size_t n)
{
	char *copy = mem_alloc(n + 1);

	if (!copy)
		return NULL;
	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

void *mem_free(void *p)
{
	if (p)
		atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	free(p);
	return NULL;
}

void mem_freep(void *pp)
{
	void **p = pp;

	*p = mem_free(*p);
}

void mem_fail_at(long nth)
{
	fail_in = nth;
	fail_done = 0;
}

int mem_failed(void)
{
	return fail_done;
}

long mem_live(void)
{
	return atomic_load_explicit(&live, memory_order_relaxed);
}
