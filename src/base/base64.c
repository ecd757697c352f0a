#include "base/base64.h"

#include <errno.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Written in one piece, so that the room is asked for once. */
void base64_write(struct buf *out, struct str bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	char *at = buf_grow(out, BASE64_TEXT_BYTES(bytes.n));
	size_t i = 0;

	if (!at)
		return;
	for (; i + 3 <= bytes.n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];

		*at++ = alphabet[v >> 18];
		*at++ = alphabet[v >> 12 & 63];
		*at++ = alphabet[v >> 6 & 63];
		*at++ = alphabet[v & 63];
	}
	if (i < bytes.n) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < bytes.n ? (uint32_t)p[i + 1] << 8 : 0);

		*at++ = alphabet[v >> 18];
		*at++ = alphabet[v >> 12 & 63];
		*at++ = i + 1 < bytes.n ? alphabet[v >> 6 & 63] : '=';
		*at++ = '=';
	}
}

/* 0..63, or 255. */
static unsigned char value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned char)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned char)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (unsigned char)(c - '0' + 52);
	return c == '+' ? 62 : c == '/' ? 63 : 255;
}

/* Without the padding. Returns false when it is not where it belongs. */
static bool strip(struct str *text)
{
	size_t whole = text->n;

	while (text->n > 0 && whole - text->n < 2 && text->p[text->n - 1] == '=')
		text->n--;
	return (whole == text->n || whole % 4 == 0) && text->n % 4 != 1;
}

int base64_read(struct buf *out, struct str text)
{
	size_t before = out->n;
	uint32_t v = 0;
	unsigned bits = 0;
	char *at;

	if (!strip(&text))
		return -EBADMSG;
	at = buf_grow(out, text.n * 3 / 4);
	if (!at)
		return out->error;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char digit = value_of(text.p[i]);

		if (digit > 63) {
			out->n = before;
			return -EBADMSG;
		}
		v = v << 6 | digit;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*at++ = (char)(v >> bits);
		}
	}
	if (v & ((1u << bits) - 1)) {
		out->n = before;
		return -EBADMSG;
	}
	return 0;
}
