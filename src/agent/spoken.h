/*
 * spoken.h - numbers as people say them
 *
 * The parts from which dates, times, amounts and phone numbers are read:
 * "a hundred and five", "twenty-first", "nineteen oh four", "double seven",
 * in words, in figures, or half and half. Each looks at one place of the text
 * and says how many words it used.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_SPOKEN_H
#define AGENT_SPOKEN_H

#include "agent/words.h"

#define SPOKEN_MAX 999999999L

/* All return the number of words used, 0 when there is no such thing at `i`; *ret is set only then. */

/* One word that names one digit: "oh", "nought", "seven", "7". */
size_t spoken_digit(const struct words *ws, size_t i, int *ret_digit);

/* 0 to 99: "seven", "seventeen", "seventy-one", "71". Never "oh". */
size_t spoken_small(const struct words *ws, size_t i, int *ret_value);

/* 0 to SPOKEN_MAX in the usual grammar: "a hundred and five", "two thousand", "1,050". */
size_t spoken_cardinal(const struct words *ws, size_t i, long *ret_value);

/* 1 to 99: "first", "twenty-first", "21st". */
size_t spoken_ordinal(const struct words *ws, size_t i, int *ret_value);

/* 1900 to 2099 in full: "twenty twenty-six", "nineteen oh four", "two thousand and six", "2026". */
size_t spoken_year(const struct words *ws, size_t i, int *ret_year);

#endif
