#include "leg/stream.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "leg/rtp_port.h"
#include "leg/stream_media.h"

/* The control half. */
struct stream {
	struct stream_pool *pool;
	struct stream_media *media; /* only its ring of sound is ours to touch */
	struct stream *next_free;
	struct stream_sink sink;
	bool open, closing, dirty;
	struct stream_wish wish;
	struct rtp_port port;
	uint32_t answer, pushed; /* the newest answer, and how much of it the leg has taken */
	struct leg_stats stats;
};

struct stream_pool {
	struct stream_hub hub;
	struct stream *streams, *free;
	struct rtp_ports ports;
	struct waker waker;
	struct rng rng;
	size_t open, dirty;
	unsigned late_before[STREAM_LATE_BUCKETS + 1];
};

LIVE_DEFINE(stream);

/* ---- wishes ---- */

static void push_wish(struct stream *s)
{
	bool was_dirty = s->dirty;

	s->dirty = ring_push(&s->pool->hub.wishes, &s->wish) < 0;
	s->pool->dirty += (size_t)s->dirty - (size_t)was_dirty;
	loop_wake(s->pool->hub.config.media);
}

static void push_dirty(struct stream_pool *p)
{
	for (size_t i = 0; i < p->hub.config.streams && p->dirty > 0; i++)
		if (p->streams[i].dirty)
			push_wish(&p->streams[i]);
}

/* ---- notes ---- */

static void free_slot(struct stream *s)
{
	rtp_port_close(&s->port);
	ring_reset(&s->media->sounds);
	s->open = s->closing = false;
	s->next_free = s->pool->free;
	s->pool->free = s;
	s->pool->open--;
	live_down(&live_stream);
}

/* The media half knows what was heard; what waits, and whether anything does, is the difference to what we
 * have handed over. */
static void complete_played(const struct stream *s, struct leg_event *ev)
{
	bool cut = s->wish.cuts > 0 && ev->played.answer <= s->wish.cut_answer;
	bool newest = ev->played.answer == s->answer;

	ev->played.queued = newest && !cut ? s->pushed - ev->played.heard : 0;
	ev->played.drained = (newest || s->answer <= ev->played.answer) && ev->played.queued == 0;
}

static void deliver_event(struct stream *s, const struct stream_note *note)
{
	struct leg_event ev = note->event;

	if (ev.type == LEG_EV_AUDIO)
		ev.audio.pcm = note->pcm;
	else if (ev.type == LEG_EV_PLAYED)
		complete_played(s, &ev);
	s->sink.on_event(s->sink.arg, &ev);
}

static void deliver(struct stream_pool *p, const struct stream_note *note)
{
	struct stream *s = &p->streams[note->stream];

	if (!s->open || s->wish.generation != note->generation)
		return;
	switch (note->kind) {
	case STREAM_NOTE_EVENT:
		if (!s->closing)
			deliver_event(s, note);
		break;
	case STREAM_NOTE_STATS:
		s->stats = note->stats;
		break;
	case STREAM_NOTE_RECORDED:
		s->sink.on_recorded(s->sink.arg, note->recorder);
		break;
	case STREAM_NOTE_GONE:
		free_slot(s);
		break;
	}
}

static void on_wake(struct waker *w)
{
	struct stream_pool *p = CONTAINER_OF(w, struct stream_pool, waker);
	size_t left = ring_count(&p->hub.notes);
	const struct stream_note *note;

	for (; left > 0 && (note = ring_peek(&p->hub.notes)); left--) {
		deliver(p, note);
		ring_release(&p->hub.notes);
	}
	push_dirty(p);
}

/* ---- the pool ---- */

static void send_datagram(int fd, const void *bytes, size_t n, const struct sockaddr_storage *to,
			  socklen_t to_n)
{
	/* What cannot be sent now is too late in 20 ms. */
	(void)!sendto(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to, to_n);
}

static int make_slot(struct stream_pool *p, size_t i)
{
	struct stream_media *m = &p->hub.streams[i];
	struct stream *s = &p->streams[i];

	m->hub = &p->hub;
	m->index = (uint32_t)i;
	*s = (struct stream){.pool = p, .media = m, .next_free = p->free, .wish.stream = (uint32_t)i};
	p->free = s;
	return ring_init(&m->sounds, sizeof(struct stream_sound), STREAM_SOUNDS);
}

static int take_memory(struct stream_pool *p, size_t streams)
{
	int rc;

	p->streams = mem_zalloc(streams * sizeof(*p->streams));
	p->hub.streams = mem_zalloc(streams * sizeof(*p->hub.streams));
	if (!p->streams || !p->hub.streams)
		return -ENOMEM;
	rc = ring_init(&p->hub.wishes, sizeof(struct stream_wish), streams * STREAM_WISHES);
	if (rc == 0)
		rc = ring_init(&p->hub.notes, sizeof(struct stream_note), streams * STREAM_NOTES);
	for (size_t i = streams; i > 0 && rc == 0; i--)
		rc = make_slot(p, i - 1);
	return rc;
}

static struct stream_pool *free_memory(struct stream_pool *p)
{
	for (size_t i = 0; p->hub.streams && i < p->hub.config.streams; i++)
		ring_fini(&p->hub.streams[i].sounds);
	ring_fini(&p->hub.notes);
	ring_fini(&p->hub.wishes);
	mem_free(p->hub.streams);
	mem_free(p->streams);
	return mem_free(p);
}

int stream_pool_new(const struct stream_pool_config *config, struct stream_pool **ret_pool)
{
	struct stream_pool *p;
	int rc;

	assert(config->streams > 0 && config->reflex->state_size <= REFLEX_STATE_BYTES_MAX);
	p = mem_zalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->hub.config = *config;
	p->hub.send = send_datagram;
	p->ports = (struct rtp_ports){config->bind, config->port_min, config->port_max, config->port_min};
	rng_init(&p->rng, config->seed);
	rc = take_memory(p, config->streams);
	if (rc < 0) {
		free_memory(p);
		return rc;
	}
	stream_hub_start(&p->hub);
	waker_add(&p->waker, config->control, on_wake);
	*ret_pool = p;
	return 0;
}

struct stream_pool *stream_pool_free(struct stream_pool *p)
{
	if (!p)
		return NULL;
	assert(p->open == 0);
	stream_hub_stop(&p->hub);
	waker_remove(&p->waker);
	return free_memory(p);
}

struct stream_hub *stream_pool_hub(struct stream_pool *p)
{
	return &p->hub;
}

size_t stream_pool_open(const struct stream_pool *p)
{
	return p->open;
}

/* Lateness below which `share` of the ticks lie. */
static usec percentile(const unsigned *counts, uint64_t total, unsigned percent)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < STREAM_LATE_BUCKETS; i++) {
		seen += counts[i];
		if (seen * 100 >= total * percent)
			return (usec)(i + 1) * STREAM_LATE_STEP;
	}
	return STREAM_LATE_BUCKETS * STREAM_LATE_STEP;
}

void stream_pool_read_stats(struct stream_pool *p, struct stream_pool_stats *ret_stats)
{
	const struct detect_link *d = p->hub.config.detect;
	unsigned counts[STREAM_LATE_BUCKETS + 1];
	uint64_t total = 0;

	for (size_t i = 0; i <= STREAM_LATE_BUCKETS; i++) {
		unsigned now = atomic_load_explicit(&p->hub.late[i], memory_order_relaxed);

		counts[i] = now - p->late_before[i];
		p->late_before[i] = now;
		total += counts[i];
	}
	*ret_stats = (struct stream_pool_stats){
		.ticks = atomic_load_explicit(&p->hub.ticks, memory_order_relaxed),
		.late_p50 = percentile(counts, total, 50),
		.late_p99 = percentile(counts, total, 99),
		.notes_dropped = atomic_load_explicit(&p->hub.dropped, memory_order_relaxed),
		.windows_dropped = d ? atomic_load_explicit(&d->windows.full, memory_order_relaxed) : 0,
		.media_cpu = (usec)atomic_load_explicit(&p->hub.cpu, memory_order_relaxed),
	};
}

/* ---- one stream ---- */

int stream_open(struct stream_pool *p, const struct stream_sink *sink, struct stream **ret_stream)
{
	struct stream *s = p->free;
	uint32_t generation;
	int rc;

	loop_assert_here(p->hub.config.control);
	if (!s)
		return -EAGAIN;
	rc = rtp_port_open(&p->ports, &s->port);
	if (rc < 0)
		return rc;
	p->free = s->next_free;
	generation = s->wish.generation + 1;
	s->sink = *sink;
	s->open = true;
	s->answer = s->pushed = 0;
	s->stats = (struct leg_stats){0};
	s->wish = (struct stream_wish){
		.stream = (uint32_t)(s - p->streams),
		.generation = generation,
		.reflex = LEG_REFLEX_OFF,
		.rtp_fd = s->port.rtp_fd,
		.rtcp_fd = s->port.rtcp_fd,
		.ssrc = (uint32_t)rng_u64(&p->rng),
		.seq = (uint16_t)(rng_u64(&p->rng) & 0x7fff),
		.timestamp = (uint32_t)rng_u64(&p->rng),
	};
	p->open++;
	live_up(&live_stream);
	push_wish(s);
	*ret_stream = s;
	return 0;
}

struct stream *stream_close(struct stream *s)
{
	if (!s)
		return NULL;
	assert(s->open && !s->closing);
	s->closing = true;
	s->wish.closing = true;
	push_wish(s);
	return NULL;
}

const struct addr *stream_local(const struct stream *s)
{
	return &s->port.local;
}

void stream_start(struct stream *s, const struct stream_params *params)
{
	struct stream_params *p = &s->wish.params, old = *p;

	assert(params->codec->state_bytes == 0);
	*p = *params;
	if (addr_is_any(&params->remote)) {
		p->remote = old.remote;
		p->remote_rtcp = old.remote_rtcp;
	}
	s->wish.starts++;
	push_wish(s);
}

int stream_play(struct stream *s, uint32_t answer, const int16_t *pcm, size_t samples)
{
	size_t taken = 0;

	if (s->wish.cuts > 0 && answer <= s->wish.cut_answer)
		return 0;
	while (taken < samples && taken < INT32_MAX - LEG_FRAME_SAMPLES) {
		struct stream_sound *sound = ring_claim(&s->media->sounds);

		if (!sound)
			break;
		sound->answer = answer;
		sound->samples = (uint32_t)MIN(samples - taken, LEG_FRAME_SAMPLES);
		memcpy(sound->pcm, pcm + taken, sound->samples * sizeof(*pcm));
		taken += sound->samples;
		ring_commit(&s->media->sounds);
	}
	if (answer != s->answer) {
		s->answer = answer;
		s->pushed = 0;
	}
	s->pushed += (uint32_t)taken;
	return (int)taken;
}

void stream_cut(struct stream *s, uint32_t answer)
{
	if (s->wish.cuts > 0 && answer <= s->wish.cut_answer)
		return;
	s->wish.cuts++;
	s->wish.cut_answer = answer;
	push_wish(s);
}

void stream_duck(struct stream *s, bool on)
{
	s->wish.ducks++;
	s->wish.duck = on;
	push_wish(s);
}

void stream_set_reflex(struct stream *s, enum leg_reflex reflex)
{
	s->wish.reflex = reflex;
	push_wish(s);
}

int stream_send_dtmf(struct stream *s, struct str digits)
{
	if (s->wish.params.event_send_type == STREAM_NO_EVENTS || s->wish.starts == 0)
		return -ENOTSUP;
	if (digits.n == 0 || digits.n >= STREAM_DIGITS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < digits.n; i++) {
		uint8_t event;

		if (digits.p[i] != ',' && dtmf_event(digits.p[i], &event) < 0)
			return -EINVAL;
	}
	if (s->dirty)
		return -ENOBUFS;
	str_copy(digits, s->wish.digits, sizeof(s->wish.digits));
	s->wish.digits_turn++;
	push_wish(s);
	return 0;
}

void stream_record(struct stream *s, struct recorder *r)
{
	assert(!s->wish.recorder); /* one that was replaced before it was seen would not come back */
	s->wish.recorder = r;
	push_wish(s);
}

void stream_read_stats(const struct stream *s, struct leg_stats *ret_stats)
{
	*ret_stats = s->stats;
}
