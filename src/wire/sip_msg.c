#include "wire/sip_msg.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "wire/sip_lex.h"

struct reader {
	char *p; /* not const: folds are joined in place */
	size_t n, at;
	struct sip_msg *m;
	uint16_t last[SIP_HDR_COUNT]; /* index + 1 of the last header with that id */
};

/* The first fault stays: what follows it is often only its consequence. */
static void fail(struct sip_msg *m, int status, const char *fault)
{
	if (m->fault)
		return;
	m->fault = fault;
	m->fault_status = status;
}

/* Cuts the next line off, with the lines that are folded into it. Returns false when no line end is left. */
static bool cut_line(struct reader *r, struct str *ret_line)
{
	size_t from = r->at, end;
	char *nl;

	for (;;) {
		nl = memchr(r->p + r->at, '\n', r->n - r->at);
		if (!nl)
			return false;
		end = (size_t)(nl - r->p);
		r->at = end + 1;
		if (end == from || r->p[end - 1] != '\r') {
			fail(r->m, 400, "Line without CRLF");
			break;
		}
		end--;
		if (end == from || r->at == r->n || !sip_lex_is(r->p[r->at], SIP_LEX_BLANK))
			break;
		r->p[end] = r->p[end + 1] = ' ';
	}
	*ret_line = (struct str){r->p + from, end - from};
	return true;
}

/* ---- start line ---- */

static void read_version(struct sip_msg *m, struct str version)
{
	struct str s = version;

	if (str_ieq(s, STR("SIP/2.0")))
		return;
	if (str_istarts(s, STR("SIP/"))) {
		s = str_sub(s, 4, SIZE_MAX);
		sip_lex_cut(&s, SIP_LEX_DIGIT);
		if (sip_lex_take(&s, '.') && sip_lex_all(s, SIP_LEX_DIGIT)) {
			fail(m, 505, "Version Not Supported");
			return;
		}
	}
	fail(m, 400, "Malformed request line");
}

static void read_request_line(struct sip_msg *m, struct str line)
{
	struct str rest = line;

	m->method_name = str_cut(&rest, ' ');
	m->method = sip_method_find(m->method_name);
	m->uri_text = str_cut(&rest, ' ');
	if (!sip_lex_all(m->method_name, SIP_LEX_TOKEN)) {
		fail(m, 400, "Malformed request line");
		return;
	}
	read_version(m, rest);
	if (sip_uri_parse(m->uri_text, &m->uri) < 0)
		fail(m, 400, "Malformed Request-URI");
	else if (m->uri.scheme != SIP_SCHEME_OTHER && m->uri.headers.n > 0)
		fail(m, 400, "Headers in Request-URI");
}

static void read_start_line(struct sip_msg *m, struct str line)
{
	m->is_request = !str_istarts(line, STR("SIP/")) || str_chr(line, ' ') == line.n;
	if (line.n > SIP_LINE_MAX_BYTES)
		fail(m, 414, "Start line too long");
	if (!sip_lex_clean(line))
		fail(m, 400, "Control character in start line");
	if (m->is_request)
		read_request_line(m, line);
	else if (sip_status_parse(line, &m->status, &m->reason) < 0)
		fail(m, 400, "Malformed status line");
}

/* ---- header block ---- */

static void add_header(struct reader *r, struct str name, struct str value)
{
	struct sip_msg *m = r->m;
	enum sip_hdr_id id = sip_hdr_find(name);
	uint16_t index = m->hdr_count;

	if (index == SIP_HEADERS_MAX) {
		fail(m, 400, "Too many headers");
		return;
	}
	if (r->last[id] == 0)
		m->first[id] = (uint16_t)(index + 1);
	else
		m->hdrs[r->last[id] - 1].next = index;
	r->last[id] = (uint16_t)(index + 1);
	m->hdrs[index] = (struct sip_hdr){.id = id, .name = name, .value = value};
	m->hdr_count++;
}

static void read_header(struct reader *r, struct str line)
{
	struct str rest = line, name = sip_lex_cut(&rest, SIP_LEX_TOKEN);

	if (name.n == 0 || rest.n == 0 || rest.p[0] != ':')
		fail(r->m, 400, "Malformed header line");
	else if (line.n > SIP_LINE_MAX_BYTES)
		fail(r->m, 400, "Header too long");
	else if (!sip_lex_clean(line))
		fail(r->m, 400, "Control character in header");
	else
		add_header(r, name, str_trim(sip_lex_rest(rest, 1)));
}

static void read_headers(struct reader *r)
{
	struct str line;

	while (cut_line(r, &line)) {
		if (line.n == 0)
			return;
		read_header(r, line);
	}
	r->at = r->n;
	fail(r->m, 400, "Header block does not end");
}

/* ---- what every layer needs ---- */

static const char *const missing[SIP_HDR_COUNT] = {
	[SIP_HDR_VIA] = "Missing Via",         [SIP_HDR_FROM] = "Missing From", [SIP_HDR_TO] = "Missing To",
	[SIP_HDR_CALL_ID] = "Missing Call-ID", [SIP_HDR_CSEQ] = "Missing CSeq",
};

/* The value of a mandatory header. */
static bool mandatory(struct sip_msg *m, enum sip_hdr_id id, struct str *ret_value)
{
	if (m->first[id] == 0) {
		fail(m, 400, missing[id]);
		return false;
	}
	*ret_value = m->hdrs[m->first[id] - 1].value;
	return true;
}

/* An address that is one: "*" is for Contact alone. */
static int read_address(struct str value, struct sip_addr *ret_addr)
{
	return str_eq(value, STR("*")) ? -EBADMSG : sip_addr_parse(value, ret_addr);
}

static void read_addresses(struct sip_msg *m)
{
	struct str value;

	if (mandatory(m, SIP_HDR_FROM, &value) && read_address(value, &m->from) < 0)
		fail(m, 400, "Malformed From");
	if (mandatory(m, SIP_HDR_TO, &value) && read_address(value, &m->to) < 0)
		fail(m, 400, "Malformed To");
}

static void read_call_id(struct sip_msg *m)
{
	if (mandatory(m, SIP_HDR_CALL_ID, &m->call_id) && !sip_lex_all(m->call_id, SIP_LEX_WORD))
		fail(m, 400, "Malformed Call-ID");
}

static void read_cseq(struct sip_msg *m)
{
	struct str value;

	if (!mandatory(m, SIP_HDR_CSEQ, &value))
		return;
	if (sip_cseq_parse(value, &m->cseq) < 0) {
		fail(m, 400, "Malformed CSeq");
		return;
	}
	if (!m->is_request) {
		m->method = m->cseq.method;
		m->method_name = m->cseq.method_name;
	} else if (!str_eq(m->method_name, m->cseq.method_name)) {
		fail(m, 400, "CSeq method does not match");
	}
}

static void read_numbers(struct sip_msg *m)
{
	const struct sip_hdr *hdr = sip_msg_find(m, SIP_HDR_MAX_FORWARDS);
	int64_t hops;
	uint32_t seconds;

	if (hdr && str_to_int(hdr->value, 0, UINT8_MAX, &hops) < 0)
		fail(m, 400, "Malformed Max-Forwards");
	else if (hdr)
		m->max_forwards = (int)hops;
	if (sip_msg_seconds(m, SIP_HDR_EXPIRES, &seconds) == -EBADMSG)
		fail(m, 400, "Malformed Expires");
}

static void check_repeated(struct sip_msg *m)
{
	for (unsigned i = 0; i < m->hdr_count; i++)
		if (m->hdrs[i].next != 0 && sip_hdr_is_single(m->hdrs[i].id))
			fail(m, 400, "Header given twice");
}

/* Every element of a list of addresses must be readable, so that nobody has to look again. */
static void check_address_list(struct sip_msg *m, enum sip_hdr_id id, const char *fault,
			       int (*read)(struct str value, struct sip_addr *ret_addr))
{
	struct sip_items it = sip_msg_items(m, id);
	struct sip_addr addr;
	struct str item;
	size_t count = 0;
	int rc;

	while ((rc = sip_items_next(&it, &item)) > 0) {
		if (read(item, &addr) < 0 || ++count > SIP_ITEMS_MAX) {
			rc = -EBADMSG;
			break;
		}
	}
	if (rc < 0)
		fail(m, 400, fault);
}

static void read_vias(struct sip_msg *m)
{
	struct sip_items it = sip_msg_items(m, SIP_HDR_VIA);
	struct sip_via via;
	struct str item;
	size_t count = 0;
	int rc;

	while ((rc = sip_items_next(&it, &item)) > 0) {
		if (sip_via_parse(item, count == 0 ? &m->via : &via) < 0 || ++count > SIP_ITEMS_MAX) {
			rc = -EBADMSG;
			break;
		}
	}
	m->answerable = m->is_request && m->via.host.n > 0;
	if (rc < 0)
		fail(m, 400, "Malformed Via");
	else if (count == 0)
		fail(m, 400, missing[SIP_HDR_VIA]);
}

/* ---- body ---- */

static void read_body(struct reader *r, enum sip_carriage carriage)
{
	struct sip_msg *m = r->m;
	const struct sip_hdr *hdr = sip_msg_find(m, SIP_HDR_CONTENT_LENGTH);
	int64_t n = (int64_t)(r->n - r->at);

	if (!hdr && carriage == SIP_STREAM)
		fail(m, 400, "Missing Content-Length");
	else if (hdr && str_to_int(hdr->value, 0, INT64_MAX, &n) < 0)
		fail(m, 400, "Malformed Content-Length");
	else if (n > (int64_t)(r->n - r->at))
		fail(m, 400, "Body shorter than Content-Length");
	n = CLAMP(n, 0, (int64_t)(r->n - r->at));
	m->body = (struct str){r->p + r->at, (size_t)n};
	r->at += (size_t)n;
}

int sip_msg_parse(char *p, size_t n, enum sip_carriage carriage, struct sip_msg *m)
{
	struct reader r = {.p = p, .n = n, .m = m};
	struct str line;

	memset(m, 0, offsetof(struct sip_msg, hdrs));
	m->max_forwards = -1;
	if (n > SIP_MESSAGE_MAX_BYTES)
		fail(m, 513, "Message Too Large");
	while (r.at + 1 < n && p[r.at] == '\r' && p[r.at + 1] == '\n')
		r.at += 2;
	m->raw.p = p + r.at;
	if (!cut_line(&r, &line)) {
		fail(m, 400, "Not a SIP message");
		return -EBADMSG;
	}
	read_start_line(m, line);
	read_headers(&r);
	read_vias(m);
	read_addresses(m);
	read_call_id(m);
	read_cseq(m);
	read_numbers(m);
	check_repeated(m);
	check_address_list(m, SIP_HDR_CONTACT, "Malformed Contact", sip_addr_parse);
	check_address_list(m, SIP_HDR_ROUTE, "Malformed Route", read_address);
	check_address_list(m, SIP_HDR_RECORD_ROUTE, "Malformed Record-Route", read_address);
	read_body(&r, carriage);
	m->raw.n = (size_t)(p + r.at - m->raw.p);
	return m->fault ? -EBADMSG : 0;
}

int sip_msg_copy(const struct sip_msg *m, struct arena *a, struct sip_msg **ret_copy)
{
	struct str raw = arena_str(a, m->raw);
	struct sip_msg parsed, *copy;
	size_t bytes;
	int rc;

	if (!raw.p)
		return -ENOMEM;
	/* Reading again is as fast as moving every view, and cannot forget one. */
	rc = sip_msg_parse((char *)raw.p, raw.n, SIP_DATAGRAM, &parsed);
	assert(rc == 0 || m->fault);
	parsed.fault = m->fault;
	parsed.fault_status = m->fault_status;
	bytes = offsetof(struct sip_msg, hdrs) + parsed.hdr_count * sizeof(parsed.hdrs[0]);
	copy = arena_alloc(a, bytes);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, &parsed, bytes);
	*ret_copy = copy;
	return 0;
}
