#include "provider/aloud/clause.h"

#include <string.h>

#include "provider/aloud/speak.h"

#define AHEAD_BYTES 12  /* of what follows the blanks; the longest conjunction and its blank fit */
#define BLANKS_MAX  16  /* a longer run of blanks is cut in the middle */
#define BRACKET_MAX 240 /* bytes after which an open bracket is taken for a slip of the pen */

_Static_assert(AHEAD_BYTES + BLANKS_MAX <= CLAUSE_AHEAD_MAX, "the buffer holds what is looked at");

/* How good a place is, the worst first. */
enum place {
	PLACE_UNCERTAIN, /* what follows has to be seen first */
	PLACE_NONE,
	PLACE_WORD,
	PLACE_CONJUNCTION,
	PLACE_COMMA,
	PLACE_SENTENCE,
	PLACE_PARAGRAPH,
	PLACE_COUNT_,
};

/* The shortest clause, in bytes, that may end at such a place. Latency: a first clause of about ten bytes is
 * half a second of speech, during which the next is made. */
static const size_t shortest[2][PLACE_COUNT_] = {
	/* first clause */
	{[PLACE_WORD] = 100,
	 [PLACE_CONJUNCTION] = 40,
	 [PLACE_COMMA] = 10,
	 [PLACE_SENTENCE] = 2,
	 [PLACE_PARAGRAPH] = 1},
	/* later */
	{[PLACE_WORD] = 220,
	 [PLACE_CONJUNCTION] = 120,
	 [PLACE_COMMA] = 60,
	 [PLACE_SENTENCE] = 20,
	 [PLACE_PARAGRAPH] = 1},
};

/* What is open at a place of the text. */
struct nesting {
	int round, square;
	bool code, strong;
};

void clause_init(struct clause *c)
{
	c->n = c->spent = c->offset = 0;
	c->count = 0;
}

static void drop_spent(struct clause *c)
{
	memmove(c->text, c->text + c->spent, c->n - c->spent);
	c->n -= c->spent;
	c->offset += c->spent;
	c->spent = 0;
}

size_t clause_push(struct clause *c, struct str text)
{
	size_t n;

	drop_spent(c);
	n = MIN(text.n, sizeof(c->text) - c->n);
	if (n > 0)
		memcpy(c->text + c->n, text.p, n);
	c->n += n;
	return n;
}

static void nest(struct nesting *open, struct str text, size_t i)
{
	switch (text.p[i]) {
	case '(':
		open->round++;
		break;
	case ')':
		open->round -= open->round > 0;
		break;
	case '[':
		open->square++;
		break;
	case ']':
		open->square -= open->square > 0;
		break;
	case '`':
		open->code = !open->code;
		break;
	case '*':
		if (i > 0 && text.p[i - 1] == '*')
			open->strong = !open->strong;
		break;
	default:
		break;
	}
}

static bool is_open(const struct nesting *open, size_t i)
{
	return i < BRACKET_MAX && (open->round > 0 || open->square > 0 || open->code || open->strong);
}

/* Quotation marks and brackets that close behind the end of a sentence: text[..i) without them. */
static size_t before_closers(struct str text, size_t i)
{
	while (i > 0) {
		if (speak_is_one_of("\"')]*_", text.p[i - 1]))
			i--;
		else if (i > 3 && (str_eq(str_sub(text, i - 3, 3), STR("\xe2\x80\x9d")) ||
				   str_eq(str_sub(text, i - 3, 3), STR("\xe2\x80\x99"))))
			i -= 3;
		else
			break;
	}
	return i;
}

/* The token of letters and points that ends at `i`. */
static struct str token_before(struct str text, size_t i)
{
	size_t start = i;

	while (start > 0 && (speak_is_letter(text.p[start - 1]) || text.p[start - 1] == '.'))
		start--;
	return str_sub(text, start, i - start);
}

/* Whether the point at text[i] belongs to an abbreviation, an initial or the number of a list. */
static bool is_inner_point(struct str text, size_t i)
{
	static const char abbreviations[] = "dr mr mrs ms prof st rev hon capt lt sgt gen col gov sen rep "
					    "pres mt ft ave rd blvd ln ct pl pkwy hwy "
					    "sq no nos vs e.g i.e etc approx appt appts dept tel ext jr sr "
					    "inc ltd corp co bros vol fig misc avg "
					    "max min est p pp ch rm fl apt ste bldg asst mgr govt jan feb "
					    "mar apr jun jul aug sep sept oct nov "
					    "dec mon tue tues wed thu thur thurs fri sat sun in oz lb lbs hr "
					    "hrs sec secs mins yr yrs wk wks";
	struct str token = token_before(text, i);
	size_t digits = 0;

	if (speak_in_list(abbreviations, token))
		return true;
	if (token.n == 1 && speak_is_upper(token.p[0]) && token.p[0] != 'I')
		return true;
	if (token.n > 2 && str_chr(token, '.') < token.n)
		return true;
	while (i > digits && speak_is_digit(text.p[i - digits - 1]))
		digits++;
	return digits > 0 && digits <= 2 && (i == digits || text.p[i - digits - 1] == '\n');
}

/* A sentence ends before the blank at `i`, if what follows it begins with `next`. */
static bool is_sentence(struct str text, size_t i, char next)
{
	size_t end = before_closers(text, i);

	if (end == 0 || !speak_is_one_of(".!?", text.p[end - 1]))
		return false;
	if (text.p[end - 1] != '.')
		return true;
	if (next >= 'a' && next <= 'z')
		return false;
	if (end > 1 && text.p[end - 2] == '.')
		return true;
	return !is_inner_point(text, end - 1);
}

static bool is_comma(struct str text, size_t i, struct str after)
{
	char last = text.p[i - 1], before = i > 1 ? text.p[i - 2] : 0, next = speak_char(after, 0);
	bool dash = last == '-' || (i > 2 && str_eq(str_sub(text, i - 3, 3), STR("\xe2\x80\x94")));

	if (!speak_is_one_of(",;:", last) && !dash)
		return false;
	if (speak_is_digit(next) || (dash && i > 1 && before != '-' && before != ' ' && last == '-'))
		return false;
	/* "555-0199, ext. 12" and "Nov 3, 2026" are one thing each. */
	if (speak_is_digit(before) && (next == 'e' || next == 'x'))
		return false;
	return !speak_in_list("mon tue tues wed thu thur thurs fri sat sun", token_before(text, i - 1));
}

static bool is_conjunction(struct str after)
{
	struct str word = str_sub(after, 0, speak_letters(after, 0));

	return speak_char(after, word.n) == ' ' &&
	       speak_in_list("and or but so because which while when if although unless until where", word);
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Whether the lines at `after` start a list, a heading or a quotation. */
static bool starts_block(struct str after)
{
	size_t digits = speak_digits(after, 0);

	if (digits > 0)
		return speak_is_one_of(".)", speak_char(after, digits));
	return speak_is_one_of("-*+#>|", speak_char(after, 0));
}

/* Judges the place before the blanks at text[i .. i + blanks). */
static enum place judge(struct str text, size_t i, size_t blanks)
{
	struct str after = str_sub(text, i + blanks, AHEAD_BYTES);
	size_t lines = 0;

	for (size_t k = i; k < i + blanks; k++)
		lines += text.p[k] == '\n';
	if (lines > 1 || (lines == 1 && starts_block(after)))
		return PLACE_PARAGRAPH;
	if (is_sentence(text, i, speak_char(after, 0)))
		return PLACE_SENTENCE;
	if (is_comma(text, i, after))
		return PLACE_COMMA;
	if (!is_lower(text.p[i - 1]) || !is_lower(speak_char(after, 0)))
		return PLACE_NONE;
	return is_conjunction(after) ? PLACE_CONJUNCTION : PLACE_WORD;
}

/* Whether `after` shows all that judge() looks at: a word in lower case or a number to its end, else one
 * character. */
static bool is_enough(struct str after)
{
	size_t n = speak_digits(after, 0);

	if (after.n == AHEAD_BYTES)
		return true;
	while (n < after.n && is_lower(after.p[n]))
		n++;
	return n < after.n;
}

/* The place before the blanks at `i`; *ret_cut is where the clause would end. */
static enum place place_at(struct str text, size_t i, enum clause_end end, size_t *ret_cut)
{
	size_t blanks = 0;
	bool pause = false;

	while (blanks < BLANKS_MAX && !pause && speak_is_blank(speak_char(text, i + blanks)))
		pause = speak_char(text, i + blanks++) == CLAUSE_PAUSE;
	if (pause) {
		*ret_cut = i + blanks;
		return PLACE_PARAGRAPH;
	}
	if (end == CLAUSE_MORE && !is_enough(str_sub(text, i + blanks, AHEAD_BYTES)))
		return PLACE_UNCERTAIN;
	*ret_cut = i + blanks;
	return judge(text, i, blanks);
}

/* Something to say before `i`: a letter or a digit. */
static bool has_words(struct str text, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (speak_is_word(text.p[k]))
			return true;
	return false;
}

/* Where a text that offers no place is cut: the last blank, else between two characters. */
static size_t forced_cut(struct str text)
{
	size_t i = CLAUSE_TEXT_MAX;

	while (i > 0 && !speak_is_blank(text.p[i - 1]))
		i--;
	if (i > 0)
		return i;
	i = CLAUSE_TEXT_MAX;
	while (i > CLAUSE_TEXT_MAX - 4 && ((unsigned char)text.p[i] & 0xc0) == 0x80)
		i--;
	return i;
}

/* Where the next clause ends; 0 when that cannot be said yet. */
static size_t find_cut(const struct clause *c, struct str text, enum clause_end end)
{
	const size_t *least = shortest[c->count > 0];
	struct nesting open = {0};
	enum place place;
	size_t cut = 0;

	for (size_t i = 0; i < MIN(text.n, CLAUSE_TEXT_MAX); i++) {
		nest(&open, text, i);
		if (i == 0 || !speak_is_blank(text.p[i]) || speak_is_blank(text.p[i - 1]) ||
		    is_open(&open, i))
			continue;
		place = place_at(text, i, end, &cut);
		if (place == PLACE_UNCERTAIN)
			return 0;
		if (place != PLACE_NONE && i >= least[place] && has_words(text, i))
			return cut;
	}
	if (text.n >= CLAUSE_TEXT_MAX + 4)
		return forced_cut(text);
	return end == CLAUSE_ENDING ? text.n : 0;
}

bool clause_next(struct clause *c, enum clause_end end, struct clause_piece *ret_piece)
{
	struct str text;
	size_t cut;

	drop_spent(c);
	text = (struct str){c->text, c->n};
	cut = find_cut(c, text, end);
	if (cut == 0)
		return false;
	c->spent = cut;
	c->count++;
	*ret_piece = (struct clause_piece){str_sub(text, 0, cut), c->offset, c->offset + cut};
	return true;
}

int clause_each(struct str text, bool later, int (*fn)(void *arg, struct str clause), void *arg)
{
	struct clause_piece piece;
	struct clause c;
	int rc = 0;

	clause_init(&c);
	c.count = later;
	while (rc == 0 && text.n > 0) {
		text = str_sub(text, clause_push(&c, text), text.n);
		while (rc == 0 && clause_next(&c, CLAUSE_MORE, &piece))
			rc = fn(arg, piece.text);
	}
	while (rc == 0 && clause_next(&c, CLAUSE_ENDING, &piece))
		rc = fn(arg, piece.text);
	return rc;
}
