#include "base/optvalue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/optdoc.h"

#define TEXT_MAX_BYTES   (1u << 20)
#define SECRET_MAX_BYTES 65536u
#define NEAR_MAX         2 /* changes that make a typing error of another word */

void optvalue_try(struct optvalue_nearest *n, const char *candidate)
{
	size_t limit = MIN((size_t)NEAR_MAX, n->word.n / 2);
	size_t d = str_distance(n->word, str_from(candidate), limit);

	if (d <= limit && (!n->best || d < n->distance)) {
		n->best = candidate;
		n->distance = d;
	}
}

bool optvalue_count_fits(const struct opt *o, const struct tree_node *node)
{
	bool counted = node->kind != TREE_SCALAR &&
		       (o->type == OPT_TYPE_STRS || o->type == OPT_TYPE_LIST || o->type == OPT_TYPE_MAP);
	double n = (double)node->count;

	return !counted || (o->min == 0 && o->max == 0) || (n >= o->min && n <= o->max);
}

void optvalue_refuse(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node)
{
	struct buf text cleanup(buf_fini);
	struct optvalue_nearest n = {.word = node->text};

	buf_init(&text, 1000);
	buf_printf(&text, "'%s' must be ", o->name);
	optdoc_describe(o, &text);
	for (const char *const *c = o->choices; c && *c; c++)
		optvalue_try(&n, *c);
	if (node->kind != TREE_SCALAR)
		buf_printf(&text, ", not a %s", node->kind == TREE_MAP ? "map" : "list");
	else if (o->type != OPT_TYPE_SECRET)
		buf_printf(&text, ", not '%.80s'", node->text.p);
	if (!optvalue_count_fits(o, node))
		buf_printf(&text, " of %zu", node->count);
	if (node->kind == TREE_SCALAR && n.best)
		buf_printf(&text, "; did you mean '%s'?", n.best);
	tree_errors_add(l->errors, node->at, STR_FMT, STR_ARG(buf_str(&text)));
	if (text.error == -ENOMEM)
		l->errors->no_memory = true;
}

/* A value about to be stored: its text with variables replaced. */
struct value {
	struct str text;
	bool replaced; /* a variable was in it */
};

/* Appends the value of the variable whose name `*rest` starts with, and cuts it off with its brace. */
static void add_variable(struct optvalue_loader *l, const struct opt *o, struct tree_pos at, struct str *rest,
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
static int expand(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
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

static int set_bool(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		    struct value v, void *field)
{
	bool yes = str_eq(v.text, STR("true"));

	if (!is_plain(node, &v) || (!yes && !str_eq(v.text, STR("false"))))
		return -EBADMSG;
	*(bool *)field = yes;
	return 0;
}

static int set_int(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		   struct value v, void *field)
{
	bool any = o->min == 0 && o->max == 0;
	int64_t n;

	if (!is_plain(node, &v) ||
	    str_to_int(v.text, any ? INT_MIN : (int64_t)o->min, any ? INT_MAX : (int64_t)o->max, &n) < 0)
		return -EBADMSG;
	*(int *)field = (int)n;
	return 0;
}

static int set_num(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		   struct value v, void *field)
{
	bool any = o->min == 0 && o->max == 0;
	double n;

	if (!is_plain(node, &v) || str_to_num(v.text, &n) < 0 || (!any && (n < o->min || n > o->max)))
		return -EBADMSG;
	*(double *)field = n;
	return 0;
}

static int set_ms(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		  struct value v, void *field)
{
	double ms;
	int rc = set_num(l, o, node, v, &ms);

	if (rc < 0 || fabs(ms) > (double)INT32_MAX)
		return -EBADMSG;
	*(usec *)field = llround(ms * 1000);
	return 0;
}

static int set_str(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		   struct value v, void *field)
{
	*(struct str *)field = v.text;
	return 0;
}

/* `path` as seen from the directory of `file`; a default has no line and is seen from where we are. */
static struct str beside(struct optvalue_loader *l, struct tree_pos at, struct str path)
{
	const char *slash = at.line > 0 ? strrchr(at.file, '/') : NULL;

	if (!slash || path.n == 0 || path.p[0] == '/')
		return path;
	return str_from(
		arena_printf(l->arena, "%.*s" STR_FMT, (int)(slash - at.file + 1), at.file, STR_ARG(path)));
}

static int set_path(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		    struct value v, void *field)
{
	struct str path = beside(l, node->at, v.text);

	if (!path.p)
		return -ENOMEM;
	*(struct str *)field = path;
	return 0;
}

/* The content of a small file without the newline at its end; -errno when it cannot be read. */
static int read_secret(struct optvalue_loader *l, const char *path, struct str *ret_secret)
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

static int set_secret(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		      struct value v, void *field)
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

static int set_choice(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		      struct value v, void *field)
{
	for (int i = 0; o->choices[i]; i++) {
		if (str_eq(v.text, str_from(o->choices[i]))) {
			*(int *)field = i;
			return 0;
		}
	}
	return -EBADMSG;
}

static int set_addr(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		    struct value v, void *field)
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

typedef int setter(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		   struct value v, void *field);

static setter *const setters[] = {
	[OPT_TYPE_BOOL] = set_bool, [OPT_TYPE_INT] = set_int,       [OPT_TYPE_NUM] = set_num,
	[OPT_TYPE_MS] = set_ms,     [OPT_TYPE_STR] = set_str,       [OPT_TYPE_KEY] = set_str,
	[OPT_TYPE_PATH] = set_path, [OPT_TYPE_SECRET] = set_secret, [OPT_TYPE_CHOICE] = set_choice,
	[OPT_TYPE_ADDR] = set_addr,
};

int optvalue_set(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node, void *field)
{
	size_t errors_before = l->errors->count;
	struct value v;
	int rc;

	if (node->kind != TREE_SCALAR) {
		optvalue_refuse(l, o, node);
		return 0;
	}
	rc = expand(l, o, node, &v);
	if (rc < 0 || l->errors->count > errors_before)
		return rc;
	rc = setters[o->type](l, o, node, v, field);
	if (rc != -EBADMSG)
		return rc;
	optvalue_refuse(l, o, node);
	return 0;
}
