/*
 * babble.h - text as sound that a machine reads back
 *
 * Each letter is a level held for as long as it lasts, so that a fake
 * recogniser really recognises what it was fed, a fake ear really hears what
 * was played, and a word whose first sound was lost is lost.
 *
 * Threads: any.
 */
#ifndef TESTS_SCENARIO_BABBLE_H
#define TESTS_SCENARIO_BABBLE_H

#include <stdbool.h>
#include <stdint.h>

#define BABBLE_SILENCE ((int16_t)-1)
#define BABBLE_NOISE   '\x7f' /* a letter that is no letter: a cough, a door */

/* The level of the letter number `index` of a text; neighbours differ even when they are the same letter. */
int16_t babble_sample(char c, unsigned index);

/* Reads sound sample by sample. A zeroed one has heard silence. */
struct babble_ear {
	int16_t last;
};

/* Whether a new letter begins with `sample`. */
bool babble_hear(struct babble_ear *e, int16_t sample, char *ret_c);

#endif
