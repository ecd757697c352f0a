/*
 * date_part.h - one expression for a day, at one place of a text
 *
 * "tomorrow", "next Tuesday", "a week on Monday", "the third of December",
 * "3/12", "the week after next". understand_date() puts several together:
 * a weekday with a date, a weekday inside a week, one of two, a span.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_DATE_PART_H
#define AGENT_DATE_PART_H

#include "agent/understand.h"
#include "agent/words.h"

enum date_kind {
	DATE_WEEKDAY, /* "Tuesday", alone */
	DATE_DAY,     /* relative: "tomorrow", "next Tuesday" */
	DATE_NUMBER,  /* "the 21st": the month is open */
	DATE_FULL,    /* day and month */
	DATE_SPAN,    /* "next week", "December" */
	DATE_VAGUE,   /* "as soon as possible", "any day" */
};

struct date_part {
	enum date_kind kind;
	struct civil_date from, to;
	struct civil_date other; /* a second reading as good as the first, year 0 = none */
	int confidence;
	size_t spared; /* words at its end that also speak of the time of day ("tonight") */
};

/* Returns the number of words the expression at `i` spans, 0 = none. */
size_t date_part_at(const struct words *ws, size_t i, const struct understand_context *c,
		    struct date_part *ret);

/* "Tuesday" in its forms. Returns the words used. */
size_t date_part_weekday(const struct words *ws, size_t i, int *ret_weekday);

/* The first such weekday from `from` on. */
struct civil_date date_part_on_weekday(struct civil_date from, int weekday);

/* A date of the calendar at `i`: "3rd of December 1984", "May 3rd", "3/5/84". Returns the words used; year 0
 * where none was said. */
size_t date_part_calendar(const struct words *ws, size_t i, enum understand_order order,
			  struct civil_date *ret);

#endif
