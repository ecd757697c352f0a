#include "base/optdoc.h"

#include <stdio.h>

#include "base/json.h"

#define DEPTH_MAX  8 /* of tables in tables; deeper ones would be a table that contains itself */
#define PATH_BYTES 256

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

void optdoc_describe(const struct opt *o, struct buf *out)
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

typedef void print_row(const char *path, const struct opt *o, struct buf *out);

/* What stands between a key and the keys below it. */
static const char *joint(const struct opt *o)
{
	return o->type == OPT_TYPE_LIST ? "[]." : o->type == OPT_TYPE_MAP ? ".NAME." : ".";
}

static void each_row(const struct opt_table *t, const char *prefix, int depth, print_row *print,
		     struct buf *out)
{
	for (size_t i = 0; i < t->count && depth < DEPTH_MAX; i++) {
		const struct opt *o = &t->opts[i];
		char path[PATH_BYTES], below[PATH_BYTES];

		if (o->type == OPT_TYPE_KEY)
			continue;
		snprintf(path, sizeof(path), "%s%s", prefix, o->name);
		print(path, o, out);
		snprintf(below, sizeof(below), "%.200s%s", path, joint(o));
		if (o->sub)
			each_row(o->sub, below, depth + 1, print, out);
	}
}

/* A section that says nothing at its place says it in its table. */
static const char *help_of(const struct opt *o)
{
	return o->help || !o->sub ? o->help : o->sub->help;
}

static void help_row(const char *path, const struct opt *o, struct buf *out)
{
	buf_printf(out, "  %s: ", path);
	optdoc_describe(o, out);
	if (o->preset)
		buf_printf(out, "; default %s", o->preset);
	else if (o->required)
		buf_add_str(out, STR("; required"));
	buf_add_char(out, '\n');
	if (help_of(o))
		buf_printf(out, "      %s\n", help_of(o));
}

void optdoc_help(const struct opt_table *table, struct buf *out)
{
	each_row(table, "", 0, help_row, out);
}

static void markdown_row(const char *path, const struct opt *o, struct buf *out)
{
	buf_printf(out, "| `%s` | ", path);
	optdoc_describe(o, out);
	if (o->preset)
		buf_printf(out, " | `%s` | ", o->preset);
	else
		buf_printf(out, " | %s | ", o->required ? "required" : "");
	buf_printf(out, "%s |\n", help_of(o) ? help_of(o) : "");
}

void optdoc_markdown(const struct opt_table *table, struct buf *out)
{
	buf_add_str(out, STR("| key | value | default | meaning |\n|---|---|---|---|\n"));
	each_row(table, "", 0, markdown_row, out);
}

static const char *schema_type(enum opt_type type)
{
	static const char *const names[] = {
		[OPT_TYPE_BOOL] = "boolean",  [OPT_TYPE_INT] = "integer",   [OPT_TYPE_NUM] = "number",
		[OPT_TYPE_MS] = "number",     [OPT_TYPE_STR] = "string",    [OPT_TYPE_PATH] = "string",
		[OPT_TYPE_SECRET] = "string", [OPT_TYPE_CHOICE] = "string", [OPT_TYPE_STRS] = "array",
		[OPT_TYPE_ADDR] = "string",   [OPT_TYPE_KEY] = "string",    [OPT_TYPE_STRUCT] = "object",
		[OPT_TYPE_LIST] = "array",    [OPT_TYPE_MAP] = "object",    [OPT_TYPE_NODE] = NULL,
	};

	return names[type];
}

static bool is_number(enum opt_type type)
{
	return type == OPT_TYPE_INT || type == OPT_TYPE_NUM || type == OPT_TYPE_MS;
}

static void schema_limits(struct json_out *w, const struct opt *o)
{
	bool map = o->type == OPT_TYPE_MAP;

	if (o->min == 0 && o->max == 0)
		return;
	json_num(w, is_number(o->type) ? "minimum" : map ? "minProperties" : "minItems", o->min);
	json_num(w, is_number(o->type) ? "maximum" : map ? "maxProperties" : "maxItems", o->max);
}

static void schema_default(struct json_out *w, const struct opt *o)
{
	if (!o->preset || o->type == OPT_TYPE_STRS)
		return;
	if (is_number(o->type) || o->type == OPT_TYPE_BOOL)
		json_raw(w, "default", str_from(o->preset));
	else
		json_str(w, "default", str_from(o->preset));
}

static void schema_keys(struct json_out *w, const struct opt_table *t, int depth);

/* What the entries of a list or map are. */
static void schema_entries(struct json_out *w, const struct opt *o, int depth)
{
	json_map(w, o->type == OPT_TYPE_MAP ? "additionalProperties" : "items");
	json_str(w, "type", o->sub ? STR("object") : STR("string"));
	if (o->sub)
		schema_keys(w, o->sub, depth + 1);
	json_end(w);
}

static void schema_opt(struct json_out *w, const struct opt *o, int depth)
{
	json_map(w, o->name);
	if (schema_type(o->type))
		json_str(w, "type", str_from(schema_type(o->type)));
	if (o->help)
		json_str(w, "description", str_from(o->help));
	schema_limits(w, o);
	schema_default(w, o);
	if (o->choices)
		json_list(w, "enum");
	for (const char *const *c = o->choices; c && *c; c++)
		json_str(w, NULL, str_from(*c));
	if (o->choices)
		json_end(w);
	if (o->type == OPT_TYPE_STRUCT)
		schema_keys(w, o->sub, depth + 1);
	else if (o->type == OPT_TYPE_LIST || o->type == OPT_TYPE_MAP || o->type == OPT_TYPE_STRS)
		schema_entries(w, o, depth);
	json_end(w);
}

static void schema_keys(struct json_out *w, const struct opt_table *t, int depth)
{
	if (depth >= DEPTH_MAX)
		return;
	json_map(w, "properties");
	for (size_t i = 0; i < t->count; i++)
		if (t->opts[i].type != OPT_TYPE_KEY)
			schema_opt(w, &t->opts[i], depth);
	json_end(w);
	json_list(w, "required");
	for (size_t i = 0; i < t->count; i++)
		if (t->opts[i].required)
			json_str(w, NULL, str_from(t->opts[i].name));
	json_end(w);
	json_bool(w, "additionalProperties", false);
}

void optdoc_schema(const struct opt_table *table, struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "$schema", STR("https://json-schema.org/draft/2020-12/schema"));
	json_str(&w, "title", str_from(table->name));
	json_str(&w, "type", STR("object"));
	schema_keys(&w, table, 0);
	json_end(&w);
	buf_add_char(out, '\n');
}

/* A text in quotes, with ${ written so that it stays one. */
static void print_text(struct str s, struct buf *out)
{
	struct buf escaped cleanup(buf_fini);

	buf_init(&escaped, out->limit_bytes);
	while (s.n > 0) {
		size_t at = str_find(s, STR("${"));

		buf_add(&escaped, s.p, at);
		if (at < s.n)
			buf_add_str(&escaped, STR("$${"));
		s = str_sub(s, at + 2, SIZE_MAX);
	}
	json_quote(out, buf_str(&escaped));
	if (escaped.error)
		out->error = escaped.error;
}

/* A raw node on one line; it holds what the file said, so nothing in it is a replaced secret. */
static void print_node(const struct tree_node *node, struct buf *out)
{
	bool map = node->kind == TREE_MAP;

	if (node->kind == TREE_SCALAR) {
		if (node->quoted)
			json_quote(out, node->text);
		else
			buf_add_str(out, node->text);
		return;
	}
	buf_add_char(out, map ? '{' : '[');
	TREE_EACH(child, node)
	{
		if (child != node->first)
			buf_add_str(out, STR(", "));
		if (map) {
			json_quote(out, child->key);
			buf_add_str(out, STR(": "));
		}
		print_node(child, out);
	}
	buf_add_char(out, map ? '}' : ']');
}

static void print_strs(const struct opt_strs *strs, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < strs->count; i++) {
		buf_add_str(out, i > 0 ? STR(", ") : STR(""));
		print_text(strs->at[i], out);
	}
	buf_add_char(out, ']');
}

static void print_addr(const struct opt_addr *addr, struct buf *out)
{
	bool v6 = str_chr(addr->host, ':') < addr->host.n;

	if (addr->host.n > 0)
		buf_printf(out, v6 ? "\"[" STR_FMT "]:%d\"" : "\"" STR_FMT ":%d\"", STR_ARG(addr->host),
			   addr->port);
}

static void print_value(const struct opt *o, const void *field, struct buf *out)
{
	switch (o->type) {
	case OPT_TYPE_BOOL:
		return buf_add_str(out, *(const bool *)field ? STR("true") : STR("false"));
	case OPT_TYPE_INT:
		return buf_printf(out, "%d", *(const int *)field);
	case OPT_TYPE_NUM:
		return buf_printf(out, "%.10f", *(const double *)field);
	case OPT_TYPE_MS:
		return buf_printf(out, "%.3f", (double)*(const usec *)field / 1000);
	case OPT_TYPE_STR:
	case OPT_TYPE_PATH:
	case OPT_TYPE_KEY:
		return print_text(*(const struct str *)field, out);
	case OPT_TYPE_SECRET:
		return buf_add_str(out, ((const struct str *)field)->n > 0 ? STR("\"***\"") : STR(""));
	case OPT_TYPE_CHOICE:
		return buf_printf(out, "%s", o->choices[*(const int *)field]);
	case OPT_TYPE_STRS:
		return print_strs(field, out);
	case OPT_TYPE_ADDR:
		return print_addr(field, out);
	case OPT_TYPE_NODE:
		if (*(const struct tree_node *const *)field)
			print_node(*(const struct tree_node *const *)field, out);
		return;
	case OPT_TYPE_STRUCT:
	case OPT_TYPE_LIST:
	case OPT_TYPE_MAP:
		return;
	}
}

static void print_struct(const struct opt_table *t, const void *base, int indent, struct buf *out);

static void print_array(const struct opt *o, const struct opt_list *list, int indent, struct buf *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *entry = (const char *)list->at + i * o->sub->size;

		buf_printf(out, "%*s", indent, "");
		for (size_t k = 0; k < o->sub->count && o->type == OPT_TYPE_MAP; k++)
			if (o->sub->opts[k].type == OPT_TYPE_KEY)
				json_quote(out, *(const struct str *)(const void *)(entry +
										    o->sub->opts[k].offset));
		buf_add_str(out, o->type == OPT_TYPE_MAP ? STR(":\n") : STR("-\n"));
		print_struct(o->sub, entry, indent + 2, out);
	}
}

static void print_struct(const struct opt_table *t, const void *base, int indent, struct buf *out)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct opt *o = &t->opts[i];
		const void *field = (const char *)base + o->offset;

		if (o->type == OPT_TYPE_KEY)
			continue;
		buf_printf(out, "%*s%s: ", indent, "", o->name);
		print_value(o, field, out);
		buf_add_char(out, '\n');
		if (o->type == OPT_TYPE_STRUCT)
			print_struct(o->sub, field, indent + 2, out);
		else if (o->type == OPT_TYPE_LIST || o->type == OPT_TYPE_MAP)
			print_array(o, field, indent + 2, out);
	}
}

void optdoc_values(const struct opt_table *table, const void *loaded, struct buf *out)
{
	print_struct(table, loaded, 0, out);
}
