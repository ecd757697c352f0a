/*
 * utter.h - one clause on its way from text to samples
 *
 * What a local voice does with every clause, during a call or before it: the
 * words for the ear, the key by which the phrase is known, a look into the
 * memory of phrases, and where that is in vain the work itself on a worker:
 * its file, else the engine.
 *
 *   utter_init (words, key) -> utter_find (loop) -> utter_run (worker) -> pcm
 *
 * Threads: one at a time. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_UTTER_H
#define PROVIDER_LOCAL_UTTER_H

#include "provider/aloud/speakable.h"
#include "provider/local/speaking.h"
#include "provider/tts/phrase_cache.h"

#define UTTER_SAMPLES_MAX (60 * VOICE_OUT_RATE_HZ)

/* Shared by all clauses; outlives them. */
struct utter_config {
	struct speaking *speaking;
	struct phrase_cache *cache;           /* NULL = none */
	const struct speakable_opts *reading; /* NULL = as it comes */
};

struct utter {
	const struct utter_config *config;
	const struct speaking_voice *voice;
	float speed;
	enum phrase_keep keep;
	struct buf words, key;
	int16_t *pcm;
	size_t samples, cap;
	bool cached;
	int kept;                     /* 0, or why the cache did not take it; it is spoken all the same */
	bool (*is_wanted)(void *arg); /* asked by the worker before and after the work; NULL = yes */
	void *arg;
};

/* The words and the key of `text`. `u` is zeroed but for config, voice, speed, keep. Returns 0, -ENOMEM. */
int utter_init(struct utter *u, struct str text) must_check;
void utter_fini(struct utter *u);

/* Nothing of it is to be heard. */
bool utter_is_silent(const struct utter *u);

/* Whether the phrase was in memory; its samples are there then. Never blocks. */
bool utter_find(struct utter *u) must_check;

/* Reads or makes the samples and keeps them. Blocks. Returns 0, -ECANCELED when they were not wanted any
 * more, -EIO, -ENOMEM. */
int utter_run(struct utter *u) must_check;

#endif
