/*
 * call_cost.h - a call's meter at work: who reports to it, and what happens when it is too much
 *
 * A limit may be the call's own, or the day's of its agent or tenant. When one
 * is reached the trail says so, once, and the agent's rule decides: go on and
 * only warn; go on with cheaper services (the owner of the call sees to it); or
 * end the call politely, when the answer that is being given has been heard.
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_CALL_COST_H
#define CALL_CALL_COST_H

#include "call/budget.h"
#include "call/meter.h"

struct call;

enum cost_action {
	COST_WARN,
	COST_DEGRADE,
	COST_END,
};

/* Of an agent; outlives its calls. */
struct call_cost_limits {
	picos call;                    /* 0 = none */
	struct budget *agent, *tenant; /* NULL = none */
	enum cost_action action;
	struct str farewell; /* COST_END: the last words */
};

/* Before anything reports. */
void call_cost_init(struct call *c);

/* What each session of the call reports to, its brain's too. */
struct usage_sink call_cost_sink(struct call *c);

/* An answer has begun; and everything is closed. */
void call_cost_turn(struct call *c);
void call_cost_end(struct call *c);

#endif
