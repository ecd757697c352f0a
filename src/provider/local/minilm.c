#include "provider/local/minilm.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/mapped.h"
#include "provider/local/ort.h"
#include "provider/local/wordpiece.h"

#define TOKENIZER_MAX (1024 * 1024)

LIVE_DEFINE(minilm);

struct minilm {
	struct embed embed;
	struct ort *ort;
	struct ort_model *model;
	struct wordpiece *words;
};

static void minilm_close(struct embed *e)
{
	struct minilm *m = CONTAINER_OF(e, struct minilm, embed);

	ort_model_close(m->model);
	wordpiece_free(m->words);
	live_down(&live_minilm);
	mem_free(m);
}

static int wrap_inputs(struct minilm *m, int64_t lines[3][MINILM_TOKENS_MAX], size_t n,
		       struct ort_value *in[3])
{
	struct ort_dims dims = ort_dims2(1, (int64_t)n);

	for (size_t i = 0; i < 3; i++) {
		int rc = ort_wrap(m->ort, ORT_I64, lines[i], n * sizeof(int64_t), &dims, &in[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The mean over the tokens, scaled to length 1. */
static void pool_tokens(const float *state, size_t n, struct embedding *out)
{
	float square = 0, scale;

	*out = (struct embedding){0};
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < EMBED_DIMS; i++)
			out->v[i] += state[t * EMBED_DIMS + i];
	for (size_t i = 0; i < EMBED_DIMS; i++)
		square += out->v[i] * out->v[i];
	scale = square > 0 ? 1 / sqrtf(square) : 0;
	for (size_t i = 0; i < EMBED_DIMS; i++)
		out->v[i] *= scale;
}

static int infer(struct minilm *m, struct ort_value *in[3], size_t n, struct embedding *ret_embedding)
{
	static const char *const in_names[] = {"input_ids", "attention_mask", "token_type_ids"};
	static const char *const out_names[] = {"last_hidden_state"};
	struct ort_value *out = NULL;
	struct ort_dims dims;
	int rc = ort_model_run(
		m->model,
		&(struct ort_io){in_names, (const struct ort_value *const *)in, 3, out_names, &out, 1}, NULL);

	if (rc < 0)
		return rc;
	rc = ort_value_dims(m->ort, out, &dims);
	if (rc == 0 && (dims.rank != 3 || dims.n[1] != (int64_t)n || dims.n[2] != EMBED_DIMS))
		rc = -EIO;
	if (rc == 0)
		pool_tokens(ort_f32(m->ort, out), n, ret_embedding);
	ort_value_free(m->ort, out);
	return rc;
}

static int minilm_run(struct embed *e, struct str text, struct embedding *ret_embedding)
{
	struct minilm *m = CONTAINER_OF(e, struct minilm, embed);
	int64_t lines[3][MINILM_TOKENS_MAX] = {0}; /* ids, attention (to all), segment (the first) */
	struct ort_value *in[3] = {0};
	size_t n = wordpiece_encode(m->words, text, lines[0], MINILM_TOKENS_MAX);
	int rc;

	for (size_t i = 0; i < n; i++)
		lines[1][i] = 1;
	rc = wrap_inputs(m, lines, n, in);
	if (rc == 0)
		rc = infer(m, in, n, ret_embedding);
	ort_values_free(m->ort, in, 3);
	return rc;
}

static const struct embed_ops minilm_ops = {
	.name = "minilm",
	.run = minilm_run,
	.close = minilm_close,
};

static int open_words(struct minilm *m, struct ort_error *err)
{
	char path[ORT_PATH_MAX];
	struct str text = {0};
	int rc = ort_locate(m->ort, MINILM_TOKENIZER, err, path);

	if (rc < 0)
		return rc;
	rc = mapped_open(path, TOKENIZER_MAX, &text);
	if (rc == 0)
		rc = wordpiece_new(text, &m->words);
	mapped_close(text);
	if (rc < 0)
		ort_say(err, "%s cannot be used as a vocabulary: %s", path, strerror(-rc));
	return rc;
}

int minilm_open(struct ort *o, struct ort_error *err, struct embed **ret_embed)
{
	struct minilm *m = mem_zalloc(sizeof(*m));
	int rc;

	if (!m)
		return -ENOMEM;
	live_up(&live_minilm);
	m->embed.ops = &minilm_ops;
	m->ort = o;
	rc = open_words(m, err);
	if (rc == 0)
		rc = ort_model_open(o, MINILM_MODEL, err, &m->model);
	if (rc < 0) {
		minilm_close(&m->embed);
		return rc;
	}
	*ret_embed = &m->embed;
	return 0;
}
