/*
 * tcp.h - stream connections on a loop: listeners, connections, their limits
 *
 * One host holds the listeners and connections of a protocol. Connections have
 * numbers instead of pointers, so that another thread or a late answer may name
 * one that is gone. Bytes wait in a bounded buffer until the owner has used
 * them; what cannot be written at once waits in another. A connection without
 * traffic is closed after `idle`.
 *
 *   tcp_listen, tcp_connect -> conn -> on_bytes(unread) ... -> on_closed
 *
 * When descriptors run out the listeners rest for a second instead of spinning.
 *
 * Threads: the loop's owner. Layer: net.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "base/addr.h"
#include "base/loop.h"

struct tcp;

struct tcp_config {
	size_t conns_max;      /* accepted and opened together */
	size_t per_source_max; /* accepted from one IP */
	size_t in_bytes_max;   /* unread bytes of one connection; more closes it */
	size_t out_bytes_max;  /* unsent bytes of one connection; more refuses tcp_send() */
	usec idle;
	usec connect_timeout;
};

struct tcp_ops {
	/* All unread bytes. Returns how many were used (the rest comes again with more), or -errno to close.
	 * tcp_close() of this or any connection is allowed inside. */
	int (*on_bytes)(void *arg, uint32_t conn, struct str unread);
	/* The connection is gone: 0 = closed by the other end or idle, else -errno. Not after tcp_close(). */
	void (*on_closed)(void *arg, uint32_t conn, const struct addr *remote, int error);
	/* Whether to keep an accepted connection at all. NULL = yes. */
	bool (*admit)(void *arg, const struct addr *remote);
};

/* Returns 0 or -ENOMEM. `ops` and `arg` are borrowed for good. */
int tcp_new(struct loop *l, const struct tcp_config *config, const struct tcp_ops *ops, void *arg,
	    struct tcp **ret_tcp) must_check;

/* Closes everything; no callback follows. Takes NULL. */
struct tcp *tcp_free(struct tcp *t);

/* Accepts on `local` (port 0 = any free one). Returns 0 or -errno. `ret_bound` may be NULL. */
int tcp_listen(struct tcp *t, const struct addr *local, struct addr *ret_bound) must_check;

/* Starts a connection to `remote`; bytes may be sent at once. Failure is told by on_closed().
 * Returns 0, -ENOBUFS when there are too many, or -errno. */
int tcp_connect(struct tcp *t, const struct addr *remote, uint32_t *ret_conn) must_check;

/* An open connection to `remote`, 0 when there is none. */
uint32_t tcp_find(const struct tcp *t, const struct addr *remote);

/* Writes, or queues what does not fit. Returns 0, -ENOTCONN (no such connection), -ENOBUFS or -errno. */
int tcp_send(struct tcp *t, uint32_t conn, struct str bytes) must_check;

void tcp_close(struct tcp *t, uint32_t conn);

/* NULL when there is no such connection. */
const struct addr *tcp_remote(const struct tcp *t, uint32_t conn);
const struct addr *tcp_local(const struct tcp *t, uint32_t conn);

struct tcp_stats {
	uint64_t accepted, refused, opened;
	size_t open;
};

struct tcp_stats tcp_read_stats(const struct tcp *t);

#endif
