/*
 * store.h - what survives a restart: documents under keys; the contract
 *
 * A store holds JSON documents, each under a tenant, a kind ("appointment")
 * and an id. Documents carry a version that counts up; a commit is a list of
 * conditional writes that happen all or not at all, which is how two calls
 * never book the same slot. Ids of one kind are ordered by bytes, so a prefix
 * of time ("2026-11-24T") is a range.
 *
 * Implementations: memory (tests, trials), sqlite (one server).
 *
 * Threads: every function blocks; call them on the store's thread only (a pool
 * of one worker, see base/pool.h). Layer: store.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/str.h"

#define STORE_ID_MAX     255 /* bytes of a tenant, a kind or an id; none may be empty or hold a zero */
#define STORE_BODY_MAX   (1024u * 1024) /* bytes of a document */
#define STORE_COMMIT_MAX 64             /* writes in one commit */
#define STORE_LIST_MAX   1000           /* documents in one list */

struct store;

struct store_key {
	struct str tenant, kind, id;
};

struct store_doc {
	struct str id;
	struct str body;  /* JSON */
	uint64_t version; /* 1 when first written */
};

enum store_condition {
	STORE_ANY,     /* write whatever is there */
	STORE_ABSENT,  /* only if there is no such document */
	STORE_VERSION, /* only if it has exactly this version */
};

struct store_write {
	struct store_key key;
	enum store_condition condition;
	uint64_t version;
	struct str body; /* p == NULL deletes */
};

struct store_range {
	struct str tenant, kind;
	struct str prefix; /* of the id; empty = all */
	struct str after;  /* continue behind this id; empty = from the first */
	size_t limit;      /* 1..STORE_LIST_MAX */
};

struct store_list {
	struct store_doc *docs;
	size_t count;
};

struct store_ops {
	const char *name;
	int (*open)(struct str where, struct store **ret_store);
	int (*get)(struct store *s, const struct store_key *key, struct arena *a, struct store_doc *ret_doc);
	int (*list)(struct store *s, const struct store_range *range, struct arena *a,
		    struct store_list *ret_list);
	int (*commit)(struct store *s, const struct store_write *writes, size_t count);
	void (*close)(struct store *s);
};

/* First member of every store. */
struct store {
	const struct store_ops *ops;
};

extern const struct store_ops store_memory; /* `where` is ignored */
extern const struct store_ops store_sqlite; /* `where` is a file, made when missing */

/* Returns 0 or -errno. */
int store_open(const struct store_ops *ops, struct str where, struct store **ret_store) must_check;

/* The document's bytes are copied into `a`. Returns 0, -ENOENT, -EINVAL for a bad key, -ENOMEM, or another
 * -errno of the disk. */
int store_get(struct store *s, const struct store_key *key, struct arena *a,
	      struct store_doc *ret_doc) must_check;

/* In the order of ids. An empty list is not an error. Returns 0, -EINVAL, -ENOMEM, or another
 * -errno of the disk. */
int store_list(struct store *s, const struct store_range *range, struct arena *a,
	       struct store_list *ret_list) must_check;

/* All writes or none. Returns 0, -EEXIST when a condition did not hold, -EINVAL, -ENOMEM, or
 * another -errno of the disk (-ENOSPC, -EACCES, -EBADMSG, -EIO). */
int store_commit(struct store *s, const struct store_write *writes, size_t count) must_check;

/* Takes NULL. Returns NULL. */
struct store *store_close(struct store *s);

#endif
