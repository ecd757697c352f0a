/*
 * caller.h - a scripted caller on the line
 *
 * Dials nothing itself: it is given an outbound leg and acts the rehearsal's
 * steps on it, listening for the agent's sound only, as a person does. What it
 * measures is measured on the wire: the agent's first audible sample against
 * the caller's own last one.
 *
 *   wait until the agent has finished -> [pause] -> say | press | keep quiet -> next step
 *                                     `-> it did not understand: say it again
 *
 * Threads: the loop's owner. Layer: app.
 */
#ifndef APP_REHEARSAL_CALLER_H
#define APP_REHEARSAL_CALLER_H

#include "app/rehearsal/caller_sound.h"
#include "base/loop.h"
#include "leg/leg.h"

#define CALLER_TURNS_MAX 64
#define CALLER_AHEAD     3 /* frames that wait in the leg */
#define CALLER_TEXT_MAX  4096

/* One thing the caller did, and how long the answer took. */
struct caller_turn {
	size_t step;
	unsigned again;    /* 0 = for the first time */
	usec began, ended; /* first and last audible sample on the wire */
	usec answered;     /* the agent's first audible sample after it, 0 = none */
	bool interrupting; /* the agent was audible when it began */
	usec silenced;     /* then: when the agent fell silent */
	bool cut_off;      /* the agent began to speak before the caller was done */
};

enum caller_state {
	CALLER_DIALLING,
	CALLER_WAITING, /* for the agent to finish, or for the moment to interrupt */
	CALLER_PAUSING,
	CALLER_SAYING,
	CALLER_QUIET,
	CALLER_LAST, /* all steps are done: hears the agent out */
	CALLER_OVER,
};

struct caller {
	struct loop *loop;
	struct leg *leg;
	const struct rehearsal *r;
	struct caller_sound sound;
	struct timer tick;
	enum caller_state state;
	size_t step;
	unsigned again;   /* so often the words of the newest step that says some were said again */
	usec since;       /* of the state */
	usec began;       /* the call was answered */
	uint64_t sent;    /* frames given to the leg */
	uint64_t slipped; /* not given: the line had stalled, and too many were waiting in it */
	usec slipped_at;

	/* the words being said: stream position of their first sample, and how far they were given */
	uint64_t words_at;
	size_t words_given;
	int64_t skew; /* wire time of the stream's sample 0, from the newest position report */

	usec agent_first, agent_last; /* audible, since the last step; 0 = not yet */
	char said[CALLER_TEXT_MAX];   /* what the agent said since the last step, if somebody tells */
	size_t said_n;
	bool asked_again; /* it wants to hear the last step's words again, if somebody tells */

	struct caller_turn turns[CALLER_TURNS_MAX];
	size_t turn_count;
	enum leg_end end;
	int end_status;
	char referred[256]; /* whom the agent asked us to call instead; empty = nobody */
	char failure[256];  /* why the script could not be followed; empty = it was */
	void (*on_saying)(void *arg, const struct caller *c);
	void (*on_over)(void *arg, struct caller *c);
	void *arg;
};

struct caller_config {
	struct loop *loop;
	struct leg *leg; /* is being dialled; taken */
	const struct rehearsal *r;
	struct caller_sound sound; /* taken */
	/* It begins with what steps[c->step] says, the c->again-th time again. */
	void (*on_saying)(void *arg, const struct caller *c);
	/* Once; the leg is closed then. */
	void (*on_over)(void *arg, struct caller *c);
	void *arg;
};

void caller_start(struct caller *c, const struct caller_config *config);

/* What the agent said, by its own trail: for `when`. */
void caller_agent_said(struct caller *c, struct str text);

/* The agent did not understand what the caller said last, by its own trail. */
void caller_agent_asks_again(struct caller *c);

/* After on_over(). */
void caller_fini(struct caller *c);

#endif
