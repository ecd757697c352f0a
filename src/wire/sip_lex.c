#include "wire/sip_lex.h"

#include <string.h>

#define BLANK_ SIP_LEX_BLANK
#define MARK_                                                                                     \
	(SIP_LEX_USER | SIP_LEX_PASSWORD | SIP_LEX_URIPARAM | SIP_LEX_URIHEADER | SIP_LEX_VALUE | \
	 SIP_LEX_OPAQUE)
#define TOKEN_  (SIP_LEX_TOKEN | SIP_LEX_WORD | SIP_LEX_VALUE | SIP_LEX_OPAQUE)
#define WORD_   (SIP_LEX_WORD | SIP_LEX_VALUE | SIP_LEX_OPAQUE)
#define ALNUM_  (MARK_ | TOKEN_ | SIP_LEX_HOST)
#define LETTER_ (ALNUM_ | SIP_LEX_ALPHA)
#define HEXLET_ (LETTER_ | SIP_LEX_HEX | SIP_LEX_PHONE | SIP_LEX_IP6)
#define DIGIT_  (ALNUM_ | SIP_LEX_DIGIT | SIP_LEX_HEX | SIP_LEX_PHONE | SIP_LEX_IP6)
#define RESVD_  (SIP_LEX_RESERVED | SIP_LEX_VALUE | SIP_LEX_OPAQUE)

const uint16_t sip_lex_class[256] = {
	[' '] = BLANK_,
	['\t'] = BLANK_,
	['0' ... '9'] = DIGIT_,
	['a' ... 'f'] = HEXLET_,
	['A' ... 'F'] = HEXLET_,
	['g' ... 'z'] = LETTER_,
	['G' ... 'Z'] = LETTER_,
	['-'] = MARK_ | TOKEN_ | SIP_LEX_HOST | SIP_LEX_PHONE,
	['.'] = MARK_ | TOKEN_ | SIP_LEX_HOST | SIP_LEX_PHONE | SIP_LEX_IP6,
	['_'] = MARK_ | TOKEN_ | SIP_LEX_HOST,
	['!'] = MARK_ | TOKEN_,
	['~'] = MARK_ | TOKEN_,
	['*'] = MARK_ | TOKEN_ | SIP_LEX_PHONE,
	['\''] = MARK_ | TOKEN_,
	['('] = MARK_ | WORD_ | SIP_LEX_PHONE,
	[')'] = MARK_ | WORD_ | SIP_LEX_PHONE,
	['%'] = TOKEN_,
	['`'] = TOKEN_,
	['+'] = RESVD_ | TOKEN_ | SIP_LEX_USER | SIP_LEX_PASSWORD | SIP_LEX_URIPARAM | SIP_LEX_URIHEADER |
		SIP_LEX_PHONE,
	['$'] = RESVD_ | SIP_LEX_USER | SIP_LEX_PASSWORD | SIP_LEX_URIPARAM | SIP_LEX_URIHEADER,
	['&'] = RESVD_ | SIP_LEX_USER | SIP_LEX_PASSWORD | SIP_LEX_URIPARAM,
	['='] = RESVD_ | SIP_LEX_USER | SIP_LEX_PASSWORD,
	[','] = SIP_LEX_RESERVED | SIP_LEX_OPAQUE | SIP_LEX_USER | SIP_LEX_PASSWORD,
	[';'] = SIP_LEX_RESERVED | SIP_LEX_OPAQUE | SIP_LEX_USER,
	['?'] = RESVD_ | SIP_LEX_WORD | SIP_LEX_USER | SIP_LEX_URIHEADER,
	['/'] = RESVD_ | SIP_LEX_WORD | SIP_LEX_USER | SIP_LEX_URIPARAM | SIP_LEX_URIHEADER,
	[':'] = RESVD_ | SIP_LEX_WORD | SIP_LEX_IP6 | SIP_LEX_URIPARAM | SIP_LEX_URIHEADER,
	['@'] = RESVD_ | SIP_LEX_WORD,
	['['] = WORD_ | SIP_LEX_URIPARAM | SIP_LEX_URIHEADER,
	[']'] = WORD_ | SIP_LEX_URIPARAM | SIP_LEX_URIHEADER,
	['<'] = SIP_LEX_WORD,
	['>'] = SIP_LEX_WORD,
	['\\'] = SIP_LEX_WORD,
	['"'] = SIP_LEX_WORD,
	['{'] = WORD_,
	['}'] = WORD_,
	['#'] = SIP_LEX_VALUE | SIP_LEX_OPAQUE | SIP_LEX_PHONE,
	['|'] = SIP_LEX_VALUE | SIP_LEX_OPAQUE,
	['^'] = SIP_LEX_VALUE | SIP_LEX_OPAQUE,
};

int sip_lex_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sip_lex_all_escaped(struct str s, unsigned class)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '%') {
			if (!sip_lex_is(s.p[i], class))
				return false;
			continue;
		}
		if (s.n - i < 3 || sip_lex_hex(s.p[i + 1]) < 0 || sip_lex_hex(s.p[i + 2]) < 0)
			return false;
		i += 2;
	}
	return true;
}

struct str sip_lex_cut(struct str *rest, unsigned class)
{
	size_t n = sip_lex_span(*rest, class);
	struct str head = {rest->p, n};

	*rest = sip_lex_skip(sip_lex_rest(*rest, n));
	return head;
}

bool sip_lex_take(struct str *rest, char c)
{
	if (rest->n == 0 || rest->p[0] != c)
		return false;
	*rest = sip_lex_skip(sip_lex_rest(*rest, 1));
	return true;
}

size_t sip_lex_quoted(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

static bool control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

#define EACH_BYTE(value) (0x0101010101010101u * (value))

/* Whether eight bytes may hold a control character. Never wrong when it says no; tabs are among the yes. */
static bool suspect(const char *p)
{
	uint64_t x, low, del;

	memcpy(&x, p, sizeof(x));
	low = (x - EACH_BYTE(0x20)) & ~x;
	del = x ^ EACH_BYTE(0x7f);
	del = (del - EACH_BYTE(0x01)) & ~del;
	return ((low | del) & EACH_BYTE(0x80)) != 0;
}

/* Every byte of every message passes here. */
bool sip_lex_plain(struct str s)
{
	size_t i = 0;

	while (s.n - i >= 8 && !suspect(s.p + i))
		i += 8;
	for (; i < s.n; i++)
		if (control(s.p[i]))
			return false;
	return true;
}

bool sip_lex_clean(struct str s)
{
	if (sip_lex_plain(s))
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (control(s.p[i]) && (i == 0 || s.p[i - 1] != '\\' || s.p[i] == '\r' || s.p[i] == '\n'))
			return false;
	return true;
}
