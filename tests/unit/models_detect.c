#include <math.h>

#include "models.h"
#include "provider/vad/silero.h"

#define PROMPTS    40
#define GAP        VAD_RATE_HZ /* silence between prompts */
#define SURE       0.5f
#define LOUD_RMS   600 /* surely speech in a studio recording, */
#define SILENT_RMS 8   /* and surely none */

struct score {
	unsigned speech, hits, silence, alarms;
};

static double rms(const int16_t *pcm)
{
	double sum = 0;

	for (size_t i = 0; i < VAD_WINDOW_SAMPLES; i++)
		sum += pcm[i] * pcm[i];
	return sqrt(sum / VAD_WINDOW_SAMPLES);
}

/* Prompts with silence between them. Returns their samples. */
static size_t lay_out(const struct corpus *c, int16_t *pcm, size_t cap)
{
	size_t n = GAP;

	for (size_t i = 0; i < MIN(c->count, (size_t)PROMPTS); i++) {
		if (n + c->prompts[i].samples + GAP > cap)
			break;
		memcpy(pcm + n, c->prompts[i].pcm, c->prompts[i].samples * sizeof(*pcm));
		n += c->prompts[i].samples + GAP;
	}
	return n;
}

/* White noise of the given RMS, the same every time. */
static void add_noise(int16_t *pcm, size_t n, double level)
{
	uint32_t seed = 1;

	for (size_t i = 0; i < n; i++) {
		double x;

		seed = seed * 1664525 + 1013904223;
		x = pcm[i] + level * 1.732 * ((double)(seed >> 8) / (1 << 23) - 1);
		pcm[i] = (int16_t)CLAMP(x, -32768, 32767);
	}
}

static struct score judge(struct vad *v, const int16_t *clean, const int16_t *pcm, size_t n)
{
	_Alignas(16) char state[VAD_STATE_BYTES_MAX] = {0};
	struct score s = {0};

	for (size_t at = 0; at + VAD_WINDOW_SAMPLES <= n; at += VAD_WINDOW_SAMPLES) {
		struct vad_item item = {.state = state, .near = pcm + at};
		double level = rms(clean + at);

		CHECK_INT(vad_run(v, &item, 1), 0);
		s.speech += level > LOUD_RMS;
		s.hits += level > LOUD_RMS && item.probability > SURE;
		s.silence += level < SILENT_RMS;
		s.alarms += level < SILENT_RMS && item.probability > SURE;
	}
	return s;
}

static void expect(struct score s, unsigned hits_percent, unsigned alarms_percent)
{
	CHECK(s.speech > 500 && s.silence > 500);
	if (s.hits * 100 < s.speech * hits_percent || s.alarms * 100 > s.silence * alarms_percent)
		test_failed(__FILE__, __LINE__,
			    "%u of %u windows of speech, %u of %u of silence taken for it", s.hits, s.speech,
			    s.alarms, s.silence);
}

TEST(speech_is_told_from_silence_and_noise)
{
	static int16_t clean[200 * VAD_RATE_HZ], noisy[ARRAY_LEN(clean)];
	struct ort *o = models_runtime();
	struct corpus c;
	struct vad *v;
	size_t n;

	REQUIRE(o);
	models_corpus(&c);
	n = lay_out(&c, clean, ARRAY_LEN(clean));
	corpus_fini(&c);
	REQUIRE(vad_open(&silero_ops, &(struct silero_config){.ort = o}, &v) == 0);
	expect(judge(v, clean, clean, n), 97, 4);
	memcpy(noisy, clean, sizeof(noisy));
	add_noise(noisy, n, 700); /* 10 dB below a voice of about 2,200 */
	expect(judge(v, clean, noisy, n), 93, 4);
	vad_close(v);
	ort_close(o);
}

TEST(calls_in_one_batch_do_not_mix)
{
	enum {
		CALLS = 5,
		WINDOWS = 60
	};
	static _Alignas(16) char alone[VAD_STATE_BYTES_MAX], state[CALLS][VAD_STATE_BYTES_MAX];
	static int16_t pcm[30 * VAD_RATE_HZ];
	struct ort *o = models_runtime();
	struct corpus c;
	struct vad *v;

	REQUIRE(o);
	models_corpus(&c);
	lay_out(&c, pcm, ARRAY_LEN(pcm));
	corpus_fini(&c);
	REQUIRE(vad_open(&silero_ops, &(struct silero_config){.ort = o}, &v) == 0);
	for (size_t w = 0; w < WINDOWS; w++) {
		struct vad_item one = {.state = alone, .near = pcm + w * VAD_WINDOW_SAMPLES}, many[CALLS];

		for (size_t i = 0; i < CALLS; i++)
			many[i] = (struct vad_item){.state = state[i],
						    .near = i == 2 ? one.near : one.near + 997 * i};
		CHECK_INT(vad_run(v, &one, 1), 0);
		CHECK_INT(vad_run(v, many, CALLS), 0);
		CHECK(fabsf(many[2].probability - one.probability) < 1e-4f);
	}
	vad_close(v);
	ort_close(o);
}
