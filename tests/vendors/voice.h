/*
 * voice.h - what the voices' simulators have in common: from text to timed sound
 *
 * Text becomes the speech of sound.h in pieces of 100 ms, the first after
 * first_audio, the others at audio_pace. How a piece looks on the wire is the
 * simulator's; it is billed when it is sent.
 *
 * Threads: the server's own.
 */
#ifndef TESTS_VENDORS_VOICE_H
#define TESTS_VENDORS_VOICE_H

#include "vendors/sim.h"
#include "vendors/sound.h"

struct voice_piece {
	struct str bytes;
	usec from, span; /* of the sound of this text */
	usec delay;      /* for vendor_text() and its like */
	bool last;
	void *arg;
};

struct voice {
	struct sound sound;
	usec piece;       /* 0 = 100 ms */
	size_t odd_bytes; /* so much of the first piece comes in the second: boundaries are arbitrary */
	bool going_on;    /* speech of the same answer is still being sent: no first delay */
	void (*say)(struct vendor_session *s, const struct voice_piece *p);
	void *arg;
};

/* Queues the speech of `text`. Nothing for an empty one. */
void voice_speak(struct vendor_session *s, const struct voice *v, struct str text);

/* Calls `fn` with each word and the time of its sound from the beginning of the text. */
void voice_words(struct str text, void (*fn)(struct str word, usec start, usec end, void *arg), void *arg);

/* How long the speech of a text is. */
usec voice_span(struct str text);

/* Unicode code points. */
size_t voice_characters(struct str text);

/* Base64 of bytes as a JSON member. */
void voice_json(struct json_out *w, const char *key, struct str bytes);

#endif
