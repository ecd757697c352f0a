#include "base/live.h"

static struct live *all;

void live_register(struct live *l)
{
	l->next = all;
	all = l;
}

void live_each(void (*fn)(const char *type, long count, void *arg), void *arg)
{
	for (struct live *l = all; l; l = l->next)
		fn(l->type, atomic_load_explicit(&l->count, memory_order_relaxed), arg);
}

static void add(const char *type, long count, void *arg)
{
	long *sum = arg;

	(void)type;
	*sum += count;
}

long live_total(void)
{
	long sum = 0;

	live_each(add, &sum);
	return sum;
}
