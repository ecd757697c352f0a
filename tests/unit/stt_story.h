/*
 * stt_story.h - one story that every recogniser must tell the same way
 *
 * A kind sets up what its sessions need, on a simulated loop or, with vendors on
 * real sockets, on a real one; the story opens them, speaks, finishes, cancels
 * and closes, and knows nothing but stt.h.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_STT_STORY_H
#define TESTS_UNIT_STT_STORY_H

#include "base/buf.h"
#include "base/loop.h"
#include "provider/stt/stt.h"

struct stt_kind {
	const char *name;
	const struct stt_ops *ops;
	enum loop_kind clock;
	/* What a session on `l` needs. Returns 0 or -errno; torn down in both cases, when the session is
	 * closed, with the sum of what it says that it used. */
	int (*set_up)(const struct stt_kind *kind, struct loop *l, const void **ret_config);
	void (*tear_down)(const struct stt_kind *kind, const uint64_t used[USAGE_UNITS_]);
	/* The session dies soon, or when it is asked for something. */
	void (*fail)(const struct stt_kind *kind);
	/* It believes now that the turn is over; NULL = it does by itself. */
	void (*believe)(const struct stt_kind *kind);
	const void *arg;
	bool hears;   /* the words as they are said */
	bool repeats; /* a likely text comes again when it was told all of it again, or better */
	void (*speak)(struct str words, struct buf *pcm); /* S16 at STT_RATE_HZ; NULL = babble */
	const char *secret;                               /* stands in no fault; NULL = there is none */
	const char *monologue; /* so much that it may be too much; NULL = minutes of words */
};

/* Opens, answers in order, has early words, forgets, closes. */
void stt_story_tell(const struct stt_kind *kind);

/* Words without end are refused or cut; what came before the limit is not lost. */
void stt_story_bound(const struct stt_kind *kind);

/* Closed when it is opening, hears, has a likely text to make, has a final to give. */
void stt_story_close_at_work(const struct stt_kind *kind);

/* Closed inside its first event of each type. */
void stt_story_close_in_events(const struct stt_kind *kind);

/* A dead session says so once, however much was asked of it. */
void stt_story_die_once(const struct stt_kind *kind);

/* Something goes wrong, before it is ready or while it is spoken to: it dies once, of one of the faults
 * (bits 1 << enum fault). */
void stt_story_die_of(const struct stt_kind *kind, unsigned faults);

/* For TEST_OOM: refused in words, or dead with a fault; never silently deaf. */
int stt_story_without_memory(const struct stt_kind *kind);

#endif
