/*
 * take.h - one utterance and the work of recognising it
 *
 * While somebody speaks, the quick model reads what there is every half second
 * or so, if a worker is free. 200 ms after the speech the full model reads all
 * of it, so that the text is there before the turn is judged over; when more is
 * said that reading is abandoned. Speech beyond 20 s is read and put aside in
 * parts, at its quiet points, so that neither memory nor the end grows with it.
 *
 *   speech on ...... off --200 ms--> LIKELY ... finish -> COMPLETE at once
 *      PARTIAL PARTIAL                 '- speech on: stale, again later
 *
 * A take that is forgotten lives on, silently, until its jobs have ended.
 *
 * Threads: the owner's loop; hearing itself runs on the pool. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_TAKE_H
#define PROVIDER_LOCAL_TAKE_H

#include <stdatomic.h>

#include "base/list.h"
#include "base/loop.h"
#include "base/pool.h"
#include "provider/local/hearing.h"
#include "provider/local/utterance.h"
#include "provider/stt/stt.h"

#define TAKE_LIKELY_AFTER USEC_MS(200)
#define TAKE_MONOLOGUE    USEC_SEC(180) /* of speech in one utterance */

struct take;

enum take_news {
	TAKE_PARTIAL,  /* take->text is what the quick model made of it */
	TAKE_LIKELY,   /* take->text is of full quality */
	TAKE_COMPLETE, /* the same, and it stays so; comes once, after take_finish() */
	TAKE_FAILED,   /* instead of complete: take->error */
};

struct take_owner {
	struct loop *loop;
	struct pool_port *port;
	struct hearing *hearing;
	/* Never inside a take_ call; may forget the take. */
	void (*on_news)(void *arg, struct take *t, enum take_news news);
	void *arg;
};

/* A reading by one of the models. */
struct take_job {
	struct pool_job job;
	struct take *take;
	struct hearing *hearing; /* its own: the owner may be gone */
	enum hearing_care care;
	bool busy;
	bool settles;   /* reads a part that is then put aside */
	unsigned spell; /* take->spell when it was begun: whether more has been said since, */
	unsigned parts; /* and whether a part was put aside */
	int16_t *pcm;
	size_t samples;
	usec until, asked;
	atomic_bool stop;
	struct hearing_text out;
	int rc;
};

struct take {
	struct list node;               /* the owner's */
	const struct take_owner *owner; /* NULL = forgotten */
	uint32_t number;
	bool complete; /* the owner's note */

	/* the latest text, with what it covers and what it took */
	char text[STT_TEXT_MAX];
	size_t text_n;
	usec until, took;
	float confidence; /* of the latest reading; negative = not known */
	int error;

	struct utterance audio;
	struct take_job quick, full;
	struct timer likely, finish;
	unsigned spell;      /* how often somebody began to speak */
	unsigned full_spell; /* the one that the full text covers; 0 = none */
	bool likely_due, finished, told;
	size_t quick_read;          /* samples that the last partial saw */
	char settled[STT_TEXT_MAX]; /* text of the parts put aside */
	size_t settled_n;
	unsigned parts;
	usec settled_span, finish_until;
	bool unsettled; /* a part could not be read: no more are tried */
};

/* `owner` must live until the take is forgotten. Returns 0 or -ENOMEM. */
int take_new(const struct take_owner *owner, uint32_t number, struct take **ret_take) must_check;

/* Takes NULL. No news follows. Returns NULL. */
struct take *take_forget(struct take *t);

/* As utterance_feed(); -ENOBUFS beyond TAKE_MONOLOGUE, too. */
int take_feed(struct take *t, usec at, const int16_t *pcm, size_t n) must_check;
void take_speech(struct take *t, bool speaking, usec at);

/* Nothing more will be fed; the text stands for everything up to `until`. */
void take_finish(struct take *t, usec until);

static inline struct str take_text(const struct take *t)
{
	return (struct str){t->text, t->text_n};
}

#endif
