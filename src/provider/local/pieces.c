#include "provider/local/pieces.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/mapped.h"

#define FIRST_SPELLED 3

LIVE_DEFINE(pieces);

struct pieces {
	char *text;
	size_t count;
	struct str piece[];
};

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* "<unk>\n<s>" and a newline: how the vocabulary begins, nine bytes that make twelve digits. */
struct str pieces_find(struct str script)
{
	struct str rest = str_sub(script, str_find(script, STR("PHVuaz4KPHM+")), script.n);
	size_t n = 0;

	while (n < rest.n && (digit(rest.p[n]) >= 0 || rest.p[n] == '='))
		n++;
	return str_sub(rest, 0, n);
}

/* Returns the bytes written; stops at the padding. */
static size_t decode(struct str in, char *out)
{
	unsigned bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < in.n && digit(in.p[i]) >= 0; i++) {
		bits = bits << 6 | (unsigned)digit(in.p[i]);
		if (i % 4 != 0)
			out[n++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	return n;
}

static size_t count_lines(struct str text)
{
	size_t n = 0;

	while (!str_empty(text)) {
		str_cut(&text, '\n');
		n++;
	}
	return n;
}

static bool begins_right(const struct pieces *p)
{
	return p->count > FIRST_SPELLED && str_eq(p->piece[0], STR("<unk>")) &&
	       str_eq(p->piece[1], STR("<s>")) && str_eq(p->piece[2], STR("</s>"));
}

/* Takes the text. */
static int cut_lines(char *take_text, size_t n, struct pieces **ret_pieces)
{
	struct str rest = {take_text, n};
	size_t count = count_lines(rest);
	struct pieces *p = count <= PIECES_MAX ? mem_zalloc(sizeof(*p) + count * sizeof(p->piece[0])) : NULL;

	if (!p) {
		mem_free(take_text);
		return count <= PIECES_MAX ? -ENOMEM : -EMSGSIZE;
	}
	live_up(&live_pieces);
	p->text = take_text;
	p->count = count;
	for (size_t i = 0; i < count; i++)
		p->piece[i] = str_cut(&rest, '\n');
	if (!begins_right(p)) {
		pieces_free(p);
		return -EBADMSG;
	}
	*ret_pieces = p;
	return 0;
}

int pieces_new(struct str base64, struct pieces **ret_pieces)
{
	char *text;

	if (str_empty(base64))
		return -EBADMSG;
	if (base64.n > PIECES_VOCABULARY_MAX)
		return -EMSGSIZE;
	text = mem_alloc(base64.n);
	if (!text)
		return -ENOMEM;
	return cut_lines(text, decode(base64, text), ret_pieces);
}

struct pieces *pieces_free(struct pieces *p)
{
	if (!p)
		return NULL;
	mem_free(p->text);
	live_down(&live_pieces);
	return mem_free(p);
}

int pieces_load(const char *path, struct pieces **ret_pieces)
{
	struct str script = {0};
	int rc = mapped_open(path, PIECES_SCRIPT_MAX, &script);

	if (rc == 0)
		rc = pieces_new(pieces_find(script), ret_pieces);
	mapped_close(script);
	return rc;
}

size_t pieces_count(const struct pieces *p)
{
	return p->count;
}

/* The byte of "<0x41>", or -1. */
static int spelled_byte(struct str piece)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *high, *low;

	if (piece.n != 6 || !str_starts(piece, STR("<0x")) || piece.p[5] != '>' || !piece.p[3] || !piece.p[4])
		return -1;
	high = strchr(hex, piece.p[3]);
	low = strchr(hex, piece.p[4]);
	return high && low ? (int)((high - hex) * 16 + (low - hex)) : -1;
}

static void spell_piece(struct str piece, struct buf *out, size_t start)
{
	const struct str blank = STR("\xe2\x96\x81");
	int byte = spelled_byte(piece);

	if (byte >= 0) {
		buf_add_char(out, (char)byte);
		return;
	}
	while (!str_empty(piece)) {
		size_t at = str_find(piece, blank);

		buf_add(out, piece.p, at);
		if (at < piece.n && out->n > start)
			buf_add_char(out, ' ');
		piece = str_sub(piece, at + blank.n, piece.n);
	}
}

void pieces_spell(const struct pieces *p, const int32_t *tokens, size_t n, struct buf *out)
{
	size_t start = out->n;

	for (size_t i = 0; i < n; i++)
		if (tokens[i] >= FIRST_SPELLED && (size_t)tokens[i] < p->count)
			spell_piece(p->piece[tokens[i]], out, start);
}
