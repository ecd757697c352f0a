#include "call/dialogue.h"

#include <string.h>

#include "call/turn_trail.h"

void dialogue_queue(struct conversation *c, struct str text, bool uninterruptible)
{
	struct conversation_pending *q = &c->pending;

	if (q->n + text.n > sizeof(q->text) || q->count == ARRAY_LEN(q->ends))
		return;
	memcpy(q->text + q->n, text.p, text.n);
	q->n += text.n;
	q->ends[q->count++] = q->n;
	q->uninterruptible |= uninterruptible;
}

static void say_piece(struct conversation *c, struct str text)
{
	if (voice_say(&c->voice, text) < 0) {
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
		return;
	}
	turn_trail_text(c, "say", text);
}

static void end_answer(struct conversation *c)
{
	if (!c->thinking && c->pending.count == 0 && voice_end(&c->voice) < 0)
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
}

void dialogue_set_uninterruptible(struct conversation *c, bool on)
{
	c->uninterruptible = on;
	leg_set_reflex(c->p.leg, on ? LEG_REFLEX_OFF : LEG_REFLEX_DUCK);
}

void dialogue_speak(struct conversation *c)
{
	struct conversation_pending *q = &c->pending;
	size_t from = 0;

	dialogue_set_uninterruptible(c, q->uninterruptible);
	c->progress = loop_now(c->p.loop);
	for (unsigned i = 0; i < q->count; from = q->ends[i++])
		say_piece(c, str_sub((struct str){q->text, q->n}, from, q->ends[i] - from));
	q->n = q->count = 0;
	q->uninterruptible = false;
	end_answer(c);
}

/* The brain learns what of its words arrived, before it is asked again. */
void dialogue_tell_spoken(struct conversation *c)
{
	bool whole;
	struct str heard = voice_heard(&c->voice, &whole);

	if (c->voice.text_n > 0)
		brain_spoken(c->p.brain, heard, whole);
	c->voice.text_n = 0;
}

void dialogue_begin_question(struct conversation *c)
{
	dialogue_tell_spoken(c);
	c->thinking = true;
	c->stalls = 0;
	c->think_at = loop_now(c->p.loop);
	c->said_at = 0;
}

static void on_expect(struct conversation *c, const struct brain_act *a)
{
	c->ear.expect = a->expect.kind;
	c->ear.digits_wanted = a->expect.digits_wanted;
	c->silence_limit = a->expect.silence_limit;
}

static void on_done(struct conversation *c)
{
	c->thinking = false;
	end_answer(c);
	if (c->said_at == 0 && !c->voice.speaking)
		floor_post(&c->floor, FLOOR_EV_YIELD);
}

void dialogue_on_act(void *arg, const struct brain_act *a)
{
	struct conversation *c = arg;

	switch (a->type) {
	case BRAIN_SAY:
		if (c->said_at == 0)
			c->said_at = loop_now(c->p.loop);
		dialogue_queue(c, a->say.text, a->say.uninterruptible);
		floor_post(&c->floor, FLOOR_EV_SAY);
		break;
	case BRAIN_EXPECT:
		on_expect(c, a);
		break;
	case BRAIN_TRANSFER:
		dialogue_set_uninterruptible(c, true);
		c->leaving = true;
		c->p.sink.on_act(c->p.sink.arg, a);
		break;
	case BRAIN_HANGUP:
		c->leaving = true;
		c->p.sink.on_act(c->p.sink.arg, a);
		break;
	case BRAIN_NOTE:
		trail_begin(c->p.trail, loop_now(c->p.loop), "note");
		json_str(&c->p.trail->json, "name", a->note.name);
		json_str(&c->p.trail->json, "value", a->note.value);
		trail_end(c->p.trail);
		break;
	case BRAIN_DONE:
		on_done(c);
		break;
	case BRAIN_ACT_COUNT_:
		break;
	}
}
