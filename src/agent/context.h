/*
 * context.h - what a model is told of the conversation so far, never more than its window
 *
 * The caller's words, the agent's as far as they were heard, and tools with
 * their results, in order. A turn begins with words of the caller's and is kept
 * or dropped whole: the oldest go first, and what they were about stays behind
 * as a line or two of summary. System text, tools and the last turn always stand.
 *
 *   [system + summary][ turn: caller, tool+result, agent ][ turn ... ][ last turn ]
 *                      ^ dropped first
 *
 * A tool and its result are one entry, so that none is ever sent without the
 * other: for a result that is not there yet a sentence stands in. Neighbours of
 * the same speaker are joined, so that speakers alternate, as some models insist.
 *
 * Threads: the owner's only. Layer: agent.
 */
#ifndef AGENT_CONTEXT_H
#define AGENT_CONTEXT_H

#include "base/arena.h"
#include "base/buf.h"
#include "provider/llm/llm.h"

#define CONTEXT_ENTRIES_MAX 256
#define CONTEXT_BYTES_MAX   (512u * 1024) /* of all entries */
#define CONTEXT_TEXT_MAX    8192          /* of one text; the rest is cut off */
#define CONTEXT_SUMMARY_MAX 2000          /* bytes; its oldest lines go first */

struct context_entry;

struct context {
	struct context_entry *entries[CONTEXT_ENTRIES_MAX];
	size_t count, bytes;
	size_t turns_dropped;
	struct buf summary;
};

void context_init(struct context *c);
void context_fini(struct context *c);

/* Words of the caller's: a turn begins, unless the last entry is theirs, too. Returns 0 or -ENOMEM. */
int context_caller(struct context *c, struct str text) must_check;

/* What the caller heard of the agent. Returns 0, -ENOMEM, or -ENOSPC when one turn is too long for all there
 * is; so does the next. */
int context_agent(struct context *c, struct str heard) must_check;

struct context_call {
	struct str id, name, arguments;
	struct str
		said; /* before it in the same answer: told to the model until it is known what was heard */
	struct str carry; /* see llm.h; forgotten when the next turn begins */
};

/* A tool is called. */
int context_tool(struct context *c, const struct context_call *call) must_check;

/* Its result, JSON. One that was dropped meanwhile is forgotten. Returns 0 or -ENOMEM. */
int context_result(struct context *c, struct str id, struct str result) must_check;

/* Forgets what tools' `said`: it was heard and is told by context_agent(), or was not. */
void context_unsay(struct context *c);

/* An estimate that is rather too high: letters cost a token for every four of a word, anything else one each.
 * Measured against the vocabularies o200k and cl100k: 1.4 to 1.9 times their count on agents' files, 1.0 on
 * the worst line of them; too low (half) only for words of random letters. */
size_t context_tokens(struct str text);

struct context_request {
	struct str system;
	const struct llm_tool *tools;
	size_t tool_count;
	struct str more;      /* words of the caller's that are not certain yet; empty = none */
	size_t window, reply; /* tokens: of everything, and what is kept free for the answer */
};

/* Drops what does not fit and writes the rest as messages into `a`; their texts are valid until `c` changes
 * or `a` ends. Returns 0, -EMSGSIZE when not even the last turn fits, or -ENOMEM. */
int context_write(struct context *c, const struct context_request *r, struct arena *a,
		  const struct llm_message **ret_messages, size_t *ret_count) must_check;

/* What happened, by the rule of the summary, for people: one line. */
void context_tell(const struct context *c, struct buf *out);

#endif
