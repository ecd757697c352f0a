/*
 * flow_model.h - one short question at a time to a language model
 *
 * What the flow uses a model for is never worth waiting for: a question has 800
 * milliseconds, and an empty answer is an answer. It comes from a timer, not from
 * inside the model.
 *
 * Threads: the shard's control loop. Layer: agent.
 */
#ifndef AGENT_FLOW_MODEL_H
#define AGENT_FLOW_MODEL_H

#include "base/buf.h"
#include "base/loop.h"
#include "provider/llm/llm.h"

#define FLOW_MODEL_LIMIT USEC_MS(800)
#define FLOW_MODEL_BYTES 2000 /* of an answer; a longer one is empty */

struct flow_model {
	struct llm *llm; /* NULL = there is none */
	struct loop *loop;
	uint32_t asked;
	bool asking;
	struct buf answer;
	struct timer timer;
	/* `answer` is valid until it returns; empty = there is none. May ask again or close. */
	void (*on_answer)(struct flow_model *m, struct str answer);
};

/* A zeroed model; on_answer is set by the owner. `ops` NULL = there is none. Returns 0, -ENOMEM, or what
 * llm_open() returns. */
int flow_model_open(struct flow_model *m, const struct llm_ops *ops, const void *config, struct loop *loop,
		    const struct usage_sink *usage) must_check;

/* Takes a zeroed model. */
void flow_model_close(struct flow_model *m);

/* Returns whether an answer will come. Only one question at a time. */
bool flow_model_ask(struct flow_model *m, struct str system, struct str question, unsigned tokens_max);

/* No answer will come any more. */
void flow_model_cancel(struct flow_model *m);

#endif
