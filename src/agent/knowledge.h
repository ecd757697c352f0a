/*
 * knowledge.h - frequent questions and their answers
 *
 * A small file of entries, each with the ways people ask and one answer written
 * to be heard. What was asked is compared by meaning with every way of asking;
 * below the threshold there is no answer rather than a wrong one.
 *
 *   - source: opening-hours
 *     questions: [When are you open?, What time do you close?]
 *     answer: We are open from eight to six, Monday to Friday.
 *
 * Threads: read-only after building, then any. Layer: agent.
 */
#ifndef AGENT_KNOWLEDGE_H
#define AGENT_KNOWLEDGE_H

#include "base/opt.h"

struct faq_entry {
	struct str source; /* named in the trail */
	struct opt_strs questions;
	struct str answer;
};

extern const struct opt_table faq_table;

#endif
