/*
 * say.h - numbers, years, letters and pauses as English words
 *
 * The small change of speakable.h: each function appends words to a buffer,
 * separated by one space, so that the result can be read by any voice.
 * Numbers are written without hyphens or commas: "twenty six thousand four".
 *
 * A failure sticks in the buffer (buf.h); nothing here returns one.
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_ALOUD_SAY_H
#define PROVIDER_ALOUD_SAY_H

#include "base/buf.h"

/* Larger numbers are read digit by digit. */
#define SAY_CARDINAL_MAX 999999999999999

/* One word or several, put behind a space where one is due. */
void say_word(struct buf *out, struct str word);

/* The same, its ASCII letters in lower case: for what was written in capitals. */
void say_lower(struct buf *out, struct str word);

/* A mark that voices turn into a pause or a tone: one of , . ; : ? !
 * It clings to the word before it. Nothing happens at the start of the text; of two marks in a row the
 * stronger stays. */
void say_pause(struct buf *out, char mark);

/* 0 .. SAY_CARDINAL_MAX. */
void say_cardinal(struct buf *out, uint64_t n);

/* "twenty first". */
void say_ordinal(struct buf *out, uint64_t n);

/* "nineteen oh five", "two thousand four", "twenty twenty six"; 1000 .. 9999. */
void say_year(struct buf *out, unsigned year);

/* Each digit by its name; other characters are skipped. */
void say_digits(struct buf *out, struct str digits);

/* A run of digits as people read it: a cardinal, or digit by digit when it starts with 0 or is too long. */
void say_integer(struct buf *out, struct str digits);

/* Letters in capitals, a space between them; digits by name, other characters skipped. */
void say_letters(struct buf *out, struct str letters);

/* "room 101" style: 3 and 4 digits in pairs ("one oh one", "twelve thirty four"), more digit by digit. */
void say_house_number(struct buf *out, struct str digits);

#endif
