/*
 * sip_call.h - one SIP call: an INVITE and the dialog it makes
 *
 * Knows nothing of media: descriptions (SDP) are text that goes in and out. Its
 * life is the matrix of sip_call_table.h. The owner hears of it by news and may
 * act from inside them; the end is always told from sip_ua_tick(), never from
 * inside a call of the owner.
 *
 *   called:   on_call -> ring* -> answer or refuse -> CONFIRMED ... -> ENDED
 *   calling:  sip_ua_dial -> PROGRESS* -> ANSWERED ... -> ENDED
 *
 * What has to be said after the owner has gone (a BYE that waits for its ACK, a
 * CANCEL that a 200 crossed) is said by the call alone; it frees itself.
 *
 * Threads: the shard's control loop. Layer: leg.
 */
#ifndef LEG_SIP_CALL_H
#define LEG_SIP_CALL_H

#include "leg/leg.h"
#include "wire/sip_auth.h"
#include "wire/sip_dialog.h"

struct sip_call;

enum sip_news_what {
	SIP_NEWS_PROGRESS,   /* calling: 1xx, `msg` may carry early media */
	SIP_NEWS_ANSWERED,   /* calling: 2xx, `msg` carries their answer */
	SIP_NEWS_CONFIRMED,  /* called: our 200 was acknowledged; `msg` is the ACK (their answer, if we
				offered) */
	SIP_NEWS_OFFER,      /* re-INVITE: sip_call_accept_offer() or sip_call_refuse_offer() must follow */
	SIP_NEWS_OFFER_DONE, /* `status` of our re-INVITE; `msg` carries their answer if it is 2xx, or the ACK
			      * of theirs that answers our offer */
	SIP_NEWS_INFO,       /* INFO; return the status to answer with */
	SIP_NEWS_REFER,      /* how the transfer goes: `status`, `final` */
	SIP_NEWS_REFERRED,   /* REFER, if those are taken; return the status: 202 is followed by the NOTIFY of
			      * a transfer that went well */
	SIP_NEWS_ENDED,      /* the last one: `why`, `status`, `words` */
};

struct sip_news {
	enum sip_news_what what;
	const struct sip_msg *msg; /* NULL where none is named above */
	int status;
	bool final;
	enum leg_end why;
	struct str words; /* the other end's Reason header, or where a 3xx sends us */
	usec now;
};

struct sip_call_user {
	/* Returns a status for SIP_NEWS_INFO and SIP_NEWS_REFERRED; else 0. */
	int (*fn)(void *arg, struct sip_call *call, const struct sip_news *news);
	void *arg;
};

/* A call to make. */
struct sip_dial {
	struct sip_flow flow; /* where the INVITE goes */
	struct str uri;       /* who is called */
	struct str from_uri;
	struct str from_name;               /* may be empty */
	struct sip_credentials credentials; /* user empty = none */
	const struct leg_headers *headers;  /* may be NULL */
	struct str sdp;
};

/* In on_call only: whose call it is from now on. */
void sip_call_own(struct sip_call *c, struct sip_call_user user);

struct str sip_call_id(const struct sip_call *c);
const struct sip_flow *sip_call_flow(const struct sip_call *c);

/* Whether the owner has closed it, perhaps inside the news that it just got. */
bool sip_call_closed(const struct sip_call *c);

/* Answers provisionally: 180, or 183 with early media in `sdp` (may be empty). Returns 0, -EPROTO when it is
 * too late, or -errno. */
int sip_call_ring(struct sip_call *c, int status, struct str sdp, usec now) must_check;

/* 200 with `sdp`: our answer, or our offer when the INVITE brought none. */
int sip_call_answer(struct sip_call *c, const struct leg_headers *headers, struct str sdp,
		    usec now) must_check;

/* Ends it, whatever its state: `status` refuses what is not answered yet; else BYE or CANCEL. */
void sip_call_hangup(struct sip_call *c, int status, const struct leg_headers *headers, usec now);

/* To SIP_NEWS_OFFER, inside it or later. */
int sip_call_accept_offer(struct sip_call *c, struct str sdp, usec now) must_check;
int sip_call_refuse_offer(struct sip_call *c, int status, usec now) must_check;

/* Our re-INVITE. After a glare (491) it is repeated by itself. Returns 0, -EBUSY while an offer of either
 * side is open, -EPROTO when the call is not up, or -errno. */
int sip_call_offer(struct sip_call *c, struct str sdp, usec now) must_check;

/* Asks the other end to call `target` (RFC 3515); news follow until `final`. Returns 0, -EBUSY, -EPROTO when
 * the call is not up, or -errno. */
int sip_call_refer(struct sip_call *c, struct str target, const struct leg_headers *headers,
		   usec now) must_check;

/* The owner is done with it; hangs up first if need be. No news follow. Takes NULL. Returns NULL. */
struct sip_call *sip_call_close(struct sip_call *c, usec now);

#endif
