#include "tts_site.h"

#include "contract.h"

#define PCM_MAX      (16u << 20)
#define MARKS_ENOUGH 100          /* of very many words not all are told */
#define PATIENCE     USEC_SEC(40) /* on a real clock, with a machine that has other work */

static void check_place(struct tts_site *s, const struct tts_event *ev)
{
	const struct tts_said *last = s->n > 0 ? &s->events[s->n - 1] : NULL;

	CHECK(ev->answer > s->tts->cancelled && ev->answer >= s->answer);
	if (ev->answer > s->answer)
		s->samples = 0;
	s->answer = ev->answer;
	for (; last && last > s->events && last->answer == ev->answer && last->type != TTS_EV_MARK; last--)
		;
	if (ev->type == TTS_EV_MARK && last && last->answer == ev->answer && last->type == TTS_EV_MARK) {
		CHECK(ev->text_end >= last->text_end);
		CHECK(ev->sample_offset >= last->sample_offset);
	}
	if (ev->type == TTS_EV_MARK)
		CHECK(ev->sample_offset <= s->samples);
	s->samples += (uint32_t)ev->samples;
}

static void keep(struct tts_site *s, const struct tts_event *ev)
{
	if (s->n < TTS_SITE_EVENTS_MAX)
		s->events[s->n++] =
			(struct tts_said){ev->type, ev->answer, ev->text_end, ev->sample_offset, ev->fault};
	if (ev->type == TTS_EV_FAULT)
		str_copy(ev->words, s->words, sizeof(s->words));
	if (ev->answer >= TTS_SITE_ANSWERS)
		return;
	if (ev->type == TTS_EV_DONE || ev->type == TTS_EV_FAULT)
		s->owed[ev->answer] = false;
	if (ev->type == TTS_EV_AUDIO && s->kind->read)
		buf_add(&s->pcm[ev->answer], ev->pcm, ev->samples * sizeof(*ev->pcm));
}

static void on_event(void *arg, const struct tts_event *ev)
{
	struct tts_site *s = arg;

	CHECK(!s->inside && !s->tts->closed);
	if (ev->type != TTS_EV_READY)
		check_place(s, ev);
	CHECK((ev->type == TTS_EV_AUDIO) == (ev->samples > 0));
	CHECK(!s->kind->secret || str_find(ev->words, str_from(s->kind->secret)) == ev->words.n);
	keep(s, ev);
	if (ev->type == s->cancel_on)
		tts_cancel(s->tts, ev->answer);
	if (ev->type == s->close_on)
		tts_close(s->tts);
}

static void on_usage(void *arg, const struct usage *u)
{
	struct tts_site *s = arg;

	CHECK_INT(u->kind, USAGE_TTS);
	for (size_t i = 0; i < USAGE_UNITS_; i++)
		s->used[i] += u->amount[i];
}

int tts_site_open(struct tts_site *s, const struct tts_kind *kind)
{
	struct tts_params params = {.sink = {on_event, s}, .usage = {on_usage, s}, .speed = 1};
	const void *config = NULL;
	int rc;

	*s = (struct tts_site){.kind = kind, .cancel_on = TTS_EV_COUNT_, .close_on = TTS_EV_COUNT_};
	for (size_t i = 0; i < TTS_SITE_ANSWERS; i++)
		buf_init(&s->pcm[i], PCM_MAX);
	rc = loop_new(kind->clock, 0, &s->loop);
	if (rc == 0)
		rc = kind->set_up(kind, s->loop, &config);
	if (rc < 0)
		return rc;
	s->events = mem_alloc(TTS_SITE_EVENTS_MAX * sizeof(*s->events));
	s->tts = contract_state(kind->ops->state_size);
	if (!s->tts || !s->events)
		return -ENOMEM;
	params.loop = s->loop;
	s->inside = true;
	rc = tts_open(s->tts, kind->ops, config, &params);
	s->inside = false;
	return rc;
}

void tts_site_close(struct tts_site *s)
{
	if (s->tts) {
		tts_close(s->tts);
		tts_close(s->tts);
	}
	if (s->loop)
		s->kind->tear_down(s->kind, s->used);
	s->tts = contract_state_free(s->tts, s->kind->ops->state_size);
	s->events = mem_free(s->events);
	for (size_t i = 0; i < TTS_SITE_ANSWERS; i++)
		buf_fini(&s->pcm[i]);
	loop_free(s->loop);
}

/* ---- time ---- */

void tts_site_turn(struct tts_site *s, usec span)
{
	usec until = loop_now(s->loop) + span;

	if (s->kind->clock == LOOP_SIM)
		loop_advance(s->loop, span);
	while (s->kind->clock == LOOP_REAL && loop_now(s->loop) < until)
		CHECK_INT(loop_turn(s->loop, MIN(until - loop_now(s->loop), USEC_MS(5))), 0);
}

static bool owes(const struct tts_site *s)
{
	for (uint32_t i = 0; i < TTS_SITE_ANSWERS && !s->tts->dead && !s->tts->closed; i++)
		if (s->owed[i] && i > s->tts->cancelled)
			return true;
	return false;
}

void tts_site_settle(struct tts_site *s, usec span)
{
	usec until = loop_now(s->loop) + PATIENCE;

	if (s->kind->clock == LOOP_SIM)
		tts_site_turn(s, span);
	while (owes(s) && loop_now(s->loop) < until)
		tts_site_turn(s, USEC_MS(5));
	tts_site_turn(s, USEC_MS(20)); /* nothing follows */
}

bool tts_site_await(struct tts_site *s, enum tts_event_type type, uint32_t answer)
{
	usec until = loop_now(s->loop) + PATIENCE;

	while (tts_site_count(s, type, answer) == 0 && !s->tts->dead && loop_now(s->loop) < until)
		tts_site_turn(s, USEC_MS(2));
	return tts_site_count(s, type, answer) > 0;
}

/* ---- speaking ---- */

int tts_site_say(struct tts_site *s, uint32_t answer, struct str text)
{
	int rc;

	s->inside = true;
	rc = tts_say(s->tts, answer, text);
	s->inside = false;
	return rc;
}

int tts_site_end(struct tts_site *s, uint32_t answer)
{
	int rc;

	s->inside = true;
	rc = tts_end(s->tts, answer);
	s->inside = false;
	s->owed[answer] = s->owed[answer] || rc == 0;
	return rc;
}

int tts_site_speak(struct tts_site *s, uint32_t answer, const char *text)
{
	int rc = tts_site_say(s, answer, str_from(text));

	return rc == 0 ? tts_site_end(s, answer) : rc;
}

void tts_site_cancel(struct tts_site *s, uint32_t answer)
{
	s->inside = true;
	tts_cancel(s->tts, answer);
	s->inside = false;
}

/* ---- what was said ---- */

size_t tts_site_count(const struct tts_site *s, enum tts_event_type type, uint32_t answer)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->events[i].type == type && s->events[i].answer == answer;
	return n;
}

/* Letters alone: between clauses there may be a blank or none. */
static void keep_letters(struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] != ' ')
			text->p[n++] = text->p[i];
	text->n = n;
}

static void check_words(const struct tts_site *s, uint32_t answer, struct str spoken)
{
	struct buf got, want;

	buf_init(&got, PCM_MAX);
	buf_init(&want, PCM_MAX);
	s->kind->read(buf_str(&s->pcm[answer]), &got);
	buf_add_str(&want, spoken);
	keep_letters(&got);
	keep_letters(&want);
	if (!str_eq(buf_str(&got), buf_str(&want)))
		test_failed(s->kind->name, 0, "spoke '" STR_FMT "', not '" STR_FMT "'",
			    STR_ARG(buf_str(&got)), STR_ARG(buf_str(&want)));
	buf_fini(&got);
	buf_fini(&want);
}

static size_t count_words(struct str text)
{
	size_t n = 0;

	while (!str_empty(str_word(&text)))
		n++;
	return n;
}

void tts_site_check(struct tts_site *s, uint32_t answer, struct str text, struct str spoken)
{
	const struct tts_said *last = NULL, *mark = NULL;
	size_t marks = tts_site_count(s, TTS_EV_MARK, answer);

	for (size_t i = 0; i < s->n; i++) {
		if (s->events[i].answer != answer)
			continue;
		last = &s->events[i];
		mark = last->type == TTS_EV_MARK ? last : mark;
	}
	CHECK_INT(tts_site_count(s, TTS_EV_DONE, answer), 1);
	CHECK_INT(tts_site_count(s, TTS_EV_FAULT, answer), 0);
	CHECK(last && last->type == TTS_EV_DONE);
	CHECK((tts_site_count(s, TTS_EV_AUDIO, answer) > 0) == (text.n > 0));
	if (text.n > 0)
		CHECK(mark && mark->text_end == text.n);
	if (s->kind->names_words && marks < MIN(count_words(text), (size_t)MARKS_ENOUGH) * 3 / 4)
		test_failed(s->kind->name, 0, "%zu marks for %zu words", marks, count_words(text));
	if (s->kind->read)
		check_words(s, answer, spoken);
}
