/*
 * rehearsal.h - a scripted caller, and what the call must come to
 *
 * A file tells what the caller says and does, in which voice, over what kind of
 * line, and what has to be true afterwards:
 *
 *   name: books an appointment
 *   voice: slt
 *   noise_db: 10                    # speech is 10 dB above the noise
 *   steps:
 *     - say: I'd like to book an appointment, please.
 *     - when: which day             # what the agent must have said by now
 *       say: Next Tuesday at half past ten.
 *     - interrupt_ms: 1200          # so long after the agent began to speak
 *       say: Sorry, one more thing.
 *     - say: It's oh seven seven [600 ms] nine hundred.
 *       again: 2                      # so often, when the agent did not understand; 1 unless said
 *       instead: oh, seven, seven, nine, oh, oh.
 *     - keys: 1234#
 *     - quiet_ms: 9000
 *   expect:
 *     outcome: booked
 *     slots: [{name: time, value: "10:30"}]
 *     within_ms: 1500
 *     said: [half past ten]
 *
 * Threads: any. Layer: app.
 */
#ifndef APP_REHEARSAL_REHEARSAL_H
#define APP_REHEARSAL_REHEARSAL_H

#include "base/opt.h"

#define REHEARSAL_ARENA_BYTES (256u * 1024)

struct rehearsal_step {
	struct str when; /* the agent must have said this (any case) since the last step; empty = anything */
	struct str say;  /* what the caller says, "[600 ms]" being a pause in it ... */
	struct str instead; /* other words for it when it has to be said again; empty = the same */
	int again;          /* so often the caller says it again when the agent asks for that */
	struct str keys;    /* ... or presses ... */
	usec quiet;         /* ... or keeps quiet for */
	usec pause;         /* after the agent has finished, before the caller begins */
	usec interrupt;     /* >= 0: does not wait for the end, but so long after the agent's first sound */
	bool hangup;        /* and goes */
};

struct rehearsal_slot {
	struct str name, value;
};

struct rehearsal_expect {
	struct str outcome;    /* the call's disposition; empty = any */
	struct opt_list slots; /* struct rehearsal_slot */
	struct opt_strs said;  /* the agent must have said each */
	struct opt_strs not_said;
	struct opt_strs heard; /* the agent must have understood each */
	struct str transfer;   /* it must have been transferred there */
	usec within;           /* each answer; 0 = any time */
	int interruptions;     /* exactly so many; -1 = any */
	int again;             /* at most so often the caller had to say something again; -1 = any */
};

struct rehearsal {
	struct str name, called, voice;
	double speed;
	double noise_db; /* 0 = none */
	double loss;     /* per cent of the caller's packets */
	double echo_db;  /* of the agent's voice in the caller's line; 0 = none */
	usec echo_delay;
	usec patience;         /* of quiet after which the agent counts as done */
	usec longest;          /* the whole call */
	struct opt_list steps; /* struct rehearsal_step */
	struct rehearsal_expect expect;
};

extern const struct opt_table rehearsal_table;

/* Reads a file; everything lives in `arena`. Returns 0, -EBADMSG (errors tell), -ENOMEM or the -errno of
 * reading it. */
int rehearsal_read(const char *path, struct arena *arena, struct tree_errors *errors,
		   struct rehearsal **ret_rehearsal) must_check;

/* What a step's caller says for the first time (`again` 0), or again. */
struct str rehearsal_say(const struct rehearsal_step *step, unsigned again);

/* Cuts the next piece off what a step says: words, and the pause after them. Returns false at the end. */
bool rehearsal_piece(struct str *say, struct str *ret_words, usec *ret_pause);

/* What a step says without its pauses; empty also when the arena is. */
struct str rehearsal_words(struct str say, struct arena *arena);

#endif
