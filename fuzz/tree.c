#include "fuzz.h"

#include <assert.h>

#include "base/mem.h"
#include "base/optdoc.h"

/* Every type of option, so that whatever a text holds meets the code that reads it. */
struct inner {
	struct str name;
	struct opt_strs words;
	struct opt_addr addr;
};

struct outer {
	bool b;
	int i;
	double n;
	usec t;
	struct str s, p, k;
	int c;
	struct opt_list l, m;
	struct inner one;
	const struct tree_node *raw;
};

static const char *const choices[] = {"red", "green", NULL};

static const struct opt inner_opts[] = {
	OPT_KEY("name", struct inner, name),
	OPT_STRS("w", struct inner, words, .max = 3),
	OPT_ADDR("a", struct inner, addr),
};
static const struct opt_table inner_table = OPT_TABLE("inner", struct inner, inner_opts);

static const struct opt outer_opts[] = {
	OPT_BOOL("b", struct outer, b, .preset = "true"),
	OPT_INT("i", struct outer, i, .min = -5, .max = 5),
	OPT_NUM("n", struct outer, n),
	OPT_MS("t_ms", struct outer, t),
	OPT_STR("s", struct outer, s),
	OPT_PATH("p", struct outer, p),
	OPT_SECRET("k", struct outer, k),
	OPT_CHOICE("c", struct outer, c, choices),
	OPT_LIST("l", struct outer, l, &inner_table),
	OPT_MAP("m", struct outer, m, &inner_table),
	OPT_STRUCT("one", struct outer, one, &inner_table),
	OPT_NODE("raw", struct outer, raw),
};
static const struct opt_table outer_table = OPT_TABLE("outer", struct outer, outer_opts);

static const char *no_variable(const char *name)
{
	return name[0] == 'X' ? "x" : NULL;
}

/* What was loaded prints, and what is printed is YAML again. */
static void print_and_reread(const struct outer *o, struct arena *arena, struct tree_errors *errors)
{
	struct tree_node *root;
	struct buf out cleanup(buf_fini);

	buf_init(&out, 1u << 22);
	optdoc_values(&outer_table, o, &out);
	assert(out.error == 0);
	if (out.n < tree_limits_default.bytes)
		assert(tree_parse(buf_str(&out), "printed", NULL, arena, errors, &root) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_errors errors;
	struct tree_node *root;
	struct outer o;
	struct arena arena;
	long blocks = mem_live();

	arena_init(&arena, 1u << 24);
	tree_errors_init(&errors, &arena);
	if (tree_parse((struct str){(const char *)data, size}, "f", NULL, &arena, &errors, &root) == 0) {
		assert(errors.count == 0);
		if (opt_load(&outer_table, root, no_variable, &arena, &errors, &o) == 0)
			print_and_reread(&o, &arena, &errors);
		else
			assert(errors.count > 0);
		if (opt_load(&outer_table, root, NULL, &arena, &errors, &o) < 0)
			assert(errors.count > 0);
	} else {
		assert(errors.count > 0);
	}
	arena_fini(&arena);
	assert(mem_live() == blocks);
	return 0;
}
