/* Ids and tokens: their form, and what is refused. */
#include "base/id.h"
#include "test.h"

TEST(id_survives_its_way_through_text)
{
	struct id a, b, none = {0};
	struct rng r;

	rng_init_number(&r, 5);
	a = id_draw(&r);
	b = id_draw(&r);
	CHECK_INT(id_str(&a).n, ID_CHARS);
	CHECK(!str_eq(id_str(&a), id_str(&b)));
	CHECK_INT(id_parse(id_str(&a), &b), 0);
	CHECK(str_eq(id_str(&a), id_str(&b)));
	CHECK(str_empty(id_str(&none)));
}

TEST(id_refuses_what_it_cannot_have_made)
{
	static const struct str rows[] = {
		STR_INIT(""),
		STR_INIT("0123456789abcdefghj"),
		STR_INIT("0123456789abcdefghjkm"),
		STR_INIT("0123456789abcdefghjU"),
		STR_INIT("0123456789abcdefghj\0"),
		STR_INIT("0123456789abcdef/hjk"),
	};
	struct id id = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(id_parse(rows[i], &id), -EBADMSG);
	CHECK(str_empty(id_str(&id)));
}

TEST(id_tokens_have_their_length)
{
	char token[9];
	struct rng r;

	rng_init_number(&r, 6);
	id_token(&r, token, sizeof(token));
	CHECK_INT(strlen(token), 8);
}
