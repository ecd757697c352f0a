/*
 * sip_acceptor.h - the sockets of SIP, and which shard a message belongs to
 *
 * One acceptor reads UDP and TCP on its loop. Strangers are dealt with here
 * (sip_guard.h) and never cost a shard anything. The rest goes by mailbox to the
 * shard whose number stands in the tag or branch that we once gave out, or, for
 * what is new, to one chosen by a hash of the Call-ID, so that a CANCEL and an
 * ACK find the shard of their INVITE.
 *
 *   udp, tcp -> [stranger?] -> [route] -> mailbox -> sip_port of a shard -> its user agent
 *   user agent -> sip_port_send -> sendto() at once (UDP), or mailbox -> acceptor (TCP)
 *
 * A full mailbox drops a datagram (counted): its sender repeats it.
 *
 * Threads: sip_acceptor_* on the loop's owner, before the shards run or after;
 * sip_port_* on the shard's control loop. Layer: leg.
 */
#ifndef LEG_SIP_ACCEPTOR_H
#define LEG_SIP_ACCEPTOR_H

#include "base/loop.h"
#include "leg/sip_guard.h"
#include "leg/sip_trunk.h"
#include "wire/sip_flow.h"

#define SIP_LISTENS_MAX 8u
#define SIP_SHARDS_MAX  64u

struct sip_acceptor;
struct sip_port;

struct sip_acceptor_config {
	const struct addr *udp, *tcp; /* where to listen; port 0 = any free one, the i-th of both the same */
	size_t udp_count, tcp_count;  /* at most SIP_LISTENS_MAX each */
	struct addr advertised;       /* what the outside knows us as (behind NAT); ADDR_NONE = what we are;
				       * its port 0 = the port we listen on */
	const struct addr_range *local; /* networks that see us without NAT; loopback always does */
	size_t local_count;
	const struct sip_trunks *trunks; /* must outlive the acceptor */
	struct sip_guard_config guard;
	size_t shards;
	size_t conns_max, conns_per_source;
	usec idle; /* of a TCP connection */
};

struct sip_port_ops {
	/* A message for this shard; the bytes may be changed. */
	void (*on_message)(void *arg, const struct sip_flow *flow, char *bytes, size_t n);
	/* What was sent by that flow did not arrive: the connection failed. */
	void (*on_lost)(void *arg, const struct sip_flow *flow);
};

/* Opens the sockets. Returns 0 or -errno: -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EMFILE, -EINVAL (too many
 * listens or shards), -ENOMEM. */
int sip_acceptor_new(struct loop *l, const struct sip_acceptor_config *config,
		     struct sip_acceptor **ret_acceptor) must_check;

/* After all ports are closed. Takes NULL. */
struct sip_acceptor *sip_acceptor_free(struct sip_acceptor *a);

/* The i-th address that was bound; NULL when there is none. */
const struct addr *sip_acceptor_udp(const struct sip_acceptor *a, size_t i);
const struct addr *sip_acceptor_tcp(const struct sip_acceptor *a, size_t i);

/* The end of shard number `shard` (below config.shards), on its control loop. Made before messages flow.
 * Returns 0 or -ENOMEM. */
int sip_port_open(struct sip_acceptor *a, unsigned shard, struct loop *control,
		  const struct sip_port_ops *ops, void *arg, struct sip_port **ret_port) must_check;
struct sip_port *sip_port_close(struct sip_port *p);

/* Returns 0, or -errno when the bytes will not leave: -EAGAIN, -ENOBUFS, -ENETUNREACH ... */
int sip_port_send(struct sip_port *p, const struct sip_flow *flow, struct str bytes) must_check;

/* The way to somebody who has not called: our socket and address towards `remote`. Returns 0, -ENOTSUP when
 * we do not listen on that transport and family, or -errno. */
int sip_port_flow(struct sip_port *p, enum sip_transport transport, const struct addr *remote,
		  struct sip_flow *ret_flow) must_check;

/* Our address as the other end of `flow` can reach it: Via, Contact, and the IP for SDP. */
void sip_port_self(const struct sip_port *p, const struct sip_flow *flow, struct addr *ret_self);

/* Somebody does not know the password. */
void sip_port_denied(struct sip_port *p, const struct sip_flow *flow);

struct sip_acceptor_stats {
	uint64_t messages, strangers, silenced, unreadable, dropped;
	size_t conns;
};

struct sip_acceptor_stats sip_acceptor_read_stats(const struct sip_acceptor *a);

/* The shard of a message, of `shards`. For tests. */
struct sip_msg;
unsigned sip_route(const struct sip_msg *m, size_t shards);

#endif
