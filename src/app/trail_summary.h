/*
 * trail_summary.h - a whole trail, boiled down to its turns and its outcome
 *
 * What rehearsals judge and reports print. Texts are copied into the arena.
 *
 * Threads: the owner's only. Layer: app.
 */
#ifndef APP_TRAIL_SUMMARY_H
#define APP_TRAIL_SUMMARY_H

#include "base/arena.h"

#define TRAIL_TURNS_MAX 128
#define TRAIL_NOTES_MAX 256

enum trail_stage {
	TRAIL_STAGE_QUIET, /* until it was judged to be our turn */
	TRAIL_STAGE_TEXT,  /* until the final text */
	TRAIL_STAGE_AGENT, /* until the agent's first words */
	TRAIL_STAGE_VOICE, /* until the first speech of them */
	TRAIL_STAGE_PLAY,  /* until it left */
	TRAIL_STAGE_COUNT_,
};

struct trail_turn {
	struct str heard; /* what was understood */
	struct str why;   /* our turn because */
	struct str agent; /* the answer */
	usec quiet;       /* offset of the caller's last sound */
	usec response;    /* from the caller's last sound to our first, 0 = no answer to it */
	usec stages[TRAIL_STAGE_COUNT_];
	bool cached;
};

struct trail_note {
	struct str name, value;
};

struct trail_summary {
	struct arena *arena;
	struct str call, remote_id, outcome, transfer;
	struct str greeting; /* what the agent said before the first turn */
	usec answered;       /* offset of the answer */
	struct trail_turn turns[TRAIL_TURNS_MAX];
	size_t turn_count;
	struct trail_note notes[TRAIL_NOTES_MAX];
	size_t note_count;
	int interruptions, resumed;
	double cost;  /* of the call so far, in the currency of the prices */
	int unpriced; /* services whose price nobody knows; of a call that is over */
	bool ended;
};

void trail_summary_init(struct trail_summary *s, struct arena *arena);

/* Takes the next line of the trail. Returns 0, -EBADMSG when it is none, or -ENOMEM. */
int trail_summary_line(struct trail_summary *s, struct str line) must_check;

/* The newest note of this name; empty when there is none. */
struct str trail_summary_note(const struct trail_summary *s, struct str name);

/* "quiet", "text", "agent", "voice", "play". */
const char *trail_stage_name(enum trail_stage stage);

#endif
