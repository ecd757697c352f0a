/*
 * fake_whisper.h - a server of transcriptions on fake_net.h: it says how long what it was sent is
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_UNIT_FAKE_WHISPER_H
#define TESTS_UNIT_FAKE_WHISPER_H

#include "base/str.h"
#include "fake_net.h"

struct fake_whisper {
	bool mute;          /* says nothing any more */
	int status;         /* of the answers; 0 = 200 */
	enum fault fault;   /* with a status */
	const char *answer; /* instead of the length */
	/* What the last request brought. */
	unsigned asked, last;
	unsigned rate_hz;
	size_t samples;
	usec total_limit;
	char url[256], authorization[256], form[4096]; /* "name=value ..." of the fields, without the file */
};

extern struct fake_whisper fake_whisper;

void fake_whisper_start(struct loop *l, usec latency);

#endif
