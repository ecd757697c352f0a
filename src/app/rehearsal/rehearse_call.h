/*
 * rehearse_call.h - one rehearsed call when it is over: its turns, and its judgement
 *
 * Two witnesses tell of a call. The caller knows what was said and when sound was
 * on the wire; the server's trail knows what was understood, and what the stages of
 * an answer took. Here both become one list of turns, which is then held against
 * what the script expects.
 *
 *   caller_turn (said, wire times) --\
 *                                     rehearse_turn --> expectations
 *   trail_turn (heard, stages) ------/
 *
 * Threads: the owner's only. Layer: app.
 */
#ifndef APP_REHEARSAL_REHEARSE_CALL_H
#define APP_REHEARSAL_REHEARSE_CALL_H

#include "app/rehearsal/caller.h"
#include "app/trail_summary.h"

#define REHEARSE_EXPECTATIONS_MAX 64

/* One thing the caller said, and what came of it. */
struct rehearse_turn {
	struct str caller;
	struct str heard; /* by the agent, in one piece or in several; empty = nothing */
	struct str agent; /* its answer */
	usec response;    /* on the wire, from the caller's last sound to the agent's first; 0 = none */
	usec silence;     /* from the caller's first sound to the agent's last one, when interrupting it */
	usec stages[TRAIL_STAGE_COUNT_];
	unsigned again; /* said for the so-manieth time again, 0 = for the first time */
	bool staged;    /* the trail tells the stages */
	bool cached;    /* the answer's first clause was */
	bool cut_off;   /* the agent began before the caller was done */
	bool aside;     /* said while the agent spoke, and rightly taken for no turn ("mhm") */
};

struct rehearse_expectation {
	struct str what;  /* "the outcome is booked" */
	struct str found; /* what was instead, when it does not hold */
	bool ok;
};

/* Texts live in the arena of its maker. */
struct rehearse_call {
	const struct rehearsal *rehearsal;
	const struct caller *caller;         /* NULL if it was never dialled */
	const struct trail_summary *summary; /* NULL if there is no trail */
	struct str trail, recording, transcript;
	struct str outcome; /* the one expected, if it came to that; else how the call ended */
	struct rehearse_turn turns[CALLER_TURNS_MAX];
	size_t turn_count;
	struct rehearse_expectation expectations[REHEARSE_EXPECTATIONS_MAX];
	size_t expectation_count;
	bool ok;
	bool late; /* it is not, but only because of an answer's time */
};

/* How often the caller had to say something again. */
size_t rehearse_call_again(const struct rehearse_call *call);

/* Joins the witnesses into turns and judges them; `arena` is for the texts. Returns 0 or -ENOMEM. */
int rehearse_call_judge(struct rehearse_call *call, struct arena *arena) must_check;

#endif
