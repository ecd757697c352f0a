#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/live.h"
#include "base/mem.h"
#include "net/ws_session.h"

#define POOL_BYTES  (32u * 1024) /* of a target's texts */
#define HEARD_BYTES (64u * 1024) /* what a vendor may say before anybody listens */
#define PAUSE_MIN   USEC_SEC(1)
#define PAUSE_MAX   USEC_SEC(60)
#define STEADY      USEC_SEC(30) /* a spare that lived as long was no failure */
#define GOING_AWAY  1001

LIVE_DEFINE(ws_spare);

struct pool {
	struct list link;
	struct ws_net *net;
	struct arena arena; /* the target's texts */
	struct ws_target target;
	struct list spares; /* oldest first */
	unsigned wanted;
	usec life;
	usec pause; /* before the next attempt; 0 = the last went well */
	struct timer retry;
	struct timer idle;
};

struct spare {
	struct list link;
	struct pool *pool;
	struct ws *ws;
	struct timer renew;
	struct buf heard;
	usec opened;
	bool ready;
	bool old; /* to be closed as soon as another is ready */
};

/* ---- targets ---- */

static bool same_headers(const struct ws_target *a, const struct ws_target *b)
{
	if (a->header_count != b->header_count)
		return false;
	for (size_t i = 0; i < a->header_count; i++)
		if (!str_eq(a->headers[i].name, b->headers[i].name) ||
		    !str_eq(a->headers[i].value, b->headers[i].value))
			return false;
	return true;
}

static bool same_target(const struct ws_target *a, const struct ws_target *b)
{
	return str_eq(a->url, b->url) && str_eq(a->protocol, b->protocol) && same_headers(a, b);
}

/* Returns 0 or -ENOMEM. */
static int copy_target(struct arena *arena, const struct ws_target *from, struct ws_target *ret_target)
{
	struct http_header *headers = ARENA_ARRAY(arena, struct http_header, from->header_count + 1);
	struct ws_target t = *from;
	bool ok = headers != NULL;

	t.url = arena_str(arena, from->url);
	t.protocol = arena_str(arena, from->protocol);
	ok = ok && t.url.p && t.protocol.p;
	for (size_t i = 0; ok && i < from->header_count; i++) {
		headers[i].name = arena_str(arena, from->headers[i].name);
		headers[i].value = arena_str(arena, from->headers[i].value);
		ok = headers[i].name.p && headers[i].value.p;
	}
	t.headers = headers;
	if (ok)
		*ret_target = t;
	return ok ? 0 : -ENOMEM;
}

static struct pool *pool_find(const struct ws_net *n, const struct ws_target *target)
{
	LIST_EACH (link, &n->pools) {
		struct pool *p = LIST_ENTRY(link, struct pool, link);

		if (same_target(&p->target, target))
			return p;
	}
	return NULL;
}

/* ---- spares ---- */

/* Without its session, which has gone to somebody or nowhere. */
static void spare_free(struct spare *s)
{
	timer_stop(&s->renew);
	buf_fini(&s->heard);
	list_remove(&s->link);
	live_down(&live_ws_spare);
	mem_free(s);
}

static void on_retry(struct timer *t);

static void fill_after(struct pool *p, usec pause)
{
	usec due = loop_now(p->net->loop) + pause;

	if (!timer_running(&p->retry) || p->retry.due > due)
		timer_start(&p->retry, p->net->loop, due, on_retry);
}

/* Each round of failures doubles the pause; chance keeps many servers from coming back at once. */
static void fill_after_failure(struct pool *p)
{
	if (timer_running(&p->retry))
		return;
	p->pause = CLAMP(p->pause * 2, PAUSE_MIN, PAUSE_MAX);
	fill_after(p, p->pause / 2 + (usec)(rng_unit(&p->net->rng) * (double)(p->pause / 2)));
}

static void on_renew(struct timer *t)
{
	struct spare *s = CONTAINER_OF(t, struct spare, renew);

	s->old = true;
	fill_after(s->pool, 0);
}

static void close_one_old(struct pool *p)
{
	LIST_EACH_SAFE (link, &p->spares) {
		struct spare *s = LIST_ENTRY(link, struct spare, link);

		if (s->old) {
			ws_close(s->ws, GOING_AWAY);
			spare_free(s);
			return;
		}
	}
}

static void on_open(void *arg)
{
	struct spare *s = arg;
	struct pool *p = s->pool;

	s->ready = true;
	s->opened = loop_now(p->net->loop);
	if (p->life > 0)
		timer_start(&s->renew, p->net->loop, s->opened + p->life, on_renew);
	close_one_old(p);
}

static void on_message(void *arg, enum ws_kind kind, struct str payload)
{
	struct spare *s = arg;
	struct pool *p = s->pool;
	const struct ws_heard head = {kind, payload.n};

	buf_add(&s->heard, &head, sizeof(head));
	buf_add_str(&s->heard, payload);
	if (s->heard.error == 0)
		return;
	ws_abort(s->ws);
	spare_free(s);
	fill_after_failure(p);
}

static void on_closed(void *arg, const struct ws_end *end)
{
	struct spare *s = arg;
	struct pool *p = s->pool;

	if (s->ready && loop_now(p->net->loop) - s->opened >= STEADY)
		p->pause = 0;
	spare_free(s);
	fill_after_failure(p);
}

static int spare_new(struct pool *p)
{
	struct spare *s = mem_zalloc(sizeof(*s));
	const struct ws_sink sink = {on_open, on_message, on_closed, s};
	int rc;

	if (!s)
		return -ENOMEM;
	s->pool = p;
	buf_init(&s->heard, HEARD_BYTES);
	list_append(&p->spares, &s->link);
	live_up(&live_ws_spare);
	rc = ws_session_new(p->net, &p->target, &sink, &s->ws);
	if (rc < 0)
		spare_free(s);
	return rc;
}

static unsigned count_young(const struct pool *p)
{
	unsigned n = 0;

	LIST_EACH (link, &p->spares)
		n += !LIST_ENTRY(link, struct spare, link)->old;
	return n;
}

static void fill(struct pool *p)
{
	for (unsigned n = count_young(p); n < p->wanted; n++) {
		if (spare_new(p) < 0) {
			fill_after_failure(p);
			return;
		}
	}
}

static void on_retry(struct timer *t)
{
	fill(CONTAINER_OF(t, struct pool, retry));
}

/* ---- pools ---- */

static void pool_free(struct pool *p)
{
	LIST_EACH_SAFE (link, &p->spares) {
		struct spare *s = LIST_ENTRY(link, struct spare, link);

		ws_close(s->ws, GOING_AWAY);
		spare_free(s);
	}
	timer_stop(&p->retry);
	timer_stop(&p->idle);
	list_remove(&p->link);
	arena_fini(&p->arena);
	p->net->stats.targets--;
	mem_free(p);
}

static void on_idle(struct timer *t)
{
	pool_free(CONTAINER_OF(t, struct pool, idle));
}

static void touch(struct pool *p)
{
	list_remove(&p->link);
	list_append(&p->net->pools, &p->link);
	timer_start(&p->idle, p->net->loop, loop_now(p->net->loop) + WS_TARGET_IDLE, on_idle);
}

static int pool_new(struct ws_net *n, const struct ws_target *target, struct pool **ret_pool)
{
	struct ws_url url;
	struct pool *p;
	int rc = ws_url_parse(target->url, &url);

	if (rc < 0)
		return rc;
	p = mem_zalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->net = n;
	list_init(&p->spares);
	arena_init(&p->arena, POOL_BYTES);
	rc = copy_target(&p->arena, target, &p->target);
	if (rc < 0) {
		arena_fini(&p->arena);
		mem_free(p);
		return rc;
	}
	if (n->stats.targets == WS_TARGETS_MAX)
		pool_free(LIST_ENTRY(n->pools.next, struct pool, link));
	list_append(&n->pools, &p->link);
	n->stats.targets++;
	*ret_pool = p;
	return 0;
}

int ws_keep_spares(struct ws_net *n, const struct ws_target *target, unsigned count, usec life)
{
	struct pool *p = pool_find(n, target);
	int rc = p || count == 0 ? 0 : pool_new(n, target, &p);

	if (rc < 0 || !p)
		return rc;
	if (count == 0) {
		pool_free(p);
		return 0;
	}
	p->wanted = MIN(count, WS_SPARES_MAX);
	p->life = life;
	touch(p);
	fill_after(p, 0);
	return 0;
}

struct ws *ws_spares_take(struct ws_net *n, const struct ws_target *target, const struct ws_sink *sink)
{
	struct pool *p = pool_find(n, target);

	if (!p)
		return NULL;
	touch(p);
	LIST_EACH (link, &p->spares) {
		struct spare *s = LIST_ENTRY(link, struct spare, link);
		struct ws *w = s->ws;

		if (!s->ready)
			continue;
		ws_session_adopt(w, sink, &s->heard);
		spare_free(s);
		n->stats.spares_taken++;
		p->pause = 0;
		fill_after(p, 0);
		return w;
	}
	n->stats.spares_missed++;
	return NULL;
}

void ws_spares_free(struct ws_net *n)
{
	LIST_EACH_SAFE (link, &n->pools)
		pool_free(LIST_ENTRY(link, struct pool, link));
}

size_t ws_spares_count(const struct ws_net *n)
{
	size_t count = 0;

	LIST_EACH (link, &n->pools)
		LIST_EACH (spare, &LIST_ENTRY(link, struct pool, link)->spares)
			count += LIST_ENTRY(spare, struct spare, link)->ready;
	return count;
}
