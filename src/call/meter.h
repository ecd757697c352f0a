/*
 * meter.h - what a call has used, and what that costs
 *
 * Takes every report of the call's sessions (provider/usage.h), also of failed
 * and cancelled work, finds its price and keeps the sums: by service, by stage,
 * for the turn that is going on and for the call. Work is counted in the turn in
 * which it ends.
 *
 * In the trail: "unpriced" when a service without a price is first used, "cost"
 * after each turn, and a last "cost" with everything. Without prices there is no
 * money in it at all, only what was used.
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_METER_H
#define CALL_METER_H

#include "call/prices.h"
#include "call/trail.h"

#define METER_LINES_MAX  24 /* services of a call; what more there are, are counted together */
#define METER_NAME_BYTES 48

/* One service in one call. */
struct meter_line {
	enum price_kind kind;
	char service[METER_NAME_BYTES], type[METER_NAME_BYTES], model[METER_NAME_BYTES];
	const struct price_row *price; /* NULL: it has none */
	uint64_t amount[USAGE_UNITS_];
	uint64_t ends[USAGE_ENDS_];
	picos cost;
};

struct meter;

struct meter_sink {
	/* A piece of work was counted; `u->kind` is no more than the line's. May run inside a contract's
	 * function: nothing may be closed or said here. */
	void (*on_cost)(void *arg, const struct meter_line *line, const struct usage *u, picos cost);
	void *arg;
};

struct meter {
	const struct prices *prices; /* NULL: nothing has a price */
	struct trail *trail;
	struct loop *loop;
	struct meter_sink sink;
	struct meter_line lines[METER_LINES_MAX];
	size_t count;
	picos by_kind[PRICE_KINDS_], turn_by_kind[PRICE_KINDS_];
	picos total, turn;
	unsigned unpriced; /* services */
};

/* What is borrowed outlives it; `prices` may be NULL. */
void meter_init(struct meter *m, const struct prices *prices, struct trail *trail, struct loop *loop,
		const struct meter_sink *sink);

/* Counts; `arg` is the meter. */
void meter_on_usage(void *arg, const struct usage *u);

static inline struct usage_sink meter_usage_sink(struct meter *m)
{
	return (struct usage_sink){meter_on_usage, m};
}

/* The call itself, once, when it is over: its trunk and our machine. */
void meter_add_call(struct meter *m, struct str trunk, usec connected);

/* Into the trail: what the turn cost and the call so far, and begins the next turn; a turn that cost nothing
 * leaves no line. Or everything, at the end. */
void meter_note_turn(struct meter *m, unsigned turn);
void meter_note_end(struct meter *m);

#endif
