#include "agent/spoken.h"

struct number_word {
	const char *words;
	int value;
};

static const struct number_word digit_words[] = {
	{"zero|oh|o|nought|naught|nil", 0},
	{"one", 1},
	{"two", 2},
	{"three", 3},
	{"four", 4},
	{"five", 5},
	{"six", 6},
	{"seven", 7},
	{"eight", 8},
	{"nine|niner", 9},
};

static const struct number_word teen_words[] = {
	{"ten", 10},     {"eleven", 11},  {"twelve|dozen", 12}, {"thirteen", 13}, {"fourteen", 14},
	{"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17},    {"eighteen", 18}, {"nineteen", 19},
};

static const struct number_word ten_words[] = {
	{"twenty", 20}, {"thirty", 30},  {"forty|fourty", 40}, {"fifty", 50},
	{"sixty", 60},  {"seventy", 70}, {"eighty", 80},       {"ninety", 90},
};

static const struct number_word ordinal_words[] = {
	{"first", 1},      {"second", 2},       {"third", 3},       {"fourth", 4},      {"fifth", 5},
	{"sixth", 6},      {"seventh", 7},      {"eighth", 8},      {"ninth", 9},       {"tenth", 10},
	{"eleventh", 11},  {"twelfth", 12},     {"thirteenth", 13}, {"fourteenth", 14}, {"fifteenth", 15},
	{"sixteenth", 16}, {"seventeenth", 17}, {"eighteenth", 18}, {"nineteenth", 19}, {"twentieth", 20},
	{"thirtieth", 30}, {"fortieth", 40},    {"fiftieth", 50},
};

static bool in_table(const struct words *ws, size_t i, const struct number_word *t, size_t n, int *ret)
{
	for (size_t k = 0; k < n; k++) {
		if (words_is(ws, i, t[k].words)) {
			*ret = t[k].value;
			return true;
		}
	}
	return false;
}

/* The number that a run of at most nine digits writes. */
static bool figures(const struct words *ws, size_t i, long *ret)
{
	int64_t v;

	if (!words_has(ws, i) || !ws->w[i].digits || ws->w[i].ordinal ||
	    str_to_int(str_from(ws->w[i].low), 0, SPOKEN_MAX, &v))
		return false;
	*ret = (long)v;
	return true;
}

size_t spoken_digit(const struct words *ws, size_t i, int *ret_digit)
{
	long v;

	if (figures(ws, i, &v) && ws->w[i].raw.n == 1) {
		*ret_digit = (int)v;
		return 1;
	}
	return in_table(ws, i, digit_words, ARRAY_LEN(digit_words), ret_digit);
}

size_t spoken_small(const struct words *ws, size_t i, int *ret_value)
{
	int tens, unit;
	long v;

	if (figures(ws, i, &v)) {
		if (ws->w[i].raw.n > 2)
			return 0;
		*ret_value = (int)v;
		return 1;
	}
	if (in_table(ws, i, teen_words, ARRAY_LEN(teen_words), ret_value))
		return 1;
	if (!in_table(ws, i, ten_words, ARRAY_LEN(ten_words), &tens)) {
		if (words_is(ws, i, "oh|o"))
			return 0;
		return in_table(ws, i, digit_words, ARRAY_LEN(digit_words), ret_value);
	}
	if (in_table(ws, i + 1, digit_words, ARRAY_LEN(digit_words), &unit) && unit > 0) {
		*ret_value = tens + unit;
		return 2;
	}
	*ret_value = tens;
	return 1;
}

/* "hundred (and) five" after `head` hundreds. Returns the words used from `i`. */
static size_t hundreds(const struct words *ws, size_t i, long head, long *ret)
{
	size_t n = words_is(ws, i, "hundred|hundreds");
	int rest;

	if (n == 0)
		return 0;
	*ret = head * 100;
	size_t joint = words_is(ws, i + n, "and");
	size_t m = spoken_small(ws, i + n + joint, &rest);
	if (m > 0 && rest > 0) {
		*ret += rest;
		n += joint + m;
	}
	return n;
}

/* Up to 999: the part between the scale words. */
static size_t below_thousand(const struct words *ws, size_t i, long *ret)
{
	size_t n = words_is(ws, i, "a|an");
	long head = 1;
	int small;

	if (n == 0) {
		n = spoken_small(ws, i, &small);
		if (n == 0)
			return 0;
		head = small;
	} else if (!words_is(ws, i + 1, "hundred|thousand|million|dozen|couple")) {
		return 0;
	}
	if (words_is(ws, i, "a") && words_is(ws, i + 1, "dozen|couple")) {
		*ret = words_is(ws, i + 1, "dozen") ? 12 : 2;
		return 2;
	}
	*ret = head;
	return n + hundreds(ws, i + n, head, ret);
}

/* "1,050,000": figures in groups of three. */
static size_t grouped_figures(const struct words *ws, size_t i, long *ret)
{
	size_t n = 1;
	long v, group;

	if (!figures(ws, i, &v))
		return 0;
	while (figures(ws, i + n, &group) && ws->w[i + n].glued && ws->w[i + n].mark == ',' &&
	       ws->w[i + n].raw.n == 3 && v < SPOKEN_MAX / 1000) {
		v = v * 1000 + group;
		n++;
	}
	*ret = v;
	return n;
}

static long scale_of(const struct words *ws, size_t i)
{
	return words_is(ws, i, "thousand") ? 1000 : words_is(ws, i, "million") ? 1000000 : 0;
}

size_t spoken_cardinal(const struct words *ws, size_t i, long *ret_value)
{
	size_t used = grouped_figures(ws, i, ret_value);
	long total = 0, part, last_scale = SPOKEN_MAX;

	if (used > 1 || (used == 1 && ws->w[i].raw.n > 2))
		return used;
	for (used = 0;;) {
		size_t joint = used > 0 && words_is(ws, i + used, "and");
		size_t n = below_thousand(ws, i + used + joint, &part);
		long scale = n ? scale_of(ws, i + used + joint + n) : 0;
		/* after "two thousand" only a smaller part may follow: "two thousand twenty" but not "ten
		 * twenty" */
		if (n == 0 || (used > 0 && scale == 0 && part == 0) || (scale > 0 && scale >= last_scale))
			break;
		total += part * (scale ? scale : 1);
		used += joint + n + (scale > 0);
		if (scale == 0)
			break;
		last_scale = scale;
	}
	if (used == 0 || total > SPOKEN_MAX)
		return 0;
	*ret_value = total;
	return used;
}

size_t spoken_ordinal(const struct words *ws, size_t i, int *ret_value)
{
	int tens, unit;
	int64_t v;

	if (words_has(ws, i) && ws->w[i].ordinal) {
		if (str_to_int(str_from(ws->w[i].low), 1, 99, &v))
			return 0;
		*ret_value = (int)v;
		return 1;
	}
	if (in_table(ws, i, ordinal_words, ARRAY_LEN(ordinal_words), ret_value))
		return 1;
	if (in_table(ws, i, ten_words, ARRAY_LEN(ten_words), &tens) &&
	    in_table(ws, i + 1, ordinal_words, ARRAY_LEN(ordinal_words), &unit) && unit < 10) {
		*ret_value = tens + unit;
		return 2;
	}
	return 0;
}

/* The second half of "nineteen eighty-four", "twenty oh six", "20 26". */
static size_t year_within_century(const struct words *ws, size_t i, int *ret)
{
	int digit;

	if (words_is(ws, i, "oh|o|zero|nought") && spoken_digit(ws, i + 1, &digit)) {
		*ret = digit;
		return 2;
	}
	if (words_is(ws, i, "hundred")) {
		*ret = 0;
		return 1;
	}
	size_t n = spoken_small(ws, i, ret);
	return n > 0 && *ret >= 10 ? n : 0;
}

size_t spoken_year(const struct words *ws, size_t i, int *ret_year)
{
	int century, rest;
	long v;
	size_t n = spoken_cardinal(ws, i, &v);

	if (n > 0 && v >= 1900 && v <= 2099) {
		*ret_year = (int)v;
		return n;
	}
	/* "twenty twenty": the century is one word, so that "twenty one oh six" stays what it is */
	if (!words_is(ws, i, "nineteen|twenty|19|20"))
		return 0;
	century = words_is(ws, i, "nineteen|19") ? 19 : 20;
	n = year_within_century(ws, i + 1, &rest);
	if (n == 0)
		return 0;
	*ret_year = century * 100 + rest;
	return n + 1;
}
