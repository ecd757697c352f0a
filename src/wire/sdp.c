#include "wire/sdp.h"

#include <errno.h>
#include <string.h>

#include "wire/sip_lex.h"

static int bad(struct sdp *sdp, const char *fault)
{
	sdp->fault = fault;
	return -EBADMSG;
}

/* "IN IP4 192.0.2.1/127" */
static bool read_addr(struct str text, struct sdp_addr *ret_addr)
{
	struct str net = str_cut(&text, ' '), type = str_cut(&text, ' ');
	struct sdp_addr addr = {.host = str_sub(text, 0, str_chr(text, '/'))};

	if (str_ieq(type, STR("IP4")))
		addr.family = SDP_IP4;
	else if (str_ieq(type, STR("IP6")))
		addr.family = SDP_IP6;
	if (!str_eq(net, STR("IN")) || addr.family == SDP_NONE)
		return false;
	if (sip_lex_span(addr.host, SIP_LEX_HOST | SIP_LEX_IP6) != addr.host.n || addr.host.n == 0)
		return false;
	*ret_addr = addr;
	return true;
}

static int read_origin(struct sdp *sdp, struct str value)
{
	sdp->user = str_cut(&value, ' ');
	sdp->session_id = str_cut(&value, ' ');
	sdp->version = str_cut(&value, ' ');
	if (sdp->user.n == 0 || !sip_lex_all(sdp->session_id, SIP_LEX_DIGIT) ||
	    !sip_lex_all(sdp->version, SIP_LEX_DIGIT) || !read_addr(value, &sdp->origin))
		return bad(sdp, "Malformed o= line");
	return 0;
}

static int read_conn(struct sdp *sdp, struct str value)
{
	struct sdp_addr *conn = sdp->media_count ? &sdp->media[sdp->media_count - 1].conn : &sdp->conn;

	return read_addr(value, conn) ? 0 : bad(sdp, "Malformed c= line");
}

/* "49170/2": port and count. */
static bool read_ports(struct str text, struct sdp_media *m)
{
	struct str port = str_cut(&text, '/');
	int64_t n, count = 1;

	if (str_to_int(port, 0, UINT16_MAX, &n) < 0)
		return false;
	if (text.n > 0 && str_to_int(text, 1, UINT16_MAX, &count) < 0)
		return false;
	m->port = (uint16_t)n;
	m->port_count = (uint16_t)count;
	return true;
}

static bool check_formats(struct str formats)
{
	struct str format;
	size_t count = 0;

	while (sdp_next_format(&formats, &format))
		if (++count > SDP_FORMATS_MAX || !sip_lex_all(format, SIP_LEX_TOKEN))
			return false;
	return count > 0;
}

static int read_media(struct sdp *sdp, struct str value)
{
	struct sdp_media m = {.attr_from = sdp->attr_count, .attr_to = sdp->attr_count};

	if (sdp->media_count == SDP_MEDIA_MAX)
		return bad(sdp, "Too many m= lines");
	m.type = str_cut(&value, ' ');
	if (!sip_lex_all(m.type, SIP_LEX_TOKEN) || !read_ports(str_cut(&value, ' '), &m))
		return bad(sdp, "Malformed m= line");
	m.proto = str_cut(&value, ' ');
	m.formats = str_trim(value);
	if (!sip_lex_all(m.proto, SIP_LEX_TOKEN | SIP_LEX_URIPARAM) || !check_formats(m.formats))
		return bad(sdp, "Malformed m= line");
	sdp->media[sdp->media_count++] = m;
	return 0;
}

static int read_attr(struct sdp *sdp, struct str value)
{
	struct sdp_attr attr = {.name = str_sub(value, 0, str_chr(value, ':'))};

	if (!sip_lex_all(attr.name, SIP_LEX_TOKEN))
		return bad(sdp, "Malformed a= line");
	if (sdp->attr_count == SDP_ATTRS_MAX)
		return bad(sdp, "Too many a= lines");
	if (attr.name.n < value.n)
		attr.value = sip_lex_rest(value, attr.name.n + 1);
	sdp->attrs[sdp->attr_count++] = attr;
	if (sdp->media_count)
		sdp->media[sdp->media_count - 1].attr_to = sdp->attr_count;
	else
		sdp->session_attrs = sdp->attr_count;
	return 0;
}

static int read_line(struct sdp *sdp, struct str line)
{
	struct str value;

	if (line.n < 2 || line.p[1] != '=' || !sip_lex_is(line.p[0], SIP_LEX_ALPHA) || !sip_lex_plain(line))
		return bad(sdp, "Malformed line");
	value = sip_lex_rest(line, 2);
	switch (line.p[0]) {
	case 'v':
		return str_eq(str_trim(value), STR("0")) ? 0 : bad(sdp, "Version is not 0");
	case 'o':
		return read_origin(sdp, value);
	case 's':
		sdp->name = value;
		return 0;
	case 'c':
		return read_conn(sdp, value);
	case 'm':
		return read_media(sdp, value);
	case 'a':
		return read_attr(sdp, value);
	default:
		return 0; /* timing, bandwidth, keys, titles: nothing that a call needs */
	}
}

int sdp_parse(struct str text, struct sdp *sdp)
{
	struct str rest = text;
	int rc;

	memset(sdp, 0, offsetof(struct sdp, media));
	if (text.n > SDP_TEXT_MAX_BYTES)
		return bad(sdp, "Too long");
	if (!str_starts(text, STR("v=")))
		return bad(sdp, "Does not begin with v=");
	while (rest.n > 0) {
		struct str line = str_cut(&rest, '\n');

		if (str_ends(line, STR("\r")))
			line.n--;
		if (line.n == 0)
			continue;
		rc = read_line(sdp, line);
		if (rc < 0)
			return rc;
	}
	return sdp->origin.family == SDP_NONE ? bad(sdp, "Missing o= line") : 0;
}

/* ---- writing ---- */

static void put_addr(struct buf *b, const struct sdp_addr *addr)
{
	buf_printf(b, "IN IP%c " STR_FMT "\r\n", addr->family == SDP_IP6 ? '6' : '4', STR_ARG(addr->host));
}

static void put_conn(struct buf *b, const struct sdp_addr *addr)
{
	if (addr->family == SDP_NONE)
		return;
	buf_add_str(b, STR("c="));
	put_addr(b, addr);
}

static void put_attrs(struct buf *b, const struct sdp *sdp, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		const struct sdp_attr *attr = &sdp->attrs[i];

		buf_printf(b, "a=" STR_FMT, STR_ARG(attr->name));
		if (attr->value.p) {
			buf_add_char(b, ':');
			buf_add_str(b, attr->value);
		}
		buf_add_str(b, STR("\r\n"));
	}
}

static void put_media(struct buf *b, const struct sdp *sdp, const struct sdp_media *m)
{
	struct str rest = m->formats, format;

	buf_printf(b, "m=" STR_FMT " %u", STR_ARG(m->type), m->port);
	if (m->port_count > 1)
		buf_printf(b, "/%u", m->port_count);
	buf_printf(b, " " STR_FMT, STR_ARG(m->proto));
	while (sdp_next_format(&rest, &format)) {
		buf_add_char(b, ' ');
		buf_add_str(b, format);
	}
	buf_add_str(b, STR("\r\n"));
	put_conn(b, &m->conn);
	put_attrs(b, sdp, m->attr_from, m->attr_to);
}

void sdp_print(struct buf *b, const struct sdp *sdp)
{
	buf_printf(b, "v=0\r\no=" STR_FMT " " STR_FMT " " STR_FMT " ", STR_ARG(sdp->user),
		   STR_ARG(sdp->session_id), STR_ARG(sdp->version));
	put_addr(b, &sdp->origin);
	buf_printf(b, "s=" STR_FMT "\r\n", STR_ARG(sdp->name.n > 0 ? sdp->name : STR("-")));
	put_conn(b, &sdp->conn);
	buf_add_str(b, STR("t=0 0\r\n"));
	put_attrs(b, sdp, 0, sdp->session_attrs);
	for (unsigned i = 0; i < sdp->media_count; i++)
		put_media(b, sdp, &sdp->media[i]);
}
