#include "call/message.h"

#define QUIET_FIRST USEC_SEC(10) /* people collect themselves before they begin */
#define QUIET_LATER USEC_SEC(5)

static usec now(const struct message *m)
{
	return loop_now(m->p.loop);
}

static void go_on(struct message *m);

static void on_quiet(struct timer *t)
{
	struct message *m = CONTAINER_OF(t, struct message, quiet);

	m->why = "quiet";
	go_on(m);
}

static void on_limit(struct timer *t)
{
	struct message *m = CONTAINER_OF(t, struct message, limit);

	m->why = "limit";
	go_on(m);
}

/* ---- what is played ---- */

static void pump(struct message *m)
{
	int n;

	if (m->sent == m->sound.samples)
		return;
	n = leg_play(m->p.leg, m->answer, m->sound.pcm + m->sent, m->sound.samples - m->sent);
	m->sent += n > 0 ? (size_t)n : 0;
}

static void play(struct message *m, const struct notice *sound)
{
	m->sound = *sound;
	m->sent = 0;
	m->answer++;
	pump(m);
}

/* ---- stages ---- */

static void start_recording(struct message *m)
{
	m->began = now(m);
	m->spoken = m->speaking;
	if (!m->speaking)
		timer_start(&m->quiet, m->p.loop, m->began + QUIET_FIRST, on_quiet);
	timer_start(&m->limit, m->p.loop, m->began + m->p.notices->message_max, on_limit);
}

static void end_recording(struct message *m)
{
	m->ended = now(m);
	timer_stop(&m->quiet);
	timer_stop(&m->limit);
}

/* One stage is over, the next begins. Nobody is thanked for nothing. */
static void go_on(struct message *m)
{
	const struct notices *n = m->p.notices;

	switch (m->stage) {
	case MESSAGE_IDLE:
		m->stage = m->p.asked ? MESSAGE_TONE : MESSAGE_ASKING;
		play(m, m->p.asked ? &n->tone : &n->leave);
		break;
	case MESSAGE_ASKING:
		m->stage = MESSAGE_TONE;
		leg_cut(m->p.leg, m->answer);
		play(m, &n->tone);
		break;
	case MESSAGE_TONE:
		m->stage = MESSAGE_RECORDING;
		start_recording(m);
		break;
	case MESSAGE_RECORDING:
		m->stage = m->spoken ? MESSAGE_THANKING : MESSAGE_OVER;
		end_recording(m);
		if (m->spoken)
			play(m, &n->taken);
		else
			m->p.on_done(m->p.arg);
		break;
	case MESSAGE_THANKING:
		m->stage = MESSAGE_OVER;
		m->p.on_done(m->p.arg);
		break;
	case MESSAGE_OVER:
		break;
	}
}

void message_start(struct message *m, const struct message_params *params)
{
	*m = (struct message){.p = *params, .answer = params->answer, .speaking = params->speaking};
	leg_set_reflex(m->p.leg, LEG_REFLEX_OFF);
	leg_duck(m->p.leg, false);
	go_on(m);
}

/* ---- what the leg reports ---- */

static void on_played(struct message *m, const struct leg_event *ev)
{
	if (ev->played.answer != m->answer || m->stage == MESSAGE_RECORDING)
		return;
	pump(m);
	if (ev->played.heard >= m->sound.samples)
		go_on(m);
}

static void on_speech(struct message *m, bool speaking)
{
	m->speaking = speaking;
	if (m->stage != MESSAGE_RECORDING)
		return;
	m->spoken |= speaking;
	if (speaking)
		timer_stop(&m->quiet);
	else
		timer_start(&m->quiet, m->p.loop, now(m) + QUIET_LATER, on_quiet);
}

/* Who knows answering machines does not wait for the end of the sentence. */
static void on_key(struct message *m)
{
	if (m->stage != MESSAGE_ASKING && m->stage != MESSAGE_RECORDING)
		return;
	m->why = "key";
	go_on(m);
}

void message_leg_event(struct message *m, const struct leg_event *ev)
{
	if (ev->type == LEG_EV_PLAYED)
		on_played(m, ev);
	else if (ev->type == LEG_EV_SPEECH)
		on_speech(m, ev->speech.speaking);
	else if (ev->type == LEG_EV_DTMF)
		on_key(m);
}

bool message_stop(struct message *m)
{
	bool left = m->spoken;

	if (m->stage == MESSAGE_IDLE)
		return false;
	timer_stop(&m->quiet);
	timer_stop(&m->limit);
	if (m->stage == MESSAGE_RECORDING) {
		m->ended = now(m);
		m->why = "hung up";
	}
	m->stage = MESSAGE_OVER;
	m->spoken = false;
	return left;
}
