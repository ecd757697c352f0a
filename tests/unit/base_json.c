/* The JSON of the wire: strict about what comes in, right about what goes out. */
#include "base/json.h"

#include <math.h>

#include "base/mem.h"
#include "test.h"

TEST(json_looks_into_a_text)
{
	struct json *doc;
	struct str s = STR("untouched");
	int64_t n = 7;
	double d;
	bool b;

	REQUIRE(json_parse(STR("{\"choices\":[{\"delta\":{\"content\":\"Hi\",\"n\":3,\"x\":1.5}}],"
			       "\"ok\":true,\"none\":null,\"\":0}"),
			   NULL, NULL, &doc) == 0);
	CHECK_INT(json_get_str(doc, "choices/0/delta/content", &s), 0);
	CHECK_STR(s, "Hi");
	CHECK_INT(json_get_int(doc, "choices/0/delta/n", &n), 0);
	CHECK_INT(n, 3);
	CHECK_INT(json_get_num(doc, "choices/0/delta/n", &d), 0);
	CHECK(d == 3);
	CHECK_INT(json_get_bool(doc, "ok", &b), 0);
	CHECK(b);
	CHECK_INT(json_get_int(doc, "choices/0/delta/x", &n), -EPROTO);
	CHECK_INT(json_get_str(doc, "ok", &s), -EPROTO);
	CHECK_INT(json_get_str(doc, "none", &s), -ENOENT);
	CHECK_INT(json_get_str(doc, "choices/1/delta", &s), -ENOENT);
	CHECK_INT(json_get_str(doc, "choices/x", &s), -ENOENT);
	CHECK_INT(json_get_str(NULL, "a", &s), -ENOENT);
	CHECK_STR(s, "Hi");
	CHECK_STR(json_str_or(doc, "nothing", STR("else")), "else");
	CHECK_INT(json_int_or(doc, "choices/0/delta/n", -1), 3);
	CHECK(json_num_or(doc, "ok", 2.5) == 2.5);
	CHECK(json_bool_or(doc, "nothing", true));
	CHECK_INT(json_kind(json_find(doc, "choices")), JSON_KIND_LIST);
	CHECK_INT(json_count(json_find(doc, "choices")), 1);
	CHECK_INT(json_count(doc), 4);
	CHECK(json_at(json_find(doc, "choices"), 1) == NULL);
	CHECK(json_free(doc) == NULL);
	CHECK(json_free(NULL) == NULL);
}

TEST(json_refuses_what_is_not_strict)
{
	static const struct {
		const char *text;
		int line, col;
		const char *problem;
	} rows[] = {
		{"", 1, 0, "'[' or '{' expected near end of file"},
		{"3", 1, 1, "'[' or '{' expected near '3'"},
		{"{\"a\":1,}", 1, 8, "string or '}' expected near '}'"},
		{"{'a':1}", 1, 2, "string or '}' expected near '''"},
		{"{\"a\":1} x", 1, 9, "end of file expected near 'x'"},
		{"{\"a\":1,\n\"a\":2}", 2, 3, "duplicate object key near '\"a\"'"},
		{"[\"\xff\"]", 1, 2, "unable to decode byte 0xff near '\"'"},
		{"[\"\\ud800\"]", 1, 9, "invalid Unicode '\\uD800' near '\"\\ud800\"'"},
		{"[\"\\u0000\"]", 1, 9, "\\u0000 is not allowed without JSON_ALLOW_NUL near '\"\\u0000\"'"},
		{"[9223372036854775808]", 1, 20, "too big integer near '9223372036854775808'"},
		{"[01]", 1, 2, "invalid token near '0'"},
		{"[NaN]", 1, 4, "invalid token near 'NaN'"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct json_problem p = {0};
		struct json *doc = NULL;

		CHECK_INT(json_parse(str_from(rows[i].text), NULL, &p, &doc), -EBADMSG);
		CHECK_STR(str_from(p.text), rows[i].problem);
		CHECK_INT(p.line, rows[i].line);
		CHECK_INT(p.col, rows[i].col);
	}
}

TEST(json_keeps_its_limits)
{
	static const struct json_limits limits = {.bytes = 20, .depth = 2};
	struct json *doc;

	CHECK_INT(json_parse(STR("[[1]]"), &limits, NULL, &doc), 0);
	json_free(doc);
	CHECK_INT(json_parse(STR("[[[1]]]"), &limits, NULL, &doc), -EMSGSIZE);
	CHECK_INT(json_parse(STR("[\"[[[[ \\\" [[[[\"]"), &limits, NULL, &doc), 0);
	json_free(doc);
	CHECK_INT(json_parse(STR("[\"0123456789012345678\"]"), &limits, NULL, &doc), -EMSGSIZE);
}

static int join_keys(struct str key, const struct json *value, void *arg)
{
	struct buf *out = arg;

	buf_add_str(out, key);
	return json_kind(value) == JSON_KIND_NULL ? 5 : 0;
}

TEST(json_walks_a_map_in_the_order_of_the_text)
{
	struct json *doc;
	struct buf out;

	buf_init(&out, 100);
	REQUIRE(json_parse(STR("{\"z\":1,\"a\":2,\"m\":null,\"b\":3}"), NULL, NULL, &doc) == 0);
	CHECK_INT(json_each(doc, join_keys, &out), 5);
	CHECK_STR(buf_str(&out), "zam");
	CHECK_INT(json_each(json_find(doc, "a"), join_keys, &out), 0);
	json_free(doc);
	buf_fini(&out);
}

TEST(json_writes_nested_values)
{
	struct json_out w;
	struct buf out;

	buf_init(&out, 4096);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "event", STR("turn \"ended\""));
	json_int(&w, "usec", INT64_MIN);
	json_list(&w, "list");
	json_num(&w, NULL, 0.1);
	json_num(&w, NULL, 1e300);
	json_num(&w, NULL, 1.0 / 3);
	json_num(&w, NULL, NAN);
	json_map(&w, NULL);
	json_end(&w);
	json_end(&w);
	json_key(&w, STR("any\nkey"));
	json_bool(&w, NULL, false);
	json_none(&w, "none");
	json_raw(&w, "raw", STR("[1]"));
	json_end(&w);
	CHECK_INT(out.error, 0);
	CHECK_STR(buf_str(&out), "{\"event\":\"turn \\\"ended\\\"\",\"usec\":-9223372036854775808,"
				 "\"list\":[0.1,1e+300,0.33333333333333331,null,{}],\"any\\nkey\":false,"
				 "\"none\":null,\"raw\":[1]}");
	buf_fini(&out);
}

TEST(json_escapes_and_mends_text)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{"", "\"\""},
		{"plain", "\"plain\""},
		{"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
		{"\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\""},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
		{"a\xff"
		 "b",
		 "\"a\xef\xbf\xbd"
		 "b\""},
		{"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	};
	struct buf out;

	buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		json_quote(&out, str_from(rows[i].text));
		CHECK_STR(buf_str(&out), rows[i].json);
	}
	buf_fini(&out);
}

TEST(json_copies_what_it_read)
{
	static const char text[] = "{\"a\":[1,-2.5,\"x\\u0007\",true,null,{}],\"b\":{\"c\":[]}}";
	struct json *doc;
	struct json_out w;
	struct buf out;

	buf_init(&out, 4096);
	REQUIRE(json_parse(str_from(text), NULL, NULL, &doc) == 0);
	json_begin(&w, &out);
	json_node(&w, NULL, doc);
	CHECK_STR(buf_str(&out), text);
	json_free(doc);
	buf_fini(&out);
}

TEST(json_nests_to_its_limit_and_no_further)
{
	struct json_out w;
	struct buf out;

	buf_init(&out, 4096);
	json_begin(&w, &out);
	for (int i = 0; i < JSON_OUT_DEPTH_MAX; i++)
		json_list(&w, NULL);
	CHECK_INT(out.error, 0);
	json_list(&w, NULL);
	CHECK_INT(out.error, -EMSGSIZE);
	buf_clear(&out);
	json_begin(&w, &out);
	json_end(&w);
	CHECK_INT(out.error, -EMSGSIZE);
	buf_fini(&out);
}

/* Texts of every length around those at which the reader's buffer grows. */
TEST_OOM(json_reads_no_further_than_it_has_memory)
{
	int rc = 0;

	for (size_t n = 1; n < 80 && rc == 0; n++) {
		struct json *doc = NULL;
		char text[128];
		int len = snprintf(text, sizeof(text), "{\"k\":\"%0*d\"}", (int)n, 1);

		rc = json_parse((struct str){text, (size_t)len}, NULL, NULL, &doc);
		json_free(doc);
	}
	return rc;
}

TEST_OOM(json_survives_without_memory)
{
	struct json *doc = NULL;
	struct json_out w;
	struct buf out;
	int rc = json_parse(
		STR("{\"a\":[1,\"a longer text that needs a block of its own\",{\"b\":2.5}],\"c\":{}}"), NULL,
		NULL, &doc);

	if (rc < 0)
		return rc;
	buf_init(&out, 4096);
	json_begin(&w, &out);
	json_node(&w, NULL, doc);
	rc = out.error;
	buf_fini(&out);
	json_free(doc);
	return rc;
}
