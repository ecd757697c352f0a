/*
 * tts_prepare.h - fixed phrases in a voice on a network, spoken before a caller hears them
 *
 * Each text is cut as an answer would be, both as the beginning of one and as
 * what follows. Every clause is an answer of a session whose host prepares
 * (service.h): what the phrase cache has on disk is read into memory, what it
 * has not is spoken by the vendor, and paid, once. Few are asked for at a time,
 * because calls may want the same vendor.
 *
 *   texts -> clauses -> [phrase cache] -> known
 *                            '-> vendor -> memory and disk -> made
 *
 * A clause that fails is left to the calls. TTS_PREPARE_FAULTS_MAX in a row, or
 * the end of the session, are the end of all.
 *
 * Threads: the loop's owner, which is blocked by files: not one of calls.
 * Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_PREPARE_H
#define PROVIDER_TTS_TTS_PREPARE_H

#include "provider/tts/tts.h"

#define TTS_PREPARE_CLAUSES_MAX 4096
#define TTS_PREPARE_FAULTS_MAX  3

struct tts_prepare;

struct tts_prepare_progress {
	size_t done, total; /* clauses; done == total: it is over, and free to be freed */
	size_t made;        /* of the done ones, those that were not in the cache before */
	size_t failed;      /* of the done ones, those that are missing */
	enum fault fault;   /* the last; with the vendor's words, valid during the call */
	struct str words;
};

struct tts_prepare_sink {
	void (*on_progress)(void *arg, const struct tts_prepare_progress *progress);
	void *arg;
};

/* What speaks: as tts_open() takes it. */
struct tts_prepare_voice {
	const struct tts_ops *ops;
	const void *config;
	struct tts_params params; /* the sink is not used */
};

/* Starts on texts[count]. on_progress comes never inside this call, and at least once. Returns 0, -EMSGSIZE
 * over TTS_PREPARE_CLAUSES_MAX, -ENOMEM, or as tts_open(). */
int tts_prepare_start(const struct tts_prepare_voice *voice, const struct str *texts, size_t count,
		      const struct tts_prepare_sink *sink, struct tts_prepare **ret_prepare) must_check;

/* Stops where it is; what the vendor is at is cancelled. Takes NULL. Returns NULL. */
struct tts_prepare *tts_prepare_free(struct tts_prepare *p);

#endif
