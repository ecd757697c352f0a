#include "agent/model_expect.h"

#include "agent/words.h"

/* In this order: "your name and date of birth" is answered with a date at its end. */
static const struct {
	const char *phrase;
	enum eot_expect expect;
} signs[] = {
	{"spell", EOT_SPELLING},
	{"email", EOT_SPELLING},
	{"e mail", EOT_SPELLING},
	{"date of birth", EOT_BIRTH},
	{"you|she|he born", EOT_BIRTH},
	{"phone|telephone|mobile|callback|reference|policy|account|order|your number", EOT_DIGITS},
	{"number can|should|may", EOT_DIGITS},
	{"postcode|zip", EOT_SPELLING},
	{"your|full|last|first|whose name", EOT_NAME},
	{"which|what day|date|time|week|month", EOT_DATE_TIME},
	{"when would|do|can|could|should|will|is|are", EOT_DATE_TIME},
};

/* Questions that begin so are answered with a yes or a no, unless there is one of these in them: "can you
 * tell me", "this or that". */
static const char yes_no[] =
	"is|are|was|shall|should|would|do|does|did|can|could|may|have|has|will|right|correct";
static const char more[] = "or|what|how|which|who|where|why|when|tell|give|say|describe|explain";

static struct str last_sentence(struct str said)
{
	size_t from = 0;

	said = str_trim(said);
	for (size_t i = 0; i + 2 < said.n; i++)
		if ((said.p[i] == '.' || said.p[i] == '!' || said.p[i] == '?') && said.p[i + 1] == ' ')
			from = i + 2;
	return str_sub(said, from, SIZE_MAX);
}

enum eot_expect model_expect(struct str said)
{
	struct str question = last_sentence(said);
	struct words ws;

	if (!str_ends(question, STR("?")))
		return EOT_ANYTHING;
	words_read(&ws, question);
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (words_find(&ws, 0, signs[i].phrase, NULL, NULL))
			return signs[i].expect;
	bool open = ws.n == 0 || words_find(&ws, 0, more, NULL, NULL);
	return !open && words_is(&ws, 0, yes_no) ? EOT_YES_NO : EOT_ANYTHING;
}
