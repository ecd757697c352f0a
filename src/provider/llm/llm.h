/*
 * llm.h - a language model: messages in, words and tool calls out; the contract
 *
 * A session serves one call; a request is one answer. Text streams as it is
 * thought of; a tool call arrives whole, its arguments a JSON object that was
 * complete when the event came. Exactly one DONE or FAULT ends a request.
 *
 *   ask(7, messages, tools)   TEXT 7  TEXT 7  TOOL 7 ...  DONE 7 (usage)
 *
 * After llm_cancel(n) no event of a request numbered <= n arrives.
 * Events never arrive inside a llm_ call; close runs exactly once.
 *
 * Some vendors want back what their model thought before a call, or a signature
 * of it: that is the event's `carry`, which belongs unread into the message that
 * tells of the call. A model of another vendor ignores it.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_LLM_LLM_H
#define PROVIDER_LLM_LLM_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/str.h"
#include "provider/usage.h"

struct llm;
struct loop;

enum llm_role {
	LLM_SYSTEM,
	LLM_USER,
	LLM_ASSISTANT,
	LLM_TOOL, /* the result of a tool call */
};

struct llm_message {
	enum llm_role role;
	struct str text;      /* LLM_TOOL: the result, JSON */
	struct str tool_id;   /* LLM_TOOL: which call it answers; LLM_ASSISTANT: the call it made, or empty */
	struct str tool_name; /* likewise */
	struct str arguments; /* LLM_ASSISTANT with a call: JSON object */
	struct str carry;     /* LLM_ASSISTANT with a call: as the event had it; may be empty */
};

struct llm_tool {
	struct str name, description;
	struct str schema; /* JSON schema of the arguments */
};

struct llm_request {
	const struct llm_message *messages;
	size_t message_count;
	const struct llm_tool *tools;
	size_t tool_count;
	float temperature;      /* negative = the model's default */
	unsigned tokens_max;    /* of the answer, 0 = the model's default */
	usec first_token_limit; /* FAULT_STALLED when no token came by then; 0 = no limit */
};

enum llm_stop {
	LLM_STOP_END,
	LLM_STOP_LENGTH,
	LLM_STOP_TOOL, /* waits for results of the tools it called */
	LLM_STOP_REFUSED,
};

struct llm_usage {
	uint64_t tokens_in, tokens_cached, tokens_out;
};

enum llm_event_type {
	LLM_EV_TEXT,
	LLM_EV_TOOL,
	LLM_EV_DONE,
	LLM_EV_FAULT,
	LLM_EV_COUNT_
};

struct llm_event {
	enum llm_event_type type;
	uint32_t request;
	struct str text; /* TEXT: a piece; FAULT: the vendor's words, for the log. Valid during the event */
	struct str tool_id, tool_name, arguments, carry;
	enum llm_stop stop;
	struct llm_usage usage;
	enum fault fault;
	usec retry_after; /* FAULT_QUOTA: 0 = not told */
};

struct llm_sink {
	void (*on_event)(void *arg, const struct llm_event *ev);
	void *arg;
};

struct llm_params {
	struct loop *loop;
	struct llm_sink sink;
	struct usage_sink usage; /* nobody counts when zero */
};

enum {
	LLM_TOOLS = 1,
	LLM_LOCAL = 2,
};

struct llm_ops {
	const char *name;
	unsigned can;
	size_t state_size;
	int (*open)(struct llm *m, const void *config, const struct llm_params *params);
	int (*ask)(struct llm *m, uint32_t request, const struct llm_request *r);
	void (*cancel)(struct llm *m, uint32_t request);
	void (*close)(struct llm *m);
};

/* First member of every session; the host allocates ops->state_size zeroed bytes. */
struct llm {
	const struct llm_ops *ops;
	struct llm_sink sink;
	struct usage_sink usage;
	uint32_t asked, cancelled;
	bool closed;
};

/* Returns 0 or -errno. */
int llm_open(struct llm *m, const struct llm_ops *ops, const void *config,
	     const struct llm_params *params) must_check;

/* Numbers count up. What the request points at is borrowed for the duration of the call.
 * Returns 0, -EINVAL for a number that was used or cancelled or no messages, or -errno. */
int llm_ask(struct llm *m, uint32_t request, const struct llm_request *r) must_check;

void llm_cancel(struct llm *m, uint32_t request);

/* Takes a zeroed session. */
void llm_close(struct llm *m);

/* For implementations: drops what belongs to a cancelled request. */
void llm_emit(struct llm *m, const struct llm_event *ev);

#endif
