/*
 * fake_tts.h - a voice that babbles
 *
 * Makes sound word by word, with a mark after each, as fast as it is told to
 * be; stalls, fails and dies on demand. Reports the letters it was sent.
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_SCENARIO_FAKE_TTS_H
#define TESTS_SCENARIO_FAKE_TTS_H

#include "fake_stt.h"
#include "provider/tts/tts.h"

#define FAKE_TTS_LETTERS_MAX 8192

struct fake_tts;

/* The `config` of tts_open(); outlives the session. */
struct fake_tts_config {
	enum fake_opening opening;
	usec opens_after;
	usec first_after;  /* from the first text to the first sound */
	usec letter_lasts; /* of the sound */
	usec letter_took;  /* to make it */
	usec dies_after;   /* once open; 0 = never */
	usec limited_for;  /* what it fails of is a rate limit, for so long; 0 = it is not */
	bool marks;
	bool stalled;      /* makes no more */
	struct rng *luck;  /* one opening and one answer in FAKE_UNLUCKY fail; NULL = none */
	usec cancelled_at; /* the last time an answer was */
	char voice[32];    /* that the newest session was asked for */
	struct fake_tts *session;
};

/* A letter of an answer, or its end. */
struct fake_letter {
	uint32_t answer;
	char c; /* 0: the end */
};

struct fake_tts {
	struct tts tts;
	struct loop *loop;
	struct fake_tts_config *config;
	struct timer opening, work, fault;
	struct fake_letter letters[FAKE_TTS_LETTERS_MAX];
	size_t n;
	uint32_t answer; /* what is being made */
	uint32_t text_end, samples;
	unsigned index;
	bool dying, unlucky; /* unlucky: it will not open */
	uint32_t tried;      /* the newest answer that luck was tried with */
};

extern const struct tts_ops fake_tts_ops;

/* The answer that is being made fails; with `dead` the session too. */
void fake_tts_fail(struct fake_tts *t, bool dead);

#endif
