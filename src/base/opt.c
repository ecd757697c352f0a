#include "base/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/optvalue.h"

const char *opt_getenv(const char *name)
{
	return getenv(name);
}

static int set_strs(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node, void *field)
{
	struct opt_strs *strs = field;
	struct str *at;
	int rc = 0;

	if (node->kind != TREE_LIST || !optvalue_count_fits(o, node)) {
		optvalue_refuse(l, o, node);
		return 0;
	}
	at = ARENA_ARRAY(l->arena, struct str, node->count);
	if (!at)
		return -ENOMEM;
	*strs = (struct opt_strs){at, node->count};
	TREE_EACH(child, node)
	{
		struct opt entry = {.name = o->name, .type = OPT_TYPE_STR};

		rc = optvalue_set(l, &entry, child, at++);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int load_struct(struct optvalue_loader *l, const struct opt_table *t, const struct tree_node *node,
		       void *base);

static struct str *key_field(const struct opt_table *t, void *base)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->opts[i].type == OPT_TYPE_KEY)
			return (struct str *)(void *)((char *)base + t->opts[i].offset);
	return NULL;
}

/* Lists and maps of structs: an array in the arena, filled in the file's order. */
static int set_array(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		     void *field)
{
	struct opt_list *list = field;
	char *at;
	int rc;

	if (node->kind != (o->type == OPT_TYPE_MAP ? TREE_MAP : TREE_LIST) || !optvalue_count_fits(o, node)) {
		optvalue_refuse(l, o, node);
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

static int set(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node, void *field)
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
	return optvalue_set(l, o, node, field);
}

/* Presets are written as in a file, a list of texts with commas. */
static int preset_strs(struct optvalue_loader *l, const struct opt *o, void *field)
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

static int load_presets(struct optvalue_loader *l, const struct opt_table *t, void *base);

static int load_preset(struct optvalue_loader *l, const struct opt *o, void *field)
{
	struct tree_node node = {.at = {.file = "default"}, .text = str_from(o->preset)};

	if (o->type == OPT_TYPE_STRUCT)
		return load_presets(l, o->sub, field);
	if (!o->preset)
		return 0;
	return o->type == OPT_TYPE_STRS ? preset_strs(l, o, field) : set(l, o, &node, field);
}

static int load_presets(struct optvalue_loader *l, const struct opt_table *t, void *base)
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

static void unknown_key(struct optvalue_loader *l, const struct opt_table *t, const struct tree_node *node)
{
	struct optvalue_nearest n = {.word = node->key};

	for (size_t i = 0; i < t->count; i++)
		if (t->opts[i].type != OPT_TYPE_KEY)
			optvalue_try(&n, t->opts[i].name);
	if (n.best)
		tree_errors_add(l->errors, node->key_at, "unknown key '%.80s'; did you mean '%s'?",
				node->key.p, n.best);
	else
		tree_errors_add(l->errors, node->key_at, "unknown key '%.80s' in %s", node->key.p, t->name);
}

static void miss_keys(struct optvalue_loader *l, const struct opt_table *t, const struct tree_node *node)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tree_node *value = tree_find(node, str_from(t->opts[i].name));

		if (t->opts[i].required && (!value || tree_is_null(value)))
			tree_errors_add(l->errors, node->at, "%s lacks the key '%s'", t->name,
					t->opts[i].name);
	}
}

static int load_struct(struct optvalue_loader *l, const struct opt_table *t, const struct tree_node *node,
		       void *base)
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
	struct optvalue_loader l = {.env = env, .arena = arena, .errors = errors};
	size_t errors_before = errors->count;
	int rc;

	memset(ret_struct, 0, table->size);
	rc = load_struct(&l, table, node, ret_struct);
	if (rc < 0 || errors->no_memory)
		return -ENOMEM;
	return errors->count > errors_before ? -EBADMSG : 0;
}
