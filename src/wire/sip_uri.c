#include "wire/sip_uri.h"

#include <errno.h>

#include "wire/sip_lex.h"
#include "wire/sip_param.h"

#define PORT_SIP  5060
#define PORT_SIPS 5061

#define IP6_MAX_CHARS 45 /* "0000:0000:0000:0000:0000:ffff:255.255.255.255" */

/* IPv6 addresses without brackets: enough to know one from a name; the socket layer reads it properly. */
static bool is_ip6(struct str s)
{
	size_t colons = 0;

	for (size_t i = 0; i < s.n; i++)
		colons += s.p[i] == ':';
	return colons >= 2 && s.n <= IP6_MAX_CHARS && sip_lex_all(s, SIP_LEX_IP6);
}

bool sip_uri_cut_host(struct str *rest, struct str *ret_host)
{
	size_t n = sip_lex_span(*rest, SIP_LEX_HOST);
	struct str host = {rest->p, n};

	if (rest->n > 0 && rest->p[0] == '[') {
		n = str_chr(*rest, ']');
		host = str_sub(*rest, 1, n - 1);
		if (n == rest->n || !is_ip6(host))
			return false;
		n++;
	}
	if (n == 0)
		return false;
	*ret_host = host;
	*rest = sip_lex_rest(*rest, n);
	return true;
}

bool sip_uri_cut_port(struct str *rest, uint16_t *ret_port)
{
	size_t n = sip_lex_span(*rest, SIP_LEX_DIGIT);
	int64_t port;

	if (str_to_int(str_sub(*rest, 0, n), 1, UINT16_MAX, &port) < 0)
		return false;
	*ret_port = (uint16_t)port;
	*rest = sip_lex_rest(*rest, n);
	return true;
}

bool sip_uri_is_host(struct str text)
{
	struct str host;

	return sip_uri_cut_host(&text, &host) && text.n == 0;
}

/* "a=b;lr": every parameter a name and perhaps a value of URI characters. */
static bool check_params(struct str params)
{
	size_t count = 0;

	if (params.n == 0 || str_ends(params, STR(";")))
		return false;
	while (params.n > 0) {
		struct str value = str_cut(&params, ';');
		struct str name = str_cut(&value, '=');

		if (++count > SIP_URI_PARAMS_MAX || name.n == 0 ||
		    !sip_lex_all_escaped(name, SIP_LEX_URIPARAM) ||
		    !sip_lex_all_escaped(value, SIP_LEX_URIPARAM))
			return false;
	}
	return true;
}

static bool check_headers(struct str headers)
{
	struct str name, value;
	size_t count = 0;

	if (headers.n == 0)
		return false;
	while (sip_uri_next_header(&headers, &name, &value))
		if (++count > SIP_URI_PARAMS_MAX || name.n == 0 ||
		    !sip_lex_all_escaped(name, SIP_LEX_URIHEADER) ||
		    !sip_lex_all_escaped(value, SIP_LEX_URIHEADER))
			return false;
	return true;
}

static int parse_userinfo(struct str s, struct sip_uri *uri)
{
	uri->user = str_cut(&s, ':');
	uri->password = s;
	if (uri->user.n == 0 || !sip_lex_all_escaped(uri->user, SIP_LEX_USER))
		return -EBADMSG;
	return sip_lex_all_escaped(s, SIP_LEX_PASSWORD) ? 0 : -EBADMSG;
}

/* What follows "sip:". */
static int parse_sip(struct str s, struct sip_uri *uri)
{
	size_t at = str_chr(s, '@');

	if (at < s.n) {
		if (parse_userinfo(str_sub(s, 0, at), uri) < 0)
			return -EBADMSG;
		s = sip_lex_rest(s, at + 1);
	}
	if (!sip_uri_cut_host(&s, &uri->host))
		return -EBADMSG;
	if (s.n > 0 && s.p[0] == ':') {
		s = sip_lex_rest(s, 1);
		if (!sip_uri_cut_port(&s, &uri->port))
			return -EBADMSG;
	}
	if (s.n > 0 && s.p[0] == ';') {
		s = sip_lex_rest(s, 1);
		uri->params = str_sub(s, 0, str_chr(s, '?'));
		s = sip_lex_rest(s, uri->params.n);
		if (!check_params(uri->params))
			return -EBADMSG;
	}
	if (s.n > 0 && s.p[0] == '?') {
		uri->headers = sip_lex_rest(s, 1);
		return check_headers(uri->headers) ? 0 : -EBADMSG;
	}
	return s.n == 0 ? 0 : -EBADMSG;
}

static int parse_tel(struct str s, struct sip_uri *uri)
{
	size_t n = str_chr(s, ';');

	uri->user = str_sub(s, 0, n);
	if (!sip_lex_all(uri->user, SIP_LEX_PHONE))
		return -EBADMSG;
	if (n == s.n)
		return 0;
	uri->params = sip_lex_rest(s, n + 1);
	return check_params(uri->params) ? 0 : -EBADMSG;
}

static int parse_other(struct str s, struct sip_uri *uri)
{
	uri->user = s;
	return sip_lex_all(s, SIP_LEX_OPAQUE) ? 0 : -EBADMSG;
}

int sip_uri_parse(struct str text, struct sip_uri *ret_uri)
{
	struct sip_uri uri = {.scheme = SIP_SCHEME_OTHER};
	struct str rest = text;
	int rc;

	uri.scheme_name = str_cut(&rest, ':');
	if (uri.scheme_name.n == text.n || uri.scheme_name.n == 0 ||
	    !sip_lex_is(uri.scheme_name.p[0], SIP_LEX_ALPHA) || !sip_lex_all(uri.scheme_name, SIP_LEX_TOKEN))
		return -EBADMSG;
	if (str_ieq(uri.scheme_name, STR("sip")))
		uri.scheme = SIP_SCHEME_SIP;
	else if (str_ieq(uri.scheme_name, STR("sips")))
		uri.scheme = SIP_SCHEME_SIPS;
	else if (str_ieq(uri.scheme_name, STR("tel")))
		uri.scheme = SIP_SCHEME_TEL;

	if (uri.scheme == SIP_SCHEME_OTHER)
		rc = parse_other(rest, &uri);
	else
		rc = uri.scheme == SIP_SCHEME_TEL ? parse_tel(rest, &uri) : parse_sip(rest, &uri);
	if (rc == 0)
		*ret_uri = uri;
	return rc;
}

static void print_optional(struct buf *b, char before, struct str s)
{
	if (s.n == 0)
		return;
	buf_add_char(b, before);
	buf_add_str(b, s);
}

void sip_uri_print(struct buf *b, const struct sip_uri *uri)
{
	bool ip6 = str_chr(uri->host, ':') < uri->host.n;

	buf_add_str(b, uri->scheme_name);
	buf_add_char(b, ':');
	buf_add_str(b, uri->user);
	print_optional(b, ':', uri->password);
	if (uri->host.n > 0 && uri->user.n > 0)
		buf_add_char(b, '@');
	if (ip6)
		buf_add_char(b, '[');
	buf_add_str(b, uri->host);
	if (ip6)
		buf_add_char(b, ']');
	if (uri->port)
		buf_printf(b, ":%u", uri->port);
	print_optional(b, ';', uri->params);
	print_optional(b, '?', uri->headers);
}

bool sip_uri_param(const struct sip_uri *uri, struct str name, struct str *ret_value)
{
	struct str rest = uri->params;

	while (rest.n > 0) {
		struct str param = str_cut(&rest, ';');
		struct str key = str_cut(&param, '=');

		if (str_ieq(key, name)) {
			*ret_value = param;
			return true;
		}
	}
	return false;
}

uint16_t sip_uri_port(const struct sip_uri *uri)
{
	struct str transport;

	if (uri->port)
		return uri->port;
	if (uri->scheme == SIP_SCHEME_SIPS)
		return PORT_SIPS;
	if (sip_uri_param(uri, STR("transport"), &transport) && str_ieq(transport, STR("tls")))
		return PORT_SIPS;
	return PORT_SIP;
}

bool sip_uri_next_header(struct str *rest, struct str *ret_name, struct str *ret_value)
{
	struct str header;

	if (rest->n == 0)
		return false;
	header = str_cut(rest, '&');
	*ret_name = str_cut(&header, '=');
	*ret_value = header;
	return true;
}

int sip_uri_unescape(struct str text, char *buf, size_t size, struct str *ret_plain)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (n == size)
			return -EMSGSIZE;
		if (c == '%' && text.n - i >= 3 && sip_lex_hex(text.p[i + 1]) >= 0 &&
		    sip_lex_hex(text.p[i + 2]) >= 0) {
			c = (char)(sip_lex_hex(text.p[i + 1]) << 4 | sip_lex_hex(text.p[i + 2]));
			i += 2;
		}
		buf[n++] = c;
	}
	*ret_plain = (struct str){buf, n};
	return 0;
}

void sip_uri_escape(struct buf *b, enum sip_uri_part part, struct str text)
{
	static const unsigned classes[] = {
		[SIP_URI_USER] = SIP_LEX_USER,
		[SIP_URI_PASSWORD] = SIP_LEX_PASSWORD,
		[SIP_URI_PARAM] = SIP_LEX_URIPARAM,
		[SIP_URI_HEADER] = SIP_LEX_URIHEADER,
	};
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (sip_lex_is((char)c, classes[part])) {
			buf_add_char(b, (char)c);
			continue;
		}
		buf_add(b, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
	}
}
