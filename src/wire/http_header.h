/*
 * http_header.h - a header of HTTP that we send
 *
 * Its value often comes from a configuration: whoever prints one asks first, so
 * that a line break in a key cannot become a header of its own.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_HTTP_HEADER_H
#define WIRE_HTTP_HEADER_H

#include <stdbool.h>

#include "base/str.h"

struct http_header {
	struct str name, value;
};

/* A token, and what may stand behind its colon (RFC 9110 sections 5.1 and 5.5). */
bool http_header_is_name(struct str s);
bool http_header_is_value(struct str s);

static inline bool http_header_is_valid(const struct http_header *h)
{
	return http_header_is_name(h->name) && http_header_is_value(h->value);
}

#endif
