/*
 * ear.h - what the recognisers' simulators have in common: from sound to words
 *
 * Fed with bytes of sound, it steps through them in 20 ms of sound time and
 * tells three things: speech begins, the words so far have changed, a pause has
 * ended the utterance. What the words are, vendor_says decides. How that looks
 * on the wire, and when, is the simulator's own.
 *
 *     settled words | words of this utterance | not yet heard
 *                   ^ first                   ^ n_words
 *
 * Threads: the server's own.
 */
#ifndef TESTS_VENDORS_EAR_H
#define TESTS_VENDORS_EAR_H

#include "vendors/recording.h"
#include "vendors/sim.h"
#include "vendors/sound.h"

#define EAR_WORD_BYTES 64

struct ear_word {
	usec start, end; /* of the sound received */
	char text[EAR_WORD_BYTES];
};

struct ear;

struct ear_ops {
	void (*on_speech)(struct vendor_session *s, struct ear *e, usec at); /* any may be NULL */
	void (*on_partial)(struct vendor_session *s, struct ear *e);
	void (*on_pause)(struct vendor_session *s, struct ear *e); /* usually ends with ear_settle() */
};

struct ear {
	struct vendor_session *s;
	const struct ear_ops *ops;
	struct sound sound;
	usec pause; /* so much silence ends an utterance; 0 = nothing does but the simulator */
	usec every; /* between partials; 0 = when a word is new */

	usec heard;    /* sound received */
	bool speaking; /* between on_speech() and on_pause() or ear_settle() */
	usec spoke_from, spoke_until;
	struct ear_word *words;
	size_t n_words, words_cap, first;

	usec told;
	size_t told_words, line; /* `line`: of the transcript */
	usec voiced;             /* in this utterance */
	size_t revealed;         /* words of the line */
	struct finder finder;
	const struct recording
		*known;         /* where we were last sure to be: in this one, at this moment of it ... */
	usec known_at, unknown; /* ... and the sound that has come since */
	usec begin;             /* of what was heard of it without a break */
	struct tones_ear tones;
	struct ear_word spelled; /* letters of a word that is not over */
	char odd[4];             /* bytes of a sample that is not whole */
	unsigned n_odd;
	int16_t pcm[TONES_MAX_HZ / 50]; /* samples of a step that is not whole */
	size_t n_pcm;
};

/* `pause` and `every` may be set afterwards. */
void ear_init(struct ear *e, struct vendor_session *s, const struct ear_ops *ops, const struct sound *sound);
void ear_fini(struct ear *e);

/* Functions of `ops` run inside. */
void ear_feed(struct ear *e, struct str bytes);

/* The utterance is over, whatever was silent: reveals what the last sound still gives. Before the text is
 * read. */
void ear_complete(struct ear *e);

/* What is heard so far is final: the next utterance begins. */
void ear_settle(struct ear *e);

/* The words of this utterance, blanks between them. */
void ear_text(const struct ear *e, struct buf *out);

/* A capital and a full stop, as vendors write it that punctuate. Words of a recording bring their own. */
void ear_sentence(const struct ear *e, struct buf *out);

static inline size_t ear_count(const struct ear *e)
{
	return e->n_words - e->first;
}

/* Seconds, as JSON writes them. */
static inline double ear_seconds(usec t)
{
	return (double)t / 1e6;
}

#endif
