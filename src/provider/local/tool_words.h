/*
 * tool_words.h - tools for a model that knows nothing but text
 *
 * A model in this process is told of its tools in words, and calls them in
 * words, in the way of Hermes and Qwen, which many open models have learnt:
 *
 *   <tool_call>
 *   {"name": "calendar_lookup", "arguments": {"day": "2026-11-24"}}
 *   </tool_call>
 *
 * What it writes outside of such calls is spoken as it comes; of a mark that may
 * be about to begin nothing is.
 *
 * Threads: writing any; a reader its owner's. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_TOOL_WORDS_H
#define PROVIDER_LOCAL_TOOL_WORDS_H

#include "base/buf.h"
#include "provider/llm/llm.h"

#define TOOL_WORDS_OVERHEAD 256         /* bytes that a message may become longer by, names aside */
#define TOOL_WORDS_CALL_MAX (64 * 1024) /* bytes of a call */

/* What stands before the first message of a request with tools, or nothing. Before it: the message may say
 * what time it is, and what comes first need not be read anew for the next call. */
void tool_words_offer(const struct llm_request *r, struct buf *out);

/* A message as the model is to read it: its text, a call it made, a result. */
void tool_words_message(const struct llm_message *m, struct buf *out);

struct tool_reader {
	struct buf text; /* not passed on yet */
	size_t passed;   /* bytes of it that were, by the last tool_reader_next() */
	bool inside;     /* a call */
};

enum tool_read {
	TOOL_READ_NOTHING, /* until there is more */
	TOOL_READ_TEXT,
	TOOL_READ_CALL, /* what stands between the marks: see tool_words_call() */
};

void tool_reader_init(struct tool_reader *r);
void tool_reader_fini(struct tool_reader *r);

/* Forgets everything: another answer begins. */
void tool_reader_clear(struct tool_reader *r);

/* Takes a piece of an answer. Returns 0, -EMSGSIZE when a call is too long, or -ENOMEM. */
int tool_reader_feed(struct tool_reader *r, struct str piece) must_check;

/* The next of what was fed; `end`: nothing more comes. `*ret_what` is valid until the reader is used again.
 */
enum tool_read tool_reader_next(struct tool_reader *r, bool end, struct str *ret_what);

/* Name and arguments (a JSON object) of a call, into the buffers. Returns 0, -EBADMSG when it is none, or
 * -ENOMEM. */
int tool_words_call(struct str call, struct buf *name, struct buf *arguments) must_check;

#endif
