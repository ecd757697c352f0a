/*
 * openai.h - what OpenAI's routes have in common: the key, the form of an error, the events of a stream
 *
 * Threads: the server's own.
 */
#ifndef TESTS_VENDORS_OPENAI_H
#define TESTS_VENDORS_OPENAI_H

#include "vendors/sim.h"

/* {"error":{"message","type","param","code"}} */
void openai_refuse(struct vendor_session *s, int status, const char *why);

/* "Authorization: Bearer KEY"; else 401 and false. */
bool openai_key(struct vendor_session *s);

/* A JSON body of a POST, or NULL when it was refused. */
struct json *openai_body(struct vendor_session *s);

/* x-request-id, x-ratelimit-... */
void openai_headers(struct vendor_session *s);

/* Begins and ends a line `data: {` ... `}`, which is queued with `delay`. `event` NULL = no line of that
 * kind. */
struct openai_event {
	struct buf text;
	struct json_out w;
};
void openai_event_begin(struct openai_event *e, const char *event);
void openai_event_send(struct openai_event *e, struct vendor_session *s, usec delay);

#endif
