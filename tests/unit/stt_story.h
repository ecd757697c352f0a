/*
 * stt_story.h - one story that every recogniser must tell the same way
 *
 * A kind sets up what its sessions need on a simulated loop; the story opens
 * them, speaks, finishes, cancels and closes, and knows nothing but stt.h.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_STT_STORY_H
#define TESTS_UNIT_STT_STORY_H

#include "base/loop.h"
#include "provider/stt/stt.h"

struct stt_kind {
	const char *name;
	const struct stt_ops *ops;
	/* What a session on `l` needs. Returns 0 or -errno; torn down in both cases. */
	int (*setup)(struct loop *l, const void **ret_config);
	void (*teardown)(void); /* when the session is closed */
	void (*fail)(void);     /* the session dies soon, or when it is asked for something */
	bool repeats;           /* a likely text comes again when it was told all of it again */
};

/* Opens, answers in order, has early words, forgets, bounds a monologue, closes. */
void stt_story_tell(const struct stt_kind *kind);

/* Closed when it is opening, hears, has a likely text to make, has a final to give. */
void stt_story_close_at_work(const struct stt_kind *kind);

/* Closed inside its first event of each type. */
void stt_story_close_in_events(const struct stt_kind *kind);

/* A dead session says so once, however much was asked of it. */
void stt_story_die_once(const struct stt_kind *kind);

/* Fails before it is ready. */
void stt_story_fail_to_open(const struct stt_kind *kind);

/* For TEST_OOM: refused in words, or dead with a fault; never silently deaf. */
int stt_story_without_memory(const struct stt_kind *kind);

#endif
