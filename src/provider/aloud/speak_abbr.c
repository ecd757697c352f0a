/*
 * Rules for words that are not read as they are written: the operator's own
 * list, abbreviations, and words in capitals.
 */
#include "provider/aloud/speak.h"

/* Words of the operator. */
size_t speak_dictionary_rule(struct speak *s)
{
	for (size_t i = 0; s->opts && i < s->opts->word_count; i++) {
		const struct speakable_word *word = &s->opts->words[i];

		if (str_empty(word->written) ||
		    !str_istarts(str_sub(s->text, s->at, s->text.n), word->written))
			continue;
		if (!speak_ends(s->text, s->at + word->written.n))
			continue;
		say_word(s->out, word->spoken);
		return word->written.n;
	}
	return 0;
}

/* In front of a name; the point belongs to the word. */
static const struct speak_entry titles[] = {
	{"Dr", "Doctor"},      {"Mr", "Mister"},     {"Mrs", "Missus"},   {"Ms", "Miz"},
	{"Prof", "Professor"}, {"St", "Saint"},      {"Rev", "Reverend"}, {"Hon", "Honorable"},
	{"Capt", "Captain"},   {"Lt", "Lieutenant"}, {"Sgt", "Sergeant"}, {"Gen", "General"},
	{"Col", "Colonel"},    {"Gov", "Governor"},  {"Sen", "Senator"},  {"Pres", "President"},
	{"Mt", "Mount"},       {"Ft", "Fort"},
};

/* Behind the name of a street or a house. */
static const struct speak_entry places[] = {
	{"St", "Street"}, {"Ave", "Avenue"}, {"Rd", "Road"},     {"Blvd", "Boulevard"}, {"Ln", "Lane"},
	{"Dr", "Drive"},  {"Ct", "Court"},   {"Pl", "Place"},    {"Pkwy", "Parkway"},   {"Hwy", "Highway"},
	{"Sq", "Square"}, {"Cir", "Circle"}, {"Ter", "Terrace"},
};

/* Anywhere, with or without the point. */
static const struct speak_entry plain[] = {
	{"appt", "appointment"}, {"appts", "appointments"},  {"approx", "approximately"},
	{"dept", "department"},  {"govt", "government"},     {"mgr", "manager"},
	{"asst", "assistant"},   {"bldg", "building"},       {"apt", "apartment"},
	{"ste", "suite"},        {"hrs", "hours"},           {"mins", "minutes"},
	{"vs", "versus"},        {"etc", "et cetera"},       {"tel", "telephone"},
	{"qty", "quantity"},     {"jr", "junior"},           {"sr", "senior"},
	{"ltd", "limited"},      {"corp", "corporation"},    {"bros", "brothers"},
	{"rx", "prescription"},  {"w/o", "without"},         {"w/", "with"},
	{"c/o", "care of"},      {"n/a", "not applicable"},  {"e.g", "for example"},
	{"i.e", "that is"},      {"a.k.a", "also known as"}, {"ref", "reference"},
	{"ext", "extension"},    {"Ph.D", "P H D"},          {"b/c", "because"},
	{"thx", "thanks"},
};

/* Only with the point: without it they are words. */
static const struct speak_entry pointed[] = {
	{"avg", "average"}, {"max", "maximum"}, {"inc", "incorporated"},   {"co", "company"},
	{"vol", "volume"},  {"fig", "figure"},  {"misc", "miscellaneous"}, {"est", "established"},
	{"Jan", "January"}, {"min", "minimum"},
};

/* In front of a number. */
static const struct speak_entry numbered[] = {
	{"No", "number"}, {"Nos", "numbers"}, {"p", "page"},        {"pp", "pages"},  {"ch", "chapter"},
	{"rm", "room"},   {"fl", "floor"},    {"Apt", "apartment"}, {"v", "version"}, {"Ste", "suite"},
};

static const struct speak_entry states[] = {
	{"AL", "Alabama"},        {"AK", "Alaska"},       {"AZ", "Arizona"},      {"AR", "Arkansas"},
	{"CA", "California"},     {"CO", "Colorado"},     {"CT", "Connecticut"},  {"DE", "Delaware"},
	{"FL", "Florida"},        {"GA", "Georgia"},      {"HI", "Hawaii"},       {"ID", "Idaho"},
	{"IL", "Illinois"},       {"IN", "Indiana"},      {"IA", "Iowa"},         {"KS", "Kansas"},
	{"KY", "Kentucky"},       {"LA", "Louisiana"},    {"ME", "Maine"},        {"MD", "Maryland"},
	{"MA", "Massachusetts"},  {"MI", "Michigan"},     {"MN", "Minnesota"},    {"MS", "Mississippi"},
	{"MO", "Missouri"},       {"MT", "Montana"},      {"NE", "Nebraska"},     {"NV", "Nevada"},
	{"NH", "New Hampshire"},  {"NJ", "New Jersey"},   {"NM", "New Mexico"},   {"NY", "New York"},
	{"NC", "North Carolina"}, {"ND", "North Dakota"}, {"OH", "Ohio"},         {"OK", "Oklahoma"},
	{"OR", "Oregon"},         {"PA", "Pennsylvania"}, {"RI", "Rhode Island"}, {"SC", "South Carolina"},
	{"SD", "South Dakota"},   {"TN", "Tennessee"},    {"TX", "Texas"},        {"UT", "Utah"},
	{"VT", "Vermont"},        {"VA", "Virginia"},     {"WA", "Washington"},   {"WV", "West Virginia"},
	{"WI", "Wisconsin"},      {"WY", "Wyoming"},      {"DC", "D C"},
};

/* The token at `at`: letters with points and slashes between them, so that "e.g." and "w/o" are found. */
static struct str token_at(struct str text, size_t at)
{
	size_t n = speak_letters(text, at);

	while (n > 0 && (speak_char(text, at + n) == '.' || speak_char(text, at + n) == '/') &&
	       speak_letters(text, at + n + 1) > 0)
		n += 1 + speak_letters(text, at + n + 1);
	return str_sub(text, at, n);
}

static char next_after_blanks(struct str text, size_t i)
{
	return speak_char(text, i + speak_blanks(text, i));
}

/* The point behind an abbreviation of which `n` bytes stand at `at`: takes it, and says a full stop when a
 * sentence seems to end with it too. */
static size_t take_point(struct speak *s, size_t n)
{
	char next;

	if (speak_char(s->text, s->at + n) != '.')
		return n;
	next = next_after_blanks(s->text, s->at + n + 1);
	if (next == 0 || next == '\n' || speak_is_upper(next))
		say_pause(s->out, '.');
	return n + 1;
}

static bool after_capital(const struct speak *s)
{
	struct str before;

	if (s->at == 0 || s->text.p[s->at - 1] != ' ')
		return false;
	if (s->at > 2 && speak_in_list("st nd rd th", str_sub(s->text, s->at - 3, 2)))
		return true; /* 5th Ave */
	before = speak_word_before(s->text, s->at);
	return before.n > 1 && speak_is_upper(before.p[0]) && before.p + before.n == s->text.p + s->at - 1;
}

/* Whether the capitalised word before stands inside a sentence: not its first word, or behind a number. */
static bool capital_is_name(const struct speak *s)
{
	struct str before = speak_word_before(s->text, s->at);
	size_t i = (size_t)(before.p - s->text.p);

	while (i > 0 && s->text.p[i - 1] == ' ')
		i--;
	return i > 0 && !speak_is_one_of(".!?:\n", s->text.p[i - 1]);
}

/* Titles are taken with their point, whatever follows. */
static size_t say_title(struct speak *s, struct str token, const struct speak_entry *title)
{
	say_word(s->out, str_from(title->spoken));
	return token.n + (speak_char(s->text, s->at + token.n) == '.');
}

/* Saint or Street, Doctor or Drive: by what stands around it. */
static size_t title_or_place(struct speak *s, struct str token)
{
	const struct speak_entry *title = speak_find(titles, ARRAY_LEN(titles), token);
	const struct speak_entry *place = speak_find(places, ARRAY_LEN(places), token);
	bool point = speak_char(s->text, s->at + token.n) == '.';
	bool name_follows = speak_is_upper(next_after_blanks(s->text, s->at + token.n + point));

	if ((!title && !place) || !speak_is_upper(token.p[0]))
		return 0;
	if (place && after_capital(s) &&
	    (!name_follows || (!str_ieq(token, STR("Dr")) && capital_is_name(s)))) {
		say_word(s->out, str_from(place->spoken));
		return take_point(s, token.n);
	}
	if (title && (name_follows || (point && speak_in_list("Dr Mr Mrs Ms Prof", token))))
		return say_title(s, token, title);
	return 0;
}

/* No. 5, v2, p. 12. */
static size_t number_follows(struct speak *s, struct str token)
{
	const struct speak_entry *entry = speak_find(numbered, ARRAY_LEN(numbered), token);
	bool point = speak_char(s->text, s->at + token.n) == '.';

	if (!entry || !speak_is_digit(next_after_blanks(s->text, s->at + token.n + point)))
		return 0;
	if (!point && !str_eq(token, STR("v")) && token.n < 3)
		return 0;
	say_word(s->out, str_from(entry->spoken));
	return token.n + point;
}

/* CA 94107: the state, and its five or nine digits. */
static size_t state_and_zip(struct speak *s, struct str token)
{
	const struct speak_entry *state = speak_find(states, ARRAY_LEN(states), token);
	size_t n = token.n + 1, zip = speak_digits(s->text, s->at + n), more;

	if (!state || !speak_is_upper(token.p[1]) || speak_char(s->text, s->at + token.n) != ' ' || zip != 5)
		return 0;
	more = speak_char(s->text, s->at + n + 5) == '-' ? speak_digits(s->text, s->at + n + 6) : 0;
	say_word(s->out, str_from(state->spoken));
	say_digits(s->out, str_sub(s->text, s->at + n, 5));
	if (more != 4)
		return n + 5;
	say_pause(s->out, ',');
	say_digits(s->out, str_sub(s->text, s->at + n + 6, 4));
	return n + 10;
}

/* U.S., a.m., D.C.: single letters with points between. Also an initial before a name: J. Smith. */
static size_t dotted_letters(struct speak *s, struct str token)
{
	static const struct speak_entry ways[] = {
		{"N", "North"}, {"S", "South"}, {"E", "East"}, {"W", "West"}};
	const struct speak_entry *way;
	bool single = token.n == 1 && speak_is_upper(token.p[0]) && speak_char(s->text, s->at + 1) == '.';

	if (single && s->at > 1 && speak_is_digit(s->text.p[s->at - 2]) &&
	    (way = speak_find(ways, ARRAY_LEN(ways), token))) {
		say_word(s->out, str_from(way->spoken));
		return 2;
	}
	if (single && !str_eq(token, STR("I")) && speak_is_upper(next_after_blanks(s->text, s->at + 2))) {
		say_word(s->out, token);
		return 2;
	}
	if (token.n < 3 || token.n % 2 == 0)
		return 0;
	for (size_t i = 0; i < token.n; i++)
		if (i % 2 ? token.p[i] != '.'
			  : !speak_is_letter(token.p[i]) || (unsigned char)token.p[i] >= 0x80)
			return 0;
	say_letters(s->out, token);
	if (speak_is_upper(token.p[0]) && speak_char(s->text, s->at + token.n + 1) == ' ')
		return token.n + 1; /* a name goes on: U.S. Postal */
	return take_point(s, token.n);
}

/* Any abbreviation. */
size_t speak_abbr_rule(struct speak *s)
{
	struct str token = token_at(s->text, s->at);
	const struct speak_entry *entry = speak_find(plain, ARRAY_LEN(plain), token);
	size_t n;

	if (token.n == 1 && speak_char(s->text, s->at + 1) == '/' && str_ieq(token, STR("w"))) {
		say_word(s->out, STR("with"));
		return 2;
	}
	if (token.n == 0)
		return 0;
	n = title_or_place(s, token);
	n = n ? n : number_follows(s, token);
	n = n ? n : state_and_zip(s, token);
	if (n)
		return n;
	if (!entry && speak_char(s->text, s->at + token.n) == '.' && speak_char(s->text, s->at + token.n + 1))
		entry = speak_find(pointed, ARRAY_LEN(pointed), token);
	if (!entry)
		return dotted_letters(s, token);
	say_word(s->out, str_from(entry->spoken));
	return take_point(s, token.n);
}

/* ---- words in capitals ---- */

/* Read as words, or in another way than by their letters. */
static const struct speak_entry spoken_caps[] = {
	{"NASA", "Nasa"},   {"NATO", "Nato"},    {"UNICEF", "Unicef"}, {"AIDS", "aids"}, {"SARS", "sars"},
	{"COVID", "Covid"}, {"HIPAA", "Hippa"},  {"FEMA", "Feema"},    {"OSHA", "Osha"}, {"PIN", "pin"},
	{"SIM", "sim"},     {"JPEG", "jay peg"}, {"OK", "okay"},       {"RAM", "ram"},   {"SWAT", "swat"},
	{"LASIK", "lasik"}, {"ZIP", "zip"},      {"SOAP", "soap"},     {"CAT", "cat"},   {"PET", "pet"},
	{"ER", "E R"},
};

/* Spelled although they could be read. */
static const char spelled_caps[] =
	"AARP USPS UCLA USDA ADHD COPD ASAP IBAN CAPTCHA SIDS EHIC EHR EMR EKG ECG IUD UTI "
	"OTC USA ETA FAQ FAQS DIY ICU API URL MRSA AOB ASL EEG UPS IVF IVR OECD IEEE";

/* Common words that are capitals only because somebody shouts. */
static const char shouted[] =
	"DO NOT THE AND YOU ARE FOR OF TO IN ON IS AT BY OR IF WE MY NO SO UP AN AS BE ME GO ALL "
	"ANY CAN HAS HAD HER HIM HIS HOW ITS NEW NOW OFF OLD ONE OUR OUT OWN SEE SHE TOO TWO "
	"USE WAS WAY WHY YES YET DAY BUT GET OUR SIX TEN PAY HI OH FREE";

static bool has_vowel(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (speak_is_one_of("AEIOUY", word.p[i]))
			return true;
	return false;
}

static bool is_spelled(struct str word)
{
	if (speak_in_list(spelled_caps, word))
		return true;
	if (speak_in_list(shouted, word))
		return false;
	return word.n <= 3 || (word.n <= 5 && !has_vowel(word));
}

/* NHS is spelled, NASA is a word, PLEASE is please; MRIs keeps its s. */
size_t speak_caps_rule(struct speak *s)
{
	size_t n = 0, plural;
	struct str word;
	const struct speak_entry *entry;

	while (speak_is_upper(speak_char(s->text, s->at + n)))
		n++;
	plural = n >= 2 && speak_char(s->text, s->at + n) == 's' && speak_ends(s->text, s->at + n + 1);
	if (n < 2 || !speak_ends(s->text, s->at + n + plural))
		return 0;
	word = str_sub(s->text, s->at, n);
	entry = speak_find(spoken_caps, ARRAY_LEN(spoken_caps), word);
	if (entry) {
		say_word(s->out, str_from(entry->spoken));
	} else if (is_spelled(word) || speak_char(s->text, s->at + n) == '&') {
		say_letters(s->out, word);
		if (plural)
			buf_add(s->out, "'s", 2);
		return n + plural;
	} else {
		say_lower(s->out, word);
	}
	if (plural)
		buf_add_char(s->out, 's');
	return n + plural;
}

/* Any other word: its letters with the apostrophes inside. */
size_t speak_word_rule(struct speak *s)
{
	size_t n = speak_letters(s->text, s->at);

	while (n > 0 && speak_char(s->text, s->at + n) == '\'' && speak_letters(s->text, s->at + n + 1) > 0)
		n += 1 + speak_letters(s->text, s->at + n + 1);
	if (n > 0)
		say_word(s->out, str_sub(s->text, s->at, n));
	return n;
}
