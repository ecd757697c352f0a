#include "leg/sip_acceptor.h"
#include "leg/sip_guard.h"
#include "test.h"
#include "wire/sip_msg.h"

TEST(sip_guard_refuses_once_and_then_is_silent)
{
	struct sip_guard_config config = {
		.sources_max = 2, .penalty = USEC_SEC(60), .denials_max = 2, .refusals_per_second = 3};
	struct sip_guard *g;
	struct addr a, b, c;

	REQUIRE(sip_guard_new(&config, &g) == 0);
	REQUIRE(addr_parse(STR("198.51.100.1"), 1, &a) == 0 && addr_parse(STR("198.51.100.2"), 1, &b) == 0 &&
		addr_parse(STR("198.51.100.3"), 1, &c) == 0);
	CHECK(sip_guard_stranger(g, &a, 0));
	a.port = 2;
	CHECK(!sip_guard_stranger(g, &a, USEC_SEC(59)));
	CHECK(!sip_guard_stranger(g, &a, USEC_SEC(118)));
	CHECK(sip_guard_stranger(g, &a, USEC_SEC(179)));
	/* Room is made for those seen last; refusals are rationed over all. */
	CHECK(sip_guard_stranger(g, &b, USEC_SEC(179)) && sip_guard_stranger(g, &c, USEC_SEC(179)));
	CHECK_INT(sip_guard_count(g), 2);
	CHECK(!sip_guard_stranger(g, &a, USEC_SEC(179)));
	CHECK(!sip_guard_silences(g, &b, USEC_SEC(180)));
	sip_guard_denied(g, &b, USEC_SEC(180));
	CHECK(!sip_guard_silences(g, &b, USEC_SEC(180)));
	sip_guard_denied(g, &b, USEC_SEC(180));
	CHECK(sip_guard_silences(g, &b, USEC_SEC(239)) && !sip_guard_silences(g, &b, USEC_SEC(241)));
	sip_guard_free(g);
}

static unsigned route(const char *start, const char *branch, const char *to_tag, const char *call_id)
{
	static struct sip_msg m;
	char text[1024];
	int n = snprintf(text, sizeof(text),
			 "%s\r\nVia: SIP/2.0/UDP h;branch=%s\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>%s\r\n"
			 "Call-ID: %s\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
			 start, branch, to_tag, call_id);

	CHECK_INT(sip_msg_parse(text, (size_t)n, SIP_DATAGRAM, &m), 0);
	return sip_route(&m, 4);
}

TEST(sip_route_follows_the_names_that_we_gave)
{
	const char *bye = "BYE sip:s02@h SIP/2.0", *ok = "SIP/2.0 200 OK";

	CHECK_INT(route(bye, "z9hG4bKx", ";tag=s02abc", "c"), 2);
	CHECK_INT(route(ok, "z9hG4bKs03abc", ";tag=s02abc", "c"), 3);
	/* New, foreign or forged: by Call-ID, always the same. */
	CHECK_INT(route(bye, "z9hG4bKx", "", "c"), route(bye, "z9hG4bKy", ";tag=s09", "c"));
	CHECK_INT(route(bye, "z9hG4bKx", ";tag=sxx", "c"), route(bye, "z9hG4bKx", ";tag=S02", "c"));
}
