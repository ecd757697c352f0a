/*
 * turn_trail.h - what the conversation writes into the trail
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_TURN_TRAIL_H
#define CALL_TURN_TRAIL_H

#include "call/conversation.h"

/* A turn of the caller was taken: its text, why the pause was long enough, and its timeline. */
void turn_trail_turn(struct conversation *c, struct str text);

/* The first sound of the answer left: the stages from the caller's last sound to it. Once a turn. */
void turn_trail_response(struct conversation *c);

/* Words of the answer were given to the voice. A language model's come one by one: a line is written when a
 * sentence is complete, or, with turn_trail_said(), when no more of it will come. */
void turn_trail_say(struct conversation *c, struct str text);
void turn_trail_said(struct conversation *c);

/* `event` with nothing, a text, or what was heard of the answer. */
void turn_trail_event(struct conversation *c, const char *event);
void turn_trail_text(struct conversation *c, const char *event, struct str text);
void turn_trail_heard(struct conversation *c, const char *event);

#endif
