/* One connection: TLS or not, what came, what is to be written, and its end. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define READ_BYTES 16384
#define LINGER     USEC_SEC(2) /* so long may a client take to read our last words */

static void on_ready(struct watch *w, unsigned ready);

static void on_reap(struct timer *t)
{
	conn_reap(CONTAINER_OF(t, struct vendor, reap));
}

void conn_end(struct conn *c, bool reset)
{
	struct linger hard = {.l_onoff = 1};

	if (c->phase == CONN_DEAD)
		return;
	c->phase = CONN_DEAD;
	watch_stop(&c->watch);
	timer_stop(&c->linger);
	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	else if (c->ssl && SSL_is_init_finished(c->ssl))
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	c->ssl = NULL;
	close(c->fd);
	list_remove(&c->node);
	list_append(&c->v->dead, &c->node);
	timer_start(&c->v->reap, c->v->loop, loop_now(c->v->loop), on_reap);
}

void conn_reap(struct vendor *v)
{
	struct list *node;

	while ((node = list_pop(&v->dead))) {
		struct conn *c = LIST_ENTRY(node, struct conn, node);

		c->session = session_free(c->session);
		buf_fini(&c->in);
		buf_fini(&c->out);
		atomic_fetch_sub(&v->open, 1);
		mem_free(c);
	}
}

static void on_linger(struct timer *t)
{
	conn_end(CONTAINER_OF(t, struct conn, linger), false);
}

void conn_linger(struct conn *c)
{
	if (c->phase != CONN_DEAD)
		timer_start(&c->linger, c->v->loop, loop_now(c->v->loop) + LINGER, on_linger);
}

void conn_last(struct conn *c)
{
	if (c->phase == CONN_DEAD || c->phase == CONN_LAST)
		return;
	c->phase = CONN_LAST;
	conn_linger(c);
	conn_flush(c);
}

static void want(struct conn *c, bool write)
{
	if (watch_ask(&c->watch, write ? WATCH_READ | WATCH_WRITE : WATCH_READ) < 0)
		conn_end(c, true);
}

/* Returns bytes, 0 at the end, -EAGAIN, or -EIO. */
static ssize_t read_some(struct conn *c, char *p, size_t n)
{
	ssize_t got;
	int rc;

	if (!c->ssl) {
		got = read(c->fd, p, n);
		return got >= 0 ? got : errno == EAGAIN || errno == EINTR ? -EAGAIN : -EIO;
	}
	rc = SSL_read(c->ssl, p, (int)n);
	if (rc > 0)
		return rc;
	switch (SSL_get_error(c->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return -EIO;
	}
}

static ssize_t write_some(struct conn *c, const char *p, size_t n)
{
	ssize_t put;
	int rc;

	if (!c->ssl) {
		put = send(c->fd, p, n, MSG_NOSIGNAL);
		return put >= 0 ? put : errno == EAGAIN || errno == EINTR ? -EAGAIN : -EIO;
	}
	rc = SSL_write(c->ssl, p, (int)MIN(n, 1u << 20));
	if (rc > 0)
		return rc;
	rc = SSL_get_error(c->ssl, rc);
	return rc == SSL_ERROR_WANT_READ || rc == SSL_ERROR_WANT_WRITE ? -EAGAIN : -EIO;
}

void conn_flush(struct conn *c)
{
	size_t done = 0;
	ssize_t n = 0;

	if (c->phase == CONN_DEAD || c->phase == CONN_TLS)
		return;
	while (done < c->out.n && (n = write_some(c, c->out.p + done, c->out.n - done)) > 0)
		done += (size_t)n;
	buf_consume(&c->out, done);
	if (n == -EIO) {
		if (c->session)
			c->session->cut = true;
		conn_end(c, false);
	} else if (c->phase == CONN_LAST && c->out.n == 0) {
		if (c->ssl)
			SSL_shutdown(c->ssl);
		shutdown(c->fd, SHUT_WR); /* the client closes, or the linger timer */
		want(c, false);
	} else {
		want(c, c->out.n > 0);
		if (c->session && c->out.n < VENDOR_OUT_ENOUGH)
			session_soon(c->session);
	}
}

static void handshake(struct conn *c)
{
	int rc = SSL_accept(c->ssl), e;

	if (rc == 1) {
		c->phase = CONN_HTTP;
		want(c, false);
		return;
	}
	e = SSL_get_error(c->ssl, rc);
	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		want(c, e == SSL_ERROR_WANT_WRITE);
	else
		conn_end(c, false);
}

static void read_raw(struct conn *c)
{
	struct vendor_session *s = c->session;
	size_t took;

	while (c->phase == CONN_RAW && c->in.n > 0 && (took = s->sim->on_bytes(s, buf_str(&c->in))) > 0)
		buf_consume(&c->in, MIN(took, c->in.n));
}

static void begin_raw(struct conn *c)
{
	const struct vendor_sim *sim = vendor_route_raw(c->v);
	struct request none = {0};

	c->session = sim ? session_new(c, sim, &none) : NULL;
	if (!c->session) {
		conn_end(c, false);
		return;
	}
	c->phase = CONN_RAW;
	fault_at_open(c->session);
	if (sim->on_open)
		sim->on_open(c->session);
}

static void digest(struct conn *c)
{
	if (c->phase == CONN_HTTP && !c->session && c->in.n > 0 && c->in.p[0] == '{')
		begin_raw(c);
	if (c->phase == CONN_HTTP)
		http_read(c);
	if (c->phase == CONN_WEBSOCKET)
		ws_read(c);
	if (c->phase == CONN_RAW)
		read_raw(c);
	if (c->phase == CONN_LAST)
		buf_clear(&c->in);
	if (c->in.error && c->phase != CONN_DEAD)
		conn_end(c, true);
}

static void on_ready(struct watch *w, unsigned ready)
{
	struct conn *c = CONTAINER_OF(w, struct conn, watch);
	char p[READ_BYTES];
	ssize_t n = -EAGAIN;

	if (c->phase == CONN_TLS)
		handshake(c);
	if (c->phase == CONN_TLS || c->phase == CONN_DEAD)
		return;
	if (ready & WATCH_WRITE)
		conn_flush(c);
	while (c->phase != CONN_DEAD && (n = read_some(c, p, sizeof(p))) > 0) {
		buf_add(&c->in, p, (size_t)n);
		digest(c);
	}
	if (c->phase != CONN_DEAD && n != -EAGAIN) {
		if (c->session && !c->session->close_seen)
			c->session->cut = true;
		conn_end(c, false);
	}
}

static int start_tls(struct conn *c)
{
	struct vendor *v = c->v;
	SSL_CTX *ctx = c->fault.kind == VENDOR_FAULT_NAME ? v->tls_wrong : v->tls;

	if (!v->config.tls)
		return 0;
	c->phase = CONN_TLS;
	c->ssl = SSL_new(ctx);
	return c->ssl && SSL_set_fd(c->ssl, c->fd) == 1 ? 0 : -ENOMEM;
}

void conn_accept(struct vendor *v, int fd)
{
	struct conn *c = mem_zalloc(sizeof(*c));
	int one = 1;

	if (!c) {
		close(fd);
		return;
	}
	c->v = v;
	c->fd = fd;
	c->phase = CONN_HTTP;
	buf_init(&c->in, VENDOR_OUT_BYTES);
	buf_init(&c->out, VENDOR_OUT_BYTES);
	list_append(&v->conns, &c->node);
	atomic_fetch_add(&v->open, 1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fault_draw(v, true, &c->fault);
	c->drawn = true;
	if (c->fault.kind == VENDOR_FAULT_REFUSE || start_tls(c) < 0 ||
	    watch_start(&c->watch, v->loop, fd, WATCH_STREAM, WATCH_READ, on_ready) < 0)
		conn_end(c, false);
}
