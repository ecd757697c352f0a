/*
 * floor_acts.h - what the floor's matrix orders, done by the conversation
 *
 * Each takes the struct conversation as `self`; `input` is unused. An action may
 * post events to the floor, which are served when it has returned.
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_FLOOR_ACTS_H
#define CALL_FLOOR_ACTS_H

/* The call is up: the agent begins. */
void floor_greet(void *self, const void *input);

/* A new utterance of the caller begins, or the same one goes on. */
void floor_open_turn(void *self, const void *input);

/* Our turn: ask for the final text. */
void floor_finish(void *self, const void *input);

/* It is late: tell the caller to hold on. */
void floor_await(void *self, const void *input);

/* They go on instead: be silent, and listen. */
void floor_go_on(void *self, const void *input);

/* The voice cannot even say that. */
void floor_hush(void *self, const void *input);

/* The text belongs to a turn that goes on: put it in front. */
void floor_keep(void *self, const void *input);

/* Give the turn's text to the agent; what is known of it, when no final text came. */
void floor_think(void *self, const void *input);

/* Keys count, not words: what was being said is forgotten, by both. */
void floor_collect(void *self, const void *input);

/* Give the keys to the agent. */
void floor_think_keys(void *self, const void *input);

/* Wait for the caller. */
void floor_listen(void *self, const void *input);

/* Nobody says anything: let the agent ask. */
void floor_prompt(void *self, const void *input);

/* Recogniser or voice could not even be opened. */
void floor_broken(void *self, const void *input);

/* Say what the agent has to say. */
void floor_speak(void *self, const void *input);

/* No sign of life: a filler, or give up on agent or voice. */
void floor_stall(void *self, const void *input);

/* Speak softly and listen. */
void floor_duck(void *self, const void *input);

/* Fall silent, ready to resume. */
void floor_hold(void *self, const void *input);

/* Nothing was meant: go on speaking. */
void floor_resume(void *self, const void *input);

/* It was meant: give up the answer, keep what was heard of it. */
void floor_interrupt(void *self, const void *input);

/* The answer was heard to its end while they began to speak: it is their turn, and nothing is lost. */
void floor_overtake(void *self, const void *input);

/* They speak, and we must not stop: listen all the same. */
void floor_overhear(void *self, const void *input);

/* What had to be heard was: from here on they may interrupt. */
void floor_relent(void *self, const void *input);

/* The rest of the answer was not spoken: try once more, or give up the call. */
void floor_voice_failed(void *self, const void *input);

/* Nothing can be heard, or the agent does not answer any more: apologise and hand over. */
void floor_ear_failed(void *self, const void *input);
void floor_agent_failed(void *self, const void *input);

/* All is said: the call's turn. */
void floor_leave(void *self, const void *input);

/* The transfer did not happen: the agent explains. */
void floor_explain(void *self, const void *input);

/* The call is over. */
void floor_end(void *self, const void *input);

#endif
