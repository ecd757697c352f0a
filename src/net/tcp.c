#include "net/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/live.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/stream_socket.h"

#define READ_BYTES    16384u
#define LISTENERS_MAX 8u
#define BACKLOG       256
#define REST_USEC     USEC_SEC(1) /* without descriptors */

LIVE_DEFINE(tcp_conn);

struct listener {
	struct watch watch;
	struct tcp *tcp;
	struct addr local;
	int fd;
};

struct tcp {
	struct loop *loop;
	struct tcp_config config;
	const struct tcp_ops *ops;
	void *arg;
	struct listener listeners[LISTENERS_MAX];
	size_t listener_count;
	struct timer rest;
	struct map conns; /* by number */
	struct list all;
	uint32_t last;
	struct tcp_stats stats;
};

enum conn_state {
	CONN_CONNECTING,
	CONN_OPEN,
	CONN_DOOMED, /* closed by the owner inside a callback: freed when that returns */
};

struct conn {
	struct watch watch;
	struct timer idle;
	struct map_node node;
	struct list link;
	struct tcp *tcp;
	uint32_t number;
	enum conn_state state;
	bool accepted;
	bool calling; /* the owner's callback is running */
	int fd;
	struct addr remote, local;
	struct buf in, out;
};

static struct conn *find(const struct tcp *t, uint32_t number)
{
	struct map_node *node = map_find(&t->conns, (struct str){(const char *)&number, sizeof(number)});
	struct conn *c = node ? MAP_ENTRY(node, struct conn, node) : NULL;

	return c && c->state != CONN_DOOMED ? c : NULL;
}

static void conn_free(struct conn *c)
{
	watch_stop(&c->watch);
	timer_stop(&c->idle);
	if (c->node.key.p)
		map_remove(&c->tcp->conns, &c->node);
	list_remove(&c->link);
	if (c->fd >= 0)
		close(c->fd);
	buf_fini(&c->in);
	buf_fini(&c->out);
	live_down(&live_tcp_conn);
	mem_free(c);
}

/* Gone by itself: the owner hears of it. */
static void conn_lost(struct conn *c, int error)
{
	struct tcp *t = c->tcp;
	uint32_t number = c->number;
	struct addr remote = c->remote;

	conn_free(c);
	t->ops->on_closed(t->arg, number, &remote, error);
}

static void on_idle(struct timer *timer)
{
	struct conn *c = CONTAINER_OF(timer, struct conn, idle);

	conn_lost(c, c->state == CONN_CONNECTING ? -ETIMEDOUT : 0);
}

static void touch(struct conn *c, usec span)
{
	timer_start(&c->idle, c->tcp->loop, loop_now(c->tcp->loop) + span, on_idle);
}

/* ---- reading and writing ---- */

/* Returns 0, or -errno when the connection must go. */
static int hand_up(struct conn *c)
{
	struct tcp *t = c->tcp;
	int used;

	c->calling = true;
	used = t->ops->on_bytes(t->arg, c->number, buf_str(&c->in));
	c->calling = false;
	if (used < 0)
		return used;
	buf_consume(&c->in, MIN((size_t)used, c->in.n));
	return 0;
}

static int read_some(struct conn *c)
{
	char room[READ_BYTES];
	size_t n;
	int rc = stream_socket_recv(c->fd, room, sizeof(room), &n);

	if (rc < 0)
		return rc == -EAGAIN ? 0 : rc;
	buf_add(&c->in, room, n);
	if (c->in.error)
		return c->in.error;
	touch(c, c->tcp->config.idle);
	return hand_up(c);
}

static int write_some(struct conn *c)
{
	size_t n = 0;
	int rc = c->out.n > 0 ? stream_socket_send(c->fd, c->out.p, c->out.n, &n) : 0;

	if (rc < 0)
		return rc == -EAGAIN ? 0 : rc;
	buf_consume(&c->out, n);
	return watch_ask(&c->watch, c->out.n > 0 ? WATCH_READ | WATCH_WRITE : WATCH_READ);
}

static int finish_connect(struct conn *c)
{
	int rc = stream_socket_error(c->fd);

	if (rc < 0)
		return rc;
	c->local = stream_socket_local(c->fd);
	c->state = CONN_OPEN;
	touch(c, c->tcp->config.idle);
	return 0;
}

static void on_ready(struct watch *w, unsigned ready)
{
	struct conn *c = CONTAINER_OF(w, struct conn, watch);
	int rc = 0;

	if (c->state == CONN_CONNECTING && (ready & (WATCH_WRITE | WATCH_ERROR)))
		rc = finish_connect(c);
	if (rc == 0 && c->state == CONN_OPEN && (ready & WATCH_WRITE))
		rc = write_some(c);
	if (rc == 0 && c->state == CONN_OPEN && (ready & (WATCH_READ | WATCH_ERROR)))
		rc = read_some(c);
	if (c->state == CONN_DOOMED)
		conn_free(c);
	else if (rc < 0)
		conn_lost(c, rc == -ENODATA ? 0 : rc);
}

/* ---- opening ---- */

/* Takes `fd` over, also on failure. */
static int conn_new(struct tcp *t, int fd, enum conn_state state, const struct addr *remote,
		    struct conn **ret_conn)
{
	struct conn *c = mem_zalloc(sizeof(*c));
	int rc;

	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	*c = (struct conn){.tcp = t, .fd = fd, .state = state, .remote = *remote};
	live_up(&live_tcp_conn);
	list_append(&t->all, &c->link);
	buf_init(&c->in, t->config.in_bytes_max);
	buf_init(&c->out, t->config.out_bytes_max);
	c->number = ++t->last ? t->last : ++t->last;
	rc = map_add(&t->conns, &c->node, (struct str){(const char *)&c->number, sizeof(c->number)});
	rc = rc ? rc
		: watch_start(&c->watch, t->loop, fd, WATCH_STREAM,
			      state == CONN_CONNECTING ? WATCH_READ | WATCH_WRITE : WATCH_READ, on_ready);
	if (rc < 0) {
		conn_free(c);
		return rc;
	}
	touch(c, state == CONN_CONNECTING ? t->config.connect_timeout : t->config.idle);
	*ret_conn = c;
	return 0;
}

static size_t accepted_from(const struct tcp *t, const struct addr *remote)
{
	size_t n = 0;

	LIST_EACH (link, &t->all) {
		const struct conn *c = LIST_ENTRY(link, struct conn, link);

		n += c->accepted && addr_same_ip(&c->remote, remote);
	}
	return n;
}

static bool welcome(const struct tcp *t, const struct addr *remote)
{
	if (t->conns.count >= t->config.conns_max || accepted_from(t, remote) >= t->config.per_source_max)
		return false;
	return !t->ops->admit || t->ops->admit(t->arg, remote);
}

static void end_rest(struct timer *timer)
{
	struct tcp *t = CONTAINER_OF(timer, struct tcp, rest);

	for (size_t i = 0; i < t->listener_count; i++)
		if (watch_ask(&t->listeners[i].watch, WATCH_READ) < 0)
			timer_start(&t->rest, t->loop, loop_now(t->loop) + REST_USEC, end_rest);
}

static void rest(struct tcp *t)
{
	for (size_t i = 0; i < t->listener_count; i++)
		(void)!watch_ask(&t->listeners[i].watch, 0);
	timer_start(&t->rest, t->loop, loop_now(t->loop) + REST_USEC, end_rest);
}

static void on_accept(struct watch *w, unsigned ready)
{
	struct listener *l = CONTAINER_OF(w, struct listener, watch);
	struct tcp *t = l->tcp;
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	int fd = accept4(l->fd, (struct sockaddr *)&sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct addr remote = {0};
	struct conn *c;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			rest(t);
		return;
	}
	remote = addr_from_sockaddr(&sa);
	if (!welcome(t, &remote)) {
		t->stats.refused++;
		close(fd);
		return;
	}
	if (conn_new(t, fd, CONN_OPEN, &remote, &c) < 0)
		return;
	t->stats.accepted++;
	c->accepted = true;
	c->local = stream_socket_local(fd);
}

static int bind_listener(int fd, const struct addr *local, struct addr *ret_bound)
{
	static const int on = 1;
	struct sockaddr_storage sa;
	socklen_t n = addr_to_sockaddr(local, &sa);

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	if (local->family == ADDR_V6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, n) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	*ret_bound = stream_socket_local(fd);
	return 0;
}

int tcp_listen(struct tcp *t, const struct addr *local, struct addr *ret_bound)
{
	struct listener *l = &t->listeners[t->listener_count];
	int fd, rc;

	if (t->listener_count == LISTENERS_MAX)
		return -ENOBUFS;
	rc = stream_socket_new(local, &fd);
	if (rc < 0)
		return rc;
	*l = (struct listener){.tcp = t, .fd = fd};
	rc = bind_listener(fd, local, &l->local);
	rc = rc ? rc : watch_start(&l->watch, t->loop, fd, WATCH_STREAM, WATCH_READ, on_accept);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	t->listener_count++;
	if (ret_bound)
		*ret_bound = l->local;
	return 0;
}

int tcp_connect(struct tcp *t, const struct addr *remote, uint32_t *ret_conn)
{
	struct conn *c;
	int fd, rc;

	if (t->conns.count >= t->config.conns_max)
		return -ENOBUFS;
	rc = stream_socket_connect(remote, &fd);
	rc = rc ? rc : conn_new(t, fd, CONN_CONNECTING, remote, &c);
	if (rc < 0)
		return rc;
	t->stats.opened++;
	*ret_conn = c->number;
	return 0;
}

/* ---- the owner's side ---- */

int tcp_new(struct loop *l, const struct tcp_config *config, const struct tcp_ops *ops, void *arg,
	    struct tcp **ret_tcp)
{
	struct tcp *t = mem_zalloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	*t = (struct tcp){.loop = l, .config = *config, .ops = ops, .arg = arg};
	map_init(&t->conns);
	list_init(&t->all);
	*ret_tcp = t;
	return 0;
}

struct tcp *tcp_free(struct tcp *t)
{
	if (!t)
		return NULL;
	LIST_EACH_SAFE (link, &t->all)
		conn_free(LIST_ENTRY(link, struct conn, link));
	for (size_t i = 0; i < t->listener_count; i++) {
		watch_stop(&t->listeners[i].watch);
		close(t->listeners[i].fd);
	}
	timer_stop(&t->rest);
	map_fini(&t->conns);
	return mem_free(t);
}

uint32_t tcp_find(const struct tcp *t, const struct addr *remote)
{
	LIST_EACH (link, &t->all) {
		const struct conn *c = LIST_ENTRY(link, struct conn, link);

		if (c->state != CONN_DOOMED && addr_eq(&c->remote, remote))
			return c->number;
	}
	return 0;
}

int tcp_send(struct tcp *t, uint32_t conn, struct str bytes)
{
	struct conn *c = find(t, conn);
	int rc;

	if (!c)
		return -ENOTCONN;
	if (c->out.n + bytes.n > t->config.out_bytes_max)
		return -ENOBUFS;
	buf_add_str(&c->out, bytes);
	rc = c->out.error;
	c->out.error = 0; /* these bytes are refused as a whole; the next may find room */
	if (rc < 0)
		return rc;
	/* A failure shows again at the next readiness, which tells the owner. */
	return c->state == CONN_OPEN ? write_some(c) : 0;
}

void tcp_close(struct tcp *t, uint32_t conn)
{
	struct conn *c = find(t, conn);

	if (!c)
		return;
	c->state = CONN_DOOMED;
	if (!c->calling)
		conn_free(c);
}

const struct addr *tcp_remote(const struct tcp *t, uint32_t conn)
{
	const struct conn *c = find(t, conn);

	return c ? &c->remote : NULL;
}

const struct addr *tcp_local(const struct tcp *t, uint32_t conn)
{
	const struct conn *c = find(t, conn);

	return c ? &c->local : NULL;
}

struct tcp_stats tcp_read_stats(const struct tcp *t)
{
	struct tcp_stats stats = t->stats;

	stats.open = t->conns.count;
	return stats;
}
