/*
 * tts_stretch.h - what a vendor speaks in one breath
 *
 * One clause of an answer, or several that the vendor joins; their sound comes
 * back as one. A stretch holds the words until their sound is known to be
 * complete, the sound until it has been told (and that of a clause which the
 * phrase cache may want, until its end), and the places in the text that fall
 * due with the sound.
 *
 *   clauses [ One moment, | please. ]
 *   sound   ========|======>              first <= told <= first + n
 *   marks       ^ "One"   ^ "One moment,"
 *
 * Words that a vendor says it has spoken are looked for in those that were sent
 * (speakable_places leads back to the text), so that a vendor who writes them a
 * little differently costs a mark and nothing else.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_STRETCH_H
#define PROVIDER_TTS_TTS_STRETCH_H

#include "base/fault.h"
#include "base/list.h"
#include "provider/aloud/speakable.h"
#include "provider/tts/phrase_cache.h"
#include "provider/tts/tts.h"
#include "provider/tts/tts_sound.h"

#define TTS_STRETCH_SAMPLES_MAX (60 * TTS_RATE_HZ) /* held at once; more is -EMSGSIZE */
#define TTS_STRETCH_MARKS_MAX   128                /* not told yet; beyond it the newest gives way */
#define TTS_STRETCH_WORDS_MAX   200                /* bytes of a vendor's own words about a failure */

struct tts_answer;

struct tts_clause {
	struct list node;
	struct buf words; /* for the ear; empty = nothing to be heard */
	struct buf key;   /* of the phrase cache; empty = it is not kept */
	struct speakable_places places;
	uint32_t text_start, text_end; /* of the answer's text */
	bool sent;
};

struct tts_stretch_mark {
	uint32_t text_end, sample; /* of the answer's text, of the stretch's samples */
};

struct tts_stretch {
	struct list node;          /* of the answer */
	struct tts_answer *answer; /* NULL = forgotten while the sink looks at its samples */
	uint32_t number;
	struct list clauses; /* whose sound is not complete, in order */

	bool open;     /* takes more clauses */
	bool asked;    /* the vendor is at it */
	bool reached;  /* a connection has taken it: it is on the bill */
	bool finished; /* the vendor knows that no more words follow */
	bool over;     /* all its sound is here */
	bool sounding; /* the sink is looking at it */
	bool cached;   /* its sound was known */
	enum fault fault;
	char fault_words[TTS_STRETCH_WORDS_MAX];
	usec since;       /* the last progress of the vendor */
	usec paced;       /* when it came to owe speech as fast as speech is; 0 = not yet */
	uint32_t ahead;   /* samples that had been told by then */
	size_t asked_for; /* bytes of words that it was sent */

	struct tts_sound sound;
	int16_t *pcm;
	size_t cap, n;
	uint32_t first;         /* number of pcm[0] among the samples */
	uint32_t told;          /* samples that the sink has had */
	uint32_t clause_from;   /* where the sound of the first clause begins */
	bool keeps;             /* from clause_from on, for the phrase cache ... */
	enum phrase_keep where; /* ... in which it lies there */

	struct tts_clause *cursor; /* where the words that were spoken last end; NULL = at the start */
	size_t cursor_at;
	struct tts_stretch_mark marks[TTS_STRETCH_MARKS_MAX];
	unsigned mark_count;
	uint32_t marked; /* text_end of the newest */

	struct list carried; /* the carrier's: what its connection is at */
	void *carrier;       /* the connection; NULL = none */
};

/* A voice's sound is decoded from `form`. Returns 0, -ENOMEM, -ENOTSUP. */
int tts_stretch_new(uint32_t number, const struct tts_form *form,
		    struct tts_stretch **ret_stretch) must_check;

/* Out of its answer. Takes NULL. Returns NULL. */
struct tts_stretch *tts_stretch_free(struct tts_stretch *st);

/* A clause whose words and key are still empty. Returns NULL without memory. */
struct tts_clause *tts_clause_new(uint32_t text_start, uint32_t text_end);
struct tts_clause *tts_clause_free(struct tts_clause *c);

/* Takes the clause. */
void tts_stretch_add(struct tts_stretch *st, struct tts_clause *c);

/* Its sound was known before, all of it. Takes audio->pcm. */
void tts_stretch_known(struct tts_stretch *st, const struct phrase_audio *audio);

/* Bytes of sound from the vendor. Returns how many samples they were, -EMSGSIZE, -ENOMEM or as
 * tts_sound_push(). */
int tts_stretch_sound(struct tts_stretch *st, struct str bytes) must_check;

/* `word` (or letter), the next that was spoken, ends at `sample`. */
void tts_stretch_spoken(struct tts_stretch *st, struct str word, uint32_t sample);

/* The sound of the first clause is complete. `cache` may be NULL. */
void tts_stretch_clause_over(struct tts_stretch *st, struct phrase_cache *cache);

/* All sound is here. Returns 0, -EBADMSG when it is cut short or there is none of it, or as
 * tts_stretch_sound(). */
int tts_stretch_finish(struct tts_stretch *st, struct phrase_cache *cache) must_check;

/* Nothing of it was sent, after all: to be said again from the start. Nothing of it has been told. */
void tts_stretch_restart(struct tts_stretch *st);

/* Samples that have come so far. */
static inline uint32_t tts_stretch_made(const struct tts_stretch *st)
{
	return st->first + (uint32_t)st->n;
}

/* Samples that have not been told. */
static inline size_t tts_stretch_untold(const struct tts_stretch *st)
{
	return st->n - (st->told - st->first);
}

/* All of those have been told. */
void tts_stretch_told(struct tts_stretch *st);

/* The next mark whose sample has been told. */
bool tts_stretch_mark(struct tts_stretch *st, struct tts_stretch_mark *ret_mark) must_check;

#endif
