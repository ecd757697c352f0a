#include "net/conduit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/live.h"
#include "base/mem.h"
#include "net/stream_socket.h"
#include "wire/http_answer.h"

#define WORDS_BYTES   320
#define CONNECT_BYTES 2048u /* of what is said to a proxy */

LIVE_DEFINE(conduit);

enum stage {
	STAGE_NAME,
	STAGE_TCP,
	STAGE_PROXY_ASK,
	STAGE_PROXY_ANSWER,
	STAGE_TLS,
	STAGE_UP,
};

/* A socket on its way to one of the addresses. */
struct attempt {
	struct watch watch; /* stopped = not under way */
	struct conduit *conduit;
	int fd;
};

struct conduit {
	const struct conduit_env *env;
	struct conduit_sink sink;
	enum stage stage;
	enum conduit_kind kind;
	uint16_t port, reach_port; /* of the host, and of where TCP goes: the proxy, if there is one */
	struct dns_ask naming;
	struct timer next; /* address, when it is time */
	struct addr addrs[DNS_ADDRS_MAX];
	struct attempt attempts[DNS_ADDRS_MAX];
	size_t addr_count, tried;
	int error; /* of the last address that failed */
	struct watch watch;
	unsigned asked;
	bool reading;                     /* the owner wants to hear of bytes */
	bool read_blocked, write_blocked; /* until there is room: TLS may have to write to read */
	int fd;
	struct tls *tls;
	struct buf head; /* what is said to the proxy, then what it answers */
	struct str protocol;
	char host[DNS_HOST_MAX + 1], protocol_text[16];
	char words[WORDS_BYTES];
};

static bool has_proxy(const struct conduit *c)
{
	return c->env->proxy.host[0] != 0;
}

/* Where TCP goes. */
static struct str reached_host(const struct conduit *c)
{
	return str_from(has_proxy(c) ? c->env->proxy.host : c->host);
}

/* ---- ends ---- */

/* The last thing that happens to a conduit before it is up. */
static void fail(struct conduit *c, enum fault fault)
{
	c->sink.on_down(c->sink.arg, fault, str_from(c->words));
}

static void fail_at(struct conduit *c, const char *what, int error)
{
	snprintf(c->words, sizeof(c->words), "%s: %s", what, strerror(-error));
	fail(c, FAULT_UNREACHABLE);
}

static void attempt_stop(struct attempt *a)
{
	if (!a->watch.loop)
		return;
	watch_stop(&a->watch);
	close(a->fd);
}

static bool attempts_left(const struct conduit *c)
{
	for (size_t i = 0; i < c->tried; i++)
		if (c->attempts[i].watch.loop)
			return true;
	return false;
}

/* ---- the socket's readiness ---- */

/* Returns 0 or -errno. */
static int ask(struct conduit *c, unsigned asked)
{
	int rc = asked == c->asked ? 0 : watch_ask(&c->watch, asked);

	if (rc == 0)
		c->asked = asked;
	return rc;
}

static int ask_as_wanted(struct conduit *c)
{
	bool for_room = c->write_blocked || (c->reading && c->read_blocked);

	return ask(c, (c->reading ? WATCH_READ : 0u) | (for_room ? WATCH_WRITE : 0u));
}

/* ---- up ---- */

static void rise(struct conduit *c)
{
	int rc;

	c->stage = STAGE_UP;
	c->reading = true;
	buf_fini(&c->head);
	rc = ask_as_wanted(c);
	if (rc < 0)
		fail_at(c, "watch", rc);
	else
		c->sink.on_up(c->sink.arg);
}

static void shake(struct conduit *c)
{
	int rc = tls_handshake(c->tls);

	if (rc < 0) {
		snprintf(c->words, sizeof(c->words), STR_FMT, STR_ARG(tls_words(c->tls)));
		fail(c, FAULT_UNREACHABLE);
		return;
	}
	if (rc == 0) {
		rise(c);
		return;
	}
	rc = ask(c, rc == TLS_WANT_WRITE ? WATCH_WRITE : WATCH_READ);
	if (rc < 0)
		fail_at(c, "watch", rc);
}

/* There is a way to the host itself. */
static void secure(struct conduit *c)
{
	struct tls_peer peer = {.host = str_from(c->host), .port = c->port, .protocol = c->protocol};
	int rc;

	if (c->kind == CONDUIT_PLAIN) {
		rise(c);
		return;
	}
	rc = tls_open(c->env->tls, c->fd, &peer, &c->tls);
	if (rc < 0) {
		fail_at(c, "TLS", rc);
		return;
	}
	c->stage = STAGE_TLS;
	shake(c);
}

/* ---- the proxy (RFC 9110 section 9.3.6) ---- */

static void read_proxy(struct conduit *c)
{
	char room[CONNECT_BYTES];
	struct http_answer answer;
	size_t n;
	int rc = stream_socket_recv(c->fd, room, sizeof(room), &n);

	if (rc == -EAGAIN)
		return;
	if (rc == 0) {
		buf_add(&c->head, room, n);
		rc = c->head.error ? c->head.error : http_answer_parse(buf_str(&c->head), &answer);
	}
	if (rc == -EAGAIN)
		return;
	if (rc < 0) {
		fail_at(c, "proxy", rc == -ENODATA ? -ECONNRESET : rc);
	} else if (answer.status < 200 || answer.status > 299) {
		snprintf(c->words, sizeof(c->words), "proxy refused: %d", answer.status);
		fail(c, answer.status == 407 ? FAULT_AUTH : FAULT_UNREACHABLE);
	} else if (c->head.n > answer.head_bytes) {
		snprintf(c->words, sizeof(c->words), "proxy spoke before it was asked");
		fail(c, FAULT_PROTOCOL);
	} else {
		secure(c);
	}
}

static void ask_proxy(struct conduit *c)
{
	size_t n;
	int rc = stream_socket_send(c->fd, c->head.p, c->head.n, &n);

	if (rc == -EAGAIN)
		return;
	if (rc == 0) {
		buf_consume(&c->head, n);
		if (c->head.n > 0)
			return;
		c->stage = STAGE_PROXY_ANSWER;
		rc = ask(c, WATCH_READ);
	}
	if (rc < 0)
		fail_at(c, "proxy", rc);
}

static void begin_proxy(struct conduit *c)
{
	const char *format = strchr(c->host, ':') ? "[%s]:%u" : "%s:%u";
	char host[DNS_HOST_MAX + 10];

	snprintf(host, sizeof(host), format, c->host, c->port);
	buf_printf(&c->head, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", host, host);
	if (c->env->proxy.auth[0])
		buf_printf(&c->head, "Proxy-Authorization: %s\r\n", c->env->proxy.auth);
	buf_add_str(&c->head, STR("\r\n"));
	c->stage = STAGE_PROXY_ASK;
	if (c->head.error)
		fail_at(c, "proxy", c->head.error);
	else
		ask_proxy(c);
}

/* ---- TCP ---- */

static void on_socket(struct watch *w, unsigned ready)
{
	struct conduit *c = CONTAINER_OF(w, struct conduit, watch);

	if (c->tls)
		tls_ready(c->tls);
	switch (c->stage) {
	case STAGE_PROXY_ASK:
		ask_proxy(c);
		break;
	case STAGE_PROXY_ANSWER:
		read_proxy(c);
		break;
	case STAGE_TLS:
		shake(c);
		break;
	case STAGE_UP:
		c->sink.on_ready(c->sink.arg);
		break;
	case STAGE_NAME:
	case STAGE_TCP:
		break;
	}
}

/* The first address that answers is taken. */
static void reached(struct conduit *c, struct attempt *a)
{
	int rc;

	c->fd = a->fd;
	watch_stop(&a->watch);
	timer_stop(&c->next);
	for (size_t i = 0; i < c->tried; i++)
		attempt_stop(&c->attempts[i]);
	c->asked = WATCH_WRITE;
	rc = watch_start(&c->watch, c->env->loop, c->fd, WATCH_STREAM, c->asked, on_socket);
	if (rc < 0)
		fail_at(c, "watch", rc);
	else if (has_proxy(c))
		begin_proxy(c);
	else
		secure(c);
}

static void try_next(struct conduit *c);

static void on_attempt(struct watch *w, unsigned ready)
{
	struct attempt *a = CONTAINER_OF(w, struct attempt, watch);
	struct conduit *c = a->conduit;
	int rc = stream_socket_error(a->fd);

	if (rc == 0) {
		reached(c, a);
		return;
	}
	c->error = rc;
	attempt_stop(a);
	try_next(c);
}

static int attempt_start(struct conduit *c, struct attempt *a, struct addr *addr)
{
	int rc;

	addr->port = c->reach_port;
	*a = (struct attempt){.conduit = c};
	rc = stream_socket_connect(addr, &a->fd);
	if (rc < 0)
		return rc;
	rc = watch_start(&a->watch, c->env->loop, a->fd, WATCH_STREAM, WATCH_WRITE, on_attempt);
	if (rc < 0)
		close(a->fd);
	return rc;
}

static void on_next(struct timer *t)
{
	try_next(CONTAINER_OF(t, struct conduit, next));
}

/* Begins with the next address beside those that are still on their way. */
static void try_next(struct conduit *c)
{
	c->stage = STAGE_TCP;
	while (c->tried < c->addr_count) {
		size_t i = c->tried++;
		int rc = attempt_start(c, &c->attempts[i], &c->addrs[i]);

		if (rc == 0) {
			timer_start(&c->next, c->env->loop, loop_now(c->env->loop) + CONDUIT_HEAD_START,
				    on_next);
			return;
		}
		c->error = rc;
	}
	if (!attempts_left(c))
		fail_at(c, has_proxy(c) ? "proxy" : "connect", c->error);
}

/* ---- opening ---- */

static void on_name(struct dns_ask *ask_of_name, const struct dns_answer *answer)
{
	struct conduit *c = CONTAINER_OF(ask_of_name, struct conduit, naming);

	if (answer->error) {
		snprintf(c->words, sizeof(c->words), "name '" STR_FMT "': " STR_FMT, STR_ARG(reached_host(c)),
			 STR_ARG(answer->words));
		fail(c, FAULT_UNREACHABLE);
		return;
	}
	memcpy(c->addrs, answer->addrs, answer->count * sizeof(*answer->addrs));
	c->addr_count = answer->count;
	try_next(c);
}

/* An address needs no name; everything begins in the loop. */
static int begin(struct conduit *c, usec limit)
{
	struct str host = reached_host(c);

	c->reach_port = has_proxy(c) ? c->env->proxy.port : c->port;
	if (addr_parse(host, c->reach_port, &c->addrs[0]) < 0)
		return dns_ask(c->env->dns, host, limit, &c->naming, on_name);
	c->addr_count = 1;
	timer_start(&c->next, c->env->loop, loop_now(c->env->loop), on_next);
	return 0;
}

int conduit_open(const struct conduit_env *env, const struct conduit_target *target,
		 const struct conduit_sink *sink, struct conduit **ret_conduit)
{
	struct conduit *c;
	int rc;

	if (target->host.n == 0 || target->host.n > DNS_HOST_MAX ||
	    target->protocol.n >= sizeof(c->protocol_text))
		return -EINVAL;
	c = mem_zalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct conduit){
		.env = env, .sink = *sink, .kind = target->kind, .port = target->port, .fd = -1};
	live_up(&live_conduit);
	buf_init(&c->head, HTTP_ANSWER_HEAD_MAX + CONNECT_BYTES);
	str_copy(target->host, c->host, sizeof(c->host));
	c->protocol.n = str_copy(target->protocol, c->protocol_text, sizeof(c->protocol_text));
	c->protocol.p = c->protocol_text;
	rc = begin(c, target->limit);
	if (rc < 0) {
		conduit_free(c);
		return rc;
	}
	*ret_conduit = c;
	return 0;
}

struct conduit *conduit_free(struct conduit *c)
{
	if (!c)
		return NULL;
	dns_unask(&c->naming);
	timer_stop(&c->next);
	for (size_t i = 0; i < c->tried; i++)
		attempt_stop(&c->attempts[i]);
	watch_stop(&c->watch);
	tls_close(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	buf_fini(&c->head);
	live_down(&live_conduit);
	return mem_free(c);
}

/* ---- reading and writing ---- */

int conduit_read(struct conduit *c, void *p, size_t n, size_t *ret_n)
{
	int rc;

	if (!c->tls)
		return stream_socket_recv(c->fd, p, n, ret_n);
	rc = tls_read(c->tls, p, n, ret_n);
	if (c->read_blocked != (rc == TLS_WANT_WRITE)) {
		c->read_blocked = !c->read_blocked;
		if (ask_as_wanted(c) < 0)
			return -EIO;
	}
	return rc > 0 ? -EAGAIN : rc;
}

int conduit_write(struct conduit *c, const void *p, size_t n, size_t *ret_n)
{
	int rc, watched;

	if (c->tls) {
		rc = tls_write(c->tls, p, n, ret_n);
		c->write_blocked = rc == TLS_WANT_WRITE;
	} else {
		rc = stream_socket_send(c->fd, p, n, ret_n);
		c->write_blocked = rc == -EAGAIN;
	}
	rc = rc > 0 ? -EAGAIN : rc;
	watched = ask_as_wanted(c);
	return watched < 0 ? watched : rc;
}

int conduit_listen(struct conduit *c, bool reading)
{
	c->reading = reading;
	return ask_as_wanted(c);
}

struct str conduit_stage(const struct conduit *c)
{
	static const struct str names[] = {
		[STAGE_NAME] = STR_INIT("name"),       [STAGE_TCP] = STR_INIT("TCP"),
		[STAGE_PROXY_ASK] = STR_INIT("proxy"), [STAGE_PROXY_ANSWER] = STR_INIT("proxy"),
		[STAGE_TLS] = STR_INIT("TLS"),         [STAGE_UP] = STR_INIT("up"),
	};

	return names[c->stage];
}

struct str conduit_words(const struct conduit *c)
{
	return c->tls ? tls_words(c->tls) : (struct str){0};
}

bool conduit_resumed(const struct conduit *c)
{
	return c->tls && tls_resumed(c->tls);
}
