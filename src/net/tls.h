/*
 * tls.h - TLS over a connected socket: the door to OpenSSL's protocol half
 *
 * A client verifies the certificate and the name, always, and sends SNI. It
 * remembers the last session ticket of each host and port, so that the next
 * handshake is shorter. Nothing here waits: each step is done, or names what the
 * socket must become first.
 *
 *   tls_open -> tls_handshake ... 0 -> tls_read, tls_write ... -> tls_close
 *
 * Buffers are given back while a connection is idle. A peer that is gone makes
 * no signal.
 *
 * Threads: the owner's. Layer: net. The only door to <openssl/ssl.h>.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>

#include "base/str.h"

#define TLS_SESSIONS_MAX 64  /* hosts whose ticket is remembered; the longest unused is forgotten first */
#define TLS_PEER_MAX     264 /* host, colon, port */

struct tls_client;
struct tls;

struct tls_client_config {
	struct str authority; /* PEM file of the certificates that are trusted; empty = the system's */
};

/* Borrowed for the duration of tls_open(). */
struct tls_peer {
	struct str host; /* a name, or an address without brackets: then the certificate must hold that */
	uint16_t port;
	struct str protocol; /* ALPN, one name; empty = none */
};

/* Outcomes: the same again when the socket is ... */
enum {
	TLS_WANT_READ = 1,
	TLS_WANT_WRITE = 2,
};

/* Returns 0, -EINVAL when the authority file holds no certificate, or -ENOMEM. */
int tls_client_new(const struct tls_client_config *config, struct tls_client **ret_client) must_check;

/* After its connections. Takes NULL. Returns NULL. */
struct tls_client *tls_client_free(struct tls_client *c);

/* `fd` is a connected socket and stays the caller's. Returns 0, -EINVAL for a host that is none, or -ENOMEM.
 */
int tls_open(struct tls_client *c, int fd, const struct tls_peer *peer, struct tls **ret_tls) must_check;

/* Tells the other end if it can, without waiting, and frees. Takes NULL. Returns NULL. */
struct tls *tls_close(struct tls *t);

/* The socket is ready again: bytes may have come. Call it before the step that follows. */
void tls_ready(struct tls *t);

/* Returns 0 = secure, TLS_WANT_READ, TLS_WANT_WRITE, or -EPROTO: tls_words() says why. */
int tls_handshake(struct tls *t) must_check;

/* Returns 0, TLS_WANT_..., -ENODATA when the other end has closed, or -EPROTO. */
int tls_read(struct tls *t, void *p, size_t n, size_t *ret_n) must_check;

/* Returns 0 (perhaps not all of it), TLS_WANT_..., -ENODATA when the other end has closed, or -EPROTO. */
int tls_write(struct tls *t, const void *p, size_t n, size_t *ret_n) must_check;

/* Whether the handshake was shortened by a remembered ticket. */
bool tls_resumed(const struct tls *t);

/* What failed, for people. A view that lives as long as `t`; never empty after -EPROTO. */
struct str tls_words(const struct tls *t);

#endif
