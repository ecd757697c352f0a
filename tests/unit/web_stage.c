#include <errno.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web_stage.h" /* behind OpenSSL, which has an `unused` of its own */

struct web_conn {
	struct web *web;
	pthread_t thread;
	int fd;
	SSL *ssl;
	atomic_bool over;
	char in[WEB_REQUEST_MAX];
	size_t n;
};

struct web_inside {
	web_script *script;
	pthread_t thread;
	int fd;
	uint16_t port;
	SSL_CTX *tls;
	char name[64], authority[64];
	struct web_conn *conns[WEB_CONNS_MAX];
	size_t count;
};

/* ---- a certificate that signs itself ---- */

static int add_name(X509 *cert, const char *name)
{
	X509_EXTENSION *e;
	char text[128];
	X509V3_CTX ctx;
	int good;

	snprintf(text, sizeof(text), "DNS:%s", name);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, text);
	good = e && X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
	return good;
}

static X509 *make_certificate(EVP_PKEY *key, const char *name)
{
	X509 *cert = X509_new();

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	if (add_name(cert, name) && X509_sign(cert, key, EVP_sha256()))
		return cert;
	X509_free(cert);
	return NULL;
}

/* Makes a file of a name of its own. */
static FILE *new_file(char path[64])
{
	int fd;

	snprintf(path, 64, "%s/offhook-web-XXXXXX", P_tmpdir);
	fd = mkstemp(path);
	return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static int write_certificate(char path[64], X509 *cert)
{
	FILE *f = new_file(path);

	if (!f)
		return -errno;
	PEM_write_X509(f, cert);
	return fclose(f) == 0 ? 0 : -errno;
}

static int write_key(char path[64], EVP_PKEY *key)
{
	FILE *f = new_file(path);

	if (!f)
		return -errno;
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	return fclose(f) == 0 ? 0 : -errno;
}

int web_identity(const char *name, char cert_path[64], char key_path[64])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = make_certificate(key, name);
	int rc = cert ? write_certificate(cert_path, cert) : -EINVAL;

	rc = rc ? rc : write_key(key_path, key);
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

static int tls_start(struct web_inside *in, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = make_certificate(key, name);
	int rc = cert ? write_certificate(in->authority, cert) : -EINVAL;

	in->tls = SSL_CTX_new(TLS_server_method());
	if (rc == 0 &&
	    (SSL_CTX_use_certificate(in->tls, cert) != 1 || SSL_CTX_use_PrivateKey(in->tls, key) != 1))
		rc = -EINVAL;
	str_copy(str_from(name), in->name, sizeof(in->name));
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

/* ---- a connection ---- */

static ssize_t conn_read(struct web_conn *c, void *p, size_t n)
{
	return c->ssl ? SSL_read(c->ssl, p, (int)n) : read(c->fd, p, n);
}

void web_write(struct web_conn *c, const void *p, size_t n)
{
	while (n > 0) {
		ssize_t k = c->ssl ? SSL_write(c->ssl, p, (int)n) : send(c->fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		p = (const char *)p + k;
		n -= (size_t)k;
	}
}

void web_say(struct web_conn *c, const char *text)
{
	web_write(c, text, strlen(text));
}

void web_wait_gone(struct web_conn *c)
{
	char byte;

	while (conn_read(c, &byte, 1) > 0)
		;
	c->web->gone++;
}

static size_t body_length(struct str head)
{
	while (!str_empty(head)) {
		struct str line = str_cut(&head, '\n'), name = str_cut(&line, ':');
		int64_t n;

		if (str_ieq(name, STR("content-length")) &&
		    str_to_int(str_trim(line), 0, WEB_REQUEST_MAX, &n) == 0)
			return (size_t)n;
	}
	return 0;
}

/* Returns the bytes of the first request, 0 when the client has left. */
static size_t read_request(struct web_conn *c, struct web_request *r)
{
	for (;;) {
		struct str all = {c->in, c->n};
		size_t end = str_find(all, STR("\r\n\r\n"));
		ssize_t n;

		if (end < all.n) {
			r->head = str_sub(all, 0, end + 4);
			r->body = str_sub(all, end + 4, body_length(r->head));
			if (r->body.n == body_length(r->head))
				return r->head.n + r->body.n;
		}
		n = c->n < sizeof(c->in) ? conn_read(c, c->in + c->n, sizeof(c->in) - c->n) : 0;
		if (n <= 0)
			return 0;
		c->n += (size_t)n;
	}
}

static void serve(struct web_conn *c)
{
	bool more = true;

	while (more) {
		struct web_request r = {.web = c->web};
		size_t n = read_request(c, &r);
		struct str line = r.head;

		if (n == 0)
			return;
		c->web->asked++;
		r.method = str_word(&line);
		r.path = str_word(&line);
		more = c->web->inside->script(c, &r);
		memmove(c->in, c->in + n, c->n - n);
		c->n -= n;
	}
}

static void *conn_main(void *arg)
{
	struct web_conn *c = arg;

	if (!c->ssl || SSL_accept(c->ssl) == 1)
		serve(c);
	if (c->ssl)
		SSL_shutdown(c->ssl);
	shutdown(c->fd, SHUT_RDWR);
	c->over = true;
	return NULL;
}

/* ---- the server ---- */

static void conn_free(struct web_conn *c)
{
	pthread_join(c->thread, NULL);
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

static void reap(struct web_inside *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++) {
		if (in->conns[i]->over)
			conn_free(in->conns[i]);
		else
			in->conns[n++] = in->conns[i];
	}
	in->count = n;
}

static void *accept_main(void *arg)
{
	struct web *w = arg;
	struct web_inside *in = w->inside;
	int fd;

	while (in->count < WEB_CONNS_MAX && (fd = accept(in->fd, NULL, NULL)) >= 0) {
		struct web_conn *c = calloc(1, sizeof(*c));

		reap(in);
		w->accepted++;
		c->web = w;
		c->fd = fd;
		if (in->tls) {
			c->ssl = SSL_new(in->tls);
			SSL_set_fd(c->ssl, fd);
		}
		in->conns[in->count++] = c;
		pthread_create(&c->thread, NULL, conn_main, c);
	}
	return NULL;
}

int web_start(struct web *w, const char *name, web_script *script)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct web_inside *in = calloc(1, sizeof(*in));
	socklen_t n = sizeof(sa);

	signal(SIGPIPE, SIG_IGN);
	*w = (struct web){.inside = in};
	sem_init(&w->go, 0, 0);
	in->script = script;
	if (name && tls_start(in, name) < 0)
		return -EINVAL;
	in->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(in->fd, (struct sockaddr *)&sa, n) < 0 || listen(in->fd, WEB_CONNS_MAX) < 0 ||
	    getsockname(in->fd, (struct sockaddr *)&sa, &n) < 0)
		return -errno;
	in->port = ntohs(sa.sin_port);
	return -pthread_create(&in->thread, NULL, accept_main, w);
}

void web_stop(struct web *w)
{
	struct web_inside *in = w->inside;

	shutdown(in->fd, SHUT_RDWR);
	pthread_join(in->thread, NULL);
	close(in->fd);
	for (size_t i = 0; i < in->count; i++) {
		sem_post(&w->go);
		shutdown(in->conns[i]->fd, SHUT_RDWR);
		conn_free(in->conns[i]);
	}
	SSL_CTX_free(in->tls);
	if (*in->authority)
		unlink(in->authority);
	free(in);
	sem_destroy(&w->go);
}

static struct web *for_good;

static void stop_for_good(void)
{
	web_stop(for_good);
}

int web_start_for_good(struct web *w, web_script *script)
{
	int rc = web_start(w, NULL, script);

	for_good = w;
	return rc ? rc : atexit(stop_for_good);
}

const char *web_url(const struct web *w, const char *path, char url[256])
{
	bool plain = strcmp(w->inside->name, "localhost") != 0;

	snprintf(url, 256, "%s://%s:%d%s", w->inside->tls ? "https" : "http",
		 plain ? "127.0.0.1" : "localhost", w->inside->port, path);
	return url;
}

const char *web_authority(const struct web *w)
{
	return w->inside->authority;
}
