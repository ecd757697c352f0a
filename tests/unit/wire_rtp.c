/* RTP, RTCP and telephone events: vectors, refusals, and what survives loss. */
#include <stdlib.h>

#include "test.h"
#include "wire/dtmf.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		char digits[3] = {hex[0], hex[1], 0};

		out[n++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

TEST(rtp_parses_what_rfc3550_draws)
{
	static const struct {
		const char *hex;
		int rc;
		size_t payload_at, payload_bytes, extension_bytes;
	} rows[] = {
		{"80000001000000a011223344", 0, 12, 0, 0},
		{"80000001000000a011223344ff7f", 0, 12, 2, 0},
		{"81000001000000a011223344aaaaaaaaff", 0, 16, 1, 0},
		{"90000001000000a011223344bede0001deadbeefff", 0, 20, 1, 4},
		{"90000001000000a011223344bede0000ff", 0, 16, 1, 0},
		{"a0000001000000a011223344ff0002", 0, 12, 1, 0},
		{"a0000001000000a01122334401", 0, 12, 0, 0},
		{"80000001000000a0112233", -EBADMSG, 0, 0, 0},           /* short */
		{"40000001000000a011223344", -EBADMSG, 0, 0, 0},         /* version 1 */
		{"82000001000000a011223344aaaaaaaa", -EBADMSG, 0, 0, 0}, /* one source of two */
		{"90000001000000a011223344bede", -EBADMSG, 0, 0, 0},     /* half a head */
		{"90000001000000a011223344bede0002deadbeef", -EBADMSG, 0, 0, 0},
		{"a0000001000000a011223344", -EBADMSG, 0, 0, 0},     /* padding of nothing */
		{"a0000001000000a01122334400", -EBADMSG, 0, 0, 0},   /* padding of 0 */
		{"a0000001000000a0112233440003", -EBADMSG, 0, 0, 0}, /* more than there is */
		{"80c80001000000a011223344", -EBADMSG, 0, 0, 0},     /* RTCP */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t bytes[64];
		size_t n = unhex(rows[i].hex, bytes);
		struct rtp_packet k = {0};

		CHECK_INT(rtp_parse(bytes, n, &k), rows[i].rc);
		if (rows[i].rc < 0)
			continue;
		CHECK_INT(k.header.seq, 1);
		CHECK_INT(k.header.timestamp, 160);
		CHECK_INT(k.header.ssrc, 0x11223344);
		CHECK_INT(k.payload - bytes, rows[i].payload_at);
		CHECK_INT(k.payload_bytes, rows[i].payload_bytes);
		CHECK_INT(k.extension_bytes, rows[i].extension_bytes);
	}
}

TEST(rtp_prints_the_vector_and_reads_itself_back)
{
	struct rtp_header h = {.marker = true, .seq = 1, .timestamp = 160, .ssrc = 0x11223344};
	uint8_t want[RTP_HEADER_BYTES], got[RTP_HEADER_BYTES];
	struct rtp_packet k;

	unhex("80800001000000a011223344", want);
	rtp_print(&h, got);
	CHECK(memcmp(want, got, sizeof(got)) == 0);
	REQUIRE(rtp_parse(got, sizeof(got), &k) == 0);
	CHECK(k.header.marker);
	CHECK_INT(rtp_seq_ahead(2, 65535), 3);
	CHECK_INT(rtp_seq_ahead(65535, 2), -3);
}

static const struct rtcp_compound full = {
	.ssrc = 0x01020304,
	.is_sender = true,
	.ntp = 0x1122334455667788,
	.timestamp = 8000,
	.packets = 50,
	.octets = 8000,
	.block_count = 2,
	.blocks = {{.ssrc = 7,
		    .fraction_lost = 64,
		    .cumulative_lost = -3,
		    .highest_seq = 0x10005,
		    .jitter = 9,
		    .last_sr = 0x33445566,
		    .delay_since_sr = 0x8000},
		   {.ssrc = 8, .cumulative_lost = 0x7fffff}},
	.cname = STR_INIT("offhook@192.0.2.1"),
	.bye = true,
};

TEST(rtcp_reads_back_what_it_prints)
{
	uint8_t bytes[RTCP_PACKET_BYTES];
	struct rtcp_compound c;
	size_t n = 0;

	REQUIRE(rtcp_print(&full, bytes, sizeof(bytes), &n) == 0);
	CHECK_INT(n % 4, 0);
	REQUIRE(rtcp_parse(bytes, n, &c) == 0);
	CHECK(c.is_sender && c.bye);
	CHECK(c.ntp == full.ntp);
	CHECK_INT(c.block_count, 2);
	CHECK(memcmp(c.blocks, full.blocks, sizeof(c.blocks[0]) * 2) == 0);
	CHECK_STR(c.cname, "offhook@192.0.2.1");
	CHECK_INT(rtcp_print(&full, bytes, n - 1, &n), -EMSGSIZE);
}

TEST(rtcp_refuses_every_cut_and_what_it_cannot_believe)
{
	static const char *const bad[] = {
		"",
		"80c80006",                                 /* shorter than it says */
		"80ca0001000000010000",                     /* SDES first */
		"81c900010000000180000000",                 /* one block promised, none there */
		"80c900010000000181ca00020000000101ff6161", /* then SDES whose item runs out of the packet */
		"a0c900010000000180cb000000000000",         /* padding before the last packet */
	};
	uint8_t bytes[RTCP_PACKET_BYTES];
	struct rtcp_compound c;
	size_t n = 0, whole = 0;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(rtcp_parse(bytes, unhex(bad[i], bytes), &c), -EBADMSG);
	REQUIRE(rtcp_print(&full, bytes, sizeof(bytes), &n) == 0);
	for (size_t cut = 0; cut < n; cut++)
		whole += rtcp_parse(bytes, cut, &c) == 0; /* between two packets it still is a compound */
	CHECK_INT(whole, 2);
}

TEST(rtcp_counts_losses_across_the_wrap)
{
	struct rtcp_source s = {0};
	struct rtcp_block b;
	uint32_t ts = 0;

	for (unsigned i = 0; i < 100; i++, ts += 160) {
		uint16_t seq = (uint16_t)(65500 + i);

		if (i % 10 != 5)
			CHECK_INT(rtcp_source_packet(&s, seq, ts, ts + 7), 0);
	}
	CHECK_INT(rtcp_source_lost(&s), 10);
	rtcp_source_block(&s, 1, 0, &b);
	CHECK_INT(b.highest_seq, 0x10000 + (65599 - 65536));
	CHECK_INT(b.cumulative_lost, 10);
	CHECK_INT(b.fraction_lost, 25);
	CHECK_INT(b.jitter, 0);
	rtcp_source_block(&s, 1, 0, &b);
	CHECK_INT(b.fraction_lost, 0);
	CHECK_INT(b.cumulative_lost, 10);
}

TEST(rtcp_follows_a_restart_after_two_packets_only)
{
	struct rtcp_source s = {0};

	CHECK_INT(rtcp_source_packet(&s, 100, 0, 0), 0);
	CHECK_INT(rtcp_source_packet(&s, 30000, 0, 0), -ERANGE);
	CHECK_INT(rtcp_source_packet(&s, 101, 160, 160), 0);
	CHECK_INT(rtcp_source_packet(&s, 40000, 0, 0), -ERANGE);
	CHECK_INT(rtcp_source_packet(&s, 40001, 160, 160), 0);
	CHECK_INT(rtcp_source_lost(&s), 0);
}

TEST(rtcp_jitter_settles_on_the_mean_deviation)
{
	struct rtcp_source s = {0};
	struct rtcp_block b;
	uint32_t ts = 0;

	for (unsigned i = 0; i < 1000; i++, ts += 160)
		CHECK_INT(rtcp_source_packet(&s, (uint16_t)i, ts, ts + (i % 2 ? 80 : 0)), 0);
	rtcp_source_block(&s, 1, 0, &b);
	CHECK(b.jitter >= 78 && b.jitter <= 81);
}

TEST(rtcp_round_trip_from_the_peers_block)
{
	usec sent = USEC_SEC(1000), held = USEC_MS(300), now = sent + held + USEC_MS(42), rtt = 0;
	struct rtcp_block b = {.last_sr = (uint32_t)(rtcp_ntp(sent) >> 16),
			       .delay_since_sr = (uint32_t)(rtcp_ntp(held) >> 16)};

	CHECK(rtcp_round_trip(&b, now, &rtt));
	CHECK(rtt >= USEC_MS(42) - 50 && rtt <= USEC_MS(42) + 50);
	CHECK(!rtcp_round_trip(&b, sent, &rtt)); /* would be negative */
	b.last_sr = 0;
	CHECK(!rtcp_round_trip(&b, now, &rtt));
}

/* ---- telephone events ---- */

struct heard {
	char log[128];
	size_t n;
};

static void note(struct heard *h, const struct dtmf_report *r, int count)
{
	for (int i = 0; i < count; i++)
		h->n += (size_t)snprintf(h->log + h->n, sizeof(h->log) - h->n,
					 r[i].kind == DTMF_STARTED ? "+%c " : "-%c%u ", r[i].key, r[i].units);
}

static void feed(struct dtmf_receiver *r, struct heard *h, uint32_t ts, const char *hex, usec now)
{
	struct dtmf_report reports[DTMF_EVENTS_MAX];
	uint8_t bytes[16];
	size_t n = unhex(hex, bytes);
	int count = dtmf_receiver_packet(r, ts, bytes, n, now, reports);

	CHECK(count >= 0);
	note(h, reports, count);
}

TEST(dtmf_reads_events_whatever_is_lost)
{
	/* packets: "timestamp payload", separated by commas */
	static const struct {
		const char *packets, *want;
	} rows[] = {
		{"0 050a00a0,0 050a0190,0 058a0640,0 058a0640,0 058a0640", "+5 -51600 "},
		{"0 058a0640,0 058a0640", "+5 -51600 "},                          /* only ends came */
		{"0 050a00a0,2000 060a00a0,2000 068a0320", "+5 -5160 +6 -6800 "}, /* end lost */
		{"0 058a0640,2000 058a0640", "+5 -51600 +5 -51600 "},             /* the same key twice */
		{"0 058a0640,2000 068a0640,0 058a0640", "+5 -51600 +6 -61600 "},  /* a straggler */
		{"900000 058a0640,1000 068a0640,1000 068a0640", "+5 -51600 +6 -61600 "}, /* another clock */
		{"0 050a0190,0 050a00a0,0 058a0190", "+5 -5400 "},                       /* out of order */
		{"0 050affff,65535 050a00a0,65535 058a0640", "+5 -567135 "}, /* longer than 0xffff */
		{"0 100a00a0,0 108a00a0", "+! -!160 "},
		{"0 0c8a00a0,1000 0f8a00a0,2000 0b8a00a0", "+A -A160 +D -D160 +# -#160 "},
		{"0 208a00a0", ""}, /* a fax tone is no key */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dtmf_receiver r = {0};
		struct heard h = {0};
		struct str rest = str_from(rows[i].packets);

		while (!str_empty(rest)) {
			struct str packet = str_cut(&rest, ','), hex = packet;
			int64_t ts = 0;
			char text[16];

			CHECK_INT(str_to_int(str_word(&hex), 0, UINT32_MAX, &ts), 0);
			str_copy(str_trim(hex), text, sizeof(text));
			feed(&r, &h, (uint32_t)ts + 0xfffff000u, text, 0);
		}
		CHECK_STR(str_from(h.log), rows[i].want);
	}
}

TEST(dtmf_closes_an_event_whose_end_never_comes)
{
	struct dtmf_receiver r = {0};
	struct dtmf_report report, reports[DTMF_EVENTS_MAX];
	struct heard h = {0};

	feed(&r, &h, 100, "050a00a0", 0);
	CHECK_INT(dtmf_receiver_tick(&r, DTMF_LOST_AFTER - 1, &report), 0);
	CHECK_INT(dtmf_receiver_tick(&r, DTMF_LOST_AFTER, &report), 1);
	note(&h, &report, 1);
	feed(&r, &h, 100, "058a00f0", DTMF_LOST_AFTER + 1); /* the end after all: said already */
	CHECK_STR(str_from(h.log), "+5 -5160 ");
	CHECK_INT(dtmf_receiver_packet(&r, 0, (const uint8_t *)"\5\0", 2, 0, reports), -EBADMSG);
}

TEST(dtmf_sends_updates_every_50_ms_and_three_ends)
{
	struct dtmf_sender s = {0};
	struct dtmf_receiver r = {0};
	struct heard h = {0};
	struct dtmf_packet packet;
	int sent = 0, ticks = 0, markers = 0;

	CHECK_INT(dtmf_sender_start(&s, 'x', 800, 8000), -EINVAL);
	CHECK_INT(dtmf_sender_start(&s, '7', 0x10000, 8000), -EINVAL);
	CHECK_INT(dtmf_sender_tick(&s, 160, &packet), 0);
	REQUIRE(dtmf_sender_start(&s, 'd', 1600, 8000) == 0);
	CHECK_INT(dtmf_sender_start(&s, '7', 800, 8000), -EBUSY);
	for (; dtmf_sender_busy(&s); ticks++) {
		struct dtmf_report reports[DTMF_EVENTS_MAX];

		if (!dtmf_sender_tick(&s, 160, &packet))
			continue;
		sent++;
		markers += packet.marker;
		note(&h, reports, dtmf_receiver_packet(&r, 5, packet.payload, 4, 0, reports));
	}
	CHECK_STR(str_from(h.log), "+D -D1600 ");
	CHECK_INT(ticks, 12); /* 200 ms and two repeated ends */
	CHECK_INT(sent, 4 + 3);
	CHECK_INT(markers, 1);
}
