/*
 * base.c - what the loop, the mailbox, the ring and the pool cost
 *
 * Prints nanoseconds for each operation, the best of five rounds, and how late
 * 20 ms ticks come on this machine.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/metric.h"
#include "base/pool.h"
#include "base/ring.h"
#include "base/rng.h"

#define ROUNDS   5
#define TIMERS   10000u
#define MESSAGES 1000000
#define TICKS    100

METRIC_DEFINE(bench, .name = "bench_turn_seconds", .help = "For the measurement.", .kind = METRIC_HISTOGRAM,
	      .decimals = 6, .bounds = {1000, 10000, 100000, 1000000});

static struct loop *loop;
static struct rng rng;

static void check(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench: %s\n", strerrordesc_np(-rc));
	exit(1);
}

/* `once` does some work and returns how many operations that was. */
static void measure(const char *what, size_t (*once)(void))
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		usec begun = clock_read();
		size_t n = once();
		double ns = (double)(clock_read() - begun) * 1000 / (double)n;

		best = MIN(best, ns);
	}
	printf("%-52s %9.1f ns\n", what, best);
}

/* ---- timers ---- */

static struct timer timers[TIMERS];
static uint32_t picks[1u << 16];

static void nothing(struct timer *t)
{
	(void)t;
}

static usec somewhen(size_t i)
{
	return loop_now(loop) + USEC_SEC(1) + picks[i % ARRAY_LEN(picks)] % USEC_SEC(32);
}

static size_t restart_timers(void)
{
	for (size_t i = 0; i < 1000000; i++) {
		struct timer *t = &timers[picks[i % ARRAY_LEN(picks)] % TIMERS];

		timer_stop(t);
		timer_start(t, loop, somewhen(i + 7), nothing);
	}
	return 1000000;
}

static size_t fire_timers(void)
{
	struct loop *sim;

	check(loop_new(LOOP_SIM, 0, &sim));
	check(loop_reserve(sim, TIMERS));
	for (size_t i = 0; i < TIMERS; i++) {
		timer_stop(&timers[i]);
		timer_start(&timers[i], sim, picks[i] % 1000, nothing);
	}
	loop_advance(sim, 1000);
	loop_free(sim);
	return TIMERS;
}

static void bench_timers(void)
{
	check(loop_reserve(loop, TIMERS));
	for (size_t i = 0; i < TIMERS; i++)
		timer_start(&timers[i], loop, somewhen(i), nothing);
	measure("timer stop + start among 10,000", restart_timers);
	measure("timer start + fire, 10,000 in one second", fire_timers);
	for (size_t i = 0; i < TIMERS; i++)
		timer_stop(&timers[i]);
}

/* ---- turns ---- */

static size_t empty_turns(void)
{
	for (int i = 0; i < 100000; i++)
		check(loop_turn(loop, 0));
	return 100000;
}

static void flow(struct watch *w, unsigned ready)
{
	(void)w;
	(void)ready;
}

static size_t packet_turns(void)
{
	for (int i = 0; i < 1000; i++)
		check(loop_turn(loop, 0));
	return 1000 * LOOP_PACKETS_PER_TURN;
}

static void bench_turns(void)
{
	static struct watch taps[LOOP_PACKETS_PER_TURN];

	measure("turn with nothing to do", empty_turns);
	for (size_t i = 0; i < ARRAY_LEN(taps); i++)
		check(watch_start(&taps[i], loop, eventfd(1, EFD_NONBLOCK), WATCH_PACKET, WATCH_READ, flow));
	measure("dispatch of one of 128 ready packets", packet_turns);
	for (size_t i = 0; i < ARRAY_LEN(taps); i++) {
		watch_stop(&taps[i]);
		close(taps[i].fd);
	}
}

/* ---- mailbox ---- */

struct note {
	uint64_t words[8];
};

static struct mailbox *box;
static int expected;

static void on_note(void *arg, const void *message)
{
	(void)arg;
	(void)message;
	if (--expected == 0)
		loop_stop(loop);
}

static size_t post_and_deliver(void)
{
	struct note n = {{0}};

	for (int i = 0; i < 1000; i++) {
		for (int k = 0; k < 256; k++)
			check(mailbox_post(box, &n));
		check(loop_turn(loop, 0));
	}
	return 256000;
}

static void *post_all(void *arg)
{
	struct note n = {{0}};

	for (int i = 0; i < MESSAGES;) {
		if (mailbox_post(box, &n) == 0)
			i++;
		else
			sched_yield();
	}
	return arg;
}

static size_t post_across(void)
{
	pthread_t thread;

	expected = MESSAGES;
	check(-pthread_create(&thread, NULL, post_all, NULL));
	check(loop_run(loop));
	pthread_join(thread, NULL);
	return MESSAGES;
}

static void bench_mailbox(void)
{
	check(mailbox_new(loop, sizeof(struct note), 1024, on_note, NULL, &box));
	measure("mailbox post + deliver, 64 bytes, one thread", post_and_deliver);
	measure("mailbox post + deliver, 64 bytes, two threads", post_across);
	box = mailbox_free(box, NULL);
}

/* ---- ring ---- */

static struct ring ring;
static unsigned char frame[320];

static size_t push_and_pop(void)
{
	for (int i = 0; i < MESSAGES; i++) {
		check(ring_push(&ring, frame));
		if (ring_peek(&ring))
			ring_release(&ring);
	}
	return MESSAGES;
}

static void *push_all(void *arg)
{
	for (int i = 0; i < MESSAGES;) {
		if (ring_push(&ring, frame) == 0)
			i++;
		else
			sched_yield();
	}
	return arg;
}

static size_t push_across(void)
{
	pthread_t thread;

	check(-pthread_create(&thread, NULL, push_all, NULL));
	for (int i = 0; i < MESSAGES;) {
		if (ring_peek(&ring)) {
			ring_release(&ring);
			i++;
		} else {
			sched_yield();
		}
	}
	pthread_join(thread, NULL);
	return MESSAGES;
}

static void bench_ring(void)
{
	check(ring_init(&ring, sizeof(frame), 256));
	measure("ring push + pop, 320 bytes, one thread", push_and_pop);
	measure("ring push + pop, 320 bytes, two threads", push_across);
	ring_fini(&ring);
}

/* ---- pool ---- */

static struct pool_port port;

static void run_nothing(struct pool_job *j)
{
	(void)j;
}

static void on_done(struct pool_job *j, enum pool_end end)
{
	(void)end;
	if (expected-- > 0)
		check(pool_submit(&port, j));
}

static size_t round_trips(void)
{
	struct pool_job j = {.deadline = USEC_NEVER, .run = run_nothing, .done = on_done};

	expected = 20000;
	check(pool_submit(&port, &j));
	while (port.pending > 0)
		check(loop_turn(loop, USEC_NEVER));
	return 20000;
}

static void bench_pool(void)
{
	struct pool *pool;

	check(pool_new(1, 16, &pool));
	pool_port_open(&port, pool, loop);
	measure("pool submit to done, one at a time", round_trips);
	pool_port_close(&port);
	pool_free(pool);
}

/* ---- small things ---- */

static size_t draw_numbers(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < MESSAGES; i++)
		sum += rng_u64(&rng);
	frame[0] = (unsigned char)sum;
	return MESSAGES;
}

static size_t observe(void)
{
	for (int i = 0; i < MESSAGES; i++)
		metric_observe(&metric_bench.only, i);
	return MESSAGES;
}

/* ---- lateness ---- */

static int ticks;

static void tick(struct timer *t)
{
	if (++ticks == TICKS)
		loop_stop(loop);
	else
		timer_start(t, loop, t->due + USEC_MS(20), tick);
}

static void bench_ticks(void)
{
	struct loop_stats stats;
	struct timer t = {0};

	loop_read_stats(loop, &stats);
	timer_start(&t, loop, clock_read() + USEC_MS(20), tick);
	check(loop_run(loop));
	loop_read_stats(loop, &stats);
	printf("%-52s %9" PRId64 " us\n", "worst lateness of 100 ticks of 20 ms", stats.late_max);
}

int main(void)
{
	check(loop_new(LOOP_REAL, 0, &loop));
	rng_init_number(&rng, 1);
	for (size_t i = 0; i < ARRAY_LEN(picks); i++)
		picks[i] = (uint32_t)rng_u64(&rng);
	bench_timers();
	bench_turns();
	bench_mailbox();
	bench_ring();
	bench_pool();
	measure("random 64 bits", draw_numbers);
	measure("histogram observation", observe);
	bench_ticks();
	loop = loop_free(loop);
	return 0;
}
