#include "provider/local/g2p.h"

#include <string.h>

#include "provider/local/flite_door.h"
#include "provider/local/fold.h"

#define WORD_MAX 64

struct row {
	const char *word, *phones;
};

/* What the dictionary has wrong or not at all; the phones of CMU, stress 1 or none. */
static const struct row exceptions[] = {
	{"a", "ax"},
	{"an", "ax n"},
	{"the", "dh ax"},
	{"to", "t ax"},
	{"was", "w ah z"},
	{"were", "w er"},
	{"does", "d ah1 z"},
	{"thirty", "th er1 t iy"},
	{"august", "ao1 g ax s t"},
	{"i'm", "ay m"},
	{"i'll", "ay l"},
	{"you're", "y ao r"},
	{"you'll", "y uw l"},
	{"we're", "w ih r"},
	{"we'll", "w iy l"},
	{"they're", "dh eh r"},
	{"don't", "d ow1 n t"},
	{"won't", "w ow1 n t"},
	{"can't", "k ae1 n t"},
	{"o'clock", "ax k l aa1 k"},
	{"minute", "m ih1 n ax t"},
	{"minutes", "m ih1 n ax t s"},
	{"read", "r iy1 d"},
	{"lead", "l iy1 d"},
	{"wound", "w uw1 n d"},
	{"invalid", "ih n v ae1 l ih d"},
	{"polish", "p aa1 l ih sh"},
	{"resume", "r ih z uw1 m"},
	{"our", "aw er"},
	{"covid", "k ow1 v ih d"},
	{"online", "aa n l ay1 n"},
	{"on", "ao n"},
	{"hippa", "hh ih1 p ax"},
	{"ibuprofen", "ay b y uw p r ow1 f ax n"},
	{"offhook", "ao1 f hh uh k"},
	{"july", "jh uh l ay1"},
	{"email", "iy1 m ey l"},
	{"wifi", "w ay1 f ay"},
	{"et", "eh t"},
	{"cetera", "s eh1 t er ax"},
	{"gps", "jh iy p iy eh1 s"},
};

static const struct row letters[] = {
	{"a", "ey1"},
	{"b", "b iy1"},
	{"c", "s iy1"},
	{"d", "d iy1"},
	{"e", "iy1"},
	{"f", "eh1 f"},
	{"g", "jh iy1"},
	{"h", "ey1 ch"},
	{"i", "ay1"},
	{"j", "jh ey1"},
	{"k", "k ey1"},
	{"l", "eh1 l"},
	{"m", "eh1 m"},
	{"n", "eh1 n"},
	{"o", "ow1"},
	{"p", "p iy1"},
	{"q", "k y uw1"},
	{"r", "aa1 r"},
	{"s", "eh1 s"},
	{"t", "t iy1"},
	{"u", "y uw1"},
	{"v", "v iy1"},
	{"w", "d ah1 b ax l y uw"},
	{"x", "eh1 k s"},
	{"y", "w ay1"},
	{"z", "z iy1"},
};

/* Spoken without stress. */
static const char weak[] =
	" a an the and or but of to in on at for from by with as is are was were be been am do "
	"has have had can could would will shall should must may might it its he she we you they "
	"me him her us them my your his their this that than if so i'm i'll i ";

/* The sounds of a phone in Kokoro's alphabet. */
static const struct row alphabet[] = {
	{"aa", "ɑ"}, {"ae", "æ"}, {"ah", "ʌ"}, {"ao", "ɔ"}, {"aw", "W"}, {"ax", "ə"},  {"ay", "I"},
	{"b", "b"},  {"ch", "ʧ"}, {"d", "d"},  {"dh", "ð"}, {"eh", "ɛ"}, {"er", "əɹ"}, {"ey", "A"},
	{"f", "f"},  {"g", "ɡ"},  {"hh", "h"}, {"ih", "ɪ"}, {"iy", "i"}, {"jh", "ʤ"},  {"k", "k"},
	{"l", "l"},  {"m", "m"},  {"n", "n"},  {"ng", "ŋ"}, {"ow", "O"}, {"oy", "Y"},  {"p", "p"},
	{"r", "ɹ"},  {"s", "s"},  {"sh", "ʃ"}, {"t", "t"},  {"th", "θ"}, {"uh", "ʊ"},  {"uw", "u"},
	{"v", "v"},  {"w", "w"},  {"y", "j"},  {"z", "z"},  {"zh", "ʒ"},
};

/* One word and its neighbours, in lower case. */
struct word {
	char text[WORD_MAX], before[WORD_MAX], after[WORD_MAX];
	bool letter; /* a capital that stands alone */
};

/* Whether `word` stands in a list of words that are each between two blanks. */
static bool in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(list, word); n > 0 && at; at = strstr(at + 1, word))
		if (at > list && at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

static const char *look_up(const struct row *rows, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].phones;
	return NULL;
}

static bool is_vowel(const struct flite_door_phone *phone)
{
	return phone->name[0] && strchr("aeiou", phone->name[0]);
}

static void add_phone(struct flite_door_phones *p, const char *name, int stress)
{
	struct flite_door_phone phone = {.stress = stress};

	if (p->n == FLITE_DOOR_PHONES_MAX)
		return;
	str_copy(str_from(name), phone.name, sizeof(phone.name));
	p->phone[p->n++] = phone;
}

/* "d ow1 n t" */
static void add_phones(struct flite_door_phones *p, const char *text)
{
	struct str rest = str_from(text), item;
	char name[4];

	while (!str_empty(item = str_word(&rest))) {
		bool stressed = item.p[item.n - 1] == '1';

		str_copy(str_sub(item, 0, item.n - stressed), name, sizeof(name));
		add_phone(p, name, strchr("aeiou", name[0]) ? stressed : -1);
	}
}

/* Noun or verb, by the neighbours. */
static enum flite_door_kind kind_of(const struct word *w)
{
	static const char before_verb[] =
		" to will would can could should shall may might must do does did don't didn't "
		"i you we they please not let's can't won't i'll we'll you'll and ";
	static const char before_noun[] =
		" the a an my your his her their this that its no some any each every next "
		"last first second new ";
	static const char determiner[] =
		" the a an my your his her our their this that these those it them me us him ";

	if (in_list(before_noun, w->before))
		return FLITE_DOOR_NOUN;
	if (in_list(before_verb, w->before) || (!w->before[0] && in_list(determiner, w->after)))
		return FLITE_DOOR_VERB;
	if (in_list(" use excuse close live ", w->text) &&
	    in_list(" me us in at on with near the your a ", w->after))
		return FLITE_DOOR_VERB;
	return FLITE_DOOR_ANY;
}

/* Words whose sound another word decides. Returns NULL for the rest. */
static const char *settled(const struct word *w, char first_sound)
{
	bool vowel = first_sound && strchr("aeiou", first_sound);

	if (strcmp(w->text, "the") == 0 && vowel)
		return "dh iy";
	if (strcmp(w->text, "to") == 0 && (vowel || !w->after[0]))
		return vowel ? "t uh" : "t uw";
	if (strcmp(w->text, "read") == 0 &&
	    in_list(" have has had was were been be is are already i've we've ", w->before))
		return "r eh1 d";
	return look_up(exceptions, ARRAY_LEN(exceptions), w->text);
}

static bool ends_in(const struct flite_door_phones *p, const char *names)
{
	return p->n > 0 && in_list(names, p->phone[p->n - 1].name);
}

/* What an apostrophe and the letters behind it sound like after the phones of the word before it. */
static void add_ending(struct flite_door_phones *p, const char *ending)
{
	bool vowel = p->n > 0 && is_vowel(&p->phone[p->n - 1]);

	if (strcmp(ending, "s") == 0) {
		if (ends_in(p, " s z sh zh ch jh "))
			add_phone(p, "ax", 0);
		add_phone(p, ends_in(p, " p t k f th ") ? "s" : "z", -1);
	} else if (strcmp(ending, "d") == 0) {
		if (ends_in(p, " t d "))
			add_phone(p, "ax", 0);
		add_phone(p, "d", -1);
	} else if (strcmp(ending, "re") == 0) {
		add_phone(p, "er", 0);
	} else if (strcmp(ending, "t") == 0) {
		add_phone(p, "t", -1);
	} else {
		if (!vowel)
			add_phone(p, "ax", 0);
		add_phone(p, ending[0] == 'l' ? "l" : ending[0] == 'v' ? "v" : "m", -1);
	}
}

/* isn't, didn't: the word before n't, and a sound of its own. */
static bool add_not(const char *word, struct flite_door_phones *p)
{
	size_t n = strlen(word);
	const char *phones;
	char base[WORD_MAX];

	if (n < 5 || strcmp(word + n - 3, "n't") != 0)
		return false;
	str_copy((struct str){word, n - 3}, base, sizeof(base));
	phones = look_up(exceptions, ARRAY_LEN(exceptions), base);
	if (phones)
		add_phones(p, phones);
	else
		flite_door_pronounce(str_from(base), FLITE_DOOR_VERB, p);
	add_phones(p, "ax n t");
	return true;
}

/* Which of several stressed syllables bears the main stress: the dictionary has forgotten. English puts it
 * late before certain endings, early otherwise. */
static bool stressed_late(const char *word)
{
	static const char *const endings[] = {"tion", "sion",  "cian", "ic",   "ical", "ity",
					      "logy", "nia",   "oon",  "een",  "eer",  "ese",
					      "ette", "ental", "tand", "phen", "itely"};
	struct str s = str_from(word);

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (str_ends(s, str_from(endings[i])))
			return true;
	return false;
}

static bool has_vowel(const struct flite_door_phones *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_vowel(&p->phone[i]))
			return true;
	return false;
}

/* What no one can pronounce is spelled: "nhs". */
static void spell(const char *word, struct flite_door_phones *p)
{
	p->n = 0;
	for (; *word; word++) {
		const char *phones = look_up(letters, ARRAY_LEN(letters), (char[]){*word, '\0'});

		if (phones)
			add_phones(p, phones);
	}
}

static void pronounce(const struct word *w, char first_sound_after, struct flite_door_phones *p)
{
	const char *phones =
		w->letter ? look_up(letters, ARRAY_LEN(letters), w->text) : settled(w, first_sound_after);
	char base[WORD_MAX];
	struct str rest = str_from(w->text);

	p->n = 0;
	if (phones) {
		add_phones(p, phones);
		return;
	}
	if (add_not(w->text, p))
		return;
	str_copy(str_cut(&rest, '\''), base, sizeof(base));
	phones = look_up(exceptions, ARRAY_LEN(exceptions), base);
	if (phones || (strlen(base) == 1 && (phones = look_up(letters, ARRAY_LEN(letters), base))))
		add_phones(p, phones);
	else
		flite_door_pronounce(str_from(base), kind_of(w), p);
	if (!has_vowel(p))
		spell(base, p);
	if (rest.n > 0) {
		char ending[WORD_MAX];

		str_copy(rest, ending, sizeof(ending));
		add_ending(p, ending);
	}
}

/* ---- writing ---- */

/* A word of weight whose stress the dictionary has lost bears it on its first vowel. */
static void restore_stress(struct flite_door_phones *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->phone[i].stress == 1)
			return;
	for (size_t i = 0; i < p->n; i++)
		if (is_vowel(&p->phone[i])) {
			p->phone[i].stress = 1;
			return;
		}
}

static size_t stressed_count(const struct flite_door_phones *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->phone[i].stress == 1;
	return n;
}

/* t between a vowel (or r) and an unstressed vowel: a flap. */
static bool is_flap(const struct flite_door_phones *p, size_t i)
{
	if (i == 0 || i + 1 >= p->n || strcmp(p->phone[i].name, "t") != 0)
		return false;
	return (is_vowel(&p->phone[i - 1]) || strcmp(p->phone[i - 1].name, "r") == 0) &&
	       is_vowel(&p->phone[i + 1]) && p->phone[i + 1].stress == 0;
}

static void write_phones(const struct flite_door_phones *p, const struct word *w, struct buf *out)
{
	size_t stressed = stressed_count(p), nth = 0;
	size_t main_at = stressed > 1 && stressed_late(w->text) ? stressed : 1;
	bool no_stress = in_list(weak, w->text) && !w->letter;

	for (size_t i = 0; i < p->n; i++) {
		const struct flite_door_phone *phone = &p->phone[i];
		const char *sound = look_up(alphabet, ARRAY_LEN(alphabet), phone->name);

		if (phone->stress == 1 && !no_stress)
			buf_add_str(out, ++nth == main_at ? STR("ˈ") : STR("ˌ"));
		if (is_flap(p, i))
			sound = "T";
		else if (strcmp(phone->name, "er") == 0 && phone->stress == 1)
			sound = "ɜɹ";
		else if (strcmp(phone->name, "ah") == 0 && phone->stress == 0)
			sound = "ə";
		if (sound)
			buf_add_str(out, str_from(sound));
	}
}

/* ---- reading ---- */

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'';
}

/* The word at `i` into buf[WORD_MAX], lower case. Returns its bytes. */
static size_t word_at(struct str text, size_t i, char *buf)
{
	size_t n = 0;

	while (i + n < text.n && is_word_char(text.p[i + n]))
		n++;
	str_copy(str_sub(text, i, n), buf, WORD_MAX);
	for (char *c = buf; *c; c++)
		*c = str_lower(*c);
	return n;
}

static bool is_capital(struct str text, size_t i)
{
	return i < text.n && text.p[i] >= 'A' && text.p[i] <= 'Z' &&
	       (i + 1 == text.n || !is_word_char(text.p[i + 1]));
}

/* A capital alone is the name of a letter; "A" and "I" are words unless letters stand beside them. */
static bool is_letter_name(struct str text, size_t i)
{
	if (!is_capital(text, i))
		return false;
	if (text.p[i] != 'A')
		return true;
	if (is_capital(text, i + 2) && text.p[i + 1] == ' ' && text.p[i + 2] != 'I')
		return true;
	if (i >= 2 && text.p[i - 1] == ' ' && is_capital(text, i - 2))
		return true;
	return i + 1 == text.n || text.p[i + 1] != ' ';
}

/* The first sound of the word at `i`, 0 when none follows. */
static char first_sound(struct str text, size_t i)
{
	struct flite_door_phones phones;
	struct word w = {0};

	if (i < text.n && text.p[i] == ' ')
		i++;
	if (word_at(text, i, w.text) == 0)
		return 0;
	w.letter = is_letter_name(text, i);
	pronounce(&w, 'k', &phones);
	return phones.n > 0 ? phones.phone[0].name[0] : 0;
}

static void say(struct str text, size_t i, size_t n, struct word *w, struct buf *out)
{
	struct flite_door_phones phones;

	w->letter = is_letter_name(text, i);
	word_at(text, i + n + (i + n < text.n && text.p[i + n] == ' '), w->after);
	pronounce(w, first_sound(text, i + n), &phones);
	if (phones.n == 0)
		return;
	if (out->n > 0 && out->p[out->n - 1] != ' ')
		buf_add_char(out, ' ');
	if (!in_list(weak, w->text))
		restore_stress(&phones);
	write_phones(&phones, w, out);
	memcpy(w->before, w->text, sizeof(w->before));
}

int g2p(struct str words, struct buf *out)
{
	struct word w = {0};
	struct buf plain;
	struct str text;
	size_t n;

	buf_init(&plain, words.n + 1);
	fold(words, &plain);
	text = buf_str(&plain);
	for (size_t i = 0; !plain.error && !out->error && i < text.n; i += MAX(n, 1)) {
		n = word_at(text, i, w.text);
		if (n > 0) {
			say(text, i, n, &w, out);
		} else if (strchr(",.;:?!", text.p[i]) && text.p[i] && out->n > 0) {
			buf_add_char(out, text.p[i]);
			w.before[0] = '\0';
		}
	}
	if (plain.error && !out->error)
		out->error = plain.error;
	buf_fini(&plain);
	return out->error;
}
