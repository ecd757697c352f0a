/* Configuration trees: what is read, and what is said about files that cannot be. */
#include "base/tree.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "test.h"

#define ARENA_BYTES (8u << 20)

/* A tree as one line: maps in braces, lists in brackets, quoted scalars in quotes. */
static void outline(const struct tree_node *node, struct buf *out)
{
	static const char brackets[][2] = {[TREE_LIST] = {'[', ']'}, [TREE_MAP] = {'{', '}'}};

	if (node->kind == TREE_SCALAR) {
		buf_printf(out, node->quoted ? "'" STR_FMT "'" : STR_FMT, STR_ARG(node->text));
		return;
	}
	buf_add_char(out, brackets[node->kind][0]);
	TREE_EACH(child, node)
	{
		if (child != node->first)
			buf_add_char(out, ' ');
		if (node->kind == TREE_MAP)
			buf_printf(out, STR_FMT "=", STR_ARG(child->key));
		outline(child, out);
	}
	buf_add_char(out, brackets[node->kind][1]);
}

/* The outline of a good text, the errors of a bad one. */
static void show(struct str text, const struct tree_limits *limits, struct buf *out)
{
	struct tree_errors errors;
	struct tree_node *root;
	struct arena arena;

	buf_clear(out);
	arena_init(&arena, ARENA_BYTES);
	tree_errors_init(&errors, &arena);
	if (tree_parse(text, "f", limits, &arena, &errors, &root) == 0)
		outline(root, out);
	else
		tree_errors_print(&errors, out);
	arena_fini(&arena);
}

TEST(tree_reads_yaml_and_json_alike)
{
	static const struct {
		const char *text, *outline;
	} rows[] = {
		{"", "{}"},
		{"# nothing\n", "{}"},
		{"a: 1\nb: [x, \"2\"]\nc:\n  d: |\n    two\n    lines\n",
		 "{a=1 b=[x '2'] c={d='two\nlines\n'}}"},
		{"{\"a\":1,\"b\":[\"x\",\"2\"],\"c\":{}}", "{a=1 b=['x' '2'] c={}}"},
		{"\xef\xbb\xbf"
		 "a: b\n",
		 "{a=b}"},
		{"{\"u\":\"http:\\/\\/h\"}", "{u='http://h'}"},
		{"\t{\n\t\t\"a\":\t[\n\t1,\n\t2\t]\n\t}\n", "{a=[1 2]}"},
		{"{\"a\" : \"\\u00e9\\u20ac\"}", "{a='\xc3\xa9\xe2\x82\xac'}"},
		{"[\"\\ud83d\\ude00\", \"\\\\ud83d\\\\ude00\"]", "['\xf0\x9f\x98\x80' '\\ud83d\\ude00']"},
		{"{\"a\": null, \"b\": true, \"c\": -1.5e3}", "{a=null b=true c=-1.5e3}"},
		{"- no\n- ~\n-\n", "[no ~ ]"},
	};
	struct buf out;

	buf_init(&out, 65536);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		show(str_from(rows[i].text), NULL, &out);
		CHECK_STR(buf_str(&out), rows[i].outline);
	}
	buf_fini(&out);
}

TEST(tree_says_what_is_wrong_where)
{
	static const struct {
		const char *text, *errors;
	} rows[] = {
		{"a: 1\nb: 2\na: 3\n", "f:3:1: the key 'a' stands here twice, first in line 1\n"},
		{"{\"x\": {\"a\": 1,\n  \"a\": 2}}",
		 "f:2:3: the key 'a' stands here twice, first in line 1\n"},
		{"a: &x 1\nb: 2\n", "f:1:4: anchors (&x) are not supported\n"},
		{"a: b\nc: *x\n", "f:2:4: aliases (*x) are not supported\n"},
		{"a: !!int 3\n", "f:1:4: tags (tag:yaml.org,2002:int) are not supported\n"},
		{"a: 1\n---\nb: 2\n", "f:2:1: a second document begins here; one is allowed\n"},
		{"? [a, b]\n: c\n", "f:1:3: a key must be a text\n"},
		{"a: \"x\\0y\"\n", "f:1:4: a text may not hold a zero byte\n"},
		{"a: [1, 2\n", "f:2:1: did not find expected ',' or ']' (while parsing a flow sequence)\n"},
		{"{\"a\": 1,\n \"b\": }\n}", "f:3:1: did not find expected <document start>\n"},
		{"\n\n  {\"a\": [}",
		 "f:3:10: did not find expected node content (while parsing a flow node)\n"},
		{"a: b\n  c: d\n", "f:2:4: mapping values are not allowed in this context\n"},
		{"a:\n\t- b\n",
		 "f:2:1: found character that cannot start any token (while scanning for the next token)\n"},
		{"a: 1\nb: \xff\n", "f:2:4: invalid leading UTF-8 octet\n"},
		{"a: \x01\n", "f:1:4: control characters are not allowed\n"},
		{"{\"a\": \"\\ud83d\"}",
		 "f:1:10: found invalid Unicode character escape code (while parsing a quoted scalar)\n"},
	};
	struct buf out;

	buf_init(&out, 65536);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		show(str_from(rows[i].text), NULL, &out);
		CHECK_STR(buf_str(&out), rows[i].errors);
	}
	buf_fini(&out);
}

TEST(tree_keeps_its_limits)
{
	static const struct tree_limits limits = {.bytes = 100, .nodes = 6, .depth = 3};
	char long_text[102];
	struct buf out;

	buf_init(&out, 65536);
	show(STR("[[[1]]]"), &limits, &out);
	CHECK_STR(buf_str(&out), "[[[1]]]");
	show(STR("[[[[1]]]]"), &limits, &out);
	CHECK_STR(buf_str(&out), "f:1:4: more than 3 levels deep\n");
	show(STR("[1, 2, 3, 4, 5]"), &limits, &out);
	CHECK_STR(buf_str(&out), "[1 2 3 4 5]");
	show(STR("[1, 2, 3, 4, 5, 6]"), &limits, &out);
	CHECK_STR(buf_str(&out), "f:1:17: more than 6 values\n");
	memset(long_text, 'x', sizeof(long_text));
	show((struct str){long_text, 100}, &limits, &out);
	CHECK_INT(out.n, 100);
	show((struct str){long_text, 101}, &limits, &out);
	CHECK_STR(buf_str(&out), "f: larger than 100 bytes\n");
	buf_fini(&out);
}

TEST(tree_finds_keys_and_nulls)
{
	struct tree_errors errors;
	struct tree_node *root;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	tree_errors_init(&errors, &arena);
	REQUIRE(tree_parse(STR("a: b\nn: null\nq: 'null'\n"), "f", NULL, &arena, &errors, &root) == 0);
	CHECK_STR(tree_find(root, STR("a"))->text, "b");
	CHECK_INT(tree_find(root, STR("n"))->at.line, 2);
	CHECK_INT(tree_find(root, STR("n"))->at.col, 4);
	CHECK_INT(tree_find(root, STR("n"))->key_at.col, 1);
	CHECK(tree_is_null(tree_find(root, STR("n"))));
	CHECK(!tree_is_null(tree_find(root, STR("q"))));
	CHECK(tree_find(root, STR("z")) == NULL);
	CHECK(tree_find(tree_find(root, STR("a")), STR("z")) == NULL);
	arena_fini(&arena);
}

TEST(tree_counts_the_errors_it_does_not_keep)
{
	struct buf text, out;

	buf_init(&text, 65536);
	buf_init(&out, 65536);
	for (int i = 0; i < TREE_ERRORS_MAX + 3; i++)
		buf_add_str(&text, STR("a: 1\n"));
	show(buf_str(&text), NULL, &out);
	CHECK(str_ends(buf_str(&out), STR("first in line 1\nand 2 more errors\n")));
	buf_fini(&text);
	buf_fini(&out);
}

TEST(tree_reads_files)
{
	char path[] = "/tmp/offhook-tree-XXXXXX";
	struct tree_errors errors;
	struct tree_node *root;
	struct arena arena;
	struct buf out;
	int fd = mkstemp(path);

	REQUIRE(fd >= 0);
	CHECK_INT(write(fd, "a: 1\n", 5), 5);
	close(fd);
	arena_init(&arena, ARENA_BYTES);
	buf_init(&out, 65536);
	tree_errors_init(&errors, &arena);
	CHECK_INT(tree_read(path, NULL, &arena, &errors, &root), 0);
	CHECK_STR(str_from(tree_find(root, STR("a"))->at.file), path);
	unlink(path);
	CHECK_INT(tree_read("/nonexistent/x.yaml", NULL, &arena, &errors, &root), -ENOENT);
	tree_errors_print(&errors, &out);
	CHECK_STR(buf_str(&out), "/nonexistent/x.yaml: cannot read: No such file or directory\n");
	buf_fini(&out);
	arena_fini(&arena);
}

TEST_OOM(tree_survives_without_memory)
{
	struct tree_errors errors;
	struct tree_node *root;
	struct arena arena;
	int rc;

	arena_init(&arena, ARENA_BYTES);
	tree_errors_init(&errors, &arena);
	rc = tree_parse(STR("{\"a\": [{\"b\": \"\\ud83d\\ude00\"}, {}], \"c\": {\"d\": 1}}"), "f", NULL,
			&arena, &errors, &root);
	arena_fini(&arena);
	return rc;
}
