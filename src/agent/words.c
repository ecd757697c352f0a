#include "agent/words.h"

#include <string.h>

/* "oh" is a digit and stays. */
static const char hesitations[] = "um|uh|er|erm|uhm|umm|hmm|hm|ehm|ahem";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}

static bool is_one_of(const char *word, const char *alternatives, size_t n)
{
	const char *end = alternatives + n;
	size_t length = strlen(word);

	for (const char *at = alternatives; at < end;) {
		const char *bar = memchr(at, '|', (size_t)(end - at));
		size_t m = (size_t)((bar ? bar : end) - at);
		if (m == length && memcmp(at, word, m) == 0)
			return true;
		at += m + 1;
	}
	return false;
}

/* Length of an apostrophe (plain or typographic) that stands inside a word, 0 = none. */
static size_t apostrophe(struct str t, size_t i)
{
	size_t n = t.p[i] == '\'' ? 1 : str_starts(str_sub(t, i, 3), STR("\xe2\x80\x99")) ? 3 : 0;

	return n && i + n < t.n && is_letter(t.p[i + n]) ? n : 0;
}

/* Recognisers that have read old books write "to-morrow". */
static size_t old_hyphen(struct str t, size_t from, size_t i)
{
	struct str rest = str_sub(t, i, SIZE_MAX);

	return i == from + 2 && str_istarts(str_sub(t, from, 2), STR("to")) &&
	       (str_istarts(rest, STR("-morrow")) || str_istarts(rest, STR("-day")) ||
		str_istarts(rest, STR("-night")));
}

static size_t run_of_letters(struct str t, size_t i, struct word *w)
{
	size_t from = i, n = 0;

	while (i < t.n) {
		size_t skip = apostrophe(t, i) + old_hyphen(t, from, i);
		if (skip && i > from) {
			i += skip;
			continue;
		}
		if (!is_letter(t.p[i]) || str_starts(str_sub(t, i, 3), STR("\xe2\x80")))
			break;
		if (n + 1 < sizeof(w->low))
			w->low[n++] = str_lower(t.p[i]);
		i++;
	}
	w->low[n] = '\0';
	w->raw = str_sub(t, from, i - from);
	return i;
}

static size_t run_of_digits(struct str t, size_t i, struct word *w)
{
	static const struct str endings[] = {STR_INIT("st"), STR_INIT("nd"), STR_INIT("rd"), STR_INIT("th")};
	size_t from = i;

	while (i < t.n && is_digit(t.p[i]))
		i++;
	w->digits = true;
	str_copy(str_sub(t, from, i - from), w->low, sizeof(w->low));
	for (size_t e = 0; e < ARRAY_LEN(endings); e++) {
		if (str_istarts(str_sub(t, i, 2), endings[e]) && (i + 2 >= t.n || !is_letter(t.p[i + 2]))) {
			w->ordinal = true;
			i += 2;
			break;
		}
	}
	w->raw = str_sub(t, from, i - from);
	return i;
}

/* "a.m.", "P.M", "p. m." written with dots. */
static size_t dotted_meridiem(struct str t, size_t i, struct word *w)
{
	char c = str_lower(t.p[i]);
	size_t j = i + 1;

	if ((c != 'a' && c != 'p') || j >= t.n || t.p[j] != '.')
		return i;
	j++;
	if (j < t.n && t.p[j] == ' ')
		j++;
	if (j >= t.n || str_lower(t.p[j]) != 'm' || (j + 1 < t.n && is_letter(t.p[j + 1])))
		return i;
	j++;
	if (j < t.n && t.p[j] == '.')
		j++;
	w->low[0] = c;
	w->low[1] = 'm';
	w->raw = str_sub(t, i, j - i);
	return j;
}

static size_t read_word(struct str t, size_t i, struct word *w)
{
	size_t end;

	if (t.p[i] == '@') {
		memcpy(w->low, "at", 3);
		w->raw = str_sub(t, i, 1);
		return i + 1;
	}
	if (is_digit(t.p[i]))
		return run_of_digits(t, i, w);
	end = dotted_meridiem(t, i, w);
	return end > i ? end : run_of_letters(t, i, w);
}

void words_read(struct words *ws, struct str text)
{
	char mark = 0;
	bool blank = true;
	size_t i = 0;

	ws->text = text;
	ws->n = 0;
	while (i < text.n && ws->n < WORDS_MAX) {
		char c = text.p[i];
		bool dash = str_starts(str_sub(text, i, 2), STR("\xe2\x80"));
		if (is_blank(c) || dash || !(is_digit(c) || is_letter(c) || c == '@')) {
			blank = blank || is_blank(c);
			mark = is_blank(c) ? mark : dash ? '-' : c;
			i += dash ? MIN((size_t)3, text.n - i) : 1;
			continue;
		}
		struct word *w = &ws->w[ws->n];
		*w = (struct word){.glued = !blank, .mark = mark};
		i = read_word(text, i, w);
		mark = 0;
		blank = false;
		if (!is_one_of(w->low, hesitations, sizeof(hesitations) - 1))
			ws->n++;
	}
}

bool words_is(const struct words *ws, size_t i, const char *alternatives)
{
	return words_has(ws, i) && is_one_of(ws->w[i].low, alternatives, strlen(alternatives));
}

size_t words_phrase(const struct words *ws, size_t i, const char *phrase)
{
	struct str rest = str_from(phrase);
	struct str place;
	size_t n = 0;

	while (!str_empty(place = str_word(&rest))) {
		if (!words_has(ws, i + n) || !is_one_of(ws->w[i + n].low, place.p, place.n))
			return 0;
		n++;
	}
	return n;
}

size_t words_any(const struct words *ws, size_t i, const char *const *phrases)
{
	for (; *phrases; phrases++) {
		size_t n = words_phrase(ws, i, *phrases);
		if (n > 0)
			return n;
	}
	return 0;
}

bool words_find(const struct words *ws, size_t from, const char *phrase, size_t *ret_at, size_t *ret_n)
{
	for (size_t i = from; i < ws->n; i++) {
		size_t n = words_phrase(ws, i, phrase);
		if (n == 0)
			continue;
		if (ret_at)
			*ret_at = i;
		if (ret_n)
			*ret_n = n;
		return true;
	}
	return false;
}

void words_take(struct words *ws, size_t i, size_t n)
{
	for (size_t k = i; k < i + n && k < ws->n; k++)
		ws->w[k].taken = true;
}

size_t words_from(const struct words *ws, size_t i)
{
	return i < ws->n ? (size_t)(ws->w[i].raw.p - ws->text.p) : ws->text.n;
}

size_t words_to(const struct words *ws, size_t end)
{
	if (end == 0 || ws->n == 0)
		return 0;
	const struct str *raw = &ws->w[MIN(end, ws->n) - 1].raw;
	return (size_t)(raw->p - ws->text.p) + raw->n;
}

size_t words_correction(const struct words *ws, size_t i)
{
	static const char *const anywhere[] = {
		"no no sorry", "no wait sorry", "oh no sorry",   "no sorry",    "sorry no",  "no i mean",
		"no wait",     "wait no",       "no actually",   "actually no", "i meant",   "i mean",
		"make that",   "make it",       "scratch that",  "correction",  "or rather", "no its",
		"no thats",    "no make",       "sorry i meant", NULL};
	static const char *const after_speech[] = {"no no", "no", "sorry", "actually", "rather", NULL};
	size_t n = words_any(ws, i, anywhere);

	if (n == 0 && i > 0)
		n = words_any(ws, i, after_speech);
	return n;
}
