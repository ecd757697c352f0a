/*
 * deepgram.h - what Deepgram's routes have in common: the key, the refusal of an upgrade, encodings
 *
 * Threads: the server's own.
 */
#ifndef TESTS_VENDORS_DEEPGRAM_H
#define TESTS_VENDORS_DEEPGRAM_H

#include "vendors/sim.h"
#include "vendors/sound.h"

/* {"err_code","err_msg","request_id"} and the header dg-error. */
void deepgram_refuse(struct vendor_session *s, int status, const char *why);

/* "Authorization: Token KEY", "Bearer KEY", or the subprotocols token and KEY; else 401 and false. Greets
 * with dg-request-id. */
bool deepgram_key(struct vendor_session *s);

/* encoding and sample_rate of the query. False when there are none, or not both; `*ret_sound` is untouched
 * then. */
bool deepgram_sound(struct vendor_session *s, struct sound *ret_sound);

#endif
