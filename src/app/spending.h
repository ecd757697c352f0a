/*
 * spending.h - what calls, agents and tenants may cost, by the configuration
 *
 * One budget for each agent and one for each tenant, over all shards, for a day
 * in UTC. They begin at nothing when the server starts.
 *
 * Threads: opened and closed on main; the budgets are any thread's. Layer: app.
 */
#ifndef APP_SPENDING_H
#define APP_SPENDING_H

#include "app/agents.h"
#include "call/call_cost.h"

struct spending {
	struct arena arena;
	struct call_cost_limits *limits; /* [agents], what their calls go by */
	struct budget *agents, *tenants; /* [agents]; of a tenant's agents the first one's counts */
};

/* Gives every agent its limits. Returns 0 or -ENOMEM; spending_close() in either case. */
int spending_open(struct spending *s, const struct config *c, struct agents *a) must_check;

/* When no call is left. Takes a zeroed one. */
void spending_close(struct spending *s);

/* Counts days; for call_services. */
int64_t spending_today(void);

#endif
