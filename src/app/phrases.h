/*
 * phrases.h - what agents say to everybody, spoken beforehand by voices on a network
 *
 * Once calls are taken, a thread of its own has the first voice of each agent,
 * where that is on a network, speak every fixed phrase that the phrase cache
 * does not have; what the cache has on disk is read into memory. Calls never
 * wait for it: it has its own connections, may block on files, and asks for two
 * clauses at a time. A phrase that a caller is to hear sooner is asked for by
 * the call, as ever.
 *
 * It is paid for, once: the disk remembers. The cost stands in the log and in
 * the metrics, on no call's bill and in no budget. A voice that fails is tried
 * again a few times, and is no reason not to take calls.
 *
 * Threads: started and stopped on main, works on its own. Layer: app.
 */
#ifndef APP_PHRASES_H
#define APP_PHRASES_H

#include "app/agents.h"
#include "app/speech.h"

struct phrases;

/* Outlives it. */
struct phrases_params {
	const struct config *config;
	const struct speech *speech;
	const struct agents *agents;
};

/* Returns 0, with NULL when there is nothing to prepare; -ENOMEM or -errno. */
int phrases_start(const struct phrases_params *params, struct phrases **ret_phrases) must_check;

/* Stops where it is, at the latest when a file is written. Takes NULL. Returns NULL. */
struct phrases *phrases_stop(struct phrases *p);

#endif
