/*
 * url.h - addresses of services: a base that somebody configured, a path and a query
 *
 * People write a service's address as they found it: the bare host, a base with
 * "/v1" at its end, or the whole endpoint. url_join() takes all three:
 *
 *   "https://h"             + "/v1/realtime" -> https://h/v1/realtime
 *   "https://h/v1"          + "/v1/realtime" -> https://h/v1/realtime
 *   "https://h/v1/realtime" + "/v1/realtime" -> https://h/v1/realtime
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_URL_H
#define WIRE_URL_H

#include "base/buf.h"

/* Appends `base` without the slash at its end, and what of `path` ("/v1/realtime", or empty) it does not
 * end with yet. A query of the base stays at the end. */
void url_join(struct buf *out, struct str base, struct str path);

/* The same for a WebSocket: http:// becomes ws://, https:// becomes wss://. */
void url_join_ws(struct buf *out, struct str base, struct str path);

/* "host", "host:port", "[v6]:port": the host without brackets, and the port, `preset` where none stands; with
 * a preset of 0 one has to. Returns 0 or -EINVAL. */
int url_authority(struct str text, uint16_t preset, struct str *ret_host, uint16_t *ret_port) must_check;

/* Appends name=value behind a '?' or '&', both percent-encoded (RFC 3986 section 2.3). */
void url_query(struct buf *url, struct str name, struct str value);

/* Percent-encodes all but unreserved characters. */
void url_escape(struct buf *out, struct str text);

/* Appends the text with its %XX read; a % that begins none stands for itself. Returns 0, -EBADMSG when a
 * control character comes of it, or the buffer's error. */
int url_unescape(struct buf *out, struct str text) must_check;

#endif
