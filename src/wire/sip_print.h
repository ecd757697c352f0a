/*
 * sip_print.h - writes messages, piece by piece, into a buf
 *
 *   sip_print_request(b, SIP_BYE, uri);      or sip_print_response(b, req, &reply);
 *   sip_print_via(b, ...); sip_print_addr(b, SIP_HDR_FROM, ...); ...
 *   sip_print_body(b, STR("application/sdp"), sdp);      ends every message
 *
 * Like buf itself, nothing has to be checked until the end: the first failure
 * sticks in b->error. Besides -ENOMEM and -EMSGSIZE that is -EINVAL for a value
 * that would break out of its line (CR, LF, a control character) or a name that
 * is no token, so no text from outside can add a header or a message.
 *
 * Threads: the owner of the buf. Layer: wire.
 */
#ifndef WIRE_SIP_PRINT_H
#define WIRE_SIP_PRINT_H

#include "base/buf.h"
#include "wire/sip_msg.h"

/* ---- start lines ---- */

void sip_print_request(struct buf *b, enum sip_method method, struct str uri);

/* How a response differs from its request. */
struct sip_reply {
	int status;
	struct str phrase; /* empty = the usual one */
	struct str to_tag; /* added to To unless it has one already; empty = none (100 only) */
	struct str
		source_ip; /* of the request, without brackets: received= where sent-by differs (RFC 3581) */
	uint16_t source_port; /* fills an empty rport */
	bool record_route;    /* copy Record-Route: responses that make a dialog (section 12.1.1) */
};

/* Status line, every Via, From, To, Call-ID, CSeq as section 8.2.6.2 copies them. Add headers and end it. */
void sip_print_response(struct buf *b, const struct sip_msg *request, const struct sip_reply *reply);

/* ---- headers ---- */

void sip_print_header(struct buf *b, enum sip_hdr_id id, struct str value);
/* printf: what it is given ends at a zero byte, so no views from messages that were not checked for it. */
void sip_print_headerf(struct buf *b, enum sip_hdr_id id, const char *fmt, ...) printf_like(3, 4);

/* Any name, for X- headers. The framing headers (Content-Length, ...) are refused with -EINVAL. */
void sip_print_named(struct buf *b, struct str name, struct str value);

/* Every header of `m` with that id, in order. */
void sip_print_copy(struct buf *b, const struct sip_msg *m, enum sip_hdr_id id);

/* "Via: SIP/2.0/UDP host:port;branch=...;rport". `host` without brackets; port 0 is left out. */
void sip_print_via(struct buf *b, struct str transport, struct str host, uint16_t port, struct str branch);

/* "From: "Bob" <sip:b@x>;tag=..": `display` is plain text and is quoted; empty display or tag are left out.
 */
void sip_print_addr(struct buf *b, enum sip_hdr_id id, struct str display, struct str uri, struct str tag);

void sip_print_cseq(struct buf *b, uint32_t number, enum sip_method method);

/* `text` as a quoted string. */
void sip_print_quoted(struct buf *b, struct str text);

/* "INFO, INVITE, ...": the methods of a set, without a name or line end. */
void sip_print_methods(struct buf *b, unsigned methods);

/* ---- the end ---- */

/* Content-Type (unless the body is empty), Content-Length, the empty line, the body. */
void sip_print_body(struct buf *b, struct str type, struct str body);

/* ---- whole messages ---- */

/* ACK of a final response over 299, in the INVITE's transaction (section 17.1.1.3). */
void sip_print_ack(struct buf *b, const struct sip_msg *invite, const struct sip_msg *response);

/* CANCEL of an INVITE (section 9.1). */
void sip_print_cancel(struct buf *b, const struct sip_msg *invite);

/* `m` as it was read, start line and headers in order in their full names, folds and blanks normalised. */
void sip_print_msg(struct buf *b, const struct sip_msg *m);

#endif
