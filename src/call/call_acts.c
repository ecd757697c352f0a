#include "call/call_acts.h"

#include "base/loop.h"

#define REFERS_MAX 3 /* an agent that knows nothing but to transfer is not let to do so for ever */

static usec now(const struct call *c)
{
	return loop_now(c->p.services->loop);
}

static void note(struct call *c, const char *event)
{
	trail_begin(&c->trail, now(c), event);
	trail_end(&c->trail);
}

static void dispose(struct call *c, const char *disposition)
{
	str_copy(str_from(disposition), c->disposition, sizeof(c->disposition));
}

void call_act_answer(void *self, const void *input)
{
	struct call *c = self;

	if (leg_answer(c->leg, NULL) < 0)
		leg_hangup(c->leg, NULL);
}

void call_act_refuse(void *self, const void *input)
{
	struct call *c = self;

	if (!c->disposition[0])
		dispose(c, "refused");
	leg_reject(c->leg, LEG_REFUSE_UNAVAILABLE);
}

static void record(struct call *c)
{
	const struct call_keeper *keeper = c->p.services->keeper;

	c->recorded = now(c);
	keeper->record_start(keeper->arg, c);
}

void call_act_converse(void *self, const void *input)
{
	struct call *c = self;

	c->up = now(c);
	note(c, "answered");
	if (c->p.agent->record)
		record(c);
	conversation_start(&c->conversation);
}

/* Whatever ends the call: what was left is kept, and somebody is told. */
static void keep_message(struct call *c)
{
	const struct call_keeper *keeper = c->p.services->keeper;
	struct call_message m;

	if (!message_stop(&c->message))
		return;
	m = (struct call_message){.from = c->message.began - c->recorded,
				  .length = c->message.ended - c->message.began};
	trail_begin(&c->trail, now(c), "message");
	json_str(&c->trail.json, "caller", c->leg->info.caller);
	json_int(&c->trail.json, "recording_usec", m.from);
	json_int(&c->trail.json, "length_usec", m.length);
	json_str(&c->trail.json, "until", str_from(c->message.why));
	trail_end(&c->trail);
	dispose(c, "message");
	keeper->message_left(keeper->arg, c, &m);
}

void call_act_hangup(void *self, const void *input)
{
	struct call *c = self;

	keep_message(c);
	conversation_stop(&c->conversation);
	leg_hangup(c->leg, NULL);
}

static void on_message_done(void *arg)
{
	call_step(arg, CALL_EV_HANGUP);
}

void call_act_take_message(void *self, const void *input)
{
	struct call *c = self;
	struct message_params p = {.loop = c->p.services->loop,
				   .leg = c->leg,
				   .notices = c->p.agent->notices,
				   .asked = c->wants_message,
				   .speaking = c->conversation.caller_speaks,
				   .answer = c->conversation.voice.leg_answer,
				   .on_done = on_message_done,
				   .arg = c};

	if (!p.notices) {
		call_step(c, CALL_EV_HANGUP);
		return;
	}
	conversation_stop(&c->conversation);
	if (!c->recorded)
		record(c);
	if (!p.asked) {
		trail_begin(&c->trail, now(c), "notice");
		json_str(&c->trail.json, "text", p.notices->leave.text);
		trail_end(&c->trail);
	}
	message_start(&c->message, &p);
}

void call_act_lost(void *self, const void *input)
{
	dispose(self, "lost");
	call_act_hangup(self, input);
}

void call_act_too_long(void *self, const void *input)
{
	dispose(self, "too long");
	call_act_hangup(self, input);
}

/* The story travels with the transfer (R34): reason and summary as headers of the REFER. */
void call_act_refer(void *self, const void *input)
{
	struct call *c = self;
	bool too_many = c->refers++ == REFERS_MAX;
	struct leg_headers headers = {
		.list = {{STR("X-Context-Call"), c->p.id},
			 {STR("X-Context-Reason"), str_from(c->reason)},
			 {STR("X-Context-Summary"), str_from(c->summary)}},
		.count = c->summary[0] ? 3 : 2,
	};

	trail_begin(&c->trail, now(c), "transfer");
	json_str(&c->trail.json, "target", str_from(c->target));
	json_str(&c->trail.json, "reason", str_from(c->reason));
	json_str(&c->trail.json, "summary", str_from(c->summary));
	trail_end(&c->trail);
	c->referred = false;
	if (too_many) {
		dispose(c, "not transferred");
		call_step(c, CALL_EV_HANGUP);
	} else if (leg_refer(c->leg, str_from(c->target), &headers) < 0) {
		call_step(c, CALL_EV_REFUSED);
	}
}

void call_act_fall_back(void *self, const void *input)
{
	struct call *c = self;

	dispose(c, "failed");
	c->wants_message = false; /* the caller may not have heard it to its end */
	str_copy(c->p.agent->fallback, c->target, sizeof(c->target));
	str_copy(STR("system error"), c->reason, sizeof(c->reason));
	if (c->target[0])
		call_act_refer(c, input);
	else
		call_step(c, CALL_EV_REFUSED);
}

void call_act_explain(void *self, const void *input)
{
	struct call *c = self;

	c->target[0] = '\0';
	note(c, "transfer_failed");
	conversation_transfer_failed(&c->conversation, STR("the transfer was not taken"));
}

void call_act_transferred(void *self, const void *input)
{
	struct call *c = self;

	dispose(c, "transferred");
	call_act_hangup(c, input);
}

void call_act_end(void *self, const void *input)
{
	struct call *c = self;
	struct leg_stats st;

	keep_message(c);
	conversation_stop(&c->conversation);
	leg_read_stats(c->leg, &st);
	trail_begin(&c->trail, now(c), "ended");
	json_str(&c->trail.json, "disposition", str_from(c->disposition[0] ? c->disposition : "hung up"));
	json_int(&c->trail.json, "talk_usec", c->up ? now(c) - c->up : 0);
	json_int(&c->trail.json, "turns", c->conversation.turns);
	json_int(&c->trail.json, "interruptions", c->conversation.interruptions);
	json_str(&c->trail.json, "codec", str_from(st.codec));
	json_int(&c->trail.json, "packets_in", (int64_t)st.packets_in);
	json_int(&c->trail.json, "packets_out", (int64_t)st.packets_out);
	json_int(&c->trail.json, "lost", (int64_t)st.lost);
	json_int(&c->trail.json, "jitter_usec", st.jitter);
	json_int(&c->trail.json, "round_trip_usec", st.round_trip);
	trail_end(&c->trail);
}

void call_act_end_transferred(void *self, const void *input)
{
	struct call *c = self;

	if (c->referred)
		dispose(c, "transferred");
	call_act_end(c, input);
}
