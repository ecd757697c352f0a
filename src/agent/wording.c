#include "agent/wording.h"

#include "agent/words.h"

#define LONGER_BYTES 60 /* beyond the original's length */

/* Words that are values: numbers, days, times. */
static const char values[] =
	"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
	"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|"
	"first|second|third|half|quarter|noon|midnight|morning|afternoon|evening|today|tomorrow|monday|"
	"tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|"
	"august|september|october|november|december|double|oh|zero";
static const char denials[] = "no|not|never|nobody|nothing|none|cannot|cant|dont|doesnt|isnt|arent|wasnt|"
			      "wont|couldnt|without|closed|unable|unfortunately|afraid|sorry";
static const char strangers[] = "*#`{}[]<>|_";

/* Capitals inside a sentence make a name, but for "I" and what is short for it. */
static bool is_name(const struct words *ws, size_t i)
{
	struct str raw = ws->w[i].raw;
	char mark = ws->w[i].mark;
	bool begins = i == 0 || mark == '.' || mark == '?' || mark == '!' || mark == ':';

	return !begins && raw.p[0] >= 'A' && raw.p[0] <= 'Z' && !words_is(ws, i, "i|im|ill|ive|id");
}

static bool is_value(const struct words *ws, size_t i)
{
	return ws->w[i].digits || words_is(ws, i, values) || is_name(ws, i);
}

static size_t count_of(const struct words *ws, struct str low)
{
	size_t n = 0;

	for (size_t i = 0; i < ws->n; i++)
		n += str_eq(str_from(ws->w[i].low), low);
	return n;
}

/* Whether all values of `a` stand in `b`. */
static bool has_values(const struct words *a, const struct words *b)
{
	for (size_t i = 0; i < a->n; i++) {
		struct str low = str_from(a->w[i].low);

		if (is_value(a, i) && count_of(b, low) < (a->w[i].digits ? count_of(a, low) : 1))
			return false;
	}
	return true;
}

static bool denies(const struct words *ws)
{
	for (size_t i = 0; i < ws->n; i++)
		if (words_is(ws, i, denials))
			return true;
	return false;
}

bool wording_keeps(struct str original, struct str wording)
{
	struct words a, b;

	original = str_trim(original);
	wording = str_trim(wording);
	if (str_empty(wording) || wording.n > 2 * original.n + LONGER_BYTES)
		return false;
	if (str_ends(original, STR("?")) != str_ends(wording, STR("?")))
		return false;
	for (size_t i = 0; i < sizeof(strangers) - 1; i++)
		if (str_chr(wording, strangers[i]) < wording.n)
			return false;
	words_read(&a, original);
	words_read(&b, wording);
	return b.n < WORDS_MAX && a.n < WORDS_MAX && has_values(&a, &b) && has_values(&b, &a) &&
	       denies(&a) == denies(&b);
}
