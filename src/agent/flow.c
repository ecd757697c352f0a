#include "agent/flow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/flow_parts.h"
#include "agent/guard.h"
#include "agent/understand_words.h"

#define CORRECTIONS_MAX 8
#define GIST_WORDS_MIN  8 /* shorter sentences are compared whole: "are you open on Sunday?" */
#define GIST_LEFT_MIN   3
#define ANSWER_MORE     1 /* words beside a yes or no that still make it the whole answer */

static enum flow_want want_of(struct flow *f)
{
	const struct agent_phrases *p = &f->p.agent->phrases;

	if (f->memory_short && !f->ends) {
		/* what can be said without memory */
		f->memory_short = false;
		f->act_count = 0;
		flow_say_goodbye(f, p->nobody_free, STR("error"));
	}
	if (f->wait == FLOW_MEANING)
		return FLOW_WANT_MEANING;
	if (f->wait == FLOW_CHOOSING)
		return FLOW_WANT_CHOICE;
	if (f->wait == FLOW_TOOL)
		return FLOW_WANT_TOOL;
	return f->ends ? FLOW_WANT_END : FLOW_WANT_CALLER;
}

void flow_progress(struct flow *f)
{
	f->ladder = 0;
	f->repeats = 0;
}

/* ---- what a caller may want at any time ---- */

static void go_for(struct flow *f, const struct agent_intent *in)
{
	const struct agent_state *s = agent_find_state(f->p.agent, in->go);

	if (!s) {
		flow_misunderstood(f);
		return;
	}
	flow_progress(f);
	f->task = in;
	f->slot = NULL;
	flow_fill(f, s, NULL, str_from(f->heard));
	flow_enter(f, s);
}

static void repeat(struct flow *f)
{
	if (++f->repeats > f->p.agent->limits.ladder)
		flow_misunderstood(f);
	else
		flow_ask_again(f);
}

void flow_on_intent(struct flow *f, const struct agent_intent *in)
{
	const struct agent_phrases *p = &f->p.agent->phrases;

	flow_note(f, "intent", in->name);
	switch (in->kind) {
	case AGENT_INTENT_EMERGENCY:
		flow_emergency(f, in);
		break;
	case AGENT_INTENT_HUMAN:
		f->task = f->task ? f->task : in;
		flow_hand_over(f, STR("Caller asked for a person"));
		break;
	case AGENT_INTENT_REPEAT:
		repeat(f);
		break;
	case AGENT_INTENT_HELP:
		if (++f->repeats > f->p.agent->limits.ladder) {
			flow_misunderstood(f);
			break;
		}
		flow_say(f, p->help);
		flow_ask_again(f);
		break;
	case AGENT_INTENT_GOODBYE:
		flow_say_goodbye(f, p->goodbye, str_empty(f->disposition) ? STR("answered") : f->disposition);
		break;
	case AGENT_INTENT_GO:
	case AGENT_INTENT_FRUSTRATION:
	case AGENT_INTENT_OTHER:
	case AGENT_INTENT_KINDS:
		go_for(f, in);
	}
}

/* ---- what was heard, by what was waited for ---- */

static void set_gist(struct flow *f)
{
	struct understand_context c = agent_context(f->p.agent, f->p.today, f->p.minute);
	struct understood_date date;
	struct understood_time time;
	struct words ws;
	size_t n = 0, left = 0;

	words_read(&ws, str_from(f->heard));
	bool found = understand_date_words(&ws, &c, &date) == 0;
	found = understand_time_words(&ws, &c, &time) == 0 || found;
	for (size_t i = 0; i < ws.n; i++) {
		if (ws.w[i].taken)
			continue;
		n += (size_t)snprintf(f->gist + n, sizeof(f->gist) - n, "%s" STR_FMT, n ? " " : "",
				      STR_ARG(ws.w[i].raw));
		left++;
		if (n >= sizeof(f->gist))
			break;
	}
	if (!found || ws.n < GIST_WORDS_MIN || left < GIST_LEFT_MIN || n >= sizeof(f->gist))
		memcpy(f->gist, f->heard, sizeof(f->gist));
}

static void ask_meaning(struct flow *f)
{
	if (!f->p.meaning) {
		flow_unclear(f, NULL);
		return;
	}
	set_gist(f);
	f->resume = f->wait;
	f->wait = FLOW_MEANING;
}

static void problem(struct flow *f, enum slot_result what)
{
	if (what == SLOT_LONG) {
		flow_say(f, f->p.agent->phrases.too_many_digits);
		flow_note(f, "problem", STR("long"));
		flow_misunderstood(f);
		return;
	}
	flow_say(f, what == SLOT_PAST ? f->p.agent->phrases.past_date : f->p.agent->phrases.closed_then);
	flow_note(f, "problem", what == SLOT_PAST ? STR("past") : STR("closed"));
	if (++f->ladder > f->p.agent->limits.ladder + 1)
		flow_hand_over(f, STR("No time could be agreed on"));
	else
		flow_ask_again(f);
}

static bool wants_readback(const struct flow *f, const struct agent_slot *s)
{
	const struct slot_value *v = flow_get(f, s->name);

	return v && !str_empty(s->confirm) && v->confidence < s->confirm_below;
}

static void read_back(struct flow *f)
{
	f->wait = FLOW_READBACK;
	f->question = f->slot->confirm;
	flow_say(f, f->question);
	flow_expect(f, EOT_YES_NO, 0);
}

void flow_take_filled(struct flow *f, const struct flow_filled *r)
{
	const struct agent_edge *changed = agent_find_edge(f->state, STR("changed"));

	flow_progress(f);
	if (r->changed && ++f->corrections > CORRECTIONS_MAX) {
		flow_hand_over(f, STR("The caller changed their mind many times"));
		return;
	}
	if (r->asked && f->slot && wants_readback(f, f->slot)) {
		read_back(f);
		return;
	}
	if (r->asked && f->slot)
		flow_say(f, f->slot->ack);
	if (r->changed_along && changed)
		flow_follow(f, changed);
	else
		flow_advance(f);
}

bool flow_try_slots(struct flow *f)
{
	struct flow_filled r = flow_fill(f, f->state, f->slot, str_from(f->heard));

	if (r.any)
		flow_take_filled(f, &r);
	else if (r.problem != SLOT_NOTHING)
		problem(f, r.problem);
	else
		return false;
	return true;
}

/* "What", "where", "how much": an answer would not begin so. */
static bool is_question(const char *text)
{
	struct words ws;

	words_read(&ws, str_from(text));
	for (size_t i = 0; i < 3 && i < ws.n; i++) {
		if (words_is(&ws, i, "what|whats|where|wheres|how|which|who|why|when|whens"))
			return !words_phrase(&ws, i, "what|how about");
		if (!words_is(&ws, i, "and|but|so|sorry|um|okay|oh|actually|wait|by|the|way|just|hang|on"))
			return false;
	}
	return false;
}

static void heard_slot(struct flow *f)
{
	f->question_first = is_question(f->heard) && f->p.meaning && f->slot->type != AGENT_SLOT_TEXT;
	if (f->question_first || !flow_try_slots(f))
		ask_meaning(f);
}

/* Whether a yes or no is all that was said: "no need for my appointment" is more. */
static bool short_answer(const struct flow *f, enum understand_answer *ret)
{
	static const char polite[] =
		"thanks|thank|you|very|much|please|i|think|thats|that|is|all|it|everything|for|now|"
		"nothing|else|today|actually|just|no|yes|well|okay|ok|so|im|good|fine|really|not|do|would";
	struct understood_answer a;
	struct words ws;
	size_t more = 0;

	words_read(&ws, str_from(f->heard));
	if (understand_answer(str_from(f->heard), &a) != 0)
		return false;
	for (size_t i = 0; i < ws.n; i++) {
		bool inside = words_from(&ws, i) >= a.how.from && words_to(&ws, i + 1) <= a.how.to;
		more += !inside && !words_is(&ws, i, polite);
	}
	*ret = a.answer;
	return more <= ANSWER_MORE && a.answer != UNDERSTAND_UNSURE;
}

static void heard_listening(struct flow *f)
{
	enum understand_answer answer;
	const struct agent_edge *e = NULL;

	f->question_first = false;
	if (!f->either[0] && short_answer(f, &answer))
		e = agent_find_edge(f->state, answer == UNDERSTAND_YES ? STR("yes") : STR("no"));
	if (e) {
		flow_progress(f);
		flow_follow(f, e);
	} else {
		ask_meaning(f);
	}
}

static void heard_readback(struct flow *f)
{
	struct str text = str_from(f->heard);
	struct slot_context c = flow_slot_context(f, true);
	const struct slot_value *had = flow_get(f, f->slot->name);
	struct understood_answer a;
	struct slot_value v;
	bool answered = understand_answer(text, &a) == 0 && a.answer != UNDERSTAND_UNSURE;

	if (answered && a.answer == UNDERSTAND_YES) {
		flow_progress(f);
		flow_say(f, f->slot->ack);
		flow_advance(f);
		return;
	}
	bool other = f->slot->type != AGENT_SLOT_TEXT && slot_read(f->slot, &c, text, &v) == SLOT_FILLED &&
		     had && strcmp(had->value, v.value) != 0;
	if (other)
		flow_set(f, f->slot->name, str_from(v.value), str_from(v.spoken));
	if ((other || flow_mend_digits(f, f->slot, text)) && ++f->corrections <= CORRECTIONS_MAX) {
		read_back(f);
		return;
	}
	if (!answered) {
		ask_meaning(f);
		return;
	}
	flow_clear(f, f->slot->name);
	f->wait = FLOW_SLOT;
	f->question = f->slot->ask;
	flow_misunderstood(f);
}

static void heard_summary(struct flow *f)
{
	struct str text = str_from(f->heard);
	struct understood_answer a;
	bool answered = understand_answer(text, &a) == 0 && a.answer != UNDERSTAND_UNSURE;

	f->slot = NULL;
	struct flow_filled r = flow_fill(f, f->state, NULL, text);
	if (r.any) {
		flow_take_filled(f, &r);
	} else if (answered && a.answer == UNDERSTAND_YES) {
		flow_progress(f);
		f->confirmed = true;
		flow_advance(f);
	} else if (answered) {
		const struct agent_edge *no = agent_find_edge(f->state, STR("no"));
		if (no) {
			flow_follow(f, no);
			return;
		}
		f->wait = FLOW_CHANGE;
		f->question = f->p.agent->phrases.what_to_change;
		flow_ask_again(f);
	} else if (r.problem != SLOT_NOTHING) {
		problem(f, r.problem);
	} else {
		ask_meaning(f);
	}
}

/* "The name", "the time": which of the values to ask for again. */
static bool forget_named(struct flow *f, const struct opt_strs *names)
{
	struct words ws;

	words_read(&ws, str_from(f->heard));
	for (size_t i = 0; i < names->count; i++) {
		char name[40];
		str_copy(names->at[i], name, sizeof(name));
		if (!words_find(&ws, 0, name, NULL, NULL))
			continue;
		flow_clear(f, names->at[i]);
		return true;
	}
	return false;
}

static void heard_change(struct flow *f)
{
	const struct agent_edge *changed = agent_find_edge(f->state, STR("changed"));
	enum understand_answer answer;

	f->slot = NULL;
	if (flow_try_slots(f))
		return;
	bool own = forget_named(f, &f->state->slots);
	bool along = !own && forget_named(f, &f->state->also);
	if ((own || along) && ++f->corrections <= CORRECTIONS_MAX) {
		flow_progress(f);
		if (along && changed)
			flow_follow(f, changed);
		else
			flow_advance(f);
	} else if (short_answer(f, &answer) && answer == UNDERSTAND_NO) {
		/* "nothing, it's fine": back to the summary */
		flow_advance(f);
	} else {
		ask_meaning(f);
	}
}

static void heard_nothing(struct flow *f)
{
}

static void (*const on_heard[FLOW_WAITS])(struct flow *f) = {
	[FLOW_IDLE] = heard_nothing,      [FLOW_LISTENING] = heard_listening, [FLOW_SLOT] = heard_slot,
	[FLOW_READBACK] = heard_readback, [FLOW_SUMMARY] = heard_summary,     [FLOW_CHANGE] = heard_change,
	[FLOW_MEANING] = heard_nothing,   [FLOW_CHOOSING] = heard_nothing,    [FLOW_TOOL] = heard_nothing,
	[FLOW_ENDED] = heard_nothing,
};

/* ---- inputs ---- */

int flow_open(struct flow *f, const struct flow_params *p)
{
	const struct agent_state *home = agent_find_state(p->agent, p->agent->home);

	if (!home || p->agent->states.count > FLOW_STATES_MAX)
		return -EINVAL;
	*f = (struct flow){.p = *p, .state = home};
	arena_init(&f->turn, FLOW_TURN_BYTES);
	buf_init(&f->history, FLOW_HISTORY_BYTES);
	return 0;
}

void flow_close(struct flow *f)
{
	arena_fini(&f->turn);
	buf_fini(&f->history);
}

void flow_clock(struct flow *f, struct civil_date today, int minute, usec elapsed)
{
	f->p.today = today;
	f->p.minute = minute;
	f->elapsed = elapsed;
}

enum flow_want flow_start(struct flow *f)
{
	if (f->wait != FLOW_IDLE)
		return want_of(f);
	flow_begin(f);
	flow_say(f, f->p.agent->greeting);
	f->visits[f->state - (const struct agent_state *)f->p.agent->states.at]++;
	f->wait = FLOW_LISTENING;
	f->question = str_empty(f->state->ask) ? f->p.agent->greeting : f->state->ask;
	flow_expect(f, EOT_ANYTHING, 0);
	return want_of(f);
}

static bool is_waiting_for_caller(const struct flow *f)
{
	return f->wait >= FLOW_LISTENING && f->wait <= FLOW_CHANGE;
}

/* A card number that nobody asked for. */
static bool is_card(const struct flow *f, struct str text)
{
	bool asked = f->wait == FLOW_SLOT &&
		     (f->slot->type == AGENT_SLOT_PHONE || f->slot->type == AGENT_SLOT_DIGITS);

	return !asked && guard_is_card(f->p.agent, text);
}

/* What was said for certain is no more than that something was. */
static void heard_fragment(struct flow *f)
{
	flow_note(f, "problem", STR("fragment"));
	flow_misunderstood(f);
}

enum flow_want flow_heard(struct flow *f, struct str text, float confidence)
{
	const struct agent_intent *in;

	if (!is_waiting_for_caller(f))
		return want_of(f);
	flow_begin(f);
	f->silences = 0;
	if (is_card(f, text)) {
		flow_remember(f, "caller", STR("[card number]"));
		flow_say(f, f->p.agent->phrases.no_card);
		flow_misunderstood(f);
		return want_of(f);
	}
	str_copy(text, f->heard, sizeof(f->heard));
	f->heard_confidence = confidence;
	flow_remember(f, "caller", str_from(f->heard));
	in = meaning_phrase(f->p.agent, str_from(f->heard));
	if (++f->turns > f->p.agent->limits.turns && !(in && in->kind == AGENT_INTENT_EMERGENCY))
		flow_hand_over(f, STR("The conversation grew too long"));
	else if (confidence == BRAIN_FRAGMENT && !(in && in->kind == AGENT_INTENT_EMERGENCY))
		heard_fragment(f);
	else if (guard_is_annoyed(in, &f->frustrated))
		flow_hand_over(f, STR("The caller is annoyed"));
	else if (in && in->kind != AGENT_INTENT_FRUSTRATION &&
		 !(in->kind == AGENT_INTENT_GO && flow_is_busy(f) && in == f->task))
		flow_on_intent(f, in);
	else
		on_heard[f->wait](f);
	return want_of(f);
}

enum flow_want flow_keys(struct flow *f, struct str keys)
{
	struct slot_context c = flow_slot_context(f, true);
	enum slot_result got = SLOT_NOTHING;
	struct slot_value v;

	if (!is_waiting_for_caller(f))
		return want_of(f);
	if (f->wait == FLOW_READBACK || f->wait == FLOW_SUMMARY)
		return flow_heard(f,
				  str_starts(keys, STR("1"))   ? STR("yes")
				  : str_starts(keys, STR("2")) ? STR("no")
							       : keys,
				  1.0f);
	flow_begin(f);
	f->silences = 0;
	f->turns++;
	flow_remember(f, "keys", keys);
	if (f->wait == FLOW_SLOT)
		got = slot_read_keys(f->slot, &c, keys, &v);
	if (got == SLOT_FILLED) {
		struct flow_filled r = {.asked = true, .any = true, .problem = SLOT_NOTHING};
		char *fact = arena_printf(&f->turn, STR_FMT "=%s", STR_ARG(f->slot->name), v.value);

		if (fact)
			flow_note(f, "slot", str_from(fact));
		flow_set(f, f->slot->name, str_from(v.value), str_from(v.spoken));
		if (f->slot->type == AGENT_SLOT_OFFER)
			flow_set(f, STR("slot"), str_from(v.value), str_from(v.spoken));
		flow_take_filled(f, &r);
	} else if (str_eq(keys, STR("0"))) {
		flow_hand_over(f, STR("Caller asked for a person"));
	} else if (got == SLOT_LONG) {
		problem(f, got);
	} else {
		flow_misunderstood(f);
	}
	return want_of(f);
}

enum flow_want flow_silence(struct flow *f)
{
	if (!is_waiting_for_caller(f))
		return want_of(f);
	flow_begin(f);
	flow_remember(f, "silence", STR(""));
	if (++f->silences > f->p.agent->limits.silences) {
		flow_say_goodbye(f, f->p.agent->phrases.silent_goodbye, STR("silent"));
	} else {
		flow_say(f, f->p.agent->phrases.still_there);
		flow_ask_again(f);
	}
	return want_of(f);
}

void flow_forget_question(struct flow *f)
{
	if (f->wait == FLOW_MEANING || f->wait == FLOW_CHOOSING)
		f->wait = f->resume;
}

enum flow_want flow_meaning(struct flow *f, const struct embedding *said)
{
	if (f->wait != FLOW_MEANING)
		return want_of(f);
	f->wait = f->resume;
	if (said)
		flow_on_meaning(f, said);
	else if (!f->question_first || !flow_try_slots(f))
		flow_unclear(f, NULL);
	return want_of(f);
}

enum flow_want flow_choice(struct flow *f, struct str choice)
{
	if (f->wait != FLOW_CHOOSING)
		return want_of(f);
	f->wait = f->resume;
	flow_on_choice(f, choice);
	return want_of(f);
}

enum flow_want flow_tool_result(struct flow *f, const struct tool_result *result)
{
	if (f->wait != FLOW_TOOL)
		return want_of(f);
	struct str outcome = result ? result->outcome : STR("error");
	const struct agent_edge *e = agent_find_edge(f->state, outcome);
	f->confirmed = false;
	flow_note(f, "outcome", outcome);
	for (size_t i = 0; result && i < result->count; i++)
		flow_set(f, result->values[i].name, result->values[i].value, result->values[i].spoken);
	flow_progress(f);
	if (e)
		flow_follow(f, e);
	else
		flow_hand_over(f, STR("The assistant could not finish"));
	return want_of(f);
}

enum flow_want flow_transfer_failed(struct flow *f, struct str why)
{
	if (f->wait != FLOW_ENDED)
		return want_of(f);
	flow_begin(f);
	f->transfers_failed++;
	f->ends = false;
	flow_remember(f, "transfer_failed", why);
	f->state = agent_find_state(f->p.agent, f->p.agent->home);
	f->slot = NULL;
	f->ladder = f->silences = f->repeats = f->frustrated = 0;
	f->wait = FLOW_LISTENING;
	f->question = f->p.agent->phrases.anything_else;
	flow_say(f, f->p.agent->phrases.transfer_failed);
	flow_ask_again(f);
	return want_of(f);
}

void flow_spoken(struct flow *f, struct str text, bool whole)
{
	flow_remember(f, whole ? "heard" : "cut", text);
}

const struct brain_act *flow_acts(const struct flow *f, size_t *ret_count)
{
	*ret_count = f->act_count;
	return f->acts;
}

struct str flow_question(const struct flow *f)
{
	return str_from(f->gist);
}

const struct tool_call *flow_tool(const struct flow *f)
{
	return &f->call;
}

struct str flow_history(const struct flow *f)
{
	return buf_str(&f->history);
}
