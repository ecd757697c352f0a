#include <errno.h>

#include "agent/model_parts.h"

#define TOOL_LIMIT USEC_SEC(5) /* to begin */

static void give_result(struct model_brain *b, struct str id, const struct tool_result *result)
{
	struct buf out;

	buf_init(&out, MODEL_TOOLS_RESULT);
	model_tools_result(result, &out);
	if (out.error) {
		buf_clear(&out);
		model_tools_result(NULL, &out);
	}
	/* without memory for it the context says that it is not known */
	if (!out.error)
		(void)!context_result(&b->context, id, buf_str(&out));
	buf_fini(&out);
}

/* What a human will be told when they take over. */
static void remember_facts(struct model_brain *b)
{
	struct str name = tool_arg(&b->call, "name");

	if (!str_empty(name))
		str_copy(name, b->name, sizeof(b->name));
	for (size_t i = 0; i < b->result.count; i++)
		if (str_eq(b->result.values[i].name, STR("patient")))
			str_copy(b->result.values[i].value, b->contact, sizeof(b->contact));
}

static void run(struct pool_job *j)
{
	struct model_brain *b = CONTAINER_OF(j, struct model_brain, job);

	b->rc = tool_run(b->p.store, &b->call, &b->job_arena, &b->result);
}

static void done(struct pool_job *j, enum pool_end end)
{
	struct model_brain *b = CONTAINER_OF(j, struct model_brain, job);
	bool ok = end == POOL_DONE && b->rc == 0;

	b->working = b->impatient = false;
	timer_stop(&b->patience);
	if (!b->dying) {
		b->emitting = true;
		give_result(b, str_from(b->job_id), ok ? &b->result : NULL);
		if (ok)
			remember_facts(b);
		model_note(b, "outcome", ok ? b->result.outcome : STR("error"));
		arena_fini(&b->job_arena);
		if (b->input == MODEL_NOTHING && !b->dying)
			model_next_call(b);
		b->emitting = false;
	}
	model_settle(b);
}

/* Returns 0, or -errno when it cannot be done. */
static int submit(struct model_brain *b, const struct model_call *c, const struct json *arguments)
{
	const struct tool_ops *ops = tool_find(str_from(c->name));
	int rc;

	if (!ops || !b->p.store || !b->p.deeds)
		return -EPERM;
	b->call = (struct tool_call){.name = str_from(ops->name), .agent = b->p.agent};
	b->result = (struct tool_result){.count = 0};
	model_clock(b, &b->call.today, &b->call.minute);
	rc = model_tools_fill(&b->call, b->p.session.session_id, arguments, &b->job_arena);
	if (rc < 0)
		return rc;
	b->job = (struct pool_job){
		.class = POOL_URGENT, .deadline = loop_now(b->p.loop) + TOOL_LIMIT, .run = run, .done = done};
	str_copy(str_from(c->id), b->job_id, sizeof(b->job_id));
	rc = pool_submit(b->p.deeds, &b->job);
	b->working = rc == 0;
	return rc;
}

static enum model_tool refuse(struct model_brain *b, const struct model_call *c, const struct buf *words)
{
	if (words->error || words->n == 0)
		give_result(b, str_from(c->id), NULL);
	else
		(void)!context_result(&b->context, str_from(c->id), buf_str(words));
	model_note(b, "tool_refused", str_from(c->name));
	return MODEL_TOOL_DONE;
}

enum model_tool model_tool_run(struct model_brain *b, const struct model_call *c, struct str said)
{
	struct str id = str_from(c->id), name = str_from(c->name), text = c->arguments;
	enum model_tool how = MODEL_TOOL_RUNS;
	struct json *arguments = NULL;
	struct buf words;

	struct context_call call = {id, name, str_empty(text) ? STR("{}") : text, said, c->carry};
	if (context_tool(&b->context, &call) < 0)
		return MODEL_TOOL_BROKEN;
	buf_init(&words, MODEL_TOOLS_RESULT);
	int rc = model_tools_check(&b->tools, name, text, &words, &arguments);
	if (rc < 0) {
		how = refuse(b, c, &words);
	} else if (submit(b, c, arguments) < 0) {
		arena_fini(&b->job_arena);
		give_result(b, id, NULL);
		how = MODEL_TOOL_DONE;
	} else {
		model_note(b, "tool", name);
	}
	json_free(arguments);
	buf_fini(&words);
	return how;
}
