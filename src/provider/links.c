#include "provider/links.h"

#include <assert.h>

#define SOON USEC_SEC(1) /* who fails so soon may be tried again: it keeps nobody waiting */

static void on_work(struct timer *t);
static void on_slow(struct timer *t);

void links_add(struct links *ls, struct link *l, struct str name, struct breaker *breaker)
{
	assert(ls->count < CHAIN_LINKS_MAX);
	l->of = ls;
	l->name = name;
	l->breaker = breaker;
	ls->list[ls->count++] = l;
}

void links_start(struct links *ls)
{
	timer_start(&ls->work, ls->loop, loop_now(ls->loop), on_work);
}

/* It would be told the same once more. */
static bool stays_refused(enum fault fault)
{
	return fault == FAULT_CONFIG || fault == FAULT_AUTH || fault == FAULT_QUOTA;
}

/* Whether it may be tried again. */
static bool is_worth_it(const struct link *l, enum fault fault)
{
	bool soon = loop_now(l->of->loop) - l->since < SOON;

	return !l->again && (l->state == LINK_SERVING || (soon && !stays_refused(fault)));
}

static void note_failure(struct link *l, enum fault fault, usec retry_after, struct str words)
{
	struct links *ls = l->of;

	breaker_failed(l->breaker, &l->pass, loop_now(ls->loop), fault, retry_after);
	chain_note(&ls->failure, l->name, fault, words);
}

void links_fail(struct link *l, enum fault fault, usec retry_after, struct str words)
{
	struct links *ls = l->of;
	bool served = l->state == LINK_SERVING;

	if (l->state != LINK_OPENING && !served)
		return;
	l->state = is_worth_it(l, fault) ? LINK_BROKEN : LINK_DYING;
	l->again = true;
	note_failure(l, fault, retry_after, words);
	if (served) {
		ls->ops->leave(l);
		ls->serving = NULL;
	}
	links_start(ls);
}

void links_refused(struct link *l, int error)
{
	links_fail(l, chain_fault(error), 0, chain_words(error));
}

void links_turn_to(struct links *ls, struct link *l)
{
	ls->wanted = l;
	links_start(ls);
}

static void close_link(struct link *l, enum link_state state)
{
	breaker_released(l->breaker, &l->pass);
	l->of->ops->close(l);
	l->state = state;
}

/* ---- opening ---- */

/* Whether the breaker lets it be opened. */
typedef bool may_open(struct breaker *b, usec now, struct breaker_pass *ret_pass);

/* Returns whether it is being opened. */
static bool open_link(struct link *l, may_open *may)
{
	int rc;

	if (!may(l->breaker, loop_now(l->of->loop), &l->pass))
		return false;
	l->state = LINK_OPENING;
	l->since = loop_now(l->of->loop);
	rc = l->of->ops->open(l);
	if (rc == 0)
		return true;
	l->again = true; /* what cannot even be begun is not tried twice */
	links_refused(l, rc);
	return false;
}

static bool open_first(struct links *ls, bool again, may_open *may)
{
	if (ls->wanted && ls->wanted->state == LINK_IDLE && open_link(ls->wanted, may))
		return true;
	for (size_t i = 0; i < ls->count; i++) {
		struct link *l = ls->list[i];

		if (l->state == LINK_IDLE && l->again == again && open_link(l, may))
			return true;
	}
	return false;
}

/* The next of the list that is worth trying, those that broke already last. Returns false when there is none.
 */
static bool open_next(struct links *ls, may_open *may)
{
	if (!open_first(ls, false, may) && !open_first(ls, true, may))
		return false;
	timer_start(&ls->slow, ls->loop, loop_now(ls->loop) + ls->open_limit, on_slow);
	return true;
}

static void on_slow(struct timer *t)
{
	struct links *ls = CONTAINER_OF(t, struct links, slow);

	if (!ls->serving)
		(void)open_next(ls, breaker_ask);
}

/* ---- one serves ---- */

/* Those that were slower than the one which serves now. */
static void close_losers(struct links *ls)
{
	for (size_t i = 0; i < ls->count; i++) {
		struct link *l = ls->list[i];

		if (l->state != LINK_OPENING)
			continue;
		note_failure(l, FAULT_STALLED, 0, STR("another was ready before it"));
		close_link(l, LINK_FAILED);
	}
}

/* It did nothing wrong: another is wanted. */
static void replace(struct link *l)
{
	l->of->ops->leave(l);
	close_link(l, LINK_IDLE);
}

bool links_ready(struct link *l)
{
	struct links *ls = l->of;

	if (l->state != LINK_OPENING)
		return false;
	if (ls->serving)
		replace(ls->serving);
	l->state = LINK_SERVING;
	ls->serving = l;
	ls->opened = true;
	timer_stop(&ls->slow);
	close_losers(ls);
	chain_tell(&ls->failure, ls->watch, ls->ops->kind, l->name);
	ls->ops->serve(l);
	return true;
}

void links_succeeded(struct link *l)
{
	breaker_succeeded(l->breaker, &l->pass, loop_now(l->of->loop));
	links_forgive(l->of);
}

void links_forgive(struct links *ls)
{
	ls->opened = ls->serving != NULL;
	for (size_t i = 0; i < ls->count; i++) {
		struct link *l = ls->list[i];

		l->again = false;
		if (l->state == LINK_FAILED)
			l->state = LINK_IDLE;
	}
}

/* ---- nobody serves ---- */

static void bury(struct link *l)
{
	if (l->state == LINK_BROKEN)
		close_link(l, LINK_IDLE);
	else if (l->state == LINK_DYING)
		close_link(l, LINK_FAILED);
}

static bool is_opening(const struct links *ls)
{
	for (size_t i = 0; i < ls->count; i++)
		if (ls->list[i]->state == LINK_OPENING)
			return true;
	return false;
}

/* What the breakers know, when they let nobody try. */
static void give_up(struct links *ls)
{
	enum fault fault = ls->failure.fault;

	for (size_t i = 0; i < ls->count && fault == FAULT_NONE; i++)
		if (ls->list[i]->breaker)
			fault = ls->list[i]->breaker->last;
	chain_tell(&ls->failure, ls->watch, ls->ops->kind, STR(""));
	ls->ops->give_up(ls, fault, ls->opened);
}

/* Nobody left: one that wants a pause is asked before the caller gets nobody. */
static bool open_any(struct links *ls)
{
	return open_next(ls, breaker_ask) || open_next(ls, breaker_insist);
}

static void on_work(struct timer *t)
{
	struct links *ls = CONTAINER_OF(t, struct links, work);

	for (size_t i = 0; i < ls->count; i++)
		bury(ls->list[i]);
	if (ls->serving && ls->wanted && ls->wanted->state == LINK_IDLE)
		(void)open_link(ls->wanted, breaker_ask);
	if (!ls->serving && !is_opening(ls) && !open_any(ls))
		give_up(ls);
}

void links_close(struct links *ls)
{
	timer_stop(&ls->work);
	timer_stop(&ls->slow);
	for (size_t i = 0; i < ls->count; i++)
		close_link(ls->list[i], LINK_FAILED);
	ls->serving = NULL;
}
