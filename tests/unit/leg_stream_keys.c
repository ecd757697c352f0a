/* Keys and reports of a stream. */
#include <stdlib.h>

#include "stream_stage.h"
#include "wire/bytes.h"

TEST(stream_keys_go_both_ways)
{
	static const uint8_t key5[] = {5, 0x0a, 0x03, 0x20}, end5[] = {5, 0x8a, 0x06, 0x40};
	struct stream *s;
	struct peer p;
	size_t ends = 0, keys = 0;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	peer_send(&p, STAGE_KEY, key5, 4, 77);
	for (int i = 0; i < 3; i++)
		peer_send(&p, STAGE_KEY, end5, 4, 77);
	stage_pass(USEC_MS(5));
	CHECK_INT(stage_count(LEG_EV_DTMF), 1);
	CHECK_INT(stage_last(LEG_EV_DTMF)->dtmf.digit, '5');
	CHECK_INT(stage_last(LEG_EV_DTMF)->dtmf.duration, USEC_MS(200));
	CHECK_INT(stream_send_dtmf(s, STR("12x")), -EINVAL);
	CHECK_INT(stream_send_dtmf(s, STR("")), -EINVAL);
	CHECK_INT(stream_send_dtmf(s, STR("1,#")), 0);
	stage.sent_count = 0;
	stage_pass(USEC_SEC(2));
	for (size_t i = 0; i < stage.sent_count; i++) {
		const uint8_t *payload = stage.sent[i].bytes + RTP_HEADER_BYTES;

		if ((stage.sent[i].bytes[1] & 0x7f) != STAGE_KEY)
			continue;
		keys++;
		ends += payload[1] >> 7;
		CHECK(payload[0] == 1 || payload[0] == 11);
	}
	CHECK_INT(ends, 6);
	CHECK(keys >= 8);
	stream_close(s);
	stage_close();
}

/* Some gateways mix the key's packets between those of the voice, from a source of its own. */
TEST(stream_hears_a_key_of_another_source_once)
{
	static const uint8_t on[] = {5, 10, 0, 160}, off[] = {5, 10 | 0x80, 3, 32};
	struct peer voice, keys;
	struct leg_stats stats;
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	voice = keys = stage_peer("192.0.2.1", 4000);
	keys.ssrc = 77;
	for (int i = 0; i < 6; i++) {
		peer_send(&keys, STAGE_KEY, i < 3 ? on : off, 4, 500);
		peer_speak_for(&voice, 3000, USEC_MS(20));
	}
	CHECK_INT(stage_count(LEG_EV_DTMF), 1);
	CHECK_INT(stage_last(LEG_EV_DTMF)->dtmf.digit, '5');
	stage_pass(USEC_SEC(1));
	stream_read_stats(s, &stats);
	CHECK_INT(stats.packets_in, 12);
	CHECK_INT(stats.lost, 0);
	stream_close(s);
	stage_close();
}

TEST(stream_reports_and_measures_the_round_trip)
{
	struct rtcp_compound back = {.ssrc = 0xabcdef01, .block_count = 1}, c = {0};
	struct leg_stats stats;
	struct sockaddr_storage sa;
	struct stream *s;
	struct peer p;
	uint8_t bytes[200];
	size_t n, reports = 0;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	peer_speak_for(&p, 1000, USEC_SEC(15));
	for (size_t i = 0; i < stage.sent_count; i++) {
		if (!stage.sent[i].rtcp)
			continue;
		REQUIRE(rtcp_parse(stage.sent[i].bytes, stage.sent[i].n, &c) == 0);
		CHECK_INT(stage.sent[i].to.port, 4001);
		CHECK(c.is_sender && c.block_count == 1 && c.blocks[0].ssrc == 0xabcdef01);
		reports++;
	}
	CHECK_INT(reports, 3);
	back.blocks[0] = (struct rtcp_block){
		.ssrc = c.ssrc,
		.last_sr = (uint32_t)(c.ntp >> 16),
		.delay_since_sr = (uint32_t)(rtcp_ntp(loop_now(stage.media) - USEC_MS(30)) >> 16) -
				  (uint32_t)(c.ntp >> 16)};
	REQUIRE(rtcp_print(&back, bytes, sizeof(bytes), &n) == 0);
	stream_in_rtcp(p.m, loop_now(stage.media), bytes, n, &sa, addr_to_sockaddr(&p.from, &sa));
	stage_pass(USEC_SEC(2));
	stream_read_stats(s, &stats);
	CHECK(llabs(stats.round_trip - USEC_MS(30)) < 1000);
	stream_close(s);
	stage.sent_count = 0;
	stage_pass(USEC_MS(5));
	REQUIRE(stage.sent_count == 1 && rtcp_parse(stage.sent[0].bytes, stage.sent[0].n, &c) == 0);
	CHECK(c.bye);
	stage_close();
}
