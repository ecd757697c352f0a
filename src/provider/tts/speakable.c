#include "provider/tts/speakable.h"

#include "provider/tts/speak.h"

#define TIDY_GROWTH_MAX 10 /* of the table below, bytes for a byte */

/* Typography as plain signs, so that the rules know one form of each. */
static const struct speak_entry typography[] = {
	{"\xe2\x80\x98", "'"},
	{"\xe2\x80\x99", "'"},
	{"\xe2\x80\x9c", "\""},
	{"\xe2\x80\x9d", "\""},
	{"\xc2\xab", "\""},
	{"\xc2\xbb", "\""},
	{"\xe2\x80\x93", "-"},
	{"\xe2\x80\x94", " -- "},
	{"\xe2\x80\x91", "-"},
	{"\xe2\x80\x90", "-"},
	{"\xe2\x88\x92", "-"},
	{"\xe2\x80\xa6", "..."},
	{"\xe2\x80\xa2", "- "},
	{"\xc2\xb7", " "},
	{"\xc2\xa0", " "},
	{"\xe2\x80\xaf", " "},
	{"\xe2\x80\x89", " "},
	{"\xe2\x80\x8b", ""},
	{"\xc3\x97", " times "},
	{"\xc3\xb7", " divided by "},
	{"\xc2\xbd", " 1/2"},
	{"\xc2\xbc", " 1/4"},
	{"\xc2\xbe", " 3/4"},
	{"\xc2\xb1", " plus or minus "},
	{"\xe2\x89\xa5", " at least "},
	{"\xe2\x89\xa4", " at most "},
	{"\xe2\x89\x88", " about "},
	{"\xe2\x86\x92", " to "},
	{"\xe2\x84\x96", "No. "},
	{"\xce\xbcg", "mcg"},
	{"\xc2\xb5g", "mcg"},
	{"\xc2\xb2", " squared"},
	{"\xc2\xb3", " cubed"},
};

/* Bytes at `i` that have no sound: emoji and what modifies them, marks of the byte order, controls. */
static size_t silent_at(struct str text, size_t i)
{
	unsigned char c = (unsigned char)text.p[i];

	if (c < 0x20 && c != '\n' && c != '\t' && c != '\r')
		return 1;
	if (c >= 0xf0)
		return MIN(4, text.n - i);
	if (str_starts(str_sub(text, i, 3), STR("\xef\xb8")) ||
	    str_starts(str_sub(text, i, 3), STR("\xef\xbb")))
		return MIN(3, text.n - i);
	return 0;
}

static void tidy(struct str text, struct buf *out)
{
	const struct speak_entry *e;
	size_t i = 0, n;

	while (i < text.n) {
		if ((unsigned char)text.p[i] >= 0x20 && (unsigned char)text.p[i] < 0x80) {
			buf_add_char(out, text.p[i++]);
			continue;
		}
		n = silent_at(text, i);
		i += n;
		if (n > 0)
			continue;
		e = speak_find_prefix(typography, ARRAY_LEN(typography), text, i);
		if (e) {
			buf_add_str(out, str_from(e->spoken));
			i += str_from(e->written).n;
		} else {
			buf_add_char(out, text.p[i++]);
		}
	}
}

static size_t blank_rule(struct speak *s)
{
	size_t n = 0;

	while (speak_char(s->text, s->at + n) == ' ' || speak_char(s->text, s->at + n) == '\t' ||
	       speak_char(s->text, s->at + n) == '\r')
		n++;
	return n;
}

/* The first that takes the text wins: the special before the general. */
static size_t (*const rules[])(struct speak *s) = {
	blank_rule,      speak_dictionary_rule, speak_markup_rule, speak_web_rule,    speak_money_rule,
	speak_date_rule, speak_time_rule,       speak_phone_rule,  speak_code_rule,   speak_number_rule,
	speak_abbr_rule, speak_caps_rule,       speak_word_rule,   speak_symbol_rule,
};

int speakable(struct str text, const struct speakable_opts *opts, struct buf *out)
{
	struct buf tidied;
	struct speak s = {.out = out, .opts = opts};
	size_t n;

	buf_init(&tidied, text.n * TIDY_GROWTH_MAX + 1);
	tidy(text, &tidied);
	s.text = buf_str(&tidied);
	while (!tidied.error && !out->error && s.at < s.text.n) {
		n = 0;
		for (size_t i = 0; n == 0; i++)
			n = rules[i](&s);
		s.at += n;
	}
	if (tidied.error && !out->error)
		out->error = tidied.error;
	buf_fini(&tidied);
	return out->error;
}
