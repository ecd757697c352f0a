#include "provider/local/tts_local.h"

#include <assert.h>
#include <errno.h>

#include "base/list.h"
#include "base/live.h"
#include "base/mem.h"
#include "base/pool.h"
#include "provider/aloud/clause.h"

#define AT_ONCE 2 /* clauses of a session in the pool */

LIVE_DEFINE(tts_local);
LIVE_DEFINE(tts_local_item);

enum stage {
	STAGE_WAITING,
	STAGE_POOL,
	STAGE_READY,
	STAGE_SOUNDING, /* the sink is looking at its samples */
	STAGE_HEARD,    /* its audio is out, its mark is not */
};

/* A clause, or the end of an answer. */
struct item {
	struct pool_job job;
	struct list node;
	struct tts_local *session; /* NULL = forgotten while the pool or the sink has it */
	struct utter utter;
	enum stage stage;
	bool is_end;
	uint32_t answer, text_end;
	usec asked;
	int error;
};

struct tts_local {
	struct tts tts;
	struct tts_local_config config;
	struct loop *loop;
	const struct speaking_voice *voice;
	float speed;
	struct timer wake;
	bool ready;
	struct list items; /* of all answers, in order */
	size_t item_count;
	/* the answer whose text is coming */
	struct clause clause;
	uint32_t answer;
	bool open;
	/* the answer that is being delivered */
	uint32_t sounding, samples;
	/* since the last report */
	uint64_t characters_in, samples_out;
};

static struct tts_local *of(struct tts *t)
{
	return CONTAINER_OF(t, struct tts_local, tts);
}

static void on_wake(struct timer *timer);

static void wake(struct tts_local *l)
{
	timer_start(&l->wake, l->loop, loop_now(l->loop), on_wake);
}

/* ---- usage: it costs nothing but processors, which somebody counts ---- */

static uint64_t count_characters(struct str utf8)
{
	uint64_t n = 0;

	for (size_t i = 0; i < utf8.n; i++)
		n += ((unsigned char)utf8.p[i] & 0xc0) != 0x80;
	return n;
}

static void report(struct tts_local *l, uint32_t answer, enum usage_end end)
{
	struct usage u = {.kind = USAGE_TTS,
			  .end = end,
			  .service = STR("local"),
			  .type = STR("local"),
			  .model = str_from(l->voice->id),
			  .work = answer};

	u.amount[USAGE_CHARACTERS] = l->characters_in;
	u.amount[USAGE_AUDIO_OUT] = l->samples_out * USEC_SEC(1) / TTS_RATE_HZ;
	if (l->characters_in > 0 || l->samples_out > 0)
		usage_tell(&l->tts.usage, &u);
	l->characters_in = l->samples_out = 0;
}

/* ---- items ---- */

static void item_free(struct item *i)
{
	utter_fini(&i->utter);
	live_down(&live_tts_local_item);
	mem_free(i);
}

/* Out of the session; what the pool or the sink has is freed when it comes back. */
static void item_forget(struct item *i)
{
	list_remove(&i->node);
	i->session->item_count--;
	i->session = NULL;
	if (i->stage == STAGE_POOL)
		pool_cancel(&i->job);
	else if (i->stage != STAGE_SOUNDING)
		item_free(i);
}

static void forget_answers(struct tts_local *l, uint32_t answer)
{
	LIST_EACH_SAFE (node, &l->items) {
		struct item *i = LIST_ENTRY(node, struct item, node);

		if (i->answer <= answer)
			item_forget(i);
	}
}

static int item_add(struct tts_local *l, struct item **ret_item)
{
	struct item *i;

	if (l->item_count == TTS_LOCAL_CLAUSES_MAX)
		return -EMSGSIZE;
	i = mem_zalloc(sizeof(*i));
	if (!i)
		return -ENOMEM;
	i->session = l;
	i->answer = l->answer;
	i->asked = loop_now(l->loop);
	list_append(&l->items, &i->node);
	l->item_count++;
	live_up(&live_tts_local_item);
	*ret_item = i;
	return 0;
}

/* ---- the pool ---- */

static bool is_wanted(void *arg)
{
	return !pool_cancelled(arg);
}

static void run(struct pool_job *job)
{
	struct item *i = CONTAINER_OF(job, struct item, job);

	i->error = utter_run(&i->utter);
}

static void advance(struct tts_local *l);

static void done(struct pool_job *job, enum pool_end end)
{
	struct item *i = CONTAINER_OF(job, struct item, job);

	i->stage = STAGE_READY;
	if (!i->session) {
		item_free(i);
		return;
	}
	if (end != POOL_DONE && i->error == 0)
		i->error = -ECANCELED;
	advance(i->session);
	wake(i->session);
}

static void submit(struct tts_local *l, struct item *i, enum pool_class class)
{
	int rc;

	i->job = (struct pool_job){.class = class, .deadline = USEC_NEVER, .run = run, .done = done};
	i->utter.is_wanted = is_wanted;
	i->utter.arg = &i->job;
	i->stage = STAGE_POOL;
	rc = pool_submit(l->config.port, &i->job);
	if (rc == 0)
		return; /* the worker's from here on */
	if (rc == -ENOBUFS && class != POOL_URGENT) {
		i->stage = STAGE_WAITING; /* it is asked again when it is due */
		return;
	}
	i->stage = STAGE_READY;
	i->error = rc;
}

static void begin(struct tts_local *l, struct item *i, enum pool_class class)
{
	if (i->is_end || utter_is_silent(&i->utter) || utter_find(&i->utter))
		i->stage = STAGE_READY;
	else
		submit(l, i, class);
	if (i->stage == STAGE_READY)
		wake(l);
}

/* Keeps the first AT_ONCE clauses that are not ready in the pool; the first of them is urgent. */
static void advance(struct tts_local *l)
{
	size_t in_work = 0;

	LIST_EACH (node, &l->items) {
		struct item *i = LIST_ENTRY(node, struct item, node);

		if (i->stage == STAGE_WAITING)
			begin(l, i, in_work == 0 ? POOL_URGENT : POOL_NORMAL);
		in_work += i->stage == STAGE_POOL;
		if (in_work == AT_ONCE)
			return;
	}
}

/* ---- events, one a wake-up: the sink may close the session in any of them ---- */

static enum fault fault_of(int error)
{
	return error == -ENOMEM || error == -ENOBUFS || error == -ECANCELED ? FAULT_OVERLOAD : FAULT_PROTOCOL;
}

static void emit_audio(struct tts_local *l, struct item *i)
{
	struct tts_event ev = {
		.type = TTS_EV_AUDIO,
		.answer = i->answer,
		.pcm = i->utter.pcm,
		.samples = i->utter.samples,
		.cached = i->utter.cached,
		.took = loop_now(l->loop) - i->asked,
	};

	i->stage = STAGE_SOUNDING;
	if (l->sounding != i->answer)
		l->samples = 0;
	l->sounding = i->answer;
	l->samples += (uint32_t)i->utter.samples;
	l->samples_out += i->utter.samples;
	wake(l);
	if (ev.samples > 0)
		tts_emit(&l->tts, &ev);
	i->stage = STAGE_HEARD;
	if (!i->session)
		item_free(i);
}

/* Takes the item out of the list before the sink hears of it. */
static void emit_last(struct tts_local *l, struct item *i, enum tts_event_type type)
{
	struct tts_event ev = {
		.type = type,
		.answer = i->answer,
		.text_end = i->text_end,
		.sample_offset = l->sounding == i->answer ? l->samples : 0,
		.fault = type == TTS_EV_FAULT ? fault_of(i->error) : FAULT_NONE,
	};

	if (type != TTS_EV_MARK)
		report(l, i->answer, type == TTS_EV_DONE ? USAGE_DONE : USAGE_FAILED);
	if (type == TTS_EV_FAULT) {
		if (l->answer == i->answer)
			l->open = false;
		forget_answers(l, ev.answer);
	} else {
		item_forget(i);
	}
	if (!list_empty(&l->items))
		wake(l);
	tts_emit(&l->tts, &ev);
}

static void deliver(struct tts_local *l, struct item *i)
{
	if (i->error < 0)
		emit_last(l, i, TTS_EV_FAULT);
	else if (i->is_end)
		emit_last(l, i, TTS_EV_DONE);
	else if (i->stage == STAGE_READY)
		emit_audio(l, i);
	else
		emit_last(l, i, TTS_EV_MARK);
}

static void on_wake(struct timer *timer)
{
	struct tts_local *l = CONTAINER_OF(timer, struct tts_local, wake);
	struct item *first;

	if (!l->ready) {
		l->ready = true;
		if (!list_empty(&l->items))
			wake(l);
		tts_emit(&l->tts, &(struct tts_event){.type = TTS_EV_READY});
		return;
	}
	advance(l);
	if (list_empty(&l->items))
		return;
	first = LIST_ENTRY(l->items.next, struct item, node);
	if (first->stage == STAGE_READY || first->stage == STAGE_HEARD)
		deliver(l, first);
}

/* ---- the contract ---- */

static int local_open(struct tts *t, const void *config, const struct tts_params *params)
{
	struct tts_local *l = of(t);

	l->config = *(const struct tts_local_config *)config;
	l->voice = speaking_find(l->config.utter->speaking, params->voice);
	if (!l->voice)
		return -ENOENT;
	l->loop = params->loop;
	l->speed = params->speed > 0 ? params->speed : 1;
	list_init(&l->items);
	live_up(&live_tts_local);
	wake(l);
	return 0;
}

static int add_clause(struct tts_local *l, const struct clause_piece *piece)
{
	struct item *i;
	int rc = item_add(l, &i);

	if (rc < 0)
		return rc;
	i->text_end = (uint32_t)piece->end;
	i->utter = (struct utter){.config = l->config.utter, .voice = l->voice, .speed = l->speed};
	rc = utter_init(&i->utter, piece->text);
	if (rc < 0)
		item_forget(i);
	return rc;
}

static int add_clauses(struct tts_local *l, enum clause_end end)
{
	struct clause_piece piece;
	int rc = 0;

	while (rc == 0 && clause_next(&l->clause, end, &piece))
		rc = add_clause(l, &piece);
	return rc;
}

static int close_answer(struct tts_local *l)
{
	struct item *i;
	int rc = add_clauses(l, CLAUSE_ENDING);

	l->open = false;
	if (rc == 0)
		rc = item_add(l, &i);
	if (rc == 0)
		i->is_end = true;
	advance(l);
	return rc;
}

/* Makes `answer` the one whose text is coming; the one before it is ended if it was not. */
static int need_answer(struct tts_local *l, uint32_t answer)
{
	int rc = answer > l->answer && l->open ? close_answer(l) : 0;

	if (rc < 0 || answer == l->answer)
		return rc;
	l->answer = answer;
	l->open = true;
	clause_init(&l->clause);
	return 0;
}

static int local_say(struct tts *t, uint32_t answer, struct str text)
{
	struct tts_local *l = of(t);
	int rc = need_answer(l, answer);

	l->characters_in += count_characters(text);
	while (rc == 0 && text.n > 0) {
		text = str_sub(text, clause_push(&l->clause, text), text.n);
		rc = add_clauses(l, CLAUSE_MORE);
	}
	advance(l);
	return rc;
}

static int local_end(struct tts *t, uint32_t answer)
{
	struct tts_local *l = of(t);
	int rc = need_answer(l, answer);

	return rc < 0 ? rc : close_answer(l);
}

static void local_cancel(struct tts *t, uint32_t answer)
{
	struct tts_local *l = of(t);

	report(l, answer, USAGE_CANCELLED);
	forget_answers(l, answer);
	if (l->answer <= answer)
		l->open = false;
	advance(l);
}

static void local_close(struct tts *t)
{
	struct tts_local *l = of(t);

	if (!l->voice)
		return; /* it was never open */
	timer_stop(&l->wake);
	report(l, l->answer, USAGE_CANCELLED);
	forget_answers(l, UINT32_MAX);
	assert(l->item_count == 0);
	live_down(&live_tts_local);
}

const struct tts_ops tts_local_ops = {
	.name = "local",
	.can = TTS_MARKS | TTS_LOCAL | TTS_TAKES_PIECES,
	.state_size = sizeof(struct tts_local),
	.open = local_open,
	.say = local_say,
	.end = local_end,
	.cancel = local_cancel,
	.close = local_close,
};
