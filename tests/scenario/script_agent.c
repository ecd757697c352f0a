/* The lines of a scenario that say what the agent does. */
#include <errno.h>
#include <string.h>

#include "script_parts.h"

static const struct {
	const char *word;
	enum eot_expect expect;
} expectations[] = {
	{"anything", EOT_ANYTHING}, {"yes", EOT_YES_NO}, {"digits", EOT_DIGITS},
	{"spelling", EOT_SPELLING}, {"name", EOT_NAME},  {"date", EOT_DATE_TIME},
	{"birth", EOT_BIRTH},
};

bool token_is(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && str_eq(t->text, str_from(word));
}

static int expecting(struct brain_act *act, const struct token **t, const struct token *end)
{
	act->type = BRAIN_EXPECT;
	if (++*t == end)
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_LEN(expectations); i++) {
		if (!token_is(*t, expectations[i].word))
			continue;
		act->expect.kind = expectations[i].expect;
		if (*t + 1 < end && (*t)[1].kind == TOKEN_NUMBER)
			act->expect.digits_wanted = (unsigned)(++*t)->number;
		return 0;
	}
	return -EBADMSG;
}

/* The act that begins at **t, which is moved to its last token. */
static int parse_act(struct brain_act *act, const struct token **t, const struct token *end)
{
	bool transfer = token_is(*t, "transfer"), message = token_is(*t, "message");
	bool hangup = message || token_is(*t, "hangup");

	if (token_is(*t, "expecting"))
		return expecting(act, t, end);
	act->type = BRAIN_SAY;
	if (token_is(*t, "uninterruptible")) {
		act->say.uninterruptible = true;
		++*t;
	} else if (transfer || hangup) {
		++*t;
	}
	if (*t >= end || (*t)->kind != TOKEN_STRING)
		return -EBADMSG;
	if (!transfer && !hangup) {
		act->say.text = (*t)->text;
		return 0;
	}
	*act = (struct brain_act){.type = transfer ? BRAIN_TRANSFER : BRAIN_HANGUP};
	if (transfer) {
		act->transfer.target = (*t)->text;
		act->transfer.reason = STR("asked\nfor it");
	} else {
		act->hangup.disposition = (*t)->text;
		act->hangup.message = message;
	}
	return 0;
}

static int add_rule(struct script *s, enum fake_cue cue, struct str pattern, const struct args *a)
{
	const struct token *t = a->rest, *end = a->rest + a->rest_count;
	struct fake_rule *r = &s->part.rules[s->part.rule_count];
	usec after = 0;

	if (s->part.rule_count++ == FAKE_RULES_MAX)
		return -EBADMSG;
	*r = (struct fake_rule){.cue = cue, .pattern = pattern};
	for (; t < end; t++) {
		struct fake_step *step = &r->steps[r->step_count];

		if (token_is(t, "say") || token_is(t, "then") || token_is(t, "nothing"))
			continue;
		if (token_is(t, "never")) {
			r->never_done = true;
		} else if (token_is(t, "after")) {
			after = ++t < end ? USEC_MS(t->number) : 0;
		} else {
			if (r->step_count++ == FAKE_STEPS_MAX || parse_act(&step->act, &t, end) < 0)
				return -EBADMSG;
			step->after = after;
			after = 0;
		}
	}
	return 0;
}

int take_greets(struct script *s, const struct args *a)
{
	return add_rule(s, CUE_START, STR(""), a);
}

int take_heard(struct script *s, const struct args *a)
{
	return add_rule(s, CUE_HEARD, a->s[0], a);
}

int take_keys_heard(struct script *s, const struct args *a)
{
	return add_rule(s, CUE_KEYS, a->s[0], a);
}

int take_silent(struct script *s, const struct args *a)
{
	return add_rule(s, CUE_SILENCE, STR(""), a);
}

int take_transfer_fails(struct script *s, const struct args *a)
{
	return add_rule(s, CUE_TRANSFER_FAILED, STR(""), a);
}

int take_agent_text(struct script *s, const struct args *a)
{
	if (str_eq(a->s[0], STR("filler")))
		s->filler = a->s[1];
	else if (str_eq(a->s[0], STR("sorry")))
		s->sorry = a->s[1];
	else if (str_eq(a->s[0], STR("fallback")))
		s->fallback = a->s[1];
	else
		return -EBADMSG;
	return 0;
}

int take_guesses(struct script *s, const struct args *a)
{
	s->part.guesses = true;
	return 0;
}

int take_no_brain(struct script *s, const struct args *a)
{
	s->no_brain = true;
	return 0;
}

/* ---- a language model ---- */

int take_model(struct script *s, const struct args *a)
{
	s->model = true;
	return 0;
}

/* A zero-terminated copy, ' standing for "; NULL when there is no room. */
static const char *keep_text(struct script *s, struct str text)
{
	char *at = s->model_text + s->model_text_n;

	if (s->model_text_n + text.n + 1 > sizeof(s->model_text))
		return NULL;
	for (size_t i = 0; i < text.n; i++)
		at[i] = text.p[i] == '\'' ? '"' : text.p[i];
	s->model_text_n += text.n + 1;
	return at;
}

/* What begins at **t, which is moved to its last token. Returns whether it is a step. */
static bool model_step(struct script *s, struct fake_llm_step *step, const struct token **t,
		       const struct token *end)
{
	step->does = FAKE_LLM_SAYS;
	if (token_is(*t, "stalls") || token_is(*t, "fails")) {
		step->does = token_is(*t, "stalls") ? FAKE_LLM_STALLS : FAKE_LLM_FAILS;
		step->fault = FAULT_UNREACHABLE;
		return true;
	}
	if (token_is(*t, "calls")) {
		step->does = FAKE_LLM_CALLS;
		step->tool = ++*t < end ? keep_text(s, (*t)->text) : NULL;
		++*t;
	}
	if (*t >= end || (*t)->kind != TOKEN_STRING)
		return false;
	step->text = keep_text(s, (*t)->text);
	return step->text && (step->does == FAKE_LLM_SAYS || step->tool);
}

int take_model_answers(struct script *s, const struct args *a)
{
	const struct token *t = a->rest, *end = a->rest + a->rest_count;
	struct fake_llm_step *steps = s->model_steps[s->model_answer_count];
	enum llm_stop stop = LLM_STOP_END;
	size_t n = 0;

	if (s->model_answer_count == SCRIPT_ANSWERS_MAX)
		return -EBADMSG;
	for (usec after = 0; t < end; t++) {
		if (token_is(t, "after")) {
			after = ++t < end ? USEC_MS(t->number) : 0;
			continue;
		}
		if (n + 1 == SCRIPT_STEPS_MAX || !model_step(s, &steps[n], &t, end))
			return -EBADMSG;
		stop = steps[n].does == FAKE_LLM_CALLS ? LLM_STOP_TOOL : stop;
		steps[n++].after = after;
		after = 0;
	}
	steps[n] = (struct fake_llm_step){.does = FAKE_LLM_STOPS, .stop = stop};
	s->model_answers[s->model_answer_count++] = steps;
	return 0;
}
