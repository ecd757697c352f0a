#include "agent/schema.h"
#include "base/mem.h"
#include "test.h"

static const char booking[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"day\",\"people\"],"
	"\"properties\":{"
	"\"day\":{\"type\":\"string\",\"format\":\"date\"},"
	"\"time\":{\"type\":[\"string\",\"null\"],\"format\":\"time\"},"
	"\"people\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":8},"
	"\"kind\":{\"enum\":[\"visit\",\"call\",3]},"
	"\"names\":{\"type\":\"array\",\"maxItems\":2,\"items\":{\"type\":\"string\",\"minLength\":2,"
	"\"maxLength\":4}},"
	"\"at/home\":{\"type\":\"boolean\"},"
	"\"where\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\"},"
	"\"properties\":{\"street\":{\"type\":\"string\"}}}}}";

static const struct {
	const char *arguments, *words; /* NULL = right */
} rows[] = {
	{"{\"day\":\"2026-11-24\",\"people\":2}", NULL},
	{"{\"day\":\"2026-11-24\",\"people\":2.0,\"time\":null,\"kind\":3.0}", NULL},
	{"{\"day\":\"2026-11-24\",\"people\":8,\"time\":\"10:30\",\"kind\":\"call\"}", NULL},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"names\":[\"Jo\",\"J\xc3\xb6\xc3\xb6\xc3\xb6\"]}", NULL},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"at/home\":true,\"where\":{\"street\":\"x\",\"n\":1.5}}",
	 NULL},
	{"", "day: is missing.\npeople: is missing.\n"},
	{"{\"people\":2}", "day: is missing.\n"},
	{"{\"day\":5,\"people\":2}", "day: must be of type string, is of type integer.\n"},
	{"{\"day\":\"tomorrow\",\"people\":2}", "day: must be a date as 2026-11-24.\n"},
	{"{\"day\":\"2026-02-30\",\"people\":2}", "day: must be a date as 2026-11-24.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":0}", "people: must be 1 or more.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":9}", "people: must be 8 or less.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":2.5}", "people: must be of type integer, is of type number.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"time\":7}",
	 "time: must be of type string or null, is of type integer.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"time\":\"25:00\"}", "time: must be a time as 10:30.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"kind\":\"x\"}",
	 "kind: must be one of \"visit\", \"call\", 3.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"names\":[\"Jo\",\"J\",\"Joanna\"]}",
	 "names: must have 2 items or fewer.\nnames[1]: must have 2 characters or more.\n"
	 "names[2]: must have 4 characters or fewer.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"at/home\":\"yes\"}",
	 "at/home: must be of type boolean, is of type string.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"where\":{\"n\":\"x\",\"street\":1}}",
	 "where.n: must be of type number, is of type string.\n"
	 "where.street: must be of type string, is of type integer.\n"},
	{"{\"day\":\"2026-11-24\",\"people\":1,\"drop table\":1}",
	 "drop table: is not an argument of this tool.\n"},
	{"[1]", "The arguments: must be of type object, is of type array.\n"},
};

TEST(arguments_are_held_against_the_schema)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct json *doc = NULL;
		struct buf words;

		buf_init(&words, 4096);
		int rc = schema_read(str_from(booking), str_from(rows[i].arguments), &words, &doc);
		if (rc != (rows[i].words ? -EBADMSG : 0))
			test_failed(__FILE__, __LINE__, "%s is %d", rows[i].arguments, rc);
		CHECK_STR(buf_str(&words), rows[i].words ? rows[i].words : "");
		json_free(doc);
		buf_fini(&words);
	}
}

TEST(what_is_no_json_is_told)
{
	struct json *doc = NULL;
	struct buf words;

	buf_init(&words, 4096);
	CHECK_INT(schema_read(STR("{}"), STR("{\"day\":"), &words, &doc), -EBADMSG);
	CHECK(str_starts(buf_str(&words), STR("The arguments are no JSON: ")));
	buf_clear(&words);
	CHECK_INT(schema_read(STR("no schema"), STR("{}"), &words, &doc), -EBADMSG);
	CHECK_STR(buf_str(&words), "This tool cannot be used.\n");
	buf_fini(&words);
}

/* All mistakes are counted, the first few told. */
TEST(words_about_mistakes_are_bounded)
{
	static const char ones[] = "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\"]";
	struct json *schema, *value;
	struct buf words;
	size_t lines = 0;

	buf_init(&words, 65536);
	REQUIRE(json_parse(STR("{\"items\":{\"type\":\"number\"}}"), NULL, NULL, &schema) == 0);
	REQUIRE(json_parse(str_from(ones), NULL, NULL, &value) == 0);
	CHECK_INT(schema_check(schema, value, &words), 11);
	for (size_t i = 0; i < words.n; i++)
		lines += words.p[i] == '\n';
	CHECK_INT(lines, SCHEMA_WORDS_MAX);
	json_free(schema);
	json_free(value);
	buf_fini(&words);
}

/* A schema that is not one allows anything; a keyword of the wrong type is not looked at. */
TEST(odd_schemas_do_no_harm)
{
	static const char *const odd[] = {
		"[]",
		"{\"type\":5}",
		"{\"properties\":[],\"required\":{\"a\":1}}",
		"{\"items\":true,\"minItems\":\"x\"}",
		"{\"minimum\":\"a\",\"maxLength\":-1}",
	};

	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct json *schema, *value;
		struct buf words;

		buf_init(&words, 4096);
		REQUIRE(json_parse(str_from(odd[i]), NULL, NULL, &schema) == 0);
		REQUIRE(json_parse(STR("{\"a\":[1,\"\",null]}"), NULL, NULL, &value) == 0);
		(void)!schema_check(schema, value, &words);
		CHECK(!words.error);
		json_free(schema);
		json_free(value);
		buf_fini(&words);
	}
}

TEST_OOM(arguments_without_memory)
{
	struct json *doc = NULL;
	struct buf words;

	buf_init(&words, 4096);
	int rc = schema_read(str_from(booking), STR("{\"day\":5}"), &words, &doc);
	bool told = !words.error && words.n > 0;
	buf_fini(&words);
	json_free(doc);
	return rc == -EBADMSG ? (told ? 0 : -ENOMEM) : rc;
}
