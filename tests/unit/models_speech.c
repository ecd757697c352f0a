#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "provider/local/moonshine.h"
#include "provider/local/ort.h"
#include "provider/local/pieces.h"
#include "test.h"

static const char *models_dir(void)
{
	const char *dir = getenv("OFFHOOK_MODELS_DIR");

	return dir ? dir : "models";
}

/* NULL after a failure that says what to do. */
static struct ort *open_runtime(void)
{
	struct ort_error err = {0};
	struct ort *o = NULL;

	if (ort_open(models_dir(), &err, &o) < 0)
		test_failed(__FILE__, __LINE__, "%s", err.text);
	return o;
}

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
	struct ort *o = open_runtime();
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
	struct ort *o = open_runtime();
	struct ort_model *m;

	REQUIRE(o);
	CHECK_INT(ort_model_open(o, "minilm/tokenizer.json", &err, &m), -EBADMSG);
	CHECK(str_starts(str_from(err.text), STR("ONNX Runtime: ")));
	ort_close(o);
}

TEST(a_tensor_must_fit_its_shape)
{
	struct ort *o = open_runtime();
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
	struct ort *o = open_runtime();
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

TEST(decoding_can_be_abandoned)
{
	static float silence[MOONSHINE_RATE_HZ];
	const atomic_bool stop = true;
	struct ort *o = open_runtime();
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
