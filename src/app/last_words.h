/*
 * last_words.h - what agents say when nothing of theirs works, spoken when the server starts
 *
 * By the voice in this process where it is loaded, by flite otherwise, which
 * needs no model: no network, no recogniser and no voice is wanted later to say
 * that something is wrong, to ask for a message, and to give the tone.
 *
 * Threads: opened and closed on main; what it holds is read by all. Layer: app.
 */
#ifndef APP_LAST_WORDS_H
#define APP_LAST_WORDS_H

#include "app/agents.h"
#include "app/speech.h"
#include "call/notice.h"

#define LAST_WORDS_TONE_SAMPLES (LEG_RATE_HZ * 2 / 5)

struct last_words {
	struct notices *list; /* [agents] */
	size_t count;
	int16_t tone[LAST_WORDS_TONE_SAMPLES];
};

/* Gives every agent that takes messages its notices. Blocks while they are spoken, the first time; then they
 * lie in the phrase cache. Returns 0 or -errno; last_words_close() in either case. */
int last_words_open(struct last_words *w, struct agents *a, const struct speech *s) must_check;

/* When no call is left. Takes a zeroed one. */
void last_words_close(struct last_words *w);

#endif
