/*
 * fake_stt.h - a recogniser that reads babble
 *
 * Hears exactly what it is fed, in its own good time: partials while somebody
 * speaks, a likely text after a short silence, the final when asked, and faults
 * and opinions on demand. Reports the sound it was fed.
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_SCENARIO_FAKE_STT_H
#define TESTS_SCENARIO_FAKE_STT_H

#include "babble.h"
#include "base/loop.h"
#include "base/rng.h"
#include "provider/stt/stt.h"

#define FAKE_STT_WAITING_MAX 8
#define FAKE_UNLUCKY         5

struct fake_stt;

enum fake_opening {
	FAKE_OPENS,
	FAKE_NEVER_OPENS,
	FAKE_CANNOT_OPEN,   /* says so at once */
	FAKE_FAILS_TO_OPEN, /* says so later */
};

/* The `config` of stt_open(); outlives the session. */
struct fake_stt_config {
	enum fake_opening opening;
	usec opens_after;
	usec partial_every;           /* of sound; 0 = no partials */
	usec likely_silence;          /* then it is decoded early; 0 = never */
	usec likely_took, final_took; /* USEC_NEVER: the final never comes */
	usec dies_after;              /* once open; 0 = never */
	usec limited_for;             /* what it fails of is a rate limit, for so long; 0 = it is not */
	usec stalls_after;            /* a finish is answered by a fault, so much later; 0 = no */
	bool uncertain;               /* a final has only what a partial would have, and says so */
	unsigned cannot;              /* STT_* that it lacks */
	/* One opening, one onset and one finish in FAKE_UNLUCKY fail, and another finish stalls; NULL = none.
	 */
	struct rng *luck;
	size_t terms;             /* that it was told of, when it was opened */
	bool confused;            /* was told twice that somebody speaks, or stops */
	struct fake_stt *session; /* the newest open one, for faults on demand */
};

struct fake_final {
	uint32_t utterance;
	usec due, until, took;
	char text[STT_TEXT_MAX];
	size_t n;
};

struct fake_stt {
	struct stt stt;
	struct loop *loop;
	struct fake_stt_config *config;
	bool unlucky; /* it will not open */
	struct timer opening, partial, likely, final, fault;
	usec stalls_after;
	struct babble_ear ear;
	char text[STT_TEXT_MAX];
	size_t n;
	size_t told;   /* letters that a partial has told */
	size_t unpaid; /* samples that were not reported */
	usec heard_until, quiet_at;
	bool likely_covers; /* nothing was said since the likely text */
	bool speaking;
	float endpoint;
	struct timer endpointing;
	struct fake_final finals[FAKE_STT_WAITING_MAX];
	size_t final_count;
};

extern const struct stt_ops fake_stt_ops;

/* The session dies. */
void fake_stt_fail(struct fake_stt *s);

/* It believes that the turn is over. */
void fake_stt_endpoint(struct fake_stt *s, float sure);

#endif
