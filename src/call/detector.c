#include "call/detector.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

_Static_assert(DETECT_WINDOW_SAMPLES == VAD_WINDOW_SAMPLES, "the line carries what the engine eats");

struct detector {
	struct detect_link link;
	struct loop *loop;
	struct waker waker;
	struct vad *vad;
	pthread_t thread;
	size_t streams, state_size;
	unsigned char *states;  /* [streams][state_size] */
	unsigned char *batched; /* [streams]: already in the batch that is being gathered */
	struct detect_window batch[VAD_BATCH_MAX];
	struct vad_item items[VAD_BATCH_MAX];
	atomic_ullong windows, batches, failed, cpu;
};

static void wake(void *arg)
{
	struct detector *d = arg;

	loop_wake(d->loop);
}

/* A stream's windows depend on each other: at most one of each goes into a batch. */
static size_t gather(struct detector *d)
{
	const struct detect_window *w;
	size_t n = 0;

	while (n < VAD_BATCH_MAX && (w = ring_peek(&d->link.windows)) && !d->batched[w->stream]) {
		unsigned char *state = d->states + w->stream * d->state_size;

		if (w->begins)
			memset(state, 0, d->state_size);
		d->batched[w->stream] = 1;
		d->batch[n] = *w;
		d->items[n] = (struct vad_item){
			.state = state, .near = d->batch[n].near, .far = w->has_far ? d->batch[n].far : NULL};
		ring_release(&d->link.windows);
		n++;
	}
	for (size_t i = 0; i < n; i++)
		d->batched[d->batch[i].stream] = 0;
	return n;
}

static void report(struct detector *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct detect_verdict v = {.stream = d->batch[i].stream,
					   .generation = d->batch[i].generation,
					   .at = d->batch[i].at,
					   .probability = d->items[i].probability};

		/* A full ring loses this verdict; the stream's next one is 32 ms away. */
		(void)!ring_push(&d->link.verdicts, &v);
	}
	loop_wake(d->link.media);
}

static void note_cpu(struct detector *d)
{
	atomic_store_explicit(&d->cpu, (unsigned long long)clock_cpu(), memory_order_relaxed);
}

static void on_wake(struct waker *w)
{
	struct detector *d = CONTAINER_OF(w, struct detector, waker);
	size_t n;

	while ((n = gather(d)) > 0) {
		if (vad_run(d->vad, d->items, n) == 0)
			report(d, n);
		else
			atomic_fetch_add_explicit(&d->failed, n, memory_order_relaxed);
		atomic_fetch_add_explicit(&d->windows, n, memory_order_relaxed);
		atomic_fetch_add_explicit(&d->batches, 1, memory_order_relaxed);
	}
	note_cpu(d);
}

static void *run(void *arg)
{
	struct detector *d = arg;

	pthread_setname_np(pthread_self(), "detector");
	(void)!loop_run(d->loop);
	return NULL;
}

static struct detector *free_detector(struct detector *d)
{
	if (d->loop) {
		waker_remove(&d->waker);
		d->loop = loop_free(d->loop);
	}
	detect_link_fini(&d->link);
	mem_free(d->states);
	mem_free(d->batched);
	return mem_free(d);
}

static int prepare(struct detector *d)
{
	int rc = loop_new(LOOP_REAL, 0, &d->loop);

	if (rc < 0)
		return rc;
	waker_add(&d->waker, d->loop, on_wake);
	d->states = mem_zalloc(d->streams * d->state_size);
	d->batched = mem_zalloc(d->streams);
	if (!d->states || !d->batched)
		return -ENOMEM;
	return detect_link_init(&d->link, d->streams, wake, d);
}

int detector_start(struct vad *vad, size_t streams, struct detector **ret_detector)
{
	const size_t align = alignof(max_align_t);
	struct detector *d = mem_zalloc(sizeof(*d));
	int rc;

	if (!d)
		return -ENOMEM;
	d->vad = vad;
	d->streams = streams;
	d->state_size = (vad->ops->state_size + align - 1) / align * align;
	rc = prepare(d);
	if (rc == 0)
		rc = -pthread_create(&d->thread, NULL, run, d);
	if (rc < 0) {
		free_detector(d);
		return rc;
	}
	*ret_detector = d;
	return 0;
}

struct detector *detector_stop(struct detector *d)
{
	if (!d)
		return NULL;
	loop_stop(d->loop);
	pthread_join(d->thread, NULL);
	return free_detector(d);
}

struct detect_link *detector_link(struct detector *d)
{
	return &d->link;
}

void detector_read_stats(const struct detector *d, struct detector_stats *ret_stats)
{
	*ret_stats = (struct detector_stats){
		.windows = atomic_load_explicit(&d->windows, memory_order_relaxed),
		.batches = atomic_load_explicit(&d->batches, memory_order_relaxed),
		.failed = atomic_load_explicit(&d->failed, memory_order_relaxed),
		.cpu = (usec)atomic_load_explicit(&d->cpu, memory_order_relaxed),
	};
}
