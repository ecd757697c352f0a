/*
 * sqlite.c - a store in one file: the door to SQLite
 *
 * Write-ahead log with full synchronisation: a booking that was confirmed to
 * the caller is on disk. Statements are prepared once. A commit runs in one
 * immediate transaction and checks its conditions inside it.
 */
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "store/store.h"

#define SQLITE_WAIT_MS 2000 /* for another process that holds the file */
#define PATH_BYTES_MAX 4096

LIVE_DEFINE(store_sqlite);

enum statement {
	GET,
	LIST,
	PUT,
	DELETE,
	BEGIN,
	COMMIT,
	ROLLBACK,
	STATEMENT_COUNT_,
};

static const char *const sql[] = {
	[GET] = "SELECT id, body, version FROM doc WHERE tenant=?1 AND kind=?2 AND id=?3",
	[LIST] = "SELECT id, body, version FROM doc WHERE tenant=?1 AND kind=?2 AND id>=?3 AND id>?4 "
		 "AND substr(id,1,length(?3))=?3 ORDER BY id LIMIT ?5",
	[PUT] = "INSERT INTO doc(tenant,kind,id,body,version) VALUES(?1,?2,?3,?4,1) "
		"ON CONFLICT DO UPDATE SET body=excluded.body, version=version+1",
	[DELETE] = "DELETE FROM doc WHERE tenant=?1 AND kind=?2 AND id=?3",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
};

static const char schema[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			     "CREATE TABLE IF NOT EXISTS doc(tenant BLOB NOT NULL, kind BLOB NOT NULL, "
			     "id BLOB NOT NULL, body BLOB NOT NULL, version INTEGER NOT NULL, "
			     "PRIMARY KEY(tenant,kind,id)) WITHOUT ROWID;";

struct sqlite {
	struct store store;
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT_];
};

static int to_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return -EACCES;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

static void bind(sqlite3_stmt *st, int at, struct str s)
{
	sqlite3_bind_blob(st, at, s.n ? s.p : "", (int)s.n, SQLITE_STATIC);
}

static sqlite3_stmt *with_key(struct sqlite *q, enum statement which, const struct store_key *key)
{
	sqlite3_stmt *st = q->statements[which];

	bind(st, 1, key->tenant);
	bind(st, 2, key->kind);
	bind(st, 3, key->id);
	return st;
}

/* Runs a statement that returns no rows. */
static int run(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	sqlite3_reset(st);
	return to_errno(rc);
}

static void sqlite_close_store(struct store *s)
{
	struct sqlite *q = (struct sqlite *)s;

	for (int i = 0; i < STATEMENT_COUNT_; i++)
		sqlite3_finalize(q->statements[i]);
	sqlite3_close(q->db);
	live_down(&live_store_sqlite);
	mem_free(q);
}

static int prepare(struct sqlite *q, const char *path)
{
	int rc = sqlite3_open_v2(path, &q->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(q->db, SQLITE_WAIT_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(q->db, schema, NULL, NULL, NULL);
	for (int i = 0; i < STATEMENT_COUNT_ && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(q->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &q->statements[i],
					NULL);
	return to_errno(rc);
}

static int sqlite_open_store(struct str where, struct store **ret_store)
{
	char path[PATH_BYTES_MAX];
	struct sqlite *q;
	int rc;

	if (str_copy(where, path, sizeof(path)) < where.n || where.n == 0)
		return -EINVAL;
	q = mem_zalloc(sizeof(*q));
	if (!q)
		return -ENOMEM;
	live_up(&live_store_sqlite);
	q->store.ops = &store_sqlite;
	rc = prepare(q, path);
	if (rc < 0) {
		sqlite_close_store(&q->store);
		return rc;
	}
	*ret_store = &q->store;
	return 0;
}

static int read_doc(sqlite3_stmt *st, struct arena *a, struct store_doc *ret_doc)
{
	struct str id = {sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)};
	struct str body = {sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)};
	struct store_doc doc = {arena_str(a, id), arena_str(a, body), (uint64_t)sqlite3_column_int64(st, 2)};

	if (!doc.id.p || !doc.body.p)
		return -ENOMEM;
	*ret_doc = doc;
	return 0;
}

static int sqlite_get(struct store *s, const struct store_key *key, struct arena *a,
		      struct store_doc *ret_doc)
{
	sqlite3_stmt *st = with_key((struct sqlite *)s, GET, key);
	int step = sqlite3_step(st), rc = to_errno(step);

	if (step == SQLITE_ROW)
		rc = read_doc(st, a, ret_doc);
	else if (rc == 0)
		rc = -ENOENT;
	sqlite3_reset(st);
	return rc;
}

static int sqlite_list(struct store *s, const struct store_range *range, struct arena *a,
		       struct store_list *ret_list)
{
	struct store_key from = {range->tenant, range->kind, range->prefix};
	sqlite3_stmt *st = with_key((struct sqlite *)s, LIST, &from);
	struct store_list list = {ARENA_ARRAY(a, struct store_doc, range->limit), 0};
	int step, rc = list.docs ? 0 : -ENOMEM;

	bind(st, 4, range->after);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)range->limit);
	while (rc == 0 && (step = sqlite3_step(st)) != SQLITE_DONE)
		rc = step == SQLITE_ROW ? read_doc(st, a, &list.docs[list.count++]) : to_errno(step);
	sqlite3_reset(st);
	if (rc == 0)
		*ret_list = list;
	return rc;
}

/* Returns 0 when the write's condition holds, -EEXIST when not. */
static int check(struct sqlite *q, const struct store_write *w)
{
	sqlite3_stmt *st = with_key(q, GET, &w->key);
	int step = sqlite3_step(st), rc = to_errno(step);
	bool there = step == SQLITE_ROW;
	uint64_t version = there ? (uint64_t)sqlite3_column_int64(st, 2) : 0;

	sqlite3_reset(st);
	if (rc < 0)
		return rc;
	switch (w->condition) {
	case STORE_ANY:
		return 0;
	case STORE_ABSENT:
		return there ? -EEXIST : 0;
	case STORE_VERSION:
		return there && version == w->version ? 0 : -EEXIST;
	}
	return -EINVAL;
}

static int apply(struct sqlite *q, const struct store_write *w)
{
	sqlite3_stmt *st = with_key(q, w->body.p ? PUT : DELETE, &w->key);

	if (w->body.p)
		bind(st, 4, w->body);
	return run(st);
}

static int sqlite_commit(struct store *s, const struct store_write *writes, size_t count)
{
	struct sqlite *q = (struct sqlite *)s;
	int rc = run(q->statements[BEGIN]);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = check(q, &writes[i]);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = apply(q, &writes[i]);
	if (rc == 0)
		rc = run(q->statements[COMMIT]);
	if (rc < 0)
		(void)run(q->statements[ROLLBACK]);
	return rc;
}

const struct store_ops store_sqlite = {
	.name = "sqlite",
	.open = sqlite_open_store,
	.get = sqlite_get,
	.list = sqlite_list,
	.commit = sqlite_commit,
	.close = sqlite_close_store,
};
