/*
 * ear.h - the caller's side of the conversation: sound in, turns out
 *
 * Feeds the recogniser, keeps the text of the turn that is going on, and asks
 * the judge how long a pause must be before it is our turn. A turn may span
 * several utterances of the recogniser: what was final already stands in front
 * of what is still changing.
 *
 *   turn:  [ kept: "My number is" ][ newest: "oh seven seven" ]
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_EAR_H
#define CALL_EAR_H

#include "leg/leg.h"
#include "provider/eot/eot.h"
#include "provider/stt/stt.h"

#define EAR_PREROLL_FRAMES 16 /* 320 ms before the onset belong to the word */

enum ear_event {
	EAR_EV_READY, /* the recogniser is open */
	EAR_EV_TEXT,  /* the turn's text has changed */
	EAR_EV_FINAL, /* what ear_finish() asked for is there */
	EAR_EV_FAULT, /* the recogniser is dead */
};

struct ear_sink {
	void (*on_event)(void *arg, enum ear_event ev);
	void *arg;
};

struct ear_figures {
	usec speech_at; /* the turn's first onset */
	usec quiet_at;  /* end of its last speech */
	usec likely_at; /* when the text of final quality came */
	usec finish_at; /* when the turn was judged over */
	usec final_at;  /* when the final text came */
	usec took;      /* the recogniser's own time for it */
	unsigned partials;
	bool overlaps; /* the turn began while we spoke */
};

struct ear {
	struct loop *loop;
	struct stt *stt;
	const struct eot_ops *eot;
	struct ear_sink sink;

	enum eot_expect expect;
	unsigned digits_wanted;

	bool ready, dead;
	bool in_turn, speaking;
	bool newest_likely; /* the recogniser vouches for the newest text */
	bool kept_uncertain;
	uint32_t utterance; /* the recogniser's, of which texts count */
	uint32_t asked;     /* the newest of which the final text was asked for */
	char kept[STT_TEXT_MAX], newest[STT_TEXT_MAX];
	size_t kept_n, newest_n;
	float confidence;
	float endpoint;
	usec pause_usual;
	struct eot_verdict verdict;
	struct ear_figures figures;

	int16_t preroll[EAR_PREROLL_FRAMES][LEG_FRAME_SAMPLES];
	usec preroll_at[EAR_PREROLL_FRAMES];
	unsigned preroll_next, preroll_count;
};

/* `stt` is open with ear_on_stt() and this ear as its sink, and outlives the ear. */
void ear_init(struct ear *e, struct loop *loop, struct stt *stt, const struct eot_ops *eot,
	      const struct ear_sink *sink);

/* Whether the newest text is a guess at a sound that was short and hardly like words: "mhm" comes out of a
 * recogniser as "Amen, gentlemen.", but not with confidence. */
bool ear_is_unsure(const struct ear *e);

/* Whether the turn can be acted on: the recogniser vouches for all of its text, or it is complete by its
 * words for what was asked. */
bool ear_is_whole(const struct ear *e);

/* A frame of the caller's that begins at `at`; the ones before a turn are remembered. */
void ear_audio(struct ear *e, usec at, const int16_t *pcm);

/* The detector's word, and a new or resumed turn with it. */
void ear_speech(struct ear *e, usec at);
void ear_quiet(struct ear *e, usec at);

/* Our turn: exactly one EAR_EV_FINAL or EAR_EV_FAULT follows. */
void ear_finish(struct ear *e);

/* The final text came, but the caller goes on: it becomes the front of the turn. */
void ear_keep(struct ear *e);

/* Forgets the turn: it was a cough, or it has been given to the agent. */
void ear_forget(struct ear *e);

/* What the caller has said in this turn, into out[size]; returns it. */
struct str ear_text(const struct ear *e, char *out, size_t size);

/* Asks the judge. Returns the moment at which the pause has lasted long enough. */
usec ear_judge(struct ear *e);

/* The provider's sink. */
void ear_on_stt(void *arg, const struct stt_event *ev);

#endif
