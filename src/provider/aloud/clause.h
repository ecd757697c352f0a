/*
 * clause.h - cuts a growing text where a voice can take a breath
 *
 * A model writes token by token; a voice wants whole clauses, and the first
 * one soon. Text is pushed as it comes, and clauses are pulled as soon as it
 * is certain where they end:
 *
 *   push("Sure, one mom") next -> nothing
 *   push("ent. I'll check.") next -> "Sure, one moment. "   (a sentence; the blank behind it is its own)
 *   next(ENDING) -> "I'll check."
 *
 * A CLAUSE_PAUSE ends it whatever follows: who writes one has nothing to say yet.
 *
 * A clause never ends inside a number, a date, an abbreviation, a link, or an
 * open bracket. The first clause is cut at the first comma that leaves
 * something to say; later ones are longer, because a longer clause is spoken
 * better and the voice is ahead by then. All bytes come out again, in order.
 *
 * Where the cuts fall depends on the text alone, not on how it was pushed.
 *
 * Threads: the owner's only. Layer: provider.
 */
#ifndef PROVIDER_ALOUD_CLAUSE_H
#define PROVIDER_ALOUD_CLAUSE_H

#include "base/str.h"

#define CLAUSE_TEXT_MAX  400 /* bytes; a text without a place to cut is cut there, between characters */
#define CLAUSE_PAUSE     '\f'
#define CLAUSE_AHEAD_MAX 32 /* bytes behind a cut that are looked at before it is certain */

enum clause_end {
	CLAUSE_MORE,   /* text may follow */
	CLAUSE_ENDING, /* all text has been pushed */
};

struct clause {
	char text[CLAUSE_TEXT_MAX + CLAUSE_AHEAD_MAX];
	size_t n;      /* bytes in text, the clause that was handed out last included */
	size_t spent;  /* bytes of that clause */
	size_t offset; /* of text[0] in the whole */
	unsigned count;
};

struct clause_piece {
	struct str text;   /* valid until the next call */
	size_t start, end; /* offsets in the whole text */
};

void clause_init(struct clause *c);

/* Takes as much of `text` as there is room for. Returns how many bytes; pull all clauses before pushing more.
 */
size_t clause_push(struct clause *c, struct str text);

/* The next clause. Returns false when none is complete; with CLAUSE_ENDING, when the text is used up. */
bool clause_next(struct clause *c, enum clause_end end, struct clause_piece *ret_piece) must_check;

/* Calls fn with each clause of a whole text, until it returns an error. `later`: as it is cut behind the
 * first clause of an answer, which is cut shorter. Returns 0 or that error. */
int clause_each(struct str text, bool later, int (*fn)(void *arg, struct str clause), void *arg) must_check;

#endif
