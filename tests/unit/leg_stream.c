/* The life of a stream: opened, recorded, closed, used again; what happens when something runs out. */
#include "base/live.h"
#include "stream_stage.h"

TEST(stream_records_both_sides_and_gives_the_recorder_back)
{
	struct recorder_block b;
	struct recorder *r;
	struct stream *s;
	struct peer p;
	size_t blocks = 0, near = 0, far = 0;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	CHECK_INT(recorder_new(RECORDER_ULAW, &r), 0);
	stream_record(s, r);
	CHECK_INT(stage_play(s, 1, 8000), 8000);
	peer_speak_for(&p, 9000, USEC_SEC(1));
	CHECK(stage.recorded == NULL);
	stream_close(s);
	stage_pass(USEC_MS(5));
	REQUIRE(stage.recorded == r);
	for (; recorder_peek(r, &b); blocks++, recorder_release(r)) {
		near += b.bytes[80] != 0xff || b.bytes[100] != 0xff;
		far += b.bytes[81] != 0xff;
	}
	CHECK(blocks >= 49 && near >= 47 && far >= 49);
	recorder_free(r);
	stage_close();
}

/* The next caller may have the same private address behind another NAT. */
TEST(stream_remembers_nothing_of_the_call_before)
{
	struct peer nat;
	struct leg_stats stats;
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	nat = stage_peer("198.51.100.9", 31000);
	peer_speak_for(&nat, 5000, USEC_MS(200));
	CHECK_INT(stream_send_dtmf(s, STR("123456789")), 0);
	stage_pass(USEC_SEC(6));
	CHECK_INT(stage_count(LEG_EV_SILENT), 1);
	stream_close(s);
	stage_pass(USEC_MS(10));

	stage.sent_count = stage.event_count = 0;
	s = stage_stream();
	stage_pass(USEC_MS(200));
	for (size_t i = 0; i < stage.sent_count; i++) {
		CHECK_INT(stage.sent[i].to.port, 4000);
		CHECK_INT(stage.sent[i].bytes[1] & 0x7f, STAGE_ULAW);
	}
	nat = stage_peer("203.0.113.5", 32000);
	nat.seq = 10;
	peer_speak(&nat, 0);
	nat.seq += 3;
	peer_speak_for(&nat, 0, USEC_MS(100));
	for (size_t i = 0; i < stage.event_count; i++)
		CHECK(stage.events[i].type != LEG_EV_AUDIO || stage.peaks[i] == 0);
	stage_pass(USEC_MS(900));
	stream_read_stats(s, &stats);
	CHECK_INT(stats.refused, 0);
	CHECK_INT(stats.packets_in, 6);
	stage_pass(USEC_SEC(5));
	CHECK_INT(stage_count(LEG_EV_SILENT), 1);
	stream_close(s);
	stage_close();
}

TEST(stream_slots_and_ports_run_out_politely)
{
	struct stream *s[12], *more;
	struct stream_pool_config c;
	long alive = live_total();

	stage_open(NULL);
	for (int i = 0; i < 12; i++)
		REQUIRE(stream_open(stage.pool, &stage_sink, &s[i]) == 0);
	CHECK_INT(stream_open(stage.pool, &stage_sink, &more), -EAGAIN);
	stream_close(s[3]);
	CHECK_INT(stream_open(stage.pool, &stage_sink, &more),
		  -EAGAIN); /* not before the stage.media loop let go */
	stage_pass(USEC_MS(2));
	CHECK_INT(stream_open(stage.pool, &stage_sink, &s[3]), 0);
	CHECK_INT(stream_local(s[3])->port % 2, 0);
	for (int i = 0; i < 12; i++)
		stream_close(s[i]);
	stage_close();
	CHECK_INT(live_total(), alive);
	CHECK_INT(loop_new(LOOP_SIM, 0, &stage.control), 0);
	CHECK_INT(loop_new(LOOP_SIM, 0, &stage.media), 0);
	c = stage_config(NULL);
	c.port_min = 39000;
	c.port_max = 39007;
	REQUIRE(stream_pool_new(&c, &stage.pool) == 0);
	for (int i = 0; i < 4; i++) {
		int rc = stream_open(stage.pool, &stage_sink, &s[i]);

		s[i] = rc == 0 ? s[i] : NULL; /* somebody else may sit in the range */
	}
	CHECK_INT(stream_open(stage.pool, &stage_sink, &more), -EADDRINUSE);
	for (int i = 0; i < 4; i++)
		stream_close(s[i]);
	stage_close();
}

TEST(stream_wishes_survive_a_full_ring)
{
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	for (uint32_t i = 1; i <= 500; i++)
		stream_cut(s, i);
	CHECK_INT(stream_send_dtmf(s, STR("1")), -ENOBUFS);
	stage_pass(USEC_MS(50));
	CHECK_INT(stage_last(LEG_EV_PLAYED)->played.answer, 500);
	stream_close(s);
	stage_close();
}

TEST(stream_tells_nothing_after_it_was_closed)
{
	struct stream *s;
	struct peer p;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	peer_speak(&p, 8000);
	peer_speak(&p, 8000);
	stage.event_count = 0;
	stream_close(s);
	stage_pass(USEC_MS(50));
	CHECK_INT(stage.event_count, 0);
	stage_close();
}

TEST_OOM(stream_pool_survives_no_memory)
{
	struct stream_pool_config c;
	int rc = loop_new(LOOP_SIM, 0, &stage.control);

	stage.pool = NULL;
	if (rc < 0)
		return rc;
	rc = loop_new(LOOP_SIM, 0, &stage.media);
	if (rc == 0) {
		c = stage_config(NULL);
		c.streams = 3;
		rc = stream_pool_new(&c, &stage.pool);
		stream_pool_free(stage.pool);
		loop_free(stage.media);
	}
	loop_free(stage.control);
	return rc;
}
