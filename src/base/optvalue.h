/*
 * optvalue.h - one scalar of a file into one field of a struct
 *
 * The part of option tables that knows what a text means: variables and files
 * of secrets, numbers, addresses, choices; and how to say that it means
 * something else. opt.h is what modules use.
 *
 * Threads: the owner's only. Layer: base.
 */
#ifndef BASE_OPTVALUE_H
#define BASE_OPTVALUE_H

#include "base/opt.h"

struct optvalue_loader {
	opt_env *env; /* NULL: what is loaded comes from a stranger */
	struct arena *arena;
	struct tree_errors *errors;
};

/* Stores what `node` says into the field of a scalar option. What is wrong is noted, the field then stays as
 * it was. Returns 0 or -ENOMEM. */
int optvalue_set(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node,
		 void *field) must_check;

/* Notes that the option must be something else: `'port' must be ..., not ...`. */
void optvalue_refuse(struct optvalue_loader *l, const struct opt *o, const struct tree_node *node);

/* Whether a list or map has as many entries as its option welcomes; true for scalars. */
bool optvalue_count_fits(const struct opt *o, const struct tree_node *node);

/* The candidate that `word` is most likely a typing error of. */
struct optvalue_nearest {
	struct str word;
	const char *best; /* NULL when none is near */
	size_t distance;
};

void optvalue_try(struct optvalue_nearest *n, const char *candidate);

#endif
