/*
 * words.h - a recogniser's text as words
 *
 * Recognisers differ in capitals, commas and in how they write numbers ("10.30",
 * "10:30", "ten thirty"). Here text becomes runs of letters and runs of digits,
 * lower case, apostrophes gone ("don't" is "dont"), hesitations dropped; the
 * punctuation before a word is kept as its mark, because "3/12" and "no, two"
 * need it. "p.m." is one word, "3rd" is the number 3 marked ordinal, "@" is "at".
 *
 * Words that a reading has used are taken (words_take), so that the next reading
 * of the same text does not see them.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_WORDS_H
#define AGENT_WORDS_H

#include <stdbool.h>

#include "base/str.h"

#define WORDS_MAX      160 /* a caller's monologue is cut long before; what follows is not read */
#define WORD_MAX_BYTES 32  /* of the lower-case form; longer words are cut */

struct word {
	struct str raw; /* in the text */
	char low[WORD_MAX_BYTES];
	bool digits;  /* a run of digits; `low` holds them */
	bool ordinal; /* "3rd" */
	bool glued;   /* no blank before it */
	bool taken;
	char mark; /* the last punctuation before it, 0 = none */
};

struct words {
	struct str text;
	size_t n;
	struct word w[WORDS_MAX];
};

/* Reads the text; the words point into it. */
void words_read(struct words *ws, struct str text);

/* Whether word `i` exists, is not taken and is one of the `|`-separated alternatives. */
bool words_is(const struct words *ws, size_t i, const char *alternatives);

/* Whether the words from `i` on are this blank-separated phrase, each place with alternatives ("this|next
 * week"). Returns the number of words matched, 0 when it is not there. */
size_t words_phrase(const struct words *ws, size_t i, const char *phrase);

/* The first of a NULL-ended list of phrases that stands at `i`. Returns its length in words, 0 = none. */
size_t words_any(const struct words *ws, size_t i, const char *const *phrases);

/* Whether the phrase stands anywhere from `from` on; its place and length are returned where asked for. */
bool words_find(const struct words *ws, size_t from, const char *phrase, size_t *ret_at, size_t *ret_n);

/* Words [i, i+n) are used up. */
void words_take(struct words *ws, size_t i, size_t n);

/* Whether word `i` is there to be read. */
static inline bool words_has(const struct words *ws, size_t i)
{
	return i < ws->n && !ws->w[i].taken;
}

/* Byte offsets of words [i, i+n) in the text. */
size_t words_from(const struct words *ws, size_t i);
size_t words_to(const struct words *ws, size_t end);

/* A phrase with which a speaker takes back what was just said ("no sorry", "I mean"), at `i`. Returns its
 * length in words, 0 = none. A lone "no" or "sorry" counts only with speech before it. */
size_t words_correction(const struct words *ws, size_t i);

#endif
