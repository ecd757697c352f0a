/*
 * said.h - what the callers of a measurement said, beside what the server made of it
 *
 * Reads the notes of callers.c and finds each call's trail and recording by its
 * Call-ID. Times are offsets from the answer, in both.
 *
 * Threads: the owner's only. Layer: bench.
 */
#ifndef BENCH_SAID_H
#define BENCH_SAID_H

#include "app/trail_summary.h"
#include "base/arena.h"

#define SAID_CALLS_MAX 64
#define SAID_PATH_MAX  512

struct said_line {
	struct str text;
	usec at;        /* its first audible sample, by the caller's clock */
	size_t samples; /* from that one behind the last */
	bool into;      /* the agent was speaking */
};

struct said_call {
	struct str id;
	struct said_line *lines; /* the first only starts the conversation */
	size_t line_count;
	struct trail_summary *trail;   /* NULL = not found */
	char recording[SAID_PATH_MAX]; /* empty = not found */
};

struct said {
	struct arena arena;
	struct said_call calls[SAID_CALLS_MAX];
	size_t count;
	char error[SAID_PATH_MAX + 100];
};

/* Reads dir/said.jsonl and what lies in dir/calls. Returns 0, or -errno with s->error telling; said_fini() in
 * both cases. */
int said_read(struct said *s, const char *dir) must_check;
void said_fini(struct said *s);

/* From the answer to where line i's time ends: the next line's beginning. */
usec said_until(const struct said_call *call, size_t i);

/* The trail's next turn of line i; *at is 0 before the first. NULL when there is no more. */
const struct trail_turn *said_next_turn(const struct said_call *call, size_t i, size_t *at);

#endif
