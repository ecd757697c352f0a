#include "agent/date_part.h"
#include "agent/spoken.h"
#include "agent/understand_words.h"

#define OLDEST_YEARS 120

/* "eighty-four", "oh six", "06": a year without its century. */
static size_t short_year(const struct words *ws, size_t i, int *ret_year)
{
	size_t zero = words_is(ws, i, "oh|o|zero|nought");
	size_t n = spoken_small(ws, i + zero, ret_year);

	return n && (!zero || *ret_year < 10) ? zero + n : 0;
}

static size_t any_year(const struct words *ws, size_t i, int *ret_year)
{
	size_t n = spoken_year(ws, i, ret_year);

	return n ? n : short_year(ws, i, ret_year);
}

/* "oh three oh five eighty-four", "12 05 1984": three numbers in the country's order. */
static size_t triple(const struct words *ws, size_t i, enum understand_order order, struct civil_date *ret)
{
	int a, b, year;
	size_t n = short_year(ws, i, &a);
	size_t m = n ? short_year(ws, i + n, &b) : 0;
	size_t y = m ? any_year(ws, i + n + m, &year) : 0;

	if (y == 0)
		return 0;
	bool day_first = a > 12 || (b <= 12 && order == UNDERSTAND_DAY_FIRST);
	*ret = (struct civil_date){year, day_first ? b : a, day_first ? a : b};
	return n + m + y;
}

static size_t birth_at(const struct words *ws, size_t i, const struct understand_context *c,
		       struct civil_date *ret)
{
	size_t n = date_part_calendar(ws, i, c->order, ret);

	if (n > 0 && ret->year == 0) {
		size_t joint = words_is(ws, i + n, "of|in");
		size_t y = short_year(ws, i + n + joint, &ret->year);
		n = y ? n + joint + y : 0;
	}
	n = n ? n : triple(ws, i, c->order, ret);
	if (n == 0)
		return 0;
	if (ret->year < 100)
		ret->year += ret->year > c->today.year % 100 ? 1900 : 2000;
	/* "3/5/49": the last one that has been */
	bool short_form = ws->w[i + n - 1].digits && ws->w[i + n - 1].raw.n == 2;
	if (short_form && civil_cmp(*ret, c->today) > 0)
		ret->year -= 100;
	bool plausible = civil_valid(*ret) && civil_cmp(*ret, c->today) <= 0 &&
			 ret->year >= c->today.year - OLDEST_YEARS;
	return plausible ? n : 0;
}

int understand_birth(struct str text, const struct understand_context *c, struct understood_birth *ret_birth)
{
	struct understood_birth v = {.how.confidence = 0};
	bool corrects = false;
	struct words ws;

	words_read(&ws, text);
	for (size_t i = 0; i < ws.n;) {
		struct civil_date d;
		size_t skip = words_correction(&ws, i);
		if (skip > 0) {
			corrects = v.how.confidence > 0;
			i += skip;
			continue;
		}
		size_t n = birth_at(&ws, i, c, &d);
		if (n > 0 && (v.how.confidence == 0 || corrects)) {
			v.date = d;
			v.how.from = words_from(&ws, i);
			v.how.to = words_to(&ws, i + n);
			v.how.corrected = corrects;
			v.how.confidence = corrects ? 80 : 95;
		}
		i += n ? n : 1;
	}
	if (v.how.confidence == 0)
		return UNDERSTAND_NOTHING;
	*ret_birth = v;
	return 0;
}
