#include "agent/slot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/slot_offer.h"
#include "agent/words.h"

#define UNASKED_SURE 85 /* per cent; what nobody asked for must be said outright */

typedef enum slot_result (*reader)(const struct agent_slot *s, const struct slot_context *c, struct str text,
				   struct slot_value *v);

static void speak_as_written(struct slot_value *v)
{
	memcpy(v->spoken, v->value, sizeof(v->spoken));
}

/* ---- days and times ---- */

static void write_dates(struct civil_date from, struct civil_date to, struct civil_date today,
			struct slot_value *v)
{
	char iso_a[CIVIL_ISO_BYTES], iso_b[CIVIL_ISO_BYTES], a[CIVIL_SPOKEN_BYTES], b[CIVIL_SPOKEN_BYTES];

	civil_iso(from, iso_a);
	civil_spoken(from, today, a);
	if (civil_eq(from, to)) {
		snprintf(v->value, sizeof(v->value), "%s", iso_a);
		snprintf(v->spoken, sizeof(v->spoken), "%s", a);
		return;
	}
	snprintf(v->value, sizeof(v->value), "%s..%s", iso_a, civil_iso(to, iso_b));
	snprintf(v->spoken, sizeof(v->spoken), "%s to %s", a, civil_spoken(to, today, b));
}

static enum slot_result read_date(const struct agent_slot *s, const struct slot_context *c, struct str text,
				  struct slot_value *v)
{
	struct understood_when w;

	if (understand_when(text, &c->when, &w) != 0 || !w.has_date)
		return SLOT_NOTHING;
	struct civil_date from = w.date.from, to = w.date.to;
	/* "Friday" on a Friday may be today, but who means today says so */
	if (civil_cmp(to, c->when.today) < 0)
		return SLOT_PAST;
	if (civil_cmp(from, c->when.today) < 0)
		from = c->when.today;
	struct agent_range open = agent_open_on(c->agent, from);
	if (civil_eq(from, to) && open.from == open.to)
		return SLOT_CLOSED;
	write_dates(from, to, c->when.today, v);
	v->confidence = w.date.how.confidence;
	return SLOT_FILLED;
}

static enum slot_result read_time(const struct agent_slot *s, const struct slot_context *c, struct str text,
				  struct slot_value *v)
{
	char a[CIVIL_CLOCK_BYTES], b[CIVIL_CLOCK_BYTES], say_a[CIVIL_SPOKEN_BYTES], say_b[CIVIL_SPOKEN_BYTES];
	struct understood_when w;

	if (understand_when(text, &c->when, &w) != 0 || !w.has_time)
		return SLOT_NOTHING;
	const struct understood_time *t = &w.time;
	if (c->when.close_minute && (t->to < c->when.open_minute || t->from >= c->when.close_minute))
		return SLOT_CLOSED;
	v->confidence = t->how.confidence;
	civil_clock(t->from, a);
	civil_spoken_clock(t->from, say_a);
	if (t->from == t->to) {
		snprintf(v->value, sizeof(v->value), "%s", a);
		snprintf(v->spoken, sizeof(v->spoken), "%s", say_a);
		return SLOT_FILLED;
	}
	snprintf(v->value, sizeof(v->value), "%s..%s", a, civil_clock(t->to, b));
	snprintf(v->spoken, sizeof(v->spoken), "between %s and %s", say_a, civil_spoken_clock(t->to, say_b));
	return SLOT_FILLED;
}

static enum slot_result read_birth(const struct agent_slot *s, const struct slot_context *c, struct str text,
				   struct slot_value *v)
{
	char iso[CIVIL_ISO_BYTES], spoken[CIVIL_SPOKEN_BYTES];
	struct understood_birth b;

	if (understand_birth(text, &c->when, &b) != 0)
		return SLOT_NOTHING;
	snprintf(v->value, sizeof(v->value), "%s", civil_iso(b.date, iso));
	civil_spoken(b.date, c->when.today, spoken);
	/* nobody says the weekday of a birth: "Thursday the 3rd of May, 1984" */
	const char *the = strstr(spoken, "the ");
	snprintf(v->spoken, sizeof(v->spoken), "%s", the ? the : spoken);
	v->confidence = b.how.confidence;
	return SLOT_FILLED;
}

/* ---- figures and letters ---- */

void slot_speak_digits(struct str digits, char buf[SLOT_VALUE_MAX])
{
	/* the groups people know: 020 7946 and 07700 900 123 begin with their area, 415 555 2671 ends in four
	 */
	size_t first = digits.n == 11 ? 5 : 3, n = 0, in_group = 0, size = first;

	for (size_t i = 0; i < digits.n && n + 4 < SLOT_VALUE_MAX; i++) {
		if (in_group == size && digits.n - i > 1) {
			buf[n - 1] = ',';
			buf[n++] = ' ';
			in_group = 0;
			size = 3;
		}
		buf[n++] = digits.p[i];
		buf[n++] = ' ';
		in_group++;
	}
	buf[n ? n - 1 : 0] = '\0';
}

static void write_digits(const struct understood_digits *d, struct slot_value *v)
{
	char spoken[SLOT_VALUE_MAX];

	snprintf(v->value, sizeof(v->value), "%s%s%s%s", d->plus ? "+" : "", d->digits,
		 d->extension[0] ? " x" : "", d->extension);
	slot_speak_digits(str_from(d->digits), spoken);
	snprintf(v->spoken, sizeof(v->spoken), "%s%.150s", d->plus ? "plus " : "", spoken);
	v->confidence = d->how.confidence;
}

/* What begins with the zero that is dialled at home has no more digits than a number has there; with a
 * country's code, with or without its plus, it may. */
static bool too_long(const struct agent_slot *s, const struct understood_digits *d)
{
	return s->digits > 0 && strlen(d->digits) > (size_t)s->digits &&
	       (s->type == AGENT_SLOT_DIGITS || (!d->plus && d->digits[0] == '0'));
}

static enum slot_result read_phone(const struct agent_slot *s, const struct slot_context *c, struct str text,
				   struct slot_value *v)
{
	struct understood_digits d;

	if (understand_phone(text, &d) != 0)
		return SLOT_NOTHING;
	if (too_long(s, &d))
		return c->asked ? SLOT_LONG : SLOT_NOTHING;
	write_digits(&d, v);
	return SLOT_FILLED;
}

static enum slot_result read_digits(const struct agent_slot *s, const struct slot_context *c, struct str text,
				    struct slot_value *v)
{
	struct understood_digits d;

	if (understand_digits(text, &d) != 0)
		return SLOT_NOTHING;
	if (too_long(s, &d))
		return c->asked ? SLOT_LONG : SLOT_NOTHING;
	if (s->digits && strlen(d.digits) != (size_t)s->digits)
		return SLOT_NOTHING;
	write_digits(&d, v);
	return SLOT_FILLED;
}

static enum slot_result read_number(const struct agent_slot *s, const struct slot_context *c, struct str text,
				    struct slot_value *v)
{
	struct understood_number n;

	if (understand_number(text, &n) != 0)
		return SLOT_NOTHING;
	snprintf(v->value, sizeof(v->value), "%ld", n.value);
	speak_as_written(v);
	v->confidence = n.how.confidence;
	return SLOT_FILLED;
}

static enum slot_result read_name(const struct agent_slot *s, const struct slot_context *c, struct str text,
				  struct slot_value *v)
{
	struct understood_name n;

	if (understand_name(text, &n) != 0)
		return SLOT_NOTHING;
	snprintf(v->value, sizeof(v->value), "%s", n.full);
	speak_as_written(v);
	v->confidence = n.how.confidence;
	return SLOT_FILLED;
}

static enum slot_result read_email(const struct agent_slot *s, const struct slot_context *c, struct str text,
				   struct slot_value *v)
{
	struct understood_email e;

	if (understand_email(text, &e) != 0)
		return SLOT_NOTHING;
	snprintf(v->value, sizeof(v->value), "%s", e.address);
	speak_as_written(v);
	v->confidence = e.how.confidence;
	return SLOT_FILLED;
}

/* ---- words ---- */

static enum slot_result read_yes_no(const struct agent_slot *s, const struct slot_context *c, struct str text,
				    struct slot_value *v)
{
	struct understood_answer a;

	if (understand_answer(text, &a) != 0 || a.answer == UNDERSTAND_UNSURE)
		return SLOT_NOTHING;
	snprintf(v->value, sizeof(v->value), "%s", a.answer == UNDERSTAND_YES ? "yes" : "no");
	speak_as_written(v);
	v->confidence = a.how.confidence;
	return SLOT_FILLED;
}

/* "general|doctor|check up": the value and the words that mean it. */
static enum slot_result read_choice(const struct agent_slot *s, const struct slot_context *c, struct str text,
				    struct slot_value *v)
{
	struct words ws;

	words_read(&ws, text);
	for (size_t i = 0; i < s->choices.count; i++) {
		struct str rest = s->choices.at[i], value = {0};
		while (!str_empty(rest)) {
			char phrase[64];
			struct str one = str_cut(&rest, '|');
			value = str_empty(value) ? one : value;
			str_copy(one, phrase, sizeof(phrase));
			if (!words_find(&ws, 0, phrase, NULL, NULL))
				continue;
			str_copy(value, v->value, sizeof(v->value));
			speak_as_written(v);
			v->confidence = 90;
			return SLOT_FILLED;
		}
	}
	return SLOT_NOTHING;
}

static enum slot_result read_text(const struct agent_slot *s, const struct slot_context *c, struct str text,
				  struct slot_value *v)
{
	if (!c->asked || str_empty(str_trim(text)))
		return SLOT_NOTHING;
	str_copy(str_trim(text), v->value, sizeof(v->value));
	speak_as_written(v);
	v->confidence = 90;
	return SLOT_FILLED;
}

static enum slot_result read_offer(const struct agent_slot *s, const struct slot_context *c, struct str text,
				   struct slot_value *v)
{
	return c->asked ? slot_offer_read(c, text, v) : SLOT_NOTHING;
}

static const struct {
	reader read;
	enum eot_expect expect;
} types[AGENT_SLOT_TYPES] = {
	[AGENT_SLOT_TEXT] = {read_text, EOT_ANYTHING},     [AGENT_SLOT_DATE] = {read_date, EOT_DATE_TIME},
	[AGENT_SLOT_TIME] = {read_time, EOT_DATE_TIME},    [AGENT_SLOT_PHONE] = {read_phone, EOT_DIGITS},
	[AGENT_SLOT_NAME] = {read_name, EOT_NAME},         [AGENT_SLOT_BIRTH] = {read_birth, EOT_BIRTH},
	[AGENT_SLOT_EMAIL] = {read_email, EOT_SPELLING},   [AGENT_SLOT_NUMBER] = {read_number, EOT_ANYTHING},
	[AGENT_SLOT_DIGITS] = {read_digits, EOT_DIGITS},   [AGENT_SLOT_YES_NO] = {read_yes_no, EOT_YES_NO},
	[AGENT_SLOT_CHOICE] = {read_choice, EOT_ANYTHING}, [AGENT_SLOT_OFFER] = {read_offer, EOT_DATE_TIME},
};

enum slot_result slot_read(const struct agent_slot *s, const struct slot_context *c, struct str text,
			   struct slot_value *ret_value)
{
	struct slot_value v = {.confidence = 0};
	enum slot_result r = types[s->type].read(s, c, text, &v);

	if (r == SLOT_FILLED && !c->asked && v.confidence < UNASKED_SURE && s->type != AGENT_SLOT_DATE &&
	    s->type != AGENT_SLOT_TIME)
		return SLOT_NOTHING;
	if (r == SLOT_FILLED)
		*ret_value = v;
	return r;
}

enum slot_result slot_read_keys(const struct agent_slot *s, const struct slot_context *c, struct str keys,
				struct slot_value *ret_value)
{
	struct str digits = keys;

	while (!str_empty(digits) && digits.p[digits.n - 1] == '#')
		digits.n--;
	if (str_empty(digits))
		return SLOT_NOTHING;
	switch (s->type) {
	case AGENT_SLOT_YES_NO:
		return slot_read(s, c,
				 str_eq(digits, STR("1"))   ? STR("yes")
				 : str_eq(digits, STR("2")) ? STR("no")
							    : STR(""),
				 ret_value);
	case AGENT_SLOT_OFFER:
		return slot_offer_pick(c, digits, ret_value);
	case AGENT_SLOT_PHONE:
	case AGENT_SLOT_DIGITS:
	case AGENT_SLOT_NUMBER:
		return slot_read(s, c, digits, ret_value);
	case AGENT_SLOT_TEXT:
	case AGENT_SLOT_DATE:
	case AGENT_SLOT_TIME:
	case AGENT_SLOT_NAME:
	case AGENT_SLOT_BIRTH:
	case AGENT_SLOT_EMAIL:
	case AGENT_SLOT_CHOICE:
	case AGENT_SLOT_TYPES:
		break;
	}
	return SLOT_NOTHING;
}

enum eot_expect slot_expect(const struct agent_slot *s)
{
	return types[s->type].expect;
}

int slot_speak_moment(struct str moment, struct civil_date today, char buf[SLOT_VALUE_MAX])
{
	char day[CIVIL_SPOKEN_BYTES], clock[CIVIL_SPOKEN_BYTES];
	struct civil_date d;
	int minute;

	if (moment.n != 16 || civil_read(str_sub(moment, 0, 10), &d) ||
	    civil_read_clock(str_sub(moment, 11, 5), &minute))
		return -EBADMSG;
	snprintf(buf, SLOT_VALUE_MAX, "%s at %s", civil_spoken(d, today, day),
		 civil_spoken_clock(minute, clock));
	return 0;
}
