#include "agent/schema.h"

#include <errno.h>

#include "agent/civil.h"

/* Where in the value we are, for the words. */
struct place {
	const struct place *above;
	struct str key; /* p == NULL: an item of a list */
	size_t index;
};

struct check {
	struct buf *words;
	unsigned errors;
};

static void check_node(struct check *c, const struct place *at, const struct json *schema,
		       const struct json *value);

/* ---- words ---- */

static void write_place(struct buf *out, const struct place *at)
{
	if (!at->above) {
		buf_add_str(out, at->key);
		return;
	}
	write_place(out, at->above);
	if (!at->key.p)
		buf_printf(out, "[%zu]", at->index);
	else
		buf_printf(out, "%s" STR_FMT, at->above->above ? "." : "", STR_ARG(at->key));
}

/* Returns whether there is room for words about this mistake. */
static bool wrong(struct check *c, const struct place *at)
{
	if (c->errors++ >= SCHEMA_WORDS_MAX)
		return false;
	if (at->above)
		write_place(c->words, at);
	else
		buf_add_str(c->words, STR("The arguments"));
	buf_add_str(c->words, STR(": "));
	return true;
}

#define WRONG(c, at, ...)                                    \
	do {                                                 \
		if (wrong(c, at))                            \
			buf_printf((c)->words, __VA_ARGS__); \
	} while (0)

/* ---- types ---- */

static const char *const kind_names[] = {
	[JSON_KIND_NONE] = "nothing", [JSON_KIND_NULL] = "null",  [JSON_KIND_BOOL] = "boolean",
	[JSON_KIND_INT] = "integer",  [JSON_KIND_NUM] = "number", [JSON_KIND_STR] = "string",
	[JSON_KIND_LIST] = "array",   [JSON_KIND_MAP] = "object",
};

/* 2.0 is an integer, too. */
static bool is_whole(const struct json *value)
{
	double n = json_num_or(value, "", 0.5);

	return n >= -9e15 && n <= 9e15 && (double)(int64_t)n == n;
}

static bool is_type(const struct json *value, struct str type)
{
	enum json_kind k = json_kind(value);

	if (str_eq(type, STR("number")))
		return k == JSON_KIND_INT || k == JSON_KIND_NUM;
	if (str_eq(type, STR("integer")))
		return k == JSON_KIND_INT || (k == JSON_KIND_NUM && is_whole(value));
	return str_eq(type, str_from(kind_names[k]));
}

static void check_type(struct check *c, const struct place *at, const struct json *type,
		       const struct json *value)
{
	bool ok = json_kind(type) == JSON_KIND_STR && is_type(value, json_str_or(type, "", STR("")));

	for (size_t i = 0; i < json_count(type); i++)
		ok = ok || is_type(value, json_str_or(json_at(type, i), "", STR("")));
	if (ok || !wrong(c, at))
		return;
	buf_add_str(c->words, STR("must be of type "));
	buf_add_str(c->words, json_str_or(type, "", json_str_or(json_at(type, 0), "", STR("?"))));
	for (size_t i = 1; i < json_count(type); i++) {
		buf_add_str(c->words, STR(" or "));
		buf_add_str(c->words, json_str_or(json_at(type, i), "", STR("?")));
	}
	buf_printf(c->words, ", is of type %s.\n", kind_names[json_kind(value)]);
}

/* ---- enum ---- */

static bool same_scalar(const struct json *a, const struct json *b)
{
	enum json_kind k = json_kind(a);

	if (k == JSON_KIND_INT || k == JSON_KIND_NUM)
		return is_type(b, STR("number")) && json_num_or(a, "", 0) == json_num_or(b, "", 1);
	if (k != json_kind(b))
		return false;
	if (k == JSON_KIND_STR)
		return str_eq(json_str_or(a, "", STR("")), json_str_or(b, "", STR("")));
	return k == JSON_KIND_NULL ||
	       (k == JSON_KIND_BOOL && json_bool_or(a, "", 0) == json_bool_or(b, "", 0));
}

static void write_scalar(struct buf *out, const struct json *node)
{
	struct json_out w;

	json_begin(&w, out);
	json_node(&w, NULL, node);
}

static void check_enum(struct check *c, const struct place *at, const struct json *list,
		       const struct json *value)
{
	for (size_t i = 0; i < json_count(list); i++)
		if (same_scalar(json_at(list, i), value))
			return;
	if (!wrong(c, at))
		return;
	buf_add_str(c->words, STR("must be one of "));
	for (size_t i = 0; i < json_count(list); i++) {
		buf_add_str(c->words, i ? STR(", ") : STR(""));
		write_scalar(c->words, json_at(list, i));
	}
	buf_add_str(c->words, STR(".\n"));
}

/* ---- numbers and texts ---- */

static void check_number(struct check *c, const struct place *at, const struct json *schema,
			 const struct json *value)
{
	double n = json_num_or(value, "", 0), min = json_num_or(schema, "minimum", n),
	       max = json_num_or(schema, "maximum", n);

	if (n < min)
		WRONG(c, at, "must be %g or more.\n", min);
	if (n > max)
		WRONG(c, at, "must be %g or less.\n", max);
}

static int64_t code_points(struct str s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void check_format(struct check *c, const struct place *at, struct str format, struct str text)
{
	struct civil_date date;
	int minute;

	if (str_eq(format, STR("date")) && civil_read(text, &date) < 0)
		WRONG(c, at, "must be a date as 2026-11-24.\n");
	if (str_eq(format, STR("time")) && civil_read_clock(text, &minute) < 0)
		WRONG(c, at, "must be a time as 10:30.\n");
}

static void check_text(struct check *c, const struct place *at, const struct json *schema,
		       const struct json *value)
{
	struct str text = json_str_or(value, "", STR(""));
	int64_t n = code_points(text), min = json_int_or(schema, "minLength", 0),
		max = json_int_or(schema, "maxLength", INT64_MAX);

	if (n < min)
		WRONG(c, at, "must have %lld characters or more.\n", (long long)min);
	if (n > max)
		WRONG(c, at, "must have %lld characters or fewer.\n", (long long)max);
	check_format(c, at, json_str_or(schema, "format", STR("")), text);
}

/* ---- lists and objects ---- */

static void check_list(struct check *c, const struct place *at, const struct json *schema,
		       const struct json *value)
{
	int64_t n = (int64_t)json_count(value), min = json_int_or(schema, "minItems", 0),
		max = json_int_or(schema, "maxItems", INT64_MAX);
	const struct json *items = json_find(schema, "items");

	if (n < min)
		WRONG(c, at, "must have %lld items or more.\n", (long long)min);
	if (n > max)
		WRONG(c, at, "must have %lld items or fewer.\n", (long long)max);
	for (size_t i = 0; i < json_count(value); i++) {
		struct place here = {.above = at, .index = i};

		check_node(c, &here, items, json_at(value, i));
	}
}

struct wanted {
	struct str key;
	const struct json *value;
};

static int is_wanted(struct str key, const struct json *value, void *arg)
{
	struct wanted *w = arg;

	if (!str_eq(key, w->key))
		return 0;
	w->value = value;
	return 1;
}

/* json_find() would take a '/' in the key for a path. */
static const struct json *member(const struct json *map, struct str key)
{
	struct wanted w = {.key = key};

	(void)json_each(map, is_wanted, &w);
	return w.value;
}

struct members {
	struct check *check;
	const struct place *at;
	const struct json *properties, *more; /* more: additionalProperties */
};

static int check_member(struct str key, const struct json *value, void *arg)
{
	struct members *m = arg;
	struct place here = {.above = m->at, .key = key};
	const struct json *own = member(m->properties, key);

	if (!own && json_kind(m->more) == JSON_KIND_BOOL && !json_bool_or(m->more, "", true))
		WRONG(m->check, &here, "is not an argument of this tool.\n");
	else
		check_node(m->check, &here, own ? own : m->more, value);
	return 0;
}

static void check_object(struct check *c, const struct place *at, const struct json *schema,
			 const struct json *value)
{
	struct members m = {c, at, json_find(schema, "properties"),
			    json_find(schema, "additionalProperties")};
	const struct json *required = json_find(schema, "required");

	for (size_t i = 0; i < json_count(required); i++) {
		struct place here = {.above = at, .key = json_str_or(json_at(required, i), "", STR(""))};

		if (!member(value, here.key))
			WRONG(c, &here, "is missing.\n");
	}
	(void)json_each(value, check_member, &m);
}

/* ---- any value ---- */

static void check_node(struct check *c, const struct place *at, const struct json *schema,
		       const struct json *value)
{
	const struct json *type = json_find(schema, "type"), *list = json_find(schema, "enum"),
			  *only = json_find(schema, "const");
	unsigned before = c->errors;

	if (json_kind(schema) != JSON_KIND_MAP)
		return;
	if (type)
		check_type(c, at, type, value);
	if (c->errors == before && json_kind(list) == JSON_KIND_LIST)
		check_enum(c, at, list, value);
	if (c->errors == before && only && !same_scalar(only, value)) {
		if (wrong(c, at)) {
			buf_add_str(c->words, STR("must be "));
			write_scalar(c->words, only);
			buf_add_str(c->words, STR(".\n"));
		}
	}
	if (c->errors != before)
		return;
	if (is_type(value, STR("number")))
		check_number(c, at, schema, value);
	else if (json_kind(value) == JSON_KIND_STR)
		check_text(c, at, schema, value);
	else if (json_kind(value) == JSON_KIND_LIST)
		check_list(c, at, schema, value);
	else if (json_kind(value) == JSON_KIND_MAP)
		check_object(c, at, schema, value);
}

unsigned schema_check(const struct json *schema, const struct json *value, struct buf *words)
{
	struct check c = {.words = words};
	struct place root = {.key = STR("")};

	check_node(&c, &root, schema, value);
	return c.errors;
}

static int check_texts(struct str schema_text, struct json *doc, struct buf *words)
{
	struct json *schema;
	int rc = json_parse(schema_text, NULL, NULL, &schema);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		buf_add_str(words, STR("This tool cannot be used.\n"));
		return -EBADMSG;
	}
	rc = schema_check(schema, doc, words) > 0 ? -EBADMSG : 0;
	json_free(schema);
	return rc;
}

int schema_read(struct str schema, struct str arguments, struct buf *words, struct json **ret_doc)
{
	struct str text = str_empty(str_trim(arguments)) ? STR("{}") : arguments;
	struct json_problem problem;
	struct json *doc;
	int rc = json_parse(text, NULL, &problem, &doc);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		buf_printf(words, "The arguments are no JSON: %s.\n",
			   rc == -EBADMSG ? problem.text : "too long");
		return -EBADMSG;
	}
	rc = check_texts(schema, doc, words);
	if (rc < 0) {
		json_free(doc);
		return rc;
	}
	*ret_doc = doc;
	return 0;
}
