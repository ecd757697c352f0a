/*
 * speakable.h - written text -> words for the ear
 *
 * What a model or an author writes is not what a voice can read: numbers,
 * money, dates, times, telephone numbers, references, addresses of mail and
 * web, abbreviations, units, markdown, emoji. This turns a piece of text into
 * plain American English words with the marks , . ; : ? ! for pauses.
 *
 *   "Dr. Lee, 11/20/2026 at 9:05am: $12.50" ->
 *   "Doctor Lee, November twentieth, twenty twenty six at nine oh five A M: twelve dollars and fifty cents"
 *
 * The result depends on the piece alone. A text cut by clause.h, which never
 * cuts inside a number, an abbreviation or mark-up, reads the same in pieces
 * as whole. Letters outside ASCII are kept; what has no sound is dropped.
 *
 * Roman numerals are not read as numbers.
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_ALOUD_SPEAKABLE_H
#define PROVIDER_ALOUD_SPEAKABLE_H

#include "base/buf.h"

/* No input byte becomes more than this many bytes of output, replacements of the operator aside. */
#define SPEAKABLE_GROWTH_MAX 24

/* How the operator wants a word read: whole words only, whatever their case. */
struct speakable_word {
	struct str written, spoken;
};

struct speakable_opts {
	bool day_first;                     /* 05/06/2026 is the fifth of June; else May sixth */
	const struct speakable_word *words; /* [word_count], NULL for none; borrowed */
	size_t word_count;
};

/* Which bytes of the words were made of which bytes of the text: of a longer one, its beginning. */
#define SPEAKABLE_PLACES_MAX 160

struct speakable_places {
	unsigned count;
	struct {
		uint16_t text, words; /* so many bytes of the text are spoken with so many of the words */
	} at[SPEAKABLE_PLACES_MAX];
};

/* Appends the words of `text` to `out`. `opts` may be NULL.
 * Returns 0, or the error that stuck in `out` (-ENOMEM, -EMSGSIZE). */
int speakable(struct str text, const struct speakable_opts *opts, struct buf *out) must_check;

/* The same; `ret_places` ties the words to the text, which is shorter than 64 KiB. `out` is empty. */
int speakable_placed(struct str text, const struct speakable_opts *opts, struct buf *out,
		     struct speakable_places *ret_places) must_check;

/* How much of the text has been spoken once `words` bytes of the words have. */
size_t speakable_spoken(const struct speakable_places *places, size_t words);

#endif
