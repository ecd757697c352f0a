/*
 * voice.h - our side of the conversation: words in, sound at the caller's ear
 *
 * Speaks one answer at a time. Text is added while the agent still thinks;
 * speech comes back from the voice provider and is handed to the leg as fast
 * as the leg takes it. The speech of the answer is kept until it is over, so
 * that a voice that fell silent can resume where it stopped, and the exact
 * place where the caller's ear is tells which words were heard.
 *
 * A voice that is sent a sentence wants to see how it goes on before it says it.
 * When nothing follows for a moment, the voice is told that there is a pause.
 *
 *   say "..." --> tts --> pcm[ heard | in the leg | made | ... ] --> leg
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_VOICE_H
#define CALL_VOICE_H

#include "base/loop.h"
#include "call/notice.h"
#include "leg/leg.h"
#include "provider/tts/tts.h"

#define VOICE_SAMPLES_MAX (90 * TTS_RATE_HZ) /* of one answer */
#define VOICE_TEXT_MAX    TTS_TEXT_MAX
#define VOICE_MARKS_MAX   256

enum voice_event {
	VOICE_EV_READY,   /* the provider is open */
	VOICE_EV_STARTED, /* the first sample of the answer was handed to the leg */
	VOICE_EV_SPOKEN,  /* everything that was said has been heard */
	VOICE_EV_FAULT,   /* the rest of the answer cannot be spoken (`failed`); the provider may be dead */
};

struct voice_sink {
	void (*on_event)(void *arg, enum voice_event ev);
	void *arg;
};

/* From the provider: so much of the text lies before so many samples. */
struct voice_mark {
	uint32_t text_end;
	uint32_t sample;
};

struct voice_figures {
	usec asked;        /* when the first text of the answer came */
	usec first_audio;  /* when its first speech came from the provider */
	usec first_played; /* when that was handed to the leg */
	bool cached;       /* the first speech came from the phrase cache */
};

struct voice {
	struct leg *leg;
	struct tts *tts;
	struct voice_sink sink;
	struct loop *loop;

	uint32_t answer;     /* the provider's number of the current answer */
	uint32_t leg_answer; /* the leg's: a resumed answer goes on under a new one */
	bool ready, dead;
	bool speaking, ended, complete, held, failed;
	bool owes;       /* text was given to the provider, and no speech came since */
	bool ready_made; /* the answer's speech was there before: the provider has no part in it */

	int16_t *pcm;
	size_t pcm_cap;
	uint32_t made, sent, heard, heard_base; /* samples of the answer */

	char text[VOICE_TEXT_MAX];
	uint32_t text_n;
	struct timer pause; /* ends a sentence that nothing has followed yet */
	struct voice_mark marks[VOICE_MARKS_MAX];
	unsigned mark_count;

	struct voice_figures figures;
};

/* `tts` is open, with voice_on_tts() and this voice as its sink. Both it and `leg` outlive the voice. */
void voice_init(struct voice *v, struct loop *loop, struct leg *leg, struct tts *tts,
		const struct voice_sink *sink);
void voice_fini(struct voice *v);

/* Adds to the answer, or begins one. Returns 0, -EMSGSIZE when the answer is too long for more, or -errno. */
int voice_say(struct voice *v, struct str text) must_check;

/* The answer is complete: VOICE_EV_SPOKEN follows when all of it was heard. Returns 0 or -errno. */
int voice_end(struct voice *v) must_check;

/* Gives what was spoken beforehand as an answer of its own, whole; the provider may be dead. Returns 0 or
 * -ENOMEM. */
int voice_play(struct voice *v, const struct notice *notice) must_check;

/* Falls silent at once, ready to go on. */
void voice_hold(struct voice *v);

/* Goes on where it stopped, a little before the word that was broken off. */
void voice_resume(struct voice *v);

/* Gives the answer up. Afterwards voice_heard() says what the caller got of it, until the next answer begins.
 */
void voice_cut(struct voice *v);

/* The words of the answer that have been heard so far. `*ret_whole` says whether that is all of it. */
struct str voice_heard(const struct voice *v, bool *ret_whole);

/* The words of the answer that have not been heard. */
struct str voice_rest(const struct voice *v);

/* Whether it could resume. */
static inline bool voice_is_held(const struct voice *v)
{
	return v->speaking && v->held;
}

/* The leg's LEG_EV_PLAYED. */
void voice_on_played(struct voice *v, const struct leg_event *ev);

/* The provider's sink. */
void voice_on_tts(void *arg, const struct tts_event *ev);

#endif
