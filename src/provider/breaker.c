#include "provider/breaker.h"

#include <assert.h>

const struct breaker_rules breaker_rules_default = {
	.faults = 3,
	.window = USEC_SEC(30),
	.share = 67,
	.pause_first = USEC_SEC(5),
	.pause_max = USEC_SEC(120),
	.pause_wrong = USEC_SEC(600),
	.probe_max = USEC_SEC(30),
};

void breaker_init(struct breaker *b, const struct breaker_rules *rules)
{
	assert(rules->faults > 0 && rules->faults <= BREAKER_RECENT);
	*b = (struct breaker){.rules = rules, .pause = rules->pause_first};
}

static void open_until(struct breaker *b, usec until)
{
	b->opened += b->state != BREAKER_OPEN;
	b->state = BREAKER_OPEN;
	b->until = until;
	b->probe = 0;
	b->paused = false;
}

/* What somebody must repair, or has failed too often, does not become a pause. */
static void pause_until(struct breaker *b, usec until)
{
	bool only = b->state != BREAKER_OPEN || b->paused;

	open_until(b, until);
	b->paused = only;
}

static void close_again(struct breaker *b)
{
	b->state = BREAKER_CLOSED;
	b->pause = b->rules->pause_first;
	b->probe = 0;
	b->count = 0;
}

enum breaker_state breaker_read(const struct breaker *b, usec now)
{
	return b->state == BREAKER_OPEN && now >= b->until ? BREAKER_HALF_OPEN : b->state;
}

static void begin_probe(struct breaker *b, usec now)
{
	b->state = BREAKER_HALF_OPEN;
	b->probe = ++b->probes;
	b->probe_at = now;
}

bool breaker_ask(struct breaker *b, usec now, struct breaker_pass *ret_pass)
{
	enum breaker_state state;
	bool busy;

	if (!b)
		return true;
	state = breaker_read(b, now);
	busy = b->probe != 0 && now - b->probe_at < b->rules->probe_max;
	if (state == BREAKER_OPEN || (state == BREAKER_HALF_OPEN && busy)) {
		b->refused++;
		return false;
	}
	if (state == BREAKER_HALF_OPEN)
		begin_probe(b, now);
	*ret_pass = (struct breaker_pass){.held = true, .probe = b->probe};
	return true;
}

bool breaker_insist(struct breaker *b, usec now, struct breaker_pass *ret_pass)
{
	if (breaker_ask(b, now, ret_pass))
		return true;
	if (!b->paused)
		return false;
	*ret_pass = (struct breaker_pass){.held = true};
	return true;
}

/* Whether its result tells anything about now: that of a probe which is still out, or of anything while it is
 * closed. */
static bool decides(const struct breaker *b, const struct breaker_pass *pass)
{
	return b->state == BREAKER_CLOSED || (pass->probe != 0 && pass->probe == b->probe);
}

static void note(struct breaker *b, usec now, bool good)
{
	b->recent[b->next] = (struct breaker_result){now, good};
	b->next = (b->next + 1) % BREAKER_RECENT;
	b->count = MIN(b->count + 1, BREAKER_RECENT);
}

void breaker_succeeded(struct breaker *b, struct breaker_pass *pass, usec now)
{
	if (!b || !pass->held)
		return;
	b->succeeded++;
	note(b, now, true);
	if (b->state == BREAKER_HALF_OPEN && decides(b, pass))
		close_again(b);
	pass->probe = 0;
}

void breaker_released(struct breaker *b, struct breaker_pass *pass)
{
	if (b && pass->held && pass->probe != 0 && decides(b, pass))
		b->probe = 0;
	*pass = (struct breaker_pass){0};
}

static bool is_wrong(enum fault fault)
{
	return fault == FAULT_CONFIG || fault == FAULT_AUTH;
}

/* Whether this was one fault too many. */
static bool is_enough(struct breaker *b, usec now)
{
	const struct breaker_rules *r = b->rules;
	unsigned faults = 0, all = 0;

	note(b, now, false);
	for (unsigned i = 0; i < b->count; i++) {
		bool counts = now - b->recent[i].at <= r->window;

		all += counts;
		faults += counts && !b->recent[i].good;
	}
	return faults >= r->faults && faults * 100 >= all * r->share;
}

/* A probe's fault opens at once, others when there are too many. */
static void count_fault(struct breaker *b, usec now)
{
	if (!is_enough(b, now) && b->state == BREAKER_CLOSED)
		return;
	open_until(b, now + b->pause);
	b->pause = MIN(b->pause * 2, b->rules->pause_max);
}

void breaker_failed(struct breaker *b, struct breaker_pass *pass, usec now, enum fault fault,
		    usec retry_after)
{
	struct breaker_pass p = *pass;

	*pass = (struct breaker_pass){0};
	if (!b || !p.held)
		return;
	b->last = fault;
	b->faults[fault]++;
	if (is_wrong(fault))
		open_until(b, MAX(b->until, now + b->rules->pause_wrong));
	else if (fault == FAULT_QUOTA && retry_after > 0)
		pause_until(b, MAX(b->until, now + MIN(retry_after, BREAKER_RETRY_MAX)));
	else if (decides(b, &p))
		count_fault(b, now);
}

const char *breaker_state_name(enum breaker_state s)
{
	static const char *const names[] = {
		[BREAKER_CLOSED] = "closed", [BREAKER_OPEN] = "open", [BREAKER_HALF_OPEN] = "half open"};

	return names[s];
}
