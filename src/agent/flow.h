/*
 * flow.h - a conversation by states and slots, without a language model
 *
 * A pure machine: it is told what happened and leaves acts (say, expect,
 * transfer ...) and what it wants next. It does no I/O and reads no clock; what
 * takes time (the meaning of a sentence, a tool) it asks its owner for.
 *
 *   want = flow_heard(f, "Tuesday at ten", 0.9)
 *   while (want is a meaning, a choice or a tool) -> ask, then flow_meaning(), flow_choice() ...
 *   flow_acts(f) say what to do
 *
 * What is heard goes, in this order, through exact phrases (emergency and human
 * first), the slot that was asked for and those said along, and then meaning:
 * questions are answered in between, intents lead elsewhere. What is not clear
 * then, a language model may choose, if the agent has one: from what the flow
 * knows, and nothing else. What fits nowhere
 * climbs the ladder: clarify, rephrase, hand over. Steps of the ladder, turns
 * and visits are counted against the agent's limits, so every conversation ends.
 *
 * Threads: the owner's only. Layer: agent.
 */
#ifndef AGENT_FLOW_H
#define AGENT_FLOW_H

#include "agent/agent.h"
#include "agent/brain.h"
#include "agent/meaning.h"
#include "agent/session.h"
#include "agent/slot.h"
#include "agent/tool.h"

#define FLOW_VARS_MAX      48
#define FLOW_ACTS_MAX      24
#define FLOW_TEXT_MAX      2048 /* of an utterance */
#define FLOW_STATES_MAX    64
#define FLOW_TURN_BYTES    (128 * 1024)
#define FLOW_HISTORY_BYTES (256 * 1024)

struct flow_var {
	char name[40];
	struct slot_value v;
};

/* What the flow waits for. */
enum flow_wait {
	FLOW_IDLE,
	FLOW_LISTENING, /* an intent */
	FLOW_SLOT,      /* the value of a slot */
	FLOW_READBACK,  /* yes or no to one value */
	FLOW_SUMMARY,   /* yes or no to all of a state's values */
	FLOW_CHANGE,    /* what to change in them */
	FLOW_MEANING,   /* its owner */
	FLOW_CHOOSING,  /* its owner */
	FLOW_TOOL,      /* its owner */
	FLOW_ENDED,
	FLOW_WAITS,
};

/* What the owner does next. */
enum flow_want {
	FLOW_WANT_CALLER,  /* the acts are complete */
	FLOW_WANT_MEANING, /* the direction of flow_question(), then flow_meaning() */
	FLOW_WANT_CHOICE,  /* what a model makes of flow_choice_write(), then flow_choice() */
	FLOW_WANT_TOOL,    /* run flow_tool(), then flow_tool_result() */
	FLOW_WANT_END,     /* the acts are complete and end the conversation */
};

struct flow_params {
	const struct agent *agent;     /* must outlive the flow */
	const struct meaning *meaning; /* likewise; NULL = exact phrases only */
	struct session session;        /* the texts must outlive the flow */
	struct civil_date today;
	int minute;
};

struct flow {
	struct flow_params p;
	usec elapsed; /* since the conversation began, see flow_clock() */
	enum flow_wait wait, resume;
	const struct agent_state *state;
	const struct agent_slot *slot;
	const struct agent_intent *task;      /* what the caller came for */
	const struct agent_intent *either[2]; /* the two that were asked about, or NULL */
	struct str question;                  /* template of what was last asked */
	struct str disposition;               /* of the call so far; empty = nothing was done */
	bool confirmed, question_first, ends, memory_short;
	int turns, ladder, ladder_all, silences, repeats, frustrated, corrections, transfers_failed, hops;
	unsigned char visits[FLOW_STATES_MAX];
	struct flow_var vars[FLOW_VARS_MAX];
	size_t var_count;
	struct meaning_intent unclear; /* what was near; accepted: as out of scope */
	char heard[FLOW_TEXT_MAX], gist[FLOW_TEXT_MAX];
	float heard_confidence;
	struct arena turn;
	struct brain_act acts[FLOW_ACTS_MAX];
	size_t act_count;
	struct tool_call call;
	struct tool_value args[FLOW_VARS_MAX];
	struct buf history; /* JSON, one line an entry */
};

/* Returns 0, or -EINVAL for an agent with too many states or without its home state. */
int flow_open(struct flow *f, const struct flow_params *p) must_check;

/* Takes a zeroed flow. */
void flow_close(struct flow *f);

/* The wall clock, and the time since the conversation began; told before each input. */
void flow_clock(struct flow *f, struct civil_date today, int minute, usec elapsed);

/* Inputs. One that does not fit what is waited for (a tool result nobody asked for) changes nothing. */
enum flow_want flow_start(struct flow *f);
enum flow_want flow_heard(struct flow *f, struct str text, float confidence); /* as brain_heard() */
enum flow_want flow_keys(struct flow *f, struct str keys);
enum flow_want flow_silence(struct flow *f);
enum flow_want flow_transfer_failed(struct flow *f, struct str why);
enum flow_want flow_meaning(struct flow *f,
			    const struct embedding *said);     /* NULL: it could not be found out */
enum flow_want flow_choice(struct flow *f, struct str choice); /* empty: it could not be found out */
enum flow_want flow_tool_result(struct flow *f, const struct tool_result *result); /* NULL: it failed */

/* A meaning that is no longer wanted: back to what was asked before. */
void flow_forget_question(struct flow *f);

/* What the agent's voice really said. */
void flow_spoken(struct flow *f, struct str text, bool whole);

/* What this input led to; valid until the next. */
const struct brain_act *flow_acts(const struct flow *f, size_t *ret_count);

/* What was said, without the day and time in a longer sentence: they change what it means little, and what it
 * is compared with a lot. */
struct str flow_question(const struct flow *f);

/* The question to a language model: what was asked and said, and what it may choose from. */
void flow_choice_write(const struct flow *f, struct buf *out);

const struct tool_call *flow_tool(const struct flow *f);

/* The value of a slot or of something a tool told; NULL = not known. */
const struct slot_value *flow_get(const struct flow *f, struct str name);

/* What was said, heard, understood and done so far: one JSON object a line. */
struct str flow_history(const struct flow *f);

#endif
