/*
 * speech.h - the local speech engines, opened once for all calls
 *
 * Models, voices, the phrase cache and the pool that computes; everything a
 * shard needs to give its calls ears, a voice and an understanding of meaning
 * without a network. What serves no agent is not loaded.
 *
 * Threads: opened and closed on main while no shard runs. Layer: app.
 */
#ifndef APP_SPEECH_H
#define APP_SPEECH_H

#include "app/agents.h"
#include "base/pool.h"
#include "provider/local/ort.h"
#include "provider/local/utter.h"

struct embed;
struct hearing;

struct speech {
	struct pool *pool;
	struct ort *ort;
	struct hearing *hearing;
	struct embed *embed;
	struct speaking *speaking;
	struct phrase_cache *cache;
	struct utter_config utter;
	struct ort_error note; /* what failed, or what speaks instead of what was wanted */
};

/* Blocks for seconds while models are loaded. `a` says what is needed. On failure s->note says in words which
 * file is missing or what else is wrong. Returns 0 or -errno; close in either case. */
int speech_open(struct speech *s, const struct agents *a) must_check;

/* Takes a zeroed one. No shard runs any more. */
void speech_close(struct speech *s);

/* The name of the voice engine that is at work: "kokoro", "flite", or "none" when it serves nobody. */
const char *speech_voice_name(const struct speech *s);

#endif
