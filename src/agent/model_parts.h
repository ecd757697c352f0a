/*
 * model_parts.h - what the files of the model's brain share
 *
 *   model_brain.c   questions, and what is decided before a model is asked
 *   model_answer.c  requests, words, rounds of tools
 *   model_end.c     what is said without a model: phrases, transfers, hang-ups
 *   model_tool.c    one tool at work on the store's thread
 *
 * A question is in one of these; acts leave from `later` or from a model's or a
 * tool's event, never from inside a brain_ call.
 *
 *   RESTS --ask--> ASKS --DONE with calls--> WORKS --results--> ASKS ...
 *     ^              '--DONE--> acts, DONE      '--end_call, transfer--> PLANNED
 *     '--------------------- `later` ------------------------------------'
 *
 * Threads: the shard's control loop. Layer: agent.
 */
#ifndef AGENT_MODEL_PARTS_H
#define AGENT_MODEL_PARTS_H

#include "agent/context.h"
#include "agent/model_brain.h"
#include "agent/model_round.h"
#include "agent/model_tools.h"

#define MODEL_TEXT_MAX 2048 /* of a caller's turn */
#define MODEL_ACTS_MAX 6    /* that are planned at once */
#define MODEL_FACT_MAX 64   /* bytes of a name that is remembered */

enum model_input {
	MODEL_NOTHING,
	MODEL_START,
	MODEL_HEARD,
	MODEL_FRAGMENT,
	MODEL_KEYS,
	MODEL_SILENCE,
	MODEL_TRANSFER_FAILED,
};

enum model_doing {
	MODEL_RESTS,
	MODEL_ASKS,    /* a model writes, or has written what is not told yet */
	MODEL_WORKS,   /* its calls are being done */
	MODEL_PLANNED, /* acts wait for `later`, then it is DONE */
};

struct model_brain {
	struct brain brain;
	struct model_brain_params p;
	usec started;
	struct arena life; /* of the brain: system text, tools */
	struct str system;
	struct model_tools tools;
	struct model_session fast, deep;
	struct context context;

	enum model_input input; /* the newest, not yet processed */
	uint32_t input_question;
	char text[MODEL_TEXT_MAX];

	enum model_doing doing;
	uint32_t answered; /* the question */
	struct arena turn; /* of what is asked and planned */
	struct model_round round;
	char guess[MODEL_TEXT_MAX]; /* the words that a secret round answers */
	size_t guess_n;
	int rounds;          /* of tools in this answer */
	bool said;           /* something, in this answer */
	bool again;          /* it was asked once more for this answer */
	bool hard, not_deep; /* it is a hard turn; the deep services failed in it */
	struct brain_act planned[MODEL_ACTS_MAX];
	size_t planned_count;
	struct timer later;
	bool emitting; /* the sink is being told: what it asks meanwhile waits */
	bool in_event; /* a model's: it must not lose its memory */
	bool dying;

	int turns, silences, frustrated, ladder, transfers_failed;
	char heard[MODEL_TEXT_MAX]; /* the caller's last words */
	char name[MODEL_FACT_MAX], contact[MODEL_FACT_MAX];

	struct pool_job job;
	bool working;   /* the job is under way */
	bool impatient; /* a question has waited for it long enough */
	struct timer patience;
	char job_id[MODEL_ROUND_ID_MAX];
	struct arena job_arena;
	struct tool_call call;
	struct tool_result result;
	int rc;
};

/* ---- model_brain.c ---- */

/* After the sink was told something, or a tool has ended: what was asked meanwhile is looked at, and a brain
 * that was closed is freed. Nothing of it may be touched afterwards. */
void model_settle(struct model_brain *b);

/* Tells the host, unless nobody listens any more. */
void model_emit(struct model_brain *b, struct brain_act act);
void model_note(struct model_brain *b, const char *name, struct str value);

void model_clock(const struct model_brain *b, struct civil_date *ret_today, int *ret_minute);

/* ---- model_answer.c ---- */

/* Asks for the answer to what the context holds. */
void model_ask(struct model_brain *b);

/* Asks for the answer to b->guess in secret. */
void model_guess(struct model_brain *b);

/* Soon, and outside of everything: tells what is planned and what the round has. */
void model_later(struct model_brain *b);

/* The calls of the round, one after the other. */
void model_next_call(struct model_brain *b);

void model_on_event(struct model_brain *b, const struct model_session *from, const struct llm_event *ev);

/* ---- model_end.c ---- */

void model_plan(struct model_brain *b, struct brain_act act);
void model_plan_say(struct model_brain *b, struct str template);
void model_plan_expect(struct model_brain *b, enum eot_expect kind);
void model_plan_hangup(struct model_brain *b, struct str disposition);

/* The end of the plan: it is told by `later`. */
void model_planned(struct model_brain *b);

/* To a human, or a polite goodbye when there is none or they have not answered before. `to` may be NULL. */
void model_hand_over(struct model_brain *b, const struct agent_target *to, struct str reason);
void model_emergency(struct model_brain *b);

/* No model answers: an apology, and to a human. */
void model_fail(struct model_brain *b, const char *why);

/* Nothing came of it: say so, or after too often to a human. */
void model_misunderstood(struct model_brain *b);

/* ---- model_tool.c ---- */

enum model_tool {
	MODEL_TOOL_RUNS,   /* model_next_call() is called when it has ended */
	MODEL_TOOL_DONE,   /* its result is in the context already */
	MODEL_TOOL_BROKEN, /* the context cannot hold it */
};

/* Does a call that is no end of the conversation. */
enum model_tool model_tool_run(struct model_brain *b, const struct model_call *c, struct str said);

#endif
