#include "agent/wording.h"
#include "test.h"

static const struct {
	const char *original, *wording;
	bool keeps;
} rows[] = {
	{"Which day would suit you?", "Of course, which day would suit you best?", true},
	{"I have Tuesday the 24th of November at 10:30. Is that right?",
	 "So that's Tuesday the 24th of November at 10:30, is that right?", true},
	{"I have Tuesday the 24th of November at 10:30. Is that right?",
	 "So that's Tuesday the 24th at 10:30, is that right?", false},
	{"I have Tuesday at 10:30. Is that right?", "So Tuesday at 11:30, right?", false},
	{"I have Tuesday at 10:30. Is that right?", "So Wednesday at 10:30, right?", false},
	{"You will see Dr Patel.", "Lovely, you will see Dr Patel.", true},
	{"You will see Dr Patel.", "You will see the doctor.", false},
	{"You will see Dr Patel.", "You will see Dr Patel and Dr Miller.", false},
	{"The number is 0 7 7 0 0.", "So that is 0 7 7 0.", false},
	{"We're not open then.", "We are open then.", false},
	{"We're open then.", "I'm afraid we are not open then.", false},
	{"We're not open then, I'm afraid.", "Unfortunately we are not open at that time.", true},
	{"Shall I book it?", "I will book it.", false},
	{"Shall I book it?", "", false},
	{"Shall I book it?", "**Shall I book it?**", false},
	{"Yes?",
	 "Well, it is a long story, and before I can say yes to anything at all I would like to tell you "
	 "all of it from the beginning, yes?",
	 false},
	{"It's in the morning.", "It's in the afternoon.", false},
	{"There are two times.", "There are three times.", false},
	{"There are two times.", "Good news, there are two times.", true},
};

TEST(a_wording_keeps_what_is_said)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (wording_keeps(str_from(rows[i].original), str_from(rows[i].wording)) != rows[i].keeps)
			test_failed(__FILE__, __LINE__, "%s -> %s", rows[i].original, rows[i].wording);
}
