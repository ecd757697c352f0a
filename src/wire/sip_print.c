#include "wire/sip_print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "wire/sip_lex.h"

#define MAX_FORWARDS 70 /* RFC 3261 section 8.1.1.6 */

static void refuse(struct buf *b)
{
	if (!b->error)
		b->error = -EINVAL;
}

/* Text that may stand in a line, or nothing and an error. */
static void put_clean(struct buf *b, struct str s)
{
	if (sip_lex_clean(s))
		buf_add_str(b, s);
	else
		refuse(b);
}

static void put_token(struct buf *b, struct str s)
{
	if (sip_lex_all(s, SIP_LEX_TOKEN))
		buf_add_str(b, s);
	else
		refuse(b);
}

static void put_lit(struct buf *b, const char *z)
{
	buf_add_str(b, str_from(z));
}

/* Tags come back as the other end wrote them, which may be more than a token; it is still one word. */
static void put_tag(struct buf *b, struct str tag)
{
	put_lit(b, ";tag=");
	if (sip_lex_all(tag, SIP_LEX_VALUE))
		buf_add_str(b, tag);
	else
		refuse(b);
}

/* A name or an address; IPv6 gets its brackets. */
static void put_host(struct buf *b, struct str host)
{
	bool ip6 = str_chr(host, ':') < host.n;
	size_t from = b->n;

	if (ip6)
		buf_add_char(b, '[');
	buf_add_str(b, host);
	if (ip6)
		buf_add_char(b, ']');
	if (!b->error && !sip_uri_is_host(str_sub(buf_str(b), from, SIZE_MAX)))
		refuse(b);
}

static void put_uri(struct buf *b, struct str uri)
{
	struct sip_uri checked;

	if (sip_uri_parse(uri, &checked) < 0)
		refuse(b);
	buf_add_str(b, uri);
}

static void put_name(struct buf *b, enum sip_hdr_id id)
{
	if (id == SIP_HDR_OTHER)
		refuse(b);
	buf_add_str(b, sip_hdr_name(id));
	put_lit(b, ": ");
}

static void end_line(struct buf *b)
{
	put_lit(b, "\r\n");
}

/* ---- start lines ---- */

void sip_print_request(struct buf *b, enum sip_method method, struct str uri)
{
	put_token(b, sip_method_name(method));
	buf_add_char(b, ' ');
	put_uri(b, uri);
	put_lit(b, " SIP/2.0\r\n");
}

static void put_status_line(struct buf *b, int status, struct str phrase)
{
	buf_printf(b, "SIP/2.0 %03d ", status);
	put_clean(b, phrase.n > 0 ? phrase : sip_status_phrase(status));
	end_line(b);
}

/* The topmost Via with what its sender asked the server to fill in: RFC 3261 section 18.2.1, RFC 3581. */
static void put_answered_via(struct buf *b, const struct sip_via *via, const struct sip_reply *reply)
{
	struct str rest = via->params;
	struct sip_param param;

	put_lit(b, "SIP/");
	put_token(b, via->version);
	buf_add_char(b, '/');
	put_token(b, via->transport);
	buf_add_char(b, ' ');
	put_host(b, via->host);
	if (via->port)
		buf_printf(b, ":%u", via->port);
	while (sip_param_next(&rest, &param) > 0) {
		if (str_ieq(param.name, STR("rport")) || str_ieq(param.name, STR("received")))
			continue;
		buf_add_char(b, ';');
		put_clean(b, param.name);
		if (param.value.n > 0) {
			buf_add_char(b, '=');
			put_clean(b, param.value);
		}
	}
	if (via->has_rport)
		buf_printf(b, ";rport=%u", reply->source_port);
	if (via->has_rport || !str_ieq(via->host, reply->source_ip)) {
		put_lit(b, ";received=");
		put_host(b, reply->source_ip);
	}
}

/* The first Via line: its first element answered, the others as they are. */
static void put_first_via(struct buf *b, const struct sip_msg *request, const struct sip_reply *reply)
{
	struct str rest = sip_msg_value(request, SIP_HDR_VIA), top;

	put_name(b, SIP_HDR_VIA);
	if (reply->source_ip.n == 0 || !request->answerable || sip_header_next(&rest, &top) <= 0) {
		put_clean(b, sip_msg_value(request, SIP_HDR_VIA));
	} else {
		put_answered_via(b, &request->via, reply);
		if (rest.n > 0)
			put_lit(b, ", ");
		put_clean(b, rest);
	}
	end_line(b);
}

static void put_line(struct buf *b, const struct sip_hdr *hdr)
{
	if (hdr->id == SIP_HDR_OTHER)
		put_token(b, hdr->name);
	else
		buf_add_str(b, sip_hdr_name(hdr->id));
	put_lit(b, ": ");
	put_clean(b, hdr->value);
	end_line(b);
}

/* The first header with that id; a request that repeats it is being refused. */
static void copy_first(struct buf *b, const struct sip_msg *m, enum sip_hdr_id id)
{
	const struct sip_hdr *hdr = sip_msg_find(m, id);

	if (hdr)
		put_line(b, hdr);
}

static void put_to(struct buf *b, const struct sip_msg *request, struct str tag)
{
	const struct sip_hdr *to = sip_msg_find(request, SIP_HDR_TO);

	if (!to)
		return;
	put_name(b, SIP_HDR_TO);
	put_clean(b, to->value);
	if (tag.n > 0 && request->to.uri.n > 0 && request->to.tag.n == 0)
		put_tag(b, tag);
	end_line(b);
}

void sip_print_response(struct buf *b, const struct sip_msg *request, const struct sip_reply *reply)
{
	const struct sip_hdr *via = sip_msg_find(request, SIP_HDR_VIA);

	put_status_line(b, reply->status, reply->phrase);
	if (via) {
		put_first_via(b, request, reply);
		for (via = sip_msg_find_next(request, via); via; via = sip_msg_find_next(request, via))
			put_line(b, via);
	}
	if (reply->record_route)
		sip_print_copy(b, request, SIP_HDR_RECORD_ROUTE);
	copy_first(b, request, SIP_HDR_FROM);
	put_to(b, request, reply->to_tag);
	copy_first(b, request, SIP_HDR_CALL_ID);
	copy_first(b, request, SIP_HDR_CSEQ);
}

/* ---- headers ---- */

void sip_print_header(struct buf *b, enum sip_hdr_id id, struct str value)
{
	put_name(b, id);
	put_clean(b, value);
	end_line(b);
}

void sip_print_headerf(struct buf *b, enum sip_hdr_id id, const char *fmt, ...)
{
	size_t from;
	va_list ap;

	put_name(b, id);
	from = b->n;
	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
	if (!b->error && !sip_lex_clean(str_sub(buf_str(b), from, SIZE_MAX)))
		refuse(b);
	end_line(b);
}

void sip_print_named(struct buf *b, struct str name, struct str value)
{
	if (sip_hdr_is_own(sip_hdr_find(name)))
		refuse(b);
	put_token(b, name);
	put_lit(b, ": ");
	put_clean(b, value);
	end_line(b);
}

void sip_print_copy(struct buf *b, const struct sip_msg *m, enum sip_hdr_id id)
{
	for (const struct sip_hdr *hdr = sip_msg_find(m, id); hdr; hdr = sip_msg_find_next(m, hdr))
		put_line(b, hdr);
}

void sip_print_via(struct buf *b, struct str transport, struct str host, uint16_t port, struct str branch)
{
	put_name(b, SIP_HDR_VIA);
	put_lit(b, "SIP/2.0/");
	put_token(b, transport);
	buf_add_char(b, ' ');
	put_host(b, host);
	if (port)
		buf_printf(b, ":%u", port);
	put_lit(b, ";branch=");
	put_token(b, branch);
	put_lit(b, ";rport\r\n");
}

void sip_print_addr(struct buf *b, enum sip_hdr_id id, struct str display, struct str uri, struct str tag)
{
	put_name(b, id);
	if (display.n > 0) {
		sip_print_quoted(b, display);
		buf_add_char(b, ' ');
	}
	buf_add_char(b, '<');
	put_uri(b, uri);
	buf_add_char(b, '>');
	if (tag.n > 0)
		put_tag(b, tag);
	end_line(b);
}

void sip_print_cseq(struct buf *b, uint32_t number, enum sip_method method)
{
	put_name(b, SIP_HDR_CSEQ);
	buf_printf(b, "%u ", number);
	put_token(b, sip_method_name(method));
	end_line(b);
}

void sip_print_quoted(struct buf *b, struct str text)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			refuse(b);
		if (c == '"' || c == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, (char)c);
	}
	buf_add_char(b, '"');
}

void sip_print_methods(struct buf *b, unsigned methods)
{
	const char *before = "";

	for (unsigned i = SIP_METHOD_OTHER + 1; i < SIP_METHOD_COUNT; i++) {
		if ((methods & SIP_METHOD_BIT(i)) == 0)
			continue;
		put_lit(b, before);
		buf_add_str(b, sip_method_name((enum sip_method)i));
		before = ", ";
	}
}

/* ---- the end ---- */

void sip_print_body(struct buf *b, struct str type, struct str body)
{
	if (body.n > 0)
		sip_print_header(b, SIP_HDR_CONTENT_TYPE, type);
	buf_printf(b, "Content-Length: %zu\r\n\r\n", body.n);
	buf_add_str(b, body);
}

/* ---- whole messages ---- */

/* A request that follows an INVITE hop by hop: its Request-URI, topmost Via, Route and identity. */
static void put_follow_up(struct buf *b, enum sip_method method, const struct sip_msg *invite,
			  const struct sip_msg *to_from)
{
	struct str vias = sip_msg_value(invite, SIP_HDR_VIA), via;

	sip_print_request(b, method, invite->uri_text);
	if (sip_header_next(&vias, &via) > 0)
		sip_print_header(b, SIP_HDR_VIA, via);
	sip_print_copy(b, invite, SIP_HDR_ROUTE);
	copy_first(b, invite, SIP_HDR_FROM);
	copy_first(b, to_from, SIP_HDR_TO);
	copy_first(b, invite, SIP_HDR_CALL_ID);
	sip_print_cseq(b, invite->cseq.number, method);
	sip_print_headerf(b, SIP_HDR_MAX_FORWARDS, "%d", MAX_FORWARDS);
	sip_print_body(b, (struct str){0}, (struct str){0});
}

void sip_print_ack(struct buf *b, const struct sip_msg *invite, const struct sip_msg *response)
{
	put_follow_up(b, SIP_ACK, invite, response);
}

void sip_print_cancel(struct buf *b, const struct sip_msg *invite)
{
	put_follow_up(b, SIP_CANCEL, invite, invite);
}

void sip_print_msg(struct buf *b, const struct sip_msg *m)
{
	if (m->is_request) {
		put_token(b, m->method_name);
		buf_add_char(b, ' ');
		put_uri(b, m->uri_text);
		put_lit(b, " SIP/2.0\r\n");
	} else {
		buf_printf(b, "SIP/2.0 %03d ", m->status);
		put_clean(b, m->reason);
		end_line(b);
	}
	for (unsigned i = 0; i < m->hdr_count; i++)
		if (m->hdrs[i].id != SIP_HDR_CONTENT_LENGTH)
			put_line(b, &m->hdrs[i]);
	buf_printf(b, "Content-Length: %zu\r\n\r\n", m->body.n);
	buf_add_str(b, m->body);
}
