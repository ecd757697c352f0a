/*
 * sip_check.h - which answer a request deserves before anybody acts on it
 *
 * The inspection of RFC 3261 section 8.2.1 to 8.2.3 in its order: grammar (400,
 * 505), method (405, 501), scheme (416), loops (483), extensions (420),
 * content (415), what the caller accepts (406). What needs state (401, 481,
 * 482, 486, 488) is not here.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_CHECK_H
#define WIRE_SIP_CHECK_H

#include "wire/sip_msg.h"

/* What this end understands. */
struct sip_accept {
	unsigned methods;           /* SIP_METHOD_BIT() of each; others get 405 with Allow */
	const char *const *options; /* option tags for Require, NULL-ended; NULL = none */
	const char *const *types;   /* "application/sdp": content types, NULL-ended; NULL = any */
};

struct sip_verdict {
	int status;         /* 0 = go on */
	const char *phrase; /* NULL = the usual one */
	struct str detail;  /* 420: the first unknown option tag; 415: the content type */
};

/* For a request that sip_msg_parse() has read, whatever that returned. An ACK is never answered: its verdict
 * says whether to ignore it. */
struct sip_verdict sip_check_request(const struct sip_msg *m, const struct sip_accept *accept);

#endif
