#include "provider/local/prepare.h"

#include <errno.h>

#include "base/list.h"
#include "base/live.h"
#include "base/mem.h"
#include "base/pool.h"
#include "provider/tts/clause.h"

LIVE_DEFINE(prepare);

struct task {
	struct list node;
	struct utter utter;
};

struct prepare {
	struct tts_local_config config;
	struct prepare_sink sink;
	struct loop *loop;
	struct pool_job job;
	struct timer wake;
	struct list tasks; /* the first is in the pool when `busy` */
	struct prepare_progress progress;
	bool busy, abandoned;
	int error; /* of the task in the pool */
};

static struct task *first(struct prepare *p)
{
	return list_empty(&p->tasks) ? NULL : LIST_ENTRY(p->tasks.next, struct task, node);
}

static struct task *task_free(struct task *t)
{
	if (t) {
		list_remove(&t->node);
		utter_fini(&t->utter);
	}
	return mem_free(t);
}

static void destroy(struct prepare *p)
{
	while (first(p))
		task_free(first(p));
	live_down(&live_prepare);
	mem_free(p);
}

static void on_wake(struct timer *timer);

static void wake(struct prepare *p)
{
	timer_start(&p->wake, p->loop, loop_now(p->loop), on_wake);
}

static void run(struct pool_job *job)
{
	struct prepare *p = CONTAINER_OF(job, struct prepare, job);

	p->error = utter_run(&first(p)->utter);
}

/* One clause is over; the sink may free everything. */
static void step(struct prepare *p)
{
	task_free(first(p));
	p->progress.done++;
	wake(p);
}

static void done(struct pool_job *job, enum pool_end end)
{
	struct prepare *p = CONTAINER_OF(job, struct prepare, job);

	p->busy = false;
	if (p->abandoned) {
		destroy(p);
		return;
	}
	if (end != POOL_DONE || p->error < 0)
		p->progress.failed++;
	else
		p->progress.made++;
	step(p);
}

static void next(struct prepare *p)
{
	struct task *t = first(p);

	if (!t || p->busy)
		return;
	if (phrase_cache_has(p->config.utter->cache, buf_str(&t->utter.key))) {
		step(p);
		return;
	}
	p->job =
		(struct pool_job){.class = POOL_BACKGROUND, .deadline = USEC_NEVER, .run = run, .done = done};
	p->busy = pool_submit(p->config.port, &p->job) == 0;
	if (!p->busy) {
		p->progress.failed++;
		step(p);
	}
}

static void on_wake(struct timer *timer)
{
	struct prepare *p = CONTAINER_OF(timer, struct prepare, wake);
	struct prepare_progress progress;

	next(p);
	progress = p->progress;
	p->sink.on_progress(p->sink.arg, &progress);
}

static int add_task(struct prepare *p, const struct speaking_voice *voice, float speed, struct str text)
{
	struct task *t;
	int rc;

	if (p->progress.total == PREPARE_CLAUSES_MAX)
		return -EMSGSIZE;
	t = mem_zalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	list_init(&t->node);
	t->utter = (struct utter){
		.config = p->config.utter, .voice = voice, .speed = speed, .keep = PHRASE_KEEP_DISK};
	rc = utter_init(&t->utter, text);
	if (rc < 0 || utter_is_silent(&t->utter)) {
		task_free(t);
		return rc;
	}
	list_append(&p->tasks, &t->node);
	p->progress.total++;
	return 0;
}

/* The clauses of one text, as the first of an answer or as later ones. */
static int add_text(struct prepare *p, const struct speaking_voice *voice, float speed, struct str text,
		    bool later)
{
	struct clause_piece piece;
	struct clause c;
	int rc = 0;

	clause_init(&c);
	c.count = later;
	while (rc == 0 && text.n > 0) {
		text = str_sub(text, clause_push(&c, text), text.n);
		while (rc == 0 && clause_next(&c, CLAUSE_MORE, &piece))
			rc = add_task(p, voice, speed, piece.text);
	}
	while (rc == 0 && clause_next(&c, CLAUSE_ENDING, &piece))
		rc = add_task(p, voice, speed, piece.text);
	return rc;
}

int prepare_start(const struct tts_local_config *config, const struct tts_params *params,
		  const struct str *texts, size_t count, const struct prepare_sink *sink,
		  struct prepare **ret_prepare)
{
	const struct speaking_voice *voice = speaking_find(config->utter->speaking, params->voice);
	float speed = params->speed > 0 ? params->speed : 1;
	struct prepare *p;
	int rc = 0;

	if (!voice || !config->utter->cache)
		return voice ? -EINVAL : -ENOENT;
	p = mem_zalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->config = *config;
	p->sink = *sink;
	p->loop = params->loop;
	list_init(&p->tasks);
	live_up(&live_prepare);
	for (size_t i = 0; i < 2 * count && rc == 0; i++)
		rc = add_text(p, voice, speed, texts[i / 2], i % 2);
	if (rc < 0) {
		destroy(p);
		return rc;
	}
	wake(p);
	*ret_prepare = p;
	return 0;
}

struct prepare *prepare_free(struct prepare *p)
{
	if (!p)
		return NULL;
	timer_stop(&p->wake);
	p->abandoned = true;
	if (p->busy)
		pool_cancel(&p->job);
	else
		destroy(p);
	return NULL;
}
