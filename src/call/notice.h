/*
 * notice.h - sentences that were spoken before anybody called
 *
 * What an agent says when nothing of it works any more must not need anything
 * that may not work: it lies ready as samples, made when the server started.
 *
 * Threads: immutable, read by all. Layer: call.
 */
#ifndef CALL_NOTICE_H
#define CALL_NOTICE_H

#include "base/str.h"

struct notice {
	struct str text;
	const int16_t *pcm; /* [samples] at LEG_RATE_HZ */
	size_t samples;
};

/* Of an agent that takes messages. */
struct notices {
	struct notice sorry; /* something of ours failed */
	struct notice leave; /* nobody is there: please leave a message after the tone */
	struct notice taken; /* thank you, it will be passed on */
	struct notice tone;  /* now */
	usec message_max;    /* how long a message may be */
};

#endif
