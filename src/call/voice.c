#include "call/voice.h"

#include <errno.h>
#include <string.h>

#include "base/loop.h"
#include "base/mem.h"

#define REWIND_SAMPLES    (TTS_RATE_HZ / 4) /* resuming, a quarter second is said again */
#define SILENCE_LEVEL     200               /* a sample below it may begin a word: about -44 dB */
#define QUIET_RUN_SAMPLES (TTS_RATE_HZ / 50)
#define PAUSE_AFTER       USEC_MS(250)       /* the words of a stream follow one another sooner */
#define LETTER_SAMPLES    (TTS_RATE_HZ / 15) /* people speak about 15 letters a second */

static void emit(struct voice *v, enum voice_event ev)
{
	v->sink.on_event(v->sink.arg, ev);
}

void voice_init(struct voice *v, struct loop *loop, struct leg *leg, struct tts *tts,
		const struct voice_sink *sink)
{
	*v = (struct voice){.loop = loop, .leg = leg, .tts = tts, .sink = *sink};
}

void voice_fini(struct voice *v)
{
	timer_stop(&v->pause);
	v->pcm = mem_free(v->pcm);
}

static void begin(struct voice *v)
{
	v->answer++;
	v->leg_answer++;
	v->speaking = true;
	v->ended = v->complete = v->held = v->failed = v->ready_made = false;
	v->made = v->sent = v->heard = v->heard_base = 0;
	v->text_n = 0;
	v->mark_count = 0;
	v->figures = (struct voice_figures){.asked = loop_now(v->loop)};
}

static void on_fault(struct voice *v)
{
	v->complete = v->ended = v->failed = true;
	timer_stop(&v->pause);
	emit(v, VOICE_EV_FAULT);
}

static void on_pause(struct timer *t)
{
	struct voice *v = CONTAINER_OF(t, struct voice, pause);

	if (v->text_n == VOICE_TEXT_MAX)
		return;
	if (tts_say(v->tts, v->answer, TTS_PAUSE) < 0)
		on_fault(v);
	else
		v->text[v->text_n++] = ' ';
}

static bool ends_sentence(struct str text)
{
	char last = text.n > 0 ? text.p[text.n - 1] : 0;

	return last == '.' || last == '?' || last == '!';
}

static void expect_pause(struct voice *v)
{
	if (ends_sentence((struct str){v->text, v->text_n}))
		timer_start(&v->pause, v->loop, loop_now(v->loop) + PAUSE_AFTER, on_pause);
	else
		timer_stop(&v->pause);
}

int voice_say(struct voice *v, struct str text)
{
	int rc;

	if (v->dead)
		return -EPIPE;
	if (!v->speaking)
		begin(v);
	if (v->ended)
		return -EPIPE;
	if (v->text_n + text.n + 1 > VOICE_TEXT_MAX)
		return -EMSGSIZE;
	if (v->text_n > 0 && v->text[v->text_n - 1] != ' ') {
		rc = tts_say(v->tts, v->answer, STR(" "));
		if (rc < 0)
			return rc;
		v->text[v->text_n++] = ' ';
	}
	rc = tts_say(v->tts, v->answer, text);
	if (rc < 0)
		return rc;
	memcpy(v->text + v->text_n, text.p, text.n);
	v->text_n += (uint32_t)text.n;
	v->owes = true;
	expect_pause(v);
	return 0;
}

static void finish(struct voice *v)
{
	v->speaking = false;
	emit(v, VOICE_EV_SPOKEN);
}

int voice_end(struct voice *v)
{
	if (!v->speaking || v->ended)
		return 0;
	v->ended = true;
	timer_stop(&v->pause);
	return tts_end(v->tts, v->answer);
}

/* Gives the leg what it takes of what has been made. */
static void pump(struct voice *v)
{
	int n;

	if (v->held || v->sent == v->made)
		return;
	n = leg_play(v->leg, v->leg_answer, v->pcm + v->sent, v->made - v->sent);
	if (n <= 0)
		return;
	v->sent += (uint32_t)n;
	if (v->figures.first_played == 0) {
		v->figures.first_played = loop_now(v->loop);
		emit(v, VOICE_EV_STARTED);
	}
}

/* What is longer than an answer may be is not kept: the answer ends there. */
static int keep(struct voice *v, const int16_t *pcm, size_t n)
{
	size_t samples = MIN(n, (size_t)VOICE_SAMPLES_MAX - v->made);
	size_t want = v->made + samples, cap = MAX(v->pcm_cap, (size_t)TTS_RATE_HZ);
	int16_t *grown;

	while (cap < want)
		cap *= 2;
	if (cap > v->pcm_cap) {
		grown = mem_resize(v->pcm, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		v->pcm = grown;
		v->pcm_cap = cap;
	}
	memcpy(v->pcm + v->made, pcm, samples * sizeof(*pcm));
	v->made += (uint32_t)samples;
	return 0;
}

int voice_play(struct voice *v, const struct notice *notice)
{
	voice_cut(v);
	begin(v);
	v->text_n = (uint32_t)str_copy(notice->text, v->text, sizeof(v->text));
	v->ended = v->complete = v->ready_made = true;
	v->figures.first_audio = loop_now(v->loop);
	v->figures.cached = true;
	if (keep(v, notice->pcm, notice->samples) < 0) {
		v->speaking = false;
		return -ENOMEM;
	}
	pump(v);
	return 0;
}

static void on_audio(struct voice *v, const struct tts_event *ev)
{
	v->owes = false;
	if (v->figures.first_audio == 0) {
		v->figures.first_audio = loop_now(v->loop);
		v->figures.cached = ev->cached;
	}
	if (keep(v, ev->pcm, ev->samples) < 0)
		on_fault(v);
	pump(v);
}

static void on_mark(struct voice *v, const struct tts_event *ev)
{
	if (v->mark_count < ARRAY_LEN(v->marks))
		v->marks[v->mark_count++] = (struct voice_mark){ev->text_end, ev->sample_offset};
}

static void check_spoken(struct voice *v)
{
	if (v->speaking && v->complete && !v->held && v->heard >= v->made)
		finish(v);
}

void voice_on_tts(void *arg, const struct tts_event *ev)
{
	struct voice *v = arg;

	v->dead |= ev->dead;
	if (ev->dead && !v->speaking)
		on_fault(v);
	if (ev->type != TTS_EV_READY && (!v->speaking || v->ready_made || ev->answer != v->answer))
		return;
	switch (ev->type) {
	case TTS_EV_AUDIO:
		on_audio(v, ev);
		break;
	case TTS_EV_MARK:
		on_mark(v, ev);
		break;
	case TTS_EV_DONE:
		v->complete = true;
		check_spoken(v);
		break;
	case TTS_EV_FAULT:
		on_fault(v);
		check_spoken(v);
		break;
	case TTS_EV_READY:
		v->ready = true;
		emit(v, VOICE_EV_READY);
		break;
	case TTS_EV_COUNT_:
		break;
	}
}

void voice_on_played(struct voice *v, const struct leg_event *ev)
{
	if (ev->played.answer != v->leg_answer)
		return;
	v->heard = MIN(v->heard_base + ev->played.heard, v->made);
	if (!v->speaking)
		return;
	pump(v);
	check_spoken(v);
}

void voice_hold(struct voice *v)
{
	if (!v->speaking || v->held)
		return;
	v->held = true;
	leg_cut(v->leg, v->leg_answer);
}

/* The start of the quiet stretch before `at`, so that a word is not begun in its middle. */
static uint32_t word_start(const struct voice *v, uint32_t at)
{
	uint32_t floor = at > REWIND_SAMPLES ? at - REWIND_SAMPLES : 0;
	uint32_t quiet = 0;

	for (uint32_t i = at; i > floor; i--) {
		int16_t s = v->pcm[i - 1];

		quiet = s < SILENCE_LEVEL && s > -SILENCE_LEVEL ? quiet + 1 : 0;
		if (quiet >= QUIET_RUN_SAMPLES)
			return i - 1;
	}
	return floor;
}

void voice_resume(struct voice *v)
{
	if (!v->speaking || !v->held)
		return;
	v->held = false;
	v->leg_answer++;
	v->sent = v->heard_base = v->heard = word_start(v, v->heard);
	pump(v);
	check_spoken(v);
}

void voice_cut(struct voice *v)
{
	if (!v->speaking)
		return;
	v->speaking = false;
	timer_stop(&v->pause);
	tts_cancel(v->tts, v->answer);
	if (!v->held)
		leg_cut(v->leg, v->leg_answer);
}

/* Where the answer will end, by what is usual while it is not all there yet. */
static struct voice_mark expected_end(const struct voice *v, struct voice_mark from)
{
	uint32_t usual = from.sample + (v->text_n - MIN(from.text_end, v->text_n)) * LETTER_SAMPLES;

	return (struct voice_mark){v->text_n, v->complete ? v->made : MAX(v->made, usual)};
}

/* How far into the text the ear is: exact at marks, by time between them. */
static uint32_t text_offset(const struct voice *v)
{
	struct voice_mark from = {0}, to;

	for (unsigned i = 0; i < v->mark_count && v->marks[i].sample <= v->heard; i++)
		from = v->marks[i];
	to = expected_end(v, from);
	for (unsigned i = 0; i < v->mark_count; i++)
		if (v->marks[i].sample > v->heard && v->marks[i].sample < to.sample)
			to = v->marks[i];
	if (to.sample <= from.sample)
		return MIN(from.text_end, v->text_n);
	return MIN(v->text_n,
		   from.text_end + (uint32_t)((uint64_t)(to.text_end - from.text_end) *
					      (v->heard - from.sample) / (to.sample - from.sample)));
}

struct str voice_heard(const struct voice *v, bool *ret_whole)
{
	uint32_t n = text_offset(v);

	*ret_whole = v->complete && v->heard >= v->made;
	if (*ret_whole)
		return (struct str){v->text, v->text_n};
	while (n > 0 && n < v->text_n && v->text[n] != ' ')
		n--;
	return (struct str){v->text, n};
}

struct str voice_rest(const struct voice *v)
{
	bool whole;
	size_t heard = voice_heard(v, &whole).n;

	return str_trim((struct str){v->text + heard, v->text_n - heard});
}
