/*
 * The rule for amounts of money, and the magnitudes behind them.
 */
#include "provider/aloud/speak.h"

struct currency {
	const char *written;    /* in front of the amount, or behind it */
	const char *one, *many; /* "dollar", "dollars" */
	const char *cent, *cents;
};

static const struct currency currencies[] = {
	{"US$", "dollar", "dollars", "cent", "cents"},
	{"CA$", "Canadian dollar", "Canadian dollars", "cent", "cents"},
	{"A$", "Australian dollar", "Australian dollars", "cent", "cents"},
	{"$", "dollar", "dollars", "cent", "cents"},
	{"\xc2\xa3", "pound", "pounds", "penny", "pence"},
	{"\xe2\x82\xac", "euro", "euros", "cent", "cents"},
	{"\xc2\xa5", "yen", "yen", "sen", "sen"},
	{"\xe2\x82\xb9", "rupee", "rupees", "paisa", "paise"},
	{"USD", "dollar", "dollars", "cent", "cents"},
	{"GBP", "pound", "pounds", "penny", "pence"},
	{"EUR", "euro", "euros", "cent", "cents"},
	{"CHF", "Swiss franc", "Swiss francs", "centime", "centimes"},
	{"CAD", "Canadian dollar", "Canadian dollars", "cent", "cents"},
};

static const struct speak_entry magnitudes[] = {
	{"k", "thousand"},       {"K", "thousand"},  {"m", "million"},          {"M", "million"},
	{"bn", "billion"},       {"B", "billion"},   {" thousand", "thousand"}, {" million", "million"},
	{" billion", "billion"}, {"tn", "trillion"}, {" trillion", "trillion"},
};

static const struct currency *currency_at(struct str text, size_t i)
{
	struct str rest = str_sub(text, i, text.n);

	for (size_t k = 0; k < ARRAY_LEN(currencies); k++)
		if (str_starts(rest, str_from(currencies[k].written)))
			return &currencies[k];
	return NULL;
}

const struct speak_entry *speak_magnitude(struct str text, size_t i)
{
	const struct speak_entry *m = speak_find_prefix(magnitudes, ARRAY_LEN(magnitudes), text, i);

	return m && speak_ends(text, i + str_from(m->written).n) ? m : NULL;
}

static void say_cents(struct buf *out, const struct speak_number *number, const struct currency *c)
{
	unsigned cents =
		(unsigned)(number->fraction.p[0] - '0') * 10 + (unsigned)(number->fraction.p[1] - '0');

	if (cents == 0)
		return;
	if (speak_value(number) > 0)
		say_word(out, STR("and"));
	say_cardinal(out, cents);
	say_word(out, str_from(cents == 1 ? c->cent : c->cents));
}

/* "twelve dollars and fifty cents", "two point five million dollars". */
static void say_amount(struct buf *out, const struct speak_number *number,
		       const struct speak_entry *magnitude, const struct currency *c)
{
	bool coins = number->has_fraction && number->fraction.n == 2 && !magnitude;
	uint64_t whole = speak_value(number);

	if (coins) {
		if (whole > 0 || str_eq(number->fraction, STR("00"))) {
			if (whole == UINT64_MAX)
				say_digits(out, number->whole);
			else
				say_cardinal(out, whole);
			say_word(out, str_from(whole == 1 ? c->one : c->many));
		}
		say_cents(out, number, c);
		return;
	}
	speak_say_number(out, number);
	if (magnitude)
		say_word(out, str_from(magnitude->spoken));
	say_word(out, str_from(whole == 1 && !number->has_fraction && !magnitude ? c->one : c->many));
}

/* "per month" behind an amount: "$5/month". Returns the bytes of the slash. */
static size_t say_per(struct buf *out, struct str text, size_t i)
{
	if (speak_char(text, i) != '/' || speak_letters(text, i + 1) == 0)
		return 0;
	say_word(out, STR("per"));
	return 1;
}

/* The upper end of a range of money behind `i`: "-$20", "-20". */
static size_t money_range(struct speak *s, size_t i, const struct currency *c, const struct speak_number *low)
{
	size_t dash = speak_dash(s->text, i), from = i + dash, n;
	const struct currency *again = currency_at(s->text, from);
	struct speak_number high;

	if (dash == 0)
		return 0;
	if (again)
		from += str_from(again->written).n;
	n = speak_number(s->text, from, &high);
	if (n == 0)
		return 0;
	speak_say_number(s->out, low);
	say_word(s->out, STR("to"));
	say_amount(s->out, &high, speak_magnitude(s->text, from + n), c);
	if (speak_magnitude(s->text, from + n))
		n += str_from(speak_magnitude(s->text, from + n)->written).n;
	return from + n - i;
}

static size_t money_prefixed(struct speak *s, size_t i)
{
	const struct currency *c = currency_at(s->text, i);
	const struct speak_entry *magnitude;
	struct speak_number number;
	size_t start = i, range;

	if (!c)
		return 0;
	i += str_from(c->written).n;
	i += speak_char(s->text, i) == ' ';
	if (speak_number(s->text, i, &number) == 0)
		return 0;
	i += number.n;
	range = money_range(s, i, c, &number);
	if (range > 0)
		return i + range - start;
	magnitude = speak_magnitude(s->text, i);
	i += magnitude ? str_from(magnitude->written).n : 0;
	say_amount(s->out, &number, magnitude, c);
	return i + say_per(s->out, s->text, i) - start;
}

static size_t money_suffixed(struct speak *s)
{
	const struct speak_entry *magnitude;
	struct speak_number number;
	const struct currency *c;
	size_t i = s->at;

	if (speak_number(s->text, i, &number) == 0)
		return 0;
	i += number.n;
	magnitude = speak_magnitude(s->text, i);
	i += magnitude ? str_from(magnitude->written).n : 0;
	i += speak_char(s->text, i) == ' ';
	c = currency_at(s->text, i);
	if (!c || speak_is_digit(speak_char(s->text, i + str_from(c->written).n)))
		return 0;
	i += str_from(c->written).n;
	say_amount(s->out, &number, magnitude, c);
	return i + say_per(s->out, s->text, i) - s->at;
}

/* $12.50, -$5, US$ 3 million, 50 EUR, $10-$20, $5/month. */
size_t speak_money_rule(struct speak *s)
{
	size_t sign = speak_char(s->text, s->at) == '-', said = s->out->n, n;

	if (sign && currency_at(s->text, s->at + 1))
		say_word(s->out, STR("minus"));
	else
		sign = 0;
	n = money_prefixed(s, s->at + sign);
	if (n > 0)
		return n + sign;
	if (sign)
		s->out->n = MIN(s->out->n, said);
	return money_suffixed(s);
}
