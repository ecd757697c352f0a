#include <errno.h>

#include "agent/model_expect.h"
#include "agent/model_parts.h"
#include "base/mem.h"

#define SCRATCH_BYTES (1024u * 1024) /* the list of messages; their texts are the context's */

/* ---- asking ---- */

static struct model_session *route(struct model_brain *b)
{
	int rounds = b->p.agent->model.deep_when.rounds;
	bool hard = b->hard || (rounds > 0 && b->rounds >= rounds);

	return b->deep.llm && hard && !b->not_deep ? &b->deep : &b->fast;
}

/* Returns 0 or -errno. */
static int request(struct model_brain *b, struct str more)
{
	const struct agent_model *m = &b->p.agent->model;
	struct model_session *with = route(b);
	struct context_request q = {
		.system = b->system,
		.tools = b->tools.list,
		.tool_count = b->tools.count,
		.more = more,
		.window = with->window,
		.reply = (size_t)m->tokens,
	};
	struct llm_request r = {
		.tools = b->tools.list,
		.tool_count = b->tools.count,
		.temperature = (float)m->temperature,
		.tokens_max = (unsigned)m->tokens,
		.first_token_limit = m->first_token,
	};
	struct arena scratch;

	arena_init(&scratch, SCRATCH_BYTES);
	int rc = context_write(&b->context, &q, &scratch, &r.messages, &r.message_count);
	if (rc == 0)
		rc = model_round_ask(&b->round, with, &r);
	arena_fini(&scratch);
	return rc;
}

void model_ask(struct model_brain *b)
{
	b->doing = MODEL_ASKS;
	if (request(b, STR("")) < 0)
		model_fail(b, "it could not be asked");
}

/* One that cannot be asked is asked again when it is certain what was said. */
void model_guess(struct model_brain *b)
{
	if (request(b, (struct str){b->guess, b->guess_n}) == 0)
		b->round.secret = true;
}

/* ---- the end of a round ---- */

/* What a model calls the end goes into lists of calls: a word, or "answered". */
static struct str disposition(struct model_brain *b, const struct json *arguments)
{
	struct str word = json_str_or(arguments, "disposition", STR(""));

	for (size_t i = 0; i < word.n; i++) {
		char c = str_lower(word.p[i]);
		if (c != '_' && (c < 'a' || c > 'z'))
			return STR("answered");
	}
	word = arena_str(&b->turn, word);
	return str_empty(word) ? STR("answered") : word;
}

static void end_call(struct model_brain *b, const struct json *arguments)
{
	if (!b->said)
		model_plan_say(b, b->p.agent->phrases.goodbye);
	model_plan_hangup(b, disposition(b, arguments));
	model_planned(b);
}

static void transfer(struct model_brain *b, const struct json *arguments)
{
	struct str reason = arena_str(&b->turn, json_str_or(arguments, "reason", STR("")));

	model_hand_over(b, agent_find_target(b->p.agent, json_str_or(arguments, "to", STR(""))),
			reason.p ? reason : STR("The assistant asked for it"));
}

/* Whether the call ends the conversation; one with wrong arguments does not. */
static bool ends(struct model_brain *b, const struct model_call *c)
{
	bool end = str_eq(str_from(c->name), str_from(model_tools_end)),
	     away = str_eq(str_from(c->name), str_from(model_tools_transfer));
	struct json *arguments = NULL;
	struct buf words;

	if (!end && !away)
		return false;
	buf_init(&words, MODEL_TOOLS_RESULT);
	int rc = model_tools_check(&b->tools, str_from(c->name), c->arguments, &words, &arguments);
	buf_fini(&words);
	if (rc < 0)
		return false;
	model_note(b, "tool", str_from(c->name));
	if (end)
		end_call(b, arguments);
	else
		transfer(b, arguments);
	json_free(arguments);
	return true;
}

/* Does one call. Returns whether the next may follow at once. */
static bool do_call(struct model_brain *b, const struct model_call *c, struct str said)
{
	if (ends(b, c))
		return false;
	switch (model_tool_run(b, c, said)) {
	case MODEL_TOOL_DONE:
		return true;
	case MODEL_TOOL_RUNS:
		return false;
	case MODEL_TOOL_BROKEN:
		model_fail(b, "its tools are too much");
	}
	return false;
}

void model_next_call(struct model_brain *b)
{
	struct model_round *r = &b->round;

	while (b->doing == MODEL_WORKS && r->next_call < r->call_count) {
		if (b->working)
			return; /* one of an older question: its end leads here again */
		struct model_call call = r->calls[r->next_call];
		struct str said = r->next_call == 0 ? buf_str(&r->text) : STR("");

		r->calls[r->next_call++].texts = NULL; /* the round may be dropped meanwhile */
		bool next = do_call(b, &call, said);
		mem_free(call.texts);
		if (!next)
			return;
	}
	if (b->doing != MODEL_WORKS)
		return;
	if (++b->rounds > b->p.agent->model.rounds)
		model_hand_over(b, NULL, STR("The assistant could not finish"));
	else
		model_ask(b);
}

/* Once for each answer: a connection was reset, another service is asked. What was heard of the answer is not
 * one: it begins again. */
static void ask_again(struct model_brain *b)
{
	struct str hold = b->p.agent->phrases.hold;

	b->again = true;
	if (b->said && !str_empty(hold))
		model_emit(b, (struct brain_act){.type = BRAIN_SAY, .say = {.text = hold, .fixed = true}});
	if (b->doing != MODEL_ASKS)
		return;
	b->said = false;
	model_ask(b);
}

/* Who was waited for in vain has kept the caller waiting long enough; once somebody has spoken, others were
 * not asked yet. */
static bool is_worth_it(const struct model_brain *b)
{
	enum fault f = b->round.fault;

	return !b->again && f != FAULT_CONFIG && f != FAULT_AUTH && (f != FAULT_STALLED || b->said);
}

static void on_fault(struct model_brain *b)
{
	model_note(b, "model_fault", str_from(fault_name(b->round.fault)));
	if (b->doing != MODEL_ASKS)
		return;
	if (b->round.with == &b->deep && !b->said) {
		b->not_deep = true;
		model_ask(b);
		return;
	}
	if (is_worth_it(b))
		ask_again(b);
	else
		model_fail(b, fault_name(b->round.fault));
}

static void end_round(struct model_brain *b)
{
	if (b->round.fault != FAULT_NONE) {
		on_fault(b);
	} else if (b->round.call_count > 0) {
		b->doing = MODEL_WORKS;
		model_next_call(b);
	} else if (!b->said) {
		model_misunderstood(b);
	} else {
		b->ladder = 0;
		model_plan_expect(b, model_expect(buf_str(&b->round.text)));
		model_planned(b);
	}
}

/* ---- telling ---- */

static void tell_words(struct model_brain *b)
{
	struct str words;

	while (b->doing == MODEL_ASKS && !b->round.secret &&
	       !str_empty(words = model_round_words(&b->round))) {
		b->said = true;
		model_emit(b, (struct brain_act){.type = BRAIN_SAY, .say.text = words});
	}
}

/* The sink may withdraw, ask and close with every act. */
static void tell(struct model_brain *b)
{
	b->emitting = true;
	for (size_t i = 0; i < b->planned_count; i++)
		model_emit(b, b->planned[i]);
	b->planned_count = 0;
	if (b->doing == MODEL_PLANNED) {
		b->doing = MODEL_RESTS;
		model_emit(b, (struct brain_act){.type = BRAIN_DONE});
	}
	tell_words(b);
	if (b->doing == MODEL_ASKS && !b->round.secret && b->round.ended && b->input == MODEL_NOTHING &&
	    !b->dying)
		end_round(b);
	b->emitting = false;
	model_settle(b);
}

static void on_later(struct timer *t)
{
	tell(CONTAINER_OF(t, struct model_brain, later));
}

void model_later(struct model_brain *b)
{
	timer_start(&b->later, b->p.loop, loop_now(b->p.loop), on_later);
}

void model_on_event(struct model_brain *b, const struct model_session *from, const struct llm_event *ev)
{
	if (!model_round_take(&b->round, from, ev) || b->round.secret)
		return;
	b->in_event = true;
	tell(b);
	b->in_event = false;
}
