/*
 * llm_story.h - one story that every language model must tell the same way
 *
 * A kind sets up what its sessions need, on a simulated loop or, with services
 * on real sockets, on a real one; the story asks, cancels and closes, and knows
 * nothing but llm.h.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_LLM_STORY_H
#define TESTS_UNIT_LLM_STORY_H

#include "base/loop.h"
#include "provider/llm/llm.h"

/* What the story needs a model to do. */
enum llm_play {
	LLM_PLAY_SAYS,    /* "Of course. At what time?" in several pieces, then the end */
	LLM_PLAY_CALLS,   /* the tool "calendar" */
	LLM_PLAY_STALLS,  /* nothing ever */
	LLM_PLAY_LIMITED, /* a rate limit, with a time to wait */
	LLM_PLAY_BREAKS,  /* a fault after some text */
	LLM_PLAYS,
};

struct llm_kind {
	const char *name;
	const struct llm_ops *ops;
	enum loop_kind clock;
	/* What a session on `l` needs to play that part. Returns 0 or -errno; torn down in both cases, when
	 * the session is closed. */
	int (*set_up)(const struct llm_kind *kind, struct loop *l, enum llm_play part,
		      const void **ret_config);
	void (*tear_down)(const struct llm_kind *kind);
	const void *arg;
	size_t tools;       /* that LLM_PLAY_CALLS calls; 0 = it calls none */
	usec retry_after;   /* that LLM_PLAY_LIMITED tells */
	const char *secret; /* stands in no fault; NULL = there is none */
};

/* Answers, refuses numbers that were used, forgets what is cancelled. */
void llm_story_tell(const struct llm_kind *kind);

void llm_story_call_tools(const struct llm_kind *kind);
void llm_story_go_wrong(const struct llm_kind *kind);
void llm_story_close_at_work(const struct llm_kind *kind);

/* Cancelled and closed inside its events of each type. */
void llm_story_end_in_events(const struct llm_kind *kind);

/* Something goes wrong with every answer: each ends once, of one of the faults (bits 1 << enum fault; 0 = it
 * may do well all the same). */
void llm_story_fail_of(const struct llm_kind *kind, unsigned faults);

/* A model whose llm_ask() returns -EAGAIN. */
void llm_story_refuse(const struct llm_kind *kind);

/* For TEST_OOM. */
int llm_story_without_memory(const struct llm_kind *kind);

#endif
