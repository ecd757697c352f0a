/*
 * ws_upgrade.h - the words before a WebSocket: its URL, the request, the answer (RFC 6455 sections 3 and 4)
 *
 * Pure functions. An answer that is not 101 is a refusal: its status, its
 * Retry-After and the beginning of its body are what the caller can act on.
 *
 * Threads: any. Layer: net.
 */
#ifndef NET_WS_UPGRADE_H
#define NET_WS_UPGRADE_H

#include "base/buf.h"
#include "wire/http_header.h"

#define WS_UPGRADE_KEY_CHARS 24u /* 16 random bytes */
#define WS_UPGRADE_MAX       (16u * 1024)

/* Views of the text that was parsed. */
struct ws_url {
	bool secure;
	struct str authority; /* host and port as they stand */
	struct str host;      /* without brackets */
	uint16_t port;
	struct str path; /* with the query; may be empty, which means "/" */
};

/* "wss://host:port/path?query". Returns 0 or -EINVAL. */
int ws_url_parse(struct str text, struct ws_url *ret_url) must_check;

struct ws_upgrade {
	struct ws_url url;
	const struct http_header *headers;
	size_t header_count;
	struct str protocol; /* empty = none */
	struct str key;      /* WS_UPGRADE_KEY_CHARS of base64 */
};

/* Appends the request. Returns 0, -EINVAL for a header that is none, or the buffer's error. */
int ws_upgrade_print(const struct ws_upgrade *u, struct buf *out) must_check;

/* What a server answers to `key`, appended. Returns 0 or the error. */
int ws_upgrade_accept(struct str key, struct buf *out) must_check;

struct ws_upgrade_answer {
	int status;
	size_t used_bytes; /* of an acceptance: frames follow */
	usec retry_after;  /* negative = not told */
	bool whole;        /* nothing more of a refusal will come */
	const char *wrong; /* with -EPROTO: what is */
};

/* Reads what has come, from its beginning. `ret_body` gets what there is of a refusal's body, up to its
 * limit. Returns 0 = accepted, 1 = refused, -EAGAIN, or -EPROTO. */
int ws_upgrade_read(struct str bytes, struct str key, struct str protocol, struct buf *ret_body,
		    struct ws_upgrade_answer *ret_answer) must_check;

#endif
