#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/heap.h"
#include "base/live.h"
#include "base/mem.h"

#define TIMERS_AT_FIRST 256u
#define SLOW_USEC       USEC_MS(5) /* the longest a callback may take: DESIGN, "Threads" */

/* loop.wake: one word, so that "somebody woke us" and "we are about to sleep" cannot miss each other. */
enum {
	WAKE_DUE = 1,    /* wakers are to run */
	WAKE_ASLEEP = 2, /* only then does waking cost a write */
};

/*
 * Two epolls: streams are waited for in one of their own, nested in the one that holds the packets. So a
 * packet never queues behind streams, each kind is fetched up to its own limit, and the kernel, which puts
 * what it has reported behind what it has not, is fair among the descriptors of each.
 */
struct loop {
	enum loop_kind kind;
	int packet_fd, stream_fd, wake_fd;
	bool old_kernel; /* no epoll_pwait2() */
	_Atomic(pthread_t) owner;
	atomic_uint wake;
	atomic_bool stop;

	usec now;
	usec served; /* when the latest callback returned */
	struct heap timers;
	struct waker *wakers, *next_waker;
	size_t watches;

	struct epoll_event ready[LOOP_PACKETS_PER_TURN]; /* fetched; of a stopped watch: NULL */
	int ready_count;
	bool streams_ready;

	struct loop_stats stats;
};

LIVE_DEFINE(loop);

/* ---- birth and death ---- */

static int epoll_add(int epoll_fd, int fd, unsigned events, void *ptr)
{
	struct epoll_event ev = {.events = events, .data.ptr = ptr};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int open_descriptors(struct loop *l)
{
	int rc;

	l->packet_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->packet_fd < 0)
		return -errno;
	l->stream_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->stream_fd < 0)
		return -errno;
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->wake_fd < 0)
		return -errno;
	rc = epoll_add(l->packet_fd, l->stream_fd, EPOLLIN, &l->stream_fd);
	if (rc < 0)
		return rc;
	/* Edge-triggered, so that it need never be read. */
	return epoll_add(l->packet_fd, l->wake_fd, EPOLLIN | EPOLLET, &l->wake_fd);
}

int loop_new(enum loop_kind kind, usec start, struct loop **ret_loop)
{
	struct loop *l = mem_zalloc(sizeof(*l));
	int rc;

	if (!l)
		return -ENOMEM;
	l->kind = kind;
	l->packet_fd = l->stream_fd = l->wake_fd = -1;
	l->owner = pthread_self();
	l->now = kind == LOOP_SIM ? start : clock_read();
	live_up(&live_loop);
	rc = heap_reserve(&l->timers, TIMERS_AT_FIRST);
	if (rc == 0 && kind == LOOP_REAL)
		rc = open_descriptors(l);
	if (rc < 0) {
		loop_free(l);
		return rc;
	}
	*ret_loop = l;
	return 0;
}

static void close_descriptor(int fd)
{
	if (fd >= 0)
		close(fd);
}

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	assert(l->watches == 0 && !l->wakers);
	heap_fini(&l->timers);
	close_descriptor(l->wake_fd);
	close_descriptor(l->stream_fd);
	close_descriptor(l->packet_fd);
	live_down(&live_loop);
	return mem_free(l);
}

/* ---- the turn ---- */

usec loop_now(const struct loop *l)
{
	return l->now;
}

void loop_assert_here(const struct loop *l)
{
	assert(pthread_equal(atomic_load_explicit(&l->owner, memory_order_relaxed), pthread_self()));
}

/* After each callback: how long did it take? Simulated time stands still in a callback. */
static void account(struct loop *l, uint64_t *counter)
{
	usec t = l->kind == LOOP_SIM ? l->now : clock_read();
	usec took = t - l->served;

	++*counter;
	l->served = t;
	l->stats.slow += took > SLOW_USEC;
	l->stats.slowest = MAX(l->stats.slowest, took);
}

/* At most as many as there are now, so that a timer that restarts itself as already due cannot hold up the
 * turn. */
static void fire_timers(struct loop *l)
{
	for (size_t left = l->timers.count; left > 0 && heap_due(&l->timers) <= l->now; left--) {
		struct timer *t = CONTAINER_OF(heap_first(&l->timers), struct timer, slot);

		heap_remove(&l->timers, &t->slot);
		l->stats.late_max = MAX(l->stats.late_max, l->served - t->due);
		t->fn(t);
		account(l, &l->stats.timers);
	}
}

static void run_wakers(struct loop *l)
{
	if (!(atomic_fetch_and(&l->wake, ~(unsigned)WAKE_DUE) & WAKE_DUE))
		return;
	l->stats.wakes++;
	for (struct waker *w = l->wakers; w; w = l->next_waker) {
		uint64_t uncounted = 0;

		l->next_waker = w->next;
		w->fn(w);
		account(l, &uncounted);
	}
}

/* An epoll descriptor is itself pollable, which gives kernels before 5.11 (and sandboxes that do not know
 * the newer call) a wait of the same precision. */
static int wait_the_old_way(struct loop *l, const struct timespec *timeout)
{
	struct pollfd p = {.fd = l->packet_fd, .events = POLLIN};

	if (ppoll(&p, 1, timeout, NULL) < 0)
		return -1;
	return epoll_wait(l->packet_fd, l->ready, LOOP_PACKETS_PER_TURN, 0);
}

static int wait_for_packets(struct loop *l, usec wait)
{
	struct timespec ts = {.tv_sec = wait / USEC_SEC(1), .tv_nsec = wait % USEC_SEC(1) * 1000};
	const struct timespec *timeout = wait == USEC_NEVER ? NULL : &ts;
	int n;

	if (l->old_kernel)
		return wait_the_old_way(l, timeout);
	n = epoll_pwait2(l->packet_fd, l->ready, LOOP_PACKETS_PER_TURN, timeout, NULL);
	if (n >= 0 || (errno != ENOSYS && errno != EPERM))
		return n;
	l->old_kernel = true;
	return wait_the_old_way(l, timeout);
}

/* How long this turn may sleep. */
static usec patience(struct loop *l, usec wait)
{
	usec due = heap_due(&l->timers);

	if (wait > 0 && due != USEC_NEVER)
		wait = MIN(wait, due - clock_read());
	if (wait > 0 && (atomic_fetch_or(&l->wake, WAKE_ASLEEP) & WAKE_DUE))
		wait = 0;
	return MAX(wait, 0);
}

/* Takes our own two descriptors out of what was fetched. When more packets were ready than fetched, the
 * streams' descriptor may be among those left behind: they are looked at anyway. */
static void sort_out_ours(struct loop *l)
{
	l->streams_ready = l->ready_count == LOOP_PACKETS_PER_TURN;
	for (int i = 0; i < l->ready_count; i++) {
		void *ptr = l->ready[i].data.ptr;

		if (ptr == &l->stream_fd)
			l->streams_ready = true;
		if (ptr == &l->stream_fd || ptr == &l->wake_fd)
			l->ready[i].data.ptr = NULL;
	}
}

static int fetch_packets(struct loop *l, usec wait)
{
	int n = wait_for_packets(l, patience(l, wait));
	int rc = n < 0 && errno != EINTR ? -errno : 0;

	atomic_fetch_and(&l->wake, ~(unsigned)WAKE_ASLEEP);
	l->ready_count = MAX(n, 0);
	sort_out_ours(l);
	return rc;
}

static int fetch_streams(struct loop *l)
{
	int n = epoll_wait(l->stream_fd, l->ready, LOOP_STREAMS_PER_TURN, 0);

	l->ready_count = MAX(n, 0);
	return n < 0 && errno != EINTR ? -errno : 0;
}

/* What was fetched, less what the watch has ceased to ask for since. */
static unsigned ready_of(const struct watch *w, uint32_t events)
{
	unsigned ready = 0;

	if (events & EPOLLIN)
		ready |= WATCH_READ;
	if (events & EPOLLOUT)
		ready |= WATCH_WRITE;
	ready &= w->asked;
	if (w->asked && events & (EPOLLERR | EPOLLHUP))
		ready |= WATCH_ERROR;
	return ready;
}

static void serve(struct loop *l, uint64_t *counter)
{
	for (int i = 0; i < l->ready_count; i++) {
		struct watch *w = l->ready[i].data.ptr;
		unsigned ready = w ? ready_of(w, l->ready[i].events) : 0;

		if (!ready)
			continue;
		w->fn(w, ready);
		account(l, counter);
	}
	l->ready_count = 0;
}

static int real_turn(struct loop *l, usec wait)
{
	int rc = fetch_packets(l, wait);

	l->now = l->served = clock_read();
	l->stats.turns++;
	fire_timers(l);
	serve(l, &l->stats.packets);
	if (l->streams_ready && rc == 0)
		rc = fetch_streams(l);
	serve(l, &l->stats.streams);
	run_wakers(l);
	return rc;
}

static bool wake_due(struct loop *l)
{
	return atomic_load(&l->wake) & WAKE_DUE;
}

/* Time moves to the next thing to do, at most by `wait`. */
static int sim_turn(struct loop *l, usec wait)
{
	usec until = wait > USEC_NEVER - l->now ? USEC_NEVER : l->now + wait;
	usec next = MIN(heap_due(&l->timers), until);

	if (!wake_due(l)) {
		if (next == USEC_NEVER)
			return -EDEADLK;
		l->now = MAX(l->now, next);
	}
	l->served = l->now;
	l->stats.turns++;
	fire_timers(l);
	run_wakers(l);
	return 0;
}

int loop_turn(struct loop *l, usec wait)
{
	loop_assert_here(l);
	return l->kind == LOOP_SIM ? sim_turn(l, wait) : real_turn(l, wait);
}

int loop_run(struct loop *l)
{
	pthread_t maker = atomic_exchange(&l->owner, pthread_self());
	int rc = 0;

	while (rc == 0 && !atomic_load(&l->stop))
		rc = loop_turn(l, USEC_NEVER);
	atomic_store(&l->stop, false);
	atomic_store(&l->owner, maker);
	return rc;
}

void loop_advance(struct loop *l, usec span)
{
	usec until = l->now + span;
	int rc;

	assert(l->kind == LOOP_SIM);
	do {
		rc = loop_turn(l, until - l->now);
		assert(rc == 0); /* a turn with an end cannot be without one */
	} while (l->now < until || heap_due(&l->timers) <= until || wake_due(l));
}

void loop_stop(struct loop *l)
{
	atomic_store(&l->stop, true);
	loop_wake(l);
}

/* ---- timers ---- */

int loop_reserve(struct loop *l, size_t n)
{
	return heap_reserve(&l->timers, n);
}

void timer_start(struct timer *t, struct loop *l, usec due, void (*fn)(struct timer *t))
{
	loop_assert_here(l);
	assert(!t->slot || t->loop == l);
	if (l->timers.count == l->timers.capacity && heap_reserve(&l->timers, l->timers.capacity * 2) < 0)
		abort();
	t->loop = l;
	t->due = due;
	t->fn = fn;
	heap_put(&l->timers, due, &t->slot);
}

void timer_stop(struct timer *t)
{
	if (!t->slot)
		return;
	loop_assert_here(t->loop);
	heap_remove(&t->loop->timers, &t->slot);
}

/* ---- file descriptors ---- */

static int control(struct watch *w, int op, unsigned asked)
{
	int epoll_fd = w->class == WATCH_PACKET ? w->loop->packet_fd : w->loop->stream_fd;
	struct epoll_event ev = {.data.ptr = w};

	if (asked & WATCH_READ)
		ev.events |= EPOLLIN;
	if (asked & WATCH_WRITE)
		ev.events |= EPOLLOUT;
	return epoll_ctl(epoll_fd, op, w->fd, &ev) < 0 ? -errno : 0;
}

int watch_start(struct watch *w, struct loop *l, int fd, enum watch_class class, unsigned asked,
		void (*fn)(struct watch *w, unsigned ready))
{
	int rc;

	loop_assert_here(l);
	assert(!w->loop);
	if (l->kind == LOOP_SIM)
		return -EOPNOTSUPP;
	*w = (struct watch){.loop = l, .fd = fd, .class = class, .fn = fn};
	rc = watch_ask(w, asked);
	if (rc < 0)
		w->loop = NULL;
	else
		l->watches++;
	return rc;
}

int watch_ask(struct watch *w, unsigned asked)
{
	int op = !asked ? EPOLL_CTL_DEL : w->asked ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	int rc;

	loop_assert_here(w->loop);
	if (asked == w->asked)
		return 0;
	rc = control(w, op, asked);
	if (rc == 0)
		w->asked = asked;
	return rc;
}

void watch_stop(struct watch *w)
{
	struct loop *l = w->loop;

	if (!l)
		return;
	loop_assert_here(l);
	/* Fails only when the descriptor has been closed, and then it is gone already. */
	if (w->asked)
		control(w, EPOLL_CTL_DEL, 0);
	for (int i = 0; i < l->ready_count; i++)
		if (l->ready[i].data.ptr == w)
			l->ready[i].data.ptr = NULL;
	l->watches--;
	w->loop = NULL;
	w->asked = 0;
}

/* ---- wake-ups ---- */

void waker_add(struct waker *w, struct loop *l, void (*fn)(struct waker *w))
{
	struct waker **at = &l->wakers;

	loop_assert_here(l);
	while (*at)
		at = &(*at)->next;
	*w = (struct waker){.loop = l, .fn = fn};
	*at = w;
}

void waker_remove(struct waker *w)
{
	struct loop *l = w->loop;
	struct waker **at;

	if (!l)
		return;
	loop_assert_here(l);
	for (at = &l->wakers; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	if (l->next_waker == w)
		l->next_waker = w->next;
	*w = (struct waker){0};
}

void loop_wake(struct loop *l)
{
	static const uint64_t one = 1;
	int saved_errno = errno;

	/* The write can fail only by overflow after 2^64 wake-ups. */
	if (atomic_fetch_or(&l->wake, WAKE_DUE) == WAKE_ASLEEP && write(l->wake_fd, &one, sizeof(one)) < 0)
		assert(errno == EAGAIN);
	errno = saved_errno;
}

/* ---- figures ---- */

void loop_read_stats(struct loop *l, struct loop_stats *ret_stats)
{
	loop_assert_here(l);
	*ret_stats = l->stats;
	l->stats.late_max = 0;
	l->stats.slowest = 0;
}
