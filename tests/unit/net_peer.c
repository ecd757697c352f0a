/* First: it uses words as attributes that base/def.h defines as macros. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net_peer.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/ws_upgrade.h"

#define STEP_SECONDS 10
#define DAY          86400L

/* ---- certificates ---- */

static EVP_PKEY *authority_key, *stranger_key;
static X509 *authority_cert, *stranger_cert;
static char authority_path[] = "/tmp/net_peer_XXXXXX";

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "net_peer: %s failed\n", what);
	exit(1);
}

static void set_name(X509_NAME *name, const char *text)
{
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0) ==
		     1,
	     "name");
}

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(e && X509_add_ext(x, e, -1) == 1, "extension");
	X509_EXTENSION_free(e);
}

/* Signed by itself when `by` is NULL. */
static X509 *make_cert(EVP_PKEY *key, const char *name, X509 *by, EVP_PKEY *by_key, long expires)
{
	static long serial;
	X509 *x = X509_new();

	must(x != NULL, "certificate");
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(x), -10 * DAY);
	X509_gmtime_adj(X509_getm_notAfter(x), expires);
	X509_set_pubkey(x, key);
	set_name(X509_get_subject_name(x), name);
	X509_set_issuer_name(x, X509_get_subject_name(by ? by : x));
	if (!by)
		add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	return x;
}

static void sign(X509 *x, EVP_PKEY *key)
{
	must(X509_sign(x, key, EVP_sha256()) > 0, "signature");
}

static void remove_authority(void)
{
	unlink(authority_path);
	X509_free(authority_cert);
	X509_free(stranger_cert);
	EVP_PKEY_free(authority_key);
	EVP_PKEY_free(stranger_key);
}

static void make_authority(void)
{
	int fd = mkstemp(authority_path);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	authority_key = EVP_EC_gen("P-256");
	stranger_key = EVP_EC_gen("P-256");
	must(f && authority_key && stranger_key, "authority");
	authority_cert = make_cert(authority_key, "The test's authority", NULL, NULL, 100 * DAY);
	sign(authority_cert, authority_key);
	stranger_cert = make_cert(stranger_key, "A stranger", NULL, NULL, 100 * DAY);
	sign(stranger_cert, stranger_key);
	must(PEM_write_X509(f, authority_cert) == 1 && fclose(f) == 0, "authority file");
	atexit(remove_authority);
}

struct str peer_authority(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_authority);
	return str_from(authority_path);
}

static SSL_CTX *make_ctx(enum peer_cert cert)
{
	const char *names = cert == PEER_MISNAMED ? "DNS:another.test" : "DNS:localhost,IP:127.0.0.1";
	bool stranger = cert == PEER_STRANGER;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x;

	(void)peer_authority();
	must(ctx && key, "context");
	x = make_cert(key, "A vendor", stranger ? stranger_cert : authority_cert, NULL,
		      cert == PEER_EXPIRED ? -DAY : 50 * DAY);
	add_extension(x, NID_subject_alt_name, names);
	sign(x, stranger ? stranger_key : authority_key);
	must(SSL_CTX_use_certificate(ctx, x) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1, "key");
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	X509_free(x);
	EVP_PKEY_free(key);
	return ctx;
}

/* ---- the thread ---- */

static void *run(void *arg)
{
	struct peer *p = arg;
	sigset_t pipe;

	/* A client that goes away in the middle is the test's business. */
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	p->script(p);
	return NULL;
}

void peer_start(struct peer *p, enum peer_cert cert, void (*script)(struct peer *p), void *arg)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {.tv_sec = STEP_SECONDS};
	socklen_t n = sizeof(at);

	*p = (struct peer){.script = script, .cert = cert, .arg = arg};
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(p->listener >= 0 && bind(p->listener, (struct sockaddr *)&at, n) == 0 &&
		     listen(p->listener, 16) == 0 &&
		     getsockname(p->listener, (struct sockaddr *)&at, &n) == 0 &&
		     setsockopt(p->listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0,
	     "listening");
	p->port = ntohs(at.sin_port);
	p->ctx = cert == PEER_PLAIN ? NULL : make_ctx(cert);
	must(pthread_create(&p->thread, NULL, run, p) == 0, "thread");
}

void peer_abandon(struct peer *p)
{
	shutdown(p->listener, SHUT_RDWR);
}

void peer_stop(struct peer *p)
{
	pthread_join(p->thread, NULL);
	close(p->listener);
	SSL_CTX_free(p->ctx);
}

/* ---- steps ---- */

void peer_accept_plain(struct peer *p, struct peer_conn *c)
{
	struct timeval limit = {.tv_sec = STEP_SECONDS};

	*c = (struct peer_conn){.fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)};
	if (c->fd < 0) {
		p->failed = true;
		return;
	}
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

void peer_secure(struct peer *p, struct peer_conn *c)
{
	c->ssl = SSL_new(p->ctx);
	must(c->ssl && SSL_set_fd(c->ssl, c->fd) == 1, "TLS");
	if (SSL_accept(c->ssl) != 1)
		p->failed = true;
	ERR_clear_error();
}

void peer_accept(struct peer *p, struct peer_conn *c)
{
	peer_accept_plain(p, c);
	if (p->ctx && c->fd >= 0)
		peer_secure(p, c);
}

void peer_close(struct peer_conn *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void peer_write(struct peer *p, struct peer_conn *c, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t sent = c->ssl ? SSL_write(c->ssl, at, (int)n) : send(c->fd, at, n, MSG_NOSIGNAL);

		if (sent <= 0) {
			p->failed = true;
			ERR_clear_error();
			return;
		}
		at += sent;
		n -= (size_t)sent;
	}
}

size_t peer_read(struct peer *p, struct peer_conn *c, void *bytes, size_t n)
{
	size_t got = 0;

	while (got < n) {
		char *at = (char *)bytes + got;
		ssize_t more = c->ssl ? SSL_read(c->ssl, at, (int)(n - got)) : recv(c->fd, at, n - got, 0);

		if (more <= 0)
			break;
		got += (size_t)more;
	}
	ERR_clear_error();
	return got;
}

void peer_read_head(struct peer *p, struct peer_conn *c)
{
	size_t n = 0;

	while (n < sizeof(c->request) - 1 && peer_read(p, c, c->request + n, 1) == 1) {
		c->request[++n] = '\0';
		if (n >= 4 && memcmp(c->request + n - 4, "\r\n\r\n", 4) == 0)
			return;
	}
	p->failed = true;
}

void peer_upgrade(struct peer *p, struct peer_conn *c)
{
	struct str request, name = STR("Sec-WebSocket-Key: ");
	struct buf answer;
	size_t at;

	peer_read_head(p, c);
	request = str_from(c->request);
	at = str_find(request, name) + name.n;
	buf_init(&answer, 1024);
	buf_add_str(&answer, STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
				 "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: "));
	must(ws_upgrade_accept(str_sub(request, at, WS_UPGRADE_KEY_CHARS), &answer) == 0, "key");
	buf_add_str(&answer, STR("\r\n\r\n"));
	peer_write(p, c, answer.p, answer.n);
	buf_fini(&answer);
}

void peer_frame(struct peer *p, struct peer_conn *c, unsigned first, const void *payload, size_t n)
{
	unsigned char head[10] = {(unsigned char)first, (unsigned char)n};
	size_t head_n = 2;

	if (n > 65535) {
		head[1] = 127;
		for (head_n = 2; head_n < 10; head_n++)
			head[head_n] = (unsigned char)(n >> (8 * (9 - head_n)));
	} else if (n > 125) {
		head[1] = 126;
		head[2] = (unsigned char)(n >> 8);
		head[3] = (unsigned char)n;
		head_n = 4;
	}
	peer_write(p, c, head, head_n);
	peer_write(p, c, payload, n);
}

unsigned peer_read_frame(struct peer *p, struct peer_conn *c, void *payload, size_t size, size_t *ret_n)
{
	unsigned char head[14];
	unsigned extra;
	size_t n;

	if (peer_read(p, c, head, 2) != 2)
		return 0;
	if (!(head[1] & 0x80))
		p->failed = true; /* a client masks */
	n = head[1] & 0x7f;
	extra = n == 126 ? 2 : n == 127 ? 8 : 0;
	if (peer_read(p, c, head + 2, extra + 4) != extra + 4)
		return 0;
	if (extra > 0)
		n = 0;
	for (unsigned i = 0; i < extra; i++)
		n = n << 8 | head[2 + i];
	if (n > size || peer_read(p, c, payload, n) != n) {
		p->failed = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		((unsigned char *)payload)[i] ^= head[2 + extra + i % 4];
	*ret_n = n;
	return head[0];
}

int peer_drain(struct peer *p, struct peer_conn *c)
{
	static _Thread_local unsigned char payload[1 << 20];
	unsigned first = 1;
	size_t n = 0;

	while (first != 0 && first != 0x88)
		first = peer_read_frame(p, c, payload, sizeof(payload), &n);
	return first == 0x88 && n >= 2 ? payload[0] << 8 | payload[1] : 0;
}
