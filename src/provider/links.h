/*
 * links.h - the services of a chain: which of them serves, and who comes next
 *
 * The half that chains of recognisers and of voices share. Each link is a
 * session of one service; one of them serves. The first that its breaker allows
 * is opened; one that does not become ready in time gets company, and the first
 * that is ready serves. When it fails it is closed (never inside its own event)
 * and the next is opened. One that had served before it failed, or did not take
 * long to fail, is tried once more when nobody else is left: a connection may just
 * have been reset. One that has only asked for a pause is tried in it before nobody
 * serves.
 *
 *   IDLE --open--> OPENING --ready--> SERVING --fault--> BROKEN --> IDLE, as the last choice
 *                     '-----fault---------'-- again ---> DYING ---> FAILED until links_forgive()
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_LINKS_H
#define PROVIDER_LINKS_H

#include "base/loop.h"
#include "provider/chain.h"

enum link_state {
	LINK_IDLE,
	LINK_OPENING,
	LINK_SERVING,
	LINK_BROKEN,
	LINK_DYING,
	LINK_FAILED,
};

struct links;

/* Part of a chain's child. */
struct link {
	struct links *of;
	struct str name;
	struct breaker *breaker; /* may be NULL */
	enum link_state state;
	bool again; /* it was broken before */
	usec since; /* when it was opened */
	struct breaker_pass pass;
};

struct links_ops {
	enum usage_kind kind;
	/* Opens the session in zeroed memory. Returns 0, or -errno; then close() follows. */
	int (*open)(struct link *l);
	void (*close)(struct link *l);
	/* It is ready: everything that has not been answered is its work. */
	void (*serve)(struct link *l);
	/* It serves no more: what it has done is known now. */
	void (*leave)(struct link *l);
	/* Nobody is left; links_words() says why. `opened` says whether anybody was ready since the last
	 * links_forgive(). May close the chain. */
	void (*give_up)(struct links *ls, enum fault fault, bool opened);
};

struct links {
	const struct links_ops *ops;
	const struct chain_watch *watch;
	struct loop *loop;
	usec open_limit;
	struct link *list[CHAIN_LINKS_MAX];
	size_t count;
	struct link *serving; /* NULL while one is being opened */
	struct link *wanted;  /* is to take over from the one that serves; NULL = nobody */
	struct timer work, slow;
	struct chain_failure failure; /* the last */
	bool opened;
};

/* `ls` has its ops, watch, loop and limit. */
void links_add(struct links *ls, struct link *l, struct str name, struct breaker *breaker);

/* Opens the first that is worth it, soon and not inside this call. */
void links_start(struct links *ls);

/* What the sessions say. links_ready() returns whether it serves now; serve() was called then. A
 * `retry_after` of 0 = not told. */
bool links_ready(struct link *l);
void links_fail(struct link *l, enum fault fault, usec retry_after, struct str words);

/* The same of what it does not take: -errno. */
void links_refused(struct link *l, int error);

/* From now on rather this one: it is opened while the other goes on, and takes over when it is ready. Not
 * inside this call. */
void links_turn_to(struct links *ls, struct link *l);

/* It has done some work well. */
void links_succeeded(struct link *l);

/* All may be tried again. */
void links_forgive(struct links *ls);

/* Closes all. */
void links_close(struct links *ls);

/* Of the last that failed. */
static inline struct str links_words(const struct links *ls)
{
	return chain_failure_words(&ls->failure);
}

static inline bool link_serves(const struct link *l)
{
	return l->state == LINK_SERVING;
}

#endif
