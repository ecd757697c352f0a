/*
 * fake_leg.h - a leg whose line, caller and detector are a plan
 *
 * Ticks every 20 ms as the media half does: takes what was queued to be
 * played, hands in what the caller says, tells when speech begins and ends with
 * a detector's delay, and ducks by reflex in the same packet. What really left
 * for the caller's ear is written down, letter by letter.
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_SCENARIO_FAKE_LEG_H
#define TESTS_SCENARIO_FAKE_LEG_H

#include "babble.h"
#include "base/buf.h"
#include "base/loop.h"
#include "leg/leg.h"

#define FAKE_LEG_SPEECHES_MAX 64
#define FAKE_LEG_KEYS_MAX     64

/* One stretch of the caller's voice. */
struct fake_speech {
	usec from, to;
	struct str text; /* empty: a noise */
};

struct fake_key {
	usec at;
	char digit;
};

enum fake_refer {
	FAKE_REFER_TAKEN,
	FAKE_REFER_REFUSED,
	FAKE_REFER_IGNORED, /* accepted, and then nothing */
	FAKE_REFER_CANNOT,
};

struct fake_leg_plan {
	struct fake_speech speeches[FAKE_LEG_SPEECHES_MAX]; /* in order, apart from each other */
	size_t speech_count;
	struct fake_key keys[FAKE_LEG_KEYS_MAX];
	size_t key_count;
	usec acked_after;               /* USEC_NEVER: they never acknowledge */
	usec speech_after, quiet_after; /* the detector's */
	bool cannot_answer;
	bool cannot_end; /* their side never confirms our BYE */
	enum fake_refer refer;
	usec refer_after;
};

/* How soon we reacted to a caller who speaks over us: the worst of the call. */
struct fake_reaction {
	usec onset; /* of the speech that is being timed; 0 = none */
	bool was_ducked;
	usec ducked, silent;
	unsigned count;
};

enum fake_sound {
	FAKE_SILENCE,
	FAKE_DUCKED,
	FAKE_VOICE,
};

struct fake_leg {
	struct leg leg;
	struct loop *loop;
	const struct fake_leg_plan *plan;
	struct timer tick, signal;
	struct leg_event next_signal;
	size_t next_key;

	int16_t pcm[LEG_PLAY_SAMPLES_MAX];
	uint32_t owner[LEG_PLAY_SAMPLES_MAX];
	uint32_t head, queued;
	uint32_t answer, heard; /* what is, or was last, heard */
	uint32_t cut;           /* answers up to here are gone */
	bool report;            /* the position after a cut is still to be told */

	bool up, speaking, ducked, mute, closed;
	bool stalled; /* nothing that is queued is played any more */
	enum leg_reflex reflex;
	enum leg_refusal refusal;
	bool rejected;
	char refer_target[128];
	unsigned refers;

	/* What the caller hears: a tick a byte (enum fake_sound), and the letters with their moments. */
	struct buf sounds, letters, letters_at;
	struct babble_ear ear;
	usec first_tick, voice_since; /* USEC_NEVER: it is silent */
	struct fake_reaction reaction;
};

void fake_leg_init(struct fake_leg *l, struct loop *loop, const struct fake_leg_plan *plan);
void fake_leg_fini(struct fake_leg *l);

/* Their side ends it. */
void fake_leg_end(struct fake_leg *l, enum leg_end why);

/* No packet has come for too long, a hold, a result of a transfer ... */
void fake_leg_signal(struct fake_leg *l, const struct leg_event *ev);

/* What left for the ear in the tick of `at`; silence where there was none. */
enum fake_sound fake_leg_sound(const struct fake_leg *l, usec at);

#endif
