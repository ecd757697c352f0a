#include "base/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "base/utf8.h"

LIVE_DEFINE(json_doc);

const struct json_limits json_limits_default = {.bytes = 1u << 20, .depth = 32};

/* A node is jansson's own value; only this file knows. */
static json_t *inner(const struct json *node)
{
	return (json_t *)(uintptr_t)node;
}

static const struct json *outer(const json_t *value)
{
	return (const struct json *)value;
}

/* jansson goes on after some failed allocations, with text missing, and then looks for a closing quote beyond
 * its buffer. So nothing more is allocated in a parse once that failed: it gives up at the next step, and
 * what it made of the text is not looked at. */
static _Thread_local bool parsing, alloc_failed;

static void *alloc_any(size_t n)
{
	void *p = parsing && alloc_failed ? NULL : mem_alloc(MAX(n, 1u));

	alloc_failed |= !p;
	return p;
}

static void free_any(void *p)
{
	mem_free(p);
}

/* Runs before main(), so before any document. */
__attribute__((constructor)) static void use_our_heap(void)
{
	json_set_alloc_funcs(alloc_any, free_any);
}

/* jansson's own limit is 2,048 levels of recursion, which is no limit for a small stack. */
static bool too_deep(struct str text, int limit)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']'))
			depth--;
		if (depth > limit)
			return true;
	}
	return false;
}

static void tell(const json_error_t *error, struct json_problem *ret_problem)
{
	ret_problem->line = MAX(error->line, 0);
	ret_problem->col = MAX(error->column, 0);
	str_copy(str_from(error->text), ret_problem->text, sizeof(ret_problem->text));
}

int json_parse(struct str text, const struct json_limits *limits, struct json_problem *ret_problem,
	       struct json **ret_doc)
{
	json_error_t error = {0};
	json_t *doc;

	if (!limits)
		limits = &json_limits_default;
	if (text.n > limits->bytes || too_deep(text, MIN(limits->depth, JSON_DEPTH_MAX)))
		return -EMSGSIZE;
	alloc_failed = false;
	parsing = true;
	doc = json_loadb(text.n > 0 ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &error);
	parsing = false;
	if (alloc_failed) {
		json_decref(doc);
		return -ENOMEM;
	}
	if (!doc) {
		if (ret_problem)
			tell(&error, ret_problem);
		return -EBADMSG;
	}
	live_up(&live_json_doc);
	*ret_doc = (struct json *)doc;
	return 0;
}

struct json *json_free(struct json *doc)
{
	if (doc) {
		json_decref(inner(doc));
		live_down(&live_json_doc);
	}
	return NULL;
}

enum json_kind json_kind(const struct json *node)
{
	if (!node)
		return JSON_KIND_NONE;
	switch (json_typeof(inner(node))) {
	case JSON_OBJECT:
		return JSON_KIND_MAP;
	case JSON_ARRAY:
		return JSON_KIND_LIST;
	case JSON_STRING:
		return JSON_KIND_STR;
	case JSON_INTEGER:
		return JSON_KIND_INT;
	case JSON_REAL:
		return JSON_KIND_NUM;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_KIND_BOOL;
	case JSON_NULL:
		return JSON_KIND_NULL;
	}
	return JSON_KIND_NONE;
}

static const struct json *child(const struct json *node, struct str key)
{
	int64_t i;

	if (json_kind(node) == JSON_KIND_MAP)
		return outer(json_object_getn(inner(node), key.p, key.n));
	if (json_kind(node) == JSON_KIND_LIST && str_to_int(key, 0, INT32_MAX, &i) == 0)
		return json_at(node, (size_t)i);
	return NULL;
}

const struct json *json_find(const struct json *node, const char *path)
{
	struct str rest = str_from(path);

	while (node && rest.n > 0)
		node = child(node, str_cut(&rest, '/'));
	return node;
}

/* Finds a value and tells apart what is missing from what is wrong. */
static int get(const struct json *node, const char *path, enum json_kind kind, const json_t **ret_value)
{
	const struct json *value = json_find(node, path);
	enum json_kind found = json_kind(value);

	if (found == JSON_KIND_NONE || found == JSON_KIND_NULL)
		return -ENOENT;
	if (found != kind && !(kind == JSON_KIND_NUM && found == JSON_KIND_INT))
		return -EPROTO;
	*ret_value = inner(value);
	return 0;
}

int json_get_str(const struct json *node, const char *path, struct str *ret_value)
{
	const json_t *value;
	int rc = get(node, path, JSON_KIND_STR, &value);

	if (rc == 0)
		*ret_value = (struct str){json_string_value(value), json_string_length(value)};
	return rc;
}

int json_get_int(const struct json *node, const char *path, int64_t *ret_value)
{
	const json_t *value;
	int rc = get(node, path, JSON_KIND_INT, &value);

	if (rc == 0)
		*ret_value = json_integer_value(value);
	return rc;
}

int json_get_num(const struct json *node, const char *path, double *ret_value)
{
	const json_t *value;
	int rc = get(node, path, JSON_KIND_NUM, &value);

	if (rc == 0)
		*ret_value = json_number_value(value);
	return rc;
}

int json_get_bool(const struct json *node, const char *path, bool *ret_value)
{
	const json_t *value;
	int rc = get(node, path, JSON_KIND_BOOL, &value);

	if (rc == 0)
		*ret_value = json_is_true(value);
	return rc;
}

struct str json_str_or(const struct json *node, const char *path, struct str fallback)
{
	struct str value;

	return json_get_str(node, path, &value) == 0 ? value : fallback;
}

int64_t json_int_or(const struct json *node, const char *path, int64_t fallback)
{
	int64_t value;

	return json_get_int(node, path, &value) == 0 ? value : fallback;
}

double json_num_or(const struct json *node, const char *path, double fallback)
{
	double value;

	return json_get_num(node, path, &value) == 0 ? value : fallback;
}

bool json_bool_or(const struct json *node, const char *path, bool fallback)
{
	bool value;

	return json_get_bool(node, path, &value) == 0 ? value : fallback;
}

size_t json_count(const struct json *node)
{
	enum json_kind kind = json_kind(node);

	if (kind == JSON_KIND_LIST)
		return json_array_size(inner(node));
	return kind == JSON_KIND_MAP ? json_object_size(inner(node)) : 0;
}

const struct json *json_at(const struct json *node, size_t i)
{
	return json_kind(node) == JSON_KIND_LIST ? outer(json_array_get(inner(node), i)) : NULL;
}

int json_each(const struct json *node, int (*fn)(struct str key, const struct json *value, void *arg),
	      void *arg)
{
	int rc = 0;
	void *at;

	if (json_kind(node) != JSON_KIND_MAP)
		return 0;
	at = json_object_iter(inner(node));
	for (; at && rc == 0; at = json_object_iter_next(inner(node), at))
		rc = fn((struct str){json_object_iter_key(at), json_object_iter_key_len(at)},
			outer(json_object_iter_value(at)), arg);
	return rc;
}

static void quote_ascii(struct buf *out, char c)
{
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *p = short_forms; *p; p += 2) {
		if (c == *p) {
			buf_add_char(out, '\\');
			buf_add_char(out, p[1]);
			return;
		}
	}
	if ((unsigned char)c < 0x20)
		buf_printf(out, "\\u%04x", (unsigned)c);
	else
		buf_add_char(out, c);
}

/* Whether the byte stands for itself in a JSON string. */
static bool is_simple(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

void json_quote(struct buf *out, struct str value)
{
	size_t run;

	buf_add_char(out, '"');
	while (value.n > 0) {
		for (run = 0; run < value.n && is_simple(value.p[run]);)
			run++;
		buf_add(out, value.p, run);
		value = str_sub(value, run, SIZE_MAX);
		if (value.n == 0)
			break;
		run = utf8_length(value);
		if (run == 0)
			buf_add_str(out, STR("\xef\xbf\xbd")); /* U+FFFD */
		else if (run == 1)
			quote_ascii(out, value.p[0]);
		else
			buf_add(out, value.p, run);
		value = str_sub(value, MAX(run, 1u), SIZE_MAX);
	}
	buf_add_char(out, '"');
}

void json_begin(struct json_out *w, struct buf *out)
{
	*w = (struct json_out){.out = out};
}

/* What comes before a value: the comma that is due and the key. */
static void before_value(struct json_out *w, const char *key)
{
	if (w->filled[w->depth])
		buf_add_char(w->out, ',');
	w->filled[w->depth] = true;
	if (!key)
		return;
	json_quote(w->out, str_from(key));
	buf_add_char(w->out, ':');
}

void json_key(struct json_out *w, struct str key)
{
	before_value(w, NULL);
	json_quote(w->out, key);
	buf_add_char(w->out, ':');
	w->filled[w->depth] = false; /* no comma between it and its value */
}

static void open_bracket(struct json_out *w, const char *key, bool map)
{
	before_value(w, key);
	if (w->depth == JSON_OUT_DEPTH_MAX) {
		w->out->error = -EMSGSIZE;
		return;
	}
	buf_add_char(w->out, map ? '{' : '[');
	w->depth++;
	w->map[w->depth] = map;
	w->filled[w->depth] = false;
}

void json_map(struct json_out *w, const char *key)
{
	open_bracket(w, key, true);
}

void json_list(struct json_out *w, const char *key)
{
	open_bracket(w, key, false);
}

void json_end(struct json_out *w)
{
	if (w->depth == 0) {
		w->out->error = -EMSGSIZE;
		return;
	}
	buf_add_char(w->out, w->map[w->depth--] ? '}' : ']');
}

void json_raw(struct json_out *w, const char *key, struct str json)
{
	before_value(w, key);
	buf_add_str(w->out, json);
}

void json_str(struct json_out *w, const char *key, struct str value)
{
	before_value(w, key);
	json_quote(w->out, value);
}

void json_int(struct json_out *w, const char *key, int64_t value)
{
	before_value(w, key);
	buf_printf(w->out, "%lld", (long long)value);
}

void json_num(struct json_out *w, const char *key, double value)
{
	char text[32];
	double back;

	before_value(w, key);
	if (!isfinite(value)) {
		buf_add_str(w->out, STR("null"));
		return;
	}
	snprintf(text, sizeof(text), "%.15g",
		 value + 0.0); /* -0 becomes 0, which stays the same when read back */
	if (sscanf(text, "%lf", &back) != 1 || back != value)
		snprintf(text, sizeof(text), "%.17g", value);
	buf_add_str(w->out, str_from(text));
}

void json_bool(struct json_out *w, const char *key, bool value)
{
	json_raw(w, key, value ? STR("true") : STR("false"));
}

void json_none(struct json_out *w, const char *key)
{
	json_raw(w, key, STR("null"));
}

static int copy_member(struct str key, const struct json *value, void *arg)
{
	json_key(arg, key);
	json_node(arg, NULL, value);
	return 0;
}

void json_node(struct json_out *w, const char *key, const struct json *node)
{
	switch (json_kind(node)) {
	case JSON_KIND_NONE:
	case JSON_KIND_NULL:
		return json_none(w, key);
	case JSON_KIND_BOOL:
		return json_bool(w, key, json_is_true(inner(node)));
	case JSON_KIND_INT:
		return json_int(w, key, json_integer_value(inner(node)));
	case JSON_KIND_NUM:
		return json_num(w, key, json_real_value(inner(node)));
	case JSON_KIND_STR:
		return json_str(w, key, json_str_or(node, "", STR("")));
	case JSON_KIND_LIST:
		json_list(w, key);
		for (size_t i = 0; i < json_count(node) && !w->out->error; i++)
			json_node(w, NULL, json_at(node, i));
		return json_end(w);
	case JSON_KIND_MAP:
		json_map(w, key);
		if (!w->out->error)
			json_each(node, copy_member, w);
		return json_end(w);
	}
}
