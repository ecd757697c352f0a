#include "base/map.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define BUCKETS_MIN 16u

void map_init(struct map *m)
{
	*m = (struct map){0};
}

void map_fini(struct map *m)
{
	mem_free(m->buckets);
	map_init(m);
}

static void put(struct map *m, struct map_node *node)
{
	struct map_node **at = &m->buckets[node->hash & (m->bucket_count - 1)];

	node->next = *at;
	*at = node;
}

/* Doubling failure is not an error once there is a table: chains grow instead. */
static int grow(struct map *m)
{
	struct map old = *m;
	size_t n = old.bucket_count ? old.bucket_count * 2 : BUCKETS_MIN;
	struct map_node **buckets = mem_zalloc(n * sizeof(*buckets));

	if (!buckets)
		return old.buckets ? 0 : -ENOMEM;
	m->buckets = buckets;
	m->bucket_count = n;
	for (size_t i = 0; i < old.bucket_count; i++) {
		for (struct map_node *node = old.buckets[i], *next; node; node = next) {
			next = node->next;
			put(m, node);
		}
	}
	mem_free(old.buckets);
	return 0;
}

int map_add(struct map *m, struct map_node *node, struct str key)
{
	if (map_find(m, key))
		return -EEXIST;
	if (m->count >= m->bucket_count && grow(m) < 0)
		return -ENOMEM;
	node->key = key;
	node->hash = str_hash(key);
	put(m, node);
	m->count++;
	return 0;
}

struct map_node *map_find(const struct map *m, struct str key)
{
	uint64_t hash = str_hash(key);

	if (m->count == 0)
		return NULL;
	for (struct map_node *node = m->buckets[hash & (m->bucket_count - 1)]; node; node = node->next)
		if (node->hash == hash && str_eq(node->key, key))
			return node;
	return NULL;
}

void map_remove(struct map *m, struct map_node *node)
{
	struct map_node **at = &m->buckets[node->hash & (m->bucket_count - 1)];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node->next = NULL;
	m->count--;
}

void map_each(struct map *m, void (*fn)(struct map_node *node, void *arg), void *arg)
{
	for (size_t i = 0; i < m->bucket_count; i++) {
		for (struct map_node *node = m->buckets[i], *next; node; node = next) {
			next = node->next;
			fn(node, arg);
		}
	}
}
