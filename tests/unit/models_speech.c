#include "app/rehearsal/wer.h"
#include "base/buf.h"
#include "models.h"
#include "provider/local/moonshine.h"
#include "provider/local/pieces.h"
#include "provider/local/transcribe.h"

#define PROMPTS 24

TEST(a_missing_library_is_named_with_its_cure)
{
	struct ort_error err = {0};
	struct ort *o;

	CHECK_INT(ort_open("/nonexistent", &err, &o), -ENOENT);
	CHECK_STR(str_from(err.text), "/nonexistent/onnxruntime/libonnxruntime.so is missing: fetch the "
				      "models with tools/models.sh");
}

TEST(a_missing_model_is_named_with_its_cure)
{
	struct ort_error err = {0};
	struct ort *o = models_runtime();
	struct moonshine *m;

	REQUIRE(o);
	CHECK_INT(moonshine_open(o, "moonshine/huge", &err, &m), -ENOENT);
	CHECK(str_find(str_from(err.text), STR("moonshine/huge/encoder_model.onnx is missing")) <
	      strlen(err.text));
	ort_close(o);
}

TEST(a_file_that_is_no_model_is_refused_in_words)
{
	struct ort_error err = {0};
	struct ort *o = models_runtime();
	struct ort_model *m;

	REQUIRE(o);
	CHECK_INT(ort_model_open(o, "minilm/tokenizer.json", &err, &m), -EBADMSG);
	CHECK(str_starts(str_from(err.text), STR("ONNX Runtime: ")));
	ort_close(o);
}

TEST(a_tensor_must_fit_its_shape)
{
	struct ort *o = models_runtime();
	struct ort_dims dims = ort_dims2(1, 3);
	struct ort_value *v;
	float x[4] = {0};

	REQUIRE(o);
	CHECK_INT(ort_wrap(o, ORT_F32, x, sizeof(x), &dims, &v), -EINVAL);
	ort_close(o);
}

TEST(silence_of_any_length_is_decoded_within_its_limit)
{
	static float silence[5 * MOONSHINE_RATE_HZ];
	static const size_t lengths[] = {0, 1, 1000, MOONSHINE_RATE_HZ, ARRAY_LEN(silence)};
	struct ort *o = models_runtime();
	struct moonshine *m;

	REQUIRE(o);
	REQUIRE(moonshine_open(o, "moonshine/tiny", NULL, &m) == 0);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct moonshine_tokens t;

		CHECK_INT(moonshine_run(m, silence, lengths[i], NULL, NULL, &t), 0);
		CHECK(t.n < MOONSHINE_TOKENS_MAX);
	}
	moonshine_close(m);
	ort_close(o);
}

/* Words among seconds of silence, wherever they lie: the decoder is often about to say that there was
 * nothing. */
TEST(speech_is_not_taken_for_silence)
{
	static int16_t pcm[TRANSCRIBE_PART_MAX];
	struct ort *o = models_runtime();
	struct transcribe t = {0};
	struct pieces *pieces;
	struct corpus c;
	char path[1024];
	size_t empty = 0;

	REQUIRE(o);
	models_corpus(&c);
	snprintf(path, sizeof(path), "%s/" PIECES_SCRIPT, models_dir());
	REQUIRE(pieces_load(path, &pieces) == 0);
	REQUIRE(moonshine_open(o, "moonshine/base", NULL, &t.model) == 0);
	t.pieces = pieces;
	for (size_t i = 0; i < MIN(c.count, (size_t)PROMPTS); i++) {
		size_t lead = (1 + i % 4) * 2 * TRANSCRIBE_RATE_HZ, n = c.prompts[i].samples;
		struct buf text;

		if (lead + n > ARRAY_LEN(pcm))
			continue;
		memset(pcm, 0, sizeof(pcm));
		memcpy(pcm + lead, c.prompts[i].pcm, n * sizeof(*pcm));
		buf_init(&text, 10000);
		CHECK_INT(transcribe_run(&t, pcm, MIN(lead + n + lead / 2, ARRAY_LEN(pcm)), &text), 0);
		empty += text.n == 0;
		buf_fini(&text);
	}
	CHECK_INT(empty, 0);
	moonshine_close(t.model);
	pieces_free(pieces);
	corpus_fini(&c);
	ort_close(o);
}

TEST(decoding_can_be_abandoned)
{
	static float silence[MOONSHINE_RATE_HZ];
	const atomic_bool stop = true;
	struct ort *o = models_runtime();
	struct moonshine_tokens t;
	struct moonshine *m;

	REQUIRE(o);
	REQUIRE(moonshine_open(o, "moonshine/tiny", NULL, &m) == 0);
	CHECK_INT(moonshine_run(m, silence, ARRAY_LEN(silence), &stop, NULL, &t), -ECANCELED);
	moonshine_close(m);
	ort_close(o);
}

TEST(the_carrier_holds_the_whole_vocabulary)
{
	char path[1024];
	struct pieces *p;

	snprintf(path, sizeof(path), "%s/moonshine/moonshine.min.js", models_dir());
	REQUIRE(pieces_load(path, &p) == 0);
	CHECK_INT(pieces_count(p), 32000);
	pieces_free(p);
}

/* The bound is loose on purpose: figures belong to bench/speech.c, this catches a broken pipeline. */
TEST(people_are_understood)
{
	struct ort *o = models_runtime();
	struct transcribe t = {0};
	struct pieces *pieces;
	struct wer sum = {0};
	struct corpus c;
	char path[1024];

	REQUIRE(o);
	models_corpus(&c);
	snprintf(path, sizeof(path), "%s/" PIECES_SCRIPT, models_dir());
	REQUIRE(pieces_load(path, &pieces) == 0);
	REQUIRE(moonshine_open(o, "moonshine/base", NULL, &t.model) == 0);
	t.pieces = pieces;
	for (size_t i = 0; i < MIN(c.count, (size_t)PROMPTS); i++) {
		struct buf text;

		buf_init(&text, 10000);
		CHECK_INT(transcribe_run(&t, c.prompts[i].pcm, c.prompts[i].samples, &text), 0);
		CHECK(wer_add(&sum, c.prompts[i].text, buf_str(&text)) >= 0);
		buf_fini(&text);
	}
	CHECK(sum.sentences == PROMPTS && wer_percent(&sum) < 10);
	moonshine_close(t.model);
	pieces_free(pieces);
	corpus_fini(&c);
	ort_close(o);
}

TEST(a_monologue_of_a_minute_is_understood_in_parts)
{
	static int16_t pcm[60 * TRANSCRIBE_RATE_HZ];
	struct ort *o = models_runtime();
	struct transcribe t = {0};
	struct pieces *pieces;
	struct wer sum = {0};
	struct buf said, heard;
	struct corpus c;
	char path[1024];
	size_t n = 0;

	REQUIRE(o);
	models_corpus(&c);
	snprintf(path, sizeof(path), "%s/" PIECES_SCRIPT, models_dir());
	REQUIRE(pieces_load(path, &pieces) == 0);
	REQUIRE(moonshine_open(o, "moonshine/tiny", NULL, &t.model) == 0);
	t.pieces = pieces;
	buf_init(&said, 10000);
	buf_init(&heard, 10000);
	for (size_t i = 0; i < c.count && n + c.prompts[i].samples < ARRAY_LEN(pcm); i++) {
		memcpy(pcm + n, c.prompts[i].pcm, c.prompts[i].samples * sizeof(*pcm));
		n += c.prompts[i].samples;
		buf_add_str(&said, c.prompts[i].text);
		buf_add_char(&said, ' ');
	}
	CHECK_INT(transcribe_run(&t, pcm, n, &heard), 0);
	CHECK(wer_add(&sum, buf_str(&said), buf_str(&heard)) >= 0);
	CHECK(sum.said > 100 && wer_percent(&sum) < 15);
	buf_fini(&said);
	buf_fini(&heard);
	moonshine_close(t.model);
	pieces_free(pieces);
	corpus_fini(&c);
	ort_close(o);
}
