/*
 * handoff.h - what a human is told who takes over a call
 *
 * One JSON object in the fields that people's systems know: caller_id,
 * caller_name, crm_contact_id, summary, transfer_reason, sentiment,
 * duration_ai_call ("2m 14s").
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_HANDOFF_H
#define AGENT_HANDOFF_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/def.h"

struct handoff {
	struct str caller_id, caller_name, crm_contact_id; /* empty = not known */
	struct str summary, reason;
	bool annoyed;
	usec elapsed; /* since the conversation began */
};

void handoff_write(const struct handoff *h, struct buf *out);

#endif
