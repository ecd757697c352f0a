/*
 * rehearse_report.h - what became of the rehearsals: for people, and as JSON
 *
 * Each call is held against what its script expects; the answers' times are
 * put in order. The JSON form:
 *
 *   {"calls":[{"name","ok","outcome","turns":[{"caller","heard","agent","response_ms","cached","stages"}],
 *     "expectations":[{"what","ok","found"}]}],
 *    "response_ms":{"p50","p95","p99"},"word_error_rate":0.03}
 *
 * Threads: the owner's only. Layer: app.
 */
#ifndef APP_REHEARSE_REPORT_H
#define APP_REHEARSE_REPORT_H

#include "app/caller.h"
#include "app/trail_summary.h"
#include "base/buf.h"

#define REHEARSE_EXPECTATIONS_MAX 64

struct rehearse_expectation {
	struct str what;  /* "outcome is booked" */
	struct str found; /* what was instead, when it does not hold */
	bool ok;
};

/* One call, when it is over. Texts live in the arena of its maker. */
struct rehearse_call {
	const struct rehearsal *rehearsal;
	const struct caller *caller;         /* NULL if it was never dialled */
	const struct trail_summary *summary; /* NULL if there is no trail */
	struct str trail, recording;         /* where they lie */
	struct rehearse_expectation expectations[REHEARSE_EXPECTATIONS_MAX];
	size_t expectation_count;
	bool ok;
};

struct rehearse_percentiles {
	usec p50, p95, p99;
	size_t count;
};

/* Holds the call against its script; `arena` for the texts. Returns 0 or -ENOMEM. */
int rehearse_judge(struct rehearse_call *call, struct arena *arena) must_check;

/* Sorts values[n] and reads them. */
struct rehearse_percentiles rehearse_percentiles(usec *values, size_t n);

/* Word errors of what was understood against what was said, over all calls; negative without words. */
double rehearse_word_error_rate(const struct rehearse_call *calls, size_t n);

void rehearse_print(const struct rehearse_call *calls, size_t n, struct buf *out);
void rehearse_print_json(const struct rehearse_call *calls, size_t n, struct buf *out);

#endif
