/*
 * tts_story.h - one story that every voice must tell the same way
 *
 * A kind sets up what its sessions need on a simulated loop; the story opens
 * them, speaks, ends, cancels and closes, and knows nothing but tts.h.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_TTS_STORY_H
#define TESTS_UNIT_TTS_STORY_H

#include "base/loop.h"
#include "provider/tts/tts.h"

struct tts_kind {
	const char *name;
	const struct tts_ops *ops;
	/* What a session on `l` needs. Returns 0 or -errno; torn down in both cases. */
	int (*setup)(struct loop *l, const void **ret_config);
	void (*teardown)(void); /* when the session is closed */
	void (*fail)(void);     /* the answer that is spoken fails soon; NULL: at the word "broken" */
	bool mends;             /* what breaks is spoken all the same */
};

/* Opens, speaks in order, refuses what is over, forgets, bounds an answer. */
void tts_story_tell(const struct tts_kind *kind);

/* Closed when it is opening, speaking. */
void tts_story_close_at_work(const struct tts_kind *kind);

/* Cancelled inside its events of each type. */
void tts_story_cancel_in_events(const struct tts_kind *kind);

/* Of a broken answer the rest is not spoken; the next one is. */
void tts_story_outlive_a_broken_answer(const struct tts_kind *kind);

/* For TEST_OOM: refused in words, or a fault of the answer; never silently mute. */
int tts_story_without_memory(const struct tts_kind *kind);

#endif
