/*
 * plan.h - what the callers of a measurement say, and when
 *
 * Each call but those of sentences begins with a yes to the agent's question, so
 * that the agent is where the measurement wants it:
 *
 *   speech          the prompts of corpus.h, one a turn
 *   turns           days, times and matters, which the agent reads back
 *   matters         what the call is about, a sentence each, in many calls
 *   errands         the same in short
 *   sentences       what people said for corpus.h: short calls in words that are known to the letter
 *   interruptions   wishes that break into a long answer at any point of it
 *   asides          "mhm" and the like into the same answer
 *
 * Threads: the owner's only. Layer: bench.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "app/rehearsal/caller_sound.h"
#include "base/arena.h"

#define PLAN_CALLS_MAX 64
#define PLAN_STEPS_MAX 32 /* of a call */

struct plan_call {
	struct rehearsal rehearsal;
	struct rehearsal_step steps[PLAN_STEPS_MAX];
	struct caller_sound sound; /* rendered; taken by the caller */
};

struct plan {
	struct arena arena; /* of the texts */
	struct plan_call *calls;
	size_t count;
	char error[300];
};

/* `seed` decides what is said in which order and when. Returns 0, or -errno with p->error telling;
 * plan_fini() in both cases. */
int plan_make(struct plan *p, struct str kind, uint64_t seed) must_check;
void plan_fini(struct plan *p);

#endif
