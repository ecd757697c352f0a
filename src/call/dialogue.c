#include "call/dialogue.h"

#include <errno.h>
#include <string.h>

#include "call/turn_trail.h"

/* ---- what waits ---- */

void dialogue_post(struct conversation *c)
{
	floor_post(&c->floor, c->pending.uninterruptible ? FLOOR_EV_INSIST : FLOOR_EV_SAY);
}

static void add(struct conversation *c, struct str text, bool uninterruptible)
{
	struct conversation_pending *q = &c->pending;

	bool join = q->count == ARRAY_LEN(q->ends);

	if (q->n + join + text.n > sizeof(q->text)) {
		turn_trail_text(c, "too_long", text);
		return;
	}
	/* a model's words may be more than there are places: the last takes them in */
	if (join) {
		q->text[q->n++] = ' ';
		q->count--;
	}
	memcpy(q->text + q->n, text.p, text.n);
	q->n += text.n;
	q->ends[q->count++] = q->n;
	q->uninterruptible |= uninterruptible;
}

void dialogue_queue(struct conversation *c, struct str text, bool uninterruptible)
{
	add(c, text, uninterruptible);
	dialogue_post(c);
}

static void forget_pending(struct conversation *c)
{
	c->pending.n = c->pending.count = 0;
	c->pending.uninterruptible = false;
}

void dialogue_put_back(struct conversation *c, struct str text, bool uninterruptible)
{
	struct conversation_pending behind = c->pending;
	size_t from = 0;

	forget_pending(c);
	add(c, text, uninterruptible || behind.uninterruptible);
	for (unsigned i = 0; i < behind.count; from = behind.ends[i++])
		add(c, str_sub((struct str){behind.text, behind.n}, from, behind.ends[i] - from), false);
	dialogue_post(c);
}

/* ---- speaking ---- */

/* Returns 0, or -errno when the voice is broken. */
static int say_piece(struct conversation *c, struct str text)
{
	int rc = str_empty(str_trim(text)) ? 0 : voice_say(&c->voice, text);

	if (rc == -EMSGSIZE)
		turn_trail_text(c, "too_long", text);
	else
		turn_trail_say(c, text);
	return rc == -EMSGSIZE ? 0 : rc;
}

/* An answer may have turned out to have no words at all: then it is spoken at once. */
static void end_answer(struct conversation *c)
{
	if (c->thinking || c->pending.count > 0)
		return;
	turn_trail_said(c);
	if (!c->voice.speaking)
		floor_post(&c->floor, FLOOR_EV_SPOKEN);
	else if (voice_end(&c->voice) < 0)
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
}

void dialogue_play(struct conversation *c, const struct notice *notice)
{
	c->notice = notice;
	floor_post(&c->floor, FLOOR_EV_INSIST);
}

static void speak_notice(struct conversation *c)
{
	const struct notice *n = c->notice;

	c->notice = NULL;
	leg_set_reflex(c->p.leg, LEG_REFLEX_OFF);
	leg_duck(c->p.leg, false);
	c->progress = loop_now(c->p.loop);
	turn_trail_text(c, "notice", n->text);
	if (voice_play(&c->voice, n) < 0)
		floor_post(&c->floor, FLOOR_EV_SPOKEN);
	c->insist_n = c->voice.text_n;
}

void dialogue_speak(struct conversation *c)
{
	struct conversation_pending *q = &c->pending;
	bool insists = c->floor.state == FLOOR_INSISTING,
	     firm = insists && (q->uninterruptible || q->count == 0);
	size_t from = 0;
	int rc = 0;

	if (c->notice) {
		speak_notice(c);
		return;
	}
	leg_set_reflex(c->p.leg, insists ? LEG_REFLEX_OFF : LEG_REFLEX_DUCK);
	if (!c->voice.speaking) {
		leg_duck(c->p.leg, false);
		c->insist_n = 0;
	}
	if (q->count > 0 || !c->voice.speaking)
		c->progress = loop_now(c->p.loop);
	for (unsigned i = 0; i < q->count && rc == 0; from = q->ends[i++])
		rc = say_piece(c, str_sub((struct str){q->text, q->n}, from, q->ends[i] - from));
	forget_pending(c);
	if (firm)
		c->insist_n = c->voice.text_n;
	if (rc < 0)
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
	else
		end_answer(c);
}

void dialogue_hold_on(struct conversation *c)
{
	if (c->voice.speaking || str_empty(str_trim(c->p.filler)))
		return;
	turn_trail_event(c, "filler");
	leg_duck(c->p.leg, false);
	leg_set_reflex(c->p.leg, LEG_REFLEX_DUCK);
	c->insist_n = 0;
	c->progress = loop_now(c->p.loop);
	if (say_piece(c, c->p.filler) < 0)
		floor_post(&c->floor, FLOOR_EV_VOICE_FAULT);
}

bool dialogue_insists(const struct conversation *c)
{
	bool whole;

	return voice_heard(&c->voice, &whole).n < c->insist_n;
}

void dialogue_give_up(struct conversation *c)
{
	voice_cut(&c->voice);
	forget_pending(c);
	brain_withdraw(c->p.brain);
	c->thinking = c->leaving = c->guessed = false;
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

/* ---- questions and acts ---- */

void dialogue_begin_question(struct conversation *c)
{
	if (!c->voice.speaking) /* what asks them to wait is the beginning of this answer */
		dialogue_tell_spoken(c);
	forget_pending(c);
	c->thinking = true;
	c->leaving = c->retried = c->transfers = c->guessed = false;
	c->stalls = 0;
	c->think_at = loop_now(c->p.loop);
	c->said_at = 0;
	c->ear.expect = EOT_ANYTHING;
	c->ear.digits_wanted = 0;
	c->silence_limit = 0;
}

/* Before the guess the brain is told what it would be told before the question. */
void dialogue_guess(struct conversation *c, struct str text)
{
	if (c->thinking || c->leaving || c->voice.speaking || c->pending.count > 0)
		return;
	dialogue_tell_spoken(c);
	turn_trail_text(c, "guess", text);
	brain_guess(c->p.brain, text);
	c->guessed = true;
}

void dialogue_forget_guess(struct conversation *c)
{
	if (!c->guessed)
		return;
	c->guessed = false;
	turn_trail_event(c, "guessed_wrong");
	brain_guess(c->p.brain, STR(""));
}

static void on_say(struct conversation *c, const struct brain_act *a)
{
	if (c->said_at == 0)
		c->said_at = loop_now(c->p.loop);
	dialogue_queue(c, a->say.text, a->say.uninterruptible || c->transfers);
}

static void on_expect(struct conversation *c, const struct brain_act *a)
{
	c->ear.expect = a->expect.kind;
	c->ear.digits_wanted = a->expect.digits_wanted;
	c->silence_limit = a->expect.silence_limit;
}

/* The words that announce a transfer, or ask for a message, are not to be interrupted, whether they come
 * before or after it. */
static void on_leave(struct conversation *c, const struct brain_act *a)
{
	c->leaving = true;
	c->transfers = a->type == BRAIN_TRANSFER || a->hangup.message;
	c->p.sink.on_act(c->p.sink.arg, a);
	if (c->transfers && c->voice.speaking)
		floor_post(&c->floor, FLOOR_EV_INSIST);
}

static void on_note(struct conversation *c, const struct brain_act *a)
{
	trail_begin(c->p.trail, loop_now(c->p.loop), "note");
	json_str(&c->p.trail->json, "name", a->note.name);
	json_str(&c->p.trail->json, "value", a->note.value);
	trail_end(c->p.trail);
}

static void on_done(struct conversation *c)
{
	c->thinking = false;
	end_answer(c);
	if (!c->voice.speaking && c->pending.count == 0)
		floor_post(&c->floor, FLOOR_EV_YIELD);
}

void dialogue_on_act(void *arg, const struct brain_act *a)
{
	struct conversation *c = arg;

	switch (a->type) {
	case BRAIN_SAY:
		on_say(c, a);
		break;
	case BRAIN_EXPECT:
		on_expect(c, a);
		break;
	case BRAIN_TRANSFER:
	case BRAIN_HANGUP:
		on_leave(c, a);
		break;
	case BRAIN_NOTE:
		on_note(c, a);
		break;
	case BRAIN_DONE:
		on_done(c);
		break;
	case BRAIN_ACT_COUNT_:
		break;
	}
}
