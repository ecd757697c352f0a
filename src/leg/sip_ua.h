/*
 * sip_ua.h - the SIP user agent of a shard, without sockets and clock
 *
 * Messages go in with the way they came and the trunks that this way may belong
 * to; what the agent wants to say goes out by ops. It judges requests (grammar,
 * methods, extensions, passwords), answers what needs nobody (OPTIONS), and
 * makes a sip_call of each INVITE that `on_call` admits.
 *
 *   sip_acceptor -> sip_ua_receive() -> [transactions] -> sip_call -> owner (sip.h)
 *
 * Everything that varies comes from outside (now, random source), so that two
 * agents can be run against each other over a simulated network.
 *
 * Threads: the shard's control loop. Layer: leg.
 */
#ifndef LEG_SIP_UA_H
#define LEG_SIP_UA_H

#include "base/rng.h"
#include "leg/sip_call.h"
#include "leg/sip_call_table.h"
#include "leg/sip_trunk.h"
#include "wire/sip_txn.h"

struct sip_ua;

struct sip_ua_config {
	unsigned shard;           /* stands in tags, branches and Contact */
	usec t1, t2, t4;          /* SIP_T1, SIP_T2, SIP_T4 */
	usec decide_max;          /* an INVITE that nobody answers gets 480 */
	usec ring_max;            /* a call of ours that nobody answers is cancelled */
	usec refer_max;           /* a REFER without NOTIFY is given up */
	size_t calls_max;         /* beyond it 503 */
	size_t transactions_max;  /* beyond it 503 */
	unsigned retry_after_sec; /* in a 503 */
	struct str realm;         /* of challenges; must outlive the agent */
	bool sha256, md5; /* offered in challenges, in this order; old callers stumble over the first */
	bool take_refers; /* SIP_NEWS_REFERRED instead of 405: for callers that are scripts */
	const struct sip_trunks *trunks; /* must outlive the agent */
};

struct sip_ua_ops {
	/* Returns 0, or -errno when the bytes will not leave. */
	int (*send)(void *arg, const struct sip_flow *flow, struct str bytes);
	/* sip_ua_tick() is due at `at`; replaces what was said before. */
	void (*deadline)(void *arg, usec at);
	/* Our own address as the other end of `flow` can reach it: for Via and Contact. */
	void (*self)(void *arg, const struct sip_flow *flow, struct addr *ret_self);
	/* A new call on `trunk`. Take it (sip_call_own) and return 0, or return the status to refuse with:
	 * 404, 486 (the tenant's limit), 488, 503 (full) ... */
	int (*on_call)(void *arg, struct sip_call *call, const struct sip_trunk *trunk,
		       const struct sip_msg *invite, usec now);
	/* Somebody does not know the password. */
	void (*on_denied)(void *arg, const struct sip_flow *flow);
};

struct sip_ua_stats {
	struct sip_txns_stats txns;
	uint64_t malformed, challenged, denied;
	size_t calls, transactions;       /* alive */
	uint32_t walked[SIP_CALL_STATES]; /* edges of the call matrix that were taken, a bit an event */
};

/* `rng` is borrowed for good. Returns 0 or -ENOMEM. */
int sip_ua_new(const struct sip_ua_config *config, const struct sip_ua_ops *ops, void *arg, struct rng *rng,
	       struct sip_ua **ret_ua) must_check;

/* Forgets all calls without a word to anybody. Takes NULL. */
struct sip_ua *sip_ua_free(struct sip_ua *ua);

/* One message; `bytes` are changed by reading them. */
void sip_ua_receive(struct sip_ua *ua, const struct sip_flow *flow, char *bytes, size_t n, usec now);

/* The connection of that flow failed: what was sent by it is given up. */
void sip_ua_lost(struct sip_ua *ua, const struct sip_flow *flow, usec now);

void sip_ua_tick(struct sip_ua *ua, usec now);

/* Calls out. `dial` is read during the call only. Returns 0 or -errno: -ENOBUFS when there are too many
 * calls, -EINVAL for texts that no message can carry, -ENOMEM. */
int sip_ua_dial(struct sip_ua *ua, const struct sip_dial *dial, struct sip_call_user user, usec now,
		struct sip_call **ret_call) must_check;

struct sip_ua_stats sip_ua_read_stats(const struct sip_ua *ua);

#endif
