#include "base/mem.h"
#include "edge.h"
#include "test.h"
#include "wire/sdp_nego.h"

#define HEAD         "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define HEAD_NO_CONN "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"

static struct sdp sdp;

static int parse(const char *text)
{
	struct str s = str_from(text);

	return sdp_parse((struct str){edge_copy(s), s.n}, &sdp);
}

TEST(sdp_reads_a_description)
{
	struct sdp_rtpmap map;
	struct str value;

	REQUIRE(parse("v=0\r\no=bob 123456789012345678901234567890 1 IN IP6 2001:db8::1\r\ns=A call\r\n"
		      "i=about\r\nb=AS:64\r\nc=IN IP4 224.2.1.1/127/3\r\nt=0 0\r\na=ice-lite\r\n"
		      "m=audio 4000/2 RTP/AVP 0 101 18\r\na=rtpmap:101 telephone-event/8000\r\n"
		      "a=fmtp:101 0-15\r\na=ptime:20\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x|2^20\r\n"
		      "m=video 0 RTP/AVP 31\r\nc=IN IP6 ::1\r\n") == 0);
	CHECK_STR(sdp.session_id, "123456789012345678901234567890");
	CHECK_INT(sdp.origin.family, SDP_IP6);
	CHECK_STR(sdp.origin.host, "2001:db8::1");
	CHECK_STR(sdp.name, "A call");
	CHECK_STR(sdp.conn.host, "224.2.1.1");
	REQUIRE(sdp.media_count == 2);
	CHECK_INT(sdp.media[0].port, 4000);
	CHECK_INT(sdp.media[0].port_count, 2);
	CHECK_STR(sdp.media[0].proto, "RTP/AVP");
	CHECK_STR(sdp_media_conn(&sdp, &sdp.media[0]).host, "224.2.1.1");
	CHECK_STR(sdp_media_conn(&sdp, &sdp.media[1]).host, "::1");
	CHECK(sdp_find_attr(&sdp, &sdp.media[0], "crypto", &value));
	CHECK_STR(value, "1 AES_CM_128_HMAC_SHA1_80 inline:x|2^20");
	CHECK(!sdp_find_attr(&sdp, &sdp.media[1], "crypto", &value));
	CHECK(sdp_find_attr(&sdp, NULL, "ice-lite", &value) && value.p == NULL);
	CHECK_INT(sdp_media_ms(&sdp, &sdp.media[0], "ptime"), 20);
	CHECK_INT(sdp_rtcp_port(&sdp, &sdp.media[0]), 4001);
	REQUIRE(sdp_rtpmap(&sdp, &sdp.media[0], 101, &map) == 0);
	CHECK_STR(map.name, "telephone-event");
	REQUIRE(sdp_rtpmap(&sdp, &sdp.media[0], 18, &map) == 0);
	CHECK_STR(map.name, "G729");
	CHECK_INT(sdp_rtpmap(&sdp, &sdp.media[0], 96, &map), -ENOENT);
	CHECK_STR(sdp_fmtp(&sdp, &sdp.media[0], 101), "0-15");
	CHECK_STR(sdp_fmtp(&sdp, &sdp.media[0], 0), "");
}

TEST(sdp_names_its_fault)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{"", "Does not begin with v="},
		{"hello", "Does not begin with v="},
		{"v=1\r\n", "Version is not 0"},
		{"v=0\r\n", "Missing o= line"},
		{"v=0\r\no=- x 1 IN IP4 1.2.3.4\r\n", "Malformed o= line"},
		{"v=0\r\no=- 1 1 IN IP5 1.2.3.4\r\n", "Malformed o= line"},
		{"v=0\r\no=- 1 1 IN IP4\r\n", "Malformed o= line"},
		{HEAD "c=IN IP4 a b\r\n", "Malformed c= line"},
		{HEAD "m=audio\r\n", "Malformed m= line"},
		{HEAD "m=audio 65536 RTP/AVP 0\r\n", "Malformed m= line"},
		{HEAD "m=audio 1/0 RTP/AVP 0\r\n", "Malformed m= line"},
		{HEAD "m=audio 1 RTP/AVP\r\n", "Malformed m= line"},
		{HEAD "m=audio 1 RTP/AVP 0 <\r\n", "Malformed m= line"},
		{HEAD "a=\r\n", "Malformed a= line"},
		{HEAD "a=:x\r\n", "Malformed a= line"},
		{HEAD "no\r\n", "Malformed line"},
		{HEAD "=no\r\n", "Malformed line"},
		{HEAD "a=x\ry\r\n", "Malformed line"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (parse(rows[i].text) != -EBADMSG || !sdp.fault || strcmp(sdp.fault, rows[i].fault) != 0)
			test_failed(__FILE__, __LINE__, "row %zu: %s", i, sdp.fault ? sdp.fault : "no fault");
	}
	CHECK_INT(parse("v=0\no=- 1 1 IN IP4 h\n\nm=audio 1 RTP/AVP 0\n"), 0);
}

TEST(sdp_limits_its_lines)
{
	static char text[SDP_TEXT_MAX_BYTES];
	size_t n = (size_t)snprintf(text, sizeof(text), HEAD);

	for (int i = 0; i <= SDP_ATTRS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "a=x\r\n");
	CHECK_INT(parse(text), -EBADMSG);
	CHECK_STR(str_from(sdp.fault), "Too many a= lines");
	n = (size_t)snprintf(text, sizeof(text), HEAD);
	for (int i = 0; i <= SDP_MEDIA_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "m=audio 0 RTP/AVP 0\r\n");
	CHECK_INT(parse(text), -EBADMSG);
	CHECK_STR(str_from(sdp.fault), "Too many m= lines");
}

TEST(sdp_knows_directions_at_both_levels)
{
	static const struct {
		const char *text;
		enum sdp_direction direction;
	} rows[] = {
		{HEAD "m=audio 1 RTP/AVP 0\r\n", SDP_SENDRECV},
		{HEAD "m=audio 1 RTP/AVP 0\r\na=sendonly\r\n", SDP_SENDONLY},
		{HEAD "a=recvonly\r\nm=audio 1 RTP/AVP 0\r\n", SDP_RECVONLY},
		{HEAD "a=inactive\r\nm=audio 1 RTP/AVP 0\r\na=sendrecv\r\n", SDP_SENDRECV},
		{HEAD "m=audio 1 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", SDP_SENDONLY},
		{HEAD "m=audio 1 RTP/AVP 0\r\nc=IN IP6 ::\r\na=recvonly\r\n", SDP_INACTIVE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		REQUIRE(parse(rows[i].text) == 0);
		CHECK_INT(sdp_media_direction(&sdp, &sdp.media[0]), rows[i].direction);
	}
	CHECK_INT(sdp_direction_reverse(SDP_SENDONLY), SDP_RECVONLY);
	CHECK_INT(sdp_direction_reverse(SDP_RECVONLY), SDP_SENDONLY);
	CHECK_INT(sdp_direction_reverse(SDP_SENDRECV), SDP_SENDRECV);
	CHECK_INT(sdp_direction_reverse(SDP_INACTIVE), SDP_INACTIVE);
}

TEST(sdp_finds_the_rtcp_port)
{
	REQUIRE(parse(HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp:53020 IN IP4 126.16.64.4\r\n") == 0);
	CHECK_INT(sdp_rtcp_port(&sdp, &sdp.media[0]), 53020);
	REQUIRE(parse(HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n") == 0);
	CHECK_INT(sdp_rtcp_port(&sdp, &sdp.media[0]), 4000);
	REQUIRE(parse(HEAD "m=audio 65535 RTP/AVP 0\r\n") == 0);
	CHECK_INT(sdp_rtcp_port(&sdp, &sdp.media[0]), 0);
}

TEST(sdp_print_is_stable)
{
	struct buf once, twice;

	buf_init(&once, 4096);
	buf_init(&twice, 4096);
	REQUIRE(parse("v=0\no=b 1 1 IN IP6 ::1\ns=x\nk=clear:no\nc=IN IP4 h.example\na=a:b\na=c\n"
		      "m=audio 5/2 RTP/AVP  0   8\nc=IN IP6 ::1\na=d:\nm=text 0 TCP x\n") == 0);
	sdp_print(&once, &sdp);
	CHECK_STR(buf_str(&once),
		  "v=0\r\no=b 1 1 IN IP6 ::1\r\ns=x\r\nc=IN IP4 h.example\r\nt=0 0\r\na=a:b\r\na=c\r\n"
		  "m=audio 5/2 RTP/AVP 0 8\r\nc=IN IP6 ::1\r\na=d:\r\nm=text 0 TCP x\r\n");
	REQUIRE(sdp_parse(buf_str(&once), &sdp) == 0);
	sdp_print(&twice, &sdp);
	CHECK(str_eq(buf_str(&once), buf_str(&twice)));
	buf_fini(&once);
	buf_fini(&twice);
}

/* ---- offer and answer ---- */

static const struct sdp_codec *const narrow[] = {&sdp_pcmu, &sdp_pcma, &sdp_event_8k};
static const struct sdp_codec *const wide[] = {&sdp_opus, &sdp_g722, &sdp_pcmu, &sdp_event_48k,
					       &sdp_event_8k};

static struct sdp_local local;
static struct sdp_outcome outcome;
static struct buf text;

static void start(const struct sdp_codec *const *codecs, size_t n)
{
	local = (struct sdp_local){
		.codecs = codecs,
		.codec_count = n,
		.family = SDP_IP4,
		.address = STR("198.51.100.7"),
		.port = 7000,
		.session_id = 42,
		.direction = SDP_SENDRECV,
	};
	buf_init(&text, 8192);
}

static int answer(const char *offer)
{
	buf_clear(&text);
	return parse(offer) < 0 ? -EPROTO : sdp_answer(&local, &sdp, &text, &outcome);
}

#define ANSWER(version) \
	"v=0\r\no=- 42 " version " IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"

TEST(sdp_answer_takes_the_first_common_codec)
{
	start(narrow, ARRAY_LEN(narrow));
	REQUIRE(answer(HEAD "m=audio 4000 RTP/AVP 18 8 0 96\r\na=rtpmap:96 "
			    "telephone-event/8000\r\na=ptime:30\r\n") == 0);
	CHECK_STR(buf_str(&text), ANSWER("1") "m=audio 7000 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\n"
					      "a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n"
					      "a=ptime:30\r\na=sendrecv\r\n");
	CHECK(outcome.codec == &sdp_pcma);
	CHECK_INT(outcome.send_type, 8);
	CHECK_INT(outcome.recv_type, 8);
	CHECK_INT(outcome.event_send_type, 96);
	CHECK_INT(outcome.ptime_ms, 30);
	CHECK_STR(outcome.remote.host, "192.0.2.1");
	CHECK_INT(outcome.remote_port, 4000);
	CHECK_INT(outcome.remote_rtcp_port, 4001);
	local.prefer = SDP_PREFER_OURS;
	REQUIRE(answer(HEAD "m=audio 4000 RTP/AVP 18 8 0\r\n") == 0);
	CHECK(outcome.codec == &sdp_pcmu);
	CHECK_INT(outcome.event_send_type, -1);
	CHECK_INT(local.version, 2);
	buf_fini(&text);
}

TEST(sdp_answer_keeps_every_line_in_its_place)
{
	start(narrow, ARRAY_LEN(narrow));
	local.extra_attrs = STR("a=x-more:1\r\n");
	REQUIRE(answer(HEAD "m=video 5000 RTP/AVP 31 34\r\nm=audio 0 RTP/AVP 0\r\nm=audio 6000 RTP/SAVP 0\r\n"
			    "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 8\r\nm=application 9 UDP/BFCP "
			    "*\r\n") == 0);
	CHECK_INT(outcome.media, 3);
	CHECK_STR(buf_str(&text),
		  ANSWER("1") "m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/SAVP 0\r\n"
			      "m=audio 7000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"
			      "a=sendrecv\r\na=x-more:1\r\nm=audio 0 RTP/AVP 8\r\n"
			      "m=application 0 UDP/BFCP *\r\n");

	/* Our own later offer, a hold, keeps the places and the agreement. */
	buf_clear(&text);
	local.direction = SDP_SENDONLY;
	sdp_offer(&local, &text);
	CHECK_STR(buf_str(&text),
		  ANSWER("2") "m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/SAVP 0\r\n"
			      "m=audio 7000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"
			      "a=sendonly\r\na=x-more:1\r\nm=audio 0 RTP/AVP 8\r\n"
			      "m=application 0 UDP/BFCP *\r\n");
	buf_fini(&text);
}

TEST(sdp_answer_refuses_what_it_cannot_use)
{
	static const struct {
		const char *offer;
		int rc;
	} rows[] = {
		{HEAD, -ENOTSUP},
		{HEAD "m=video 5000 RTP/AVP 31\r\n", -ENOTSUP},
		{HEAD "m=audio 0 RTP/AVP 0\r\n", -ENOTSUP},
		{HEAD "m=audio 4000 RTP/AVP 18\r\n", -ENOTSUP},
		{HEAD "m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", -ENOTSUP},
		{HEAD "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000\r\n", -ENOTSUP},
		{HEAD "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 GSM/8000\r\n", -ENOTSUP},
		{HEAD "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU\r\n", -ENOTSUP},
		{HEAD "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", -ENOTSUP},
		{HEAD_NO_CONN "m=audio 4000 RTP/AVP 0\r\n", -EBADMSG},
	};

	start(narrow, ARRAY_LEN(narrow));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int rc = answer(rows[i].offer);

		if (rc != rows[i].rc || text.n != 0)
			test_failed(__FILE__, __LINE__, "row %zu: %d", i, rc);
	}
	CHECK_INT(local.version, 0);
	CHECK_INT(answer(HEAD_NO_CONN "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\nc=IN IP6 ::1\r\n"),
		  0);
	CHECK_INT(outcome.media, 1);
	buf_fini(&text);
}

TEST(sdp_answer_mirrors_hold)
{
	static const struct {
		const char *offered, *answered;
		enum sdp_direction ours;
		bool held;
	} rows[] = {
		{"a=sendrecv\r\n", "a=sendrecv\r\n", SDP_SENDRECV, false},
		{"a=sendonly\r\n", "a=recvonly\r\n", SDP_SENDRECV, true},
		{"a=inactive\r\n", "a=inactive\r\n", SDP_SENDRECV, true},
		{"a=recvonly\r\n", "a=sendonly\r\n", SDP_SENDRECV, false},
		{"c=IN IP4 0.0.0.0\r\n", "a=recvonly\r\n", SDP_SENDRECV, true},
		{"a=sendrecv\r\n", "a=sendonly\r\n", SDP_SENDONLY, false},
		{"a=sendonly\r\n", "a=inactive\r\n", SDP_SENDONLY, true},
	};
	char offer[512];

	start(narrow, ARRAY_LEN(narrow));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		local.direction = rows[i].ours;
		snprintf(offer, sizeof(offer), HEAD "m=audio 4000 RTP/AVP 0\r\n%s", rows[i].offered);
		REQUIRE(answer(offer) == 0);
		CHECK_INT((outcome.direction & SDP_SENDONLY) == 0, rows[i].held);
		if (!str_ends(buf_str(&text), str_from(rows[i].answered)))
			test_failed(__FILE__, __LINE__, "row %zu: " STR_FMT, i, STR_ARG(buf_str(&text)));
	}
	CHECK_INT(local.version, ARRAY_LEN(rows));
	buf_fini(&text);
}

TEST(sdp_answer_chooses_a_packet_time)
{
	static const struct {
		const char *attrs;
		unsigned ours, most, chosen;
	} rows[] = {
		{"", 0, 0, 20},
		{"a=ptime:40\r\n", 0, 0, 40},
		{"a=ptime:200\r\n", 0, 0, 60},
		{"a=ptime:25\r\n", 0, 0, 20},
		{"a=ptime:25\r\n", 10, 0, 10},
		{"a=ptime:0\r\n", 0, 0, 20},
		{"a=ptime:30\r\na=maxptime:20\r\n", 0, 0, 20},
		{"a=maxptime:15\r\n", 0, 0, 10},
		{"a=ptime:60\r\n", 0, 40, 40},
	};
	char offer[512];

	start(narrow, ARRAY_LEN(narrow));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		local.ptime_ms = rows[i].ours;
		local.max_ptime_ms = rows[i].most;
		snprintf(offer, sizeof(offer), HEAD "m=audio 4000 RTP/AVP 0\r\n%s", rows[i].attrs);
		REQUIRE(answer(offer) == 0);
		CHECK_INT(outcome.ptime_ms, rows[i].chosen);
	}
	buf_fini(&text);
}

TEST(sdp_answer_is_ready_for_wide_codecs)
{
	start(wide, ARRAY_LEN(wide));
	local.rtcp_mux = true;
	REQUIRE(answer(HEAD "m=audio 4000 RTP/AVPF 111 9 110 126\r\na=rtpmap:111 opus/48000/2\r\n"
			    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:110 telephone-event/48000\r\n"
			    "a=rtpmap:126 telephone-event/8000\r\na=rtcp-mux\r\n") == 0);
	CHECK(outcome.codec == &sdp_opus);
	CHECK_INT(outcome.recv_type, 111);
	CHECK_INT(outcome.event_recv_type, 110);
	CHECK_INT(outcome.event_clock_hz, 48000);
	CHECK_STR(outcome.fmtp, "minptime=10;useinbandfec=1");
	CHECK(outcome.rtcp_mux);
	CHECK_INT(outcome.remote_rtcp_port, 4000);
	CHECK_STR(buf_str(&text), ANSWER("1") "m=audio 7000 RTP/AVPF 111 110\r\na=rtpmap:111 opus/48000/2\r\n"
					      "a=fmtp:111 useinbandfec=1\r\na=rtpmap:110 "
					      "telephone-event/48000\r\na=fmtp:110 0-15\r\n"
					      "a=ptime:20\r\na=sendrecv\r\na=rtcp-mux\r\n");
	/* G.722 says 8000 and means 16000; digits beside it run on 8000. */
	REQUIRE(answer(HEAD "m=audio 4000 RTP/AVP 9 110 126\r\na=rtpmap:110 telephone-event/48000\r\n"
			    "a=rtpmap:126 telephone-event/8000\r\n") == 0);
	CHECK(outcome.codec == &sdp_g722);
	CHECK_INT(outcome.codec->sample_hz, 16000);
	CHECK_INT(outcome.event_recv_type, 126);
	/* Opus with digits on 8000 only. */
	REQUIRE(answer(HEAD "m=audio 4000 RTP/AVP 111 126\r\na=rtpmap:111 OPUS/48000/2\r\n"
			    "a=rtpmap:126 telephone-event/8000\r\n") == 0);
	CHECK_INT(outcome.event_recv_type, 126);
	CHECK_INT(outcome.event_clock_hz, 8000);
	buf_fini(&text);
}

TEST(sdp_offer_and_conclude)
{
	start(narrow, ARRAY_LEN(narrow));
	local.family = SDP_IP6;
	local.address = STR("2001:db8::7");
	sdp_offer(&local, &text);
	CHECK_STR(buf_str(&text),
		  "v=0\r\no=- 42 1 IN IP6 2001:db8::7\r\ns=-\r\nc=IN IP6 2001:db8::7\r\nt=0 0\r\n"
		  "m=audio 7000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
		  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n");
	/* The other end answers with numbers of its own. */
	REQUIRE(parse(HEAD
		      "m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\na=recvonly\r\n") ==
		0);
	REQUIRE(sdp_conclude(&local, &sdp, &outcome) == 0);
	CHECK(outcome.codec == &sdp_pcma);
	CHECK_INT(outcome.event_send_type, 97);
	CHECK_INT(outcome.event_recv_type, 101);
	CHECK_INT(outcome.direction, SDP_SENDONLY);
	/* A refresh repeats what was agreed, in our numbers. */
	buf_clear(&text);
	sdp_offer(&local, &text);
	CHECK(str_find(buf_str(&text), STR("o=- 42 2 ")) < text.n);
	CHECK(str_find(buf_str(&text), STR("m=audio 7000 RTP/AVP 8 101\r\n")) < text.n);
	CHECK(parse(HEAD "m=audio 4000 RTP/AVP 0\r\n") == 0);
	CHECK_INT(sdp_conclude(&local, &sdp, &outcome), -ENOTSUP);
	CHECK(parse(HEAD "m=audio 0 RTP/AVP 8\r\n") == 0);
	CHECK_INT(sdp_conclude(&local, &sdp, &outcome), -ENOTSUP);
	CHECK(parse(HEAD "m=audio 4000 RTP/AVP 8\r\nm=audio 4000 RTP/AVP 8\r\n") == 0);
	CHECK_INT(sdp_conclude(&local, &sdp, &outcome), -EBADMSG);
	CHECK(parse(HEAD_NO_CONN "m=audio 4000 RTP/AVP 8\r\n") == 0);
	CHECK_INT(sdp_conclude(&local, &sdp, &outcome), -EBADMSG);
	buf_fini(&text);
}

TEST(sdp_offer_refuses_a_bad_address)
{
	start(narrow, ARRAY_LEN(narrow));
	local.address = STR("1.2.3.4\r\na=x");
	sdp_offer(&local, &text);
	CHECK_INT(text.error, -EINVAL);
	buf_fini(&text);
}

TEST_OOM(sdp_answer_survives_without_memory)
{
	int rc;

	start(narrow, ARRAY_LEN(narrow));
	rc = answer(HEAD "m=audio 4000 RTP/AVP 0\r\n");
	if (rc == 0)
		rc = text.error;
	buf_fini(&text);
	return rc;
}
