#include "app/rehearsal/caller.h"

#include <stdio.h>
#include <string.h>

#define STREAM_ANSWER  1 /* the leg's number of our one endless answer */
#define AUDIBLE_GAP    USEC_MS(60)
#define WORDS_GAP      USEC_MS(500) /* who begins within so long of the agent's last sound interrupts it */
#define CROSSED        USEC_MS(400) /* who begins so soon after the other has not heard it */
#define SLIP_EVERY     USEC_MS(500)
#define ANSWER_LONGEST USEC_SEC(15) /* an agent that has not begun to speak by then never will */

static usec now(const struct caller *c)
{
	return loop_now(c->loop);
}

static const struct rehearsal_step *step(const struct caller *c)
{
	return (const struct rehearsal_step *)c->r->steps.at + c->step;
}

static void enter(struct caller *c, enum caller_state s)
{
	c->state = s;
	c->since = now(c);
}

static void fail(struct caller *c, const char *what, struct str detail)
{
	if (!c->failure[0])
		snprintf(c->failure, sizeof(c->failure), "step %zu: %s" STR_FMT, c->step + 1, what,
			 STR_ARG(detail));
	leg_hangup(c->leg, NULL);
}

/* ---- steps ---- */

static struct caller_turn *add_turn(struct caller *c)
{
	struct caller_turn *t = &c->turns[MIN(c->turn_count, (size_t)CALLER_TURNS_MAX - 1)];

	*t = (struct caller_turn){.step = c->step, .again = c->again};
	c->turn_count = MIN(c->turn_count + 1, (size_t)CALLER_TURNS_MAX);
	return t;
}

static void next_step(struct caller *c)
{
	c->step++;
	c->said_n = 0;
	c->asked_again = false;
	c->agent_first = c->agent_last = 0;
	enter(c, c->step < c->r->steps.count ? CALLER_WAITING : CALLER_LAST);
}

static bool agent_speaks(const struct caller *c)
{
	return c->agent_last > 0 && now(c) - c->agent_last < WORDS_GAP;
}

static const struct caller_words *words(const struct caller *c)
{
	return caller_sound_words(&c->sound, c->step, c->again);
}

static void begin_saying(struct caller *c)
{
	struct caller_turn *t = add_turn(c);

	t->interrupting = agent_speaks(c);
	c->words_at = c->sent * CALLER_FRAME;
	t->began = c->skew + (usec)(c->words_at + words(c)->first) * 125;
	c->words_given = 0;
	enter(c, CALLER_SAYING);
	c->on_saying(c->arg, c);
}

static bool has_said(const struct caller *c, struct str when)
{
	return str_ihas((struct str){c->said, c->said_n}, when);
}

static void do_step(struct caller *c)
{
	const struct rehearsal_step *s = step(c);

	c->again = 0;
	if (!str_empty(s->when) && !has_said(c, s->when)) {
		snprintf(c->failure, sizeof(c->failure),
			 "step %zu: the agent did not say '" STR_FMT "' but '%.*s'", c->step + 1,
			 STR_ARG(s->when), (int)MIN(c->said_n, (size_t)120), c->said);
		leg_hangup(c->leg, NULL);
	} else if (s->hangup) {
		leg_hangup(c->leg, NULL);
	} else if (!str_empty(s->say)) {
		begin_saying(c);
	} else if (!str_empty(s->keys)) {
		if (leg_send_dtmf(c->leg, s->keys) < 0)
			fail(c, "the line takes no keys", STR(""));
		else
			next_step(c);
	} else {
		enter(c, CALLER_QUIET);
	}
}

static bool agent_done(const struct caller *c)
{
	return c->agent_first > 0 && now(c) - c->agent_last >= c->r->patience;
}

/* Whether the agent asks for what it has just been told; not when the script has an answer to that. */
static bool must_repeat(const struct caller *c)
{
	const struct rehearsal_step *next = c->step < c->r->steps.count ? step(c) : NULL;
	const struct rehearsal_step *last = c->step > 0 ? step(c) - 1 : NULL;

	if (!c->asked_again || !last || str_empty(last->say) || (int)c->again >= last->again)
		return false;
	return !next || str_empty(next->when) || !has_said(c, next->when);
}

static void say_again(struct caller *c)
{
	c->step--;
	c->again++;
	begin_saying(c);
}

static void wait_for_turn(struct caller *c)
{
	const struct rehearsal_step *s = step(c);

	if (must_repeat(c)) {
		if (agent_done(c))
			say_again(c);
	} else if (s->interrupt >= 0) {
		if (c->agent_first > 0 && now(c) - c->agent_first >= s->interrupt)
			do_step(c);
	} else if (agent_done(c)) {
		enter(c, CALLER_PAUSING);
	}
	if (c->state == CALLER_WAITING && c->agent_first == 0 && now(c) - c->since > ANSWER_LONGEST)
		fail(c, "the agent says nothing", STR(""));
}

static void end_saying(struct caller *c)
{
	const struct caller_words *w = words(c);
	struct caller_turn *t = &c->turns[c->turn_count - 1];

	t->began = c->skew + (usec)(c->words_at + w->first) * 125;
	t->ended = c->skew + (usec)(c->words_at + w->last) * 125;
	next_step(c);
}

static void advance(struct caller *c)
{
	switch (c->state) {
	case CALLER_WAITING:
		wait_for_turn(c);
		break;
	case CALLER_PAUSING:
		if (now(c) - c->since >= step(c)->pause)
			do_step(c);
		break;
	case CALLER_SAYING:
		if (c->words_given >= words(c)->last)
			end_saying(c);
		break;
	case CALLER_QUIET:
		if (now(c) - c->since >= step(c)->quiet)
			next_step(c);
		break;
	case CALLER_LAST:
		if (agent_done(c) && must_repeat(c))
			say_again(c);
		else if (agent_done(c) || (c->agent_first == 0 && now(c) - c->since > ANSWER_LONGEST))
			leg_hangup(c->leg, NULL);
		break;
	case CALLER_DIALLING:
	case CALLER_OVER:
		break;
	}
	if (c->state != CALLER_OVER && now(c) - c->began > c->r->longest)
		fail(c, "the call lasts too long", STR(""));
}

/* ---- sound ---- */

static void send_frame(struct caller *c)
{
	int16_t pcm[CALLER_FRAME] = {0};

	if (c->state == CALLER_SAYING) {
		const struct caller_words *w = words(c);
		size_t n = MIN(w->samples - c->words_given, (size_t)CALLER_FRAME);

		memcpy(pcm, w->pcm + c->words_given, n * sizeof(*pcm));
		c->words_given += n;
	}
	caller_sound_mix(&c->sound, pcm);
	/* A full leg loses a frame of a rehearsal: the line is that bad then. */
	(void)!leg_play(c->leg, STREAM_ANSWER, pcm, CALLER_FRAME);
	c->sent++;
}

/* A machine that was too busy for its line has sound waiting in it: what would come later and later, an
 * echo's delay above all, is left out where nothing is being said. */
static void catch_up(struct caller *c, uint32_t queued)
{
	uint64_t frames = queued / CALLER_FRAME;

	if (frames <= CALLER_AHEAD + 1 || c->state == CALLER_SAYING || now(c) - c->slipped_at < SLIP_EVERY)
		return;
	c->slipped += frames - CALLER_AHEAD;
	c->slipped_at = now(c);
}

static void on_tick(struct timer *t)
{
	struct caller *c = CONTAINER_OF(t, struct caller, tick);
	uint64_t due =
		(uint64_t)((now(c) - c->began) / LEG_FRAME_USEC) + CALLER_AHEAD - MIN(c->slipped, c->sent);

	while (c->sent < due && !c->leg->ended)
		send_frame(c);
	if (!c->leg->ended)
		advance(c);
	timer_start(t, c->loop, now(c) + LEG_FRAME_USEC, on_tick);
}

/* The agent has begun to speak. */
static void note_onset(struct caller *c, usec at)
{
	struct caller_turn *t = c->turn_count > 0 ? &c->turns[c->turn_count - 1] : NULL;

	if (!t)
		return;
	if (c->state != CALLER_SAYING) {
		if (t->answered == 0 && at > t->ended)
			t->answered = at;
	} else if (at - t->began < CROSSED) {
		t->interrupting = true;
	} else {
		t->cut_off |= !t->interrupting;
	}
}

static void on_audio(struct caller *c, const struct leg_event *ev)
{
	size_t first = caller_sound_first(ev->audio.pcm, CALLER_FRAME);
	usec start = ev->at - LEG_FRAME_USEC;

	caller_sound_received(&c->sound, ev->audio.pcm);
	if (first == CALLER_FRAME)
		return;
	if (c->agent_first == 0)
		c->agent_first = start + (usec)first * 125;
	if (now(c) - c->agent_last >= AUDIBLE_GAP)
		note_onset(c, start + (usec)first * 125);
	c->agent_last = start + (usec)caller_sound_end(ev->audio.pcm, CALLER_FRAME) * 125;
	for (size_t i = 0; i < c->turn_count; i++)
		if (c->turns[i].interrupting && c->turns[i].answered == 0)
			c->turns[i].silenced = c->agent_last;
}

/* ---- the leg ---- */

static void on_ended(struct caller *c, const struct leg_event *ev)
{
	c->end = ev->ended.why;
	c->end_status = ev->ended.status;
	if (c->state == CALLER_DIALLING)
		snprintf(c->failure, sizeof(c->failure), "the call was not answered: %d " STR_FMT,
			 ev->ended.status,
			 STR_ARG(ev->ended.words.n > 0 ? ev->ended.words : STR("without a word")));
	timer_stop(&c->tick);
	enter(c, CALLER_OVER);
	c->leg = leg_close(c->leg);
	c->on_over(c->arg, c);
}

static void on_leg(void *arg, struct leg *leg, const struct leg_event *ev)
{
	struct caller *c = arg;

	(void)leg;
	switch (ev->type) {
	case LEG_EV_ANSWERED:
		c->began = ev->at;
		enter(c, c->r->steps.count > 0 ? CALLER_WAITING : CALLER_LAST);
		timer_start(&c->tick, c->loop, now(c), on_tick);
		break;
	case LEG_EV_AUDIO:
		on_audio(c, ev);
		break;
	case LEG_EV_PLAYED:
		c->skew = ev->at - (usec)ev->played.heard * 125;
		catch_up(c, ev->played.queued);
		break;
	case LEG_EV_REFERRED:
		str_copy(ev->referred.target, c->referred, sizeof(c->referred));
		break;
	case LEG_EV_SILENT:
		fail(c, "the agent's line is dead", STR(""));
		break;
	case LEG_EV_ENDED:
		on_ended(c, ev);
		break;
	case LEG_EV_RINGING:
	case LEG_EV_EARLY:
	case LEG_EV_HELD:
	case LEG_EV_RESUMED:
	case LEG_EV_SPEECH:
	case LEG_EV_DTMF:
	case LEG_EV_DUCKED:
	case LEG_EV_REFER:
	case LEG_EV_COUNT_:
		break;
	}
}

void caller_start(struct caller *c, const struct caller_config *config)
{
	*c = (struct caller){
		.loop = config->loop,
		.leg = config->leg,
		.r = config->r,
		.sound = config->sound,
		.on_saying = config->on_saying,
		.on_over = config->on_over,
		.arg = config->arg,
		.began = loop_now(config->loop),
	};
	c->leg->sink = (struct leg_sink){on_leg, c};
	enter(c, CALLER_DIALLING);
}

void caller_agent_said(struct caller *c, struct str text)
{
	size_t n = MIN(text.n, sizeof(c->said) - 1 - MIN(c->said_n, sizeof(c->said) - 1));

	memcpy(c->said + c->said_n, text.p, n);
	c->said_n += n;
	if (c->said_n < sizeof(c->said))
		c->said[c->said_n++] = ' ';
}

void caller_agent_asks_again(struct caller *c)
{
	c->asked_again = true;
}

void caller_fini(struct caller *c)
{
	timer_stop(&c->tick);
	caller_sound_fini(&c->sound);
}
