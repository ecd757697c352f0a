#include "fake_net.h"

#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"

#define LOG_MAX (4u << 20)

enum kind {
	OPEN,
	TEXT,
	BINARY,
	PIECE,
	END,
	DONE,
};

/* On its way to the client. */
struct item {
	struct timer timer;
	struct list node;
	struct ws *conn;
	enum kind kind;
	struct ws_end end;
	struct http_done done;
	size_t n;
	char p[];
};

/* A WebSocket, or a request. */
struct ws {
	unsigned number;
	bool held, is_open;
	char url[64];
	struct ws_sink sink;
	struct http_sink http;
	struct list items;
	struct buf sent; /* before it was open */
};

static struct loop *loop;
static struct fake_net_vendor vendor;
static struct fake_net_seen seen;
static struct ws conns[FAKE_NET_CONNS_MAX];
static unsigned count;

static void item_free(struct item *i)
{
	timer_stop(&i->timer);
	list_remove(&i->node);
	mem_free(i);
}

static void let_go(struct ws *c)
{
	c->held = false;
	buf_fini(&c->sent);
	while (!list_empty(&c->items))
		item_free(LIST_ENTRY(c->items.next, struct item, node));
}

void fake_net_start(struct loop *l, const struct fake_net_vendor *v)
{
	loop = l;
	vendor = *v;
	count = 0;
	seen = (struct fake_net_seen){0};
	buf_init(&seen.log, LOG_MAX);
}

unsigned fake_net_stop(void)
{
	unsigned held = 0;

	for (unsigned i = 0; i < count; i++) {
		held += conns[i].held;
		let_go(&conns[i]);
	}
	count = 0;
	buf_fini(&seen.log);
	return held;
}

struct fake_net_seen *fake_net_seen(void)
{
	return &seen;
}

static struct ws *find(unsigned number)
{
	struct ws *c = number > 0 && number <= count ? &conns[number - 1] : NULL;

	return c && c->held ? c : NULL;
}

bool fake_net_is_open(unsigned conn)
{
	return find(conn) != NULL;
}

struct str fake_net_url(unsigned conn)
{
	return find(conn) ? str_from(find(conn)->url) : STR("");
}

/* ---- to the client ---- */

static void tell_lines(struct ws *c)
{
	struct buf sent = c->sent;
	struct str rest;

	buf_init(&c->sent, LOG_MAX);
	for (rest = buf_str(&sent); rest.n > 0 && c->held;) {
		struct str line = str_cut(&rest, '\n');

		if (vendor.on_message)
			vendor.on_message(c->number, line);
	}
	buf_fini(&sent);
}

static void opened(struct ws *c)
{
	c->is_open = true;
	c->sink.on_open(c->sink.arg);
	if (c->held && vendor.on_open)
		vendor.on_open(c->number);
	tell_lines(c);
}

static void ended(struct ws *c, const struct item *i)
{
	struct ws_sink sink = c->sink;
	struct http_sink http = c->http;

	c->held = false;
	if (i->kind == END)
		sink.on_closed(sink.arg, &i->end);
	else
		http.on_done(http.arg, &i->done);
	let_go(c);
}

static void body(struct ws *c, struct str piece)
{
	struct item done = {.kind = DONE, .done = {.status = 200, .fault = FAULT_PROTOCOL}};

	if (c->http.on_body(c->http.arg, piece) < 0 && c->held)
		ended(c, &done);
}

static void on_due(struct timer *timer)
{
	struct item *i = CONTAINER_OF(timer, struct item, timer);
	struct ws *c = i->conn;
	struct str text = {i->p, i->n};

	list_remove(&i->node);
	switch (i->kind) {
	case OPEN:
		opened(c);
		break;
	case TEXT:
		c->sink.on_message(c->sink.arg, WS_TEXT, text);
		break;
	case BINARY:
		c->sink.on_message(c->sink.arg, WS_BINARY, text);
		break;
	case PIECE:
		body(c, text);
		break;
	case END:
	case DONE:
		ended(c, i);
		break;
	}
	mem_free(i);
}

/* NULL when nobody is there, or without memory: then it is lost on the way. */
static struct item *put(struct ws *c, enum kind kind, struct str text, usec after)
{
	struct item *i = c ? mem_zalloc(sizeof(*i) + text.n + 1) : NULL;

	if (!i)
		return NULL;
	i->conn = c;
	i->kind = kind;
	i->n = text.n;
	if (text.n > 0)
		memcpy(i->p, text.p, text.n);
	list_append(&c->items, &i->node);
	timer_start(&i->timer, loop, loop_now(loop) + after, on_due);
	return i;
}

void fake_net_say(unsigned conn, struct str text)
{
	put(find(conn), TEXT, text, vendor.latency);
}

void fake_net_say_binary(unsigned conn, struct str bytes)
{
	put(find(conn), BINARY, bytes, vendor.latency);
}

void fake_net_piece(unsigned conn, struct str bytes)
{
	put(find(conn), PIECE, bytes, vendor.latency);
}

void fake_net_end(unsigned conn, const struct ws_end *end)
{
	struct item *i = put(find(conn), END, STR(""), vendor.latency);

	if (i)
		i->end = *end;
}

void fake_net_done(unsigned conn, int status, enum fault fault, const char *words)
{
	struct item *i = put(find(conn), DONE, STR(""), vendor.latency);

	/* An end is never lost: memory fails once at most. */
	i = i ? i : put(find(conn), DONE, STR(""), vendor.latency);
	if (i)
		i->done = (struct http_done){.status = status,
					     .sent = status != 0 || fault != FAULT_UNREACHABLE,
					     .fault = fault,
					     .words = str_from(words),
					     .retry_after = status == 429 ? FAKE_NET_RETRY_AFTER : -1};
}

/* ---- from the client ---- */

static struct ws *conn_new(void)
{
	struct ws *c = &conns[count];

	if (count == FAKE_NET_CONNS_MAX)
		return NULL;
	*c = (struct ws){.number = ++count, .held = true};
	list_init(&c->items);
	buf_init(&c->sent, LOG_MAX);
	return c;
}

int ws_open(struct ws_net *n, const struct ws_target *target, const struct ws_sink *sink, struct ws **ret_ws)
{
	struct ws *c = conn_new();

	(void)n;
	if (!c || !put(c, OPEN, STR(""), vendor.opens_after)) {
		count -= c != NULL;
		return -ENOMEM;
	}
	c->sink = *sink;
	str_copy(target->url, c->url, sizeof(c->url));
	seen.opened++;
	buf_printf(&seen.log, "open %u " STR_FMT "\n", c->number, STR_ARG(target->url));
	*ret_ws = c;
	return 0;
}

int ws_send(struct ws *w, enum ws_kind kind, struct str payload)
{
	(void)kind;
	buf_printf(&seen.log, "%u > " STR_FMT "\n", w->number, STR_ARG(payload));
	buf_add_str(&w->sent, payload);
	buf_add_char(&w->sent, '\n');
	if (w->sent.error)
		return w->sent.error;
	if (w->is_open)
		tell_lines(w);
	return 0;
}

size_t ws_unsent(const struct ws *w)
{
	return w->sent.n;
}

void ws_pause(struct ws *w, bool paused)
{
	(void)w, (void)paused;
}

static struct ws *leave(struct ws *w, const char *how, unsigned *counter)
{
	if (!w)
		return NULL;
	buf_printf(&seen.log, "%s %u\n", how, w->number);
	++*counter;
	let_go(w);
	return NULL;
}

struct ws *ws_close(struct ws *w, int code)
{
	(void)code;
	return leave(w, "close", &seen.closed);
}

struct ws *ws_abort(struct ws *w)
{
	return leave(w, "abort", &seen.aborted);
}

int ws_keep_spares(struct ws_net *n, const struct ws_target *target, unsigned spares, usec life)
{
	(void)n, (void)target;
	seen.spares = spares;
	seen.spare_life = life;
	return 0;
}

int http_client_ask(struct http_client *c, const struct http_ask *ask, const struct http_sink *sink,
		    uint32_t *ret_ask)
{
	struct ws *k = conn_new();

	(void)c;
	if (!k)
		return -EBUSY;
	k->http = *sink;
	k->is_open = true;
	seen.asked++;
	buf_printf(&seen.log, "ask %u %s " STR_FMT "\n" STR_FMT "\n", k->number, ask->method,
		   STR_ARG(ask->url), STR_ARG(ask->body));
	*ret_ask = k->number;
	if (vendor.on_ask)
		vendor.on_ask(k->number, ask);
	return 0;
}

void http_client_cancel(struct http_client *c, uint32_t ask)
{
	(void)c;
	leave(find(ask), "cancel", &seen.cancelled);
}

bool http_client_sent(const struct http_client *c, uint32_t ask)
{
	(void)c;
	return find(ask) != NULL;
}

void http_client_resume(struct http_client *c, uint32_t ask)
{
	(void)c, (void)ask;
}

void http_client_warm(struct http_client *c, struct str url)
{
	(void)c;
	buf_printf(&seen.log, "warm " STR_FMT "\n", STR_ARG(url));
}
