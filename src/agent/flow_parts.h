/*
 * flow_parts.h - what the files of the flow share
 *
 *   flow.c          inputs, and what each means in what is waited for
 *   flow_meaning.c  which intent or question, and what to do when that is not clear
 *   flow_step.c     the way through the states
 *   flow_fill.c     values out of utterances
 *   flow_say.c      acts, templates, history
 *
 * Threads: the owner's only. Layer: agent.
 */
#ifndef AGENT_FLOW_PARTS_H
#define AGENT_FLOW_PARTS_H

#include "agent/flow.h"

/* ---- flow_say.c ---- */

void flow_begin(struct flow *f);
void flow_say(struct flow *f, struct str template);
void flow_say_firmly(struct flow *f, struct str template); /* not to be interrupted */
void flow_expect(struct flow *f, enum eot_expect kind, int digits);
void flow_note(struct flow *f, const char *name, struct str value);
void flow_write_transfer(struct flow *f, const struct agent_target *t, enum brain_transfer kind,
			 struct str reason);
void flow_write_hangup(struct flow *f, struct str disposition, bool message);
void flow_remember(struct flow *f, const char *who, struct str text);

/* The handoff summary: caller_id, caller_name, crm_contact_id, summary, transfer_reason, sentiment,
 * duration_ai_call. */
void flow_write_handoff(const struct flow *f, struct str reason, struct buf *out);

/* ---- flow_fill.c ---- */

struct flow_filled {
	bool asked;               /* the slot that was asked for */
	bool any;                 /* anything new */
	bool changed;             /* something that had another value */
	bool changed_along;       /* ... and is not one of the state's own slots */
	enum slot_result problem; /* what was wrong with a value that was named; SLOT_NOTHING = nothing */
};

/* Reads what the state's slots, and `asked` (may be NULL) above all, can take out of the text. */
struct flow_filled flow_fill(struct flow *f, const struct agent_state *s, const struct agent_slot *asked,
			     struct str text);

struct flow_var *flow_var(struct flow *f, struct str name);
void flow_set(struct flow *f, struct str name, struct str value, struct str spoken);
void flow_clear(struct flow *f, struct str name);
struct slot_context flow_slot_context(const struct flow *f, bool asked);

/* The end of a dictated number that was wrong: "no, four two". */
bool flow_mend_digits(struct flow *f, const struct agent_slot *s, struct str text);

/* ---- flow.c ---- */

void flow_progress(struct flow *f);
void flow_on_intent(struct flow *f, const struct agent_intent *in);

/* Something was understood: read it back, follow a change, or go on. */
void flow_take_filled(struct flow *f, const struct flow_filled *r);

/* Returns whether the text was used up. */
bool flow_try_slots(struct flow *f);

/* ---- flow_meaning.c ---- */

bool flow_is_busy(const struct flow *f);
void flow_on_meaning(struct flow *f, const struct embedding *said);

/* What was heard fits nowhere, or `in` (may be NULL) not well enough. */
void flow_unclear(struct flow *f, const struct meaning_intent *in);
void flow_on_choice(struct flow *f, struct str choice);

/* ---- flow_step.c ---- */

void flow_enter(struct flow *f, const struct agent_state *s);
void flow_advance(struct flow *f);
void flow_follow(struct flow *f, const struct agent_edge *e);
void flow_ask_again(struct flow *f);
void flow_misunderstood(struct flow *f);
void flow_out_of_scope(struct flow *f);
void flow_hand_over(struct flow *f, struct str reason);
void flow_emergency(struct flow *f, const struct agent_intent *in);
void flow_say_goodbye(struct flow *f, struct str template, struct str disposition);

#endif
