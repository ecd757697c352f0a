/*
 * live.h - how many things of each kind are alive
 *
 * A module that makes objects defines one counter for their type and moves it
 * where they are made and freed. All counters must be zero when nothing is
 * going on: tests assert it, and the metrics page shows them.
 *
 *   LIVE_DEFINE(sip_dialog);          // in sip_dialog.c
 *   live_up(&live_sip_dialog); ... live_down(&live_sip_dialog);
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_LIVE_H
#define BASE_LIVE_H

#include <stdatomic.h>

#include "base/def.h"

struct live {
	const char *type;
	atomic_long count;
	struct live *next;
};

/* Called by LIVE_DEFINE before main(). */
void live_register(struct live *l);

#define LIVE_DEFINE(name)                                                   \
	static struct live live_##name = {.type = #name};                   \
	__attribute__((constructor)) static void live_register_##name(void) \
	{                                                                   \
		live_register(&live_##name);                                \
	}                                                                   \
	struct live /* swallows the semicolon */

static inline void live_up(struct live *l)
{
	atomic_fetch_add_explicit(&l->count, 1, memory_order_relaxed);
}

static inline void live_down(struct live *l)
{
	atomic_fetch_sub_explicit(&l->count, 1, memory_order_relaxed);
}

/* Calls fn with each type and its count. */
void live_each(void (*fn)(const char *type, long count, void *arg), void *arg);

/* The sum over all types. */
long live_total(void);

#endif
