#include <math.h>

#include "base/buf.h"
#include "models.h"
#include "provider/local/mapped.h"
#include "provider/local/minilm.h"
#include "provider/local/wordpiece.h"

/* Ids as the reference tokenizer gives them. */
TEST(the_real_vocabulary_gives_the_reference_tokens)
{
	static const struct {
		const char *text;
		int64_t ids[12];
		size_t n;
	} rows[] = {
		{"Hello world", {101, 7592, 2088, 102}, 4},
		{"This is an example sentence", {101, 2023, 2003, 2019, 2742, 6251, 102}, 7},
		{"unaffable", {101, 14477, 20961, 3468, 102}, 5},
	};
	char path[1024];
	struct str text;
	struct wordpiece *w;

	snprintf(path, sizeof(path), "%s/" MINILM_TOKENIZER, models_dir());
	REQUIRE(mapped_open(path, 1 << 20, &text) == 0);
	REQUIRE(wordpiece_new(text, &w) == 0);
	mapped_close(text);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ids[16];

		CHECK_INT(wordpiece_encode(w, str_from(rows[i].text), ids, 16), rows[i].n);
		CHECK(memcmp(ids, rows[i].ids, rows[i].n * sizeof(ids[0])) == 0);
	}
	wordpiece_free(w);
}

TEST(sentences_that_mean_the_same_lie_close)
{
	static const struct {
		const char *a, *b;
		float least, most;
	} rows[] = {
		{"I'd like to book an appointment", "Can I schedule a visit?", 0.5f, 1},
		{"When are you open?", "What are your opening hours?", 0.6f, 1},
		{"When are you open?", "My dog chased a red balloon.", -0.2f, 0.2f},
		{"Let me talk to a human", "I want to speak to a real person", 0.45f, 1},
		{"same words", "same words", 0.999f, 1.001f},
	};
	struct ort *o = models_runtime();
	struct ort_error err = {0};
	struct embed *e;

	REQUIRE(o);
	REQUIRE(minilm_open(o, &err, &e) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct embedding out[2];
		float s;

		CHECK_INT(embed_text(e, str_from(rows[i].a), &out[0]), 0);
		CHECK_INT(embed_text(e, str_from(rows[i].b), &out[1]), 0);
		s = embed_similarity(&out[0], &out[1]);
		if (s < rows[i].least || s > rows[i].most)
			test_failed(__FILE__, __LINE__, "'%s' and '%s': %.2f", rows[i].a, rows[i].b, s);
		CHECK(fabsf(embed_similarity(&out[0], &out[0]) - 1) < 1e-4f);
	}
	embed_close(e);
	ort_close(o);
}

TEST(texts_of_any_length_have_a_meaning)
{
	struct ort *o = models_runtime();
	struct embedding out;
	struct embed *e;
	struct buf b;

	REQUIRE(o);
	REQUIRE(minilm_open(o, NULL, &e) == 0);
	buf_init(&b, 100000);
	for (int i = 0; i < 1000; i++)
		buf_add_str(&b, STR("on and on "));
	CHECK_INT(embed_text(e, STR(""), &out), 0);
	CHECK_INT(embed_text(e, buf_str(&b), &out), 0);
	buf_fini(&b);
	embed_close(e);
	ort_close(o);
}
