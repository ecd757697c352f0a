/*
 * shard.h - a group of calls and the threads that carry them
 *
 * A control loop (signalling, turns, providers), a media loop (sound) and a
 * detector (neural voice activity), with everything their calls share. A call
 * lives on one shard from the first INVITE to its end.
 *
 * Threads: made, started, stopped and freed on main; the rest its own. Layer: app.
 */
#ifndef APP_SHARD_H
#define APP_SHARD_H

#include "app/agents.h"
#include "app/speech.h"
#include "app/thinkers.h"
#include "app/writer.h"
#include "leg/sip.h"

struct shard;

/* Shared by all shards: exact, so that the call that would be one too many is refused. */
struct shard_admission {
	atomic_int calls;
	int calls_max;
	atomic_bool draining;
	atomic_int *trunk_calls; /* [trunks] */
	const int *trunk_max;    /* [trunks], 0 = no limit of its own */
};

struct shard_params {
	unsigned number;
	const struct config *config;
	struct speech *speech;
	const struct thinkers *thinkers;
	const struct agents *agents;
	struct store *store;
	struct pool *store_pool; /* one thread */
	struct writer *writer;
	struct sip_acceptor *acceptor;
	const struct sip_trunks *trunks;
	struct shard_admission *admission;
	const char **ret_problem; /* what failed, in words; static text */
};

/* Makes everything; no thread runs yet. Returns 0 or -errno. */
int shard_new(const struct shard_params *params, struct shard **ret_shard) must_check;

/* Starts its threads. Returns 0 or -errno. */
int shard_start(struct shard *s) must_check;

/* Asks all its calls to end, politely. Any thread. */
void shard_hang_up(struct shard *s);

/* Stops its threads; what calls are left are forgotten. Of one that never ran too. */
void shard_stop(struct shard *s);

/* After shard_stop() and the pools: a worker that hands back a job wakes the loop afterwards. Takes NULL.
 * Returns NULL. */
struct shard *shard_free(struct shard *s);

#endif
