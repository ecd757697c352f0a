#include "call/floor.h"

#include <assert.h>

#include "base/loop.h"
#include "call/floor_acts.h"

#define GO(state, act) FSM_GO(FLOOR_##state, floor_##act)
#define STAY(state)    FSM_GO(FLOOR_##state, NULL)

static const struct fsm_cell cells[FLOOR_STATE_COUNT_][FLOOR_EVENT_COUNT_] =
	{
		[FLOOR_IDLE] =
			{
				[FLOOR_EV_START] = GO(THINKING, greet),
				[FLOOR_EV_EAR_FAULT] = GO(IDLE, broken),
				[FLOOR_EV_VOICE_FAULT] = GO(IDLE, broken),
				[FLOOR_EV_OVER] = STAY(OVER),
			},
		[FLOOR_LISTENING] =
			{
				[FLOOR_EV_SPEECH] = GO(HEARING, open_turn),
				[FLOOR_EV_QUIET] = STAY(PAUSED),
				[FLOOR_EV_KEY] = GO(KEYING, collect),
				[FLOOR_EV_LEAVE] = GO(LEAVING, leave),
				[FLOOR_EV_HOLD] = STAY(LISTENING),
				[FLOOR_EV_INSIST] = GO(INSISTING, speak),
				[FLOOR_EV_DEADLINE] = GO(THINKING, prompt),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = STAY(OVER),
			},
		[FLOOR_HEARING] =
			{
				[FLOOR_EV_QUIET] = STAY(PAUSED),
				[FLOOR_EV_FINAL] = GO(HEARING, keep),
				[FLOOR_EV_KEY] = GO(KEYING, collect),
				[FLOOR_EV_DEADLINE] = GO(FINISHING, finish),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_PAUSED] =
			{
				[FLOOR_EV_SPEECH] = GO(HEARING, open_turn),
				[FLOOR_EV_WORDS] = STAY(PAUSED),
				[FLOOR_EV_BACKCHANNEL] = STAY(PAUSED),
				[FLOOR_EV_FINAL] = GO(PAUSED, keep),
				[FLOOR_EV_KEY] = GO(KEYING, collect),
				[FLOOR_EV_DEADLINE] = GO(FINISHING, finish),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_FINISHING] =
			{
				[FLOOR_EV_SPEECH] = GO(HEARING, open_turn),
				[FLOOR_EV_FINAL] = GO(THINKING, think),
				[FLOOR_EV_DEADLINE] = GO(AWAITING, await),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_AWAITING] =
			{
				[FLOOR_EV_SPEECH] = GO(HEARING, go_on),
				[FLOOR_EV_FINAL] = GO(THINKING, think),
				[FLOOR_EV_DEADLINE] = GO(THINKING, think),
				[FLOOR_EV_VOICE_FAULT] = GO(AWAITING, hush),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_KEYING] =
			{
				[FLOOR_EV_KEY] = STAY(KEYING),
				[FLOOR_EV_DEADLINE] = GO(THINKING, think_keys),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_THINKING] =
			{
				[FLOOR_EV_SPEECH] = GO(HEARING, open_turn),
				[FLOOR_EV_SAY] = GO(SPEAKING, speak),
				[FLOOR_EV_INSIST] = GO(INSISTING, speak),
				[FLOOR_EV_YIELD] = GO(LISTENING, listen),
				[FLOOR_EV_RESUME] = GO(SPEAKING, resume),
				[FLOOR_EV_LEAVE] = GO(LEAVING, leave),
				[FLOOR_EV_AGENT_FAULT] = GO(THINKING, agent_failed),
				[FLOOR_EV_DEADLINE] = GO(THINKING, stall),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = STAY(OVER),
			},
		[FLOOR_SPEAKING] =
			{
				[FLOOR_EV_SPEECH] = GO(DUCKED, duck),
				[FLOOR_EV_KEY] = GO(KEYING, collect),
				[FLOOR_EV_SAY] = GO(SPEAKING, speak),
				[FLOOR_EV_INSIST] = GO(INSISTING, speak),
				[FLOOR_EV_SPOKEN] = GO(LISTENING, listen),
				[FLOOR_EV_VOICE_FAULT] = GO(THINKING, voice_failed),
				[FLOOR_EV_AGENT_FAULT] = GO(THINKING, agent_failed),
				[FLOOR_EV_DEADLINE] = GO(SPEAKING, stall),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_INSISTING] =
			{
				[FLOOR_EV_SPEECH] = GO(INSISTING, overhear),
				[FLOOR_EV_SAY] = GO(INSISTING, speak),
				[FLOOR_EV_INSIST] = GO(INSISTING, speak),
				[FLOOR_EV_INSISTED] = GO(SPEAKING, relent),
				[FLOOR_EV_SPOKEN] = GO(LISTENING, listen),
				[FLOOR_EV_VOICE_FAULT] = GO(THINKING, voice_failed),
				[FLOOR_EV_AGENT_FAULT] = GO(THINKING, agent_failed),
				[FLOOR_EV_DEADLINE] = GO(INSISTING, stall),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_DUCKED] =
			{
				[FLOOR_EV_QUIET] = STAY(DOUBTING),
				[FLOOR_EV_WORDS] = GO(HEARING, interrupt),
				[FLOOR_EV_KEY] = GO(KEYING, collect),
				[FLOOR_EV_SPOKEN] = GO(HEARING, overtake),
				[FLOOR_EV_DEADLINE] = GO(HELD, hold),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_HELD] =
			{
				[FLOOR_EV_QUIET] = STAY(DOUBTING),
				[FLOOR_EV_WORDS] = GO(HEARING, interrupt),
				[FLOOR_EV_KEY] = GO(KEYING, collect),
				[FLOOR_EV_DEADLINE] = STAY(HEARING),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_DOUBTING] =
			{
				[FLOOR_EV_SPEECH] = GO(DUCKED, duck),
				[FLOOR_EV_WORDS] = GO(PAUSED, interrupt),
				[FLOOR_EV_BACKCHANNEL] = GO(SPEAKING, resume),
				[FLOOR_EV_KEY] = GO(KEYING, collect),
				[FLOOR_EV_SPOKEN] = GO(PAUSED, overtake),
				[FLOOR_EV_DEADLINE] = GO(SPEAKING, resume),
				[FLOOR_EV_EAR_FAULT] = GO(THINKING, ear_failed),
				[FLOOR_EV_OVER] = GO(OVER, end),
			},
		[FLOOR_LEAVING] =
			{
				[FLOOR_EV_RETURN] = GO(THINKING, explain),
				[FLOOR_EV_DEADLINE] = STAY(LEAVING),
				[FLOOR_EV_OVER] = STAY(OVER),
			},
};

static const struct fsm_state states[] = {
	[FLOOR_IDLE] = {"idle", 0},
	[FLOOR_LISTENING] = {"listening", FSM_WAITING},
	[FLOOR_HEARING] = {"hearing", FSM_WAITING},
	[FLOOR_PAUSED] = {"paused", FSM_WAITING},
	[FLOOR_FINISHING] = {"finishing", FSM_WAITING},
	[FLOOR_AWAITING] = {"awaiting", FSM_WAITING},
	[FLOOR_KEYING] = {"keying", FSM_WAITING},
	[FLOOR_THINKING] = {"thinking", FSM_WAITING},
	[FLOOR_SPEAKING] = {"speaking", FSM_WAITING},
	[FLOOR_INSISTING] = {"insisting", FSM_WAITING},
	[FLOOR_DUCKED] = {"ducked", FSM_WAITING},
	[FLOOR_HELD] = {"held", FSM_WAITING},
	[FLOOR_DOUBTING] = {"doubting", FSM_WAITING},
	[FLOOR_LEAVING] = {"leaving", FSM_WAITING},
	[FLOOR_OVER] = {"over", FSM_END},
};

static const char *const events[] = {
	[FLOOR_EV_START] = "start",
	[FLOOR_EV_SPEECH] = "speech",
	[FLOOR_EV_QUIET] = "quiet",
	[FLOOR_EV_WORDS] = "words",
	[FLOOR_EV_BACKCHANNEL] = "backchannel",
	[FLOOR_EV_FINAL] = "final",
	[FLOOR_EV_KEY] = "key",
	[FLOOR_EV_SAY] = "say",
	[FLOOR_EV_INSIST] = "insist",
	[FLOOR_EV_INSISTED] = "insisted",
	[FLOOR_EV_YIELD] = "yield",
	[FLOOR_EV_SPOKEN] = "spoken",
	[FLOOR_EV_RESUME] = "resume",
	[FLOOR_EV_LEAVE] = "leave",
	[FLOOR_EV_RETURN] = "return",
	[FLOOR_EV_HOLD] = "hold",
	[FLOOR_EV_EAR_FAULT] = "ear fault",
	[FLOOR_EV_AGENT_FAULT] = "agent fault",
	[FLOOR_EV_VOICE_FAULT] = "voice fault",
	[FLOOR_EV_DEADLINE] = "deadline",
	[FLOOR_EV_OVER] = "over",
};

const struct fsm floor_fsm = {
	.name = "floor",
	.states = states,
	.events = events,
	.cells = &cells[0][0],
	.state_count = FLOOR_STATE_COUNT_,
	.event_count = FLOOR_EVENT_COUNT_,
	.start = FLOOR_IDLE,
	.timeout = FLOOR_EV_DEADLINE,
};

static void on_timer(struct timer *t)
{
	floor_post(CONTAINER_OF(t, struct floor, timer), FLOOR_EV_DEADLINE);
}

void floor_init(struct floor *f, struct loop *loop, const struct floor_ops *ops, struct conversation *c)
{
	*f = (struct floor){
		.state = FLOOR_IDLE, .fsm = &floor_fsm, .ops = ops, .conversation = c, .loop = loop};
}

void floor_fini(struct floor *f)
{
	timer_stop(&f->timer);
}

static void arm(struct floor *f)
{
	usec due = f->ops->deadline(f->conversation, (enum floor_state)f->state);

	assert((due == USEC_NEVER) == (f->state == FLOOR_IDLE || f->state == FLOOR_OVER));
	if (due == USEC_NEVER)
		timer_stop(&f->timer);
	else
		timer_start(&f->timer, f->loop, due, on_timer);
}

/* The step is told before the action runs, so that the trail reads in the order of cause and effect. */
static void step(struct floor *f, enum floor_event event)
{
	const struct fsm_cell *cell = fsm_find(f->fsm, f->state, event);
	uint8_t from = f->state;

	if (!cell)
		return;
	f->ops->stepped(f->conversation, (enum floor_state)from, event, (enum floor_state)(cell->to - 1));
	(void)fsm_step(f->fsm, &f->state, event, f->conversation, NULL);
	arm(f);
}

void floor_post(struct floor *f, enum floor_event event)
{
	assert(f->pending_count < FLOOR_PENDING_MAX);
	f->pending[f->pending_count++] = event;
	if (f->stepping)
		return;
	f->stepping = true;
	for (unsigned i = 0; i < f->pending_count; i++)
		step(f, f->pending[i]);
	f->pending_count = 0;
	f->stepping = false;
}
