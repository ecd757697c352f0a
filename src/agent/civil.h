/*
 * civil.h - days and minutes as a diary writes them
 *
 * A date of the proleptic Gregorian calendar without clock or time zone: who
 * asks brings today along. Weekdays count from Monday = 0, as ISO 8601 does.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_CIVIL_H
#define AGENT_CIVIL_H

#include <stdbool.h>

#include "base/str.h"

#define CIVIL_DAY_MINUTES 1440

struct civil_date {
	int year, month, day;
};

/* Whether the calendar has this day (years 1 to 9999). */
bool civil_valid(struct civil_date d);

/* Days since 1970-01-01, and back. */
int civil_days(struct civil_date d);
struct civil_date civil_from_days(int days);

struct civil_date civil_add_days(struct civil_date d, int days);

/* The same day of a later month; the last one where that month is shorter. */
struct civil_date civil_add_months(struct civil_date d, int months);

int civil_month_days(int year, int month);
int civil_weekday(struct civil_date d);

/* < 0, 0, > 0 */
int civil_cmp(struct civil_date a, struct civil_date b);

static inline bool civil_eq(struct civil_date a, struct civil_date b)
{
	return civil_cmp(a, b) == 0;
}

/* "2026-12-03". Returns buf. */
#define CIVIL_ISO_BYTES 16
const char *civil_iso(struct civil_date d, char buf[CIVIL_ISO_BYTES]);

/* Reads that form. Returns 0 or -EBADMSG. */
int civil_read(struct str s, struct civil_date *ret_date) must_check;

/* "10:30". Returns buf. */
#define CIVIL_CLOCK_BYTES 8
const char *civil_clock(int minute, char buf[CIVIL_CLOCK_BYTES]);

/* Reads that form (0:00 to 24:00) into minutes of the day. Returns 0 or -EBADMSG. */
int civil_read_clock(struct str s, int *ret_minute) must_check;

/* "Tuesday", "December"; NULL outside the range. */
const char *civil_weekday_name(int weekday);
const char *civil_month_name(int month);

/* As a voice says it: "Tuesday the 1st of December", with ", 1984" when the year is another than `today`'s.
 * Returns buf. */
#define CIVIL_SPOKEN_BYTES 64
const char *civil_spoken(struct civil_date d, struct civil_date today, char buf[CIVIL_SPOKEN_BYTES]);

/* As a voice says it: "10:30 in the morning", "noon". Returns buf. */
const char *civil_spoken_clock(int minute, char buf[CIVIL_SPOKEN_BYTES]);

#endif
