#include "call/conversation.h"

#include "call/backchannel.h"
#include "call/dialogue.h"
#include "call/turn_trail.h"

#define WORDS_RELIABLE USEC_MS(800)  /* of speech, for a partial text */
#define LEAVE_MAX      USEC_SEC(60)  /* no silence: the call transfers or hangs up by deadlines of its own */
#define HOLD_MAX       USEC_SEC(300) /* who has put us on hold is not asked whether they are there */
#define UNTOLD_MAX     USEC_SEC(2)   /* of a late text's time, when the line is silent meanwhile */

/* A real interruption is silent 350 ms after its onset at the latest: with the packet and its fade. */
const struct conversation_timing conversation_timing_default = {
	.idle = USEC_SEC(8),
	.monologue = USEC_SEC(30),
	.final = USEC_MS(1500),
	.late = USEC_MS(3500),
	.keys = USEC_SEC(2),
	.think = USEC_MS(1500),
	.stalled = USEC_SEC(4),
	.decide = USEC_MS(270),
	.give_up = USEC_MS(900),
	.doubt = USEC_MS(700),
};

static usec now(const struct conversation *c)
{
	return loop_now(c->p.loop);
}

static bool keys_complete(const struct conversation *c)
{
	return c->key_count > 0 &&
	       (c->keys[c->key_count - 1] == '#' || c->key_count == CONVERSATION_KEYS_MAX ||
		(c->ear.digits_wanted > 0 && c->key_count >= c->ear.digits_wanted));
}

static usec deadline(struct conversation *c, enum floor_state state)
{
	const struct conversation_timing *t = c->p.timing;

	switch (state) {
	case FLOOR_LISTENING:
		if (c->on_hold)
			return now(c) + HOLD_MAX;
		return now(c) + (c->silence_limit > 0 ? c->silence_limit : t->idle);
	case FLOOR_HEARING:
		return c->ear.figures.speech_at + t->monologue;
	case FLOOR_PAUSED:
		return ear_judge(&c->ear);
	case FLOOR_FINISHING:
		return now(c) + t->final;
	case FLOOR_AWAITING:
		return c->entered +
		       (c->voice.speaking && !c->voice.held ? t->late : MIN(t->late, UNTOLD_MAX));
	case FLOOR_KEYING:
		return keys_complete(c) ? now(c) : now(c) + t->keys;
	case FLOOR_THINKING:
		return now(c) + t->think;
	case FLOOR_SPEAKING:
	case FLOOR_INSISTING:
		return c->progress + t->stalled;
	case FLOOR_DUCKED:
		return MAX(c->speech_at + t->decide, now(c));
	case FLOOR_HELD:
		return c->entered + t->give_up;
	case FLOOR_DOUBTING:
		return c->entered + t->doubt;
	case FLOOR_LEAVING:
		return now(c) + LEAVE_MAX;
	case FLOOR_IDLE:
	case FLOOR_OVER:
	case FLOOR_STATE_COUNT_:
		break;
	}
	return USEC_NEVER;
}

static void stepped(struct conversation *c, enum floor_state from, enum floor_event event,
		    enum floor_state to)
{
	if (from != to)
		c->entered = now(c);
	trail_begin(c->p.trail, now(c), "floor");
	json_str(&c->p.trail->json, "from", str_from(fsm_state_name(&floor_fsm, from)));
	json_str(&c->p.trail->json, "by", str_from(fsm_event_name(&floor_fsm, event)));
	json_str(&c->p.trail->json, "to", str_from(fsm_state_name(&floor_fsm, to)));
	trail_end(c->p.trail);
}

static const struct floor_ops floor_ops = {.deadline = deadline, .stepped = stepped};

/* ---- what the others report ---- */

static void on_ready(struct conversation *c)
{
	if (c->ear.ready && c->voice.ready)
		c->p.sink.on_ready(c->p.sink.arg);
}

static void on_voice(void *arg, enum voice_event ev)
{
	struct conversation *c = arg;

	switch (ev) {
	case VOICE_EV_READY:
		on_ready(c);
		break;
	case VOICE_EV_STARTED:
		c->progress = now(c);
		turn_trail_response(c);
		break;
	case VOICE_EV_SPOKEN:
		floor_post(&c->floor, FLOOR_EV_SPOKEN);
		break;
	case VOICE_EV_FAULT:
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
		break;
	}
}

/* Half a second of "okay" makes all sorts of partials: our voice, soft or silent by then, is given up for
 * good only for a text that can be relied on. */
static bool is_reliable(const struct conversation *c)
{
	const struct ear *e = &c->ear;
	usec until = e->speaking ? now(c) : e->figures.quiet_at;

	return e->newest_likely || until - e->figures.speech_at >= WORDS_RELIABLE;
}

/* By the words. */
static bool is_probably_over(const struct conversation *c)
{
	enum eot_reason why = c->ear.verdict.reason;

	return c->floor.state == FLOOR_PAUSED && (c->ear.newest_likely || c->ear.endpoint >= 0) &&
	       (why == EOT_COMPLETE || why == EOT_SHORT || why == EOT_DICTATED || why == EOT_ENDPOINT);
}

/* A partial without words says nothing yet; a text of final quality without words is a noise. */
static void on_text(struct conversation *c)
{
	char buf[STT_TEXT_MAX];
	struct str text = ear_text(&c->ear, buf, sizeof(buf));

	if (str_empty(text) && !c->ear.newest_likely && c->ear.endpoint < 0)
		return;
	turn_trail_text(c, c->ear.newest_likely ? "likely" : "partial", text);
	if (c->voice.speaking && !is_reliable(c))
		return;
	bool sign = ear_is_unsure(&c->ear) || backchannel_is(text, c->ear.expect == EOT_YES_NO);
	floor_post(&c->floor, sign ? FLOOR_EV_BACKCHANNEL : FLOOR_EV_WORDS);
	if (!sign && is_probably_over(c))
		dialogue_guess(c, text);
}

static void on_ear(void *arg, enum ear_event ev)
{
	struct conversation *c = arg;

	switch (ev) {
	case EAR_EV_READY:
		on_ready(c);
		break;
	case EAR_EV_TEXT:
		on_text(c);
		break;
	case EAR_EV_FINAL:
		floor_post(&c->floor, FLOOR_EV_FINAL);
		break;
	case EAR_EV_FAULT:
		floor_post(&c->floor, FLOOR_EV_EAR_FAULT);
		break;
	}
}

/* ---- the outside ---- */

struct stt_sink conversation_stt_sink(struct conversation *c)
{
	return (struct stt_sink){ear_on_stt, &c->ear};
}

struct tts_sink conversation_tts_sink(struct conversation *c)
{
	return (struct tts_sink){voice_on_tts, &c->voice};
}

void conversation_init(struct conversation *c, const struct conversation_params *params)
{
	struct ear_sink ear_sink = {on_ear, c};
	struct voice_sink voice_sink = {on_voice, c};

	*c = (struct conversation){.p = *params};
	ear_init(&c->ear, params->loop, params->stt, params->eot, &ear_sink);
	voice_init(&c->voice, params->loop, params->leg, params->tts, &voice_sink);
	floor_init(&c->floor, params->loop, &floor_ops, c);
	params->brain->sink = (struct brain_sink){dialogue_on_act, c};
}

void conversation_fini(struct conversation *c)
{
	floor_fini(&c->floor);
	voice_fini(&c->voice);
}

void conversation_start(struct conversation *c)
{
	floor_post(&c->floor, FLOOR_EV_START);
}

static void on_speech(struct conversation *c, const struct leg_event *ev)
{
	c->caller_speaks = ev->speech.speaking;
	if (!ev->speech.speaking) {
		ear_quiet(&c->ear, ev->at);
		floor_post(&c->floor, FLOOR_EV_QUIET);
		return;
	}
	c->speech_at = ev->at;
	floor_post(&c->floor, FLOOR_EV_SPEECH);
}

static void on_key(struct conversation *c, const struct leg_event *ev)
{
	bool late = c->counted && c->key_count == 0 && ev->dtmf.digit == '#';

	turn_trail_text(c, "key", (struct str){&ev->dtmf.digit, 1});
	c->counted = false;
	if (late)
		return;
	if (c->key_count < CONVERSATION_KEYS_MAX)
		c->keys[c->key_count++] = ev->dtmf.digit;
	floor_post(&c->floor, FLOOR_EV_KEY);
}

static void on_played(struct conversation *c, const struct leg_event *ev)
{
	c->progress = now(c);
	voice_on_played(&c->voice, ev);
	if (c->insist_n == 0 || dialogue_insists(c))
		return;
	c->insist_n = 0;
	floor_post(&c->floor, FLOOR_EV_INSISTED);
}

void conversation_leg_event(struct conversation *c, const struct leg_event *ev)
{
	if (ev->type == LEG_EV_AUDIO) {
		ear_audio(&c->ear, ev->at - LEG_FRAME_USEC, ev->audio.pcm);
	} else if (ev->type == LEG_EV_SPEECH) {
		on_speech(c, ev);
	} else if (ev->type == LEG_EV_DTMF) {
		on_key(c, ev);
	} else if (ev->type == LEG_EV_PLAYED) {
		on_played(c, ev);
	} else if (ev->type == LEG_EV_HELD || ev->type == LEG_EV_RESUMED) {
		c->on_hold = ev->type == LEG_EV_HELD;
		floor_post(&c->floor, FLOOR_EV_HOLD);
	}
}

void conversation_transfer_failed(struct conversation *c, struct str why)
{
	c->transfer_failed = why;
	floor_post(&c->floor, FLOOR_EV_RETURN);
}

void conversation_wind_up(struct conversation *c, struct str farewell, struct str disposition)
{
	c->winding_up = true;
	c->farewell = farewell;
	c->ending = disposition;
}

void conversation_stop(struct conversation *c)
{
	floor_post(&c->floor, FLOOR_EV_OVER);
}
