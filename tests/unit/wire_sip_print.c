#include "base/mem.h"
#include "edge.h"
#include "test.h"
#include "wire/sip_print.h"

#define INVITE                                                                                          \
	"INVITE sip:alice@y.example;x SIP/2.0\r\n"                                                      \
	"v: SIP/2.0/UDP 10.0.0.2:5062;rport;branch=z9hG4bK1;x=y, SIP/2.0/TCP p1\r\n"                    \
	"Via: SIP/2.0/UDP p2;branch=z9hG4bK2\r\n"                                                       \
	"Record-Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n"                   \
	"Route: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\n"                                                  \
	"f: \"Bob\"\r\n <sip:bob@x.example>;tag=f1\r\nTo: <sip:alice@y.example>\r\ni: c1@x\r\nCSeq: 7 " \
	"INVITE\r\n\r\n"

static struct sip_msg m;

static void parse(const char *text)
{
	struct str s = str_from(text);

	if (sip_msg_parse(edge_copy(s), s.n, SIP_DATAGRAM, &m) < 0)
		test_failed(__FILE__, __LINE__, "%s", m.fault);
}

TEST(sip_print_answers_a_request)
{
	struct buf b;

	parse(INVITE);
	buf_init(&b, 4096);
	sip_print_response(&b, &m,
			   &(struct sip_reply){.status = 180,
					       .to_tag = STR("t1"),
					       .source_ip = STR("192.0.2.9"),
					       .source_port = 1234,
					       .record_route = true});
	sip_print_body(&b, (struct str){0}, (struct str){0});
	CHECK_INT(b.error, 0);
	CHECK_STR(buf_str(&b),
		  "SIP/2.0 180 Ringing\r\n"
		  "Via: SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bK1;x=y;rport=1234;received=192.0.2.9, "
		  "SIP/2.0/TCP p1\r\n"
		  "Via: SIP/2.0/UDP p2;branch=z9hG4bK2\r\n"
		  "Record-Route: <sip:p1;lr>,   <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n"
		  "From: \"Bob\"   <sip:bob@x.example>;tag=f1\r\nTo: <sip:alice@y.example>;tag=t1\r\n"
		  "Call-ID: c1@x\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n");
	buf_fini(&b);
}

TEST(sip_print_fills_in_the_source_where_it_differs)
{
	static const struct {
		const char *via, *source, *printed;
	} rows[] = {
		{"SIP/2.0/UDP 192.0.2.1", "192.0.2.1", "SIP/2.0/UDP 192.0.2.1"},
		{"SIP/2.0/UDP h;branch=b", "192.0.2.1", "SIP/2.0/UDP h;branch=b;received=192.0.2.1"},
		{"SIP/2.0/UDP 192.0.2.1;rport", "192.0.2.1",
		 "SIP/2.0/UDP 192.0.2.1;rport=9;received=192.0.2.1"},
		{"SIP/2.0/UDP [::1]:7;rport=5;received=1.2.3.4", "2001:db8::1",
		 "SIP/2.0/UDP [::1]:7;rport=9;received=[2001:db8::1]"},
		{"SIP / 2.0 / UDP  h ;a", "", "SIP / 2.0 / UDP  h ;a"},
	};
	char text[512], want[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;

		snprintf(text, sizeof(text),
			 "BYE sip:a SIP/2.0\r\nVia: %s\r\nFrom: <sip:a@b>\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: "
			 "1\r\n"
			 "CSeq: 1 BYE\r\n\r\n",
			 rows[i].via);
		parse(text);
		buf_init(&b, 4096);
		sip_print_response(&b, &m,
				   &(struct sip_reply){.status = 200,
						       .to_tag = STR("new"),
						       .source_ip = str_from(rows[i].source),
						       .source_port = 9});
		snprintf(want, sizeof(want),
			 "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: <sip:a@b>\r\nTo: <sip:c@d>;tag=2\r\n",
			 rows[i].printed);
		if (!str_starts(buf_str(&b), str_from(want)))
			test_failed(__FILE__, __LINE__, "row %zu: " STR_FMT, i, STR_ARG(buf_str(&b)));
		buf_fini(&b);
	}
}

TEST(sip_print_builds_a_request)
{
	struct buf b;

	buf_init(&b, 4096);
	sip_print_request(&b, SIP_REFER, STR("sip:peer@[::1];transport=tcp"));
	sip_print_via(&b, STR("TCP"), STR("2001:db8::7"), 5060, STR("z9hG4bKa"));
	sip_print_addr(&b, SIP_HDR_FROM, STR("The \"Bot\""), STR("sip:bot@us"), STR("ft"));
	sip_print_addr(&b, SIP_HDR_TO, (struct str){0}, STR("tel:+1-555"), (struct str){0});
	sip_print_header(&b, SIP_HDR_CALL_ID, STR("c@x"));
	sip_print_cseq(&b, 4, SIP_REFER);
	sip_print_headerf(&b, SIP_HDR_MAX_FORWARDS, "%d", 70);
	sip_print_named(&b, STR("X-Case"), STR("77, Gr\xc3\xbc\xc3\x9f"));
	sip_print_named(&b, STR("User-to-User"), STR("56a3;encoding=hex"));
	buf_add_str(&b, STR("Allow: "));
	sip_print_methods(&b, SIP_METHOD_BIT(SIP_INVITE) | SIP_METHOD_BIT(SIP_ACK));
	buf_add_str(&b, STR("\r\n"));
	sip_print_body(&b, STR("application/sdp"), STR("v=0\r\n"));
	CHECK_INT(b.error, 0);
	CHECK_STR(buf_str(&b),
		  "REFER sip:peer@[::1];transport=tcp SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP [2001:db8::7]:5060;branch=z9hG4bKa;rport\r\n"
		  "From: \"The \\\"Bot\\\"\" <sip:bot@us>;tag=ft\r\nTo: <tel:+1-555>\r\nCall-ID: "
		  "c@x\r\nCSeq: 4 REFER\r\n"
		  "Max-Forwards: 70\r\nX-Case: 77, Gr\xc3\xbc\xc3\x9f\r\nUser-to-User: 56a3;encoding=hex\r\n"
		  "Allow: ACK, INVITE\r\n"
		  "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n");
	CHECK_INT(sip_msg_parse(b.p, b.n, SIP_STREAM, &m), 0);
	buf_fini(&b);
}

/* What comes from outside stays inside its line. */
TEST(sip_print_refuses_injection)
{
	static const char *const evil[] = {"x\r\nEvil: 1", "x\nEvil: 1", "x\rEvil", "x\x01",
					   "x\x7f",        "\\\r",       "\\\n"};
	struct buf b;

	buf_init(&b, 4096);
#define REFUSED(call)                        \
	do {                                 \
		buf_clear(&b);               \
		call;                        \
		CHECK_INT(b.error, -EINVAL); \
	} while (0)
	for (size_t i = 0; i < ARRAY_LEN(evil); i++) {
		struct str s = str_from(evil[i]);

		REFUSED(sip_print_request(&b, SIP_BYE, s));
		REFUSED(sip_print_header(&b, SIP_HDR_SUBJECT, s));
		REFUSED(sip_print_headerf(&b, SIP_HDR_SUBJECT, "%s", evil[i]));
		REFUSED(sip_print_named(&b, STR("X-A"), s));
		REFUSED(sip_print_named(&b, s, STR("a")));
		REFUSED(sip_print_via(&b, s, STR("h"), 0, STR("b")));
		REFUSED(sip_print_via(&b, STR("UDP"), s, 0, STR("b")));
		REFUSED(sip_print_via(&b, STR("UDP"), STR("h"), 0, s));
		REFUSED(sip_print_addr(&b, SIP_HDR_FROM, s, STR("sip:a"), STR("t")));
		REFUSED(sip_print_addr(&b, SIP_HDR_FROM, STR("a"), s, STR("t")));
		REFUSED(sip_print_addr(&b, SIP_HDR_FROM, STR("a"), STR("sip:a"), s));
		REFUSED(sip_print_quoted(&b, s));
		REFUSED(sip_print_body(&b, s, STR("x")));
	}
	parse(INVITE);
	REFUSED(sip_print_response(&b, &m, &(struct sip_reply){.status = 200, .phrase = STR("a\r\nb")}));
	REFUSED(sip_print_response(&b, &m, &(struct sip_reply){.status = 200, .to_tag = STR("a b")}));
	REFUSED(sip_print_response(&b, &m, &(struct sip_reply){.status = 200, .source_ip = STR("1;x:y:z")}));
	REFUSED(sip_print_addr(&b, SIP_HDR_TO, (struct str){0}, STR("sip:a>;tag=x"), (struct str){0}));
	REFUSED(sip_print_named(&b, STR("content-length"), STR("5")));
	REFUSED(sip_print_named(&b, STR("v"), STR("SIP/2.0/UDP h")));
	REFUSED(sip_print_named(&b, STR(""), STR("x")));
	REFUSED(sip_print_header(&b, SIP_HDR_OTHER, STR("x")));
	REFUSED(sip_print_cseq(&b, 1, SIP_METHOD_OTHER));
	buf_fini(&b);
}

TEST(sip_print_follows_up_an_invite)
{
	static struct sip_msg invite;
	struct str s = STR(INVITE);
	char copy[1024];
	struct buf b;

	memcpy(copy, s.p, s.n);
	REQUIRE(sip_msg_parse(copy, s.n, SIP_DATAGRAM, &invite) == 0);
	parse("SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bK1;rport=1\r\nFrom: "
	      "<sip:bob@x>;tag=f1\r\n"
	      "To: <sip:alice@y.example>;tag=theirs\r\nCall-ID: c1@x\r\nCSeq: 7 INVITE\r\n\r\n");
	buf_init(&b, 4096);
	sip_print_ack(&b, &invite, &m);
	CHECK_STR(buf_str(&b),
		  "ACK sip:alice@y.example;x SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP 10.0.0.2:5062;rport;branch=z9hG4bK1;x=y\r\n"
		  "Route: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\n"
		  "From: \"Bob\"   <sip:bob@x.example>;tag=f1\r\nTo: <sip:alice@y.example>;tag=theirs\r\n"
		  "Call-ID: c1@x\r\nCSeq: 7 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
	buf_clear(&b);
	sip_print_cancel(&b, &invite);
	CHECK_STR(buf_str(&b),
		  "CANCEL sip:alice@y.example;x SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP 10.0.0.2:5062;rport;branch=z9hG4bK1;x=y\r\n"
		  "Route: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\n"
		  "From: \"Bob\"   <sip:bob@x.example>;tag=f1\r\nTo: <sip:alice@y.example>\r\n"
		  "Call-ID: c1@x\r\nCSeq: 7 CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
	buf_fini(&b);
}

TEST_OOM(sip_print_survives_without_memory)
{
	struct buf b;
	int rc;

	parse(INVITE);
	buf_init(&b, 4096);
	sip_print_response(&b, &m,
			   &(struct sip_reply){.status = 200, .to_tag = STR("t"), .record_route = true});
	sip_print_body(&b, STR("text/plain"), STR("x"));
	rc = b.error;
	buf_fini(&b);
	return rc;
}

TEST(sip_print_keeps_the_limit)
{
	struct buf b;

	parse(INVITE);
	buf_init(&b, 100);
	sip_print_response(&b, &m, &(struct sip_reply){.status = 200});
	CHECK_INT(b.error, -EMSGSIZE);
	CHECK(b.n <= 100);
	buf_fini(&b);
}
