#include "provider/aloud/speakable.h"

#include "provider/aloud/speak.h"

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

/* Appends what stands at `i` as plain signs. Returns its bytes in `text`. */
static size_t tidy_at(struct str text, size_t i, struct buf *out)
{
	const struct speak_entry *e;
	size_t n;

	if ((unsigned char)text.p[i] >= 0x20 && (unsigned char)text.p[i] < 0x80) {
		buf_add_char(out, text.p[i]);
		return 1;
	}
	n = silent_at(text, i);
	if (n > 0)
		return n;
	e = speak_find_prefix(typography, ARRAY_LEN(typography), text, i);
	if (!e) {
		buf_add_char(out, text.p[i]);
		return 1;
	}
	buf_add_str(out, str_from(e->spoken));
	return str_from(e->written).n;
}

static void tidy(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.n;)
		i += tidy_at(text, i, out);
}

/* Replaces the offsets in the tidied text by those in the text, which is tidied again for it. */
static void untidy(struct str text, struct buf *scratch, struct speakable_places *places)
{
	unsigned next = 0;

	buf_clear(scratch);
	for (size_t i = 0; i < text.n;) {
		i += tidy_at(text, i, scratch);
		for (; next < places->count && places->at[next].text <= scratch->n; next++)
			places->at[next].text = (uint16_t)i;
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

static void note_place(struct speakable_places *places, const struct speak *s)
{
	unsigned last = places->count;

	if (last > 0 && places->at[last - 1].words == s->out->n)
		last--; /* nothing was said for the text since: it belongs to what was */
	if (last == SPEAKABLE_PLACES_MAX || s->at > UINT16_MAX || s->out->n > UINT16_MAX)
		return;
	places->at[last].text = (uint16_t)s->at;
	places->at[last].words = (uint16_t)s->out->n;
	places->count = last + 1;
}

static void read_out(struct speak *s, struct speakable_places *places)
{
	while (!s->out->error && s->at < s->text.n) {
		size_t n = 0;

		for (size_t i = 0; n == 0; i++)
			n = rules[i](s);
		s->at += n;
		if (places)
			note_place(places, s);
	}
}

static int speak_all(struct str text, const struct speakable_opts *opts, struct buf *out,
		     struct speakable_places *places)
{
	struct buf tidied;
	struct speak s = {.out = out, .opts = opts};

	buf_init(&tidied, text.n * TIDY_GROWTH_MAX + 1);
	tidy(text, &tidied);
	s.text = buf_str(&tidied);
	if (!tidied.error)
		read_out(&s, places);
	if (tidied.error && !out->error)
		out->error = tidied.error;
	if (places)
		untidy(text, &tidied, places);
	buf_fini(&tidied);
	return out->error;
}

int speakable(struct str text, const struct speakable_opts *opts, struct buf *out)
{
	return speak_all(text, opts, out, NULL);
}

int speakable_placed(struct str text, const struct speakable_opts *opts, struct buf *out,
		     struct speakable_places *ret_places)
{
	ret_places->count = 0;
	return speak_all(text, opts, out, ret_places);
}

size_t speakable_spoken(const struct speakable_places *places, size_t words)
{
	size_t text = 0;

	for (unsigned i = 0; i < places->count && places->at[i].words <= words; i++)
		text = places->at[i].text;
	return text;
}
