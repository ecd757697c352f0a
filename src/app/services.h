/*
 * services.h - the recognisers, language models and voices that one shard works with
 *
 * What the configuration names becomes sessions that can be opened: every
 * service with its vendor's family, its breaker, and its place in a chain that
 * tries the next when one fails. Where only the engine in this process is named
 * there is no chain at all.
 *
 *   pipeline: stt: [ears, local]  -->  chain( stt_ws "ears" | breaker, stt_local )
 *
 * Threads: made and freed on main, used by the shard's control loop. Layer: app.
 */
#ifndef APP_SERVICES_H
#define APP_SERVICES_H

#include "app/config.h"
#include "base/arena.h"
#include "base/rng.h"
#include "provider/chain.h"
#include "provider/llm/llm.h"
#include "provider/stt/stt.h"
#include "provider/tts/tts.h"

struct phrase_cache;
struct pool_port;
struct services;
struct speakable_opts;
struct thinkers;

struct services_params {
	struct loop *loop;
	const struct config *config;
	struct rng *rng;
	struct phrase_cache *phrases;         /* of all calls; NULL = none */
	const struct speakable_opts *reading; /* as the voices in this process read; NULL = as it comes */
	const void *stt_local, *tts_local; /* configs of the engines in this process; NULL = there are none */
	const struct thinkers *thinkers;   /* the language models in this process; NULL = there are none */
	struct pool_port *port;            /* for them; of `loop` */
	bool prepares;                     /* voices only, whose sound is kept on disk: see service.h */
};

/* What to open a session with. */
struct services_stt {
	const struct stt_ops *ops;
	const void *config;
};

struct services_tts {
	const struct tts_ops *ops;
	const void *config;
};

struct services_llm {
	const struct llm_ops *ops; /* NULL = none is named */
	const void *config;
	size_t window; /* tokens, the smallest of the chain; 0 = not configured */
};

/* All of `p` outlives it. Returns 0, -ENOMEM or -errno. */
int services_new(const struct services_params *p, struct services **ret_services) must_check;

/* No session is open any more. Takes NULL. Returns NULL. */
struct services *services_free(struct services *s);

/* A chain of the services named; the engine in this process alone where nothing else is named. All that is
 * given out lives as long as `s`. Return 0 or -ENOMEM. */
int services_stt(struct services *s, struct opt_strs names, struct services_stt *ret_stt) must_check;
int services_tts(struct services *s, struct opt_strs names, struct services_tts *ret_tts) must_check;

/* Likewise; without names there is none. Returns also -ENOENT when there is no such model. */
int services_llm(struct services *s, struct opt_strs names, struct services_llm *ret_llm) must_check;

/* Goes on with the engines in this process, where the session's chain has them. May be called at any time;
 * sessions that are not open or no chains, NULL too, are left alone. */
void services_go_local(struct stt *stt, struct tts *tts);

/* One service alone, without chain and breaker; for `check --live`. ops are NULL when it cannot do that. */
struct services_stt services_one_stt(const struct services *s, struct str name);
struct services_tts services_one_tts(const struct services *s, struct str name);
struct services_llm services_one_llm(const struct services *s, struct str name);

/* Tells the metrics how the services are. Once a second or so. */
void services_figures(const struct services *s);

#endif
