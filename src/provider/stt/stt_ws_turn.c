#include <errno.h>
#include <string.h>

#include "provider/stt/stt_ws_session.h"

#define FLUSH_AFTER  USEC_MS(200) /* of silence: shorter ones are inside a sentence */
#define VOICE_SLACK  USEC_MS(150) /* our detector hears a voice end later than vendors see its word end */
#define CLOCK_SLACK  USEC_MS(30)  /* a vendor's rounding */
#define NO_WORDS_YET 3            /* times the settling time: who spoke will be understood */
#define WORD_MIN     USEC_MS(60)  /* of sound behind a finish: less holds no word of its own */
#define NOTICED_MAX  USEC_MS(300) /* what a detector needs to hear that it is quiet; later, it is a replay */
#define BREATH_MAX   USEC_MS(500) /* of voice behind the last word of a text that is final */

static usec now_of(const struct stt_ws_session *s)
{
	return loop_now(s->loop);
}

/* ---- what is known of a line ---- */

/* A text can settle only with a vendor that has said something since the voice ended, be it what it had said
 * before: time alone proves that nothing changes where nobody speaks. */
static usec settles_at(const struct stt_ws_session *s, const struct stt_ws_line *l)
{
	usec quiet = MAX(l->quiet, s->ready_at);

	if (s->dialect->settle == 0 || l->voice_end == USEC_NEVER || s->heard_at < quiet)
		return USEC_NEVER;
	return MAX(l->changed, quiet) + s->dialect->settle * (l->n > 0 ? 1 : NO_WORDS_YET);
}

/* Whether no better text of the sound so far can be expected. */
static bool is_settled(const struct stt_ws_session *s, const struct stt_ws_line *l)
{
	bool tail = stt_ws_line_has_tail(l);

	if (l->voice_end == USEC_NEVER)
		return false;
	if (l->voice_end == 0 && !tail)
		return true;
	if (l->sealed > 0 && l->sealed >= l->voice_end)
		return true;
	if (!tail && l->covered > 0 && l->covered >= l->voice_end - VOICE_SLACK)
		return true;
	return now_of(s) >= settles_at(s, l);
}

/* ---- flushes ---- */

static void drop_flushes(struct stt_ws_session *s, size_t count)
{
	s->flush_count -= count;
	memmove(s->flushes, s->flushes + count, s->flush_count * sizeof(s->flushes[0]));
}

/* The newest of an utterance, NULL when none is on its way. */
static struct stt_ws_flush *flush_of(struct stt_ws_session *s, uint32_t utterance)
{
	for (size_t i = s->flush_count; i-- > 0;)
		if (s->flushes[i].utterance == utterance)
			return &s->flushes[i];
	return NULL;
}

/* Whether the vendor has to be asked for what was said in this line, or to end there. */
static bool wants_flush(struct stt_ws_session *s, const struct stt_ws_line *l)
{
	const struct stt_ws_flush *f = flush_of(s, l->utterance);

	return (stt_ws_has(&s->dialect->flush) || s->dialect->flush_silence > 0) && !is_settled(s, l) &&
	       !(f && f->at >= l->voice_end);
}

/* Makes the last message of sound long enough for the vendor, and adds the silence that a flush may be. */
static int pad(struct stt_ws_session *s)
{
	usec from = s->flush_count > 0 ? MAX(s->flushes[s->flush_count - 1].behind, s->sound.taken)
				       : s->sound.taken;
	usec rest = (s->sound.clock - from) % s->dialect->chunk;
	int rc = 0;

	if (rest > 0 && rest < s->dialect->chunk_min)
		rc = stt_ws_sound_pad(&s->sound, s->dialect->chunk_min - rest);
	if (rc == 0)
		rc = stt_ws_sound_pad(&s->sound, s->dialect->flush_silence);
	return rc;
}

static void ask_flush(struct stt_ws_session *s, struct stt_ws_line *l)
{
	struct stt_ws_flush f = {.utterance = l->utterance, .clock = s->sound.clock, .at = s->sound.until};

	if (l->voice_end != USEC_NEVER)
		l->voice_end = MIN(l->voice_end, f.at);
	if (pad(s) < 0) {
		stt_ws_fail(s, FAULT_OVERLOAD, STR("the sound is not taken"));
		return;
	}
	f.behind = s->sound.clock;
	if (s->flush_count == STT_WS_FLUSHES_MAX)
		drop_flushes(s, 1);
	s->flushes[s->flush_count++] = f;
	stt_ws_pump(s);
}

void stt_ws_flush_sent(struct stt_ws_session *s, struct stt_ws_flush *f)
{
	f->sent = now_of(s);
	f->answer = s->asked;
}

/* The `index`th flush was answered, and those before it will not be any more. */
static void flush_answered(struct stt_ws_session *s, size_t index)
{
	const struct stt_ws_flush *f = &s->flushes[index];
	struct stt_ws_line *l = stt_ws_text_find(&s->text, f->utterance);

	if (l) {
		l->sealed = MAX(l->sealed, f->at);
		l->took = now_of(s) - f->sent;
	}
	drop_flushes(s, index + 1);
}

static void on_flushed(struct stt_ws_session *s, uint64_t key)
{
	for (size_t i = 0; i < s->flush_count && s->flushes[i].sent > 0; i++)
		if (!key || s->flushes[i].key == key) {
			flush_answered(s, i);
			return;
		}
}

static void on_pause(struct timer *t)
{
	struct stt_ws_session *s = CONTAINER_OF(t, struct stt_ws_session, pause);
	struct stt_ws_line *l = stt_ws_text_open(&s->text);

	if (wants_flush(s, l) && !s->fault)
		ask_flush(s, l);
	stt_ws_tell_due(s);
}

/* ---- facts ---- */

static bool is_timed(const struct stt_ws_fact *fact)
{
	return fact->start > 0 || fact->end > 0;
}

/* Where a piece begins, by a vendor's rounding later, so that one that begins where a flush cut lies behind
 * it. */
static usec beginning(const struct stt_ws_fact *fact)
{
	return fact->start + MIN(CLOCK_SLACK, (fact->end - fact->start) / 2);
}

/* The flush whose answer this piece belongs to; NULL when none is waited for. A piece of later sound is
 * itself the answer to a flush. */
static struct stt_ws_flush *flush_before(struct stt_ws_session *s, const struct stt_ws_fact *fact)
{
	while (is_timed(fact) && s->flush_count > 0 && s->flushes[0].sent > 0 &&
	       beginning(fact) >= s->flushes[0].clock)
		flush_answered(s, 0);
	for (size_t i = 0; i < s->flush_count && s->flushes[i].sent > 0; i++)
		if (!fact->cut || !s->flushes[i].key)
			return &s->flushes[i];
	return NULL;
}

static void on_piece(struct stt_ws_session *s, const struct stt_ws_fact *fact)
{
	struct stt_ws_where where = {
		.timed = is_timed(fact),
		.start = stt_ws_sound_at(&s->sound, beginning(fact)),
		.end = stt_ws_sound_at(&s->sound, fact->end),
	};
	struct stt_ws_flush *f = flush_before(s, fact);

	if (f && fact->cut)
		f->key = fact->key;
	where.flushing = f != NULL;
	where.flushed = f ? f->utterance : 0;
	(void)stt_ws_text_put(&s->text, fact, &where);
}

/* Vendors repeat themselves: only what reads differently is news. */
static void note_changes(struct stt_ws_session *s)
{
	for (size_t i = 0; i < s->text.count; i++) {
		struct stt_ws_line *l = &s->text.lines[i];
		uint64_t hash = str_hash(stt_ws_line_text(l));

		if (hash == l->hash)
			continue;
		l->hash = hash;
		l->changed = now_of(s);
		l->news = true;
		if (l == stt_ws_text_open(&s->text))
			s->likely_told = false;
	}
}

/* Where nobody has spoken yet, it was about the utterance before. */
static void on_endpoint(struct stt_ws_session *s, const struct stt_ws_fact *fact)
{
	if (s->forced || stt_ws_text_open(&s->text)->voice_end == 0)
		return;
	s->endpoint = fact->confidence;
	s->endpoint_due = true;
}

void stt_ws_on_fact(void *arg, const struct stt_ws_fact *fact)
{
	struct stt_ws_session *s = arg;

	s->forced |= s->flush_count > 0 && s->flushes[0].sent > 0;
	if (fact->type == STT_WS_PIECE) {
		on_piece(s, fact);
	} else if (fact->type == STT_WS_FLUSHED) {
		on_flushed(s, fact->key);
	} else if (fact->type == STT_WS_ENDPOINT) {
		on_endpoint(s, fact);
	} else if (fact->type == STT_WS_USED) {
		s->tokens[0] += fact->tokens[0];
		s->tokens[1] += fact->tokens[1];
	}
}

/* Answered by a text of what came later, by being the nth message, or never: then what it was for has been
 * given up long ago. */
void stt_ws_after_message(struct stt_ws_session *s)
{
	s->forced = false;
	note_changes(s);
	while (s->flush_count > 0 && s->flushes[0].sent > 0) {
		const struct stt_ws_flush *f = &s->flushes[0];

		if (s->dialect->lockstep && s->answered >= f->answer)
			flush_answered(s, 0);
		else if (now_of(s) - f->sent > service_first_limit(s->service, USAGE_STT))
			drop_flushes(s, 1);
		else
			break;
	}
}

/* ---- telling ---- */

static void on_wake(struct timer *t)
{
	stt_ws_tell_due(CONTAINER_OF(t, struct stt_ws_session, wake));
}

void stt_ws_wake(struct stt_ws_session *s)
{
	timer_start(&s->wake, s->loop, now_of(s), on_wake);
}

/* Whether a vendor that has not settled a line in time has left out words, or may have: it owes the end of
 * what it has begun to tell; and who has said nothing at all since it was asked is dead. Another can hear it.
 */
static bool is_stalled(const struct stt_ws_session *s, const struct stt_ws_line *l)
{
	usec known = MAX(l->from, MAX(l->covered, l->sealed));

	if (stt_ws_line_has_tail(l))
		return true;
	return l->voice_end > 0 && s->heard_at < l->asked && (l->n == 0 || l->voice_end - known > BREATH_MAX);
}

/* A text that still changes may take as long again. */
static usec last_moment(const struct stt_ws_session *s, const struct stt_ws_line *l)
{
	usec settles = settles_at(s, l);

	if (l->n == 0 || settles == USEC_NEVER)
		return l->due;
	return CLAMP(settles, l->due, l->due + service_first_limit(s->service, USAGE_STT));
}

static struct stt_event text_event(struct stt_ws_session *s, enum stt_event_type type,
				   const struct stt_ws_line *l, char text[STT_TEXT_MAX])
{
	struct str all = stt_ws_line_text(l);
	usec known = MAX(l->covered, l->sealed);

	memcpy(text, all.p, all.n);
	return (struct stt_event){
		.type = type,
		.utterance = l->utterance,
		.until = type == STT_EV_FINAL ? l->until
			 : known > 0          ? known
					      : s->sound.until,
		.text = {text, all.n},
		.confidence = stt_ws_line_confidence(l),
		.took = l->took,
	};
}

/* The oldest finished line, if its text is there or will not come any more. */
static bool final_due(struct stt_ws_session *s, struct stt_event *ev, char text[STT_TEXT_MAX])
{
	struct stt_ws_line *l = &s->text.lines[0];

	if (s->text.count == 1 || (!is_settled(s, l) && now_of(s) < last_moment(s, l)))
		return false;
	if (!is_settled(s, l) && is_stalled(s, l)) {
		stt_ws_fail(s, FAULT_STALLED, STR("no answer to what was said"));
		return false;
	}
	*ev = text_event(s, STT_EV_FINAL, l, text);
	stt_ws_report(s, USAGE_DONE, l->utterance);
	stt_ws_text_pop(&s->text);
	return true;
}

static bool likely_due(struct stt_ws_session *s, struct stt_event *ev, char text[STT_TEXT_MAX])
{
	struct stt_ws_line *l = stt_ws_text_open(&s->text);

	if (s->likely_told || l->voice_end == 0 || !is_settled(s, l) || str_empty(stt_ws_line_text(l)))
		return false;
	s->likely_told = true;
	l->news = false;
	*ev = text_event(s, STT_EV_LIKELY, l, text);
	return true;
}

/* Of a finished line too: should its final text never come, this is the best there is. */
static bool partial_due(struct stt_ws_session *s, struct stt_event *ev, char text[STT_TEXT_MAX])
{
	for (size_t i = 0; i < s->text.count; i++) {
		struct stt_ws_line *l = &s->text.lines[i];

		if (!l->news)
			continue;
		l->news = false;
		*ev = text_event(s, STT_EV_PARTIAL, l, text);
		if (ev->text.n > 0)
			return true;
	}
	return false;
}

static bool plain_due(struct stt_ws_session *s, bool *due, enum stt_event_type type, struct stt_event *ev)
{
	if (!*due)
		return false;
	*due = false;
	*ev = (struct stt_event){.type = type,
				 .utterance = stt_ws_text_open(&s->text)->utterance,
				 .until = s->sound.until,
				 .confidence = type == STT_EV_ENDPOINT ? s->endpoint : -1};
	return true;
}

static bool fault_due(struct stt_ws_session *s, struct stt_event *ev, char text[STT_TEXT_MAX])
{
	if (!s->fault)
		return false;
	memcpy(text, s->words, s->words_n);
	*ev = (struct stt_event){.type = STT_EV_FAULT,
				 .utterance = s->stt.utterance,
				 .text = {text, s->words_n},
				 .confidence = -1,
				 .fault = s->fault,
				 .retry_after = s->retry_after};
	return true;
}

static void on_wait(struct timer *t)
{
	stt_ws_tell_due(CONTAINER_OF(t, struct stt_ws_session, wait));
}

/* The next moment at which something becomes due without anybody saying anything. */
static void wait_on(struct stt_ws_session *s)
{
	const struct stt_ws_line *oldest = &s->text.lines[0], *open = stt_ws_text_open(&s->text);
	usec next = oldest == open ? USEC_NEVER : MIN(last_moment(s, oldest), settles_at(s, oldest));

	if (!s->likely_told && open->voice_end > 0 && open->n > 0 && !is_settled(s, open))
		next = MIN(next, settles_at(s, open));
	if (next != USEC_NEVER && !s->fault)
		timer_start(&s->wait, s->loop, next, on_wait);
	else
		timer_stop(&s->wait);
}

void stt_ws_tell_due(struct stt_ws_session *s)
{
	char text[STT_TEXT_MAX];
	struct stt_event ev;

	if (s->stt.dead)
		return;
	if (plain_due(s, &s->ready_due, STT_EV_READY, &ev) || final_due(s, &ev, text) ||
	    fault_due(s, &ev, text) || likely_due(s, &ev, text) || partial_due(s, &ev, text) ||
	    plain_due(s, &s->endpoint_due, STT_EV_ENDPOINT, &ev)) {
		stt_ws_wake(s);
		stt_emit(&s->stt, &ev);
	} else {
		wait_on(s);
	}
}

/* ---- the contract ---- */

void stt_ws_speech(struct stt *stt, bool speaking, usec at)
{
	struct stt_ws_session *s = stt_ws_of(stt);
	struct stt_ws_line *l = stt_ws_text_open(&s->text);

	s->speaking = speaking;
	l->voice_end = speaking ? USEC_NEVER : MAX(at, 1);
	l->quiet = now_of(s) - at > NOTICED_MAX ? now_of(s) : at;
	if (speaking) {
		s->likely_told = false;
		timer_stop(&s->pause);
		return;
	}
	if (!s->dialect->patient)
		timer_start(&s->pause, s->loop, MAX(now_of(s), at + FLUSH_AFTER), on_pause);
	stt_ws_wake(s);
}

/* Where the sound of a finished line ends: behind it, texts belong to the next. */
static usec end_of(struct stt_ws_session *s, const struct stt_ws_line *l)
{
	const struct stt_ws_flush *f = flush_of(s, l->utterance);
	usec known = MAX(l->covered, l->sealed);

	if (f && f->at >= l->voice_end)
		return f->at;
	if (!is_settled(s, l))
		return s->sound.until;
	return known > 0 ? known : l->from;
}

int stt_ws_finish(struct stt *stt, usec until)
{
	struct stt_ws_session *s = stt_ws_of(stt);
	struct stt_ws_line *l = stt_ws_text_open(&s->text);

	if (s->fault) /* not told yet: it answers this too */
		return 0;
	if (s->text.count == STT_WS_LINES_MAX)
		return -EBUSY;
	if (l->voice_end == USEC_NEVER) {
		l->voice_end = s->sound.until - l->from > WORD_MIN ? s->sound.until : 0;
		l->quiet = now_of(s);
	}
	l->until = until;
	l->asked = now_of(s);
	l->due = l->asked + service_first_limit(s->service, USAGE_STT) +
		 (s->ready ? 0 : s->service->connect_limit);
	if (wants_flush(s, l))
		ask_flush(s, l);
	stt_ws_text_next(&s->text, end_of(s, l));
	stt_ws_text_open(&s->text)->voice_end = s->speaking ? USEC_NEVER : 0;
	s->endpoint_due = s->likely_told = false;
	timer_stop(&s->pause);
	stt_ws_wake(s);
	return 0;
}

/* What was said and not yet finished by the vendor is flushed too, so that it is known where it ends. */
void stt_ws_cancel(struct stt *stt)
{
	struct stt_ws_session *s = stt_ws_of(stt);
	struct stt_ws_line *l = stt_ws_text_open(&s->text);

	if (s->fault)
		return;
	if (wants_flush(s, l))
		ask_flush(s, l);
	stt_ws_report(s, USAGE_CANCELLED, l->utterance);
	stt_ws_text_forget(&s->text, end_of(s, l));
	s->speaking = s->endpoint_due = s->likely_told = false;
	timer_stop(&s->pause);
	stt_ws_wake(s);
}
