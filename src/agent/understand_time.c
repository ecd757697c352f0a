#include "agent/clock_part.h"
#include "agent/spoken.h"
#include "agent/understand_words.h"

#define NOON        720
#define ROUGHLY     30 /* minutes on each side of "around three" */
#define UNTIL_NIGHT (21 * 60)

enum relation {
	REL_AT,
	REL_AFTER,
	REL_BEFORE,
	REL_AROUND,
	REL_BETWEEN,
};

struct reading {
	bool has_clock, has_window, corrected;
	enum relation rel;
	struct clock_part a, b; /* b: the end of a span, or the second of two */
	bool has_b, is_choice;
	struct clock_window window;
	bool evident;
	size_t first, end;
};

static const struct {
	const char *phrase;
	enum relation rel;
} before_clock[] = {
	/* the longer ones first: "no later than" holds "later than" */
	{"not before", REL_AFTER},
	{"no|not earlier than", REL_AFTER},
	{"not after|past", REL_BEFORE},
	{"no|not later than", REL_BEFORE},
	{"any time after", REL_AFTER},
	{"later than", REL_AFTER},
	{"earlier than", REL_BEFORE},
	{"after|past|from|since", REL_AFTER},
	{"before|by|until|till|til", REL_BEFORE},
	{"up to", REL_BEFORE},
	{"around|about|roughly|approximately|circa|near", REL_AROUND},
	{"between", REL_BETWEEN},
	{"at|for|to|is|say|like|maybe|preferably|exactly|do|the|make|take|have", REL_AT},
};

static const struct {
	const char *phrase;
	enum relation rel;
} after_clock[] = {
	{"or later|after|afterwards", REL_AFTER},
	{"onwards|onward", REL_AFTER},
	{"and|or after", REL_AFTER},
	{"at the earliest", REL_AFTER},
	{"or earlier|before", REL_BEFORE},
	{"at the latest", REL_BEFORE},
	{"ish", REL_AROUND},
	{"or so", REL_AROUND},
	{"or thereabouts", REL_AROUND},
};

/* How the words that end just before `i` relate to the clock time at `i`. */
static bool relation_before(const struct words *ws, size_t i, enum relation *ret, size_t *ret_at)
{
	for (size_t k = 0; k < ARRAY_LEN(before_clock); k++) {
		for (size_t back = 1; back <= 3 && back <= i; back++) {
			if (words_phrase(ws, i - back, before_clock[k].phrase) == back) {
				*ret = before_clock[k].rel;
				*ret_at = i - back;
				return true;
			}
		}
	}
	return false;
}

static size_t relation_after(const struct words *ws, size_t i, enum relation *ret)
{
	for (size_t k = 0; k < ARRAY_LEN(after_clock); k++) {
		size_t n = words_phrase(ws, i, after_clock[k].phrase);
		if (n > 0) {
			*ret = after_clock[k].rel;
			return n;
		}
	}
	return 0;
}

/* ---- which half of the day ---- */

static bool inside(int minute, struct clock_window w)
{
	return minute >= w.from && minute <= w.to;
}

/* The minute of the day that is meant; *ret_other = the other reading when it is as good, else -1. */
static int resolve(const struct clock_part *p, struct clock_window hours, const struct reading *r,
		   int *ret_other)
{
	int am = p->minute % NOON, pm = am + NOON;

	*ret_other = -1;
	if (p->fixed)
		return p->minute;
	if (r->has_window)
		return inside(pm, r->window) || (!inside(am, r->window) && r->window.from >= NOON) ? pm : am;
	if (inside(am, hours) != inside(pm, hours))
		return inside(am, hours) ? am : pm;
	if (inside(am, hours))
		*ret_other = pm;
	/* neither is open: the daytime one, which the caller is told is closed */
	return am >= 7 * 60 || inside(am, hours) ? am : pm;
}

static void finish(const struct reading *r, const struct understand_context *c, struct understood_time *v)
{
	struct clock_window hours = clock_part_hours(c);
	int other;

	v->from = v->to = resolve(&r->a, hours, r, &v->other);
	if (r->has_b && r->is_choice) {
		v->other = resolve(&r->b, hours, r, &other);
	} else if (r->has_b) {
		v->to = resolve(&r->b, hours, r, &other);
		if (v->to <= v->from)
			v->to = v->to + NOON < CIVIL_DAY_MINUTES ? v->to + NOON : CIVIL_DAY_MINUTES;
		v->other = -1;
	} else if (r->rel == REL_AFTER) {
		v->to = MAX(v->from < hours.to ? hours.to : UNTIL_NIGHT, v->from);
		v->to = r->has_window && r->window.to > v->from ? r->window.to : v->to;
	} else if (r->rel == REL_BEFORE) {
		v->from = MIN(r->has_window && r->window.from < v->to ? r->window.from : hours.from, v->to);
	} else if (r->rel == REL_AROUND) {
		v->from = MAX(v->from - ROUGHLY, 0);
		v->to = MIN(v->to + ROUGHLY, CIVIL_DAY_MINUTES);
	}
	v->how.ambiguous = v->other >= 0;
	v->how.confidence = v->how.ambiguous ? 65 : r->corrected ? 80 : r->evident ? 95 : 75;
}

/* ---- reading ---- */

/* A bare number is a time only where a time is spoken of, or where nothing else was said. */
static bool is_plausible(const struct words *ws, size_t i, size_t n, const struct clock_part *p, bool related)
{
	if (p->evident)
		return true;
	/* "the Tuesday one", "that one" */
	if (words_is(ws, i, "one") && i > 0 &&
	    !words_is(ws, i - 1, "at|around|about|by|before|after|until|till|to|from|between|for|or|say"))
		return false;
	return related || ws->n <= n + 2;
}

static void start_at(struct reading *r, size_t at, size_t end)
{
	if (!r->has_clock && !r->has_window)
		r->first = at;
	r->end = end;
}

/* "... and four", "... to half past two", "... or eleven" behind a first time. Returns the words used. */
static size_t second_clock(const struct words *ws, size_t i, struct reading *r)
{
	bool span = words_is(ws, i, "to|till|until|til|through") ||
		    (r->rel == REL_BETWEEN && words_is(ws, i, "and"));
	bool choice = words_is(ws, i, "or");
	size_t n = span || choice ? clock_part_at(ws, i + 1, &r->b) : 0;

	if (n == 0)
		return 0;
	r->has_b = true;
	r->is_choice = choice;
	/* "between two and four pm": what is said of the end goes for the start */
	if (r->b.fixed && !r->a.fixed && r->b.minute >= NOON && r->a.minute < r->b.minute - NOON) {
		r->a.minute += NOON;
		r->a.fixed = true;
	}
	return 1 + n;
}

static size_t read_clock(const struct words *ws, size_t i, struct reading *r, bool corrects)
{
	enum relation rel = REL_AT;
	struct clock_part p;
	size_t at = i, n = clock_part_at(ws, i, &p);

	if (n == 0)
		return 0;
	bool related = relation_before(ws, i, &rel, &at);
	enum relation suffix;
	size_t after = relation_after(ws, i + n, &suffix);
	bool spans = words_is(ws, i + n, "to|till|until|or") &&
		     clock_part_at(ws, i + n + 1, &(struct clock_part){0});
	bool goes_on = corrects || words_correction(ws, i + n);
	if (!is_plausible(ws, i, n, &p, related || after || r->has_window || goes_on || spans))
		return 0;
	start_at(r, at, i + n + after);
	r->a = p;
	r->rel = after ? suffix : rel;
	r->has_b = r->is_choice = false;
	r->has_clock = true;
	r->evident = p.evident || rel != REL_AT;
	size_t second = second_clock(ws, i + n, r);
	r->end += second;
	return n + after + second;
}

/* "in an hour", "in half an hour", "in twenty minutes". */
static size_t read_relative(const struct words *ws, size_t i, const struct understand_context *c,
			    struct reading *r)
{
	size_t used = words_phrase(ws, i, "in half an hour"), n;
	long count = 30;

	if (used == 0 && words_is(ws, i, "in")) {
		n = spoken_cardinal(ws, i + 1, &count);
		if (n == 0 && words_is(ws, i + 1, "a|an")) {
			count = 1;
			n = 1;
		}
		bool hours = n && words_is(ws, i + 1 + n, "hour|hours");
		bool minutes = n && words_is(ws, i + 1 + n, "minute|minutes");
		if (!hours && !minutes)
			return 0;
		count = CLAMP(count, 0, CIVIL_DAY_MINUTES) * (hours ? 60 : 1);
		used = n + 2;
	}
	if (used == 0 || c->minute + count >= CIVIL_DAY_MINUTES)
		return 0;
	start_at(r, i, i + used);
	r->a = (struct clock_part){.minute = c->minute + (int)count, .fixed = true, .evident = true};
	r->has_clock = r->evident = true;
	return used;
}

static size_t read_window(const struct words *ws, size_t i, const struct understand_context *c,
			  struct reading *r, bool corrects)
{
	struct clock_window w;
	size_t n = clock_part_window(ws, i, c, &w);
	bool greeting = n == 1 && i > 0 && words_is(ws, i - 1, "good");

	if (n == 0 || greeting)
		return n;
	if (i > 0 && words_is(ws, i - 1, "not|cant|except") && !corrects)
		return n;
	if (corrects)
		r->has_clock = false;
	start_at(r, i, i + n);
	if (!r->has_window || corrects || r->window.to - r->window.from > w.to - w.from)
		r->window = w;
	r->has_window = true;
	return n;
}

static void read_all(const struct words *ws, const struct understand_context *c, struct reading *r)
{
	bool corrects = false;

	for (size_t i = 0; i < ws->n;) {
		size_t skip = words_correction(ws, i);
		if (skip > 0) {
			corrects = r->has_clock || r->has_window;
			i += skip;
			continue;
		}
		size_t n = read_relative(ws, i, c, r);
		n = n ? n : read_window(ws, i, c, r, corrects);
		if (n == 0 && (!r->has_clock || corrects || (!r->evident)))
			n = read_clock(ws, i, r, corrects);
		if (n > 0) {
			r->corrected = r->corrected || corrects;
			corrects = false;
		}
		i += n ? n : 1;
	}
}

int understand_time_words(struct words *ws, const struct understand_context *c,
			  struct understood_time *ret_time)
{
	struct understood_time v = {.other = -1};
	struct reading r = {0};

	read_all(ws, c, &r);
	if (!r.has_clock && !r.has_window)
		return UNDERSTAND_NOTHING;
	v.how.from = words_from(ws, r.first);
	v.how.to = words_to(ws, r.end);
	v.how.corrected = r.corrected;
	if (r.has_clock) {
		finish(&r, c, &v);
	} else {
		v.from = r.window.from;
		v.to = r.window.to;
		v.how.confidence = r.corrected ? 80 : 90;
	}
	words_take(ws, r.first, r.end - r.first);
	*ret_time = v;
	return 0;
}

int understand_time(struct str text, const struct understand_context *c, struct understood_time *ret_time)
{
	struct words ws;

	words_read(&ws, text);
	return understand_time_words(&ws, c, ret_time);
}

int understand_when(struct str text, const struct understand_context *c, struct understood_when *ret_when)
{
	struct understood_when v = {0};
	struct words ws;

	words_read(&ws, text);
	v.has_date = understand_date_words(&ws, c, &v.date) == 0;
	v.has_time = understand_time_words(&ws, c, &v.time) == 0;
	if (!v.has_date && !v.has_time)
		return UNDERSTAND_NOTHING;
	*ret_when = v;
	return 0;
}
