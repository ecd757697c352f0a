/* What is said, when it is due, and what it costs. */
#include "inside.h"

#include "base/mem.h"

/* ---- life ---- */

static const char *how_it_ended(const struct vendor_session *s)
{
	if (s->failed || s->struck || s->status >= 400)
		return "failed";
	if (s->cut && (s->sim->kind == VENDOR_HTTP ? !s->over : !list_empty(&s->queue)))
		return "cancelled";
	return "done";
}

static void log_session(struct vendor_session *s)
{
	struct json_out w;
	struct buf line;

	buf_init(&line, 1u << 20);
	json_begin(&w, &line);
	json_map(&w, NULL);
	json_int(&w, "usec", vendor_now(s));
	json_str(&w, "log", STR("session"));
	json_int(&w, "session", s->number);
	json_str(&w, "sim", str_from(s->sim->name));
	json_str(&w, "path", s->request.path);
	json_int(&w, "status", s->status);
	json_str(&w, "end", str_from(how_it_ended(s)));
	json_str(&w, "fault", str_from(vendor_fault_name(s->struck ? s->fault.kind : VENDOR_FAULT_NONE)));
	json_int(&w, "close_code", s->close_code);
	json_int(&w, "wrongs", s->wrongs);
	json_int(&w, "requests", !vendor_asks_nothing(s));
	json_int(&w, "audio_in_usec", s->audio_in);
	json_int(&w, "audio_out_usec", s->total.audio_out);
	json_int(&w, "connected_usec", vendor_now(s) - s->opened);
	json_int(&w, "characters", (int64_t)s->total.characters);
	json_int(&w, "tokens_in", (int64_t)s->total.tokens_in);
	json_int(&w, "tokens_cached", (int64_t)s->total.tokens_cached);
	json_int(&w, "tokens_out", (int64_t)s->total.tokens_out);
	json_end(&w);
	vendor_log(s->v, &line);
	buf_fini(&line);
}

struct vendor_session *session_new(struct conn *c, const struct vendor_sim *sim, struct request *request)
{
	struct vendor_session *s = mem_zalloc(sizeof(*s));

	if (s && sim->state_bytes) {
		s->state = mem_zalloc(sim->state_bytes);
		if (!s->state)
			s = mem_free(s);
	}
	if (!s) {
		request_fini(request);
		return NULL;
	}
	s->v = c->v;
	s->c = c;
	s->sim = sim;
	s->request = *request;
	s->number = ++c->v->sessions;
	s->opened = s->due = loop_now(c->v->loop);
	list_init(&s->queue);
	buf_init(&s->headers, 1u << 16);
	buf_init(&s->message, sim->message_bytes ? sim->message_bytes : VENDOR_MESSAGE_MAX);
	if (c->drawn)
		s->fault = c->fault;
	else
		fault_draw(c->v, false, &s->fault);
	c->drawn = false;
	if (s->fault.kind == VENDOR_FAULT_NAME) {
		vendor_wrong(s, "the certificate is for another name");
		s->fault.kind = VENDOR_FAULT_NONE;
	}
	return s;
}

void session_forget(struct vendor_session *s)
{
	struct list *node;

	while ((node = list_pop(&s->queue)))
		mem_free(LIST_ENTRY(node, struct item, node));
}

static void tell_closed(struct vendor_session *s)
{
	if (s->closed)
		return;
	s->closed = true;
	if (s->sim->on_close)
		s->sim->on_close(s);
}

struct vendor_session *session_free(struct vendor_session *s)
{
	if (!s)
		return NULL;
	tell_closed(s);
	log_session(s);
	timer_stop(&s->send);
	timer_stop(&s->wake);
	timer_stop(&s->strike);
	session_forget(s);
	request_fini(&s->request);
	buf_fini(&s->headers);
	buf_fini(&s->message);
	mem_free(s->state);
	return mem_free(s);
}

/* ---- the queue ---- */

static void push(struct vendor_session *s, enum item_kind kind, usec delay, struct str bytes)
{
	struct item *it = mem_alloc(sizeof(*it) + bytes.n);

	if (!it || s->finished) {
		mem_free(it);
		return;
	}
	*it = (struct item){
		.kind = kind, .tag = s->tag, .partial = s->partial, .bill = s->next, .n = bytes.n};
	it->pushed = vendor_now(s);
	it->delay = delay;
	it->due = MAX(s->due, it->pushed) + delay;
	if (bytes.n)
		memcpy(it->p, bytes.p, bytes.n);
	s->next = (struct vendor_bill){0};
	s->due = it->due;
	s->finished = kind == ITEM_WHOLE || kind == ITEM_FINISH || kind == ITEM_CLOSE;
	list_append(&s->queue, &it->node);
	session_soon(s);
}

void session_push(struct vendor_session *s, enum item_kind kind, usec delay, struct str bytes)
{
	struct buf told;

	buf_init(&told, 1u << 17);
	push(s, kind, delay, s->failing ? fault_words(s, kind, bytes, &told) : bytes);
	buf_fini(&told);
}

/* The end of an HTTP exchange: the connection may have another. */
static void next_request(struct vendor_session *s)
{
	struct conn *c = s->c;
	bool last = str_ieq(request_header(&s->request, "connection"), STR("close"));

	c->session = session_free(s);
	if (last)
		conn_last(c);
	else
		http_read(c);
}

void session_write(struct vendor_session *s, const struct item *it)
{
	struct str bytes = {it->p, it->n};

	switch (it->kind) {
	case ITEM_WHOLE:
	case ITEM_HEAD:
	case ITEM_PIECE:
	case ITEM_FINISH:
		http_write(s, it);
		break;
	case ITEM_TEXT:
		ws_write(&s->c->out, 1, bytes);
		break;
	case ITEM_BINARY:
		ws_write(&s->c->out, 2, bytes);
		break;
	case ITEM_BYTES:
		buf_add_str(&s->c->out, bytes);
		break;
	case ITEM_CLOSE:
		if (s->sim->kind == VENDOR_WEBSOCKET)
			ws_write_close(s, it->code, bytes);
		s->over = true;
		break;
	}
}

static bool may_say(const struct vendor_session *s)
{
	return !s->stalled && !s->over && !list_empty(&s->queue) && s->c->phase != CONN_DEAD &&
	       s->c->out.n < VENDOR_OUT_ENOUGH;
}

/* Returns whether something was written. */
static bool say_what_is_due(struct vendor_session *s, usec now)
{
	bool said = false;

	while (may_say(s)) {
		struct item *it = LIST_ENTRY(s->queue.next, struct item, node);

		if (it->due > now)
			break;
		list_remove(&it->node);
		if (fault_at_item(s, it)) {
			session_write(s, it);
			vendor_bill(s, &it->bill);
			said = true;
		}
		mem_free(it);
	}
	return said || s->c->out.n > 0;
}

static void on_send(struct timer *t)
{
	struct vendor_session *s = CONTAINER_OF(t, struct vendor_session, send);
	struct conn *c = s->c;
	bool said = say_what_is_due(s, vendor_now(s));

	if (c->phase == CONN_DEAD)
		return;
	if (may_say(s))
		timer_start(&s->send, s->v->loop, LIST_ENTRY(s->queue.next, struct item, node)->due, on_send);
	if (s->over && s->sim->kind == VENDOR_RAW)
		conn_last(c);
	else if (s->over && s->request.method.n && c->phase == CONN_HTTP)
		next_request(s);
	if (said)
		conn_flush(c);
}

void session_soon(struct vendor_session *s)
{
	if (!list_empty(&s->queue) && !s->stalled)
		timer_start(&s->send, s->v->loop,
			    MAX(LIST_ENTRY(s->queue.next, struct item, node)->due, vendor_now(s)), on_send);
}

bool vendor_busy(const struct vendor_session *s)
{
	return !list_empty(&s->queue);
}

usec vendor_due(const struct vendor_session *s)
{
	return MAX(s->due, vendor_now(s));
}

void vendor_partial(struct vendor_session *s, bool partial)
{
	s->partial = partial;
}

void vendor_tag(struct vendor_session *s, unsigned tag)
{
	s->tag = tag;
}

/* What stood behind something that is gone comes when it would have come without it. */
static void close_ranks(struct vendor_session *s)
{
	s->due = vendor_now(s);
	LIST_EACH (node, &s->queue) {
		struct item *it = LIST_ENTRY(node, struct item, node);

		it->due = s->due = MAX(MAX(s->due, it->pushed) + it->delay, vendor_now(s));
	}
	session_soon(s);
}

unsigned vendor_drop(struct vendor_session *s, unsigned tag)
{
	unsigned n = 0;

	LIST_EACH_SAFE (node, &s->queue) {
		struct item *it = LIST_ENTRY(node, struct item, node);

		if (it->tag != tag)
			continue;
		list_remove(node);
		mem_free(it);
		n++;
	}
	if (n > 0)
		close_ranks(s);
	return n;
}

/* ---- saying ---- */

void vendor_text(struct vendor_session *s, usec delay, struct str text)
{
	session_push(s, ITEM_TEXT, delay, text);
}

void vendor_binary(struct vendor_session *s, usec delay, struct str bytes)
{
	session_push(s, ITEM_BINARY, delay, bytes);
}

void vendor_bytes(struct vendor_session *s, usec delay, struct str bytes)
{
	session_push(s, ITEM_BYTES, delay, bytes);
}

void vendor_close(struct vendor_session *s, int code, const char *reason)
{
	if (s->finished)
		return;
	s->failed = s->failed || (code != 0 && code != 1000);
	session_push(s, ITEM_CLOSE, 0, str_from(reason));
	LIST_ENTRY(s->queue.prev, struct item, node)->code = code;
}

/* ---- the bill and the log ---- */

void vendor_bill(struct vendor_session *s, const struct vendor_bill *b)
{
	s->total.audio_out += b->audio_out;
	s->total.characters += b->characters;
	s->total.tokens_in += b->tokens_in;
	s->total.tokens_cached += b->tokens_cached;
	s->total.tokens_out += b->tokens_out;
	if (b->note)
		vendor_note(s, b->note);
}

void vendor_bill_next(struct vendor_session *s, const struct vendor_bill *b)
{
	s->next.audio_out += b->audio_out;
	s->next.characters += b->characters;
	s->next.tokens_in += b->tokens_in;
	s->next.tokens_cached += b->tokens_cached;
	s->next.tokens_out += b->tokens_out;
	if (b->note)
		s->next.note = b->note;
}

static void log_words(struct vendor_session *s, const char *kind, const char *key, struct str words)
{
	struct json_out w;
	struct buf line;

	buf_init(&line, 1u << 20);
	json_begin(&w, &line);
	json_map(&w, NULL);
	json_int(&w, "usec", vendor_now(s));
	json_str(&w, "log", str_from(kind));
	json_int(&w, "session", s->number);
	json_str(&w, "sim", str_from(s->sim->name));
	json_str(&w, key, words);
	json_end(&w);
	vendor_log(s->v, &line);
	buf_fini(&line);
}

void vendor_note(struct vendor_session *s, const char *note)
{
	log_words(s, "note", "note", str_from(note));
}

void vendor_wrong(struct vendor_session *s, const char *fmt, ...)
{
	struct buf rule;
	va_list ap;

	buf_init(&rule, 4096);
	va_start(ap, fmt);
	buf_vprintf(&rule, fmt, ap);
	va_end(ap);
	s->wrongs++;
	atomic_fetch_add(&s->v->wrongs, 1);
	log_words(s, "wrong", "rule", buf_str(&rule));
	buf_fini(&rule);
}

bool vendor_heard(struct vendor_session *s, usec sound, double rate, usec burst)
{
	usec now = vendor_now(s);

	if (s->audio_in == 0)
		s->heard_since = now;
	s->audio_in += sound;
	if (rate <= 0 || (double)s->audio_in <= (double)(now - s->heard_since) * rate + (double)burst)
		return true;
	vendor_wrong(s, "sound comes faster than the sheet allows: %lld ms in %lld ms",
		     (long long)s->audio_in / 1000, (long long)(now - s->heard_since) / 1000);
	return false;
}

/* ---- what a simulator may know ---- */

void *vendor_state(struct vendor_session *s)
{
	return s->state;
}

const struct vendor_sim *vendor_sim(const struct vendor_session *s)
{
	return s->sim;
}

const struct vendor_config *vendor_config(const struct vendor_session *s)
{
	return &s->v->config;
}

const struct recording *vendor_recordings(const struct vendor_session *s)
{
	return s->v->recordings;
}

struct rng *vendor_rng(struct vendor_session *s)
{
	return &s->v->rng;
}

usec vendor_now(const struct vendor_session *s)
{
	return loop_now(s->v->loop);
}

unsigned vendor_number(const struct vendor_session *s)
{
	return s->number;
}

struct str vendor_key(const struct vendor_session *s)
{
	return str_from(s->v->config.key);
}

usec vendor_span(struct vendor_session *s, usec span)
{
	double jitter = s->v->config.delays.jitter_percent / 100.0;

	return (usec)((double)span * (1 + jitter * (2 * rng_unit(&s->v->rng) - 1)));
}

static void on_wake(struct timer *t)
{
	struct vendor_session *s = CONTAINER_OF(t, struct vendor_session, wake);

	if (!s->stalled && !s->closed && s->sim->on_wake)
		s->sim->on_wake(s);
}

void vendor_wake(struct vendor_session *s, usec span)
{
	if (span == USEC_NEVER)
		timer_stop(&s->wake);
	else
		timer_start(&s->wake, s->v->loop, vendor_now(s) + span, on_wake);
}
