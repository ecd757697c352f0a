/* The messages of RFC 4475: what each is, and which answer it deserves. Where the RFC leaves a choice between
 * tolerance and 400, the row says what we do. */
#include <stdlib.h>

#include "edge.h"
#include "test.h"
#include "wire/sip_check.h"
#include "wire/sip_frame.h"
#include "wire/sip_print.h"

enum {
	FINE = 0,
	DROP = -1, /* a response that cannot be trusted: nobody to answer */
};

static const struct {
	const char *name;
	int verdict; /* FINE, DROP, or the status */
	const char *why;
} rows[] = {
	/* 3.1.1 valid messages */
	{"wsinv", FINE},
	{"intmeth", 501},
	{"esc01", FINE},
	{"escnull", FINE},
	{"esc02", 501},
	{"lwsdisp", FINE},
	{"longreq", FINE},
	{"dblreq", FINE},
	{"semiuri", FINE},
	{"transports", FINE},
	{"mpart01", FINE},
	{"unreason", FINE},
	{"noreason", FINE},
	/* 3.1.2 invalid messages */
	{"badinv01", 400, "Malformed Via"},
	{"clerr", 400, "Body shorter than Content-Length"},
	{"ncl", 400, "Malformed Content-Length"},
	{"scalar02", 400, "Malformed CSeq"},
	{"scalarlg", DROP, "Malformed CSeq"},
	{"quotbal", 400, "Malformed To"},
	{"ltgtruri", 400, "Malformed Request-URI"},
	{"lwsruri", 400, "Malformed request line"},
	{"lwsstart", 400, "Malformed request line"},
	{"trws", 400, "Malformed request line"},
	{"escruri", 400, "Headers in Request-URI"},
	{"baddate", FINE},
	{"regbadct", 400, "Malformed Contact"},
	{"badaspec", 400, "Malformed To"},
	{"baddn", 400, "Malformed From"},
	{"badvers", 505, "Version Not Supported"},
	{"mismatch01", 400, "CSeq method does not match"},
	{"mismatch02", 400, "CSeq method does not match"},
	{"bigcode", DROP, "Malformed status line"},
	/* 3.2 transaction layer */
	{"badbranch", FINE},
	/* 3.3 application layer */
	{"insuf", 400, "Missing From"},
	{"unkscm", 416},
	{"novelsc", 416},
	{"unksm2", FINE},
	{"bext01", 420},
	{"invut", 415},
	{"regaut01", FINE},
	{"multi01", 400, "Header given twice"},
	{"mcl01", 400, "Header given twice"},
	{"bcast", FINE},
	{"zeromf", 483},
	{"cparam01", FINE},
	{"cparam02", FINE},
	{"regescrt", FINE},
	{"sdp01", 406},
	/* 3.4 backward compatibility */
	{"inv2543", FINE},
};

static char bytes[EDGE_MAX_BYTES];
static struct sip_msg m;

static struct str load(const char *name)
{
	const char *folder = getenv("OFFHOOK_TEST_DATA");
	char path[512];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/rfc4475/%s.dat", folder ? folder : "tests/data", name);
	f = fopen(path, "rb");
	if (!f) {
		test_failed(path, 0, "cannot be read; set OFFHOOK_TEST_DATA to tests/data");
		return (struct str){0};
	}
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return (struct str){edge_copy((struct str){bytes, n}), n};
}

static int parse(const char *name)
{
	struct str s = load(name);

	return sip_msg_parse((char *)s.p, s.n, SIP_DATAGRAM, &m);
}

static int verdict(int parsed)
{
	static const char *const types[] = {"application/sdp", "multipart/mixed", NULL};
	static const struct sip_accept accept = {.methods = UINT32_MAX, .types = types};

	if (!m.is_request)
		return parsed < 0 ? DROP : FINE;
	return sip_check_request(&m, &accept).status;
}

TEST(sip_torture_messages_get_their_verdicts)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int got = verdict(parse(rows[i].name));

		if (got != rows[i].verdict)
			test_failed(rows[i].name, 0, "%d (%s), not %d", got, m.fault ? m.fault : "no fault",
				    rows[i].verdict);
		if (rows[i].why && (!m.fault || strcmp(m.fault, rows[i].why) != 0))
			test_failed(rows[i].name, 0, "'%s', not '%s'", m.fault ? m.fault : "no fault",
				    rows[i].why);
	}
	CHECK_INT(ARRAY_LEN(rows), 49);
}

/* Every bad request can be told so, with as much of its identity as it brought. */
TEST(sip_torture_requests_can_be_answered)
{
	static struct sip_msg response;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sip_reply reply = {.status = rows[i].verdict, .to_tag = STR("t")};
		struct buf b;

		if (rows[i].verdict <= 0)
			continue;
		if (parse(rows[i].name) < 0)
			CHECK(m.answerable || strcmp(rows[i].name, "badinv01") == 0);
		buf_init(&b, SIP_MESSAGE_MAX_BYTES);
		sip_print_response(&b, &m, &reply);
		sip_print_body(&b, (struct str){0}, (struct str){0});
		CHECK_INT(b.error, 0);
		if (!m.fault && sip_msg_parse(b.p, b.n, SIP_STREAM, &response) < 0)
			test_failed(rows[i].name, 0, "its answer: %s", response.fault);
		buf_fini(&b);
	}
}

TEST(sip_torture_traps)
{
	struct sip_items it;
	struct sip_addr addr;
	struct sip_via via;
	struct sip_uri uri;
	struct str item, value;
	char room[64];
	int n = 0;

	REQUIRE(parse("wsinv") == 0);
	CHECK_INT(m.cseq.number, 9);
	CHECK_INT(m.max_forwards, 68);
	CHECK_STR(m.from.tag, "98asjd8");
	CHECK_STR(sip_param_unquote(m.from.display, room, sizeof(room)), "J Rosenberg \\\"");
	CHECK_INT(m.body.n, 150);
	CHECK_STR(sip_msg_find_name(&m, STR("unknownheaderwithunusualvalue"))->value, ";;,,;;,;");
	it = sip_msg_items(&m, SIP_HDR_VIA);
	for (; sip_items_next(&it, &item) > 0; n++)
		REQUIRE(sip_via_parse(item, &via) == 0);
	CHECK_INT(n, 3);
	CHECK_STR(via.host, "192.168.255.111");
	CHECK_STR(via.branch, "z9hG4bK30239");
	REQUIRE(sip_msg_addr(&m, SIP_HDR_CONTACT, &addr) == 0);
	CHECK(sip_param_find(addr.params, STR("secondparam"), &value) && value.p == NULL);
	CHECK(sip_param_find(addr.params, STR("newparam"), &value));
	CHECK_STR(value, "newvalue");

	REQUIRE(parse("intmeth") == 0);
	CHECK_STR(m.from.tag, "_token~1'+`*%!-.");
	CHECK_INT(sip_param_unquote(m.to.display, room, sizeof(room)).n, 17);

	REQUIRE(parse("escnull") == 0);
	REQUIRE(sip_uri_parse(m.to.uri, &uri) == 0);
	REQUIRE(sip_uri_unescape(uri.user, room, sizeof(room), &value) == 0);
	CHECK(str_eq(value, (struct str){"null-\0-null", 11}));

	REQUIRE(parse("dblreq") == 0);
	CHECK_INT(m.method, SIP_REGISTER);
	CHECK_INT(m.body.n, 0);
	CHECK(str_ends(m.raw, STR("\r\n\r\n")));

	REQUIRE(parse("semiuri") == 0);
	CHECK_STR(m.uri.user, "user;par=u%40example.net");
	CHECK_STR(m.uri.host, "example.com");

	REQUIRE(parse("lwsdisp") == 0);
	CHECK_STR(m.from.display, "caller");

	REQUIRE(parse("noreason") == 0);
	CHECK_STR(m.reason, "");

	REQUIRE(parse("badbranch") == 0);
	CHECK(!sip_via_has_cookie(&m.via));

	REQUIRE(parse("longreq") == 0);
	CHECK(str_ends(m.from.uri, STR("@example.net")));

	/* Without brackets a parameter is the header's, with them it is the URI's. */
	REQUIRE(parse("cparam01") == 0 && sip_msg_addr(&m, SIP_HDR_CONTACT, &addr) == 0);
	CHECK_STR(addr.params, "unknownparam");
	CHECK_STR(addr.uri, "sip:+19725552222@gw1.example.net");
	REQUIRE(parse("cparam02") == 0 && sip_msg_addr(&m, SIP_HDR_CONTACT, &addr) == 0);
	CHECK_STR(addr.params, "");
}

TEST(sip_torture_round_trips)
{
	static struct sip_msg again;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf once, twice;

		if (parse(rows[i].name) < 0)
			continue;
		buf_init(&once, SIP_MESSAGE_MAX_BYTES);
		buf_init(&twice, SIP_MESSAGE_MAX_BYTES);
		sip_print_msg(&once, &m);
		CHECK_INT(once.error, 0);
		if (sip_msg_parse(once.p, once.n, SIP_STREAM, &again) < 0)
			test_failed(rows[i].name, 0, "%s", again.fault);
		sip_print_msg(&twice, &again);
		CHECK(str_eq(buf_str(&once), buf_str(&twice)));
		CHECK_INT(again.hdr_count, m.hdr_count + !sip_msg_find(&m, SIP_HDR_CONTENT_LENGTH));
		CHECK(str_eq(again.body, m.body));
		buf_fini(&once);
		buf_fini(&twice);
	}
}

TEST(sip_torture_streams_are_framed)
{
	struct sip_frame frame;
	struct str s = load("dblreq");

	REQUIRE(sip_frame(s, &frame) == 1);
	CHECK_INT(frame.skip, 0);
	REQUIRE(sip_msg_parse((char *)s.p, frame.bytes, SIP_STREAM, &m) == 0);
	s = str_sub(s, frame.bytes, SIZE_MAX);
	REQUIRE(sip_frame(s, &frame) == 1);
	CHECK_INT(frame.skip, 2);
	CHECK(!frame.ping);
	CHECK_INT(frame.skip + frame.bytes, s.n);
	REQUIRE(sip_msg_parse((char *)s.p + frame.skip, frame.bytes, SIP_STREAM, &m) == 0);
	CHECK_INT(m.method, SIP_INVITE);
	s = load("ncl");
	CHECK_INT(sip_frame(s, &frame), -EBADMSG);
	s = load("clerr");
	CHECK_INT(sip_frame(s, &frame), 0);
	s = load("mcl01");
	CHECK_INT(sip_frame(s, &frame), -EBADMSG);
}
