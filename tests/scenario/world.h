/*
 * world.h - one simulated call, played from a script
 *
 * The engine's real call floor on a clock that stands still, with a fake leg,
 * recogniser, voice and brain. After every simulated tick the invariants are
 * checked: nothing waits without a deadline, no line stays silent.
 *
 * Threads: the caller's.
 */
#ifndef TESTS_SCENARIO_WORLD_H
#define TESTS_SCENARIO_WORLD_H

#include "provider/stt/stt_chain.h"
#include "provider/tts/tts_chain.h"
#include "script.h"

#define WORLD_NOTICES        4
#define WORLD_NOTICE_SAMPLES (LEG_RATE_HZ * 2)
#define WORLD_LINKS          3   /* of a chain */
#define WORLD_SECONDS_MAX    180 /* of simulated time: every call is over by then */

struct world;

/* Matrices to play with instead of the real ones; NULL = the real one. */
struct world_matrices {
	const struct fsm *floor, *call;
};

struct world_timer {
	struct timer timer;
	struct world *world;
	const struct script_action *action;
};

struct world {
	const struct script *script;
	struct world_matrices matrices;
	struct loop *loop;
	struct fake_leg leg;
	struct fake_brain brain;
	struct arena model_arena;
	struct agent *model_agent;
	struct fake_llm_config model;
	struct buf asked; /* what the model was told */
	usec model_cancelled_at;
	struct fake_stt_config ear;
	struct fake_tts_config voice;
	struct call_services services;
	struct rng luck; /* of providers that fail; then they are in chains */
	struct breaker breakers[2 * WORLD_LINKS];
	struct fake_stt_config ears[WORLD_LINKS];
	struct fake_tts_config voices[WORLD_LINKS];
	struct stt_chain_config ear_chain;
	struct tts_chain_config voice_chain;
	struct call_cost_limits cost;
	struct notices notices;
	int16_t spoken[WORLD_NOTICES][WORLD_NOTICE_SAMPLES];
	bool told; /* the keeper, of a message */
	struct call_agent agent;
	struct call_keeper keeper;
	struct call *call; /* NULL before and after */
	struct buf trail;
	struct world_timer timers[SCRIPT_ACTIONS_MAX];
	bool held, started, ended;
	int refused; /* what call_start() returned */
	usec silent_since, owed_since;
	uint32_t question; /* the brain's newest */
	char problem[160]; /* the first invariant that did not hold, or empty */
};

/* Plays the call to its end. Returns 0 (then look at `problem`), or -ENOMEM. */
int world_play(const struct script *s, const struct world_matrices *m, struct world **ret_world) must_check;
struct world *world_free(struct world *w);

/* The first expectation of the script that was not met, into `out`; true when all were. */
bool world_check(const struct world *w, char *out, size_t size);

#endif
