/*
 * fake_brain.h - an agent that has learned its part by heart
 *
 * Answers what it hears by rules: the first one not used yet whose pattern is
 * in the text, or the last that was. Writes down the history as a brain knows
 * it: what the caller said, and what of its own words was heard.
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_SCENARIO_FAKE_BRAIN_H
#define TESTS_SCENARIO_FAKE_BRAIN_H

#include "agent/brain.h"
#include "base/buf.h"
#include "base/loop.h"

#define FAKE_RULES_MAX 32
#define FAKE_STEPS_MAX 12

enum fake_cue {
	CUE_START,
	CUE_HEARD,
	CUE_KEYS,
	CUE_SILENCE,
	CUE_TRANSFER_FAILED,
};

struct fake_step {
	usec after; /* the step before */
	struct brain_act act;
};

struct fake_rule {
	enum fake_cue cue;
	struct str pattern; /* letter case aside; empty: anything */
	struct fake_step steps[FAKE_STEPS_MAX];
	size_t step_count;
	bool never_done;
};

struct fake_part {
	struct fake_rule rules[FAKE_RULES_MAX];
	size_t rule_count;
	bool guesses; /* thinks ahead when it is asked to */
};

struct fake_brain {
	struct brain brain;
	struct loop *loop;
	const struct fake_part *part;
	bool used[FAKE_RULES_MAX];
	const struct fake_rule *rule; /* that answers now */
	size_t step;
	struct timer timer;
	char guess[1024];
	size_t guess_n;
	usec guessed_at;
	struct buf history; /* lines "caller ...", "keys ...", "fragment ...", "agent ...", "broken ..." */
};

void fake_brain_init(struct fake_brain *b, struct loop *loop, const struct fake_part *part);
void fake_brain_fini(struct fake_brain *b);

#endif
