#include "provider/local/take.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/transcribe.h"

#define PARTIAL_EVERY  (UTTERANCE_RATE_HZ / 2)
#define PARTIAL_SLOWER 10           /* and a tenth of what there is: long speech is read again less often */
#define PARTIAL_WAITS  USEC_MS(300) /* a worker that is free later than this reads the next one */

LIVE_DEFINE(take);

static void free_if_idle(struct take *t)
{
	if (t->owner || t->quick.busy || t->full.busy)
		return;
	utterance_fini(&t->audio);
	live_down(&live_take);
	mem_free(t);
}

static void tell(struct take *t, enum take_news news)
{
	t->owner->on_news(t->owner->arg, t, news);
}

/* ---- a reading, from its start to its end ---- */

static void run_job(struct pool_job *p)
{
	struct take_job *j = CONTAINER_OF(p, struct take_job, job);

	j->rc = hearing_run(j->hearing, j->care, j->pcm, j->samples, &j->stop, &j->out);
}

static void abandon_job(struct take_job *j)
{
	if (!j->busy)
		return;
	atomic_store(&j->stop, true);
	pool_cancel(&j->job);
}

static void end_job(struct take_job *j)
{
	j->busy = false;
	j->pcm = mem_free(j->pcm);
	buf_fini(&j->out.text);
}

/* Reads a copy of the first `samples`: the audio grows and moves meanwhile. */
static int start_job(struct take *t, struct take_job *j, size_t samples)
{
	int rc;

	assert(!j->busy && samples > 0);
	j->pcm = mem_alloc(samples * sizeof(*j->pcm));
	if (!j->pcm)
		return -ENOMEM;
	memcpy(j->pcm, t->audio.pcm, samples * sizeof(*j->pcm));
	j->samples = samples;
	j->until = t->audio.end - utterance_span(t->audio.n - samples);
	j->asked = loop_now(t->owner->loop);
	j->hearing = t->owner->hearing;
	j->spell = t->spell;
	j->parts = t->parts;
	atomic_store(&j->stop, false);
	buf_init(&j->out.text, STT_TEXT_MAX);
	j->out.confidence = -1;
	j->rc = -ECANCELED;
	j->busy = true;
	rc = pool_submit(t->owner->port, &j->job);
	if (rc < 0)
		end_job(j);
	return rc;
}

/* The parts put aside, then what was read now; what is beyond STT_TEXT_MAX is lost. */
static void set_text(struct take *t, const struct take_job *j)
{
	struct str more = str_trim(buf_str(&j->out.text));

	memcpy(t->text, t->settled, t->settled_n);
	t->text_n = t->settled_n;
	if (t->text_n > 0 && more.n > 0 && t->text_n + 1 < STT_TEXT_MAX)
		t->text[t->text_n++] = ' ';
	more = str_sub(more, 0, STT_TEXT_MAX - t->text_n);
	memcpy(t->text + t->text_n, more.p ? more.p : "", more.n);
	t->text_n += more.n;
	t->until = j->until;
	t->confidence = j->out.confidence;
	t->took = loop_now(t->owner->loop) - j->asked;
}

/* ---- the quick model ---- */

static void quick_done(struct pool_job *p, enum pool_end end)
{
	struct take_job *j = CONTAINER_OF(p, struct take_job, job);
	struct take *t = j->take;
	bool news = t->owner && end == POOL_DONE && j->rc == 0 && j->parts == t->parts && !t->finished &&
		    j->until > t->until;

	if (news)
		set_text(t, j);
	end_job(j);
	if (news)
		tell(t, TAKE_PARTIAL);
	else
		free_if_idle(t);
}

/* A partial that finds no worker is simply not made. */
static void consider_partial(struct take *t)
{
	size_t step = PARTIAL_EVERY + t->audio.n / PARTIAL_SLOWER;

	if (!t->audio.speaking || t->quick.busy || t->audio.n < t->quick_read + step)
		return;
	t->quick_read = t->audio.n;
	t->quick.job.deadline = loop_now(t->owner->loop) + PARTIAL_WAITS;
	if (start_job(t, &t->quick, t->audio.n) < 0)
		return;
}

/* ---- the full model: one reading at a time ---- */

static bool needs_reading(const struct take *t)
{
	return t->audio.spoken && t->audio.n > 0 && t->full_spell != t->spell;
}

static void conclude(struct take *t, int error)
{
	t->told = true;
	t->until = MAX(t->until, t->finish_until);
	t->error = error;
	tell(t, error < 0 ? TAKE_FAILED : TAKE_COMPLETE);
}

/* Puts the text of a part aside, and its audio away. */
static void settle(struct take *t, const struct take_job *j)
{
	set_text(t, j);
	memcpy(t->settled, t->text, t->text_n);
	t->settled_n = t->text_n;
	t->parts++;
	t->settled_span += utterance_span(j->samples);
	utterance_settle(&t->audio, j->samples);
	t->quick_read -= MIN(t->quick_read, j->samples);
}

static int start_part(struct take *t)
{
	t->full.settles = true;
	t->full.job.class = POOL_NORMAL;
	return start_job(t, &t->full, transcribe_part(t->audio.pcm, t->audio.firm));
}

static int start_reading(struct take *t)
{
	abandon_job(&t->quick);
	t->likely_due = false;
	t->full.settles = false;
	t->full.job.class = POOL_URGENT;
	return start_job(t, &t->full, t->audio.n);
}

/* Starts what the full model has to do next, if it is free. Returns 0 or -errno of a reading that is needed.
 */
static int go_on(struct take *t)
{
	if (t->full.busy)
		return 0;
	if (!t->unsettled && t->audio.firm > TRANSCRIBE_PART_MAX) {
		t->unsettled = start_part(t) < 0;
		if (!t->unsettled)
			return 0;
	}
	if (!needs_reading(t) || (!t->likely_due && !t->finished))
		return 0;
	return start_reading(t);
}

/* What a reading by the full model came to; then the next one. Tells at most one thing, as its last act. */
static void take_result(struct take *t, int rc, bool settled, bool news)
{
	int next;

	if (settled && rc < 0)
		t->unsettled = true;
	next = settled || rc == -ECANCELED || rc == 0 ? go_on(t) : rc;
	if (t->full.busy)
		return;
	if (t->finished)
		conclude(t, next);
	else if (news)
		tell(t, TAKE_LIKELY);
}

static void full_done(struct pool_job *p, enum pool_end end)
{
	struct take_job *j = CONTAINER_OF(p, struct take_job, job);
	struct take *t = j->take;
	int rc = end == POOL_DONE ? j->rc : -ECANCELED;
	bool news = false;

	if (t->owner && rc == 0 && j->settles) {
		settle(t, j);
	} else if (t->owner && rc == 0) {
		set_text(t, j);
		t->full_spell = j->spell;
		news = j->spell == t->spell;
	}
	end_job(j);
	if (t->owner && !t->told)
		take_result(t, rc, j->settles, news);
	else
		free_if_idle(t);
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
		conclude(t, rc);
}

/* ---- what the owner does ---- */

static void set_up_job(struct take *t, struct take_job *j, enum hearing_care care)
{
	j->take = t;
	j->care = care;
	j->job.run = run_job;
	j->job.done = care == HEARING_QUICK ? quick_done : full_done;
	j->job.class = care == HEARING_QUICK ? POOL_BACKGROUND : POOL_URGENT;
	j->job.deadline = USEC_NEVER;
}

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
	set_up_job(t, &t->quick, HEARING_QUICK);
	set_up_job(t, &t->full, HEARING_FULL);
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
	abandon_job(&t->quick);
	abandon_job(&t->full);
	t->owner = NULL;
	free_if_idle(t);
	return NULL;
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
	if (t->audio.firm > TRANSCRIBE_PART_MAX && !t->unsettled && !t->full.busy)
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
		if (!t->full.settles)
			abandon_job(&t->full);
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
