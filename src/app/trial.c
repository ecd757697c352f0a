#include "app/trial.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"

#define FRAME      160 /* 20 ms at STT_RATE_HZ */
#define FRAME_USEC USEC_MS(20)
#define TOKENS_MAX 40

#define TAIL_FRAMES 20 /* the silence by which a turn is judged */

/* What the three kinds share: a clock, a limit, and what came of it. */
struct attempt {
	struct loop *loop;
	struct timer begin, limit;
	usec began, asked;
	struct trial *out;
	size_t text_n;
};

static void fail(struct attempt *a, enum fault fault)
{
	a->out->ok = false;
	a->out->fault = fault;
	loop_stop(a->loop);
}

static void succeed(struct attempt *a)
{
	a->out->ok = true;
	a->out->total = loop_now(a->loop) - a->asked;
	loop_stop(a->loop);
}

/* As a line for people: what somebody on a network says must not steer a terminal. */
static void add_text(struct attempt *a, struct str piece)
{
	char *at = a->out->text + a->text_n;
	size_t n = str_copy(piece, at, sizeof(a->out->text) - a->text_n);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)at[i] < ' ' || at[i] == 0x7f)
			at[i] = ' ';
	a->text_n += n;
}

static void note_first(struct attempt *a)
{
	if (a->out->first == 0)
		a->out->first = loop_now(a->loop) - a->asked;
}

static void on_limit(struct timer *t)
{
	fail(CONTAINER_OF(t, struct attempt, limit), FAULT_STALLED);
}

/* Runs until it has come out; everything begins inside the loop, whose clock is right only there. */
static int run(struct attempt *a, struct loop *l, struct trial *out, void (*begin)(struct timer *t))
{
	int rc;

	*out = (struct trial){0};
	a->loop = l;
	a->out = out;
	timer_start(&a->begin, l, loop_now(l), begin);
	rc = loop_run(l);
	timer_stop(&a->begin);
	timer_stop(&a->limit);
	return rc;
}

static void start_clock(struct attempt *a)
{
	a->began = a->asked = loop_now(a->loop);
	timer_start(&a->limit, a->loop, a->began + TRIAL_LIMIT, on_limit);
}

/* ---- a recogniser ---- */

struct stt_attempt {
	struct attempt a;
	const struct stt_ops *ops;
	const void *config;
	struct stt *stt;
	struct trial_sound said;
	struct timer tick;
	usec at;
	size_t fed;
};

static void on_stt(void *arg, const struct stt_event *ev)
{
	struct stt_attempt *s = arg;

	if (ev->type == STT_EV_FAULT) {
		add_text(&s->a, ev->text);
		fail(&s->a, ev->fault);
	} else if (ev->type == STT_EV_READY) {
		s->a.out->opened = loop_now(s->a.loop) - s->a.began;
	} else if (ev->type == STT_EV_FINAL) {
		note_first(&s->a);
		add_text(&s->a, ev->text);
		succeed(&s->a);
	}
}

static void finish(struct stt_attempt *s)
{
	s->a.asked = loop_now(s->a.loop);
	if (stt_finish(s->stt, s->at) < 0)
		fail(&s->a, FAULT_PROTOCOL);
}

static void on_tick(struct timer *t)
{
	static const int16_t quiet[FRAME];
	struct stt_attempt *s = CONTAINER_OF(t, struct stt_attempt, tick);
	const int16_t *pcm = s->fed + FRAME <= s->said.samples ? s->said.pcm + s->fed : quiet;

	if (stt_feed(s->stt, s->at, pcm, FRAME) < 0)
		return; /* its fault has been told, or is on its way */
	s->at += FRAME_USEC;
	s->fed += FRAME;
	if (s->fed >= s->said.samples && s->fed < s->said.samples + FRAME)
		stt_speech(s->stt, false, s->at);
	if (s->fed >= s->said.samples + TAIL_FRAMES * FRAME)
		finish(s);
	else
		timer_start(t, s->a.loop, t->due + FRAME_USEC, on_tick);
}

static void begin_stt(struct timer *t)
{
	struct stt_attempt *s = CONTAINER_OF(CONTAINER_OF(t, struct attempt, begin), struct stt_attempt, a);
	struct stt_params p = {.loop = s->a.loop, .sink = {on_stt, s}, .language = STR("en-US")};

	start_clock(&s->a);
	if (stt_open(s->stt, s->ops, s->config, &p) < 0) {
		fail(&s->a, FAULT_CONFIG);
		return;
	}
	s->at = loop_now(s->a.loop);
	stt_speech(s->stt, true, s->at);
	timer_start(&s->tick, s->a.loop, s->at + FRAME_USEC, on_tick);
}

int trial_stt(struct loop *l, const struct stt_ops *ops, const void *config, struct trial_sound said,
	      struct trial *ret_trial)
{
	struct stt_attempt s = {
		.ops = ops, .config = config, .stt = mem_zalloc(ops->state_size), .said = said};
	int rc = s.stt ? run(&s.a, l, ret_trial, begin_stt) : -ENOMEM;

	timer_stop(&s.tick);
	if (s.stt)
		stt_close(s.stt);
	mem_free(s.stt);
	return rc;
}

/* ---- a language model ---- */

struct llm_attempt {
	struct attempt a;
	const struct llm_ops *ops;
	const void *config;
	struct llm *llm;
	struct str question;
};

static void on_llm(void *arg, const struct llm_event *ev)
{
	struct llm_attempt *m = arg;

	if (ev->type == LLM_EV_TEXT) {
		note_first(&m->a);
		add_text(&m->a, ev->text);
	} else if (ev->type == LLM_EV_FAULT) {
		add_text(&m->a, ev->text);
		fail(&m->a, ev->fault);
	} else if (ev->type == LLM_EV_DONE) {
		succeed(&m->a);
	}
}

static void begin_llm(struct timer *t)
{
	struct llm_attempt *m = CONTAINER_OF(CONTAINER_OF(t, struct attempt, begin), struct llm_attempt, a);
	struct llm_params p = {.loop = m->a.loop, .sink = {on_llm, m}};
	struct llm_message said = {.role = LLM_USER, .text = m->question};
	struct llm_request r = {
		.messages = &said, .message_count = 1, .temperature = -1, .tokens_max = TOKENS_MAX};

	start_clock(&m->a);
	if (llm_open(m->llm, m->ops, m->config, &p) < 0 || llm_ask(m->llm, 1, &r) < 0)
		fail(&m->a, FAULT_CONFIG);
}

int trial_llm(struct loop *l, const struct llm_ops *ops, const void *config, struct str question,
	      struct trial *ret_trial)
{
	struct llm_attempt m = {
		.ops = ops, .config = config, .llm = mem_zalloc(ops->state_size), .question = question};
	int rc = m.llm ? run(&m.a, l, ret_trial, begin_llm) : -ENOMEM;

	if (m.llm)
		llm_close(m.llm);
	mem_free(m.llm);
	return rc;
}

/* ---- a voice ---- */

struct tts_attempt {
	struct attempt a;
	const struct tts_ops *ops;
	const void *config;
	struct tts *tts;
	struct str voice, words;
	size_t samples;
};

static void on_tts(void *arg, const struct tts_event *ev)
{
	struct tts_attempt *t = arg;

	if (ev->type == TTS_EV_READY) {
		t->a.out->opened = loop_now(t->a.loop) - t->a.began;
	} else if (ev->type == TTS_EV_AUDIO) {
		note_first(&t->a);
		t->samples += ev->samples;
	} else if (ev->type == TTS_EV_FAULT) {
		add_text(&t->a, ev->words);
		fail(&t->a, ev->fault);
	} else if (ev->type == TTS_EV_DONE) {
		snprintf(t->a.out->text, sizeof(t->a.out->text), "%.1f s of speech",
			 (double)t->samples / TTS_RATE_HZ);
		succeed(&t->a);
	}
}

static void begin_tts(struct timer *timer)
{
	struct tts_attempt *t =
		CONTAINER_OF(CONTAINER_OF(timer, struct attempt, begin), struct tts_attempt, a);
	struct tts_params p = {.loop = t->a.loop,
			       .sink = {on_tts, t},
			       .voice = t->voice,
			       .language = STR("en-US"),
			       .speed = 1};

	start_clock(&t->a);
	if (tts_open(t->tts, t->ops, t->config, &p) < 0 || tts_say(t->tts, 1, t->words) < 0 ||
	    tts_end(t->tts, 1) < 0)
		fail(&t->a, FAULT_CONFIG);
}

int trial_tts(struct loop *l, const struct tts_ops *ops, const void *config, struct str voice,
	      struct str words, struct trial *ret_trial)
{
	struct tts_attempt t = {.ops = ops,
				.config = config,
				.tts = mem_zalloc(ops->state_size),
				.voice = voice,
				.words = words};
	int rc = t.tts ? run(&t.a, l, ret_trial, begin_tts) : -ENOMEM;

	if (t.tts)
		tts_close(t.tts);
	mem_free(t.tts);
	return rc;
}
