/*
 * tts.h - a voice: words in, speech out; the contract
 *
 * A session speaks answers one after another. Text of an answer comes in
 * pieces as it is thought of; tts_end() says that it is complete. Audio comes
 * out as it is made, in order, tagged with the answer's number.
 *
 *   say(7, "One moment,") say(7, " please.") end(7)
 *   AUDIO 7  AUDIO 7 ...  MARK 7 ...  DONE 7
 *
 * The text is as its author wrote it: turning it into words for the ear
 * (speakable.h) is the provider's, off the loop if it takes time.
 *
 * MARK ties a place in the text to a place in the audio, so that the host can
 * tell which words were heard when it cuts. After tts_cancel(n) no event of an
 * answer numbered <= n arrives, and a paying session stops paying.
 *
 * Events never arrive inside a tts_ call; close runs exactly once.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_H
#define PROVIDER_TTS_TTS_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/str.h"
#include "provider/usage.h"

#define TTS_RATE_HZ  8000
#define TTS_TEXT_MAX 4096 /* bytes of one answer */

struct tts;
struct loop;

enum tts_event_type {
	TTS_EV_READY,
	TTS_EV_AUDIO,
	TTS_EV_MARK,
	TTS_EV_DONE,  /* all audio of the answer has been delivered */
	TTS_EV_FAULT, /* of one answer; `dead` says whether the session is too */
	TTS_EV_COUNT_
};

struct tts_event {
	enum tts_event_type type;
	uint32_t answer;
	const int16_t *pcm; /* AUDIO: [samples], mono S16 at TTS_RATE_HZ, valid during the event */
	size_t samples;
	bool cached;            /* AUDIO: came from the phrase cache */
	uint32_t text_end;      /* MARK: bytes of the answer's text spoken ... */
	uint32_t sample_offset; /* ... when this many of its samples were heard */
	enum fault fault;
	usec retry_after; /* FAULT_QUOTA: 0 = not told */
	struct str words; /* FAULT: the vendor's own, for the log; valid during the event */
	bool dead;
	usec took; /* first AUDIO of an answer: from the first speakable text to here */
};

struct tts_sink {
	void (*on_event)(void *arg, const struct tts_event *ev);
	void *arg;
};

struct tts_params {
	struct loop *loop;
	struct tts_sink sink;
	struct usage_sink usage; /* nobody counts when zero */
	struct str voice;        /* the provider's name of it */
	struct str language;     /* BCP 47 */
	float speed;             /* 1 = as the voice is */
};

enum {
	TTS_MARKS = 1,
	TTS_LOCAL = 2,
	TTS_TAKES_PIECES = 4, /* streams text in; otherwise it wants whole clauses */
};

struct tts_ops {
	const char *name;
	unsigned can;
	size_t state_size;
	int (*open)(struct tts *t, const void *config, const struct tts_params *params);
	int (*say)(struct tts *t, uint32_t answer, struct str text);
	int (*end)(struct tts *t, uint32_t answer);
	void (*cancel)(struct tts *t, uint32_t answer);
	void (*close)(struct tts *t);
};

/* First member of every session; the host allocates ops->state_size zeroed bytes. */
struct tts {
	const struct tts_ops *ops;
	unsigned can; /* TTS_*: of the ops, unless the session knows better */
	struct tts_sink sink;
	struct usage_sink usage;
	uint32_t cancelled; /* answers up to here are gone */
	uint32_t answer;    /* the newest */
	size_t text_bytes;  /* of it */
	bool ended;         /* no more text of it is taken */
	bool dead;          /* such a fault was told */
	bool closed;
};

/* Returns 0 (TTS_EV_READY or _FAULT follows) or -errno. */
int tts_open(struct tts *t, const struct tts_ops *ops, const void *config,
	     const struct tts_params *params) must_check;

/* Instead of a blank between words: what stands before it is spoken without waiting for what follows. */
#define TTS_PAUSE STR("\f")

/* Adds text to the answer; numbers count up. Returns 0, -ECANCELED for an answer that is older than the
 * newest, cancelled, ended or failed, -EMSGSIZE over TTS_TEXT_MAX (the piece is refused as a whole), -EPIPE
 * in a dead session, or -errno. */
int tts_say(struct tts *t, uint32_t answer, struct str text) must_check;

/* No more text follows for it: TTS_EV_DONE or _FAULT comes after its last audio. Returns as
 * tts_say(). */
int tts_end(struct tts *t, uint32_t answer) must_check;

/* Silences every answer up to `answer`. */
void tts_cancel(struct tts *t, uint32_t answer);

/* Takes a zeroed session. */
void tts_close(struct tts *t);

/* For implementations: drops what belongs to a cancelled answer or comes from a dead session. */
void tts_emit(struct tts *t, const struct tts_event *ev);

#endif
