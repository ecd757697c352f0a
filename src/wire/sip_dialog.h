/*
 * sip_dialog.h - what two user agents remember of each other (RFC 3261 section 12)
 *
 * Tags, sequence numbers, the route and the address of the other end. A dialog
 * is made from a message, judges the order of what arrives in it, and prints the
 * head of each request that we send in it. The caller prints Contact, further
 * headers and the body behind that head.
 *
 *   INVITE in  -> sip_dialog_from_request()    (we are called)
 *   18x/2xx in -> sip_dialog_from_response()   (we call; one for each To tag: forks)
 *
 * Threads: the shard's control loop. Layer: wire.
 */
#ifndef WIRE_SIP_DIALOG_H
#define WIRE_SIP_DIALOG_H

#include "base/arena.h"
#include "wire/sip_flow.h"
#include "wire/sip_print.h"

#define SIP_DIALOG_TARGET_MAX  512   /* bytes of the other end's Contact URI */
#define SIP_DIALOG_ARENA_BYTES 32768 /* texts of one dialog */

enum sip_dialog_state {
	SIP_DIALOG_EARLY,
	SIP_DIALOG_CONFIRMED,
};

struct sip_dialog {
	enum sip_dialog_state state;
	struct str call_id;
	struct str local_uri, local_tag;
	struct str remote_uri, remote_tag;
	struct str target;                /* where requests go in the end */
	struct str routes[SIP_ITEMS_MAX]; /* "<sip:p;lr>", first hop first */
	size_t route_count;
	uint32_t local_cseq;
	uint32_t remote_cseq;
	bool remote_cseq_known;
	struct sip_flow flow; /* the way to the other end */
	struct arena arena;
	char target_room[SIP_DIALOG_TARGET_MAX];
};

/* The Via that a request of ours begins with. */
struct sip_hop {
	struct str host; /* advertised, without brackets */
	uint16_t port;
	struct str branch;
};

/* As the called end, with our tag. Returns 0, -EBADMSG (no usable Contact, too many routes: answer 400), or
 * -ENOMEM. After a failure `d` is empty and needs no fini. */
int sip_dialog_from_request(struct sip_dialog *d, const struct sip_msg *request, struct str local_tag,
			    uint32_t first_cseq, const struct sip_flow *flow) must_check;

/* As the calling end. A 1xx without Contact keeps `fallback_target` (the URI that was called).
 * Returns as above; -EBADMSG for a response without To tag too. */
int sip_dialog_from_response(struct sip_dialog *d, const struct sip_msg *response, struct str fallback_target,
			     const struct sip_flow *flow) must_check;

void sip_dialog_fini(struct sip_dialog *d);

/* Whether a message from the other end belongs to the dialog: Call-ID and both tags. */
bool sip_dialog_owns(const struct sip_dialog *d, const struct sip_msg *msg);

/* Takes note of a request from the other end: its number must not go back (500 otherwise, section 12.2.2),
 * and INVITE and UPDATE move the target. ACK and CANCEL are not counted.
 * Returns 0, or the status to refuse with. */
int sip_dialog_take_request(struct sip_dialog *d, const struct sip_msg *request,
			    const struct sip_flow *flow) must_check;

/* The target of a 2xx to our INVITE or UPDATE in the dialog (section 12.2.1.2). */
void sip_dialog_take_response(struct sip_dialog *d, const struct sip_msg *response);

/* Prints start line, Via, Max-Forwards, From, To, Call-ID, CSeq and Route of a request of ours. `cseq` is
 * sip_dialog_next_cseq(), or that of the INVITE for its ACK. */
void sip_dialog_print(const struct sip_dialog *d, struct buf *b, enum sip_method method, uint32_t cseq,
		      const struct sip_hop *via);

static inline uint32_t sip_dialog_next_cseq(struct sip_dialog *d)
{
	return ++d->local_cseq;
}

/* Turns the flow of a call of ours towards its next hop, if that is an address over UDP and plausible: a
 * private address behind a public peer is not, and a name is not resolved here. Called ends never aim: they
 * answer the way the requests came (symmetric routing). */
void sip_dialog_aim(struct sip_dialog *d);

/* The URI whose host is the next hop: the first route, or the target. */
struct str sip_dialog_next_hop(const struct sip_dialog *d);

#endif
