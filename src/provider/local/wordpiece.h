/*
 * wordpiece.h - text to the token numbers that BERT's descendants read
 *
 * Text is made small, accents are taken off Latin letters, punctuation and
 * Chinese characters become words of their own; then each word is cut into the
 * longest pieces that the vocabulary knows, from the left, later pieces being
 * written "##ing". A word that cannot be cut is [UNK].
 *
 *   "Rescheduling?" -> [CLS] res ##che ##du ##ling ? [SEP]
 *
 * The vocabulary is the `model.vocab` map of a tokenizer.json. Accents and
 * small letters are known for Latin up to U+017F; other scripts, and letters
 * such as U+00D8 that are no accented plain one, pass as they are written.
 *
 * Threads: read-only after making. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_WORDPIECE_H
#define PROVIDER_LOCAL_WORDPIECE_H

#include "base/str.h"

#define WORDPIECE_VOCABULARY_MAX 200000
/* Bytes; longer words are [UNK], as in the original, which counts letters. */
#define WORDPIECE_WORD_MAX 100

struct wordpiece;

/* From the text of a tokenizer.json. Returns 0, -EBADMSG when it is none or lacks [CLS], [SEP] or [UNK],
 * -EMSGSIZE beyond the limits, -ENOMEM. */
int wordpiece_new(struct str tokenizer_json, struct wordpiece **ret_wordpiece) must_check;
struct wordpiece *wordpiece_free(struct wordpiece *w);

/* Fills ids[max] (max >= 2) with [CLS], the pieces of `text`, cut short where they do not fit, and [SEP].
 * Invalid UTF-8 is skipped. Returns how many ids there are. */
size_t wordpiece_encode(const struct wordpiece *w, struct str text, int64_t *ids, size_t max);

#endif
