#include "provider/tts/tts_sound.h"

#include <errno.h>
#include <string.h>

#include "media/g711.h"
#include "provider/tts/tts.h"
#include "wire/bytes.h"
#include "wire/wav.h"

#define SIZE_STREAMED 0x7fffff00u /* from here on a size means "as much as comes" */

int tts_sound_init(struct tts_sound *s, const struct tts_form *form)
{
	struct resample r;
	int rc = resample_init(&r, form->rate_hz, TTS_RATE_HZ);

	if (rc < 0)
		return rc;
	s->form = *form;
	s->stage = TTS_SOUND_BEGIN;
	s->resample = r;
	s->n = 0;
	s->left = UINT64_MAX;
	return 0;
}

static size_t sample_bytes(const struct tts_sound *s)
{
	return s->form.coding == TTS_S16 ? 2 : 1;
}

/* in[n], n <= RESAMPLE_PCM_MAX. */
static int resampled(struct tts_sound *s, const int16_t *in, size_t n, const struct tts_sound_sink *sink)
{
	int16_t out[RESAMPLE_PCM_MAX];

	n = resample_push(&s->resample, in, n, out);
	return n > 0 ? sink->on_pcm(sink->arg, out, n) : 0;
}

static int decode(struct tts_sound *s, const uint8_t *in, size_t samples, const struct tts_sound_sink *sink)
{
	int16_t pcm[RESAMPLE_PCM_MAX];

	switch (s->form.coding) {
	case TTS_ULAW:
		g711_ulaw_decode(in, samples, pcm);
		break;
	case TTS_ALAW:
		g711_alaw_decode(in, samples, pcm);
		break;
	case TTS_S16:
		for (size_t i = 0; i < samples; i++)
			pcm[i] = (int16_t)bytes_le16(in + 2 * i);
		break;
	}
	return resampled(s, pcm, samples, sink);
}

static int whole_samples(struct tts_sound *s, const uint8_t *in, size_t samples,
			 const struct tts_sound_sink *sink)
{
	int rc = 0;

	while (rc == 0 && samples > 0) {
		size_t n = MIN(samples, (size_t)RESAMPLE_PCM_MAX);

		rc = decode(s, in, n, sink);
		in += n * sample_bytes(s);
		samples -= n;
	}
	return rc;
}

static int take_samples(struct tts_sound *s, const uint8_t *in, size_t n, const struct tts_sound_sink *sink)
{
	int rc = 0;

	n = (size_t)MIN((uint64_t)n, s->left);
	s->left -= s->left == UINT64_MAX ? 0 : n;
	if (s->n > 0 && n > 0) {
		s->head[1] = *in++;
		n--;
		s->n = 0;
		rc = whole_samples(s, s->head, 1, sink);
	}
	if (rc < 0)
		return rc;
	if (n % sample_bytes(s) != 0)
		s->head[s->n++] = in[n - 1];
	return whole_samples(s, in, n / sample_bytes(s), sink);
}

static int form_of(const struct wav *w, struct tts_form *ret_form)
{
	if (w->channels != 1)
		return -ENOTSUP;
	if (w->coding == WAV_PCM && w->sample_bytes == 2)
		*ret_form = (struct tts_form){TTS_S16, w->rate_hz};
	else if (w->coding == WAV_ULAW)
		*ret_form = (struct tts_form){TTS_ULAW, w->rate_hz};
	else if (w->coding == WAV_ALAW)
		*ret_form = (struct tts_form){TTS_ALAW, w->rate_hz};
	else
		return -ENOTSUP;
	return 0;
}

/* Once the head is whole: its form, and the samples behind it. */
static int read_head(struct tts_sound *s, const struct tts_sound_sink *sink)
{
	uint8_t behind[TTS_SOUND_HEAD_MAX];
	struct tts_form form;
	struct wav w;
	uint32_t declared;
	size_t n;
	int rc = wav_parse(s->head, s->n, &w);

	if (rc == -EBADMSG)
		return s->n < TTS_SOUND_HEAD_MAX ? 0 : rc;
	rc = rc < 0 ? rc : form_of(&w, &form);
	if (rc < 0)
		return rc;
	n = (size_t)(s->head + s->n - w.data);
	declared = bytes_le32(w.data - 4);
	memcpy(behind, w.data, n);
	rc = tts_sound_init(s, &form);
	if (rc < 0)
		return rc;
	s->stage = TTS_SOUND_SAMPLES;
	s->left = declared == 0 || declared >= SIZE_STREAMED ? UINT64_MAX : declared;
	return take_samples(s, behind, n, sink);
}

static int begin(struct tts_sound *s, const struct tts_sound_sink *sink)
{
	uint8_t first[4];

	if (memcmp(s->head, "RIFF", sizeof(first)) == 0) {
		s->stage = TTS_SOUND_HEAD;
		return 0;
	}
	memcpy(first, s->head, sizeof(first));
	s->stage = TTS_SOUND_SAMPLES;
	s->n = 0;
	return take_samples(s, first, sizeof(first), sink);
}

/* Bytes of `in` that go into the head. */
static size_t gather(struct tts_sound *s, const uint8_t *in, size_t n)
{
	size_t want = s->stage == TTS_SOUND_BEGIN ? 4 : TTS_SOUND_HEAD_MAX;

	n = MIN(n, want - s->n);
	memcpy(s->head + s->n, in, n);
	s->n += n;
	return n;
}

int tts_sound_push(struct tts_sound *s, struct str bytes, const struct tts_sound_sink *sink)
{
	const uint8_t *in = (const uint8_t *)bytes.p;
	size_t n = bytes.n, used;
	int rc = 0;

	while (rc == 0 && n > 0 && s->stage != TTS_SOUND_SAMPLES) {
		used = gather(s, in, n);
		in += used;
		n -= used;
		if (s->stage == TTS_SOUND_HEAD)
			rc = read_head(s, sink);
		else if (s->n == 4)
			rc = begin(s, sink);
	}
	return rc < 0 || n == 0 ? rc : take_samples(s, in, n, sink);
}

int tts_sound_end(struct tts_sound *s, const struct tts_sound_sink *sink)
{
	static const int16_t silence[RESAMPLE_PCM_MAX];
	size_t late = resample_delay(&s->resample) * s->form.rate_hz / TTS_RATE_HZ;

	if (s->stage == TTS_SOUND_HEAD)
		return -EBADMSG;
	return late > 0 ? resampled(s, silence, MIN(late, (size_t)RESAMPLE_PCM_MAX), sink) : 0;
}
