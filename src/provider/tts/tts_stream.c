#include "provider/tts/tts_stream_impl.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"

/* The longest that words may be to hear: numbers that are spelt out, by somebody slow. What goes on behind
 * that is no speech of theirs. */
#define SOUND_SPARE  (10 * TTS_RATE_HZ)
#define SOUND_A_BYTE (TTS_RATE_HZ / 2)

LIVE_DEFINE(tts_stream);
LIVE_DEFINE(tts_answer);

static void on_wake(struct timer *timer);

static void wake(struct tts_stream *s)
{
	timer_start(&s->wake, s->loop, loop_now(s->loop), on_wake);
}

/* ---- the bill ---- */

static struct str model_of(const struct tts_stream *s)
{
	if (s->traits->voice_is_model && !str_empty(s->speaker.voice))
		return s->speaker.voice;
	return service_or(s->use.service->model, s->traits->model);
}

static void bill(struct tts_stream *s, uint32_t work, const uint64_t *amount, enum usage_end end)
{
	const struct service *service = s->use.service;
	struct usage u = {.kind = USAGE_TTS,
			  .end = end,
			  .service = service->name,
			  .type = service->type,
			  .model = model_of(s),
			  .work = work};
	uint64_t any = 0;

	memcpy(u.amount, amount, sizeof(u.amount));
	for (size_t i = 0; i < USAGE_UNITS_; i++)
		any |= amount[i];
	if (any > 0)
		usage_tell(&s->tts.usage, &u);
}

void tts_stream_bill_connection(struct tts_stream *s, usec opened, enum usage_end end)
{
	const uint64_t amount[USAGE_UNITS_] = {
		[USAGE_REQUESTS] = 1, [USAGE_CONNECTED] = (uint64_t)(loop_now(s->loop) - opened)};

	if (opened > 0)
		bill(s, 0, amount, end);
}

static uint64_t characters(struct str text)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

void tts_stream_reached(struct tts_stretch *st, unsigned requests)
{
	st->reached = true;
	st->answer->amount[USAGE_REQUESTS] += requests;
	LIST_EACH (node, &st->clauses) {
		const struct tts_clause *c = LIST_ENTRY(node, struct tts_clause, node);

		if (c->sent)
			st->answer->amount[USAGE_CHARACTERS] += characters(buf_str(&c->words));
	}
}

/* ---- answers and their stretches ---- */

/* The one whose samples the sink is looking at is freed when it is done. */
static void stretch_forget(struct tts_stream *s, struct tts_stretch *st)
{
	if (st->asked && !st->over)
		s->carrier->cancel(s, st);
	list_remove(&st->node);
	st->answer = NULL;
	if (!st->sounding)
		tts_stretch_free(st);
}

static void answer_free(struct tts_stream *s, struct tts_answer *a, enum usage_end end)
{
	LIST_EACH_SAFE (node, &a->stretches)
		stretch_forget(s, tts_stream_stretch_at(node));
	bill(s, a->number, a->amount, end);
	list_remove(&a->node);
	s->answer_count--;
	live_down(&live_tts_answer);
	mem_free(a);
}

/* What comes without a name cannot be told from what was cancelled: all that is under way begins again. */
static void restart(struct tts_stream *s)
{
	LIST_EACH (at, &s->answers)
		LIST_EACH (node, &tts_stream_answer_at(at)->stretches)
			if (tts_stream_stretch_at(node)->asked && !tts_stream_stretch_at(node)->over)
				tts_stretch_restart(tts_stream_stretch_at(node));
}

static void forget_answers(struct tts_stream *s, uint32_t number, enum usage_end end)
{
	bool asked = false;

	LIST_EACH_SAFE (at, &s->answers) {
		struct tts_answer *a = tts_stream_answer_at(at);

		if (a->number > number)
			continue;
		LIST_EACH (node, &a->stretches)
			asked |= tts_stream_stretch_at(node)->asked && !tts_stream_stretch_at(node)->over;
		answer_free(s, a, end);
	}
	if (asked && s->traits->in_order)
		restart(s);
}

int tts_stream_answer_new(struct tts_stream *s, uint32_t number, struct tts_answer **ret_answer)
{
	struct tts_answer *a;

	if (s->answer_count == TTS_STREAM_ANSWERS_MAX)
		return -EMSGSIZE;
	a = mem_zalloc(sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->number = number;
	list_init(&a->stretches);
	list_append(&s->answers, &a->node);
	s->answer_count++;
	live_up(&live_tts_answer);
	clause_init(&s->clause);
	*ret_answer = a;
	return 0;
}

int tts_stream_stretch_new(struct tts_stream *s, struct tts_answer *a, struct tts_stretch **ret_stretch)
{
	struct tts_stretch *st;
	int rc = tts_stretch_new(++s->stretches, &s->traits->form, &st);

	if (rc < 0)
		return rc;
	st->answer = a;
	st->where = s->use.host->prepares ? PHRASE_KEEP_DISK : PHRASE_KEEP_MEMORY;
	list_append(&a->stretches, &st->node);
	*ret_stretch = st;
	return 0;
}

/* ---- what the vendor is at ---- */

static bool is_under_way(const struct tts_stretch *st)
{
	return st->asked && !st->over && st->fault == FAULT_NONE;
}

static struct tts_stretch *oldest(struct tts_stream *s)
{
	LIST_EACH (at, &s->answers)
		LIST_EACH (node, &tts_stream_answer_at(at)->stretches)
			if (is_under_way(tts_stream_stretch_at(node)))
				return tts_stream_stretch_at(node);
	return NULL;
}

static usec lasts(uint32_t samples)
{
	return (usec)samples * (USEC_SEC(1) / TTS_RATE_HZ);
}

/* Until when the vendor has to say something; USEC_NEVER when it owes nothing. Its pauses may not add up to
 * more than one may be: who listens to a sound that comes in drops hears nothing but pauses. */
static usec due(const struct tts_stream *s, const struct tts_stretch *st)
{
	const struct service *service = s->use.service;

	if (tts_stretch_made(st) == 0)
		return st->since + service_first_limit(service, USAGE_TTS);
	if (!st->finished)
		return USEC_NEVER;
	return MIN(st->since, st->paced + lasts(tts_stretch_made(st) - st->ahead)) + service->stall_limit;
}

/* From when there is sound, and no more words are waited for. */
static void begin_pace(const struct tts_stream *s, struct tts_stretch *st)
{
	if (st->paced > 0 || !st->finished || tts_stretch_made(st) == 0)
		return;
	st->paced = loop_now(s->loop);
	st->ahead = st->told;
}

static void on_watch(struct timer *timer);

/* Only the oldest: what is behind it may have to wait for it. */
static void keep_watch(struct tts_stream *s)
{
	struct tts_stretch *st = oldest(s);
	usec at;

	if (st)
		begin_pace(s, st);
	at = st ? due(s, st) : USEC_NEVER;
	if (at == USEC_NEVER)
		timer_stop(&s->watch);
	else
		timer_start(&s->watch, s->loop, at, on_watch);
}

static void progress(struct tts_stream *s, struct tts_stretch *st)
{
	st->since = loop_now(s->loop);
	keep_watch(s);
}

void tts_stream_failed(struct tts_stream *s, struct tts_stretch *st, enum fault fault, struct str words)
{
	struct tts_stretch *next;

	if (st->fault != FAULT_NONE || st->over)
		return;
	st->fault = fault;
	service_redact(s->use.service, words, st->fault_words, sizeof(st->fault_words));
	next = oldest(s);
	if (next)
		progress(s, next);
	else
		keep_watch(s);
	wake(s);
}

static void on_watch(struct timer *timer)
{
	struct tts_stream *s = CONTAINER_OF(timer, struct tts_stream, watch);
	struct tts_stretch *st = oldest(s);
	bool slow = st && loop_now(s->loop) < st->since + s->use.service->stall_limit;

	if (st)
		tts_stream_failed(s, st, FAULT_STALLED,
				  tts_stretch_made(st) == 0 ? STR("no sound")
				  : slow                    ? STR("the sound is slower than speech")
							    : STR("the sound stopped"));
}

static enum fault fault_of(int error)
{
	return error == -EBADMSG || error == -ENOTSUP || error == -EMSGSIZE ? FAULT_PROTOCOL : FAULT_OVERLOAD;
}

static void failed(struct tts_stream *s, struct tts_stretch *st, int error)
{
	tts_stream_failed(s, st, fault_of(error), str_from(strerror(-error)));
}

/* ---- sending ---- */

static int speak(struct tts_stream *s, struct tts_stretch *st, struct tts_clause *c)
{
	int rc;

	if (c->sent)
		return 0;
	rc = s->carrier->speak(s, st, c);
	if (rc < 0)
		return rc;
	if (!st->asked) {
		st->asked = true;
		progress(s, st);
	}
	c->sent = true;
	st->asked_for += c->words.n;
	if (st->reached)
		st->answer->amount[USAGE_CHARACTERS] += characters(buf_str(&c->words));
	return 0;
}

static int send_stretch(struct tts_stream *s, struct tts_stretch *st)
{
	int rc = 0;

	LIST_EACH (node, &st->clauses)
		rc = rc < 0 ? rc : speak(s, st, LIST_ENTRY(node, struct tts_clause, node));
	if (rc < 0 || st->open || st->finished)
		return rc;
	rc = s->carrier->finish(s, st);
	st->finished = rc == 0;
	progress(s, st);
	return rc;
}

static void on_linger(struct timer *timer);

/* Gives the vendor as much as it works on at a time; nothing before it can speak. */
static void advance(struct tts_stream *s)
{
	unsigned busy = 0;
	int rc;

	if (s->lost != FAULT_NONE || !s->up)
		return;
	LIST_EACH (at, &s->answers)
		LIST_EACH (node, &tts_stream_answer_at(at)->stretches) {
			struct tts_stretch *st = tts_stream_stretch_at(node);

			if (st->fault != FAULT_NONE)
				break; /* what follows in this answer will not be heard */
			if (st->over)
				continue;
			if (busy++ == s->traits->at_once)
				return;
			rc = send_stretch(s, st);
			if (rc < 0)
				failed(s, st, rc);
			if (s->traits->in_order && !st->finished)
				return;
		}
}

/* A vendor drops a stretch that gets no more words: it is finished in time, and the rest is another. */
static void linger(struct tts_stream *s)
{
	if (s->traits->linger > 0)
		timer_start(&s->linger, s->loop, loop_now(s->loop) + s->traits->linger, on_linger);
}

static void on_linger(struct timer *timer)
{
	struct tts_stream *s = CONTAINER_OF(timer, struct tts_stream, linger);
	struct tts_answer *a = tts_stream_open_answer(s);

	if (!a || !tts_stream_last_stretch(a) || !tts_stream_last_stretch(a)->open)
		return;
	tts_stream_last_stretch(a)->open = false;
	advance(s);
}

/* ---- what the vendor says ---- */

static bool is_endless(const struct tts_stream *s, const struct tts_stretch *st)
{
	double most = SOUND_SPARE + (double)st->asked_for * SOUND_A_BYTE / (double)s->speaker.speed;

	return (double)tts_stretch_made(st) > most;
}

void tts_stream_sound(struct tts_stream *s, struct tts_stretch *st, struct str bytes)
{
	int n = tts_stretch_sound(st, bytes);

	if (n < 0) {
		failed(s, st, n);
		return;
	}
	if (n == 0)
		return;
	st->answer->amount[USAGE_AUDIO_OUT] += (uint64_t)lasts((uint32_t)n);
	if (is_endless(s, st)) {
		tts_stream_failed(s, st, FAULT_PROTOCOL, STR("more sound than the words could be"));
		return;
	}
	progress(s, st);
	linger(s);
	wake(s);
}

void tts_stream_spoken(struct tts_stream *s, struct tts_stretch *st, struct str word, uint32_t sample)
{
	tts_stretch_spoken(st, word, sample);
	wake(s);
}

void tts_stream_clause_over(struct tts_stream *s, struct tts_stretch *st)
{
	tts_stretch_clause_over(st, s->use.host->phrases);
	wake(s);
}

void tts_stream_over(struct tts_stream *s, struct tts_stretch *st)
{
	struct tts_stretch *next;
	int rc = tts_stretch_finish(st, s->use.host->phrases);

	if (rc < 0)
		failed(s, st, rc);
	next = oldest(s);
	if (next)
		progress(s, next);
	keep_watch(s);
	wake(s);
}

void tts_stream_up(struct tts_stream *s)
{
	s->up = true;
	advance(s);
	wake(s);
}

void tts_stream_lost(struct tts_stream *s, enum fault fault, struct str words)
{
	if (s->lost != FAULT_NONE)
		return;
	s->lost = fault;
	service_redact(s->use.service, words, s->lost_words, sizeof(s->lost_words));
	wake(s);
}

void tts_stream_retry_after(struct tts_stream *s, usec retry_after)
{
	if (retry_after > 0)
		s->not_before = loop_now(s->loop) + retry_after;
}

/* ---- events, one a wake-up: the sink may close the session in any of them ---- */

static usec retry_after(const struct tts_stream *s, enum fault fault)
{
	return fault == FAULT_QUOTA ? MAX(s->not_before - loop_now(s->loop), 0) : 0;
}

static void emit_lost(struct tts_stream *s)
{
	struct tts_event ev = {.type = TTS_EV_FAULT,
			       .fault = s->lost,
			       .retry_after = retry_after(s, s->lost),
			       .words = str_from(s->lost_words),
			       .dead = true};

	ev.answer = list_empty(&s->answers) ? 0 : tts_stream_answer_at(s->answers.next)->number;
	forget_answers(s, UINT32_MAX, USAGE_FAILED);
	timer_stop(&s->watch);
	timer_stop(&s->linger);
	tts_emit(&s->tts, &ev);
}

static void emit_audio(struct tts_stream *s, struct tts_stretch *st)
{
	struct tts_event ev = {
		.type = TTS_EV_AUDIO,
		.answer = st->answer->number,
		.pcm = st->pcm + (st->told - st->first),
		.samples = tts_stretch_untold(st),
		.cached = st->cached,
		.took = loop_now(s->loop) - st->answer->asked,
	};

	wake(s);
	st->sounding = true;
	tts_emit(&s->tts, &ev);
	st->sounding = false;
	if (!st->answer)
		tts_stretch_free(st);
	else
		tts_stretch_told(st);
}

static void emit_mark(struct tts_stream *s, struct tts_answer *a, const struct tts_stretch_mark *m)
{
	struct tts_event ev = {.type = TTS_EV_MARK,
			       .answer = a->number,
			       .text_end = m->text_end,
			       .sample_offset = a->samples + m->sample};

	wake(s);
	tts_emit(&s->tts, &ev);
}

static void emit_fault(struct tts_stream *s, struct tts_answer *a, struct tts_stretch *st)
{
	char words[TTS_STRETCH_WORDS_MAX];
	struct tts_event ev = {.type = TTS_EV_FAULT,
			       .answer = a->number,
			       .fault = st->fault,
			       .retry_after = retry_after(s, st->fault)};

	ev.words = (struct str){words, str_copy(str_from(st->fault_words), words, sizeof(words))};
	forget_answers(s, a->number, USAGE_FAILED);
	wake(s);
	tts_emit(&s->tts, &ev);
}

static void emit_done(struct tts_stream *s, struct tts_answer *a)
{
	struct tts_event ev = {.type = TTS_EV_DONE, .answer = a->number};

	answer_free(s, a, USAGE_DONE);
	wake(s);
	tts_emit(&s->tts, &ev);
}

/* Whether something of the stretch was told; if not and it is over, it is forgotten. */
static void deliver_stretch(struct tts_stream *s, struct tts_answer *a, struct tts_stretch *st)
{
	struct tts_stretch_mark m;

	if (tts_stretch_untold(st) > 0)
		emit_audio(s, st);
	else if (tts_stretch_mark(st, &m))
		emit_mark(s, a, &m);
	else if (st->fault != FAULT_NONE)
		emit_fault(s, a, st);
	else if (st->over) {
		a->samples += st->told;
		stretch_forget(s, st);
		wake(s);
	}
}

static void deliver(struct tts_stream *s)
{
	struct tts_answer *a = list_empty(&s->answers) ? NULL : tts_stream_answer_at(s->answers.next);

	if (a && !list_empty(&a->stretches))
		deliver_stretch(s, a, tts_stream_stretch_at(a->stretches.next));
	else if (a && a->ended)
		emit_done(s, a);
}

static void on_wake(struct timer *timer)
{
	struct tts_stream *s = CONTAINER_OF(timer, struct tts_stream, wake);

	if (s->lost != FAULT_NONE) {
		emit_lost(s);
		return;
	}
	if (!s->up)
		return;
	if (!s->ready) {
		s->ready = true;
		wake(s);
		tts_emit(&s->tts, &(struct tts_event){.type = TTS_EV_READY});
		return;
	}
	advance(s);
	deliver(s);
}

void tts_stream_go_on(struct tts_stream *s)
{
	advance(s);
	linger(s);
	wake(s);
}

void tts_stream_cancel(struct tts *t, uint32_t answer)
{
	struct tts_stream *s = tts_stream_of(t);

	forget_answers(s, answer, USAGE_CANCELLED);
	keep_watch(s);
	tts_stream_go_on(s);
}

/* ---- birth and death ---- */

static struct str keep_name(struct str name, char room[TTS_STREAM_NAME_MAX])
{
	return (struct str){room, str_copy(name, room, TTS_STREAM_NAME_MAX)};
}

/* Returns 0, or -EINVAL for a name that nobody has: half of it would be somebody else's. */
static int make_speaker(struct tts_stream *s, const struct tts_params *params)
{
	struct str voice = str_empty(params->voice) ? s->use.service->voice : params->voice;

	if (voice.n >= TTS_STREAM_NAME_MAX || params->language.n >= TTS_STREAM_NAME_MAX)
		return -EINVAL;
	s->speaker.service = s->use.service;
	s->speaker.voice = keep_name(voice, s->voice);
	s->speaker.language = keep_name(params->language, s->language);
	s->speaker.speed = params->speed > 0 ? params->speed : 1;
	return 0;
}

int tts_stream_open(struct tts_stream *s, const struct tts_carrier *carrier, const struct tts_traits *traits,
		    const struct service_use *use, const struct tts_params *params)
{
	int rc;

	s->carrier = carrier;
	s->traits = traits;
	s->use = *use;
	s->loop = params->loop;
	s->tts.can = traits->can;
	list_init(&s->answers);
	clause_init(&s->clause);
	rc = make_speaker(s, params);
	rc = rc < 0 ? rc : tts_stream_name_phrases(s);
	if (rc == 0 && traits->key == VENDOR_KEY_NEEDED && service_lacks_key(use->service))
		tts_stream_lost(s, FAULT_AUTH, STR("no key is configured"));
	else if (rc == 0)
		rc = carrier->open(s);
	if (rc < 0) {
		timer_stop(&s->wake);
		s->carrier = NULL;
		return rc;
	}
	live_up(&live_tts_stream);
	return 0;
}

void tts_stream_close(struct tts *t)
{
	struct tts_stream *s = tts_stream_of(t);

	if (!s->carrier)
		return; /* it was never open */
	timer_stop(&s->wake);
	forget_answers(s, UINT32_MAX, USAGE_CANCELLED);
	timer_stop(&s->watch);
	timer_stop(&s->linger);
	s->carrier->close(s);
	live_down(&live_tts_stream);
}
