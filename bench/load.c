#include "bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "media/frame.h"
#include "media/g711.h"
#include "wire/rtp.h"

#define SOURCES      16
#define GROUPS       10 /* of callers, 2 ms apart */
#define BATCH        64
#define PACKET_BYTES (RTP_HEADER_BYTES + FRAME_SAMPLES_8K)
#define STORY_FRAMES 500 /* ten seconds: four of speech, six of noise */
#define SPEECH_PART  200
#define LATE         USEC_MS(2)

struct caller {
	struct sockaddr_in to;
	uint16_t seq;
	uint32_t timestamp;
	uint32_t at; /* frame of the story */
};

struct load {
	size_t streams;
	struct caller *callers;
	int fds[SOURCES];
	struct addr sources[SOURCES];
	pthread_t thread;
	atomic_bool stop;
	atomic_ullong sent, received, late;
	uint8_t story[STORY_FRAMES][FRAME_SAMPLES_8K];
	uint8_t bytes[BATCH][PACKET_BYTES];
	struct iovec iov[BATCH];
	struct mmsghdr messages[BATCH];
};

static void tell_story(struct load *l)
{
	uint32_t state = 1;

	for (size_t frame = 0; frame < STORY_FRAMES; frame++) {
		int16_t pcm[FRAME_SAMPLES_8K];

		for (size_t i = 0; i < FRAME_SAMPLES_8K; i++) {
			double t = (double)(frame * FRAME_SAMPLES_8K + i) / 8000, v;

			state = state * 1664525u + 1013904223u;
			v = 30.0 * (int32_t)state / 2147483648.0;
			if (frame < SPEECH_PART)
				v += 9000 * fabs(sin(M_PI * 4 * t)) *
				     (sin(2 * M_PI * 130 * t) + 0.5 * sin(2 * M_PI * 520 * t));
			pcm[i] = (int16_t)CLAMP(v, INT16_MIN, INT16_MAX);
		}
		g711_ulaw_encode(pcm, FRAME_SAMPLES_8K, l->story[frame]);
	}
}

static int open_source(struct load *l, size_t i)
{
	struct sockaddr_in local = {.sin_family = AF_INET};
	struct sockaddr_storage sa = {0};
	socklen_t n = sizeof(sa);
	int bytes = 1 << 20;

	local.sin_addr.s_addr = htonl((uint32_t)(0x7f000002 + i));
	l->fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fds[i] < 0)
		return -errno;
	(void)setsockopt(l->fds[i], SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (bind(l->fds[i], (struct sockaddr *)&local, sizeof(local)) < 0 ||
	    getsockname(l->fds[i], (struct sockaddr *)&sa, &n) < 0)
		return -errno;
	l->sources[i] = addr_from_sockaddr(&sa);
	return 0;
}

int load_new(size_t streams, struct load **ret_load)
{
	struct load *l = mem_zalloc(sizeof(*l));
	int rc = 0;

	if (!l)
		return -ENOMEM;
	memset(l->fds, -1, sizeof(l->fds));
	l->streams = streams;
	l->callers = mem_zalloc(streams * sizeof(*l->callers));
	if (!l->callers)
		rc = -ENOMEM;
	for (size_t i = 0; i < SOURCES && rc == 0; i++)
		rc = open_source(l, i);
	if (rc < 0) {
		load_free(l);
		return rc;
	}
	tell_story(l);
	for (size_t i = 0; i < streams; i++)
		l->callers[i].at = (uint32_t)(i * 37 % STORY_FRAMES);
	*ret_load = l;
	return 0;
}

struct load *load_free(struct load *l)
{
	if (!l)
		return NULL;
	for (size_t i = 0; i < SOURCES; i++)
		if (l->fds[i] >= 0)
			close(l->fds[i]);
	mem_free(l->callers);
	return mem_free(l);
}

const struct addr *load_source(const struct load *l, size_t i)
{
	return &l->sources[i % SOURCES];
}

void load_target(struct load *l, size_t i, const struct addr *to)
{
	struct sockaddr_storage sa;

	(void)addr_to_sockaddr(to, &sa);
	memcpy(&l->callers[i].to, &sa, sizeof(l->callers[i].to));
}

/* ---- the thread ---- */

static void make_packet(struct load *l, struct caller *c, size_t slot, uint32_t ssrc)
{
	struct rtp_header h = {c->seq == 0, 0, c->seq, c->timestamp, ssrc};

	rtp_print(&h, l->bytes[slot]);
	memcpy(l->bytes[slot] + RTP_HEADER_BYTES, l->story[c->at], FRAME_SAMPLES_8K);
	l->iov[slot] = (struct iovec){l->bytes[slot], PACKET_BYTES};
	l->messages[slot].msg_hdr = (struct msghdr){
		.msg_name = &c->to, .msg_namelen = sizeof(c->to), .msg_iov = &l->iov[slot], .msg_iovlen = 1};
	c->seq++;
	c->timestamp += FRAME_SAMPLES_8K;
	c->at = (c->at + 1) % STORY_FRAMES;
}

static void send_batch(struct load *l, size_t source, size_t n)
{
	int done = n > 0 ? sendmmsg(l->fds[source], l->messages, (unsigned)n, 0) : 0;

	if (done > 0)
		atomic_fetch_add_explicit(&l->sent, (unsigned)done, memory_order_relaxed);
}

/* One source's callers of one group. */
static void send_callers(struct load *l, size_t source, size_t group)
{
	size_t n = 0;

	for (size_t i = source; i < l->streams; i += SOURCES) {
		if (i / SOURCES % GROUPS != group)
			continue;
		make_packet(l, &l->callers[i], n++, (uint32_t)i);
		if (n == BATCH) {
			send_batch(l, source, n);
			n = 0;
		}
	}
	send_batch(l, source, n);
}

static void drain(struct load *l, size_t source)
{
	int n;

	do {
		for (size_t i = 0; i < BATCH; i++) {
			l->iov[i] = (struct iovec){l->bytes[i], PACKET_BYTES};
			l->messages[i].msg_hdr = (struct msghdr){.msg_iov = &l->iov[i], .msg_iovlen = 1};
		}
		n = recvmmsg(l->fds[source], l->messages, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
		if (n > 0)
			atomic_fetch_add_explicit(&l->received, (unsigned)n, memory_order_relaxed);
	} while (n == BATCH);
}

static void wait_until(usec due)
{
	struct timespec ts = {due / USEC_SEC(1), due % USEC_SEC(1) * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void *run(void *arg)
{
	struct load *l = arg;
	usec due = clock_read();
	cpu_set_t last;

	CPU_ZERO(&last);
	CPU_SET((size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	/* On a machine with one processor it stays where it is. */
	(void)pthread_setaffinity_np(pthread_self(), sizeof(last), &last);

	for (size_t group = 0; !atomic_load(&l->stop); group = (group + 1) % GROUPS) {
		if (clock_read() - due > LATE)
			atomic_fetch_add_explicit(&l->late, 1, memory_order_relaxed);
		for (size_t source = 0; source < SOURCES; source++) {
			send_callers(l, source, group);
			drain(l, source);
		}
		due += FRAME_USEC / GROUPS;
		wait_until(due);
	}
	return NULL;
}

int load_start(struct load *l)
{
	return -pthread_create(&l->thread, NULL, run, l);
}

void load_stop(struct load *l)
{
	atomic_store(&l->stop, true);
	pthread_join(l->thread, NULL);
}

struct load_stats load_read_stats(const struct load *l)
{
	return (struct load_stats){
		.sent = atomic_load_explicit(&l->sent, memory_order_relaxed),
		.received = atomic_load_explicit(&l->received, memory_order_relaxed),
		.late = atomic_load_explicit(&l->late, memory_order_relaxed),
	};
}
