#include "agent/agent.h"

const struct agent_state *agent_find_state(const struct agent *a, struct str name)
{
	const struct agent_state *s = a->states.at;

	for (size_t i = 0; i < a->states.count; i++)
		if (str_eq(s[i].name, name))
			return &s[i];
	return NULL;
}

const struct agent_slot *agent_find_slot(const struct agent *a, struct str name)
{
	const struct agent_slot *s = a->slots.at;

	for (size_t i = 0; i < a->slots.count; i++)
		if (str_eq(s[i].name, name))
			return &s[i];
	return NULL;
}

const struct agent_intent *agent_find_intent(const struct agent *a, struct str name)
{
	const struct agent_intent *in = a->intents.at;

	for (size_t i = 0; i < a->intents.count; i++)
		if (str_eq(in[i].name, name))
			return &in[i];
	return NULL;
}

const struct agent_target *agent_find_target(const struct agent *a, struct str name)
{
	const struct agent_target *t = a->handoff.at;

	for (size_t i = 0; i < a->handoff.count; i++)
		if (str_eq(t[i].name, name))
			return &t[i];
	return NULL;
}

const struct agent_target *agent_human(const struct agent *a)
{
	const struct agent_target *all = a->handoff.at, *t = agent_find_target(a, STR("human"));

	for (size_t i = 0; !t && i < a->handoff.count; i++)
		if (!all[i].cold)
			t = &all[i];
	return t;
}

const struct agent_target *agent_rescue(const struct agent *a)
{
	const struct agent_target *all = a->handoff.at;

	for (size_t i = 0; i < a->handoff.count; i++)
		if (all[i].cold)
			return &all[i];
	return agent_human(a);
}

const struct agent_edge *agent_find_edge(const struct agent_state *s, struct str on)
{
	const struct agent_edge *e = s->edges.at;

	for (size_t i = 0; i < s->edges.count; i++)
		if (str_eq(e[i].on, on))
			return &e[i];
	return NULL;
}

bool agent_has(const struct opt_strs *list, struct str name)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->at[i], name))
			return true;
	return false;
}

struct str agent_part_of_day(int minute)
{
	return minute < 12 * 60 ? STR("morning") : minute < 17 * 60 ? STR("afternoon") : STR("evening");
}

struct agent_range agent_open_on(const struct agent *a, struct civil_date d)
{
	return a->open[civil_weekday(d)];
}

struct understand_context agent_context(const struct agent *a, struct civil_date today, int minute)
{
	/* the only large country that writes the month first */
	bool month_first = str_ieq(a->language, STR("en-US"));
	struct understand_context c = {
		.today = today,
		.minute = minute,
		.order = month_first ? UNDERSTAND_MONTH_FIRST : UNDERSTAND_DAY_FIRST,
	};

	for (int d = 0; d < 7; d++) {
		if (a->open[d].to - a->open[d].from <= c.close_minute - c.open_minute)
			continue;
		c.open_minute = a->open[d].from;
		c.close_minute = a->open[d].to;
	}
	return c;
}
