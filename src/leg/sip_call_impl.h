/*
 * sip_call_impl.h - the inside of a SIP call
 *
 * Shared by the files that implement it: sip_call.c (life), sip_call_in.c (what
 * arrives), sip_call_out.c (requests of ours), sip_refer.c (transfers). Nobody
 * else includes it.
 *
 * Threads: the shard's control loop. Layer: leg.
 */
#ifndef LEG_SIP_CALL_IMPL_H
#define LEG_SIP_CALL_IMPL_H

#include "leg/sip_call_table.h"
#include "leg/sip_core.h"

#define SIP_CALL_ARENA_BYTES 131072 /* a call's texts and requests */
#define SIP_ASKED_BYTES      131072 /* one INVITE that waits for our answer */
#define SIP_WORDS_BYTES      256
#define SIP_TRIES_MAX        3 /* of one request: the first, the challenge, a stale nonce */

struct sip_call;

/* What brought an event into the matrix. */
struct sip_call_input {
	const struct sip_msg *msg;
	const struct sip_flow *flow;
	struct sip_txn *txn;
	int status;
	const struct leg_headers *headers;
	struct str sdp;
	usec now;
};

struct sip_out_kind {
	enum sip_method method;
	void (*on_news)(void *call, struct sip_txn *t, const struct sip_txn_news *news);
	const char *body_type; /* NULL = application/sdp */
};

extern const struct sip_out_kind sip_out_invite, sip_out_offer, sip_out_bye;

/* A request of ours that may have to be written again (challenge, glare). Texts live in the call's arena. */
struct sip_out {
	const struct sip_out_kind *kind;
	struct sip_txn *txn; /* NULL = nothing under way */
	uint32_t cseq;
	unsigned tries;
	struct str lines; /* whole header lines */
	struct str body;
};

/* Who has an offer open (RFC 3261 section 14, RFC 3264). */
enum sip_offer_state {
	SIP_OFFER_NONE,
	SIP_OFFER_OURS,   /* our re-INVITE is under way */
	SIP_OFFER_WAITS,  /* ours met theirs (491) and waits to be sent again */
	SIP_OFFER_THEIRS, /* their re-INVITE waits for the owner */
	SIP_OFFER_ACK,    /* our 200 to it waits for the ACK */
};

enum sip_refer_state {
	SIP_REFER_NONE,
	SIP_REFER_ASKED,   /* REFER sent */
	SIP_REFER_FOLLOWS, /* accepted: NOTIFY must come */
};

struct sip_call {
	struct sip_core *core;
	uint8_t state; /* enum sip_call_state */
	bool closed;   /* the owner has gone */
	bool has_dialog;
	struct sip_call_user user;
	struct map_node node;
	struct sip_token tag;
	struct arena arena;
	struct sip_flow flow; /* until there is a dialog */
	struct sip_dialog dialog;

	/* their INVITE, first or later, until it is acknowledged */
	struct arena asked_arena;
	struct sip_msg *asked;
	struct sip_txn *asked_txn;
	uint32_t ok_cseq; /* of the 200 that waits for its ACK */
	usec ok_span;     /* until it is sent again */
	bool we_offered;  /* their INVITE had no SDP: the ACK brings the answer */

	/* requests of ours */
	struct sip_out invite, offer, refer, notify, bye;
	struct sip_token call_id; /* calls of ours: until there is a dialog */
	struct str dial_uri, dial_from, dial_name;
	struct sip_credentials credentials;
	struct sip_auth_client auth;
	char *ack; /* of the 2xx to our last INVITE, to repeat */
	size_t ack_n;
	uint32_t ack_cseq;

	enum sip_offer_state offer_state;
	enum sip_refer_state refer_state;
	struct sip_alarm guard, repeat, offer_alarm, refer_guard, farewell;

	/* the end, once it is known */
	bool end_known;
	struct sip_news end;
	char end_words[SIP_WORDS_BYTES];
};

/* A call in the table, NEW. Returns 0, -ENOBUFS (too many) or -ENOMEM. */
int sip_call_new(struct sip_core *core, const struct sip_flow *flow, struct sip_call **ret_call) must_check;

/* Steps the matrix and arms what the new state needs. Returns false when the state ignores the event. */
bool sip_call_step(struct sip_call *c, enum sip_call_event event, const struct sip_call_input *input);

/* News to the owner, unless it has gone. Returns what it returns. */
int sip_call_tell(struct sip_call *c, const struct sip_news *news);

/* How it ended: the first to know decides. Told at the next tick. */
void sip_call_end(struct sip_call *c, enum leg_end why, int status, struct str words, usec now);

/* ---- sip_call_out.c ---- */

/* Keeps headers and body of a request. Returns 0, -EINVAL or -ENOMEM. */
int sip_out_prepare(struct sip_call *c, struct sip_out *o, const struct sip_out_kind *kind,
		    struct str first_line, const struct leg_headers *headers, struct str body) must_check;

/* Writes it with a new number and sends it. Returns 0 or -errno. */
int sip_out_send(struct sip_call *c, struct sip_out *o, usec now) must_check;

/* Whether the response is a challenge that is being answered: the request is on its way again. */
bool sip_out_authenticate(struct sip_call *c, struct sip_out *o, const struct sip_msg *response, usec now);

/* Forgets its transaction, which goes on alone. */
void sip_out_detach(struct sip_out *o);

/* ACK of a 2xx to our INVITE `o`, kept for repetitions; or once more. */
void sip_call_send_ack(struct sip_call *c, struct sip_out *o);
void sip_call_repeat_ack(struct sip_call *c);

/* A 2xx of another fork: ACK and BYE it (RFC 3261 section 13.2.2.4). */
void sip_call_refuse_fork(struct sip_call *c, const struct sip_msg *response, usec now);

/* The other end knows the dialog no more, or is silent (section 12.2.1.2). */
bool sip_call_dialog_lost(const struct sip_txn_news *news);

void sip_call_offer_due(struct sip_alarm *a, usec now);

/* ---- sip_call_in.c ---- */

/* Their INVITE needs no memory any more. */
void sip_call_forget_asked(struct sip_call *c);

/* The call ends: an INVITE of theirs that was not answered gets 487. */
void sip_call_drop_asked(struct sip_call *c, usec now);

/* ---- sip_refer.c ---- */

/* NOTIFY of our REFER. Returns the status to answer with. */
int sip_call_take_notify(struct sip_call *c, const struct sip_msg *notify, usec now);

/* They ask us to call somebody else. Returns the status to answer with. */
int sip_call_take_refer(struct sip_call *c, const struct sip_msg *refer, usec now);

/* Tells them that the transfer they asked for went well. */
void sip_call_report_refer(struct sip_call *c, usec now);

/* The other end hangs up while a transfer is under way: that is what success looks like. */
void sip_call_refer_by_bye(struct sip_call *c, usec now);
void sip_call_refer_given_up(struct sip_alarm *a, usec now);

#endif
