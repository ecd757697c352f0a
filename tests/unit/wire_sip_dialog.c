#include "test.h"
#include "wire/sip_dialog.h"

static struct sip_msg msg;

static struct sip_msg *parse(const char *text)
{
	static char bytes[4096];
	size_t n = str_copy(str_from(text), bytes, sizeof(bytes));

	if (sip_msg_parse(bytes, n, SIP_DATAGRAM, &msg) < 0)
		test_failed(__FILE__, __LINE__, "does not parse: %s", text);
	return &msg;
}

static struct sip_flow flow(void)
{
	struct sip_flow f = {.transport = SIP_UDP};

	CHECK_INT(addr_parse(STR("192.0.2.1"), 5060, &f.remote), 0);
	CHECK_INT(addr_parse(STR("203.0.113.1"), 5060, &f.local), 0);
	return f;
}

static const char *request(const char *method, unsigned cseq, const char *to_tag, const char *headers)
{
	static char text[2048];

	snprintf(text, sizeof(text),
		 "%s sip:us@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
		 "192.0.2.1;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
		 "From: <sip:them@x>;tag=ft\r\nTo: <sip:us@y>%s\r\nCall-ID: c\r\nCSeq: %u %s\r\n%s"
		 "Content-Length: 0\r\n\r\n",
		 method, to_tag, cseq, method, headers);
	return text;
}

static const char *response(unsigned status, const char *to_tag, const char *headers)
{
	static char text[2048];

	snprintf(text, sizeof(text),
		 "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP 203.0.113.1;branch=z9hG4bK1\r\n"
		 "From: <sip:us@y>;tag=ot\r\nTo: <sip:them@x>%s\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n%s"
		 "Content-Length: 0\r\n\r\n",
		 status, to_tag, headers);
	return text;
}

/* The head of a BYE in the dialog. */
static const char *bye(struct sip_dialog *d)
{
	static const struct sip_hop via = {STR_INIT("203.0.113.1"), 5060, STR_INIT("z9hG4bKx")};
	static char text[2048];
	struct buf b;

	buf_init(&b, sizeof(text));
	sip_dialog_print(d, &b, SIP_BYE, sip_dialog_next_cseq(d), &via);
	CHECK_INT(b.error, 0);
	str_copy(buf_str(&b), text, sizeof(text));
	buf_fini(&b);
	return text;
}

static bool has(const char *text, const char *needle)
{
	return strstr(text, needle) != NULL;
}

#define CONTACT "Contact: <sip:them@192.0.2.1:5080>\r\n"

TEST(sip_dialog_of_a_called_end)
{
	struct sip_flow f = flow();
	struct sip_dialog d;
	const char *text;

	REQUIRE(sip_dialog_from_request(
			&d,
			parse(request("INVITE", 5, "", CONTACT "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\n")),
			STR("ot"), 1, &f) == 0);
	CHECK_STR(sip_dialog_next_hop(&d), "sip:p1;lr");
	text = bye(&d);
	CHECK(has(text, "BYE sip:them@192.0.2.1:5080 SIP/2.0\r\n"));
	CHECK(has(text, "From: <sip:us@y>;tag=ot\r\n") && has(text, "To: <sip:them@x>;tag=ft\r\n"));
	CHECK(has(text, "CSeq: 2 BYE\r\n") && has(text, "Route: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n"));
	CHECK(sip_dialog_owns(&d, parse(request("BYE", 6, ";tag=ot", ""))));
	CHECK(!sip_dialog_owns(&d, parse(request("BYE", 6, ";tag=other", ""))));
	sip_dialog_fini(&d);
}

TEST(sip_dialog_counts_their_requests)
{
	struct sip_flow f = flow(), moved = flow();
	struct sip_dialog d;

	REQUIRE(sip_dialog_from_request(&d, parse(request("INVITE", 5, "", CONTACT)), STR("ot"), 1, &f) == 0);
	CHECK_INT(sip_dialog_take_request(&d, parse(request("INFO", 4, ";tag=ot", "")), &f), 500);
	CHECK_INT(sip_dialog_take_request(&d, parse(request("INFO", 9, ";tag=ot", "")), &f), 0);
	CHECK_INT(sip_dialog_take_request(&d, parse(request("ACK", 5, ";tag=ot", "")), &f), 0);
	moved.remote.port = 6000;
	CHECK_INT(sip_dialog_take_request(
			  &d, parse(request("INVITE", 10, ";tag=ot", "Contact: <sip:new@192.0.2.7>\r\n")),
			  &moved),
		  0);
	CHECK_STR(d.target, "sip:new@192.0.2.7");
	CHECK_INT(d.flow.remote.port, 6000); /* symmetric: where they are now */
	sip_dialog_fini(&d);
}

TEST(sip_dialog_of_a_calling_end)
{
	struct sip_flow f = flow();
	struct sip_dialog early, d;
	const char *text;

	REQUIRE(sip_dialog_from_response(&early, parse(response(180, ";tag=tt", "")), STR("sip:them@x"),
					 &f) == 0);
	CHECK_INT(early.state, SIP_DIALOG_EARLY);
	CHECK_STR(early.target, "sip:them@x");
	sip_dialog_fini(&early);
	REQUIRE(sip_dialog_from_response(
			&d,
			parse(response(200, ";tag=tt", CONTACT "Record-Route: <sip:p1;lr>,<sip:p2;lr>\r\n")),
			STR("sip:them@x"), &f) == 0);
	CHECK_INT(d.state, SIP_DIALOG_CONFIRMED);
	text = bye(&d);
	CHECK(has(text, "Route: <sip:p2;lr>\r\nRoute: <sip:p1;lr>\r\n") && has(text, "CSeq: 8 BYE\r\n"));
	CHECK(has(text, "From: <sip:us@y>;tag=ot\r\n") && has(text, "To: <sip:them@x>;tag=tt\r\n"));
	sip_dialog_fini(&d);
	CHECK_INT(sip_dialog_from_response(&d, parse(response(200, "", CONTACT)), STR("sip:them@x"), &f),
		  -EBADMSG);
}

TEST(sip_dialog_shows_itself_to_a_strict_router)
{
	struct sip_flow f = flow();
	struct sip_dialog d;
	const char *text;

	REQUIRE(sip_dialog_from_request(
			&d,
			parse(request("INVITE", 5, "",
				      CONTACT "Record-Route: <sip:p1>\r\nRecord-Route: <sip:p2;lr>\r\n")),
			STR("ot"), 1, &f) == 0);
	text = bye(&d);
	CHECK(has(text, "BYE sip:p1 SIP/2.0\r\n"));
	CHECK(has(text, "Route: <sip:p2;lr>\r\nRoute: <sip:them@192.0.2.1:5080>\r\n"));
	sip_dialog_fini(&d);
}

static const struct {
	const char *contact, *remote, *aimed;
} aims[] = {
	{"sip:them@198.51.100.9:5070", "192.0.2.1", "198.51.100.9:5070"},
	{"sip:them@198.51.100.9", "192.0.2.1", "198.51.100.9:5060"},
	{"sip:them@10.0.0.9", "192.0.2.1", "192.0.2.1:5060"}, /* a private address behind a public peer */
	{"sip:them@10.0.0.9", "10.0.0.1", "10.0.0.9:5060"},
	{"sip:them@example.com", "192.0.2.1", "192.0.2.1:5060"},
	{"sip:them@198.51.100.9;transport=tcp", "192.0.2.1", "192.0.2.1:5060"},
	{"sip:them@[2001:db8::9]", "192.0.2.1", "192.0.2.1:5060"},
};

TEST(sip_dialog_aims_at_its_next_hop)
{
	char headers[256], text[ADDR_TEXT_BYTES];
	struct sip_dialog d;

	for (size_t i = 0; i < ARRAY_LEN(aims); i++) {
		struct sip_flow f = flow();

		CHECK_INT(addr_parse(str_from(aims[i].remote), 5060, &f.remote), 0);
		snprintf(headers, sizeof(headers), "Contact: <%s>\r\n", aims[i].contact);
		REQUIRE(sip_dialog_from_response(&d, parse(response(200, ";tag=tt", headers)), STR("sip:x@y"),
						 &f) == 0);
		sip_dialog_aim(&d);
		CHECK_STR(addr_text(&d.flow.remote, text), aims[i].aimed);
		sip_dialog_fini(&d);
	}
}

TEST(sip_dialog_refuses_what_it_cannot_answer)
{
	struct sip_flow f = flow();
	struct sip_dialog d;

	CHECK_INT(sip_dialog_from_request(&d, parse(request("INVITE", 5, "", "")), STR("ot"), 1, &f),
		  -EBADMSG);
	CHECK_INT(sip_dialog_from_request(&d, parse(request("INVITE", 5, "", "Contact: <mailto:x@y>\r\n")),
					  STR("ot"), 1, &f),
		  -EBADMSG);
}

TEST_OOM(sip_dialog_survives_without_memory)
{
	struct sip_flow f = flow();
	struct sip_dialog d;
	int rc = sip_dialog_from_request(
		&d, parse(request("INVITE", 5, "", CONTACT "Record-Route: <sip:p1;lr>\r\n")), STR("ot"), 1,
		&f);

	if (rc == 0)
		sip_dialog_fini(&d);
	return rc;
}
