/*
 * http_answer.h - the answer to an HTTP/1.1 request that asked for another protocol (RFC 9112)
 *
 * What libcurl does not read for us: the answer to a WebSocket upgrade and to a
 * proxy's CONNECT. The head is parsed once it is whole; of the body, which only
 * a refusal has, the beginning is kept for the log.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_HTTP_ANSWER_H
#define WIRE_HTTP_ANSWER_H

#include "base/buf.h"

#define HTTP_ANSWER_HEAD_MAX 16384u

/* Views of the bytes that were parsed. */
struct http_answer {
	int status;
	struct str headers; /* the lines after the first */
	size_t head_bytes;  /* with the blank line */
};

/* Returns 0, -EAGAIN while the head is not whole, -EBADMSG when it is none, -EMSGSIZE over
 * HTTP_ANSWER_HEAD_MAX. */
int http_answer_parse(struct str bytes, struct http_answer *ret_answer) must_check;

/* The value of the first header of that name, in any case; empty when there is none. */
struct str http_answer_find(const struct http_answer *a, struct str name);

/* Whether one of the comma-separated words of any such header is `word`, in any case. */
bool http_answer_has(const struct http_answer *a, struct str name, struct str word);

/* Replaces `out` by what `after`, the bytes behind the head, hold of the body; what goes beyond out's limit
 * is left away. Returns whether that is all of it: false means that more would come, or that only the end of
 * the connection tells. */
bool http_answer_body(const struct http_answer *a, struct str after, struct buf *out);

/* Retry-After in seconds, or retry-after-ms; negative when not told. Dates are not read. */
usec http_answer_retry_after(const struct http_answer *a);

#endif
