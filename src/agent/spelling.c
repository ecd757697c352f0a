#include "agent/spelling.h"

#include <string.h>

/* NATO's alphabet and the words that stand in its place. */
static const char *const alphabet[26] = {
	"alpha|alfa", "bravo",          "charlie",        "delta",  "echo",   "foxtrot", "golf",
	"hotel",      "india",          "juliet|juliett", "kilo",   "lima",   "mike",    "november",
	"oscar",      "papa",           "quebec",         "romeo",  "sierra", "tango",   "uniform",
	"victor",     "whiskey|whisky", "xray",           "yankee", "zulu",
};

/* What recognisers write for the name of a letter. */
static const char *const sounds[26] = {
	"ay|eh", "bee|be",  "see|sea|cee", "dee", "ee",        "ef|eff",  "gee",     "aitch|haitch", "eye",
	"jay",   "kay",     "el|ell|elle", "em",  "en|and",    "oh|owe",  "pee|pea", "queue|cue",    "are|ar",
	"ess",   "tea|tee", "you|yu",      "vee", "doubleyou", "ex|eggs", "why|wye", "zed|zee|said",
};

static char single(const struct words *ws, size_t i)
{
	if (!words_has(ws, i) || ws->w[i].low[1] != '\0')
		return 0;
	char c = ws->w[i].low[0];
	return c >= 'a' && c <= 'z' ? c : 0;
}

static char from_table(const struct words *ws, size_t i, const char *const table[26])
{
	for (int k = 0; k < 26; k++)
		if (words_is(ws, i, table[k]))
			return (char)('a' + k);
	return 0;
}

/* "for sugar", "as in sierra", "like sam": the word must begin with the letter. */
static size_t example(const struct words *ws, size_t i, char c)
{
	size_t n = words_phrase(ws, i, "as in|for");

	n = n ? n : words_is(ws, i, "for|like|is");
	return n && words_has(ws, i + n) && ws->w[i + n].low[0] == c && ws->w[i + n].low[1] ? n + 1 : 0;
}

/* "a.m." said while spelling is A, M. */
static bool dotted_pair(const struct words *ws, size_t i, char letters[4])
{
	if (!words_is(ws, i, "am|pm") || str_chr(ws->w[i].raw, '.') == ws->w[i].raw.n)
		return false;
	memcpy(letters, ws->w[i].low, 2);
	return true;
}

size_t spelling_letter(const struct words *ws, size_t i, bool inside, char letters[4], size_t *ret_n)
{
	size_t lead = words_is(ws, i, "capital|letter");
	char c = single(ws, i + lead);

	if (words_phrase(ws, i + lead, "double you|u") && (inside || !single(ws, i + lead + 1))) {
		letters[0] = 'w';
		*ret_n = 1;
		return lead + 2;
	}
	if (words_is(ws, i + lead, "double") &&
	    (single(ws, i + lead + 1) || from_table(ws, i + lead + 1, sounds))) {
		c = single(ws, i + lead + 1);
		letters[0] = letters[1] = c ? c : from_table(ws, i + lead + 1, sounds);
		*ret_n = 2;
		return lead + 2;
	}
	if (dotted_pair(ws, i, letters)) {
		*ret_n = 2;
		return 1;
	}
	c = c ? c : from_table(ws, i + lead, alphabet);
	if (!c && inside)
		c = from_table(ws, i + lead, sounds);
	if (!c)
		return 0;
	letters[0] = c;
	*ret_n = 1;
	return lead + 1 + example(ws, i + lead + 1, c);
}

size_t spelling_run(const struct words *ws, size_t i, size_t min, char out[SPELLING_MAX])
{
	size_t used = 0, n = 0, m, pairs = 0;
	char letters[4];

	while ((m = spelling_letter(ws, i + used, n > 0, letters, &pairs)) > 0) {
		for (size_t k = 0; k < pairs && n + 1 < SPELLING_MAX; k++)
			out[n++] = letters[k];
		used += m;
		if (words_is(ws, i + used, "then") &&
		    spelling_letter(ws, i + used + 1, true, letters, &pairs))
			used++;
	}
	out[n] = '\0';
	return n >= min ? used : 0;
}
