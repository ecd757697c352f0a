#include "call/floor_acts.h"

#include "call/backchannel.h"
#include "call/dialogue.h"
#include "call/turn_trail.h"

#define STALLS_MAX 4 /* fillers before the agent counts as gone */
#define NOISE_MAX  USEC_MS(700)

static usec now(const struct conversation *c)
{
	return loop_now(c->p.loop);
}

/* ---- beginning and leaving ---- */

/* Something of ours is gone for good. The voice says so before the call is handed over, or what was spoken
 * beforehand does. */
static void fail(struct conversation *c, const char *what)
{
	bool told = c->voice.ready_made; /* the last resort was being tried */
	bool mute = c->voice.failed || !c->voice.ready;

	c->failed = what;
	if (c->voice.speaking)
		turn_trail_heard(c, "cut");
	dialogue_give_up(c);
	dialogue_tell_spoken(c);
	ear_forget(&c->ear);
	c->thinking = false;
	c->leaving = true;
	if (mute && c->p.notices && !told)
		dialogue_play(c, &c->p.notices->sorry);
	else if (mute || told || str_empty(c->p.sorry))
		floor_post(&c->floor, FLOOR_EV_LEAVE);
	else
		dialogue_queue(c, c->p.sorry, true);
}

void floor_greet(void *self, const void *input)
{
	struct conversation *c = self;

	if (c->failed) {
		fail(c, c->failed);
		return;
	}
	dialogue_begin_question(c);
	brain_start(c->p.brain);
}

/* Who can say at least that it does not work takes the call all the same. */
void floor_broken(void *self, const void *input)
{
	struct conversation *c = self;
	bool known = c->failed;

	c->failed = "recogniser or voice cannot be opened";
	if (!c->p.notices)
		c->p.sink.on_failed(c->p.sink.arg, c->failed);
	else if (!known)
		c->p.sink.on_ready(c->p.sink.arg);
}

void floor_ear_failed(void *self, const void *input)
{
	fail(self, "the recogniser failed");
}

void floor_agent_failed(void *self, const void *input)
{
	fail(self, "the agent does not answer");
}

/* A voice that is only slow has the filler at hand, and its words ready when that has been heard. */
static void say_filler_first(struct conversation *c)
{
	if (str_empty(str_trim(c->p.filler)))
		return;
	turn_trail_event(c, "filler");
	dialogue_put_back(c, c->p.filler, false);
}

/* The provider may have stumbled over one answer only: what is left of it is said again, once. */
void floor_voice_failed(void *self, const void *input)
{
	struct conversation *c = self;
	char rest[VOICE_TEXT_MAX];
	size_t n = str_copy(voice_rest(&c->voice), rest, sizeof(rest));
	bool firm = dialogue_insists(c);

	turn_trail_event(c, "voice_failed");
	voice_cut(&c->voice);
	if (c->voice.dead || c->retried) {
		c->voice.failed = true;
		fail(c, "the voice failed");
		return;
	}
	c->retried = true;
	if (n < c->voice.text_n)
		dialogue_tell_spoken(c);
	dialogue_put_back(c, (struct str){rest, n}, firm);
	if (c->slow)
		say_filler_first(c);
	c->slow = false;
}

void floor_leave(void *self, const void *input)
{
	struct conversation *c = self;

	ear_forget(&c->ear);
	if (c->failed)
		c->p.sink.on_failed(c->p.sink.arg, c->failed);
	else
		c->p.sink.on_leave(c->p.sink.arg);
}

void floor_explain(void *self, const void *input)
{
	struct conversation *c = self;

	dialogue_begin_question(c);
	brain_transfer_failed(c->p.brain, c->transfer_failed);
	if (c->ear.dead)
		floor_post(&c->floor, FLOOR_EV_EAR_FAULT);
}

void floor_end(void *self, const void *input)
{
	struct conversation *c = self;

	if (c->voice.speaking)
		turn_trail_heard(c, "cut");
	voice_cut(&c->voice);
	brain_withdraw(c->p.brain);
	dialogue_tell_spoken(c);
	ear_forget(&c->ear);
}

/* ---- listening ---- */

static void fall_silent(struct conversation *c)
{
	leg_duck(c->p.leg, false);
	leg_set_reflex(c->p.leg, LEG_REFLEX_OFF);
}

/* Words that asked them to wait are being spoken. The answer goes on behind them. */
static bool is_holding_on(const struct conversation *c)
{
	return c->voice.speaking && !c->voice.held;
}

/* The answer has been heard, and it was the last. */
static void say_goodbye(struct conversation *c)
{
	struct brain_act leave = {.type = BRAIN_HANGUP, .hangup.disposition = c->ending};

	c->winding_up = false;
	c->leaving = true;
	turn_trail_event(c, "wound_up");
	c->p.sink.on_act(c->p.sink.arg, &leave);
	ear_forget(&c->ear);
	if (!str_empty(c->farewell))
		dialogue_queue(c, c->farewell, true);
	else
		floor_post(&c->floor, FLOOR_EV_LEAVE);
}

void floor_listen(void *self, const void *input)
{
	struct conversation *c = self;

	if (c->voice.text_n > 0)
		turn_trail_heard(c, "spoken");
	dialogue_tell_spoken(c);
	leg_set_reflex(c->p.leg, LEG_REFLEX_OFF);
	if (c->leaving)
		floor_post(&c->floor, FLOOR_EV_LEAVE);
	else if (c->winding_up)
		say_goodbye(c);
	else if (c->key_count > 0)
		floor_post(&c->floor, FLOOR_EV_KEY);
	else if (c->caller_speaks)
		floor_post(&c->floor, FLOOR_EV_SPEECH);
	else if (c->ear.in_turn)
		floor_post(&c->floor, FLOOR_EV_QUIET);
}

void floor_prompt(void *self, const void *input)
{
	struct conversation *c = self;

	dialogue_begin_question(c);
	brain_silence(c->p.brain);
}

/* Somebody who has been speaking for long, while nobody listened, begins now. */
void floor_open_turn(void *self, const void *input)
{
	struct conversation *c = self;

	dialogue_forget_guess(c);
	ear_speech(&c->ear, MAX(c->speech_at, now(c) - EAR_PREROLL_FRAMES * LEG_FRAME_USEC));
}

void floor_finish(void *self, const void *input)
{
	struct conversation *c = self;

	if (c->caller_speaks)
		c->ear.verdict = (struct eot_verdict){.reason = EOT_TOO_LONG};
	ear_finish(&c->ear);
}

void floor_await(void *self, const void *input)
{
	dialogue_hold_on(self);
}

void floor_hush(void *self, const void *input)
{
	struct conversation *c = self;

	if (!is_holding_on(c))
		return;
	voice_cut(&c->voice);
	fall_silent(c);
	turn_trail_heard(c, "cut");
	dialogue_tell_spoken(c);
}

void floor_go_on(void *self, const void *input)
{
	floor_hush(self, input);
	floor_open_turn(self, input);
}

void floor_keep(void *self, const void *input)
{
	struct conversation *c = self;

	ear_keep(&c->ear);
}

/* Too short to have been words that nobody understood. */
static bool was_noise(const struct conversation *c)
{
	usec end = c->caller_speaks ? now(c) : c->ear.figures.quiet_at;

	return end - c->ear.figures.speech_at < NOISE_MAX;
}

/* Noise, or a sign of listening. Long speech without words is neither, once our own answer is over: whoever
 * said it waits for one; and without a word of the recogniser's nobody knows. */
static bool meant_nothing(const struct conversation *c, struct str heard)
{
	bool held = voice_is_held(&c->voice);

	if (str_empty(heard))
		return held || (c->ear.newest_likely && was_noise(c));
	if (held && ear_is_unsure(&c->ear))
		return true;
	return (held || c->ear.figures.overlaps) && backchannel_is(heard, c->ear.expect == EOT_YES_NO);
}

/* Nothing was said after all: back to where we were. */
static void think_nothing_of_it(struct conversation *c)
{
	dialogue_forget_guess(c);
	ear_forget(&c->ear);
	if (voice_is_held(&c->voice))
		floor_post(&c->floor, FLOOR_EV_RESUME);
	else if (c->pending.count > 0 || c->voice.speaking)
		dialogue_post(c);
	else if (!c->thinking)
		floor_post(&c->floor, FLOOR_EV_YIELD);
}

void floor_think(void *self, const void *input)
{
	struct conversation *c = self;
	char text[STT_TEXT_MAX];
	struct str heard = ear_text(&c->ear, text, sizeof(text));
	float confidence = ear_is_whole(&c->ear) ? c->ear.confidence : BRAIN_FRAGMENT;

	if (meant_nothing(c, heard)) {
		think_nothing_of_it(c);
		return;
	}
	if (voice_is_held(&c->voice))
		floor_interrupt(c, NULL);
	c->turns++;
	c->counted = false;
	c->heard = c->ear.figures;
	if (c->heard.final_at == 0) /* it never came: this is the best there is */
		c->heard.final_at = now(c);
	if (c->caller_speaks)
		c->heard.quiet_at = 0; /* a monologue: no moment to measure the answer from */
	c->why = c->ear.verdict;
	c->reported = false;
	turn_trail_turn(c, heard);
	dialogue_begin_question(c);
	brain_heard(c->p.brain, heard, confidence);
	ear_forget(&c->ear);
	if (is_holding_on(c)) {
		turn_trail_response(c);
		dialogue_post(c);
	}
}

/* ---- keys ---- */

void floor_collect(void *self, const void *input)
{
	struct conversation *c = self;

	if (c->voice.speaking)
		floor_interrupt(c, input);
	dialogue_forget_guess(c);
	ear_forget(&c->ear);
}

/* The terminator says that the entry is complete and belongs to it only when it stands alone. */
void floor_think_keys(void *self, const void *input)
{
	struct conversation *c = self;
	struct str keys = {c->keys, c->key_count};

	c->counted = keys.p[keys.n - 1] != '#';
	if (keys.n > 1 && !c->counted)
		keys.n--;
	turn_trail_text(c, "keys", keys);
	dialogue_begin_question(c);
	brain_keys(c->p.brain, keys);
	c->key_count = 0;
}

/* ---- speaking ---- */

void floor_speak(void *self, const void *input)
{
	dialogue_speak(self);
}

/* The agent is slow, or the voice is: while one of them gives signs of life there is nothing to do. */
void floor_stall(void *self, const void *input)
{
	struct conversation *c = self;

	if (c->voice.speaking && now(c) < c->progress + c->p.timing->stalled)
		return;
	if (c->voice.speaking && (!c->thinking || c->voice.owes || dialogue_insists(c))) {
		c->slow = true;
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
		return;
	}
	if (++c->stalls > STALLS_MAX) {
		floor_post(&c->floor, FLOOR_EV_AGENT_FAULT);
		return;
	}
	turn_trail_event(c, "filler");
	if (!str_empty(str_trim(c->p.filler)))
		dialogue_queue(c, c->p.filler, false);
}

void floor_relent(void *self, const void *input)
{
	struct conversation *c = self;

	leg_set_reflex(c->p.leg, LEG_REFLEX_DUCK);
	if (c->key_count > 0)
		floor_post(&c->floor, FLOOR_EV_KEY);
	else if (c->caller_speaks)
		floor_post(&c->floor, FLOOR_EV_SPEECH);
}

/* ---- interruption ---- */

void floor_overhear(void *self, const void *input)
{
	struct conversation *c = self;

	ear_speech(&c->ear, c->speech_at);
	c->ear.figures.overlaps = true;
}

void floor_duck(void *self, const void *input)
{
	struct conversation *c = self;

	leg_duck(c->p.leg, true);
	floor_overhear(c, input);
}

void floor_hold(void *self, const void *input)
{
	struct conversation *c = self;

	voice_hold(&c->voice);
	turn_trail_event(c, "held");
}

void floor_resume(void *self, const void *input)
{
	struct conversation *c = self;

	c->back_channels++;
	ear_forget(&c->ear);
	c->progress = now(c);
	leg_duck(c->p.leg, false);
	voice_resume(&c->voice);
	turn_trail_event(c, "resumed");
	if (c->voice.failed)
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
	else if (c->pending.count > 0)
		dialogue_post(c);
}

void floor_interrupt(void *self, const void *input)
{
	struct conversation *c = self;

	c->interruptions++;
	voice_cut(&c->voice);
	fall_silent(c);
	turn_trail_heard(c, "interrupted");
	dialogue_give_up(c);
}

void floor_overtake(void *self, const void *input)
{
	struct conversation *c = self;

	fall_silent(c);
	turn_trail_heard(c, "spoken");
	dialogue_tell_spoken(c);
}
