/*
 * sse.h - streamed answers cut into events: server-sent events and JSON lines
 *
 * Fed with pieces as they come from the socket, tells whole events. SSE by the
 * WHATWG HTML standard, section 9.2.6: LF, CR or CRLF, comments ignored, several
 * data lines joined by LF, an unfinished event at the end dropped. JSON lines: one
 * event a non-empty line, the last one also without its newline.
 *
 * Threads: the owner's only. Layer: wire.
 */
#ifndef WIRE_SSE_H
#define WIRE_SSE_H

#include <stdbool.h>

#include "base/buf.h"

#define SSE_EVENT_MAX (256u * 1024) /* bytes of one event */
#define SSE_NAME_MAX  64

enum sse_form {
	SSE_EVENTS,
	SSE_JSON_LINES,
};

struct sse_event {
	struct str name; /* of `event:`; "message" when not given, and for JSON lines */
	struct str data; /* valid during the call */
};

struct sse {
	enum sse_form form;
	struct buf line, data;
	char name[SSE_NAME_MAX];
	size_t name_n;
	bool has_data, after_cr, begun;
};

void sse_init(struct sse *s, enum sse_form form);
void sse_fini(struct sse *s);

/* Calls fn with each event that is complete now, until it returns non-zero; returns that, 0, -EMSGSIZE for an
 * event over SSE_EVENT_MAX, or -ENOMEM. After a non-zero return only sse_fini() is left. */
int sse_feed(struct sse *s, struct str piece, int (*fn)(void *arg, const struct sse_event *ev),
	     void *arg) must_check;

/* The stream has ended: tells a last JSON line that lacks its newline. Returns as sse_feed(). */
int sse_end(struct sse *s, int (*fn)(void *arg, const struct sse_event *ev), void *arg) must_check;

#endif
