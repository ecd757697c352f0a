#include "app/rehearsal/rehearse_call.h"

#include <errno.h>

struct judge {
	struct rehearse_call *call;
	struct arena *arena;
	bool no_memory;
};

static struct str text(struct judge *j, char *printed)
{
	j->no_memory |= !printed;
	return str_from(printed);
}

/* ---- turns ---- */

static void begin_turn(struct judge *j, const struct caller_turn *said)
{
	struct rehearse_call *call = j->call;
	const struct rehearsal_step *steps = call->rehearsal->steps.at;

	call->turns[call->turn_count++] = (struct rehearse_turn){
		.caller = rehearsal_words(rehearsal_say(&steps[said->step], said->again), j->arena),
		.again = said->again,
		.response = said->answered > 0 ? said->answered - said->ended : 0,
		.silence =
			said->interrupting && said->silenced > said->began ? said->silenced - said->began : 0,
		.cut_off = said->cut_off,
		.aside = said->interrupting,
	};
}

static struct str join(struct judge *j, struct str a, struct str b)
{
	if (str_empty(a) || str_empty(b))
		return str_empty(a) ? b : a;
	return text(j, arena_printf(j->arena, STR_FMT " " STR_FMT, STR_ARG(a), STR_ARG(b)));
}

static void add_heard(struct judge *j, struct rehearse_turn *t, const struct trail_turn *heard)
{
	t->aside = false;
	t->heard = join(j, t->heard, heard->heard);
	t->agent = join(j, t->agent, heard->agent);
	if (heard->response == 0)
		return;
	t->staged = true;
	t->cached = heard->cached;
	for (int i = 0; i < TRAIL_STAGE_COUNT_; i++)
		t->stages[i] = heard->stages[i];
}

/* The trail counts from its own start, the caller in its own clock: what they share is the answer. What was
 * heard belongs to the last thing that the caller had begun to say by then. */
static void join_turns(struct judge *j)
{
	struct rehearse_call *call = j->call;
	const struct caller *c = call->caller;
	const struct trail_summary *s = call->summary;

	for (size_t i = 0; i < c->turn_count; i++)
		begin_turn(j, &c->turns[i]);
	for (size_t k = 0; s && k < s->turn_count; k++) {
		usec at = s->turns[k].quiet - s->answered + c->began;
		size_t i = c->turn_count;

		while (i > 0 && c->turns[i - 1].began > at)
			i--;
		if (i > 0)
			add_heard(j, &call->turns[i - 1], &s->turns[k]);
	}
	/* The agent went on speaking: the pauses between its words are no answers. */
	for (size_t i = 0; s && i < call->turn_count; i++)
		if (call->turns[i].aside)
			call->turns[i].response = 0;
}

/* ---- expectations ---- */

static void expect(struct judge *j, struct str what, bool ok, struct str found)
{
	struct rehearse_call *call = j->call;

	call->ok &= ok;
	if (call->expectation_count < REHEARSE_EXPECTATIONS_MAX)
		call->expectations[call->expectation_count++] =
			(struct rehearse_expectation){what, ok ? (struct str){0} : found, ok};
}

static void judge_script(struct judge *j)
{
	const struct caller *c = j->call->caller;
	struct str failure = c ? str_from(c->failure) : STR("it was not dialled");

	if (str_empty(failure) && (c->end == LEG_END_LOST || c->end == LEG_END_FAULT))
		failure = STR("the call broke off");
	expect(j, STR("the caller can do what the script says"), str_empty(failure), failure);
	if (!j->call->summary)
		expect(j, STR("there is a trail"), false, STR("none was found"));
}

static bool came_to(const struct trail_summary *s, struct str outcome)
{
	for (size_t i = 0; i < s->note_count; i++)
		if (str_eq(s->notes[i].name, STR("outcome")) && str_eq(s->notes[i].value, outcome))
			return true;
	return str_eq(s->outcome, outcome);
}

/* How the call ended, or what one of the agent's tools has done. */
static void judge_outcome(struct judge *j, const struct trail_summary *s, struct str wanted)
{
	j->call->outcome = s->outcome;
	if (str_empty(wanted))
		return;
	if (came_to(s, wanted))
		j->call->outcome = wanted;
	expect(j, text(j, arena_printf(j->arena, "the outcome is " STR_FMT, STR_ARG(wanted))),
	       came_to(s, wanted), s->outcome);
}

static struct str slot_of(const struct trail_summary *s, struct str name)
{
	for (size_t i = s->note_count; i > 0; i--) {
		struct str value = s->notes[i - 1].value;

		if (str_eq(s->notes[i - 1].name, STR("slot")) && str_eq(str_cut(&value, '='), name))
			return value;
	}
	return (struct str){0};
}

static void judge_slots(struct judge *j, const struct trail_summary *s, const struct opt_list *slots)
{
	const struct rehearsal_slot *wanted = slots->at;

	for (size_t i = 0; i < slots->count; i++) {
		struct str found = slot_of(s, wanted[i].name);

		expect(j,
		       text(j, arena_printf(j->arena, STR_FMT " is " STR_FMT, STR_ARG(wanted[i].name),
					    STR_ARG(wanted[i].value))),
		       str_ieq(found, wanted[i].value),
		       str_empty(found) ? STR("it was not understood") : found);
	}
}

static struct str all_said(struct judge *j, const struct trail_summary *s)
{
	struct str said = s->greeting;

	for (size_t i = 0; i < s->turn_count; i++)
		said = join(j, said, s->turns[i].agent);
	return said;
}

static struct str all_heard(struct judge *j, const struct trail_summary *s)
{
	struct str heard = {0};

	for (size_t i = 0; i < s->turn_count; i++)
		heard = join(j, heard, s->turns[i].heard);
	return heard;
}

static void judge_words(struct judge *j, const struct opt_strs *words, struct str in, const char *what,
			bool wanted)
{
	for (size_t i = 0; i < words->count; i++)
		expect(j, text(j, arena_printf(j->arena, "%s '" STR_FMT "'", what, STR_ARG(words->at[i]))),
		       str_ihas(in, words->at[i]) == wanted, in);
}

/* The caller has seen the REFER with its own eyes; the trail alone would be our own word for it. */
static void judge_transfer(struct judge *j, struct str wanted)
{
	struct str found = j->call->caller ? str_from(j->call->caller->referred) : (struct str){0};

	if (str_empty(wanted))
		return;
	expect(j, text(j, arena_printf(j->arena, "the call is transferred to " STR_FMT, STR_ARG(wanted))),
	       str_ihas(found, wanted), str_empty(found) ? STR("it was not transferred") : found);
}

static struct str late_turn(struct judge *j, usec within)
{
	for (size_t i = 0; i < j->call->turn_count; i++) {
		const struct rehearse_turn *t = &j->call->turns[i];

		if (t->aside || t->cut_off)
			continue;
		if (t->response == 0)
			return text(j,
				    arena_printf(j->arena, "no answer to '" STR_FMT "'", STR_ARG(t->caller)));
		if (t->response > within)
			return text(j, arena_printf(j->arena, "%ld ms after '" STR_FMT "'",
						    (long)(t->response / 1000), STR_ARG(t->caller)));
	}
	return (struct str){0};
}

static void judge_within(struct judge *j, usec within)
{
	struct str late;

	if (within == 0)
		return;
	late = late_turn(j, within);
	j->call->late = j->call->ok && !str_empty(late);
	expect(j, text(j, arena_printf(j->arena, "each answer comes within %ld ms", (long)(within / 1000))),
	       str_empty(late), late);
}

static void judge_interruptions(struct judge *j, const struct trail_summary *s, int wanted)
{
	if (wanted >= 0)
		expect(j, text(j, arena_printf(j->arena, "the agent is interrupted %d times", wanted)),
		       s->interruptions == wanted,
		       text(j, arena_printf(j->arena, "%d times", s->interruptions)));
}

static void judge_again(struct judge *j, int most)
{
	size_t again = rehearse_call_again(j->call);

	if (most >= 0)
		expect(j,
		       text(j,
			    arena_printf(j->arena, "the caller says something again at most %d times", most)),
		       again <= (size_t)most, text(j, arena_printf(j->arena, "%zu times", again)));
}

static void judge_trail(struct judge *j, const struct trail_summary *s)
{
	const struct rehearsal_expect *e = &j->call->rehearsal->expect;

	judge_outcome(j, s, e->outcome);
	judge_slots(j, s, &e->slots);
	judge_words(j, &e->said, all_said(j, s), "the agent says", true);
	judge_words(j, &e->not_said, all_said(j, s), "the agent does not say", false);
	judge_words(j, &e->heard, all_heard(j, s), "the agent hears", true);
	judge_interruptions(j, s, e->interruptions);
}

size_t rehearse_call_again(const struct rehearse_call *call)
{
	size_t n = 0;

	for (size_t i = 0; i < call->turn_count; i++)
		n += call->turns[i].again > 0;
	return n;
}

int rehearse_call_judge(struct rehearse_call *call, struct arena *arena)
{
	struct judge j = {call, arena, false};
	const struct rehearsal_expect *e = &call->rehearsal->expect;

	call->turn_count = call->expectation_count = 0;
	call->ok = true;
	call->late = false;
	if (call->caller)
		join_turns(&j);
	judge_script(&j);
	if (call->summary)
		judge_trail(&j, call->summary);
	judge_transfer(&j, e->transfer);
	judge_again(&j, e->again);
	judge_within(&j, e->within);
	return j.no_memory ? -ENOMEM : 0;
}
