/*
 * script.h - a scenario as it is written down
 *
 * One line a fact, '#' begins a comment. Times are milliseconds, "at" counts
 * from the call's arrival.
 *
 *   agent greets "Hello, how can I help?"              the agent's part
 *   when heard "book" say "Which day?" expecting date
 *   at 1200 caller says "I want to book" for 1500      the caller's
 *   within 350 of speech expect silence                what must happen
 *   expect disposition "caller left"
 *
 * With "agent is a model", each line "model answers ..." is one request's; 'calls
 * "end_call" "{..}"' is a tool call, with ' for the quotes of its arguments.
 *
 * "of speech" and "of quiet" mean the begin and the end of the latest "caller
 * says" or "coughs" above. Expectations of history and trail are found in the
 * order in which they are written. The table in script.c is the whole language.
 *
 * Threads: any.
 */
#ifndef TESTS_SCENARIO_SCRIPT_H
#define TESTS_SCENARIO_SCRIPT_H

#include "call/call.h"
#include "fake_brain.h"
#include "fake_leg.h"
#include "fake_llm.h"
#include "fake_tts.h"

#define SCRIPT_ACTIONS_MAX 32
#define SCRIPT_CHECKS_MAX  64
#define SCRIPT_ANSWERS_MAX 8
#define SCRIPT_STEPS_MAX   48             /* of one answer of a model */
#define SCRIPT_START       USEC_SEC(1000) /* of simulated time: the call arrives */

enum script_do {
	DO_HANG_UP,
	DO_CANCEL,
	DO_VANISH,
	DO_HOLD,
	DO_RESUME,
	DO_EAR_FAILS,
	DO_EAR_ENDPOINT,
	DO_VOICE_FAILS,
	DO_VOICE_DIES,
	DO_VOICE_STALLS,
	DO_SERVER_HANGS_UP,
	DO_LINE_STALLS,
};

struct script_action {
	enum script_do what;
	usec at;
	struct str text;
};

enum script_check_kind {
	CHECK_SOUND,     /* at some moment in from..to */
	CHECK_ALL_SOUND, /* at every moment */
	CHECK_SAYS,      /* begins to say the text there */
	CHECK_NOT_SAYS,  /* never says it */
	CHECK_HISTORY,   /* text: the line's begin */
	CHECK_NO_HISTORY,
	CHECK_TRAIL, /* word: the event; text: somewhere in its line, or empty */
	CHECK_NO_TRAIL,
	CHECK_STEP, /* of the trail, too */
	CHECK_NO_STEP,
	CHECK_FLOOR, /* word: the state at `from` */
	CHECK_DISPOSITION,
	CHECK_TRANSFER,
	CHECK_CANCELLED, /* model and voice, at the same moment */
	CHECK_REFUSED,
	CHECK_NO_CALL, /* call_start() failed */
};

struct script_check {
	enum script_check_kind kind;
	unsigned line;
	usec from, to;
	enum fake_sound sound;
	struct str word, text;
	struct str from_state, to_state; /* CHECK_STEP: word: the machine; text: the event */
};

struct script {
	char name[64];
	char *source;
	struct fake_leg_plan leg;
	struct fake_stt_config ear;
	struct fake_tts_config voice;
	struct fake_part part;
	struct conversation_timing timing;
	struct str filler, sorry, fallback;
	usec message_max; /* it takes messages, with notices spoken beforehand; 0 = it does not */
	usec ring_min, call_max, transfer_max;
	int cost_max; /* cents, a letter of our voice is one; 0 = none */
	enum cost_action cost_action;
	uint64_t failing; /* a seed: chains of three of each, all of which fail one time in five; 0 = no */
	bool no_brain;    /* it cannot be made */
	bool model;       /* a language model decides what to say; history is what it was told */
	struct fake_llm_step model_steps[SCRIPT_ANSWERS_MAX][SCRIPT_STEPS_MAX];
	const struct fake_llm_step *model_answers[SCRIPT_ANSWERS_MAX];
	size_t model_answer_count;
	char model_text[4096];
	size_t model_text_n;
	struct script_action actions[SCRIPT_ACTIONS_MAX];
	size_t action_count;
	struct script_check checks[SCRIPT_CHECKS_MAX];
	size_t check_count;
	usec speech_from, speech_to; /* of the latest */
	char problem[160];
};

/* What a scenario that says nothing else is played with. */
void script_init(struct script *s, const char *name);

/* Reads a text; `source` is kept. Returns 0, or -EBADMSG with s->problem "name:line: ...". */
int script_parse(struct script *s, struct str source) must_check;

/* The same from a file. */
int script_load(struct script *s, const char *path) must_check;
void script_fini(struct script *s);

#endif
