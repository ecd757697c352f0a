#include "provider/local/llm_local.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/live.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "provider/llm/llm_copy.h"
#include "provider/local/thinking.h"
#include "provider/local/tool_words.h"
#include "provider/service.h"

#define CHARACTER_MAX 4 /* bytes */
#define ID_BYTES      32

LIVE_DEFINE(llm_local);
LIVE_DEFINE(llm_local_ask);
LIVE_DEFINE(llm_local_mind);

struct llm_local;

struct ask {
	struct list node;
	struct llm_local *session;
	struct llm_request *request;
	uint32_t number;
	struct timer limit; /* then it fails ... */
	enum fault fault;   /* ... like that */
	const char *words;
	struct llm_usage usage; /* so far */
	struct tool_reader reader;
	unsigned calls; /* told */
	bool tools;     /* it may call some */
};

/* What a session thinks with, on the pool: it outlives a session that is closed at work. */
struct mind {
	struct pool_job job;
	struct llm_local *session; /* NULL = closed */
	struct pool_port *port;
	struct thinking *thinking;
	struct thought *thought;     /* opened by the first job */
	struct llm_request *request; /* to begin with; NULL = it has begun */
	uint32_t number;             /* 0 = what it works on is not wanted any more */
	bool busy;                   /* in the pool, or in done() */
	bool inside;                 /* in the room, or else ... */
	struct list place;           /* ... among those who wait for it */
	atomic_bool stop;
	struct thinking_out out;
	struct llama_words words;
	int rc;
};

struct llm_local {
	struct llm llm;
	struct llm_local_config config;
	struct loop *loop;
	struct mind *mind;
	struct list asks; /* in order; the mind works on the first */
	size_t ask_count;
	struct timer refusal; /* says why there is no model */
};

void llm_local_room_init(struct llm_local_room *r, size_t at_once)
{
	*r = (struct llm_local_room){.at_once = MIN(at_once, (size_t)LLM_LOCAL_AT_ONCE_MAX)};
	list_init(&r->waiting);
}

static struct llm_local *of(struct llm *m)
{
	return CONTAINER_OF(m, struct llm_local, llm);
}

/* ---- room ---- */

static bool is_waiting(const struct mind *d)
{
	return !list_empty(&d->place);
}

static void wait_no_more(struct mind *d)
{
	if (!is_waiting(d))
		return;
	list_remove(&d->place);
	d->session->config.room->waiting_count--;
}

static bool go_in(struct mind *d)
{
	struct llm_local_room *r = d->session->config.room;

	if (!d->inside && r->inside == r->at_once)
		return false;
	r->inside += !d->inside;
	d->inside = true;
	return true;
}

static void go_out(struct mind *d)
{
	d->session->config.room->inside -= d->inside;
	d->inside = false;
}

/* ---- asks ---- */

/* It costs nothing but processors, which somebody counts. */
static void ask_end(struct ask *a, enum usage_end end)
{
	struct llm_local *l = a->session;
	struct usage u = {.kind = USAGE_LLM,
			  .end = end,
			  .service = l->config.service->name,
			  .type = l->config.service->type,
			  .model = l->config.service->model,
			  .work = a->number};

	u.amount[USAGE_REQUESTS] = 1;
	u.amount[USAGE_TOKENS_IN] = a->usage.tokens_in - a->usage.tokens_cached;
	u.amount[USAGE_TOKENS_CACHED] = a->usage.tokens_cached;
	u.amount[USAGE_TOKENS_OUT] = a->usage.tokens_out;
	timer_stop(&a->limit);
	list_remove(&a->node);
	l->ask_count--;
	if (l->ask_count == 0 && l->mind)
		wait_no_more(l->mind);
	llm_copy_free(a->request);
	tool_reader_fini(&a->reader);
	live_down(&live_llm_local_ask);
	mem_free(a);
	usage_tell(&l->llm.usage, &u);
}

/* The first that has not been refused. */
static struct ask *first(const struct llm_local *l)
{
	LIST_EACH (node, &l->asks) {
		struct ask *a = LIST_ENTRY(node, struct ask, node);

		if (a->fault != FAULT_OVERLOAD)
			return a;
	}
	return NULL;
}

/* What is being computed for it is not waited for. */
static void unwant(struct llm_local *l, uint32_t up_to)
{
	struct mind *d = l->mind;

	if (!d || d->number == 0 || d->number > up_to)
		return;
	d->number = 0;
	atomic_store(&d->stop, true);
	pool_cancel(&d->job);
}

static void fail(struct ask *a, enum fault fault, const char *words)
{
	struct llm_local *l = a->session;
	const struct llm_event ev = {.type = LLM_EV_FAULT,
				     .request = a->number,
				     .text = str_from(words),
				     .usage = a->usage,
				     .fault = fault};

	if (l->mind && l->mind->number == a->number)
		unwant(l, a->number);
	ask_end(a, USAGE_FAILED);
	llm_emit(&l->llm, &ev);
}

static void on_limit(struct timer *t)
{
	struct ask *a = CONTAINER_OF(t, struct ask, limit);

	fail(a, a->fault, a->words);
}

static void set_limit(struct ask *a, usec limit)
{
	struct llm_local *l = a->session;

	a->fault = FAULT_STALLED;
	a->words = "the model in this process is too slow";
	if (limit > 0)
		timer_start(&a->limit, l->loop, loop_now(l->loop) + limit, on_limit);
	else
		timer_stop(&a->limit);
}

static int ask_new(struct llm_local *l, uint32_t number, const struct llm_request *r, struct ask **ret_ask)
{
	usec limit = l->config.service->first_limit;
	struct llm_request request = *r;
	struct ask *a = mem_zalloc(sizeof(*a));
	int rc;

	if (!a)
		return -ENOMEM;
	if (l->config.no_tools)
		request.tool_count = 0;
	rc = llm_copy_new(&request, &a->request);
	if (rc < 0) {
		mem_free(a);
		return rc;
	}
	live_up(&live_llm_local_ask);
	a->session = l;
	a->number = number;
	a->tools = request.tool_count > 0;
	tool_reader_init(&a->reader);
	list_append(&l->asks, &a->node);
	l->ask_count++;
	if (r->first_token_limit > 0 && (limit == 0 || r->first_token_limit < limit))
		limit = r->first_token_limit;
	set_limit(a, limit);
	*ret_ask = a;
	return 0;
}

/* All that are there. Not now: nothing is told within a call of ours. */
static void refuse(struct llm_local *l, const char *words)
{
	for (struct ask *a = first(l); a; a = first(l)) {
		set_limit(a, 1);
		a->fault = FAULT_OVERLOAD;
		a->words = words;
	}
}

/* ---- on a worker ---- */

static int begin(struct mind *d)
{
	int rc = d->thought ? 0 : thought_open(d->thinking, &d->stop, &d->thought);

	if (rc == 0)
		rc = thought_ask(d->thought, d->request, &d->words);
	d->request = llm_copy_free(d->request);
	return rc;
}

static void run(struct pool_job *p)
{
	struct mind *d = CONTAINER_OF(p, struct mind, job);

	d->rc = d->request ? begin(d) : 0;
	if (d->rc == 0)
		d->rc = thought_step(d->thought, &d->out);
}

/* Giving back a call's memory takes a while too. */
static void retire(struct pool_job *p)
{
	struct mind *d = CONTAINER_OF(p, struct mind, job);

	d->thought = thought_shut(d->thought);
}

/* ---- the mind ---- */

static void mind_free(struct mind *d)
{
	thought_shut(d->thought);
	llm_copy_free(d->request);
	buf_fini(&d->out.text);
	live_down(&live_llm_local_mind);
	mem_free(d);
}

static void on_retired(struct pool_job *p, enum pool_end pool_end)
{
	mind_free(CONTAINER_OF(p, struct mind, job));
}

static void mind_retire(struct mind *d)
{
	d->job.class = POOL_NORMAL;
	d->job.run = retire;
	d->job.done = on_retired;
	if (!d->thought || pool_submit(d->port, &d->job) < 0)
		mind_free(d);
}

static void on_step(struct pool_job *p, enum pool_end pool_end);

static struct mind *mind_new(struct llm_local *l)
{
	struct mind *d = mem_zalloc(sizeof(*d));

	if (!d)
		return NULL;
	live_up(&live_llm_local_mind);
	d->session = l;
	d->port = l->config.port;
	d->thinking = l->config.thinking;
	d->job.class = POOL_URGENT;
	d->job.deadline = USEC_NEVER;
	d->job.run = run;
	d->job.done = on_step;
	list_init(&d->place);
	buf_init(&d->out.text, LLM_LOCAL_PIECES_MAX);
	return d;
}

static int submit(struct mind *d)
{
	int rc = pool_submit(d->port, &d->job);

	if (rc == 0)
		d->busy = true;
	return rc;
}

static void think(struct mind *d, struct ask *a)
{
	llm_copy_free(d->request);
	d->request = a->request;
	a->request = NULL;
	d->number = a->number;
	d->out.usage = (struct llm_usage){0};
	d->words.text[0] = 0;
	buf_clear(&d->out.text);
	atomic_store(&d->stop, false);
	if (submit(d) == 0)
		return;
	a->request = d->request;
	d->request = NULL;
	d->number = 0;
	go_out(d);
	refuse(d->session, "the workers of this process have too much to do");
}

static void wait_for_room(struct mind *d)
{
	struct llm_local_room *r = d->session->config.room;

	if (r->waiting_count == r->at_once) {
		refuse(d->session, "the model in this process has too many callers to answer");
		return;
	}
	list_append(&r->waiting, &d->place);
	r->waiting_count++;
}

/* Takes the first ask there is. */
static void next(struct mind *d)
{
	struct ask *a = first(d->session);

	d->busy = false;
	if (!a)
		go_out(d);
	else if (go_in(d))
		think(d, a);
	else
		wait_for_room(d);
}

/* Lets in who waits. */
static void admit(struct llm_local_room *r)
{
	while (r->inside < r->at_once && !list_empty(&r->waiting)) {
		struct mind *d = LIST_ENTRY(r->waiting.next, struct mind, place);

		wait_no_more(d);
		next(d);
	}
}

/* ---- what it says ---- */

/* Whole characters that the text begins with; what can never be one is dropped. */
static size_t whole(struct buf *text)
{
	size_t n = 0, bytes;

	while (n < text->n) {
		bytes = utf8_length((struct str){text->p + n, text->n - n});
		if (bytes > 0) {
			n += bytes;
		} else if (text->n - n >= CHARACTER_MAX) {
			memmove(text->p + n, text->p + n + 1, text->n - n - 1);
			text->n--;
		} else {
			break;
		}
	}
	return n;
}

/* Whether the answer that d works on is still wanted, and a still there. */
static bool is_wanted(const struct mind *d)
{
	return d->session && d->number != 0;
}

static bool tell_call(struct mind *d, struct ask *a, struct str call)
{
	cleanup(buf_fini) struct buf name;
	cleanup(buf_fini) struct buf arguments;
	struct llm_event ev = {.type = LLM_EV_TOOL, .request = a->number};
	char id[ID_BYTES];

	buf_init(&name, TOOL_WORDS_CALL_MAX);
	buf_init(&arguments, TOOL_WORDS_CALL_MAX);
	if (tool_words_call(call, &name, &arguments) < 0) {
		fail(a, FAULT_PROTOCOL, "the model calls a tool in words that are no call");
		return false;
	}
	snprintf(id, sizeof(id), "call_%u_%u", a->number, a->calls++);
	ev.tool_id = str_from(id);
	ev.tool_name = buf_str(&name);
	ev.arguments = buf_str(&arguments);
	llm_emit(&d->session->llm, &ev);
	return is_wanted(d);
}

static bool tell_piece(struct mind *d, struct ask *a, struct str piece)
{
	const struct llm_event ev = {.type = LLM_EV_TEXT, .request = a->number, .text = piece};

	if (piece.n > 0)
		llm_emit(&d->session->llm, &ev);
	return is_wanted(d);
}

/* Text and calls, as far as they can be told apart. */
static bool tell_read(struct mind *d, struct ask *a, bool end)
{
	struct str what;

	for (;;) {
		switch (tool_reader_next(&a->reader, end, &what)) {
		case TOOL_READ_TEXT:
			if (!tell_piece(d, a, what))
				return false;
			break;
		case TOOL_READ_CALL:
			if (!tell_call(d, a, what))
				return false;
			break;
		case TOOL_READ_NOTHING:
			return true;
		}
	}
}

/* Returns whether it is still wanted. */
static bool tell_text(struct mind *d, struct ask *a, bool end)
{
	struct str text = {d->out.text.p, whole(&d->out.text)};

	if (text.n == 0 && !end)
		return true;
	set_limit(a, a->session->config.service->stall_limit);
	if (!a->tools && !tell_piece(d, a, text))
		return false;
	if (a->tools && tool_reader_feed(&a->reader, text) < 0) {
		fail(a, FAULT_PROTOCOL, "the model calls a tool in too many words");
		return false;
	}
	if (a->tools && !tell_read(d, a, end))
		return false;
	buf_consume(&d->out.text, text.n);
	return true;
}

static enum fault fault_of(int rc)
{
	switch (rc) {
	case -EMSGSIZE:
	case -ENOTSUP:
	case -ELIBBAD:
		return FAULT_CONFIG;
	case -EBUSY:
	case -ENOMEM:
		return FAULT_OVERLOAD;
	default:
		return FAULT_PROTOCOL;
	}
}

static void tell_end(struct mind *d, struct ask *a)
{
	struct llm_local *l = d->session;
	const struct llm_event ev = {.type = LLM_EV_DONE,
				     .request = a->number,
				     .stop = a->calls > 0 ? LLM_STOP_TOOL : d->out.stop,
				     .usage = a->usage};

	d->number = 0;
	ask_end(a, USAGE_DONE);
	llm_emit(&l->llm, &ev);
}

static void tell(struct mind *d)
{
	struct ask *a = first(d->session);

	a->usage = d->out.usage;
	if (d->rc >= 0 && !tell_text(d, a, d->rc == 0))
		return;
	if (d->rc == 0)
		tell_end(d, a);
	else if (d->rc < 0)
		fail(a, fault_of(d->rc), d->words.text[0] ? d->words.text : strerror(-d->rc));
	else if (submit(d) < 0)
		fail(a, FAULT_OVERLOAD, "the workers of this process have too much to do");
}

static void on_step(struct pool_job *p, enum pool_end pool_end)
{
	struct mind *d = CONTAINER_OF(p, struct mind, job);
	uint32_t number = d->number;

	if (d->session && number != 0) {
		tell(d);
		if (d->session && d->number == number)
			return; /* it goes on */
	}
	if (!d->session) {
		mind_retire(d);
		return;
	}
	next(d);
	admit(d->session->config.room);
}

/* ---- the contract ---- */

static int local_open(struct llm *m, const void *config, const struct llm_params *params)
{
	struct llm_local *l = of(m);

	l->config = *(const struct llm_local_config *)config;
	l->loop = params->loop;
	list_init(&l->asks);
	assert(!l->config.thinking || l->config.room);
	live_up(&live_llm_local);
	return 0;
}

static void on_refusal(struct timer *t)
{
	struct llm_local *l = CONTAINER_OF(t, struct llm_local, refusal);
	struct ask *a = first(l);

	if (!a)
		return;
	if (a->node.next != &l->asks)
		timer_start(&l->refusal, l->loop, loop_now(l->loop), on_refusal);
	fail(a, FAULT_CONFIG, l->config.why);
}

static int local_ask(struct llm *m, uint32_t request, const struct llm_request *r)
{
	struct llm_local *l = of(m);
	struct ask *a;
	int rc;

	if (l->ask_count == LLM_LOCAL_ASKS_MAX)
		return -EAGAIN;
	if (l->config.thinking && !l->mind)
		l->mind = mind_new(l);
	if (l->config.thinking && !l->mind)
		return -ENOMEM;
	rc = ask_new(l, request, r, &a);
	if (rc < 0)
		return rc;
	if (!l->config.thinking)
		timer_start(&l->refusal, l->loop, loop_now(l->loop), on_refusal);
	else if (!l->mind->busy && !is_waiting(l->mind))
		next(l->mind);
	return 0;
}

static void local_cancel(struct llm *m, uint32_t request)
{
	struct llm_local *l = of(m);

	unwant(l, request);
	LIST_EACH_SAFE (node, &l->asks) {
		struct ask *a = LIST_ENTRY(node, struct ask, node);

		if (a->number <= request)
			ask_end(a, USAGE_CANCELLED);
	}
}

static void local_close(struct llm *m)
{
	struct llm_local *l = of(m);
	struct mind *d = l->mind;

	local_cancel(m, UINT32_MAX);
	timer_stop(&l->refusal);
	l->mind = NULL;
	live_down(&live_llm_local);
	if (!d)
		return;
	go_out(d);
	d->session = NULL;
	admit(l->config.room);
	if (!d->busy)
		mind_retire(d);
}

const struct llm_ops llm_local_ops = {
	.name = "llama-cpp",
	.can = LLM_TOOLS | LLM_LOCAL,
	.state_size = sizeof(struct llm_local),
	.open = local_open,
	.ask = local_ask,
	.cancel = local_cancel,
	.close = local_close,
};
