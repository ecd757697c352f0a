/*
 * fsm.h - state machines as constant matrices
 *
 * A machine is a table [state][event] = {next state, action}; one function
 * walks it. What the table does not handle is ignored and the caller is told so.
 * Tables have names for states and events, so that a trail can print them, and
 * fsm_check() proves from a test that a table has no dead ends.
 *
 *   static const struct fsm_cell cells[STATES][EVENTS] = {
 *           [IDLE] = {[INVITE] = FSM_GO(RINGING, act_ring)},
 *           [RINGING] = {[ANSWER] = FSM_GO(UP, act_connect), [TIMEOUT] = FSM_GO(DOWN, act_refuse)},
 *   };
 *
 * Threads: tables any; a state its owner's. Layer: base.
 */
#ifndef BASE_FSM_H
#define BASE_FSM_H

#include "base/def.h"

#define FSM_STATES_MAX 64u

/* A zeroed cell is an event that the state does not handle. */
struct fsm_cell {
	/* `self` owns the state; `input` is what the event brought. May be NULL. */
	void (*action)(void *self, const void *input);
	uint8_t to; /* next state + 1 */
};

#define FSM_GO(next, act)                          \
	{                                          \
		.action = (act), .to = (next) + 1u \
	}

enum {
	FSM_WAITING = 1, /* somebody else must move: the timeout event has to be handled */
	FSM_END = 2,
};

struct fsm_state {
	const char *name;
	unsigned flags;
};

struct fsm {
	const char *name;
	const struct fsm_state *states;
	const char *const *events;
	const struct fsm_cell *cells; /* [state_count][event_count] */
	size_t state_count, event_count;
	uint8_t start;
	uint8_t timeout; /* the event that ends waiting */
};

enum {
	FSM_IGNORED = 1,
};

/* Moves `*state` by `event` and then runs the action, which therefore sees the new state and may step
 * again. Returns 0, or FSM_IGNORED when the state does not handle the event (nothing has changed). */
int fsm_step(const struct fsm *m, uint8_t *state, unsigned event, void *self, const void *input);

/* The cell of a state and an event; NULL when it is not handled or there is no such thing. */
const struct fsm_cell *fsm_find(const struct fsm *m, unsigned state, unsigned event);

/* For trails and messages; "?" for what does not exist. */
const char *fsm_state_name(const struct fsm *m, unsigned state);
const char *fsm_event_name(const struct fsm *m, unsigned event);

/* ---- for tests ---- */

enum fsm_flaw {
	FSM_SOUND,
	FSM_NAMELESS,    /* a state or an event without a name, or too many states */
	FSM_ASTRAY,      /* a cell leads to a state that does not exist */
	FSM_UNREACHABLE, /* no way from the start to the state */
	FSM_DEAD_END,    /* no way from the state to an end */
	FSM_HANGING,     /* a waiting state without a timeout */
	FSM_UNDEAD,      /* an end leads on */
};

/* The first flaw of a table and where it is. */
struct fsm_fault {
	enum fsm_flaw flaw;
	unsigned state, event;
};

struct fsm_fault fsm_check(const struct fsm *m);

#endif
