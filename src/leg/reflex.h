/*
 * reflex.h - is the other party speaking? decided on the media loop
 *
 * One small state for each stream is shown every frame: how loud it is, what
 * the neural detector last said, whether it is our own voice coming back. It
 * answers when speech has begun and when it has ended, with the true moments.
 * That verdict ducks our voice in the next packet without asking anybody; a mere
 * sound does so for a moment, until it is known to be more.
 *
 * Threads: the media loop. Layer: leg.
 */
#ifndef LEG_REFLEX_H
#define LEG_REFLEX_H

#include <stdbool.h>

#include "base/def.h"

#define REFLEX_STATE_BYTES_MAX 64

struct reflex_input {
	usec at;           /* the end of the frame */
	bool loud;         /* the energy gate is open */
	bool echo;         /* our own voice explains it */
	bool detecting;    /* a neural detector is at work on this stream */
	bool fresh;        /* it has said something since the last frame ... */
	float probability; /* ... this */
	usec heard_until;  /* ... about sound up to here */
};

enum reflex_verdict {
	REFLEX_NOTHING,
	REFLEX_SPEECH, /* has begun */
	REFLEX_QUIET,  /* has ended */
	REFLEX_SOUND,  /* something is to be heard that is not us; whether it is speech will be known soon */
};

struct reflex_output {
	enum reflex_verdict verdict;
	usec at; /* the true onset or end */
};

struct reflex_ops {
	const char *name;
	size_t state_size; /* <= REFLEX_STATE_BYTES_MAX, aligned to 16, zeroed at the start of a stream */
	void (*frame)(const void *config, void *state, const struct reflex_input *in,
		      struct reflex_output *ret_out);
};

struct reflex_hysteresis_config {
	float speech_above, quiet_below; /* probabilities */
	float sure_above;                /* one window of this is speech at once */
	usec speech_after;               /* else so long without a gap makes speech */
	usec quiet_after;                /* so long makes quiet */
};

extern const struct reflex_hysteresis_config reflex_hysteresis_default;

/* Hysteresis over the detector's probability, or over the gate where there is no detector. Frames that our
 * own voice explains do not begin speech. Its config is a struct reflex_hysteresis_config. */
extern const struct reflex_ops reflex_hysteresis;

#endif
