/*
 * llm_bodies.h - what is asked of the vendors whose requests fill a file of their own
 *
 * Each writes the members of a request's JSON map, as struct llm_sse_dialect's
 * `body`; how the answer is read stands with the dialect.
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_LLM_LLM_BODIES_H
#define PROVIDER_LLM_LLM_BODIES_H

#include "provider/llm/llm_sse.h"

void anthropic_body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		    struct json_out *w);
void gemini_body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct json_out *w);
void openai_responses_body(const struct service *s, const struct llm_sse_dialect *d,
			   const struct llm_request *r, struct json_out *w);

#endif
