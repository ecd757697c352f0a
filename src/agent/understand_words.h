/*
 * understand_words.h - the readings of understand.h over words already cut
 *
 * For reading several things out of one utterance: each takes the words it used
 * (words_take), so that "the 21st at ten" is not read as two times.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_UNDERSTAND_WORDS_H
#define AGENT_UNDERSTAND_WORDS_H

#include "agent/understand.h"
#include "agent/words.h"

int understand_date_words(struct words *ws, const struct understand_context *c,
			  struct understood_date *ret_date);
int understand_time_words(struct words *ws, const struct understand_context *c,
			  struct understood_time *ret_time);

#endif
