/* What makes us go on, and what makes us stop. */
#include "call/backchannel.h"
#include "test.h"

TEST(backchannel_tells_listening_from_interrupting)
{
	static const struct {
		const char *text;
		bool answer_expected, is;
	} rows[] = {
		{"", false, true},
		{"Mhm.", false, true},
		{"Mm-hmm, mm-hmm.", false, true},
		{"Okay.", false, true},
		{"Oh, okay, right.", false, true},
		{"I see.", false, true},
		{"Uh-huh", true, true},
		{"Yes.", false, true},
		{"Yes.", true, false},
		{"Okay.", true, false},
		{"No.", false, false},
		{"Wait", false, false},
		{"Stop.", false, false},
		{"Okay, but I need Tuesday", false, false},
		{"yeah yeah yeah yeah yeah", false, false},
		{"Hello?", false, false},
		{"10.", false, false},
		{"Supercalifragilisticexpialidocious", false, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (backchannel_is(str_from(rows[i].text), rows[i].answer_expected) != rows[i].is)
			test_failed(__FILE__, __LINE__, "'%s' (%d)", rows[i].text, rows[i].answer_expected);
}
