/*
 * llm_told.h - what a dialect of a language model writes and reads, as text
 *
 * A stream of events goes in, one line a fact comes out:
 *
 *   text Hel
 *   tool 0 call_1 book {"da
 *   usage 10 0 5
 *   stop tool
 *   end
 *
 * Threads: the test's.
 */
#ifndef TESTS_UNIT_LLM_TOLD_H
#define TESTS_UNIT_LLM_TOLD_H

#include "provider/llm/llm_sse.h"

/* The facts of a whole stream; "= -EBADMSG" ends them where an event could not be read. Valid until the next
 * call. */
const char *llm_told(const struct llm_sse_dialect *d, const char *stream);

/* The body of a request; the next call frees it. */
const char *llm_asked(const struct llm_sse_dialect *d, const struct service *s, const struct llm_request *r);
const char *llm_url(const struct llm_sse_dialect *d, const struct service *s);

/* A conversation with two calls at once, answered late, and one that never was:
 * system, user, assistant "One moment." + call a, call b, user "Hello?", result b, result a, call c. */
extern const struct llm_request llm_history;

#endif
