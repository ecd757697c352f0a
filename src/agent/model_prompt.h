/*
 * model_prompt.h - what a language model is told about the agent it is
 *
 * Who it is, that it is on the phone, what it is there for, the rules that hold,
 * the opening hours, what day it is, and what it knows. The text is the same
 * from the call's first request to its last: a server that keeps prefixes in a
 * cache reads it once.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_MODEL_PROMPT_H
#define AGENT_MODEL_PROMPT_H

#include "agent/agent.h"
#include "base/buf.h"

#define MODEL_PROMPT_MAX       24000 /* bytes */
#define MODEL_PROMPT_KNOWLEDGE 12000 /* bytes of questions and answers; what comes after them is left out */
#define MODEL_PROMPT_DAYS      15 /* today and two weeks: a model finds days in a list better than in its head */

void model_prompt_write(const struct agent *a, struct civil_date today, int minute, struct buf *out);

#endif
