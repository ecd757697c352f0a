#include "provider/local/transcribe.h"

#include <errno.h>

#include "base/mem.h"
#include "media/resample.h"
#include "provider/local/moonshine.h"
#include "provider/local/pieces.h"
#include "provider/stt/utterance.h"

#define FULL_SCALE 32768.0f

_Static_assert(TRANSCRIBE_PART_MAX * 2 == MOONSHINE_MAX_SAMPLES, "a part is what the model takes");

size_t transcribe_part(const int16_t *pcm, size_t samples)
{
	return utterance_part(pcm, samples, TRANSCRIBE_PART_MAX);
}

/* out[2 * samples]; the filter's delay of a few samples is lost at the end, which is silence. */
static int upsample(const int16_t *pcm, size_t samples, float *out)
{
	int16_t part[2 * RESAMPLE_PCM_MAX + 2];
	struct resample r;
	size_t filled = 0;
	int rc = resample_init(&r, TRANSCRIBE_RATE_HZ, MOONSHINE_RATE_HZ);

	if (rc < 0)
		return rc;
	for (size_t at = 0; at < samples; at += RESAMPLE_PCM_MAX) {
		size_t n = resample_push(&r, pcm + at, MIN(samples - at, (size_t)RESAMPLE_PCM_MAX), part);

		n = MIN(n, 2 * samples - filled);
		for (size_t i = 0; i < n; i++)
			out[filled++] = part[i] / FULL_SCALE;
	}
	return 0;
}

static int run_part(const struct transcribe *t, const int16_t *pcm, size_t samples, struct buf *out)
{
	float *wide = mem_zalloc(2 * samples * sizeof(*wide));
	struct moonshine_tokens tokens;
	int rc;

	if (!wide)
		return -ENOMEM;
	rc = upsample(pcm, samples, wide);
	if (rc == 0)
		rc = moonshine_run(t->model, wide, 2 * samples, t->stop, t->err, &tokens);
	mem_free(wide);
	if (rc < 0)
		return rc;
	if (t->confidence)
		*t->confidence = MIN(*t->confidence, tokens.confidence);
	if (out->n > 0 && out->p[out->n - 1] != ' ')
		buf_add_char(out, ' ');
	pieces_spell(t->pieces, tokens.token, tokens.n, out);
	return out->error;
}

int transcribe_run(const struct transcribe *t, const int16_t *pcm, size_t samples, struct buf *out)
{
	if (samples > TRANSCRIBE_SAMPLES_MAX)
		return -EMSGSIZE;
	if (t->confidence)
		*t->confidence = 1;
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
