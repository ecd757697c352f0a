/*
 * media.c - what a call costs in processor time, and how punctual it is
 *
 * N paced calls (G.711, 50 packets a second each way over loopback, a port
 * each) through the real media and control loops, which share one processor;
 * the callers live on the other (load.h). We speak a third of the time. Three
 * columns: with the energy gate alone, with neural detection behind it, and
 * with every call recorded besides. Processor time is that of the threads
 * themselves, in microseconds for a second of one call. The kernel's part of
 * receiving and sending is in it; the callers' is not. What 50 bare packets each
 * way cost on this machine, without any work on them, is printed first: no
 * media plane with a port per call can be cheaper.
 *
 *   media [--calls 500,1000,2000] [--seconds 10] [--models DIR]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench/load.h"
#include "call/detector.h"
#include "leg/record_file.h"
#include "leg/reflex.h"
#include "leg/stream.h"
#include "media/codec.h"
#include "media/tone.h"
#include "provider/local/ort.h"
#include "provider/vad/silero.h"

#define CALLS_MAX     4000
#define SIZES_MAX     8
#define WARM_UP       USEC_SEC(2)
#define WRITE_EVERY   USEC_MS(200)
#define SPEAK_EVERY   USEC_SEC(6)
#define SPEAK_SAMPLES (2 * LEG_RATE_HZ)
#define SPEAK_GROUPS  60

enum column {
	GATE,
	DETECT,
	RECORD,
	COLUMNS,
};

struct call {
	struct bench *bench;
	struct stream *stream;
	uint32_t answer;
	struct recorder *recorder;
	struct record_file file;
};

struct bench {
	size_t calls_n;
	enum column column;
	usec span;
	struct vad *vad;

	struct loop *control, *media;
	struct stream_pool *pool;
	struct detector *detector;
	struct load *load;
	struct call calls[CALLS_MAX];
	struct timer speak;
	size_t speak_group;
	pthread_t control_thread, media_thread, writer_thread;
	atomic_bool writer_stop;
	atomic_ullong frames, events;
	int16_t speech[SPEAK_SAMPLES];
};

struct result {
	double media, control, detector, writer; /* us a call-second */
	struct stream_pool_stats pool;
	double returned; /* packets that came back, of those due */
	double frames;   /* frames control got, of those due */
	uint64_t load_late;
};

static void pin(pthread_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	/* On a machine with one processor it stays where it is. */
	(void)pthread_setaffinity_np(thread, sizeof(set), &set);
}

static usec cpu_of(pthread_t thread)
{
	clockid_t id;

	return pthread_getcpuclockid(thread, &id) == 0 ? clock_read_(id) : 0;
}

/* ---- the control loop's side ---- */

static void on_event(void *arg, const struct leg_event *ev)
{
	struct call *c = arg;

	atomic_fetch_add_explicit(ev->type == LEG_EV_AUDIO ? &c->bench->frames : &c->bench->events, 1,
				  memory_order_relaxed);
}

static void on_recorded(void *arg, struct recorder *r)
{
	(void)arg;
	(void)r;
}

static void on_speak(struct timer *t)
{
	struct bench *b = CONTAINER_OF(t, struct bench, speak);

	for (size_t i = b->speak_group; i < b->calls_n; i += SPEAK_GROUPS)
		if (stream_play(b->calls[i].stream, ++b->calls[i].answer, b->speech, SPEAK_SAMPLES) < 0)
			abort();
	b->speak_group = (b->speak_group + 1) % SPEAK_GROUPS;
	timer_start(t, b->control, t->due + SPEAK_EVERY / SPEAK_GROUPS, on_speak);
}

static int open_call(struct bench *b, size_t i)
{
	const struct addr *source = load_source(b->load, i);
	struct stream_params params = {
		.codec = codec_at(0),
		.event_send_type = STREAM_NO_EVENTS,
		.event_recv_type = STREAM_NO_EVENTS,
		.remote = *source,
		.remote_rtcp = *source,
		.send = true,
		.receive = true,
	};
	struct call *c = &b->calls[i];
	struct stream_sink sink = {on_event, on_recorded, c};
	int rc;

	*c = (struct call){.bench = b};
	rc = stream_open(b->pool, &sink, &c->stream);
	if (rc < 0)
		return rc;
	load_target(b->load, i, stream_local(c->stream));
	stream_start(c->stream, &params);
	if (b->column != RECORD)
		return 0;
	rc = recorder_new(RECORDER_ULAW, &c->recorder);
	if (rc == 0)
		stream_record(c->stream, c->recorder);
	return rc;
}

/* Every call is opened before the threads run, so that this thread still owns both loops. */
static int open_calls(struct bench *b)
{
	int rc = 0;

	for (size_t i = 0; i < b->calls_n && rc == 0; i++) {
		rc = open_call(b, i);
		if (rc == 0 && i % 64 == 0)
			rc = loop_turn(b->media, 0); /* takes the wishes */
	}
	timer_start(&b->speak, b->control, loop_now(b->control), on_speak);
	return rc;
}

/* ---- threads ---- */

static void *run_loop(void *arg)
{
	if (loop_run(arg) < 0)
		abort();
	return NULL;
}

/* Writes every recording a few times a second, as the program's writer does. */
static void *run_writer(void *arg)
{
	struct bench *b = arg;
	FILE **files = mem_zalloc(b->calls_n * sizeof(*files));
	int rc = files ? 0 : -ENOMEM;

	for (size_t i = 0; i < b->calls_n && rc == 0; i++) {
		files[i] = tmpfile();
		rc = files[i] ? record_file_start(&b->calls[i].file, b->calls[i].recorder, fileno(files[i]),
						  clock_read())
			      : -errno;
	}
	while (!atomic_load(&b->writer_stop) && rc == 0) {
		for (size_t i = 0; i < b->calls_n && rc == 0; i++)
			rc = record_file_write(&b->calls[i].file, clock_read());
		usleep((unsigned)WRITE_EVERY);
	}
	if (rc < 0)
		fprintf(stderr, "recording: %s\n", strerror(-rc));
	for (size_t i = 0; files && i < b->calls_n; i++)
		if (files[i])
			fclose(files[i]);
	mem_free(files);
	return NULL;
}

static int start(struct bench *b)
{
	struct stream_pool_config config = {
		.streams = b->calls_n,
		.duck_db = -18,
		.reflex = &reflex_hysteresis,
		.reflex_config = &reflex_hysteresis_default,
	};
	int rc = loop_new(LOOP_REAL, 0, &b->control);

	if (rc == 0)
		rc = loop_new(LOOP_REAL, 0, &b->media);
	if (rc == 0)
		rc = addr_parse(STR("127.0.0.1"), 0, &config.bind);
	if (rc == 0 && b->column != GATE)
		rc = detector_start(b->vad, b->calls_n, &b->detector);
	if (rc == 0)
		rc = load_new(b->calls_n, &b->load);
	if (rc < 0)
		return rc;
	config.control = b->control;
	config.media = b->media;
	config.detect = b->detector ? detector_link(b->detector) : NULL;
	rc = stream_pool_new(&config, &b->pool);
	return rc < 0 ? rc : open_calls(b);
}

static void run_threads(struct bench *b)
{
	if (pthread_create(&b->control_thread, NULL, run_loop, b->control) ||
	    pthread_create(&b->media_thread, NULL, run_loop, b->media) ||
	    (b->column == RECORD && pthread_create(&b->writer_thread, NULL, run_writer, b)) ||
	    load_start(b->load) < 0)
		abort();
	(void)pthread_setname_np(b->control_thread, "control");
	(void)pthread_setname_np(b->media_thread, "media-loop");
	pin(b->control_thread, 0);
	pin(b->media_thread, 0);
}

static void stop_threads(struct bench *b)
{
	load_stop(b->load);
	loop_stop(b->media);
	loop_stop(b->control);
	pthread_join(b->media_thread, NULL);
	pthread_join(b->control_thread, NULL);
	atomic_store(&b->writer_stop, true);
	if (b->column == RECORD)
		pthread_join(b->writer_thread, NULL);
}

/* The loops are this thread's again. */
static void finish(struct bench *b)
{
	timer_stop(&b->speak);
	for (size_t i = 0; i < b->calls_n; i++)
		b->calls[i].stream = stream_close(b->calls[i].stream);
	while (stream_pool_open(b->pool) > 0)
		if (loop_turn(b->media, 0) < 0 || loop_turn(b->control, 0) < 0)
			abort();
	for (size_t i = 0; i < b->calls_n; i++)
		b->calls[i].recorder = recorder_free(b->calls[i].recorder);
	b->pool = stream_pool_free(b->pool);
	b->detector = detector_stop(b->detector);
	b->load = load_free(b->load);
	b->control = loop_free(b->control);
	b->media = loop_free(b->media);
}

/* ---- measuring ---- */

struct reading {
	usec at, media, control, detector, writer;
	struct load_stats load;
	uint64_t frames;
};

static struct reading read_all(struct bench *b)
{
	struct detector_stats d = {0};

	if (b->detector)
		detector_read_stats(b->detector, &d);
	return (struct reading){
		.at = clock_read(),
		.media = cpu_of(b->media_thread),
		.control = cpu_of(b->control_thread),
		.detector = d.cpu,
		.writer = b->column == RECORD ? cpu_of(b->writer_thread) : 0,
		.load = load_read_stats(b->load),
		.frames = atomic_load(&b->frames),
	};
}

static struct result compare(struct bench *b, const struct reading *a, const struct reading *z)
{
	double seconds = (double)(z->at - a->at) / 1e6 * (double)b->calls_n;
	struct result r = {
		.media = (double)(z->media - a->media) / seconds,
		.control = (double)(z->control - a->control) / seconds,
		.detector = (double)(z->detector - a->detector) / seconds,
		.writer = (double)(z->writer - a->writer) / seconds,
		.returned = (double)(z->load.received - a->load.received) / seconds / 50,
		.frames = (double)(z->frames - a->frames) / seconds / 50,
		.load_late = z->load.late - a->load.late,
	};

	stream_pool_read_stats(b->pool, &r.pool);
	return r;
}

static int measure(struct bench *b, struct result *ret_result)
{
	struct stream_pool_stats before;
	struct reading a, z;
	int rc = start(b);

	if (rc < 0)
		return rc;
	run_threads(b);
	usleep((unsigned)WARM_UP);
	stream_pool_read_stats(b->pool, &before);
	a = read_all(b);
	usleep((unsigned)b->span);
	z = read_all(b);
	*ret_result = compare(b, &a, &z);
	ret_result->pool.notes_dropped -= before.notes_dropped;
	ret_result->pool.windows_dropped -= before.windows_dropped;
	stop_threads(b);
	finish(b);
	return 0;
}

static void print(const struct bench *b, const struct result *r)
{
	static const char *const names[] = {"gate", "detection", "detection+recording"};

	printf("%5zu  %-20s %6.0f %8.0f %9.0f %7.0f %8.0f   %6.2f %6.2f   %6.1f%% %6.1f%% %6llu %6llu\n",
	       b->calls_n, names[b->column], r->media, r->control, r->detector, r->writer,
	       r->media + r->control + r->detector + r->writer, (double)r->pool.late_p50 / 1000,
	       (double)r->pool.late_p99 / 1000, r->returned * 100, r->frames * 100,
	       (unsigned long long)r->pool.notes_dropped, (unsigned long long)r->pool.windows_dropped);
	fflush(stdout);
}

/* ---- the program ---- */

/* ---- the floor ---- */

#define BARE_SOCKETS 500
#define BARE_ROUNDS  20

struct bare {
	int fds[BARE_SOCKETS], peer;
	struct sockaddr_in to[BARE_SOCKETS], from;
};

static int bare_socket(uint32_t ip, struct sockaddr_in *ret_bound)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(local);

	if (fd < 0 || bind(fd, (struct sockaddr *)&local, n) < 0 ||
	    getsockname(fd, (struct sockaddr *)&local, &n) < 0)
		abort();
	*ret_bound = local;
	return fd;
}

/* One packet in and one out on each socket; the other end's part is not counted. */
static usec bare_round(struct bare *x)
{
	static uint8_t bytes[172];
	usec begin;

	for (size_t i = 0; i < BARE_SOCKETS; i++)
		(void)!sendto(x->peer, bytes, sizeof(bytes), 0, (struct sockaddr *)&x->to[i],
			      sizeof(x->to[i]));
	begin = clock_cpu();
	for (size_t i = 0; i < BARE_SOCKETS; i++) {
		(void)!recv(x->fds[i], bytes, sizeof(bytes), MSG_DONTWAIT);
		(void)!sendto(x->fds[i], bytes, sizeof(bytes), 0, (struct sockaddr *)&x->from,
			      sizeof(x->from));
	}
	begin = clock_cpu() - begin;
	while (recv(x->peer, bytes, sizeof(bytes), 0) > 0)
		;
	return begin;
}

static void print_floor(void)
{
	struct bare x;
	usec spent = 0;

	x.peer = bare_socket(INADDR_LOOPBACK + 1, &x.from);
	for (size_t i = 0; i < BARE_SOCKETS; i++)
		x.fds[i] = bare_socket(INADDR_LOOPBACK, &x.to[i]);
	for (int i = 0; i < BARE_ROUNDS; i++)
		spent += bare_round(&x);
	for (size_t i = 0; i < BARE_SOCKETS; i++)
		close(x.fds[i]);
	close(x.peer);
	printf("bare sockets, 50 packets each way: %.0f us of a call-second\n",
	       (double)spent / BARE_ROUNDS / BARE_SOCKETS * 50);
}

struct options {
	size_t sizes[SIZES_MAX], size_count;
	usec span;
	const char *models;
};

static int parse_sizes(struct str text, struct options *o)
{
	for (o->size_count = 0; !str_empty(text) && o->size_count < SIZES_MAX;) {
		int64_t n;

		if (str_to_int(str_cut(&text, ','), 1, CALLS_MAX, &n) < 0)
			return -EINVAL;
		o->sizes[o->size_count++] = (size_t)n;
	}
	return o->size_count > 0 ? 0 : -EINVAL;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {{"calls", required_argument, NULL, 'c'},
						{"seconds", required_argument, NULL, 's'},
						{"models", required_argument, NULL, 'm'},
						{0}};
	int64_t seconds = 10;
	int c, rc = parse_sizes(STR("500,1000,2000"), o);

	o->models = "models";
	while (rc == 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			rc = parse_sizes(str_from(optarg), o);
		else if (c == 's')
			rc = str_to_int(str_from(optarg), 1, 3600, &seconds);
		else if (c == 'm')
			o->models = optarg;
		else
			rc = -EINVAL;
	}
	o->span = USEC_SEC(seconds);
	if (rc < 0)
		fprintf(stderr, "media [--calls 500,1000,2000] [--seconds 10] [--models DIR]\n");
	return rc;
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		printf("open files: %llu, enough for %llu calls\n", (unsigned long long)limit.rlim_cur,
		       (unsigned long long)limit.rlim_cur / 3);
}

static int run_size(struct bench *b, size_t calls, const struct options *o, struct vad *vad)
{
	for (int column = GATE; column < COLUMNS; column++) {
		struct result r = {0};
		int rc;

		if (column != GATE && !vad)
			continue;
		memset(b, 0, sizeof(*b));
		b->calls_n = calls;
		b->column = (enum column)column;
		b->span = o->span;
		b->vad = vad;
		for (size_t i = 0; i < SPEAK_SAMPLES; i++)
			b->speech[i] = (int16_t)(i % 37 * 300 - 5550);
		rc = measure(b, &r);
		if (rc < 0) {
			fprintf(stderr, "%zu calls: %s\n", calls, strerror(-rc));
			return rc;
		}
		print(b, &r);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct ort_error err = {{0}};
	struct bench *b = mem_zalloc(sizeof(*b));
	struct ort *ort = NULL;
	struct vad *vad = NULL;
	struct options o = {0};
	int rc = b ? parse(argc, argv, &o) : -ENOMEM;

	if (rc < 0)
		return 2;
	raise_file_limit();
	print_floor();
	if (ort_open(o.models, &err, &ort) == 0)
		rc = vad_open(&silero_ops, &(struct silero_config){ort, &err}, &vad);
	if (!vad)
		printf("without detection: %s\n", err.text);
	printf("calls  with                  media  control  detector  writer    total   late p50    p99     "
	       "sent   heard  notes windows\n"
	       "                             --------- us of a call-second ---------   ------ ms ------   of "
	       "due"
	       "   of due  ---- lost ---\n");
	rc = 0;
	for (size_t i = 0; i < o.size_count && rc == 0; i++)
		rc = run_size(b, o.sizes[i], &o, vad);
	vad_close(vad);
	ort_close(ort);
	mem_free(b);
	return rc < 0;
}
