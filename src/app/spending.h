/*
 * spending.h - what calls, agents and tenants may cost, by the configuration
 *
 * One budget for each agent and one for each tenant, over all shards, for a day
 * in UTC. What has been spent lies in the store, at most a second old: a server
 * that is killed and starts again goes on where it stopped.
 *
 *   calls, any loop --> budget --(main, once a second, when it changed)--> store
 *
 * Threads: opened, loaded, kept and closed on main; the budgets are any thread's. Layer: app.
 */
#ifndef APP_SPENDING_H
#define APP_SPENDING_H

#include "app/agents.h"
#include "base/pool.h"
#include "call/call_cost.h"

/* A budget and what the store knows of it. */
struct spending_line {
	struct budget budget;
	struct store_key key;
	picos kept; /* on that day */
	int64_t kept_day;
};

struct spending {
	struct arena arena;
	struct call_cost_limits *limits; /* [count], what the calls of each agent go by */
	struct spending_line *agents;    /* [count] */
	struct spending_line *tenants;   /* [count]; of a tenant's agents the first one's counts */
	size_t count;
	struct store *store;
	struct loop *loop;
	struct pool_port port; /* to the store's thread */
	struct pool_job job;
	struct timer timer;
	bool keeping, writing;
	int error, told; /* the last write's, and what was logged of it */
};

/* Gives every agent its limits. Returns 0 or -ENOMEM; spending_close() in either case. */
int spending_open(struct spending *s, const struct config *c, struct agents *a) must_check;

/* What was spent today before this start. Blocks: before the store's thread runs. Returns 0 or -errno. */
int spending_load(struct spending *s, struct store *store) must_check;

/* From now on changes go to the store, on its thread `p`. Nothing, where there are no limits of a day. */
void spending_keep(struct spending *s, struct loop *l, struct pool *p);

/* No call is left: writes the rest, while the store's thread is still there. */
void spending_stop(struct spending *s);

/* Takes a zeroed one. */
void spending_close(struct spending *s);

/* Counts days; for call_services. */
int64_t spending_today(void);

#endif
