#include "agent/date_part.h"

#include <errno.h>

#include "agent/spoken.h"

#define VAGUE_DAYS 13 /* "as soon as possible" looks two weeks ahead */

static const char *const weekdays[] = {
	"monday|mondays|mon",       "tuesday|tuesdays|tue|tues", "wednesday|wednesdays|weds|wensday",
	"thursday|thursdays|thurs", "friday|fridays|fri",        "saturday|saturdays",
	"sunday|sundays",
};

size_t date_part_weekday(const struct words *ws, size_t i, int *ret_weekday)
{
	for (int d = 0; d < 7; d++) {
		if (words_is(ws, i, weekdays[d])) {
			*ret_weekday = d;
			return 1;
		}
	}
	return 0;
}

struct civil_date date_part_on_weekday(struct civil_date from, int weekday)
{
	return civil_add_days(from, (weekday - civil_weekday(from) + 7) % 7);
}

static struct civil_date monday_of(struct civil_date d)
{
	return civil_add_days(d, -civil_weekday(d));
}

static size_t set_day(struct date_part *p, enum date_kind kind, struct civil_date d, int confidence,
		      size_t used)
{
	*p = (struct date_part){.kind = kind, .from = d, .to = d, .confidence = confidence};
	return used;
}

static size_t set_span(struct date_part *p, struct civil_date from, int days, size_t used)
{
	*p = (struct date_part){
		.kind = DATE_SPAN, .from = from, .to = civil_add_days(from, days - 1), .confidence = 90};
	return used;
}

/* ---- days counted from today ---- */

static size_t named_day(const struct words *ws, size_t i, struct civil_date today, struct date_part *p)
{
	static const struct {
		const char *phrase;
		int days;
		size_t spared;
	} names[] = {
		{"the day after tomorrow", 2, 0},
		{"day after tomorrow", 2, 0},
		{"tomorrow week", 8, 0},
		{"today week", 7, 0},
		{"tomorrow|tomorow|tomorrows", 1, 0},
		{"today|todays", 0, 0},
		{"later today", 0, 0},
		{"tonight", 0, 1},
		{"this morning|afternoon|evening|lunchtime", 0, 1},
		{"right|straight away|now", 0, 0},
		{"the day before yesterday", -2, 0},
		{"yesterday", -1, 0},
		{"last night", -1, 0},
	};

	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		size_t n = words_phrase(ws, i, names[k].phrase);
		if (n == 0)
			continue;
		set_day(p, DATE_DAY, civil_add_days(today, names[k].days), 95, n);
		p->spared = names[k].spared;
		return n;
	}
	return 0;
}

enum unit {
	UNIT_DAY,
	UNIT_WEEK,
	UNIT_FORTNIGHT,
	UNIT_MONTH,
	UNIT_YEAR,
};

static struct civil_date add_units(struct civil_date d, long count, enum unit unit)
{
	int n = (int)CLAMP(count, -1000, 1000);

	switch (unit) {
	case UNIT_DAY:
		return civil_add_days(d, n);
	case UNIT_WEEK:
		return civil_add_days(d, 7 * n);
	case UNIT_FORTNIGHT:
		return civil_add_days(d, 14 * n);
	case UNIT_MONTH:
		return civil_add_months(d, n);
	case UNIT_YEAR:
		return civil_add_months(d, 12 * n);
	}
	return d;
}

/* "two weeks", "a couple of days", "a fortnight", "week". */
static size_t amount(const struct words *ws, size_t i, long *ret_count, enum unit *ret_unit)
{
	static const char *const units[] = {"day|days", "week|weeks", "fortnight|fortnights", "month|months",
					    "year|years"};
	size_t used = spoken_cardinal(ws, i, ret_count);

	if (used == 0) {
		*ret_count = 1;
		used = words_is(ws, i, "a|an");
	} else if (*ret_count == 2) {
		used += words_is(ws, i + used, "of");
	}
	for (int u = UNIT_DAY; u <= UNIT_YEAR; u++) {
		if (words_is(ws, i + used, units[u])) {
			*ret_unit = (enum unit)u;
			return used + 1;
		}
	}
	return 0;
}

/* The day from which an amount is counted: "on Monday", "from today", "from now". */
static size_t anchor(const struct words *ws, size_t i, struct civil_date today, struct civil_date *ret)
{
	size_t used = words_is(ws, i, "on|from|after|this|next"), n;
	bool plain = words_is(ws, i, "today|tomorrow");
	int weekday;

	if (used == 0 && !plain)
		return 0;
	*ret = today;
	if (words_is(ws, i + used, "now|today"))
		return used + 1;
	if (words_is(ws, i + used, "tomorrow")) {
		*ret = civil_add_days(today, 1);
		return used + 1;
	}
	used += words_is(ws, i + used, "this|next|coming");
	n = date_part_weekday(ws, i + used, &weekday);
	*ret = n ? date_part_on_weekday(civil_add_days(today, 1), weekday) : today;
	return n ? used + n : 0;
}

/* "in two weeks", "a week on Monday", "three days from now", "in a fortnight's time", "two weeks ago". */
static size_t counted(const struct words *ws, size_t i, struct civil_date today, struct date_part *p)
{
	size_t in = words_phrase(ws, i, "in|within about|around|maybe|roughly");
	struct civil_date base = today;
	enum unit unit;
	long count;

	in = in ? in : words_is(ws, i, "in|within");
	size_t n = amount(ws, i + in, &count, &unit);
	if (n == 0)
		return 0;
	n += in;
	if (words_is(ws, i + n, "ago"))
		return set_day(p, DATE_DAY, add_units(today, -count, unit), 90, n + 1);
	size_t from = anchor(ws, i + n, today, &base);
	if (from == 0 && in == 0)
		return 0;
	n += from;
	n += words_is(ws, i + n, "time");
	return set_day(p, DATE_DAY, add_units(base, count, unit), from ? 90 : 80, n);
}

/* ---- weekdays and weeks ---- */

/* "next Tuesday" is the one of the next calendar week; who says it on a Monday may mean tomorrow. */
static size_t qualified_weekday(const struct words *ws, size_t i, struct civil_date today,
				struct date_part *p)
{
	struct civil_date coming, next;
	size_t used = words_is(ws, i, "the");
	bool is_next = words_is(ws, i + used, "next"), is_last = words_is(ws, i + used, "last");
	bool is_this = words_is(ws, i + used, "this|coming|upcoming|following");
	int weekday;

	if (!is_next && !is_last && !is_this)
		return 0;
	used++;
	used += words_is(ws, i + used, "coming");
	if (date_part_weekday(ws, i + used, &weekday) == 0)
		return 0;
	used++;
	coming = date_part_on_weekday(is_this ? today : civil_add_days(today, 1), weekday);
	if (is_last)
		return set_day(p, DATE_DAY,
			       civil_add_days(coming, civil_weekday(today) == weekday ? -14 : -7), 90, used);
	if (is_this)
		return set_day(p, DATE_DAY, coming, 95, used);
	next = civil_add_days(monday_of(today), 7 + weekday);
	set_day(p, DATE_DAY, next, 90, used);
	if (!civil_eq(coming, next)) {
		p->other = coming;
		p->confidence = 75;
	}
	return used;
}

static size_t plain_weekday(const struct words *ws, size_t i, struct civil_date today, struct date_part *p)
{
	int weekday;

	if (date_part_weekday(ws, i, &weekday) == 0)
		return 0;
	struct civil_date d = date_part_on_weekday(civil_add_days(today, 1), weekday);
	if (words_is(ws, i + 1, "week") && !words_phrase(ws, i + 1, "week after|of"))
		return set_day(p, DATE_DAY, civil_add_days(d, 7), 90, 2);
	if (words_phrase(ws, i + 1, "after next"))
		return set_day(p, DATE_DAY, civil_add_days(d, 7), 80, 3);
	set_day(p, DATE_WEEKDAY, d, 90, 1);
	if (civil_weekday(today) == weekday)
		p->other = today;
	return 1;
}

struct week_phrase {
	const char *phrase;
	int week; /* from this one */
	int first, days;
};

static size_t week(const struct words *ws, size_t i, struct civil_date today, struct date_part *p)
{
	static const struct week_phrase phrases[] = {
		{"the week after next", 2, 0, 7},
		{"week after next", 2, 0, 7},
		{"the week after", 2, 0, 7},
		{"beginning|start of next week", 1, 0, 2},
		{"early next week", 1, 0, 2},
		{"middle of next week", 1, 1, 3},
		{"mid next week", 1, 1, 3},
		{"end of next week", 1, 3, 2},
		{"late next week", 1, 3, 2},
		{"later next week", 1, 2, 3},
		{"end of the|this week", 0, 3, 2},
		{"later this week", 0, 0, 7},
		{"next|following week", 1, 0, 7},
		{"this|the coming week", 1, 0, 7},
		{"this week", 0, 0, 7},
		{"next weekend", 1, 5, 2},
		{"the|this weekend", 0, 5, 2},
		{"weekend|weekends", 0, 5, 2},
	};

	for (size_t k = 0; k < ARRAY_LEN(phrases); k++) {
		const struct week_phrase *w = &phrases[k];
		size_t n = words_phrase(ws, i, w->phrase);
		if (n == 0)
			continue;
		set_span(p, civil_add_days(monday_of(today), 7 * w->week + w->first), w->days, n);
		if (civil_cmp(p->from, today) < 0)
			p->from = today;
		return n;
	}
	return 0;
}

/* ---- the calendar ---- */

/* The first such day from today on. */
static struct civil_date with_year(struct civil_date d, struct civil_date today)
{
	if (d.year)
		return d;
	for (d.year = today.year; !civil_valid(d) || civil_cmp(d, today) < 0;)
		d.year++;
	return d;
}

/* "the week of the 7th of December", "week commencing 7 December". */
static size_t week_of(const struct words *ws, size_t i, const struct understand_context *c,
		      struct date_part *p)
{
	struct civil_date d;
	size_t used = words_phrase(ws, i, "week of|commencing|beginning|starting|from");
	size_t n;

	if (used == 0)
		return 0;
	used += words_is(ws, i + used, "monday|the");
	n = date_part_calendar(ws, i + used, c->order, &d);
	if (n == 0)
		return 0;
	return set_span(p, monday_of(with_year(d, c->today)), 7, used + n);
}

static size_t calendar(const struct words *ws, size_t i, const struct understand_context *c,
		       struct date_part *p)
{
	struct civil_date d;
	size_t n = date_part_calendar(ws, i, c->order, &d);

	return n ? set_day(p, DATE_FULL, with_year(d, c->today), 95, n) : 0;
}

/* "the 21st"; "first thing" and "a second" are none. */
static size_t day_number(const struct words *ws, size_t i, struct civil_date today, struct date_part *p)
{
	static const char after[] =
		"thing|one|ones|available|appointment|time|slot|floor|of|name|class|option|half|"
		"opinion|person|visit|thirds|quarter|opening|possible|doctor|letter|digit|two";
	size_t the = words_is(ws, i, "the");
	bool cardinal_date;
	int day;
	size_t n = spoken_ordinal(ws, i + the, &day);

	cardinal_date = n == 0 && the && i > 0 && date_part_weekday(ws, i - 1, &(int){0});
	if (cardinal_date)
		n = spoken_small(ws, i + the, &day);
	if (n == 0 || day < 1 || day > 31 || words_is(ws, i + the + n, after))
		return 0;
	if (!the && !ws->w[i].ordinal && !(i > 0 && date_part_weekday(ws, i - 1, &(int){0})))
		return 0;
	struct civil_date d = {today.year, today.month, day};
	while (!civil_valid(d) || civil_cmp(d, today) < 0) {
		d = civil_add_months((struct civil_date){d.year, d.month, 1}, 1);
		d.day = day;
	}
	return set_day(p, DATE_NUMBER, d, 90, the + n);
}

/* "in December", "early January", "next month", "the end of the month". */
static size_t month_span(const struct words *ws, size_t i, struct civil_date today, struct date_part *p)
{
	static const char *const names[] = {"january",   "february", "march",    "april",
					    "may",       "june",     "july",     "august",
					    "september", "october",  "november", "december"};
	size_t lead = words_is(ws, i, "in|during|early|late|mid|sometime");
	struct civil_date d = {today.year, today.month, 1};
	size_t n = words_phrase(ws, i, "next month");

	if (n > 0) {
		d = civil_add_months(d, 1);
		return set_span(p, d, civil_month_days(d.year, d.month), n);
	}
	n = words_phrase(ws, i, "end of the|this month");
	n = n ? n : words_phrase(ws, i, "later this month");
	n = n ? n : words_phrase(ws, i, "this month");
	if (n > 0)
		return set_span(p, today, civil_month_days(d.year, d.month) - today.day + 1, n);
	for (int m = 0; lead && m < 12; m++) {
		if (!words_is(ws, i + lead, names[m]))
			continue;
		d.month = m + 1;
		d.year += d.month < today.month;
		size_t year = spoken_year(ws, i + lead + 1, &d.year);
		return set_span(p, d, civil_month_days(d.year, d.month), lead + 1 + year);
	}
	return 0;
}

static size_t vague(const struct words *ws, size_t i, struct civil_date today, struct date_part *p)
{
	static const char *const phrases[] = {"as soon as possible",
					      "as soon as you can",
					      "as early as possible",
					      "asap",
					      "next|first available",
					      "next|first free",
					      "next|first possible",
					      "the earliest|soonest",
					      "earliest|soonest",
					      "any|whichever|whatever day",
					      "whenever",
					      "first appointment|slot",
					      "the first one you have|got",
					      NULL};
	size_t n = words_any(ws, i, phrases);

	if (n == 0)
		return 0;
	*p = (struct date_part){
		.kind = DATE_VAGUE, .from = today, .to = civil_add_days(today, VAGUE_DAYS), .confidence = 75};
	return n;
}

size_t date_part_at(const struct words *ws, size_t i, const struct understand_context *c,
		    struct date_part *ret)
{
	size_t n = named_day(ws, i, c->today, ret);

	n = n ? n : week_of(ws, i, c, ret);
	n = n ? n : week(ws, i, c->today, ret);
	n = n ? n : counted(ws, i, c->today, ret);
	n = n ? n : qualified_weekday(ws, i, c->today, ret);
	n = n ? n : calendar(ws, i, c, ret);
	n = n ? n : month_span(ws, i, c->today, ret);
	n = n ? n : plain_weekday(ws, i, c->today, ret);
	n = n ? n : day_number(ws, i, c->today, ret);
	return n ? n : vague(ws, i, c->today, ret);
}
