/*
 * opt.h - option tables: what a configuration section may hold
 *
 * A section of a file becomes a plain struct. Its table says, for each key,
 * the type, the field it fills, the range, the default and one sentence of
 * help; from that one table come reading, checking, error texts, and (see
 * optdoc.h) --help, the manual, the JSON schema and the printing of a loaded
 * struct. The macros below refuse to compile when field and type disagree.
 *
 *   static const struct opt listen_opts[] = {
 *           OPT_ADDR("udp", struct listen, udp, .preset = "127.0.0.1:5060", .help = "Where SIP is awaited."),
 *           OPT_MS("idle_ms", struct listen, idle, .preset = "8000", .min = 100, .max = 60000, .help =
 * "..."),
 *   };
 *   const struct opt_table listen_table = OPT_TABLE("listen", struct listen, listen_opts);
 *
 * ${NAME} in a scalar is replaced by the environment's NAME, $${ means a
 * literal ${. null, or no key at all, means the default.
 *
 * Threads: tables are constant; a loaded struct belongs to its arena. Layer: base.
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include "base/tree.h"

enum opt_type {
	OPT_TYPE_BOOL,   /* bool */
	OPT_TYPE_INT,    /* int; min and max both 0 mean any */
	OPT_TYPE_NUM,    /* double; likewise */
	OPT_TYPE_MS,     /* usec, written in milliseconds under a name that ends in _ms; likewise, in ms */
	OPT_TYPE_STR,    /* struct str */
	OPT_TYPE_PATH,   /* struct str; relative to the directory of the file it stands in */
	OPT_TYPE_SECRET, /* struct str; written as ${NAME} or file:PATH, printed as *** */
	OPT_TYPE_CHOICE, /* an enum; the index into choices */
	OPT_TYPE_STRS,   /* struct opt_strs; min and max count the entries; a preset is cut at commas */
	OPT_TYPE_ADDR,   /* struct opt_addr, written host:port or [v6]:port */
	OPT_TYPE_KEY,    /* struct str; the name under which the struct stands in a map (see OPT_MAP) */
	OPT_TYPE_STRUCT, /* a struct inside this one */
	OPT_TYPE_LIST,   /* struct opt_list of structs; min and max count them */
	OPT_TYPE_MAP,    /* struct opt_list of structs, each with an OPT_KEY field; likewise */
	OPT_TYPE_NODE,   /* const struct tree_node *, NULL when absent; left to the module */
};

struct opt_strs {
	const struct str *at;
	size_t count;
};

struct opt_list {
	void *at; /* an array of the sub-table's struct */
	size_t count;
};

struct opt_addr {
	struct str host; /* without brackets; zero-terminated */
	int port;        /* 0..65535; 0 means any free one where that makes sense */
};

struct opt_table;

struct opt {
	const char *name;
	enum opt_type type;
	size_t offset;
	const char *preset; /* the default as a file would say it; NULL: zero or empty */
	double min, max;
	const char *const *choices; /* ends with NULL */
	const struct opt_table *sub;
	bool required; /* a missing key is an error */
	const char *help;
};

struct opt_table {
	const char *name; /* of the section, as errors and manuals call it */
	size_t size;      /* of the struct */
	const struct opt *opts;
	size_t count;
	const char *help;
	/* What one key alone cannot tell; notes errors. May be NULL. */
	void (*check)(const void *loaded, const struct tree_node *node, struct tree_errors *errors);
};

#define OPT_TABLE(title, type, array, ...)                                                         \
	{                                                                                          \
		.name = (title), .size = sizeof(type), .opts = (array), .count = ARRAY_LEN(array), \
		__VA_ARGS__                                                                        \
	}

/* offsetof, after a look at the field's type */
#define OPT_AT_(s, m, ok) (offsetof(s, m) + 0 * sizeof(char[(ok) ? 1 : -1]))
#define OPT_IS_(s, m, t)  OPT_AT_(s, m, __builtin_types_compatible_p(__typeof__(((s *)0)->m), t))
#define OPT_(n, t, o, ...)                                           \
	{                                                            \
		.name = (n), .type = (t), .offset = (o), __VA_ARGS__ \
	}

#define OPT_BOOL(n, s, m, ...)   OPT_(n, OPT_TYPE_BOOL, OPT_IS_(s, m, bool), __VA_ARGS__)
#define OPT_INT(n, s, m, ...)    OPT_(n, OPT_TYPE_INT, OPT_IS_(s, m, int), __VA_ARGS__)
#define OPT_NUM(n, s, m, ...)    OPT_(n, OPT_TYPE_NUM, OPT_IS_(s, m, double), __VA_ARGS__)
#define OPT_MS(n, s, m, ...)     OPT_(n, OPT_TYPE_MS, OPT_IS_(s, m, usec), __VA_ARGS__)
#define OPT_STR(n, s, m, ...)    OPT_(n, OPT_TYPE_STR, OPT_IS_(s, m, struct str), __VA_ARGS__)
#define OPT_PATH(n, s, m, ...)   OPT_(n, OPT_TYPE_PATH, OPT_IS_(s, m, struct str), __VA_ARGS__)
#define OPT_SECRET(n, s, m, ...) OPT_(n, OPT_TYPE_SECRET, OPT_IS_(s, m, struct str), __VA_ARGS__)
#define OPT_STRS(n, s, m, ...)   OPT_(n, OPT_TYPE_STRS, OPT_IS_(s, m, struct opt_strs), __VA_ARGS__)
#define OPT_ADDR(n, s, m, ...)   OPT_(n, OPT_TYPE_ADDR, OPT_IS_(s, m, struct opt_addr), __VA_ARGS__)
#define OPT_KEY(n, s, m, ...)    OPT_(n, OPT_TYPE_KEY, OPT_IS_(s, m, struct str), __VA_ARGS__)
#define OPT_NODE(n, s, m, ...)   OPT_(n, OPT_TYPE_NODE, OPT_IS_(s, m, const struct tree_node *), __VA_ARGS__)
/* c: an array of names, NULL at its end, in the order of the enum, which starts at 0 */
#define OPT_CHOICE(n, s, m, c, ...)                                                                 \
	OPT_(n, OPT_TYPE_CHOICE, OPT_AT_(s, m, sizeof(((s *)0)->m) == sizeof(int)), .choices = (c), \
	     __VA_ARGS__)
/* t: the address of the sub-table */
#define OPT_STRUCT(n, s, m, t, ...) OPT_(n, OPT_TYPE_STRUCT, offsetof(s, m), .sub = (t), __VA_ARGS__)
#define OPT_LIST(n, s, m, t, ...) \
	OPT_(n, OPT_TYPE_LIST, OPT_IS_(s, m, struct opt_list), .sub = (t), __VA_ARGS__)
#define OPT_MAP(n, s, m, t, ...) \
	OPT_(n, OPT_TYPE_MAP, OPT_IS_(s, m, struct opt_list), .sub = (t), __VA_ARGS__)

/* Looks up a variable; NULL when there is none. */
typedef const char *opt_env(const char *name);

/* The environment of the process: for files of the operator. */
const char *opt_getenv(const char *name);

/* Fills the table's struct at `ret_struct` from the map `node` (a null scalar counts as an empty map):
 * defaults first, then what the file says. All that is wrong is noted in `errors`; texts are copied into
 * `arena`, raw nodes are not. `env` NULL is for what strangers send (API bodies): ${NAME} and file: are
 * errors there, and a secret is a plain text. A section that is absent gets its defaults; keys that it
 * requires are missed only when it is there, or required itself.
 * Returns 0, -EBADMSG (errors tell; the struct is half filled), or -ENOMEM. */
int opt_load(const struct opt_table *table, const struct tree_node *node, opt_env *env, struct arena *arena,
	     struct tree_errors *errors, void *ret_struct) must_check;

#endif
