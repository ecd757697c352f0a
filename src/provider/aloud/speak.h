/*
 * speak.h - what the rules of speakable.h share: the cursor and the scanner
 *
 * speakable() walks over the text and offers each place to a list of rules.
 * A rule looks ahead from `at`; when the text there is its own it says it and
 * returns how many bytes it took, otherwise it returns 0 and has said nothing.
 * Rules that look like each other are kept apart by their order.
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_ALOUD_SPEAK_H
#define PROVIDER_ALOUD_SPEAK_H

#include <string.h>

#include "provider/aloud/say.h"
#include "provider/aloud/speakable.h"

struct speak {
	struct str text;
	size_t at;
	struct buf *out;
	const struct speakable_opts *opts;
};

/* A row of a table of words. */
struct speak_entry {
	const char *written, *spoken;
};

/* A number as written: 1,234.50 */
struct speak_number {
	struct str whole;    /* digits, commas among them */
	struct str fraction; /* digits after the point */
	size_t n;            /* bytes of all of it */
	bool has_fraction;
	bool grouped; /* there were commas */
};

static inline bool speak_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool speak_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Beyond ASCII by the byte: all of UTF-8 but U+0080-00BF and U+2000-2FFF, which hold signs. */
static inline bool speak_is_letter(char c)
{
	unsigned char u = (unsigned char)c;

	return speak_is_upper(c) || (c >= 'a' && c <= 'z') || (u >= 0x80 && u != 0xc2 && u != 0xe2);
}

static inline bool speak_is_word(char c)
{
	return speak_is_digit(c) || speak_is_letter(c);
}

static inline bool speak_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Whether `c` is one of the characters of `set`; 0 never is. */
static inline bool speak_is_one_of(const char *set, char c)
{
	return c != 0 && strchr(set, c);
}

/* The byte at offset `i`, 0 beyond the end. */
static inline char speak_char(struct str text, size_t i)
{
	return i < text.n ? text.p[i] : 0;
}

/* How many digits, or letters, stand at `i`. */
size_t speak_digits(struct str text, size_t i);
size_t speak_letters(struct str text, size_t i);

/* How many spaces and tabs stand at `i`. */
size_t speak_blanks(struct str text, size_t i);

/* Bytes of a hyphen, an en dash, or " to " / " - " between two numbers at `i`; 0 when there is none. */
size_t speak_dash(struct str text, size_t i);

/* Whether a word ends at `i`: neither letter nor digit stands there. */
bool speak_ends(struct str text, size_t i);

/* The word of letters before offset `i`, across blanks and one of . : # ( */
struct str speak_word_before(struct str text, size_t i);

/* The number at `i`. Returns its bytes, 0 when there is none. */
size_t speak_number(struct str text, size_t i, struct speak_number *ret_number);

/* The digits of the number's whole part as a value; UINT64_MAX when it is too large for say_cardinal(). */
uint64_t speak_value(const struct speak_number *number);

/* "one thousand two hundred point five". */
void speak_say_number(struct buf *out, const struct speak_number *number);

/* The row whose `written` equals `word` whatever its case; NULL when there is none. */
const struct speak_entry *speak_find(const struct speak_entry *table, size_t rows, struct str word);

/* The same for the longest `written` that `text` starts with at `i`, in this very case. */
const struct speak_entry *speak_find_prefix(const struct speak_entry *table, size_t rows, struct str text,
					    size_t i);

/* Whether `word` is one of a list separated by spaces. */
bool speak_in_list(const char *list, struct str word);

/* Whether the number at `i` has a unit, an ordinal's ending or a magnitude right behind it: 5kg, 21st, 3M. */
bool speak_is_measure(struct str text, size_t i);

/* The magnitude right behind an amount at `i` ("2.5k", "3 million"); NULL when there is none. */
const struct speak_entry *speak_magnitude(struct str text, size_t i);

/* ---- rules, see the head of this file; each is documented where it stands ---- */

size_t speak_markup_rule(struct speak *s);
size_t speak_symbol_rule(struct speak *s);

size_t speak_web_rule(struct speak *s);
size_t speak_phone_rule(struct speak *s);
size_t speak_code_rule(struct speak *s);

size_t speak_money_rule(struct speak *s);
size_t speak_number_rule(struct speak *s);

size_t speak_date_rule(struct speak *s);
size_t speak_time_rule(struct speak *s);

size_t speak_dictionary_rule(struct speak *s);
size_t speak_abbr_rule(struct speak *s);
size_t speak_caps_rule(struct speak *s);
size_t speak_word_rule(struct speak *s);

#endif
