#include "provider/local/prepare.h"

#include <errno.h>

#include "base/list.h"
#include "base/live.h"
#include "base/mem.h"
#include "base/pool.h"
#include "provider/aloud/clause.h"

#define AT_ONCE 8 /* in the pool: enough for every worker to have the next at hand */

LIVE_DEFINE(prepare);

struct task {
	struct list node;
	struct prepare *owner;
	struct pool_job job;
	struct utter utter;
	int error;
};

struct prepare {
	struct tts_local_config config;
	struct prepare_sink sink;
	struct loop *loop;
	struct timer wake;
	struct list waiting, busy; /* tasks */
	size_t busy_count;
	struct prepare_progress progress;
	bool abandoned;
};

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
	LIST_EACH_SAFE (node, &p->waiting) {
		task_free(LIST_ENTRY(node, struct task, node));
	}
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
	struct task *t = CONTAINER_OF(job, struct task, job);

	t->error = utter_run(&t->utter);
}

static void done(struct pool_job *job, enum pool_end end)
{
	struct task *t = CONTAINER_OF(job, struct task, job);
	struct prepare *p = t->owner;
	bool made = end == POOL_DONE && t->error == 0;

	task_free(t);
	p->busy_count--;
	p->progress.done++;
	p->progress.made += made;
	p->progress.failed += !made;
	if (!p->abandoned)
		wake(p);
	else if (p->busy_count == 0)
		destroy(p);
}

/* Into the pool, unless it was made before. */
static void begin(struct prepare *p, struct task *t)
{
	if (phrase_cache_has(p->config.utter->cache, buf_str(&t->utter.key))) {
		p->progress.done++;
		task_free(t);
		return;
	}
	t->job = (struct pool_job){.class = POOL_NORMAL, .deadline = USEC_NEVER, .run = run, .done = done};
	if (pool_submit(p->config.port, &t->job) < 0) {
		p->progress.done++;
		p->progress.failed++;
		task_free(t);
		return;
	}
	list_append(&p->busy, &t->node);
	p->busy_count++;
}

/* The sink may free everything: it comes last. */
static void on_wake(struct timer *timer)
{
	struct prepare *p = CONTAINER_OF(timer, struct prepare, wake);
	struct prepare_progress progress;
	struct list *node;

	while (p->busy_count < AT_ONCE && (node = list_pop(&p->waiting)))
		begin(p, LIST_ENTRY(node, struct task, node));
	progress = p->progress;
	p->sink.on_progress(p->sink.arg, &progress);
}

/* Many texts begin or end alike. */
static bool is_known(const struct prepare *p, struct str key)
{
	LIST_EACH (node, &p->waiting) {
		if (str_eq(buf_str(&LIST_ENTRY(node, struct task, node)->utter.key), key))
			return true;
	}
	return false;
}

/* What the tasks of one start have in common. */
struct adding {
	struct prepare *prepare;
	const struct speaking_voice *voice;
	float speed;
};

static int add_task(void *arg, struct str clause)
{
	const struct adding *a = arg;
	struct prepare *p = a->prepare;
	struct task *t;
	int rc;

	if (p->progress.total == PREPARE_CLAUSES_MAX)
		return -EMSGSIZE;
	t = mem_zalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	list_init(&t->node);
	t->owner = p;
	t->utter = (struct utter){
		.config = p->config.utter, .voice = a->voice, .speed = a->speed, .keep = PHRASE_KEEP_DISK};
	rc = utter_init(&t->utter, clause);
	if (rc < 0 || utter_is_silent(&t->utter) || is_known(p, buf_str(&t->utter.key))) {
		task_free(t);
		return rc;
	}
	list_append(&p->waiting, &t->node);
	p->progress.total++;
	return 0;
}

int prepare_start(const struct tts_local_config *config, const struct tts_params *params,
		  const struct str *texts, size_t count, const struct prepare_sink *sink,
		  struct prepare **ret_prepare)
{
	const struct speaking_voice *voice = speaking_find(config->utter->speaking, params->voice);
	struct adding adding = {.voice = voice, .speed = params->speed > 0 ? params->speed : 1};
	struct prepare *p;
	int rc = 0;

	if (!voice || !config->utter->cache)
		return voice ? -EINVAL : -ENOENT;
	p = mem_zalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	adding.prepare = p;
	p->config = *config;
	p->sink = *sink;
	p->loop = params->loop;
	list_init(&p->waiting);
	list_init(&p->busy);
	live_up(&live_prepare);
	for (size_t i = 0; i < 2 * count && rc == 0; i++)
		rc = clause_each(texts[i / 2], i % 2, add_task, &adding);
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
	LIST_EACH (node, &p->busy) {
		pool_cancel(&LIST_ENTRY(node, struct task, node)->job);
	}
	if (p->busy_count == 0)
		destroy(p);
	return NULL;
}
