#include "call/backchannel.h"

#include <string.h>

#define WORDS_MAX      4 /* "oh okay yeah right" is the longest that still asks for nothing */
#define WORD_BYTES_MAX 16

/* Sounds and words of a listener; none of them alone carries a wish. */
static const char *const sounds[] = {
	"ah",   "aha", "eh",    "er",  "erm", "hm",  "hmm", "hmmm",  "huh",  "mhm",
	"mhmm", "mm",  "mmhmm", "mmm", "oh",  "ooh", "uh",  "uhhuh", "uhuh", "um",
};

static const char *const agreement[] = {
	"alright", "fine", "good", "gotcha", "great", "i",   "ok",  "okay",
	"right",   "see",  "sure", "yeah",   "yep",   "yes", "yup",
};

static bool among(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

/* Letters only, in lower case: "Mm-hmm," becomes "mmhmm". Returns false when it does not fit or has digits.
 */
static bool bare(struct str word, char out[static WORD_BYTES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < word.n; i++) {
		char c = str_lower(word.p[i]);

		if (c >= '0' && c <= '9')
			return false;
		if (c < 'a' || c > 'z')
			continue;
		if (n + 1 == WORD_BYTES_MAX)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

bool backchannel_is(struct str text, bool answer_expected)
{
	char word[WORD_BYTES_MAX];
	struct str next;
	unsigned words = 0;

	while (!str_empty(next = str_word(&text))) {
		if (!bare(next, word))
			return false;
		if (*word == '\0' || among(word, sounds, ARRAY_LEN(sounds)))
			continue;
		if (answer_expected || !among(word, agreement, ARRAY_LEN(agreement)) || ++words > WORDS_MAX)
			return false;
	}
	return true;
}
