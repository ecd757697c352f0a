/*
 * breaker.h - whether a service is worth asking at the moment
 *
 * One for each service and control loop, shared by all its calls. A service that fails again and
 * again is left alone for a while, so that no caller waits for it; then one single piece of work
 * probes it. A probe that succeeds brings it back, one that fails makes the next pause longer.
 *
 *            faults in a window              the pause is over
 *   CLOSED ----------------------> OPEN <------------------------> HALF_OPEN --success--> CLOSED
 *                                            the probe failed
 *
 * What counts depends on the fault. CONFIG and AUTH will not go away by themselves: open at once,
 * and long. QUOTA with a time to wait opens for that time. The others are counted, and weighed
 * against what went well: one that fails now and then is still better than none.
 *
 *   if (breaker_ask(b, now, &pass)) {
 *           ... work ...
 *           breaker_succeeded(b, &pass, now);
 *           breaker_released(b, &pass);
 *   }
 *
 * Threads: the control loop that owns it. Layer: provider.
 */
#ifndef PROVIDER_BREAKER_H
#define PROVIDER_BREAKER_H

#include <stdbool.h>

#include "base/def.h"
#include "base/fault.h"

#define BREAKER_RECENT      16             /* results that are remembered */
#define BREAKER_RETRY_MAX   USEC_SEC(3600) /* longer than that no vendor is believed */
#define BREAKER_FAULT_KINDS (FAULT_OVERLOAD + 1)

enum breaker_state {
	BREAKER_CLOSED,
	BREAKER_OPEN,
	BREAKER_HALF_OPEN,
};

struct breaker_rules {
	unsigned faults;  /* so many, at most BREAKER_RECENT ... */
	usec window;      /* ... within so long open it ... */
	unsigned share;   /* ... if they are so many percent of the newest results in that time */
	usec pause_first; /* before the first probe; doubles with each that fails */
	usec pause_max;
	usec pause_wrong; /* CONFIG and AUTH: somebody has to repair it */
	usec probe_max;   /* a probe that has not ended by then is given up, and another may begin */
};

extern const struct breaker_rules breaker_rules_default;

/* All fields may be read, none written. */
struct breaker {
	const struct breaker_rules *rules;
	enum breaker_state state; /* as of the last call; see breaker_read() */
	usec until;               /* OPEN: when a probe may be made */
	usec pause;               /* of the next opening */
	uint32_t probe;           /* number of the one that is out; 0 = none */
	uint32_t probes;          /* so many were made */
	usec probe_at;
	bool paused; /* OPEN because it asked for a pause */
	struct breaker_result {
		usec at;
		bool good;
	} recent[BREAKER_RECENT]; /* a ring */
	unsigned next, count;
	enum fault last; /* FAULT_NONE: there was none yet */
	uint64_t faults[BREAKER_FAULT_KINDS];
	uint64_t opened, refused, succeeded;
};

/* What was let through; zeroed = nothing. Belongs to whoever does the work. */
struct breaker_pass {
	bool held;
	uint32_t probe; /* 0 = it is none */
};

/* `rules` outlives it. */
void breaker_init(struct breaker *b, const struct breaker_rules *rules);

/* In all of the following NULL for a breaker is a service that is always worth asking. */

/* Whether to ask the service now. With true, `*ret_pass` is held until it has failed or is released; with
 * false it is untouched. */
bool breaker_ask(struct breaker *b, usec now, struct breaker_pass *ret_pass) must_check;

/* The same for work that would otherwise fail for certain: a service that has only asked for a pause (QUOTA)
 * is asked all the same. */
bool breaker_insist(struct breaker *b, usec now, struct breaker_pass *ret_pass) must_check;

/* The work goes well: a probe is over, and the service is back. The pass stays held. */
void breaker_succeeded(struct breaker *b, struct breaker_pass *pass, usec now);

/* The work went wrong, or ended. A pass that is not held is ignored. A `retry_after` of 0 = not told. */
void breaker_failed(struct breaker *b, struct breaker_pass *pass, usec now, enum fault fault,
		    usec retry_after);
void breaker_released(struct breaker *b, struct breaker_pass *pass);

/* The state at `now`: an OPEN one whose pause is over is HALF_OPEN. */
enum breaker_state breaker_read(const struct breaker *b, usec now);

/* "closed", "open", "half open". */
const char *breaker_state_name(enum breaker_state s);

#endif
