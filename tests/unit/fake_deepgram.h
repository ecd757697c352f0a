/*
 * fake_deepgram.h - the least of a Deepgram that a session can live with, on fake_ws.h
 *
 * Hears whether it is loud, not what is said: a word every 300 ms of sound.
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_UNIT_FAKE_DEEPGRAM_H
#define TESTS_UNIT_FAKE_DEEPGRAM_H

#include "fake_ws.h"

struct fake_deepgram {
	bool endpoints;  /* ends a segment by itself after 300 ms of quiet */
	bool mute;       /* hears and says nothing */
	bool no_answers; /* a Finalize is not answered as such */
};

extern struct fake_deepgram fake_deepgram;

void fake_deepgram_start(struct loop *l, usec latency);

#endif
