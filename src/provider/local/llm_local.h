/*
 * llm_local.h - the language model that runs in this process, behind the llm contract
 *
 * A session thinks on the pool, one step a job: some of what it was asked, or
 * one token, which is told as soon as it is there. So calls take turns on the
 * workers, and what is cancelled takes no more than a step. Requests of one
 * session are answered one after the other.
 *
 *   ask -> [request, request] -> pool: step -> TEXT, again: step -> TEXT ... -> DONE
 *
 * A model that answers everybody at once answers nobody in time. So only a few
 * answers are in the making at a time, as many requests wait, and who comes after
 * them is refused at once: the next of the chain has all the time then.
 *
 * Tools are told to the model in words, and called by it in words (tool_words.h).
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_LLM_LOCAL_H
#define PROVIDER_LOCAL_LLM_LOCAL_H

#include "base/list.h"
#include "provider/llm/llm.h"

#define LLM_LOCAL_ASKS_MAX   8           /* of one session, waiting; more is -EAGAIN */
#define LLM_LOCAL_PIECES_MAX (64 * 1024) /* bytes of text in one step */

#define LLM_LOCAL_AT_ONCE     4  /* answers in the making, where nothing else is configured */
#define LLM_LOCAL_AT_ONCE_MAX 64 /* whatever is configured */

struct pool_port;
struct service;
struct thinking;

/* Who of one loop's sessions answers with a model, and who waits for that. */
struct llm_local_room {
	size_t at_once; /* may answer, and as many wait */
	size_t inside, waiting_count;
	struct list waiting;
};

void llm_local_room_init(struct llm_local_room *r, size_t at_once);

/* The `config` of llm_open(). What it points at outlives all sessions and their jobs. */
struct llm_local_config {
	const struct service *service; /* its name and limits */
	struct thinking *thinking;     /* NULL = it could not be opened: every request fails ... */
	const char *why;               /* ... with these words */
	struct pool_port *port;        /* of the session's loop */
	bool no_tools;                 /* the model is not told of them: one that cannot make use of them */
	struct llm_local_room *room;   /* of that loop and the model; NULL where there is no model. Unlike the
					* rest, the jobs do not need it */
};

extern const struct llm_ops llm_local_ops;

#endif
