/*
 * conduit.h - one byte stream to a host and port: name, addresses, proxy, TLS
 *
 * The way to a vendor below any protocol. A name is resolved, its addresses are
 * tried one after the other with a head start for the earlier (RFC 8305), a proxy
 * is asked by CONNECT, TLS is shaken; then the owner reads and writes.
 *
 *   conduit_open -> on_up -> on_ready ...      (or, before on_up: on_down)
 *
 * The owner has one deadline over all of it and says when it has passed by freeing
 * the conduit; conduit_stage() names what it was at. Callbacks never run inside a
 * call; freeing inside a callback is allowed.
 *
 * Threads: the loop's owner. Layer: net.
 */
#ifndef NET_CONDUIT_H
#define NET_CONDUIT_H

#include "base/fault.h"
#include "net/proxy.h"
#include "net/tls.h"

#define CONDUIT_HEAD_START USEC_MS(250) /* of an address before the next is tried beside it */

struct conduit;

enum conduit_kind {
	CONDUIT_PLAIN,
	CONDUIT_TLS,
};

/* What the conduits of a loop share; outlives them. */
struct conduit_env {
	struct loop *loop;
	struct dns *dns;
	struct tls_client *tls;
	struct proxy proxy;
};

/* Borrowed for the duration of conduit_open(). */
struct conduit_target {
	enum conduit_kind kind;
	struct str host; /* a name, or an address without brackets */
	uint16_t port;
	struct str protocol; /* ALPN; empty = none */
	usec limit;          /* for the name alone; the owner's deadline is over all of it */
};

struct conduit_sink {
	void (*on_up)(void *arg);
	void (*on_ready)(void *arg); /* reading or writing may get further */
	void (*on_down)(void *arg, enum fault fault, struct str words);
	void *arg;
};

/* Returns 0, -EINVAL for a host that is none, -EBUSY from the resolver, or -ENOMEM. */
int conduit_open(const struct conduit_env *env, const struct conduit_target *target,
		 const struct conduit_sink *sink, struct conduit **ret_conduit) must_check;

/* No callback follows. Takes NULL. Returns NULL. */
struct conduit *conduit_free(struct conduit *c);

/* Returns 0, -EAGAIN (on_ready() tells when), -ENODATA when the other end has closed, or -errno. */
int conduit_read(struct conduit *c, void *p, size_t n, size_t *ret_n) must_check;

/* Returns 0 (perhaps not all of it), -EAGAIN (on_ready() tells when), or -errno. */
int conduit_write(struct conduit *c, const void *p, size_t n, size_t *ret_n) must_check;

/* Whether bytes that come are told of. After reading was stopped before -EAGAIN, or resumed, bytes may be
 * there that nobody tells of: read then. Returns 0 or -errno. */
int conduit_listen(struct conduit *c, bool reading) must_check;

/* "name", "TCP", "proxy", "TLS" or "up". */
struct str conduit_stage(const struct conduit *c);

/* What failed in reading or writing, for people; may be empty. */
struct str conduit_words(const struct conduit *c);

/* Whether TLS was shortened by a ticket. */
bool conduit_resumed(const struct conduit *c);

#endif
