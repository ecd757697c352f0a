/*
 * map.h - find things by their name
 *
 * A hash table whose nodes live inside the things it holds; the key is a view
 * that must stay valid while the node is in the map.
 *
 * Threads: the owner's only. Layer: base.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_node {
	struct map_node *next;
	struct str key;
	uint64_t hash;
};

struct map {
	struct map_node **buckets;
	size_t bucket_count, count;
};

#define MAP_ENTRY(node, type, member) CONTAINER_OF(node, type, member)

void map_init(struct map *m);

/* Frees the table; the nodes belong to their owners. */
void map_fini(struct map *m);

/* Returns 0, -EEXIST when the key is taken, or -ENOMEM. */
int map_add(struct map *m, struct map_node *node, struct str key) must_check;

/* Returns NULL when there is none. */
struct map_node *map_find(const struct map *m, struct str key);

/* `node` must be in the map. */
void map_remove(struct map *m, struct map_node *node);

/* Calls fn for each node, in no order; fn may remove the node it is given. */
void map_each(struct map *m, void (*fn)(struct map_node *node, void *arg), void *arg);

#endif
