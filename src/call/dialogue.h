/*
 * dialogue.h - the brain's side of the conversation: questions out, words in
 *
 * What the brain says waits here until the floor lets it be spoken.
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_DIALOGUE_H
#define CALL_DIALOGUE_H

#include "call/conversation.h"

/* Before each question: tells the brain what was heard of its last answer, and starts the clock. */
void dialogue_begin_question(struct conversation *c);

/* Adds words that wait for the floor. */
void dialogue_queue(struct conversation *c, struct str text, bool uninterruptible);

/* The floor is ours: says what waits. */
void dialogue_speak(struct conversation *c);

/* The answer has been heard to its end, or as far as it ever will be. */
void dialogue_tell_spoken(struct conversation *c);

void dialogue_set_uninterruptible(struct conversation *c, bool on);

/* The brain's sink; `arg` is the conversation. */
void dialogue_on_act(void *arg, const struct brain_act *act);

#endif
