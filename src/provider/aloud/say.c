#include "provider/aloud/say.h"

#include <string.h>

static const char *const small[] = {"zero",    "one",     "two",       "three",    "four",
				    "five",    "six",     "seven",     "eight",    "nine",
				    "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
				    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
static const char *const tens[] = {"",      "",      "twenty",  "thirty", "forty",
				   "fifty", "sixty", "seventy", "eighty", "ninety"};

static const struct {
	uint64_t unit;
	const char *name;
} scales[] = {
	{1000000000000, "trillion"},
	{1000000000, "billion"},
	{1000000, "million"},
	{1000, "thousand"},
};

void say_word(struct buf *out, struct str word)
{
	if (str_empty(word))
		return;
	if (out->n > 0 && out->p[out->n - 1] != ' ')
		buf_add_char(out, ' ');
	buf_add_str(out, word);
}

void say_lower(struct buf *out, struct str word)
{
	size_t start;

	say_word(out, word);
	if (out->error)
		return;
	start = out->n - word.n;
	for (size_t i = start; i < out->n; i++)
		out->p[i] = str_lower(out->p[i]);
}

static void say_z(struct buf *out, const char *word)
{
	say_word(out, str_from(word));
}

/* The weakest first. */
static size_t strength(char mark)
{
	static const char marks[] = ",;:.!?";
	const char *at = mark ? strchr(marks, mark) : NULL;

	return at ? (size_t)(at - marks) + 1 : 0;
}

void say_pause(struct buf *out, char mark)
{
	if (out->n == 0 || strength(mark) == 0)
		return;
	if (strength(out->p[out->n - 1]) == 0)
		buf_add_char(out, mark);
	else if (strength(mark) > strength(out->p[out->n - 1]))
		out->p[out->n - 1] = mark;
}

static void say_below_hundred(struct buf *out, uint64_t n)
{
	if (n < ARRAY_LEN(small)) {
		say_z(out, small[n]);
		return;
	}
	say_z(out, tens[n / 10]);
	if (n % 10)
		say_z(out, small[n % 10]);
}

static void say_below_thousand(struct buf *out, uint64_t n)
{
	if (n >= 100) {
		say_z(out, small[n / 100]);
		say_z(out, "hundred");
		if (n % 100 == 0)
			return;
	}
	say_below_hundred(out, n % 100);
}

void say_cardinal(struct buf *out, uint64_t n)
{
	uint64_t rest = n;

	for (size_t i = 0; i < ARRAY_LEN(scales); i++) {
		if (rest < scales[i].unit)
			continue;
		say_below_thousand(out, rest / scales[i].unit);
		say_z(out, scales[i].name);
		rest %= scales[i].unit;
	}
	if (rest > 0 || n == 0)
		say_below_thousand(out, rest);
}

/* The cardinal's last word becomes its ordinal: "one" -> "first", "twenty" -> "twentieth". */
static void make_last_word_ordinal(struct buf *out)
{
	static const struct {
		const char *cardinal, *ordinal;
	} odd[] = {{"one", "first"},    {"two", "second"}, {"three", "third"},   {"five", "fifth"},
		   {"eight", "eighth"}, {"nine", "ninth"}, {"twelve", "twelfth"}};
	size_t start = out->n;
	struct str last;

	while (start > 0 && out->p[start - 1] != ' ')
		start--;
	last = str_sub(buf_str(out), start, out->n);
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		if (!str_eq(last, str_from(odd[i].cardinal)))
			continue;
		out->n = start;
		buf_add_str(out, str_from(odd[i].ordinal));
		return;
	}
	if (str_ends(last, STR("y"))) {
		out->n--;
		buf_add_str(out, STR("ie"));
	}
	buf_add_str(out, STR("th"));
}

void say_ordinal(struct buf *out, uint64_t n)
{
	say_cardinal(out, n);
	if (!out->error)
		make_last_word_ordinal(out);
}

void say_year(struct buf *out, unsigned year)
{
	unsigned century = year / 100, rest = year % 100;

	if (century % 10 == 0 && rest < 10) {
		say_cardinal(out, year);
		return;
	}
	say_below_hundred(out, century);
	if (rest == 0)
		say_z(out, "hundred");
	else if (rest < 10)
		say_z(out, "oh");
	if (rest > 0)
		say_below_hundred(out, rest);
}

void say_digits(struct buf *out, struct str digits)
{
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] >= '0' && digits.p[i] <= '9')
			say_z(out, small[digits.p[i] - '0']);
}

void say_integer(struct buf *out, struct str digits)
{
	int64_t n;

	if ((digits.n > 1 && digits.p[0] == '0') || str_to_int(digits, 0, SAY_CARDINAL_MAX, &n) < 0)
		say_digits(out, digits);
	else
		say_cardinal(out, (uint64_t)n);
}

void say_letters(struct buf *out, struct str letters)
{
	for (size_t i = 0; i < letters.n; i++) {
		char c = letters.p[i];

		if (c >= '0' && c <= '9')
			say_z(out, small[c - '0']);
		else if (c >= 'a' && c <= 'z')
			say_word(out, (struct str){(char[]){(char)(c - 'a' + 'A')}, 1});
		else if (c >= 'A' && c <= 'Z')
			say_word(out, str_sub(letters, i, 1));
	}
}

/* The last two digits of a house number; "oh five", "hundred" for 00. */
static void say_pair(struct buf *out, unsigned pair)
{
	if (pair == 0) {
		say_z(out, "hundred");
		return;
	}
	if (pair < 10)
		say_z(out, "oh");
	say_below_hundred(out, pair);
}

void say_house_number(struct buf *out, struct str digits)
{
	int64_t n;

	if (digits.n < 3 || digits.n > 4 || digits.p[0] == '0' || str_to_int(digits, 0, 9999, &n) < 0) {
		if (digits.n > 4)
			say_digits(out, digits);
		else
			say_integer(out, digits);
		return;
	}
	if (n % 1000 == 0) {
		say_cardinal(out, (uint64_t)n);
		return;
	}
	say_below_hundred(out, (uint64_t)n / 100);
	say_pair(out, (unsigned)(n % 100));
}
