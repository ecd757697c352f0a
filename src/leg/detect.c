#include "leg/detect.h"

#include <string.h>

#define WINDOWS_A_STREAM  (DETECT_BEFORE + 4)
#define VERDICTS_A_STREAM 4
#define SLOTS_MIN         64

#define TAP_WINDOWS (DETECT_BEFORE + 1)

int detect_link_init(struct detect_link *d, size_t streams, void (*wake)(void *arg), void *arg)
{
	int rc;

	*d = (struct detect_link){.wake = wake, .arg = arg};
	rc = ring_init(&d->windows, sizeof(struct detect_window), MAX(streams * WINDOWS_A_STREAM, SLOTS_MIN));
	if (rc < 0)
		return rc;
	rc = ring_init(&d->verdicts, sizeof(struct detect_verdict),
		       MAX(streams * VERDICTS_A_STREAM, SLOTS_MIN));
	if (rc < 0)
		ring_fini(&d->windows);
	return rc;
}

void detect_link_fini(struct detect_link *d)
{
	ring_fini(&d->windows);
	ring_fini(&d->verdicts);
}

void detect_tap_init(struct detect_tap *t, uint32_t stream, uint32_t generation)
{
	*t = (struct detect_tap){.stream = stream, .generation = generation};
}

static size_t push(const struct detect_tap *t, struct detect_link *d, uint32_t at, bool begins)
{
	struct detect_window *w = ring_claim(&d->windows);

	if (!w)
		return 0;
	w->stream = t->stream;
	w->generation = t->generation;
	w->at = t->ends[at];
	w->begins = begins;
	w->has_far = t->audible[at];
	memcpy(w->near, t->near[at], sizeof(w->near));
	if (w->has_far)
		memcpy(w->far, t->far[at], sizeof(w->far));
	ring_commit(&d->windows);
	return 1;
}

/* The window in hand is complete: it goes, and before it what opened the gate has not heard of yet. */
static size_t complete(struct detect_tap *t, struct detect_link *d, bool open)
{
	size_t pushed = 0;

	if (open) {
		for (; t->before > 0; t->before--, t->open = true)
			pushed += push(t, d, (t->at + TAP_WINDOWS - t->before) % TAP_WINDOWS, !t->open);
		pushed += push(t, d, t->at, !t->open);
	} else {
		t->before = MIN(t->before + 1, DETECT_BEFORE);
	}
	t->open = open;
	t->at = (t->at + 1) % TAP_WINDOWS;
	t->fill = 0;
	t->audible[t->at] = false;
	return pushed;
}

size_t detect_tap_frame(struct detect_tap *t, struct detect_link *d, const struct detect_frame *f)
{
	size_t pushed = 0;

	for (size_t done = 0; done < f->samples;) {
		size_t n = MIN(f->samples - done, DETECT_WINDOW_SAMPLES - t->fill);

		memcpy(t->near[t->at] + t->fill, f->near + done, n * sizeof(*f->near));
		memcpy(t->far[t->at] + t->fill, f->far + done, n * sizeof(*f->far));
		t->audible[t->at] |= f->far_audible;
		t->fill += (uint32_t)n;
		done += n;
		if (t->fill < DETECT_WINDOW_SAMPLES)
			continue;
		t->ends[t->at] = f->at - (usec)(f->samples - done) * 125; /* 8 kHz */
		pushed += complete(t, d, f->open);
	}
	return pushed;
}
