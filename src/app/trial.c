#include "app/trial.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"

#define FRAME      160 /* 20 ms at STT_RATE_HZ */
#define FRAME_USEC USEC_MS(20)
#define TOKENS_MAX 40

#define TAIL_FRAMES 20 /* the silence by which a turn is judged */

struct trial {
	struct trial_want want;
	struct trial_sink sink;
	struct loop *loop;
	struct timer step, limit;
	struct trial_result result;
	size_t text_n;
	usec began, asked;
	bool over;

	struct stt *stt;
	struct llm *llm;
	struct tts *tts;
	usec at;        /* of the sound that the recogniser has been given */
	size_t samples; /* of it, or of the voice's */
};

/* What the three kinds share: a clock, a limit, and what came of it. Nothing is told inside an event of the
 * session, which may be closed then. */

static void on_over(struct timer *timer)
{
	struct trial *t = CONTAINER_OF(timer, struct trial, step);

	t->sink.on_done(t->sink.arg, &t->result);
}

static void end(struct trial *t)
{
	if (t->over)
		return;
	t->over = true;
	timer_stop(&t->limit);
	timer_start(&t->step, t->loop, loop_now(t->loop), on_over);
}

static void fail(struct trial *t, enum fault fault)
{
	if (!t->over)
		t->result.fault = fault;
	end(t);
}

/* What happened at once took a microsecond: 0 is what did not happen. */
static usec since(const struct trial *t, usec at)
{
	return MAX(loop_now(t->loop) - at, 1);
}

static void succeed(struct trial *t)
{
	if (t->over)
		return;
	t->result.ok = true;
	t->result.total = since(t, t->asked);
	end(t);
}

/* As a line for people: what somebody on a network says must not steer a terminal. */
static void add_text(struct trial *t, struct str piece)
{
	char *at = t->result.text + t->text_n;
	size_t n = str_copy(piece, at, sizeof(t->result.text) - t->text_n);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)at[i] < ' ' || at[i] == 0x7f)
			at[i] = ' ';
	t->text_n += n;
}

static void refuse(struct trial *t, enum fault fault, struct str words)
{
	if (t->over)
		return;
	t->text_n = 0; /* of an answer that was broken off nothing is worth reading */
	t->result.text[0] = '\0';
	add_text(t, words);
	fail(t, fault);
}

static void note_opened(struct trial *t)
{
	if (t->result.opened == 0)
		t->result.opened = since(t, t->began);
}

static void note_first(struct trial *t)
{
	if (t->result.first == 0)
		t->result.first = since(t, t->asked);
}

static void on_limit(struct timer *timer)
{
	fail(CONTAINER_OF(timer, struct trial, limit), FAULT_STALLED);
}

/* ---- a recogniser ---- */

static void on_stt(void *arg, const struct stt_event *ev)
{
	struct trial *t = arg;

	if (ev->type == STT_EV_FAULT) {
		refuse(t, ev->fault, ev->text);
	} else if (ev->type == STT_EV_READY) {
		note_opened(t);
	} else if (ev->type == STT_EV_FINAL && !t->over) {
		note_first(t);
		add_text(t, ev->text);
		succeed(t);
	}
}

static void finish(struct trial *t)
{
	t->asked = loop_now(t->loop);
	if (stt_finish(t->stt, t->at) < 0)
		fail(t, FAULT_PROTOCOL);
}

static void on_tick(struct timer *timer)
{
	static const int16_t quiet[FRAME];
	struct trial *t = CONTAINER_OF(timer, struct trial, step);
	size_t said = t->want.samples;
	const int16_t *pcm = t->samples + FRAME <= said ? t->want.sound + t->samples : quiet;

	if (stt_feed(t->stt, t->at, pcm, FRAME) < 0)
		return; /* its fault has been told, or is on its way */
	t->at += FRAME_USEC;
	t->samples += FRAME;
	if (t->samples >= said && t->samples < said + FRAME)
		stt_speech(t->stt, false, t->at);
	if (t->samples >= said + TAIL_FRAMES * FRAME)
		finish(t);
	else
		timer_start(timer, t->loop, timer->due + FRAME_USEC, on_tick);
}

static int begin_stt(struct trial *t)
{
	struct stt_params p = {.loop = t->loop, .sink = {on_stt, t}, .language = STR("en-US")};
	int rc = stt_open(t->stt, t->want.stt, t->want.config, &p);

	if (rc < 0)
		return rc;
	t->at = loop_now(t->loop);
	stt_speech(t->stt, true, t->at);
	timer_start(&t->step, t->loop, t->at + FRAME_USEC, on_tick);
	return 0;
}

/* ---- a language model ---- */

static void on_llm(void *arg, const struct llm_event *ev)
{
	struct trial *t = arg;

	if (ev->type == LLM_EV_TEXT) {
		note_first(t);
		add_text(t, ev->text);
	} else if (ev->type == LLM_EV_FAULT) {
		refuse(t, ev->fault, ev->text);
	} else if (ev->type == LLM_EV_DONE) {
		succeed(t);
	}
}

static int begin_llm(struct trial *t)
{
	struct llm_params p = {.loop = t->loop, .sink = {on_llm, t}};
	struct llm_message said = {.role = LLM_USER, .text = t->want.words};
	struct llm_request r = {
		.messages = &said, .message_count = 1, .temperature = -1, .tokens_max = TOKENS_MAX};
	int rc = llm_open(t->llm, t->want.llm, t->want.config, &p);

	return rc < 0 ? rc : llm_ask(t->llm, 1, &r);
}

/* ---- a voice ---- */

static void on_tts(void *arg, const struct tts_event *ev)
{
	struct trial *t = arg;

	if (ev->type == TTS_EV_READY) {
		note_opened(t);
	} else if (ev->type == TTS_EV_AUDIO) {
		note_first(t);
		t->samples += ev->samples;
	} else if (ev->type == TTS_EV_FAULT) {
		refuse(t, ev->fault, ev->words);
	} else if (ev->type == TTS_EV_DONE && !t->over) {
		snprintf(t->result.text, sizeof(t->result.text), "%.1f s of speech",
			 (double)t->samples / TTS_RATE_HZ);
		succeed(t);
	}
}

static int begin_tts(struct trial *t)
{
	struct tts_params p = {.loop = t->loop,
			       .sink = {on_tts, t},
			       .voice = t->want.voice,
			       .language = STR("en-US"),
			       .speed = 1};
	int rc = tts_open(t->tts, t->want.tts, t->want.config, &p);

	if (rc == 0)
		rc = tts_say(t->tts, 1, t->want.words);
	return rc < 0 ? rc : tts_end(t->tts, 1);
}

/* ---- life ---- */

/* Everything begins inside the loop, whose clock is right only there. */
static void on_begin(struct timer *timer)
{
	struct trial *t = CONTAINER_OF(timer, struct trial, step);
	int rc;

	t->began = t->asked = loop_now(t->loop);
	timer_start(&t->limit, t->loop, t->began + TRIAL_LIMIT, on_limit);
	rc = t->stt ? begin_stt(t) : t->llm ? begin_llm(t) : begin_tts(t);
	if (rc < 0)
		fail(t, FAULT_CONFIG);
}

int trial_start(struct loop *l, const struct trial_want *want, const struct trial_sink *sink,
		struct trial **ret_trial)
{
	struct trial *t = mem_zalloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	*t = (struct trial){.want = *want, .sink = *sink, .loop = l};
	if (want->stt)
		t->stt = mem_zalloc(want->stt->state_size);
	else if (want->llm)
		t->llm = mem_zalloc(want->llm->state_size);
	else
		t->tts = mem_zalloc(want->tts->state_size);
	if (!t->stt && !t->llm && !t->tts) {
		mem_free(t);
		return -ENOMEM;
	}
	timer_start(&t->step, l, loop_now(l), on_begin);
	*ret_trial = t;
	return 0;
}

struct trial *trial_free(struct trial *t)
{
	if (!t)
		return NULL;
	timer_stop(&t->step);
	timer_stop(&t->limit);
	if (t->stt)
		stt_close(t->stt);
	if (t->llm)
		llm_close(t->llm);
	if (t->tts)
		tts_close(t->tts);
	mem_free(t->stt);
	mem_free(t->llm);
	mem_free(t->tts);
	return mem_free(t);
}
