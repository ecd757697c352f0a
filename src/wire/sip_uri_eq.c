/* Equality of URIs: RFC 3261 section 19.1.4, RFC 3966 section 4. */
#include "wire/sip_lex.h"
#include "wire/sip_uri.h"

#define ESCAPED 256 /* set for an escaped character that would mean something else unescaped */

/* The next character of `*s`, escapes resolved; -1 at the end. */
static int next_char(struct str *s)
{
	int c;

	if (s->n == 0)
		return -1;
	c = (unsigned char)s->p[0];
	if (c != '%' || s->n < 3 || sip_lex_hex(s->p[1]) < 0 || sip_lex_hex(s->p[2]) < 0) {
		*s = sip_lex_rest(*s, 1);
		return c;
	}
	c = sip_lex_hex(s->p[1]) << 4 | sip_lex_hex(s->p[2]);
	*s = sip_lex_rest(*s, 3);
	return sip_lex_is((char)c, SIP_LEX_RESERVED) ? c | ESCAPED : c;
}

static int fold_case(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool same_exactly(struct str a, struct str b)
{
	int c;

	do {
		c = next_char(&a);
		if (c != next_char(&b))
			return false;
	} while (c >= 0);
	return true;
}

static bool same_any_case(struct str a, struct str b)
{
	int c;

	do {
		c = fold_case(next_char(&a));
		if (c != fold_case(next_char(&b)))
			return false;
	} while (c >= 0);
	return true;
}

/* What a list entry that only one URI has means for their equality. */
enum missing {
	MISSING_DIFFERS,
	MISSING_MATTERS_FOR_KNOWN, /* only user, ttl, method, maddr and transport differ */
};

static bool known_param(struct str name)
{
	static const char *const known[] = {"user", "ttl", "method", "maddr", "transport"};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (same_any_case(name, str_from(known[i])))
			return true;
	return false;
}

enum found {
	FOUND_NONE,
	FOUND_OTHER_VALUE,
	FOUND_SAME,
};

/* Names may be given more than once (headers are): one of them with the same value is enough. */
static enum found find(struct str list, char separator, struct str name, struct str value)
{
	enum found found = FOUND_NONE;

	while (list.n > 0 && found != FOUND_SAME) {
		struct str other = str_cut(&list, separator);
		struct str key = str_cut(&other, '=');

		if (same_any_case(key, name))
			found = same_any_case(other, value) ? FOUND_SAME : FOUND_OTHER_VALUE;
	}
	return found;
}

/* Whether everything in list `a` agrees with list `b`. */
static bool covered(struct str a, struct str b, char separator, enum missing missing)
{
	while (a.n > 0) {
		struct str value = str_cut(&a, separator);
		struct str name = str_cut(&value, '=');
		enum found found = find(b, separator, name, value);

		if (found == FOUND_OTHER_VALUE)
			return false;
		if (found == FOUND_NONE && (missing == MISSING_DIFFERS || known_param(name)))
			return false;
	}
	return true;
}

static bool same_list(struct str a, struct str b, char separator, enum missing missing)
{
	return covered(a, b, separator, missing) && covered(b, a, separator, missing);
}

static bool visual_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

static int next_digit(struct str *s)
{
	int c;

	while (s->n > 0 && visual_separator(s->p[0]))
		*s = sip_lex_rest(*s, 1);
	if (s->n == 0)
		return -1;
	c = str_lower(s->p[0]);
	*s = sip_lex_rest(*s, 1);
	return c;
}

static bool same_number(struct str a, struct str b)
{
	int c;

	do {
		c = next_digit(&a);
		if (c != next_digit(&b))
			return false;
	} while (c >= 0);
	return true;
}

bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	switch (a->scheme) {
	case SIP_SCHEME_TEL:
		return same_number(a->user, b->user) && same_list(a->params, b->params, ';', MISSING_DIFFERS);
	case SIP_SCHEME_OTHER:
		return str_ieq(a->scheme_name, b->scheme_name) && str_eq(a->user, b->user);
	case SIP_SCHEME_SIP:
	case SIP_SCHEME_SIPS:
		break;
	}
	return same_exactly(a->user, b->user) && same_exactly(a->password, b->password) &&
	       str_ieq(a->host, b->host) && a->port == b->port &&
	       same_list(a->params, b->params, ';', MISSING_MATTERS_FOR_KNOWN) &&
	       same_list(a->headers, b->headers, '&', MISSING_DIFFERS);
}
