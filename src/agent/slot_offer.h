/*
 * slot_offer.h - choosing one of the times that were offered
 *
 * "the second one", "half past eleven", "the morning one", "either", "none of
 * them", or something else altogether ("have you got anything on Friday?").
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_SLOT_OFFER_H
#define AGENT_SLOT_OFFER_H

#include "agent/slot.h"

enum slot_result slot_offer_read(const struct slot_context *c, struct str text, struct slot_value *v);

/* "2" is the second; "0" or more than there are is none. */
enum slot_result slot_offer_pick(const struct slot_context *c, struct str digits, struct slot_value *v);

#endif
