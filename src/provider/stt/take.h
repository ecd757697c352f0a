/*
 * take.h - one utterance and the work of recognising it
 *
 * While somebody speaks, what there is may be read every now and then, quickly.
 * 200 ms after the speech all of it is read with care, so that the text is there
 * before the turn is judged over; when more is said that reading is stopped.
 * Speech that is too long for one reading is read and put aside in parts, at its
 * quiet points, so that neither memory nor the end grows with it.
 *
 *   speech on ...... off --200 ms--> LIKELY ... finish -> COMPLETE at once
 *      PARTIAL PARTIAL                 '- speech on: stale, again later
 *
 * Who makes text of sound is a reader: models on the pool, a server by HTTP.
 *
 * Threads: the owner's loop. Layer: provider.
 */
#ifndef PROVIDER_STT_TAKE_H
#define PROVIDER_STT_TAKE_H

#include "base/list.h"
#include "base/loop.h"
#include "provider/stt/stt.h"
#include "provider/stt/utterance.h"

#define TAKE_LIKELY_AFTER USEC_MS(200)
#define TAKE_MONOLOGUE    USEC_SEC(180) /* of speech in one utterance */

struct take;

enum take_news {
	TAKE_PARTIAL,  /* take->text is what the quick model made of it */
	TAKE_LIKELY,   /* take->text is of full quality */
	TAKE_COMPLETE, /* the same, and it stays so; comes once, after take_finish() */
	TAKE_FAILED,   /* instead of complete: take->fault */
};

struct take_owner {
	struct loop *loop;
	const struct take_reader *reader;
	/* Never inside a take_ call; may forget the take. */
	void (*on_news)(void *arg, struct take *t, enum take_news news);
	void *arg;
};

enum take_care {
	TAKE_QUICK, /* for a partial text */
	TAKE_PART,  /* with care, of a part: nobody waits for it yet */
	TAKE_FULL,  /* with care, of what will be answered */
};

/* A reading, from start() until take_read() or stop(). */
struct take_reading {
	struct take *take;
	enum take_care care;
	bool busy;
	unsigned spell; /* take->spell when it was begun: whether more has been said since, */
	unsigned parts; /* and whether a part was put aside */
	size_t samples;
	usec until, asked;
	void *work; /* the reader's */
};

/* What a reading came to. */
struct take_text {
	int error;        /* 0, -ECANCELED: it was not made, again if it is needed; or -errno */
	enum fault fault; /* with any other error */
	usec retry_after; /* FAULT_QUOTA: 0 = not told */
	struct str text;  /* with a fault: what was said about it, for the log */
	float confidence; /* 0..1; negative = not known */
};

/* Borrowed by takes; outlives them. */
struct take_reader {
	size_t part_max;                      /* samples that one reading takes */
	size_t partial_every, partial_slower; /* samples between two partials, and a fraction (1/n) of what
						 there is; 0 = no partials, not slower */
	bool strict; /* a careful reading that fails is the end, also when nobody has asked for it yet */
	/* Begins to read pcm[r->samples], mono S16 at 8 kHz, which is copied. take_read() follows, never
	 * inside. Returns 0 or -errno. */
	int (*start)(const struct take_reader *reader, struct take_reading *r, const int16_t *pcm);
	/* Nobody wants it any more: take_read() does not follow. */
	void (*stop)(const struct take_reader *reader, struct take_reading *r);
};

/* For readers: what a reading came to. Its take may be gone afterwards. */
void take_read(struct take_reading *r, const struct take_text *text);

struct take {
	struct list node; /* the owner's */
	const struct take_owner *owner;
	uint32_t number;
	bool complete; /* the owner's note */

	/* the latest text, with what it covers and what it took; with TAKE_FAILED the words of the fault */
	char text[STT_TEXT_MAX];
	size_t text_n;
	usec until, took;
	float confidence; /* of the latest reading; negative = not known */
	enum fault fault; /* with TAKE_FAILED, and */
	usec retry_after; /* FAULT_QUOTA: 0 = not told */

	struct utterance audio;
	struct take_reading quick, full;
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
