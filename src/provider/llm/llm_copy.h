/*
 * llm_copy.h - a request that outlives the call it was made in
 *
 * What an llm_request points at is borrowed; who wants to ask again later, or
 * somebody else, keeps a copy: one block with all of it.
 *
 * Threads: the owner's only. Layer: provider.
 */
#ifndef PROVIDER_LLM_LLM_COPY_H
#define PROVIDER_LLM_LLM_COPY_H

#include "provider/llm/llm.h"

#define LLM_COPY_BYTES_MAX (4u * 1024 * 1024)

/* Returns 0, -EMSGSIZE or -ENOMEM. */
int llm_copy_new(const struct llm_request *r, struct llm_request **ret_copy) must_check;

/* Takes NULL. Returns NULL. */
struct llm_request *llm_copy_free(struct llm_request *copy);

#endif
