#include <errno.h>

#include "agent/date_part.h"
#include "agent/understand_words.h"

#define PARTS_MAX 6 /* expressions of one utterance that count; more is rambling */

/* What has been read so far. */
struct reading {
	struct date_part p;
	bool has, mismatch, corrected;
	size_t first, end; /* words */
	struct {
		size_t at, n;
	} used[PARTS_MAX];
	size_t used_n;
};

static bool is_single(const struct date_part *p)
{
	return p->kind != DATE_SPAN && p->kind != DATE_VAGUE;
}

/* "not Tuesday", "anything but Tuesday", "I can't do Tuesday". */
static bool is_denied(const struct words *ws, size_t i)
{
	for (size_t back = 1; back <= 3 && back <= i; back++) {
		size_t k = i - back;
		if (words_is(ws, k, "not|except|cant|cannot|besides|excluding|isnt|avoid|hate|without"))
			return true;
		if (words_is(ws, k, "but") && k > 0 &&
		    words_is(ws, k - 1, "any|anything|day|all|every|anytime"))
			return true;
		if (ws->w[k + 1].mark == ',' || ws->w[k + 1].mark == '.' || ws->w[k + 1].mark == ';')
			return false;
	}
	return false;
}

/* A weekday inside the week that was named: "Tuesday next week". */
static bool settle_in_span(struct date_part *day, const struct date_part *span)
{
	struct civil_date d = date_part_on_weekday(span->from, civil_weekday(day->from));

	if (civil_cmp(d, span->to) > 0)
		return false;
	day->kind = DATE_DAY;
	day->from = day->to = d;
	day->other = (struct civil_date){0};
	return true;
}

/* A weekday with a date: "Tuesday the 24th". The date counts; an open month is the first one that agrees. */
static bool settle_weekday(int weekday, struct date_part *date)
{
	struct civil_date d = date->from;

	for (int tries = 0; date->kind == DATE_NUMBER && tries < 12; tries++) {
		struct civil_date m = civil_add_months((struct civil_date){d.year, d.month, 1}, tries);
		m.day = d.day;
		if (civil_valid(m) && civil_weekday(m) == weekday) {
			date->from = date->to = m;
			return true;
		}
		if (tries == 2)
			break;
	}
	return civil_weekday(d) == weekday;
}

static void replace(struct reading *r, const struct date_part *p, size_t i, size_t n)
{
	r->p = *p;
	if (!r->has)
		r->first = i;
	r->has = true;
	r->end = i + n;
}

/* "Monday or Tuesday", "between Monday and Wednesday", "Monday to Friday". */
static bool join(const struct words *ws, struct reading *r, const struct date_part *p, size_t i, size_t n)
{
	bool range = words_is(ws, r->end, "to|till|until|through|and") && i <= r->end + 2;
	bool between = r->first > 0 && words_is(ws, r->first - 1, "between|from");

	if (!is_single(&r->p) || !is_single(p))
		return false;
	if (range && (between || words_is(ws, r->end, "to|till|until|through"))) {
		if (words_find(ws, 0, "move|change|reschedule|switch|swap|rebook|push", NULL, NULL)) {
			replace(r, p, i, n);
			return true;
		}
		r->p.to = civil_cmp(p->from, r->p.from) < 0 ? civil_add_days(p->from, 7) : p->from;
		r->p.kind = DATE_SPAN;
		r->end = i + n;
		return true;
	}
	if (words_is(ws, r->end, "or") || words_is(ws, i - 1, "or")) {
		r->p.other = p->from;
		r->end = i + n;
		return true;
	}
	return false;
}

/* A second expression in the same utterance. */
static void combine(const struct words *ws, struct reading *r, struct date_part *p, size_t i, size_t n)
{
	if (join(ws, r, p, i, n))
		return;
	if (r->p.kind == DATE_VAGUE) {
		replace(r, p, i, n);
	} else if (r->p.kind == DATE_SPAN && p->kind == DATE_WEEKDAY) {
		if (settle_in_span(p, &r->p))
			replace(r, p, i, n);
	} else if (r->p.kind == DATE_WEEKDAY && p->kind == DATE_SPAN) {
		if (settle_in_span(&r->p, p))
			r->end = i + n;
	} else if (r->p.kind == DATE_WEEKDAY && (p->kind == DATE_NUMBER || p->kind == DATE_FULL)) {
		r->mismatch = !settle_weekday(civil_weekday(r->p.from), p);
		replace(r, p, i, n);
	} else if (p->kind == DATE_WEEKDAY) {
		r->mismatch = civil_weekday(r->p.from) != civil_weekday(p->from) || r->mismatch;
		r->mismatch = r->mismatch && !settle_weekday(civil_weekday(p->from), &r->p);
		r->end = i + n;
	} else if (is_single(p) && r->p.kind == DATE_SPAN) {
		replace(r, p, i, n);
	} else if (is_single(p) && !civil_eq(p->from, r->p.from)) {
		r->p.other = p->from;
	}
}

static void note(struct reading *r, size_t at, size_t n)
{
	if (r->used_n < PARTS_MAX) {
		r->used[r->used_n].at = at;
		r->used[r->used_n++].n = n;
	}
}

static void read_all(const struct words *ws, const struct understand_context *c, struct reading *r)
{
	bool corrects = false;

	for (size_t i = 0; i < ws->n;) {
		struct date_part p;
		size_t skip = words_correction(ws, i);
		if (skip > 0) {
			corrects = r->has;
			i += skip;
			continue;
		}
		size_t n = date_part_at(ws, i, c, &p);
		if (n > 0 && !is_denied(ws, i)) {
			if (corrects || !r->has)
				replace(r, &p, i, n);
			else
				combine(ws, r, &p, i, n);
			note(r, i, n - p.spared);
			r->corrected = r->corrected || corrects;
			corrects = false;
		}
		i += n ? n : 1;
	}
}

int understand_date_words(struct words *ws, const struct understand_context *c,
			  struct understood_date *ret_date)
{
	struct reading r = {0};

	read_all(ws, c, &r);
	if (!r.has)
		return UNDERSTAND_NOTHING;
	bool ambiguous = r.p.other.year != 0 || r.mismatch;
	*ret_date = (struct understood_date){
		.how = {.from = words_from(ws, r.first),
			.to = words_to(ws, r.end),
			.confidence = MIN(r.p.confidence, ambiguous     ? 70
							  : r.corrected ? 85
									: 100),
			.ambiguous = ambiguous,
			.corrected = r.corrected},
		.from = r.p.from,
		.to = r.p.to,
		.other = r.p.other,
		.mismatch = r.mismatch,
	};
	for (size_t k = 0; k < r.used_n; k++)
		words_take(ws, r.used[k].at, r.used[k].n);
	return 0;
}

int understand_date(struct str text, const struct understand_context *c, struct understood_date *ret_date)
{
	struct words ws;

	words_read(&ws, text);
	return understand_date_words(&ws, c, ret_date);
}
