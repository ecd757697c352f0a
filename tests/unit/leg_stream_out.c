/* A stream speaks: paced packets, answers that are played, cut, held. */
#include "stream_stage.h"
#include "wire/bytes.h"

TEST(stream_sends_a_packet_every_20_ms)
{
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_SEC(1));
	CHECK_INT(stage.sent_count, 50);
	for (size_t i = 0; i < stage.sent_count; i++) {
		struct rtp_packet k;

		REQUIRE(rtp_parse(stage.sent[i].bytes, stage.sent[i].n, &k) == 0);
		CHECK_INT(k.header.marker, i == 0);
		CHECK_INT(k.payload_bytes, 160);
		CHECK_INT(k.payload[0], 0xff);
		CHECK_INT(stage.sent[i].at - stage.sent[0].at, (usec)i * USEC_MS(20));
		CHECK_INT(k.header.seq - bytes_be16(stage.sent[0].bytes + 2), i);
		CHECK_INT(k.header.timestamp - bytes_be32(stage.sent[0].bytes + 4), i * 160);
		CHECK_INT(stage.sent[i].to.port, 4000);
	}
	stream_close(s);
	stage_close();
}

TEST(stream_loses_what_a_bad_line_loses)
{
	struct stream_params p = stage_params("192.0.2.1", 4000);
	struct stream *s;
	uint16_t last = 0;

	stage_open(NULL);
	CHECK_INT(stream_open(stage.pool, &stage_sink, &s), 0);
	p.loss = 0.1f;
	stream_start(s, &p);
	stage_pass(USEC_SEC(20));
	CHECK(stage.sent_count > 870 && stage.sent_count < 930);
	/* The gaps can be seen by the other side. */
	for (size_t i = stage.sent_count; i > 0; i--)
		if (!stage.sent[i - 1].rtcp) {
			last = bytes_be16(stage.sent[i - 1].bytes + 2);
			break;
		}
	CHECK((uint16_t)(last - bytes_be16(stage.sent[0].bytes + 2)) > 960);
	stream_close(s);
	stage_close();
}

/* Which of its packets left, counted from the first that did. */
static uint64_t left(uint32_t seed)
{
	struct stream_params p = stage_params("192.0.2.1", 4000);
	struct stream *s;
	uint64_t seen = 0;
	uint32_t first = 0;

	stage_open(NULL);
	CHECK_INT(stream_open(stage.pool, &stage_sink, &s), 0);
	p.loss = 0.5f;
	p.loss_seed = seed;
	stream_start(s, &p);
	stage_pass(USEC_MS(1200));
	for (size_t i = 0; i < stage.sent_count; i++) {
		uint32_t at = bytes_be32(stage.sent[i].bytes + 4);

		if (stage.sent[i].rtcp)
			continue;
		first = first ? first : at;
		if ((at - first) / 160 < 40)
			seen |= 1ull << (at - first) / 160;
	}
	stream_close(s);
	stage_close();
	return seen;
}

TEST(stream_loses_the_same_packets_with_the_same_seed)
{
	uint64_t once = left(20);

	CHECK(once != 0);
	CHECK(left(20) == once);
	CHECK(left(21) != once);
}

TEST(stream_counts_from_the_start_of_each_call)
{
	struct leg_stats stats;

	stage_open(NULL);
	for (int i = 0; i < 2; i++) {
		struct stream *s = stage_stream();

		stage_pass(USEC_MS(2500));
		stream_read_stats(s, &stats);
		CHECK_INT(stats.packets_out, 100); /* as of a second ago at most */
		stream_close(s);
		stage_pass(USEC_MS(50));
	}
	stage_close();
}

TEST(stream_ticks_are_spread_over_the_frame)
{
	struct stream *s[10];
	size_t at[20] = {0};

	stage_open(NULL);
	for (int i = 0; i < 10; i++)
		s[i] = stage_stream();
	stage_pass(USEC_MS(100));
	stage.sent_count = 0;
	stage_pass(USEC_MS(20));
	CHECK_INT(stage.sent_count, 10);
	for (size_t i = 0; i < stage.sent_count; i++)
		at[stage.sent[i].at / 1000 % 20]++;
	for (int i = 0; i < 20; i++)
		CHECK(at[i] <= 1);
	for (int i = 0; i < 10; i++)
		stream_close(s[i]);
	stage_close();
}

TEST(stream_plays_and_tells_what_was_heard)
{
	const struct leg_event *played;
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(100));
	stage.sent_count = 0;
	CHECK_INT(stage_play(s, 1, 1000), 1000);
	stage_pass(USEC_MS(20));
	CHECK(stage.sent_count == 1 && stage_loudest(0) > 7500 &&
	      stage.sent[0].bytes[1] == 0x80); /* a talk spurt begins */
	CHECK_INT(stage_count(LEG_EV_PLAYED), 1);
	played = stage_last(LEG_EV_PLAYED);
	CHECK_INT(played->played.heard, 160);
	CHECK_INT(played->played.queued, 840);
	CHECK(!played->played.drained);
	stage_pass(USEC_MS(200));
	played = stage_last(LEG_EV_PLAYED);
	CHECK_INT(played->played.answer, 1);
	CHECK_INT(played->played.heard, 1000);
	CHECK(played->played.drained);
	stream_close(s);
	stage_close();
}

TEST(stream_takes_seconds_of_speech_and_then_asks_for_patience)
{
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	CHECK_INT(stage_play(s, 1, LEG_PLAY_SAMPLES_MAX), STREAM_SOUNDS * LEG_FRAME_SAMPLES);
	CHECK_INT(stage_play(s, 1, 160), 0);
	stage_pass(USEC_SEC(1));
	CHECK(stage_play(s, 1, LEG_PLAY_SAMPLES_MAX) >= 7000);
	stream_close(s);
	stage_close();
}

TEST(stream_cut_is_silence_and_the_truth_about_it)
{
	const struct leg_event *played;
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	CHECK_INT(stage_play(s, 3, 8000), 8000);
	stage_pass(USEC_MS(100));
	stream_cut(s, 3);
	CHECK_INT(stage_play(s, 3, 160), 0);
	stage.sent_count = 0;
	stage_pass(USEC_MS(60));
	for (size_t i = 1; i < stage.sent_count; i++)
		CHECK_INT(stage_loudest(i), 0);
	played = stage_last(LEG_EV_PLAYED);
	CHECK_INT(played->played.answer, 3);
	CHECK(played->played.heard % 160 == 0 && played->played.heard >= 640);
	CHECK(played->played.drained && played->played.queued == 0);
	CHECK_INT(stage_play(s, 4, 160), 160);
	stage_pass(USEC_MS(60));
	CHECK_INT(stage_last(LEG_EV_PLAYED)->played.answer, 4);
	stream_cut(s, 5); /* before it began */
	stage_pass(USEC_MS(5));
	CHECK_INT(stage_last(LEG_EV_PLAYED)->played.answer, 5);
	CHECK_INT(stage_last(LEG_EV_PLAYED)->played.heard, 0);
	stream_close(s);
	stage_close();
}

TEST(stream_on_hold_sends_nothing_and_misses_nobody)
{
	struct stream_params p = stage_params("192.0.2.1", 4000);
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	CHECK_INT(stage_play(s, 1, 1600), 1600);
	stage_pass(USEC_MS(50));
	p.send = p.receive = false;
	stream_start(s, &p);
	stage_pass(USEC_MS(5));
	stage.sent_count = stage.event_count = 0;
	stage_pass(USEC_SEC(20));
	for (size_t i = 0; i < stage.sent_count; i++)
		CHECK(stage.sent[i].rtcp);
	CHECK_INT(stage_count(LEG_EV_SILENT), 0);
	p.send = p.receive = true;
	stream_start(s, &p);
	stage_pass(USEC_SEC(1));
	CHECK_INT(stage_last(LEG_EV_PLAYED)->played.heard, 1600);
	stream_close(s);
	stage_close();
}
