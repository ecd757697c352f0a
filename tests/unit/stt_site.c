#include "stt_site.h"

#include "../scenario/babble.h"
#include "contract.h"

#define FRAME    160 /* 20 ms */
#define SPAN     USEC_MS(20)
#define NOTICED  USEC_MS(160) /* what a detector needs to hear that it is quiet */
#define BREATH   USEC_MS(700) /* between two turns: whoever cannot be told hears it by himself */
#define PATIENCE USEC_SEC(30) /* on a real clock, with a machine that has other work */
#define SPEECH   (8u << 20)
#define LETTER   (FRAME * 2) /* of babble */

/* As what is compared: vendors punctuate. */
static void copy_plain(struct str text, char out[STT_SITE_TEXT_MAX])
{
	size_t n = 0;

	text = str_trim(text);
	for (size_t i = 0; i < text.n && n + 1 < STT_SITE_TEXT_MAX; i++)
		if (text.p[i] == ' ' || str_lower(text.p[i]) >= 'a')
			out[n++] = str_lower(text.p[i]);
	out[n] = '\0';
}

static void on_event(void *arg, const struct stt_event *ev)
{
	struct stt_site *s = arg;
	struct stt_told *told = &s->events[s->n];

	CHECK(!s->inside && !s->stt->closed);
	CHECK(ev->text.n <= STT_TEXT_MAX);
	if (ev->type == STT_EV_LIKELY || ev->type == STT_EV_ENDPOINT)
		CHECK_INT(ev->utterance, s->stt->utterance);
	if (ev->type == STT_EV_PARTIAL)
		CHECK(ev->utterance > s->answered && ev->utterance <= s->stt->utterance);
	if (ev->type == STT_EV_FINAL)
		s->answered = ev->utterance;
	if (ev->type == STT_EV_FAULT)
		CHECK(!s->kind->secret || str_find(ev->text, str_from(s->kind->secret)) == ev->text.n);
	if (s->n < STT_SITE_EVENTS_MAX) {
		*told = (struct stt_told){ev->type, ev->utterance, ev->fault, ev->text.n, ""};
		copy_plain(ev->text, told->text);
		s->n++;
	}
	if (ev->type == s->close_on)
		stt_close(s->stt);
}

static void on_usage(void *arg, const struct usage *u)
{
	struct stt_site *s = arg;

	CHECK_INT(u->kind, USAGE_STT);
	for (size_t i = 0; i < USAGE_UNITS_; i++)
		s->used[i] += u->amount[i];
}

int stt_site_open(struct stt_site *s, const struct stt_kind *kind)
{
	struct stt_params params = {.sink = {on_event, s}, .usage = {on_usage, s}, .language = STR("en-US")};
	const void *config = NULL;
	int rc;

	*s = (struct stt_site){.kind = kind, .close_on = STT_EV_COUNT_};
	rc = loop_new(kind->clock, USEC_SEC(100), &s->loop);
	if (rc == 0)
		rc = kind->set_up(kind, s->loop, &config);
	if (rc < 0)
		return rc;
	s->stt = contract_state(kind->ops->state_size);
	if (!s->stt)
		return -ENOMEM;
	s->at = loop_now(s->loop);
	params.loop = s->loop;
	s->inside = true;
	rc = stt_open(s->stt, kind->ops, config, &params);
	s->inside = false;
	return rc;
}

void stt_site_close(struct stt_site *s)
{
	if (s->stt) {
		stt_close(s->stt);
		stt_close(s->stt);
	}
	if (s->loop)
		s->kind->tear_down(s->kind, s->used);
	s->stt = contract_state_free(s->stt, s->kind->ops->state_size);
	loop_free(s->loop);
}

/* ---- sound ---- */

/* Until the next frame is due. One that is late is followed at once by the next. */
static void pass(struct stt_site *s)
{
	s->at += SPAN;
	if (s->kind->clock == LOOP_SIM) {
		loop_advance(s->loop, SPAN);
		return;
	}
	do
		CHECK_INT(loop_turn(s->loop, MAX(s->at - loop_now(s->loop), 0)), 0);
	while (loop_now(s->loop) < s->at);
}

/* A session that is over is fed no more, but time passes. */
static int feed(struct stt_site *s, const int16_t *pcm)
{
	int rc = 0;

	if (!s->stt->closed) {
		s->inside = true;
		rc = stt_feed(s->stt, s->at, pcm, FRAME);
		s->inside = false;
	}
	pass(s);
	return rc;
}

static int quiet(struct stt_site *s)
{
	int16_t pcm[FRAME];

	for (size_t i = 0; i < FRAME; i++)
		pcm[i] = BABBLE_SILENCE; /* and as good as zero for who does not babble */
	return feed(s, pcm);
}

int stt_site_quiet(struct stt_site *s, usec span)
{
	int rc = 0;

	for (usec end = s->at + span; s->at < end && rc == 0;)
		rc = quiet(s);
	return rc;
}

bool stt_site_await(struct stt_site *s, enum stt_event_type type, size_t n)
{
	for (usec end = s->at + PATIENCE; s->at < end && stt_site_count(s, type) < n;) {
		if (s->stt->closed || s->stt->dead)
			break;
		(void)!quiet(s);
	}
	return stt_site_count(s, type) >= n;
}

static void speech(struct stt_site *s, bool speaking, usec at)
{
	if (s->stt->closed)
		return;
	s->inside = true;
	stt_speech(s->stt, speaking, at);
	s->inside = false;
}

static void babble(struct str words, struct buf *pcm)
{
	for (size_t i = 0; i < words.n * LETTER; i++) {
		int16_t sample = babble_sample(words.p[i / LETTER], (unsigned)(i / LETTER));

		buf_add(pcm, &sample, sizeof(sample));
	}
}

int stt_site_start(struct stt_site *s, const char *words)
{
	struct buf sound;
	int rc = stt_site_quiet(s, BREATH);

	buf_init(&sound, SPEECH);
	(s->kind->speak ? s->kind->speak : babble)(str_from(words), &sound);
	rc = rc ? rc : sound.error;
	speech(s, true, s->at);
	for (int16_t pcm[FRAME]; rc == 0 && sound.n >= sizeof(pcm); buf_consume(&sound, sizeof(pcm))) {
		memcpy(pcm, sound.p, sizeof(pcm));
		rc = feed(s, pcm);
	}
	buf_fini(&sound);
	return rc;
}

void stt_site_stop(struct stt_site *s)
{
	speech(s, false, s->at);
}

int stt_site_say(struct stt_site *s, const char *words)
{
	int rc = stt_site_start(s, words);
	usec end = s->at;

	rc = rc == 0 ? stt_site_quiet(s, NOTICED) : rc;
	speech(s, false, end);
	return rc;
}

/* ---- the rest ---- */

int stt_site_finish(struct stt_site *s)
{
	int rc;

	s->inside = true;
	rc = stt_finish(s->stt, s->at);
	s->inside = false;
	return rc;
}

void stt_site_cancel(struct stt_site *s)
{
	s->inside = true;
	stt_cancel(s->stt);
	s->inside = false;
}

size_t stt_site_count(const struct stt_site *s, enum stt_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->events[i].type == type;
	return n;
}

struct stt_told stt_site_told(const struct stt_site *s, enum stt_event_type type, size_t i)
{
	for (size_t k = 0; k < s->n; k++)
		if (s->events[k].type == type && i-- == 0)
			return s->events[k];
	return (struct stt_told){.type = STT_EV_COUNT_};
}
