#include "provider/stt/take.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"

LIVE_DEFINE(take);

static void tell(struct take *t, enum take_news news)
{
	t->owner->on_news(t->owner->arg, t, news);
}

/* ---- a reading, from its start to its end ---- */

static void stop_reading(struct take_reading *r)
{
	const struct take_reader *reader = r->take->owner->reader;

	if (r->busy)
		reader->stop(reader, r);
	r->busy = false;
}

/* Reads the first `samples`. */
static int start_reading(struct take *t, struct take_reading *r, enum take_care care, size_t samples)
{
	const struct take_reader *reader = t->owner->reader;
	int rc;

	assert(!r->busy && samples > 0);
	r->care = care;
	r->samples = samples;
	r->until = t->audio.end - utterance_span(t->audio.n - samples);
	r->asked = loop_now(t->owner->loop);
	r->spell = t->spell;
	r->parts = t->parts;
	rc = reader->start(reader, r, t->audio.pcm);
	r->busy = rc == 0;
	return rc;
}

/* The parts put aside, then what was read now; what is beyond STT_TEXT_MAX is lost. */
static void set_text(struct take *t, const struct take_reading *r, const struct take_text *read)
{
	struct str more = str_trim(read->text);

	memcpy(t->text, t->settled, t->settled_n);
	t->text_n = t->settled_n;
	if (t->text_n > 0 && more.n > 0 && t->text_n + 1 < STT_TEXT_MAX)
		t->text[t->text_n++] = ' ';
	more = str_sub(more, 0, STT_TEXT_MAX - t->text_n);
	memcpy(t->text + t->text_n, more.p ? more.p : "", more.n);
	t->text_n += more.n;
	t->until = r->until;
	t->confidence = read->confidence;
	t->took = loop_now(t->owner->loop) - r->asked;
}

/* ---- quick readings ---- */

static void quick_read(struct take *t, const struct take_text *read)
{
	struct take_reading *r = &t->quick;

	if (read->error || r->parts != t->parts || t->finished || r->until <= t->until)
		return;
	set_text(t, r, read);
	tell(t, TAKE_PARTIAL);
}

/* A partial that cannot be made is simply not made. */
static void consider_partial(struct take *t)
{
	const struct take_reader *reader = t->owner->reader;
	size_t slower = reader->partial_slower > 0 ? t->audio.n / reader->partial_slower : 0;

	if (reader->partial_every == 0 || !t->audio.speaking || t->quick.busy ||
	    t->audio.n < t->quick_read + reader->partial_every + slower)
		return;
	t->quick_read = t->audio.n;
	(void)start_reading(t, &t->quick, TAKE_QUICK, t->audio.n);
}

/* ---- careful readings: one at a time ---- */

static bool needs_reading(const struct take *t)
{
	return t->audio.spoken && t->audio.n > 0 && t->full_spell != t->spell;
}

static enum fault fault_of(int error)
{
	return error == -ENOMEM || error == -ENOBUFS || error == -EBUSY ? FAULT_OVERLOAD : FAULT_PROTOCOL;
}

/* `read` was the last: with its error, or with nothing new. */
static void conclude(struct take *t, const struct take_text *read)
{
	t->told = true;
	t->until = MAX(t->until, t->finish_until);
	if (read->error == 0) {
		tell(t, TAKE_COMPLETE);
		return;
	}
	t->fault = read->fault != FAULT_NONE ? read->fault : fault_of(read->error);
	t->retry_after = read->retry_after;
	t->text_n = read->fault != FAULT_NONE ? str_copy(read->text, t->text, sizeof(t->text)) : 0;
	tell(t, TAKE_FAILED);
}

/* Puts the text of a part aside, and its audio away. */
static void settle(struct take *t, const struct take_text *read)
{
	size_t samples = t->full.samples;

	set_text(t, &t->full, read);
	memcpy(t->settled, t->text, t->text_n);
	t->settled_n = t->text_n;
	t->parts++;
	t->settled_span += utterance_span(samples);
	utterance_settle(&t->audio, samples);
	t->quick_read -= MIN(t->quick_read, samples);
}

static int start_part(struct take *t)
{
	return start_reading(t, &t->full, TAKE_PART,
			     utterance_part(t->audio.pcm, t->audio.firm, t->owner->reader->part_max));
}

/* Starts what has to be read with care next, if nothing is. Returns 0 or -errno of a reading that is needed.
 */
static int go_on(struct take *t)
{
	if (t->full.busy)
		return 0;
	if (!t->unsettled && t->audio.firm > t->owner->reader->part_max) {
		t->unsettled = start_part(t) < 0;
		if (!t->unsettled)
			return 0;
	}
	if (!needs_reading(t) || (!t->likely_due && !t->finished))
		return 0;
	stop_reading(&t->quick);
	t->likely_due = false;
	return start_reading(t, &t->full, TAKE_FULL, t->audio.n);
}

/* Tells at most one thing, as its last act. */
static void full_read(struct take *t, const struct take_text *read)
{
	bool part = t->full.care == TAKE_PART, failed = read->error < 0 && read->error != -ECANCELED,
	     news = false;
	int next;

	if (read->error == 0 && part) {
		settle(t, read);
	} else if (read->error == 0) {
		set_text(t, &t->full, read);
		t->full_spell = t->full.spell;
		news = t->full.spell == t->spell;
	}
	if (failed && (t->owner->reader->strict || (!part && t->finished))) {
		conclude(t, read);
		return;
	}
	if (read->error < 0 && part)
		t->unsettled = true;
	next = failed && !part ? 0 : go_on(t);
	if (t->full.busy)
		return;
	if (t->finished)
		conclude(t, &(struct take_text){.error = next});
	else if (news)
		tell(t, TAKE_LIKELY);
}

void take_read(struct take_reading *r, const struct take_text *text)
{
	struct take *t = r->take;

	r->busy = false;
	if (t->told)
		return;
	if (r == &t->quick)
		quick_read(t, text);
	else
		full_read(t, text);
}

static void on_likely(struct timer *timer)
{
	struct take *t = CONTAINER_OF(timer, struct take, likely);

	t->likely_due = true;
	if (go_on(t) < 0)
		t->likely_due = false; /* no harm: it is read at the end */
}

static void on_finish(struct timer *timer)
{
	struct take *t = CONTAINER_OF(timer, struct take, finish);
	int rc = go_on(t);

	if (!t->full.busy)
		conclude(t, &(struct take_text){.error = rc});
}

/* ---- what the owner does ---- */

int take_new(const struct take_owner *owner, uint32_t number, struct take **ret_take)
{
	struct take *t = mem_zalloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	live_up(&live_take);
	list_init(&t->node);
	t->owner = owner;
	t->number = number;
	t->confidence = -1;
	t->quick.take = t->full.take = t;
	*ret_take = t;
	return 0;
}

struct take *take_forget(struct take *t)
{
	if (!t)
		return NULL;
	timer_stop(&t->likely);
	timer_stop(&t->finish);
	list_remove(&t->node);
	stop_reading(&t->quick);
	stop_reading(&t->full);
	utterance_fini(&t->audio);
	live_down(&live_take);
	return mem_free(t);
}

int take_feed(struct take *t, usec at, const int16_t *pcm, size_t n)
{
	int rc;

	assert(!t->finished);
	if (t->settled_span + utterance_span(t->audio.firm) > TAKE_MONOLOGUE)
		return -ENOBUFS;
	rc = utterance_feed(&t->audio, at, pcm, n);
	if (rc < 0)
		return rc;
	consider_partial(t);
	if (t->audio.firm > t->owner->reader->part_max && !t->unsettled && !t->full.busy)
		t->unsettled = start_part(t) < 0;
	return 0;
}

void take_speech(struct take *t, bool speaking, usec at)
{
	bool was = t->audio.speaking;

	utterance_speech(&t->audio, speaking, at);
	if (speaking && !was) {
		t->spell++;
		t->likely_due = false;
		timer_stop(&t->likely);
		if (t->full.care == TAKE_FULL)
			stop_reading(&t->full);
	} else if (!speaking && was) {
		timer_start(&t->likely, t->owner->loop, at + TAKE_LIKELY_AFTER, on_likely);
	}
}

void take_finish(struct take *t, usec until)
{
	assert(!t->finished);
	t->finished = true;
	t->finish_until = until;
	timer_stop(&t->likely);
	timer_start(&t->finish, t->owner->loop, loop_now(t->owner->loop), on_finish);
}
