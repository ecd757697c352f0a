/*
 * azure.h - the framing that Azure's speech services have in common (USP): headers, then a body
 *
 *   TEXT    Name: value CRLF ... CRLF, empty line, body
 *   BINARY  length of the headers (16 bits, big-endian), headers with CRLF each, payload
 *
 * Threads: the server's own.
 */
#ifndef TESTS_VENDORS_AZURE_H
#define TESTS_VENDORS_AZURE_H

#include "vendors/sim.h"

struct azure_message {
	struct str path, request, stamp, type, body;
};

/* Cuts a message in two; what is badly framed is told to vendor_wrong(). Returns whether it is well. */
bool azure_parse(struct vendor_session *s, struct str bytes, bool binary, struct azure_message *ret_message);

/* The key by header or as a Bearer token, and X-ConnectionId; else refuses and returns false. */
bool azure_key(struct vendor_session *s, bool websocket);

/* Says a message of text, or of sound on a stream (`stream` NULL = none). */
void azure_say(struct vendor_session *s, usec delay, const char *path, struct str request, struct str json);
void azure_say_sound(struct vendor_session *s, usec delay, struct str request, struct str stream,
		     struct str sound);

#endif
