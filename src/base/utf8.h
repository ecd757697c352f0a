/*
 * utf8.h - whether bytes are UTF-8 (RFC 3629)
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

/* The bytes of the character that `s` begins with (s.n > 0); 0 when they are none: overlong forms, surrogates
 * and what lies behind U+10FFFF are none. */
size_t utf8_length(struct str s);

/* Whether all of it is. */
bool utf8_valid(struct str s);

#endif
