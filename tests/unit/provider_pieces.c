#include "provider/local/pieces.h"

#include "base/mem.h"
#include "test.h"

/* "<unk>\n<s>\n</s>\n<0x41>\n▁call\n▁me\n▁▁now\ning\n<0xE2>" */
#define VOCABULARY "PHVuaz4KPHM+Cjwvcz4KPDB4NDE+CuKWgWNhbGwK4paBbWUK4paB4paBbm93CmluZwo8MHhFMj4="

TEST(pieces_are_found_inside_a_script)
{
	CHECK_STR(pieces_find(STR("let a=1;const v=\"" VOCABULARY "\",m=\"r3SxdLB0\"")), VOCABULARY);
	CHECK(str_empty(pieces_find(STR("let a=1"))));
	CHECK(str_empty(pieces_find(STR(""))));
}

TEST(pieces_spell_words_bytes_and_blanks)
{
	static const struct {
		int32_t token[6];
		size_t n;
		const char *text;
	} rows[] = {
		{{4, 7, 5}, 3, "calling me"},
		{{1, 4, 6, 2}, 4, "call  now"}, /* marks are silent */
		{{3}, 1, "A"},
		{{8, 3},
		 2,
		 "\xe2"
		 "A"},
		{{0, 9, 30000, -1}, 4, ""}, /* unknown, unused, nonsense */
		{{0}, 0, ""},
	};
	struct pieces *p;

	REQUIRE(pieces_new(STR(VOCABULARY), &p) == 0);
	CHECK_INT(pieces_count(p), 9);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;

		buf_init(&b, 1000);
		pieces_spell(p, rows[i].token, rows[i].n, &b);
		CHECK_STR(buf_str(&b), rows[i].text);
		buf_fini(&b);
	}
	pieces_free(p);
}

TEST(pieces_continue_a_text_that_has_begun)
{
	struct pieces *p;
	struct buf b;

	REQUIRE(pieces_new(STR(VOCABULARY), &p) == 0);
	buf_init(&b, 1000);
	buf_add_str(&b, STR("please "));
	pieces_spell(p, (const int32_t[]){4, 5}, 2, &b);
	CHECK_STR(buf_str(&b), "please call me");
	buf_fini(&b);
	pieces_free(p);
}

TEST(pieces_refuse_what_is_no_vocabulary)
{
	struct pieces *p;

	CHECK_INT(pieces_new(STR(""), &p), -EBADMSG);
	CHECK_INT(pieces_new(STR("PHVuaz4KPHM+"), &p), -EBADMSG); /* too short */
	CHECK_INT(pieces_new(STR("aGVsbG8Kd29ybGQKYQpiCg=="), &p), -EBADMSG);
	CHECK_INT(pieces_load("/nonexistent/script.js", &p), -ENOENT);
}

TEST_OOM(pieces_survive_lack_of_memory)
{
	struct pieces *p = NULL;
	int rc = pieces_new(STR(VOCABULARY), &p);

	pieces_free(p);
	return rc;
}
