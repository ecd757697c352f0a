/*
 * net_peer.h - the other end of a client's test: a server that follows a script
 *
 * A script runs on a thread of its own with blocking sockets, so that it reads like
 * the dialogue it is. Nothing in it waits for ever: each step has ten seconds.
 * The certificates are made when first asked for, by an authority of the test's
 * own whose file a client can trust.
 *
 * Threads: the script's; peer_start() and peer_stop() on the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_NET_PEER_H
#define TESTS_UNIT_NET_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct ssl_st;
struct ssl_ctx_st;

enum peer_cert {
	PEER_PLAIN,    /* no TLS */
	PEER_GOOD,     /* for localhost and 127.0.0.1 */
	PEER_MISNAMED, /* for another.test */
	PEER_EXPIRED,
	PEER_STRANGER, /* by an authority that nobody trusts */
};

struct peer_conn {
	int fd;
	struct ssl_st *ssl;
	char request[4096]; /* its head, zero-terminated */
};

struct peer {
	void (*script)(struct peer *p);
	enum peer_cert cert;
	void *arg;
	int listener;
	uint16_t port;
	struct ssl_ctx_st *ctx;
	pthread_t thread;
	bool failed; /* a step did not happen */
};

/* Listens on a free port of 127.0.0.1 and runs the script. Ends the test program when the machine refuses. */
void peer_start(struct peer *p, enum peer_cert cert, void (*script)(struct peer *p), void *arg);

/* Waits for the script's end. */
void peer_stop(struct peer *p);

/* Nobody will come any more: a waiting peer_accept() fails. */
void peer_abandon(struct peer *p);

/* PEM file of the authority; valid until the program ends. */
struct str peer_authority(void);

/* ---- steps of a script; they mark the peer as failed and go on ---- */

void peer_accept(struct peer *p, struct peer_conn *c); /* with TLS where the peer has a certificate */
void peer_accept_plain(struct peer *p, struct peer_conn *c);
void peer_secure(struct peer *p, struct peer_conn *c);
void peer_close(struct peer_conn *c);
void peer_write(struct peer *p, struct peer_conn *c, const void *bytes, size_t n);
size_t peer_read(struct peer *p, struct peer_conn *c, void *bytes, size_t n); /* all `n`, or until the end */
void peer_read_head(struct peer *p, struct peer_conn *c);

/* Reads the request and accepts it as a WebSocket. */
void peer_upgrade(struct peer *p, struct peer_conn *c);

/* A server's frame: `first` is its first byte (0x81 = a whole text). */
void peer_frame(struct peer *p, struct peer_conn *c, unsigned first, const void *payload, size_t n);

/* A client's frame, unmasked. Returns its first byte, 0 at the end of the connection. */
unsigned peer_read_frame(struct peer *p, struct peer_conn *c, void *payload, size_t size, size_t *ret_n);

/* Reads frames up to a close frame; returns its code, 0 without one. */
int peer_drain(struct peer *p, struct peer_conn *c);

#endif
