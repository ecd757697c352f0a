#include "edge.h"
#include "test.h"
#include "wire/sip_uri.h"

static int parse(const char *text, struct sip_uri *uri)
{
	struct str s = str_from(text);

	return sip_uri_parse((struct str){edge_copy(s), s.n}, uri);
}

TEST(sip_uri_reads_its_parts)
{
	static const struct {
		const char *text;
		enum sip_scheme scheme;
		const char *user, *password, *host;
		uint16_t port;
		const char *params, *headers;
	} rows[] = {
		{"sip:h", SIP_SCHEME_SIP, "", "", "h", 0, "", ""},
		{"SIP:alice@atlanta.com", SIP_SCHEME_SIP, "alice", "", "atlanta.com", 0, "", ""},
		{"sips:a:p@h:5061;transport=tcp;lr?x=y&z=", SIP_SCHEME_SIPS, "a", "p", "h", 5061,
		 "transport=tcp;lr", "x=y&z="},
		{"sip:a@[2001:db8::1]:6000;x", SIP_SCHEME_SIP, "a", "", "2001:db8::1", 6000, "x", ""},
		{"sip:[::ffff:192.0.2.1]", SIP_SCHEME_SIP, "", "", "::ffff:192.0.2.1", 0, "", ""},
		{"sip:1.2.3.4?a=b", SIP_SCHEME_SIP, "", "", "1.2.3.4", 0, "", "a=b"},
		{"sip:+1;phone-context=x@h", SIP_SCHEME_SIP, "+1;phone-context=x", "", "h", 0, "", ""},
		{"sip:a/b?c@h", SIP_SCHEME_SIP, "a/b?c", "", "h", 0, "", ""},
		{"sip:%40@my_host", SIP_SCHEME_SIP, "%40", "", "my_host", 0, "", ""},
		{"tel:+1-(201)-555.0123;ext=9", SIP_SCHEME_TEL, "+1-(201)-555.0123", "", "", 0, "ext=9", ""},
		{"tel:*21#", SIP_SCHEME_TEL, "*21#", "", "", 0, "", ""},
		{"mailto:a@b", SIP_SCHEME_OTHER, "a@b", "", "", 0, "", ""},
		{"urn:service:sos", SIP_SCHEME_OTHER, "service:sos", "", "", 0, "", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sip_uri uri;

		if (parse(rows[i].text, &uri) < 0) {
			test_failed(rows[i].text, 0, "refused");
			continue;
		}
		CHECK_INT(uri.scheme, rows[i].scheme);
		CHECK_STR(uri.user, rows[i].user);
		CHECK_STR(uri.password, rows[i].password);
		CHECK_STR(uri.host, rows[i].host);
		CHECK_INT(uri.port, rows[i].port);
		CHECK_STR(uri.params, rows[i].params);
		CHECK_STR(uri.headers, rows[i].headers);
	}
}

TEST(sip_uri_refuses_what_is_none)
{
	static const char *const rows[] = {
		"",
		"sip",
		"sip:",
		":a@b",
		"1sip:a@b",
		"sip:@h",
		"sip:a@",
		"sip:a@h:",
		"sip:a@h:0",
		"sip:a@h:x",
		"sip:a@h:65536",
		"sip:a@[::1",
		"sip:a@[x]",
		"sip:a@[1.2.3.4]",
		"sip:a@b@c",
		"sip:a b@c",
		" sip:a@b",
		"sip:a@b ",
		"sip:a@b :5",
		"sip:a@b;",
		"sip:a@b;=x",
		"sip:a@b;x=<",
		"sip:a@b?",
		"sip:a@b?=x",
		"sip:a@b?x=%4",
		"sip:%@b",
		"sip:%4g@b",
		"sip:a@b;x=%",
		"tel:",
		"tel:x y",
		"tel:+1;",
		"foo:",
		"foo:a b",
		"foo:<a>",
		"sip:a\"@b",
		"sip:a@b;x\r\ny",
	};
	struct sip_uri uri;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (parse(rows[i], &uri) != -EBADMSG)
			test_failed(rows[i], 0, "taken");
}

TEST(sip_uri_limits_its_parameters)
{
	char text[512];
	struct sip_uri uri;
	size_t n = (size_t)snprintf(text, sizeof(text), "sip:a");

	for (int i = 0; i < SIP_URI_PARAMS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ";x");
	CHECK_INT(parse(text, &uri), 0);
	snprintf(text + n, sizeof(text) - n, ";x");
	CHECK_INT(parse(text, &uri), -EBADMSG);
}

static bool equal(const char *a, const char *b)
{
	struct sip_uri x, y;

	if (sip_uri_parse(str_from(a), &x) < 0 || sip_uri_parse(str_from(b), &y) < 0) {
		test_failed(a, 0, "or %s is refused", b);
		return false;
	}
	CHECK_INT(sip_uri_eq(&x, &y), sip_uri_eq(&y, &x));
	CHECK(sip_uri_eq(&x, &x));
	return sip_uri_eq(&x, &y);
}

/* The lists of RFC 3261 section 19.1.4, and RFC 3966 section 4. */
TEST(sip_uri_eq_agrees_with_the_lists)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		 "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		 "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:a@b", "sips:a@b", false},
		{"sip:a@b", "sip:a:p@b", false},
		{"sip:a@b;user=phone", "sip:a@b", false},
		{"sip:a@b;lr", "sip:a@b", true},
		{"sip:a%3Bb@c", "sip:a;b@c", false},
		{"sip:a%3bb@c", "sip:a%3Bb@c", true},
		{"sip:a@[2001:DB8::1]", "sip:a@[2001:db8::1]", true},
		{"tel:+1-201-555-0123", "tel:+12015550123", true},
		{"tel:+1.201(555)0123;ext=1;x=y", "tel:+12015550123;X=y;EXT=1", true},
		{"tel:+12015550123;ext=1", "tel:+12015550123", false},
		{"tel:+12015550123", "tel:12015550123", false},
		{"tel:+1", "sip:+1@h", false},
		{"urn:a", "URN:a", true},
		{"urn:a", "urn:A", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (equal(rows[i].a, rows[i].b) != rows[i].equal)
			test_failed(rows[i].a, 0, "and %s: %d", rows[i].b, !rows[i].equal);
}

TEST(sip_uri_print_gives_the_text_back)
{
	static const char *const rows[] = {
		"sip:h",
		"sip:a@h",
		"SIPS:a:p@h:5061;transport=tcp;lr?x=y&z=",
		"sip:a@[2001:db8::1]:6000;x",
		"sip:[::1]",
		"tel:+1-201;ext=9",
		"mailto:a@b",
		"sip:%61%00@h",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sip_uri uri;
		struct buf b;

		buf_init(&b, 512);
		REQUIRE(sip_uri_parse(str_from(rows[i]), &uri) == 0);
		sip_uri_print(&b, &uri);
		CHECK_STR(buf_str(&b), rows[i]);
		buf_fini(&b);
	}
}

TEST(sip_uri_answers_questions)
{
	struct sip_uri uri;
	struct str value;

	REQUIRE(sip_uri_parse(STR("sip:a@h;LR;transport=TLS?Replaces=x%3By&b=2"), &uri) == 0);
	CHECK(sip_uri_param(&uri, STR("lr"), &value) && value.n == 0);
	CHECK(sip_uri_param(&uri, STR("Transport"), &value));
	CHECK_STR(value, "TLS");
	CHECK(!sip_uri_param(&uri, STR("maddr"), &value));
	CHECK_INT(sip_uri_port(&uri), 5061);
	REQUIRE(sip_uri_parse(STR("sips:a@h"), &uri) == 0);
	CHECK_INT(sip_uri_port(&uri), 5061);
	REQUIRE(sip_uri_parse(STR("sip:a@h"), &uri) == 0);
	CHECK_INT(sip_uri_port(&uri), 5060);
	REQUIRE(sip_uri_parse(STR("sip:a@h:7"), &uri) == 0);
	CHECK_INT(sip_uri_port(&uri), 7);
	CHECK(sip_uri_is_host(STR("a.example")) && sip_uri_is_host(STR("[::1]")));
	CHECK(!sip_uri_is_host(STR("::1")) && !sip_uri_is_host(STR("")) && !sip_uri_is_host(STR("a b")));
}

/* Whatever bytes go in come out again, and what is written may stand there. */
TEST(sip_uri_escapes_every_byte)
{
	char all[256], room[256], text[1024];
	struct sip_uri uri;
	struct str plain;
	struct buf b;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	buf_init(&b, 4096);
	for (int part = SIP_URI_USER; part <= SIP_URI_HEADER; part++) {
		buf_clear(&b);
		sip_uri_escape(&b, (enum sip_uri_part)part, (struct str){all, 256});
		REQUIRE(sip_uri_unescape(buf_str(&b), room, sizeof(room), &plain) == 0);
		CHECK(str_eq(plain, (struct str){all, 256}));
		CHECK_INT(sip_uri_unescape(buf_str(&b), room, 255, &plain), -EMSGSIZE);
		snprintf(text, sizeof(text),
			 part == SIP_URI_USER       ? "sip:%.*s@h"
			 : part == SIP_URI_PASSWORD ? "sip:u:%.*s@h"
			 : part == SIP_URI_PARAM    ? "sip:h;x=%.*s"
						    : "sip:h?x=%.*s",
			 (int)b.n, b.p);
		CHECK_INT(sip_uri_parse(str_from(text), &uri), 0);
	}
	buf_fini(&b);
	REQUIRE(sip_uri_unescape(STR("a%4"), room, sizeof(room), &plain) == 0);
	CHECK_STR(plain, "a%4");
}
