#include "call/call.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/loop.h"
#include "base/mem.h"
#include "call/call_acts.h"

#define ARRIVED_MAX USEC_SEC(10)
#define ANSWER_MAX  USEC_SEC(40) /* 64*T1 of RFC 3261 and some */
#define LEAVING_MAX USEC_SEC(40)

#define MESSAGE_REST_MAX \
	USEC_SEC(60) /* request and thanks; longer only where a line plays nothing any more */

LIVE_DEFINE(call);

#define GO(state, act) FSM_GO(CALL_##state, call_##act)

static const struct fsm_cell cells[CALL_STATE_COUNT_][CALL_EVENT_COUNT_] =
	{
		[CALL_ARRIVED] =
			{
				[CALL_EV_ACCEPT] = GO(ANSWERING, act_answer),
				[CALL_EV_HANGUP] = GO(LEAVING, act_refuse),
				[CALL_EV_FAILED] = GO(LEAVING, act_refuse),
				[CALL_EV_ENDED] = GO(ENDED, act_end),
				[CALL_EV_DEADLINE] = GO(LEAVING, act_refuse),
			},
		[CALL_ANSWERING] =
			{
				[CALL_EV_ANSWERED] = GO(UP, act_converse),
				[CALL_EV_HANGUP] = GO(LEAVING, act_hangup),
				[CALL_EV_FAILED] = GO(LEAVING, act_hangup),
				[CALL_EV_ENDED] = GO(ENDED, act_end),
				[CALL_EV_DEADLINE] = GO(LEAVING, act_hangup),
			},
		[CALL_UP] =
			{
				[CALL_EV_TRANSFER] = GO(TRANSFERRING, act_refer),
				[CALL_EV_MESSAGE] = GO(MESSAGE, act_take_message),
				[CALL_EV_HANGUP] = GO(LEAVING, act_hangup),
				[CALL_EV_FAILED] = GO(RESCUING, act_fall_back),
				[CALL_EV_SILENT] = GO(LEAVING, act_lost),
				[CALL_EV_ENDED] = GO(ENDED, act_end),
				[CALL_EV_DEADLINE] = GO(LEAVING, act_too_long),
			},
		[CALL_TRANSFERRING] =
			{
				[CALL_EV_REFERRED] = GO(LEAVING, act_transferred),
				[CALL_EV_REFUSED] = GO(UP, act_explain),
				[CALL_EV_HANGUP] = GO(LEAVING, act_hangup),
				[CALL_EV_SILENT] = GO(LEAVING, act_lost),
				[CALL_EV_ENDED] = GO(ENDED, act_end_transferred),
				[CALL_EV_DEADLINE] = GO(UP, act_explain),
			},
		[CALL_RESCUING] =
			{
				[CALL_EV_REFERRED] = GO(LEAVING, act_transferred),
				[CALL_EV_REFUSED] = GO(MESSAGE, act_take_message),
				[CALL_EV_HANGUP] = GO(LEAVING, act_hangup),
				[CALL_EV_SILENT] = GO(LEAVING, act_lost),
				[CALL_EV_ENDED] = GO(ENDED, act_end_transferred),
				[CALL_EV_DEADLINE] = GO(MESSAGE, act_take_message),
			},
		[CALL_MESSAGE] =
			{
				[CALL_EV_HANGUP] = GO(LEAVING, act_hangup),
				[CALL_EV_SILENT] = GO(LEAVING, act_lost),
				[CALL_EV_ENDED] = GO(ENDED, act_end),
				[CALL_EV_DEADLINE] = GO(LEAVING, act_hangup),
			},
		[CALL_LEAVING] =
			{
				[CALL_EV_ENDED] = GO(ENDED, act_end),
				[CALL_EV_DEADLINE] = GO(ENDED, act_end),
			},
};

static const struct fsm_state states[] = {
	[CALL_ARRIVED] = {"arrived", FSM_WAITING},
	[CALL_ANSWERING] = {"answering", FSM_WAITING},
	[CALL_UP] = {"up", FSM_WAITING},
	[CALL_TRANSFERRING] = {"transferring", FSM_WAITING},
	[CALL_RESCUING] = {"rescuing", FSM_WAITING},
	[CALL_MESSAGE] = {"message", FSM_WAITING},
	[CALL_LEAVING] = {"leaving", FSM_WAITING},
	[CALL_ENDED] = {"ended", FSM_END},
};

static const char *const events[] = {
	[CALL_EV_ACCEPT] = "accept",   [CALL_EV_ANSWERED] = "answered", [CALL_EV_TRANSFER] = "transfer",
	[CALL_EV_MESSAGE] = "message", [CALL_EV_HANGUP] = "hangup",     [CALL_EV_REFERRED] = "referred",
	[CALL_EV_REFUSED] = "refused", [CALL_EV_FAILED] = "failed",     [CALL_EV_SILENT] = "silent",
	[CALL_EV_ENDED] = "ended",     [CALL_EV_DEADLINE] = "deadline",
};

const struct fsm call_fsm = {
	.name = "call",
	.states = states,
	.events = events,
	.cells = &cells[0][0],
	.state_count = CALL_STATE_COUNT_,
	.event_count = CALL_EVENT_COUNT_,
	.start = CALL_ARRIVED,
	.timeout = CALL_EV_DEADLINE,
};

/* ---- stepping ---- */

static usec deadline(const struct call *c, usec now)
{
	switch ((enum call_state)c->state) {
	case CALL_ARRIVED:
		return c->arrived + ARRIVED_MAX;
	case CALL_ANSWERING:
		return now + ANSWER_MAX;
	case CALL_UP:
		return c->up + c->p.services->call_max;
	case CALL_TRANSFERRING:
	case CALL_RESCUING:
		return now + c->p.services->transfer_max;
	case CALL_MESSAGE:
		return now + MESSAGE_REST_MAX + (c->p.agent->notices ? c->p.agent->notices->message_max : 0);
	case CALL_LEAVING:
		return now + LEAVING_MAX;
	case CALL_ENDED:
	case CALL_STATE_COUNT_:
		break;
	}
	return USEC_NEVER;
}

static void on_timer(struct timer *t)
{
	call_step(CONTAINER_OF(t, struct call, timer), CALL_EV_DEADLINE);
}

static void note_step(struct call *c, enum call_event event, enum call_state to)
{
	trail_begin(&c->trail, loop_now(c->p.services->loop), "call");
	json_str(&c->trail.json, "from", str_from(fsm_state_name(&call_fsm, c->state)));
	json_str(&c->trail.json, "by", str_from(fsm_event_name(&call_fsm, event)));
	json_str(&c->trail.json, "to", str_from(fsm_state_name(&call_fsm, to)));
	trail_end(&c->trail);
}

/* Frees the call when it steps into ENDED: nothing may touch it after this. */
void call_step(struct call *c, enum call_event event)
{
	struct loop *loop = c->p.services->loop;
	const struct call_observer *o = c->p.services->observer;
	const struct fsm_cell *cell = fsm_find(c->fsm, c->state, event);
	uint8_t from = c->state;

	if (!cell)
		return;
	note_step(c, event, (enum call_state)(cell->to - 1));
	if (o)
		o->on_state(o->arg, c, (enum call_state)from, (enum call_state)(cell->to - 1));
	(void)fsm_step(c->fsm, &c->state, event, c, NULL);
	if (c->state == CALL_ENDED) {
		call_free(c);
		return;
	}
	if (c->state != from)
		timer_start(&c->timer, loop, deadline(c, loop_now(loop)), on_timer);
}

const char *call_state_name(const struct call *c)
{
	return fsm_state_name(&call_fsm, c->state);
}

void call_hangup(struct call *c, const char *disposition)
{
	str_copy(str_from(disposition), c->disposition, sizeof(c->disposition));
	call_step(c, CALL_EV_HANGUP);
}

/* ---- what the leg reports ---- */

static void on_refer(struct call *c, const struct leg_event *ev)
{
	trail_begin(&c->trail, ev->at, "refer");
	json_int(&c->trail.json, "status", ev->refer.status);
	trail_end(&c->trail);
	c->referred = true;
	if (ev->refer.final)
		call_step(c, ev->refer.status < 300 ? CALL_EV_REFERRED : CALL_EV_REFUSED);
}

static void on_leg_ended(struct call *c, const struct leg_event *ev)
{
	static const char *const why[] = {
		[LEG_END_REMOTE] = "caller hung up",
		[LEG_END_LOCAL] = "we hung up",
		[LEG_END_CANCELLED] = "caller gave up",
		[LEG_END_REFUSED] = "refused",
		[LEG_END_NO_ANSWER] = "no answer",
		[LEG_END_LOST] = "lost",
		[LEG_END_FAULT] = "fault",
	};

	static const char *const came_out[] = {
		[LEG_END_REMOTE] = "caller left",  [LEG_END_LOCAL] = "hung up",
		[LEG_END_CANCELLED] = "cancelled", [LEG_END_REFUSED] = "refused",
		[LEG_END_NO_ANSWER] = "no answer", [LEG_END_LOST] = "lost",
		[LEG_END_FAULT] = "failed",
	};

	trail_begin(&c->trail, ev->at, "leg_ended");
	json_str(&c->trail.json, "why", str_from(why[ev->ended.why]));
	json_int(&c->trail.json, "status", ev->ended.status);
	json_str(&c->trail.json, "fault", str_from(fault_name(ev->ended.fault)));
	json_str(&c->trail.json, "words", ev->ended.words);
	trail_end(&c->trail);
	if (!c->disposition[0])
		str_copy(str_from(came_out[ev->ended.why]), c->disposition, sizeof(c->disposition));
	call_step(c, CALL_EV_ENDED);
}

static void on_leg(void *arg, struct leg *leg, const struct leg_event *ev)
{
	struct call *c = arg;

	(void)leg;
	switch (ev->type) {
	case LEG_EV_ANSWERED:
		call_step(c, CALL_EV_ANSWERED);
		break;
	case LEG_EV_REFER:
		on_refer(c, ev);
		break;
	case LEG_EV_SILENT:
		call_step(c, CALL_EV_SILENT);
		break;
	case LEG_EV_ENDED:
		on_leg_ended(c, ev);
		break;
	case LEG_EV_HELD:
	case LEG_EV_RESUMED:
		trail_begin(&c->trail, ev->at, ev->type == LEG_EV_HELD ? "leg_held" : "leg_resumed");
		trail_end(&c->trail);
		conversation_leg_event(&c->conversation, ev);
		break;
	case LEG_EV_SPEECH:
	case LEG_EV_AUDIO:
	case LEG_EV_DTMF:
	case LEG_EV_PLAYED:
	case LEG_EV_DUCKED:
		if (c->state == CALL_MESSAGE)
			message_leg_event(&c->message, ev);
		else
			conversation_leg_event(&c->conversation, ev);
		break;
	case LEG_EV_RINGING:
	case LEG_EV_EARLY:
	case LEG_EV_REFERRED:
	case LEG_EV_COUNT_:
		break;
	}
}

/* ---- what the conversation asks ---- */

/* A header is one line, and a model may break its own: what cannot be printed would cost the caller the
 * transfer. */
static void copy_line(struct str text, char *to, size_t size)
{
	size_t n = str_copy(text, to, size);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)to[i] < ' ' || to[i] == 0x7f)
			to[i] = ' ';
}

static void on_prepare(void *arg, const struct brain_act *act)
{
	struct call *c = arg;

	c->target[0] = '\0';
	c->wants_message = act->type == BRAIN_HANGUP && act->hangup.message;
	if (act->type == BRAIN_HANGUP) {
		str_copy(act->hangup.disposition, c->disposition, sizeof(c->disposition));
		return;
	}
	str_copy(act->transfer.target, c->target, sizeof(c->target));
	copy_line(act->transfer.reason, c->reason, sizeof(c->reason));
	copy_line(act->transfer.summary, c->summary, sizeof(c->summary));
}

static void on_rung(struct timer *t)
{
	call_step(CONTAINER_OF(t, struct call, ring), CALL_EV_ACCEPT);
}

static void on_ready(void *arg)
{
	struct call *c = arg;
	struct loop *loop = c->p.services->loop;
	usec rung = c->arrived + c->p.services->ring_min;

	if (loop_now(loop) < rung)
		timer_start(&c->ring, loop, rung, on_rung);
	else
		call_step(c, CALL_EV_ACCEPT);
}

static void on_leave(void *arg)
{
	struct call *c = arg;

	call_step(c, c->target[0] ? CALL_EV_TRANSFER : c->wants_message ? CALL_EV_MESSAGE : CALL_EV_HANGUP);
}

static void on_response(void *arg, const struct turn_figures *figures)
{
	struct call *c = arg;
	const struct call_observer *o = c->p.services->observer;

	call_cost_turn(c);
	if (o)
		o->on_response(o->arg, c, figures);
}

static void on_failed(void *arg, const char *what)
{
	struct call *c = arg;

	trail_begin(&c->trail, loop_now(c->p.services->loop), "failed");
	json_str(&c->trail.json, "what", str_from(what));
	trail_end(&c->trail);
	call_step(c, CALL_EV_FAILED);
}

/* ---- making and unmaking ---- */

static void close_stt(void *arg)
{
	stt_close(arg);
}

static void close_tts(void *arg)
{
	tts_close(arg);
}

static int open_ear(struct call *c)
{
	const struct call_agent *a = c->p.agent;
	struct stt_params params = {.loop = c->p.services->loop,
				    .sink = conversation_stt_sink(&c->conversation),
				    .usage = call_cost_sink(c),
				    .language = a->language,
				    .key_terms = a->key_terms,
				    .key_term_count = a->key_term_count};

	c->stt = arena_alloc(&c->arena, a->stt->state_size);
	if (!c->stt || arena_defer(&c->arena, close_stt, c->stt) < 0)
		return -ENOMEM;
	return stt_open(c->stt, a->stt, a->stt_config, &params);
}

static int open_voice(struct call *c)
{
	const struct call_agent *a = c->p.agent;
	struct tts_params params = {.loop = c->p.services->loop,
				    .sink = conversation_tts_sink(&c->conversation),
				    .usage = call_cost_sink(c),
				    .voice = a->voice,
				    .language = a->language,
				    .speed = a->voice_speed};

	c->tts = arena_alloc(&c->arena, a->tts->state_size);
	if (!c->tts || arena_defer(&c->arena, close_tts, c->tts) < 0)
		return -ENOMEM;
	return tts_open(c->tts, a->tts, a->tts_config, &params);
}

static void init_conversation(struct call *c)
{
	struct conversation_params p = {
		.loop = c->p.services->loop,
		.leg = c->leg,
		.stt = c->stt,
		.tts = c->tts,
		.brain = c->brain,
		.trail = &c->trail,
		.eot = c->p.services->eot,
		.timing = &c->p.agent->timing,
		.filler = c->p.agent->filler,
		.sorry = c->p.agent->sorry,
		.notices = c->p.agent->notices,
		.sink = {.on_ready = on_ready,
			 .on_act = on_prepare,
			 .on_leave = on_leave,
			 .on_response = on_response,
			 .on_failed = on_failed,
			 .arg = c},
	};

	conversation_init(&c->conversation, &p);
	c->talking = true;
}

static int open_parts(struct call *c)
{
	int rc = open_ear(c);

	if (rc == 0)
		rc = open_voice(c);
	if (rc == 0)
		rc = c->p.agent->brain_new(c->p.agent, c, &c->brain);
	if (rc == 0)
		init_conversation(c);
	return rc;
}

static void note_arrived(struct call *c)
{
	const struct leg_info *i = &c->leg->info;
	struct json_out *j = &c->trail.json;

	trail_begin(&c->trail, c->arrived, "arrived");
	json_str(j, "call", str_from(c->id));
	json_str(j, "tenant", c->p.agent->tenant);
	json_str(j, "agent", c->p.agent->name);
	json_str(j, "version", c->p.agent->version);
	json_str(j, "leg", str_from(c->leg->ops->name));
	json_str(j, "caller", i->caller);
	json_str(j, "called", i->called);
	json_str(j, "trunk", i->trunk);
	json_str(j, "remote_id", i->remote_id);
	json_map(j, "headers");
	for (size_t h = 0; h < i->headers.count; h++) {
		char name[64];

		str_copy(i->headers.list[h].name, name, sizeof(name));
		json_str(j, name, i->headers.list[h].value);
	}
	json_end(j);
	trail_end(&c->trail);
}

static struct call *make(const struct call_params *params)
{
	struct call *c = mem_zalloc(sizeof(*c));

	if (!c)
		return NULL;
	live_up(&live_call);
	arena_init(&c->arena, CALL_ARENA_BYTES);
	c->p = *params;
	c->fsm = &call_fsm;
	c->leg = params->leg;
	str_copy(params->id, c->id, sizeof(c->id));
	c->p.id = str_from(c->id);
	c->arrived = loop_now(params->services->loop);
	c->trail_sink = params->services->keeper->trail_open(params->services->keeper->arg, c);
	trail_init(&c->trail, c->arrived, &c->trail_sink);
	str_copy(c->leg->info.trunk, c->trunk, sizeof(c->trunk));
	call_cost_init(c);
	return c;
}

/* What was opened is closed in the opposite order; the leg goes last, as the others may still cut it. */
static void unmake(struct call *c)
{
	const struct call_keeper *keeper = c->p.services->keeper;

	timer_stop(&c->timer);
	timer_stop(&c->ring);
	(void)message_stop(&c->message);
	c->brain = brain_close(c->brain);
	if (c->talking)
		conversation_fini(&c->conversation);
	arena_fini(&c->arena);
	c->leg = leg_close(c->leg);
	call_cost_end(c);
	trail_fini(&c->trail);
	keeper->trail_close(keeper->arg, c, &c->trail_sink);
	live_down(&live_call);
	mem_free(c);
}

void call_free(struct call *c)
{
	c->ended = loop_now(c->p.services->loop);
	c->p.on_ended(c->p.arg, c);
	unmake(c);
}

int call_start(const struct call_params *params, struct call **ret_call)
{
	struct loop *loop = params->services->loop;
	struct call *c = make(params);
	int rc;

	if (!c)
		return -ENOMEM;
	note_arrived(c);
	rc = open_parts(c);
	if (rc < 0) {
		c->leg = NULL;
		unmake(c);
		return rc;
	}
	timer_start(&c->timer, loop, deadline(c, c->arrived), on_timer);
	c->leg->sink = (struct leg_sink){on_leg, c};
	/* What cannot be told to ring is waited for all the same. */
	(void)!leg_ring(c->leg);
	*ret_call = c;
	return 0;
}
