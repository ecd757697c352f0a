/*
 * stt.h - a recogniser: speech in, words out; the contract
 *
 * A session lives as long as the call's need for it. Audio flows in as it
 * comes; the host's own voice-activity detection marks where the caller
 * starts and stops, and when the host has judged the turn over it asks for
 * the final text with stt_finish().
 *
 *   speech(on) feed feed feed speech(off) [likely] feed ... finish
 *              PARTIAL  PARTIAL            LIKELY            FINAL
 *
 * LIKELY is a text of final quality that was made early, at a short silence,
 * so that FINAL costs nothing if the caller said no more. A recogniser that
 * endpoints by itself sends ENDPOINT as advice to the end-of-turn judge.
 *
 * Events never arrive inside a stt_ call; after stt_cancel() none of the
 * cancelled utterance arrives; close runs exactly once.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_H
#define PROVIDER_STT_STT_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/str.h"
#include "provider/usage.h"

#define STT_RATE_HZ  8000
#define STT_TEXT_MAX 2048 /* longest text of an utterance, bytes */

struct stt;
struct loop;

enum stt_event_type {
	STT_EV_READY,    /* the session is open; audio fed earlier was kept */
	STT_EV_PARTIAL,  /* may change; also of an utterance that waits for its FINAL */
	STT_EV_LIKELY,   /* final quality, covers the audio up to `until` */
	STT_EV_FINAL,    /* answer to stt_finish(), exactly one each, text may be empty */
	STT_EV_ENDPOINT, /* the recogniser believes that the turn is over */
	STT_EV_FAULT,    /* the session is dead; only stt_close() is left */
	STT_EV_COUNT_
};

struct stt_event {
	enum stt_event_type type;
	uint32_t utterance; /* counts up with each finish and cancel */
	usec until;         /* the text covers the audio up to here */
	struct str text;    /* FAULT: the vendor's own words, for the log; valid during the event */
	float confidence;   /* 0..1 of the text or of the endpoint; negative = not known */
	bool uncertain;     /* FINAL: nobody vouches for it, words may be missing */
	enum fault fault;
	usec retry_after; /* FAULT_QUOTA: 0 = not told */
	usec took;        /* compute or vendor time from the request to this text, 0 = not known */
};

struct stt_sink {
	void (*on_event)(void *arg, const struct stt_event *ev);
	void *arg;
};

struct stt_params {
	struct loop *loop;
	struct stt_sink sink;
	struct usage_sink usage; /* nobody counts when zero */
	struct str language;     /* BCP 47, "en-US" */
	const struct str *key_terms;
	size_t key_term_count;
};

enum {
	STT_PARTIALS = 1,
	STT_LIKELY = 2,
	STT_ENDPOINTS = 4, /* has an opinion on turns of its own */
	STT_LOCAL = 8,     /* wants only the sound of turns and no silence between them */
};

struct stt_ops {
	const char *name;
	unsigned can;
	size_t state_size;
	int (*open)(struct stt *s, const void *config, const struct stt_params *params);
	int (*feed)(struct stt *s, usec at, const int16_t *pcm, size_t samples);
	void (*speech)(struct stt *s, bool speaking, usec at);
	int (*finish)(struct stt *s, usec until);
	void (*cancel)(struct stt *s);
	void (*close)(struct stt *s);
};

/* First member of every session; the host allocates ops->state_size zeroed bytes. */
struct stt {
	const struct stt_ops *ops;
	unsigned can; /* STT_*: of the ops, unless the session knows better; may change with a READY */
	struct stt_sink sink;
	struct usage_sink usage;
	uint32_t utterance;
	bool dead; /* a fault was told */
	bool closed;
};

/* Opens a session in `s` (ops->state_size bytes, zeroed). `config` is the provider's own checked options.
 * Returns 0 (STT_EV_READY or _FAULT follows) or -errno. */
int stt_open(struct stt *s, const struct stt_ops *ops, const void *config,
	     const struct stt_params *params) must_check;

/* pcm[samples], mono S16 at STT_RATE_HZ; `at` is the time of its first sample. Copied.
 * Returns 0, -ENOBUFS when the session cannot take more (then the caller's monologue is too long), -EPIPE
 * after a fault, or -errno. */
int stt_feed(struct stt *s, usec at, const int16_t *pcm, size_t samples) must_check;

/* The detector's word: the caller started or stopped to speak at `at`. */
void stt_speech(struct stt *s, bool speaking, usec at);

/* The turn was judged over at `until`: exactly one STT_EV_FINAL or _FAULT follows; one _FAULT
 * answers all. Returns 0, -EPIPE after a fault, or -errno. */
int stt_finish(struct stt *s, usec until) must_check;

/* Forgets the utterance so far. */
void stt_cancel(struct stt *s);

/* Takes a zeroed session. */
void stt_close(struct stt *s);

/* For implementations: drops what comes after a fault. */
void stt_emit(struct stt *s, const struct stt_event *ev);

#endif
