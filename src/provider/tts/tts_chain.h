/*
 * tts_chain.h - several voices as one that does not fall silent
 *
 * Speaks with the first of its list that the breaker allows, and keeps the text
 * of every answer until its last sound is there. When the voice fails in the
 * middle of an answer, the next one goes on at the start of the clause that was
 * broken off; what was delivered before stays delivered. Offsets of text and
 * samples are those of the whole answer, whoever speaks.
 *
 *   "Your appointment is on Tuesday, | the twenty-fourth, at ten."
 *    first voice ------------------------- dies
 *                                       second voice --------->
 *
 * How far the text was spoken is known from the marks; for a voice without marks
 * it is guessed from the samples. At most one clause is heard twice, with marks.
 *
 * The session stays with the voice that works; the next call asks the breakers
 * again. A FAULT comes when all have failed an answer; it is `dead` when none
 * could even be opened.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_CHAIN_H
#define PROVIDER_TTS_TTS_CHAIN_H

#include "provider/chain.h"
#include "provider/tts/tts.h"

#define TTS_CHAIN_ANSWERS_MAX 8 /* that wait for their end; more are refused with -EBUSY */

struct tts_link {
	struct str name; /* of the service */
	const struct tts_ops *ops;
	const void *config;
	bool renames;     /* voices have other names there: it is asked for `voice`, not for the session's */
	struct str voice; /* empty = what it takes by default */
	struct breaker *breaker; /* NULL: always worth trying */
};

/* Constant once initialised, shared by the sessions of a control loop, outlives them. */
struct tts_chain_config {
	struct tts_ops ops; /* made by tts_chain_init(): open sessions with these */
	struct tts_link links[CHAIN_LINKS_MAX];
	size_t count;
	usec open_limit; /* after so long without READY the next is opened too, and the first that is ready
			    speaks */
	struct chain_watch watch;
};

/* When the answers that were begun are spoken, the first link that works in this process takes over, because
 * that costs nothing. May be called at any time. Returns false when there is none, the session is closed,
 * or it is no chain. */
bool tts_chain_go_local(struct tts *t);

/* Links, limit and watch are filled in. Voice and language of a session must outlive it. */
void tts_chain_init(struct tts_chain_config *c);

#endif
