#include "agent/flow_brain.h"

#include <errno.h>
#include <string.h>

#include "agent/flow_model.h"
#include "agent/wording.h"
#include "base/live.h"
#include "base/mem.h"

LIVE_DEFINE(flow_brain);

#define MEANING_LIMIT USEC_MS(1500) /* then the ladder asks again: silence would be worse */
#define TOOL_LIMIT    USEC_SEC(5)
#define TOOL_BYTES    (4u << 20) /* a day's list of appointments fits many times */
#define CARRY_MAX     1024
#define QUESTION_MAX  16000 /* to a model */
#define CHOICE_TOKENS 40
#define WORDS_TOKENS  120

enum input {
	INPUT_NONE,
	INPUT_START,
	INPUT_HEARD,
	INPUT_KEYS,
	INPUT_SILENCE,
	INPUT_TRANSFER_FAILED,
};

struct flow_brain {
	struct brain brain;
	struct flow_brain_params p;
	struct flow flow;
	usec started;
	struct timer answer; /* acts never arrive inside a brain_ call */
	bool emitting;       /* the sink is being told: what it asks meanwhile waits */
	uint32_t answered;
	bool deed_done; /* since the last answer that was given */
	char carry[CARRY_MAX];

	enum input input; /* the newest, not yet processed */
	uint32_t input_question;
	char text[FLOW_TEXT_MAX];
	float confidence;

	struct flow_model model;
	char wording[FLOW_TEXT_MAX]; /* instead of what the flow says; empty = none */
	bool worded;                 /* it was asked for in this answer, or is not to be */
	bool choosing;               /* the model is asked what was meant, not how to say it */

	struct pool_job job;
	bool working, dying;
	struct embedding said;
	int rc;
	struct arena arena;
	struct tool_result result;
};

static struct flow_brain *of(struct brain *b)
{
	return CONTAINER_OF(b, struct flow_brain, brain);
}

static void release(struct flow_brain *b)
{
	flow_model_close(&b->model);
	flow_close(&b->flow);
	arena_fini(&b->arena);
	mem_free(b);
	live_down(&live_flow_brain);
}

/* ---- answering ---- */

static void emit(struct flow_brain *b, struct brain_act act)
{
	act.question = b->answered;
	if (!b->brain.closed)
		brain_emit(&b->brain, &act);
}

static void process(struct flow_brain *b);
static void serve(struct flow_brain *b, enum flow_want want);

static void give_answer(struct timer *t)
{
	struct flow_brain *b = CONTAINER_OF(t, struct flow_brain, answer);
	size_t n;
	const struct brain_act *acts = flow_acts(&b->flow, &n);

	if (b->brain.withdrawn != b->answered) {
		b->emitting = true;
		b->deed_done = false;
		if (b->carry[0])
			emit(b, (struct brain_act){.type = BRAIN_SAY, .say.text = str_from(b->carry)});
		b->carry[0] = '\0';
		if (b->wording[0])
			emit(b, (struct brain_act){.type = BRAIN_SAY, .say.text = str_from(b->wording)});
		for (size_t i = 0; i < n; i++)
			if (acts[i].type != BRAIN_SAY || !b->wording[0])
				emit(b, acts[i]);
		emit(b, (struct brain_act){.type = BRAIN_DONE});
		b->emitting = false;
	}
	if (b->dying)
		release(b);
	else if (b->input != INPUT_NONE)
		process(b);
}

/* What nobody will hear of an answer that tells of a deed goes into the next one. */
static void carry_over(struct flow_brain *b)
{
	size_t n = strlen(b->carry), count;
	const struct brain_act *acts = flow_acts(&b->flow, &count);

	for (size_t i = 0; b->deed_done && i < count; i++) {
		if (acts[i].type != BRAIN_SAY || str_eq(acts[i].say.text, b->flow.question))
			continue;
		if (n > 0 && n + 1 < sizeof(b->carry))
			b->carry[n++] = ' ';
		n += str_copy(acts[i].say.text, b->carry + n, sizeof(b->carry) - n);
	}
	b->deed_done = false;
	timer_stop(&b->answer);
}

/* ---- a language model ---- */

static bool ask_choice(struct flow_brain *b)
{
	struct buf question;

	buf_init(&question, QUESTION_MAX);
	flow_choice_write(&b->flow, &question);
	b->choosing = !question.error &&
		      flow_model_ask(&b->model, STR("You sort what callers say. You never answer them."),
				     buf_str(&question), CHOICE_TOKENS);
	buf_fini(&question);
	return b->choosing;
}

/* All that the flow says in this answer; empty when it is not to be touched: it ends the conversation, must
 * be heard, or answers nothing that was said. */
static void sentences(const struct flow_brain *b, struct buf *out)
{
	size_t n;
	const struct brain_act *acts = flow_acts(&b->flow, &n);

	for (size_t i = 0; i < n; i++) {
		if (acts[i].type == BRAIN_TRANSFER || acts[i].type == BRAIN_HANGUP ||
		    (acts[i].type == BRAIN_SAY && acts[i].say.uninterruptible)) {
			buf_clear(out);
			return;
		}
		if (acts[i].type == BRAIN_SAY)
			buf_printf(out, "%s" STR_FMT, out->n ? " " : "", STR_ARG(acts[i].say.text));
	}
}

static bool ask_wording(struct flow_brain *b)
{
	struct buf say, question;
	bool asked = false;

	if (!b->p.flow.agent->model.wording || b->worded || !b->text[0])
		return false;
	b->worded = true;
	b->choosing = false;
	buf_init(&say, FLOW_TEXT_MAX);
	buf_init(&question, QUESTION_MAX);
	sentences(b, &say);
	buf_printf(&question,
		   "The caller said: \"%s\"\nYou are about to say: \"" STR_FMT
		   "\"\nSay the same so that it fits what they said.",
		   b->text, STR_ARG(buf_str(&say)));
	if (say.n > 0 && !say.error && !question.error)
		asked = flow_model_ask(&b->model,
				       STR("You word what a receptionist says on the phone: short, warm, "
					   "speakable. Keep every "
					   "name, number, day and time, add none, and keep a question a "
					   "question. Reply with the "
					   "words alone."),
				       buf_str(&question), WORDS_TOKENS);
	buf_fini(&say);
	buf_fini(&question);
	return asked;
}

static void take_wording(struct flow_brain *b, struct str answer)
{
	struct buf say;

	buf_init(&say, FLOW_TEXT_MAX);
	sentences(b, &say);
	if (!say.error && answer.n < sizeof(b->wording) && wording_keeps(buf_str(&say), answer))
		str_copy(answer, b->wording, sizeof(b->wording));
	buf_fini(&say);
	timer_start(&b->answer, b->p.loop, loop_now(b->p.loop), give_answer);
}

static void on_model(struct flow_model *m, struct str answer)
{
	struct flow_brain *b = CONTAINER_OF(m, struct flow_brain, model);

	if (b->choosing)
		serve(b, flow_choice(&b->flow, answer));
	else
		take_wording(b, answer);
}

/* ---- thinking elsewhere ---- */

static void run_meaning(struct pool_job *j)
{
	struct flow_brain *b = CONTAINER_OF(j, struct flow_brain, job);

	b->rc = embed_text(b->p.embed, flow_question(&b->flow), &b->said);
}

static void run_tool(struct pool_job *j)
{
	struct flow_brain *b = CONTAINER_OF(j, struct flow_brain, job);

	b->rc = tool_run(b->p.store, flow_tool(&b->flow), &b->arena, &b->result);
}

static void job_over(struct flow_brain *b, enum flow_want want)
{
	if (b->input == INPUT_NONE || want == FLOW_WANT_TOOL)
		serve(b, want);
	else
		process(b);
}

static void meaning_done(struct pool_job *j, enum pool_end end)
{
	struct flow_brain *b = CONTAINER_OF(j, struct flow_brain, job);

	b->working = false;
	if (b->dying) {
		release(b);
		return;
	}
	if (b->input != INPUT_NONE) {
		flow_forget_question(&b->flow);
		process(b);
		return;
	}
	serve(b, flow_meaning(&b->flow, end == POOL_DONE && b->rc == 0 ? &b->said : NULL));
}

static void tool_done(struct pool_job *j, enum pool_end end)
{
	struct flow_brain *b = CONTAINER_OF(j, struct flow_brain, job);

	b->working = false;
	if (b->dying) {
		release(b);
		return;
	}
	bool ok = end == POOL_DONE && b->rc == 0;
	enum flow_want want = flow_tool_result(&b->flow, ok ? &b->result : NULL);
	arena_fini(&b->arena);
	b->deed_done = true;
	job_over(b, want);
}

static bool submit(struct flow_brain *b, struct pool_port *port, usec limit, void (*run)(struct pool_job *),
		   void (*done)(struct pool_job *, enum pool_end))
{
	b->job = (struct pool_job){
		.class = POOL_URGENT, .deadline = loop_now(b->p.loop) + limit, .run = run, .done = done};
	b->working = port && pool_submit(port, &b->job) == 0;
	return b->working;
}

static void serve(struct flow_brain *b, enum flow_want want)
{
	if (want == FLOW_WANT_MEANING &&
	    !(b->p.embed && submit(b, b->p.models, MEANING_LIMIT, run_meaning, meaning_done)))
		want = flow_meaning(&b->flow, NULL);
	if (want == FLOW_WANT_CHOICE && !ask_choice(b))
		want = flow_choice(&b->flow, STR(""));
	while (want == FLOW_WANT_TOOL &&
	       !(b->p.store && submit(b, b->p.deeds, TOOL_LIMIT, run_tool, tool_done)))
		want = flow_tool_result(&b->flow, NULL);
	if (b->working || b->model.asking || ask_wording(b))
		return;
	timer_start(&b->answer, b->p.loop, loop_now(b->p.loop), give_answer);
}

/* ---- questions ---- */

static void tell_time(struct flow_brain *b)
{
	usec elapsed = loop_now(b->p.loop) - b->started;
	int minutes = b->p.flow.minute + (int)(elapsed / USEC_SEC(60));

	flow_clock(&b->flow, civil_add_days(b->p.flow.today, minutes / CIVIL_DAY_MINUTES),
		   minutes % CIVIL_DAY_MINUTES, elapsed);
}

static void process(struct flow_brain *b)
{
	enum input input = b->input;
	enum flow_want want = FLOW_WANT_CALLER;

	carry_over(b);
	if (b->model.asking)
		flow_forget_question(&b->flow);
	flow_model_cancel(&b->model);
	b->wording[0] = '\0';
	b->worded = input != INPUT_HEARD;
	b->input = INPUT_NONE;
	b->answered = b->input_question;
	tell_time(b);
	switch (input) {
	case INPUT_START:
		want = flow_start(&b->flow);
		break;
	case INPUT_HEARD:
		want = flow_heard(&b->flow, str_from(b->text), b->confidence);
		break;
	case INPUT_KEYS:
		want = flow_keys(&b->flow, str_from(b->text));
		break;
	case INPUT_SILENCE:
		want = flow_silence(&b->flow);
		break;
	case INPUT_TRANSFER_FAILED:
		want = flow_transfer_failed(&b->flow, str_from(b->text));
		break;
	case INPUT_NONE:
		break;
	}
	serve(b, want);
}

static void ask(struct brain *brain, uint32_t question, enum input input, struct str text, float confidence)
{
	struct flow_brain *b = of(brain);

	b->input = input;
	b->input_question = question;
	b->confidence = confidence;
	str_copy(text, b->text, sizeof(b->text));
	if (!b->working && !b->emitting)
		process(b);
}

static void brain_ops_start(struct brain *b, uint32_t question)
{
	ask(b, question, INPUT_START, STR(""), 1);
}

static void brain_ops_heard(struct brain *b, uint32_t question, struct str text, float confidence)
{
	ask(b, question, INPUT_HEARD, text, confidence);
}

static void brain_ops_keys(struct brain *b, uint32_t question, struct str keys)
{
	ask(b, question, INPUT_KEYS, keys, 1);
}

static void brain_ops_silence(struct brain *b, uint32_t question)
{
	ask(b, question, INPUT_SILENCE, STR(""), 1);
}

static void brain_ops_transfer_failed(struct brain *b, uint32_t question, struct str why)
{
	ask(b, question, INPUT_TRANSFER_FAILED, why, 1);
}

static void brain_ops_spoken(struct brain *b, struct str text, bool whole)
{
	flow_spoken(&of(b)->flow, text, whole);
}

/* It thinks in two milliseconds: there is nothing to prepare. */
static void brain_ops_guess(struct brain *b, struct str text)
{
}

/* What was asked is answered, though nobody hears it: the next answer tells what was done. */
static void brain_ops_withdraw(struct brain *b)
{
}

static void brain_ops_close(struct brain *brain)
{
	struct flow_brain *b = of(brain);

	timer_stop(&b->answer);
	flow_model_cancel(&b->model);
	b->dying = true;
	if (b->working)
		pool_cancel(&b->job); /* its done() releases */
	else if (!b->emitting)
		release(b);
}

static const struct brain_ops flow_brain_ops = {
	.name = "flow",
	.start = brain_ops_start,
	.heard = brain_ops_heard,
	.keys = brain_ops_keys,
	.silence = brain_ops_silence,
	.transfer_failed = brain_ops_transfer_failed,
	.spoken = brain_ops_spoken,
	.guess = brain_ops_guess,
	.withdraw = brain_ops_withdraw,
	.close = brain_ops_close,
};

int flow_brain_open(const struct flow_brain_params *p, struct brain **ret_brain)
{
	struct flow_brain *b = mem_zalloc(sizeof(*b));

	if (!b)
		return -ENOMEM;
	live_up(&live_flow_brain);
	b->brain.ops = &flow_brain_ops;
	b->brain.sink = p->sink;
	b->p = *p;
	b->started = loop_now(p->loop);
	arena_init(&b->arena, TOOL_BYTES);
	b->model.on_answer = on_model;
	int rc = flow_model_open(&b->model, p->llm, p->llm_config, p->loop, &p->usage);
	rc = rc ? rc : flow_open(&b->flow, &p->flow);
	if (rc < 0) {
		release(b);
		return rc;
	}
	*ret_brain = &b->brain;
	return 0;
}

struct str flow_brain_history(const struct brain *b)
{
	return flow_history(&CONTAINER_OF(b, const struct flow_brain, brain)->flow);
}
