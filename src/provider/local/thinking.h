/*
 * thinking.h - the engine behind the local language model; the contract and its maker
 *
 * A model is opened once and shared by all calls. A thought is one call's
 * conversation with it: what it has read stays (reading.h), so that only what is
 * new in the next request has to be read. It goes on in steps that a worker can take
 * between other work: some of what was asked, or one token of the answer.
 *
 * Threads: opened and closed on main; each thought any thread, one at a time.
 * Layer: provider.
 */
#ifndef PROVIDER_LOCAL_THINKING_H
#define PROVIDER_LOCAL_THINKING_H

#include <stdatomic.h>

#include "base/buf.h"
#include "provider/llm/llm.h"
#include "provider/local/llama_door.h"

#define THINKING_WINDOW      4096  /* tokens, where nothing else is configured */
#define THINKING_WINDOW_MAX  32768 /* whatever is configured: the memory of each call grows with it */
#define THINKING_THREADS_MAX 64

enum {
	THINKING_MORE = 1, /* of thinking_step(): it goes on */
};

struct thinking;
struct thought;

/* What came of the steps since thinking_ask(). */
struct thinking_out {
	struct buf text; /* made, emptied and freed by the caller; may end within a character */
	struct llm_usage usage;
	enum llm_stop stop; /* when it is at its end */
};

struct thinking_ops {
	int (*open)(struct thinking *t, const atomic_bool *stop, struct thought **ret_thought);
	int (*ask)(struct thought *th, const struct llm_request *r, struct llama_words *err);
	int (*step)(struct thought *th, struct thinking_out *out);
	void (*shut)(struct thought *th);
	void (*close)(struct thinking *t);
};

/* First member of every engine, and of what it makes for a call. */
struct thinking {
	const struct thinking_ops *ops;
	size_t window; /* tokens, question and answer together */
};

struct thought {
	const struct thinking_ops *ops;
};

struct thinking_config {
	const char *libllama, *model; /* llama_door.h; the path of the GGUF */
	const char *form;             /* struct llama_file */
	size_t window;                /* tokens; 0 = THINKING_WINDOW; never more than it was trained for */
	int threads;                  /* of one step; 0 = 1 */
};

/* The engine of llama.cpp. Blocks for seconds. Returns as llama_door_open() and llama_door_weights(). */
int thinking_open(const struct thinking_config *c, struct llama_words *err,
		  struct thinking **ret_thinking) must_check;

/* After all its thoughts. Takes NULL. Returns NULL. */
struct thinking *thinking_close(struct thinking *t);

/* The rest blocks: on the pool only. Steps give up when `stop`, which outlives the thought, becomes true. */

/* Returns 0 or -ENOMEM. */
int thought_open(struct thinking *t, const atomic_bool *stop, struct thought **ret_thought) must_check;

/* Takes NULL. Returns NULL. */
struct thought *thought_shut(struct thought *th);

/* Begins an answer; one that was begun is forgotten. Tools are told in words (tool_words.h). Returns 0,
 * -EMSGSIZE when it does not fit into the window, -ENOTSUP when its template cannot say it, -EBUSY when too
 * many calls have a conversation with the model, -ELIBBAD, -ENOMEM. */
int thought_ask(struct thought *th, const struct llm_request *r, struct llama_words *err) must_check;

/* Returns THINKING_MORE, 0 at the end, -ECANCELED, -EIO, -ENOMEM. */
int thought_step(struct thought *th, struct thinking_out *out) must_check;

#endif
