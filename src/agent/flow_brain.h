/*
 * flow_brain.h - the flow as a brain: it answers on the loop and thinks elsewhere
 *
 * Meanings are found on a pool of models, tools run on the store's thread; both
 * come back as events. A language model may be asked what somebody meant when
 * that is not clear, and how to say something; it has 800 ms for each. A question that is withdrawn while a
 * tool works is let finish: what was done is said at the beginning of the next answer.
 *
 * Threads: the shard's control loop. Layer: agent.
 */
#ifndef AGENT_FLOW_BRAIN_H
#define AGENT_FLOW_BRAIN_H

#include "agent/flow.h"
#include "base/pool.h"
#include "provider/llm/llm.h"

struct flow_brain_params {
	struct flow_params flow; /* what it points at must outlive the brain; today and minute are of now */
	struct brain_sink sink;
	struct loop *loop;
	struct embed *embed;      /* NULL = exact phrases only */
	struct pool_port *models; /* where meanings are found */
	const struct llm_ops
		*llm; /* for what the agent's `model` wants to be understood or worded; NULL = none */
	const void *llm_config; /* of llm_open(): a service, or a chain of them; outlives the brain */
	struct usage_sink usage;
	struct store *store;     /* NULL = tools fail */
	struct pool_port *deeds; /* the store's thread */
};

/* Ends with brain_close(). The ports must stay open until nothing is pending in them. Returns 0, -EINVAL as
 * flow_open(), -ENOMEM, or what llm_open() returns. */
int flow_brain_open(const struct flow_brain_params *p, struct brain **ret_brain) must_check;

/* What was said, heard, understood and done: one JSON object a line. Valid until the next input. */
struct str flow_brain_history(const struct brain *b);

#endif
