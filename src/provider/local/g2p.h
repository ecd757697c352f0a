/*
 * g2p.h - English words to the phonetic alphabet that Kokoro was trained on
 *
 * The pronunciation of a word comes from the CMU dictionary and rules inside
 * flite (flite_door.h); what those get wrong, contractions, letters and words
 * that sound differently as noun and verb are settled here. Its phones are
 * then written in the alphabet of Kokoro's training texts: IPA with one
 * capital for each diphthong, the stress mark right before the vowel, the
 * flapped t of American English as T.
 *
 *   "The record, at ten." -> "ðə ɹˈɛkəɹd, æt tˈɛn."
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_G2P_H
#define PROVIDER_LOCAL_G2P_H

#include "base/buf.h"

/* Appends `words` (as of speakable.h), phonetically, to `out`: words separated by one blank, the marks
 * , . ; : ? ! kept. Returns 0 or the error that stuck in `out`. */
int g2p(struct str words, struct buf *out) must_check;

#endif
