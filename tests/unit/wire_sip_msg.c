#include "base/mem.h"
#include "edge.h"
#include "test.h"
#include "wire/sip_check.h"
#include "wire/sip_frame.h"
#include "wire/sip_msg.h"

#define HEAD                                                  \
	"Via: SIP/2.0/UDP 192.0.2.2:5062;branch=z9hG4bK1\r\n" \
	"From: \"Bob\" <sip:bob@x.example>;tag=f1\r\n"        \
	"To: <sip:alice@y.example>\r\n"                       \
	"Call-ID: c1@x\r\n"                                   \
	"CSeq: 7 INVITE\r\n"

#define INVITE "INVITE sip:alice@y.example SIP/2.0\r\n"

static struct sip_msg m;

static int parse(const char *text)
{
	struct str s = str_from(text);

	return sip_msg_parse(edge_copy(s), s.n, SIP_DATAGRAM, &m);
}

TEST(sip_msg_reads_a_request)
{
	REQUIRE(parse(INVITE HEAD
		      "Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: 4\r\n\r\n"
		      "v=0\nxx") == 0);
	CHECK(m.is_request && m.answerable);
	CHECK_INT(m.method, SIP_INVITE);
	CHECK_STR(m.method_name, "INVITE");
	CHECK_STR(m.uri.host, "y.example");
	CHECK_STR(m.via.host, "192.0.2.2");
	CHECK_INT(m.via.port, 5062);
	CHECK_STR(m.via.branch, "z9hG4bK1");
	CHECK_STR(m.from.display, "\"Bob\"");
	CHECK_STR(m.from.tag, "f1");
	CHECK_STR(m.to.uri, "sip:alice@y.example");
	CHECK_STR(m.to.tag, "");
	CHECK_STR(m.call_id, "c1@x");
	CHECK_INT(m.cseq.number, 7);
	CHECK_INT(m.max_forwards, 70);
	CHECK_STR(m.body, "v=0\n");
	CHECK(sip_msg_body_is(&m, STR("application"), STR("sdp")));
}

TEST(sip_msg_reads_a_response)
{
	REQUIRE(parse("SIP/2.0 180 Ringing all day\r\n" HEAD "\r\n") == 0);
	CHECK(!m.is_request && !m.answerable);
	CHECK_INT(m.status, 180);
	CHECK_STR(m.reason, "Ringing all day");
	CHECK_INT(m.method, SIP_INVITE);
	CHECK_INT(m.max_forwards, -1);
	CHECK_INT(parse("SIP/2.0 200\r\n" HEAD "\r\n"), 0);
	REQUIRE(parse("SIP/2.0 200 \r\n" HEAD "\r\n") == 0);
	CHECK_STR(m.reason, "");
}

TEST(sip_msg_joins_folded_lines)
{
	const struct sip_hdr *hdr;

	REQUIRE(parse("\r\n\r\n" INVITE HEAD
		      "s\t:\r\nX-Long: a\r\n  b\r\n\tc\r\nK: 100rel ,\r\n timer\r\n\r\n") == 0);
	CHECK_STR(sip_msg_value(&m, SIP_HDR_SUBJECT), "");
	CHECK(sip_msg_find(&m, SIP_HDR_SUBJECT) != NULL);
	hdr = sip_msg_find_name(&m, STR("x-long"));
	REQUIRE(hdr != NULL);
	CHECK_STR(hdr->value, "a    b  \tc");
	CHECK(sip_msg_lists(&m, SIP_HDR_SUPPORTED, STR("Timer")));
	CHECK(!sip_msg_lists(&m, SIP_HDR_SUPPORTED, STR("replaces")));
}

TEST(sip_msg_walks_lists_across_lines)
{
	static const char *const want[] = {"<sip:a;lr>", "\"x, y\" <sip:b,c@d>;p=1", "<sip:e>"};
	struct sip_items it;
	struct str item;
	size_t n = 0;

	REQUIRE(parse(INVITE HEAD
		      "Route: <sip:a;lr> , \"x, y\" <sip:b,c@d>;p=1\r\nX: y\r\nRoute: <sip:e>\r\n\r\n") == 0);
	it = sip_msg_items(&m, SIP_HDR_ROUTE);
	while (sip_items_next(&it, &item) > 0) {
		REQUIRE(n < ARRAY_LEN(want));
		CHECK_STR(item, want[n]);
		n++;
	}
	CHECK_INT(n, 3);
}

TEST(sip_msg_does_not_cut_challenges)
{
	struct sip_items it;
	struct str item;

	REQUIRE(parse("SIP/2.0 401 Unauthorized\r\n" HEAD
		      "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n"
		      "WWW-Authenticate: Digest realm=\"c\"\r\n\r\n") == 0);
	it = sip_msg_items(&m, SIP_HDR_WWW_AUTHENTICATE);
	REQUIRE(sip_items_next(&it, &item) == 1);
	CHECK_STR(item, "Digest realm=\"a\", nonce=\"b\"");
	REQUIRE(sip_items_next(&it, &item) == 1);
	CHECK_STR(item, "Digest realm=\"c\"");
	CHECK_INT(sip_items_next(&it, &item), 0);
}

TEST(sip_msg_knows_all_header_names)
{
	char text[64];

	for (unsigned id = 1; id < SIP_HDR_COUNT; id++) {
		struct str name = sip_hdr_name((enum sip_hdr_id)id);

		REQUIRE(name.n > 0);
		CHECK_INT(sip_hdr_find(name), id);
		for (size_t i = 0; i < name.n; i++)
			text[i] = str_lower(name.p[i]);
		CHECK_INT(sip_hdr_find((struct str){text, name.n}), id);
	}
	CHECK_INT(sip_hdr_find(STR("X-Call-ID")), SIP_HDR_OTHER);
	CHECK_INT(sip_hdr_find(STR("")), SIP_HDR_OTHER);
	CHECK_INT(sip_hdr_find(STR("V")), SIP_HDR_VIA);
	CHECK_INT(sip_hdr_find(STR("z")), SIP_HDR_OTHER);
	for (unsigned i = 1; i < SIP_METHOD_COUNT; i++)
		CHECK_INT(sip_method_find(sip_method_name((enum sip_method)i)), i);
	CHECK_INT(sip_method_find(STR("invite")), SIP_METHOD_OTHER);
	CHECK_STR(sip_status_phrase(404), "Not Found");
	CHECK_STR(sip_status_phrase(499), "Client Error");
}

/* What is wrong with a message, and whether it can be told to its sender. */
TEST(sip_msg_names_its_fault)
{
	static const struct {
		const char *text, *fault;
		int status;
		bool answerable;
	} rows[] = {
		{"", "Not a SIP message", 400, false},
		{"\r\n\r\n", "Not a SIP message", 400, false},
		{"hello\r\n\r\n", "Malformed request line", 400, false},
		{INVITE HEAD, "Header block does not end", 400, true},
		{INVITE "\r\n", "Missing Via", 400, false},
		{"INVITE  sip:a@b SIP/2.0\r\n" HEAD "\r\n", "Malformed request line", 400, true},
		{"INVITE <sip:a@b> SIP/2.0\r\n" HEAD "\r\n", "Malformed Request-URI", 400, true},
		{"INVITE sip:a@b?x=y SIP/2.0\r\n" HEAD "\r\n", "Headers in Request-URI", 400, true},
		{"INVITE sip:a@b SIP/3.0\r\n" HEAD "\r\n", "Version Not Supported", 505, true},
		{"INVITE sip:a@b HTTP/1.1\r\n" HEAD "\r\n", "Malformed request line", 400, true},
		{"INV<TE sip:a@b SIP/2.0\r\n" HEAD "\r\n", "Malformed request line", 400, true},
		{"BYE sip:a@b SIP/2.0\r\n" HEAD "\r\n", "CSeq method does not match", 400, true},
		{INVITE HEAD "no colon\r\n\r\n", "Malformed header line", 400, true},
		{INVITE HEAD ": no name\r\n\r\n", "Malformed header line", 400, true},
		{INVITE HEAD "X: bare\nlf\r\n\r\n", "Line without CRLF", 400, true},
		{INVITE HEAD "X: bare\rcr\r\n\r\n", "Control character in header", 400, true},
		{INVITE HEAD "X: \x01\r\n\r\n", "Control character in header", 400, true},
		{INVITE HEAD "To: <sip:twice@y>\r\n\r\n", "Header given twice", 400, true},
		{INVITE HEAD "l: 1\r\nContent-Length: 1\r\n\r\n-", "Header given twice", 400, true},
		{INVITE HEAD "l: 2\r\n\r\n-", "Body shorter than Content-Length", 400, true},
		{INVITE HEAD "l: -2\r\n\r\n-", "Malformed Content-Length", 400, true},
		{INVITE HEAD "l: 99999999999999999999\r\n\r\n-", "Malformed Content-Length", 400, true},
		{INVITE HEAD "Max-Forwards: 256\r\n\r\n", "Malformed Max-Forwards", 400, true},
		{INVITE HEAD "Expires: soon\r\n\r\n", "Malformed Expires", 400, true},
		{INVITE HEAD "m: <sip:a@b\r\n\r\n", "Malformed Contact", 400, true},
		{INVITE HEAD "m: <sip:a@b>,\r\n\r\n", "Malformed Contact", 400, true},
		{INVITE HEAD "Route: *\r\n\r\n", "Malformed Route", 400, true},
		{INVITE HEAD "v: SIP/2.0/UDP\r\n\r\n", "Malformed Via", 400, true},
		{"SIP/2.0 700 No\r\n" HEAD "\r\n", "Malformed status line", 400, false},
		{"SIP/2.0 99 No\r\n" HEAD "\r\n", "Malformed status line", 400, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(parse(rows[i].text), -EBADMSG);
		REQUIRE(m.fault != NULL);
		CHECK_STR(str_from(m.fault), rows[i].fault);
		CHECK_INT(m.fault_status, rows[i].status);
		if (m.answerable != rows[i].answerable)
			test_failed(__FILE__, __LINE__, "row %zu: answerable is %d", i, m.answerable);
	}
}

TEST(sip_msg_limits_headers_and_elements)
{
	static char text[SIP_MESSAGE_MAX_BYTES + 1];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), INVITE HEAD);
	for (int i = 0; i <= SIP_HEADERS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "X: %d\r\n", i);
	snprintf(text + n, sizeof(text) - n, "\r\n");
	CHECK_INT(parse(text), -EBADMSG);
	CHECK_STR(str_from(m.fault), "Too many headers");
	CHECK_INT(m.hdr_count, SIP_HEADERS_MAX);

	n = (size_t)snprintf(text, sizeof(text), INVITE HEAD "Route: <sip:a>");
	for (int i = 0; i < SIP_ITEMS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",<sip:a>");
	snprintf(text + n, sizeof(text) - n, "\r\n\r\n");
	CHECK_INT(parse(text), -EBADMSG);
	CHECK_STR(str_from(m.fault), "Malformed Route");

	n = (size_t)snprintf(text, sizeof(text), INVITE HEAD "X: ");
	memset(text + n, 'x', SIP_LINE_MAX_BYTES);
	snprintf(text + n + SIP_LINE_MAX_BYTES, sizeof(text) - n - SIP_LINE_MAX_BYTES, "\r\n\r\n");
	CHECK_INT(parse(text), -EBADMSG);
	CHECK_STR(str_from(m.fault), "Header too long");
}

static int copy_story(void)
{
	struct sip_msg *copy;
	struct arena a;
	int rc = 0;

	arena_init(&a, 1 << 16);
	if (parse(INVITE HEAD "X-A: 1\r\nX-B:\r\n 2\r\n\r\nbody") == 0)
		rc = sip_msg_copy(&m, &a, &copy);
	if (rc == 0) {
		edge_copy(STR("something else that overwrites what the first message stood in, all of it "
			      "........."));
		CHECK_STR(copy->via.branch, "z9hG4bK1");
		CHECK_STR(copy->body, "body");
		CHECK_STR(sip_msg_find_name(copy, STR("X-B"))->value, "2");
	}
	arena_fini(&a);
	return rc;
}

TEST_OOM(sip_msg_copies_into_an_arena)
{
	return copy_story();
}

TEST(sip_frame_measures_a_stream)
{
	static const struct {
		const char *text;
		int rc;
		size_t skip, bytes;
		bool ping;
	} rows[] = {
		{"", 0, 0, 0, false},
		{"\r", 0, 0, 0, false},
		{"\r\n", 0, 2, 0, false},
		{"\r\n\r\n", 0, 4, 0, true},
		{"INV", 0, 0, 0, false},
		{"SIP/2.0 200", 0, 0, 0, false},
		{"\r\nBYE x SIP/2.0\r\nl: 3\r\n\r\nab", 0, 2, 0, false},
		{"\r\nBYE x SIP/2.0\r\nl: 3\r\n\r\nabc", 1, 2, 26, false},
		{"BYE x SIP/2.0\r\nl: 0\r\n\r\nBYE", 1, 0, 23, false},
		{"BYE x SIP/2.0\r\nX: y\r\nConTent-length\t:\r\n  1\r\n\r\na", 1, 0, 47, false},
		{"BYE x SIP/2.0\r\n\r\n", -EBADMSG, 0, 0, false},
		{"BYE x SIP/2.0\r\nl: 1\r\nl: 1\r\n\r\na", -EBADMSG, 0, 0, false},
		{"BYE x SIP/2.0\r\nl: -1\r\n\r\n", -EBADMSG, 0, 0, false},
		{"BYE x SIP/2.0\r\nl: 1 1\r\n\r\n", -EBADMSG, 0, 0, false},
		{"BYE x SIP/2.0\r\nl: 70000\r\n\r\n", -EBADMSG, 0, 0, false},
		{"BYE x SIP/2.0\r\nl: 65530\r\n\r\n", -EMSGSIZE, 0, 0, false},
		{"\x16\x03\x01", -EBADMSG, 0, 0, false},
		{"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnop", -EBADMSG, 0, 0,
		 false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str s = str_from(rows[i].text);
		struct sip_frame frame = {0};
		int rc = sip_frame((struct str){edge_copy(s), s.n}, &frame);

		if (rc != rows[i].rc || frame.skip != rows[i].skip || frame.bytes != rows[i].bytes ||
		    frame.ping != rows[i].ping)
			test_failed(__FILE__, __LINE__, "row %zu: rc %d, skip %zu, bytes %zu, ping %d", i, rc,
				    frame.skip, frame.bytes, frame.ping);
	}
}

TEST(sip_frame_limits_the_header_block)
{
	static char text[SIP_MESSAGE_MAX_BYTES + 1];
	struct sip_frame frame;

	memset(text, 'x', sizeof(text));
	memcpy(text, "BYE ", 4);
	CHECK_INT(sip_frame((struct str){text, SIP_MESSAGE_MAX_BYTES - 1}, &frame), 0);
	CHECK_INT(sip_frame((struct str){text, SIP_MESSAGE_MAX_BYTES}, &frame), -EMSGSIZE);
}

TEST(sip_check_says_what_a_request_deserves)
{
	static const char *const options[] = {"replaces", NULL}, *const types[] = {"application/sdp", NULL};
	static const struct sip_accept accept = {
		.methods = SIP_METHOD_BIT(SIP_INVITE) | SIP_METHOD_BIT(SIP_ACK),
		.options = options,
		.types = types,
	};
	static const struct {
		const char *text, *detail;
		int status;
	} rows[] = {
		{INVITE HEAD "\r\n", "", 0},
		{INVITE HEAD "Max-Forwards: 0\r\n\r\n", "", 483},
		{INVITE HEAD "Require: replaces, 100rel\r\n\r\n", "100rel", 420},
		{INVITE HEAD "Proxy-Require: x\r\n\r\n", "x", 420},
		{INVITE HEAD "Require: replaces\r\n\r\n", "", 0},
		{INVITE HEAD "\r\nv=0", "", 400},
		{INVITE HEAD "c: text/plain;a=b\r\n\r\nv=0", "text/plain", 415},
		{INVITE HEAD "c: Application/SDP; a=b\r\n\r\nv=0", "", 0},
		{INVITE HEAD "c: application/sdp\r\ne: gzip\r\n\r\nv=0", "gzip", 415},
		{INVITE HEAD "Accept: text/html\r\n\r\n", "", 406},
		{INVITE HEAD "Accept: text/html, application/*\r\n\r\n", "", 0},
		{INVITE HEAD "Accept: \r\n\r\n", "", 0},
		{"INVITE mailto:a@b SIP/2.0\r\n" HEAD "\r\n", "", 416},
		{"INVITE tel:+1-201-555-0123 SIP/2.0\r\n" HEAD "\r\n", "", 0},
		{"INVITE sip:a@b SIP/2.1\r\n" HEAD "\r\n", "", 505},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sip_verdict v;

		if (parse(rows[i].text) < 0)
			CHECK(m.fault != NULL);
		v = sip_check_request(&m, &accept);
		if (v.status != rows[i].status)
			test_failed(__FILE__, __LINE__, "row %zu: %d, not %d", i, v.status, rows[i].status);
		CHECK_STR(v.detail, rows[i].detail);
	}
}
