/*
 * thinkers.h - the language models in this process, as the configuration names them
 *
 * Each service of type llama-cpp is a GGUF file, opened once and shared by all
 * shards. One that cannot be opened does not keep the program from starting: its
 * service fails with the reason, and its chain goes on with the next.
 *
 *   providers:
 *     brain: {type: llama-cpp, model: /srv/models/qwen3-4b.gguf, window: 8192,
 *             extra: [library=/opt/llama/libllama.so, threads=4]}
 *
 * Threads: opened and closed on main while no service is used, read by all. Layer: app.
 */
#ifndef APP_THINKERS_H
#define APP_THINKERS_H

#include "app/config.h"
#include "provider/local/llama_door.h"

struct thinking;

struct thinker {
	struct thinking *thinking; /* NULL = there is none, and why */
	struct llama_words why;
};

/* Zeroed is without models. */
struct thinkers {
	struct thinker *list; /* [providers] of the configuration; NULL = none of them is one */
	size_t count;
};

/* Blocks for seconds. Returns 0 or -ENOMEM. */
int thinkers_open(const struct config *c, struct thinkers *ret_thinkers) must_check;

/* After all sessions and their jobs. Takes a zeroed one. */
void thinkers_close(struct thinkers *t);

#endif
