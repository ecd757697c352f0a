#include "leg/stream_media.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

#define RECEIVE_BYTES   1500
#define CATCH_UP_SLOTS  25 /* groups served late before time is declared lost: 50 ms */
#define VERDICTS_A_TURN 1024

/* ---- sockets ---- */

static void on_socket(struct stream_media *m, int fd,
		      void (*take)(struct stream_media *m, usec now, const uint8_t *bytes, size_t n,
				   const struct sockaddr_storage *from, socklen_t from_n))
{
	struct sockaddr_storage from;
	socklen_t from_n = sizeof(from);
	uint8_t bytes[RECEIVE_BYTES];
	ssize_t n = recvfrom(fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &from_n);

	/* An error is an ICMP message about a packet of ours: the peer's silence will tell. */
	if (n > 0)
		take(m, loop_now(m->hub->config.media), bytes, (size_t)n, &from, from_n);
}

static void on_rtp(struct watch *w, unsigned ready)
{
	struct stream_media *m = CONTAINER_OF(w, struct stream_media, rtp_watch);

	(void)ready;
	on_socket(m, w->fd, stream_in_rtp);
}

static void on_rtcp(struct watch *w, unsigned ready)
{
	struct stream_media *m = CONTAINER_OF(w, struct stream_media, rtcp_watch);

	(void)ready;
	on_socket(m, w->fd, stream_in_rtcp);
}

/* ---- ticks ---- */

static void flush(struct stream_hub *h)
{
	if (h->noted)
		loop_wake(h->config.control);
	if (h->windowed)
		h->config.detect->wake(h->config.detect->arg);
	h->noted = h->windowed = false;
}

static void count_lateness(struct stream_hub *h, usec late, size_t streams)
{
	size_t bucket = (size_t)MIN(late / STREAM_LATE_STEP, STREAM_LATE_BUCKETS);

	atomic_fetch_add_explicit(&h->late[bucket], (unsigned)streams, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->ticks, streams, memory_order_relaxed);
}

static void note_cpu(struct stream_hub *h)
{
	atomic_store_explicit(&h->cpu, (unsigned long long)clock_cpu(), memory_order_relaxed);
}

static void tick_slot(struct stream_hub *h, usec now)
{
	uint64_t tick = h->slot / STREAM_SLOTS;
	size_t streams = 0;

	LIST_EACH (node, &h->slots[h->slot % STREAM_SLOTS]) {
		struct stream_media *m = LIST_ENTRY(node, struct stream_media, in_slot);

		stream_out_tick(m, now, tick);
		stream_in_tick(m, now);
		streams++;
	}
	if (streams > 0)
		count_lateness(h, now - h->slot_due, streams);
	if (tick % FRAMES_A_SECOND == 0 && h->slot % STREAM_SLOTS == 0)
		note_cpu(h);
	h->slot++;
	h->slot_due += STREAM_SLOT_USEC;
}

static void on_timer(struct timer *t)
{
	struct stream_hub *h = CONTAINER_OF(t, struct stream_hub, timer);
	usec now = loop_now(h->config.media), behind = (now - h->slot_due) / STREAM_SLOT_USEC;

	if (behind > CATCH_UP_SLOTS) {
		count_lateness(h, now - h->slot_due, h->active * (size_t)behind / STREAM_SLOTS);
		h->slot += (uint64_t)behind;
		h->slot_due += behind * STREAM_SLOT_USEC;
	}
	while (h->slot_due <= now)
		tick_slot(h, now);
	flush(h);
	if (h->active > 0)
		timer_start(&h->timer, h->config.media, h->slot_due, on_timer);
}

static void run_clock(struct stream_hub *h)
{
	usec now = loop_now(h->config.media);

	if (timer_running(&h->timer))
		return;
	if (h->slot_due <= now) { /* whole steps, so that a stream's ticks stay where they were */
		uint64_t steps = (uint64_t)((now - h->slot_due) / STREAM_SLOT_USEC + 1);

		h->slot += steps;
		h->slot_due += (usec)steps * STREAM_SLOT_USEC;
	}
	timer_start(&h->timer, h->config.media, h->slot_due, on_timer);
}

/* ---- wishes ---- */

static void give_back_recorder(struct stream_media *m, struct recorder *r)
{
	struct stream_note *note;

	if (!r)
		return;
	recorder_finish(r);
	note = stream_note(m, STREAM_NOTE_RECORDED);
	assert(note); /* the ring keeps room for what cannot be lost */
	note->recorder = r;
	stream_note_send(m, true);
}

/* Nothing of the call before is left: neither who it was locked to nor a sound or key of it. */
static void forget_call(struct stream_media *m)
{
	const size_t from = offsetof(struct stream_media, generation);

	memset((unsigned char *)m + from, 0, sizeof(*m) - from);
}

static void open_slot(struct stream_media *m, const struct stream_wish *w)
{
	struct stream_hub *h = m->hub;

	forget_call(m);
	m->generation = w->generation;
	m->open = true;
	m->ssrc = w->ssrc;
	m->seq = w->seq;
	m->timestamp = w->timestamp;
	playout_init(&m->playout);
	stream_ears_start(m);
	/* On a simulated loop there are no sockets; a real one that fails is a stream that hears nothing,
	 * which the media timeout tells. */
	(void)!watch_start(&m->rtp_watch, h->config.media, w->rtp_fd, WATCH_PACKET, WATCH_READ, on_rtp);
	(void)!watch_start(&m->rtcp_watch, h->config.media, w->rtcp_fd, WATCH_PACKET, WATCH_READ, on_rtcp);
}

static void close_slot(struct stream_media *m, usec now)
{
	struct stream_hub *h = m->hub;
	struct stream_note *note;

	stream_out_bye(m, now);
	watch_stop(&m->rtp_watch);
	watch_stop(&m->rtcp_watch);
	if (m->started) {
		list_remove(&m->in_slot);
		h->active--;
	}
	give_back_recorder(m, m->wish.recorder);
	note = stream_note(m, STREAM_NOTE_GONE);
	assert(note);
	m->open = m->started = false;
	stream_note_send(m, true);
}

/* Which group ticks when is decided by the slot's number: calls that come together do not tick together. */
static void start_slot(struct stream_media *m, usec now)
{
	struct stream_hub *h = m->hub;

	stream_in_start(m, now);
	stream_out_start(m, now);
	if (m->started)
		return;
	m->started = true;
	list_append(&h->slots[m->index % STREAM_SLOTS], &m->in_slot);
	h->active++;
	run_clock(h);
	m->next_tick = (h->slot + STREAM_SLOTS - 1 - m->index % STREAM_SLOTS) / STREAM_SLOTS;
}

/* What does not fit behind the keys that wait is lost: nobody dials that far ahead. */
static void add_digits(struct stream_media *m, const char *digits)
{
	size_t have = strlen(m->digits);

	str_copy(str_from(digits), m->digits + have, sizeof(m->digits) - have);
}

static void obey(struct stream_media *m, const struct stream_wish *w, usec now)
{
	struct stream_wish old = m->wish;

	m->wish = *w;
	if (w->starts != old.starts)
		start_slot(m, now);
	if (w->cuts != old.cuts)
		stream_out_cut(m, now, w->cut_answer);
	if (w->cuts != old.cuts || w->ducks != old.ducks)
		m->doubt_until = 0;
	if (w->ducks != old.ducks)
		playout_duck(&m->playout, w->duck ? m->hub->config.duck_db : 0);
	if (w->digits_turn != old.digits_turn)
		add_digits(m, w->digits);
	if (w->closing)
		close_slot(m, now);
}

static void take_wishes(struct stream_hub *h)
{
	usec now = loop_now(h->config.media);
	const struct stream_wish *w;

	if (ring_count(&h->wishes) > h->wishes.mask / 2)
		loop_wake(h->config.control); /* it may have wishes that did not fit */
	for (; (w = ring_peek(&h->wishes)); ring_release(&h->wishes)) {
		struct stream_media *m = &h->streams[w->stream];

		if (!m->open)
			open_slot(m, w);
		obey(m, w, now);
	}
}

static void take_verdicts(struct stream_hub *h)
{
	usec now = loop_now(h->config.media);
	const struct detect_verdict *v;

	for (int i = 0; i < VERDICTS_A_TURN && (v = ring_peek(&h->config.detect->verdicts)); i++) {
		struct stream_media *m = &h->streams[v->stream];

		if (m->started && m->generation == v->generation)
			stream_ears_verdict(m, now, v);
		ring_release(&h->config.detect->verdicts);
	}
}

static void on_wake(struct waker *w)
{
	struct stream_hub *h = CONTAINER_OF(w, struct stream_hub, waker);

	take_wishes(h);
	if (h->config.detect)
		take_verdicts(h);
}

void stream_hub_start(struct stream_hub *h)
{
	for (size_t i = 0; i < STREAM_SLOTS; i++)
		list_init(&h->slots[i]);
	h->slot_due = loop_now(h->config.media) + STREAM_SLOT_USEC;
	if (h->config.detect)
		h->config.detect->media = h->config.media;
	waker_add(&h->waker, h->config.media, on_wake);
}

void stream_hub_stop(struct stream_hub *h)
{
	timer_stop(&h->timer);
	waker_remove(&h->waker);
}
