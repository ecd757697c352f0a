/*
 * model_expect.h - what an answer to these words will probably be
 *
 * The end-of-turn judge gives digits, dates and spelled letters more time, and a
 * yes less. A flow knows what it has asked for; of a model there are only its
 * words: the last question in them is read for a few signs. In doubt: anything.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_MODEL_EXPECT_H
#define AGENT_MODEL_EXPECT_H

#include "provider/eot/eot.h"

enum eot_expect model_expect(struct str said);

#endif
