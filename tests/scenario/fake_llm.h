/*
 * fake_llm.h - a language model that follows a script
 *
 * Each request plays the script from its start, step after step, each some time
 * after the one before: pieces of text, tool calls, an end, a fault, or nothing
 * any more. Requests wait for each other. What it was made to do it reports. With
 * several answers, the first request gets the first, and the last is for all that
 * follow. What it was asked can be written down: one line a message, and one for
 * a request that was cancelled.
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_SCENARIO_FAKE_LLM_H
#define TESTS_SCENARIO_FAKE_LLM_H

#include "base/buf.h"
#include "base/loop.h"
#include "provider/llm/llm.h"

#define FAKE_LLM_WAITING_MAX 4

enum fake_llm_does {
	FAKE_LLM_SAYS,  /* text */
	FAKE_LLM_CALLS, /* tool, text = its arguments */
	FAKE_LLM_STOPS, /* stop */
	FAKE_LLM_FAILS, /* fault, retry_after, text = the vendor's words */
	FAKE_LLM_STALLS,
};

struct fake_llm_step {
	enum fake_llm_does does;
	usec after;
	const char *text, *tool;
	enum llm_stop stop;
	enum fault fault;
	usec retry_after;
};

/* The `config` of llm_open(); outlives the session. The last step stops, fails or stalls. */
struct fake_llm_config {
	const struct fake_llm_step *steps;
	int refuses;                                /* what llm_ask() returns, 0 = it takes the request */
	const char *service;                        /* as usage calls it; NULL = "fake" */
	const struct fake_llm_step *const *answers; /* instead of `steps`; NULL = none */
	size_t answer_count;
	struct buf *log;    /* "request", "system ...", "caller ...", "agent ...", "call ...", "result ...",
			     * "cancelled"; NULL = nobody reads it */
	usec *cancelled_at; /* the last time something was; NULL = likewise */
};

struct fake_llm_request {
	uint32_t number;
	uint64_t tokens_in;
	usec first_token_due; /* 0 = no limit */
};

struct fake_llm {
	struct llm llm;
	struct loop *loop;
	const struct fake_llm_config *config;
	struct timer step, stalled;
	struct fake_llm_request waiting[FAKE_LLM_WAITING_MAX]; /* the first is being answered */
	size_t n;
	const struct fake_llm_step *steps; /* of the request that is being answered */
	size_t next;
	size_t begun; /* requests */
	uint64_t tokens_out;
	unsigned calls; /* of tools, in the whole session */
};

extern const struct llm_ops fake_llm_ops;

#endif
