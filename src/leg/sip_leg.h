/*
 * sip_leg.h - the inside of a SIP leg
 *
 * Shared by sip.c (life, verbs, news), sip_session.c (descriptions and the
 * stream) and sip_words.c (what messages say of people and keys). Nobody else
 * includes it.
 *
 * Threads: the shard's control loop. Layer: leg.
 */
#ifndef LEG_SIP_LEG_H
#define LEG_SIP_LEG_H

#include "leg/sip.h"
#include "wire/sdp_nego.h"

#define SIP_LEG_ARENA_BYTES 65536
#define SIP_SDP_BYTES       8192

struct sip {
	struct loop *loop;
	struct sip_config config;
	const struct sip_ops *ops;
	void *arg;
	struct rng *rng;
	struct sip_ua *ua;
	struct sip_port *port;
	struct timer tick;
	struct buf sdp; /* the description being written */
	size_t legs;
};

struct sip_leg {
	struct leg leg; /* first */
	struct sip *sip;
	const struct sip_trunk *trunk;
	struct sip_call *call;
	struct stream *stream;
	struct arena arena;
	struct sdp_local local;
	char address[ADDR_TEXT_BYTES]; /* that local.address shows */
	struct str answer;             /* to the INVITE that waits; empty = we make the offer */
	struct stream_params settled;  /* of that answer */
	bool sending;                  /* by the newest description */
	float loss;
	uint32_t loss_seed;
	bool held;                      /* as the owner was told */
	bool early;                     /* media flows before the answer */
	struct leg_recording recording; /* r NULL = none */
	bool closed;                    /* waits for the recorder to come back */
};

void sip_leg_free(struct sip_leg *l);

/* ---- sip_session.c ---- */

/* Opens the stream and says where it is. Returns 0 or -errno. */
int sip_session_open(struct sip_leg *l, const struct sip_flow *flow) must_check;

/* What the stream has to know of an outcome of offer and answer. Returns 0, or -EBADMSG for an address that
 * is none. */
int sip_session_settle(const struct sdp_outcome *o, struct stream_params *ret_params) must_check;

/* Reads their offer, writes our answer to sip->sdp and says what is settled by it. Returns 0, or the status
 * to refuse with. */
int sip_session_answer(struct sip_leg *l, struct str offer, struct stream_params *ret_params) must_check;

/* Our offer, to sip->sdp. Returns 0 or -errno. */
int sip_session_offer(struct sip_leg *l) must_check;

/* Their answer to our offer starts the stream. Returns 0, -ENOTSUP or -EBADMSG. */
int sip_session_conclude(struct sip_leg *l, struct str answer) must_check;

/* Starts the stream, or changes it. */
void sip_session_start(struct sip_leg *l, const struct stream_params *params);

/* LEG_EV_HELD or _RESUMED if that has changed. The owner may close the leg in it: nothing may follow. */
void sip_session_tell_hold(struct sip_leg *l, usec now);

/* ---- sip_words.c ---- */

/* Who calls whom, into leg.info. Returns 0 or -ENOMEM. */
int sip_words_info(struct sip_leg *l, const struct sip_msg *invite, const struct sip_flow *flow) must_check;

/* The key in an INFO body (application/dtmf-relay, application/dtmf). Returns 0, or the status to answer
 * with. */
int sip_words_key(const struct sip_msg *info, char *ret_key, usec *ret_duration) must_check;

/* Appends "sip:user@host" for a number or user; a URI is copied. */
void sip_words_uri(struct buf *b, struct str who, struct str domain, const struct addr *host);

#endif
