/*
 * openai.h - chat completions: what those who speak them have in common
 *
 * OpenAI's protocol became everybody's. The servers differ in their address, in
 * how they want the key, and in a name or two; all of that is data.
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_LLM_OPENAI_H
#define PROVIDER_LLM_OPENAI_H

#include "provider/llm/llm_sse.h"

#define OPENAI_ENDPOINT "/chat/completions"

/* A dialect's `variant`. */
struct openai_variant {
	const char *path;  /* behind the host */
	const char *limit; /* what the bound of the answer is called */
	bool padded;       /* its events carry random padding unless that is declined */
};

extern const struct llm_sse_code openai_codes[];

/* The service's url or `fallback`, which may be the host, the base or the whole endpoint. */
void openai_join(const struct service *s, const char *fallback, const char *path, struct buf *out);

/* The functions of a dialect. */
void openai_url(const struct service *s, const struct llm_sse_dialect *d, struct buf *out);
void openai_ask(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		struct json_out *w);
int openai_read(const struct llm_sse_dialect *d, const struct json *event,
		const struct llm_teller *tell) must_check;

/* How a message and a call are written: the members of a map that is open, behind the role of a message. */
struct openai_form {
	void (*message)(struct json_out *w, const struct llm_message *m);
	void (*call)(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_message *m);
};

/* The history as `messages`: a message of the agent's has the calls that belong to it. */
void openai_messages(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_request *r,
		     const struct openai_form *form);

/* The list of tools as `tools`, if there are any; others have taken over its form. */
void openai_tools(struct json_out *w, const struct llm_request *r);

/* In a dialect's row. */
#define OPENAI_SPEAKS \
	.form = SSE_EVENTS, .done = "[DONE]", .codes = openai_codes, .body = openai_ask, .read = openai_read
#define OPENAI_BEARER .key_header = "Authorization", .key_prefix = "Bearer "

#endif
