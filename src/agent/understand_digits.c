#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/spoken.h"
#include "agent/understand.h"

#define PHONE_MIN 7
#define PHONE_MAX 15

/* Said between the groups of a number without ending it. */
static const char gaps[] =
	"and|then|okay|ok|so|its|area|code|the|is|that|thats|number|my|dash|hyphen|space|dot|"
	"point|brackets|bracket|open|close|right|followed|by|yes|yeah|just|a|sec";

/* What recognisers write for a digit in the midst of digits. */
static const struct {
	const char *words;
	char digit;
} homophones[] = {{"to|too", '2'}, {"for", '4'},       {"ate", '8'},
		  {"won", '1'},    {"tree|free", '3'}, {"sex|sics", '6'}};

struct dictation {
	struct understood_digits v;
	size_t n, extension_n;
	size_t first, end; /* words */
	bool in_extension;
};

/* "double seven", "triple nought". */
static size_t repeated(const struct words *ws, size_t i, char *out, size_t *ret_n)
{
	size_t times = words_is(ws, i, "double")          ? 2
		       : words_is(ws, i, "triple|treble") ? 3
		       : words_is(ws, i, "quadruple")     ? 4
							  : 0;
	int digit;

	if (times == 0 || spoken_digit(ws, i + 1, &digit) == 0)
		return 0;
	memset(out, '0' + digit, times);
	*ret_n = times;
	return 2;
}

/* One group as it was said: "seven", "7946", "double oh", "twenty-three", "nine hundred". Returns the words
 * used; out[ret_n] are its digits. */
static size_t group(const struct words *ws, size_t i, char out[UNDERSTAND_DIGITS_MAX + 1], size_t *ret_n)
{
	size_t used = repeated(ws, i, out, ret_n);
	int digit;
	long v;

	if (used > 0)
		return used;
	if (words_has(ws, i) && ws->w[i].digits && !ws->w[i].ordinal) {
		*ret_n = str_copy(str_from(ws->w[i].low), out, UNDERSTAND_DIGITS_MAX + 1);
		return 1;
	}
	/* "nine hundred one two three" is 900 and then 1, 2, 3 */
	if (spoken_small(ws, i, &digit) == 1 && words_is(ws, i + 1, "hundred") &&
	    !words_is(ws, i + 2, "and")) {
		*ret_n = (size_t)snprintf(out, UNDERSTAND_DIGITS_MAX + 1, "%d00", digit);
		return 2;
	}
	used = spoken_cardinal(ws, i, &v);
	if (used == 0) {
		used = spoken_digit(ws, i, &digit);
		v = digit;
	}
	if (used > 0)
		*ret_n = (size_t)snprintf(out, UNDERSTAND_DIGITS_MAX + 1, "%ld", v);
	return used;
}

static size_t homophone(const struct words *ws, size_t i, char *out, size_t *ret_n)
{
	char next[UNDERSTAND_DIGITS_MAX + 1];
	size_t n;

	for (size_t h = 0; h < ARRAY_LEN(homophones); h++) {
		if (!words_is(ws, i, homophones[h].words) || group(ws, i + 1, next, &n) == 0)
			continue;
		out[0] = homophones[h].digit;
		*ret_n = 1;
		return 1;
	}
	return 0;
}

static void append(struct dictation *d, const char *digits, size_t n)
{
	char *at = d->in_extension ? d->v.extension : d->v.digits;
	size_t *have = d->in_extension ? &d->extension_n : &d->n;
	size_t room = (d->in_extension ? UNDERSTAND_EXTENSION_MAX : UNDERSTAND_DIGITS_MAX) - *have;

	n = MIN(n, room);
	memcpy(at + *have, digits, n);
	*have += n;
	at[*have] = '\0';
}

/* The digits that correct what was said before: up to the next pause. They replace as many at the end, or
 * everything when they are as long as a whole number. */
static size_t correct(const struct words *ws, size_t i, struct dictation *d)
{
	struct dictation fresh = {0};
	char out[UNDERSTAND_DIGITS_MAX + 1];
	size_t used = 0, n, m;

	while ((m = group(ws, i + used, out, &n)) > 0 &&
	       (used == 0 || !ws->w[i + used].mark || ws->w[i + used].mark == '-')) {
		append(&fresh, out, n);
		used += m;
	}
	if (used == 0)
		return 0;
	if (d->in_extension)
		d->extension_n -= MIN(d->extension_n, fresh.n);
	else
		d->n = fresh.n >= PHONE_MIN || fresh.n >= d->n ? 0 : d->n - fresh.n;
	append(d, fresh.v.digits, fresh.n);
	d->v.how.corrected = true;
	return used;
}

/* "not four three": what is denied goes, if it was said. */
static size_t denied(const struct words *ws, size_t i, struct dictation *d)
{
	struct dictation no = {0};
	char out[UNDERSTAND_DIGITS_MAX + 1];
	size_t used = 1, n, m;

	if (!words_is(ws, i, "not"))
		return 0;
	while ((m = group(ws, i + used, out, &n)) > 0 && (used == 1 || !ws->w[i + used].mark)) {
		append(&no, out, n);
		used += m;
	}
	if (no.n > 0 && no.n <= d->n && memcmp(d->v.digits + d->n - no.n, no.v.digits, no.n) == 0) {
		d->n -= no.n;
		d->v.digits[d->n] = '\0';
	}
	d->v.how.corrected = true;
	return used > 1 ? used : 0;
}

/* Something that belongs to a number already begun but is no digit. Returns the words used. */
static size_t inside(const struct words *ws, size_t i, struct dictation *d)
{
	size_t n = words_correction(ws, i);
	size_t used = n ? correct(ws, i + n, d) : 0;

	if (used > 0)
		return n + used;
	used = denied(ws, i, d);
	if (used > 0)
		return used;
	if (words_is(ws, i, "extension|ext") && !d->in_extension) {
		d->in_extension = true;
		return 1;
	}
	return words_is(ws, i, gaps);
}

static bool plus_at(const struct words *ws, size_t i)
{
	return words_is(ws, i, "plus") || (i < ws->n && ws->w[i].mark == '+');
}

/* Reads the run of digits that starts at `i`. Returns the words it spans, 0 = none there. */
static size_t dictation_at(const struct words *ws, size_t i, struct dictation *d)
{
	char out[UNDERSTAND_DIGITS_MAX + 1];
	size_t at = i, n;

	*d = (struct dictation){.v.plus = plus_at(ws, i)};
	at += words_is(ws, at, "plus");
	d->first = i;
	while (at < ws->n) {
		size_t used = group(ws, at, out, &n);
		if (used == 0 && d->n > 0)
			used = homophone(ws, at, out, &n);
		if (used > 0) {
			append(d, out, n);
			at += used;
			d->end = at;
			continue;
		}
		bool was_corrected = d->v.how.corrected;
		used = d->n > 0 ? inside(ws, at, d) : 0;
		if (used == 0)
			break;
		at += used;
		if (d->v.how.corrected && !was_corrected)
			d->end = at;
	}
	return d->n > 0 ? d->end - i : 0;
}

int understand_digits(struct str text, struct understood_digits *ret_digits)
{
	struct dictation best = {0}, d;
	struct words ws;

	words_read(&ws, text);
	for (size_t i = 0; i < ws.n;) {
		size_t used = dictation_at(&ws, i, &d);
		if (used > 0 && d.n > best.n)
			best = d;
		i += used ? used : 1;
	}
	if (best.n == 0)
		return UNDERSTAND_NOTHING;
	best.v.how.from = words_from(&ws, best.first);
	best.v.how.to = words_to(&ws, best.end);
	best.v.how.confidence = (best.n >= PHONE_MIN ? 95
				 : best.n >= 3       ? 85
						     : 70) -
				(best.v.how.corrected ? 15 : 0);
	*ret_digits = best.v;
	return 0;
}

int understand_phone(struct str text, struct understood_digits *ret_digits)
{
	struct understood_digits v;

	if (understand_digits(text, &v))
		return UNDERSTAND_NOTHING;
	size_t n = strlen(v.digits);
	if (!v.plus && n > PHONE_MIN + 2 && v.digits[0] == '0' && v.digits[1] == '0') {
		n -= 2;
		memmove(v.digits, v.digits + 2, n + 1);
		v.plus = true;
	}
	/* "+44 (0)20 ...": the zero in brackets is for callers at home */
	if (v.plus && n == 13 && str_starts(str_from(v.digits), STR("440"))) {
		n--;
		memmove(v.digits + 2, v.digits + 3, n - 1);
	}
	if (n < PHONE_MIN || n > PHONE_MAX)
		return UNDERSTAND_NOTHING;
	*ret_digits = v;
	return 0;
}
