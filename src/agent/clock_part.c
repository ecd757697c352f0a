#include "agent/clock_part.h"

#include <errno.h>

#include "agent/spoken.h"

#define NOON 720

static size_t meridiem(const struct words *ws, size_t i, bool *ret_pm)
{
	static const char *const am[] = {"am", "a m", "in the morning", "this morning", "morning", NULL};
	static const char *const pm[] = {
		"pm",           "p m",      "in the afternoon", "this afternoon",    "in the evening",
		"this evening", "at night", "tonight",          "afternoon|evening", NULL};
	size_t n = words_any(ws, i, am);

	*ret_pm = n == 0;
	return n ? n : words_any(ws, i, pm);
}

/* An hour from 1 to 12, in words or figures. */
static size_t hour12(const struct words *ws, size_t i, int *ret_hour)
{
	size_t n = spoken_small(ws, i, ret_hour);

	return n == 1 && *ret_hour >= 1 && *ret_hour <= 12 ? n : 0;
}

/* The hour behind "past", also as recognisers mishear it there: "half past to". */
static size_t hour_behind_past(const struct words *ws, size_t i, int *ret_hour)
{
	static const struct {
		const char *words;
		int hour;
	} sounds[] = {{"to|too", 2}, {"for", 4}, {"ate", 8}, {"won", 1}, {"tree", 3}, {"tan|tin", 10}};
	size_t n = hour12(ws, i, ret_hour);

	for (size_t k = 0; n == 0 && k < ARRAY_LEN(sounds); k++) {
		if (!words_is(ws, i, sounds[k].words))
			continue;
		*ret_hour = sounds[k].hour;
		return 1;
	}
	return n;
}

/* "past", "to" and an hour: what "quarter", "half" and "ten minutes" hang on. */
static size_t past_or_to(const struct words *ws, size_t i, int minutes, struct clock_part *p)
{
	bool to = words_is(ws, i, "to|of|til|till|before"), past = words_is(ws, i, "past|after|passed|pass");
	int hour;

	if (!to && !past)
		return 0;
	bool past_exactly = past && !words_is(ws, i, "after");
	size_t n = past_exactly ? hour_behind_past(ws, i + 1, &hour) : hour12(ws, i + 1, &hour);
	if (n == 0 && words_is(ws, i + 1, "noon|midday")) {
		hour = 12;
		n = 1;
		p->fixed = true;
		p->minute = NOON + (to ? -minutes : minutes);
	} else {
		p->minute = (hour % 12 * 60 + (to ? -minutes : minutes) + NOON) % NOON;
	}
	p->evident = true;
	return n ? 1 + n : 0;
}

/* "half past ten", "half ten", "quarter to nine", "a quarter past". */
static size_t fractions(const struct words *ws, size_t i, struct clock_part *p)
{
	size_t a = words_is(ws, i, "a");
	int hour;

	if (words_is(ws, i + a, "quarter|quater")) {
		size_t n = past_or_to(ws, i + a + 1, 15, p);
		return n ? a + 1 + n : 0;
	}
	/* "have a pass to" is what is left of "half past two" on a bad line */
	size_t misheard = words_phrase(ws, i, "have|half|harf a past|pass|passed");
	misheard = misheard ? misheard : words_phrase(ws, i, "have past|pass|passed");
	if (misheard > 0) {
		size_t m = past_or_to(ws, i + misheard - 1, 30, p);
		return m ? misheard - 1 + m : 0;
	}
	if (!words_is(ws, i, "half|harf"))
		return 0;
	size_t n = past_or_to(ws, i + 1, 30, p);
	if (n > 0)
		return words_is(ws, i + 1, "past|passed|pass") ? 1 + n : 0;
	n = hour12(ws, i + 1, &hour);
	if (n == 0 || words_is(ws, i + 1 + n, "hour|hours|day|days"))
		return 0;
	*p = (struct clock_part){.minute = hour % 12 * 60 + 30, .evident = true};
	return 1 + n;
}

/* "ten past four", "twenty-five to six", "five minutes to six". "ten to two" after "from" is a span. */
static size_t minutes_past(const struct words *ws, size_t i, struct clock_part *p)
{
	int minutes;
	size_t n = spoken_small(ws, i, &minutes);
	bool said = n && words_is(ws, i + n, "minutes|minute");

	if (n == 0 || minutes < 1 || minutes > 29 || (!said && minutes % 5 != 0))
		return 0;
	if (i > 0 && words_is(ws, i - 1, "from|between"))
		return 0;
	if (words_is(ws, i + n + said, "after|before|of|till|til") && !said)
		return 0;
	size_t m = past_or_to(ws, i + n + said, minutes, p);
	return m ? n + said + m : 0;
}

static bool is_figure(const struct words *ws, size_t i, int64_t max, int64_t *ret)
{
	return words_has(ws, i) && ws->w[i].digits && !ws->w[i].ordinal &&
	       str_to_int(str_from(ws->w[i].low), 0, max, ret) == 0;
}

static size_t set_clock(struct clock_part *p, int64_t hour, int64_t minute, bool written24, size_t used)
{
	bool fixed = hour > 12 || hour == 0 || written24;

	*p = (struct clock_part){
		.minute = (int)(fixed ? hour % 24 * 60 + minute : hour % 12 * 60 + minute),
		.fixed = fixed,
		.evident = true,
	};
	return used;
}

/* "10:30", "10.30", "08:15". */
static size_t written(const struct words *ws, size_t i, struct clock_part *p)
{
	int64_t hour, minute;

	if (!is_figure(ws, i, 24, &hour) || !is_figure(ws, i + 1, 59, &minute) || !ws->w[i + 1].glued ||
	    (ws->w[i + 1].mark != ':' && ws->w[i + 1].mark != '.') || ws->w[i + 1].raw.n != 2)
		return 0;
	bool leading_zero = ws->w[i].raw.n == 2 && ws->w[i].low[0] == '0';
	return set_clock(p, hour, minute, leading_zero, 2);
}

/* "1030", "0915": not a year, and minutes that people say. */
static size_t figures(const struct words *ws, size_t i, struct clock_part *p)
{
	int64_t v;

	if (!is_figure(ws, i, 2359, &v) || ws->w[i].raw.n < 3 || ws->w[i].raw.n > 4 || v % 100 > 59 ||
	    v % 5 != 0)
		return 0;
	if (v >= 1900 && v <= 2099 && !(i > 0 && words_is(ws, i - 1, "at")))
		return 0;
	if (i + 1 < ws->n && ws->w[i + 1].digits && ws->w[i + 1].glued)
		return 0;
	return set_clock(p, v / 100, v % 100, ws->w[i].low[0] == '0', 1);
}

/* "ten thirty", "ten oh five", "fifteen forty-five". */
static size_t spoken_pair(const struct words *ws, size_t i, struct clock_part *p)
{
	int hour, minute;
	size_t n = spoken_small(ws, i, &hour);

	if (n != 1 || hour > 23)
		return 0;
	if (words_is(ws, i + 1, "oh|o|zero") && spoken_digit(ws, i + 2, &minute) && !ws->w[i + 2].digits)
		return set_clock(p, hour, minute, false, 3);
	size_t m = spoken_small(ws, i + 1, &minute);
	if (m == 0 || minute < 10 || minute > 59 || ws->w[i + 1].mark == ',')
		return 0;
	if (ws->w[i + 1].glued && ws->w[i + 1].mark != '-')
		return 0;
	return words_is(ws, i + 1 + m, "hundred|thousand|days|weeks|months")
		       ? 0
		       : set_clock(p, hour, minute, false, 1 + m);
}

/* "fifteen hundred", "oh eight hundred hours". */
static size_t military(const struct words *ws, size_t i, struct clock_part *p)
{
	size_t zero = words_is(ws, i, "oh|zero");
	int hour;
	size_t n = spoken_small(ws, i + zero, &hour);

	if (n == 0 || hour > 23 || !words_is(ws, i + zero + n, "hundred") || (!zero && hour < 10))
		return 0;
	size_t used = zero + n + 1;
	return set_clock(p, hour, 0, true, used + words_is(ws, i + used, "hours"));
}

/* "nine o'clock", "nine", "15 o'clock". */
static size_t hour_only(const struct words *ws, size_t i, struct clock_part *p)
{
	static const char nouns[] =
		"day|days|week|weeks|month|months|year|years|minute|minutes|hour|hours|people|of|"
		"times|more|appointment|appointments|children|kids|thirds|percent|pounds|dollars|"
		"tablets|hundred|thousand|working|business|or|st|street|road";
	int hour;
	size_t n = spoken_small(ws, i, &hour);

	if (n == 0 || hour > 23 || words_is(ws, i + n, nouns) || (ws->w[i].glued && ws->w[i].mark))
		return words_is(ws, i + n, "or") && n == 1 && hour > 0 && hour < 24
			       ? set_clock(p, hour, 0, false, n) && (p->evident = false, true)
			       : 0;
	size_t oclock = words_is(ws, i + n, "oclock");
	oclock = oclock ? oclock : words_phrase(ws, i + n, "o clock");
	set_clock(p, hour, 0, false, n);
	p->evident = oclock > 0;
	return n + oclock;
}

static size_t named(const struct words *ws, size_t i, struct clock_part *p)
{
	if (words_is(ws, i, "noon|midday"))
		*p = (struct clock_part){.minute = NOON, .fixed = true, .evident = true};
	else if (words_is(ws, i, "midnight"))
		*p = (struct clock_part){.minute = 0, .fixed = true, .evident = true};
	else
		return 0;
	return 1;
}

size_t clock_part_at(const struct words *ws, size_t i, struct clock_part *ret)
{
	struct clock_part p = {0};
	size_t n = named(ws, i, &p);
	bool pm;

	n = n ? n : fractions(ws, i, &p);
	n = n ? n : minutes_past(ws, i, &p);
	n = n ? n : written(ws, i, &p);
	n = n ? n : figures(ws, i, &p);
	n = n ? n : military(ws, i, &p);
	n = n ? n : spoken_pair(ws, i, &p);
	n = n ? n : hour_only(ws, i, &p);
	if (n == 0)
		return 0;
	size_t oclock = words_is(ws, i + n, "oclock|sharp|exactly");
	size_t half = meridiem(ws, i + n + oclock, &pm);
	if (half > 0 && p.minute < NOON + 60) {
		if (!p.fixed)
			p.minute = p.minute % NOON + (pm ? NOON : 0);
		p.fixed = p.evident = true;
		n += half;
	}
	*ret = p;
	return n + oclock;
}

struct clock_window clock_part_hours(const struct understand_context *c)
{
	if (c->close_minute > c->open_minute)
		return (struct clock_window){c->open_minute, c->close_minute};
	return (struct clock_window){8 * 60, 18 * 60};
}

static const struct {
	const char *phrase;
	int from, to; /* minutes; -1 = opening, -2 = closing, -3 = an hour after opening, -4 = an hour before
			 closing */
} windows[] = {
	{"first thing in the morning", -1, -3},
	{"first thing", -1, -3},
	{"early as possible|you can", -1, -3},
	{"last thing", -4, -2},
	{"end of the day", -4, -2},
	{"end of day", -4, -2},
	{"early in the morning", -1, 600},
	{"early morning", -1, 600},
	{"late morning", 630, 720},
	{"mid morning", 570, 660},
	{"later in the morning", 600, 720},
	{"early afternoon", 720, 840},
	{"early in the afternoon", 720, 840},
	{"late|later afternoon", 930, 1080},
	{"late|later in the afternoon", 930, 1080},
	{"mid afternoon", 840, 960},
	{"in the morning|mornings", -1, 720},
	{"before lunch|noon|midday", -1, 720},
	{"after lunch", 780, 1020},
	{"around|over|at lunch", 720, 840},
	{"morning|mornings", -1, 720},
	{"afternoon|afternoons", 720, 1020},
	{"evening|evenings|tonight", 1020, 1260},
	{"lunchtime|lunch", 720, 840},
	{"after work", 1020, 1260},
	{"before work", -1, 540},
	{"after school", 930, 1080},
	{"any time|anytime after|before|from|between|past", 0, 0},
	{"any time", -1, -2},
	{"anytime after|before|from|between|past", 0, 0},
	{"anytime|whenever", -1, -2},
	{"all|whole day", -1, -2},
};

static int moment(int code, struct clock_window hours)
{
	switch (code) {
	case -1:
		return MIN(hours.from, 8 * 60 + 240);
	case -2:
		return hours.to;
	case -3:
		return hours.from + 60;
	case -4:
		return hours.to - 60;
	default:
		return code;
	}
}

size_t clock_part_window(const struct words *ws, size_t i, const struct understand_context *c,
			 struct clock_window *ret)
{
	struct clock_window hours = clock_part_hours(c);

	for (size_t k = 0; k < ARRAY_LEN(windows); k++) {
		size_t n = words_phrase(ws, i, windows[k].phrase);
		if (n == 0)
			continue;
		ret->from = moment(windows[k].from, hours);
		ret->to = moment(windows[k].to, hours);
		/* "any time after four": the clock time that follows says it all */
		return ret->to > ret->from ? n : 0;
	}
	return 0;
}
