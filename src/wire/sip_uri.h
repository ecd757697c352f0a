/*
 * sip_uri.h - addresses: sip:, sips:, tel: and what else stands where an address may
 *
 *   sip:user:password@host:port;params?headers          RFC 3261 section 19.1
 *   tel:+1-212-555-0101;phone-context=...               RFC 3966
 *   anything:opaque                                     kept, answered with 416
 *
 * A parsed URI is views into its text, escapes left as they stand: comparing
 * and printing work on escaped text, sip_uri_unescape() makes it readable.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_URI_H
#define WIRE_SIP_URI_H

#include "base/buf.h"
#include "base/str.h"

/* Parameters of one URI, and headers of one: comparing looks each up in the other list. */
#define SIP_URI_PARAMS_MAX 64

enum sip_scheme {
	SIP_SCHEME_SIP,
	SIP_SCHEME_SIPS,
	SIP_SCHEME_TEL,
	SIP_SCHEME_OTHER,
};

struct sip_uri {
	enum sip_scheme scheme;
	struct str scheme_name; /* without the colon */
	struct str user;        /* tel: the number; other schemes: all after the colon; empty = none */
	struct str password;
	struct str host;    /* a name, an IPv4 address, or an IPv6 address without its brackets */
	uint16_t port;      /* 0 = none given */
	struct str params;  /* what follows the first ";", see sip_param.h */
	struct str headers; /* what follows "?" */
};

/* Returns 0 or -EBADMSG. `text` must be the URI and nothing else (no blanks, no brackets). */
int sip_uri_parse(struct str text, struct sip_uri *ret_uri) must_check;

/* The text of `uri`, escapes as they are. IPv6 hosts get their brackets back. */
void sip_uri_print(struct buf *b, const struct sip_uri *uri);

/* Equality by RFC 3261 section 19.1.4 (tel: RFC 3966 section 4, visual separators ignored). */
bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b);

/* A URI parameter by name ("transport", "lr", "user", "maddr"); see sip_param_find(). */
bool sip_uri_param(const struct sip_uri *uri, struct str name, struct str *ret_value);

/* The port to send to: the given one, or 5060, or 5061 for sips and transport=tls. */
uint16_t sip_uri_port(const struct sip_uri *uri);

/* Cuts the next "name=value" off the headers part. Returns whether there was one. Both still escaped. */
bool sip_uri_next_header(struct str *rest, struct str *ret_name, struct str *ret_value);

/* Resolves %XX into buf[size]. May contain any byte, zero included. Returns 0, or -EMSGSIZE. */
int sip_uri_unescape(struct str text, char *buf, size_t size, struct str *ret_plain) must_check;

/* Where text is going to stand, for what has to be escaped. */
enum sip_uri_part {
	SIP_URI_USER,
	SIP_URI_PASSWORD,
	SIP_URI_PARAM,  /* name or value of a parameter */
	SIP_URI_HEADER, /* name or value of a header */
};

/* Appends plain `text` with everything escaped that must not stand in that part. */
void sip_uri_escape(struct buf *b, enum sip_uri_part part, struct str text);

/* For values that begin with a host: cuts it, or the digits of a port, off `*rest`. Returns whether it was
 * one. An IPv6 address loses its brackets. */
bool sip_uri_cut_host(struct str *rest, struct str *ret_host);
bool sip_uri_cut_port(struct str *rest, uint16_t *ret_port);

/* Whether `text` is a host as RFC 3261 section 25.1 writes it: name, IPv4, or IPv6 in brackets. */
bool sip_uri_is_host(struct str text);

#endif
