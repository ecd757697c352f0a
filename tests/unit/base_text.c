/* Bytes as letters, and letters that are characters: base64, utf8, and room made in a buf. */
#include "base/base64.h"
#include "base/utf8.h"
#include "test.h"

/* RFC 4648 section 10, and what is not in it. */
TEST(base64_goes_both_ways)
{
	static const struct {
		struct str bytes;
		const char *text;
	} rows[] = {
		{STR_INIT(""), ""},
		{STR_INIT("f"), "Zg=="},
		{STR_INIT("fo"), "Zm8="},
		{STR_INIT("foo"), "Zm9v"},
		{STR_INIT("foob"), "Zm9vYg=="},
		{STR_INIT("fooba"), "Zm9vYmE="},
		{STR_INIT("foobar"), "Zm9vYmFy"},
		{STR_INIT("\xff\xff\xfe\0\x10"), "///+ABA="},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;

		buf_init(&b, 64);
		base64_write(&b, rows[i].bytes);
		CHECK_STR(buf_str(&b), rows[i].text);
		buf_clear(&b);
		CHECK_INT(base64_read(&b, str_from(rows[i].text)), 0);
		CHECK(str_eq(buf_str(&b), rows[i].bytes));
		buf_fini(&b);
	}
}

TEST(base64_refuses_what_nobody_encodes)
{
	static const char *const rows[] = {
		"Z", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v!A==", "Zm 9v", "Zh==", "Zm9="};
	struct buf b;

	buf_init(&b, 64);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(base64_read(&b, str_from(rows[i])), -EBADMSG);
	CHECK_INT(b.n, 0);
	CHECK_INT(base64_read(&b, STR("Zm8")), 0);
	CHECK_STR(buf_str(&b), "fo");
	buf_fini(&b);
	buf_init(&b, 2);
	CHECK_INT(base64_read(&b, STR("Zm9v")), -EMSGSIZE);
	buf_fini(&b);
}

TEST(utf8_knows_characters)
{
	static const struct {
		struct str bytes;
		bool valid;
	} rows[] = {
		{STR_INIT(""), true},
		{STR_INIT("plain words, longer than eight"), true},
		{STR_INIT("gr\xc3\xbc\xc3\x9f dich \xe2\x82\xac \xf0\x9f\x98\x80"), true},
		{STR_INIT("\xf4\x8f\xbf\xbf"), true},
		{STR_INIT("\xf4\x90\x80\x80"), false}, /* behind the last one */
		{STR_INIT("\xed\xa0\x80"), false},     /* a surrogate */
		{STR_INIT("\xc0\xaf"), false},         /* overlong */
		{STR_INIT("\xe0\x80\x80"), false},
		{STR_INIT("eight by\xff"), false},
		{STR_INIT("cut \xe2\x82"), false},
		{STR_INIT("\x80"), false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(utf8_valid(rows[i].bytes), rows[i].valid);
}

TEST(buf_reserves_without_remembering_a_failure)
{
	struct buf b;

	buf_init(&b, 8);
	CHECK_INT(buf_reserve(&b, 9), -EMSGSIZE);
	CHECK_INT(b.error, 0);
	CHECK_INT(buf_reserve(&b, 8), 0);
	CHECK_INT(b.n, 0);
	buf_add_str(&b, STR("12345678"));
	CHECK_INT(b.error, 0);
	CHECK(!buf_grow(&b, 1));
	CHECK_INT(b.error, -EMSGSIZE);
	CHECK_INT(buf_reserve(&b, 0), -EMSGSIZE);
	buf_fini(&b);
}
