#include <string.h>

#include "provider/eot/eot.h"

/* Silences to wait for. The field's defaults lie between 300 ms (a model is sure) and 2.5 s (digits); the
 * whole answer is to start within 600 ms, so a finished sentence may cost 400 of them. */
static const usec hangovers[] = {
	[EOT_NO_WORDS] = USEC_MS(700), [EOT_COMPLETE] = USEC_MS(400),  [EOT_SHORT] = USEC_MS(300),
	[EOT_OPEN] = USEC_MS(600),     [EOT_DANGLING] = USEC_MS(1200), [EOT_DICTATING] = USEC_MS(1600),
	[EOT_DICTATED] = USEC_MS(450), [EOT_ENDPOINT] = USEC_MS(200),
};

static const char *const months[] = {
	"january", "february", "march",     "april",   "may",      "june",
	"july",    "august",   "september", "october", "november", "december",
};

/* Words that stand in a year but in no day of a month. */
static const char *const of_years[] = {
	"thousand", "hundred", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
};

#define ENDPOINT_SURE     0.7f
#define PAUSE_MARGIN      USEC_MS(150) /* beyond the caller's own usual pause */
#define PAUSE_LEARNED_MAX USEC_MS(900) /* one long hesitation must not make every answer late */
#define SHORT_WORDS_MAX   3

/* Nobody stops behind these. */
static const char *const dangling[] = {
	"a",   "ah",   "an",    "and",  "as",    "because", "but",   "by",    "can",     "eh",
	"er",  "erm",  "for",   "from", "gonna", "hm",      "hmm",   "i",     "i'd",     "i'll",
	"i'm", "i've", "if",    "into", "is",    "it's",    "just",  "maybe", "mm",      "my",
	"of",  "or",   "our",   "so",   "some",  "than",    "the",   "their", "there's", "to",
	"uh",  "um",   "until", "was",  "we",    "when",    "which", "with",  "would",   "your",
};

/* Nor behind these, unless the recogniser takes it for the end of a sentence: "I'd like it looked at." */
static const char *const particles[] = {
	"about", "actually", "around", "at", "before", "in", "like", "on", "that", "then", "well",
};

static const char *const short_answers[] = {
	"absolutely", "correct", "cheers", "fine", "great", "nah",     "negative", "never",
	"no",         "none",    "nope",   "ok",   "okay",  "perfect", "please",   "right",
	"sure",       "thanks",  "yeah",   "yep",  "yes",   "yup",
};

static const char *const digit_words[] = {
	"zero", "oh", "o", "nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
};

static bool among(struct str word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_ieq(word, str_from(list[i])))
			return true;
	return false;
}

static bool mark(char c)
{
	return memchr(".,?!;:-\"", c, 8) != NULL;
}

static struct str bare(struct str word)
{
	while (word.n > 0 && mark(word.p[0]))
		word = str_sub(word, 1, SIZE_MAX);
	while (word.n > 0 && mark(word.p[word.n - 1]))
		word.n--;
	return word;
}

static struct str last_word(struct str text)
{
	struct str word, last = {0};

	while (!str_empty(word = str_word(&text)))
		last = word;
	return last;
}

static size_t count_words(struct str text)
{
	size_t n = 0;

	while (!str_empty(str_word(&text)))
		n++;
	return n;
}

static unsigned written_digits(struct str word)
{
	unsigned n = 0;

	for (size_t i = 0; i < word.n; i++)
		n += word.p[i] >= '0' && word.p[i] <= '9';
	return n;
}

unsigned eot_count_digits(struct str text)
{
	unsigned n = 0, times = 1;
	struct str word;

	while (!str_empty(word = str_word(&text))) {
		struct str b = bare(word);
		unsigned here = written_digits(b) + among(b, digit_words, ARRAY_LEN(digit_words));

		n += here * times;
		times = str_ieq(b, STR("double")) ? 2 : str_ieq(b, STR("triple")) ? 3 : 1;
	}
	return n;
}

static bool ends_sentence(struct str text)
{
	char end = text.p[text.n - 1];

	return end == '.' || end == '?' || end == '!';
}

/* Ends in a word after which nobody stops, or in a trail of dots. A comma is no such sign: every tenth whole
 * utterance of people on the telephone gets one (Moonshine base, 263 prompts). */
static bool is_dangling(struct str text)
{
	struct str last = last_word(text), word = bare(last);

	if (str_ends(last, STR("...")) || str_ends(last, STR("-")) ||
	    among(word, dangling, ARRAY_LEN(dangling)))
		return true;
	return !ends_sentence(text) && among(word, particles, ARRAY_LEN(particles));
}

static bool is_short_answer(struct str text)
{
	struct str first;

	if (count_words(text) > SHORT_WORDS_MAX)
		return false;
	first = bare(str_word(&text));
	return among(first, short_answers, ARRAY_LEN(short_answers)) ||
	       among(bare(last_word(text)), short_answers, ARRAY_LEN(short_answers));
}

/* "S M I", "S-M-I": in the middle of spelling. */
static bool is_spelling(struct str text)
{
	struct str last = bare(last_word(text));

	return last.n == 1 || (last.n > 2 && last.p[last.n - 2] == '-');
}

/* "The second of June": the year will come. */
static bool lacks_year(struct str text)
{
	struct str word;
	bool month = false;

	while (!str_empty(word = str_word(&text))) {
		struct str b = bare(word), first = str_cut(&b, '-');

		if (written_digits(word) >= 4 || among(first, of_years, ARRAY_LEN(of_years)))
			return false;
		month |= among(first, months, ARRAY_LEN(months));
	}
	return month;
}

/* Whoever is asked for a number and gives none talks as usual; the "one" of "I don't have one" is none. */
static bool is_dictating(const struct eot_input *in)
{
	unsigned digits = eot_count_digits(in->text);

	return in->expect == EOT_SPELLING || (in->expect == EOT_NAME && is_spelling(in->text)) ||
	       (in->expect == EOT_BIRTH && lacks_year(in->text)) ||
	       (in->expect == EOT_DIGITS && (digits > 1 || (digits == 1 && count_words(in->text) < 3)));
}

static enum eot_reason read_words(const struct eot_input *in)
{
	struct str text = str_trim(in->text);

	if (str_empty(text))
		return EOT_NO_WORDS;
	if (is_dictating(in))
		return in->digits_wanted > 0 && eot_count_digits(text) >= in->digits_wanted ? EOT_DICTATED
											    : EOT_DICTATING;
	if (is_dangling(text))
		return EOT_DANGLING;
	if (is_short_answer(text))
		return in->expect == EOT_YES_NO ? EOT_SHORT : EOT_COMPLETE;
	return ends_sentence(text) ? EOT_COMPLETE : EOT_OPEN;
}

static void judge(const struct eot_input *in, struct eot_verdict *ret_verdict)
{
	struct eot_verdict v = {.reason = read_words(in)};

	if (in->endpoint >= ENDPOINT_SURE && v.reason != EOT_DICTATING)
		v.reason = EOT_ENDPOINT;
	v.hangover = hangovers[v.reason];
	if ((v.reason == EOT_OPEN || v.reason == EOT_NO_WORDS) && in->pause_usual > 0)
		v.hangover = MAX(v.hangover, MIN(in->pause_usual + PAUSE_MARGIN, PAUSE_LEARNED_MAX));
	*ret_verdict = v;
}

const struct eot_ops eot_words = {.name = "words", .judge = judge};

const char *eot_reason_name(enum eot_reason r)
{
	static const char *const names[] = {
		[EOT_NO_WORDS] = "no words",  [EOT_COMPLETE] = "complete",
		[EOT_SHORT] = "short answer", [EOT_OPEN] = "open",
		[EOT_DANGLING] = "dangling",  [EOT_DICTATING] = "dictating",
		[EOT_DICTATED] = "dictated",  [EOT_ENDPOINT] = "recogniser's endpoint",
		[EOT_TOO_LONG] = "too long",
	};

	return names[r];
}
