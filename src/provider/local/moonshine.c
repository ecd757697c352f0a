#include "provider/local/moonshine.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"

#define TOKEN_START 1
#define TOKEN_END   2

/* The package's own limit is 6 tokens a second; 6.5 and a few more let a short "I'd like to" end in peace. */
#define TOKENS_PER_10_SEC 65
#define TOKENS_EXTRA      6

#define LAYERS_MAX    12
#define KV_PER_LAYER  4 /* decoder key and value, then encoder key and value */
#define KV_MAX        (LAYERS_MAX * KV_PER_LAYER)
#define IN_MAX        (KV_MAX + 3)
#define OUT_MAX       (KV_MAX + 1)
#define SHORTEST      (MOONSHINE_RATE_HZ / 2) /* shorter input makes it guess: silence is added */
#define REPEAT_PHRASE 16                      /* longest phrase looked at, in tokens */
#define REPEAT_TIMES  4
#define REPEAT_TOKENS 16 /* "zero zero zero zero" is something people say */

/* Of speech among silence, or of words with a pause after each, it sometimes says at once that there was
 * nothing: with a share of 0.6 to 0.9, and in its second choice lies the whole text. Of noise it is surer
 * (0.97 and more, measured), but for beeps, which are short. */
#define SURE_OF_NOTHING 0.95
#define SENTENCE        (2 * MOONSHINE_RATE_HZ)

LIVE_DEFINE(moonshine);

struct moonshine {
	struct ort *ort;
	struct ort_model *encoder, *decoder;
	size_t kv_count;
	int64_t heads, head_dim;
	char in_name[IN_MAX][ORT_NAME_MAX], out_name[OUT_MAX][ORT_NAME_MAX];
	const char *in_names[IN_MAX], *out_names[OUT_MAX];
};

/* One utterance being decoded. */
struct decoding {
	struct moonshine *m;
	struct ort_value *features;
	struct ort_value *kv[KV_MAX];
	struct ort_error *err;
	struct moonshine_tokens tokens;
	size_t limit, steps;
	bool long_enough;  /* to hold a sentence */
	double log_shares; /* summed over the steps */
};

static void name_kv(struct moonshine *m, size_t layer)
{
	static const char *const part[KV_PER_LAYER] = {"decoder.key", "decoder.value", "encoder.key",
						       "encoder.value"};

	for (size_t k = 0; k < KV_PER_LAYER; k++) {
		size_t i = layer * KV_PER_LAYER + k;

		snprintf(m->in_name[i], ORT_NAME_MAX, "past_key_values.%zu.%s", layer, part[k]);
		snprintf(m->out_name[i], ORT_NAME_MAX, "present.%zu.%s", layer, part[k]);
	}
}

/* Inputs: the keys and values, then three more; outputs: the same, then the logits. */
static void name_all(struct moonshine *m)
{
	size_t n = m->kv_count;

	snprintf(m->in_name[n], ORT_NAME_MAX, "input_ids");
	snprintf(m->in_name[n + 1], ORT_NAME_MAX, "encoder_hidden_states");
	snprintf(m->in_name[n + 2], ORT_NAME_MAX, "use_cache_branch");
	snprintf(m->out_name[n], ORT_NAME_MAX, "logits");
	for (size_t i = 0; i < n + 3; i++)
		m->in_names[i] = m->in_name[i];
	for (size_t i = 0; i < n + 1; i++)
		m->out_names[i] = m->out_name[i];
}

/* Sizes are read from the model: base and tiny differ in all of them. */
static int learn_shape(struct moonshine *m)
{
	struct ort_dims d;
	size_t layers = 0;

	for (; layers < LAYERS_MAX; layers++) {
		name_kv(m, layers);
		if (ort_model_input(m->decoder, m->in_name[layers * KV_PER_LAYER], &d) < 0)
			break;
		if (d.rank != 4 || d.n[1] <= 0 || d.n[3] <= 0)
			return -EBADMSG;
		m->heads = d.n[1];
		m->head_dim = d.n[3];
	}
	if (layers == 0)
		return -EBADMSG;
	m->kv_count = layers * KV_PER_LAYER;
	name_all(m);
	return 0;
}

static int open_part(struct moonshine *m, const char *dir, const char *file, struct ort_error *err,
		     struct ort_model **ret_model)
{
	char name[128];
	int n = snprintf(name, sizeof(name), "%s/%s", dir, file);

	if (n < 0 || (size_t)n >= sizeof(name))
		return -ENAMETOOLONG;
	return ort_model_open(m->ort, name, err, ret_model);
}

int moonshine_open(struct ort *o, const char *dir, struct ort_error *err, struct moonshine **ret_model)
{
	struct moonshine *m = mem_zalloc(sizeof(*m));
	int rc;

	if (!m)
		return -ENOMEM;
	live_up(&live_moonshine);
	m->ort = o;
	rc = open_part(m, dir, "encoder_model.onnx", err, &m->encoder);
	if (rc == 0)
		rc = open_part(m, dir, "decoder_model_merged.onnx", err, &m->decoder);
	if (rc == 0)
		rc = learn_shape(m);
	if (rc < 0) {
		moonshine_close(m);
		return rc;
	}
	*ret_model = m;
	return 0;
}

struct moonshine *moonshine_close(struct moonshine *m)
{
	if (!m)
		return NULL;
	ort_model_close(m->encoder);
	ort_model_close(m->decoder);
	live_down(&live_moonshine);
	return mem_free(m);
}

static int encode(struct decoding *d, float *pcm, size_t samples)
{
	static const char *const in_name[] = {"input_values"}, *const out_name[] = {"last_hidden_state"};
	struct ort_dims dims = ort_dims2(1, (int64_t)samples);
	struct ort_value *in = NULL;
	int rc = ort_wrap(d->m->ort, ORT_F32, pcm, samples * sizeof(*pcm), &dims, &in);

	if (rc < 0)
		return rc;
	rc = ort_model_run(
		d->m->encoder,
		&(struct ort_io){in_name, (const struct ort_value *const *)&in, 1, out_name, &d->features, 1},
		d->err);
	ort_value_free(d->m->ort, in);
	return rc;
}

/* Before the first step there is nothing to remember: tensors without a single position. */
static int empty_cache(struct decoding *d)
{
	struct ort_dims dims = ort_dims4(0, d->m->heads, 1, d->m->head_dim);

	for (size_t i = 0; i < d->m->kv_count; i++) {
		int rc = ort_wrap(d->m->ort, ORT_F32, NULL, 0, &dims, &d->kv[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Later steps leave the encoder's keys and values out: those of the first step stay. */
static void keep_cache(struct decoding *d, struct ort_value **out, bool first)
{
	for (size_t i = 0; i < d->m->kv_count; i++) {
		bool of_encoder = i % KV_PER_LAYER >= KV_PER_LAYER / 2;
		struct ort_value *old = of_encoder && !first ? out[i] : d->kv[i];

		if (old == d->kv[i])
			d->kv[i] = out[i];
		ort_value_free(d->m->ort, old);
	}
}

/* The logarithm of the share that the best of n has of all. */
static double log_share(const float *logit, int64_t n, float best)
{
	float sum = 0;

	for (int64_t i = 0; i < n; i++)
		sum += expf(logit[i] - best);
	return -log((double)sum);
}

static int64_t best_but(const float *logit, int64_t n, int64_t not )
{
	int64_t best = not == 0;

	for (int64_t i = best + 1; i < n; i++)
		if (i != not &&logit[i] > logit[best])
			best = i;
	return best;
}

static int likeliest(struct decoding *d, struct ort_value *logits, int32_t *ret_token)
{
	struct ort_dims dims;
	const float *p = ort_f32(d->m->ort, logits);

	if (!p || ort_value_dims(d->m->ort, logits, &dims) < 0 || dims.rank != 3 || dims.n[2] <= TOKEN_END ||
	    dims.n[2] > INT32_MAX)
		return -EBADMSG;
	int64_t best = best_but(p, dims.n[2], -1);
	double share = log_share(p, dims.n[2], p[best]);
	if (best == TOKEN_END && d->steps == 0 && d->long_enough && share < log(SURE_OF_NOTHING)) {
		best = best_but(p, dims.n[2], TOKEN_END);
		share += (double)(p[best] - p[TOKEN_END]);
	}
	*ret_token = (int32_t)best;
	d->log_shares += share;
	d->steps++;
	return 0;
}

/* Runs the decoder on inputs whose last three places are filled. */
static int run_decoder(struct decoding *d, struct ort_value **in, bool first, int32_t *ret_token)
{
	struct ort_value *out[OUT_MAX] = {0};
	size_t n = d->m->kv_count;
	int rc;

	memcpy(in, d->kv, n * sizeof(*in));
	rc = ort_model_run(d->m->decoder,
			   &(struct ort_io){d->m->in_names, (const struct ort_value *const *)in, n + 3,
					    d->m->out_names, out, n + 1},
			   d->err);
	if (rc < 0)
		return rc;
	rc = likeliest(d, out[n], ret_token);
	keep_cache(d, out, first);
	ort_value_free(d->m->ort, out[n]);
	return rc;
}

static int step(struct decoding *d, int32_t token, bool first, int32_t *ret_token)
{
	struct ort *o = d->m->ort;
	struct ort_dims one = ort_dims1(1), one_one = ort_dims2(1, 1);
	struct ort_value *in[IN_MAX] = {0}, **own = in + d->m->kv_count;
	int64_t id = token;
	bool cached = !first;
	int rc = ort_wrap(o, ORT_I64, &id, sizeof(id), &one_one, &own[0]);

	if (rc == 0)
		rc = ort_wrap(o, ORT_BOOL, &cached, sizeof(cached), &one, &own[2]);
	own[1] = d->features;
	if (rc == 0)
		rc = run_decoder(d, in, first, ret_token);
	ort_value_free(o, own[0]);
	ort_value_free(o, own[2]);
	return rc;
}

/* Whether the last `times` phrases of `len` tokens are the same. */
static bool says_again(const int32_t *token, size_t n, size_t len, size_t times)
{
	if (n < len * times)
		return false;
	for (size_t i = n - len * (times - 1); i < n; i++)
		if (token[i] != token[i - len])
			return false;
	return true;
}

size_t moonshine_trim_repeat(const int32_t *token, size_t n)
{
	for (size_t len = 1; len <= REPEAT_PHRASE; len++) {
		size_t times = MAX((size_t)REPEAT_TIMES, (REPEAT_TOKENS + len - 1) / len);

		if (!says_again(token, n, len, times))
			continue;
		while (n > len && says_again(token, n, len, 2))
			n -= len;
		return n;
	}
	return n;
}

static int write_tokens(struct decoding *d, const atomic_bool *stop)
{
	struct moonshine_tokens *t = &d->tokens;
	int32_t token = TOKEN_START;

	while (t->n < d->limit) {
		int rc = stop && atomic_load(stop) ? -ECANCELED : step(d, token, t->n == 0, &token);
		size_t kept;

		if (rc < 0)
			return rc;
		if (token == TOKEN_END)
			return 0;
		t->token[t->n++] = token;
		kept = moonshine_trim_repeat(t->token, t->n);
		t->cut = kept < t->n;
		t->n = kept;
		if (t->cut)
			return 0;
	}
	t->cut = true;
	return 0;
}

static int decode(struct decoding *d, float *pcm, size_t samples, const atomic_bool *stop)
{
	int rc = encode(d, pcm, samples);

	if (rc == 0)
		rc = empty_cache(d);
	if (rc == 0)
		rc = write_tokens(d, stop);
	ort_values_free(d->m->ort, d->kv, d->m->kv_count);
	ort_value_free(d->m->ort, d->features);
	return rc;
}

static size_t token_limit(size_t samples)
{
	return MIN((size_t)MOONSHINE_TOKENS_MAX,
		   samples * TOKENS_PER_10_SEC / (10 * MOONSHINE_RATE_HZ) + TOKENS_EXTRA);
}

int moonshine_run(struct moonshine *m, const float *pcm, size_t samples, const atomic_bool *stop,
		  struct ort_error *err, struct moonshine_tokens *ret_tokens)
{
	size_t n = MAX(samples, (size_t)SHORTEST);
	struct decoding d = {.m = m, .err = err, .limit = token_limit(n), .long_enough = n >= SENTENCE};
	float *in;
	int rc;

	assert(samples <= MOONSHINE_MAX_SAMPLES);
	in = mem_zalloc(n * sizeof(*in));
	if (!in)
		return -ENOMEM;
	memcpy(in, pcm, samples * sizeof(*in));
	rc = decode(&d, in, n, stop);
	mem_free(in);
	if (rc < 0)
		return rc;
	*ret_tokens = d.tokens;
	ret_tokens->confidence = d.steps > 0 ? (float)exp(d.log_shares / (double)d.steps) : 1;
	return 0;
}
