/*
 * live_check.h - the configured providers tried for real, before a caller tries them
 *
 * Side by side, each for what it is there for: a sentence is heard, a question
 * answered, a greeting spoken, within TRIAL_LIMIT.
 *
 *   KIND  SERVICE  TYPE      CONNECTED   FIRST   TOTAL
 *   stt   ears     deepgram      38 ms  171 ms  171 ms  I would like to book an appointment ...
 *   llm   mind     openai            -       -       -  FAILED, the key is refused: Incorrect API key
 *
 * Threads: main. Layer: app.
 */
#ifndef APP_LIVE_CHECK_H
#define APP_LIVE_CHECK_H

#include <stdio.h>

#include "app/agents.h"

struct live_check_how {
	bool all;  /* also what serves no agent */
	bool json; /* one object when all is over, for programs */
};

/* Tells on `out`, a line as each comes out; on a terminal it says meanwhile whom it waits for. Blocks.
 * Returns 0, -ENOLINK when any did not work, or -errno when nothing could be tried. */
int live_check(const struct agents *a, struct live_check_how how, FILE *out) must_check;

#endif
