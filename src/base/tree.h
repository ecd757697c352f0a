/*
 * tree.h - a configuration file as a tree that remembers where everything stood
 *
 * YAML and JSON files become the same read-only tree of maps, lists and
 * scalars; each node knows its file, line and column, so that whoever checks
 * it later can say what is wrong where. Scalars stay text: what a plain `5060`
 * means is decided by the option that reads it.
 *
 * Files come from strangers too (API bodies), hence: limits on bytes, nodes
 * and depth; no anchors, aliases or tags; a key that stands twice in a map is
 * an error. JSON's surrogate pairs and leading tabs, which YAML does not know,
 * are understood when the text starts with '{' or '[' (columns behind a
 * surrogate pair come out two too small).
 *
 *   struct tree_errors errors;
 *   tree_errors_init(&errors, &arena);
 *   if (tree_read("agents/clinic.yaml", NULL, &arena, &errors, &root) < 0)
 *           tree_errors_print(&errors, &out);     // agents/clinic.yaml:12:5: ...
 *
 * Threads: the owner's only; a finished tree may be read by any. Layer: base.
 * The only door to libyaml.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define TREE_DEPTH_MAX 64 /* no limit may be set higher */

enum tree_kind {
	TREE_SCALAR,
	TREE_LIST,
	TREE_MAP,
};

/* Lines and columns count from 1, columns in characters; line 0 means the file as a whole. */
struct tree_pos {
	const char *file;
	int line, col;
};

struct tree_node {
	enum tree_kind kind;
	bool quoted;             /* a scalar in quotes or in a block, so surely text */
	struct tree_pos at;      /* of the value */
	struct tree_pos key_at;  /* of the key, in a map */
	struct str key;          /* in a map; zero-terminated */
	struct str text;         /* of a scalar; zero-terminated, holds no zero byte */
	struct tree_node *first; /* of a list or a map, in the file's order */
	struct tree_node *next;  /* the next in the same list or map */
	size_t count;            /* of children */
};

#define TREE_EACH(child, node) for (const struct tree_node *child = (node)->first; child; child = child->next)

struct tree_limits {
	size_t bytes;
	size_t nodes; /* keys are not counted, values are */
	int depth;    /* 1 is a map of scalars; at most TREE_DEPTH_MAX */
};

/* What a NULL for limits means: 1 MiB, 50,000 nodes, 32 deep. */
extern const struct tree_limits tree_limits_default;

struct tree_error {
	struct tree_error *next;
	struct tree_pos at;
	const char *text;
};

/* Everything that is wrong, in the order of its finding; at most TREE_ERRORS_MAX are kept. */
struct tree_errors {
	struct arena *arena;
	struct tree_error *first, **tail;
	size_t count;   /* also of those not kept */
	bool no_memory; /* something could not be noted */
};

#define TREE_ERRORS_MAX 100

/* The notes live in `arena`. */
void tree_errors_init(struct tree_errors *errors, struct arena *arena);

/* Notes that something is wrong at `at`. */
void tree_errors_add(struct tree_errors *errors, struct tree_pos at, const char *fmt, ...) printf_like(3, 4);

/* One line each: `file:line:col: text`. */
void tree_errors_print(const struct tree_errors *errors, struct buf *out);
void tree_error_print(const struct tree_error *error, struct buf *out);

/* Reads `text`, called `file` in errors (both are copied). An empty text gives an empty map.
 * `limits` NULL means the default. Returns 0, -EBADMSG (errors tell), or -ENOMEM. */
int tree_parse(struct str text, const char *file, const struct tree_limits *limits, struct arena *arena,
	       struct tree_errors *errors, struct tree_node **ret_root) must_check;

/* The same from a file. Returns also the -errno of reading it, noted as an error. */
int tree_read(const char *path, const struct tree_limits *limits, struct arena *arena,
	      struct tree_errors *errors, struct tree_node **ret_root) must_check;

/* The value under `key` of a map; NULL when there is none or `node` is no map. */
const struct tree_node *tree_find(const struct tree_node *node, struct str key);

/* Whether it is a scalar that says nothing: empty, ~ or null, without quotes. */
bool tree_is_null(const struct tree_node *node);

#endif
