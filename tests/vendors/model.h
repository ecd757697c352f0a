/*
 * model.h - what the language models' simulators have in common: an answer in tokens
 *
 * The answer is the first of vendor_says whose `when` stands in the last thing
 * that was said to the model. A token is a word with the blank before it; what
 * comes in is counted by four bytes a token. "{n}" in a token becomes a number
 * that no other answer has. Tokens out are billed as they are
 * sent, so that an answer that was cut is billed as far as it went.
 *
 * Threads: the server's own.
 */
#ifndef TESTS_VENDORS_MODEL_H
#define TESTS_VENDORS_MODEL_H

#include "vendors/sim.h"

struct model {
	struct vendor_session *s;
	const struct vendor_answer *answer;
	uint64_t in, cached; /* tokens; `in` with what is cached */
	uint64_t out;        /* queued so far */
	void *arg;
};

/* Chooses the answer to `heard`, bills the input for a request of `bytes`. */
void model_begin(struct model *m, struct vendor_session *s, struct str heard, size_t bytes);

/* The next item's delay, and that it carries a token. */
usec model_token(struct model *m);

/* Calls `say` with each token of the answer's text, then `call` with each fragment of its tool's arguments;
 * each with the delay it has to use, at most `limit` of them (0 = all). Returns whether the limit cut it off.
 */
bool model_stream(struct model *m, uint64_t limit, void (*say)(struct model *m, usec delay, struct str token),
		  void (*call)(struct model *m, usec delay, struct str fragment));

/* Appends what the path holds: a text, or the `text` members of a list of parts, joined. */
void model_words(const struct json *content, struct buf *out);

#endif
