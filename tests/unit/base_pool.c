/* The pool: who goes first, what becomes of the cancelled, and every job's end comes once. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "base/mailbox.h"
#include "base/rng.h"
#include "test.h"

struct site {
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	char ran[32], ended[64];
	size_t ran_count, ended_count;
};

struct work {
	struct pool_job job;
	struct site *site;
	char name;
	int again;
};

static void run_noting(struct pool_job *j)
{
	struct work *w = CONTAINER_OF(j, struct work, job);

	if (w->site->ran_count + 1 < sizeof(w->site->ran))
		w->site->ran[w->site->ran_count++] = w->name;
}

static void note_end(struct pool_job *j, enum pool_end end)
{
	static const char marks[] = {[POOL_DONE] = '.', [POOL_CANCELLED] = 'x', [POOL_LATE] = '!'};
	struct work *w = CONTAINER_OF(j, struct work, job);
	struct site *s = w->site;

	if (s->ended_count + 2 < sizeof(s->ended)) {
		s->ended[s->ended_count++] = w->name;
		s->ended[s->ended_count++] = marks[end];
	}
	if (w->again-- > 0)
		CHECK_INT(pool_submit(&s->port, j), 0);
}

static int site_open(struct site *s, enum loop_kind kind, size_t threads, size_t jobs)
{
	int rc;

	*s = (struct site){0};
	rc = loop_new(kind, 1000, &s->loop);
	if (rc == 0)
		rc = pool_new(threads, jobs, &s->pool);
	if (rc == 0)
		pool_port_open(&s->port, s->pool, s->loop);
	return rc;
}

static void site_close(struct site *s)
{
	while (s->port.pending > 0)
		CHECK_INT(loop_turn(s->loop, USEC_NEVER), 0);
	pool_port_close(&s->port);
	s->pool = pool_free(s->pool);
	s->loop = loop_free(s->loop);
}

static int submit(struct site *s, struct work *w, char name, enum pool_class class, usec deadline)
{
	*w = (struct work){
		.job = {.class = class, .deadline = deadline, .run = run_noting, .done = note_end},
		.site = s,
		.name = name,
	};
	return pool_submit(&s->port, &w->job);
}

TEST(pool_without_threads_runs_in_the_next_turn_by_class_and_deadline)
{
	struct work w[6];
	struct site s;

	REQUIRE(site_open(&s, LOOP_SIM, 0, 8) == 0);
	CHECK_INT(submit(&s, &w[0], 'a', POOL_BACKGROUND, USEC_NEVER), 0);
	CHECK_INT(submit(&s, &w[1], 'b', POOL_NORMAL, USEC_NEVER), 0);
	CHECK_INT(submit(&s, &w[2], 'c', POOL_NORMAL, 5000), 0);
	CHECK_INT(submit(&s, &w[3], 'd', POOL_NORMAL, 4000), 0);
	CHECK_INT(submit(&s, &w[4], 'e', POOL_URGENT, USEC_NEVER), 0);
	CHECK_INT(submit(&s, &w[5], 'f', POOL_URGENT, USEC_NEVER), 0);
	w[5].again = 1;
	CHECK_INT(s.ran_count, 0);
	CHECK_INT(loop_turn(s.loop, 0), 0);
	CHECK_STR(str_from(s.ran), "efdcba");
	CHECK_STR(str_from(s.ended), "e.f.d.c.b.a.");
	loop_advance(s.loop, 0);
	CHECK_STR(str_from(s.ran), "efdcbaf");
	site_close(&s);
}

TEST(pool_gives_up_what_is_late_and_never_runs_the_cancelled)
{
	struct work w[4];
	struct site s;

	REQUIRE(site_open(&s, LOOP_SIM, 0, 8) == 0);
	loop_advance(s.loop, 1000);
	CHECK_INT(submit(&s, &w[0], 'a', POOL_NORMAL, 1999), 0);
	CHECK_INT(submit(&s, &w[1], 'b', POOL_NORMAL, 2000), 0);
	CHECK_INT(submit(&s, &w[2], 'c', POOL_NORMAL, USEC_NEVER), 0);
	CHECK_INT(submit(&s, &w[3], 'd', POOL_BACKGROUND, USEC_NEVER), 0);
	pool_cancel(&w[2].job);
	pool_cancel(&w[2].job);
	CHECK_INT(s.ended_count, 0);
	loop_advance(s.loop, 0);
	CHECK_STR(str_from(s.ran), "bd");
	CHECK_STR(str_from(s.ended), "cxa!b.d.");
	pool_cancel(&w[0].job);
	site_close(&s);
}

TEST(pool_refuses_a_class_that_is_full)
{
	struct work w[4];
	struct site s;

	REQUIRE(site_open(&s, LOOP_SIM, 0, 2) == 0);
	CHECK_INT(submit(&s, &w[0], 'a', POOL_BACKGROUND, USEC_NEVER), 0);
	CHECK_INT(submit(&s, &w[1], 'b', POOL_BACKGROUND, USEC_NEVER), 0);
	CHECK_INT(submit(&s, &w[2], 'c', POOL_BACKGROUND, USEC_NEVER), -ENOBUFS);
	CHECK_INT(submit(&s, &w[3], 'd', POOL_URGENT, USEC_NEVER), 0);
	loop_advance(s.loop, 0);
	CHECK_STR(str_from(s.ended), "d.a.b.");
	CHECK_INT(submit(&s, &w[2], 'c', POOL_BACKGROUND, USEC_NEVER), 0);
	site_close(&s);
	CHECK_STR(str_from(s.ended), "d.a.b.c.");
}

/* ---- the same story twice ---- */

struct tale {
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct mailbox *box;
	struct rng rng;
	struct actor {
		struct pool_job job;
		struct timer timer;
		struct tale *tale;
		uint64_t words;
	} actors[5];
	uint64_t digest;
	int steps;
};

static void tell(struct tale *t, uint64_t what)
{
	t->digest = (t->digest ^ what ^ (uint64_t)loop_now(t->loop) << 20) * UINT64_C(1099511628211);
	t->steps++;
}

static void actor_think(struct pool_job *j)
{
	CONTAINER_OF(j, struct actor, job)->words *= 3;
}

static void actor_speak(struct pool_job *j, enum pool_end end)
{
	struct actor *a = CONTAINER_OF(j, struct actor, job);

	tell(a->tale, a->words + (uint64_t)end);
	CHECK_INT(mailbox_post(a->tale->box, &(size_t){(size_t)(a - a->tale->actors)}), 0);
}

static void actor_wake(struct timer *t)
{
	struct actor *a = CONTAINER_OF(t, struct actor, timer);

	a->words = rng_u64(&a->tale->rng);
	a->job.class = (enum pool_class)rng_below(&a->tale->rng, POOL_CLASSES);
	CHECK_INT(pool_submit(&a->tale->port, &a->job), 0);
	if (rng_below(&a->tale->rng, 8) == 0)
		pool_cancel(&a->job);
}

static void on_spoken(void *arg, const void *message)
{
	struct tale *t = arg;
	struct actor *a = &t->actors[*(const size_t *)message];

	tell(t, *(const size_t *)message);
	timer_start(&a->timer, t->loop, loop_now(t->loop) + rng_below(&t->rng, 50), actor_wake);
}

static uint64_t tale_told(uint64_t seed)
{
	struct tale t = {0};

	rng_init_number(&t.rng, seed);
	CHECK_INT(loop_new(LOOP_SIM, 0, &t.loop), 0);
	CHECK_INT(pool_new(0, 8, &t.pool), 0);
	CHECK_INT(mailbox_new(t.loop, sizeof(size_t), 8, on_spoken, &t, &t.box), 0);
	pool_port_open(&t.port, t.pool, t.loop);
	for (size_t i = 0; i < ARRAY_LEN(t.actors); i++) {
		t.actors[i].tale = &t;
		t.actors[i].job =
			(struct pool_job){.deadline = USEC_NEVER, .run = actor_think, .done = actor_speak};
		timer_start(&t.actors[i].timer, t.loop, 10, actor_wake);
	}
	loop_advance(t.loop, 20000);
	CHECK(t.steps > 1000);
	CHECK_INT(t.port.pending, 0);
	pool_port_close(&t.port);
	mailbox_free(t.box, NULL);
	pool_free(t.pool);
	loop_free(t.loop);
	return t.digest;
}

TEST(pool_mailbox_and_timers_tell_the_same_story_twice)
{
	CHECK(tale_told(1) == tale_told(1));
	CHECK(tale_told(1) != tale_told(2));
}

/* ---- on threads ---- */

struct gated {
	struct pool_job job;
	sem_t *begun, *gate;
	int ends[3];
	struct site *site;
};

static void run_gated(struct pool_job *j)
{
	struct gated *g = CONTAINER_OF(j, struct gated, job);

	sem_post(g->begun);
	sem_wait(g->gate);
}

static void note_gated(struct pool_job *j, enum pool_end end)
{
	CONTAINER_OF(j, struct gated, job)->ends[end]++;
}

TEST(pool_keeps_a_worker_from_background_work)
{
	struct gated bg[3];
	struct work urgent;
	sem_t begun, gate;
	struct site s;

	REQUIRE(site_open(&s, LOOP_REAL, 2, 8) == 0);
	sem_init(&begun, 0, 0);
	sem_init(&gate, 0, 0);
	for (size_t i = 0; i < 3; i++) {
		bg[i] = (struct gated){.job = {.class = POOL_BACKGROUND,
					       .deadline = USEC_NEVER,
					       .run = run_gated,
					       .done = note_gated},
				       .begun = &begun,
				       .gate = &gate};
		CHECK_INT(pool_submit(&s.port, &bg[i].job), 0);
	}
	sem_wait(&begun);
	CHECK_INT(submit(&s, &urgent, 'u', POOL_URGENT, USEC_NEVER), 0);
	while (s.ended_count == 0)
		CHECK_INT(loop_turn(s.loop, USEC_NEVER), 0);
	CHECK_STR(str_from(s.ended), "u.");
	CHECK_INT(sem_trywait(&begun), -1);
	pool_cancel(&bg[0].job);
	pool_cancel(&bg[2].job);
	for (size_t i = 0; i < 3; i++)
		sem_post(&gate);
	while (s.port.pending > 0)
		CHECK_INT(loop_turn(s.loop, USEC_NEVER), 0);
	CHECK_INT(bg[0].ends[POOL_CANCELLED], 1);
	CHECK_INT(bg[1].ends[POOL_DONE], 1);
	CHECK_INT(bg[2].ends[POOL_CANCELLED], 1);
	site_close(&s);
	sem_destroy(&begun);
	sem_destroy(&gate);
}

static void run_until_cancelled(struct pool_job *j)
{
	struct gated *g = CONTAINER_OF(j, struct gated, job);

	sem_post(g->begun);
	while (!pool_cancelled(j))
		sched_yield();
}

TEST(pool_tells_a_running_job_that_it_is_cancelled)
{
	struct gated g = {.job = {.class = POOL_NORMAL,
				  .deadline = USEC_NEVER,
				  .run = run_until_cancelled,
				  .done = note_gated}};
	struct site s;
	sem_t begun;

	REQUIRE(site_open(&s, LOOP_REAL, 1, 8) == 0);
	sem_init(&begun, 0, 0);
	g.begun = &begun;
	CHECK_INT(pool_submit(&s.port, &g.job), 0);
	sem_wait(&begun);
	pool_cancel(&g.job);
	site_close(&s);
	CHECK_INT(g.ends[POOL_CANCELLED], 1);
	sem_destroy(&begun);
}

#define STORM_JOBS  64
#define STORM_ENDS  20000
#define STORM_SITES 2

struct storm {
	pthread_t thread;
	struct loop *loop;
	struct pool_port port;
	struct pool *pool;
	struct drop {
		struct pool_job job;
		struct storm *storm;
		int ran, submitted;
	} drops[STORM_JOBS];
	uint32_t random;
	int ends[3], begun, wrong;
};

static void run_drop(struct pool_job *j)
{
	CONTAINER_OF(j, struct drop, job)->ran++;
}

static uint32_t storm_random(struct storm *s)
{
	s->random = s->random * 1664525u + 1013904223u;
	return s->random >> 8;
}

static void on_drop_end(struct pool_job *j, enum pool_end end);

static void launch(struct storm *s, struct drop *d)
{
	if (s->begun == STORM_ENDS)
		return;
	s->begun++;
	d->ran = 0;
	d->storm = s;
	d->job.class = (enum pool_class)(storm_random(s) % POOL_CLASSES);
	d->job.deadline = storm_random(s) % 16 == 0 ? 0 : USEC_NEVER;
	d->job.run = run_drop;
	d->job.done = on_drop_end;
	CHECK_INT(pool_submit(&s->port, &d->job), 0);
	if (storm_random(s) % 4 == 0)
		pool_cancel(&s->drops[storm_random(s) % STORM_JOBS].job);
}

static void on_drop_end(struct pool_job *j, enum pool_end end)
{
	struct drop *d = CONTAINER_OF(j, struct drop, job);
	struct storm *s = d->storm;

	s->ends[end]++;
	s->wrong += end == POOL_DONE && d->ran != 1;
	s->wrong += end == POOL_LATE && d->ran != 0;
	s->wrong += d->ran > 1;
	launch(s, d);
}

static void *run_storm(void *arg)
{
	struct storm *s = arg;

	CHECK_INT(loop_new(LOOP_REAL, 0, &s->loop), 0);
	pool_port_open(&s->port, s->pool, s->loop);
	for (size_t i = 0; i < STORM_JOBS; i++)
		launch(s, &s->drops[i]);
	while (s->port.pending > 0)
		CHECK_INT(loop_turn(s->loop, USEC_NEVER), 0);
	pool_port_close(&s->port);
	return NULL;
}

TEST(pool_ends_every_job_once_under_a_storm)
{
	static struct storm storms[STORM_SITES];
	struct pool *pool;

	REQUIRE(pool_new(3, STORM_SITES * STORM_JOBS, &pool) == 0);
	for (size_t i = 0; i < STORM_SITES; i++) {
		storms[i] = (struct storm){.pool = pool, .random = (uint32_t)i + 1};
		REQUIRE(pthread_create(&storms[i].thread, NULL, run_storm, &storms[i]) == 0);
	}
	for (size_t i = 0; i < STORM_SITES; i++)
		pthread_join(storms[i].thread, NULL);
	pool = pool_free(pool);
	for (size_t i = 0; i < STORM_SITES; i++) {
		struct storm *s = &storms[i];

		CHECK_INT(s->ends[POOL_DONE] + s->ends[POOL_CANCELLED] + s->ends[POOL_LATE], STORM_ENDS);
		CHECK(s->ends[POOL_DONE] > 0 && s->ends[POOL_CANCELLED] > 0 && s->ends[POOL_LATE] > 0);
		CHECK_INT(s->wrong, 0);
		s->loop = loop_free(s->loop);
	}
}

TEST_OOM(pool_survives_no_memory)
{
	struct site s;
	int rc = site_open(&s, LOOP_REAL, 2, 16);

	pool_port_close(&s.port);
	pool_free(s.pool);
	loop_free(s.loop);
	return rc;
}
