/*
 * llm_chain.h - several language models as one that answers
 *
 * Asks the first of its list that the breaker allows. As long as nothing of an
 * answer was delivered, a fault only means that the next is asked. Once a piece
 * of text or a tool call was, the answer is that model's: its FAULT goes up,
 * because two models do not finish each other's sentences, and what was said may
 * have been heard. The host decides, and its next request goes to another link.
 *
 *   ask 7 --> [ fast ] FAULT          ask 8 --> [ fast ] .........
 *         '-> [ spare ] TEXT DONE            '-> [ spare ] TEXT     after hedge_after; fast is cancelled
 *
 * With `hedge_after`, a model that has said nothing by then gets a rival, and the
 * first that speaks answers. Both are billed, and both report their usage.
 *
 * Requests are answered one after another. A limit for the first token counts for
 * each model anew.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_LLM_LLM_CHAIN_H
#define PROVIDER_LLM_LLM_CHAIN_H

#include "provider/chain.h"
#include "provider/llm/llm.h"

#define LLM_CHAIN_WAITING_MAX 4 /* requests; more are refused with -EBUSY */

struct llm_link {
	struct str name; /* of the service */
	const struct llm_ops *ops;
	const void *config;
	struct breaker *breaker; /* NULL: always worth trying */
};

/* Constant once initialised, shared by the sessions of a control loop, outlives them. */
struct llm_chain_config {
	struct llm_ops ops; /* made by llm_chain_init(): open sessions with these */
	struct llm_link links[CHAIN_LINKS_MAX];
	size_t count;
	usec hedge_after; /* 0 = never */
	struct chain_watch watch;
};

/* Links, hedge and watch are filled in. A request with tools goes only to links that can use them. */
void llm_chain_init(struct llm_chain_config *c);

#endif
