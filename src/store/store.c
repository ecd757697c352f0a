#include "store/store.h"

#include <errno.h>
#include <string.h>

static bool name_ok(struct str s)
{
	return s.n > 0 && s.n <= STORE_ID_MAX && !memchr(s.p, '\0', s.n);
}

static bool key_ok(const struct store_key *k)
{
	return name_ok(k->tenant) && name_ok(k->kind) && name_ok(k->id);
}

int store_open(const struct store_ops *ops, struct str where, struct store **ret_store)
{
	return ops->open(where, ret_store);
}

int store_get(struct store *s, const struct store_key *key, struct arena *a, struct store_doc *ret_doc)
{
	return key_ok(key) ? s->ops->get(s, key, a, ret_doc) : -EINVAL;
}

int store_list(struct store *s, const struct store_range *range, struct arena *a, struct store_list *ret_list)
{
	if (!name_ok(range->tenant) || !name_ok(range->kind) || range->prefix.n > STORE_ID_MAX ||
	    range->after.n > STORE_ID_MAX || range->limit < 1 || range->limit > STORE_LIST_MAX)
		return -EINVAL;
	return s->ops->list(s, range, a, ret_list);
}

int store_commit(struct store *s, const struct store_write *writes, size_t count)
{
	if (count < 1 || count > STORE_COMMIT_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		if (!key_ok(&writes[i].key) || writes[i].body.n > STORE_BODY_MAX)
			return -EINVAL;
	return s->ops->commit(s, writes, count);
}

struct store *store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
	return NULL;
}
