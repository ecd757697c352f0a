#include "call/ear.h"

#include <string.h>

#include "base/loop.h"

#define PAUSE_MIN USEC_MS(150) /* shorter gaps are inside words, not between thoughts */

#define LIKELY_WAIT USEC_MS(700) /* for a text of final quality, on a busy machine */

/* Measured: what was made of sounds had 0.52 to 0.62, what was made of words 0.73 and more. */
#define UNSURE_BELOW 0.65f
#define UNSURE_MAX   USEC_MS(1100)

void ear_init(struct ear *e, struct loop *loop, struct stt *stt, const struct eot_ops *eot,
	      const struct ear_sink *sink)
{
	*e = (struct ear){
		.loop = loop, .stt = stt, .eot = eot, .sink = *sink, .endpoint = -1, .confidence = -1};
}

bool ear_is_unsure(const struct ear *e)
{
	usec until = e->speaking ? loop_now(e->loop) : e->figures.quiet_at;

	return e->confidence >= 0 && e->confidence < UNSURE_BELOW && e->expect != EOT_YES_NO &&
	       until - e->figures.speech_at < UNSURE_MAX;
}

static void feed(struct ear *e, usec at, const int16_t *pcm)
{
	if (e->dead)
		return;
	/* A full recogniser means a monologue beyond its cap: the floor's deadline ends the turn. */
	(void)!stt_feed(e->stt, at, pcm, LEG_FRAME_SAMPLES);
}

static void remember(struct ear *e, usec at, const int16_t *pcm)
{
	memcpy(e->preroll[e->preroll_next], pcm, sizeof(e->preroll[0]));
	e->preroll_at[e->preroll_next] = at;
	e->preroll_next = (e->preroll_next + 1) % EAR_PREROLL_FRAMES;
	e->preroll_count = MIN(e->preroll_count + 1, EAR_PREROLL_FRAMES);
}

static void feed_preroll(struct ear *e)
{
	unsigned at = (e->preroll_next + EAR_PREROLL_FRAMES - e->preroll_count) % EAR_PREROLL_FRAMES;

	for (; e->preroll_count > 0; e->preroll_count--, at = (at + 1) % EAR_PREROLL_FRAMES)
		feed(e, e->preroll_at[at], e->preroll[at]);
}

void ear_audio(struct ear *e, usec at, const int16_t *pcm)
{
	if (e->in_turn || !(e->stt->can & STT_LOCAL))
		feed(e, at, pcm);
	else
		remember(e, at, pcm);
}

static void open_turn(struct ear *e, usec at)
{
	e->in_turn = true;
	e->newest_likely = e->kept_uncertain = false;
	e->utterance = e->stt->utterance;
	e->kept_n = e->newest_n = 0;
	e->confidence = e->endpoint = -1;
	e->figures = (struct ear_figures){.speech_at = at};
	feed_preroll(e);
}

void ear_speech(struct ear *e, usec at)
{
	if (!e->in_turn)
		open_turn(e, at);
	else if (!e->speaking && at - e->figures.quiet_at > PAUSE_MIN)
		e->pause_usual = MAX(e->pause_usual, at - e->figures.quiet_at);
	e->endpoint = -1;
	if (!e->dead && !e->speaking)
		stt_speech(e->stt, true, at);
	e->speaking = true;
}

void ear_quiet(struct ear *e, usec at)
{
	if (!e->in_turn)
		return;
	e->speaking = false;
	e->figures.quiet_at = at;
	if (!e->dead)
		stt_speech(e->stt, false, at);
}

void ear_finish(struct ear *e)
{
	e->figures.finish_at = loop_now(e->loop);
	e->asked = e->stt->utterance;
	if (stt_finish(e->stt, e->figures.finish_at) < 0)
		e->sink.on_event(e->sink.arg, EAR_EV_FAULT);
}

struct str ear_text(const struct ear *e, char *out, size_t size)
{
	size_t n = str_copy((struct str){e->kept, e->kept_n}, out, size);

	if (n > 0 && e->newest_n > 0 && n + 1 < size)
		out[n++] = ' ';
	n += str_copy((struct str){e->newest, e->newest_n}, out + n, size - n);
	return (struct str){out, n};
}

void ear_keep(struct ear *e)
{
	char joined[STT_TEXT_MAX];
	struct str text = ear_text(e, joined, sizeof(joined));

	memcpy(e->kept, text.p, text.n);
	e->kept_n = text.n;
	e->kept_uncertain |= !e->newest_likely;
	e->newest_n = 0;
	e->newest_likely = false;
	e->utterance++;
}

void ear_forget(struct ear *e)
{
	if (e->in_turn && !e->dead)
		stt_cancel(e->stt);
	e->in_turn = e->speaking = false;
	e->kept_n = e->newest_n = 0;
}

bool ear_is_whole(const struct ear *e)
{
	char joined[STT_TEXT_MAX];
	struct eot_input in = {.text = ear_text(e, joined, sizeof(joined)),
			       .expect = e->expect,
			       .digits_wanted = e->digits_wanted,
			       .endpoint = -1};
	struct eot_verdict v;

	if (e->newest_likely && !e->kept_uncertain)
		return true;
	while (str_ends(in.text, STR("."))) /* recognisers put one behind whatever they have got so far */
		in.text.n--;
	e->eot->judge(&in, &v);
	return v.reason == EOT_COMPLETE || v.reason == EOT_SHORT || v.reason == EOT_DICTATED;
}

static bool is_dictation(enum eot_expect expect)
{
	return expect == EOT_DIGITS || expect == EOT_SPELLING || expect == EOT_BIRTH;
}

usec ear_judge(struct ear *e)
{
	char joined[STT_TEXT_MAX];
	struct eot_input in = {.text = ear_text(e, joined, sizeof(joined)),
			       .expect = e->expect,
			       .digits_wanted = e->digits_wanted,
			       .endpoint = e->endpoint,
			       .pause_usual = e->pause_usual};

	e->eot->judge(&in, &e->verdict);
	/* A better text is on its way and needed in any case: dictation is not judged by a guess. */
	if (is_dictation(e->expect) && (e->stt->can & STT_LIKELY) && !e->newest_likely && e->endpoint < 0)
		e->verdict.hangover = MAX(e->verdict.hangover, LIKELY_WAIT);
	return e->figures.quiet_at + e->verdict.hangover;
}

static void take_text(struct ear *e, const struct stt_event *ev)
{
	e->newest_n = str_copy(str_trim(ev->text), e->newest, sizeof(e->newest));
	e->newest_likely = ev->type != STT_EV_PARTIAL && !ev->uncertain;
	e->confidence = ev->confidence;
	e->figures.took = ev->took;
	e->figures.partials += ev->type == STT_EV_PARTIAL;
	if (ev->type == STT_EV_LIKELY)
		e->figures.likely_at = loop_now(e->loop);
}

static void on_final(struct ear *e, const struct stt_event *ev)
{
	if (!e->in_turn || ev->utterance != e->utterance)
		return;
	take_text(e, ev);
	e->figures.final_at = loop_now(e->loop);
	if (ev->utterance != e->asked)
		ear_keep(e);
	else
		e->sink.on_event(e->sink.arg, EAR_EV_FINAL);
}

void ear_on_stt(void *arg, const struct stt_event *ev)
{
	struct ear *e = arg;

	switch (ev->type) {
	case STT_EV_PARTIAL:
	case STT_EV_LIKELY:
		if (!e->in_turn || ev->utterance != e->utterance)
			return;
		take_text(e, ev);
		e->sink.on_event(e->sink.arg, EAR_EV_TEXT);
		break;
	case STT_EV_ENDPOINT:
		if (!e->in_turn || ev->utterance != e->utterance)
			return;
		e->endpoint = ev->confidence;
		e->sink.on_event(e->sink.arg, EAR_EV_TEXT);
		break;
	case STT_EV_FINAL:
		on_final(e, ev);
		break;
	case STT_EV_FAULT:
		e->dead = true;
		e->sink.on_event(e->sink.arg, EAR_EV_FAULT);
		break;
	case STT_EV_READY:
		e->ready = true;
		e->sink.on_event(e->sink.arg, EAR_EV_READY);
		break;
	case STT_EV_COUNT_:
		break;
	}
}
