#include "agent/model_brain.h"

#include <errno.h>
#include <stdio.h>

#include "agent/guard.h"
#include "agent/meaning.h"
#include "agent/model_parts.h"
#include "agent/model_prompt.h"
#include "agent/words.h"
#include "base/live.h"
#include "base/mem.h"

LIVE_DEFINE(model_brain);

#define WINDOW_USUAL 8192
#define LIFE_BYTES   (128u * 1024)
#define TURN_BYTES   (1024u * 1024) /* messages point at what the context holds */
#define JOB_BYTES    (4u << 20)
#define PATIENCE     USEC_MS(1500) /* then the model is asked without the result */

static struct model_brain *of(struct brain *b)
{
	return CONTAINER_OF(b, struct model_brain, brain);
}

void model_emit(struct model_brain *b, struct brain_act act)
{
	act.question = b->answered;
	if (!b->brain.closed)
		brain_emit(&b->brain, &act);
}

void model_note(struct model_brain *b, const char *name, struct str value)
{
	model_emit(b, (struct brain_act){.type = BRAIN_NOTE, .note = {str_from(name), value}});
}

void model_clock(const struct model_brain *b, struct civil_date *ret_today, int *ret_minute)
{
	int minutes = b->p.minute + (int)((loop_now(b->p.loop) - b->started) / USEC_SEC(60));

	*ret_today = civil_add_days(b->p.today, minutes / CIVIL_DAY_MINUTES);
	*ret_minute = minutes % CIVIL_DAY_MINUTES;
}

/* ---- the end of it ---- */

static void free_session(struct model_session *s)
{
	if (s->llm)
		llm_close(s->llm);
	s->llm = mem_free(s->llm);
}

static void free_brain(struct model_brain *b)
{
	timer_stop(&b->later);
	timer_stop(&b->patience);
	model_round_fini(&b->round);
	context_fini(&b->context);
	free_session(&b->fast);
	free_session(&b->deep);
	arena_fini(&b->job_arena);
	arena_fini(&b->turn);
	arena_fini(&b->life);
	mem_free(b);
	live_down(&live_model_brain);
}

static void on_free(struct timer *t)
{
	free_brain(CONTAINER_OF(t, struct model_brain, later));
}

/* A model that is telling something wants to find itself alive when that returns. */
static void release(struct model_brain *b)
{
	if (b->working || b->emitting)
		return;
	if (b->in_event)
		timer_start(&b->later, b->p.loop, loop_now(b->p.loop), on_free);
	else
		free_brain(b);
}

/* ---- what is decided before a model is asked ---- */

static void expect_anything(struct model_brain *b)
{
	model_plan_expect(b, EOT_ANYTHING);
	model_planned(b);
}

/* Returns whether that was all. */
static bool rule_heard(struct model_brain *b, struct str text)
{
	const struct agent *a = b->p.agent;
	const struct agent_intent *in = meaning_phrase(a, text);
	bool annoyed = guard_is_annoyed(in, &b->frustrated), long_talk = ++b->turns > a->limits.turns;

	if (in)
		model_plan(b, (struct brain_act){.type = BRAIN_NOTE, .note = {STR("intent"), in->name}});
	if (in && in->kind == AGENT_INTENT_EMERGENCY)
		model_emergency(b);
	else if (long_talk)
		model_hand_over(b, NULL, STR("The conversation grew too long"));
	else if (annoyed)
		model_hand_over(b, NULL, STR("The caller is annoyed"));
	else if (in && in->kind == AGENT_INTENT_HUMAN)
		model_hand_over(b, NULL, STR("Caller asked for a person"));
	else
		return false;
	return true;
}

static bool is_hard(const struct model_brain *b, struct str text)
{
	const struct agent_deep *d = &b->p.agent->model.deep_when;
	const struct agent_intent *in = meaning_phrase(b->p.agent, text);
	struct words ws;

	words_read(&ws, text);
	return (in && agent_has(&d->intents, in->name)) || (d->words > 0 && ws.n >= (size_t)d->words) ||
	       (d->ladder > 0 && b->ladder >= d->ladder);
}

/* A guess that failed is not worth waiting for. */
static bool is_guessed(const struct model_brain *b, struct str text)
{
	struct str guess = {b->guess, b->guess_n};

	return b->round.secret && b->round.fault == FAULT_NONE && brain_same_words(guess, text);
}

/* ---- questions ---- */

/* Without memory for what was said there is no sense in going on. */
static bool remember(struct model_brain *b, struct str text)
{
	bool ok = context_caller(&b->context, text) == 0;

	if (!ok)
		model_fail(b, "no memory");
	return ok;
}

static void on_start(struct model_brain *b)
{
	if (!remember(b, STR("[The call begins.]")))
		return;
	model_plan_say(b, b->p.agent->greeting);
	expect_anything(b);
}

static void on_heard(struct model_brain *b, struct str text)
{
	bool guessed = is_guessed(b, text);

	b->silences = 0;
	if (guard_is_card(b->p.agent, text)) {
		if (!remember(b, STR("[The caller dictated a card number. It was not kept.]")))
			return;
		model_plan_say(b, b->p.agent->phrases.no_card);
		expect_anything(b);
		return;
	}
	str_copy(text, b->heard, sizeof(b->heard));
	if (!remember(b, text) || rule_heard(b, text))
		return;
	b->hard = is_hard(b, text);
	if (!guessed) {
		model_ask(b);
		return;
	}
	b->round.secret = false;
	b->doing = MODEL_ASKS;
	model_later(b);
}

/* A model would make something of it, and something else than was meant. */
static void on_fragment(struct model_brain *b, struct str text)
{
	const struct agent *a = b->p.agent;
	const struct agent_intent *in = meaning_phrase(a, text);

	b->silences = 0;
	if (!remember(b, str_empty(text) || guard_is_card(a, text) ? STR("[unintelligible]") : text))
		return;
	if (in && in->kind == AGENT_INTENT_EMERGENCY)
		model_emergency(b);
	else if (++b->turns > a->limits.turns)
		model_hand_over(b, NULL, STR("The conversation grew too long"));
	else
		model_misunderstood(b);
}

static void on_keys(struct model_brain *b, struct str keys)
{
	char fact[MODEL_TEXT_MAX + 64];

	b->silences = 0;
	snprintf(fact, sizeof(fact), "[The caller pressed " STR_FMT " on the keypad.]", STR_ARG(keys));
	if (!remember(b, str_from(fact)))
		return;
	if (++b->turns > b->p.agent->limits.turns)
		model_hand_over(b, NULL, STR("The conversation grew too long"));
	else if (str_eq(keys, STR("0")))
		model_hand_over(b, NULL, STR("Caller asked for a person"));
	else
		model_ask(b);
}

static void on_silence(struct model_brain *b)
{
	const struct agent *a = b->p.agent;

	if (++b->silences > a->limits.silences) {
		model_plan_say(b, a->phrases.silent_goodbye);
		model_plan_hangup(b, STR("silent"));
		model_planned(b);
		return;
	}
	model_plan_say(b, a->phrases.still_there);
	expect_anything(b);
}

static void on_transfer_failed(struct model_brain *b, struct str why)
{
	char fact[MODEL_TEXT_MAX + 64];

	b->transfers_failed++;
	b->silences = b->frustrated = b->ladder = 0;
	snprintf(fact, sizeof(fact), "[Nobody took the call: " STR_FMT ". You are back with the caller.]",
		 STR_ARG(why));
	if (!remember(b, str_from(fact)))
		return;
	model_plan_say(b, b->p.agent->phrases.transfer_failed);
	model_plan_say(b, b->p.agent->phrases.anything_else);
	expect_anything(b);
}

/* Nothing of an answer is under way any more; a tool may be. */
static void rest(struct model_brain *b)
{
	model_round_drop(&b->round);
	timer_stop(&b->later);
	timer_stop(&b->patience);
	b->planned_count = 0;
	b->doing = MODEL_RESTS;
}

static void begin(struct model_brain *b)
{
	bool guessed = b->input == MODEL_HEARD && is_guessed(b, str_from(b->text));

	if (!guessed)
		rest(b);
	b->answered = b->input_question;
	b->input = MODEL_NOTHING;
	b->rounds = 0;
	b->said = b->again = b->hard = b->not_deep = false;
	arena_fini(&b->turn);
	context_unsay(&b->context);
}

static void process(struct model_brain *b)
{
	enum model_input input = b->input;
	struct str text = str_from(b->text);

	begin(b);
	switch (input) {
	case MODEL_START:
		on_start(b);
		break;
	case MODEL_HEARD:
		on_heard(b, text);
		break;
	case MODEL_FRAGMENT:
		on_fragment(b, text);
		break;
	case MODEL_KEYS:
		on_keys(b, text);
		break;
	case MODEL_SILENCE:
		on_silence(b);
		break;
	case MODEL_TRANSFER_FAILED:
		on_transfer_failed(b, text);
		break;
	case MODEL_NOTHING:
		break;
	}
}

/* What a tool has done must be known to the answer, as long as it does not keep the caller waiting. */
static bool must_wait(const struct model_brain *b)
{
	return b->emitting || (b->working && !b->impatient);
}

void model_settle(struct model_brain *b)
{
	if (b->dying)
		release(b);
	else if (b->input != MODEL_NOTHING && !must_wait(b))
		process(b);
}

static void on_patience(struct timer *t)
{
	struct model_brain *b = CONTAINER_OF(t, struct model_brain, patience);

	b->impatient = true;
	model_settle(b);
}

/* Words of a question that nobody waits for any more were said all the same. */
static void forget_input(struct model_brain *b)
{
	if (b->input == MODEL_HEARD || b->input == MODEL_FRAGMENT)
		(void)!context_caller(&b->context, str_from(b->text));
	b->input = MODEL_NOTHING;
}

static void ask(struct brain *brain, uint32_t question, enum model_input input, struct str text)
{
	struct model_brain *b = of(brain);

	forget_input(b);
	b->input = input;
	b->input_question = question;
	str_copy(text, b->text, sizeof(b->text));
	if (b->working && !timer_running(&b->patience))
		timer_start(&b->patience, b->p.loop, loop_now(b->p.loop) + PATIENCE, on_patience);
	model_settle(b);
}

/* ---- the contract ---- */

static void op_start(struct brain *b, uint32_t question)
{
	ask(b, question, MODEL_START, STR(""));
}

static void op_heard(struct brain *b, uint32_t question, struct str text, float confidence)
{
	ask(b, question, confidence == BRAIN_FRAGMENT ? MODEL_FRAGMENT : MODEL_HEARD, text);
}

static void op_keys(struct brain *b, uint32_t question, struct str keys)
{
	ask(b, question, MODEL_KEYS, keys);
}

static void op_silence(struct brain *b, uint32_t question)
{
	ask(b, question, MODEL_SILENCE, STR(""));
}

static void op_transfer_failed(struct brain *b, uint32_t question, struct str why)
{
	ask(b, question, MODEL_TRANSFER_FAILED, why);
}

/* Whatever there is no memory for is missing in what the model is told. */
static void op_spoken(struct brain *brain, struct str text, bool whole)
{
	struct model_brain *b = of(brain);

	context_unsay(&b->context);
	(void)!context_agent(&b->context, text);
}

/* What is decided without a model needs no guess. */
static bool is_ruled(const struct model_brain *b, struct str text)
{
	const struct agent_intent *in = meaning_phrase(b->p.agent, text);

	return guard_is_card(b->p.agent, text) || b->turns >= b->p.agent->limits.turns ||
	       (in && (in->kind == AGENT_INTENT_EMERGENCY || in->kind == AGENT_INTENT_HUMAN ||
		       in->kind == AGENT_INTENT_FRUSTRATION));
}

static void op_guess(struct brain *brain, struct str text)
{
	struct model_brain *b = of(brain);

	if (b->doing != MODEL_RESTS || b->emitting || b->working || is_guessed(b, text))
		return;
	model_round_drop(&b->round);
	if (str_empty(text) || is_ruled(b, text))
		return;
	b->guess_n = str_copy(text, b->guess, sizeof(b->guess));
	b->hard = is_hard(b, text);
	b->not_deep = false;
	b->rounds = 0;
	model_guess(b);
}

static void op_withdraw(struct brain *brain)
{
	struct model_brain *b = of(brain);

	forget_input(b);
	rest(b);
}

static void op_close(struct brain *brain)
{
	struct model_brain *b = of(brain);

	b->dying = true;
	rest(b);
	llm_close(b->fast.llm);
	if (b->deep.llm)
		llm_close(b->deep.llm);
	if (b->working)
		pool_cancel(&b->job); /* its done() frees */
	release(b);
}

static const struct brain_ops model_brain_ops = {
	.name = "model",
	.start = op_start,
	.heard = op_heard,
	.keys = op_keys,
	.silence = op_silence,
	.transfer_failed = op_transfer_failed,
	.spoken = op_spoken,
	.guess = op_guess,
	.withdraw = op_withdraw,
	.close = op_close,
};

/* ---- opening ---- */

static void on_fast(void *arg, const struct llm_event *ev)
{
	struct model_brain *b = arg;

	model_on_event(b, &b->fast, ev);
}

static void on_deep(void *arg, const struct llm_event *ev)
{
	struct model_brain *b = arg;

	model_on_event(b, &b->deep, ev);
}

static int open_session(struct model_brain *b, struct model_session *s,
			const struct model_brain_service *from,
			void (*on_event)(void *arg, const struct llm_event *ev))
{
	struct llm_params params = {.loop = b->p.loop, .sink = {on_event, b}, .usage = b->p.usage};

	if (!from->ops)
		return 0;
	s->window = from->window ? from->window : WINDOW_USUAL;
	s->llm = mem_zalloc(from->ops->state_size);
	if (!s->llm)
		return -ENOMEM;
	int rc = llm_open(s->llm, from->ops, from->config, &params);
	if (rc < 0)
		s->llm = mem_free(s->llm);
	return rc;
}

static int write_system(struct model_brain *b)
{
	struct buf text;

	buf_init(&text, MODEL_PROMPT_MAX);
	model_prompt_write(b->p.agent, b->p.today, b->p.minute, &text);
	if (text.error != -ENOMEM)
		b->system = arena_str(&b->life, buf_str(&text));
	buf_fini(&text);
	return b->system.p ? model_tools_init(&b->tools, b->p.agent, &b->life) : -ENOMEM;
}

static int fill(struct model_brain *b)
{
	int rc = write_system(b);

	rc = rc ? rc : open_session(b, &b->fast, &b->p.fast, on_fast);
	return rc ? rc : open_session(b, &b->deep, &b->p.deep, on_deep);
}

int model_brain_open(const struct model_brain_params *p, struct brain **ret_brain)
{
	struct model_brain *b;
	int rc;

	if (!p->fast.ops)
		return -EINVAL;
	b = mem_zalloc(sizeof(*b));
	if (!b)
		return -ENOMEM;
	live_up(&live_model_brain);
	b->brain = (struct brain){.ops = &model_brain_ops, .sink = p->sink};
	b->p = *p;
	b->started = loop_now(p->loop);
	arena_init(&b->life, LIFE_BYTES);
	arena_init(&b->turn, TURN_BYTES);
	arena_init(&b->job_arena, JOB_BYTES);
	context_init(&b->context);
	model_round_init(&b->round);
	rc = fill(b);
	if (rc < 0)
		free_brain(b);
	else
		*ret_brain = &b->brain;
	return rc;
}
