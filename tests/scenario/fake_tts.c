#include "fake_tts.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"

#define WORD_LETTERS_MAX 64

LIVE_DEFINE(fake_tts);

static void on_work(struct timer *timer);
static void on_fault(struct timer *timer);

static bool is_unlucky(struct fake_tts *t)
{
	return t->config->luck && rng_below(t->config->luck, FAKE_UNLUCKY) == 0;
}

static struct fake_tts *of(struct tts *t)
{
	return CONTAINER_OF(t, struct fake_tts, tts);
}

/* What is paid for is what was sent, spoken or not. */
static void report(struct fake_tts *t, uint32_t answer, size_t letters, enum usage_end end)
{
	struct usage u = {.kind = USAGE_TTS,
			  .end = end,
			  .service = STR("voice"),
			  .type = STR("fake"),
			  .model = STR("babble"),
			  .work = answer};

	u.amount[USAGE_CHARACTERS] = letters;
	if (letters > 0)
		usage_tell(&t->tts.usage, &u);
}

static enum fault fault_of(const struct fake_tts *t)
{
	return t->config->limited_for > 0 ? FAULT_QUOTA : FAULT_UNREACHABLE;
}

static void on_open(struct timer *timer)
{
	struct fake_tts *t = CONTAINER_OF(timer, struct fake_tts, opening);
	struct tts_event ev = {.type = TTS_EV_READY};

	if (t->config->opening == FAKE_FAILS_TO_OPEN || t->unlucky)
		ev = (struct tts_event){.type = TTS_EV_FAULT,
					.fault = fault_of(t),
					.retry_after = t->config->limited_for,
					.words = STR("it is broken"),
					.dead = true};
	if (t->config->dies_after > 0) {
		t->dying = true;
		timer_start(&t->fault, t->loop, loop_now(t->loop) + t->config->dies_after, on_fault);
	}
	tts_emit(&t->tts, &ev);
}

static void on_fault(struct timer *timer)
{
	struct fake_tts *t = CONTAINER_OF(timer, struct fake_tts, fault);
	struct tts_event ev = {.type = TTS_EV_FAULT,
			       .answer = t->answer,
			       .fault = fault_of(t),
			       .retry_after = t->config->limited_for,
			       .words = STR("it broke"),
			       .dead = t->dying};

	if (t->config->luck && !t->dying && t->n == 0)
		return; /* too late to break it */
	report(t, t->answer, t->text_end + t->n, USAGE_FAILED);
	t->n = t->text_end = 0;
	timer_stop(&t->work);
	tts_emit(&t->tts, &ev);
}

static void drop(struct fake_tts *t, size_t n)
{
	t->n -= n;
	memmove(t->letters, t->letters + n, t->n * sizeof(t->letters[0]));
}

/* How many letters make the next word, its blank included. 0: it may go on; who hears nothing behind a word
 * does not know how to say it, as real voices do with sentences. */
static size_t next_word(const struct fake_tts *t)
{
	for (size_t i = 0; i < t->n && i < WORD_LETTERS_MAX - 1; i++) {
		if (t->letters[i].answer != t->letters[0].answer || t->letters[i].c == '\0')
			return i;
		if (t->letters[i].c == ' ' || t->letters[i].c == '\f')
			return i + 1;
	}
	return t->n < WORD_LETTERS_MAX - 1 ? 0 : WORD_LETTERS_MAX - 1;
}

static void make_word(struct fake_tts *t, size_t n)
{
	static int16_t pcm[WORD_LETTERS_MAX * TTS_RATE_HZ / 4];
	size_t per_letter = (size_t)(t->config->letter_lasts * TTS_RATE_HZ / USEC_SEC(1));
	uint32_t answer = t->answer;
	struct tts_event ev = {.type = TTS_EV_AUDIO, .answer = answer, .pcm = pcm, .samples = n * per_letter};
	struct tts_event mark = {.type = TTS_EV_MARK, .answer = answer};

	for (size_t i = 0; i < n; i++, t->index++)
		for (size_t s = 0; s < per_letter; s++)
			pcm[i * per_letter + s] = babble_sample(t->letters[i].c, t->index);
	ev.cached = t->config->first_after == 0;
	t->text_end += (uint32_t)n;
	t->samples += (uint32_t)ev.samples;
	mark.text_end = t->text_end;
	mark.sample_offset = t->samples;
	drop(t, n);
	tts_emit(&t->tts, &ev);
	if (t->config->marks && !t->tts.closed)
		tts_emit(&t->tts, &mark);
}

static void begin_answer(struct fake_tts *t, uint32_t answer)
{
	t->answer = answer;
	t->text_end = t->samples = t->index = 0;
}

static void work_later(struct fake_tts *t, usec after)
{
	if (!t->config->stalled && !timer_running(&t->work))
		timer_start(&t->work, t->loop, loop_now(t->loop) + after, on_work);
}

static void on_work(struct timer *timer)
{
	struct fake_tts *t = CONTAINER_OF(timer, struct fake_tts, work);
	struct tts_event done = {.type = TTS_EV_DONE};
	size_t n;

	if (t->n == 0 || t->config->stalled)
		return;
	if (t->letters[0].answer != t->answer)
		begin_answer(t, t->letters[0].answer);
	done.answer = t->answer;
	n = next_word(t);
	if (n > 0) {
		work_later(t, (usec)n * t->config->letter_took);
		make_word(t, n);
		return;
	}
	if (t->letters[0].c != '\0')
		return;
	drop(t, 1);
	work_later(t, 0);
	report(t, t->answer, t->text_end, USAGE_DONE);
	t->text_end = 0;
	tts_emit(&t->tts, &done);
}

static int op_open(struct tts *tts, const void *config, const struct tts_params *params)
{
	struct fake_tts *t = of(tts);

	t->config = (struct fake_tts_config *)config;
	t->loop = params->loop;
	str_copy(params->voice, t->config->voice, sizeof(t->config->voice));
	if (!t->config->marks)
		tts->can &= ~(unsigned)TTS_MARKS;
	if (t->config->opening == FAKE_CANNOT_OPEN)
		return -ECONNREFUSED;
	live_up(&live_fake_tts);
	t->config->session = t;
	t->unlucky = is_unlucky(t);
	if (t->config->opening != FAKE_NEVER_OPENS)
		timer_start(&t->opening, t->loop, loop_now(t->loop) + t->config->opens_after, on_open);
	return 0;
}

static int add(struct fake_tts *t, uint32_t answer, char c)
{
	if (t->n == FAKE_TTS_LETTERS_MAX)
		return -EMSGSIZE;
	t->letters[t->n++] = (struct fake_letter){answer, c};
	return 0;
}

/* An answer breaks somewhere in its first second, and the session perhaps with it. */
static void try_luck(struct fake_tts *t, uint32_t answer)
{
	if (answer == t->tried)
		return;
	t->tried = answer;
	if (!is_unlucky(t))
		return;
	t->dying = rng_below(t->config->luck, 2) == 0;
	timer_start(&t->fault, t->loop, loop_now(t->loop) + rng_below(t->config->luck, 1000000), on_fault);
}

static int op_say(struct tts *tts, uint32_t answer, struct str text)
{
	struct fake_tts *t = of(tts);
	int rc = 0;

	try_luck(t, answer);
	for (size_t i = 0; i < text.n && rc == 0; i++)
		rc = add(t, answer, text.p[i]);
	if (answer != t->answer && t->n == text.n)
		begin_answer(t, answer);
	work_later(t, t->text_end == 0 ? t->config->first_after : 0);
	return rc;
}

static int op_end(struct tts *tts, uint32_t answer)
{
	struct fake_tts *t = of(tts);
	int rc = add(t, answer, '\0');

	work_later(t, 0);
	return rc;
}

static void op_cancel(struct tts *tts, uint32_t answer)
{
	struct fake_tts *t = of(tts);
	size_t n = 0;

	while (n < t->n && t->letters[n].answer <= answer)
		n++;
	t->config->cancelled_at = loop_now(t->loop);
	drop(t, n);
	if (t->answer <= answer) {
		report(t, answer, t->text_end + n, USAGE_CANCELLED);
		t->text_end = 0;
	}
}

static void op_close(struct tts *tts)
{
	struct fake_tts *t = of(tts);

	if (!t->loop || t->config->opening == FAKE_CANNOT_OPEN)
		return;
	timer_stop(&t->opening);
	timer_stop(&t->work);
	timer_stop(&t->fault);
	if (t->config->session == t)
		t->config->session = NULL;
	live_down(&live_fake_tts);
}

const struct tts_ops fake_tts_ops = {
	.name = "fake",
	.can = TTS_MARKS | TTS_LOCAL | TTS_TAKES_PIECES,
	.state_size = sizeof(struct fake_tts),
	.open = op_open,
	.say = op_say,
	.end = op_end,
	.cancel = op_cancel,
	.close = op_close,
};

void fake_tts_fail(struct fake_tts *t, bool dead)
{
	t->dying = dead;
	timer_start(&t->fault, t->loop, loop_now(t->loop), on_fault);
}
