#include "agent/slot_offer.h"

#include <string.h>

#include "agent/date_part.h"
#include "agent/spoken.h"
#include "agent/words.h"

#define OFFERS_MAX 8

struct offers {
	struct str at[OFFERS_MAX];
	size_t n;
};

static struct offers split(struct str text)
{
	struct offers o = {.n = 0};

	while (!str_empty(text) && o.n < OFFERS_MAX)
		o.at[o.n++] = str_cut(&text, '|');
	return o;
}

static enum slot_result take(const struct slot_context *c, struct str what, int confidence,
			     struct slot_value *v)
{
	str_copy(what, v->value, sizeof(v->value));
	if (slot_speak_moment(what, c->when.today, v->spoken) < 0)
		memcpy(v->spoken, v->value, sizeof(v->spoken));
	v->confidence = confidence;
	return SLOT_FILLED;
}

/* "the first one", "the last", "the earlier one", "either"; -1 = nothing of the kind. */
static int by_place(const struct words *ws, size_t count)
{
	static const char *const first[] = {"earlier|earliest|soonest",
					    "either",
					    "whichever",
					    "any of them|those|these",
					    "dont mind",
					    "doesnt matter",
					    "anyone",
					    NULL};
	static const char *const last[] = {"last|latest", "the later", "later one", NULL};
	int n;

	for (size_t i = 0; i < ws->n; i++) {
		bool counted =
			spoken_ordinal(ws, i, &n) && n <= (int)count && !words_is(ws, i + 1, "of|thing");
		if (counted && (ws->n <= 4 || words_is(ws, i + 1, "one|option|time|slot") ||
				(i > 0 && words_is(ws, i - 1, "the"))))
			return n - 1;
		if (words_phrase(ws, i, "number|option") && spoken_small(ws, i + 1, &n) && n >= 1 &&
		    n <= (int)count)
			return n - 1;
		if (words_any(ws, i, first))
			return 0;
		if (words_any(ws, i, last))
			return (int)count - 1;
		if (words_phrase(ws, i, "middle") && count == 3)
			return 1;
	}
	return -1;
}

/* "The Tuesday one" is the Tuesday among the offers, however far away. */
static bool fits_weekday(struct str offer, const struct words *ws, const struct understood_when *w)
{
	struct civil_date d;
	int weekday, minute, day;
	bool named = false;

	if (offer.n != 16 || civil_read(str_sub(offer, 0, 10), &d) ||
	    civil_read_clock(str_sub(offer, 11, 5), &minute))
		return false;
	for (size_t i = 0; i < ws->n; i++) {
		named = named || (date_part_weekday(ws, i, &weekday) && weekday == civil_weekday(d));
		if (words_is(ws, i, "next|this|week|last") || spoken_ordinal(ws, i, &day))
			return false;
	}
	return named && (!w->has_time || (minute >= w->time.from && minute <= w->time.to));
}

static bool fits(struct str offer, const struct understood_when *w)
{
	struct civil_date d;
	int minute;

	if (offer.n != 16 || civil_read(str_sub(offer, 0, 10), &d) ||
	    civil_read_clock(str_sub(offer, 11, 5), &minute))
		return false;
	if (w->has_date && (civil_cmp(d, w->date.from) < 0 || civil_cmp(d, w->date.to) > 0) &&
	    !(w->date.other.year && civil_eq(d, w->date.other)))
		return false;
	return !w->has_time || (minute >= w->time.from && minute <= w->time.to) || minute == w->time.other;
}

static enum slot_result by_moment(const struct slot_context *c, const struct offers *o, struct str text,
				  struct slot_value *v)
{
	struct understood_when w;
	struct words ws;

	if (understand_when(text, &c->when, &w) != 0)
		return SLOT_NOTHING;
	for (size_t i = 0; i < o->n; i++)
		if (fits(o->at[i], &w))
			return take(c, o->at[i], 90, v);
	words_read(&ws, text);
	for (size_t i = 0; i < o->n; i++)
		if (fits_weekday(o->at[i], &ws, &w))
			return take(c, o->at[i], 90, v);
	return take(c, STR("other"), 90, v);
}

enum slot_result slot_offer_read(const struct slot_context *c, struct str text, struct slot_value *v)
{
	static const char *const none[] = {
		"none of them|those|these", "neither",          "something else", "another time|day|date",
		"different time|day|date",  "other times|days", "anything else",  NULL};
	struct offers o = split(c->offers);
	struct understood_answer a;
	struct words ws;

	if (o.n == 0)
		return SLOT_NOTHING;
	words_read(&ws, text);
	enum slot_result r = by_moment(c, &o, text, v);
	if (r == SLOT_FILLED && strcmp(v->value, "other") != 0)
		return r;
	int place = by_place(&ws, o.n);
	if (place >= 0)
		return take(c, o.at[place], 90, v);
	if (r == SLOT_FILLED)
		return r;
	for (size_t i = 0; i < ws.n; i++)
		if (words_any(&ws, i, none))
			return take(c, STR("none"), 90, v);
	if (understand_answer(text, &a) != 0 || a.answer == UNDERSTAND_UNSURE)
		return SLOT_NOTHING;
	if (a.answer == UNDERSTAND_NO)
		return take(c, STR("none"), a.how.confidence, v);
	return o.n == 1 ? take(c, o.at[0], a.how.confidence, v) : SLOT_NOTHING;
}

enum slot_result slot_offer_pick(const struct slot_context *c, struct str digits, struct slot_value *v)
{
	struct offers o = split(c->offers);
	int64_t n;

	if (o.n == 0 || str_to_int(digits, 0, 9, &n))
		return SLOT_NOTHING;
	return n >= 1 && n <= (int64_t)o.n ? take(c, o.at[n - 1], 100, v) : take(c, STR("none"), 100, v);
}
