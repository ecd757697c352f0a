#include "call/floor_acts.h"

#include "call/dialogue.h"
#include "call/turn_trail.h"

#define LEAVE_MAX  USEC_SEC(60) /* the call's own deadlines for leaving are shorter */
#define STALLS_MAX 4            /* fillers before the agent counts as gone */
#define NOISE_MAX  USEC_MS(700)

void floor_greet(void *self, const void *input)
{
	struct conversation *c = self;

	dialogue_begin_question(c);
	brain_start(c->p.brain);
}

/* Too short to have been words that nobody understood. */
static bool was_noise(const struct conversation *c)
{
	return c->ear.figures.quiet_at - c->ear.figures.speech_at < NOISE_MAX;
}

void floor_think(void *self, const void *input)
{
	struct conversation *c = self;
	char text[STT_TEXT_MAX];
	struct str heard = ear_text(&c->ear, text, sizeof(text));
	float confidence = c->ear.confidence;

	if (str_empty(heard) && was_noise(c)) {
		ear_forget(&c->ear);
		floor_post(&c->floor, c->pending.count > 0 ? FLOOR_EV_SAY : FLOOR_EV_YIELD);
		return;
	}
	c->turns++;
	c->heard = c->ear.figures;
	c->why = c->ear.verdict;
	c->reported = false;
	turn_trail_turn(c, heard);
	dialogue_begin_question(c);
	brain_heard(c->p.brain, heard, confidence);
	ear_forget(&c->ear);
}

void floor_think_keys(void *self, const void *input)
{
	struct conversation *c = self;
	struct str keys = {c->keys, c->key_count};

	turn_trail_text(c, "keys", keys);
	dialogue_begin_question(c);
	brain_keys(c->p.brain, keys);
	c->key_count = 0;
}

void floor_prompt(void *self, const void *input)
{
	struct conversation *c = self;

	dialogue_begin_question(c);
	brain_silence(c->p.brain);
}

void floor_listen(void *self, const void *input)
{
	struct conversation *c = self;

	if (c->voice.text_n > 0)
		turn_trail_heard(c, "spoken");
	dialogue_tell_spoken(c);
	leg_set_reflex(c->p.leg, LEG_REFLEX_OFF);
	c->uninterruptible = false;
	if (c->leaving) {
		c->leaving = false;
		c->silence_limit = LEAVE_MAX;
		c->p.sink.on_leave(c->p.sink.arg);
	} else if (c->key_count > 0) {
		floor_post(&c->floor, FLOOR_EV_KEY);
	} else if (c->caller_speaks) {
		floor_post(&c->floor, FLOOR_EV_SPEECH);
	}
}

/* The agent is slow, or the voice is: while one of them gives signs of life there is nothing to do. */
void floor_stall(void *self, const void *input)
{
	struct conversation *c = self;

	if (c->floor.state == FLOOR_SPEAKING && loop_now(c->p.loop) < c->progress + c->p.timing->stalled)
		return;
	if (!c->thinking) {
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
		return;
	}
	if (++c->stalls > STALLS_MAX) {
		c->p.sink.on_failed(c->p.sink.arg, "the agent does not answer");
		return;
	}
	turn_trail_event(c, "filler");
	dialogue_queue(c, c->p.filler, false);
	floor_post(&c->floor, FLOOR_EV_SAY);
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
	c->progress = loop_now(c->p.loop);
	leg_duck(c->p.leg, false);
	voice_resume(&c->voice);
	turn_trail_event(c, "resumed");
	if (c->pending.count > 0)
		floor_post(&c->floor, FLOOR_EV_SAY);
}

void floor_interrupt(void *self, const void *input)
{
	struct conversation *c = self;

	c->interruptions++;
	voice_cut(&c->voice);
	leg_duck(c->p.leg, false);
	c->pending.n = c->pending.count = 0;
	c->leaving = false;
	turn_trail_heard(c, "interrupted");
}

void floor_voice_failed(void *self, const void *input)
{
	struct conversation *c = self;

	turn_trail_event(c, "voice_failed");
	voice_cut(&c->voice);
	c->p.sink.on_failed(c->p.sink.arg, "the voice failed");
}

void floor_open_turn(void *self, const void *input)
{
	struct conversation *c = self;

	ear_speech(&c->ear, c->speech_at);
}

void floor_judge(void *self, const void *input)
{
	struct conversation *c = self;

	(void)ear_judge(&c->ear);
}

void floor_finish(void *self, const void *input)
{
	struct conversation *c = self;

	ear_finish(&c->ear);
}

void floor_keep(void *self, const void *input)
{
	struct conversation *c = self;

	ear_keep(&c->ear);
}

void floor_collect(void *self, const void *input)
{
	struct conversation *c = self;

	ear_forget(&c->ear);
}

void floor_speak(void *self, const void *input)
{
	dialogue_speak(self);
}

void floor_duck(void *self, const void *input)
{
	struct conversation *c = self;

	leg_duck(c->p.leg, true);
	ear_speech(&c->ear, c->speech_at);
}

void floor_cut_for_keys(void *self, const void *input)
{
	floor_interrupt(self, input);
	floor_collect(self, input);
}

void floor_ear_failed(void *self, const void *input)
{
	struct conversation *c = self;

	c->p.sink.on_failed(c->p.sink.arg, "the recogniser failed");
}

void floor_end(void *self, const void *input)
{
	struct conversation *c = self;

	voice_cut(&c->voice);
	ear_forget(&c->ear);
}
