/*
 * listener.h - who has a toy speak, hears it, and gets the bill
 *
 * A loop, a session of one of toy_voice.h's kinds, and what it has told so far.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_LISTENER_H
#define TESTS_UNIT_LISTENER_H

#include "base/loop.h"
#include "provider/tts/tts.h"
#include "provider/tts/tts_stretch.h"
#include "provider/usage.h"

#define LISTENER_EVENTS_MAX 256
#define LISTENER_BILLS_MAX  32

struct phrase_cache;

struct listener {
	struct loop *loop;
	struct phrase_cache *phrases;
	struct tts *tts;
	struct tts_event events[LISTENER_EVENTS_MAX];
	size_t n;
	char words[TTS_STRETCH_WORDS_MAX]; /* of the last fault */
	struct usage bills[LISTENER_BILLS_MAX];
	size_t bill_count;
};

/* Everything but the session; it may have known phrases. */
int listener_prepare(struct listener *h, size_t kind, bool remembers) must_check;

/* The session. */
int listener_begin(struct listener *h, size_t kind) must_check;

/* Both; the session has told that it is ready. */
int listener_open(struct listener *h, size_t kind, bool remembers) must_check;
void listener_close(struct listener *h);

/* The sinks of such a session; `arg` is the listener. */
void listener_on_event(void *arg, const struct tts_event *ev);
void listener_on_usage(void *arg, const struct usage *u);

/* Has a whole answer spoken. */
int listener_ask(struct listener *h, uint32_t answer, const char *text) must_check;

/* The events so far as letters (RAMDF), and forgets them. */
const char *listener_story(struct listener *h);

#define CHECK_STORY(h, want) CHECK_STR(str_from(listener_story(h)), want)

/* The log of what the client did, and forgets it. */
const char *listener_did(void);

#define CHECK_DID(want) CHECK_STR(str_from(listener_did()), want)

#endif
