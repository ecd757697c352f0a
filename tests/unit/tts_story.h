/*
 * tts_story.h - one story that every voice must tell the same way
 *
 * A kind sets up what its sessions need, on a simulated loop or, with vendors on
 * real sockets, on a real one; the story opens them, speaks, ends, cancels and
 * closes, and knows nothing but tts.h.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_TTS_STORY_H
#define TESTS_UNIT_TTS_STORY_H

#include "base/buf.h"
#include "base/loop.h"
#include "provider/tts/tts.h"

struct tts_kind {
	const char *name;
	const struct tts_ops *ops;
	enum loop_kind clock;
	/* What a session on `l` needs. Returns 0 or -errno; torn down in both cases, when the session is
	 * closed, with the sum of what it says that it used. */
	int (*set_up)(const struct tts_kind *kind, struct loop *l, const void **ret_config);
	void (*tear_down)(const struct tts_kind *kind, const uint64_t used[USAGE_UNITS_]);
	/* The answer that is spoken fails soon; NULL: at the word "broken". */
	void (*fail)(const struct tts_kind *kind);
	bool mends; /* what breaks is spoken all the same */
	const void *arg;
	bool names_words; /* a mark for nearly each: a few are read as several */
	bool whole;       /* its sound comes all at once */
	/* Appends the words that are in the sound, S16 at TTS_RATE_HZ; NULL: there are none. */
	void (*read)(struct str pcm, struct buf *words);
	const char *secret; /* stands in no fault; NULL = there is none */
};

/* Opens, speaks in order, refuses what is over, bounds an answer. */
void tts_story_tell(const struct tts_kind *kind);

/* Cancelled in the middle of a long answer, and before it: no more of it comes. */
void tts_story_cancel_at_work(const struct tts_kind *kind);

/* Closed when it is opening, speaking. */
void tts_story_close_at_work(const struct tts_kind *kind);

/* Cancelled and closed inside its events of each type. */
void tts_story_end_in_events(const struct tts_kind *kind);

/* Of a broken answer the rest is not spoken; the next one is. */
void tts_story_outlive_a_broken_answer(const struct tts_kind *kind);

/* Something goes wrong: the answer ends once, of one of the faults (bits 1 << enum fault; 0 = it may be
 * spoken all the same). What cannot be opened or does not let us in is dead. */
void tts_story_fail_of(const struct tts_kind *kind, unsigned faults);

/* For TEST_OOM: refused in words, or a fault of the answer; never silently mute. */
int tts_story_without_memory(const struct tts_kind *kind);

#endif
