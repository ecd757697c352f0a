#include "net/ws.h"

#include <errno.h>

#include "base/mem.h"
#include "net/ws_session.h"

/* ---- the net ---- */

static int set_up(struct ws_net *n, const struct ws_net_config *config)
{
	const struct tls_client_config tls = {.authority = config->authority};
	const struct dns_config dns = {.servers = config->resolvers};
	unsigned char seed[RNG_SEED_BYTES];
	int rc = rng_read_seed(seed);

	if (rc < 0)
		return rc;
	rng_init(&n->rng, seed);
	rc = proxy_parse(config->proxy, &n->env.proxy);
	rc = rc ? rc : dns_new(n->loop, &dns, &n->dns);
	rc = rc ? rc : tls_client_new(&tls, &n->tls);
	n->env.loop = n->loop;
	n->env.dns = n->dns;
	n->env.tls = n->tls;
	return rc;
}

int ws_net_new(struct loop *l, const struct ws_net_config *config, struct ws_net **ret_net)
{
	struct ws_net *n = mem_zalloc(sizeof(*n));
	int rc;

	if (!n)
		return -ENOMEM;
	n->loop = l;
	n->conns_max = config->conns_max;
	list_init(&n->all);
	list_init(&n->pools);
	rc = set_up(n, config);
	if (rc < 0) {
		ws_net_free(n);
		return rc;
	}
	*ret_net = n;
	return 0;
}

struct ws_net *ws_net_free(struct ws_net *n)
{
	if (!n)
		return NULL;
	ws_spares_free(n);
	LIST_EACH_SAFE (link, &n->all)
		ws_session_drop(LIST_ENTRY(link, struct ws, link));
	tls_client_free(n->tls);
	dns_free(n->dns);
	return mem_free(n);
}

struct ws_net_stats ws_net_read_stats(const struct ws_net *n)
{
	struct ws_net_stats stats = n->stats;

	stats.spares = ws_spares_count(n);
	return stats;
}

struct dns *ws_net_dns(const struct ws_net *n)
{
	return n->dns;
}

/* ---- a connection ---- */

int ws_open(struct ws_net *n, const struct ws_target *target, const struct ws_sink *sink, struct ws **ret_ws)
{
	struct ws *w;

	loop_assert_here(n->loop);
	w = ws_spares_take(n, target, sink);
	if (!w)
		return ws_session_new(n, target, sink, ret_ws);
	*ret_ws = w;
	return 0;
}

/* ---- the owner's side ---- */

int ws_send(struct ws *w, enum ws_kind kind, struct str payload)
{
	int rc;

	if (w->state >= WS_CLOSING)
		return -EPIPE;
	if (payload.n > WS_UNSENT_MAX || w->out.n + payload.n > WS_UNSENT_MAX)
		return -ENOBUFS;
	rc = ws_frames_put(&w->frames, &w->out, kind == WS_TEXT ? WS_OP_TEXT : WS_OP_BINARY, payload);
	if (rc == 0 && w->state == WS_OPEN && !w->blocked)
		ws_session_turn(w);
	return rc;
}

size_t ws_unsent(const struct ws *w)
{
	return w->out.n;
}

void ws_pause(struct ws *w, bool paused)
{
	if (w->paused == paused || w->state >= WS_CLOSING)
		return;
	w->paused = paused;
	if (w->state != WS_OPEN)
		return;
	w->lost = w->lost ? w->lost : conduit_listen(w->conduit, !paused);
	if (!paused) {
		w->more = true;
		ws_session_turn(w);
	}
}

struct ws *ws_close(struct ws *w, int code)
{
	if (!w || w->state >= WS_CLOSING)
		return NULL;
	if (w->state != WS_OPEN)
		return ws_abort(w);
	w->sink = (struct ws_sink){0};
	ws_pause(w, false);
	ws_session_say_close(w, code);
	return NULL;
}

struct ws *ws_abort(struct ws *w)
{
	if (w)
		ws_session_drop(w);
	return NULL;
}
