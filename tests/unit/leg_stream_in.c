/* A stream listens: whom it lets in, what it makes of their packets, when it lowers its voice. */
#include <stdlib.h>

#include "stream_stage.h"

TEST(stream_locks_to_its_source)
{
	struct stream_params moved = stage_params("192.0.2.77", 5000);
	struct peer good, nat, thief;
	struct leg_stats stats;
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	good = stage_peer("192.0.2.1", 4000);
	nat = stage_peer("198.51.100.9", 31000);
	thief = stage_peer("203.0.113.66", 6666);
	peer_speak_for(&nat, 5000, USEC_MS(100)); /* behind a NAT: taken, and answered there */
	CHECK_INT(stage.sent[stage.sent_count - 1].to.port, 31000);
	peer_speak_for(&thief, 5000, USEC_MS(100));
	CHECK_INT(stage.sent[stage.sent_count - 1].to.port, 31000);
	peer_speak_for(&good, 5000, USEC_MS(100)); /* the signalled one claims its own */
	CHECK_INT(stage.sent[stage.sent_count - 1].to.port, 4000);
	peer_speak_for(&nat, 5000, USEC_MS(100));
	CHECK_INT(stage.sent[stage.sent_count - 1].to.port, 4000);
	stage_pass(USEC_SEC(1));
	stream_read_stats(s, &stats);
	CHECK_INT(stats.refused, 10);
	CHECK_INT(stats.packets_in, 10);
	stream_start(s, &moved); /* a re-INVITE */
	stage_pass(USEC_MS(20));
	good.from = stage_params("192.0.2.77", 5000).remote;
	peer_speak_for(&good, 5000, USEC_MS(40));
	CHECK_INT(stage.sent[stage.sent_count - 1].to.port, 5000);
	CHECK_STR(str_from(stats.codec), "PCMU");
	stream_close(s);
	stage_close();
}

/* RFC 2543 holds a call by saying that it is nowhere. */
TEST(stream_stays_locked_when_held_by_the_zero_address)
{
	struct stream_params p = stage_params("0.0.0.0", 4000);
	struct peer nat, thief;
	struct leg_stats stats;
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	nat = stage_peer("198.51.100.9", 31000);
	thief = stage_peer("203.0.113.66", 6666);
	peer_speak_for(&nat, 5000, USEC_MS(100));
	p.send = false;
	stream_start(s, &p);
	stage.sent_count = 0;
	peer_speak_for(&thief, 5000, USEC_MS(100));
	stage_pass(USEC_SEC(10));
	for (size_t i = 0; i < stage.sent_count; i++)
		CHECK_INT(stage.sent[i].to.port, 31001); /* reports go on */
	stream_read_stats(s, &stats);
	CHECK_INT(stats.refused, 5);
	p = stage_params("192.0.2.1", 4000);
	stream_start(s, &p);
	stage_pass(USEC_MS(40));
	CHECK_INT(stage.sent[stage.sent_count - 1].to.port, 31000);
	stream_close(s);
	stage_close();
}

TEST(stream_hears_a_frame_every_20_ms_whatever_the_line_does)
{
	struct leg_stats stats;
	struct stream *s;
	struct peer p;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	for (int i = 0; i < 50; i++) {
		if (i % 10 == 5) { /* lost */
			p.seq++;
			p.timestamp += 160;
		} else {
			peer_speak(&p, 6000);
		}
		stage_pass(USEC_MS(20));
	}
	CHECK(stage_count(LEG_EV_AUDIO) >= 49 && stage_count(LEG_EV_AUDIO) <= 51);
	stage.event_count = 0;
	stage_pass(USEC_SEC(1)); /* the sender pauses */
	CHECK(stage_count(LEG_EV_AUDIO) >= 47);
	stream_read_stats(s, &stats);
	CHECK_INT(stats.concealed, 5);
	CHECK_INT(stats.lost, 5);
	stream_close(s);
	stage_close();
}

TEST(stream_takes_comfort_noise_for_what_it_is)
{
	static const uint8_t noise[] = {60};
	struct leg_stats stats;
	struct stream *s;
	struct peer p, other;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	other = stage_peer("203.0.113.66", 6666);
	peer_send(&other, 13, noise, 1, 0); /* locks nobody in */
	p = stage_peer("192.0.2.1", 4000);
	for (int i = 0; i < 10; i++) {
		peer_speak_for(&p, 3000, USEC_MS(100));
		peer_send(&p, 13, noise, 1, p.timestamp);
		stage_pass(USEC_MS(20));
	}
	stage_pass(USEC_SEC(1));
	stream_read_stats(s, &stats);
	CHECK_INT(stats.concealed, 0);
	CHECK_INT(stats.lost, 0);
	CHECK_INT(stats.packets_in, 60);
	stream_close(s);
	stage_close();
}

TEST(stream_says_once_that_the_peer_is_gone)
{
	struct stream *s;
	struct peer p;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	peer_speak_for(&p, 100, USEC_MS(100));
	stage_pass(USEC_SEC(12));
	CHECK_INT(stage_count(LEG_EV_SILENT), 1);
	peer_speak_for(&p, 100, USEC_MS(20));
	stage_pass(USEC_SEC(6));
	CHECK_INT(stage_count(LEG_EV_SILENT), 2);
	stream_close(s);
	stage_close();
}

TEST(stream_ducks_when_the_caller_speaks)
{
	usec onset;
	struct stream *s;
	struct peer p;

	stage_open(NULL);
	s = stage_stream();
	stream_set_reflex(s, LEG_REFLEX_DUCK);
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	peer_speak_for(&p, 0, USEC_MS(400));
	CHECK(stage_play(s, 1, 16000) == 16000);
	peer_speak_for(&p, 0, USEC_MS(200));
	onset = loop_now(stage.media);
	peer_speak_for(&p, 8000, USEC_MS(200));
	CHECK_INT(stage_count(LEG_EV_SPEECH), 1);
	CHECK_INT(stage_count(LEG_EV_DUCKED), 1);
	CHECK(stage_last(LEG_EV_SPEECH)->speech.speaking);
	CHECK(llabs(stage_last(LEG_EV_SPEECH)->at - onset) <= USEC_MS(20));
	for (size_t i = 0; i < stage.sent_count; i++)
		if (stage.sent[i].at >= onset + USEC_MS(100))
			CHECK(stage_loudest(i) < 1200);
	stream_duck(s, false);
	peer_speak_for(&p, 0, USEC_MS(60));
	CHECK(stage_loudest(stage.sent_count - 1) > 7500);
	peer_speak_for(&p, 0, USEC_MS(500));
	CHECK_INT(stage_count(LEG_EV_SPEECH), 2);
	CHECK(!stage_last(LEG_EV_SPEECH)->speech.speaking);
	CHECK(llabs(stage_last(LEG_EV_SPEECH)->at - onset - USEC_MS(200)) <= USEC_MS(40));
	stream_close(s);
	stage_close();
}

TEST(stream_speaks_up_again_after_a_cut)
{
	struct stream *s;

	stage_open(NULL);
	s = stage_stream();
	CHECK_INT(stage_play(s, 1, 3200), 3200);
	stream_duck(s, true);
	stage_pass(USEC_MS(100));
	CHECK(stage_loudest(stage.sent_count - 1) < 1200);
	stream_cut(s, 1);
	CHECK_INT(stage_play(s, 2, 1600), 1600);
	stage_pass(USEC_MS(60));
	CHECK(stage_loudest(stage.sent_count - 1) > 7500);
	stream_close(s);
	stage_close();
}

TEST(stream_does_not_duck_an_uninterruptible_phrase_nor_before_its_own_echo)
{
	struct stream *s;
	struct peer p;

	stage_open(NULL);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	CHECK(stage_play(s, 1, 16000) == 16000);
	peer_speak_for(&p, 0, USEC_MS(200));
	peer_speak_for(&p, 8000, USEC_MS(200));
	CHECK_INT(stage_count(LEG_EV_SPEECH), 1);
	CHECK_INT(stage_count(LEG_EV_DUCKED), 0);
	stream_cut(s, 1);
	peer_speak_for(&p, 0, USEC_MS(1000));
	stream_set_reflex(s, LEG_REFLEX_DUCK);
	stage.event_count = 0;
	CHECK(stage_play(s, 2, 16000) == 16000);
	peer_speak_for(&p, 0, USEC_MS(150));
	peer_speak_for(&p, 800, USEC_MS(1000)); /* 20 dB below our voice */
	CHECK_INT(stage_count(LEG_EV_SPEECH), 0);
	CHECK_INT(stage_count(LEG_EV_DUCKED), 0);
	stream_close(s);
	stage_close();
}

/* ---- the detector's line ---- */

static struct detect_link line;
static int woken;

static void on_windows(void *arg)
{
	(void)arg;
	woken++;
}

TEST(stream_asks_the_detector_only_while_the_gate_is_open)
{
	const struct detect_window *w;
	struct stream *s;
	struct peer p;
	size_t windows = 0;

	CHECK_INT(detect_link_init(&line, 12, on_windows, NULL), 0);
	stage_open(&line);
	s = stage_stream();
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	peer_speak_for(&p, 10, USEC_SEC(1));
	CHECK_INT(ring_count(&line.windows), 0);
	peer_speak_for(&p, 8000, USEC_MS(320));
	CHECK(woken > 0);
	CHECK_INT(stage_count(LEG_EV_SPEECH), 0); /* nobody has said so */
	for (; (w = ring_peek(&line.windows)); windows++) {
		struct detect_verdict v = {w->stream, w->generation, w->at,
					   windows > DETECT_BEFORE ? 0.9f : 0.1f};

		CHECK_INT(w->begins, windows == 0);
		CHECK(!w->has_far);
		CHECK_INT(ring_push(&line.verdicts, &v), 0);
		ring_release(&line.windows);
	}
	CHECK(windows >= DETECT_BEFORE + 9 && windows <= DETECT_BEFORE + 11);
	loop_wake(stage.media);
	stage_pass(USEC_MS(2));
	CHECK_INT(stage_count(LEG_EV_SPEECH), 1);
	peer_speak_for(&p, 10, USEC_SEC(1));
	CHECK_INT(stage_count(LEG_EV_SPEECH), 2); /* the shut gate is quiet enough */
	stream_close(s);
	stage_pass(USEC_MS(5));
	while (ring_peek(&line.windows))
		ring_release(&line.windows);
	stage.event_count = 0;
	s = stage_stream(); /* the successor in the same slot */
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	peer_speak_for(&p, 8000, USEC_MS(100));
	CHECK_INT(ring_push(&line.verdicts, &(struct detect_verdict){0, 1, loop_now(stage.media), 1}), 0);
	loop_wake(stage.media);
	stage_pass(USEC_MS(2));
	CHECK_INT(stage_count(LEG_EV_SPEECH), 0); /* that was about the other one */
	stream_close(s);
	stage_close();
	detect_link_fini(&line);
}

/* Packets of our voice since `from` that are below, and at, their usual volume. */
static void count_volume(usec from, int *ret_low, int *ret_full)
{
	*ret_low = *ret_full = 0;
	for (size_t i = 0; i < stage.sent_count; i++) {
		if (stage.sent[i].at < from || stage.sent[i].rtcp)
			continue;
		*ret_low += stage_loudest(i) < 1200;
		*ret_full += stage_loudest(i) > 7500;
	}
}

TEST(stream_lowers_its_voice_for_a_sound_and_raises_it_when_that_was_all)
{
	struct stream *s;
	struct peer p;
	int low, full;
	usec onset;

	CHECK_INT(detect_link_init(&line, 12, on_windows, NULL), 0);
	stage_open(&line);
	s = stage_stream();
	stream_set_reflex(s, LEG_REFLEX_DUCK);
	stage_pass(USEC_MS(20));
	p = stage_peer("192.0.2.1", 4000);
	CHECK(stage_play(s, 1, 16000) == 16000);
	peer_speak_for(&p, 0, USEC_MS(300));
	onset = loop_now(stage.media);
	peer_speak_for(&p, 8000, USEC_MS(120));
	count_volume(onset + USEC_MS(70), &low, &full);
	CHECK(low > 0);
	CHECK_INT(full, 0);
	peer_speak_for(&p, 0, USEC_MS(400));
	count_volume(onset + USEC_MS(320), &low, &full);
	CHECK_INT(low, 0);
	CHECK(full > 0);
	CHECK_INT(stage_count(LEG_EV_DUCKED) + stage_count(LEG_EV_SPEECH), 0); /* nobody was told */
	stream_close(s);
	stage_close();
	detect_link_fini(&line);
}
