/*
 * session.h - who is talking to what: one form for every channel
 *
 * Phone, browser and chat describe a conversation in the same nine fields, plus
 * the caller's number where there is one.
 *
 * Threads: the shard's control loop. Layer: agent.
 */
#ifndef AGENT_SESSION_H
#define AGENT_SESSION_H

#include "base/str.h"

struct session {
	struct str session_id, user_id, tenant_id;
	struct str channel;   /* "sip", "webrtc", "widget" ... */
	struct str audio_ref; /* where the audio is kept */
	struct str consent;   /* "given", "refused", "asked", "not_needed" */
	struct str language;  /* BCP 47 */
	struct str agent;     /* name and version */
	struct str policy;    /* security policy that holds for it */
	struct str caller_id; /* E.164 or empty */
};

#endif
