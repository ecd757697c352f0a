#include "base/fsm.h"

#include <stdbool.h>

static const struct fsm_cell *cell(const struct fsm *m, unsigned state, unsigned event)
{
	return &m->cells[state * m->event_count + event];
}

const struct fsm_cell *fsm_find(const struct fsm *m, unsigned state, unsigned event)
{
	if (state >= m->state_count || event >= m->event_count || !cell(m, state, event)->to)
		return NULL;
	return cell(m, state, event);
}

int fsm_step(const struct fsm *m, uint8_t *state, unsigned event, void *self, const void *input)
{
	const struct fsm_cell *c = fsm_find(m, *state, event);

	if (!c)
		return FSM_IGNORED;
	*state = (uint8_t)(c->to - 1u);
	if (c->action)
		c->action(self, input);
	return 0;
}

const char *fsm_state_name(const struct fsm *m, unsigned state)
{
	return state < m->state_count ? m->states[state].name : "?";
}

const char *fsm_event_name(const struct fsm *m, unsigned event)
{
	return event < m->event_count ? m->events[event] : "?";
}

/* ---- the check ---- */

/* Looks for a flaw in one state; true when there is one, described in `*f`. */
static bool state_is_flawed(const struct fsm *m, unsigned state, struct fsm_fault *f)
{
	f->state = state;
	f->flaw = FSM_NAMELESS;
	if (!m->states[state].name)
		return true;
	for (f->event = 0; f->event < m->event_count; f->event++) {
		const struct fsm_cell *c = cell(m, state, f->event);

		f->flaw = c->to > m->state_count ? FSM_ASTRAY : FSM_UNDEAD;
		if (c->to > m->state_count || (c->to && m->states[state].flags & FSM_END))
			return true;
	}
	f->event = m->timeout;
	f->flaw = FSM_HANGING;
	return m->states[state].flags & FSM_WAITING && !fsm_find(m, state, m->timeout);
}

static bool steps_into(const struct fsm *m, unsigned state, uint64_t set)
{
	for (unsigned event = 0; event < m->event_count; event++) {
		const struct fsm_cell *c = fsm_find(m, state, event);

		if (c && set >> (c->to - 1u) & 1)
			return true;
	}
	return false;
}

/* Where one can get from `state`, itself included. */
static uint64_t reached_from(const struct fsm *m, unsigned state)
{
	uint64_t reached = UINT64_C(1) << state, before;

	do {
		before = reached;
		for (unsigned from = 0; from < m->state_count; from++) {
			if (!(reached >> from & 1))
				continue;
			for (unsigned event = 0; event < m->event_count; event++) {
				const struct fsm_cell *c = fsm_find(m, from, event);

				reached |= c ? UINT64_C(1) << (c->to - 1u) : 0;
			}
		}
	} while (reached != before);
	return reached;
}

/* All states from which one can get to an end. */
static uint64_t ending(const struct fsm *m)
{
	uint64_t set = 0, before;

	for (unsigned state = 0; state < m->state_count; state++)
		if (m->states[state].flags & FSM_END)
			set |= UINT64_C(1) << state;
	do {
		before = set;
		for (unsigned state = 0; state < m->state_count; state++)
			if (steps_into(m, state, set))
				set |= UINT64_C(1) << state;
	} while (set != before);
	return set;
}

static unsigned first_missing(uint64_t set)
{
	unsigned state = 0;

	while (set >> state & 1)
		state++;
	return state;
}

struct fsm_fault fsm_check(const struct fsm *m)
{
	struct fsm_fault f = {.flaw = FSM_NAMELESS};
	uint64_t all, set;

	if (m->state_count == 0 || m->state_count > FSM_STATES_MAX)
		return f;
	for (f.event = 0; f.event < m->event_count; f.event++)
		if (!m->events[f.event])
			return f;
	for (unsigned state = 0; state < m->state_count; state++)
		if (state_is_flawed(m, state, &f))
			return f;
	all = UINT64_MAX >> (FSM_STATES_MAX - m->state_count);
	set = reached_from(m, m->start);
	if (set != all)
		return (struct fsm_fault){.flaw = FSM_UNREACHABLE, .state = first_missing(set)};
	set = ending(m);
	if (set != all)
		return (struct fsm_fault){.flaw = FSM_DEAD_END, .state = first_missing(set)};
	return (struct fsm_fault){.flaw = FSM_SOUND};
}
