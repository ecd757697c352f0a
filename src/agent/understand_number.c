#include <errno.h>
#include <string.h>

#include "agent/spoken.h"
#include "agent/understand.h"

struct found {
	size_t at, n;
	long value;
	bool ordinal;
};

/* "that one", "the other one": a word for a thing, not a count. */
static bool is_pronoun(const struct words *ws, size_t i)
{
	return words_is(ws, i, "one|ones") && i > 0 &&
	       words_is(ws, i - 1,
			"the|that|this|another|any|some|first|second|third|last|other|which|each|next|every");
}

/* "one oh five", "four two", "double seven": digits in a row make one number. */
static size_t digit_row(const struct words *ws, size_t i, long *ret)
{
	size_t used = 0, said = 0;
	long v = 0;
	int digit, next;

	for (;;) {
		size_t times = words_is(ws, i + used, "double")          ? 2
			       : words_is(ws, i + used, "triple|treble") ? 3
									 : 1;
		size_t n = spoken_digit(ws, i + used + (times > 1), &digit);
		bool breaks = used > 0 && i + used < ws->n && ws->w[i + used].mark == ',';
		if (n == 0 || v > SPOKEN_MAX / 10000 || breaks)
			break;
		for (size_t k = 0; k < times; k++)
			v = v * 10 + digit;
		used += n + (times > 1);
		said += times;
	}
	if (said < 2 || spoken_cardinal(ws, i + used - 1, ret) > 1 || spoken_ordinal(ws, i + used, &next))
		return 0;
	*ret = v;
	return used;
}

/* "ten thirty", "twenty twenty-six": two pairs side by side. */
static size_t pair(const struct words *ws, size_t i, long *ret)
{
	int high, low;
	size_t n = spoken_small(ws, i, &high);
	size_t m = n ? spoken_small(ws, i + n, &low) : 0;

	if (m == 0 || high < 10 || low < 10 || ws->w[i + n].mark == ',' ||
	    words_is(ws, i + n + m, "hundred|thousand"))
		return 0;
	*ret = high * 100 + low;
	return n + m;
}

static size_t number_at(const struct words *ws, size_t i, struct found *f)
{
	int ordinal, digit;
	size_t n = spoken_ordinal(ws, i, &ordinal);

	*f = (struct found){.at = i, .ordinal = n > 0, .value = n ? ordinal : 0};
	if (n == 0 && !is_pronoun(ws, i)) {
		n = pair(ws, i, &f->value);
		n = n ? n : digit_row(ws, i, &f->value);
		n = n ? n : spoken_cardinal(ws, i, &f->value);
		if (n == 0 && words_is(ws, i, "zero|nought|naught|nil") && spoken_digit(ws, i, &digit))
			n = 1;
	}
	f->n = n;
	return n;
}

int understand_number(struct str text, struct understood_number *ret_number)
{
	struct understood_number v = {.how.confidence = 0};
	struct found first = {0}, f;
	struct words ws;
	bool corrects = false;

	words_read(&ws, text);
	for (size_t i = 0; i < ws.n;) {
		size_t skip = words_correction(&ws, i);
		if (skip > 0) {
			corrects = first.n > 0;
			i += skip;
			continue;
		}
		size_t n = number_at(&ws, i, &f);
		if (n > 0 && (first.n == 0 || corrects)) {
			v.how.corrected = v.how.corrected || corrects;
			v.how.ambiguous = false;
			first = f;
			corrects = false;
		} else if (n > 0 && f.value != first.value) {
			v.how.ambiguous = true;
		}
		i += n ? n : 1;
	}
	if (first.n == 0)
		return UNDERSTAND_NOTHING;
	bool negative = first.at > 0 && words_is(&ws, first.at - 1, "minus|negative");
	v.value = negative ? -first.value : first.value;
	v.ordinal = first.ordinal;
	v.how.from = words_from(&ws, first.at);
	v.how.to = words_to(&ws, first.at + first.n);
	v.how.confidence = v.how.ambiguous ? 60 : v.how.corrected ? 80 : 95;
	*ret_number = v;
	return 0;
}
