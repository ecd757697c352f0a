#include <errno.h>

#include "agent/date_part.h"
#include "agent/spoken.h"

static const char *const months[] = {
	"january|jan",
	"february|feb|febuary",
	"march|mar",
	"april|apr",
	"may",
	"june|jun",
	"july|jul",
	"august|aug",
	"september|sept|sep",
	"october|oct",
	"november|nov",
	"december|dec",
};

static size_t month_at(const struct words *ws, size_t i, int *ret_month)
{
	for (int m = 0; m < 12; m++) {
		if (words_is(ws, i, months[m])) {
			*ret_month = m + 1;
			return 1;
		}
	}
	return 0;
}

/* A day of the month in either form. */
static size_t day_at(const struct words *ws, size_t i, int *ret_day)
{
	size_t n = spoken_ordinal(ws, i, ret_day);

	n = n ? n : spoken_small(ws, i, ret_day);
	return n > 0 && *ret_day >= 1 && *ret_day <= 31 ? n : 0;
}

static size_t year_at(const struct words *ws, size_t i, int *ret_year)
{
	size_t joint = words_is(ws, i, "of|in");
	size_t n = spoken_year(ws, i + joint, ret_year);

	return n ? joint + n : 0;
}

static int full_year(int64_t written, size_t digits)
{
	if (digits > 2)
		return (int)written;
	return (int)written + (written > 50 ? 1900 : 2000);
}

/* "the third of December", "3 December 2026", "the 3rd of the 12th". */
static size_t day_month(const struct words *ws, size_t i, struct civil_date *ret)
{
	struct civil_date d = {0};
	size_t used = words_is(ws, i, "the");
	size_t n = day_at(ws, i + used, &d.day);

	if (n == 0)
		return 0;
	used += n;
	used += words_is(ws, i + used, "day");
	bool of = words_is(ws, i + used, "of");
	used += of;
	n = month_at(ws, i + used, &d.month);
	if (n == 0 && of) {
		used += words_is(ws, i + used, "the");
		n = spoken_ordinal(ws, i + used, &d.month);
	}
	if (n == 0 || d.month > 12)
		return 0;
	used += n;
	used += year_at(ws, i + used, &d.year);
	*ret = d;
	return used;
}

/* "December 3rd", "December the third, 2026". */
static size_t month_day(const struct words *ws, size_t i, struct civil_date *ret)
{
	struct civil_date d = {0};
	size_t used = month_at(ws, i, &d.month), n;

	if (used == 0 || year_at(ws, i + 1, &d.year) > 0)
		return 0;
	used += words_is(ws, i + used, "the");
	n = day_at(ws, i + used, &d.day);
	if (n == 0 || words_is(ws, i + used + n, "oclock|am|pm"))
		return 0;
	used += n;
	used += year_at(ws, i + used, &d.year);
	*ret = d;
	return used;
}

static bool glued_figure(const struct words *ws, size_t i, char mark, int64_t *ret)
{
	return words_has(ws, i) && ws->w[i].digits && ws->w[i].glued && ws->w[i].mark == mark &&
	       str_to_int(str_from(ws->w[i].low), 0, 9999, ret) == 0;
}

static struct civil_date ordered(int64_t a, int64_t b, enum understand_order order)
{
	bool day_first = order == UNDERSTAND_DAY_FIRST;

	if (a > 12)
		day_first = true;
	if (b > 12)
		day_first = false;
	return (struct civil_date){.day = (int)(day_first ? a : b), .month = (int)(day_first ? b : a)};
}

/* "3/12", "3/12/2026", "3.12.2026", "2026-12-03". */
static size_t figures(const struct words *ws, size_t i, enum understand_order order, struct civil_date *ret)
{
	int64_t a, b, y;

	if (!words_has(ws, i) || !ws->w[i].digits || ws->w[i].ordinal || i + 1 >= ws->n ||
	    str_to_int(str_from(ws->w[i].low), 1, 9999, &a))
		return 0;
	char mark = ws->w[i + 1].mark;
	if ((mark != '/' && mark != '.' && mark != '-') || !glued_figure(ws, i + 1, mark, &b))
		return 0;
	bool three = glued_figure(ws, i + 2, mark, &y);
	if ((mark != '/' && !three) || (three && y > 9999))
		return 0;
	if (a > 1000)
		*ret = (struct civil_date){.year = (int)a, .month = (int)b, .day = three ? (int)y : 0};
	else
		*ret = ordered(a, b, order);
	if (three && a <= 1000)
		ret->year = full_year(y, ws->w[i + 2].raw.n);
	return three ? 3 : 2;
}

size_t date_part_calendar(const struct words *ws, size_t i, enum understand_order order,
			  struct civil_date *ret)
{
	struct civil_date d;
	size_t n = figures(ws, i, order, &d);

	n = n ? n : day_month(ws, i, &d);
	n = n ? n : month_day(ws, i, &d);
	/* a leap year stands in for the unsaid one: the 29th of February is a day */
	struct civil_date whole = {d.year ? d.year : 2000, d.month, d.day};
	if (n == 0 || !civil_valid(whole))
		return 0;
	*ret = d;
	return n;
}
