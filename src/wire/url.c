#include "wire/url.h"

#include <errno.h>
#include <string.h>

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != 0 && strchr("-._~", c));
}

void url_escape(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (is_unreserved(text.p[i]))
			buf_add_char(out, text.p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)text.p[i]);
	}
}

void url_query(struct buf *url, struct str name, struct str value)
{
	buf_add_char(url, str_chr(buf_str(url), '?') < url->n ? '&' : '?');
	url_escape(url, name);
	buf_add_char(url, '=');
	url_escape(url, value);
}

int url_authority(struct str text, uint16_t preset, struct str *ret_host, uint16_t *ret_port)
{
	bool literal = str_starts(text, STR("["));
	size_t end = str_chr(text, literal ? ']' : ':');
	struct str host = str_sub(text, literal, end - literal),
		   rest = str_sub(text, end + literal, SIZE_MAX);
	int64_t port = preset;

	if (host.n == 0 || str_chr(host, '@') < host.n || (literal && end == text.n))
		return -EINVAL;
	if (rest.n > 0 &&
	    (rest.p[0] != ':' || str_to_int(str_sub(rest, 1, SIZE_MAX), 1, UINT16_MAX, &port) < 0))
		return -EINVAL;
	if (port == 0)
		return -EINVAL;
	*ret_host = host;
	*ret_port = (uint16_t)port;
	return 0;
}

/* Where the path of an address begins; its end when it has none. */
static size_t path_at(struct str address)
{
	size_t host = str_find(address, STR("://"));

	host = host < address.n ? host + 3 : 0;
	return host + str_chr(str_sub(address, host, SIZE_MAX), '/');
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that `text` begins with, and how long it is written. */
static unsigned char read_byte(struct str text, size_t *ret_n)
{
	int high = text.n >= 3 && text.p[0] == '%' ? digit(text.p[1]) : -1;
	int low = high >= 0 ? digit(text.p[2]) : -1;

	*ret_n = low >= 0 ? 3 : 1;
	return low >= 0 ? (unsigned char)(high * 16 + low) : (unsigned char)text.p[0];
}

int url_unescape(struct buf *out, struct str text)
{
	size_t n;

	for (size_t i = 0; i < text.n; i += n) {
		unsigned char c = read_byte(str_sub(text, i, SIZE_MAX), &n);

		if (c < 0x20 || c == 0x7f)
			return -EBADMSG;
		buf_add_char(out, (char)c);
	}
	return out->error;
}

/* How much of `path` the address ends with: whole segments only. */
static size_t overlap(struct str address, struct str path)
{
	struct str have = str_sub(address, path_at(address), SIZE_MAX);

	for (size_t n = MIN(have.n, path.n); n > 0; n--)
		if ((n == path.n || path.p[n] == '/') && str_ends(have, str_sub(path, 0, n)))
			return n;
	return 0;
}

void url_join(struct buf *out, struct str base, struct str path)
{
	struct str query = base, address = str_cut(&query, '?');

	while (str_ends(address, STR("/")))
		address.n--;
	buf_add_str(out, address);
	buf_add_str(out, str_sub(path, overlap(address, path), SIZE_MAX));
	if (!str_empty(query)) {
		buf_add_char(out, '?');
		buf_add_str(out, query);
	}
}

void url_join_ws(struct buf *out, struct str base, struct str path)
{
	if (str_istarts(base, STR("http://")) || str_istarts(base, STR("https://"))) {
		buf_add_str(out, STR("ws"));
		base = str_sub(base, 4, SIZE_MAX);
	}
	url_join(out, base, path);
}
