/*
 * json.h - the JSON of the wire: strict reading, streaming writing
 *
 * Reading: a text becomes a tree that is looked into by paths with '/'
 * between keys and list indexes. What a vendor may leave out is read with
 * the _or forms; what must be there with the json_get_ forms. All of them
 * take a NULL node, so that a missing parent needs no check of its own.
 *
 *   json_str_or(doc, "choices/0/delta/content", STR(""))
 *
 * Writing: values go straight into a struct buf; commas, escapes and nesting
 * are taken care of. Inside a map each value has a key, in a list NULL.
 *
 *   json_begin(&w, &line);
 *   json_map(&w, NULL);
 *   json_str(&w, "event", STR("answered"));
 *   json_int(&w, "usec", now - answered);
 *   json_end(&w);                          // {"event":"answered","usec":1234}
 *
 * Files are read by tree.h instead, which knows lines.
 *
 * Threads: the owner's only. Layer: base. The only door to jansson.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/str.h"

struct json; /* a node of a read text; borrowed from its document */

enum json_kind {
	JSON_KIND_NONE, /* the kind of NULL */
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_INT,
	JSON_KIND_NUM, /* with a fraction or an exponent */
	JSON_KIND_STR,
	JSON_KIND_LIST,
	JSON_KIND_MAP,
};

struct json_limits {
	size_t bytes;
	int depth; /* 1 is a map of scalars; at most JSON_DEPTH_MAX */
};

#define JSON_DEPTH_MAX 256

/* What a NULL for limits means: 1 MiB, 32 deep. */
extern const struct json_limits json_limits_default;

struct json_problem {
	int line, col; /* from 1; 0 when it is about the text as a whole */
	char text[120];
};

/* Reads a whole text: one map or list, no key twice, no zero bytes, valid UTF-8, integers within 64 bits.
 * `limits` may be NULL. On -EBADMSG `*ret_problem` (unless NULL) says what is wrong.
 * Returns 0, -EBADMSG, -EMSGSIZE for a text over the limits, or -ENOMEM. json_free() the document. */
int json_parse(struct str text, const struct json_limits *limits, struct json_problem *ret_problem,
	       struct json **ret_doc) must_check;

/* Frees a document; its nodes and views go with it. Takes NULL, returns NULL. */
struct json *json_free(struct json *doc);

enum json_kind json_kind(const struct json *node);

/* The node at `path`, NULL when there is none. "" is the node itself. */
const struct json *json_find(const struct json *node, const char *path);

/* The value at `path`. Returns 0; -ENOENT when it is missing or null; -EPROTO when it is of another type.
 * A string view lives as long as the document. json_get_num takes integers too. */
int json_get_str(const struct json *node, const char *path, struct str *ret_value) must_check;
int json_get_int(const struct json *node, const char *path, int64_t *ret_value) must_check;
int json_get_num(const struct json *node, const char *path, double *ret_value) must_check;
int json_get_bool(const struct json *node, const char *path, bool *ret_value) must_check;

/* The same with an answer for what is missing or of another type. */
struct str json_str_or(const struct json *node, const char *path, struct str fallback);
int64_t json_int_or(const struct json *node, const char *path, int64_t fallback);
double json_num_or(const struct json *node, const char *path, double fallback);
bool json_bool_or(const struct json *node, const char *path, bool fallback);

/* Children of a list or map; 0 for anything else. */
size_t json_count(const struct json *node);

/* The ith entry of a list; NULL past its end. */
const struct json *json_at(const struct json *node, size_t i);

/* Calls fn with each key of a map, in the text's order, until it returns non-zero; returns that, or 0. */
int json_each(const struct json *node, int (*fn)(struct str key, const struct json *value, void *arg),
	      void *arg);

#define JSON_OUT_DEPTH_MAX 32

/* A text being written. Errors stick in `out->error`; nesting beyond JSON_OUT_DEPTH_MAX is -EMSGSIZE. */
struct json_out {
	struct buf *out;
	int depth;
	bool filled[JSON_OUT_DEPTH_MAX + 1]; /* a comma is due before the next value */
	bool map[JSON_OUT_DEPTH_MAX + 1];    /* the open brackets' kind */
};

/* Begins a text at the end of `out`, which is borrowed until the text is complete. */
void json_begin(struct json_out *w, struct buf *out);

/* Opens a map or list; json_end() closes the innermost one. */
void json_map(struct json_out *w, const char *key);
void json_list(struct json_out *w, const char *key);
void json_end(struct json_out *w);

/* Values. Invalid UTF-8 is written as U+FFFD; a number that is not finite as null. */
void json_str(struct json_out *w, const char *key, struct str value);
void json_int(struct json_out *w, const char *key, int64_t value);
void json_num(struct json_out *w, const char *key, double value);
void json_bool(struct json_out *w, const char *key, bool value);
void json_none(struct json_out *w, const char *key);

/* A copy of a read node, and a text that is JSON already. */
void json_node(struct json_out *w, const char *key, const struct json *node);
void json_raw(struct json_out *w, const char *key, struct str json);

/* A key that is no C string; the next value is written with a NULL key. */
void json_key(struct json_out *w, struct str key);

/* Just the string with its quotes, for texts that are not built by a json_out. */
void json_quote(struct buf *out, struct str value);

#endif
