#include "call/call_cost.h"

#include "base/loop.h"
#include "call/call.h"

static void note_reached(struct call *c, const char *what, enum cost_action action)
{
	static const char *const actions[] = {
		[COST_WARN] = "warn", [COST_DEGRADE] = "degrade", [COST_END] = "end"};
	char total[PICOS_TEXT_BYTES];

	trail_begin(&c->trail, loop_now(c->p.services->loop), "cost_limit");
	json_str(&c->trail.json, "of", str_from(what));
	json_str(&c->trail.json, "action", str_from(actions[action]));
	json_raw(&c->trail.json, "total", picos_text(c->meter.total, total));
	trail_end(&c->trail);
}

static void act(struct call *c, const struct call_cost_limits *limits)
{
	const struct call_services *s = c->p.services;

	if (limits->action == COST_DEGRADE && s->degrade)
		s->degrade(s->degrade_arg, c);
	else if (limits->action == COST_END)
		conversation_wind_up(&c->conversation, limits->farewell, STR("cost limit"));
}

/* The name of the limit that is reached, or NULL. All of them are told. */
static const char *spend(struct call *c, const struct call_cost_limits *limits, picos cost)
{
	const struct call_services *s = c->p.services;
	int64_t today = s->today ? s->today() : 0;
	bool agent = budget_spend(limits->agent, today, cost);
	bool tenant = budget_spend(limits->tenant, today, cost);

	if (limits->call > 0 && c->meter.total >= limits->call)
		return "call";
	return agent ? "agent" : tenant ? "tenant" : NULL;
}

static void on_cost(void *arg, const struct meter_line *line, const struct usage *u, picos cost)
{
	struct call *c = arg;
	const struct call_cost_limits *limits = c->p.agent->cost;
	const struct call_observer *o = c->p.services->observer;
	const char *reached;

	if (o)
		o->on_cost(o->arg, c, line, u, cost);
	reached = limits ? spend(c, limits, cost) : NULL;
	if (!reached || c->cost_reached)
		return;
	c->cost_reached = true;
	note_reached(c, reached, limits->action);
	act(c, limits);
}

void call_cost_init(struct call *c)
{
	const struct call_services *s = c->p.services;

	meter_init(&c->meter, s->prices, &c->trail, s->loop, &(struct meter_sink){on_cost, c});
}

struct usage_sink call_cost_sink(struct call *c)
{
	return meter_usage_sink(&c->meter);
}

void call_cost_turn(struct call *c)
{
	meter_note_turn(&c->meter, c->conversation.turns);
}

void call_cost_end(struct call *c)
{
	usec now = loop_now(c->p.services->loop);

	if (c->up > 0)
		meter_add_call(&c->meter, str_from(c->trunk), now - c->up);
	meter_note_end(&c->meter);
}
