#include "app/rehearsal/wer.h"
#include "bench/corpus.h"
#include "test.h"

TEST(wer_brings_texts_to_one_spelling)
{
	static const struct {
		const char *text, *plain;
	} rows[] = {
		{"", ""},
		{"Hello, World!", "hello world"},
		{"  a  b\tc\n", "a b c"},
		{"That's the callers' line.", "thats the callers line"},
		{"That\xe2\x80\x99s it", "thats it"},
		{"re-record the E-mail", "re record the e mail"},
		{"Press 6, then 12 or 45.", "press six then twelve or forty five"},
		{"dial 500 or 8500 or 7000", "dial five hundred or eight five zero zero or seven thousand"},
		{"room 1234, 007", "room one two three four zero zero seven"},
		{"press 0", "press zero"},
		{"4th x2y", "four th x two y"},
		{"Press * or #.", "press star or pound"},
		{"... for ...", "for"},
		{"rock 'n' roll", "rock n roll"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;

		buf_init(&b, 1000);
		wer_normalise(str_from(rows[i].text), &b);
		CHECK_STR(buf_str(&b), rows[i].plain);
		buf_fini(&b);
	}
}

TEST(wer_counts_the_cheapest_alignment)
{
	static const struct {
		const char *said, *heard;
		size_t words, swapped, added, lost;
	} rows[] = {
		{"the cat sat", "The cat sat.", 3, 0, 0, 0},
		{"the cat sat", "the hat sat", 3, 1, 0, 0},
		{"the cat sat", "the cat", 3, 0, 0, 1},
		{"the cat sat", "the black cat sat", 3, 0, 1, 0},
		{"the cat sat", "", 3, 0, 0, 3},
		{"", "hm", 0, 0, 1, 0},
		{"leave a voice mail", "leave a voicemail", 4, 0, 0, 0},
		{"your voicemail", "your voice mail", 2, 0, 0, 0},
		{"your voicemail", "your voice male", 2, 1, 1, 0},
		{"press 6", "press six", 2, 0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wer w = {0};
		size_t wrong = rows[i].swapped + rows[i].added + rows[i].lost;

		CHECK_INT(wer_add(&w, str_from(rows[i].said), str_from(rows[i].heard)), wrong);
		CHECK_INT(w.said, rows[i].words);
		CHECK_INT(w.wrong, wrong);
		CHECK_INT(w.swapped, rows[i].swapped);
		CHECK_INT(w.added, rows[i].added);
		CHECK_INT(w.lost, rows[i].lost);
		CHECK_INT(w.exact, wrong == 0);
	}
}

TEST(wer_sums_over_texts)
{
	struct wer w = {0};

	CHECK(wer_percent(&w) == 0);
	CHECK_INT(wer_add(&w, STR("one two three"), STR("one two tree")), 1);
	CHECK_INT(wer_add(&w, STR("four"), STR("four")), 0);
	CHECK_INT(w.sentences, 2);
	CHECK_INT(w.exact, 1);
	CHECK(wer_percent(&w) == 25);
}

TEST(wer_refuses_endless_texts)
{
	static char text[4 * WER_WORDS_MAX];
	struct wer w = {0};

	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		text[i] = 'a', text[i + 1] = ' ';
	CHECK_INT(wer_add(&w, str_from(text), STR("a")), -EMSGSIZE);
	CHECK_INT(w.said, 0);
}

TEST(corpus_leaves_out_what_is_not_said)
{
	struct buf b;

	buf_init(&b, 1000);
	corpus_said(STR("Leave (softly) a message [beep] now <click>"), &b);
	CHECK_STR(buf_str(&b), "Leave  a message  now ");
	buf_fini(&b);
}

TEST(corpus_says_what_is_missing)
{
	const struct corpus_filter filter = {3, USEC_SEC(20)};
	struct corpus c;

	CHECK_INT(corpus_read(&c, "/nonexistent", "/nonexistent.txt", &filter), -ENOENT);
	CHECK(str_find(str_from(c.error), STR("Debian package asterisk-core-sounds-en")) < strlen(c.error));
	corpus_fini(&c);
}
