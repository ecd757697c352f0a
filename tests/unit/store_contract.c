/* One story that every store must tell the same way. */
#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"
#include "test.h"

static struct store_key key(const char *tenant, const char *id)
{
	return (struct store_key){str_from(tenant), STR("slot"), str_from(id)};
}

static struct store_write put(const char *tenant, const char *id, const char *body)
{
	return (struct store_write){.key = key(tenant, id), .body = str_from(body)};
}

static void writes_and_reads(struct store *s, struct arena *a)
{
	struct store_write w = put("clinic", "a", "{\"n\":1}");
	struct store_key other = key("bakery", "a");
	struct store_doc doc;

	CHECK_INT(store_get(s, &w.key, a, &doc), -ENOENT);
	CHECK_INT(store_commit(s, &w, 1), 0);
	CHECK_INT(store_get(s, &w.key, a, &doc), 0);
	CHECK_STR(doc.body, "{\"n\":1}");
	CHECK_INT(doc.version, 1);
	CHECK_INT(store_get(s, &other, a, &doc), -ENOENT);
	CHECK_INT(store_commit(s, &w, 1), 0);
	CHECK_INT(store_get(s, &w.key, a, &doc), 0);
	CHECK_INT(doc.version, 2);
}

static void conditions_guard(struct store *s, struct arena *a)
{
	struct store_write absent = put("clinic", "b", "first"), stale = put("clinic", "b", "third");
	struct store_doc doc;

	absent.condition = STORE_ABSENT;
	CHECK_INT(store_commit(s, &absent, 1), 0);
	CHECK_INT(store_commit(s, &absent, 1), -EEXIST);
	stale.condition = STORE_VERSION;
	stale.version = 7;
	CHECK_INT(store_commit(s, &stale, 1), -EEXIST);
	stale.version = 1;
	CHECK_INT(store_commit(s, &stale, 1), 0);
	CHECK_INT(store_get(s, &stale.key, a, &doc), 0);
	CHECK_STR(doc.body, "third");
}

static void all_or_nothing(struct store *s, struct arena *a)
{
	struct store_write move[2] = {put("clinic", "b", NULL), put("clinic", "a", "taken")};
	struct store_doc doc;

	move[1].condition = STORE_ABSENT;
	CHECK_INT(store_commit(s, move, 2), -EEXIST);
	CHECK_INT(store_get(s, &move[0].key, a, &doc), 0);
	move[1].key.id = STR("c");
	CHECK_INT(store_commit(s, move, 2), 0);
	CHECK_INT(store_get(s, &move[0].key, a, &doc), -ENOENT);
	CHECK_INT(store_get(s, &move[1].key, a, &doc), 0);
}

static void lists_by_prefix(struct store *s, struct arena *a)
{
	static const char *const ids[] = {"t2", "t10", "t1", "u1", "t1x"};
	struct store_range r = {.tenant = STR("lists"), .kind = STR("slot"), .prefix = STR("t1"), .limit = 2};
	struct store_list list;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct store_write w = put("lists", ids[i], "x");

		CHECK_INT(store_commit(s, &w, 1), 0);
	}
	CHECK_INT(store_list(s, &r, a, &list), 0);
	REQUIRE(list.count == 2);
	CHECK_STR(list.docs[0].id, "t1");
	CHECK_STR(list.docs[1].id, "t10");
	r.after = list.docs[1].id;
	CHECK_INT(store_list(s, &r, a, &list), 0);
	REQUIRE(list.count == 1);
	CHECK_STR(list.docs[0].id, "t1x");
}

static void refuses_nonsense(struct store *s, struct arena *a)
{
	struct store_key empty = key("clinic", "");
	struct store_range zero = {.tenant = STR("clinic"), .kind = STR("slot")};
	struct store_list list;
	struct store_doc doc;

	CHECK_INT(store_get(s, &empty, a, &doc), -EINVAL);
	CHECK_INT(store_list(s, &zero, a, &list), -EINVAL);
	CHECK_INT(store_commit(s, NULL, 0), -EINVAL);
}

static void story(const struct store_ops *ops, const char *where)
{
	struct store *s;
	struct arena a;

	arena_init(&a, 1 << 20);
	REQUIRE(store_open(ops, str_from(where), &s) == 0);
	writes_and_reads(s, &a);
	conditions_guard(s, &a);
	all_or_nothing(s, &a);
	lists_by_prefix(s, &a);
	refuses_nonsense(s, &a);
	store_close(s);
	arena_fini(&a);
}

TEST(store_memory_tells_the_story)
{
	story(&store_memory, NULL);
}

TEST(store_sqlite_tells_the_story_and_survives_a_restart)
{
	char dir[] = "/tmp/offhook-store-XXXXXX", path[64], side[80];
	struct store_key k = key("clinic", "c");
	struct store_doc doc;
	struct store *s;
	struct arena a;

	REQUIRE(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store.db", dir);
	story(&store_sqlite, path);
	arena_init(&a, 1 << 16);
	REQUIRE(store_open(&store_sqlite, str_from(path), &s) == 0);
	CHECK_INT(store_get(s, &k, &a, &doc), 0);
	store_close(s);
	arena_fini(&a);
	unlink(path);
	snprintf(side, sizeof(side), "%s-wal", path);
	unlink(side);
	snprintf(side, sizeof(side), "%s-shm", path);
	unlink(side);
	rmdir(dir);
}

TEST(store_sqlite_names_what_is_wrong)
{
	struct store *s = NULL;

	CHECK_INT(store_open(&store_sqlite, STR("/nonexistent/dir/store.db"), &s), -EACCES);
	CHECK_INT(store_open(&store_sqlite, STR("/dev/null/x"), &s), -EACCES);
	CHECK_INT(store_open(&store_sqlite, STR(""), &s), -EINVAL);
	CHECK(s == NULL);
}

TEST_OOM(store_memory_survives_no_memory)
{
	struct store_write w[2] = {put("t", "1", "one"), put("t", "2", "two")};
	struct store_range r = {.tenant = STR("t"), .kind = STR("slot"), .limit = 10};
	struct store_list list;
	struct store *s;
	struct arena a;
	int rc = store_open(&store_memory, STR(""), &s);

	if (rc < 0)
		return rc;
	arena_init(&a, 1 << 16);
	rc = store_commit(s, w, 2);
	if (rc == 0)
		rc = store_list(s, &r, &a, &list);
	if (rc == 0 && list.count != 2)
		rc = -EIO;
	store_close(s);
	arena_fini(&a);
	return rc;
}
