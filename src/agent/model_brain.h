/*
 * model_brain.h - a language model as a brain
 *
 * The model is told who it is, what it may do and what was said, and its words
 * go out as they come. What the agent must do whatever a model thinks is decided
 * before it is asked: emergencies, the wish for a human, card numbers, limits.
 *
 *   heard --guards--> ask model --text--> BRAIN_SAY, word by word
 *             |           ^  '---tool call--> schema, policy --> tool on the store's thread
 *             |           '------------------ result -----------------'
 *             '--> phrases of the agent, transfer, hang-up
 *
 * Its history holds what the caller said and what of its own words was heard.
 * transfer_to_human and end_call are tools of its own. A model that fails is
 * asked once more, and begins its answer again; one that fails twice, or that
 * calls tools without end, is apologised for, and a human takes over.
 *
 * Threads: the shard's control loop. Layer: agent.
 */
#ifndef AGENT_MODEL_BRAIN_H
#define AGENT_MODEL_BRAIN_H

#include "agent/agent.h"
#include "agent/brain.h"
#include "agent/session.h"
#include "base/pool.h"
#include "provider/llm/llm.h"
#include "store/store.h"

struct model_brain_service {
	const struct llm_ops *ops; /* NULL = none */
	const void *config;        /* of llm_open(): a service, or a chain of them; outlives the brain */
	size_t window;             /* tokens it takes in and puts out together; 0 = 8192 */
};

struct model_brain_params {
	const struct agent *agent; /* outlives the brain */
	struct session session;    /* likewise its texts */
	struct civil_date today;   /* on the agent's wall, now */
	int minute;
	struct brain_sink sink;
	struct loop *loop;
	struct model_brain_service fast; /* for the live turn */
	struct model_brain_service deep; /* for hard ones, by the agent's rules; none = fast */
	struct usage_sink usage;
	struct store *store;     /* NULL = tools fail */
	struct pool_port *deeds; /* the store's thread */
};

/* Ends with brain_close(). The port must stay open until nothing is pending in it. Returns 0, -EINVAL without
 * a fast service, -ENOMEM, or what llm_open() returns. */
int model_brain_open(const struct model_brain_params *p, struct brain **ret_brain) must_check;

#endif
