#include "fake_stt.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"

#define STALLS_AFTER USEC_MS(1500) /* what a service is given to answer */

LIVE_DEFINE(fake_stt);

static struct fake_stt *of(struct stt *s)
{
	return CONTAINER_OF(s, struct fake_stt, stt);
}

static struct str words_so_far(const struct fake_stt *s)
{
	size_t n = s->n;

	while (n > 0 && s->text[n - 1] != ' ')
		n--;
	return str_trim((struct str){s->text, n});
}

static void emit(struct fake_stt *s, enum stt_event_type type, struct str text)
{
	enum fault fault = s->stalls_after > 0          ? FAULT_STALLED
			   : s->config->limited_for > 0 ? FAULT_QUOTA
							: FAULT_UNREACHABLE;
	struct stt_event ev = {
		.type = type,
		.utterance = s->stt.utterance,
		.until = s->heard_until,
		.text = text,
		.confidence = type == STT_EV_ENDPOINT ? s->endpoint : 0.9f,
		.fault = fault,
		.retry_after = s->config->limited_for,
	};

	stt_emit(&s->stt, &ev);
}

static void report(struct fake_stt *s, enum usage_end end)
{
	struct usage u = {.kind = USAGE_STT,
			  .end = end,
			  .service = STR("ears"),
			  .type = STR("fake"),
			  .model = STR("babble"),
			  .work = s->stt.utterance};

	u.amount[USAGE_AUDIO_IN] = (uint64_t)s->unpaid * USEC_SEC(1) / STT_RATE_HZ;
	s->unpaid = 0;
	if (u.amount[USAGE_AUDIO_IN] > 0)
		usage_tell(&s->stt.usage, &u);
}

static void on_fault(struct timer *t);

static bool is_unlucky(struct fake_stt *s)
{
	return s->config->luck && rng_below(s->config->luck, FAKE_UNLUCKY) == 0;
}

/* Some time within `span`, if it has bad luck. */
static void maybe_die(struct fake_stt *s, usec span)
{
	if (is_unlucky(s))
		timer_start(&s->fault, s->loop,
			    loop_now(s->loop) + rng_below(s->config->luck, (uint32_t)span), on_fault);
}

static void on_open(struct timer *t)
{
	struct fake_stt *s = CONTAINER_OF(t, struct fake_stt, opening);

	if (s->config->opening == FAKE_FAILS_TO_OPEN || s->unlucky) {
		emit(s, STT_EV_FAULT, STR("it broke"));
		return;
	}
	if (s->config->dies_after > 0)
		timer_start(&s->fault, s->loop, loop_now(s->loop) + s->config->dies_after, on_fault);
	emit(s, STT_EV_READY, STR(""));
}

static void on_partial(struct timer *t)
{
	struct fake_stt *s = CONTAINER_OF(t, struct fake_stt, partial);
	struct str text = words_so_far(s);

	if (text.n == s->told)
		return;
	s->told = text.n;
	emit(s, STT_EV_PARTIAL, text);
}

static void on_likely(struct timer *t)
{
	struct fake_stt *s = CONTAINER_OF(t, struct fake_stt, likely);

	s->likely_covers = true;
	emit(s, STT_EV_LIKELY, str_trim((struct str){s->text, s->n}));
}

static void on_fault(struct timer *t)
{
	struct fake_stt *s = CONTAINER_OF(t, struct fake_stt, fault);

	emit(s, STT_EV_FAULT, STR("it broke"));
}

static void on_endpoint(struct timer *t)
{
	struct fake_stt *s = CONTAINER_OF(t, struct fake_stt, endpointing);

	emit(s, STT_EV_ENDPOINT, words_so_far(s));
}

/* The oldest final is due; the others wait behind it. */
static void on_final(struct timer *t)
{
	struct fake_stt *s = CONTAINER_OF(t, struct fake_stt, final);
	struct fake_final f = s->finals[0];
	struct stt_event ev = {.type = STT_EV_FINAL,
			       .utterance = f.utterance,
			       .until = f.until,
			       .text = str_trim((struct str){f.text, f.n}),
			       .confidence = 0.9f,
			       .uncertain = s->config->uncertain,
			       .took = f.took};

	memmove(s->finals, s->finals + 1, --s->final_count * sizeof(s->finals[0]));
	if (s->final_count > 0)
		timer_start(&s->final, s->loop, MAX(s->finals[0].due, t->due), on_final);
	stt_emit(&s->stt, &ev);
}

static void forget_utterance(struct fake_stt *s)
{
	timer_stop(&s->partial);
	timer_stop(&s->likely);
	timer_stop(&s->endpointing);
	s->n = s->told = 0;
	s->ear = (struct babble_ear){0};
	s->likely_covers = false;
}

static int op_open(struct stt *stt, const void *config, const struct stt_params *params)
{
	struct fake_stt *s = of(stt);

	s->config = (struct fake_stt_config *)config;
	s->loop = params->loop;
	s->config->terms = params->key_term_count;
	stt->can &= ~s->config->cannot;
	if (s->config->opening == FAKE_CANNOT_OPEN)
		return -ECONNREFUSED;
	live_up(&live_fake_stt);
	s->config->session = s;
	s->unlucky = is_unlucky(s);
	if (s->config->opening != FAKE_NEVER_OPENS)
		timer_start(&s->opening, s->loop, loop_now(s->loop) + s->config->opens_after, on_open);
	return 0;
}

static void hear(struct fake_stt *s, int16_t sample)
{
	char c;

	if (!babble_hear(&s->ear, sample, &c) || s->n + 1 >= sizeof(s->text))
		return;
	s->likely_covers = false;
	if (c != BABBLE_NOISE)
		s->text[s->n++] = c;
}

static int op_feed(struct stt *stt, usec at, const int16_t *pcm, size_t samples)
{
	struct fake_stt *s = of(stt);

	s->unpaid += samples;
	for (size_t i = 0; i < samples; i++)
		hear(s, pcm[i]);
	/* Two sentences apart are two words apart, too. */
	if (samples > 0 && pcm[samples - 1] == BABBLE_SILENCE && s->n > 0 && s->text[s->n - 1] != ' ' &&
	    s->n + 1 < sizeof(s->text))
		s->text[s->n++] = ' ';
	s->heard_until = at + (usec)samples * USEC_SEC(1) / STT_RATE_HZ;
	if (s->config->partial_every > 0 && !timer_running(&s->partial))
		timer_start(&s->partial, s->loop, loop_now(s->loop) + s->config->partial_every, on_partial);
	return 0;
}

static void op_speech(struct stt *stt, bool speaking, usec at)
{
	struct fake_stt *s = of(stt);
	usec due = MAX(at + s->config->likely_silence, loop_now(s->loop)) + s->config->likely_took;

	if (speaking)
		maybe_die(s, USEC_SEC(2));
	s->config->confused |= speaking == s->speaking;
	s->speaking = speaking;
	timer_stop(&s->likely);
	if (!speaking && s->config->likely_silence > 0)
		timer_start(&s->likely, s->loop, due, on_likely);
}

static int op_finish(struct stt *stt, usec until)
{
	struct fake_stt *s = of(stt);
	struct fake_final *f = &s->finals[s->final_count];
	usec now = loop_now(s->loop);

	if (s->final_count == FAKE_STT_WAITING_MAX)
		return -EBUSY;
	maybe_die(s, USEC_MS(300));
	s->stalls_after = is_unlucky(s) ? STALLS_AFTER : s->config->stalls_after;
	if (s->stalls_after > 0)
		timer_start(&s->fault, s->loop, now + s->stalls_after, on_fault);
	report(s, USAGE_DONE);
	*f = (struct fake_final){.utterance = s->stt.utterance, .until = until, .n = s->n};
	if (s->config->uncertain)
		f->n = words_so_far(s).n;
	f->took = s->likely_covers ? 0 : s->config->final_took;
	f->due = s->config->final_took == USEC_NEVER || s->stalls_after > 0 ? USEC_NEVER : now + f->took;
	memcpy(f->text, s->text, s->n);
	if (s->final_count++ == 0 && f->due != USEC_NEVER)
		timer_start(&s->final, s->loop, f->due, on_final);
	forget_utterance(s);
	return 0;
}

static void op_cancel(struct stt *stt)
{
	struct fake_stt *s = of(stt);

	report(s, USAGE_CANCELLED);
	s->final_count = 0;
	s->speaking = false;
	timer_stop(&s->final);
	forget_utterance(s);
}

static void op_close(struct stt *stt)
{
	struct fake_stt *s = of(stt);

	if (!s->loop || s->config->opening == FAKE_CANNOT_OPEN)
		return;
	op_cancel(stt);
	timer_stop(&s->opening);
	timer_stop(&s->fault);
	if (s->config->session == s)
		s->config->session = NULL;
	live_down(&live_fake_stt);
}

const struct stt_ops fake_stt_ops = {
	.name = "fake",
	.can = STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS | STT_LOCAL,
	.state_size = sizeof(struct fake_stt),
	.open = op_open,
	.feed = op_feed,
	.speech = op_speech,
	.finish = op_finish,
	.cancel = op_cancel,
	.close = op_close,
};

void fake_stt_fail(struct fake_stt *s)
{
	timer_start(&s->fault, s->loop, loop_now(s->loop), on_fault);
}

void fake_stt_endpoint(struct fake_stt *s, float sure)
{
	s->endpoint = sure;
	timer_start(&s->endpointing, s->loop, loop_now(s->loop), on_endpoint);
}
