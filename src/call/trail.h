/*
 * trail.h - everything a call did, as it happened
 *
 * One line of JSON an event, with its offset from the start of the call in
 * microseconds. Transcript, latencies, cost and replay are views of it. The
 * lines are handed on as they are made; where they are kept is the sink's
 * business (a file by way of the writer thread, memory in a test).
 *
 *   trail_begin(t, now, "turn");
 *   json_str(&t->json, "text", text);
 *   trail_end(t);                    // {"usec":1234567,"event":"turn","text":"..."}
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_TRAIL_H
#define CALL_TRAIL_H

#include "base/json.h"

#define TRAIL_LINE_MAX (32u * 1024)

struct trail_sink {
	void (*line)(void *arg, struct str line); /* with its newline; borrowed */
	void *arg;
};

struct trail {
	usec start;
	struct trail_sink sink;
	struct buf line;
	struct json_out json;
	uint64_t lost; /* lines that were too long or had no memory */
};

void trail_init(struct trail *t, usec start, const struct trail_sink *sink);
void trail_fini(struct trail *t);

/* Begins a line about what happened at `at`. The caller adds fields to t->json, then ends it. */
void trail_begin(struct trail *t, usec at, const char *event);
void trail_end(struct trail *t);

/* A moment of the call as an offset, for a field; 0 stays 0 ("did not happen"). */
usec trail_offset(const struct trail *t, usec at);

#endif
