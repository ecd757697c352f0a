/*
 * Rules for what people write down: addresses of mail and web, telephone
 * numbers, references and postcodes.
 */
#include "provider/aloud/speak.h"

#include <string.h>

/* ---- mail and web ---- */

static bool is_local_part(char c)
{
	return (speak_is_word(c) && (unsigned char)c < 0x80) || speak_is_one_of("._%+-", c);
}

static bool is_host(char c)
{
	return (speak_is_word(c) && (unsigned char)c < 0x80) || c == '.' || c == '-';
}

/* Bytes of host characters at `i`, a point or hyphen at the end left out. */
static size_t host_at(struct str text, size_t i)
{
	size_t n = 0;

	while (is_host(speak_char(text, i + n)))
		n++;
	while (n > 0 && !speak_is_word(text.p[i + n - 1]))
		n--;
	return n;
}

/* A part between separators: a word stays one, letters without a vowel or single ones are spelled. */
static void say_part(struct buf *out, struct str part)
{
	size_t i = 0, n;
	bool vowel;

	while (i < part.n) {
		n = speak_digits(part, i);
		if (n > 0) {
			if (n <= 2)
				say_integer(out, str_sub(part, i, n));
			else
				say_digits(out, str_sub(part, i, n));
			i += n;
			continue;
		}
		n = MAX(speak_letters(part, i), 1);
		vowel = false;
		for (size_t k = i; k < i + n; k++)
			vowel |= speak_is_one_of("aeiouyAEIOUY", part.p[k]);
		if (n > 2 && vowel)
			say_word(out, str_sub(part, i, n));
		else
			say_letters(out, str_sub(part, i, n));
		i += n;
	}
}

static const struct speak_entry web_marks[] = {
	{".", "dot"},   {"-", "dash"},    {"_", "underscore"},    {"+", "plus"},   {"@", "at"},
	{"/", "slash"}, {"%", "percent"}, {"?", "question mark"}, {"=", "equals"}, {"&", "and"},
	{"#", "hash"},  {":", "colon"},   {"~", "tilde"},
};

static void say_web(struct buf *out, struct str address)
{
	const struct speak_entry *mark;
	size_t i = 0, n;

	while (i < address.n) {
		for (n = 0; i + n < address.n && speak_is_word(address.p[i + n]);)
			n++;
		say_part(out, str_sub(address, i, n));
		i += n;
		if (i >= address.n)
			return;
		mark = speak_find_prefix(web_marks, ARRAY_LEN(web_marks), address, i);
		if (mark)
			say_word(out, str_from(mark->spoken));
		i++;
	}
}

static size_t mail_at(struct str text, size_t i)
{
	size_t n = 0, host;

	while (is_local_part(speak_char(text, i + n)))
		n++;
	if (n == 0 || speak_char(text, i + n) != '@')
		return 0;
	host = host_at(text, i + n + 1);
	if (str_chr(str_sub(text, i + n + 1, host), '.') == host)
		return 0;
	return n + 1 + host;
}

/* Whether `host` ends in a top-level domain that is not likely a word after a missing blank. */
static bool has_known_top(struct str host)
{
	size_t at = host.n;

	while (at > 0 && host.p[at - 1] != '.')
		at--;
	return at > 1 &&
	       speak_in_list("com org net edu gov io co uk de fr eu ca us info health app dev ai nhs",
			     str_sub(host, at, host.n));
}

static bool is_path(char c)
{
	return (speak_is_word(c) && (unsigned char)c < 0x80) || speak_is_one_of("/._-~%?=&#+:", c);
}

/* Bytes of a web address at `i`; *ret_skip of them (scheme, www.) are not read. */
static size_t url_at(struct str text, size_t i, size_t *ret_skip)
{
	static const struct str heads[] = {STR_INIT("https://www."), STR_INIT("http://www."),
					   STR_INIT("https://"), STR_INIT("http://"), STR_INIT("www.")};
	size_t skip = 0, n, path = 0;

	for (size_t k = 0; k < ARRAY_LEN(heads) && skip == 0; k++)
		if (str_istarts(str_sub(text, i, text.n), heads[k]))
			skip = heads[k].n;
	n = host_at(text, i + skip);
	if (n == 0 || (skip == 0 && !has_known_top(str_sub(text, i, n))))
		return 0;
	if (speak_char(text, i + skip + n) == '/') {
		while (is_path(speak_char(text, i + skip + n + path)))
			path++;
		while (path > 0 && !speak_is_word(text.p[i + skip + n + path - 1]))
			path--;
	}
	*ret_skip = skip;
	n += skip + path;
	return n + (speak_char(text, i + n) == '/');
}

/* jane.doe@example.com, https://example.com/book, example.org. */
size_t speak_web_rule(struct speak *s)
{
	size_t n = mail_at(s->text, s->at), skip = 0;

	if (n == 0)
		n = url_at(s->text, s->at, &skip);
	if (n > 0) {
		struct str address = str_sub(s->text, s->at + skip, n - skip);

		say_web(s->out, str_ends(address, STR("/")) ? str_sub(address, 0, address.n - 1) : address);
	}
	return n;
}

/* ---- telephone numbers ---- */

#define PHONE_GROUPS_MAX 8

struct phone {
	struct str group[PHONE_GROUPS_MAX];
	size_t groups, digits;
	size_t n; /* bytes */
	bool plus, bracket;
	char sep; /* between the first groups */
};

static bool add_group(struct phone *p, struct str text, size_t i, size_t n)
{
	if (n == 0 || n > 15 || p->groups == PHONE_GROUPS_MAX)
		return false;
	p->group[p->groups++] = str_sub(text, i, n);
	p->digits += n;
	return true;
}

/* Groups of digits with one blank, hyphen, point or a pair of brackets between them. */
static void scan_phone(struct str text, size_t i, struct phone *ret_phone)
{
	struct phone p = {.plus = speak_char(text, i) == '+'};
	size_t at = i + p.plus, digits, open;

	for (;;) {
		open = speak_char(text, at) == '(';
		digits = speak_digits(text, at + open);
		if (open && speak_char(text, at + open + digits) != ')')
			break;
		if (!add_group(&p, text, at + open, digits))
			break;
		at += digits + 2 * open;
		p.bracket |= open;
		p.n = at - i;
		if (p.groups == 1)
			p.sep = speak_char(text, at);
		if (open && speak_is_digit(speak_char(text, at)))
			continue;
		if (!speak_is_one_of(" -.", speak_char(text, at)))
			break;
		at++;
	}
	*ret_phone = p;
}

static bool shape_is(const struct phone *p, const char *lengths)
{
	if (p->groups != strlen(lengths))
		return false;
	for (size_t i = 0; i < p->groups; i++)
		if (p->group[i].n != (size_t)(lengths[i] - '0'))
			return false;
	return true;
}

/* One of the emergency and information numbers, or any three digits to be dialled. */
static bool is_short_code(const struct speak *s, const struct phone *p)
{
	if (p->groups != 1 || p->digits != 3)
		return false;
	return str_eq(p->group[0], STR("911")) ||
	       speak_in_list("call dial ring phone calling dialing dialling",
			     speak_word_before(s->text, s->at));
}

static bool is_phone(const struct speak *s, const struct phone *p)
{
	if (p->plus)
		return p->digits >= 8 && p->digits <= 15;
	if (p->bracket)
		return p->digits >= 7 && p->digits <= 15;
	if (shape_is(p, "334") || shape_is(p, "1334") || (shape_is(p, "34") && p->sep == '-'))
		return true;
	if (p->groups >= 1 && p->group[0].p[0] == '0' && p->group[0].n >= 2 && p->digits >= 9 &&
	    p->digits <= 13)
		return true;
	return p->groups == 1 && p->digits >= 7 && p->digits <= 15;
}

/* A long run of digits in groups of three, the last one of four where that comes out even. */
static void say_group(struct buf *out, struct str digits)
{
	size_t at = 0, n;

	while (at < digits.n) {
		n = digits.n - at;
		if (n > 4)
			n = n == 5 ? 2 : 3;
		if (at > 0)
			say_pause(out, ',');
		say_digits(out, str_sub(digits, at, n));
		at += n;
	}
}

/* An extension behind a number: " ext. 204", " x204". Returns its bytes. */
static size_t say_extension(struct speak *s, size_t i)
{
	static const struct str words[] = {STR_INIT("extension"), STR_INIT("ext."), STR_INIT("ext"),
					   STR_INIT("x")};
	size_t from = i + (speak_char(s->text, i) == ','), word = 0, n;

	from += speak_blanks(s->text, from);
	for (size_t k = 0; k < ARRAY_LEN(words) && word == 0; k++)
		if (str_istarts(str_sub(s->text, from, s->text.n), words[k]))
			word = words[k].n;
	if (word == 0)
		return 0;
	from += word + speak_blanks(s->text, from + word);
	n = speak_digits(s->text, from);
	if (n == 0 || n > 6)
		return 0;
	say_pause(s->out, ',');
	say_word(s->out, STR("extension"));
	say_digits(s->out, str_sub(s->text, from, n));
	return from + n - i;
}

/* (555) 123-4567, +44 20 7946 0958, 555-0199 ext. 12, 5551234567, 911. */
size_t speak_phone_rule(struct speak *s)
{
	struct phone p;

	scan_phone(s->text, s->at, &p);
	while (p.groups > 0 && !is_short_code(s, &p) && !is_phone(s, &p)) {
		/* The last group may belong to what follows: "call 0123 456 789 10 times". */
		p.groups--;
		p.digits -= p.group[p.groups].n;
		if (p.groups > 0)
			p.n = (size_t)(p.group[p.groups - 1].p + p.group[p.groups - 1].n -
				       (s->text.p + s->at));
	}
	if (p.groups == 1 && !p.plus && speak_is_one_of(".,", speak_char(s->text, s->at + p.n)) &&
	    speak_is_digit(speak_char(s->text, s->at + p.n + 1)))
		return 0;
	if (p.groups == 0 || !speak_ends(s->text, s->at + p.n) || speak_char(s->text, s->at + p.n) == '%')
		return 0;
	if (p.plus)
		say_word(s->out, STR("plus"));
	for (size_t i = 0; i < p.groups; i++) {
		if (i > 0)
			say_pause(s->out, ',');
		say_group(s->out, p.group[i]);
	}
	return p.n + say_extension(s, s->at + p.n);
}

/* ---- references and postcodes ---- */

/* British postcodes: SW1A 1AA. */
static size_t postcode_at(struct str text, size_t i)
{
	size_t letters = 0, out, in;

	while (speak_is_upper(speak_char(text, i + letters)))
		letters++;
	out = letters + speak_digits(text, i + letters);
	if (letters < 1 || letters > 2 || out == letters || out - letters > 2)
		return 0;
	out += speak_is_upper(speak_char(text, i + out));
	in = i + out + 1;
	if (speak_char(text, i + out) != ' ' || speak_digits(text, in) != 1)
		return 0;
	if (!speak_is_upper(speak_char(text, in + 1)) || !speak_is_upper(speak_char(text, in + 2)) ||
	    !speak_ends(text, in + 3))
		return 0;
	return out + 4;
}

/* Whether a run of letters in a code reads as a word: COVID-19, iPhone15. */
static bool reads_as_word(struct str run)
{
	size_t vowels = 0;

	for (size_t i = 0; i < run.n; i++)
		vowels += speak_is_one_of("aeiouyAEIOUY", run.p[i]);
	return run.n >= 4 && vowels >= 2;
}

/* One run of a code; `spelled` when every digit counts. */
static void say_run(struct buf *out, struct str run, bool digits, bool spelled)
{
	if (digits && run.n <= 2 && !spelled)
		say_integer(out, run);
	else if (digits)
		say_digits(out, run);
	else if (reads_as_word(run))
		say_lower(out, run);
	else
		say_letters(out, run);
}

static size_t ascii_letters(struct str text, size_t i)
{
	size_t n = 0;

	while (speak_is_letter(speak_char(text, i + n)) && (unsigned char)text.p[i + n] < 0x80)
		n++;
	return n;
}

/* Bytes of a token of letters and digits, both present, with single hyphens or slashes between; *ret_runs is
 * the number of runs of one kind. */
static size_t code_at(struct str text, size_t i, size_t *ret_runs)
{
	size_t n = 0, runs = 0, letters_seen = 0, digits_seen = 0, run;

	for (;;) {
		run = ascii_letters(text, i + n);
		letters_seen += run;
		if (run == 0) {
			run = speak_digits(text, i + n);
			digits_seen += run;
		}
		if (run > 0) {
			n += run;
			runs++;
			continue;
		}
		if (n > 0 && speak_char(text, i + n) == '-' && speak_is_word(speak_char(text, i + n + 1)) &&
		    speak_is_word(text.p[i + n - 1]))
			n++;
		else
			break;
	}
	*ret_runs = runs;
	return letters_seen > 0 && digits_seen > 0 && speak_ends(text, i + n) ? n : 0;
}

/* A token that mixes words and numbers by hyphens ("20-year-old", "post-2020") is no code. */
static bool is_compound(struct str token)
{
	struct str rest = token, part;

	if (str_chr(token, '-') == token.n)
		return false;
	while (!str_empty(part = str_cut(&rest, '-'))) {
		bool lower = part.p[0] >= 'a' && part.p[0] <= 'z';

		if (speak_letters(part, 0) == part.n && lower && part.n > 1)
			return true;
	}
	return false;
}

/* A-2847, AB12CD, B12, COVID-19, SW1A 1AA. */
size_t speak_code_rule(struct speak *s)
{
	size_t runs = 0, n = postcode_at(s->text, s->at), i = 0, run;
	bool postcode = n > 0, digits;
	struct str token;

	if (!postcode && speak_is_measure(s->text, s->at))
		return 0;
	if (!postcode)
		n = code_at(s->text, s->at, &runs);
	token = str_sub(s->text, s->at, n);
	if (n == 0 || is_compound(token))
		return 0;
	while (i < n) {
		run = ascii_letters(token, i);
		digits = run == 0;
		if (digits)
			run = speak_digits(token, i);
		if (run == 0) {
			if (!(reads_as_word(str_sub(token, 0, i)) && speak_digits(token, i + 1) == n - i - 1))
				say_pause(s->out, ',');
			i++;
			continue;
		}
		say_run(s->out, str_sub(token, i, run), digits, postcode || runs > 2);
		i += run;
	}
	return n;
}
