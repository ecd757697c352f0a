/*
 * tool.h - what an agent may do besides talking; the contract
 *
 * A tool gets named values and answers with an outcome that the flow's edges
 * name ("booked", "taken") and more named values, each in a form for machines
 * and in a form for the ear. Whoever asks names a key for the deed: asked again
 * with the same key, a tool answers what it answered before and does nothing
 * twice.
 *
 * Threads: tool_run() blocks: the store's thread. Layer: agent.
 */
#ifndef AGENT_TOOL_H
#define AGENT_TOOL_H

#include "agent/agent.h"
#include "base/arena.h"
#include "store/store.h"

#define TOOL_VALUES_MAX 12

struct tool_value {
	struct str name, value, spoken;
};

struct tool_call {
	struct str name;
	const struct agent *agent;
	struct str key; /* of the deed: the session and what is asked for; "" = nothing is changed */
	struct civil_date today;
	int minute;
	const struct tool_value *args;
	size_t arg_count;
};

struct tool_result {
	struct str outcome; /* "error" when the tool could not work */
	struct tool_value values[TOOL_VALUES_MAX];
	size_t count;
};

struct tool_ops {
	const char *name;
	const char *about;  /* for a language model */
	const char *schema; /* of the arguments, JSON schema */
	int (*run)(struct store *s, const struct tool_call *c, struct arena *a, struct tool_result *r);
};

/* NULL when there is no such tool. */
const struct tool_ops *tool_find(struct str name);

/* Results live in `a`. A tool that the agent does not list, or that is unknown, is -EPERM. Returns 0 (also
 * for outcomes that refuse), -EPERM, -ENOMEM, or the store's error. */
int tool_run(struct store *s, const struct tool_call *c, struct arena *a,
	     struct tool_result *ret_result) must_check;

/* The argument's value; empty when there is none. */
struct str tool_arg(const struct tool_call *c, const char *name);

/* For implementations: names a value of the result; the texts are not copied. More than TOOL_VALUES_MAX is a
 * bug. */
void tool_value_add(struct tool_result *r, const char *name, struct str value, struct str spoken);

#endif
