/* Tables are walked as written, and the check finds every kind of flaw. */
#include "base/fsm.h"

#include "test.h"

enum {
	IDLE,
	RINGING,
	UP,
	DOWN,
	STATES
};
enum {
	INVITE,
	ANSWER,
	HANGUP,
	TIMEOUT,
	EVENTS
};

struct line {
	uint8_t state;
	int connected, refused;
	uint8_t seen;
};

static void act_connect(void *self, const void *input)
{
	struct line *l = self;

	l->connected += *(const int *)input;
	l->seen = l->state;
}

static void act_refuse(void *self, const void *input)
{
	((struct line *)self)->refused++;
}

static const struct fsm_state states[STATES] = {
	[IDLE] = {"idle", 0},
	[RINGING] = {"ringing", FSM_WAITING},
	[UP] = {"up", 0},
	[DOWN] = {"down", FSM_END},
};

static const char *const events[EVENTS] = {"invite", "answer", "hangup", "timeout"};

static const struct fsm_cell cells[STATES][EVENTS] = {
	[IDLE] = {[INVITE] = FSM_GO(RINGING, NULL)},
	[RINGING] = {[ANSWER] = FSM_GO(UP, act_connect),
		     [HANGUP] = FSM_GO(DOWN, NULL),
		     [TIMEOUT] = FSM_GO(DOWN, act_refuse)},
	[UP] = {[ANSWER] = FSM_GO(UP, NULL), [HANGUP] = FSM_GO(DOWN, NULL)},
};

static const struct fsm line_machine = {
	.name = "line",
	.states = states,
	.events = events,
	.cells = &cells[0][0],
	.state_count = STATES,
	.event_count = EVENTS,
	.start = IDLE,
	.timeout = TIMEOUT,
};

TEST(fsm_walks_its_table_and_ignores_the_rest)
{
	struct line l = {.state = IDLE};
	int two = 2;

	CHECK_INT(fsm_step(&line_machine, &l.state, ANSWER, &l, &two), FSM_IGNORED);
	CHECK_INT(fsm_step(&line_machine, &l.state, EVENTS, &l, &two), FSM_IGNORED);
	CHECK_INT(l.state, IDLE);
	CHECK_INT(fsm_step(&line_machine, &l.state, INVITE, &l, NULL), 0);
	CHECK_INT(l.state, RINGING);
	CHECK_INT(fsm_step(&line_machine, &l.state, ANSWER, &l, &two), 0);
	CHECK_INT(l.connected, 2);
	CHECK_INT(l.seen, UP);
	CHECK_INT(fsm_step(&line_machine, &l.state, ANSWER, &l, &two), 0);
	CHECK_INT(fsm_step(&line_machine, &l.state, HANGUP, &l, NULL), 0);
	CHECK_INT(fsm_step(&line_machine, &l.state, HANGUP, &l, NULL), FSM_IGNORED);
	CHECK_STR(str_from(fsm_state_name(&line_machine, l.state)), "down");
	CHECK_STR(str_from(fsm_event_name(&line_machine, TIMEOUT)), "timeout");
	CHECK_STR(str_from(fsm_state_name(&line_machine, STATES)), "?");
	CHECK_STR(str_from(fsm_event_name(&line_machine, EVENTS)), "?");
	CHECK(fsm_find(&line_machine, UP, INVITE) == NULL);
	CHECK(fsm_find(&line_machine, UP, HANGUP) == &cells[UP][HANGUP]);
}

/* A copy of the line's table, to be damaged. */
struct copy {
	struct fsm machine;
	struct fsm_state states[STATES];
	const char *events[EVENTS];
	struct fsm_cell cells[STATES][EVENTS];
};

static void copy_line(struct copy *c)
{
	c->machine = line_machine;
	c->machine.states = memcpy(c->states, states, sizeof(states));
	c->machine.events = memcpy(c->events, events, sizeof(events));
	memcpy(c->cells, cells, sizeof(cells));
	c->machine.cells = &c->cells[0][0];
}

static void check_flaw(const struct copy *c, enum fsm_flaw flaw, unsigned state)
{
	struct fsm_fault f = fsm_check(&c->machine);

	CHECK_INT(f.flaw, flaw);
	CHECK_INT(f.state, state);
}

TEST(fsm_check_finds_each_flaw)
{
	struct copy c;

	CHECK_INT(fsm_check(&line_machine).flaw, FSM_SOUND);
	copy_line(&c);
	c.cells[RINGING][TIMEOUT].to = 0;
	check_flaw(&c, FSM_HANGING, RINGING);
	CHECK_INT(fsm_check(&c.machine).event, TIMEOUT);
	copy_line(&c);
	c.cells[RINGING][ANSWER].to = 0;
	check_flaw(&c, FSM_UNREACHABLE, UP);
	copy_line(&c);
	c.cells[UP][HANGUP].to = 0;
	check_flaw(&c, FSM_DEAD_END, UP);
	copy_line(&c);
	c.cells[UP][HANGUP].to = STATES + 1;
	check_flaw(&c, FSM_ASTRAY, UP);
	copy_line(&c);
	c.cells[DOWN][INVITE].to = IDLE + 1;
	check_flaw(&c, FSM_UNDEAD, DOWN);
	copy_line(&c);
	c.states[UP].name = NULL;
	check_flaw(&c, FSM_NAMELESS, UP);
	copy_line(&c);
	c.events[HANGUP] = NULL;
	check_flaw(&c, FSM_NAMELESS, 0);
	copy_line(&c);
	c.machine.state_count = 0;
	check_flaw(&c, FSM_NAMELESS, 0);
}
