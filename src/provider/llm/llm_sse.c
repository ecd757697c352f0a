#include "provider/llm/llm_sse.h"

#include <errno.h>

#include "base/list.h"
#include "base/live.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "provider/llm/llm_calls.h"

#define URL_MAX         2048
#define HEADERS_MAX     4
#define RUN_OUT_LIMIT   USEC_SEC(1)  /* for the end of a stream whose answer was told to its end */
#define BYTES_PER_TOKEN 4            /* of English and JSON, before the vendor has told any number */
#define BYTE_LASTS      USEC_MS(200) /* a third of the pace of speech: who is slower for long, has stalled */

LIVE_DEFINE(llm_sse_request);

/* What this vendor has counted, and of how many bytes. */
struct counted {
	uint64_t tokens, bytes;
};

struct llm_sse {
	struct llm llm;
	struct loop *loop;
	struct http_client *http;
	const struct service *service;
	const struct llm_sse_dialect *dialect;
	struct list requests;
	size_t count;
	struct counted in, out;
};

enum request_state {
	REQUEST_ASKED,
	REQUEST_ANSWERING, /* the first piece of text or of a call has come */
	REQUEST_OVER,      /* its end was told; what still comes on the wire is let pass */
};

/* Lives until its HTTP request is gone. The owner may cancel and close inside any event: what runs then ends
 * by looking at `state` and `busy`, and touches the session no more. */
struct request {
	struct llm_sse *m;
	struct list link;
	uint32_t number, ask; /* `ask`: of the HTTP client; 0 = none */
	enum request_state state;
	bool busy; /* something of it runs: it is freed behind that */
	struct timer limit;
	usec first_due;
	struct sse sse;
	struct llm_calls calls;
	struct buf carry; /* of the call that is being told */
	bool stopped;     /* the vendor has said why */
	enum llm_stop stop;
	size_t text_bytes, asked_bytes;
	usec began;            /* the answer; 0 = not yet */
	size_t told_bytes;     /* of text, arguments and what goes back with them */
	bool moved;            /* the event that is read takes the answer further */
	bool sent;             /* a connection has taken it */
	bool heard;            /* the vendor has begun to answer, or may have: the input will be billed */
	struct llm_usage told; /* by the vendor */
	enum fault fault;      /* of an error that the answer tells; FAULT_NONE = none */
	usec retry_after;
	size_t words_n;
	char words[HTTP_CLIENT_WORDS_MAX];
};

static struct llm_sse *of(struct llm *m)
{
	return CONTAINER_OF(m, struct llm_sse, llm);
}

/* ---- the end of a request ---- */

static void request_free(struct request *r)
{
	timer_stop(&r->limit);
	sse_fini(&r->sse);
	llm_calls_fini(&r->calls);
	buf_fini(&r->carry);
	live_down(&live_llm_sse_request);
	mem_free(r);
}

/* Gives it up: the session forgets it, and the vendor stops working for it. */
static void drop(struct request *r)
{
	struct llm_sse *m = r->m;

	list_remove(&r->link);
	m->count--;
	timer_stop(&r->limit);
	if (r->ask)
		http_client_cancel(m->http, r->ask);
	r->state = REQUEST_OVER;
	r->m = NULL;
	if (!r->busy)
		request_free(r);
}

/* As many tokens as the vendor has made of so many bytes until now. */
static uint64_t estimate(const struct counted *c, size_t bytes)
{
	if (c->tokens == 0 || c->bytes == 0)
		return (bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
	return MAX((bytes * c->tokens + c->bytes / 2) / c->bytes, (uint64_t)(bytes > 0));
}

static size_t answer_bytes(const struct request *r)
{
	size_t bytes = r->text_bytes;

	for (size_t i = 0; i < r->calls.count; i++)
		bytes += r->calls.at[i]->arguments.n;
	return bytes;
}

/* As the vendor told it, else by what was sent and what came. */
static struct llm_usage used(const struct request *r)
{
	struct llm_usage u = r->told;

	if (u.tokens_in == 0 && r->heard)
		u.tokens_in = estimate(&r->m->in, r->asked_bytes);
	/* Vendors that count as they go have not counted what was on its way. */
	if (!r->stopped || u.tokens_out == 0)
		u.tokens_out = MAX(u.tokens_out, estimate(&r->m->out, answer_bytes(r)));
	u.tokens_cached = MIN(u.tokens_cached, u.tokens_in);
	return u;
}

/* A request that was told to its end: what the next is reckoned by, should it break off. */
static void learn(const struct request *r)
{
	struct llm_sse *m = r->m;

	if (!r->stopped || r->told.tokens_in == 0 || r->told.tokens_out == 0)
		return;
	m->in.tokens += r->told.tokens_in;
	m->in.bytes += r->asked_bytes;
	m->out.tokens += r->told.tokens_out;
	m->out.bytes += answer_bytes(r);
}

static void bill(struct request *r, enum usage_end end)
{
	struct llm_sse *m = r->m;
	struct llm_usage u = used(r);
	struct usage usage = {.kind = USAGE_LLM,
			      .end = end,
			      .service = m->service->name,
			      .type = m->service->type,
			      .model = llm_sse_model(m->service, m->dialect),
			      .work = r->number};

	if (!r->sent)
		return; /* nobody has worked for it */
	learn(r);
	usage.amount[USAGE_REQUESTS] = 1;
	usage.amount[USAGE_TOKENS_IN] = u.tokens_in - u.tokens_cached;
	usage.amount[USAGE_TOKENS_CACHED] = u.tokens_cached;
	usage.amount[USAGE_TOKENS_OUT] = u.tokens_out;
	usage_tell(&m->llm.usage, &usage);
}

/* Whatever tells an event marks the request busy before and calls leave() behind: the owner may do away with
 * it. */
static void fail(struct request *r, enum fault fault, struct str words)
{
	char clean[HTTP_CLIENT_WORDS_MAX];
	struct llm_event ev = {.type = LLM_EV_FAULT,
			       .request = r->number,
			       .fault = fault,
			       .retry_after = MAX(r->retry_after, 0)};

	if (r->state == REQUEST_OVER)
		return;
	ev.usage = used(r);
	ev.text = service_redact(r->m->service, words, clean, sizeof(clean));
	bill(r, USAGE_FAILED);
	r->state = REQUEST_OVER;
	llm_emit(&r->m->llm, &ev);
	if (r->m)
		drop(r);
}

/* What ran is over: the request goes if it was given up meanwhile. Returns whether it is still there. */
static bool leave(struct request *r)
{
	r->busy = false;
	if (r->m)
		return true;
	request_free(r);
	return false;
}

/* We give it up: perhaps the vendor was already at it. */
static void abandon(struct request *r)
{
	r->sent |= http_client_sent(r->m->http, r->ask);
	r->heard |= r->sent;
}

/* ---- deadlines ---- */

static void on_limit(struct timer *t)
{
	struct request *r = CONTAINER_OF(t, struct request, limit);

	r->busy = true;
	abandon(r);
	fail(r, FAULT_STALLED,
	     r->state == REQUEST_ASKED ? STR("no word in time") : STR("nothing more came in time"));
	leave(r);
}

/* The first word has one limit from asking, each later piece one from the piece before; and pauses may not
 * add up to more than one may be, or a word every other second would be an answer. */
static usec due_of(const struct request *r)
{
	usec now = loop_now(r->m->loop), paced = r->began + (usec)r->told_bytes * BYTE_LASTS;

	if (r->state == REQUEST_ASKED)
		return r->first_due;
	return (r->stopped ? now : MIN(now, paced)) + r->m->service->stall_limit;
}

static void set_limit(struct request *r)
{
	struct llm_sse *m = r->m;
	usec due = due_of(r);

	if (r->state == REQUEST_OVER || (r->state == REQUEST_ANSWERING && m->service->stall_limit == 0) ||
	    due == USEC_NEVER)
		timer_stop(&r->limit);
	else
		timer_start(&r->limit, m->loop, due, on_limit);
}

/* ---- facts ---- */

static void tell_text(struct request *r, struct str piece)
{
	struct llm_event ev = {.type = LLM_EV_TEXT, .request = r->number, .text = piece};

	r->text_bytes += piece.n;
	if (r->text_bytes > LLM_SSE_TEXT_MAX) {
		fail(r, FAULT_PROTOCOL, STR("the answer has more text than anybody could say"));
		return;
	}
	r->state = REQUEST_ANSWERING;
	llm_emit(&r->m->llm, &ev);
}

static void take_call(struct request *r, int rc)
{
	if (rc == 0)
		return;
	fail(r, rc == -ENOMEM ? FAULT_OVERLOAD : FAULT_PROTOCOL,
	     rc == -ENOMEM ? STR("no memory") : STR("a tool call that makes no sense"));
}

/* Returns whether the request is still wanted. */
static bool tell_call(struct request *r, const struct llm_call *call)
{
	struct llm_event ev = {.type = LLM_EV_TOOL,
			       .request = r->number,
			       .tool_id = str_from(call->id),
			       .tool_name = str_from(call->name),
			       .arguments = buf_str(&call->arguments)};

	buf_clear(&r->carry);
	if (call->carry.n > 0)
		buf_printf(&r->carry, "%s:", r->m->dialect->name);
	buf_add_str(&r->carry, buf_str(&call->carry));
	if (r->carry.error) {
		fail(r, FAULT_OVERLOAD, STR("no memory"));
		return false;
	}
	ev.carry = buf_str(&r->carry);
	llm_emit(&r->m->llm, &ev);
	return r->state != REQUEST_OVER;
}

static void on_run_out(struct timer *t)
{
	drop(CONTAINER_OF(t, struct request, limit));
}

static void finish(struct request *r)
{
	struct llm_event ev = {.type = LLM_EV_DONE, .request = r->number, .stop = r->stop};
	int rc = llm_calls_complete(&r->calls, r->number);

	if (rc < 0) {
		take_call(r, rc);
		return;
	}
	r->stopped = true;
	for (size_t i = 0; i < r->calls.count; i++)
		if (!tell_call(r, r->calls.at[i]))
			return;
	if (ev.stop == LLM_STOP_END && r->calls.count > 0)
		ev.stop = LLM_STOP_TOOL;
	if (ev.stop == LLM_STOP_TOOL && r->calls.count == 0)
		ev.stop = LLM_STOP_END;
	ev.usage = used(r);
	bill(r, USAGE_DONE);
	r->state = REQUEST_OVER;
	timer_start(&r->limit, r->m->loop, loop_now(r->m->loop) + RUN_OUT_LIMIT, on_run_out);
	llm_emit(&r->m->llm, &ev);
}

/* A refusal stays one, whatever reason the stream gives behind it. */
static void keep_stop(struct request *r, enum llm_stop stop)
{
	if (r->stop != LLM_STOP_REFUSED)
		r->stop = stop;
	r->stopped = true;
}

/* What the vendor's own error says; told at the end of the event, or of the refusal's body. */
static void keep_error(struct request *r, const struct llm_fact *f)
{
	r->fault = llm_sse_fault(r->m->dialect, f);
	r->words_n = str_copy(f->text, r->words, sizeof(r->words));
	if (f->retry_after > 0)
		r->retry_after = f->retry_after;
}

/* What is not told, or not yet, is 0. */
static void keep_usage(struct request *r, const struct llm_usage *u)
{
	if (u->tokens_in)
		r->told.tokens_in = u->tokens_in;
	if (u->tokens_cached)
		r->told.tokens_cached = u->tokens_cached;
	if (u->tokens_out)
		r->told.tokens_out = u->tokens_out;
}

/* Pings, empty pieces and figures are no sign that the answer goes on. */
static void note_progress(struct request *r, const struct llm_fact *f)
{
	bool piece = f->type == LLM_FACT_TEXT || f->type == LLM_FACT_TOOL || f->type == LLM_FACT_CARRY;

	r->moved |= piece || f->type == LLM_FACT_STOP;
	if (piece)
		r->told_bytes += f->text.n + f->arguments.n + f->carry.n;
	if (r->began == 0 && (f->type == LLM_FACT_TEXT || f->type == LLM_FACT_TOOL))
		r->began = loop_now(r->m->loop);
}

static void on_fact(void *arg, const struct llm_fact *f)
{
	struct request *r = arg;

	if (r->state == REQUEST_OVER)
		return;
	note_progress(r, f);
	switch (f->type) {
	case LLM_FACT_TEXT:
		tell_text(r, f->text);
		break;
	case LLM_FACT_TOOL:
		r->state = REQUEST_ANSWERING;
		take_call(r, llm_calls_add(&r->calls, f));
		break;
	case LLM_FACT_CARRY:
		take_call(r, llm_calls_carry(&r->calls, f->text));
		break;
	case LLM_FACT_USAGE:
		keep_usage(r, &f->usage);
		break;
	case LLM_FACT_STOP:
		keep_stop(r, f->stop);
		break;
	case LLM_FACT_ERROR:
		keep_error(r, f);
		fail(r, r->fault ? r->fault : FAULT_UNREACHABLE, (struct str){r->words, r->words_n});
		break;
	case LLM_FACT_END:
		finish(r);
		break;
	}
}

/* ---- the wire ---- */

static int on_event(void *arg, const struct sse_event *ev)
{
	struct request *r = arg;
	struct llm_teller tell = {on_fact, r};
	int rc;

	if (r->state == REQUEST_OVER || str_empty(str_trim(ev->data)))
		return 0;
	r->moved = false;
	rc = llm_sse_read(r->m->dialect, ev->data, &tell);
	if (r->state == REQUEST_OVER)
		return 0;
	if (rc == 0 && r->moved)
		set_limit(r);
	return rc;
}

static void on_head(void *arg, const struct http_head *head)
{
	struct request *r = arg;

	r->sent = r->heard = true;
}

static void fail_reading(struct request *r, int rc)
{
	if (rc < 0 && r->state != REQUEST_OVER)
		fail(r, rc == -ENOMEM ? FAULT_OVERLOAD : FAULT_PROTOCOL,
		     rc == -ENOMEM ? STR("no memory") : STR("an event that makes no sense"));
}

static int on_body(void *arg, struct str piece)
{
	struct request *r = arg;
	int rc;

	if (r->state == REQUEST_OVER)
		return 0;
	r->busy = true;
	rc = sse_feed(&r->sse, piece, on_event, r);
	fail_reading(r, rc);
	leave(r);
	return 0;
}

static void keep_refusal(void *arg, const struct llm_fact *f)
{
	if (f->type == LLM_FACT_ERROR)
		keep_error(arg, f);
}

/* The body of a refusal has the vendor's words in the form of its errors, if it is whole. */
static void refuse(struct request *r, const struct http_done *done)
{
	struct llm_teller tell = {keep_refusal, r};
	struct str words = done->words;

	r->retry_after = done->retry_after;
	if (done->status >= 300 && llm_sse_read(r->m->dialect, words, &tell) == 0 && r->words_n > 0)
		words = (struct str){r->words, r->words_n};
	fail(r, r->fault && done->status >= 300 ? r->fault : done->fault, words);
}

static void on_done(void *arg, const struct http_done *done)
{
	struct request *r = arg;
	int rc;

	r->busy = true;
	r->sent |= done->sent;
	r->ask = 0;
	if (r->state != REQUEST_OVER && done->fault != FAULT_NONE) {
		refuse(r, done);
	} else if (r->state != REQUEST_OVER) {
		rc = sse_end(&r->sse, on_event, r);
		fail_reading(r, rc);
		/* Some vendors have no word for the end, others forget it: a reason for the stop is as good.
		 */
		if (r->state != REQUEST_OVER && r->stopped)
			finish(r);
		else if (r->state != REQUEST_OVER)
			fail(r, FAULT_PROTOCOL, STR("the answer ended before its end"));
	}
	if (leave(r))
		drop(r);
}

/* ---- asking ---- */

/* A request that cannot even be sent fails a moment later, as if the vendor had said so. */
static void on_unsent(struct timer *t)
{
	struct request *r = CONTAINER_OF(t, struct request, limit);

	r->busy = true;
	fail(r, r->fault, (struct str){r->words, r->words_n});
	leave(r);
}

static int fail_later(struct request *r, enum fault fault, struct str words)
{
	r->fault = fault;
	r->words_n = str_copy(words, r->words, sizeof(r->words));
	timer_start(&r->limit, r->m->loop, loop_now(r->m->loop), on_unsent);
	return 0;
}

/* What is missing in the configuration; FAULT_NONE when nothing is. */
static enum fault check(const struct llm_sse *m, struct str *ret_words)
{
	const struct service *s = m->service;

	if (m->dialect->key == VENDOR_KEY_NEEDED && service_lacks_key(s)) {
		*ret_words = STR("no key is configured");
		return FAULT_AUTH;
	}
	if (str_empty(s->url) && !m->dialect->url) {
		*ret_words = STR("no url is configured");
		return FAULT_CONFIG;
	}
	if (str_empty(llm_sse_model(s, m->dialect))) {
		*ret_words = STR("no model is configured");
		return FAULT_CONFIG;
	}
	return FAULT_NONE;
}

static void add_header(struct http_header *headers, size_t *count, const char *name, struct str value)
{
	if (name && !str_empty(value))
		headers[(*count)++] = (struct http_header){str_from(name), value};
}

static int send_request(struct request *r, struct str url, struct str body, struct str key)
{
	const struct http_sink sink = {on_head, on_body, on_done, r};
	const struct llm_sse_dialect *d = r->m->dialect;
	const struct service *s = r->m->service;
	struct http_header headers[HEADERS_MAX];
	struct http_ask ask = {.method = "POST",
			       .url = url,
			       .headers = headers,
			       .body = body,
			       .answer_max = LLM_SSE_ANSWER_MAX,
			       .connect_limit = s->connect_limit,
			       .total_limit = LLM_SSE_TOTAL_LIMIT};

	add_header(headers, &ask.header_count, "Content-Type", STR("application/json"));
	add_header(headers, &ask.header_count, "Accept",
		   d->form == SSE_EVENTS ? STR("text/event-stream") : STR("application/x-ndjson"));
	if (!str_empty(s->key))
		add_header(headers, &ask.header_count, d->key_header, key);
	if (d->version_header)
		add_header(headers, &ask.header_count, d->version_header, service_or(s->version, d->version));
	return http_client_ask(r->m->http, &ask, &sink, &r->ask);
}

static int ask_vendor(struct request *r, const struct llm_request *q)
{
	struct llm_sse *m = r->m;
	struct buf body, url, key;
	int rc;

	buf_init(&body, LLM_SSE_BODY_MAX);
	buf_init(&url, URL_MAX);
	buf_init(&key, SERVICE_HEADER_MAX);
	rc = llm_sse_body(m->service, m->dialect, q, &body);
	m->dialect->url_of(m->service, m->dialect, &url);
	buf_add_str(&key, str_from(m->dialect->key_prefix));
	buf_add_str(&key, m->service->key);
	rc = rc ? rc : url.error ? url.error : key.error;
	r->asked_bytes = body.n;
	rc = rc ? rc : send_request(r, buf_str(&url), buf_str(&body), buf_str(&key));
	buf_fini(&body);
	buf_fini(&url);
	buf_fini(&key);
	return rc;
}

static int start(struct request *r, const struct llm_request *q)
{
	struct llm_sse *m = r->m;
	struct str words = STR("");
	enum fault fault = check(m, &words);
	int rc;

	if (fault != FAULT_NONE)
		return fail_later(r, fault, words);
	if (m->count > LLM_SSE_REQUESTS_MAX)
		return fail_later(r, FAULT_OVERLOAD, STR("too many requests of one session"));
	rc = ask_vendor(r, q);
	if (rc == -EBUSY)
		return fail_later(r, FAULT_OVERLOAD, STR("too many requests under way"));
	if (rc == -EINVAL || rc == -EMSGSIZE)
		return fail_later(r, FAULT_CONFIG,
				  rc == -EINVAL ? STR("the url or the key cannot be sent")
						: STR("the request is too long"));
	if (rc == 0)
		set_limit(r);
	return rc;
}

static usec first_due(const struct llm_sse *m, const struct llm_request *q)
{
	usec limit = service_first_limit(m->service, USAGE_LLM);

	if (q->first_token_limit > 0)
		limit = MIN(limit, q->first_token_limit);
	return loop_now(m->loop) + limit;
}

static int op_ask(struct llm *llm, uint32_t number, const struct llm_request *q)
{
	struct llm_sse *m = of(llm);
	struct request *r = mem_zalloc(sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	*r = (struct request){.m = m, .number = number, .first_due = first_due(m, q), .retry_after = -1};
	live_up(&live_llm_sse_request);
	sse_init(&r->sse, m->dialect->form);
	llm_calls_init(&r->calls);
	buf_init(&r->carry, LLM_CALL_CARRY_MAX + 32);
	list_append(&m->requests, &r->link);
	m->count++;
	rc = start(r, q);
	if (rc < 0)
		drop(r);
	return rc;
}

/* ---- the session ---- */

static int op_open(struct llm *llm, const void *config, const struct llm_params *params)
{
	const struct service_use *use = config;
	struct llm_sse *m = of(llm);

	m->loop = params->loop;
	m->http = use->host->http;
	m->service = use->service;
	m->dialect = use->dialect;
	list_init(&m->requests);
	return 0;
}

/* An answer that was told to its end is let run out on the wire, so that its connection can be used again. */
static void op_cancel(struct llm *llm, uint32_t number)
{
	struct llm_sse *m = of(llm);

	LIST_EACH_SAFE (link, &m->requests) {
		struct request *r = LIST_ENTRY(link, struct request, link);

		if (r->number > number || r->state == REQUEST_OVER)
			continue;
		abandon(r);
		bill(r, USAGE_CANCELLED);
		drop(r);
	}
}

static void op_close(struct llm *llm)
{
	struct llm_sse *m = of(llm);

	op_cancel(llm, UINT32_MAX);
	LIST_EACH_SAFE (link, &m->requests)
		drop(LIST_ENTRY(link, struct request, link));
}

const struct llm_ops llm_sse_ops = {
	.name = "llm_sse",
	.can = LLM_TOOLS,
	.state_size = sizeof(struct llm_sse),
	.open = op_open,
	.ask = op_ask,
	.cancel = op_cancel,
	.close = op_close,
};
