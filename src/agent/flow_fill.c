#include <string.h>

#include "agent/flow_parts.h"
#include "agent/words.h"

struct flow_var *flow_var(struct flow *f, struct str name)
{
	for (size_t i = 0; i < f->var_count; i++)
		if (str_eq(str_from(f->vars[i].name), name))
			return &f->vars[i];
	return NULL;
}

const struct slot_value *flow_get(const struct flow *f, struct str name)
{
	for (size_t i = 0; i < f->var_count; i++)
		if (str_eq(str_from(f->vars[i].name), name) && f->vars[i].v.value[0])
			return &f->vars[i].v;
	return NULL;
}

static void set_value(struct flow *f, struct str name, const struct slot_value *v)
{
	struct flow_var *var = flow_var(f, name);

	if (!var && f->var_count < FLOW_VARS_MAX && name.n < sizeof(var->name)) {
		var = &f->vars[f->var_count++];
		str_copy(name, var->name, sizeof(var->name));
	}
	if (var)
		var->v = *v;
}

void flow_set(struct flow *f, struct str name, struct str value, struct str spoken)
{
	struct slot_value v = {.confidence = 100};

	str_copy(value, v.value, sizeof(v.value));
	str_copy(spoken, v.spoken, sizeof(v.spoken));
	set_value(f, name, &v);
}

static void clear_one(struct flow *f, struct str name)
{
	struct flow_var *var = flow_var(f, name);

	if (var)
		var->v = (struct slot_value){.confidence = 0};
}

void flow_clear(struct flow *f, struct str name)
{
	const struct agent_slot *s = agent_find_slot(f->p.agent, name);

	clear_one(f, name);
	/* a day that is forgotten takes the moment with it that was agreed on that day */
	if (s && (s->type == AGENT_SLOT_OFFER || s->type == AGENT_SLOT_DATE))
		clear_one(f, STR("slot"));
}

struct slot_context flow_slot_context(const struct flow *f, bool asked)
{
	const struct slot_value *offers = flow_get(f, STR("offers"));

	return (struct slot_context){
		.agent = f->p.agent,
		.when = agent_context(f->p.agent, f->p.today, f->p.minute),
		.offers = offers ? str_from(offers->value) : STR(""),
		.asked = asked,
	};
}

/* The slot of this type that the state takes, for a moment that was chosen. */
static void set_from_moment(struct flow *f, const struct slot_value *moment)
{
	struct slot_context c = flow_slot_context(f, true);
	const struct agent_slot *slots = f->p.agent->slots.at;
	struct slot_value v;

	set_value(f, STR("slot"), moment);
	for (size_t i = 0; i < f->p.agent->slots.count; i++) {
		struct str part = slots[i].type == AGENT_SLOT_DATE   ? str_sub(str_from(moment->value), 0, 10)
				  : slots[i].type == AGENT_SLOT_TIME ? str_sub(str_from(moment->value), 11, 5)
								     : STR("");
		if (!str_empty(part) && slot_read(&slots[i], &c, part, &v) == SLOT_FILLED)
			set_value(f, slots[i].name, &v);
	}
}

static bool is_offer_of_moment(const struct agent_slot *s, const struct slot_value *v)
{
	return s->type == AGENT_SLOT_OFFER && strlen(v->value) == 16;
}

/* Takes the value in. Returns whether it is news. */
static bool take(struct flow *f, const struct agent_state *st, const struct agent_slot *s,
		 struct slot_value *v, struct flow_filled *r)
{
	const struct slot_value *had = flow_get(f, s->name);
	bool same = had && strcmp(had->value, v->value) == 0;

	if (f->heard_confidence >= 0)
		v->confidence = MIN(v->confidence, (int)(f->heard_confidence * 100));
	if (!same && had) {
		r->changed = true;
		r->changed_along = r->changed_along || !agent_has(&st->slots, s->name);
	}
	r->any = r->any || !same;
	set_value(f, s->name, v);
	if (is_offer_of_moment(s, v))
		set_from_moment(f, v);
	char *fact = arena_printf(&f->turn, STR_FMT "=%s", STR_ARG(s->name), v->value);
	if (fact)
		flow_note(f, "slot", str_from(fact));
	return !same;
}

/* Whether `other`, which nobody asked for, may stand in an answer to `asked`: a name may come with a date of
 * birth, but figures that are dictated are not also days, times and telephone numbers. */
static bool goes_along(const struct agent_slot *asked, const struct agent_slot *other)
{
	bool is_time = other->type == AGENT_SLOT_DATE || other->type == AGENT_SLOT_TIME;

	switch (asked->type) {
	case AGENT_SLOT_NAME:
		return !is_time;
	case AGENT_SLOT_PHONE:
	case AGENT_SLOT_DIGITS:
	case AGENT_SLOT_BIRTH:
	case AGENT_SLOT_EMAIL:
	case AGENT_SLOT_TEXT:
	case AGENT_SLOT_NUMBER:
		return false;
	case AGENT_SLOT_DATE:
	case AGENT_SLOT_TIME:
	case AGENT_SLOT_YES_NO:
	case AGENT_SLOT_CHOICE:
	case AGENT_SLOT_OFFER:
	case AGENT_SLOT_TYPES:
		break;
	}
	return true;
}

/* Whether all that was said is figures: "four five six", "no, it's oh seven seven". */
static bool is_dictated(struct str text)
{
	static const char around[] =
		"and|but|er|erm|is|it|its|my|no|number|okay|ok|phone|please|so|sorry|that|"
		"thats|the|then|uh|um|well|yeah|yes";
	struct understood_digits d;
	struct words ws;

	if (understand_digits(text, &d) != 0)
		return false;
	words_read(&ws, text);
	for (size_t i = 0; i < ws.n; i++) {
		bool inside = words_from(&ws, i) >= d.how.from && words_to(&ws, i + 1) <= d.how.to;

		if (!inside && !words_is(&ws, i, around))
			return false;
	}
	return true;
}

/* Figures that are dictated where figures were asked for are no day, time or date of birth, also when they
 * are not what was asked for: too few of them, say. */
static bool is_astray(const struct agent_slot *asked, struct str text)
{
	bool figures = asked && (asked->type == AGENT_SLOT_PHONE || asked->type == AGENT_SLOT_DIGITS ||
				 asked->type == AGENT_SLOT_NUMBER || asked->type == AGENT_SLOT_EMAIL);

	return figures && is_dictated(text);
}

/* Nobody asked for these: only types that are unmistakable in running speech. */
static bool is_taken_along(const struct agent_slot *s)
{
	return s->type != AGENT_SLOT_TEXT && s->type != AGENT_SLOT_YES_NO && s->type != AGENT_SLOT_NUMBER &&
	       s->type != AGENT_SLOT_DIGITS && s->type != AGENT_SLOT_OFFER;
}

static void fill_list(struct flow *f, const struct agent_state *st, const struct opt_strs *names,
		      const struct agent_slot *asked, struct str text, struct flow_filled *r)
{
	struct slot_context c = flow_slot_context(f, false);
	struct slot_value v;

	for (size_t i = 0; i < names->count; i++) {
		const struct agent_slot *s = agent_find_slot(f->p.agent, names->at[i]);
		if (!s || s == asked || !is_taken_along(s) || (r->asked && !goes_along(asked, s)))
			continue;
		enum slot_result got = slot_read(s, &c, text, &v);
		if (got == SLOT_FILLED)
			take(f, st, s, &v, r);
		else if (got != SLOT_NOTHING)
			r->problem = got;
	}
}

struct flow_filled flow_fill(struct flow *f, const struct agent_state *st, const struct agent_slot *asked,
			     struct str text)
{
	struct flow_filled r = {.problem = SLOT_NOTHING};
	struct slot_context c = flow_slot_context(f, true);
	struct slot_value v;

	enum slot_result got = asked ? slot_read(asked, &c, text, &v) : SLOT_NOTHING;
	if (got == SLOT_FILLED) {
		r.asked = true;
		take(f, st, asked, &v, &r);
		r.any = true;
		if (is_offer_of_moment(asked, &v))
			return r;
	} else if (got != SLOT_NOTHING) {
		r.problem = got;
	}
	if (!r.asked && is_astray(asked, text))
		return r;
	fill_list(f, st, &st->slots, asked, text, &r);
	fill_list(f, st, &st->also, asked, text, &r);
	return r;
}

bool flow_mend_digits(struct flow *f, const struct agent_slot *s, struct str text)
{
	struct flow_var *var = flow_var(f, s->name);
	struct understood_digits d;

	if (!var || (s->type != AGENT_SLOT_PHONE && s->type != AGENT_SLOT_DIGITS) ||
	    understand_digits(text, &d) != 0)
		return false;
	size_t had = strlen(var->v.value), n = strlen(d.digits);
	if (n < 2 || n >= had || n >= 7)
		return false;
	memcpy(var->v.value + had - n, d.digits, n);
	slot_speak_digits(str_from(var->v.value), var->v.spoken);
	return true;
}
