#include "fake_leg.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"

#define LOG_BYTES_MAX    (4u << 20)
#define SAMPLE_USEC      (USEC_SEC(1) / LEG_RATE_HZ)
#define SIGNALLING_DELAY USEC_MS(1)

LIVE_DEFINE(fake_leg);

static struct fake_leg *of(struct leg *leg)
{
	return CONTAINER_OF(leg, struct fake_leg, leg);
}

/* ---- the caller ---- */

static const struct fake_speech *speech_at(const struct fake_leg *l, usec at)
{
	for (size_t i = 0; i < l->plan->speech_count; i++) {
		const struct fake_speech *s = &l->plan->speeches[i];

		if (at >= s->from && at < s->to)
			return s;
	}
	return NULL;
}

static int16_t caller_sample(const struct fake_speech *s, usec at)
{
	size_t letter;

	if (!s)
		return BABBLE_SILENCE;
	if (str_empty(s->text))
		return babble_sample(BABBLE_NOISE, 0);
	letter = (size_t)((at - s->from) * (usec)s->text.n / (s->to - s->from));
	return babble_sample(s->text.p[letter], (unsigned)letter);
}

static void emit_frame(struct fake_leg *l, usec now)
{
	int16_t pcm[LEG_FRAME_SAMPLES];
	struct leg_event ev = {.type = LEG_EV_AUDIO, .at = now - LEG_FRAME_USEC};

	for (unsigned i = 0; i < LEG_FRAME_SAMPLES; i++) {
		usec at = ev.at + i * SAMPLE_USEC;

		pcm[i] = caller_sample(speech_at(l, at), at);
	}
	ev.audio.pcm = pcm;
	ev.audio.voiced = l->speaking;
	leg_emit(&l->leg, &ev);
}

static usec sound_end(const struct fake_leg *l, usec now)
{
	usec end = 0;

	for (size_t i = 0; i < l->plan->speech_count; i++)
		if (l->plan->speeches[i].from < now)
			end = MAX(end, MIN(l->plan->speeches[i].to, now));
	return end;
}

static void emit_speech(struct fake_leg *l, bool speaking, usec at)
{
	struct leg_event ev = {.type = LEG_EV_SPEECH, .at = at, .speech.speaking = speaking};
	struct leg_event ducked = {.type = LEG_EV_DUCKED, .at = at};

	l->speaking = speaking;
	l->reaction.was_ducked = false;
	l->reaction.onset = speaking && l->reflex == LEG_REFLEX_DUCK && l->queued > 0
				    ? MAX(at, MIN(l->voice_since, loop_now(l->loop)))
				    : 0;
	if (speaking && l->reflex == LEG_REFLEX_DUCK && l->queued > 0 && !l->ducked) {
		l->ducked = true;
		leg_emit(&l->leg, &ducked);
	}
	leg_emit(&l->leg, &ev);
}

static void detect(struct fake_leg *l, usec now)
{
	const struct fake_speech *s = speech_at(l, now - 1);
	usec end = sound_end(l, now);

	if (!l->speaking && s && now >= s->from + l->plan->speech_after)
		emit_speech(l, true, s->from);
	else if (l->speaking && now >= end + l->plan->quiet_after)
		emit_speech(l, false, end);
}

static void press_keys(struct fake_leg *l, usec now)
{
	while (l->next_key < l->plan->key_count && l->plan->keys[l->next_key].at <= now) {
		struct leg_event ev = {.type = LEG_EV_DTMF, .at = now};

		ev.dtmf.digit = l->plan->keys[l->next_key++].digit;
		ev.dtmf.duration = USEC_MS(100);
		leg_emit(&l->leg, &ev);
	}
}

/* ---- our voice ---- */

static void emit_played(struct fake_leg *l, usec now)
{
	struct leg_event ev = {.type = LEG_EV_PLAYED, .at = now};

	l->report = false;
	ev.played.answer = l->answer;
	ev.played.heard = l->heard;
	ev.played.queued = l->queued;
	ev.played.drained = l->queued == 0;
	leg_emit(&l->leg, &ev);
}

static void write_letter(struct fake_leg *l, int16_t sample, usec at)
{
	char c;

	if (!babble_hear(&l->ear, sample, &c))
		return;
	buf_add_char(&l->letters, c);
	buf_add(&l->letters_at, &at, sizeof(at));
}

static void time_reaction(struct fake_leg *l, enum fake_sound sound, usec now)
{
	struct fake_reaction *r = &l->reaction;

	if (r->onset == 0)
		return;
	if (sound == FAKE_VOICE || !r->was_ducked)
		r->ducked = MAX(r->ducked, now - r->onset);
	r->was_ducked = sound != FAKE_VOICE;
	r->silent = MAX(r->silent, now - r->onset);
	if (sound != FAKE_SILENCE)
		return;
	r->count++;
	r->onset = 0;
}

static void play_frame(struct fake_leg *l, usec now)
{
	uint32_t n = l->stalled ? 0 : MIN(l->queued, (uint32_t)LEG_FRAME_SAMPLES);
	enum fake_sound sound = n == 0 ? FAKE_SILENCE : l->ducked ? FAKE_DUCKED : FAKE_VOICE;

	buf_add_char(&l->sounds, (char)sound);
	l->voice_since = sound == FAKE_SILENCE ? USEC_NEVER : MIN(l->voice_since, now);
	time_reaction(l, sound, now);
	for (uint32_t i = 0; i < n; i++) {
		if (l->owner[l->head] != l->answer) {
			emit_played(l, now);
			l->answer = l->owner[l->head];
			l->heard = 0;
		}
		l->heard++;
		write_letter(l, l->pcm[l->head], now);
		l->head = (l->head + 1) % LEG_PLAY_SAMPLES_MAX;
		l->queued--;
	}
	if (n == 0)
		l->ear = (struct babble_ear){0};
	if (n > 0 || l->report)
		emit_played(l, now);
}

static void on_tick(struct timer *t)
{
	struct fake_leg *l = CONTAINER_OF(t, struct fake_leg, tick);
	usec now = t->due;

	timer_start(&l->tick, l->loop, now + LEG_FRAME_USEC, on_tick);
	if (!l->mute) {
		emit_frame(l, now);
		detect(l, now);
		press_keys(l, now);
	}
	if (l->first_tick == 0)
		l->first_tick = now;
	play_frame(l, now);
}

/* ---- signalling ---- */

static void on_signal(struct timer *t)
{
	struct fake_leg *l = CONTAINER_OF(t, struct fake_leg, signal);
	struct leg_event ev = l->next_signal;

	ev.at = t->due;
	fake_leg_signal(l, &ev);
}

void fake_leg_signal(struct fake_leg *l, const struct leg_event *ev)
{
	if (l->leg.ended || l->closed)
		return;
	if (ev->type == LEG_EV_ENDED) {
		timer_stop(&l->tick);
		timer_stop(&l->signal);
	} else if (ev->type == LEG_EV_ANSWERED) {
		l->up = true;
		timer_start(&l->tick, l->loop, ev->at + LEG_FRAME_USEC, on_tick);
	} else if (ev->type == LEG_EV_SILENT) {
		l->mute = true;
	}
	leg_emit(&l->leg, ev);
}

static void signal_later(struct fake_leg *l, usec after, const struct leg_event *ev)
{
	l->next_signal = *ev;
	timer_start(&l->signal, l->loop, loop_now(l->loop) + after, on_signal);
}

void fake_leg_end(struct fake_leg *l, enum leg_end why)
{
	struct leg_event ev = {.type = LEG_EV_ENDED, .at = loop_now(l->loop)};

	ev.ended.why = why;
	fake_leg_signal(l, &ev);
}

static void end_later(struct fake_leg *l, usec after, enum leg_end why)
{
	struct leg_event ev = {.type = LEG_EV_ENDED};

	ev.ended.why = why;
	signal_later(l, after, &ev);
}

/* ---- the contract ---- */

static int leg_op_ring(struct leg *leg)
{
	return 0;
}

static int leg_op_answer(struct leg *leg, const struct leg_headers *headers)
{
	struct fake_leg *l = of(leg);

	if (l->plan->cannot_answer)
		return -EPROTO;
	if (l->plan->acked_after == USEC_NEVER)
		end_later(l, USEC_SEC(32), LEG_END_LOST);
	else
		signal_later(l, l->plan->acked_after, &(struct leg_event){.type = LEG_EV_ANSWERED});
	return 0;
}

static void leg_op_reject(struct leg *leg, enum leg_refusal why)
{
	struct fake_leg *l = of(leg);

	l->rejected = true;
	l->refusal = why;
	end_later(l, SIGNALLING_DELAY, LEG_END_LOCAL);
}

static void leg_op_hangup(struct leg *leg, const struct leg_headers *headers)
{
	struct fake_leg *l = of(leg);

	timer_stop(&l->tick);
	if (!l->plan->cannot_end)
		end_later(l, SIGNALLING_DELAY, LEG_END_LOCAL);
	else
		timer_stop(&l->signal);
}

static int leg_op_refer(struct leg *leg, struct str target, const struct leg_headers *headers)
{
	struct fake_leg *l = of(leg);
	struct leg_event ev = {.type = LEG_EV_REFER};

	if (l->plan->refer == FAKE_REFER_CANNOT)
		return -ENOTSUP;
	for (size_t i = 0; i < headers->count; i++)
		if (str_chr(headers->list[i].value, '\n') < headers->list[i].value.n)
			return -EINVAL; /* as SIP does */
	l->refers++;
	str_copy(target, l->refer_target, sizeof(l->refer_target));
	ev.refer.status = l->plan->refer == FAKE_REFER_TAKEN     ? 200
			  : l->plan->refer == FAKE_REFER_REFUSED ? 486
								 : 100;
	ev.refer.final = l->plan->refer != FAKE_REFER_IGNORED;
	signal_later(l, l->plan->refer_after, &ev);
	return 0;
}

static int leg_op_send_dtmf(struct leg *leg, struct str digits)
{
	return 0;
}

static int leg_op_play(struct leg *leg, uint32_t answer, const int16_t *pcm, size_t samples)
{
	struct fake_leg *l = of(leg);
	uint32_t n = (uint32_t)MIN(samples, (size_t)(LEG_PLAY_SAMPLES_MAX - l->queued));

	if (answer <= l->cut || !l->up)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = (l->head + l->queued++) % LEG_PLAY_SAMPLES_MAX;

		l->pcm[at] = pcm[i];
		l->owner[at] = answer;
	}
	return (int)n;
}

static void leg_op_cut(struct leg *leg, uint32_t answer)
{
	struct fake_leg *l = of(leg);

	l->cut = MAX(l->cut, answer);
	while (l->queued > 0 && l->owner[l->head] <= l->cut) {
		l->head = (l->head + 1) % LEG_PLAY_SAMPLES_MAX;
		l->queued--;
	}
	l->report = true;
}

static void leg_op_duck(struct leg *leg, bool on)
{
	of(leg)->ducked = on;
}

static void leg_op_set_reflex(struct leg *leg, enum leg_reflex reflex)
{
	of(leg)->reflex = reflex;
}

static void leg_op_record(struct leg *leg, const struct leg_recording *recording)
{
	recording->on_recorded(recording->arg, recording->r);
}

static void leg_op_stats(const struct leg *leg, struct leg_stats *ret_stats)
{
	str_copy(STR("babble"), ret_stats->codec, sizeof(ret_stats->codec));
}

static void leg_op_close(struct leg *leg)
{
	struct fake_leg *l = of(leg);

	assert(!l->closed);
	l->closed = true;
	timer_stop(&l->tick);
	timer_stop(&l->signal);
	live_down(&live_fake_leg);
}

static const struct leg_ops ops = {
	.name = "fake",
	.can = LEG_CAN_REFER | LEG_CAN_DTMF | LEG_CAN_HEADERS,
	.ring = leg_op_ring,
	.answer = leg_op_answer,
	.reject = leg_op_reject,
	.hangup = leg_op_hangup,
	.refer = leg_op_refer,
	.send_dtmf = leg_op_send_dtmf,
	.play = leg_op_play,
	.cut = leg_op_cut,
	.duck = leg_op_duck,
	.set_reflex = leg_op_set_reflex,
	.record = leg_op_record,
	.stats = leg_op_stats,
	.close = leg_op_close,
};

void fake_leg_init(struct fake_leg *l, struct loop *loop, const struct fake_leg_plan *plan)
{
	*l = (struct fake_leg){.leg.ops = &ops, .loop = loop, .plan = plan, .voice_since = USEC_NEVER};
	l->leg.info =
		(struct leg_info){.caller = STR("+15550100"), .called = STR("clinic"), .trunk = STR("test")};
	buf_init(&l->sounds, LOG_BYTES_MAX);
	buf_init(&l->letters, LOG_BYTES_MAX);
	buf_init(&l->letters_at, LOG_BYTES_MAX);
	live_up(&live_fake_leg);
}

void fake_leg_fini(struct fake_leg *l)
{
	buf_fini(&l->sounds);
	buf_fini(&l->letters);
	buf_fini(&l->letters_at);
}

enum fake_sound fake_leg_sound(const struct fake_leg *l, usec at)
{
	usec tick = (at - l->first_tick) / LEG_FRAME_USEC;

	if (l->first_tick == 0 || at < l->first_tick || (size_t)tick >= l->sounds.n)
		return FAKE_SILENCE;
	return (enum fake_sound)l->sounds.p[tick];
}
