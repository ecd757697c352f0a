/*
 * sip_msg.h - a SIP message, read in place
 *
 *   datagram  "INVITE sip:b@y SIP/2.0\r\nVia: ...\r\n ...\r\n\r\nv=0..."
 *                 |        |              |                   |
 *   sip_msg     method    uri        headers[].value         body
 *
 * sip_msg_parse() cuts a datagram (or what sip_frame() measured in a stream)
 * into views. Nothing is copied or allocated; folded lines are joined by
 * writing blanks over their line ends, which is why the bytes are not const.
 * What every layer needs of a message is read once and stands in the struct;
 * the rest is read by the accessors when asked for.
 *
 * A message that breaks the grammar is -EBADMSG with the reason in `fault`. So
 * that it can be answered (RFC 3261 section 8.2, 16.3), everything that could
 * be read is still there, and `answerable` says whether that is enough.
 *
 * The views live as long as the datagram; sip_msg_copy() keeps a message longer.
 * A sip_msg is big: pass pointers, never assign.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_MSG_H
#define WIRE_SIP_MSG_H

#include "base/arena.h"
#include "wire/sip_header.h"

/* A UDP datagram cannot be larger; the same bound is kept on streams. */
#define SIP_MESSAGE_MAX_BYTES 65535
#define SIP_LINE_MAX_BYTES    16384 /* start line or one header, folds included */
#define SIP_HEADERS_MAX       256   /* header lines */
#define SIP_ITEMS_MAX         64    /* Via, Route, Record-Route, Contact elements in one message */

struct sip_hdr {
	enum sip_hdr_id id;
	uint16_t next;    /* index of the next header with this id; 0 = none (the chain never leads back) */
	struct str name;  /* as written */
	struct str value; /* unfolded and trimmed; the whole line, comma lists uncut */
};

struct sip_msg {
	bool is_request;
	bool answerable;        /* Via, From, To, Call-ID, CSeq are readable */
	enum sip_method method; /* of the request, or that a response answers (CSeq) */
	struct str method_name;
	struct str uri_text; /* request only */
	struct sip_uri uri;
	int status; /* response only, 100..699 */
	struct str reason;

	struct sip_via via; /* topmost */
	struct sip_addr from, to;
	struct str call_id;
	struct sip_cseq cseq;
	int max_forwards; /* 0..255, -1 = absent (RFC 2543 clients) */

	struct str body; /* exactly Content-Length bytes, or the rest of the datagram */
	struct str raw;  /* all bytes that belong to the message */

	int fault_status;  /* 0, or the status a malformed request deserves: 400, 505, 416, 513 */
	const char *fault; /* static text for its reason phrase: "Missing Call-ID" */

	uint16_t hdr_count;
	uint16_t first[SIP_HDR_COUNT]; /* index + 1 of the first header with that id; 0 = none */
	struct sip_hdr hdrs[SIP_HEADERS_MAX];
};

enum sip_carriage {
	SIP_DATAGRAM, /* Content-Length may be missing; bytes after the body are ignored (section 18.3) */
	SIP_STREAM,   /* Content-Length is mandatory */
};

/* Reads the message in p[n], joining folded lines in place. Returns 0, or -EBADMSG with m->fault set; `m` is
 * then filled as far as reading went, and m->is_request with m->answerable say whether to answer. */
int sip_msg_parse(char *p, size_t n, enum sip_carriage carriage, struct sip_msg *m) must_check;

/* A copy that lives in the arena, bytes included. Returns 0 or -ENOMEM. */
int sip_msg_copy(const struct sip_msg *m, struct arena *a, struct sip_msg **ret_copy) must_check;

/* ---- headers ---- */

/* First header with that id, and the one after `hdr`; NULL = none. SIP_HDR_OTHER walks all unknown ones. */
const struct sip_hdr *sip_msg_find(const struct sip_msg *m, enum sip_hdr_id id);
const struct sip_hdr *sip_msg_find_next(const struct sip_msg *m, const struct sip_hdr *hdr);

/* First header of any name ("X-Context-Case"), any case; NULL = none. */
const struct sip_hdr *sip_msg_find_name(const struct sip_msg *m, struct str name);

/* The value of the first header with that id, empty when there is none. */
struct str sip_msg_value(const struct sip_msg *m, enum sip_hdr_id id);

/* All elements of all headers with one id, in order, as if they were one comma list:
 *
 *   struct sip_items it = sip_msg_items(m, SIP_HDR_ROUTE);
 *   struct str item;
 *   while (sip_items_next(&it, &item) > 0) ...
 *
 * Headers that are not comma lists (WWW-Authenticate, Authorization, ...) give one element a header. */
struct sip_items {
	const struct sip_msg *m;
	const struct sip_hdr *hdr;
	struct str rest;
};

struct sip_items sip_msg_items(const struct sip_msg *m, enum sip_hdr_id id);

/* Returns 1, 0 at the end, or -EBADMSG. */
int sip_items_next(struct sip_items *it, struct str *ret_item) must_check;

/* Whether the comma list of `id` (Supported, Require, Allow, ...) names `token`, any case. */
bool sip_msg_lists(const struct sip_msg *m, enum sip_hdr_id id, struct str token);

/* ---- typed headers: 0, -ENOENT when absent, -EBADMSG when malformed ---- */

/* First element of an address header: Contact, Route, Record-Route, Refer-To, Referred-By,
 * P-Asserted-Identity, Remote-Party-ID, Diversion. */
int sip_msg_addr(const struct sip_msg *m, enum sip_hdr_id id, struct sip_addr *ret_addr) must_check;

/* Expires, Min-Expires, Retry-After, Min-SE. */
int sip_msg_seconds(const struct sip_msg *m, enum sip_hdr_id id, uint32_t *ret_seconds) must_check;

int sip_msg_content_type(const struct sip_msg *m, struct sip_type *ret_type) must_check;
int sip_msg_event(const struct sip_msg *m, struct sip_event *ret_event) must_check;
int sip_msg_substate(const struct sip_msg *m, struct sip_substate *ret_state) must_check;
/* Whether the body is of that type: sip_msg_body_is(m, STR("application"), STR("sdp")). */
bool sip_msg_body_is(const struct sip_msg *m, struct str type, struct str subtype);

#endif
