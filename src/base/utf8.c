#include "base/utf8.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080u

size_t utf8_length(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = p[0] < 0x80   ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;
	unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;

	if (n > s.n || (n > 1 && (p[1] < low || p[1] > high)))
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* How many of the first bytes are ASCII, by eights. */
static size_t ascii_run(struct str s)
{
	size_t n = 0;

	for (uint64_t eight; n + sizeof(eight) <= s.n; n += sizeof(eight)) {
		memcpy(&eight, s.p + n, sizeof(eight));
		if (eight & HIGH_BITS)
			break;
	}
	return n;
}

bool utf8_valid(struct str s)
{
	while (s.n > 0) {
		size_t n = ascii_run(s);

		n = n > 0 ? n : utf8_length(s);
		if (n == 0)
			return false;
		s = str_sub(s, n, SIZE_MAX);
	}
	return true;
}
