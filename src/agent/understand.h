/*
 * understand.h - values out of what a recogniser wrote
 *
 *   "next Tuesday, um, at half past ten"  ->  2026-11-24, 10:30
 *   "oh two oh, seven nine four six, double oh three four, no sorry, four two"  ->  02079460042
 *
 * Pure functions over a text and a fixed now: no clock, no state, no allocation.
 * Each finds the value anywhere in the utterance, takes back what the speaker
 * took back, and says which bytes it read, how sure it is, and whether a second
 * reading is as good, so that a dialogue can ask instead of guessing.
 *
 * All return 0, or UNDERSTAND_NOTHING when the text holds no such value (then
 * *ret is untouched).
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_UNDERSTAND_H
#define AGENT_UNDERSTAND_H

#include <stdbool.h>

#include "agent/civil.h"
#include "base/str.h"

enum {
	UNDERSTAND_NOTHING = 1,
};

enum understand_order {
	UNDERSTAND_DAY_FIRST,   /* 3/12 is the 3rd of December */
	UNDERSTAND_MONTH_FIRST, /* 3/12 is the 12th of March */
};

struct understand_context {
	struct civil_date today;
	int minute; /* of the day, now */
	enum understand_order order;
	int open_minute, close_minute; /* business hours: a bare "nine" is the nine that lies in them */
};

/* What every value says of itself. */
struct understood {
	size_t from, to; /* bytes of the text */
	int confidence;  /* per cent: 90 and over was said outright, under 60 is a guess worth a question */
	bool ambiguous;  /* a second reading is as good */
	bool corrected;  /* the speaker took something back on the way */
};

/* ---- numbers ---- */

struct understood_number {
	struct understood how;
	long value; /* 0 to 999,999,999, negative after "minus" */
	bool ordinal;
};

/* "a hundred and five", "twenty twenty-six", "double seven", "the third one". The first number of the text
 * unless it is corrected; ambiguous when others follow. */
int understand_number(struct str text, struct understood_number *ret_number);

#define UNDERSTAND_DIGITS_MAX    32
#define UNDERSTAND_EXTENSION_MAX 8

struct understood_digits {
	struct understood how;
	bool plus;                              /* said with "plus", or "double oh" before a country code */
	char digits[UNDERSTAND_DIGITS_MAX + 1]; /* without the plus */
	char extension[UNDERSTAND_EXTENSION_MAX + 1]; /* "" = none */
};

/* The longest dictated run of digits. "no sorry, four two" replaces the last two digits, or the whole when as
 * many or seven and more follow. */
int understand_digits(struct str text, struct understood_digits *ret_digits);

/* The same where it can be a phone number: 7 to 15 digits (ITU-T E.164). */
int understand_phone(struct str text, struct understood_digits *ret_digits);

/* ---- dates and times ---- */

struct understood_date {
	struct understood how;
	struct civil_date from, to; /* equal for one day; otherwise a span such as "next week" */
	struct civil_date other;    /* the second reading where how.ambiguous and there is one; else year 0 */
	bool mismatch;              /* weekday and date were said and do not agree; the date counts */
};

int understand_date(struct str text, const struct understand_context *c, struct understood_date *ret_date);

struct understood_time {
	struct understood how;
	int from, to; /* minutes of the day; equal for a moment, otherwise a span such as "in the morning" */
	int other;    /* the second reading (twelve hours away) where how.ambiguous; else -1 */
};

int understand_time(struct str text, const struct understand_context *c, struct understood_time *ret_time);

struct understood_when {
	bool has_date, has_time;
	struct understood_date date;
	struct understood_time time;
};

/* Date and time out of one utterance: words that the date used are not read as a time. At least one. */
int understand_when(struct str text, const struct understand_context *c, struct understood_when *ret_when);

struct understood_birth {
	struct understood how;
	struct civil_date date; /* in the past, at most 120 years ago */
};

/* "the third of May nineteen eighty-four", "3/5/84". */
int understand_birth(struct str text, const struct understand_context *c, struct understood_birth *ret_birth);

/* ---- answers, names, addresses ---- */

enum understand_answer {
	UNDERSTAND_YES,
	UNDERSTAND_NO,
	UNDERSTAND_UNSURE, /* "maybe", "I don't know" */
};

struct understood_answer {
	struct understood how;
	enum understand_answer answer;
};

int understand_answer(struct str text, struct understood_answer *ret_answer);

#define UNDERSTAND_NAME_MAX 64

struct understood_name {
	struct understood how;
	bool spelled;
	char full[UNDERSTAND_NAME_MAX]; /* "Jane Smith" */
};

/* "my name is jane smith", "Smith, S M Y T H", "S for sugar ...". Spelled letters win over the word they
 * spell. A bare "Jane Smith" is taken for a name with less confidence: ask for one first. */
int understand_name(struct str text, struct understood_name *ret_name);

#define UNDERSTAND_EMAIL_MAX 128

struct understood_email {
	struct understood how;
	char address[UNDERSTAND_EMAIL_MAX];
};

/* "jane dot smith at gmail dot com", "j underscore smith 84 at ...". */
int understand_email(struct str text, struct understood_email *ret_email);

#endif
