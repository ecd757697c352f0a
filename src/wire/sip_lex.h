/*
 * sip_lex.h - the letters of SIP's grammar (RFC 3261 section 25.1)
 *
 * Character classes in one table, and the few scans that all SIP parsers of
 * this floor share. Not for higher floors.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_LEX_H
#define WIRE_SIP_LEX_H

#include "base/str.h"

/* Classes; a character may be in several. */
enum {
	SIP_LEX_BLANK = 1 << 0, /* space, tab: line ends are gone after unfolding */
	SIP_LEX_DIGIT = 1 << 1,
	SIP_LEX_ALPHA = 1 << 2,
	SIP_LEX_HEX = 1 << 3,
	SIP_LEX_TOKEN = 1 << 4,
	SIP_LEX_WORD = 1 << 5, /* Call-ID, with "@" */
	SIP_LEX_HOST = 1 << 6, /* host names, with the "_" of private networks */
	SIP_LEX_USER = 1 << 7, /* unescaped in the user part of a URI */
	SIP_LEX_PASSWORD = 1 << 8,
	SIP_LEX_URIPARAM = 1 << 9,
	SIP_LEX_URIHEADER = 1 << 10,
	SIP_LEX_VALUE = 1 << 11,    /* unquoted parameter value: wider than the grammar, which peers bend */
	SIP_LEX_PHONE = 1 << 12,    /* tel: digits and visual separators */
	SIP_LEX_OPAQUE = 1 << 13,   /* URI of an unknown scheme */
	SIP_LEX_IP6 = 1 << 15,      /* hex digits, ":" and "." */
	SIP_LEX_RESERVED = 1 << 14, /* in URIs not the same as its escape */
};

extern const uint16_t sip_lex_class[256];

static inline bool sip_lex_is(char c, unsigned class)
{
	return (sip_lex_class[(unsigned char)c] & class) != 0;
}

/* How many leading characters are in `class`. */
static inline size_t sip_lex_span(struct str s, unsigned class)
{
	size_t n = 0;

	while (n < s.n && sip_lex_is(s.p[n], class))
		n++;
	return n;
}

/* Whether there is something and all of it is in `class`. */
static inline bool sip_lex_all(struct str s, unsigned class)
{
	return s.n > 0 && sip_lex_span(s, class) == s.n;
}

/* Whether all of it, if anything, is in `class` or a complete %XX. */
bool sip_lex_all_escaped(struct str s, unsigned class);

/* Drops the first `n` characters. */
static inline struct str sip_lex_rest(struct str s, size_t n)
{
	if (n > 0)
		s = (struct str){s.p + n, s.n - n};
	return s;
}

/* Without leading blanks. */
static inline struct str sip_lex_skip(struct str s)
{
	return sip_lex_rest(s, sip_lex_span(s, SIP_LEX_BLANK));
}

/* Cuts a leading run of `class` off `*rest`, and the blanks after it. */
struct str sip_lex_cut(struct str *rest, unsigned class);

/* Takes one character `c` and the blanks after it off `*rest`. Returns whether it was there. */
bool sip_lex_take(struct str *rest, char c);

/* Length of the quoted string at the beginning of `s`, quotes included; 0 when it does not end. */
size_t sip_lex_quoted(struct str s);

/* Whether there are no control characters but tab. */
bool sip_lex_plain(struct str s);

/* Whether `s` may stand in a line: no control characters but tab, and those that a quoted pair may escape;
 * never CR or LF. */
bool sip_lex_clean(struct str s);

/* Value of a hex digit, -1 if it is none. */
int sip_lex_hex(char c);

#endif
