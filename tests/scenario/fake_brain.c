#include "fake_brain.h"

#include "base/live.h"

#define HISTORY_BYTES_MAX (1u << 20)

LIVE_DEFINE(fake_brain);

static void on_step(struct timer *t);

static struct fake_brain *of(struct brain *b)
{
	return CONTAINER_OF(b, struct fake_brain, brain);
}

static void write_history(struct fake_brain *b, const char *who, struct str text)
{
	buf_printf(&b->history, "%s " STR_FMT "\n", who, STR_ARG(text));
}

static bool holds(struct str text, struct str pattern)
{
	for (size_t i = 0; i + pattern.n <= text.n; i++)
		if (str_ieq(str_sub(text, i, pattern.n), pattern))
			return true;
	return false;
}

static const struct fake_rule *find_rule(struct fake_brain *b, enum fake_cue cue, struct str text)
{
	const struct fake_rule *last = NULL;

	for (size_t i = 0; i < b->part->rule_count; i++) {
		const struct fake_rule *r = &b->part->rules[i];

		if (r->cue != cue || !holds(text, r->pattern))
			continue;
		last = r;
		if (b->used[i])
			continue;
		b->used[i] = true;
		break;
	}
	return last;
}

static void next_step_later(struct fake_brain *b)
{
	usec after = b->rule && b->step < b->rule->step_count ? b->rule->steps[b->step].after : 0;

	timer_start(&b->timer, b->loop, loop_now(b->loop) + after, on_step);
}

static void on_step(struct timer *t)
{
	struct fake_brain *b = CONTAINER_OF(t, struct fake_brain, timer);
	struct brain_act act = {.type = BRAIN_DONE, .question = b->brain.question};

	if (b->rule && b->step < b->rule->step_count) {
		act = b->rule->steps[b->step++].act;
		act.question = b->brain.question;
		next_step_later(b);
	} else if (b->rule && b->rule->never_done) {
		return;
	}
	brain_emit(&b->brain, &act);
}

static void answer(struct fake_brain *b, enum fake_cue cue, struct str text)
{
	b->rule = find_rule(b, cue, text);
	b->step = 0;
	b->guess_n = cue == CUE_HEARD ? b->guess_n : 0;
	next_step_later(b);
}

/* What was thought of since the guess need not be thought of again. */
static void adopt_guess(struct fake_brain *b, struct str text)
{
	struct str guess = {b->guess, b->guess_n};
	usec due = b->timer.due - (loop_now(b->loop) - b->guessed_at);

	if (b->guess_n > 0 && brain_same_words(guess, text))
		timer_start(&b->timer, b->loop, MAX(due, loop_now(b->loop)), on_step);
	b->guess_n = 0;
}

static void op_start(struct brain *brain, uint32_t question)
{
	answer(of(brain), CUE_START, STR(""));
}

static void op_heard(struct brain *brain, uint32_t question, struct str text, float confidence)
{
	bool fragment = confidence == BRAIN_FRAGMENT;

	write_history(of(brain), fragment ? "fragment" : "caller", text);
	answer(of(brain), CUE_HEARD, fragment ? STR("") : text);
	adopt_guess(of(brain), fragment ? STR("") : text);
}

static void op_keys(struct brain *brain, uint32_t question, struct str keys)
{
	write_history(of(brain), "keys", keys);
	answer(of(brain), CUE_KEYS, keys);
}

static void op_silence(struct brain *brain, uint32_t question)
{
	write_history(of(brain), "silence", STR(""));
	answer(of(brain), CUE_SILENCE, STR(""));
}

static void op_transfer_failed(struct brain *brain, uint32_t question, struct str why)
{
	write_history(of(brain), "transfer", why);
	answer(of(brain), CUE_TRANSFER_FAILED, why);
}

static void op_spoken(struct brain *brain, struct str text, bool whole)
{
	write_history(of(brain), whole ? "agent" : "broken", text);
}

static void op_guess(struct brain *brain, struct str text)
{
	struct fake_brain *b = of(brain);

	if (!b->part->guesses)
		return;
	write_history(b, "guess", text);
	b->guessed_at = loop_now(b->loop);
	b->guess_n = str_copy(text, b->guess, sizeof(b->guess));
}

static void op_withdraw(struct brain *brain)
{
	of(brain)->guess_n = 0;
	timer_stop(&of(brain)->timer);
}

static void op_close(struct brain *brain)
{
	timer_stop(&of(brain)->timer);
	live_down(&live_fake_brain);
}

static const struct brain_ops ops = {
	.name = "fake",
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

void fake_brain_init(struct fake_brain *b, struct loop *loop, const struct fake_part *part)
{
	*b = (struct fake_brain){.brain.ops = &ops, .loop = loop, .part = part};
	buf_init(&b->history, HISTORY_BYTES_MAX);
	live_up(&live_fake_brain);
}

void fake_brain_fini(struct fake_brain *b)
{
	buf_fini(&b->history);
}
