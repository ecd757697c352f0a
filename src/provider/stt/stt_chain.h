/*
 * stt_chain.h - several recognisers as one that does not die
 *
 * Opens the first of its list that the breaker allows. What it is told is kept
 * (stt_tape.h) until it is answered: when the recogniser that serves fails, or
 * does not open in time, the next one is told all of it again, as fast as it
 * takes it, and what was asked for is asked again. No word is lost, every
 * finish has its one FINAL, and only if all have failed there is a FAULT, of
 * the class of the last.
 *
 *   feed, speech, finish --> tape --> [ ears ] dead
 *                              '----> [ spare ] from the last FINAL on
 *
 * The chain takes all sound; a link that wants voiced sound alone (STT_LOCAL)
 * gets what ear.h would have given it. A PARTIAL after a failover may say less
 * than one before. A link that has served before it failed is tried once more when
 * nobody else is left (a connection was reset); every link is after a FINAL.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_CHAIN_H
#define PROVIDER_STT_STT_CHAIN_H

#include "provider/chain.h"
#include "provider/stt/stt.h"

struct stt_link {
	struct str name; /* of the service */
	const struct stt_ops *ops;
	const void *config;
	struct breaker *breaker; /* NULL: always worth trying */
};

/* Constant once initialised, shared by the sessions of a control loop, outlives them. */
struct stt_chain_config {
	struct stt_ops ops; /* made by stt_chain_init(): open sessions with these */
	struct stt_link links[CHAIN_LINKS_MAX];
	size_t count;
	usec open_limit; /* after so long without READY the next is opened too, and the first that is ready
			    serves */
	struct chain_watch watch;
};

/* From the moment it is ready the first link that works in this process serves, because that costs nothing:
 * what is not answered yet is told to it. May be called at any time. Returns false when there is none, the
 * session is closed, or it is no chain. */
bool stt_chain_go_local(struct stt *s);

/* Links, limit and watch are filled in. The session's language and key terms must outlive it. */
void stt_chain_init(struct stt_chain_config *c);

#endif
