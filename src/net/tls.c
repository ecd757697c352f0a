/* Before ours: their attributes are spelled with words that def.h defines. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/list.h"
#include "base/live.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/stream_socket.h"

#define WORDS_BYTES    192
#define PROTOCOL_MAX   32
#define HOST_MAX_BYTES 254

LIVE_DEFINE(tls);
LIVE_DEFINE(tls_session);

struct tls_client {
	SSL_CTX *ctx;
	BIO_METHOD *bio;
	struct map sessions; /* by "host:port" */
	struct list order;   /* the longest unused first */
};

struct tls {
	struct tls_client *client;
	SSL *ssl;
	int fd;
	bool dry;   /* the last reading left nothing in the socket: none until tls_ready() */
	bool ended; /* the other end has closed */
	bool secure;
	char peer[TLS_PEER_MAX];
	char words[WORDS_BYTES];
};

struct session {
	struct map_node node;
	struct list link;
	SSL_SESSION *ticket;
	char peer[TLS_PEER_MAX];
};

/* ---- tickets ---- */

static void session_forget(struct tls_client *c, struct session *s)
{
	map_remove(&c->sessions, &s->node);
	list_remove(&s->link);
	SSL_SESSION_free(s->ticket);
	live_down(&live_tls_session);
	mem_free(s);
}

static struct session *session_find(const struct tls_client *c, const char *peer)
{
	struct map_node *node = map_find(&c->sessions, str_from(peer));

	return node ? MAP_ENTRY(node, struct session, node) : NULL;
}

/* Without memory there is no ticket, and the next handshake is a full one. */
static struct session *session_add(struct tls_client *c, const char *peer)
{
	struct session *s = mem_zalloc(sizeof(*s));

	if (!s)
		return NULL;
	str_copy(str_from(peer), s->peer, sizeof(s->peer));
	if (map_add(&c->sessions, &s->node, str_from(s->peer)) < 0)
		return mem_free(s);
	list_append(&c->order, &s->link);
	live_up(&live_tls_session);
	if (c->sessions.count > TLS_SESSIONS_MAX)
		session_forget(c, LIST_ENTRY(c->order.next, struct session, link));
	return s;
}

/* OpenSSL has received a ticket. Returns 1 when we keep the reference. */
static int on_ticket(SSL *ssl, SSL_SESSION *ticket)
{
	struct tls *t = SSL_get_app_data(ssl);
	struct session *s = session_find(t->client, t->peer);

	s = s ? s : session_add(t->client, t->peer);
	if (!s)
		return 0;
	SSL_SESSION_free(s->ticket);
	s->ticket = ticket;
	list_remove(&s->link);
	list_append(&t->client->order, &s->link);
	return 1;
}

static void resume(struct tls *t)
{
	struct session *s = session_find(t->client, t->peer);

	/* A ticket that does not fit any more costs a full handshake, nothing else. */
	if (s && SSL_SESSION_is_resumable(s->ticket))
		(void)!SSL_set_session(t->ssl, s->ticket);
}

/* ---- the socket below ---- */

static int bio_failed(BIO *b, int rc)
{
	if (rc == -EAGAIN)
		return -1;
	BIO_clear_retry_flags(b);
	return rc == -ENODATA ? 0 : -1;
}

static int bio_read(BIO *b, char *p, int n)
{
	struct tls *t = BIO_get_data(b);
	size_t got;
	int rc;

	BIO_set_retry_read(b);
	if (t->dry)
		return -1;
	rc = stream_socket_recv(t->fd, p, (size_t)n, &got);
	t->ended = rc == -ENODATA;
	t->dry = rc == -EAGAIN || (rc == 0 && got < (size_t)n);
	if (rc < 0)
		return bio_failed(b, rc);
	BIO_clear_retry_flags(b);
	return (int)got;
}

static int bio_write(BIO *b, const char *p, int n)
{
	struct tls *t = BIO_get_data(b);
	size_t sent;
	int rc = stream_socket_send(t->fd, p, (size_t)n, &sent);

	BIO_set_retry_write(b);
	if (rc < 0)
		return bio_failed(b, rc);
	BIO_clear_retry_flags(b);
	return (int)sent;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct tls *t = BIO_get_data(b);

	(void)num, (void)ptr;
	return cmd == BIO_CTRL_FLUSH || (cmd == BIO_CTRL_EOF && t->ended);
}

static BIO_METHOD *bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");

	if (m && BIO_meth_set_read(m, bio_read) == 1 && BIO_meth_set_write(m, bio_write) == 1 &&
	    BIO_meth_set_ctrl(m, bio_ctrl) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* ---- the client ---- */

static int set_authority(SSL_CTX *ctx, struct str authority)
{
	char path[4096];

	if (authority.n == 0)
		return SSL_CTX_set_default_verify_paths(ctx) == 1 ? 0 : -EINVAL;
	if (authority.n >= sizeof(path))
		return -EINVAL;
	str_copy(authority, path, sizeof(path));
	return SSL_CTX_load_verify_file(ctx, path) == 1 ? 0 : -EINVAL;
}

static void set_habits(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	/* A record's head and body in one reading. */
	SSL_CTX_set_read_ahead(ctx, 1);
	/* The protocols above have an end of their own. */
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_ticket);
}

int tls_client_new(const struct tls_client_config *config, struct tls_client **ret_client)
{
	struct tls_client *c = mem_zalloc(sizeof(*c));
	int rc = -ENOMEM;

	if (!c)
		return -ENOMEM;
	map_init(&c->sessions);
	list_init(&c->order);
	c->bio = bio_method();
	c->ctx = c->bio ? SSL_CTX_new(TLS_client_method()) : NULL;
	if (c->ctx && SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) == 1) {
		set_habits(c->ctx);
		rc = set_authority(c->ctx, config->authority);
	}
	ERR_clear_error();
	if (rc < 0) {
		tls_client_free(c);
		return rc;
	}
	*ret_client = c;
	return 0;
}

struct tls_client *tls_client_free(struct tls_client *c)
{
	if (!c)
		return NULL;
	LIST_EACH_SAFE (link, &c->order)
		session_forget(c, LIST_ENTRY(link, struct session, link));
	map_fini(&c->sessions);
	SSL_CTX_free(c->ctx);
	BIO_meth_free(c->bio);
	return mem_free(c);
}

/* ---- a connection ---- */

static bool set_name(SSL *ssl, const char *host)
{
	struct addr literal;

	/* An address is no server name (RFC 6066 section 3). */
	if (addr_parse(str_from(host), 0, &literal) == 0)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static bool set_protocol(SSL *ssl, struct str protocol)
{
	unsigned char wire[1 + PROTOCOL_MAX];

	if (protocol.n == 0)
		return true;
	if (protocol.n > PROTOCOL_MAX)
		return false;
	wire[0] = (unsigned char)protocol.n;
	memcpy(wire + 1, protocol.p, protocol.n);
	return SSL_set_alpn_protos(ssl, wire, (unsigned)protocol.n + 1) == 0;
}

static int attach(struct tls *t)
{
	BIO *bio = BIO_new(t->client->bio);

	if (!bio)
		return -ENOMEM;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_app_data(t->ssl, t);
	SSL_set_connect_state(t->ssl);
	return 0;
}

int tls_open(struct tls_client *c, int fd, const struct tls_peer *peer, struct tls **ret_tls)
{
	char host[HOST_MAX_BYTES];
	struct tls *t;
	int rc;

	if (peer->host.n == 0 || peer->host.n >= sizeof(host))
		return -EINVAL;
	t = mem_zalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	live_up(&live_tls);
	*t = (struct tls){.client = c, .fd = fd, .ssl = SSL_new(c->ctx)};
	str_copy(peer->host, host, sizeof(host));
	snprintf(t->peer, sizeof(t->peer), "%s:%u", host, peer->port);
	rc = t->ssl ? attach(t) : -ENOMEM;
	if (rc == 0 && !(set_name(t->ssl, host) && set_protocol(t->ssl, peer->protocol)))
		rc = -EINVAL;
	ERR_clear_error();
	if (rc < 0) {
		tls_close(t);
		return rc;
	}
	resume(t);
	*ret_tls = t;
	return 0;
}

struct tls *tls_close(struct tls *t)
{
	if (!t)
		return NULL;
	/* After a failure OpenSSL must not be asked to say goodbye. */
	if (t->secure)
		(void)!SSL_shutdown(t->ssl);
	ERR_clear_error();
	SSL_free(t->ssl);
	live_down(&live_tls);
	return mem_free(t);
}

void tls_ready(struct tls *t)
{
	t->dry = false;
}

static void remember_words(struct tls *t)
{
	long verdict = SSL_get_verify_result(t->ssl);
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (verdict != X509_V_OK)
		snprintf(t->words, sizeof(t->words), "certificate refused: %s",
			 X509_verify_cert_error_string(verdict));
	else if (reason)
		snprintf(t->words, sizeof(t->words), "TLS failed: %s", reason);
	else
		snprintf(t->words, sizeof(t->words), "TLS failed: connection %s",
			 t->ended ? "closed" : "lost");
}

/* What a step that OpenSSL did not take means. */
static int outcome(struct tls *t, int rc)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		if (t->secure)
			return -ENODATA;
		break;
	default:
		break;
	}
	remember_words(t);
	t->secure = false;
	return -EPROTO;
}

int tls_handshake(struct tls *t)
{
	int rc;

	ERR_clear_error();
	rc = SSL_do_handshake(t->ssl);
	if (rc != 1)
		return outcome(t, rc);
	t->secure = true;
	return 0;
}

int tls_read(struct tls *t, void *p, size_t n, size_t *ret_n)
{
	int rc;

	ERR_clear_error();
	rc = SSL_read_ex(t->ssl, p, n, ret_n);
	return rc == 1 ? 0 : outcome(t, rc);
}

int tls_write(struct tls *t, const void *p, size_t n, size_t *ret_n)
{
	int rc;

	ERR_clear_error();
	rc = SSL_write_ex(t->ssl, p, n, ret_n);
	return rc == 1 ? 0 : outcome(t, rc);
}

bool tls_resumed(const struct tls *t)
{
	return SSL_session_reused(t->ssl) == 1;
}

struct str tls_words(const struct tls *t)
{
	return str_from(t->words);
}
