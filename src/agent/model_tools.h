/*
 * model_tools.h - an agent's tools as a language model sees and calls them
 *
 * The tools the agent lists, and two of its own: transfer_to_human, where there
 * is somebody to transfer to, and end_call. A call is held against that list and
 * the tool's schema before anything is done; what is wrong goes back in words.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_MODEL_TOOLS_H
#define AGENT_MODEL_TOOLS_H

#include "agent/tool.h"
#include "base/json.h"
#include "provider/llm/llm.h"

#define MODEL_TOOLS_MAX      32   /* what an agent lists beyond is not offered */
#define MODEL_TOOLS_ARGS_MAX 24   /* members of a call's arguments */
#define MODEL_TOOLS_RESULT   6000 /* bytes of a result */

extern const char model_tools_transfer[]; /* "transfer_to_human" */
extern const char model_tools_end[];      /* "end_call" */

struct model_tools {
	struct llm_tool list[MODEL_TOOLS_MAX];
	size_t count;
};

/* Texts live in `arena` or for ever. Returns 0 or -ENOMEM. */
int model_tools_init(struct model_tools *t, const struct agent *a, struct arena *arena) must_check;

/* Holds a call against list and schema. Returns 0 and the arguments (json_free() them), -EBADMSG when it must
 * not be done (`words` are its result, JSON), or -ENOMEM. */
int model_tools_check(const struct model_tools *t, struct str name, struct str arguments, struct buf *words,
		      struct json **ret_arguments) must_check;

/* Fills in c->args, c->arg_count and c->key: the deed is named by session, tool and arguments, whatever their
 * order. Returns 0, -E2BIG over MODEL_TOOLS_ARGS_MAX, or -ENOMEM. */
int model_tools_fill(struct tool_call *c, struct str session, const struct json *arguments,
		     struct arena *arena) must_check;

/* The result for the model: {"outcome":"free","slot":{"value":"2026-11-24T10:30","say":"Tuesday ..."}}. NULL
 * = the tool could not work. */
void model_tools_result(const struct tool_result *r, struct buf *out);

#endif
