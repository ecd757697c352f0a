/*
 * spelling.h - letters as people spell them
 *
 * "S M I T H", "s-m-i-t-h", "S for sugar, M for mother", "sierra mike", "double
 * L", and what recognisers write for a letter said alone ("see", "you", "zed").
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_SPELLING_H
#define AGENT_SPELLING_H

#include "agent/words.h"

#define SPELLING_MAX 40

/* One letter at `i`. `inside`: a letter came before, so that "see" may be a C. Returns the words used;
 * letters[ret_n] (one, or two after "double") are lower case. */
size_t spelling_letter(const struct words *ws, size_t i, bool inside, char letters[4], size_t *ret_n);

/* A run of at least `min` letters at `i`. Returns the words used, 0 = none. */
size_t spelling_run(const struct words *ws, size_t i, size_t min, char out[SPELLING_MAX]);

#endif
