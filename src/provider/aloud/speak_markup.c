/*
 * Rules for what is not words: mark-up that is dropped, line ends, and signs
 * that are read or become pauses.
 */
#include "provider/aloud/speak.h"

#define TAG_MAX 200 /* bytes between < and > that are still taken for a tag */

static bool at_line_start(const struct speak *s)
{
	size_t i = s->at;

	while (i > 0 && (s->text.p[i - 1] == ' ' || s->text.p[i - 1] == '\t'))
		i--;
	return i == 0 || s->text.p[i - 1] == '\n';
}

static size_t run_of(struct str text, size_t i, char c)
{
	size_t n = 0;

	while (speak_char(text, i + n) == c)
		n++;
	return n;
}

static size_t rest_of_line(struct str text, size_t i)
{
	return str_chr(str_sub(text, i, text.n), '\n');
}

/* Bytes of a bullet, heading or quotation mark with its blank; 0 when none stands at `i`. */
static size_t bullet_at(struct str text, size_t i)
{
	char c = speak_char(text, i);
	size_t n = c == '#' ? run_of(text, i, '#') : 1;

	if (c == '>' || ((c == '#' || c == '-' || c == '*' || c == '+') && speak_char(text, i + n) == ' '))
		return n + speak_blanks(text, i + n);
	return 0;
}

/* Numbers of a list are read, with a pause: "1. Open" -> "one, Open". */
static size_t list_number(struct speak *s)
{
	size_t n = speak_digits(s->text, s->at);

	if (n < 1 || n > 2 || !speak_is_one_of(".)", speak_char(s->text, s->at + n)) ||
	    speak_char(s->text, s->at + n + 1) != ' ')
		return 0;
	say_integer(s->out, str_sub(s->text, s->at, n));
	say_pause(s->out, ',');
	return n + 2;
}

/* A line made of nothing but - * _ = | : and blanks: a rule, or the second line of a table. */
static size_t ruler(struct str text, size_t i)
{
	size_t n = rest_of_line(text, i), signs = 0;

	for (size_t k = 0; k < n; k++) {
		if (!speak_is_one_of("-*_=|: \r", text.p[i + k]))
			return 0;
		signs += text.p[i + k] != ' ';
	}
	return signs >= 3 ? n : 0;
}

static size_t line_start(struct speak *s)
{
	size_t n;

	if (str_starts(str_sub(s->text, s->at, s->text.n), STR("```")))
		return rest_of_line(s->text, s->at);
	n = ruler(s->text, s->at);
	n = n ? n : bullet_at(s->text, s->at);
	return n ? n : list_number(s);
}

/* <b>, </p>, <br/>. */
static size_t tag(struct speak *s)
{
	struct str rest = str_sub(s->text, s->at, TAG_MAX);
	char c = speak_char(rest, 1);
	size_t n = str_chr(rest, '>');

	if (n == rest.n || !(c == '/' || (speak_is_letter(c) && (unsigned char)c < 0x80)))
		return 0;
	if (str_istarts(rest, STR("<br")) || str_istarts(rest, STR("</p")) || str_istarts(rest, STR("</li")))
		say_pause(s->out, '.');
	return n + 1;
}

/* [text](address) loses all but the text; [1] goes. */
static size_t link_part(struct speak *s)
{
	struct str rest = str_sub(s->text, s->at, s->text.n);
	size_t digits = speak_digits(rest, 1), end;

	if (rest.p[0] == '[')
		return digits > 0 && speak_char(rest, 1 + digits) == ']' ? digits + 2 : 1;
	if (speak_char(rest, 1) != '(')
		return 1;
	end = str_chr(rest, ')');
	return end < rest.n ? end + 1 : 2;
}

static size_t entity(struct speak *s)
{
	static const struct speak_entry entities[] = {{"&amp;", "and"},      {"&nbsp;", ""},
						      {"&lt;", "less than"}, {"&gt;", "greater than"},
						      {"&quot;", ""},        {"&#39;", ""}};
	const struct speak_entry *e = speak_find_prefix(entities, ARRAY_LEN(entities), s->text, s->at);

	if (!e)
		return 0;
	say_word(s->out, str_from(e->spoken));
	return str_from(e->written).n;
}

/* A line end is a pause where a list, a heading or a paragraph ends, and where the piece does: clause.h cuts
 * at no other line ends. */
static size_t line_end(struct speak *s)
{
	size_t n = 0, lines = 0, at;

	while (speak_is_blank(speak_char(s->text, s->at + n))) {
		lines += s->text.p[s->at + n] == '\n';
		n++;
	}
	at = s->at + n;
	if (lines > 1 || at == s->text.n || bullet_at(s->text, at) ||
	    (speak_is_digit(speak_char(s->text, at)) &&
	     speak_is_one_of(".)", speak_char(s->text, at + speak_digits(s->text, at)))))
		say_pause(s->out, '.');
	return n;
}

/* Mark-up, wherever it stands. */
size_t speak_markup_rule(struct speak *s)
{
	size_t n = at_line_start(s) ? line_start(s) : 0;
	char c = speak_char(s->text, s->at);

	if (n > 0)
		return n;
	switch (c) {
	case '\n':
		return line_end(s);
	case '<':
		return tag(s);
	case '[':
	case ']':
		return link_part(s);
	case '!':
		return speak_char(s->text, s->at + 1) == '[';
	case '&':
		return entity(s);
	case '`':
	case '\\':
		return run_of(s->text, s->at, c);
	case '*':
		if (speak_char(s->text, s->at + 1) == ' ' && s->at > 0 && s->text.p[s->at - 1] == ' ')
			return 0;
		return run_of(s->text, s->at, c);
	case '_':
		return run_of(s->text, s->at, c);
	case '~':
		return speak_char(s->text, s->at + 1) == '~' ? run_of(s->text, s->at, c) : 0;
	default:
		return 0;
	}
}

/* ---- signs ---- */

static const struct speak_entry spoken_signs[] = {
	{"&", "and"},
	{"@", "at"},
	{"%", "percent"},
	{"+", "plus"},
	{"=", "equals"},
	{"<", "less than"},
	{">", "greater than"},
	{"*", "times"},
	{"\xc2\xb0", "degrees"},
	{"$", "dollars"},
	{"\xc2\xa3", "pounds"},
	{"\xe2\x82\xac", "euros"},
};

/* and/or, he/she, TCP/IP. */
static void say_slash(struct speak *s)
{
	struct str before = speak_word_before(s->text, s->at);
	struct str after = str_sub(s->text, s->at + 1, speak_letters(s->text, s->at + 1));
	bool touching = s->at > 0 && speak_is_letter(s->text.p[s->at - 1]) && after.n > 0;

	if (!touching || str_ieq(before, STR("and")) || speak_is_upper(after.p[after.n - 1]))
		return;
	say_word(s->out, STR("or"));
}

/* A point: the end of a sentence, the points of an ellipsis, or "dot" inside a name. */
static size_t point(struct speak *s)
{
	size_t n = run_of(s->text, s->at, '.');
	char next = speak_char(s->text, s->at + n);
	bool inside = s->at > 0 && speak_is_word(s->text.p[s->at - 1]) && speak_is_word(next);

	if (n == 1 && inside && !speak_is_upper(next))
		say_word(s->out, STR("dot"));
	else if (n > 1 && next != 0 &&
		 !speak_is_upper(speak_char(s->text, s->at + n + speak_blanks(s->text, s->at + n))))
		say_pause(s->out, ',');
	else
		say_pause(s->out, '.');
	return n;
}

/* Hyphens inside words are silent; alone or doubled they are a pause. */
static size_t hyphen(struct speak *s)
{
	size_t n = run_of(s->text, s->at, '-');
	bool before = s->at > 0 && speak_is_word(s->text.p[s->at - 1]);
	bool after = speak_is_word(speak_char(s->text, s->at + n));

	if (n > 1 || (!before && !after))
		say_pause(s->out, ',');
	return n;
}

static size_t number_sign(struct speak *s)
{
	if (speak_is_digit(speak_char(s->text, s->at + 1)))
		say_word(s->out, STR("number"));
	return 1;
}

static size_t spoken_sign(struct speak *s)
{
	const struct speak_entry *sign =
		speak_find_prefix(spoken_signs, ARRAY_LEN(spoken_signs), s->text, s->at);

	if (!sign)
		return 0;
	say_word(s->out, str_from(sign->spoken));
	return str_from(sign->written).n;
}

/* Bytes of a character of UTF-8 whose first byte is given. */
static size_t char_bytes(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0xc0 ? 1 : u < 0xe0 ? 2 : u < 0xf0 ? 3 : 4;
}

/* Everything else: said, turned into a pause or dropped. Takes at least one byte. */
size_t speak_symbol_rule(struct speak *s)
{
	char c = s->text.p[s->at];
	size_t n;

	switch (c) {
	case '.':
		return point(s);
	case '-':
		return hyphen(s);
	case '#':
		return number_sign(s);
	case ',':
	case ';':
	case ':':
	case '!':
	case '?':
		say_pause(s->out, c);
		return 1;
	case '(':
	case ')':
	case '|':
		say_pause(s->out, ',');
		return 1;
	case '/':
		say_slash(s);
		return 1;
	case '~':
		if (speak_is_digit(speak_char(s->text, s->at + 1)))
			say_word(s->out, STR("about"));
		return 1;
	default:
		n = spoken_sign(s);
		return n ? n : MIN(char_bytes(c), s->text.n - s->at);
	}
}
