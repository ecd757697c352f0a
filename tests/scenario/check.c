/* What a script expects, held against what happened. */
#include <stdio.h>

#include "world.h"

static struct str history(const struct world *w)
{
	return w->script->model ? buf_str(&w->asked) : buf_str(&w->brain.history);
}

/* When the ear begins to hear `text` at or after `from`; USEC_NEVER if it does not. */
static usec says_at(const struct world *w, struct str text, usec from)
{
	struct str letters = buf_str(&w->leg.letters);
	const usec *at = (const usec *)(const void *)w->leg.letters_at.p;

	for (size_t i = 0; i + text.n <= letters.n; i++)
		if (at[i] >= from && str_eq(str_sub(letters, i, text.n), text))
			return at[i];
	return USEC_NEVER;
}

static bool sound_holds(const struct world *w, const struct script_check *c)
{
	bool all = c->kind == CHECK_ALL_SOUND;

	for (usec at = c->from; at <= c->to; at += LEG_FRAME_USEC)
		if ((fake_leg_sound(&w->leg, at) == c->sound) != all)
			return !all;
	return all;
}

/* Moves `*text` behind the first line that has all three in it. */
static bool find_line(struct str *text, struct str start, struct str word, struct str more)
{
	while (text->n > 0) {
		struct str line = str_cut(text, '\n');

		if (str_starts(line, start) && str_find(line, word) < line.n + str_empty(word) &&
		    str_find(line, more) < line.n + str_empty(more))
			return true;
	}
	return false;
}

static bool find_history(struct str *text, const struct script_check *c)
{
	char start[256];

	/* What was broken off is the agent's, too. */
	snprintf(start, sizeof(start), STR_FMT " " STR_FMT, STR_ARG(c->word), STR_ARG(c->text));
	return find_line(text, str_from(start), STR(""), STR(""));
}

static bool find_event(struct str *trail, const struct script_check *c)
{
	char event[80];

	snprintf(event, sizeof(event), "\"event\":\"" STR_FMT "\"", STR_ARG(c->word));
	return find_line(trail, STR(""), str_from(event), c->text);
}

static bool find_step(struct str *trail, const struct script_check *c)
{
	struct script_check event = *c;
	char step[128];

	snprintf(step, sizeof(step), "\"from\":\"" STR_FMT "\",\"by\":\"" STR_FMT "\",\"to\":\"" STR_FMT "\"",
		 STR_ARG(c->from_state), STR_ARG(c->text), STR_ARG(c->to_state));
	event.text = str_from(step);
	return find_event(trail, &event);
}

/* The state of the floor at a moment, by the trail's steps. */
static struct str floor_at(const struct world *w, usec at)
{
	struct str trail = buf_str(&w->trail), state = STR("idle");

	while (trail.n > 0) {
		struct str line = str_cut(&trail, '\n'), number = str_sub(line, 8, SIZE_MAX);
		size_t to = str_find(line, STR("\"to\":\""));
		int64_t offset;

		number = str_cut(&number, ',');
		if (str_find(line, STR("\"event\":\"floor\"")) == line.n ||
		    str_to_int(number, 0, INT64_MAX, &offset) < 0)
			continue;
		if (SCRIPT_START + offset > at)
			break;
		line = str_sub(line, to + 6, SIZE_MAX);
		state = str_cut(&line, '"');
	}
	return state;
}

static bool disposed(const struct world *w, struct str disposition)
{
	char want[128];
	struct str trail = buf_str(&w->trail);

	snprintf(want, sizeof(want), "\"disposition\":\"" STR_FMT "\"", STR_ARG(disposition));
	return find_line(&trail, STR(""), STR("\"event\":\"ended\""), str_from(want));
}

/* `trail` and `past` are read on from one expectation to the next. */
static bool holds(const struct world *w, const struct script_check *c, struct str *trail, struct str *past)
{
	struct str all;
	usec at;

	switch (c->kind) {
	case CHECK_SOUND:
	case CHECK_ALL_SOUND:
		return sound_holds(w, c);
	case CHECK_SAYS:
		at = says_at(w, c->text, c->from);
		return at <= c->to;
	case CHECK_NOT_SAYS:
		return says_at(w, c->text, 0) == USEC_NEVER;
	case CHECK_HISTORY:
		return find_history(past, c);
	case CHECK_NO_HISTORY:
		all = history(w);
		return !find_history(&all, c);
	case CHECK_TRAIL:
		return find_event(trail, c);
	case CHECK_NO_TRAIL:
		all = buf_str(&w->trail);
		return !find_event(&all, c);
	case CHECK_STEP:
		return find_step(trail, c);
	case CHECK_NO_STEP:
		all = buf_str(&w->trail);
		return !find_step(&all, c);
	case CHECK_FLOOR:
		return str_eq(floor_at(w, c->from), c->word);
	case CHECK_DISPOSITION:
		return disposed(w, c->text);
	case CHECK_TRANSFER:
		return str_eq(str_from(w->leg.refer_target), c->text);
	case CHECK_CANCELLED:
		return w->model_cancelled_at > 0 && w->model_cancelled_at == w->voice.cancelled_at;
	case CHECK_REFUSED:
		return w->leg.rejected;
	case CHECK_NO_CALL:
		return w->refused < 0;
	}
	return false;
}

bool world_check(const struct world *w, char *out, size_t size)
{
	struct str trail = buf_str(&w->trail), past = history(w);

	if (w->problem[0]) {
		snprintf(out, size, "%s: %s", w->script->name, w->problem);
		return false;
	}
	for (size_t i = 0; i < w->script->check_count; i++) {
		const struct script_check *c = &w->script->checks[i];

		if (holds(w, c, &trail, &past))
			continue;
		snprintf(out, size, "%s:%u: not met", w->script->name, c->line);
		return false;
	}
	return true;
}
