#include "provider/local/transcribe.h"

#include <errno.h>

#include "base/mem.h"
#include "provider/local/moonshine.h"
#include "provider/local/pieces.h"

#define FULL_SCALE   32768.0f
#define QUIET_WINDOW (TRANSCRIBE_RATE_HZ / 10) /* between words there are 100 ms, inside rarely */
#define QUIET_STEP   (TRANSCRIBE_RATE_HZ / 50)

_Static_assert(TRANSCRIBE_PART_MAX * 2 == MOONSHINE_MAX_SAMPLES, "a part is what the model takes");

static int64_t energy(const int16_t *pcm, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += pcm[i] * pcm[i];
	return sum;
}

size_t transcribe_part(const int16_t *pcm, size_t samples)
{
	size_t from = TRANSCRIBE_PART_MAX / 2, best = from;
	int64_t least = INT64_MAX;

	if (samples <= TRANSCRIBE_PART_MAX)
		return samples;
	for (size_t at = from; at + QUIET_WINDOW <= TRANSCRIBE_PART_MAX; at += QUIET_STEP) {
		int64_t e = energy(pcm + at, QUIET_WINDOW);

		if (e > least)
			continue;
		least = e;
		best = at;
	}
	return best + QUIET_WINDOW / 2;
}

/* Twice the rate: every second sample is the old one, those between come from a sinc under a Kaiser window
 * (beta 6), flat to 3.4 kHz. */
static void upsample(const int16_t *pcm, size_t samples, float *out)
{
	static const float half[] = {0.633812f, -0.203360f, 0.112966f, -0.071746f, 0.047531f, -0.031612f,
				     0.020635f, -0.012983f, 0.007723f, -0.004231f, 0.002039f, -0.000775f};

	for (size_t i = 0; i < samples; i++) {
		float sum = 0;

		for (size_t k = 0; k < ARRAY_LEN(half); k++) {
			float before = k <= i ? pcm[i - k] : 0;
			float after = i + 1 + k < samples ? pcm[i + 1 + k] : 0;

			sum += half[k] * (before + after);
		}
		out[2 * i] = pcm[i] / FULL_SCALE;
		out[2 * i + 1] = sum / FULL_SCALE;
	}
}

static int run_part(const struct transcribe *t, const int16_t *pcm, size_t samples, struct buf *out)
{
	float *wide = mem_alloc(2 * samples * sizeof(*wide));
	struct moonshine_tokens tokens;
	int rc;

	if (!wide)
		return -ENOMEM;
	upsample(pcm, samples, wide);
	rc = moonshine_run(t->model, wide, 2 * samples, t->stop, t->err, &tokens);
	mem_free(wide);
	if (rc < 0)
		return rc;
	if (out->n > 0 && out->p[out->n - 1] != ' ')
		buf_add_char(out, ' ');
	pieces_spell(t->pieces, tokens.token, tokens.n, out);
	return out->error;
}

int transcribe_run(const struct transcribe *t, const int16_t *pcm, size_t samples, struct buf *out)
{
	if (samples > TRANSCRIBE_SAMPLES_MAX)
		return -EMSGSIZE;
	while (samples > 0) {
		size_t n = transcribe_part(pcm, samples);
		int rc = run_part(t, pcm, n, out);

		if (rc < 0)
			return rc;
		pcm += n;
		samples -= n;
	}
	return 0;
}
