#include "base/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX_BYTES   (1u << 20)
#define SECRET_MAX_BYTES 65536u
#define NEAR_MAX         2 /* changes that make a typing error of another word */

struct loader {
	opt_env *env;
	struct arena *arena;
	struct tree_errors *errors;
};

/* A value about to be stored: its text with variables replaced. */
struct value {
	struct str text;
	bool replaced; /* a variable was in it */
};

const char *opt_getenv(const char *name)
{
	return getenv(name);
}

static void describe_range(const struct opt *o, const char *what, struct buf *out)
{
	if (o->min == 0 && o->max == 0)
		buf_printf(out, "%s", what);
	else
		buf_printf(out, "%s from %.15g to %.15g", what, o->min, o->max);
}

static void describe_choices(const struct opt *o, struct buf *out)
{
	buf_add_str(out, STR("one of "));
	for (const char *const *c = o->choices; *c; c++)
		buf_printf(out, "%s%s", c == o->choices ? "" : ", ", *c);
}

static void describe_count(const struct opt *o, const char *what, struct buf *out)
{
	if (o->min == 0 && o->max == 0)
		buf_printf(out, "%s", what);
	else
		buf_printf(out, "%s with %g to %g entries", what, o->min, o->max);
}

void opt_describe(const struct opt *o, struct buf *out)
{
	switch (o->type) {
	case OPT_TYPE_BOOL:
		return buf_add_str(out, STR("true or false"));
	case OPT_TYPE_INT:
		return describe_range(o, "a whole number", out);
	case OPT_TYPE_NUM:
		return describe_range(o, "a number", out);
	case OPT_TYPE_MS:
		return describe_range(o, "a number of milliseconds", out);
	case OPT_TYPE_KEY:
	case OPT_TYPE_STR:
		return buf_add_str(out, STR("a text"));
	case OPT_TYPE_PATH:
		return buf_add_str(out, STR("a path"));
	case OPT_TYPE_SECRET:
		return buf_add_str(out,
				   STR("${NAME} or file:PATH, so that the secret itself stands elsewhere"));
	case OPT_TYPE_CHOICE:
		return describe_choices(o, out);
	case OPT_TYPE_STRS:
		return describe_count(o, "a list of texts", out);
	case OPT_TYPE_ADDR:
		return buf_add_str(out, STR("an address such as 127.0.0.1:5060 or [::1]:5060"));
	case OPT_TYPE_STRUCT:
		return buf_add_str(out, STR("a section of keys"));
	case OPT_TYPE_LIST:
		return describe_count(o, "a list of sections", out);
	case OPT_TYPE_MAP:
		return describe_count(o, "a map of named sections", out);
	case OPT_TYPE_NODE:
		return buf_add_str(out, STR("anything"));
	}
}

/* The candidate that `word` is most likely a typing error of; NULL when none is near. */
struct nearest {
	struct str word;
	const char *best;
	size_t distance;
};

static void nearest_try(struct nearest *n, const char *candidate)
{
	size_t limit = MIN((size_t)NEAR_MAX, n->word.n / 2);
	size_t d = str_distance(n->word, str_from(candidate), limit);

	if (d <= limit && (!n->best || d < n->distance)) {
		n->best = candidate;
		n->distance = d;
	}
}

/* Whether a list or map has as many entries as are welcome. */
static bool count_fits(const struct opt *o, const struct tree_node *node)
{
	bool counted = node->kind != TREE_SCALAR &&
		       (o->type == OPT_TYPE_STRS || o->type == OPT_TYPE_LIST || o->type == OPT_TYPE_MAP);
	double n = (double)node->count;

	return !counted || (o->min == 0 && o->max == 0) || (n >= o->min && n <= o->max);
}

/* 'name' must be ..., not ... */
static void complain(struct loader *l, const struct opt *o, const struct tree_node *node)
{
	struct buf text cleanup(buf_fini);
	struct nearest n = {.word = node->text};

	buf_init(&text, 1000);
	buf_printf(&text, "'%s' must be ", o->name);
	opt_describe(o, &text);
	for (const char *const *c = o->choices; c && *c; c++)
		nearest_try(&n, *c);
	if (node->kind != TREE_SCALAR)
		buf_printf(&text, ", not a %s", node->kind == TREE_MAP ? "map" : "list");
	else if (o->type != OPT_TYPE_SECRET)
		buf_printf(&text, ", not '%.80s'", node->text.p);
	if (!count_fits(o, node))
		buf_printf(&text, " of %zu", node->count);
	if (node->kind == TREE_SCALAR && n.best)
		buf_printf(&text, "; did you mean '%s'?", n.best);
	tree_errors_add(l->errors, node->at, STR_FMT, STR_ARG(buf_str(&text)));
	if (text.error == -ENOMEM)
		l->errors->no_memory = true;
}

/* Appends the value of the variable whose name `*rest` starts with, and cuts it off with its brace. */
static void add_variable(struct loader *l, const struct opt *o, struct tree_pos at, struct str *rest,
			 struct buf *out)
{
	bool closed = str_chr(*rest, '}') < rest->n;
	struct str name = str_cut(rest, '}');
	const char *value = NULL;
	char z[128];

	str_copy(name, z, sizeof(z));
	if (!closed)
		tree_errors_add(l->errors, at, "'%s' holds a ${ without its } ($${ means a plain ${)",
				o->name);
	else if (!l->env)
		tree_errors_add(l->errors, at, "'%s' may not use ${%s} here ($${ means a plain ${)", o->name,
				z);
	else if (value = l->env(z), !value)
		tree_errors_add(l->errors, at, "'%s' needs the environment variable %s, which is not set",
				o->name, z);
	buf_add_str(out, str_from(value));
}

/* Replaces ${NAME}, and $${ by ${. */
static int expand(struct loader *l, const struct opt *o, const struct tree_node *node,
		  struct value *ret_value)
{
	struct str rest = node->text;
	struct buf out cleanup(buf_fini);
	bool replaced = false;

	buf_init(&out, TEXT_MAX_BYTES);
	while (rest.n > 0) {
		size_t at = str_find(rest, STR("${"));
		bool escaped = at > 0 && at < rest.n && rest.p[at - 1] == '$';

		buf_add(&out, rest.p, escaped ? at - 1 : at);
		if (escaped)
			buf_add_str(&out, STR("${"));
		else if (at < rest.n)
			replaced = true;
		else
			break;
		rest = str_sub(rest, at + 2, SIZE_MAX);
		if (!escaped)
			add_variable(l, o, node->at, &rest, &out);
	}
	if (out.error)
		return out.error;
	*ret_value = (struct value){arena_str(l->arena, buf_str(&out)), replaced};
	return ret_value->text.p ? 0 : -ENOMEM;
}

/* Numbers in quotes are texts, unless the quotes were needed to write a variable. */
static bool is_plain(const struct tree_node *node, const struct value *v)
{
	return !node->quoted || v->replaced;
}

/* The setters: the node's value into the field. Return 0 or -ENOMEM, or -EBADMSG for "not what it must be",
 * which the caller puts into words. */

static int set_bool(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		    void *field)
{
	bool yes = str_eq(v.text, STR("true"));

	if (!is_plain(node, &v) || (!yes && !str_eq(v.text, STR("false"))))
		return -EBADMSG;
	*(bool *)field = yes;
	return 0;
}

static int set_int(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		   void *field)
{
	bool any = o->min == 0 && o->max == 0;
	int64_t n;

	if (!is_plain(node, &v) ||
	    str_to_int(v.text, any ? INT_MIN : (int64_t)o->min, any ? INT_MAX : (int64_t)o->max, &n) < 0)
		return -EBADMSG;
	*(int *)field = (int)n;
	return 0;
}

static int set_num(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		   void *field)
{
	bool any = o->min == 0 && o->max == 0;
	double n;

	if (!is_plain(node, &v) || str_to_num(v.text, &n) < 0 || (!any && (n < o->min || n > o->max)))
		return -EBADMSG;
	*(double *)field = n;
	return 0;
}

static int set_ms(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		  void *field)
{
	double ms;
	int rc = set_num(l, o, node, v, &ms);

	if (rc < 0 || fabs(ms) > (double)INT32_MAX)
		return -EBADMSG;
	*(usec *)field = llround(ms * 1000);
	return 0;
}

static int set_str(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		   void *field)
{
	*(struct str *)field = v.text;
	return 0;
}

/* `path` as seen from the directory of `file`; a default has no line and is seen from where we are. */
static struct str beside(struct loader *l, struct tree_pos at, struct str path)
{
	const char *slash = at.line > 0 ? strrchr(at.file, '/') : NULL;

	if (!slash || path.n == 0 || path.p[0] == '/')
		return path;
	return str_from(
		arena_printf(l->arena, "%.*s" STR_FMT, (int)(slash - at.file + 1), at.file, STR_ARG(path)));
}

static int set_path(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		    void *field)
{
	struct str path = beside(l, node->at, v.text);

	if (!path.p)
		return -ENOMEM;
	*(struct str *)field = path;
	return 0;
}

/* The content of a small file without the newline at its end; -errno when it cannot be read. */
static int read_secret(struct loader *l, const char *path, struct str *ret_secret)
{
	char content[SECRET_MAX_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, content, sizeof(content));
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	if (n == (ssize_t)sizeof(content))
		return -EFBIG;
	while (n > 0 && (content[n - 1] == '\n' || content[n - 1] == '\r'))
		n--;
	*ret_secret = arena_str(l->arena, (struct str){content, (size_t)n});
	explicit_bzero(content, sizeof(content));
	return ret_secret->p ? 0 : -ENOMEM;
}

static int set_secret(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		      void *field)
{
	struct str path;
	int rc;

	if (!l->env || v.replaced)
		return str_starts(v.text, STR("file:")) && !l->env ? -EBADMSG : set_str(l, o, node, v, field);
	if (!str_starts(v.text, STR("file:")))
		return -EBADMSG;
	path = beside(l, node->at, str_sub(v.text, 5, SIZE_MAX));
	if (!path.p)
		return -ENOMEM;
	rc = read_secret(l, path.p, field);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		tree_errors_add(l->errors, node->at, "'%s': cannot read " STR_FMT ": %s", o->name,
				STR_ARG(path), strerror(-rc));
	return 0;
}

static int set_choice(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		      void *field)
{
	for (int i = 0; o->choices[i]; i++) {
		if (str_eq(v.text, str_from(o->choices[i]))) {
			*(int *)field = i;
			return 0;
		}
	}
	return -EBADMSG;
}

static int set_addr(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		    void *field)
{
	struct opt_addr *addr = field;
	struct str host = v.text, port = {0};
	size_t colon = v.text.n;
	int64_t n;

	while (colon > 0 && v.text.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return -EBADMSG;
	host = str_sub(v.text, 0, colon - 1);
	port = str_sub(v.text, colon, SIZE_MAX);
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_sub(host, 1, host.n - 2);
	else if (str_chr(host, ':') < host.n)
		return -EBADMSG;
	if (host.n == 0 || str_to_int(port, 0, 65535, &n) < 0)
		return -EBADMSG;
	addr->host = arena_str(l->arena, host);
	addr->port = (int)n;
	return addr->host.p ? 0 : -ENOMEM;
}

typedef int setter(struct loader *l, const struct opt *o, const struct tree_node *node, struct value v,
		   void *field);

static setter *const setters[] = {
	[OPT_TYPE_BOOL] = set_bool, [OPT_TYPE_INT] = set_int,       [OPT_TYPE_NUM] = set_num,
	[OPT_TYPE_MS] = set_ms,     [OPT_TYPE_STR] = set_str,       [OPT_TYPE_KEY] = set_str,
	[OPT_TYPE_PATH] = set_path, [OPT_TYPE_SECRET] = set_secret, [OPT_TYPE_CHOICE] = set_choice,
	[OPT_TYPE_ADDR] = set_addr,
};

static int set_scalar(struct loader *l, const struct opt *o, const struct tree_node *node, void *field)
{
	size_t errors_before = l->errors->count;
	struct value v;
	int rc;

	if (node->kind != TREE_SCALAR) {
		complain(l, o, node);
		return 0;
	}
	rc = expand(l, o, node, &v);
	if (rc < 0 || l->errors->count > errors_before)
		return rc;
	rc = setters[o->type](l, o, node, v, field);
	if (rc != -EBADMSG)
		return rc;
	complain(l, o, node);
	return 0;
}

static int set_strs(struct loader *l, const struct opt *o, const struct tree_node *node, void *field)
{
	struct opt_strs *strs = field;
	struct str *at;
	int rc = 0;

	if (node->kind != TREE_LIST || !count_fits(o, node)) {
		complain(l, o, node);
		return 0;
	}
	at = ARENA_ARRAY(l->arena, struct str, node->count);
	if (!at)
		return -ENOMEM;
	*strs = (struct opt_strs){at, node->count};
	TREE_EACH(child, node)
	{
		struct opt entry = {.name = o->name, .type = OPT_TYPE_STR};

		rc = set_scalar(l, &entry, child, at++);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int load_struct(struct loader *l, const struct opt_table *t, const struct tree_node *node, void *base);

static struct str *key_field(const struct opt_table *t, void *base)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->opts[i].type == OPT_TYPE_KEY)
			return (struct str *)(void *)((char *)base + t->opts[i].offset);
	return NULL;
}

/* Lists and maps of structs: an array in the arena, filled in the file's order. */
static int set_array(struct loader *l, const struct opt *o, const struct tree_node *node, void *field)
{
	struct opt_list *list = field;
	char *at;
	int rc;

	if (node->kind != (o->type == OPT_TYPE_MAP ? TREE_MAP : TREE_LIST) || !count_fits(o, node)) {
		complain(l, o, node);
		return 0;
	}
	at = arena_alloc(l->arena, o->sub->size * MAX(node->count, 1u));
	if (!at)
		return -ENOMEM;
	*list = (struct opt_list){at, node->count};
	TREE_EACH(child, node)
	{
		struct str *key = o->type == OPT_TYPE_MAP ? key_field(o->sub, at) : NULL;

		rc = load_struct(l, o->sub, child, at);
		if (rc < 0)
			return rc;
		if (key)
			*key = arena_str(l->arena, child->key);
		if (key && !key->p)
			return -ENOMEM;
		at += o->sub->size;
	}
	return 0;
}

static int set(struct loader *l, const struct opt *o, const struct tree_node *node, void *field)
{
	switch (o->type) {
	case OPT_TYPE_STRUCT:
		return load_struct(l, o->sub, node, field);
	case OPT_TYPE_STRS:
		return set_strs(l, o, node, field);
	case OPT_TYPE_LIST:
	case OPT_TYPE_MAP:
		return set_array(l, o, node, field);
	case OPT_TYPE_NODE:
		*(const struct tree_node **)field = node;
		return 0;
	case OPT_TYPE_BOOL:
	case OPT_TYPE_INT:
	case OPT_TYPE_NUM:
	case OPT_TYPE_MS:
	case OPT_TYPE_STR:
	case OPT_TYPE_PATH:
	case OPT_TYPE_SECRET:
	case OPT_TYPE_CHOICE:
	case OPT_TYPE_ADDR:
	case OPT_TYPE_KEY:
		break;
	}
	return set_scalar(l, o, node, field);
}

/* Presets are written as in a file, a list of texts with commas. */
static int preset_strs(struct loader *l, const struct opt *o, void *field)
{
	struct str rest = str_from(o->preset);
	struct tree_node nodes[16] = {0}, list = {.kind = TREE_LIST, .at = {.file = "default"}};
	struct tree_node **tail = &list.first;

	while (rest.n > 0 && list.count < ARRAY_LEN(nodes)) {
		struct tree_node *n = &nodes[list.count++];

		n->text = str_trim(str_cut(&rest, ','));
		*tail = n;
		tail = &n->next;
	}
	return set_strs(l, o, &list, field);
}

static int load_presets(struct loader *l, const struct opt_table *t, void *base);

static int load_preset(struct loader *l, const struct opt *o, void *field)
{
	struct tree_node node = {.at = {.file = "default"}, .text = str_from(o->preset)};

	if (o->type == OPT_TYPE_STRUCT)
		return load_presets(l, o->sub, field);
	if (!o->preset)
		return 0;
	return o->type == OPT_TYPE_STRS ? preset_strs(l, o, field) : set(l, o, &node, field);
}

static int load_presets(struct loader *l, const struct opt_table *t, void *base)
{
	int rc = 0;

	for (size_t i = 0; i < t->count && rc == 0; i++)
		rc = load_preset(l, &t->opts[i], (char *)base + t->opts[i].offset);
	return rc;
}

static const struct opt *find_opt(const struct opt_table *t, struct str name)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->opts[i].type != OPT_TYPE_KEY && str_eq(name, str_from(t->opts[i].name)))
			return &t->opts[i];
	return NULL;
}

static void unknown_key(struct loader *l, const struct opt_table *t, const struct tree_node *node)
{
	struct nearest n = {.word = node->key};

	for (size_t i = 0; i < t->count; i++)
		if (t->opts[i].type != OPT_TYPE_KEY)
			nearest_try(&n, t->opts[i].name);
	if (n.best)
		tree_errors_add(l->errors, node->key_at, "unknown key '%.80s'; did you mean '%s'?",
				node->key.p, n.best);
	else
		tree_errors_add(l->errors, node->key_at, "unknown key '%.80s' in %s", node->key.p, t->name);
}

static void miss_keys(struct loader *l, const struct opt_table *t, const struct tree_node *node)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tree_node *value = tree_find(node, str_from(t->opts[i].name));

		if (t->opts[i].required && (!value || tree_is_null(value)))
			tree_errors_add(l->errors, node->at, "%s lacks the key '%s'", t->name,
					t->opts[i].name);
	}
}

static int load_struct(struct loader *l, const struct opt_table *t, const struct tree_node *node, void *base)
{
	size_t errors_before = l->errors->count;
	int rc = load_presets(l, t, base);

	if (node->kind != TREE_MAP && !tree_is_null(node)) {
		tree_errors_add(l->errors, node->at, "%s must be a map of keys", t->name);
		return rc;
	}
	for (const struct tree_node *n = node->first; n && rc == 0; n = n->next) {
		const struct opt *o = find_opt(t, n->key);

		if (!o)
			unknown_key(l, t, n);
		else if (!tree_is_null(n))
			rc = set(l, o, n, (char *)base + o->offset);
	}
	if (rc < 0)
		return rc;
	miss_keys(l, t, node);
	if (t->check && l->errors->count == errors_before)
		t->check(base, node, l->errors);
	return 0;
}

int opt_load(const struct opt_table *table, const struct tree_node *node, opt_env *env, struct arena *arena,
	     struct tree_errors *errors, void *ret_struct)
{
	struct loader l = {.env = env, .arena = arena, .errors = errors};
	size_t errors_before = errors->count;
	int rc;

	memset(ret_struct, 0, table->size);
	rc = load_struct(&l, table, node, ret_struct);
	if (rc < 0 || errors->no_memory)
		return -ENOMEM;
	return errors->count > errors_before ? -EBADMSG : 0;
}
