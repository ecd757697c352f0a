#include "base/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "base/map.h"
#include "base/mem.h"

const struct tree_limits tree_limits_default = {.bytes = 1u << 20, .nodes = 50000, .depth = 32};

/* A value in a map, and its entry in the table that finds keys standing twice. */
struct keyed {
	struct tree_node node;
	struct map_node name;
};

/* A list or map whose end has not come yet. */
struct frame {
	struct tree_node *node;
	struct tree_node **tail;
	struct keyed *open_key; /* its value comes next */
	struct map names;
};

struct reader {
	yaml_parser_t yaml;
	const char *file;
	struct tree_limits limits;
	struct arena *arena;
	struct tree_errors *errors;
	struct tree_pos start; /* where libyaml's line 0, column 0 is */
	size_t nodes;
	int depth;
	struct frame frames[TREE_DEPTH_MAX];
	struct tree_node *root;
};

void tree_errors_init(struct tree_errors *errors, struct arena *arena)
{
	*errors = (struct tree_errors){.arena = arena, .tail = &errors->first};
}

void tree_errors_add(struct tree_errors *errors, struct tree_pos at, const char *fmt, ...)
{
	struct tree_error *e;
	char text[512];
	va_list ap;

	if (errors->count++ >= TREE_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e = ARENA_NEW(errors->arena, struct tree_error);
	if (e)
		*e = (struct tree_error){.at = at, .text = arena_str(errors->arena, str_from(text)).p};
	if (!e || !e->text) {
		errors->no_memory = true;
		return;
	}
	*errors->tail = e;
	errors->tail = &e->next;
}

void tree_error_print(const struct tree_error *error, struct buf *out)
{
	if (error->at.line > 0)
		buf_printf(out, "%s:%d:%d: %s\n", error->at.file, error->at.line, error->at.col, error->text);
	else
		buf_printf(out, "%s: %s\n", error->at.file, error->text);
}

void tree_errors_print(const struct tree_errors *errors, struct buf *out)
{
	for (const struct tree_error *e = errors->first; e; e = e->next)
		tree_error_print(e, out);
	if (errors->count > TREE_ERRORS_MAX)
		buf_printf(out, "and %zu more errors\n", errors->count - TREE_ERRORS_MAX);
}

const struct tree_node *tree_find(const struct tree_node *node, struct str key)
{
	if (!node || node->kind != TREE_MAP)
		return NULL;
	TREE_EACH(child, node)
	{
		if (str_eq(child->key, key))
			return child;
	}
	return NULL;
}

bool tree_is_null(const struct tree_node *node)
{
	return node->kind == TREE_SCALAR && !node->quoted &&
	       (node->text.n == 0 || str_eq(node->text, STR("~")) || str_ieq(node->text, STR("null")));
}

static struct tree_pos pos_of(const struct reader *r, yaml_mark_t mark)
{
	return (struct tree_pos){
		.file = r->file,
		.line = r->start.line + (int)mark.line,
		.col = (mark.line == 0 ? r->start.col : 1) + (int)mark.column,
	};
}

/* Makes the node for the value that stands at `at` and hangs it where it belongs. Returns NULL when that
 * cannot be; an error is noted unless memory is the reason. */
static struct tree_node *hang(struct reader *r, enum tree_kind kind, struct tree_pos at)
{
	struct frame *f = r->depth > 0 ? &r->frames[r->depth - 1] : NULL;
	struct tree_node *node;

	if (++r->nodes > r->limits.nodes) {
		tree_errors_add(r->errors, at, "more than %zu values", r->limits.nodes);
		return NULL;
	}
	node = f && f->open_key ? &f->open_key->node : ARENA_NEW(r->arena, struct tree_node);
	if (!node)
		return NULL;
	node->kind = kind;
	node->at = at;
	if (!f) {
		r->root = node;
		return node;
	}
	f->open_key = NULL;
	*f->tail = node;
	f->tail = &node->next;
	f->node->count++;
	return node;
}

static bool expects_key(const struct reader *r)
{
	const struct frame *f = r->depth > 0 ? &r->frames[r->depth - 1] : NULL;

	return f && f->node->kind == TREE_MAP && !f->open_key;
}

static int open_node(struct reader *r, enum tree_kind kind, struct tree_pos at)
{
	struct tree_node *node;

	if (expects_key(r)) {
		tree_errors_add(r->errors, at, "a key must be a text");
		return -EBADMSG;
	}
	if (r->depth >= r->limits.depth) {
		tree_errors_add(r->errors, at, "more than %d levels deep", r->limits.depth);
		return -EBADMSG;
	}
	node = hang(r, kind, at);
	if (!node)
		return -ENOMEM;
	r->frames[r->depth] = (struct frame){.node = node, .tail = &node->first};
	map_init(&r->frames[r->depth].names);
	r->depth++;
	return 0;
}

static void close_node(struct reader *r)
{
	map_fini(&r->frames[--r->depth].names);
}

static int open_key(struct reader *r, struct str key, struct tree_pos at)
{
	struct frame *f = &r->frames[r->depth - 1];
	struct keyed *k = ARENA_NEW(r->arena, struct keyed);
	struct map_node *twin;
	int rc;

	if (!k)
		return -ENOMEM;
	k->node.key = arena_str(r->arena, key);
	k->node.key_at = at;
	if (!k->node.key.p)
		return -ENOMEM;
	rc = map_add(&f->names, &k->name, k->node.key);
	if (rc == -EEXIST) {
		twin = map_find(&f->names, key);
		tree_errors_add(r->errors, at, "the key '" STR_FMT "' stands here twice, first in line %d",
				STR_ARG(key), MAP_ENTRY(twin, struct keyed, name)->node.key_at.line);
	}
	if (rc == -ENOMEM)
		return rc;
	f->open_key = k;
	return 0;
}

static int on_scalar(struct reader *r, const yaml_event_t *ev, struct tree_pos at)
{
	struct str text = {(const char *)ev->data.scalar.value, ev->data.scalar.length};
	struct tree_node *node;

	if (str_chr(text, '\0') < text.n)
		tree_errors_add(r->errors, at, "a text may not hold a zero byte");
	if (expects_key(r))
		return open_key(r, text, at);
	node = hang(r, TREE_SCALAR, at);
	if (!node)
		return -ENOMEM;
	node->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_str(r->arena, text);
	return node->text.p ? 0 : -ENOMEM;
}

/* Anchors and tags would make a file mean something that it does not show. */
static void refuse_extras(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag,
			  struct tree_pos at)
{
	if (anchor)
		tree_errors_add(r->errors, at, "anchors (&%s) are not supported", (const char *)anchor);
	if (tag)
		tree_errors_add(r->errors, at, "tags (%s) are not supported", (const char *)tag);
}

static int on_document(struct reader *r, struct tree_pos at)
{
	if (!r->root)
		return 0;
	tree_errors_add(r->errors, at, "a second document begins here; one is allowed");
	return -EBADMSG;
}

static int on_event(struct reader *r, const yaml_event_t *ev)
{
	struct tree_pos at = pos_of(r, ev->start_mark);

	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(r, at);
	case YAML_ALIAS_EVENT:
		tree_errors_add(r->errors, at, "aliases (*%s) are not supported",
				(const char *)ev->data.alias.anchor);
		return -EBADMSG;
	case YAML_SCALAR_EVENT:
		refuse_extras(r, ev->data.scalar.anchor, ev->data.scalar.tag, at);
		return on_scalar(r, ev, at);
	case YAML_SEQUENCE_START_EVENT:
		refuse_extras(r, ev->data.sequence_start.anchor, ev->data.sequence_start.tag, at);
		return open_node(r, TREE_LIST, at);
	case YAML_MAPPING_START_EVENT:
		refuse_extras(r, ev->data.mapping_start.anchor, ev->data.mapping_start.tag, at);
		return open_node(r, TREE_MAP, at);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_node(r);
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

/* Bad bytes are told by their offset, everything else by its mark. */
static struct tree_pos problem_pos(const struct reader *r, struct str text)
{
	struct tree_pos at = r->start;

	if (r->yaml.error != YAML_READER_ERROR)
		return pos_of(r, r->yaml.problem_mark);
	for (size_t i = 0; i < MIN(r->yaml.problem_offset, text.n); i++) {
		at.col = text.p[i] == '\n' ? 1 : at.col + ((text.p[i] & 0xc0) != 0x80);
		at.line += text.p[i] == '\n';
	}
	return at;
}

static int on_problem(struct reader *r, struct str text)
{
	const char *problem = r->yaml.problem ? r->yaml.problem : "cannot be read";

	if (r->yaml.error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (r->yaml.context)
		tree_errors_add(r->errors, problem_pos(r, text), "%s (%s)", problem, r->yaml.context);
	else
		tree_errors_add(r->errors, problem_pos(r, text), "%s", problem);
	return -EBADMSG;
}

static int walk(struct reader *r, struct str text)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_event_t ev;
	int rc = 0;

	while (rc == 0 && type != YAML_STREAM_END_EVENT) {
		if (!yaml_parser_parse(&r->yaml, &ev))
			return on_problem(r, text);
		type = ev.type;
		rc = on_event(r, &ev);
		yaml_event_delete(&ev);
	}
	return rc;
}

/* The code unit of the `\uXXXX` at `at`; -1 when there is none. */
static int unit_at(struct str s, size_t at)
{
	int unit = 0;

	if (at + 6 > s.n || s.p[at] != '\\' || s.p[at + 1] != 'u')
		return -1;
	for (size_t i = at + 2; i < at + 6; i++) {
		char c = str_lower(s.p[i]);
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* JSON writes characters beyond U+FFFF as two \u escapes, YAML as one \U escape. */
static struct str join_surrogates(struct str s, struct arena *arena)
{
	char *p = arena_alloc(arena, s.n + 1);
	size_t n = 0, i = 0;

	while (p && i < s.n) {
		int high = unit_at(s, i), low = unit_at(s, i + 6);

		if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			n += (size_t)snprintf(p + n, 11, "\\U%08X",
					      0x10000u + (((unsigned)high & 0x3ff) << 10) +
						      ((unsigned)low & 0x3ff));
			i += 12;
			continue;
		}
		if (s.p[i] == '\\' && i + 1 < s.n)
			p[n++] = s.p[i++];
		p[n++] = s.p[i++];
	}
	return (struct str){p, n};
}

/* What libyaml is to read instead of a JSON text; a YAML text stays as it is. */
static int bend_json(struct reader *r, struct str *text)
{
	size_t skip = 0;

	while (skip < text->n && strchr(" \t\r\n", text->p[skip]))
		skip++;
	if (skip == text->n || (text->p[skip] != '{' && text->p[skip] != '['))
		return 0;
	for (size_t i = 0; i < skip; i++) {
		r->start.col = text->p[i] == '\n' ? 1 : r->start.col + 1;
		r->start.line += text->p[i] == '\n';
	}
	*text = str_sub(*text, skip, SIZE_MAX);
	if (str_find(*text, STR("\\u")) < text->n)
		*text = join_surrogates(*text, r->arena);
	return text->p ? 0 : -ENOMEM;
}

static int parse(struct reader *r, struct str text)
{
	int rc = bend_json(r, &text);

	if (rc < 0)
		return rc;
	if (!yaml_parser_initialize(&r->yaml))
		return -ENOMEM;
	yaml_parser_set_encoding(&r->yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->yaml, (const unsigned char *)(text.n > 0 ? text.p : ""), text.n);
	rc = walk(r, text);
	while (r->depth > 0)
		close_node(r);
	yaml_parser_delete(&r->yaml);
	if (rc == 0 && !r->root && !hang(r, TREE_MAP, r->start))
		rc = -ENOMEM;
	return rc;
}

int tree_parse(struct str text, const char *file, const struct tree_limits *limits, struct arena *arena,
	       struct tree_errors *errors, struct tree_node **ret_root)
{
	size_t errors_before = errors->count;
	int rc = 0;
	struct reader r = {
		.limits = limits ? *limits : tree_limits_default, .arena = arena, .errors = errors};

	r.file = arena_str(arena, str_from(file)).p;
	if (!r.file)
		return -ENOMEM;
	r.limits.depth = MIN(r.limits.depth, TREE_DEPTH_MAX);
	r.start = (struct tree_pos){r.file, 1, 1};
	if (text.n > r.limits.bytes)
		tree_errors_add(errors, (struct tree_pos){.file = r.file}, "larger than %zu bytes",
				r.limits.bytes);
	else
		rc = parse(&r, text);
	if (errors->no_memory)
		return -ENOMEM;
	if (errors->count > errors_before)
		return -EBADMSG;
	if (rc < 0)
		return rc;
	*ret_root = r.root;
	return 0;
}

/* At most one byte over the limit, so that tree_parse() sees that it is over. */
static int read_all(const char *path, size_t limit, struct buf *out)
{
	char piece[16384];
	ssize_t n = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (n > 0 && out->n <= limit) {
		n = read(fd, piece, MIN(sizeof(piece), limit + 1 - out->n));
		if (n > 0)
			buf_add(out, piece, (size_t)n);
	}
	n = n < 0 ? -errno : 0;
	close(fd);
	return n < 0 ? (int)n : out->error;
}

int tree_read(const char *path, const struct tree_limits *limits, struct arena *arena,
	      struct tree_errors *errors, struct tree_node **ret_root)
{
	size_t limit = limits ? limits->bytes : tree_limits_default.bytes;
	struct buf content cleanup(buf_fini);
	struct tree_pos at = {.file = arena_str(arena, str_from(path)).p};
	int rc;

	buf_init(&content, limit + 1);
	if (!at.file)
		return -ENOMEM;
	rc = read_all(path, limit, &content);
	if (rc < 0) {
		tree_errors_add(errors, at, "cannot read: %s", strerror(-rc));
		return rc;
	}
	return tree_parse(buf_str(&content), path, limits, arena, errors, ret_root);
}
