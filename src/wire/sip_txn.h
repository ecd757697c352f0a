/*
 * sip_txn.h - SIP transactions: requests that get exactly one final answer
 *
 * One table holds the transactions of a shard. It repeats what the network may
 * lose, absorbs what arrives twice, acknowledges refusals, answers by itself
 * what needs no user (CANCEL with 200 or 481, merged requests with 482, a full
 * table with 503) and hands everything else up:
 *
 *   datagram -> sip_msg -> sip_txns_receive() -> on_request (new), news (known)
 *   sip_txn_request(), sip_txn_respond() -> send
 *
 * No sockets and no clock: `now` is passed in, bytes go out through `send`, and
 * `deadline` says when sip_txns_tick() is due. The rules stand in sip_txn_table.h.
 *
 * A transaction belongs to the table. It ends in sip_txns_tick() only, so a
 * pointer to it is good until SIP_TXN_GONE was delivered or sip_txn_detach().
 *
 * Threads: the shard's control loop. Layer: wire.
 */
#ifndef WIRE_SIP_TXN_H
#define WIRE_SIP_TXN_H

#include "wire/sip_flow.h"
#include "wire/sip_msg.h"
#include "wire/sip_txn_table.h"

#define SIP_T1 USEC_MS(500)
#define SIP_T2 USEC_SEC(4)
#define SIP_T4 USEC_SEC(5)

struct sip_txn;
struct sip_txns;

enum sip_txn_what {
	SIP_TXN_RESPONSE,    /* client: `msg`; an INVITE may get several 2xx (forks, repetitions) */
	SIP_TXN_CANCELLED,   /* INVITE server: the caller gave up; answer 487 */
	SIP_TXN_ACKED,       /* INVITE server: an RFC 2543 peer acknowledged our 2xx in the transaction */
	SIP_TXN_TIMED_OUT,   /* client: no final answer; server: no ACK to our refusal */
	SIP_TXN_UNREACHABLE, /* could not be sent */
	SIP_TXN_GONE,        /* the last one: forget the pointer */
};

struct sip_txn_news {
	enum sip_txn_what what;
	const struct sip_msg *msg;   /* RESPONSE, CANCELLED, ACKED; else NULL */
	const struct sip_flow *flow; /* that it came by; else NULL */
	usec now;
};

/* Who hears of a transaction. fn may be NULL. */
struct sip_txn_user {
	void (*fn)(void *arg, struct sip_txn *t, const struct sip_txn_news *news);
	void *arg;
};

struct sip_txns_ops {
	/* Returns 0, or -errno when the bytes will not leave. */
	int (*send)(void *arg, const struct sip_flow *flow, struct str bytes);
	/* sip_txns_tick() is due at `at`; replaces what was said before. USEC_NEVER = not at all. */
	void (*deadline)(void *arg, usec at);
	/* A request nobody knows yet; `t` is NULL for an ACK (of a 2xx). Give `t` a user with
	 * sip_txn_attach() and, sooner or later, a final answer. */
	void (*on_request)(void *arg, struct sip_txn *t, const struct sip_msg *request,
			   const struct sip_flow *flow, usec now);
};

struct sip_txns_config {
	usec t1, t2, t4;
	size_t limit; /* of transactions alive; beyond it requests get 503 */
	unsigned retry_after_sec;
};

struct sip_txns_stats {
	uint64_t requests, responses; /* received */
	uint64_t repeated;            /* requests absorbed */
	uint64_t strays;              /* responses nobody waited for: dropped */
	uint64_t merged, refused, timeouts, unreachable;
};

/* Returns 0 or -ENOMEM. `ops` and `arg` are borrowed for good. */
int sip_txns_new(const struct sip_txns_config *config, const struct sip_txns_ops *ops, void *arg,
		 struct sip_txns **ret_txns) must_check;

/* Forgets all transactions without telling their users. Takes NULL. */
struct sip_txns *sip_txns_free(struct sip_txns *x);

/* A message that sip_msg_parse() accepted. */
void sip_txns_receive(struct sip_txns *x, const struct sip_msg *msg, const struct sip_flow *flow, usec now);
void sip_txns_tick(struct sip_txns *x, usec now);

/* Requests that went to `remote` by that transport and were not answered at all will not arrive. */
void sip_txns_lost(struct sip_txns *x, enum sip_transport transport, const struct addr *remote, usec now);

size_t sip_txns_count(const struct sip_txns *x);
struct sip_txns_stats sip_txns_read_stats(const struct sip_txns *x);

/* Sends the request in `bytes` (copied) and repeats it as needed. Not for ACK. Its top Via carries a branch
 * of its own. A failing transport is reported later, by news. Returns 0, -EBADMSG when the bytes are no
 * request, -EEXIST for a branch in use, -ENOBUFS when the table is full, or -ENOMEM. */
int sip_txn_request(struct sip_txns *x, const struct sip_flow *flow, struct str bytes,
		    struct sip_txn_user user, usec now, struct sip_txn **ret_txn) must_check;

/* Sends CANCEL for an INVITE of ours. It will end: with 487, the answer that crossed, or TIMED_OUT.
 * Returns 0, -EAGAIN before the first provisional answer (section 9.1: wait for it), -EALREADY when a final
 * answer is there, or what sip_txn_request() returns. */
int sip_txn_cancel(struct sip_txn *t, usec now) must_check;

/* Answers with the response in `bytes` (copied), status `status`; a 2xx of an INVITE may be repeated.
 * Returns 0, -EALREADY when a final answer was given, or -ENOMEM. */
int sip_txn_respond(struct sip_txn *t, int status, struct str bytes, usec now) must_check;

/* Sends the last response once more: the 2xx of an INVITE that waits for its ACK. */
void sip_txn_repeat(struct sip_txn *t, usec now);

/* Sends a response outside of any transaction, `status` with the headers every response has.
 * Returns 0 or -errno. */
int sip_txns_reply(struct sip_txns *x, const struct sip_msg *request, const struct sip_flow *flow,
		   int status) must_check;

void sip_txn_attach(struct sip_txn *t, struct sip_txn_user user);

/* No news any more; the transaction goes on by itself. An INVITE of ours that rings then ends within 64*T1.
 */
void sip_txn_detach(struct sip_txn *t);

const struct sip_flow *sip_txn_flow(const struct sip_txn *t);
enum sip_txn_state sip_txn_state(const struct sip_txn *t);

#endif
