/*
 * reading.h - what a model has read for a call, and the store of what no call needs any more
 *
 * A reading is a run of llama.cpp with the tokens it has decoded. All calls of an
 * agent begin alike (its persona, its tools), and to read that takes a processor
 * seconds. So a reading is given back when its call ends, and a call that begins
 * takes the one that holds most of what it asks.
 *
 *   take(tokens) --> the idle one with the longest common beginning, or a new one
 *   give_back    --> idle, or freed when there are enough
 *
 * Threads: init and fini on main, the others any; a reading one at a time. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_READING_H
#define PROVIDER_LOCAL_READING_H

#include "provider/local/llama_door.h"

#define READINGS_MAX      32 /* of one model, idle ones included: each takes the memory of a window */
#define READINGS_IDLE_MAX 4

struct reading {
	struct llama_run *run;
	size_t read;      /* tokens decoded, the first of ... */
	int32_t tokens[]; /* ... these; [window] */
};

struct readings {
	struct llama_weights *weights;
	size_t window;
	int threads;
	atomic_size_t count;
	_Atomic(struct reading *) idle[READINGS_IDLE_MAX];
};

/* The weights outlive it. */
void readings_init(struct readings *rs, struct llama_weights *w, size_t window, int threads);

/* After all readings were given back. Takes a zeroed one. */
void readings_fini(struct readings *rs);

/* One to read tokens[count] with; decoding gives up when `stop` becomes true. Blocks: on the pool only.
 * Returns 0, -EBUSY when there are too many, or as llama_door_run(). */
int readings_take(struct readings *rs, const int32_t *tokens, size_t count, const atomic_bool *stop,
		  struct reading **ret_reading) must_check;

/* Takes NULL. Returns NULL. */
struct reading *readings_give_back(struct readings *rs, struct reading *r);

/* How many of tokens[count] it need not read again. Never all: what comes next is told by decoding the last.
 */
size_t reading_known(const struct reading *r, const int32_t *tokens, size_t count);

#endif
