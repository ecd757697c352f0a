#include "provider/local/voice_out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The mean level, of 32768, under which a frame counts as silence: flite's own noise between words stays
 * below 30, the softest consonants above 50. */
#define QUIET_LEVEL 40

#define OUT_MAX (RESAMPLE_PCM_MAX * 2)

int voice_out_init(struct voice_out *o, uint32_t rate_hz, const struct voice_out_sink *sink)
{
	struct resample r;
	int rc = resample_init(&r, rate_hz, VOICE_OUT_RATE_HZ);

	if (rc < 0)
		return rc;
	*o = (struct voice_out){.sink = *sink, .resample = r, .rate_hz = rate_hz};
	return 0;
}

static void deliver(struct voice_out *o, const int16_t *pcm, size_t samples)
{
	if (!o->stopped && samples > 0)
		o->stopped = !o->sink.on_pcm(o->sink.arg, pcm, samples);
}

static bool is_quiet(const int16_t *frame)
{
	int sum = 0;

	for (size_t i = 0; i < VOICE_OUT_FRAME_SAMPLES; i++)
		sum += abs(frame[i]);
	return sum < QUIET_LEVEL * VOICE_OUT_FRAME_SAMPLES;
}

/* Before the first sound the newest are kept, afterwards the oldest: a pause is cut at its end. */
static void hold(struct voice_out *o)
{
	size_t limit = o->sounded ? VOICE_OUT_PAUSE_SAMPLES : VOICE_OUT_LEAD_SAMPLES;

	if (o->held_n + VOICE_OUT_FRAME_SAMPLES > limit) {
		if (o->sounded)
			return;
		o->held_n -= VOICE_OUT_FRAME_SAMPLES;
		memmove(o->held, o->held + VOICE_OUT_FRAME_SAMPLES, o->held_n * sizeof(*o->held));
	}
	memcpy(o->held + o->held_n, o->frame, sizeof(o->frame));
	o->held_n += VOICE_OUT_FRAME_SAMPLES;
}

static void frame_done(struct voice_out *o)
{
	o->frame_n = 0;
	if (is_quiet(o->frame)) {
		hold(o);
		return;
	}
	o->sounded = true;
	deliver(o, o->held, o->held_n);
	o->held_n = 0;
	deliver(o, o->frame, VOICE_OUT_FRAME_SAMPLES);
}

static void take(struct voice_out *o, const int16_t *pcm, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		o->frame[o->frame_n++] = pcm[i];
		if (o->frame_n == VOICE_OUT_FRAME_SAMPLES)
			frame_done(o);
	}
}

bool voice_out_push(struct voice_out *o, const int16_t *pcm, size_t samples)
{
	int16_t out[OUT_MAX];

	while (samples > 0 && !o->stopped) {
		size_t n = MIN(samples, RESAMPLE_PCM_MAX);

		take(o, out, resample_push(&o->resample, pcm, n, out));
		pcm += n;
		samples -= n;
	}
	return !o->stopped;
}

bool voice_out_push_float(struct voice_out *o, const float *pcm, size_t samples)
{
	int16_t block[RESAMPLE_PCM_MAX];

	while (samples > 0 && !o->stopped) {
		size_t n = MIN(samples, RESAMPLE_PCM_MAX);

		for (size_t i = 0; i < n; i++)
			block[i] =
				isfinite(pcm[i]) ? (int16_t)lrintf(CLAMP(pcm[i], -1.0f, 1.0f) * 32767.0f) : 0;
		voice_out_push(o, block, n);
		pcm += n;
		samples -= n;
	}
	return !o->stopped;
}

size_t voice_out_pause(struct str words)
{
	struct str trimmed = str_trim(words);

	switch (trimmed.n > 0 ? trimmed.p[trimmed.n - 1] : 0) {
	case '.':
	case '!':
	case '?':
		return VOICE_OUT_RATE_HZ * 280 / 1000;
	case ';':
	case ':':
		return VOICE_OUT_RATE_HZ * 200 / 1000;
	case ',':
		return VOICE_OUT_RATE_HZ * 140 / 1000;
	default:
		return VOICE_OUT_RATE_HZ * 40 / 1000;
	}
}

void voice_out_end(struct voice_out *o, struct str words)
{
	static const int16_t silence[RESAMPLE_PCM_MAX];
	size_t pause = voice_out_pause(words);
	size_t late = resample_delay(&o->resample) * o->rate_hz / VOICE_OUT_RATE_HZ;

	voice_out_push(o, silence, MIN(late, RESAMPLE_PCM_MAX));
	if (o->frame_n > 0) {
		memset(o->frame + o->frame_n, 0, sizeof(o->frame) - o->frame_n * sizeof(*o->frame));
		frame_done(o);
	}
	if (!o->sounded)
		return;
	deliver(o, o->held, MIN(o->held_n, pause));
	pause -= MIN(o->held_n, pause);
	while (pause > 0) {
		size_t n = MIN(pause, RESAMPLE_PCM_MAX);

		deliver(o, silence, n);
		pause -= n;
	}
}
