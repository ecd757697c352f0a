/* A whole stream on two simulated loops: the test is the network, the clock and the detector. */
#include <math.h>
#include <stdlib.h>

#include "base/live.h"
#include "leg/stream_media.h"
#include "media/g711.h"
#include "test.h"
#include "wire/bytes.h"

#define EVENTS_MAX 4000
#define SENT_MAX   4000
#define ULAW       0
#define EVENT_TYPE 101

static struct loop *control, *media;
static struct stream_pool *pool;
static struct stream_hub *hub;
static struct detect_link line;

static struct leg_event events[EVENTS_MAX];
static int event_peak[EVENTS_MAX]; /* of LEG_EV_AUDIO */
static size_t event_count;
static struct recorder *recorded;

static struct {
	usec at;
	uint8_t bytes[200];
	size_t n;
	struct addr to;
	bool rtcp;
} sent[SENT_MAX];
static size_t sent_count;

static int peak_of(const int16_t pcm[LEG_FRAME_SAMPLES])
{
	int peak = 0;

	for (size_t i = 0; i < LEG_FRAME_SAMPLES; i++)
		peak = MAX(peak, abs(pcm[i]));
	return peak;
}

static void on_event(void *arg, const struct leg_event *ev)
{
	(void)arg;
	if (event_count == EVENTS_MAX)
		return;
	event_peak[event_count] = ev->type == LEG_EV_AUDIO ? peak_of(ev->audio.pcm) : 0;
	events[event_count++] = *ev;
}

static void on_recorded(void *arg, struct recorder *r)
{
	(void)arg;
	recorded = r;
}

static const struct stream_sink sink = {on_event, on_recorded, NULL};

static void capture(int fd, const void *bytes, size_t n, const struct sockaddr_storage *to, socklen_t to_n)
{
	(void)fd;
	(void)to_n;
	if (sent_count == SENT_MAX || n > sizeof(sent->bytes))
		return;
	sent[sent_count].at = loop_now(media);
	sent[sent_count].n = n;
	sent[sent_count].to = addr_from_sockaddr(to);
	sent[sent_count].rtcp = rtp_is_rtcp(bytes, n);
	memcpy(sent[sent_count++].bytes, bytes, n);
}

static struct addr ip(const char *text, uint16_t port)
{
	struct addr a = {0};

	CHECK_INT(addr_parse(str_from(text), port, &a), 0);
	return a;
}

static struct stream_pool_config config_of(struct detect_link *d)
{
	return (struct stream_pool_config){
		.control = control,
		.media = media,
		.streams = 12,
		.bind = ip("127.0.0.1", 0),
		.media_timeout = USEC_SEC(5),
		.duck_db = -18,
		.reflex = &reflex_hysteresis,
		.reflex_config = &reflex_hysteresis_default,
		.detect = d,
	};
}

static void setup(struct detect_link *d)
{
	struct stream_pool_config c;

	event_count = sent_count = 0;
	recorded = NULL;
	CHECK_INT(loop_new(LOOP_SIM, USEC_SEC(100), &control), 0);
	CHECK_INT(loop_new(LOOP_SIM, USEC_SEC(100), &media), 0);
	c = config_of(d);
	CHECK_INT(stream_pool_new(&c, &pool), 0);
	hub = stream_pool_hub(pool);
	hub->send = capture;
}

static void pass(usec span)
{
	for (usec end = loop_now(media) + span; loop_now(media) < end;) {
		loop_advance(media, USEC_MS(1));
		loop_advance(control, USEC_MS(1));
	}
}

static void teardown(void)
{
	pass(USEC_MS(10));
	CHECK_INT(stream_pool_open(pool), 0);
	pool = stream_pool_free(pool);
	control = loop_free(control);
	media = loop_free(media);
}

static struct stream_params params_to(const char *where, uint16_t port)
{
	return (struct stream_params){
		.codec = codec_find_static(ULAW),
		.send_type = ULAW,
		.recv_type = ULAW,
		.event_send_type = EVENT_TYPE,
		.event_recv_type = EVENT_TYPE,
		.remote = ip(where, port),
		.remote_rtcp = ip(where, (uint16_t)(port + 1)),
		.send = true,
		.receive = true,
	};
}

static struct stream *open_started(void)
{
	struct stream_params p = params_to("192.0.2.1", 4000);
	struct stream *s = NULL;

	CHECK_INT(stream_open(pool, &sink, &s), 0);
	stream_start(s, &p);
	return s;
}

/* ---- the other side ---- */

struct peer {
	struct stream_media *m;
	uint32_t ssrc;
	struct addr from;
	uint16_t seq;
	uint32_t timestamp;
	double phase;
};

static struct peer peer_of(struct stream *s, const char *where, uint16_t port)
{
	(void)s;
	return (struct peer){.m = &hub->streams[0],
			     .from = ip(where, port),
			     .ssrc = 0xabcdef01,
			     .seq = 65530,
			     .timestamp = 1000};
}

static void arrive(struct peer *p, uint8_t type, const uint8_t *payload, size_t n, uint32_t timestamp)
{
	struct rtp_header h = {false, type, p->seq++, timestamp, p->ssrc};
	struct sockaddr_storage sa;
	socklen_t sa_n = addr_to_sockaddr(&p->from, &sa);
	uint8_t bytes[300];

	rtp_print(&h, bytes);
	memcpy(bytes + RTP_HEADER_BYTES, payload, n);
	stream_in_rtp(p->m, loop_now(media), bytes, RTP_HEADER_BYTES + n, &sa, sa_n);
}

/* One frame of a 300 Hz tone. */
static void speak(struct peer *p, double amplitude)
{
	uint8_t payload[LEG_FRAME_SAMPLES];
	int16_t pcm[LEG_FRAME_SAMPLES];

	for (size_t i = 0; i < LEG_FRAME_SAMPLES; i++, p->phase += 2 * M_PI * 300 / 8000)
		pcm[i] = (int16_t)lrint(amplitude * sin(p->phase));
	g711_ulaw_encode(pcm, LEG_FRAME_SAMPLES, payload);
	arrive(p, ULAW, payload, sizeof(payload), p->timestamp);
	p->timestamp += LEG_FRAME_SAMPLES;
}

static void speak_for(struct peer *p, double amplitude, usec span)
{
	for (; span > 0; span -= USEC_MS(20)) {
		speak(p, amplitude);
		pass(USEC_MS(20));
	}
}

static size_t count_events(enum leg_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < event_count; i++)
		n += events[i].type == type;
	return n;
}

static const struct leg_event *last_event(enum leg_event_type type)
{
	static const struct leg_event none = {.type = LEG_EV_COUNT_};

	for (size_t i = event_count; i > 0; i--)
		if (events[i - 1].type == type)
			return &events[i - 1];
	return &none;
}

/* The loudest sample of RTP packet i. */
static int loudest(size_t i)
{
	int16_t pcm[LEG_FRAME_SAMPLES];

	g711_ulaw_decode(sent[i].bytes + RTP_HEADER_BYTES, LEG_FRAME_SAMPLES, pcm);
	return peak_of(pcm);
}

static int play(struct stream *s, uint32_t answer, size_t samples)
{
	static int16_t pcm[LEG_PLAY_SAMPLES_MAX];

	for (size_t i = 0; i < samples; i++)
		pcm[i] = (int16_t)(i % 8 < 4 ? 8000 : -8000);
	return stream_play(s, answer, pcm, samples);
}

/* ---- pacing and playing ---- */

TEST(stream_sends_a_packet_every_20_ms)
{
	struct stream *s;

	setup(NULL);
	s = open_started();
	pass(USEC_SEC(1));
	CHECK_INT(sent_count, 50);
	for (size_t i = 0; i < sent_count; i++) {
		struct rtp_packet k;

		REQUIRE(rtp_parse(sent[i].bytes, sent[i].n, &k) == 0);
		CHECK_INT(k.header.marker, i == 0);
		CHECK_INT(k.payload_bytes, 160);
		CHECK_INT(k.payload[0], 0xff);
		CHECK_INT(sent[i].at - sent[0].at, (usec)i * USEC_MS(20));
		CHECK_INT(k.header.seq - bytes_be16(sent[0].bytes + 2), i);
		CHECK_INT(k.header.timestamp - bytes_be32(sent[0].bytes + 4), i * 160);
		CHECK_INT(sent[i].to.port, 4000);
	}
	stream_close(s);
	teardown();
}

TEST(stream_loses_what_a_bad_line_loses)
{
	struct stream_params p = params_to("192.0.2.1", 4000);
	struct stream *s;
	uint16_t last = 0;

	setup(NULL);
	CHECK_INT(stream_open(pool, &sink, &s), 0);
	p.loss = 0.1f;
	stream_start(s, &p);
	pass(USEC_SEC(20));
	CHECK(sent_count > 870 && sent_count < 930);
	/* The gaps can be seen by the other side. */
	for (size_t i = sent_count; i > 0; i--)
		if (!sent[i - 1].rtcp) {
			last = bytes_be16(sent[i - 1].bytes + 2);
			break;
		}
	CHECK((uint16_t)(last - bytes_be16(sent[0].bytes + 2)) > 960);
	stream_close(s);
	teardown();
}

TEST(stream_counts_from_the_start_of_each_call)
{
	struct leg_stats stats;

	setup(NULL);
	for (int i = 0; i < 2; i++) {
		struct stream *s = open_started();

		pass(USEC_MS(2500));
		stream_read_stats(s, &stats);
		CHECK_INT(stats.packets_out, 100); /* as of a second ago at most */
		stream_close(s);
		pass(USEC_MS(50));
	}
	teardown();
}

TEST(stream_ticks_are_spread_over_the_frame)
{
	struct stream *s[10];
	size_t at[20] = {0};

	setup(NULL);
	for (int i = 0; i < 10; i++)
		s[i] = open_started();
	pass(USEC_MS(100));
	sent_count = 0;
	pass(USEC_MS(20));
	CHECK_INT(sent_count, 10);
	for (size_t i = 0; i < sent_count; i++)
		at[sent[i].at / 1000 % 20]++;
	for (int i = 0; i < 20; i++)
		CHECK(at[i] <= 1);
	for (int i = 0; i < 10; i++)
		stream_close(s[i]);
	teardown();
}

TEST(stream_plays_and_tells_what_was_heard)
{
	const struct leg_event *played;
	struct stream *s;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(100));
	sent_count = 0;
	CHECK_INT(play(s, 1, 1000), 1000);
	pass(USEC_MS(20));
	CHECK(sent_count == 1 && loudest(0) > 7500 && sent[0].bytes[1] == 0x80); /* a talk spurt begins */
	CHECK_INT(count_events(LEG_EV_PLAYED), 1);
	played = last_event(LEG_EV_PLAYED);
	CHECK_INT(played->played.heard, 160);
	CHECK_INT(played->played.queued, 840);
	CHECK(!played->played.drained);
	pass(USEC_MS(200));
	played = last_event(LEG_EV_PLAYED);
	CHECK_INT(played->played.answer, 1);
	CHECK_INT(played->played.heard, 1000);
	CHECK(played->played.drained);
	stream_close(s);
	teardown();
}

TEST(stream_takes_seconds_of_speech_and_then_asks_for_patience)
{
	struct stream *s;

	setup(NULL);
	s = open_started();
	CHECK_INT(play(s, 1, LEG_PLAY_SAMPLES_MAX), STREAM_SOUNDS * LEG_FRAME_SAMPLES);
	CHECK_INT(play(s, 1, 160), 0);
	pass(USEC_SEC(1));
	CHECK(play(s, 1, LEG_PLAY_SAMPLES_MAX) >= 7000);
	stream_close(s);
	teardown();
}

TEST(stream_cut_is_silence_and_the_truth_about_it)
{
	const struct leg_event *played;
	struct stream *s;

	setup(NULL);
	s = open_started();
	CHECK_INT(play(s, 3, 8000), 8000);
	pass(USEC_MS(100));
	stream_cut(s, 3);
	CHECK_INT(play(s, 3, 160), 0);
	sent_count = 0;
	pass(USEC_MS(60));
	for (size_t i = 1; i < sent_count; i++)
		CHECK_INT(loudest(i), 0);
	played = last_event(LEG_EV_PLAYED);
	CHECK_INT(played->played.answer, 3);
	CHECK(played->played.heard % 160 == 0 && played->played.heard >= 640);
	CHECK(played->played.drained && played->played.queued == 0);
	CHECK_INT(play(s, 4, 160), 160);
	pass(USEC_MS(60));
	CHECK_INT(last_event(LEG_EV_PLAYED)->played.answer, 4);
	stream_cut(s, 5); /* before it began */
	pass(USEC_MS(5));
	CHECK_INT(last_event(LEG_EV_PLAYED)->played.answer, 5);
	CHECK_INT(last_event(LEG_EV_PLAYED)->played.heard, 0);
	stream_close(s);
	teardown();
}

TEST(stream_on_hold_sends_nothing_and_misses_nobody)
{
	struct stream_params p = params_to("192.0.2.1", 4000);
	struct stream *s;

	setup(NULL);
	s = open_started();
	CHECK_INT(play(s, 1, 1600), 1600);
	pass(USEC_MS(50));
	p.send = p.receive = false;
	stream_start(s, &p);
	pass(USEC_MS(5));
	sent_count = event_count = 0;
	pass(USEC_SEC(20));
	for (size_t i = 0; i < sent_count; i++)
		CHECK(sent[i].rtcp);
	CHECK_INT(count_events(LEG_EV_SILENT), 0);
	p.send = p.receive = true;
	stream_start(s, &p);
	pass(USEC_SEC(1));
	CHECK_INT(last_event(LEG_EV_PLAYED)->played.heard, 1600);
	stream_close(s);
	teardown();
}

/* ---- hearing ---- */

TEST(stream_locks_to_its_source)
{
	struct stream_params moved = params_to("192.0.2.77", 5000);
	struct peer good, nat, thief;
	struct leg_stats stats;
	struct stream *s;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	good = peer_of(s, "192.0.2.1", 4000);
	nat = peer_of(s, "198.51.100.9", 31000);
	thief = peer_of(s, "203.0.113.66", 6666);
	speak_for(&nat, 5000, USEC_MS(100)); /* behind a NAT: taken, and answered there */
	CHECK_INT(sent[sent_count - 1].to.port, 31000);
	speak_for(&thief, 5000, USEC_MS(100));
	CHECK_INT(sent[sent_count - 1].to.port, 31000);
	speak_for(&good, 5000, USEC_MS(100)); /* the signalled one claims its own */
	CHECK_INT(sent[sent_count - 1].to.port, 4000);
	speak_for(&nat, 5000, USEC_MS(100));
	CHECK_INT(sent[sent_count - 1].to.port, 4000);
	pass(USEC_SEC(1));
	stream_read_stats(s, &stats);
	CHECK_INT(stats.refused, 10);
	CHECK_INT(stats.packets_in, 10);
	stream_start(s, &moved); /* a re-INVITE */
	pass(USEC_MS(20));
	good.from = ip("192.0.2.77", 5000);
	speak_for(&good, 5000, USEC_MS(40));
	CHECK_INT(sent[sent_count - 1].to.port, 5000);
	CHECK_STR(str_from(stats.codec), "PCMU");
	stream_close(s);
	teardown();
}

/* RFC 2543 holds a call by saying that it is nowhere. */
TEST(stream_stays_locked_when_held_by_the_zero_address)
{
	struct stream_params p = params_to("0.0.0.0", 4000);
	struct peer nat, thief;
	struct leg_stats stats;
	struct stream *s;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	nat = peer_of(s, "198.51.100.9", 31000);
	thief = peer_of(s, "203.0.113.66", 6666);
	speak_for(&nat, 5000, USEC_MS(100));
	p.send = false;
	stream_start(s, &p);
	sent_count = 0;
	speak_for(&thief, 5000, USEC_MS(100));
	pass(USEC_SEC(10));
	for (size_t i = 0; i < sent_count; i++)
		CHECK_INT(sent[i].to.port, 31001); /* reports go on */
	stream_read_stats(s, &stats);
	CHECK_INT(stats.refused, 5);
	p = params_to("192.0.2.1", 4000);
	stream_start(s, &p);
	pass(USEC_MS(40));
	CHECK_INT(sent[sent_count - 1].to.port, 31000);
	stream_close(s);
	teardown();
}

TEST(stream_hears_a_frame_every_20_ms_whatever_the_line_does)
{
	struct leg_stats stats;
	struct stream *s;
	struct peer p;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	for (int i = 0; i < 50; i++) {
		if (i % 10 == 5) { /* lost */
			p.seq++;
			p.timestamp += 160;
		} else {
			speak(&p, 6000);
		}
		pass(USEC_MS(20));
	}
	CHECK(count_events(LEG_EV_AUDIO) >= 49 && count_events(LEG_EV_AUDIO) <= 51);
	event_count = 0;
	pass(USEC_SEC(1)); /* the sender pauses */
	CHECK(count_events(LEG_EV_AUDIO) >= 47);
	stream_read_stats(s, &stats);
	CHECK_INT(stats.concealed, 5);
	CHECK_INT(stats.lost, 5);
	stream_close(s);
	teardown();
}

TEST(stream_takes_comfort_noise_for_what_it_is)
{
	static const uint8_t noise[] = {60};
	struct leg_stats stats;
	struct stream *s;
	struct peer p, other;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	other = peer_of(s, "203.0.113.66", 6666);
	arrive(&other, 13, noise, 1, 0); /* locks nobody in */
	p = peer_of(s, "192.0.2.1", 4000);
	for (int i = 0; i < 10; i++) {
		speak_for(&p, 3000, USEC_MS(100));
		arrive(&p, 13, noise, 1, p.timestamp);
		pass(USEC_MS(20));
	}
	pass(USEC_SEC(1));
	stream_read_stats(s, &stats);
	CHECK_INT(stats.concealed, 0);
	CHECK_INT(stats.lost, 0);
	CHECK_INT(stats.packets_in, 60);
	stream_close(s);
	teardown();
}

TEST(stream_says_once_that_the_peer_is_gone)
{
	struct stream *s;
	struct peer p;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	speak_for(&p, 100, USEC_MS(100));
	pass(USEC_SEC(12));
	CHECK_INT(count_events(LEG_EV_SILENT), 1);
	speak_for(&p, 100, USEC_MS(20));
	pass(USEC_SEC(6));
	CHECK_INT(count_events(LEG_EV_SILENT), 2);
	stream_close(s);
	teardown();
}

TEST(stream_ducks_when_the_caller_speaks)
{
	usec onset;
	struct stream *s;
	struct peer p;

	setup(NULL);
	s = open_started();
	stream_set_reflex(s, LEG_REFLEX_DUCK);
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	speak_for(&p, 0, USEC_MS(400));
	CHECK(play(s, 1, 16000) == 16000);
	speak_for(&p, 0, USEC_MS(200));
	onset = loop_now(media);
	speak_for(&p, 8000, USEC_MS(200));
	CHECK_INT(count_events(LEG_EV_SPEECH), 1);
	CHECK_INT(count_events(LEG_EV_DUCKED), 1);
	CHECK(last_event(LEG_EV_SPEECH)->speech.speaking);
	CHECK(llabs(last_event(LEG_EV_SPEECH)->at - onset) <= USEC_MS(20));
	for (size_t i = 0; i < sent_count; i++)
		if (sent[i].at >= onset + USEC_MS(100))
			CHECK(loudest(i) < 1200);
	stream_duck(s, false);
	speak_for(&p, 0, USEC_MS(60));
	CHECK(loudest(sent_count - 1) > 7500);
	speak_for(&p, 0, USEC_MS(500));
	CHECK_INT(count_events(LEG_EV_SPEECH), 2);
	CHECK(!last_event(LEG_EV_SPEECH)->speech.speaking);
	CHECK(llabs(last_event(LEG_EV_SPEECH)->at - onset - USEC_MS(200)) <= USEC_MS(40));
	stream_close(s);
	teardown();
}

TEST(stream_speaks_up_again_after_a_cut)
{
	struct stream *s;

	setup(NULL);
	s = open_started();
	CHECK_INT(play(s, 1, 3200), 3200);
	stream_duck(s, true);
	pass(USEC_MS(100));
	CHECK(loudest(sent_count - 1) < 1200);
	stream_cut(s, 1);
	CHECK_INT(play(s, 2, 1600), 1600);
	pass(USEC_MS(60));
	CHECK(loudest(sent_count - 1) > 7500);
	stream_close(s);
	teardown();
}

TEST(stream_does_not_duck_an_uninterruptible_phrase_nor_before_its_own_echo)
{
	struct stream *s;
	struct peer p;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	CHECK(play(s, 1, 16000) == 16000);
	speak_for(&p, 0, USEC_MS(200));
	speak_for(&p, 8000, USEC_MS(200));
	CHECK_INT(count_events(LEG_EV_SPEECH), 1);
	CHECK_INT(count_events(LEG_EV_DUCKED), 0);
	stream_cut(s, 1);
	speak_for(&p, 0, USEC_MS(1000));
	stream_set_reflex(s, LEG_REFLEX_DUCK);
	event_count = 0;
	CHECK(play(s, 2, 16000) == 16000);
	speak_for(&p, 0, USEC_MS(150));
	speak_for(&p, 800, USEC_MS(1000)); /* 20 dB below our voice */
	CHECK_INT(count_events(LEG_EV_SPEECH), 0);
	CHECK_INT(count_events(LEG_EV_DUCKED), 0);
	stream_close(s);
	teardown();
}

/* ---- keys and reports ---- */

TEST(stream_keys_go_both_ways)
{
	static const uint8_t key5[] = {5, 0x0a, 0x03, 0x20}, end5[] = {5, 0x8a, 0x06, 0x40};
	struct stream *s;
	struct peer p;
	size_t ends = 0, keys = 0;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	arrive(&p, EVENT_TYPE, key5, 4, 77);
	for (int i = 0; i < 3; i++)
		arrive(&p, EVENT_TYPE, end5, 4, 77);
	pass(USEC_MS(5));
	CHECK_INT(count_events(LEG_EV_DTMF), 1);
	CHECK_INT(last_event(LEG_EV_DTMF)->dtmf.digit, '5');
	CHECK_INT(last_event(LEG_EV_DTMF)->dtmf.duration, USEC_MS(200));
	CHECK_INT(stream_send_dtmf(s, STR("12x")), -EINVAL);
	CHECK_INT(stream_send_dtmf(s, STR("")), -EINVAL);
	CHECK_INT(stream_send_dtmf(s, STR("1,#")), 0);
	sent_count = 0;
	pass(USEC_SEC(2));
	for (size_t i = 0; i < sent_count; i++) {
		const uint8_t *payload = sent[i].bytes + RTP_HEADER_BYTES;

		if ((sent[i].bytes[1] & 0x7f) != EVENT_TYPE)
			continue;
		keys++;
		ends += payload[1] >> 7;
		CHECK(payload[0] == 1 || payload[0] == 11);
	}
	CHECK_INT(ends, 6);
	CHECK(keys >= 8);
	stream_close(s);
	teardown();
}

/* Some gateways mix the key's packets between those of the voice, from a source of its own. */
TEST(stream_hears_a_key_of_another_source_once)
{
	static const uint8_t on[] = {5, 10, 0, 160}, off[] = {5, 10 | 0x80, 3, 32};
	struct peer voice, keys;
	struct leg_stats stats;
	struct stream *s;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	voice = keys = peer_of(s, "192.0.2.1", 4000);
	keys.ssrc = 77;
	for (int i = 0; i < 6; i++) {
		arrive(&keys, EVENT_TYPE, i < 3 ? on : off, 4, 500);
		speak_for(&voice, 3000, USEC_MS(20));
	}
	CHECK_INT(count_events(LEG_EV_DTMF), 1);
	CHECK_INT(last_event(LEG_EV_DTMF)->dtmf.digit, '5');
	pass(USEC_SEC(1));
	stream_read_stats(s, &stats);
	CHECK_INT(stats.packets_in, 12);
	CHECK_INT(stats.lost, 0);
	stream_close(s);
	teardown();
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

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	speak_for(&p, 1000, USEC_SEC(15));
	for (size_t i = 0; i < sent_count; i++) {
		if (!sent[i].rtcp)
			continue;
		REQUIRE(rtcp_parse(sent[i].bytes, sent[i].n, &c) == 0);
		CHECK_INT(sent[i].to.port, 4001);
		CHECK(c.is_sender && c.block_count == 1 && c.blocks[0].ssrc == 0xabcdef01);
		reports++;
	}
	CHECK_INT(reports, 3);
	back.blocks[0] = (struct rtcp_block){
		.ssrc = c.ssrc,
		.last_sr = (uint32_t)(c.ntp >> 16),
		.delay_since_sr =
			(uint32_t)(rtcp_ntp(loop_now(media) - USEC_MS(30)) >> 16) - (uint32_t)(c.ntp >> 16)};
	REQUIRE(rtcp_print(&back, bytes, sizeof(bytes), &n) == 0);
	stream_in_rtcp(p.m, loop_now(media), bytes, n, &sa, addr_to_sockaddr(&p.from, &sa));
	pass(USEC_SEC(2));
	stream_read_stats(s, &stats);
	CHECK(llabs(stats.round_trip - USEC_MS(30)) < 1000);
	stream_close(s);
	sent_count = 0;
	pass(USEC_MS(5));
	REQUIRE(sent_count == 1 && rtcp_parse(sent[0].bytes, sent[0].n, &c) == 0);
	CHECK(c.bye);
	teardown();
}

/* ---- the detector's line ---- */

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
	setup(&line);
	s = open_started();
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	speak_for(&p, 10, USEC_SEC(1));
	CHECK_INT(ring_count(&line.windows), 0);
	speak_for(&p, 8000, USEC_MS(320));
	CHECK(woken > 0);
	CHECK_INT(count_events(LEG_EV_SPEECH), 0); /* nobody has said so */
	for (; (w = ring_peek(&line.windows)); windows++) {
		struct detect_verdict v = {w->stream, w->generation, w->at,
					   windows > DETECT_BEFORE ? 0.9f : 0.1f};

		CHECK_INT(w->begins, windows == 0);
		CHECK(!w->has_far);
		CHECK_INT(ring_push(&line.verdicts, &v), 0);
		ring_release(&line.windows);
	}
	CHECK(windows >= DETECT_BEFORE + 9 && windows <= DETECT_BEFORE + 11);
	loop_wake(media);
	pass(USEC_MS(2));
	CHECK_INT(count_events(LEG_EV_SPEECH), 1);
	speak_for(&p, 10, USEC_SEC(1));
	CHECK_INT(count_events(LEG_EV_SPEECH), 2); /* the shut gate is quiet enough */
	stream_close(s);
	pass(USEC_MS(5));
	while (ring_peek(&line.windows))
		ring_release(&line.windows);
	event_count = 0;
	s = open_started(); /* the successor in the same slot */
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	speak_for(&p, 8000, USEC_MS(100));
	CHECK_INT(ring_push(&line.verdicts, &(struct detect_verdict){0, 1, loop_now(media), 1}), 0);
	loop_wake(media);
	pass(USEC_MS(2));
	CHECK_INT(count_events(LEG_EV_SPEECH), 0); /* that was about the other one */
	stream_close(s);
	teardown();
	detect_link_fini(&line);
}

/* ---- life and limits ---- */

TEST(stream_records_both_sides_and_gives_the_recorder_back)
{
	struct recorder_block b;
	struct recorder *r;
	struct stream *s;
	struct peer p;
	size_t blocks = 0, near = 0, far = 0;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	CHECK_INT(recorder_new(RECORDER_ULAW, &r), 0);
	stream_record(s, r);
	CHECK_INT(play(s, 1, 8000), 8000);
	speak_for(&p, 9000, USEC_SEC(1));
	CHECK(recorded == NULL);
	stream_close(s);
	pass(USEC_MS(5));
	REQUIRE(recorded == r);
	for (; recorder_peek(r, &b); blocks++, recorder_release(r)) {
		near += b.bytes[80] != 0xff || b.bytes[100] != 0xff;
		far += b.bytes[81] != 0xff;
	}
	CHECK(blocks >= 49 && near >= 47 && far >= 49);
	recorder_free(r);
	teardown();
}

/* The next caller may have the same private address behind another NAT. */
TEST(stream_remembers_nothing_of_the_call_before)
{
	struct peer nat;
	struct leg_stats stats;
	struct stream *s;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	nat = peer_of(s, "198.51.100.9", 31000);
	speak_for(&nat, 5000, USEC_MS(200));
	CHECK_INT(stream_send_dtmf(s, STR("123456789")), 0);
	pass(USEC_SEC(6));
	CHECK_INT(count_events(LEG_EV_SILENT), 1);
	stream_close(s);
	pass(USEC_MS(10));

	sent_count = event_count = 0;
	s = open_started();
	pass(USEC_MS(200));
	for (size_t i = 0; i < sent_count; i++) {
		CHECK_INT(sent[i].to.port, 4000);
		CHECK_INT(sent[i].bytes[1] & 0x7f, ULAW);
	}
	nat = peer_of(s, "203.0.113.5", 32000);
	nat.seq = 10;
	speak(&nat, 0);
	nat.seq += 3;
	speak_for(&nat, 0, USEC_MS(100));
	for (size_t i = 0; i < event_count; i++)
		CHECK(events[i].type != LEG_EV_AUDIO || event_peak[i] == 0);
	pass(USEC_MS(900));
	stream_read_stats(s, &stats);
	CHECK_INT(stats.refused, 0);
	CHECK_INT(stats.packets_in, 6);
	pass(USEC_SEC(5));
	CHECK_INT(count_events(LEG_EV_SILENT), 1);
	stream_close(s);
	teardown();
}

TEST(stream_slots_and_ports_run_out_politely)
{
	struct stream *s[12], *more;
	struct stream_pool_config c;
	long alive = live_total();

	setup(NULL);
	for (int i = 0; i < 12; i++)
		REQUIRE(stream_open(pool, &sink, &s[i]) == 0);
	CHECK_INT(stream_open(pool, &sink, &more), -EAGAIN);
	stream_close(s[3]);
	CHECK_INT(stream_open(pool, &sink, &more), -EAGAIN); /* not before the media loop let go */
	pass(USEC_MS(2));
	CHECK_INT(stream_open(pool, &sink, &s[3]), 0);
	CHECK_INT(stream_local(s[3])->port % 2, 0);
	for (int i = 0; i < 12; i++)
		stream_close(s[i]);
	teardown();
	CHECK_INT(live_total(), alive);
	CHECK_INT(loop_new(LOOP_SIM, 0, &control), 0);
	CHECK_INT(loop_new(LOOP_SIM, 0, &media), 0);
	c = config_of(NULL);
	c.port_min = 39000;
	c.port_max = 39007;
	REQUIRE(stream_pool_new(&c, &pool) == 0);
	for (int i = 0; i < 4; i++) {
		int rc = stream_open(pool, &sink, &s[i]);

		s[i] = rc == 0 ? s[i] : NULL; /* somebody else may sit in the range */
	}
	CHECK_INT(stream_open(pool, &sink, &more), -EADDRINUSE);
	for (int i = 0; i < 4; i++)
		stream_close(s[i]);
	teardown();
}

TEST(stream_wishes_survive_a_full_ring)
{
	struct stream *s;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	for (uint32_t i = 1; i <= 500; i++)
		stream_cut(s, i);
	CHECK_INT(stream_send_dtmf(s, STR("1")), -ENOBUFS);
	pass(USEC_MS(50));
	CHECK_INT(last_event(LEG_EV_PLAYED)->played.answer, 500);
	stream_close(s);
	teardown();
}

TEST(stream_tells_nothing_after_it_was_closed)
{
	struct stream *s;
	struct peer p;

	setup(NULL);
	s = open_started();
	pass(USEC_MS(20));
	p = peer_of(s, "192.0.2.1", 4000);
	speak(&p, 8000);
	speak(&p, 8000);
	event_count = 0;
	stream_close(s);
	pass(USEC_MS(50));
	CHECK_INT(event_count, 0);
	teardown();
}

TEST_OOM(stream_pool_survives_no_memory)
{
	struct stream_pool_config c;
	int rc = loop_new(LOOP_SIM, 0, &control);

	pool = NULL;
	if (rc < 0)
		return rc;
	rc = loop_new(LOOP_SIM, 0, &media);
	if (rc == 0) {
		c = config_of(NULL);
		c.streams = 3;
		rc = stream_pool_new(&c, &pool);
		stream_pool_free(pool);
		loop_free(media);
	}
	loop_free(control);
	return rc;
}
