#include "provider/stt/stt_takes.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"

LIVE_DEFINE(stt_takes);

static struct stt_takes *of(struct stt *s)
{
	return CONTAINER_OF(s, struct stt_takes, stt);
}

static void on_wake(struct timer *timer);

static void wake(struct stt_takes *l)
{
	timer_start(&l->wake, l->owner.loop, loop_now(l->owner.loop), on_wake);
}

/* A take's text as an event. The sink may forget the take and close the session, so the text is copied. */
static struct stt_event event_of(enum stt_event_type type, const struct take *t, char text[STT_TEXT_MAX])
{
	memcpy(text, t->text, t->text_n);
	return (struct stt_event){
		.type = type,
		.utterance = t->number,
		.until = t->until,
		.text = {text, t->text_n},
		.confidence = t->confidence,
		.fault = type == STT_EV_FAULT ? t->fault : FAULT_NONE,
		.retry_after = type == STT_EV_FAULT ? t->retry_after : 0,
		.took = t->took,
	};
}

static void emit(struct stt_takes *l, enum stt_event_type type, const struct take *t)
{
	char text[STT_TEXT_MAX];
	struct stt_event ev = event_of(type, t, text);

	stt_emit(&l->stt, &ev);
}

/* ---- finals, one a wake-up ---- */

static struct take *next_complete(struct stt_takes *l)
{
	struct take *t;

	if (list_empty(&l->waiting))
		return NULL;
	t = LIST_ENTRY(l->waiting.next, struct take, node);
	return t->complete ? t : NULL;
}

static void emit_final(struct stt_takes *l, struct take *t)
{
	char text[STT_TEXT_MAX];
	struct stt_event ev = event_of(t->fault != FAULT_NONE ? STT_EV_FAULT : STT_EV_FINAL, t, text);

	take_forget(t);
	l->waiting_count--;
	if (next_complete(l))
		wake(l);
	stt_emit(&l->stt, &ev);
}

static void emit_fault(struct stt_takes *l, enum fault fault, struct str words)
{
	stt_emit(&l->stt, &(struct stt_event){.type = STT_EV_FAULT,
					      .utterance = l->stt.utterance,
					      .text = words,
					      .confidence = -1,
					      .fault = fault});
}

static void on_wake(struct timer *timer)
{
	struct stt_takes *l = CONTAINER_OF(timer, struct stt_takes, wake);
	struct take *t = next_complete(l);

	if (l->ready) {
		if (t)
			emit_final(l, t);
		return;
	}
	l->ready = true;
	if (t)
		wake(l);
	if (l->failing != FAULT_NONE) {
		emit_fault(l, l->failing, STR("no key is configured"));
		return;
	}
	stt_emit(&l->stt,
		 &(struct stt_event){.type = STT_EV_READY, .utterance = l->stt.utterance, .confidence = -1});
}

static void on_news(void *arg, struct take *t, enum take_news news)
{
	struct stt_takes *l = arg;

	switch (news) {
	case TAKE_PARTIAL:
		emit(l, STT_EV_PARTIAL, t);
		return;
	case TAKE_LIKELY:
		emit(l, STT_EV_LIKELY, t);
		return;
	case TAKE_COMPLETE:
	case TAKE_FAILED:
		break;
	}
	if (!t->finished) { /* it failed before anybody asked */
		emit(l, STT_EV_FAULT, t);
		return;
	}
	t->complete = true;
	wake(l);
}

/* ---- the contract ---- */

void stt_takes_open(struct stt_takes *t, const struct stt_params *params)
{
	t->owner =
		(struct take_owner){.loop = params->loop, .reader = &t->reader, .on_news = on_news, .arg = t};
	list_init(&t->waiting);
	live_up(&live_stt_takes);
	wake(t);
}

/* The take being spoken, made when there is something to put into it. */
static int need_current(struct stt_takes *l)
{
	int rc = l->current ? 0 : take_new(&l->owner, l->stt.utterance, &l->current);

	if (rc == 0 && l->missed)
		take_speech(l->current, true, l->missed_at);
	if (rc == 0)
		l->missed = false;
	return rc;
}

int stt_takes_feed(struct stt *s, usec at, const int16_t *pcm, size_t samples)
{
	struct stt_takes *l = of(s);
	int rc = need_current(l);

	return rc < 0 ? rc : take_feed(l->current, at, pcm, samples);
}

void stt_takes_speech(struct stt *s, bool speaking, usec at)
{
	struct stt_takes *l = of(s);

	if (need_current(l) == 0) {
		take_speech(l->current, speaking, at);
		return;
	}
	l->missed = speaking;
	l->missed_at = at;
}

int stt_takes_finish(struct stt *s, usec until)
{
	struct stt_takes *l = of(s);
	int rc = l->waiting_count < STT_TAKES_WAITING_MAX ? need_current(l) : -EBUSY;

	if (rc < 0)
		return rc;
	take_finish(l->current, until);
	list_append(&l->waiting, &l->current->node);
	l->waiting_count++;
	l->current = NULL;
	return 0;
}

static void forget_all(struct stt_takes *l)
{
	LIST_EACH_SAFE (node, &l->waiting)
		take_forget(LIST_ENTRY(node, struct take, node));
	l->waiting_count = 0;
	l->current = take_forget(l->current);
	l->missed = false;
}

void stt_takes_cancel(struct stt *s)
{
	forget_all(of(s));
}

void stt_takes_close(struct stt *s)
{
	struct stt_takes *l = of(s);

	if (!l->owner.loop)
		return; /* it could not be opened */
	timer_stop(&l->wake);
	forget_all(l);
	live_down(&live_stt_takes);
}
