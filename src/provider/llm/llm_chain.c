#include "provider/llm/llm_chain.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/loop.h"
#include "provider/llm/llm_copy.h"

LIVE_DEFINE(llm_chain);

/* One model of the list. Its session lies behind the chain and is opened when it is first asked. */
struct child {
	struct llm_chain *chain;
	const struct llm_link *link;
	struct llm *llm;
	struct breaker_pass pass;
	bool opened;
	bool tried;     /* for the request that is being answered */
	uint32_t asked; /* its number of that request; 0 = it owes nothing */
};

struct waiting {
	uint32_t number;
	struct llm_request *request; /* a copy */
};

struct llm_chain {
	struct llm llm;
	const struct llm_chain_config *config;
	struct llm_params params;
	struct child children[CHAIN_LINKS_MAX];
	size_t first;                                  /* is asked first: moves on with every fault of it */
	struct waiting waiting[LLM_CHAIN_WAITING_MAX]; /* the first is being answered */
	size_t count;
	struct child *speaker; /* has delivered something of it */
	bool hedged;
	struct timer hedge, gone;
	struct chain_failure failure; /* the last of this request, ... */
	struct llm_event fault;       /* ... and the event that told it, without its words */
};

static void begin(struct llm_chain *c);
static void on_event(void *arg, const struct llm_event *ev);
static void on_hedge(struct timer *t);
static void on_gone(struct timer *t);

static struct llm_chain *of(struct llm *m)
{
	return CONTAINER_OF(m, struct llm_chain, llm);
}

static usec now_of(const struct llm_chain *c)
{
	return loop_now(c->params.loop);
}

/* ---- asking ---- */

static void fail(struct child *k, const struct llm_event *ev)
{
	struct llm_chain *c = k->chain;

	k->asked = 0;
	breaker_failed(k->link->breaker, &k->pass, now_of(c), ev->fault, ev->retry_after);
	chain_note(&c->failure, k->link->name, ev->fault, ev->text);
	c->fault = *ev;
	if (k == &c->children[c->first])
		c->first = (c->first + 1) % c->config->count;
}

/* Returns 0 or -errno. */
static int open_child(struct child *k)
{
	struct llm_params params = k->chain->params;
	int rc;

	if (k->opened)
		return 0;
	params.sink = (struct llm_sink){on_event, k};
	memset(k->llm, 0, k->link->ops->state_size);
	rc = llm_open(k->llm, k->link->ops, k->link->config, &params);
	k->opened = rc == 0;
	if (rc < 0)
		llm_close(k->llm);
	return rc;
}

/* Whether the breaker lets it be asked. */
typedef bool may_ask(struct breaker *b, usec now, struct breaker_pass *ret_pass);

/* Returns whether it owes an answer now. */
static bool ask_child(struct child *k, const struct llm_request *r, may_ask *may)
{
	int rc;

	if (!may(k->link->breaker, now_of(k->chain), &k->pass))
		return false;
	k->tried = true;
	rc = open_child(k);
	if (rc == 0) {
		k->asked = MAX(k->llm->asked, k->llm->cancelled) + 1;
		rc = llm_ask(k->llm, k->asked, r);
	}
	if (rc < 0)
		fail(k, &(struct llm_event){
				.type = LLM_EV_FAULT, .text = chain_words(rc), .fault = chain_fault(rc)});
	return rc == 0;
}

static bool can_answer(const struct child *k, const struct llm_request *r)
{
	return !k->tried && (r->tool_count == 0 || (k->link->ops->can & LLM_TOOLS));
}

/* The next that was not tried for this request and may be. Returns false when there is none. */
static bool ask_one(struct llm_chain *c, may_ask *may)
{
	const struct llm_request *r = c->waiting[0].request;
	size_t first = c->first;

	for (size_t i = 0; i < c->config->count; i++) {
		struct child *k = &c->children[(first + i) % c->config->count];

		if (!can_answer(k, r) || !ask_child(k, r, may))
			continue;
		chain_tell(&c->failure, &c->config->watch, USAGE_LLM, k->link->name);
		if (c->config->hedge_after > 0 && !c->hedged)
			timer_start(&c->hedge, c->params.loop, now_of(c) + c->config->hedge_after, on_hedge);
		return true;
	}
	return false;
}

/* Nobody left: one that wants a pause is asked before the caller gets no answer. */
static bool ask_next(struct llm_chain *c)
{
	return ask_one(c, breaker_ask) || ask_one(c, breaker_insist);
}

static void on_hedge(struct timer *t)
{
	struct llm_chain *c = CONTAINER_OF(t, struct llm_chain, hedge);

	c->hedged = true;
	(void)ask_one(c, breaker_ask);
}

/* ---- the end of a request ---- */

static bool is_owed(const struct llm_chain *c)
{
	for (size_t i = 0; i < c->config->count; i++)
		if (c->children[i].asked != 0)
			return true;
	return false;
}

/* Nobody but `but` (may be NULL) goes on. */
static void silence(struct llm_chain *c, const struct child *but)
{
	timer_stop(&c->hedge);
	for (size_t i = 0; i < c->config->count; i++) {
		struct child *k = &c->children[i];

		if (k == but || k->asked == 0)
			continue;
		llm_cancel(k->llm, k->asked);
		k->asked = 0;
		breaker_released(k->link->breaker, &k->pass);
	}
}

/* The first `n` requests are over; the one behind them is asked. */
static void drop(struct llm_chain *c, size_t n)
{
	if (n == 0)
		return;
	silence(c, NULL);
	timer_stop(&c->gone);
	for (size_t i = 0; i < n; i++)
		llm_copy_free(c->waiting[i].request);
	c->count -= n;
	memmove(c->waiting, c->waiting + n, c->count * sizeof(c->waiting[0]));
	if (c->count > 0)
		begin(c);
}

/* What the breakers know, when they let nobody try. */
static enum fault known_fault(const struct llm_chain *c)
{
	enum fault f = c->failure.fault;

	for (size_t i = 0; i < c->config->count && f == FAULT_NONE; i++)
		if (c->config->links[i].breaker)
			f = c->config->links[i].breaker->last;
	return f == FAULT_NONE ? FAULT_CONFIG : f; /* nobody can use tools */
}

static void give_up(struct llm_chain *c)
{
	char words[CHAIN_WORDS_MAX];
	struct llm_event ev = c->fault;

	ev.type = LLM_EV_FAULT;
	ev.request = c->waiting[0].number;
	ev.fault = known_fault(c);
	ev.text = (struct str){words, str_copy(chain_failure_words(&c->failure), words, sizeof(words))};
	chain_tell(&c->failure, &c->config->watch, USAGE_LLM, STR(""));
	drop(c, 1);
	llm_emit(&c->llm, &ev);
}

static void on_gone(struct timer *t)
{
	give_up(CONTAINER_OF(t, struct llm_chain, gone));
}

static void begin(struct llm_chain *c)
{
	for (size_t i = 0; i < c->config->count; i++)
		c->children[i].tried = false;
	c->speaker = NULL;
	c->hedged = false;
	c->failure = (struct chain_failure){0};
	c->fault = (struct llm_event){.type = LLM_EV_FAULT};
	if (!ask_next(c))
		timer_start(&c->gone, c->params.loop, now_of(c), on_gone);
}

/* ---- what they say ---- */

static void on_piece(struct child *k, const struct llm_event *ev)
{
	struct llm_chain *c = k->chain;
	struct llm_event ours = *ev;

	if (!c->speaker)
		silence(c, k);
	c->speaker = k;
	ours.request = c->waiting[0].number;
	llm_emit(&c->llm, &ours);
}

static void on_done(struct child *k, const struct llm_event *ev)
{
	struct llm_chain *c = k->chain;
	struct llm_event ours = *ev;

	k->asked = 0;
	breaker_succeeded(k->link->breaker, &k->pass, now_of(c));
	breaker_released(k->link->breaker, &k->pass);
	ours.request = c->waiting[0].number;
	drop(c, 1);
	llm_emit(&c->llm, &ours);
}

static void on_fault(struct child *k, const struct llm_event *ev)
{
	struct llm_chain *c = k->chain;

	fail(k, ev);
	if (c->speaker == k || (!is_owed(c) && !ask_next(c)))
		give_up(c);
}

static void on_event(void *arg, const struct llm_event *ev)
{
	struct child *k = arg;

	if (k->asked == 0 || ev->request != k->asked)
		return;
	switch (ev->type) {
	case LLM_EV_TEXT:
	case LLM_EV_TOOL:
		on_piece(k, ev);
		break;
	case LLM_EV_DONE:
		on_done(k, ev);
		break;
	case LLM_EV_FAULT:
		on_fault(k, ev);
		break;
	case LLM_EV_COUNT_:
		break;
	}
}

/* ---- the contract ---- */

static int op_open(struct llm *llm, const void *config, const struct llm_params *params)
{
	struct llm_chain *c = of(llm);
	char *room = (char *)c + chain_room(sizeof(*c));

	c->config = config;
	c->params = *params;
	for (size_t i = 0; i < c->config->count; i++) {
		const struct llm_link *l = &c->config->links[i];

		c->children[i] =
			(struct child){.chain = c, .link = l, .llm = chain_place(&room, l->ops->state_size)};
	}
	live_up(&live_llm_chain);
	return 0;
}

static int op_ask(struct llm *llm, uint32_t request, const struct llm_request *r)
{
	struct llm_chain *c = of(llm);
	struct waiting w = {.number = request};
	int rc;

	if (c->count == LLM_CHAIN_WAITING_MAX)
		return -EBUSY;
	rc = llm_copy_new(r, &w.request);
	if (rc < 0)
		return rc;
	c->waiting[c->count++] = w;
	if (c->count == 1)
		begin(c);
	return 0;
}

static void op_cancel(struct llm *llm, uint32_t request)
{
	struct llm_chain *c = of(llm);
	size_t n = 0;

	while (n < c->count && c->waiting[n].number <= request)
		n++;
	drop(c, n);
}

static void op_close(struct llm *llm)
{
	struct llm_chain *c = of(llm);

	timer_stop(&c->gone);
	timer_stop(&c->hedge);
	for (size_t i = 0; i < c->config->count; i++) {
		struct child *k = &c->children[i];

		breaker_released(k->link->breaker, &k->pass);
		if (k->opened)
			llm_close(k->llm);
	}
	for (size_t i = 0; i < c->count; i++)
		llm_copy_free(c->waiting[i].request);
	live_down(&live_llm_chain);
}

static const struct llm_ops ops = {
	.name = "chain",
	.open = op_open,
	.ask = op_ask,
	.cancel = op_cancel,
	.close = op_close,
};

void llm_chain_init(struct llm_chain_config *c)
{
	assert(c->count > 0 && c->count <= CHAIN_LINKS_MAX);
	c->ops = ops;
	c->ops.state_size = chain_room(sizeof(struct llm_chain));
	for (size_t i = 0; i < c->count; i++) {
		c->ops.can |= c->links[i].ops->can;
		c->ops.state_size += chain_room(c->links[i].ops->state_size);
	}
}
