/*
 * Rules for dates and times of day, the American way: the month before the
 * day, "ten thirty P M" for 22:30.
 */
#include "provider/aloud/speak.h"

struct date {
	unsigned year, month, day; /* 0 = not said */
	size_t n;                  /* bytes */
};

static const char *const months[] = {"",     "January", "February",  "March",   "April",    "May",     "June",
				     "July", "August",  "September", "October", "November", "December"};

static const struct speak_entry weekdays[] = {
	{"Mon", "Monday"},   {"Tue", "Tuesday"},   {"Tues", "Tuesday"},   {"Wed", "Wednesday"},
	{"Thu", "Thursday"}, {"Thur", "Thursday"}, {"Thurs", "Thursday"}, {"Fri", "Friday"},
	{"Sat", "Saturday"}, {"Sun", "Sunday"},
};

static unsigned small_value(struct str digits)
{
	int64_t value;

	return str_to_int(digits, 0, 9999, &value) < 0 ? 0 : (unsigned)value;
}

/* The month whose name, or whose first three letters ("Sept" too), stand at `i`, with the point of an
 * abbreviation. Returns the bytes; 0 when there is none. */
static size_t month_at(struct str text, size_t i, unsigned *ret_month)
{
	struct str word = str_sub(text, i, speak_letters(text, i));

	if (!speak_is_upper(speak_char(text, i)))
		return 0;
	for (unsigned m = 1; m < ARRAY_LEN(months); m++) {
		struct str name = str_from(months[m]);
		bool whole = str_ieq(word, name);

		if (!whole && !str_ieq(word, str_sub(name, 0, 3)) && !(m == 9 && str_ieq(word, STR("Sept"))))
			continue;
		*ret_month = m;
		return word.n + (!whole && speak_char(text, i + word.n) == '.');
	}
	return 0;
}

/* A day of the month at `i`: "20", "20th". Returns the bytes. */
static size_t day_at(struct str text, size_t i, unsigned *ret_day)
{
	size_t n = speak_digits(text, i);
	unsigned day = n <= 2 ? small_value(str_sub(text, i, n)) : 0;

	if (day < 1 || day > 31)
		return 0;
	if (!speak_ends(text, i + n)) {
		if (!speak_in_list("st nd rd th", str_sub(text, i + n, 2)) || !speak_ends(text, i + n + 2))
			return 0;
		n += 2;
	}
	*ret_day = day;
	return n;
}

/* A year behind a date at `i`: ", 2026", " 2026". Returns the bytes. */
static size_t year_behind(struct str text, size_t i, unsigned *ret_year)
{
	size_t from = i + (speak_char(text, i) == ','), n;

	if (speak_char(text, from) != ' ')
		return 0;
	from++;
	n = speak_digits(text, from);
	if (n != 4 || !speak_ends(text, from + n) || small_value(str_sub(text, from, n)) < 1000)
		return 0;
	*ret_year = small_value(str_sub(text, from, n));
	return from + n - i;
}

static void say_date(struct buf *out, const struct date *d)
{
	say_word(out, str_from(months[d->month]));
	if (d->day)
		say_ordinal(out, d->day);
	if (d->year) {
		if (d->day)
			say_pause(out, ',');
		say_year(out, d->year);
	}
}

static bool valid(const struct date *d)
{
	return d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= 31;
}

/* 2026-11-20 (a time of day behind a T is left to the next rule). */
static size_t iso_date(struct str text, size_t i, struct date *ret_date)
{
	struct date d = {.n = 10};

	if (speak_digits(text, i) != 4 || speak_char(text, i + 4) != '-' || speak_digits(text, i + 5) != 2 ||
	    speak_char(text, i + 7) != '-' || speak_digits(text, i + 8) != 2)
		return 0;
	d.year = small_value(str_sub(text, i, 4));
	d.month = small_value(str_sub(text, i + 5, 2));
	d.day = small_value(str_sub(text, i + 8, 2));
	if (!valid(&d) || d.year < 1000)
		return 0;
	d.n += speak_char(text, i + 10) == 'T' && speak_digits(text, i + 11) == 2;
	*ret_date = d;
	return d.n;
}

/* Two numbers as day and month: whichever is possible, else as the locale has it. */
static void order(struct date *d, unsigned first, unsigned second, bool day_first)
{
	if (first > 12 || (day_first && second <= 12)) {
		d->day = first;
		d->month = second;
	} else {
		d->month = first;
		d->day = second;
	}
}

/* 20/11/2026, 11-20-2026, 20.11.2026, 11/20/26; and 11/20 alone behind "on", "by" and the like. */
static size_t numeric_date(const struct speak *s, struct date *ret_date)
{
	static const char cues[] = "on by until till before after from since dated due date dob";
	size_t i = s->at, a = speak_digits(s->text, i), b, c;
	char sep = speak_char(s->text, i + a);
	struct date d = {0};

	if (a < 1 || a > 2 || (sep != '/' && sep != '-' && sep != '.'))
		return 0;
	b = speak_digits(s->text, i + a + 1);
	if (b < 1 || b > 2)
		return 0;
	order(&d, small_value(str_sub(s->text, i, a)), small_value(str_sub(s->text, i + a + 1, b)),
	      sep == '.' || (s->opts && s->opts->day_first));
	d.n = a + 1 + b;
	c = speak_char(s->text, i + d.n) == sep ? speak_digits(s->text, i + d.n + 1) : 0;
	if (c == 4 || (c == 2 && sep == '/')) {
		d.year = small_value(str_sub(s->text, i + d.n + 1, c)) + (c == 2 ? 2000 : 0);
		d.n += 1 + c;
	} else if (c > 0 || sep != '/' || !speak_in_list(cues, speak_word_before(s->text, i))) {
		return 0;
	}
	if (!valid(&d) || !speak_ends(s->text, i + d.n) || (d.year && d.year < 1000))
		return 0;
	*ret_date = d;
	return d.n;
}

/* The end of a range of days: "Nov 20-22". */
static size_t day_range(struct speak *s, size_t i)
{
	size_t dash = speak_dash(s->text, i), n;
	unsigned day;

	if (dash == 0)
		return 0;
	n = day_at(s->text, i + dash, &day);
	if (n == 0 || speak_char(s->text, i + dash + n) == ':')
		return 0;
	say_word(s->out, STR("to"));
	say_ordinal(s->out, day);
	return dash + n;
}

/* Nov 20, November 20th, 2026, Nov. 20-22, November 2026, and a month's short name with its point. */
static size_t month_first(struct speak *s)
{
	struct date d = {0};
	size_t n = month_at(s->text, s->at, &d.month), day, range = 0;

	if (n == 0)
		return 0;
	day = speak_char(s->text, s->at + n) == ' ' ? day_at(s->text, s->at + n + 1, &d.day) : 0;
	if (day > 0 && speak_char(s->text, s->at + n + 1 + day) == ':')
		day = d.day = 0;
	d.n = n + (day ? 1 + day : 0);
	if (day == 0 && s->text.p[s->at + n - 1] != '.' && n <= 4 && d.month != 5)
		return 0;
	if (day > 0) {
		struct date no_year = {.month = d.month, .day = d.day};

		say_date(s->out, &no_year);
		range = day_range(s, s->at + d.n);
		d.n += range;
	} else {
		say_word(s->out, str_from(months[d.month]));
		if (s->at + d.n == s->text.n && s->text.p[s->at + n - 1] == '.')
			say_pause(s->out, '.');
	}
	n = year_behind(s->text, s->at + d.n, &d.year);
	if (n > 0) {
		if (day > 0)
			say_pause(s->out, ',');
		say_year(s->out, d.year);
	}
	return d.n + n;
}

/* 20 November 2026, 20th Nov; "the 20th of November" keeps its order. */
static size_t day_first(struct speak *s)
{
	struct date d = {0};
	size_t n = day_at(s->text, s->at, &d.day), month;
	bool of = false;

	if (n == 0 || speak_char(s->text, s->at + n) != ' ')
		return 0;
	n++;
	if (str_starts(str_sub(s->text, s->at + n, s->text.n), STR("of "))) {
		of = true;
		n += 3;
	}
	month = month_at(s->text, s->at + n, &d.month);
	if (month == 0)
		return 0;
	d.n = n + month;
	d.n += year_behind(s->text, s->at + d.n, &d.year);
	if (!of) {
		say_date(s->out, &d);
		return d.n;
	}
	say_ordinal(s->out, d.day);
	say_word(s->out, STR("of"));
	d.day = 0;
	say_date(s->out, &d);
	return d.n;
}

/* Mon, Nov 20; Tue 10:30; Mon-Fri; Sat. */
static size_t weekday(struct speak *s)
{
	struct str word = str_sub(s->text, s->at, speak_letters(s->text, s->at));
	const struct speak_entry *day = speak_find(weekdays, ARRAY_LEN(weekdays), word), *last = NULL;
	size_t i = s->at + word.n, dash;
	unsigned month;
	char next = speak_char(s->text, i);

	if (!day || !speak_is_upper(word.p[0]))
		return 0;
	dash = speak_dash(s->text, i);
	if (dash > 0)
		last = speak_find(weekdays, ARRAY_LEN(weekdays),
				  str_sub(s->text, i + dash, speak_letters(s->text, i + dash)));
	if (last) {
		say_word(s->out, str_from(day->spoken));
		say_word(s->out, STR("to"));
		say_word(s->out, str_from(last->spoken));
		return word.n + dash + speak_letters(s->text, i + dash);
	}
	/* "Sun" and "Sat" are words too: something of a date must follow. */
	if (str_ieq(word, STR("Sat")) || str_ieq(word, STR("Sun")) || str_ieq(word, STR("Wed"))) {
		size_t at = i + (next == ',' || next == '.');

		at += speak_blanks(s->text, at);
		if (next != '.' && !speak_is_digit(speak_char(s->text, at)) && !month_at(s->text, at, &month))
			return 0;
	}
	say_word(s->out, str_from(day->spoken));
	return word.n + (next == '.' && speak_char(s->text, i + 1) != 0);
}

/* Any date. */
size_t speak_date_rule(struct speak *s)
{
	struct date d;
	size_t n;

	if (iso_date(s->text, s->at, &d) || numeric_date(s, &d)) {
		say_date(s->out, &d);
		return d.n;
	}
	n = month_first(s);
	n = n ? n : day_first(s);
	return n ? n : weekday(s);
}

/* ---- times of day ---- */

enum half {
	HALF_NONE,
	HALF_AM,
	HALF_PM,
};

struct clock {
	unsigned hour, minute, second;
	enum half half;
	bool has_minute, has_second;
	size_t n;
};

/* am, a.m., PM, with or without a blank before it. The point that ends a sentence is left alone. */
static size_t half_at(struct str text, size_t i, enum half *ret_half)
{
	size_t blank = speak_char(text, i) == ' ', n = i + blank;
	char first = str_lower(speak_char(text, n));
	bool points = speak_char(text, n + 1) == '.';
	char next;

	if ((first != 'a' && first != 'p') || str_lower(speak_char(text, n + 1 + points)) != 'm')
		return 0;
	n += 2 + points;
	if (!speak_ends(text, n))
		return 0;
	if (points && speak_char(text, n) == '.') {
		next = speak_char(text, n + 1 + speak_blanks(text, n + 1));
		if (next != 0 && !speak_is_upper(next))
			n++;
	}
	*ret_half = first == 'a' ? HALF_AM : HALF_PM;
	return n - i;
}

/* 10:30, 9am, 15:00:20, 7.30pm. With `bare` a lone number of hours is one too: the start of "9-5pm". */
static size_t clock_at(struct str text, size_t i, bool bare, struct clock *ret_clock)
{
	size_t h = speak_digits(text, i);
	struct clock c = {.n = h};
	char sep = speak_char(text, i + h);

	if (h < 1 || h > 2)
		return 0;
	c.hour = small_value(str_sub(text, i, h));
	if ((sep == ':' || sep == '.') && speak_digits(text, i + h + 1) == 2) {
		c.minute = small_value(str_sub(text, i + h + 1, 2));
		c.has_minute = true;
		c.n += 3;
		if (sep == ':' && speak_char(text, i + c.n) == ':' && speak_digits(text, i + c.n + 1) == 2) {
			c.second = small_value(str_sub(text, i + c.n + 1, 2));
			c.has_second = true;
			c.n += 3;
		}
	}
	c.n += half_at(text, i + c.n, &c.half);
	if (sep == '.' && c.has_minute && c.half == HALF_NONE)
		return 0;
	if (!c.has_minute && c.half == HALF_NONE && !bare)
		return 0;
	if (c.hour > (c.half == HALF_NONE ? 24 : 12) || c.minute > 59 || c.second > 59 ||
	    !speak_ends(text, i + c.n))
		return 0;
	*ret_clock = c;
	return c.n;
}

static void say_clock(struct buf *out, const struct clock *c)
{
	enum half half = c->half;
	unsigned hour = c->hour;

	if (half == HALF_NONE && c->has_minute && (hour == 0 || hour > 12)) {
		half = hour >= 12 && hour < 24 ? HALF_PM : HALF_AM;
		hour = hour % 12 == 0 ? 12 : hour % 12;
	}
	say_cardinal(out, hour);
	if (c->has_minute && c->minute == 0 && half == HALF_NONE)
		say_word(out, STR("o'clock"));
	if (c->minute > 0 && c->minute < 10)
		say_word(out, STR("oh"));
	if (c->minute > 0)
		say_cardinal(out, c->minute);
	if (c->has_second && c->second > 0) {
		say_word(out, STR("and"));
		say_cardinal(out, c->second);
		say_word(out, c->second == 1 ? STR("second") : STR("seconds"));
	}
	if (half != HALF_NONE)
		say_word(out, half == HALF_AM ? STR("A M") : STR("P M"));
}

/* 10:30, 9am, 9-5pm, 9:00-17:00. */
size_t speak_time_rule(struct speak *s)
{
	struct clock from, to;
	size_t n = clock_at(s->text, s->at, true, &from), dash, bare = n;

	if (n == 0)
		return 0;
	dash = speak_dash(s->text, s->at + n);
	if (dash > 0 &&
	    clock_at(s->text, s->at + n + dash, from.half != HALF_NONE || from.has_minute, &to) > 0 &&
	    (to.half != HALF_NONE || to.has_minute || from.half != HALF_NONE || from.has_minute)) {
		say_clock(s->out, &from);
		say_word(s->out, STR("to"));
		say_clock(s->out, &to);
		return n + dash + to.n;
	}
	if (!from.has_minute && from.half == HALF_NONE)
		return 0;
	say_clock(s->out, &from);
	return bare;
}
