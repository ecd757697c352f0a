/*
 * dialogue.h - the brain's side of the conversation: questions out, words in
 *
 * What the brain says waits here until the floor lets it be spoken, is turned
 * into words for the ear and given to the voice.
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_DIALOGUE_H
#define CALL_DIALOGUE_H

#include "call/conversation.h"

/* Before each question: tells the brain what was heard of its last answer, forgets what was not said of it,
 * and starts the clock. */
void dialogue_begin_question(struct conversation *c);

/* Adds words that wait, and asks for the floor; or those that a voice has failed to speak, in front. */
void dialogue_queue(struct conversation *c, struct str text, bool uninterruptible);
void dialogue_put_back(struct conversation *c, struct str text, bool uninterruptible);

/* Instead of words: what was spoken beforehand. */
void dialogue_play(struct conversation *c, const struct notice *notice);

/* Asks for the floor again: something waits. */
void dialogue_post(struct conversation *c);

/* The floor is ours: says what waits. */
void dialogue_speak(struct conversation *c);

/* Asks the caller to wait, though the floor is not ours; an answer may follow. Does nothing when there are no
 * words for that, or while an answer is held. */
void dialogue_hold_on(struct conversation *c);

/* Whether words are being spoken that must be heard and have not been. */
bool dialogue_insists(const struct conversation *c);

/* The answer is given up: neither what waits of it nor what the brain still thinks of is said or done. */
void dialogue_give_up(struct conversation *c);

/* The answer has been heard to its end, or as far as it ever will be. */
void dialogue_tell_spoken(struct conversation *c);

/* The turn is probably over: the brain may prepare its answer, if it is free to. */
void dialogue_guess(struct conversation *c, struct str text);

/* It was not, or nothing was meant. */
void dialogue_forget_guess(struct conversation *c);

/* The brain's sink; `arg` is the conversation. */
void dialogue_on_act(void *arg, const struct brain_act *act);

#endif
