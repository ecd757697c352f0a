#include "provider/stt/stt_ws_sound.h"

#include <errno.h>
#include <string.h>

#include "media/g711.h"
#include "wire/bytes.h"

#define CHUNK_SAMPLES 160u        /* coded at a time */
#define SAMPLE_USEC   125         /* of 8 kHz */
#define STEP_MIN      USEC_MS(40) /* less between our time and the clock is jitter */

/* Bytes that a sample of 8 kHz becomes, and the rate it is brought to. */
static const struct {
	size_t width;
	uint32_t rate_hz;
} codings[STT_WS_CODINGS_] = {
	[STT_WS_ULAW_8K] = {1, 8000},  [STT_WS_S16_8K] = {2, 8000},   [STT_WS_S16_16K] = {4, 16000},
	[STT_WS_S16_24K] = {6, 24000}, [STT_WS_F32_16K] = {8, 16000},
};

static size_t bytes_of(const struct stt_ws_sound *s, usec span)
{
	return (size_t)(span / SAMPLE_USEC) * codings[s->coding].width;
}

static usec span_of(const struct stt_ws_sound *s, size_t bytes)
{
	return (usec)(bytes / codings[s->coding].width) * SAMPLE_USEC;
}

int stt_ws_sound_init(struct stt_ws_sound *s, enum stt_ws_coding coding)
{
	*s = (struct stt_ws_sound){.coding = coding};
	buf_init(&s->queue, bytes_of(s, STT_WS_SOUND_MAX));
	return resample_init(&s->up, 8000, codings[coding].rate_hz);
}

void stt_ws_sound_fini(struct stt_ws_sound *s)
{
	buf_fini(&s->queue);
}

static void add_s16(struct buf *out, const int16_t *pcm, size_t n)
{
	uint8_t *at = (uint8_t *)buf_grow(out, 2 * n);

	for (size_t i = 0; at && i < n; i++)
		bytes_put_le16(at + 2 * i, (uint16_t)pcm[i]);
}

static void add_f32(struct buf *out, const int16_t *pcm, size_t n)
{
	uint8_t *at = (uint8_t *)buf_grow(out, 4 * n);

	for (size_t i = 0; at && i < n; i++) {
		float f = (float)pcm[i] / 32768.0f;
		uint32_t v;

		memcpy(&v, &f, sizeof(v));
		bytes_put_le32(at + 4 * i, v);
	}
}

/* At most CHUNK_SAMPLES of 8 kHz. */
static void code(struct stt_ws_sound *s, const int16_t *pcm, size_t n)
{
	uint8_t ulaw[CHUNK_SAMPLES];
	int16_t up[CHUNK_SAMPLES * 3 + 1];

	if (s->coding == STT_WS_ULAW_8K) {
		g711_ulaw_encode(pcm, n, ulaw);
		buf_add(&s->queue, ulaw, n);
		return;
	}
	n = resample_push(&s->up, pcm, n, up);
	if (s->coding == STT_WS_F32_16K)
		add_f32(&s->queue, up, n);
	else
		add_s16(&s->queue, up, n);
}

static int add(struct stt_ws_sound *s, const int16_t *pcm, size_t samples)
{
	size_t before = s->queue.n;
	int rc;

	for (size_t n; samples > 0; pcm += n, samples -= n) {
		n = MIN(samples, CHUNK_SAMPLES);
		code(s, pcm, n);
	}
	rc = s->queue.error;
	if (rc < 0)
		s->queue.n = before;
	s->queue.error = 0;
	s->clock += span_of(s, s->queue.n - before);
	return rc;
}

static void anchor(struct stt_ws_sound *s, usec at)
{
	usec step = at - stt_ws_sound_at(s, s->clock);

	if (s->anchor_count == 0 || step > STEP_MIN || step < -STEP_MIN)
		s->anchors[s->anchor_count++ % STT_WS_ANCHORS] = (struct stt_ws_anchor){s->clock, at};
}

int stt_ws_sound_put(struct stt_ws_sound *s, usec at, const int16_t *pcm, size_t samples)
{
	anchor(s, at);
	s->until = at + (usec)samples * SAMPLE_USEC;
	return add(s, pcm, samples);
}

int stt_ws_sound_pad(struct stt_ws_sound *s, usec span)
{
	static const int16_t silence[CHUNK_SAMPLES];
	int rc = 0;

	for (size_t n, left = (size_t)(span / SAMPLE_USEC); left > 0 && rc == 0; left -= n) {
		n = MIN(left, CHUNK_SAMPLES);
		rc = add(s, silence, n);
	}
	return rc;
}

struct str stt_ws_sound_peek(const struct stt_ws_sound *s, usec span)
{
	return str_sub(buf_str(&s->queue), 0, bytes_of(s, span));
}

void stt_ws_sound_take(struct stt_ws_sound *s, struct str peeked)
{
	s->taken += span_of(s, peeked.n);
	buf_consume(&s->queue, peeked.n);
}

/* Which of the remembered stretches it lies in; the oldest stands for all before. */
usec stt_ws_sound_at(const struct stt_ws_sound *s, usec clock)
{
	unsigned kept = MIN(s->anchor_count, STT_WS_ANCHORS);
	struct stt_ws_anchor a = {0, 0};

	for (unsigned back = 1; back <= kept; back++) {
		a = s->anchors[(s->anchor_count - back) % STT_WS_ANCHORS];
		if (a.clock <= clock)
			break;
	}
	return a.at + (clock - a.clock);
}
