/*
 * budget.h - how much an agent or a tenant may spend a day, over all calls and shards
 *
 * Threads: any. Layer: call.
 */
#ifndef CALL_BUDGET_H
#define CALL_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>

#include "call/prices.h"

struct budget {
	picos limit; /* 0 = none */
	atomic_llong day;
	atomic_llong spent; /* on that day */
};

/* Adds `cost` to what was spent on `today` (days are any rising numbers; a new one begins at nothing).
 * Returns whether the limit is reached. NULL is a budget without end. */
bool budget_spend(struct budget *b, int64_t today, picos cost);

#endif
