/*
 * meaning.h - which intent, which answer: the nearest examples
 *
 * Built once an agent: the directions of all examples of its intents and of all
 * questions of its knowledge. What a caller said is compared with them; an
 * intent's score is the mean of its best two examples. It is accepted above a
 * threshold and only if clearly ahead of the next; anything else is out of
 * scope, which a caller is told instead of being sent the wrong way.
 *
 * Exact phrases come first and need no model: emergencies and the wish for a
 * human must not depend on one. They look at the words before them: "no chest
 * pain" is no emergency.
 *
 * Threads: meaning_new() blocks (one embedding an example): pool; afterwards
 * read-only, any. Layer: agent.
 */
#ifndef AGENT_MEANING_H
#define AGENT_MEANING_H

#include "agent/agent.h"
#include "agent/knowledge.h"
#include "provider/local/embed.h"

struct meaning;

struct meaning_intent {
	const struct agent_intent *intent; /* the nearest; NULL when the agent has none with examples */
	const struct agent_intent *second; /* the next; NULL when there is none */
	float score, runner_up;
	bool accepted;
};

struct meaning_faq {
	const struct faq_entry *entry; /* the nearest; NULL when there is no knowledge */
	float score;
};

/* `a` must outlive it. Returns 0, -ENOMEM, or what embed_text() returns. */
int meaning_new(const struct agent *a, struct embed *e, struct meaning **ret_meaning) must_check;
struct meaning *meaning_free(struct meaning *m);

struct meaning_intent meaning_intent(const struct meaning *m, const struct embedding *said);
/* How near it is to one intent. */
float meaning_score(const struct meaning *m, const struct agent_intent *in, const struct embedding *said);

struct meaning_faq meaning_faq(const struct meaning *m, const struct embedding *said);

/* The intent one of whose phrases stands in the text, not denied; NULL = none. Emergencies are looked for
 * first, then humans, then the rest in the file's order. */
const struct agent_intent *meaning_phrase(const struct agent *a, struct str text);

#endif
