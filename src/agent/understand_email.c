#include <string.h>

#include "agent/spelling.h"
#include "agent/spoken.h"
#include "agent/understand.h"

#define LOCAL_WORDS_MAX 24

struct address {
	char p[UNDERSTAND_EMAIL_MAX];
	size_t n;
};

static void add(struct address *a, const char *p, size_t n)
{
	n = MIN(n, sizeof(a->p) - 1 - a->n);
	memcpy(a->p + a->n, p, n);
	a->n += n;
	a->p[a->n] = '\0';
}

/* A spoken sign, or the sign itself written between two words. */
static size_t sign_at(const struct words *ws, size_t i, char *ret_sign)
{
	static const struct {
		const char *phrase;
		char sign;
	} signs[] = {{"full stop", '.'},   {"dot|point|period", '.'},  {"underscore", '_'},
		     {"under score", '_'}, {"dash|hyphen|minus", '-'}, {"plus", '+'}};

	for (size_t k = 0; k < ARRAY_LEN(signs); k++) {
		size_t n = words_phrase(ws, i, signs[k].phrase);
		if (n > 0) {
			*ret_sign = signs[k].sign;
			return n;
		}
	}
	return 0;
}

/* Providers that recognisers cut in two. */
static size_t provider(const struct words *ws, size_t i, struct address *a)
{
	static const struct {
		const char *phrase, *name;
	} names[] = {{"g|gee|jean|ji mail", "gmail"},
		     {"hot mail", "hotmail"},
		     {"out look", "outlook"},
		     {"i|eye cloud", "icloud"},
		     {"proton mail", "protonmail"}};

	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		size_t n = words_phrase(ws, i, names[k].phrase);
		if (n > 0) {
			add(a, names[k].name, strlen(names[k].name));
			return n;
		}
	}
	return 0;
}

/* "double seven", "eighty-four", "oh": digits as digits. */
static size_t digits(const struct words *ws, size_t i, struct address *a)
{
	size_t twice = words_is(ws, i, "double");
	char out[4];
	int v;
	size_t n = spoken_small(ws, i + twice, &v);

	if (n == 0 && !(n = spoken_digit(ws, i + twice, &v)))
		return 0;
	if (words_is(ws, i + twice, "o|oh") || ws->w[i + twice].digits)
		return 0;
	size_t len = 0;
	if (v > 9)
		out[len++] = (char)('0' + v / 10);
	out[len++] = (char)('0' + v % 10);
	for (size_t k = 0; k <= twice; k++)
		add(a, out, len);
	return twice + n;
}

/* One word of either half. Returns the words used. */
static size_t piece(const struct words *ws, size_t i, struct address *a)
{
	static const char *const nothing[] = {
		"all one word", "one word",  "all lower case", "all lowercase", "lower case",
		"lowercase",    "no spaces", "all together",   "the number",    "number",
		"with a|an",    "then",      "sign",           "symbol",        NULL};
	size_t n = words_any(ws, i, nothing), letters_n;
	char letters[4], sign;

	if (n > 0)
		return n;
	if (!words_has(ws, i))
		return 0;
	if (ws->w[i].glued && ws->w[i].mark && strchr("._-+", ws->w[i].mark) && a->n > 0)
		add(a, &ws->w[i].mark, 1);
	if ((n = provider(ws, i, a)) > 0)
		return n;
	if ((n = sign_at(ws, i, &sign)) > 0) {
		add(a, &sign, 1);
		return n;
	}
	if ((n = digits(ws, i, a)) > 0)
		return n;
	n = spelling_letter(ws, i, false, letters, &letters_n);
	if (n > 1) {
		add(a, letters, letters_n);
		return n;
	}
	add(a, ws->w[i].low, strlen(ws->w[i].low));
	return 1;
}

/* The words before "at" that belong to the address. */
static size_t local_start(const struct words *ws, size_t at)
{
	static const char outside[] =
		"is|its|email|mail|address|to|my|me|it|thats|send|use|yes|sure|okay|ok|at|sorry|no|"
		"please|be|e";
	size_t i = at;

	while (i > 0 && at - i < LOCAL_WORDS_MAX && words_has(ws, i - 1)) {
		bool letter_e = words_is(ws, i - 1, "e") && !words_is(ws, i, "mail");
		if (words_is(ws, i - 1, outside) && !letter_e)
			break;
		i--;
	}
	return i;
}

static bool is_dot(const struct words *ws, size_t i)
{
	return words_is(ws, i, "dot|point|period") ||
	       (words_has(ws, i) && ws->w[i].glued && ws->w[i].mark == '.' && ws->w[i].low[0]);
}

/* "gmail dot com", "my clinic dot co dot uk". Returns the words used, 0 = no domain. */
static size_t domain(const struct words *ws, size_t i, struct address *a)
{
	size_t at = i, dots = 0;

	while (at < ws->n && a->n + 1 < sizeof(a->p)) {
		bool dot = is_dot(ws, at);
		if (dots > 0 && !dot)
			break;
		size_t n = piece(ws, at, a);
		if (n == 0)
			return 0;
		at += n;
		dots += dot;
		if (!dot || n > 1 || !words_is(ws, at - 1, "dot|point|period"))
			continue;
		/* the label behind a spoken dot; one spelled in letters is several words */
		do
			at += n = piece(ws, at, a);
		while (n == 1 && ws->w[at - 1].low[1] == '\0' && words_has(ws, at) &&
		       ws->w[at].low[1] == '\0');
	}
	return dots > 0 && a->n > 0 && a->p[a->n - 1] != '.' ? at - i : 0;
}

static bool email_at(const struct words *ws, size_t at, struct understood_email *v)
{
	struct address a = {.n = 0}, d = {.n = 0};
	size_t from = local_start(ws, at);

	for (size_t i = from; i < at;) {
		size_t n = piece(ws, i, &a);
		i += n ? n : 1;
	}
	size_t n = a.n ? domain(ws, at + 1, &d) : 0;
	if (n == 0 || a.n + 1 + d.n >= sizeof(v->address))
		return false;
	add(&a, "@", 1);
	add(&a, d.p, d.n);
	memcpy(v->address, a.p, sizeof(v->address));
	v->how = (struct understood){
		.from = words_from(ws, from), .to = words_to(ws, at + 1 + n), .confidence = 80};
	return true;
}

int understand_email(struct str text, struct understood_email *ret_email)
{
	struct understood_email v = {0};
	struct words ws;
	bool found = false;

	words_read(&ws, text);
	for (size_t i = 1; i < ws.n; i++)
		if (words_is(&ws, i, "at"))
			found = email_at(&ws, i, &v) || found;
	if (!found)
		return UNDERSTAND_NOTHING;
	*ret_email = v;
	return 0;
}
