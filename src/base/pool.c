#include "base/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/heap.h"
#include "base/live.h"
#include "base/mem.h"

#define WORKER_NICE 10 /* below the loops, above what is niced fully out of the way */

enum {
	IDLE,
	WAITING,
	RUNNING,
	CANCELLED,
};

struct pool {
	/* From the loops to the workers, without locks. */
	_Atomic(struct pool_job *) inbox;
	atomic_size_t waiting[POOL_CLASSES];
	atomic_size_t ports;
	atomic_bool cancels; /* somebody cancelled since the workers looked */
	atomic_bool stop;
	sem_t tokens; /* one or more for each reason to look */

	/* Among the workers. */
	pthread_mutex_t lock;
	struct heap queues[POOL_CLASSES];
	atomic_size_t in_background;

	size_t jobs, thread_count;
	pthread_t threads[];
};

LIVE_DEFINE(pool);
LIVE_DEFINE(pool_job);

/* ---- lists that many push to and one empties ---- */

static void chain_push(_Atomic(struct pool_job *) *chain, struct pool_job *j)
{
	j->next = atomic_load_explicit(chain, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(chain, &j->next, j, memory_order_release,
						      memory_order_relaxed))
		;
}

/* All of it, the oldest first. */
static struct pool_job *chain_take(_Atomic(struct pool_job *) *chain)
{
	struct pool_job *newest = atomic_exchange_explicit(chain, NULL, memory_order_acquire), *oldest = NULL;

	while (newest) {
		struct pool_job *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

/* ---- the workers' side ---- */

/* Hands the job back. From here on it belongs to the loop's thread, and so does the port. */
static void finish(struct pool_job *j)
{
	struct loop *l = j->port->waker.loop;

	chain_push(&j->port->finished, j);
	loop_wake(l);
}

static struct pool_job *job_at(size_t *place)
{
	return CONTAINER_OF(place, struct pool_job, place);
}

static void leave_queue(struct pool *p, struct pool_job *j)
{
	heap_remove(&p->queues[j->class], &j->place);
	atomic_fetch_sub(&p->waiting[j->class], 1);
}

/* So that a cancelled job ends soon, however long the queue before it. From the end, because taking one out
 * moves the last into its place. */
static void sweep(struct pool *p, struct heap *queue)
{
	for (size_t i = queue->count; i-- > 0;) {
		struct pool_job *j = job_at(queue->entries[i].place);

		if (atomic_load(&j->state) != CANCELLED)
			continue;
		leave_queue(p, j);
		finish(j);
	}
}

static void sort_in(struct pool *p)
{
	/* Asked first: who cancels has submitted before, so all it can mean is in the inbox by now. */
	bool cancels = atomic_exchange(&p->cancels, false);

	for (struct pool_job *j = chain_take(&p->inbox), *next; j; j = next) {
		next = j->next;
		heap_put(&p->queues[j->class], j->deadline, &j->place);
	}
	if (!cancels)
		return;
	for (size_t i = 0; i < POOL_CLASSES; i++)
		sweep(p, &p->queues[i]);
}

static bool open_to(struct pool *p, size_t class)
{
	size_t workers = MAX(p->thread_count, 1u);

	return class != POOL_BACKGROUND || workers == 1 || atomic_load(&p->in_background) < workers - 1;
}

/* The next job to run; NULL when there is none. */
static struct pool_job *take(struct pool *p)
{
	struct pool_job *j = NULL;

	pthread_mutex_lock(&p->lock);
	sort_in(p);
	for (size_t i = 0; i < POOL_CLASSES && !j; i++)
		if (p->queues[i].count > 0 && open_to(p, i))
			j = job_at(heap_first(&p->queues[i]));
	if (j) {
		leave_queue(p, j);
		if (j->class == POOL_BACKGROUND)
			atomic_fetch_add(&p->in_background, 1);
	}
	pthread_mutex_unlock(&p->lock);
	return j;
}

static void run(struct pool *p, struct pool_job *j, usec now)
{
	bool background = j->class == POOL_BACKGROUND;
	int waiting = WAITING;

	j->late = now > j->deadline;
	if (!j->late && atomic_compare_exchange_strong(&j->state, &waiting, RUNNING))
		j->run(j);
	if (background)
		atomic_fetch_sub(&p->in_background, 1);
	finish(j);
}

static void *work(void *arg)
{
	struct pool *p = arg;
	struct pool_job *j;

	/* A worker that stays at the loops' priority is slower for others, not wrong. */
	if (nice(WORKER_NICE) < 0)
		errno = 0;
	pthread_setname_np(pthread_self(), "pool");
	while (!atomic_load(&p->stop)) {
		while ((j = take(p)))
			run(p, j, clock_read());
		sem_wait(&p->tokens);
	}
	return NULL;
}

/* ---- birth and death ---- */

/* Signals are for the main thread. */
static int start_threads(struct pool *p, size_t n)
{
	sigset_t all, old;
	int rc = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (p->thread_count < n && rc == 0) {
		rc = pthread_create(&p->threads[p->thread_count], NULL, work, p);
		p->thread_count += rc == 0;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -rc;
}

int pool_new(size_t threads, size_t jobs, struct pool **ret_pool)
{
	struct pool *p;
	int rc = 0;

	if (threads > POOL_THREADS_MAX || jobs == 0 || jobs > POOL_JOBS_MAX)
		return -EINVAL;
	p = mem_zalloc(sizeof(*p) + threads * sizeof(p->threads[0]));
	if (!p)
		return -ENOMEM;
	live_up(&live_pool);
	sem_init(&p->tokens, 0, 0);
	pthread_mutex_init(&p->lock, NULL);
	p->jobs = jobs;
	for (size_t i = 0; i < POOL_CLASSES && rc == 0; i++)
		rc = heap_reserve(&p->queues[i], jobs);
	if (rc == 0)
		rc = start_threads(p, threads);
	if (rc < 0) {
		pool_free(p);
		return rc;
	}
	*ret_pool = p;
	return 0;
}

struct pool *pool_free(struct pool *p)
{
	if (!p)
		return NULL;
	assert(p->ports == 0);
	atomic_store(&p->stop, true);
	for (size_t i = 0; i < p->thread_count; i++)
		sem_post(&p->tokens);
	for (size_t i = 0; i < p->thread_count; i++)
		pthread_join(p->threads[i], NULL);
	for (size_t i = 0; i < POOL_CLASSES; i++)
		heap_fini(&p->queues[i]);
	pthread_mutex_destroy(&p->lock);
	sem_destroy(&p->tokens);
	live_down(&live_pool);
	return mem_free(p);
}

/* ---- the loops' side ---- */

/* Without threads: what waits now, not what it brings about. */
static void run_here(struct pool *p, usec now)
{
	size_t left = p->waiting[POOL_URGENT] + p->waiting[POOL_NORMAL] + p->waiting[POOL_BACKGROUND];
	struct pool_job *j;

	for (; left > 0 && (j = take(p)); left--)
		run(p, j, now);
}

static enum pool_end end_of(struct pool_job *j)
{
	if (atomic_exchange(&j->state, IDLE) == CANCELLED)
		return POOL_CANCELLED;
	return j->late ? POOL_LATE : POOL_DONE;
}

static void deliver(struct waker *w)
{
	struct pool_port *port = CONTAINER_OF(w, struct pool_port, waker);

	if (port->pool->thread_count == 0)
		run_here(port->pool, loop_now(w->loop));
	for (struct pool_job *j = chain_take(&port->finished), *next; j; j = next) {
		next = j->next;
		port->pending--;
		live_down(&live_pool_job);
		j->done(j, end_of(j));
	}
}

void pool_port_open(struct pool_port *port, struct pool *p, struct loop *l)
{
	*port = (struct pool_port){.pool = p};
	atomic_fetch_add(&p->ports, 1);
	waker_add(&port->waker, l, deliver);
}

void pool_port_close(struct pool_port *port)
{
	if (!port->pool)
		return;
	assert(port->pending == 0);
	waker_remove(&port->waker);
	atomic_fetch_sub(&port->pool->ports, 1);
	port->pool = NULL;
}

/* There is work, or work to be dropped. */
static void call_for(struct pool *p, struct pool_port *port)
{
	if (p->thread_count > 0)
		sem_post(&p->tokens);
	else
		loop_wake(port->waker.loop);
}

int pool_submit(struct pool_port *port, struct pool_job *j)
{
	struct pool *p = port->pool;

	loop_assert_here(port->waker.loop);
	assert(j->state == IDLE && j->class < POOL_CLASSES);
	if (atomic_fetch_add(&p->waiting[j->class], 1) >= p->jobs) {
		atomic_fetch_sub(&p->waiting[j->class], 1);
		return -ENOBUFS;
	}
	j->port = port;
	j->late = 0;
	atomic_store(&j->state, WAITING);
	port->pending++;
	live_up(&live_pool_job);
	chain_push(&p->inbox, j);
	call_for(p, port);
	return 0;
}

void pool_cancel(struct pool_job *j)
{
	int waiting = WAITING, running = RUNNING;

	/* In this order: a worker may begin it meanwhile. */
	if (!atomic_compare_exchange_strong(&j->state, &waiting, CANCELLED)) {
		atomic_compare_exchange_strong(&j->state, &running, CANCELLED);
		return;
	}
	atomic_store(&j->port->pool->cancels, true);
	call_for(j->port->pool, j->port);
}

bool pool_cancelled(struct pool_job *j)
{
	return atomic_load(&j->state) == CANCELLED;
}
