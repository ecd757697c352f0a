/*
 * stt_site.h - the host of one recogniser: what its story (stt_story.h) is told with
 *
 * Sound flows at the pace of the loop's clock, frame by frame, while anything is
 * waited for too. Whatever arrives is checked against the rules that hold always.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_STT_SITE_H
#define TESTS_UNIT_STT_SITE_H

#include "stt_story.h"

#define STT_SITE_EVENTS_MAX 512
#define STT_SITE_TEXT_MAX   96

struct stt_told {
	enum stt_event_type type;
	uint32_t utterance;
	enum fault fault;
	size_t n;                     /* bytes of the text as it came */
	char text[STT_SITE_TEXT_MAX]; /* its beginning, letters and blanks alone, in small letters */
};

struct stt_site {
	const struct stt_kind *kind;
	struct loop *loop;
	struct stt *stt;
	usec at;           /* of the next frame */
	bool inside;       /* a stt_ call */
	uint32_t answered; /* the last utterance that has its final text */
	struct stt_told events[STT_SITE_EVENTS_MAX];
	size_t n;
	enum stt_event_type close_on;
	uint64_t used[USAGE_UNITS_];
};

/* Returns 0 or -errno; stt_site_close() in both cases. */
int stt_site_open(struct stt_site *s, const struct stt_kind *kind) must_check;
void stt_site_close(struct stt_site *s);

/* Lets time pass with silence. Returns as stt_feed(). */
int stt_site_quiet(struct stt_site *s, usec span);

/* The same until there are `n` events of that type, or more; for as long as patience lasts. Returns whether
 * there are. */
bool stt_site_await(struct stt_site *s, enum stt_event_type type, size_t n);

/* A caller says that. The detector notices a little later that he has stopped. Returns as stt_feed(). */
int stt_site_say(struct stt_site *s, const char *words);

/* The same, but the detector has not noticed anything yet: stt_site_stop(). */
int stt_site_start(struct stt_site *s, const char *words);
void stt_site_stop(struct stt_site *s);

int stt_site_finish(struct stt_site *s);
void stt_site_cancel(struct stt_site *s);

size_t stt_site_count(const struct stt_site *s, enum stt_event_type type);

/* The ith event of a type; one of type STT_EV_COUNT_ when there is none. */
struct stt_told stt_site_told(const struct stt_site *s, enum stt_event_type type, size_t i);

#endif
