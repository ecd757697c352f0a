#include <string.h>

#include "agent/spelling.h"
#include "agent/understand.h"

#define NAME_WORDS_MAX    4
#define SPELLED_MIN       3
#define SPELLING_MISTAKES 3 /* "Smith" and S M Y T H E are the same word */

/* Said before a name. A weak one ("it's") also stands before much else. */
static const char *const strong_leads[] = {"my full name is",
					   "my name is",
					   "my names",
					   "the name is",
					   "the names",
					   "name is|was",
					   "call me",
					   "name of",
					   "surname|surnames is",
					   "first|last|family name is",
					   "youre speaking to|with",
					   "first|last|family|second name",
					   "surname",
					   NULL};
static const char *const weak_leads[] = {"this is", "its",   "it is", "im", "i am",
					 "under",   "thats", "for",   NULL};

/* Never part of a name; a bare answer that holds one is no name. */
static const char common[] = "yes|yeah|yep|no|nope|not|hello|hi|hey|good|morning|afternoon|evening|i|id|ill|"
			     "ive|im|you|we|they|he|she|it|its|"
			     "the|a|an|and|or|but|to|of|in|on|at|for|with|from|about|is|are|was|am|be|been|"
			     "do|does|did|can|could|would|will|"
			     "want|need|like|book|make|move|cancel|change|appointment|doctor|nurse|please|"
			     "thanks|thank|calling|call|speaking|"
			     "here|today|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
			     "what|when|where|who|why|how|which|"
			     "my|your|our|his|her|this|that|there|just|so|well|okay|ok|sure|sorry|maybe|"
			     "something|anything|nothing|one|two|"
			     "three|four|five|six|seven|eight|nine|ten|oh|pain|sick|ill|urgent|help|person|"
			     "human|know|think|sure|right|"
			     "correct|wrong|repeat|again|go|have|had|has|get|got|hold|wait|moment|minute|"
			     "phone|number|email|date|birth|born|"
			     "looking|trying|wondering|interested|afraid|available|free|fine|first|last|time|"
			     "week|month|next|open|hours|"
			     "insurance|prescription|address|question|appointments|if|me|nobody|none|new|old|"
			     "patient|really|very|too|also|all|"
			     "everything|alright|right|course|hmm|never|mind|back|later|bye|goodbye|any|some|"
			     "over|happening|going|say|said|tell|"
			     "name|names|surname|spell|spelled|spelt|test|reschedule|thats|dont|cant|isnt|"
			     "whats|wont|lets|theres|hes|shes";

static bool is_name_word(const struct words *ws, size_t i)
{
	return words_has(ws, i) && !ws->w[i].digits && ws->w[i].low[0] && !words_is(ws, i, common) &&
	       !(ws->w[i].low[1] == '\0');
}

static bool is_capital(const struct words *ws, size_t i)
{
	return i < ws->n && ws->w[i].raw.p[0] >= 'A' && ws->w[i].raw.p[0] <= 'Z';
}

static size_t skip_titles(const struct words *ws, size_t i)
{
	return words_is(ws, i, "mr|mrs|ms|miss|dr|doctor|mister|sir") ? i + 1 : i;
}

/* How many words from `i` on make a name. */
static size_t name_run(const struct words *ws, size_t i)
{
	char spelled[SPELLING_MAX];
	size_t n = 0;

	if (spelling_run(ws, i, SPELLED_MIN, spelled))
		return 0;
	while (n < NAME_WORDS_MAX && is_name_word(ws, i + n)) {
		if (n > 0 &&
		    (ws->w[i + n].mark == '.' || ws->w[i + n].mark == '!' || ws->w[i + n].mark == '?'))
			break;
		if (n > 0 && spelling_run(ws, i + n, SPELLED_MIN, spelled))
			break;
		if (n > 1 && ws->w[i + n].mark == ',')
			break;
		n++;
	}
	return n;
}

/* "jane" and "JANE" become "Jane"; "McDonald" and "O'Brien" stay as they were written. */
static void add_cased(struct str raw, char *out, size_t size)
{
	size_t n = strlen(out), lower = 0, upper = 0;
	size_t from = n;

	for (size_t i = 0; i < raw.n; i++) {
		lower += raw.p[i] >= 'a' && raw.p[i] <= 'z';
		upper += raw.p[i] >= 'A' && raw.p[i] <= 'Z';
	}
	bool recase = upper == 0 || (lower == 0 && raw.n > 1);
	for (size_t i = 0; i < raw.n && n + 1 < size; i++) {
		char c = recase ? str_lower(raw.p[i]) : raw.p[i];
		bool starts = n == from || out[n - 1] == '\'' || out[n - 1] == '-';
		out[n++] = recase && starts && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	out[n] = '\0';
}

static void add_word(const struct words *ws, size_t i, char out[UNDERSTAND_NAME_MAX])
{
	bool hyphen = ws->w[i].glued && ws->w[i].mark == '-';
	size_t n = strlen(out);

	if (n > 0 && n + 1 < UNDERSTAND_NAME_MAX) {
		out[n] = hyphen ? '-' : ' ';
		out[n + 1] = '\0';
	}
	add_cased(ws->w[i].raw, out, UNDERSTAND_NAME_MAX);
}

static void set_words(const struct words *ws, size_t i, size_t n, struct understood_name *v)
{
	v->full[0] = '\0';
	for (size_t k = 0; k < n; k++)
		add_word(ws, i + k, v->full);
	v->how.from = words_from(ws, i);
	v->how.to = words_to(ws, i + n);
}

/* Puts the spelled word in the place of the one it spells, or behind the name. */
static void apply_spelling(const char *spelled, struct understood_name *v)
{
	char out[UNDERSTAND_NAME_MAX] = "";
	struct str rest = str_from(v->full), word;
	bool placed = false;

	while (!str_empty(word = str_word(&rest))) {
		size_t n = strlen(out);
		char low[UNDERSTAND_NAME_MAX];
		size_t len = str_copy(word, low, sizeof(low));
		for (size_t i = 0; i < len; i++)
			low[i] = str_lower(low[i]);
		bool same = !placed && low[0] == spelled[0] &&
			    str_distance(str_from(low), str_from(spelled), SPELLING_MISTAKES) <=
				    SPELLING_MISTAKES;
		if (n > 0 && n + 1 < sizeof(out))
			memcpy(out + n, " ", 2);
		add_cased(same ? str_from(spelled) : word, out, sizeof(out));
		placed = placed || same;
	}
	if (!placed) {
		size_t n = strlen(out);
		if (n > 0 && n + 1 < sizeof(out))
			memcpy(out + n, " ", 2);
		add_cased(str_from(spelled), out, sizeof(out));
	}
	memcpy(v->full, out, sizeof(out));
}

/* "my name is Jane Smith", "it's Jane"; the last such phrase counts, so that a correction wins. */
static bool introduced(const struct words *ws, struct understood_name *v)
{
	bool found = false;

	for (size_t i = 0; i < ws->n; i++) {
		size_t strong = words_any(ws, i, strong_leads);
		size_t lead = strong ? strong : words_any(ws, i, weak_leads);
		if (lead == 0)
			continue;
		size_t at = skip_titles(ws, i + lead);
		size_t n = name_run(ws, at);
		bool sure = strong || is_capital(ws, at) || at + n == ws->n ||
			    words_is(ws, at + n, "speaking|here|calling");
		if (n == 0 || !sure || (!strong && found))
			continue;
		set_words(ws, at, n, v);
		v->how.confidence = strong ? 95 : is_capital(ws, at) ? 85 : 65;
		found = true;
		i = at + n - 1;
	}
	return found;
}

/* "Jane Smith speaking". */
static bool speaking(const struct words *ws, struct understood_name *v)
{
	for (size_t i = 1; i < ws->n; i++) {
		size_t from = i;
		if (!words_is(ws, i, "speaking|here|calling"))
			continue;
		while (from > 0 && i - from < NAME_WORDS_MAX && is_name_word(ws, from - 1))
			from--;
		if (from == i)
			continue;
		set_words(ws, from, i - from, v);
		v->how.confidence = 90;
		return true;
	}
	return false;
}

/* Nothing but a name, with the small words people put around it. */
static bool bare(const struct words *ws, struct understood_name *v)
{
	static const char around[] =
		"yes|yeah|hi|hello|sure|okay|ok|well|so|its|of|course|oh|certainly|please|no|sorry|"
		"thats|is|the|and|actually|name";
	static const char behind[] = "please|thanks|thank|you|speaking|here";
	size_t i = 0;

	while (words_is(ws, i, around))
		i++;
	i = skip_titles(ws, i);
	size_t n = name_run(ws, i), end = i + n;
	char spelled[SPELLING_MAX];
	while (words_is(ws, end, behind))
		end++;
	/* "Jane Smith, third of May 1984", "Jane Smith and I was born ..." */
	bool goes_on = end < ws->n &&
		       (ws->w[end].mark == ',' || ws->w[end].mark == '.' || words_is(ws, end, "and|born"));
	if (end < ws->n) {
		end += words_is(ws, end, "thats|spelled|spelt|its|and") ? 1 : 0;
		end += words_is(ws, end, "spelled|spelt|thats") ? 1 : 0;
		end += spelling_run(ws, end, SPELLED_MIN, spelled);
	}
	if (n == 0 || (end < ws->n && !(goes_on && n > 1)))
		return false;
	set_words(ws, i, n, v);
	v->how.confidence = is_capital(ws, i) ? 75 : 65;
	return true;
}

/* The last spelled word; with `prior` spelled runs as given and family name. */
static bool spelled_out(const struct words *ws, struct understood_name *v)
{
	char letters[SPELLING_MAX];
	bool any = false;

	for (size_t i = 0; i < ws->n;) {
		size_t n = spelling_run(ws, i, SPELLED_MIN, letters);
		if (n > 0) {
			if (!any && v->full[0] == '\0')
				v->how.from = words_from(ws, i);
			apply_spelling(letters, v);
			v->how.to = words_to(ws, i + n);
			any = true;
		}
		i += n ? n : 1;
	}
	return any;
}

int understand_name(struct str text, struct understood_name *ret_name)
{
	struct understood_name v = {0};
	struct words ws;

	words_read(&ws, text);
	bool named = introduced(&ws, &v) || speaking(&ws, &v) || bare(&ws, &v);
	v.spelled = spelled_out(&ws, &v);
	if (!named && !v.spelled)
		return UNDERSTAND_NOTHING;
	if (v.spelled)
		v.how.confidence = MAX(v.how.confidence, 90);
	*ret_name = v;
	return 0;
}
