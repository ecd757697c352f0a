/*
 * call_acts.h - what the call's matrix orders
 *
 * Each takes the struct call as `self`; `input` is unused.
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_CALL_ACTS_H
#define CALL_CALL_ACTS_H

#include "call/call.h"

/* Takes a step; an event without a cell in this state is ignored. The call may be gone afterwards. */
void call_step(struct call *c, enum call_event event);

/* Tells the owner and frees everything. */
void call_free(struct call *c);

/* Says yes to the caller. */
void call_act_answer(void *self, const void *input);

/* Says no to the caller: nothing can be offered. */
void call_act_refuse(void *self, const void *input);

/* The line is open: the agent begins, the recording too. */
void call_act_converse(void *self, const void *input);

void call_act_hangup(void *self, const void *input);

/* The caller vanished without a word, or has been on the line for too long. */
void call_act_lost(void *self, const void *input);
void call_act_too_long(void *self, const void *input);

/* Asks the caller's side to call somebody else. */
void call_act_refer(void *self, const void *input);

/* Something of ours failed: hands over to the agent's fallback, or hangs up. */
void call_act_fall_back(void *self, const void *input);

/* Nobody can be reached: the caller is asked for a message, unless the agent takes none. */
void call_act_take_message(void *self, const void *input);

/* The transfer did not happen: the agent explains. */
void call_act_explain(void *self, const void *input);

void call_act_transferred(void *self, const void *input);

/* The leg has ended: the last lines of the trail. */
void call_act_end(void *self, const void *input);
void call_act_end_transferred(void *self, const void *input);

#endif
