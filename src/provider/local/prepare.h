/*
 * prepare.h - an agent's fixed phrases, spoken before anybody calls
 *
 * Each text is cut as an answer would be, both as the beginning of one and as
 * what follows (the first clause of an answer is cut shorter), and every
 * clause that the cache does not have yet is made on the pool, a few at a time,
 * and kept on disk.
 *
 * Threads: the loop of the port. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_PREPARE_H
#define PROVIDER_LOCAL_PREPARE_H

#include "provider/local/tts_local.h"

#define PREPARE_CLAUSES_MAX 4096

struct prepare;

struct prepare_progress {
	size_t done, total; /* clauses; done == total: it is over, and free to be freed */
	size_t made;        /* of the done ones, those that were not in the cache before */
	size_t failed;
};

struct prepare_sink {
	void (*on_progress)(void *arg, const struct prepare_progress *progress);
	void *arg;
};

/* Starts on texts[count] in the voice and speed of `params` (its sink is not used). on_progress comes after
 * each clause, never inside this call, and at least once. Returns 0, -ENOENT for an unknown voice, -EINVAL
 * without a cache, -EMSGSIZE over PREPARE_CLAUSES_MAX, -ENOMEM. */
int prepare_start(const struct tts_local_config *config, const struct tts_params *params,
		  const struct str *texts, size_t count, const struct prepare_sink *sink,
		  struct prepare **ret_prepare) must_check;

/* Stops where it is. No progress is reported any more; a clause being made is finished by itself. */
struct prepare *prepare_free(struct prepare *p);

#endif
