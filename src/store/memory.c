/*
 * memory.c - a store that forgets everything at the end: tests and trials
 *
 * One sorted array of documents. Lookups are binary searches; a write shifts
 * the array, which is fine for the thousands of documents that this is for.
 */
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "store/store.h"

LIVE_DEFINE(store_memory_doc);

struct memory_doc {
	struct store_key key; /* views into `text` */
	struct str body;
	uint64_t version;
	char text[];
};

struct memory {
	struct store store;
	struct memory_doc **docs;
	size_t count, cap;
};

static int key_cmp(const struct store_key *a, const struct store_key *b)
{
	int c = str_cmp(a->tenant, b->tenant);

	if (c == 0)
		c = str_cmp(a->kind, b->kind);
	return c ? c : str_cmp(a->id, b->id);
}

/* Index of the first document that is not before `key`. */
static size_t lower_bound(const struct memory *m, const struct store_key *key)
{
	size_t lo = 0, hi = m->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (key_cmp(&m->docs[mid]->key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct memory_doc *doc_find(const struct memory *m, const struct store_key *key)
{
	size_t i = lower_bound(m, key);

	return i < m->count && key_cmp(&m->docs[i]->key, key) == 0 ? m->docs[i] : NULL;
}

static struct str place(char **at, struct str s)
{
	struct str copy = {*at, s.n};

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static struct memory_doc *doc_new(const struct store_write *w)
{
	const struct store_key *k = &w->key;
	struct memory_doc *d = mem_alloc(sizeof(*d) + k->tenant.n + k->kind.n + k->id.n + w->body.n);
	char *at;

	if (!d)
		return NULL;
	live_up(&live_store_memory_doc);
	at = d->text;
	d->key.tenant = place(&at, k->tenant);
	d->key.kind = place(&at, k->kind);
	d->key.id = place(&at, k->id);
	d->body = place(&at, w->body);
	d->version = 1;
	return d;
}

static struct memory_doc *doc_free(struct memory_doc *d)
{
	if (d)
		live_down(&live_store_memory_doc);
	return mem_free(d);
}

static int memory_open(struct str where, struct store **ret_store)
{
	struct memory *m = mem_zalloc(sizeof(*m));

	(void)where;
	if (!m)
		return -ENOMEM;
	m->store.ops = &store_memory;
	*ret_store = &m->store;
	return 0;
}

static int copy_out(const struct memory_doc *d, struct arena *a, struct store_doc *ret_doc)
{
	struct store_doc doc = {arena_str(a, d->key.id), arena_str(a, d->body), d->version};

	if (!doc.id.p || !doc.body.p)
		return -ENOMEM;
	*ret_doc = doc;
	return 0;
}

static int memory_get(struct store *s, const struct store_key *key, struct arena *a,
		      struct store_doc *ret_doc)
{
	struct memory_doc *d = doc_find((struct memory *)s, key);

	return d ? copy_out(d, a, ret_doc) : -ENOENT;
}

static bool in_range(const struct memory_doc *d, const struct store_range *r)
{
	return str_eq(d->key.tenant, r->tenant) && str_eq(d->key.kind, r->kind) &&
	       str_starts(d->key.id, r->prefix);
}

static int memory_list(struct store *s, const struct store_range *range, struct arena *a,
		       struct store_list *ret_list)
{
	struct memory *m = (struct memory *)s;
	struct str from = str_cmp(range->after, range->prefix) > 0 ? range->after : range->prefix;
	size_t at = lower_bound(m, &(struct store_key){range->tenant, range->kind, from});
	struct store_list list = {ARENA_ARRAY(a, struct store_doc, range->limit), 0};
	int rc = 0;

	if (!list.docs)
		return -ENOMEM;
	for (; at < m->count && in_range(m->docs[at], range) && list.count < range->limit && rc == 0; at++)
		if (str_empty(range->after) || str_cmp(m->docs[at]->key.id, range->after) > 0)
			rc = copy_out(m->docs[at], a, &list.docs[list.count++]);
	if (rc == 0)
		*ret_list = list;
	return rc;
}

static bool holds(const struct memory *m, const struct store_write *w)
{
	const struct memory_doc *d = doc_find(m, &w->key);

	switch (w->condition) {
	case STORE_ANY:
		return true;
	case STORE_ABSENT:
		return !d;
	case STORE_VERSION:
		return d && d->version == w->version;
	}
	return false;
}

static int reserve(struct memory *m, size_t more)
{
	size_t cap = MAX(m->cap, 16u);
	void *docs;

	while (cap < m->count + more)
		cap *= 2;
	if (cap == m->cap)
		return 0;
	docs = mem_resize(m->docs, cap * sizeof(*m->docs));
	if (!docs)
		return -ENOMEM;
	m->docs = docs;
	m->cap = cap;
	return 0;
}

/* Cannot fail: room was reserved and `d` made before. Swallows `d` (NULL deletes). */
static void put(struct memory *m, const struct store_key *key, struct memory_doc *d)
{
	size_t i = lower_bound(m, key);
	bool there = i < m->count && key_cmp(&m->docs[i]->key, key) == 0;
	struct memory_doc **at = m->docs + i;

	if (d && there)
		d->version = (*at)->version + 1;
	if (there)
		doc_free(*at);
	if (d && !there) {
		memmove(at + 1, at, (m->count - i) * sizeof(*at));
		m->count++;
	} else if (!d && there) {
		m->count--;
		memmove(at, at + 1, (m->count - i) * sizeof(*at));
	}
	if (d)
		*at = d;
}

static int memory_commit(struct store *s, const struct store_write *writes, size_t count)
{
	struct memory *m = (struct memory *)s;
	struct memory_doc *made[STORE_COMMIT_MAX] = {0};
	int rc = reserve(m, count);

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (!holds(m, &writes[i]))
			rc = -EEXIST;
		else if (writes[i].body.p && !(made[i] = doc_new(&writes[i])))
			rc = -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		if (rc == 0)
			put(m, &writes[i].key, made[i]);
		else
			doc_free(made[i]);
	}
	return rc;
}

static void memory_close(struct store *s)
{
	struct memory *m = (struct memory *)s;

	for (size_t i = 0; i < m->count; i++)
		doc_free(m->docs[i]);
	mem_free(m->docs);
	mem_free(m);
}

const struct store_ops store_memory = {
	.name = "memory",
	.open = memory_open,
	.get = memory_get,
	.list = memory_list,
	.commit = memory_commit,
	.close = memory_close,
};
