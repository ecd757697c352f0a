/* The judge that reads words: what it makes of the ends of sentences. */
#include "provider/eot/eot.h"
#include "test.h"

TEST(eot_words_reads_the_end_of_what_was_said)
{
	static const struct {
		const char *text;
		enum eot_expect expect;
		unsigned digits_wanted;
		enum eot_reason reason;
	} rows[] = {
		{"", EOT_ANYTHING, 0, EOT_NO_WORDS},
		{"I'd like to book an appointment.", EOT_ANYTHING, 0, EOT_COMPLETE},
		{"What are your opening hours?", EOT_ANYTHING, 0, EOT_COMPLETE},
		{"I'd like to book an appointment for", EOT_ANYTHING, 0, EOT_DANGLING},
		{"I'd like to book an appointment for.", EOT_ANYTHING, 0, EOT_DANGLING},
		{"Well, um,", EOT_ANYTHING, 0, EOT_DANGLING},
		{"I'd like to have it looked at.", EOT_ANYTHING, 0, EOT_COMPLETE},
		{"I'd like to have it looked at", EOT_ANYTHING, 0, EOT_DANGLING},
		{"The conference is now locked,", EOT_ANYTHING, 0, EOT_OPEN},
		{"Tuesday and...", EOT_DATE_TIME, 0, EOT_DANGLING},
		{"next tuesday at ten", EOT_DATE_TIME, 0, EOT_OPEN},
		{"Yes.", EOT_YES_NO, 0, EOT_SHORT},
		{"yes please", EOT_YES_NO, 0, EOT_SHORT},
		{"Yes.", EOT_ANYTHING, 0, EOT_COMPLETE},
		{"07700", EOT_DIGITS, 11, EOT_DICTATING},
		{"oh seven seven double oh", EOT_DIGITS, 11, EOT_DICTATING},
		{"oh seven seven double oh nine hundred", EOT_DIGITS, 0, EOT_DICTATING},
		{"07700 900 123.", EOT_DIGITS, 11, EOT_DICTATED},
		{"oh double seven oh oh nine oh oh one two three", EOT_DIGITS, 11, EOT_DICTATED},
		{"I don't have one.", EOT_DIGITS, 11, EOT_COMPLETE},
		{"S M I", EOT_SPELLING, 0, EOT_DICTATING},
		{"S-M-I", EOT_NAME, 0, EOT_DICTATING},
		{"Peter J.", EOT_NAME, 0, EOT_DICTATING},
		{"Peter Jones.", EOT_NAME, 0, EOT_COMPLETE},
		{"It's Mary-Anne Smith.", EOT_NAME, 0, EOT_COMPLETE},
		{"My name is", EOT_NAME, 0, EOT_DANGLING},
		{"The second of June.", EOT_BIRTH, 0, EOT_DICTATING},
		{"The second of June nineteen", EOT_BIRTH, 0, EOT_DICTATING},
		{"May the 3rd, 1984.", EOT_BIRTH, 0, EOT_COMPLETE},
		{"The second of June, nineteen ninety-one.", EOT_BIRTH, 0, EOT_COMPLETE},
		{"3/5/1984", EOT_BIRTH, 0, EOT_OPEN},
		{"Why do you ask?", EOT_BIRTH, 0, EOT_COMPLETE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct eot_input in = {.text = str_from(rows[i].text),
				       .expect = rows[i].expect,
				       .digits_wanted = rows[i].digits_wanted,
				       .endpoint = -1};
		struct eot_verdict v;

		eot_words.judge(&in, &v);
		if (v.reason != rows[i].reason)
			test_failed(__FILE__, __LINE__, "'%s' is %s, not %s", rows[i].text,
				    eot_reason_name(v.reason), eot_reason_name(rows[i].reason));
		CHECK(v.hangover > 0);
	}
}

TEST(eot_words_waits_longer_when_more_will_come)
{
	struct eot_input yes = {.text = STR("Yes."), .expect = EOT_YES_NO, .endpoint = -1};
	struct eot_input whole = {.text = STR("I need a doctor today."), .endpoint = -1};
	struct eot_input open = {.text = STR("I need a doctor"), .endpoint = -1};
	struct eot_input more = {.text = STR("I need a doctor and"), .endpoint = -1};
	struct eot_verdict v[4];

	eot_words.judge(&yes, &v[0]);
	eot_words.judge(&whole, &v[1]);
	eot_words.judge(&open, &v[2]);
	eot_words.judge(&more, &v[3]);
	for (int i = 0; i < 3; i++)
		CHECK(v[i].hangover < v[i + 1].hangover);
}

TEST(eot_words_trusts_a_sure_recogniser_but_not_in_a_number)
{
	struct eot_input in = {.text = STR("I need a doctor"), .endpoint = 0.9f};
	struct eot_verdict v;

	eot_words.judge(&in, &v);
	CHECK_INT(v.reason, EOT_ENDPOINT);
	in.text = STR("07700");
	in.expect = EOT_DIGITS;
	in.digits_wanted = 11;
	eot_words.judge(&in, &v);
	CHECK_INT(v.reason, EOT_DICTATING);
}

TEST(eot_words_learns_a_slow_talker_within_bounds)
{
	struct eot_input in = {.text = STR("I need a doctor"), .endpoint = -1};
	struct eot_verdict quick, slow, slowest;

	eot_words.judge(&in, &quick);
	in.pause_usual = USEC_MS(600);
	eot_words.judge(&in, &slow);
	in.pause_usual = USEC_SEC(30);
	eot_words.judge(&in, &slowest);
	CHECK(quick.hangover < slow.hangover);
	CHECK(slowest.hangover <= USEC_SEC(1));
}
