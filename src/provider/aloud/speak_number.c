/*
 * The rule for numbers: percentages, ordinals, fractions, ranges, units,
 * years, house numbers.
 */
#include "provider/aloud/speak.h"

/* ---- units ---- */

struct unit {
	const char *written, *one, *many;
	bool close; /* a letter or a word too: only right behind the digit; "5 in." is an exception */
};

static const struct unit units[] = {
	{"km/h", "kilometer per hour", "kilometers per hour"},
	{"mmol/L", "millimole per liter", "millimoles per liter"},
	{"mmol", "millimole", "millimoles"},
	{"mmHg", "millimeter of mercury", "millimeters of mercury"},
	{"sq ft", "square foot", "square feet"},
	{"sq. ft.", "square foot", "square feet"},
	{"mg/dL", "milligram per deciliter", "milligrams per deciliter"},
	{"\xc2\xb0"
	 "C",
	 "degree Celsius", "degrees Celsius"},
	{"\xc2\xb0"
	 "F",
	 "degree Fahrenheit", "degrees Fahrenheit"},
	{"\xc2\xb0", "degree", "degrees"},
	{"\xc2\xb5g", "microgram", "micrograms"},
	{"m\xc2\xb2", "square meter", "square meters"},
	{"kWh", "kilowatt hour", "kilowatt hours"},
	{"mcg", "microgram", "micrograms"},
	{"km", "kilometer", "kilometers"},
	{"cm", "centimeter", "centimeters"},
	{"mm", "millimeter", "millimeters"},
	{"kg", "kilogram", "kilograms"},
	{"mg", "milligram", "milligrams"},
	{"ml", "milliliter", "milliliters"},
	{"mL", "milliliter", "milliliters"},
	{"lbs", "pound", "pounds"},
	{"lb", "pound", "pounds"},
	{"oz", "ounce", "ounces"},
	{"ft", "foot", "feet"},
	{"in", "inch", "inches", true},
	{"mi", "mile", "miles"},
	{"yd", "yard", "yards"},
	{"mph", "mile per hour", "miles per hour"},
	{"kph", "kilometer per hour", "kilometers per hour"},
	{"bpm", "beat per minute", "beats per minute"},
	{"hrs", "hour", "hours"},
	{"hr", "hour", "hours"},
	{"mins", "minute", "minutes"},
	{"min", "minute", "minutes"},
	{"secs", "second", "seconds"},
	{"sec", "second", "seconds"},
	{"yrs", "year", "years"},
	{"yr", "year", "years"},
	{"wks", "week", "weeks"},
	{"wk", "week", "weeks"},
	{"ms", "millisecond", "milliseconds"},
	{"KB", "kilobyte", "kilobytes"},
	{"kB", "kilobyte", "kilobytes"},
	{"MB", "megabyte", "megabytes"},
	{"GB", "gigabyte", "gigabytes"},
	{"TB", "terabyte", "terabytes"},
	{"kHz", "kilohertz", "kilohertz"},
	{"MHz", "megahertz", "megahertz"},
	{"GHz", "gigahertz", "gigahertz"},
	{"Hz", "hertz", "hertz"},
	{"m", "meter", "meters", true},
	{"g", "gram", "grams", true},
	{"l", "liter", "liters", true},
	{"L", "liter", "liters", true},
	{"h", "hour", "hours", true},
	{"s", "second", "seconds", true},
	{"W", "watt", "watts", true},
	{"V", "volt", "volts", true},
	{"x", "times", "times", true},
	{"%", "percent", "percent"},
};

/* The unit at `i`, with the blank before it and a point behind it that does not end the sentence.
 * Returns the bytes of all that; 0 when there is none. */
static size_t unit_at(struct str text, size_t i, const struct unit **ret_unit)
{
	size_t blank = speak_char(text, i) == ' ', from = i + blank, n;

	for (size_t k = 0; k < ARRAY_LEN(units); k++) {
		n = str_from(units[k].written).n;
		if (!str_starts(str_sub(text, from, text.n), str_from(units[k].written)))
			continue;
		if (units[k].written[0] != '%' && !speak_ends(text, from + n))
			continue;
		if (units[k].close && blank && !str_starts(str_sub(text, from, 3), STR("in.")))
			continue;
		if (speak_char(text, from + n) == '.' && speak_char(text, from + n + 1) == ' ' &&
		    !speak_is_upper(speak_char(text, from + n + 2)))
			n++;
		*ret_unit = &units[k];
		return blank + n;
	}
	return 0;
}

static size_t say_unit(struct speak *s, size_t i, bool one)
{
	const struct unit *unit;
	size_t n = unit_at(s->text, i, &unit);

	if (n > 0)
		say_word(s->out, str_from(one ? unit->one : unit->many));
	return n;
}

/* ---- shapes of numbers ---- */

static bool is_plain(const struct speak_number *number)
{
	return !number->has_fraction && !number->grouped;
}

/* 21st, 3RD. Returns the bytes of the letters. */
static size_t ordinal_suffix(struct str text, size_t i)
{
	struct str two = str_sub(text, i, 2);

	if (two.n < 2 || !speak_ends(text, i + 2))
		return 0;
	return speak_in_list("st nd rd th", two) ? 2 : 0;
}

/* A magnitude that needs no currency: 50k, 3M. NULL when there is none. */
static const struct speak_entry *magnitude_at(struct str text, size_t i)
{
	const struct speak_entry *m = speak_magnitude(text, i);

	return m && speak_in_list("k K M bn tn", str_from(m->written)) && m->written[0] != ' ' ? m : NULL;
}

bool speak_is_measure(struct str text, size_t i)
{
	struct speak_number number;
	const struct unit *unit;
	size_t n = speak_number(text, i, &number);

	if (n == 0)
		return false;
	if (ordinal_suffix(text, i + n) || unit_at(text, i + n, &unit) || magnitude_at(text, i + n))
		return true;
	return speak_char(text, i + n) == 's' && speak_ends(text, i + n + 1);
}

/* The 1990s, the 90s. */
static size_t decade_rule(struct speak *s, const struct speak_number *number)
{
	static const char *const names[] = {"",        "",        "twenties",  "thirties", "forties",
					    "fifties", "sixties", "seventies", "eighties", "nineties"};
	uint64_t value = speak_value(number);
	size_t i = s->at + number->n;

	if (number->has_fraction || number->grouped || (number->n != 2 && number->n != 4) || value % 10 != 0)
		return 0;
	if (speak_char(s->text, i) != 's' || !speak_ends(s->text, i + 1) || value % 100 < 20)
		return 0;
	if (number->n == 4)
		say_cardinal(s->out, value / 100);
	say_word(s->out, str_from(names[value % 100 / 10]));
	return number->n + 1;
}

/* "one half", "two thirds", behind a whole number with "and". */
static void say_part_of_one(struct speak *s, uint64_t over, uint64_t under)
{
	if (s->at >= 2 && speak_is_digit(s->text.p[s->at - 2]) && s->text.p[s->at - 1] == ' ')
		say_word(s->out, STR("and"));
	say_cardinal(s->out, over);
	if (under == 2)
		say_word(s->out, STR("half"));
	else if (under == 4)
		say_word(s->out, STR("quarter"));
	else
		say_ordinal(s->out, under);
	if (over > 1)
		buf_add_char(s->out, 's');
}

/* 1/2, 2 3/4, 7/10, 120/80 mmHg, 24/7. */
static size_t fraction_rule(struct speak *s, const struct speak_number *number)
{
	uint64_t over = speak_value(number), under;
	struct speak_number below;
	size_t i = s->at + number->n, n;

	if (!is_plain(number) || speak_char(s->text, i) != '/' || speak_number(s->text, i + 1, &below) == 0 ||
	    !is_plain(&below))
		return 0;
	n = number->n + 1 + below.n;
	if (!speak_ends(s->text, s->at + n) || speak_char(s->text, s->at + n) == '/')
		return 0;
	under = speak_value(&below);
	if (over > 0 && under >= 2 && under < 10 && over < under) {
		say_part_of_one(s, over, under);
		return n + say_unit(s, s->at + n, true);
	}
	speak_say_number(s->out, number);
	if (under == 10)
		say_word(s->out, STR("out of"));
	else if (over != 24 || under != 7) /* "twenty four seven" */
		say_word(s->out, STR("over"));
	speak_say_number(s->out, &below);
	return n + say_unit(s, s->at + n, false);
}

/* 1.2.3 and 192.168.0.1: the parts with "point" or, when there are four, "dot" between them. */
static size_t version_rule(struct speak *s)
{
	size_t i = s->at, parts = 0, n;

	do {
		n = speak_digits(s->text, i);
		if (n == 0 || n > 4)
			return 0;
		i += n;
		parts++;
	} while (speak_char(s->text, i) == '.' && speak_is_digit(speak_char(s->text, i + 1)) && ++i);
	if (parts < 3)
		return 0;
	n = i - s->at;
	for (i = s->at; i < s->at + n; i++) {
		struct str part = str_sub(s->text, i, speak_digits(s->text, i));

		if (i > s->at)
			say_word(s->out, parts == 4 ? STR("dot") : STR("point"));
		if (part.n > 2)
			say_digits(s->out, part);
		else
			say_integer(s->out, part);
		i += part.n;
	}
	return n;
}

/* ---- context ---- */

/* A number that names something is read digit by digit: "your code is" aside, "code 4711". */
static bool names_something(const struct speak *s, const struct speak_number *number)
{
	static const char names[] =
		"code pin reference ref confirmation account acct extension ext id zip ticket "
		"case policy invoice order booking member tracking serial license passcode verification";
	struct str before = speak_word_before(s->text, s->at);

	if (!is_plain(number) || number->n < 3)
		return false;
	if (speak_in_list("is number no was", before)) {
		size_t at = (size_t)(before.p - s->text.p);

		before = speak_word_before(s->text, at);
		if (str_ieq(before, STR("number")))
			before = speak_word_before(s->text, (size_t)(before.p - s->text.p));
	}
	return speak_in_list(names, before);
}

/* 1234 Main St: the number, then up to three capitalised words, then a kind of street. */
static bool is_house_number(const struct speak *s, const struct speak_number *number)
{
	static const char streets[] =
		"street st avenue ave road rd boulevard blvd lane ln drive dr court ct place pl "
		"way parkway pkwy highway hwy terrace square sq circle cir";
	size_t i = s->at + number->n;

	if (!is_plain(number) || number->n > 5)
		return false;
	for (int words = 0; words < 4; words++) {
		size_t from = i + 1, n = speak_letters(s->text, from);

		if (speak_char(s->text, i) != ' ')
			return false;
		if (n == 0 && speak_is_digit(speak_char(s->text, from))) {
			n = speak_digits(s->text, from);
			n += ordinal_suffix(s->text, from + n);
		} else if (!speak_is_upper(speak_char(s->text, from))) {
			return false;
		}
		if (words > 0 && speak_in_list(streets, str_sub(s->text, from, n)))
			return true;
		i = from + n + (words == 0 && n == 1 && speak_char(s->text, from + n) == '.');
	}
	return false;
}

/* A word behind the number that counts things: lower case and plural. */
static bool counts(const struct speak *s, size_t i)
{
	size_t n = speak_char(s->text, i) == ' ' ? speak_letters(s->text, i + 1) : 0;

	return n > 3 && !speak_is_upper(s->text.p[i + 1]) && s->text.p[i + n] == 's';
}

static bool is_year(const struct speak *s, const struct speak_number *number)
{
	static const char cues[] =
		"in since by until till from of year during before after around circa born "
		"january february march april may june july august september october november "
		"december spring summer autumn fall winter early late mid";
	uint64_t value = speak_value(number);

	if (!is_plain(number) || number->n != 4 || counts(s, s->at + number->n))
		return false;
	if (value >= 1900 && value <= 2099)
		return true;
	return value >= 1100 && value < 1900 && speak_in_list(cues, speak_word_before(s->text, s->at));
}

/* "code 829 103": all groups of a name, a pause between them. */
static size_t say_name(struct speak *s, const struct speak_number *number)
{
	size_t n = number->n, more;

	say_digits(s->out, number->whole);
	while (speak_char(s->text, s->at + n) == ' ' || speak_char(s->text, s->at + n) == '-') {
		more = speak_digits(s->text, s->at + n + 1);
		if (more < 2 || !speak_ends(s->text, s->at + n + 1 + more))
			break;
		say_pause(s->out, ',');
		say_digits(s->out, str_sub(s->text, s->at + n + 1, more));
		n += 1 + more;
	}
	return n;
}

static void say_in_context(struct speak *s, const struct speak_number *number)
{
	if (is_house_number(s, number))
		say_house_number(s->out, number->whole);
	else if (is_year(s, number))
		say_year(s->out, (unsigned)speak_value(number));
	else
		speak_say_number(s->out, number);
}

/* The upper end of a range: "9-12", "1990 to 1995" keeps its year, "5-10 mg". */
static size_t range_end(struct speak *s, size_t i)
{
	size_t dash = speak_dash(s->text, i);
	struct speak_number high;
	struct speak tail = *s;

	tail.at = i + dash;
	if (dash == 0 || speak_char(s->text, i) == ' ' || speak_number(s->text, tail.at, &high) == 0)
		return 0;
	if (speak_char(s->text, tail.at + high.n) == '-')
		return 0;
	say_word(s->out, STR("to"));
	say_in_context(&tail, &high);
	return dash + high.n;
}

/* A minus sign that belongs to a number: at the start or behind a blank or a bracket. */
static size_t minus_at(const struct speak *s)
{
	bool after_word = s->at > 0 && !speak_is_blank(s->text.p[s->at - 1]) && s->text.p[s->at - 1] != '(';

	return speak_char(s->text, s->at) == '-' && !after_word &&
	       speak_is_digit(speak_char(s->text, s->at + 1));
}

/* Feet and inches: 5'10". */
static size_t feet_rule(struct speak *s, const struct speak_number *number)
{
	size_t i = s->at + number->n, inches;

	if (speak_char(s->text, i) != '\'' || number->n > 2)
		return 0;
	inches = speak_digits(s->text, i + 1);
	if (inches == 0 || inches > 2 || speak_char(s->text, i + 1 + inches) != '"')
		return 0;
	speak_say_number(s->out, number);
	say_word(s->out, STR("foot"));
	say_integer(s->out, str_sub(s->text, i + 1, inches));
	return number->n + 2 + inches;
}

/* What is left: an ordinal, a quantity with its range, magnitude and unit. */
static size_t quantity_rule(struct speak *s, const struct speak_number *number)
{
	size_t ordinal = ordinal_suffix(s->text, s->at + number->n), n = number->n;
	const struct speak_entry *magnitude;
	bool one;

	if (ordinal > 0 && is_plain(number) && speak_value(number) != UINT64_MAX) {
		say_ordinal(s->out, speak_value(number));
		return n + ordinal;
	}
	if (names_something(s, number))
		return say_name(s, number);
	say_in_context(s, number);
	if (speak_char(s->text, s->at + n) == ':' && speak_is_digit(speak_char(s->text, s->at + n + 1))) {
		say_word(s->out, STR("to")); /* 16:9 */
		return n + 1;
	}
	n += range_end(s, s->at + n);
	one = n == number->n && is_plain(number) && speak_value(number) == 1;
	ordinal = say_unit(s, s->at + n, one);
	if (ordinal > 0)
		return n + ordinal;
	magnitude = magnitude_at(s->text, s->at + n);
	if (!magnitude)
		return n;
	say_word(s->out, str_from(magnitude->spoken));
	return n + str_from(magnitude->written).n;
}

/* Any number that no other rule has claimed. */
size_t speak_number_rule(struct speak *s)
{
	size_t start = s->at, sign = minus_at(s), n;
	struct speak_number number;

	s->at += sign;
	if (sign)
		say_word(s->out, STR("minus"));
	n = version_rule(s);
	if (n == 0 && speak_number(s->text, s->at, &number) > 0) {
		n = decade_rule(s, &number);
		n = n ? n : fraction_rule(s, &number);
		n = n ? n : feet_rule(s, &number);
		n = n ? n : quantity_rule(s, &number);
	}
	s->at = start;
	return n ? sign + n : 0;
}
