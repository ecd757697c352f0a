/*
 * agents.h - the agents that this server answers with
 *
 * Reads the files named in the configuration, learns what their examples mean,
 * and knows which of them a caller wants. An agent goes by a short name: that
 * of its folder when the file is agent.yaml (agents/clinic/agent.yaml is
 * "clinic"), of its file otherwise.
 *
 * Threads: made on main, read by all. Layer: app.
 */
#ifndef APP_AGENTS_H
#define APP_AGENTS_H

#include "agent/agent.h"
#include "agent/meaning.h"
#include "app/config.h"
#include "base/zone.h"
#include "call/call.h"
#include "provider/usage.h"
#include "store/store.h"

#define AGENTS_ARENA_BYTES (32u * 1024 * 1024)

struct agents_entry {
	struct str name; /* short */
	struct str path;
	struct agent *agent;
	struct meaning *meaning; /* NULL until agents_learn() */
	struct zone zone;        /* where it lives */
	struct call_agent call;  /* brain_new is the shard's to fill in */
};

struct agents {
	struct arena arena;
	struct agents_entry *list;
	size_t count;
	const struct config *config;
};

/* Reads all files; what is wrong goes into `problems`, with file and line. Returns 0, -EBADMSG, -ENOMEM or
 * the -errno of a file. agents_free() in either case. */
int agents_read(struct agents *a, const struct config *c, struct buf *problems) must_check;

/* What the examples and questions mean: some milliseconds each. Returns 0 or -errno. */
int agents_learn(struct agents *a, struct embed *e) must_check;

/* Puts what the agents' seed files hold into the store, where it is not there yet. Blocks: before the store's
 * thread runs. What is wrong goes into `problems`. Returns 0, -EBADMSG, or -errno. */
int agents_seed(struct agents *a, struct store *store, struct buf *problems) must_check;

/* Takes a zeroed one. */
void agents_free(struct agents *a);

/* Notes routes to nobody and services that an agent names and the server's configuration does not have, with
 * file and line: part of agents_read(). */
void agents_check(const struct agents *a, struct tree_errors *errors);

/* Tells what holds but is probably not meant, a sentence each: services whose cost nobody knows, limits of
 * cost without prices, more calls than connections, models in this process whose file is not there. */
void agents_warn(const struct agents *a, void (*fn)(void *arg, const char *text), void *arg);

/* What an agent is served by. */
enum agents_stage {
	AGENTS_STT,
	AGENTS_LLM,
	AGENTS_DEEP,
	AGENTS_TTS,
	AGENTS_STAGES_,
};

/* The names of the agent's services for that, its own or else the pipeline's, in the order of trying. */
struct opt_strs agents_stage(const struct agents *a, const struct agents_entry *e, enum agents_stage stage);

/* Day and minute on the agent's wall. */
void agents_now(const struct agents_entry *e, struct civil_date *ret_today, int *ret_minute);

/* Whether any agent is served by it. */
bool agents_use(const struct agents *a, struct str name, enum usage_kind kind);

/* Whom `called` reaches, by the routes or by name; NULL = nobody. */
const struct agents_entry *agents_route(const struct agents *a, struct str called);

/* Everything that the agent says word for word: fit to be spoken beforehand. Returns 0 or -ENOMEM. */
int agents_fixed_texts(const struct agents_entry *e, struct arena *arena, struct str **ret_texts,
		       size_t *ret_count) must_check;

#endif
