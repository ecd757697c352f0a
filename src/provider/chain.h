/*
 * chain.h - what the failover of recognisers, language models and voices has in common
 *
 * A chain is an implementation of its contract over a list of others: it opens the first that its
 * breaker allows, and when that one fails the next takes over, with whatever it needs to go on. A
 * host does not notice. Each kind has its own (stt_chain.h, llm_chain.h, tts_chain.h).
 *
 * A chain's configuration carries the ops that it is opened with, because the memory of its session
 * holds those of all its links, and only the list tells how large they are:
 *
 *   stt_chain_init(&config); ... stt_open(s, &config.ops, &config, &params)
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_CHAIN_H
#define PROVIDER_CHAIN_H

#include "base/fault.h"
#include "base/str.h"
#include "provider/breaker.h"
#include "provider/usage.h"

#define CHAIN_LINKS_MAX 8
#define CHAIN_WORDS_MAX 256 /* bytes of what was said about a failure */

/* One gave way to another. */
struct chain_switch {
	enum usage_kind kind;
	struct str from, to; /* names of services; `to` is empty when nobody was left */
	enum fault fault;    /* of the one that gave way */
	struct str words;    /* its own about that, for the log; may be empty, valid during the call */
};

/* For the log and the metrics of a shard. Runs on its loop. Zeroed = nobody looks. */
struct chain_watch {
	void (*on_switch)(void *arg, const struct chain_switch *sw);
	/* A recogniser could not be told so much of what its predecessor was told: it was too long ago. */
	void (*on_lost)(void *arg, usec sound);
	void *arg;
};

/* The last failure, until its successor is told. Zeroed = there was none. */
struct chain_failure {
	enum fault fault;
	struct str from; /* whose successor is being looked for; empty = nobody's */
	size_t words_n;
	char words[CHAIN_WORDS_MAX];
};

/* `from` has failed. */
void chain_note(struct chain_failure *f, struct str from, enum fault fault, struct str words);

/* `to` goes on, or nobody where it is empty: the watch is told once of each failure. */
void chain_tell(struct chain_failure *f, const struct chain_watch *w, enum usage_kind kind, struct str to);

static inline struct str chain_failure_words(const struct chain_failure *f)
{
	return (struct str){f->words, f->words_n};
}

/* What it means that a session could not even be opened or asked; and in words. */
enum fault chain_fault(int error);
struct str chain_words(int error);

/* The sessions of the links lie behind their chain, one after the other: the bytes that one of so many takes
 * there, and the place of the next. */
static inline size_t chain_room(size_t bytes)
{
	return (bytes + 15) / 16 * 16;
}

static inline void *chain_place(char **room, size_t bytes)
{
	void *at = *room;

	*room += chain_room(bytes);
	return at;
}

#endif
