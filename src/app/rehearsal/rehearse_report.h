/*
 * rehearse_report.h - what became of the rehearsals: for people, and as JSON
 *
 * The JSON form:
 *
 *   {"seed":813207,
 *    "calls":[{"name","ok","late","outcome","again",
 *              "turns":[{"caller","again","heard","agent","response_ms","cached","stages":{"quiet", ...}}],
 *              "expectations":[{"what","ok","found"}]}],
 *    "response_ms":{"p50","p95","p99"},"word_error_rate":0.03}
 *
 * Times are in milliseconds; what was not measured is null. "again" of a turn is the
 * how-manieth repetition it is, of a call how many there were; "late" is a call that
 * failed by the time of an answer and nothing else.
 *
 * Threads: the owner's only. Layer: app.
 */
#ifndef APP_REHEARSAL_REHEARSE_REPORT_H
#define APP_REHEARSAL_REHEARSE_REPORT_H

#include "app/rehearsal/rehearse_call.h"
#include "base/buf.h"

struct rehearse_percentiles {
	usec p50, p95, p99;
	size_t count;
};

/* Sorts values[n] and reads them, each the smallest that so many per cent do not exceed. */
struct rehearse_percentiles rehearse_report_percentiles(usec *values, size_t n);

/* Words that were understood wrongly, for each that was said; negative when nothing was said. */
double rehearse_report_word_error_rate(const struct rehearse_call *calls, size_t n);

/* One line about a call, and one for each expectation that does not hold. */
void rehearse_report_call(const struct rehearse_call *call, bool colour, struct buf *out);

/* All calls, the response times and where everything lies. Returns 0 or -ENOMEM. */
int rehearse_report_print(const struct rehearse_call *calls, size_t n, bool colour,
			  struct buf *out) must_check;

/* `seed` is the one of all noise and lost packets. */
int rehearse_report_json(const struct rehearse_call *calls, size_t n, uint64_t seed,
			 struct buf *out) must_check;

#endif
