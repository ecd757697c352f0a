/*
 * sip_core.h - what the user agent and its calls share
 *
 * Alarms in one heap, names drawn from one source, one buffer in which the
 * message at hand is written. Only the sip_*.c of this floor include it.
 *
 * Threads: the shard's control loop. Layer: leg.
 */
#ifndef LEG_SIP_CORE_H
#define LEG_SIP_CORE_H

#include "base/heap.h"
#include "base/map.h"
#include "leg/sip_ua.h"

#define SIP_TOKEN_BYTES     32u
#define SIP_ALARMS_PER_CALL 5u

/* What we understand (sip_check.h), and REFER where the configuration says so. */
#define SIP_OUR_METHODS                                                                      \
	(SIP_METHOD_BIT(SIP_INVITE) | SIP_METHOD_BIT(SIP_ACK) | SIP_METHOD_BIT(SIP_CANCEL) | \
	 SIP_METHOD_BIT(SIP_BYE) | SIP_METHOD_BIT(SIP_OPTIONS) | SIP_METHOD_BIT(SIP_INFO) |  \
	 SIP_METHOD_BIT(SIP_NOTIFY))

struct sip_alarm {
	size_t place;
	void (*fn)(struct sip_alarm *a, usec now);
};

struct sip_core {
	struct sip_ua_config config;
	const struct sip_ua_ops *ops;
	void *arg;
	struct rng *rng;
	struct sip_txns *txns;
	struct heap alarms;
	struct map calls; /* by local tag */
	struct buf out;   /* the message at hand */
	usec txns_due, announced;
	uint32_t walked[SIP_CALL_STATES]; /* see struct sip_ua_stats */
};

/* "s03" of shard 3 and 80 random bits: tags, branches (behind the cookie) and Call-IDs. */
struct sip_token {
	char text[SIP_TOKEN_BYTES];
};

unsigned sip_core_methods(const struct sip_core *core);

struct sip_token sip_core_token(struct sip_core *core, const char *prefix);

/* Everything a Via needs, with the room its texts stand in. */
struct sip_hop_room {
	struct sip_hop hop;
	char host[ADDR_TEXT_BYTES];
	struct sip_token branch;
};

void sip_core_hop(struct sip_core *core, const struct sip_flow *flow, struct sip_hop_room *room);

/* USEC_NEVER clears. There is room for SIP_ALARMS_PER_CALL of each call. */
void sip_core_alarm(struct sip_core *core, struct sip_alarm *a, usec at);

/* Tells the host when it is due again. */
void sip_core_announce(struct sip_core *core);

void sip_core_print_contact(struct sip_core *core, struct buf *b, const struct sip_flow *flow);
void sip_core_print_headers(struct buf *b, const struct leg_headers *headers);

/* A response to write. */
struct sip_answer {
	int status;
	const char *phrase;                /* NULL = the usual one */
	struct str to_tag;                 /* empty = none of ours yet: one is made */
	bool in_dialog;                    /* makes or refreshes a dialog: Contact, Record-Route */
	struct str detail;                 /* 420: the option; see sip_check.h */
	unsigned retry_sec;                /* Retry-After; 0 = none */
	struct sip_auth_server *challenge; /* 401: with its challenges */
	bool stale;
	const struct leg_headers *headers;
	struct str sdp;
};

/* Answers `request` in `t`. Returns 0 or -errno. */
int sip_core_answer(struct sip_core *core, struct sip_txn *t, const struct sip_msg *request,
		    const struct sip_answer *answer, usec now) must_check;

/* ---- between sip_ua.c and sip_call.c ---- */

/* A call for an INVITE that passed all checks; it is owned by nobody yet.
 * Returns 0, the status to refuse with, or -ENOMEM. */
int sip_call_from_invite(struct sip_core *core, struct sip_txn *t, const struct sip_msg *invite,
			 const struct sip_flow *flow, usec now, struct sip_call **ret_call) must_check;

/* The call whose tag the message carries as ours; NULL when there is none. */
struct sip_call *sip_call_find(struct sip_core *core, struct str local_tag);

/* A request inside the call's dialog; `t` is NULL for ACK. */
void sip_call_receive(struct sip_call *c, struct sip_txn *t, const struct sip_msg *request,
		      const struct sip_flow *flow, usec now);

struct sip_call *sip_call_of(struct map_node *node);

/* Forgets it without a word. */
struct sip_call *sip_call_free(struct sip_call *c);

/* Its first answer: 100. The owner may act from now on. */
void sip_call_begin(struct sip_call *c, usec now);

/* See sip_ua_dial(). */
int sip_call_dial(struct sip_core *core, const struct sip_dial *dial, struct sip_call_user user, usec now,
		  struct sip_call **ret_call) must_check;

/* Whether the dialog is the one that the message names. */
bool sip_call_owns(const struct sip_call *c, const struct sip_msg *m);

#endif
