/*
 * sip_param.h - ";name=value" lists of headers and URIs
 *
 * A list is kept as the view of its text ("tag=a;x") and looked through when
 * somebody asks: messages carry few parameters and most are never read. A
 * value may be a token, a host or a quoted string; quotes stay on until
 * sip_param_unquote().
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_PARAM_H
#define WIRE_SIP_PARAM_H

#include "base/str.h"

struct sip_param {
	struct str name;
	struct str value; /* p == NULL when there was no "=" */
};

/* Cuts the next parameter off `*rest` ("a=1;b" or ";a=1;b", blanks around the separators allowed).
 * Returns 1, 0 at the end, or -EBADMSG (empty name, unbalanced quotes, a value of no known form). */
int sip_param_next(struct str *rest, struct sip_param *ret_param) must_check;

/* Whether `params` reads to its end and names no parameter of `unique` (a NULL-ended list) twice.
 * Returns 0 or -EBADMSG. `unique` may be NULL. */
int sip_param_check(struct str params, const char *const *unique) must_check;

/* The first parameter called `name`, any case. The value is empty with p == NULL for one without "=". */
bool sip_param_find(struct str params, struct str name, struct str *ret_value);

/* A number of 0..max in the parameter `name`. Returns 0, -ENOENT or -EBADMSG. */
int sip_param_int(struct str params, struct str name, int64_t max, int64_t *ret_value) must_check;

/* The same for lists with commas between: the parameters of Digest (RFC 7616 section 3.3). Each needs a
 * value. */
int sip_param_next_comma(struct str *rest, struct sip_param *ret_param) must_check;

/* `value` without quotes around it; escapes stay. */
struct str sip_param_bare(struct str value);

/* Takes quotes and backslashes off into buf[size]; text without quotes is copied. Not zero-terminated.
 * Returns the view of the result, cut off at `size`. */
struct str sip_param_unquote(struct str value, char *buf, size_t size);

#endif
