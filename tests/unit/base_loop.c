/* The loop's promises: order, bounds, fairness, and silence after a stop. */
#include "base/loop.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

/* ---- timers on simulated time ---- */

struct bell {
	struct timer timer;
	struct story *story;
	char name;
	usec again; /* rings again after this; 0 = once */
};

struct story {
	struct loop *loop;
	struct bell bells[4];
	struct waker waker;
	pthread_t helper;
	char log[64];
	usec rung[64];
	size_t n;
};

static void note(struct story *s, char what)
{
	if (s->n + 1 < sizeof(s->log)) {
		s->rung[s->n] = loop_now(s->loop);
		s->log[s->n++] = what;
	}
}

static void ring(struct timer *t)
{
	struct bell *b = CONTAINER_OF(t, struct bell, timer);

	note(b->story, b->name);
	if (b->again)
		timer_start(t, t->loop, t->due + b->again, ring);
}

static void ring_and_silence_the_others(struct timer *t)
{
	struct bell *b = CONTAINER_OF(t, struct bell, timer);

	note(b->story, b->name);
	for (size_t i = 0; i < ARRAY_LEN(b->story->bells); i++)
		timer_stop(&b->story->bells[i].timer);
}

static void ring_once_more_at_once(struct timer *t)
{
	struct bell *b = CONTAINER_OF(t, struct bell, timer);

	note(b->story, b->name);
	timer_start(t, t->loop, 0, ring_once_more_at_once);
}

static void story_begin(struct story *s, enum loop_kind kind)
{
	*s = (struct story){0};
	CHECK_INT(loop_new(kind, 1000, &s->loop), 0);
	for (size_t i = 0; i < ARRAY_LEN(s->bells); i++) {
		s->bells[i].story = s;
		s->bells[i].name = (char)('a' + i);
	}
}

TEST(loop_fires_timers_by_time_then_by_order_of_starting)
{
	struct story s;

	story_begin(&s, LOOP_SIM);
	timer_start(&s.bells[0].timer, s.loop, 3000, ring);
	timer_start(&s.bells[1].timer, s.loop, 2000, ring);
	timer_start(&s.bells[2].timer, s.loop, 2000, ring);
	timer_start(&s.bells[1].timer, s.loop, 2000, ring);
	timer_start(&s.bells[3].timer, s.loop, 5001, ring);
	loop_advance(s.loop, 4000);
	CHECK_STR(str_from(s.log), "cba");
	CHECK_INT(s.rung[0], 2000);
	CHECK_INT(s.rung[2], 3000);
	CHECK_INT(loop_now(s.loop), 5000);
	CHECK(timer_running(&s.bells[3].timer));
	loop_advance(s.loop, 1);
	CHECK_STR(str_from(s.log), "cbad");
	s.loop = loop_free(s.loop);
}

TEST(loop_never_fires_a_stopped_timer)
{
	struct story s;

	story_begin(&s, LOOP_SIM);
	for (size_t i = 0; i < 4; i++)
		timer_start(&s.bells[i].timer, s.loop, 2000, ring_and_silence_the_others);
	loop_advance(s.loop, 10000);
	CHECK_STR(str_from(s.log), "a");
	timer_stop(&s.bells[0].timer);
	s.loop = loop_free(s.loop);
}

TEST(loop_ticks_do_not_drift_and_forget_their_loop)
{
	struct story s;

	story_begin(&s, LOOP_SIM);
	s.bells[0].again = 20;
	timer_start(&s.bells[0].timer, s.loop, 1007, ring);
	loop_advance(s.loop, 100);
	CHECK_INT(s.n, 5);
	CHECK_INT(s.rung[4], 1087);
	s.loop = loop_free(s.loop);
	CHECK(!timer_running(&s.bells[0].timer));
	timer_stop(&s.bells[0].timer);
}

TEST(loop_survives_a_timer_that_is_always_due)
{
	struct story s;

	story_begin(&s, LOOP_REAL);
	timer_start(&s.bells[0].timer, s.loop, 0, ring_once_more_at_once);
	timer_start(&s.bells[1].timer, s.loop, 1, ring);
	CHECK_INT(loop_turn(s.loop, USEC_NEVER), 0);
	CHECK_INT(s.n, 2);
	timer_stop(&s.bells[0].timer);
	CHECK_INT(loop_turn(s.loop, USEC_NEVER), 0);
	CHECK_STR(str_from(s.log), "aab");
	s.loop = loop_free(s.loop);
}

TEST(loop_grows_for_any_number_of_timers)
{
	static struct bell bells[3000];
	struct story s;

	story_begin(&s, LOOP_SIM);
	CHECK_INT(loop_reserve(s.loop, 1000), 0);
	for (size_t i = 0; i < ARRAY_LEN(bells); i++) {
		bells[i] = (struct bell){.story = &s, .name = 'x'};
		timer_start(&bells[i].timer, s.loop, 1000 + (usec)(i * 7919 % 5000), ring);
	}
	loop_advance(s.loop, 5000);
	for (size_t i = 1; i < s.n; i++)
		CHECK(s.rung[i] >= s.rung[i - 1]);
	for (size_t i = 0; i < ARRAY_LEN(bells); i++)
		CHECK(!timer_running(&bells[i].timer));
	s.loop = loop_free(s.loop);
}

/* ---- wake-ups ---- */

static void on_wake(struct waker *w)
{
	note(CONTAINER_OF(w, struct story, waker), 'w');
}

static void ring_and_wake(struct timer *t)
{
	ring(t);
	loop_wake(t->loop);
	loop_wake(t->loop);
}

TEST(loop_runs_wakers_once_a_turn_and_between_simulated_moments)
{
	struct story s;

	story_begin(&s, LOOP_SIM);
	waker_add(&s.waker, s.loop, on_wake);
	timer_start(&s.bells[0].timer, s.loop, 2000, ring_and_wake);
	timer_start(&s.bells[1].timer, s.loop, 2000, ring_and_wake);
	timer_start(&s.bells[2].timer, s.loop, 3000, ring);
	loop_wake(s.loop);
	loop_advance(s.loop, 5000);
	CHECK_STR(str_from(s.log), "wabwc");
	waker_remove(&s.waker);
	waker_remove(&s.waker);
	loop_wake(s.loop);
	loop_advance(s.loop, 1);
	CHECK_STR(str_from(s.log), "wabwc");
	s.loop = loop_free(s.loop);
}

struct chain {
	struct waker wakers[3];
	int seen[3];
};

static void remove_the_next(struct waker *w)
{
	struct chain *c = CONTAINER_OF(w, struct chain, wakers[0]);

	c->seen[0]++;
	waker_remove(&c->wakers[1]);
	waker_remove(w);
}

static void count_second(struct waker *w)
{
	CONTAINER_OF(w, struct chain, wakers[1])->seen[1]++;
}

static void count_third(struct waker *w)
{
	CONTAINER_OF(w, struct chain, wakers[2])->seen[2]++;
}

TEST(loop_wakers_may_remove_themselves_and_others)
{
	struct chain c = {0};
	struct loop *l;

	REQUIRE(loop_new(LOOP_SIM, 0, &l) == 0);
	waker_add(&c.wakers[0], l, remove_the_next);
	waker_add(&c.wakers[1], l, count_second);
	waker_add(&c.wakers[2], l, count_third);
	loop_wake(l);
	loop_advance(l, 1);
	CHECK_INT(c.seen[0], 1);
	CHECK_INT(c.seen[1], 0);
	CHECK_INT(c.seen[2], 1);
	waker_remove(&c.wakers[2]);
	l = loop_free(l);
}

TEST(loop_sim_says_when_nothing_can_ever_happen)
{
	struct story s;

	story_begin(&s, LOOP_SIM);
	timer_start(&s.bells[0].timer, s.loop, USEC_SEC(3600), ring);
	CHECK_INT(loop_run(s.loop), -EDEADLK);
	CHECK_STR(str_from(s.log), "a");
	CHECK_INT(loop_now(s.loop), USEC_SEC(3600));
	s.loop = loop_free(s.loop);
}

static void *wake_and_stop(void *arg)
{
	for (int i = 0; i < 1000; i++)
		loop_wake(arg);
	loop_stop(arg);
	return NULL;
}

TEST(loop_is_woken_and_stopped_from_elsewhere)
{
	struct loop_stats stats;
	pthread_t thread;
	struct story s;

	story_begin(&s, LOOP_REAL);
	waker_add(&s.waker, s.loop, on_wake);
	for (int i = 0; i < 20; i++) {
		REQUIRE(pthread_create(&thread, NULL, wake_and_stop, s.loop) == 0);
		CHECK_INT(loop_run(s.loop), 0);
		pthread_join(thread, NULL);
	}
	loop_wake(s.loop); /* a loop that was stopped before it ran has had no turn */
	CHECK_INT(loop_turn(s.loop, USEC_MS(1)), 0);
	loop_read_stats(s.loop, &stats);
	CHECK(stats.wakes > 0);
	CHECK(stats.turns >= stats.wakes);
	waker_remove(&s.waker);
	s.loop = loop_free(s.loop);
}

static void *run_elsewhere(void *arg)
{
	struct story *s = arg;

	CHECK_INT(loop_run(s->loop), 0);
	return NULL;
}

TEST(loop_belongs_to_whoever_runs_it_and_then_to_its_maker_again)
{
	pthread_t thread;
	struct story s;

	story_begin(&s, LOOP_REAL);
	waker_add(&s.waker, s.loop, on_wake);
	loop_stop(s.loop);
	REQUIRE(pthread_create(&thread, NULL, run_elsewhere, &s) == 0);
	pthread_join(thread, NULL);
	loop_assert_here(s.loop);
	waker_remove(&s.waker);
	s.loop = loop_free(s.loop);
}

/* ---- kernels and sandboxes without epoll_pwait2() ---- */

/* For the calling thread and those it makes. */
static int forbid_the_newer_wait(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {ARRAY_LEN(code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0 ? -errno : 0;
}

static void ring_and_have_it_woken(struct timer *t)
{
	struct bell *b = CONTAINER_OF(t, struct bell, timer);

	ring(t);
	CHECK_INT(pthread_create(&b->story->helper, NULL, wake_and_stop, t->loop), 0);
}

static void *run_without_the_newer_wait(void *arg)
{
	struct story *s = arg;

	if (forbid_the_newer_wait() < 0)
		return NULL; /* a sandbox in a sandbox: nothing to learn here */
	CHECK_INT(loop_run(s->loop), 0);
	CHECK(s->n >= 2);
	CHECK(s->log[0] == 'a' && s->rung[0] >= s->bells[0].timer.due);
	CHECK_INT(s->log[1], 'w');
	pthread_join(s->helper, NULL);
	return NULL;
}

TEST(loop_waits_on_old_kernels_too)
{
	pthread_t thread;
	struct story s;

	story_begin(&s, LOOP_REAL);
	waker_add(&s.waker, s.loop, on_wake);
	timer_start(&s.bells[0].timer, s.loop, loop_now(s.loop) + 1500, ring_and_have_it_woken);
	REQUIRE(pthread_create(&thread, NULL, run_without_the_newer_wait, &s) == 0);
	pthread_join(thread, NULL);
	waker_remove(&s.waker);
	s.loop = loop_free(s.loop);
}

/* ---- descriptors ---- */

/* An eventfd that is never read: always ready. */
struct tap {
	struct watch watch;
	struct bath *bath;
	int flowed;
};

#define TAPS 400

struct bath {
	struct loop *loop;
	struct tap taps[TAPS];
	int packets, streams, streams_before_packets;
	struct tap *victim; /* stopped by whoever flows first */
};

static void on_flow(struct watch *w, unsigned ready)
{
	struct tap *t = CONTAINER_OF(w, struct tap, watch);
	struct bath *b = t->bath;

	CHECK_INT(ready, WATCH_READ);
	t->flowed++;
	if (w->class == WATCH_PACKET)
		b->packets++;
	else
		b->streams++;
	b->streams_before_packets += w->class == WATCH_PACKET && b->streams > 0;
}

static void tap_open(struct bath *b, size_t i, enum watch_class class,
		     void (*fn)(struct watch *w, unsigned ready))
{
	struct tap *t = &b->taps[i];
	int fd = eventfd(1, EFD_NONBLOCK);

	t->bath = b;
	CHECK_INT(watch_start(&t->watch, b->loop, fd, class, WATCH_READ, fn), 0);
}

static void bath_end(struct bath *b)
{
	for (size_t i = 0; i < TAPS; i++) {
		bool open = b->taps[i].bath;

		watch_stop(&b->taps[i].watch);
		if (open)
			close(b->taps[i].watch.fd);
	}
	b->loop = loop_free(b->loop);
}

TEST(loop_serves_packets_first_and_bounds_both_kinds)
{
	static struct bath b;

	b = (struct bath){0};
	REQUIRE(loop_new(LOOP_REAL, 0, &b.loop) == 0);
	for (size_t i = 0; i < TAPS; i++)
		tap_open(&b, i, i % 2 ? WATCH_PACKET : WATCH_STREAM, on_flow);
	for (int turn = 0; turn < 20; turn++) {
		b.packets = b.streams = 0;
		CHECK_INT(loop_turn(b.loop, 0), 0);
		CHECK(b.packets > LOOP_PACKETS_PER_TURN - 3 && b.packets <= LOOP_PACKETS_PER_TURN);
		CHECK_INT(b.streams, LOOP_STREAMS_PER_TURN);
		CHECK_INT(b.streams_before_packets, 0);
	}
	bath_end(&b);
}

TEST(loop_starves_no_descriptor)
{
	static struct bath b;
	int least = 1000, most = 0;

	b = (struct bath){0};
	REQUIRE(loop_new(LOOP_REAL, 0, &b.loop) == 0);
	for (size_t i = 0; i < 193; i++)
		tap_open(&b, i, WATCH_PACKET, on_flow);
	for (size_t i = 193; i < TAPS; i++)
		tap_open(&b, i, WATCH_STREAM, on_flow);
	for (int turn = 0; turn < 40; turn++)
		CHECK_INT(loop_turn(b.loop, 0), 0);
	for (size_t i = 0; i < TAPS; i++) {
		int expected = i < 193 ? 40 * LOOP_PACKETS_PER_TURN / 193 : 40 * LOOP_STREAMS_PER_TURN / 207;

		least = MIN(least, b.taps[i].flowed - expected);
		most = MAX(most, b.taps[i].flowed - expected);
	}
	CHECK(least >= -2 && most <= 2);
	bath_end(&b);
}

static void flow_and_stop_the_victim(struct watch *w, unsigned ready)
{
	struct tap *t = CONTAINER_OF(w, struct tap, watch);

	on_flow(w, ready);
	if (t->bath->victim)
		watch_stop(&t->bath->victim->watch);
	t->bath->victim = NULL;
}

static void check_stopped_in_turn(enum watch_class class)
{
	static struct bath b;

	for (size_t victim = 0; victim < 3; victim++) {
		b = (struct bath){0};
		CHECK_INT(loop_new(LOOP_REAL, 0, &b.loop), 0);
		for (size_t i = 0; i < 3; i++)
			tap_open(&b, i, class, flow_and_stop_the_victim);
		b.victim = &b.taps[victim];
		CHECK_INT(loop_turn(b.loop, 0), 0);
		CHECK_INT(loop_turn(b.loop, 0), 0);
		CHECK_INT(b.taps[victim].flowed, victim == 0);
		CHECK_INT(b.packets + b.streams, 4 + (victim == 0));
		bath_end(&b);
	}
}

TEST(loop_calls_no_watch_after_its_stop)
{
	check_stopped_in_turn(WATCH_PACKET);
	check_stopped_in_turn(WATCH_STREAM);
}

struct stopper {
	struct timer timer;
	struct tap *victim;
};

static void stop_the_watch(struct timer *t)
{
	watch_stop(&CONTAINER_OF(t, struct stopper, timer)->victim->watch);
}

TEST(loop_calls_no_watch_that_a_timer_stopped_in_the_same_turn)
{
	static struct bath b;
	struct stopper s = {.victim = &b.taps[0]};

	b = (struct bath){0};
	REQUIRE(loop_new(LOOP_REAL, 0, &b.loop) == 0);
	tap_open(&b, 0, WATCH_PACKET, on_flow);
	timer_start(&s.timer, b.loop, 0, stop_the_watch);
	CHECK_INT(loop_turn(b.loop, 0), 0);
	CHECK_INT(b.packets, 0);
	bath_end(&b);
}

static void remember_ready(struct watch *w, unsigned ready)
{
	CONTAINER_OF(w, struct tap, watch)->flowed = (int)ready;
}

TEST(loop_reports_only_what_is_asked_and_hang_ups)
{
	static struct bath b;
	struct tap *t = &b.taps[0];
	int pair[2];

	b = (struct bath){0};
	REQUIRE(loop_new(LOOP_REAL, 0, &b.loop) == 0);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	REQUIRE(watch_start(&t->watch, b.loop, pair[0], WATCH_STREAM, WATCH_READ, remember_ready) == 0);
	CHECK_INT(loop_turn(b.loop, 0), 0);
	CHECK_INT(t->flowed, 0);
	CHECK_INT(watch_ask(&t->watch, WATCH_READ | WATCH_WRITE), 0);
	CHECK_INT(loop_turn(b.loop, 0), 0);
	CHECK_INT(t->flowed, WATCH_WRITE);
	close(pair[1]);
	CHECK_INT(watch_ask(&t->watch, 0), 0);
	t->flowed = 0;
	CHECK_INT(loop_turn(b.loop, 0), 0);
	CHECK_INT(t->flowed, 0);
	CHECK_INT(watch_ask(&t->watch, WATCH_READ), 0);
	CHECK_INT(loop_turn(b.loop, 0), 0);
	CHECK_INT(t->flowed, WATCH_READ | WATCH_ERROR);
	watch_stop(&t->watch);
	close(pair[0]);
	b.loop = loop_free(b.loop);
}

TEST(loop_refuses_what_cannot_be_watched)
{
	struct watch w = {0};
	struct loop *l;

	REQUIRE(loop_new(LOOP_SIM, 0, &l) == 0);
	CHECK_INT(watch_start(&w, l, 0, WATCH_STREAM, WATCH_READ, remember_ready), -EOPNOTSUPP);
	l = loop_free(l);
	REQUIRE(loop_new(LOOP_REAL, 0, &l) == 0);
	CHECK_INT(watch_start(&w, l, -1, WATCH_STREAM, WATCH_READ, remember_ready), -EBADF);
	watch_stop(&w);
	l = loop_free(l);
}

TEST_OOM(loop_survives_no_memory)
{
	struct loop *l;
	int rc = loop_new(LOOP_REAL, 0, &l);

	if (rc < 0)
		return rc;
	rc = loop_reserve(l, 5000);
	loop_free(l);
	return rc;
}
