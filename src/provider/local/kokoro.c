#include "provider/local/kokoro.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/g2p.h"
#include "provider/local/mapped.h"

#define STYLE_DIMS      256
#define STYLES          510
#define VOICE_BYTES     (STYLES * STYLE_DIMS * sizeof(float))
#define PHONEMES_MAX    16384 /* bytes of phonetic text of one clause */
#define PAD             0     /* the token at both ends */
#define NOT_NUMBERS_MAX 0.01  /* of the samples, before a run counts as failed */

LIVE_DEFINE(kokoro);
LIVE_DEFINE(kokoro_voice);

struct kokoro {
	struct ort *ort;
	struct ort_model *model;
};

struct kokoro_voice {
	struct str table; /* the mapped file: STYLES rows of STYLE_DIMS floats */
};

/* The part of the model's alphabet that English uses; numbers from its tokenizer. */
static const struct {
	const char *symbol;
	int64_t token;
} alphabet[] = {
	{";", 1},
	{":", 2},
	{",", 3},
	{".", 4},
	{"!", 5},
	{"?", 6},
	{"\xe2\x80\x94", 9},
	{"\xe2\x80\xa6", 10},
	{" ", 16},
	{"A", 24},
	{"I", 25},
	{"O", 31},
	{"Q", 33},
	{"T", 36},
	{"W", 39},
	{"Y", 41},
	{"ᵊ", 42},
	{"b", 44},
	{"d", 46},
	{"f", 48},
	{"h", 50},
	{"i", 51},
	{"j", 52},
	{"k", 53},
	{"l", 54},
	{"m", 55},
	{"n", 56},
	{"p", 58},
	{"s", 61},
	{"t", 62},
	{"u", 63},
	{"v", 64},
	{"w", 65},
	{"z", 68},
	{"ɑ", 69},
	{"ɒ", 71},
	{"æ", 72},
	{"ɔ", 76},
	{"ð", 81},
	{"ʤ", 82},
	{"ə", 83},
	{"ɛ", 86},
	{"ɜ", 87},
	{"ɡ", 92},
	{"ɪ", 102},
	{"ŋ", 112},
	{"θ", 119},
	{"ɹ", 123},
	{"ɾ", 125},
	{"ʃ", 131},
	{"ʧ", 133},
	{"ʊ", 135},
	{"ʌ", 138},
	{"ʒ", 147},
	{"ˈ", 156},
	{"ˌ", 157},
	{"ː", 158},
	{"ᵻ", 177},
};

int kokoro_open(struct ort *o, struct ort_error *err, struct kokoro **ret_model)
{
	struct kokoro *k = mem_zalloc(sizeof(*k));
	int rc;

	if (!k)
		return -ENOMEM;
	k->ort = o;
	live_up(&live_kokoro);
	rc = ort_model_open(o, KOKORO_MODEL, err, &k->model);
	if (rc < 0) {
		kokoro_close(k);
		return rc;
	}
	*ret_model = k;
	return 0;
}

struct kokoro *kokoro_close(struct kokoro *k)
{
	if (!k)
		return NULL;
	ort_model_close(k->model);
	live_down(&live_kokoro);
	return mem_free(k);
}

static void explain(struct ort_error *err, const char *path, int rc)
{
	if (!err)
		return;
	if (rc == -ENOENT)
		snprintf(err->text, sizeof(err->text),
			 "%.180s is missing: fetch the models with tools/models.sh", path);
	else
		snprintf(err->text, sizeof(err->text), "%.200s is no voice of Kokoro", path);
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && name.p[i] != '_')
			return false;
	return name.n > 0 && name.n < 32;
}

int kokoro_voice_open(const char *models_dir, struct str name, struct ort_error *err,
		      struct kokoro_voice **ret_voice)
{
	struct kokoro_voice *v;
	struct str table;
	char path[4096];
	int rc;

	snprintf(path, sizeof(path), "%s/%s/" STR_FMT ".bin", models_dir, KOKORO_VOICES, STR_ARG(name));
	if (!is_name(name))
		return -EINVAL;
	rc = mapped_open(path, VOICE_BYTES, &table);
	if (rc == 0 && table.n != VOICE_BYTES) {
		mapped_close(table);
		rc = -EBADMSG;
	}
	if (rc < 0) {
		explain(err, path, rc);
		return rc == -EMSGSIZE ? -EBADMSG : rc;
	}
	v = mem_zalloc(sizeof(*v));
	if (!v) {
		mapped_close(table);
		return -ENOMEM;
	}
	live_up(&live_kokoro_voice);
	v->table = table;
	*ret_voice = v;
	return 0;
}

struct kokoro_voice *kokoro_voice_close(struct kokoro_voice *v)
{
	if (!v)
		return NULL;
	mapped_close(v->table);
	live_down(&live_kokoro_voice);
	return mem_free(v);
}

/* The token of the symbol that `text` starts with; *ret_bytes are its bytes. -1 = none. */
static int64_t token_at(struct str text, size_t *ret_bytes)
{
	size_t n = 1;

	while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n++;
	*ret_bytes = n;
	for (size_t i = 0; i < ARRAY_LEN(alphabet); i++)
		if (str_eq(str_from(alphabet[i].symbol), str_sub(text, 0, n)))
			return alphabet[i].token;
	return -1;
}

size_t kokoro_tokens(struct str phonemes, int64_t *tokens, size_t max, size_t *ret_used)
{
	size_t n = 0, i = 0, bytes, blank_n = 0, blank_i = 0;

	while (i < phonemes.n) {
		int64_t token = token_at(str_sub(phonemes, i, phonemes.n), &bytes);

		if (token >= 0 && n == max) {
			*ret_used = blank_n > 0 ? blank_i : i;
			return blank_n > 0 ? blank_n : n;
		}
		i += bytes;
		if (token < 0)
			continue;
		tokens[n++] = token;
		if (phonemes.p[i - 1] == ' ') {
			blank_n = n;
			blank_i = i;
		}
	}
	*ret_used = i;
	return n;
}

enum input {
	IN_TOKENS,
	IN_STYLE,
	IN_SPEED,
	IN_COUNT,
};

static int wrap_inputs(struct kokoro *k, const struct kokoro_voice *v, int64_t *tokens, size_t n,
		       float *speed, struct ort_value *in[IN_COUNT])
{
	const struct ort_dims row = ort_dims2(1, (int64_t)n + 2), style = ort_dims2(1, STYLE_DIMS),
			      one = ort_dims1(1);
	const char *table = v->table.p + MIN(n, STYLES - 1) * STYLE_DIMS * sizeof(float);
	int rc;

	rc = ort_wrap(k->ort, ORT_I64, tokens, (n + 2) * sizeof(*tokens), &row, &in[IN_TOKENS]);
	/* The runtime only reads its inputs; its interface has no const. */
	if (rc == 0)
		rc = ort_wrap(k->ort, ORT_F32, (void *)(uintptr_t)table, STYLE_DIMS * sizeof(float), &style,
			      &in[IN_STYLE]);
	if (rc == 0)
		rc = ort_wrap(k->ort, ORT_F32, speed, sizeof(*speed), &one, &in[IN_SPEED]);
	return rc;
}

static size_t element_count(const struct ort_dims *dims)
{
	size_t n = 1;

	for (size_t i = 0; i < dims->rank; i++)
		n *= (size_t)dims->n[i];
	return n;
}

static int deliver(struct kokoro *k, struct ort_value *wave, struct voice_out *out, struct ort_error *err)
{
	const float *pcm = ort_f32(k->ort, wave);
	struct ort_dims dims;
	size_t samples, bad = 0;

	if (!pcm || ort_value_dims(k->ort, wave, &dims) < 0)
		return -EIO;
	samples = element_count(&dims);
	for (size_t i = 0; i < samples; i++)
		bad += !isfinite(pcm[i]);
	if ((double)bad > NOT_NUMBERS_MAX * (double)samples) {
		if (err)
			snprintf(err->text, sizeof(err->text), "Kokoro gave %zu samples that are no numbers",
				 bad);
		return -EIO;
	}
	return voice_out_push_float(out, pcm, samples) ? 0 : -ECANCELED;
}

/* at[1 .. n] are the text's, room for the padding is around them. */
struct tokens {
	int64_t at[KOKORO_TOKENS_MAX + 2];
	size_t n;
};

static int run(struct kokoro *k, const struct kokoro_voice *v, struct tokens *t, float speed,
	       struct voice_out *out, struct ort_error *err)
{
	static const char *const in_names[IN_COUNT] = {"input_ids", "style", "speed"};
	static const char *const out_names[] = {"waveform"};
	struct ort_value *in[IN_COUNT] = {0}, *wave = NULL;
	struct ort_io io = {in_names, (const struct ort_value *const *)in, IN_COUNT, out_names, &wave, 1};
	int rc;

	t->at[0] = t->at[t->n + 1] = PAD;
	rc = wrap_inputs(k, v, t->at, t->n, &speed, in);
	if (rc == 0)
		rc = ort_model_run(k->model, &io, err);
	ort_values_free(k->ort, in, IN_COUNT);
	if (rc == 0)
		rc = deliver(k, wave, out, err);
	ort_value_free(k->ort, wave);
	return rc;
}

int kokoro_say(struct kokoro *k, const struct kokoro_voice *v, struct str words, float speed,
	       const struct voice_out_sink *sink, struct ort_error *err)
{
	struct tokens t;
	struct voice_out out;
	struct buf phonemes;
	struct str rest;
	size_t used;
	int rc;

	rc = voice_out_init(&out, KOKORO_RATE_HZ, sink);
	if (rc < 0)
		return rc;
	buf_init(&phonemes, PHONEMES_MAX);
	rc = g2p(words, &phonemes);
	rest = buf_str(&phonemes);
	while (rc == 0 && rest.n > 0) {
		t.n = kokoro_tokens(rest, t.at + 1, KOKORO_TOKENS_MAX, &used);
		rest = str_sub(rest, used, rest.n);
		if (t.n > 0)
			rc = run(k, v, &t, CLAMP(speed, 0.5f, 2.0f), &out, err);
	}
	buf_fini(&phonemes);
	if (rc == 0)
		voice_out_end(&out, words);
	return rc == 0 && out.stopped ? -ECANCELED : rc;
}
