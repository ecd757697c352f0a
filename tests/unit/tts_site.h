/*
 * tts_site.h - the host of one voice: what its story (tts_story.h) is told with
 *
 * Whatever arrives is checked against the rules that hold always.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_TTS_SITE_H
#define TESTS_UNIT_TTS_SITE_H

#include "tts_story.h"

#define TTS_SITE_EVENTS_MAX 16384
#define TTS_SITE_ANSWERS    48 /* numbers of answers, from 0 */

struct tts_said {
	enum tts_event_type type;
	uint32_t answer, text_end, sample_offset;
	enum fault fault;
};

struct tts_site {
	const struct tts_kind *kind;
	struct loop *loop;
	struct tts *tts;
	bool inside; /* a tts_ call */
	struct tts_said *events;
	size_t n;
	uint32_t answer, samples; /* of the answer being delivered */
	struct buf pcm[TTS_SITE_ANSWERS];
	bool owed[TTS_SITE_ANSWERS]; /* its end has been asked for */
	enum tts_event_type cancel_on, close_on;
	char words[128]; /* of the last fault */
	uint64_t used[USAGE_UNITS_];
};

/* Returns 0 or -errno; tts_site_close() in both cases. */
int tts_site_open(struct tts_site *s, const struct tts_kind *kind) must_check;
void tts_site_close(struct tts_site *s);

/* Lets so much time pass. */
void tts_site_turn(struct tts_site *s, usec span);

/* The same, on a real clock only until all answers that were ended are over, or the session is. */
void tts_site_settle(struct tts_site *s, usec span);

/* Until there is such an event of that answer, for as long as patience lasts. Returns whether there is. */
bool tts_site_await(struct tts_site *s, enum tts_event_type type, uint32_t answer);

int tts_site_say(struct tts_site *s, uint32_t answer, struct str text);
int tts_site_end(struct tts_site *s, uint32_t answer);
int tts_site_speak(struct tts_site *s, uint32_t answer, const char *text);
void tts_site_cancel(struct tts_site *s, uint32_t answer);

size_t tts_site_count(const struct tts_site *s, enum tts_event_type type, uint32_t answer);

/* One answer as it should be: audio, marks up to its end, DONE as its last event; the words `spoken` in it.
 */
void tts_site_check(struct tts_site *s, uint32_t answer, struct str text, struct str spoken);

#endif
