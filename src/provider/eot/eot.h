/*
 * eot.h - was that a whole thought? the end-of-turn judge; the contract
 *
 * The caller has gone quiet. How long must the quiet last before it is our
 * turn? A judge weighs what was said so far and what the conversation expects
 * (a yes, ten digits, anything) and names the silence to wait for, measured
 * from the end of the speech. It is asked again whenever something new is
 * known: a better text, the recogniser's own opinion.
 *
 *   speech ends --- partial --- likely text --- [hangover over] -> our turn
 *                   judge       judge
 *
 * `eot_words` is the judge that is always there: it reads words, not sound.
 *
 * Threads: any; a judge has no state. Layer: provider.
 */
#ifndef PROVIDER_EOT_EOT_H
#define PROVIDER_EOT_EOT_H

#include <stdbool.h>

#include "base/str.h"

/* What the flow asked for. */
enum eot_expect {
	EOT_ANYTHING,
	EOT_YES_NO,
	EOT_DIGITS,   /* dictated in groups, with pauses */
	EOT_SPELLING, /* letters, an e-mail address */
	EOT_NAME,     /* said, or spelled */
	EOT_DATE_TIME,
	EOT_BIRTH, /* a date with its year */
	EOT_EXPECT_COUNT_,
};

enum eot_reason {
	EOT_NO_WORDS,  /* nothing recognised yet */
	EOT_COMPLETE,  /* a whole sentence */
	EOT_SHORT,     /* the yes or no that was asked for, a thank-you */
	EOT_OPEN,      /* no sign either way */
	EOT_DANGLING,  /* "and", "to", a filler: more will come */
	EOT_DICTATING, /* digits or letters are still missing */
	EOT_DICTATED,  /* all the digits that were asked for */
	EOT_ENDPOINT,  /* the recogniser is sure */
	EOT_TOO_LONG,  /* not a judge's: the host has cut off a monologue */
	EOT_REASON_COUNT_,
};

struct eot_input {
	struct str text; /* the best text so far */
	enum eot_expect expect;
	unsigned digits_wanted; /* EOT_DIGITS: how many make it whole, 0 = not known */
	float endpoint;   /* the recogniser's probability that the turn is over, negative = no opinion */
	usec pause_usual; /* longest pause this caller has made inside a turn, 0 = none yet */
};

struct eot_verdict {
	usec hangover; /* silence to wait for, from the end of the speech */
	enum eot_reason reason;
};

struct eot_ops {
	const char *name;
	void (*judge)(const struct eot_input *in, struct eot_verdict *ret_verdict);
};

extern const struct eot_ops eot_words;

/* "complete", "dangling" ...; never NULL. */
const char *eot_reason_name(enum eot_reason r);

/* How many digits the text holds, spoken ("four two", "double seven") or written. */
unsigned eot_count_digits(struct str text);

#endif
