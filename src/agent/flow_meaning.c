#include "agent/flow_parts.h"

#define EITHER_MIN 0.3f /* similarity to one of two that were named: it is nearly said */
#define CHOSEN_CERTAIN                                                                       \
	0.5f /* a value that a model has read is read back where the agent reads back at all \
	      */

bool flow_is_busy(const struct flow *f)
{
	return f->wait != FLOW_LISTENING;
}

static void answer_question(struct flow *f, const struct faq_entry *entry)
{
	bool busy = flow_is_busy(f);

	flow_note(f, "knowledge", entry->source);
	flow_progress(f);
	flow_say(f, entry->answer);
	if (busy)
		flow_say(f, f->p.agent->phrases.back);
	else
		f->question = f->p.agent->phrases.anything_else;
	flow_ask_again(f);
}

/* Two tasks are as likely: which of them? */
static bool is_torn(const struct flow *f, const struct meaning_intent *in)
{
	return !flow_is_busy(f) && in->intent && in->second &&
	       (double)in->runner_up >= f->p.agent->matching.intent && !str_empty(in->intent->label) &&
	       !str_empty(in->second->label) && f->ladder == 0;
}

static void ask_either(struct flow *f, const struct meaning_intent *in)
{
	f->ladder++;
	f->ladder_all++;
	f->either[0] = in->intent;
	f->either[1] = in->second;
	flow_set(f, STR("first"), in->intent->label, in->intent->label);
	flow_set(f, STR("second"), in->second->label, in->second->label);
	flow_note(f, "ladder", STR("either"));
	flow_say(f, f->p.agent->phrases.either);
	flow_expect(f, EOT_ANYTHING, 0);
}

/* The answer to that question; NULL = neither. */
static const struct agent_intent *chosen(struct flow *f, const struct embedding *said)
{
	const struct agent_intent *a = f->either[0], *b = f->either[1];

	f->either[0] = f->either[1] = NULL;
	if (!a || !b)
		return NULL;
	float to_a = meaning_score(f->p.meaning, a, said), to_b = meaning_score(f->p.meaning, b, said);
	return MAX(to_a, to_b) < EITHER_MIN ? NULL : to_a >= to_b ? a : b;
}

void flow_on_meaning(struct flow *f, const struct embedding *said)
{
	const struct agent_matching *t = &f->p.agent->matching;
	struct meaning_intent in = meaning_intent(f->p.meaning, said);
	struct meaning_faq faq = meaning_faq(f->p.meaning, said);
	bool busy = flow_is_busy(f);
	const struct agent_intent *choice = chosen(f, said);
	bool sure = in.accepted && (!busy || ((double)in.score >= t->intent_busy && in.intent != f->task));
	bool known = faq.entry && (double)faq.score >= (busy ? t->faq_busy : t->faq);

	bool other = in.intent && in.intent->kind == AGENT_INTENT_OTHER && (double)in.score >= t->intent;

	if (known && faq.score >= in.score) {
		answer_question(f, faq.entry);
	} else if (f->question_first && flow_try_slots(f)) {
		return;
	} else if (sure) {
		flow_on_intent(f, in.intent);
	} else if (choice) {
		flow_on_intent(f, choice);
	} else {
		in.accepted = other; /* ... as out of scope */
		flow_unclear(f, &in);
	}
}

/* ---- what is not clear ---- */

/* Without a model, or when it does not know either. */
static void settle_unclear(struct flow *f, const struct meaning_intent *in)
{
	if (in && is_torn(f, in))
		ask_either(f, in);
	else if (in && in->accepted)
		flow_out_of_scope(f);
	else
		flow_misunderstood(f);
}

void flow_unclear(struct flow *f, const struct meaning_intent *in)
{
	if (!f->p.agent->model.understand) {
		settle_unclear(f, in);
		return;
	}
	f->unclear = in ? *in : (struct meaning_intent){.intent = NULL};
	f->resume = f->wait;
	f->wait = FLOW_CHOOSING;
}

static bool may_choose(const struct agent_intent *in)
{
	return in->kind == AGENT_INTENT_GO || in->kind == AGENT_INTENT_HUMAN ||
	       in->kind == AGENT_INTENT_REPEAT || in->kind == AGENT_INTENT_HELP ||
	       in->kind == AGENT_INTENT_GOODBYE;
}

static void write_choices(const struct flow *f, struct buf *out)
{
	const struct agent_intent *in = f->p.agent->intents.at;
	const struct faq_entry *q = f->p.agent->faq.at;

	for (size_t i = 0; i < f->p.agent->intents.count; i++)
		if (may_choose(&in[i]))
			buf_printf(out, STR_FMT " - " STR_FMT "\n", STR_ARG(in[i].name),
				   STR_ARG(!str_empty(in[i].label) ? in[i].label
					   : in[i].examples.count  ? in[i].examples.at[0]
								   : in[i].name));
	for (size_t i = 0; i < f->p.agent->faq.count; i++)
		if (q[i].questions.count)
			buf_printf(out, "question " STR_FMT " - " STR_FMT "\n", STR_ARG(q[i].source),
				   STR_ARG(q[i].questions.at[0]));
	if (f->resume == FLOW_SLOT)
		buf_add_str(out,
			    STR("value: ... - they answer what they were asked; write the answer in plain "
				"words, and nothing they did not say\n"));
	buf_add_str(out, STR("none - none of these, or it is not clear\n"));
}

void flow_choice_write(const struct flow *f, struct buf *out)
{
	buf_printf(out, "A caller was asked: \"" STR_FMT "\"\nThey said: \"%s\"\n", STR_ARG(f->question),
		   f->heard);
	buf_add_str(out,
		    STR("Which of these do they mean? Reply with one of the names before the dashes, and "
			"nothing else.\n\n"));
	write_choices(f, out);
}

static const struct faq_entry *find_question(const struct flow *f, struct str source)
{
	const struct faq_entry *q = f->p.agent->faq.at;

	for (size_t i = 0; i < f->p.agent->faq.count; i++)
		if (str_eq(q[i].source, source))
			return &q[i];
	return NULL;
}

/* Returns whether the slot that was asked for could be read out of it. */
static bool take_value(struct flow *f, struct str value)
{
	if (f->wait != FLOW_SLOT)
		return false;
	f->heard_confidence = MIN(f->heard_confidence < 0 ? 1 : f->heard_confidence, CHOSEN_CERTAIN);
	struct flow_filled r = flow_fill(f, f->state, f->slot, value);
	if (r.any)
		flow_take_filled(f, &r);
	return r.any;
}

/* A model may say anything: only what was offered counts. */
void flow_on_choice(struct flow *f, struct str choice)
{
	struct meaning_intent unclear = f->unclear;
	struct str line = str_cut(&choice, '\n'), rest = str_trim(line);
	const struct faq_entry *entry = NULL;

	while (str_ends(rest, STR(".")) || str_ends(rest, STR("\"")))
		rest.n--;
	const struct agent_intent *in = agent_find_intent(f->p.agent, rest);
	if (str_starts(rest, STR("question ")))
		entry = find_question(f, str_trim(str_sub(rest, 9, SIZE_MAX)));
	flow_note(f, "choice", str_empty(rest) ? STR("nothing") : rest);
	if (in && may_choose(in) && !(flow_is_busy(f) && in == f->task))
		flow_on_intent(f, in);
	else if (entry)
		answer_question(f, entry);
	else if (!str_starts(rest, STR("value:")) || !take_value(f, str_trim(str_sub(rest, 6, SIZE_MAX))))
		settle_unclear(f, unclear.intent ? &unclear : NULL);
}
