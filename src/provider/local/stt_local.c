#include "provider/local/stt_local.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "provider/local/take.h"

LIVE_DEFINE(stt_local);

struct stt_local {
	struct stt stt;
	struct take_owner owner;
	struct take *current; /* NULL = nothing was fed yet */
	struct list waiting;  /* finished, oldest first */
	size_t waiting_count;
	struct timer wake;
	bool ready;
	bool missed; /* there was no memory for the take when somebody began to speak, at .. */
	usec missed_at;
};

static struct stt_local *of(struct stt *s)
{
	return CONTAINER_OF(s, struct stt_local, stt);
}

static void on_wake(struct timer *timer);

static void wake(struct stt_local *l)
{
	timer_start(&l->wake, l->owner.loop, loop_now(l->owner.loop), on_wake);
}

static enum fault fault_of(int error)
{
	return error == -ENOMEM || error == -ENOBUFS ? FAULT_OVERLOAD : FAULT_PROTOCOL;
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
		.fault = type == STT_EV_FAULT ? fault_of(t->error) : FAULT_NONE,
		.took = t->took,
	};
}

static void emit(struct stt_local *l, enum stt_event_type type, const struct take *t)
{
	char text[STT_TEXT_MAX];
	struct stt_event ev = event_of(type, t, text);

	stt_emit(&l->stt, &ev);
}

/* ---- finals, one a wake-up ---- */

static struct take *next_complete(struct stt_local *l)
{
	struct take *t;

	if (list_empty(&l->waiting))
		return NULL;
	t = LIST_ENTRY(l->waiting.next, struct take, node);
	return t->complete ? t : NULL;
}

static void emit_final(struct stt_local *l, struct take *t)
{
	char text[STT_TEXT_MAX];
	struct stt_event ev = event_of(t->error < 0 ? STT_EV_FAULT : STT_EV_FINAL, t, text);

	take_forget(t);
	l->waiting_count--;
	if (next_complete(l))
		wake(l);
	stt_emit(&l->stt, &ev);
}

static void on_wake(struct timer *timer)
{
	struct stt_local *l = CONTAINER_OF(timer, struct stt_local, wake);
	struct take *t = next_complete(l);

	if (l->ready) {
		if (t)
			emit_final(l, t);
		return;
	}
	l->ready = true;
	if (t)
		wake(l);
	stt_emit(&l->stt,
		 &(struct stt_event){.type = STT_EV_READY, .utterance = l->stt.utterance, .confidence = -1});
}

static void on_news(void *arg, struct take *t, enum take_news news)
{
	struct stt_local *l = arg;

	switch (news) {
	case TAKE_PARTIAL:
		emit(l, STT_EV_PARTIAL, t);
		return;
	case TAKE_LIKELY:
		emit(l, STT_EV_LIKELY, t);
		return;
	case TAKE_COMPLETE:
	case TAKE_FAILED:
		t->complete = true;
		wake(l);
		return;
	}
}

/* ---- the contract ---- */

static int local_open(struct stt *s, const void *config, const struct stt_params *params)
{
	const struct stt_local_config *c = config;
	struct stt_local *l = of(s);

	l->owner = (struct take_owner){
		.loop = params->loop,
		.port = c->port,
		.hearing = c->hearing,
		.on_news = on_news,
		.arg = l,
	};
	list_init(&l->waiting);
	live_up(&live_stt_local);
	wake(l);
	return 0;
}

/* The take being spoken, made when there is something to put into it. */
static int need_current(struct stt_local *l)
{
	int rc = l->current ? 0 : take_new(&l->owner, l->stt.utterance, &l->current);

	if (rc == 0 && l->missed)
		take_speech(l->current, true, l->missed_at);
	if (rc == 0)
		l->missed = false;
	return rc;
}

static int local_feed(struct stt *s, usec at, const int16_t *pcm, size_t samples)
{
	struct stt_local *l = of(s);
	int rc = need_current(l);

	return rc < 0 ? rc : take_feed(l->current, at, pcm, samples);
}

static void local_speech(struct stt *s, bool speaking, usec at)
{
	struct stt_local *l = of(s);

	if (need_current(l) == 0) {
		take_speech(l->current, speaking, at);
		return;
	}
	l->missed = speaking;
	l->missed_at = at;
}

static int local_finish(struct stt *s, usec until)
{
	struct stt_local *l = of(s);
	int rc = l->waiting_count < STT_LOCAL_WAITING_MAX ? need_current(l) : -EBUSY;

	if (rc < 0)
		return rc;
	take_finish(l->current, until);
	list_append(&l->waiting, &l->current->node);
	l->waiting_count++;
	l->current = NULL;
	return 0;
}

static void forget_all(struct stt_local *l)
{
	LIST_EACH_SAFE (node, &l->waiting)
		take_forget(LIST_ENTRY(node, struct take, node));
	l->waiting_count = 0;
	l->current = take_forget(l->current);
	l->missed = false;
}

static void local_cancel(struct stt *s)
{
	forget_all(of(s));
}

static void local_close(struct stt *s)
{
	struct stt_local *l = of(s);

	timer_stop(&l->wake);
	forget_all(l);
	live_down(&live_stt_local);
}

const struct stt_ops stt_local_ops = {
	.name = "local",
	.can = STT_PARTIALS | STT_LIKELY | STT_LOCAL,
	.state_size = sizeof(struct stt_local),
	.open = local_open,
	.feed = local_feed,
	.speech = local_speech,
	.finish = local_finish,
	.cancel = local_cancel,
	.close = local_close,
};
