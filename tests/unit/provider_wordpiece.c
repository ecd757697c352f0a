#include "provider/local/embed.h"
#include "provider/local/wordpiece.h"

#include "test.h"

#define TOKENIZER                                                                                       \
	"{\"model\": {\"vocab\": {\"[UNK]\": 0, \"[CLS]\": 1, \"[SEP]\": 2, \"call\": 3, \"##ing\": 4," \
	"\"##er\": 5, \"me\": 6, \",\": 7, \"un\": 8, \"##aff\": 9, \"##able\": 10, \"cafe\": 11,"      \
	"\"\xe4\xb8\xad\": 12, \"c\": 13, \"##all\": 14, \"\xe2\x80\x99\": 15, \"s\": 16}}}"

static struct wordpiece *sample(void)
{
	struct wordpiece *w = NULL;

	CHECK_INT(wordpiece_new(STR(TOKENIZER), &w), 0);
	return w;
}

TEST(wordpiece_cuts_words_into_the_longest_known_pieces)
{
	static const struct {
		const char *text;
		int64_t ids[8];
		size_t n;
	} rows[] = {
		{"", {1, 2}, 2},
		{"  \t\n", {1, 2}, 2},
		{"call", {1, 3, 2}, 3},
		{"CALLING me", {1, 3, 4, 6, 2}, 5},
		{"caller,me", {1, 3, 5, 7, 6, 2}, 6},
		{"unaffable", {1, 8, 9, 10, 2}, 5},
		{"unaffordable", {1, 0, 2}, 3}, /* one piece unknown: the whole word is */
		{"Caf\xc3\xa9", {1, 11, 2}, 3},
		{"CAF\xc3\x89", {1, 11, 2}, 3},
		{"cafe\xcc\x81", {1, 11, 2}, 3}, /* a combining accent */
		{"me\xe4\xb8\xadme", {1, 6, 12, 6, 2}, 5},
		{"me\xe2\x80\x99s", {1, 6, 15, 16, 2}, 5},
		{"ca\x01ll", {1, 3, 2}, 3},
		{"me\xff\xc3 call\xe4\xb8", {1, 6, 3, 2}, 4}, /* broken UTF-8 */
		{"me\xc2\xa0me", {1, 6, 6, 2}, 4},
	};
	struct wordpiece *w = sample();

	REQUIRE(w);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ids[16];

		CHECK_INT(wordpiece_encode(w, str_from(rows[i].text), ids, ARRAY_LEN(ids)), rows[i].n);
		CHECK(memcmp(ids, rows[i].ids, rows[i].n * sizeof(ids[0])) == 0);
	}
	wordpiece_free(w);
}

TEST(wordpiece_keeps_within_its_window)
{
	struct wordpiece *w = sample();
	int64_t ids[5];

	REQUIRE(w);
	CHECK_INT(wordpiece_encode(w, STR("me me me me me me"), ids, 5), 5);
	CHECK_INT(ids[0], 1);
	CHECK_INT(ids[4], 2);
	CHECK_INT(wordpiece_encode(w, STR("me"), ids, 2), 2);
	CHECK_INT(ids[1], 2);
	wordpiece_free(w);
}

TEST(wordpiece_does_not_know_endless_words)
{
	struct wordpiece *w = sample();
	char text[4 * WORDPIECE_WORD_MAX];
	int64_t ids[8];

	REQUIRE(w);
	memset(text, 'c', sizeof(text));
	CHECK_INT(wordpiece_encode(w, (struct str){text, sizeof(text)}, ids, 8), 3);
	CHECK_INT(ids[1], 0);
	wordpiece_free(w);
}

TEST(wordpiece_refuses_what_is_no_tokenizer)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"model\": 1}",
		"{\"model\": {\"vocab\": [1]}}",
		"{\"model\": {\"vocab\": {\"a\": 1}}}",
		"{\"model\": {\"vocab\": {\"[UNK]\": 0, \"[CLS]\": \"x\", \"[SEP]\": 2}}}",
		"{\"model\": {\"vocab\": {\"[UNK]\": 0, \"[CLS]\": -1, \"[SEP]\": 2}}}",
	};
	struct wordpiece *w;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		CHECK_INT(wordpiece_new(str_from(texts[i]), &w), -EBADMSG);
}

TEST_OOM(wordpiece_survives_lack_of_memory)
{
	struct wordpiece *w = NULL;
	int rc = wordpiece_new(STR(TOKENIZER), &w);

	wordpiece_free(w);
	return rc;
}

TEST(embeddings_are_compared_by_direction)
{
	struct embedding a = {{1}}, back = {{-1}}, near = {{0.6f, 0.8f}}, across = {{0, 1}};

	CHECK(embed_similarity(&a, &a) == 1);
	CHECK(embed_similarity(&a, &back) == -1);
	CHECK(embed_similarity(&a, &across) == 0);
	CHECK(embed_similarity(&a, &near) > 0.59f && embed_similarity(&a, &near) < 0.61f);
	CHECK(embed_close(NULL) == NULL);
}
