#include "provider/local/fold.h"

/* U+00C0 .. U+017F, in order; '?' = no letter, or one of `pairs`. */
static const char latin[] = "AAAAAA?CEEEEIIIIDNOOOOO?OUUUUY??aaaaaa?ceeeeiiiidnooooo?ouuuuy?y"
			    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
			    "lLlNnNnNnnNnOoOoOo??RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

static const struct {
	uint32_t code;
	const char *letters;
} pairs[] = {{0xc6, "Ae"}, {0xe6, "ae"},  {0xde, "Th"}, {0xfe, "th"},
	     {0xdf, "ss"}, {0x152, "Oe"}, {0x153, "oe"}};

static void fold_letter(uint32_t code, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (pairs[i].code == code) {
			buf_add_str(out, str_from(pairs[i].letters));
			return;
		}
	if (code >= 0xc0 && code < 0xc0 + sizeof(latin) - 1 && latin[code - 0xc0] != '?')
		buf_add_char(out, latin[code - 0xc0]);
}

void fold(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x80) {
			buf_add_char(out, text.p[i]);
		} else if (c >= 0xc3 && c <= 0xc5 && i + 1 < text.n) {
			fold_letter((uint32_t)(c & 0x1f) << 6 | ((unsigned char)text.p[i + 1] & 0x3f), out);
			i++;
		}
	}
}
