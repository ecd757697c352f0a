#include "media/recorder.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "base/ring.h"
#include "media/g711.h"

#define RING_BLOCKS  256         /* five seconds of a stalled disk */
#define DRIFT_WINDOW USEC_SEC(5) /* the mapping is the fastest packet of this window and the last */
#define SEAM_SAMPLES 16          /* a mapping that moved is mended up to here */
#define MASK         (RECORDER_SPAN - 1)

enum {
	NEAR,
	FAR,
};

struct record {
	uint64_t frame;
	uint8_t bytes[]; /* RECORDER_BLOCK frames */
};

/* How timestamps of the other side lie on our clock: position = timestamp + offset. */
struct mapping {
	bool known;
	uint32_t last_timestamp;
	int64_t timestamp;         /* unwrapped */
	int64_t best, best_before; /* smallest arrival - timestamp of this window and the last */
	usec window_ends;
	int64_t next; /* where the sample after the last one went */
};

struct recorder {
	enum recorder_coding coding;
	bool started;
	usec began;
	int64_t played; /* where the next tick lies */
	int64_t final;  /* everything before has gone to the ring */
	struct mapping map;
	int16_t line[RECORDER_CHANNELS][RECORDER_SPAN];
	struct ring ring;
};

LIVE_DEFINE(recorder);

static size_t block_bytes(enum recorder_coding coding)
{
	return RECORDER_BLOCK * RECORDER_CHANNELS * (coding == RECORDER_PCM16 ? sizeof(int16_t) : 1);
}

int recorder_new(enum recorder_coding coding, struct recorder **ret_recorder)
{
	struct recorder *r = mem_zalloc(sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->coding = coding;
	if (ring_init(&r->ring, sizeof(struct record) + block_bytes(coding), RING_BLOCKS) < 0) {
		mem_free(r);
		return -ENOMEM;
	}
	live_up(&live_recorder);
	*ret_recorder = r;
	return 0;
}

struct recorder *recorder_free(struct recorder *r)
{
	if (!r)
		return NULL;
	ring_fini(&r->ring);
	live_down(&live_recorder);
	return mem_free(r);
}

/* ---- the timeline ---- */

static int64_t samples_of(usec span)
{
	return span * RECORDER_RATE_HZ / 1000000;
}

/* Puts one side's samples where they belong, as far as the timeline reaches. */
static void put(struct recorder *r, int side, int64_t at, const int16_t *pcm, size_t n)
{
	int64_t from = MAX(at, r->final), to = MIN(at + (int64_t)n, r->final + RECORDER_SPAN);

	for (int64_t i = from; i < to;) {
		size_t place = (size_t)i & MASK, piece = MIN((size_t)(to - i), RECORDER_SPAN - place);

		memcpy(&r->line[side][place], pcm + (i - at), piece * sizeof(*pcm));
		i += (int64_t)piece;
	}
}

static void encode(const struct recorder *r, const int16_t *pcm, uint8_t *out)
{
	const size_t samples = RECORDER_BLOCK * RECORDER_CHANNELS;

	if (r->coding == RECORDER_ULAW) {
		g711_ulaw_encode(pcm, samples, out);
		return;
	}
	for (size_t i = 0; i < samples; i++) {
		out[2 * i] = (uint8_t)pcm[i];
		out[2 * i + 1] = (uint8_t)(pcm[i] >> 8);
	}
}

/* Makes the oldest block of the timeline final, and its room empty. */
static void finalise_block(struct recorder *r)
{
	int16_t frames[RECORDER_BLOCK * RECORDER_CHANNELS];
	struct record *record = ring_claim(&r->ring);

	for (size_t i = 0; i < RECORDER_BLOCK; i++) {
		size_t at = (size_t)(r->final + (int64_t)i) & MASK;

		for (size_t side = 0; side < RECORDER_CHANNELS; side++) {
			frames[i * RECORDER_CHANNELS + side] = r->line[side][at];
			r->line[side][at] = 0;
		}
	}
	if (record) {
		record->frame = (uint64_t)r->final;
		encode(r, frames, record->bytes);
		ring_commit(&r->ring);
	}
	r->final += RECORDER_BLOCK;
}

void recorder_far(struct recorder *r, usec now, const int16_t *pcm, size_t n)
{
	if (!r->started) {
		r->started = true;
		r->began = now;
	}
	put(r, FAR, r->played, pcm, n);
	r->played += (int64_t)n;
	while (r->played - r->final >= RECORDER_DELAY + RECORDER_BLOCK)
		finalise_block(r);
}

void recorder_near_restarts(struct recorder *r)
{
	r->map.known = false;
}

static void begin_mapping(struct mapping *m, usec now, uint32_t timestamp)
{
	*m = (struct mapping){.known = true,
			      .last_timestamp = timestamp,
			      .best = INT64_MAX,
			      .best_before = INT64_MAX,
			      .window_ends = now + DRIFT_WINDOW,
			      .next = INT64_MIN};
}

/* Follows the fastest packets: their transit is the line's, everything above it is jitter. One that seems to
 * be later than the whole timeline comes from a clock that was set back. */
static int64_t offset_of(struct mapping *m, usec now, int64_t arrival, uint32_t timestamp)
{
	int64_t offset;

	if (!m->known)
		begin_mapping(m, now, timestamp);
	m->timestamp += (int32_t)(timestamp - m->last_timestamp);
	m->last_timestamp = timestamp;
	if (arrival - m->timestamp - RECORDER_SPAN > MIN(m->best, m->best_before))
		begin_mapping(m, now, timestamp);
	if (now >= m->window_ends) {
		m->best_before = m->best;
		m->best = INT64_MAX;
		m->window_ends = now + DRIFT_WINDOW;
	}
	offset = arrival - m->timestamp;
	m->best = MIN(m->best, offset);
	return MIN(m->best, m->best_before);
}

/* The mapping moves by single samples as the clocks drift: a seam is filled with the sample before it. */
static void mend(struct recorder *r, int64_t at)
{
	int16_t last;

	if (r->map.next == INT64_MIN || at - r->map.next > SEAM_SAMPLES)
		return;
	last = r->line[NEAR][(r->map.next - 1) & MASK];
	for (int64_t i = r->map.next; i < at; i++)
		put(r, NEAR, i, &last, 1);
}

void recorder_near(struct recorder *r, usec now, uint32_t timestamp, const int16_t *pcm, size_t n)
{
	int64_t arrival, at;

	if (!r->started)
		return;
	arrival = samples_of(now - r->began) - (int64_t)n;
	at = offset_of(&r->map, now, arrival, timestamp) + r->map.timestamp;
	mend(r, at);
	put(r, NEAR, at, pcm, n);
	r->map.next = at + (int64_t)n;
}

void recorder_finish(struct recorder *r)
{
	while (r->final < r->played)
		finalise_block(r);
}

uint64_t recorder_lost(const struct recorder *r)
{
	return atomic_load_explicit(&r->ring.full, memory_order_relaxed);
}

/* ---- the writer's side ---- */

bool recorder_peek(struct recorder *r, struct recorder_block *ret_block)
{
	const struct record *record = ring_peek(&r->ring);

	if (!record)
		return false;
	*ret_block = (struct recorder_block){record->frame, record->bytes, block_bytes(r->coding)};
	return true;
}

void recorder_release(struct recorder *r)
{
	ring_release(&r->ring);
}

enum recorder_coding recorder_coding(const struct recorder *r)
{
	return r->coding;
}
