#include "agent/flow_parts.h"

#define HOPS_MAX 12 /* states walked through without a word of the caller */

void flow_say_goodbye(struct flow *f, struct str template, struct str disposition)
{
	flow_say(f, template);
	flow_write_hangup(f, disposition, false);
	f->wait = FLOW_ENDED;
}

static void give_up_on_people(struct flow *f)
{
	const struct agent *a = f->p.agent;

	flow_say(f, a->message.take ? a->phrases.leave_message : a->phrases.nobody_free);
	flow_write_hangup(f, STR("callback"), a->message.take);
	f->wait = FLOW_ENDED;
}

/* A second transfer after one that came back would only turn in circles. */
static bool is_reachable(const struct flow *f, const struct agent_target *t)
{
	return t && f->transfers_failed <= 1 && (f->transfers_failed == 0 || t->cold);
}

static void transfer(struct flow *f, const struct agent_target *t, struct str say, struct str reason)
{
	if (!is_reachable(f, t)) {
		give_up_on_people(f);
		return;
	}
	if (t->cold)
		flow_say_firmly(f, say);
	else
		flow_say(f, say);
	flow_write_transfer(f, t, t->cold ? BRAIN_COLD : BRAIN_WARM, reason);
	f->wait = FLOW_ENDED;
}

void flow_hand_over(struct flow *f, struct str reason)
{
	transfer(f, agent_human(f->p.agent), f->p.agent->phrases.handover, reason);
}

void flow_emergency(struct flow *f, const struct agent_intent *in)
{
	const struct agent_target *t = agent_rescue(f->p.agent);

	if (is_reachable(f, t)) {
		transfer(f, t, f->p.agent->phrases.emergency, STR("Emergency"));
		return;
	}
	flow_say_firmly(f, f->p.agent->phrases.emergency_alone);
	flow_write_hangup(f, STR("emergency"), false);
	f->wait = FLOW_ENDED;
}

/* ---- asking ---- */

static void ask(struct flow *f, enum flow_wait wait, struct str question, enum eot_expect kind, int digits)
{
	f->wait = wait;
	f->question = question;
	flow_say(f, question);
	flow_expect(f, kind, digits);
}

static void expect_now(struct flow *f)
{
	switch (f->wait) {
	case FLOW_SLOT:
		/* a name that was missed twice is spelled, and letters come with pauses */
		if (f->slot->type == AGENT_SLOT_NAME && f->ladder > 1)
			flow_expect(f, EOT_SPELLING, 0);
		else
			flow_expect(f, slot_expect(f->slot), f->slot->digits);
		break;
	case FLOW_READBACK:
	case FLOW_SUMMARY:
		flow_expect(f, EOT_YES_NO, 0);
		break;
	case FLOW_IDLE:
	case FLOW_LISTENING:
	case FLOW_CHANGE:
	case FLOW_MEANING:
	case FLOW_CHOOSING:
	case FLOW_TOOL:
	case FLOW_ENDED:
	case FLOW_WAITS:
		flow_expect(f, EOT_ANYTHING, 0);
	}
}

void flow_ask_again(struct flow *f)
{
	flow_say(f, f->question);
	expect_now(f);
}

/* A step up: the slot's own words, or those of the step, and the question again. */
static void climb(struct flow *f, struct str own, struct str step)
{
	const struct agent *a = f->p.agent;

	f->ladder++;
	f->ladder_all++;
	flow_note(f, "ladder",
		  f->ladder == 1   ? STR("clarify")
		  : f->ladder == 2 ? STR("rephrase")
				   : STR("hand over"));
	if (f->ladder > a->limits.ladder || f->ladder_all > a->limits.ladder_all) {
		flow_hand_over(f, STR("The assistant could not understand the caller"));
		return;
	}
	if (!str_empty(own)) {
		flow_say(f, own);
		expect_now(f);
		return;
	}
	flow_say(f, step);
	flow_ask_again(f);
}

/* The ladder: clarify, rephrase, hand over. */
void flow_misunderstood(struct flow *f)
{
	const struct agent_phrases *p = &f->p.agent->phrases;
	struct str own = {NULL, 0};

	if (f->wait == FLOW_SLOT)
		own = f->ladder == 0 ? f->slot->again : f->slot->rephrase;
	climb(f, own, f->ladder == 0 ? p->clarify : p->rephrase);
}

void flow_out_of_scope(struct flow *f)
{
	flow_note(f, "scope", STR("out"));
	climb(f, STR(""), f->p.agent->phrases.out_of_scope);
}

/* ---- the way through the states ---- */

static size_t index_of(const struct flow *f, const struct agent_state *s)
{
	return (size_t)(s - (const struct agent_state *)f->p.agent->states.at);
}

void flow_enter(struct flow *f, const struct agent_state *s)
{
	unsigned char *visits = &f->visits[index_of(f, s)];

	f->state = s;
	f->slot = NULL;
	f->confirmed = false;
	if (*visits < 255)
		++*visits;
	flow_note(f, "state", s->name);
	if (*visits > (s->visits ? s->visits : f->p.agent->limits.visits) && s->end == AGENT_END_NONE) {
		flow_hand_over(f, str_empty(s->reason) ? STR("The conversation went in circles") : s->reason);
		return;
	}
	if (*visits == 1 || s->end != AGENT_END_NONE)
		flow_say(f, s->say);
	flow_advance(f);
}

void flow_follow(struct flow *f, const struct agent_edge *e)
{
	const struct agent_state *next = agent_find_state(f->p.agent, e->go);

	flow_say(f, e->say);
	if (!str_empty(e->disposition))
		f->disposition = e->disposition;
	for (size_t i = 0; i < e->clear.count; i++)
		flow_clear(f, e->clear.at[i]);
	if (++f->hops > HOPS_MAX || !next)
		flow_hand_over(f, STR("The conversation went in circles"));
	else
		flow_enter(f, next);
}

static void end(struct flow *f)
{
	const struct agent_state *s = f->state;
	const struct agent_target *t =
		str_empty(s->target) ? agent_human(f->p.agent) : agent_find_target(f->p.agent, s->target);

	if (s->end == AGENT_END_TRANSFER)
		transfer(f, t, str_empty(s->say) ? f->p.agent->phrases.handover : STR(""), s->reason);
	else
		flow_say_goodbye(f, str_empty(s->say) ? f->p.agent->phrases.goodbye : STR(""),
				 str_empty(f->disposition) ? s->disposition : f->disposition);
}

/* "choice=none": an edge for one value of a slot. */
static const struct agent_edge *edge_by_value(const struct flow *f)
{
	const struct agent_edge *e = f->state->edges.at;

	for (size_t i = 0; i < f->state->edges.count; i++) {
		struct str want = e[i].on;
		if (str_chr(want, '=') == want.n)
			continue;
		const struct slot_value *v = flow_get(f, str_cut(&want, '='));
		if (v && str_eq(str_from(v->value), want))
			return &e[i];
	}
	return NULL;
}

static const struct agent_slot *first_unfilled(const struct flow *f)
{
	for (size_t i = 0; i < f->state->slots.count; i++)
		if (!flow_get(f, f->state->slots.at[i]))
			return agent_find_slot(f->p.agent, f->state->slots.at[i]);
	return NULL;
}

static uint64_t digest(uint64_t h, struct str s)
{
	/* FNV-1a: stable across restarts, unlike str_hash() */
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return (h ^ 0xff) * 0x100000001b3u;
}

/* The deed is named by the session and by everything that was asked for. */
static void want_tool(struct flow *f)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t n = 0;

	for (size_t i = 0; i < f->var_count; i++) {
		const struct flow_var *v = &f->vars[i];
		struct str name = str_from(v->name), value = str_from(v->v.value);
		if (str_empty(value))
			continue;
		f->args[n++] = (struct tool_value){name, value, str_from(v->v.spoken)};
		if (agent_find_slot(f->p.agent, name) || str_eq(name, STR("slot")) ||
		    str_eq(name, STR("appointment")))
			h = digest(digest(h, name), value);
	}
	char *key = arena_printf(&f->turn, STR_FMT "/" STR_FMT "/%016llx", STR_ARG(f->p.session.session_id),
				 STR_ARG(f->state->tool), (unsigned long long)h);
	if (!key) {
		f->memory_short = true;
		flow_hand_over(f, STR("The assistant ran out of memory"));
		return;
	}
	f->call = (struct tool_call){
		.name = f->state->tool,
		.agent = f->p.agent,
		.key = str_from(key),
		.today = f->p.today,
		.minute = f->p.minute,
		.args = f->args,
		.arg_count = n,
	};
	flow_note(f, "tool", f->state->tool);
	f->wait = FLOW_TOOL;
}

void flow_advance(struct flow *f)
{
	const struct agent_state *s = f->state;
	const struct agent_edge *e = edge_by_value(f);

	if (s->end != AGENT_END_NONE) {
		end(f);
		return;
	}
	if (e) {
		flow_follow(f, e);
		return;
	}
	f->slot = first_unfilled(f);
	if (f->slot) {
		ask(f, FLOW_SLOT, f->slot->ask, slot_expect(f->slot), f->slot->digits);
		return;
	}
	if (!str_empty(s->confirm) && !f->confirmed) {
		ask(f, FLOW_SUMMARY, s->confirm, EOT_YES_NO, 0);
		return;
	}
	if (!str_empty(s->tool)) {
		want_tool(f);
		return;
	}
	e = agent_find_edge(s, STR("filled"));
	if (e)
		flow_follow(f, e);
	else
		ask(f, FLOW_LISTENING, str_empty(s->ask) ? f->p.agent->phrases.anything_else : s->ask,
		    EOT_ANYTHING, 0);
}
