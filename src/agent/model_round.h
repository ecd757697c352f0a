/*
 * model_round.h - one request to a language model, and what has come of it
 *
 * Collects words and tool calls as they arrive, so that they can be used at once
 * or, if the request was a guess, later. Words are handed out whole: a voice puts
 * blanks between the pieces it is given.
 *
 *   TEXT "Of cou"  TEXT "rse. At"   ->  words: "Of course."   ... at the end: "At"
 *
 * Threads: the shard's control loop. Layer: agent.
 */
#ifndef AGENT_MODEL_ROUND_H
#define AGENT_MODEL_ROUND_H

#include "base/buf.h"
#include "provider/llm/llm.h"

#define MODEL_ROUND_TEXT_MAX  4000 /* bytes: as much as a voice takes in one answer */
#define MODEL_ROUND_CALLS_MAX 4    /* of tools in one request; more are not done */
#define MODEL_ROUND_ID_MAX    128  /* bytes of a call's id, and of a tool's name */

/* A model that answers this call. */
struct model_session {
	struct llm *llm; /* NULL = there is none */
	size_t window;
	uint32_t asked;
};

struct model_call {
	char id[MODEL_ROUND_ID_MAX], name[MODEL_ROUND_ID_MAX];
	char *texts; /* arguments, and behind them the carry */
	struct str arguments, carry;
};

struct model_round {
	struct model_session *with; /* NULL = nothing was asked */
	uint32_t number;
	bool secret; /* a guess */
	bool ended;
	enum fault fault;
	enum llm_stop stop;
	struct buf text;
	size_t told; /* bytes of it that were handed out */
	struct model_call calls[MODEL_ROUND_CALLS_MAX];
	size_t call_count, next_call;
};

/* A zeroed round. */
void model_round_init(struct model_round *r);

/* Cancels the request if it is still going on, and forgets everything. */
void model_round_drop(struct model_round *r);
void model_round_fini(struct model_round *r);

/* Drops what was, and asks. Returns what llm_ask() returns. */
int model_round_ask(struct model_round *r, struct model_session *with,
		    const struct llm_request *request) must_check;

/* Takes an event of a session. Returns whether it belongs to this round. */
bool model_round_take(struct model_round *r, const struct model_session *from, const struct llm_event *ev);

/* The words that are complete and were not handed out yet; empty = none. Valid until the next event. */
struct str model_round_words(struct model_round *r);

#endif
