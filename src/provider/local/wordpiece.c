#include "provider/local/wordpiece.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/live.h"
#include "base/map.h"
#include "base/mem.h"

#define ARENA_MAX    (16 * 1024 * 1024)
#define PREFIX       "##"
#define PREFIX_BYTES 2
#define UTF8_MAX     4

LIVE_DEFINE(wordpiece);

struct entry {
	struct map_node node;
	int64_t id;
};

struct wordpiece {
	struct arena arena;
	struct map vocabulary;
	int64_t cls, sep, unknown;
};

/* ---- the vocabulary ---- */

static int add_entry(struct str key, const struct json *value, void *arg)
{
	struct wordpiece *w = arg;
	struct entry *e = ARENA_NEW(&w->arena, struct entry);
	struct str own = arena_str(&w->arena, key);

	if (!e || !own.p)
		return -ENOMEM;
	if (json_get_int(value, "", &e->id) < 0 || e->id < 0)
		return -EBADMSG;
	return map_add(&w->vocabulary, &e->node, own);
}

/* Returns -1 when there is none. */
static int64_t find_id(const struct wordpiece *w, struct str piece)
{
	struct map_node *n = map_find(&w->vocabulary, piece);

	return n ? MAP_ENTRY(n, struct entry, node)->id : -1;
}

static int read_vocabulary(struct wordpiece *w, const struct json *doc)
{
	const struct json *list = json_find(doc, "model/vocab");
	int rc;

	if (json_kind(list) != JSON_KIND_MAP)
		return -EBADMSG;
	if (json_count(list) > WORDPIECE_VOCABULARY_MAX)
		return -EMSGSIZE;
	rc = json_each(list, add_entry, w);
	if (rc < 0)
		return rc;
	w->cls = find_id(w, STR("[CLS]"));
	w->sep = find_id(w, STR("[SEP]"));
	w->unknown = find_id(w, STR("[UNK]"));
	return w->cls < 0 || w->sep < 0 || w->unknown < 0 ? -EBADMSG : 0;
}

int wordpiece_new(struct str tokenizer_json, struct wordpiece **ret_wordpiece)
{
	struct wordpiece *w = mem_zalloc(sizeof(*w));
	struct json *doc = NULL;
	int rc;

	if (!w)
		return -ENOMEM;
	live_up(&live_wordpiece);
	arena_init(&w->arena, ARENA_MAX);
	map_init(&w->vocabulary);
	rc = json_parse(tokenizer_json, NULL, NULL, &doc);
	if (rc == 0)
		rc = read_vocabulary(w, doc);
	json_free(doc);
	if (rc < 0) {
		wordpiece_free(w);
		return rc;
	}
	*ret_wordpiece = w;
	return 0;
}

struct wordpiece *wordpiece_free(struct wordpiece *w)
{
	if (!w)
		return NULL;
	map_fini(&w->vocabulary);
	arena_fini(&w->arena);
	live_down(&live_wordpiece);
	return mem_free(w);
}

/* ---- letters ---- */

/* What a first byte announces; 0 = it is none. */
static size_t utf8_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xf8)
		return 0;
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
}

/* One character off the front of `*s`; 0 for bytes that are no UTF-8, one at a time. */
static uint32_t take_char(struct str *s, struct str *ret_bytes)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s->p[0];
	size_t n = utf8_length(first);
	uint32_t c = n <= 1 ? first : first & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if (i >= s->n || ((unsigned char)s->p[i] & 0xc0) != 0x80)
			n = 0;
		else
			c = c << 6 | ((unsigned char)s->p[i] & 0x3f);
	}
	if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		*s = str_sub(*s, 1, s->n);
		return 0;
	}
	*ret_bytes = str_sub(*s, 0, n);
	*s = str_sub(*s, n, s->n);
	return c;
}

/* The plain small letter of U+00C0..U+017F; a blank where the letter has no accent to lose. */
static char plain_latin(uint32_t c)
{
	static const char latin1[] = "aaaaaa ceeeeiiii nooooo  uuuuy  aaaaaa ceeeeiiii nooooo  uuuuy y";
	static const char latin_a[] =
		"aaaaaaccccccccdd  eeeeeeeeeegggggggghh  iiiiiiiii   jjkk "
		"llllll    nnnnnn   oooooo  rrrrrrsssssssstttt  uuuuuuuuuuuuwwyyyzzzzzz ";

	if (c >= 0xc0 && c < 0x100)
		return latin1[c - 0xc0];
	if (c >= 0x100 && c < 0x180)
		return latin_a[c - 0x100];
	return ' ';
}

static bool in_ranges(uint32_t c, const uint32_t (*range)[2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= range[i][0] && c <= range[i][1])
			return true;
	return false;
}

static bool is_blank(uint32_t c)
{
	static const uint32_t ranges[][2] = {{'\t', '\n'},     {'\r', '\r'},     {' ', ' '},
					     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
					     {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};

	return in_ranges(c, ranges, ARRAY_LEN(ranges));
}

/* Controls, and marks that combine with the letter before. */
static bool is_dropped(uint32_t c)
{
	static const uint32_t ranges[][2] = {{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},
					     {0x300, 0x36f},   {0x200b, 0x200f}, {0x202a, 0x202e},
					     {0x2060, 0x2064}, {0xfeff, 0xfeff}, {0xfffd, 0xfffd}};

	return in_ranges(c, ranges, ARRAY_LEN(ranges));
}

/* What is a word of its own: punctuation, and Chinese characters. */
static bool is_alone(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{'!', '/'},         {':', '@'},       {'[', '`'},       {'{', '~'},       {0xa1, 0xa1},
		{0xa7, 0xa7},       {0xab, 0xab},     {0xb6, 0xb7},     {0xbb, 0xbb},     {0xbf, 0xbf},
		{0x2010, 0x2027},   {0x2030, 0x205e}, {0x3001, 0x3003}, {0x3008, 0x3011}, {0x3400, 0x4dbf},
		{0x4e00, 0x9fff},   {0xf900, 0xfaff}, {0xff01, 0xff0f}, {0xff1a, 0xff20}, {0x20000, 0x2ceaf},
		{0x2f800, 0x2fa1f},
	};

	return in_ranges(c, ranges, ARRAY_LEN(ranges));
}

/* ---- words ---- */

struct encoder {
	const struct wordpiece *w;
	int64_t *ids;
	size_t n, max;
	char word[WORDPIECE_WORD_MAX + UTF8_MAX];
	size_t len; /* beyond WORDPIECE_WORD_MAX: too long to be known */
};

static void emit(struct encoder *e, int64_t id)
{
	if (e->n < e->max)
		e->ids[e->n++] = id;
}

/* The longest piece that begins at `from`. Returns its id and where it ends, or -1. */
static int64_t longest_piece(const struct encoder *e, size_t from, size_t *ret_end)
{
	char piece[PREFIX_BYTES + sizeof(e->word)] = PREFIX;
	size_t prefix = from > 0 ? PREFIX_BYTES : 0;

	memcpy(piece + prefix, e->word + from, e->len - from);
	for (size_t end = e->len; end > from; end--) {
		int64_t id = find_id(e->w, (struct str){piece, prefix + end - from});

		if (id < 0)
			continue;
		*ret_end = end;
		return id;
	}
	return -1;
}

static void end_word(struct encoder *e)
{
	size_t before = e->n, at = 0;
	bool known = e->len <= WORDPIECE_WORD_MAX;

	while (known && at < e->len) {
		int64_t id = longest_piece(e, at, &at);

		known = id >= 0;
		emit(e, id);
	}
	if (!known) {
		e->n = before;
		emit(e, e->w->unknown);
	}
	e->len = 0;
}

static void add_bytes(struct encoder *e, struct str bytes)
{
	if (e->len > WORDPIECE_WORD_MAX)
		return;
	memcpy(e->word + e->len, bytes.p, bytes.n);
	e->len += bytes.n;
}

static void add_letter(struct encoder *e, uint32_t c, struct str bytes)
{
	char plain = plain_latin(c);

	if (c < 0x80)
		plain = str_lower((char)c);
	add_bytes(e, plain == ' ' ? bytes : (struct str){&plain, 1});
}

static void encode_char(struct encoder *e, uint32_t c, struct str bytes)
{
	if (is_blank(c)) {
		end_word(e);
	} else if (is_dropped(c)) {
		return;
	} else if (is_alone(c)) {
		end_word(e);
		add_bytes(e, bytes);
		end_word(e);
	} else {
		add_letter(e, c, bytes);
	}
}

size_t wordpiece_encode(const struct wordpiece *w, struct str text, int64_t *ids, size_t max)
{
	struct encoder e = {.w = w, .ids = ids, .max = max - 1};

	assert(max >= 2);
	emit(&e, w->cls);
	while (!str_empty(text) && e.n < e.max) {
		struct str bytes = {0};
		uint32_t c = take_char(&text, &bytes);

		encode_char(&e, c, bytes);
	}
	end_word(&e);
	ids[e.n++] = w->sep;
	return e.n;
}
