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
 * What all calls of an agent have in common, its persona and its tools, a model
 * reads before the first call.
 *
 * Threads: opened and closed on main while no service is used, read by all. Layer: app.
 */
#ifndef APP_THINKERS_H
#define APP_THINKERS_H

#include "app/agents.h"
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

/* Blocks for seconds. Returns 0 or -ENOMEM. What `extra` says and we do not know is a reason to have no
 * model. */
int thinkers_open(const struct config *c, struct thinkers *ret_thinkers) must_check;

/* Has them read what the agents' calls begin with: seconds each. That it fails is no failure: a call reads
 * it then, or hears why not. */
void thinkers_prepare(struct thinkers *t, const struct agents *a);

/* Whether the service's model is told of tools: `extra: [tools=no]` spares it. */
bool thinkers_use_tools(const struct service *s);

/* After all sessions and their jobs. Takes a zeroed one. */
void thinkers_close(struct thinkers *t);

#endif
