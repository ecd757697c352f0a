#include "edge.h"
#include "test.h"
#include "wire/sip_header.h"
#include "wire/sip_msg.h"

static struct str at_edge(const char *text)
{
	struct str s = str_from(text);

	return (struct str){edge_copy(s), s.n};
}

TEST(sip_param_reads_lists)
{
	struct str rest = at_edge(" a=1 ; b ;c=\"x;\\\"y\" ;d=[::1]:5;e=a@b");
	static const char *const want[][2] = {
		{"a", "1"}, {"b", ""}, {"c", "\"x;\\\"y\""}, {"d", "[::1]:5"}, {"e", "a@b"}};
	struct sip_param param;
	char room[16];

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		REQUIRE(sip_param_next(&rest, &param) == 1);
		CHECK_STR(param.name, want[i][0]);
		CHECK_STR(param.value, want[i][1]);
		CHECK_INT(param.value.p == NULL, i == 1);
	}
	CHECK_INT(sip_param_next(&rest, &param), 0);
	CHECK_STR(sip_param_unquote(STR("\"x;\\\"y\""), room, sizeof(room)), "x;\"y");
	CHECK_STR(sip_param_unquote(STR("plain"), room, 3), "pla");
	CHECK_STR(sip_param_bare(STR("\"a\\\"\"")), "a\\\"");
	CHECK_STR(sip_param_bare(STR("a")), "a");
}

TEST(sip_param_refuses_what_is_no_list)
{
	static const char *const rows[] = {";",  ";;a",   "a;",       "a;;b", "a=",  "a=;b",
					   "=x", "a=\"x", "a=\"x\"y", "a b",  "a=<", "a,b"};
	static const char *const once[] = {"a", NULL};
	int64_t value;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (sip_param_check(at_edge(rows[i]), NULL) != -EBADMSG)
			test_failed(rows[i], 0, "taken");
	CHECK_INT(sip_param_check(STR("a;b;b"), once), 0);
	CHECK_INT(sip_param_check(STR("a;b;A=1"), once), -EBADMSG);
	CHECK_INT(sip_param_int(STR("a=5"), STR("A"), 5, &value), 0);
	CHECK_INT(value, 5);
	CHECK_INT(sip_param_int(STR("a=6"), STR("a"), 5, &value), -EBADMSG);
	CHECK_INT(sip_param_int(STR("a"), STR("a"), 5, &value), -EBADMSG);
	CHECK_INT(sip_param_int(STR("a=-1"), STR("a"), 5, &value), -EBADMSG);
	CHECK_INT(sip_param_int(STR("b"), STR("a"), 5, &value), -ENOENT);
}

TEST(sip_addr_tells_names_from_bare_uris)
{
	static const struct {
		const char *text, *display, *uri, *params, *tag;
	} rows[] = {
		{"sip:a@b", "", "sip:a@b", "", ""},
		{"sip:a@b;tag=x;y", "", "sip:a@b", "tag=x;y", "x"},
		{"<sip:a@b;lr>;tag=x", "", "sip:a@b;lr", "tag=x", "x"},
		{"<sip:a@b?Route=x>", "", "sip:a@b?Route=x", "", ""},
		{"Bob  <sip:a@b>", "Bob", "sip:a@b", "", ""},
		{"Bob T. Builder <sip:a@b> ; tag = 1", "Bob T. Builder", "sip:a@b", "tag = 1", "1"},
		{"\"a, \\\"<b>\" <sip:a@b>", "\"a, \\\"<b>\"", "sip:a@b", "", ""},
		{"\"\"<sip:a@b>", "\"\"", "sip:a@b", "", ""},
		{"<tel:+1555>", "", "tel:+1555", "", ""},
		{"*", "", "*", "", ""},
		{"+1 (555) 123 & Gr\xc3\xbc\xc3\x9f/e <sip:a@b>", "+1 (555) 123 & Gr\xc3\xbc\xc3\x9f/e",
		 "sip:a@b", "", ""},
		{"<sip:a@b>;tag=a/b==", "", "sip:a@b", "tag=a/b==", "a/b=="},
		{"sip:a@b;x=\"<\"", "", "sip:a@b", "x=\"<\"", ""},
		{"<sip:a@[::1]:5>;q=0.5;expires=60", "", "sip:a@[::1]:5", "q=0.5;expires=60", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sip_addr addr;

		if (sip_addr_parse(at_edge(rows[i].text), &addr) < 0) {
			test_failed(rows[i].text, 0, "refused");
			continue;
		}
		CHECK_STR(addr.display, rows[i].display);
		CHECK_STR(addr.uri, rows[i].uri);
		CHECK_STR(addr.params, rows[i].params);
		CHECK_STR(addr.tag, rows[i].tag);
	}
}

TEST(sip_addr_refuses_what_is_none)
{
	static const char *const rows[] = {
		"",
		"<>",
		"<sip:a@b",
		"sip:a@b>",
		"\"x <sip:a@b>",
		"\"x\" sip:a@b",
		"a,b <sip:a@b>",
		"sip:a@b,sip:c",
		"sip:a@b?x=y",
		"<sip:a@b>x",
		"<sip:a@b>;",
		"<sip:a@b>;;x",
		"<*>",
		"< sip:a@b >",
		"<sip:a@b>;tag=",
		"<sip:a@b>;tag",
		"<sip:a@b>;tag=\"x\"",
		"<sip:a@b>;tag=1;tag=2",
		"Bob sip:a@b",
		"not a uri",
		"<nor this>",
	};
	struct sip_addr addr;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (sip_addr_parse(at_edge(rows[i]), &addr) != -EBADMSG)
			test_failed(rows[i], 0, "taken");
}

TEST(sip_via_reads_its_parts)
{
	static const struct {
		const char *text, *transport, *host;
		uint16_t port, rport;
		bool has_rport, cookie;
		const char *branch, *received, *maddr;
	} rows[] = {
		{"SIP/2.0/UDP h", "UDP", "h", 0, 0, false, false, "", "", ""},
		{"SIP/2.0/TLS h:5061;branch=z9hG4bKx;rport", "TLS", "h", 5061, 0, true, true, "z9hG4bKx", "",
		 ""},
		{"sip / 2.0 / TCP  [::1] : 7 ; rport = 9 ;received=192.0.2.1;maddr=m", "TCP", "::1", 7, 9,
		 true, false, "", "192.0.2.1", "m"},
		{"SIP/2.0/UDP h;branch=z9hG4bK;received=[::2]", "UDP", "h", 0, 0, false, false, "z9hG4bK",
		 "::2", ""},
		{"SIP/2.0/UDP h;received=2001:db8::1", "UDP", "h", 0, 0, false, false, "", "2001:db8::1", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sip_via via;

		if (sip_via_parse(at_edge(rows[i].text), &via) < 0) {
			test_failed(rows[i].text, 0, "refused");
			continue;
		}
		CHECK_STR(via.transport, rows[i].transport);
		CHECK_STR(via.host, rows[i].host);
		CHECK_INT(via.port, rows[i].port);
		CHECK_INT(via.rport, rows[i].rport);
		CHECK_INT(via.has_rport, rows[i].has_rport);
		CHECK_INT(sip_via_has_cookie(&via), rows[i].cookie);
		CHECK_STR(via.branch, rows[i].branch);
		CHECK_STR(via.received, rows[i].received);
		CHECK_STR(via.maddr, rows[i].maddr);
	}
}

TEST(sip_via_refuses_what_is_none)
{
	static const char *const rows[] = {
		"",
		"SIP/2.0/UDP",
		"SIP/2.0 h",
		"HTTP/1.1/TCP h",
		"SIP/2.0/UDPh",
		"SIP/2.0/UDP h:",
		"SIP/2.0/UDP h:x",
		"SIP/2.0/UDP h;",
		"SIP/2.0/UDP h;;",
		"SIP/2.0/UDP h x",
		"SIP/2.0/UDP h;branch=",
		"SIP/2.0/UDP h;branch=a;branch=b",
		"SIP/2.0/UDP h;rport=x",
		"SIP/2.0/UDP ::1",
		"SIP/2.0/UDP h;rport=70000",
		"SIP/2.0/UDP h;rport;rport",
	};
	struct sip_via via;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (sip_via_parse(at_edge(rows[i]), &via) != -EBADMSG)
			test_failed(rows[i], 0, "taken");
}

TEST(sip_cseq_reads_number_and_method)
{
	static const char *const bad[] = {"",       "1",     "INVITE", "1INVITE", "1 ", "2147483648 BYE",
					  "-1 BYE", "1 B<E", "1 BYE x"};
	struct sip_cseq cseq;

	REQUIRE(sip_cseq_parse(at_edge("2147483647  BYE"), &cseq) == 0);
	CHECK_INT(cseq.number, INT32_MAX);
	CHECK_INT(cseq.method, SIP_BYE);
	REQUIRE(sip_cseq_parse(at_edge("0 FOO"), &cseq) == 0);
	CHECK_INT(cseq.method, SIP_METHOD_OTHER);
	CHECK_STR(cseq.method_name, "FOO");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (sip_cseq_parse(at_edge(bad[i]), &cseq) != -EBADMSG)
			test_failed(bad[i], 0, "taken");
}

#define HEAD                                                                                              \
	"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: " \
	"1\r\n"                                                                                           \
	"CSeq: 1 NOTIFY\r\n"

static struct sip_msg m;

/* A NOTIFY with `headers`. */
static bool with(const char *headers)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "NOTIFY sip:c@d SIP/2.0\r\n" HEAD "%s\r\n", headers);

	return sip_msg_parse(edge_copy((struct str){text, (size_t)n}), (size_t)n, SIP_DATAGRAM, &m) == 0;
}

TEST(sip_msg_reads_events_and_subscriptions)
{
	struct sip_event event;
	struct sip_substate state;

	REQUIRE(with("o: refer ;id=93809824\r\nSubscription-State: Active;expires=60;x\r\n"));
	REQUIRE(sip_msg_event(&m, &event) == 0);
	CHECK_STR(event.package, "refer");
	CHECK_STR(event.id, "93809824");
	REQUIRE(sip_msg_substate(&m, &state) == 0);
	CHECK_INT(state.state, SIP_SUB_ACTIVE);
	CHECK_INT(state.expires_sec, 60);
	CHECK_INT(state.retry_after_sec, -1);
	REQUIRE(with(
		"Event: presence\r\nSubscription-State: terminated;reason=noresource;retry-after=5\r\n"));
	REQUIRE(sip_msg_event(&m, &event) == 0 && sip_msg_substate(&m, &state) == 0);
	CHECK_STR(event.id, "");
	CHECK_INT(state.state, SIP_SUB_TERMINATED);
	CHECK_STR(state.reason, "noresource");
	CHECK_INT(state.retry_after_sec, 5);
	REQUIRE(with("Subscription-State: waiting;expires=x\r\n"));
	CHECK_INT(sip_msg_substate(&m, &state), -EBADMSG);
	CHECK_INT(sip_msg_event(&m, &event), -ENOENT);
	REQUIRE(with("Subscription-State: pending\r\n") && sip_msg_substate(&m, &state) == 0);
	CHECK_INT(state.state, SIP_SUB_PENDING);
}

TEST(sip_msg_reads_times)
{
	uint32_t seconds;

	REQUIRE(with("Retry-After: 18000 (in a meeting);duration=3600\r\nMin-SE: 90\r\n"));
	REQUIRE(sip_msg_seconds(&m, SIP_HDR_RETRY_AFTER, &seconds) == 0);
	CHECK_INT(seconds, 18000);
	REQUIRE(sip_msg_seconds(&m, SIP_HDR_MIN_SE, &seconds) == 0);
	CHECK_INT(seconds, 90);
	REQUIRE(with("Retry-After: soon\r\n"));
	CHECK_INT(sip_msg_seconds(&m, SIP_HDR_RETRY_AFTER, &seconds), -EBADMSG);
	CHECK_INT(sip_msg_seconds(&m, SIP_HDR_EXPIRES, &seconds), -ENOENT);
}

TEST(sip_msg_reads_addresses_and_types)
{
	struct sip_addr addr;
	struct sip_type type;

	REQUIRE(with("P-Asserted-Identity: \"Bob\" <sip:+1555@carrier>, <tel:+1555>\r\nr: "
		     "<sip:q@gw?User-to-User=56a3%3Bencoding%3Dhex>\r\n"
		     "b: <sip:bot@us>\r\nDiversion: <sip:+1800@x>;reason=no-answer;counter=1\r\n"
		     "c: message/sipfrag ; version=2.0\r\n"));
	REQUIRE(sip_msg_addr(&m, SIP_HDR_P_ASSERTED_IDENTITY, &addr) == 0);
	CHECK_STR(addr.uri, "sip:+1555@carrier");
	REQUIRE(sip_msg_addr(&m, SIP_HDR_REFER_TO, &addr) == 0);
	CHECK_STR(addr.uri, "sip:q@gw?User-to-User=56a3%3Bencoding%3Dhex");
	REQUIRE(sip_msg_addr(&m, SIP_HDR_REFERRED_BY, &addr) == 0);
	REQUIRE(sip_msg_addr(&m, SIP_HDR_DIVERSION, &addr) == 0);
	CHECK_STR(addr.params, "reason=no-answer;counter=1");
	CHECK_INT(sip_msg_addr(&m, SIP_HDR_CONTACT, &addr), -ENOENT);
	REQUIRE(sip_msg_content_type(&m, &type) == 0);
	CHECK(sip_msg_body_is(&m, STR("Message"), STR("SIPfrag")));
	CHECK(!sip_msg_body_is(&m, STR("application"), STR("sdp")));
	CHECK_STR(type.params, "version=2.0");
	CHECK_INT(sip_type_parse(STR("text"), &type), -EBADMSG);
	CHECK_INT(sip_type_parse(STR("text/"), &type), -EBADMSG);
	CHECK_INT(sip_type_parse(STR("text/plain;"), &type), -EBADMSG);
}

TEST(sip_frag_gives_the_status)
{
	struct str reason;
	int status;

	REQUIRE(sip_frag_parse(STR("SIP/2.0 503 Service Unavailable\r\nRetry-After: 5\r\n"), &status,
			       &reason) == 0);
	CHECK_INT(status, 503);
	CHECK_STR(reason, "Service Unavailable");
	CHECK_INT(sip_frag_parse(STR("SIP/2.0 200 OK"), &status, &reason), 0);
	CHECK_INT(sip_frag_parse(STR("INVITE sip:a SIP/2.0"), &status, &reason), -EBADMSG);
	CHECK_INT(sip_frag_parse(STR("SIP/2.0 2000 OK"), &status, &reason), -EBADMSG);
	CHECK_INT(sip_frag_parse(STR(""), &status, &reason), -EBADMSG);
}
