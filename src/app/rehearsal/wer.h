/*
 * wer.h - how many words a recogniser got wrong
 *
 * Word error rate as the field counts it: substitutions, insertions and
 * deletions of the cheapest alignment, over the words that were said. Both
 * texts are first brought to one spelling, the same way for both, so that the
 * way of writing is not counted as hearing: letters become small, punctuation
 * goes, apostrophes vanish inside words, hyphens part words, figures become
 * words ("6" is "six", "500" is "five hundred", "1234" is said digit by digit),
 * "*" and "#" are "star" and "pound", and a word that one side writes in two
 * ("voice mail") equals the other's one. Nothing else is forgiven: "I'm" for
 * "I am" is an error, and so is a slip of the pen in what was said.
 *
 * Threads: any. Layer: app.
 */
#ifndef APP_REHEARSAL_WER_H
#define APP_REHEARSAL_WER_H

#include "base/buf.h"
#include "base/str.h"

#define WER_WORDS_MAX 400 /* of a text; longer ones are refused */

struct wer {
	size_t said, wrong;          /* words */
	size_t sentences, exact;     /* texts */
	size_t swapped, added, lost; /* wrong, by kind */
};

/* Appends `text` in the common spelling: words of [a-z0-9] parted by one blank. */
void wer_normalise(struct str text, struct buf *out);

/* Scores `heard` against `said`, adding to `sum`. Returns the number of wrong words, -EMSGSIZE for a text
 * over WER_WORDS_MAX words, or -ENOMEM; then nothing was added. */
int wer_add(struct wer *sum, struct str said, struct str heard) must_check;

/* In per cent; 0 when nothing was said. */
double wer_percent(const struct wer *w);

#endif
