/*
 * str.h - a view of text that somebody else owns
 *
 * Parsers cut views out of a buffer instead of copying. A view is a pointer
 * and a length, never zero-terminated by promise; print it with STR_FMT and
 * STR_ARG. The empty view is {NULL or anything, 0}.
 *
 * Comparison with `i` ignores the case of ASCII letters only.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>

#include "base/def.h"

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
#define STR_INIT(lit)                   \
	{                               \
		"" lit, sizeof(lit) - 1 \
	} /* for static tables */
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

/* A view of a zero-terminated string; NULL gives the empty view. */
struct str str_from(const char *z);

bool str_eq(struct str a, struct str b);
bool str_ieq(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Like strcmp, over bytes. */
int str_cmp(struct str a, struct str b);

/* Without blanks (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);

/* From byte `from` on (clamped), at most `n` bytes. */
struct str str_sub(struct str s, size_t from, size_t n);

/* Offset of the first `c`, or of `needle`; s.n when there is none. */
size_t str_chr(struct str s, char c);
size_t str_find(struct str s, struct str needle);

/* Whether `needle` stands anywhere in it, in any case. */
bool str_ihas(struct str s, struct str needle);

/* Cuts `*rest` at the first `sep`: returns what is before it, leaves what is after it in `*rest`.
 * Without a `sep` all of it is returned and `*rest` becomes empty. */
struct str str_cut(struct str *rest, char sep);

/* The next word of `*rest`, words being separated by blanks; empty at the end. */
struct str str_word(struct str *rest);

/* The whole view as a decimal number. Returns 0, -EBADMSG if it is not one, -ERANGE outside [min, max]. */
int str_to_int(struct str s, int64_t min, int64_t max, int64_t *ret_value) must_check;

/* The whole view as a decimal fraction ("-1.5"), '.' whatever the locale. Returns 0 or -EBADMSG. */
int str_to_num(struct str s, double *ret_value) must_check;

/* Copies into buf[size], truncated and zero-terminated. Returns the length copied. */
size_t str_copy(struct str s, char *buf, size_t size);

/* Optimal-string-alignment distance (one swap counts one), at most `limit` + 1; views up to 64 bytes. */
size_t str_distance(struct str a, struct str b, size_t limit);

/* Hash for tables; keyed by a secret of the process so that a stranger cannot choose collisions. */
uint64_t str_hash(struct str s);

static inline bool str_empty(struct str s)
{
	return s.n == 0;
}

static inline char str_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

#endif
