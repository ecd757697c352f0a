/*
 * sip_header.h - what stands in a header: addresses, Via, CSeq and the other typed values
 *
 * Each sip_*_parse() reads one value (one element of a comma list, see
 * sip_header_next()) into a struct of views into it. Values come unfolded from
 * sip_msg_parse(). Nothing allocates.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_HEADER_H
#define WIRE_SIP_HEADER_H

#include "wire/sip_names.h"
#include "wire/sip_param.h"
#include "wire/sip_uri.h"

/* Cuts the next element off a comma list; commas in quotes and <...> do not separate.
 * Returns 1, 0 at the end, or -EBADMSG (unbalanced, or an empty element). */
int sip_header_next(struct str *rest, struct str *ret_item) must_check;

/* name-addr or addr-spec with header parameters: From, To, Contact, Route, Refer-To, P-Asserted-Identity.
 * Without brackets all parameters belong to the header, not to the URI (RFC 3261 section 20). */
struct sip_addr {
	struct str display; /* as it stands, quotes included; see sip_param_unquote() */
	struct str uri;     /* text, checked by sip_uri_parse(); "*" for Contact: * */
	struct str params;
	struct str tag; /* empty = none */
};

/* Returns 0 or -EBADMSG. */
int sip_addr_parse(struct str value, struct sip_addr *ret_addr) must_check;

/* Via: RFC 3261 section 20.42, rport RFC 3581. */
struct sip_via {
	struct str version; /* "2.0"; another one is answered with 505 */
	struct str
		protocol; /* "SIP/2.0" without the blanks somebody may have put into it: always that text */
	struct str transport; /* "UDP" */
	struct str host;      /* IPv6 without its brackets */
	uint16_t port;        /* 0 = none given */
	bool has_rport;
	uint16_t rport; /* 0 = asked for but not filled in */
	struct str branch;
	struct str received; /* IPv6 without its brackets */
	struct str maddr;
	struct str params;
};

int sip_via_parse(struct str value, struct sip_via *ret_via) must_check;

/* Whether the branch follows RFC 3261 ("z9hG4bK" and something behind it), so identifies a transaction. */
bool sip_via_has_cookie(const struct sip_via *via);

struct sip_cseq {
	uint32_t number;
	enum sip_method method;
	struct str method_name;
};

int sip_cseq_parse(struct str value, struct sip_cseq *ret_cseq) must_check;

/* Event (RFC 6665 section 8.2.1): "refer;id=93809824". */
struct sip_event {
	struct str package;
	struct str id;
};

int sip_event_parse(struct str value, struct sip_event *ret_event) must_check;

enum sip_sub {
	SIP_SUB_ACTIVE,
	SIP_SUB_PENDING,
	SIP_SUB_TERMINATED,
	SIP_SUB_OTHER,
};

/* Subscription-State (RFC 6665 section 8.2.3); -1 = not given. */
struct sip_substate {
	enum sip_sub state;
	struct str reason;
	int64_t expires_sec;
	int64_t retry_after_sec;
};

int sip_substate_parse(struct str value, struct sip_substate *ret_state) must_check;

/* Content-Type, or an element of Accept: "application/sdp;charset=utf-8". */
struct sip_type {
	struct str type, subtype;
	struct str params;
};

int sip_type_parse(struct str value, struct sip_type *ret_type) must_check;

/* sip_type_is(&t, STR("application"), STR("sdp")): any case, "*" in t matches all. */
bool sip_type_is(const struct sip_type *t, struct str type, struct str subtype);

/* Seconds of Expires, Min-SE, Retry-After and the like: a number that a comment or parameters may follow. */
int sip_seconds_parse(struct str value, uint32_t *ret_seconds) must_check;

/* "SIP/2.0 200 OK" without its line end; the phrase may be empty. */
int sip_status_parse(struct str line, int *ret_status, struct str *ret_reason) must_check;

/* The first line of a message/sipfrag body (RFC 3515 section 2.4.5): "SIP/2.0 200 OK". */
int sip_frag_parse(struct str body, int *ret_status, struct str *ret_reason) must_check;

#endif
