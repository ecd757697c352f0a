/*
 * udp.h - a datagram socket on a loop
 *
 * Reads in bounded batches: one readiness event is one recvmmsg() into buffers
 * that all sockets of a loop share (udp_batch), so a socket itself costs a few
 * hundred bytes and a flood cannot keep the loop from its timers. Each packet
 * comes with the local address it was sent to, and an answer can be sent from
 * that address: on a host with several addresses a peer behind a firewall would
 * not recognise any other.
 *
 * IPv6 sockets are IPv6 only; dual stack is two sockets.
 *
 * Threads: the loop's owner, except udp_send(). Layer: net.
 */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "base/addr.h"
#include "base/loop.h"

struct udp;
struct udp_batch;

struct udp_packet {
	struct str bytes; /* valid during the callback */
	struct addr from;
	struct addr local; /* where it was sent to; the port is the socket's */
};

typedef void udp_packet_fn(void *arg, struct udp *u, const struct udp_packet *packet);

/* Receive buffers for `packets` datagrams of up to `packet_bytes`; longer ones are dropped and counted. One
 * for all the sockets of a loop. Returns 0 or -ENOMEM. */
int udp_batch_new(size_t packets, size_t packet_bytes, struct udp_batch **ret_batch) must_check;
struct udp_batch *udp_batch_free(struct udp_batch *b);

/* Binds `local` (port 0 = any free one) and starts reading. Returns 0 or -errno (-EADDRINUSE, -EACCES,
 * -EADDRNOTAVAIL, -EMFILE, -ENOMEM). */
int udp_open(struct loop *l, struct udp_batch *batch, const struct addr *local, udp_packet_fn *on_packet,
	     void *arg, struct udp **ret_udp) must_check;

/* No callback follows. Takes NULL. */
struct udp *udp_close(struct udp *u);

/* The bound address, port filled in. */
const struct addr *udp_local(const struct udp *u);

/* Sends from the IP `from` (NULL or "any" = the kernel's choice). Never blocks. Any thread. Returns 0 or
 * -errno: -EAGAIN when the socket's buffer is full, -ECONNREFUSED when an earlier packet was refused. */
int udp_send(const struct udp *u, const struct addr *from, const struct addr *to,
	     struct str bytes) must_check;

struct udp_stats {
	uint64_t packets, too_long, errors;
};

struct udp_stats udp_read_stats(const struct udp *u);

/* Our own IP in the route towards `to`. Returns 0 or -errno. */
int udp_source_for(const struct addr *to, struct addr *ret_local) must_check;

#endif
