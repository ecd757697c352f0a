/*
 * guard.h - the guardrails that are rules, not words
 *
 * An agent's guardrails are told to a model as words; these hold whatever a
 * model makes of them.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_GUARD_H
#define AGENT_GUARD_H

#include "agent/agent.h"

#define GUARD_FRUSTRATED_MAX 3 /* annoyed turns in a row, then a human takes over */

/* Whether a card number is dictated to an agent that must not hear one (do_not_collect_payment_card_audio):
 * 13 to 19 digits (ISO/IEC 7812). */
bool guard_is_card(const struct agent *a, struct str text);

/* Counts annoyed turns in a row by the intent of the turn's phrases (may be NULL); true when it is enough. */
bool guard_is_annoyed(const struct agent_intent *in, int *frustrated);

#endif
