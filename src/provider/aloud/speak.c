#include "provider/aloud/speak.h"

#include <string.h>

#define NUMBER_DIGITS_MAX 32

size_t speak_digits(struct str text, size_t i)
{
	size_t n = 0;

	while (speak_is_digit(speak_char(text, i + n)))
		n++;
	return n;
}

size_t speak_letters(struct str text, size_t i)
{
	size_t n = 0;

	while (speak_is_letter(speak_char(text, i + n)))
		n++;
	return n;
}

size_t speak_blanks(struct str text, size_t i)
{
	size_t n = 0;

	while (speak_char(text, i + n) == ' ' || speak_char(text, i + n) == '\t')
		n++;
	return n;
}

size_t speak_dash(struct str text, size_t i)
{
	static const struct str dashes[] = {STR_INIT(" \xe2\x80\x93 "), STR_INIT("\xe2\x80\x93"),
					    STR_INIT(" - "), STR_INIT("-"), STR_INIT(" to ")};

	for (size_t k = 0; k < ARRAY_LEN(dashes); k++)
		if (str_starts(str_sub(text, i, text.n), dashes[k]))
			return dashes[k].n;
	return 0;
}

bool speak_ends(struct str text, size_t i)
{
	return !speak_is_word(speak_char(text, i));
}

struct str speak_word_before(struct str text, size_t i)
{
	size_t end = i, start;

	while (end > 0 && speak_is_blank(text.p[end - 1]))
		end--;
	if (end > 0 && speak_is_one_of(".:#(", text.p[end - 1]))
		end--;
	while (end > 0 && speak_is_blank(text.p[end - 1]))
		end--;
	start = end;
	while (start > 0 && speak_is_letter(text.p[start - 1]))
		start--;
	return str_sub(text, start, end - start);
}

/* Bytes of a whole part with commas in the right places ("1,234,567"), else just its digits. */
static size_t whole_part(struct str text, size_t i)
{
	size_t n = speak_digits(text, i);
	bool first = true;

	while (n > 0 && (!first || n <= 3) && speak_char(text, i + n) == ',' &&
	       speak_digits(text, i + n + 1) == 3) {
		n += 4;
		first = false;
	}
	return n;
}

size_t speak_number(struct str text, size_t i, struct speak_number *ret_number)
{
	struct speak_number number = {0};
	size_t n = whole_part(text, i), fraction;

	number.whole = str_sub(text, i, n);
	number.grouped = str_chr(number.whole, ',') < number.whole.n;
	fraction = speak_char(text, i + n) == '.' ? speak_digits(text, i + n + 1) : 0;
	if (n == 0 && fraction == 0)
		return 0;
	if (fraction > 0) {
		number.fraction = str_sub(text, i + n + 1, fraction);
		number.has_fraction = true;
		n += 1 + fraction;
	}
	number.n = n;
	*ret_number = number;
	return n;
}

/* The digits of `number.whole` into buf[NUMBER_DIGITS_MAX]; empty when they are too many. */
static struct str bare_digits(const struct speak_number *number, char *buf)
{
	size_t n = 0;

	for (size_t i = 0; i < number->whole.n; i++) {
		if (number->whole.p[i] == ',')
			continue;
		if (n == NUMBER_DIGITS_MAX)
			return (struct str){buf, 0};
		buf[n++] = number->whole.p[i];
	}
	return (struct str){buf, n};
}

uint64_t speak_value(const struct speak_number *number)
{
	char buf[NUMBER_DIGITS_MAX];
	int64_t value;

	if (str_to_int(bare_digits(number, buf), 0, SAY_CARDINAL_MAX, &value) < 0)
		return UINT64_MAX;
	return (uint64_t)value;
}

void speak_say_number(struct buf *out, const struct speak_number *number)
{
	uint64_t value = speak_value(number);

	if (number->whole.n == 0)
		say_word(out, STR("zero"));
	else if (value == UINT64_MAX ||
		 (!number->has_fraction && number->whole.n > 1 && number->whole.p[0] == '0'))
		say_digits(out, number->whole);
	else
		say_cardinal(out, value);
	if (!number->has_fraction)
		return;
	say_word(out, STR("point"));
	say_digits(out, number->fraction);
}

const struct speak_entry *speak_find(const struct speak_entry *table, size_t rows, struct str word)
{
	for (size_t i = 0; i < rows; i++)
		if (str_ieq(str_from(table[i].written), word))
			return &table[i];
	return NULL;
}

const struct speak_entry *speak_find_prefix(const struct speak_entry *table, size_t rows, struct str text,
					    size_t i)
{
	const struct speak_entry *best = NULL;
	struct str rest = str_sub(text, i, text.n);

	for (size_t k = 0; k < rows; k++) {
		if (!str_starts(rest, str_from(table[k].written)))
			continue;
		if (!best || strlen(table[k].written) > strlen(best->written))
			best = &table[k];
	}
	return best;
}

bool speak_in_list(const char *list, struct str word)
{
	struct str rest = str_from(list), item;

	while (!str_empty(item = str_word(&rest)))
		if (str_ieq(item, word))
			return true;
	return false;
}
