/*
 * tts_local.h - the voices that run in this process, behind the tts contract
 *
 * The text of an answer is cut into clauses as it comes. Each clause is looked
 * up in the memory of phrases and otherwise made on the pool, two at a time:
 * the one that is due, urgently, and the next. Audio comes in the clauses'
 * order, a clause in one event, with a mark at its end.
 *
 *   say -> clause.h -> [utterance, utterance, ...] -> pool -> AUDIO MARK AUDIO MARK DONE
 *
 * Nothing is spoken that has been cancelled. A clause that is being made then is
 * finished and remembered: what came too late is often asked for again.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_TTS_LOCAL_H
#define PROVIDER_LOCAL_TTS_LOCAL_H

#include "provider/local/utter.h"
#include "provider/tts/tts.h"

#define TTS_LOCAL_CLAUSES_MAX 256 /* of one session, waiting; more is -EMSGSIZE */

struct pool_port;

/* The `config` of tts_open(); copied. What it points at outlives all sessions and their jobs.
 * The voice of tts_params is a name of speaking.h; an unknown one is refused with -ENOENT. */
struct tts_local_config {
	const struct utter_config *utter;
	struct pool_port *port; /* of the session's loop */
};

extern const struct tts_ops tts_local_ops;

#endif
