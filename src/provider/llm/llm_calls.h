/*
 * llm_calls.h - the tool calls of one answer, put together from fragments
 *
 * Fragments name their call by index, by id, or by coming after the last one; id
 * and name come in the first only. Servers differ: some give several whole calls
 * the same index, so a new id at a known index is a new call.
 *
 * Threads: the owner's only. Layer: provider.
 */
#ifndef PROVIDER_LLM_LLM_CALLS_H
#define PROVIDER_LLM_LLM_CALLS_H

#include "provider/llm/llm_sse.h"

#define LLM_CALLS_MAX          16
#define LLM_CALL_NAME_MAX      128
#define LLM_CALL_ID_MAX        128
#define LLM_CALL_ARGUMENTS_MAX (64u * 1024)
#define LLM_CALL_CARRY_MAX     (128u * 1024) /* thoughts are long */

struct llm_call {
	int64_t index;
	char id[LLM_CALL_ID_MAX], name[LLM_CALL_NAME_MAX];
	struct buf arguments, carry;
};

struct llm_calls {
	struct llm_call *at[LLM_CALLS_MAX];
	size_t count;
	struct buf carry; /* for the next call */
};

void llm_calls_init(struct llm_calls *c);
void llm_calls_fini(struct llm_calls *c);

/* A fragment (LLM_FACT_TOOL). Returns 0, -EBADMSG for one that belongs to no call, -EMSGSIZE or -ENOMEM. */
int llm_calls_add(struct llm_calls *c, const struct llm_fact *fragment) must_check;

/* A piece of LLM_FACT_CARRY. Returns 0, -EMSGSIZE or -ENOMEM. */
int llm_calls_carry(struct llm_calls *c, struct str piece) must_check;

/* Whether all calls have a name and a JSON object as arguments ({} for none). Gives those without an id one
 * of ours, "call_<request>_<i>". Returns 0, -EBADMSG or -ENOMEM. */
int llm_calls_complete(struct llm_calls *c, uint32_t request) must_check;

#endif
