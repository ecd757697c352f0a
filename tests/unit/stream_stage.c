#include "stream_stage.h"

#include <math.h>
#include <stdlib.h>

#include "media/g711.h"

struct stage stage;

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
	if (stage.event_count == STAGE_EVENTS_MAX)
		return;
	stage.peaks[stage.event_count] = ev->type == LEG_EV_AUDIO ? peak_of(ev->audio.pcm) : 0;
	stage.events[stage.event_count++] = *ev;
}

static void on_recorded(void *arg, struct recorder *r)
{
	(void)arg;
	stage.recorded = r;
}

const struct stream_sink stage_sink = {on_event, on_recorded, NULL};

static void capture(int fd, const void *bytes, size_t n, const struct sockaddr_storage *to, socklen_t to_n)
{
	(void)fd;
	(void)to_n;
	if (stage.sent_count == STAGE_SENT_MAX || n > sizeof(stage.sent->bytes))
		return;
	stage.sent[stage.sent_count].at = loop_now(stage.media);
	stage.sent[stage.sent_count].n = n;
	stage.sent[stage.sent_count].to = addr_from_sockaddr(to);
	stage.sent[stage.sent_count].rtcp = rtp_is_rtcp(bytes, n);
	memcpy(stage.sent[stage.sent_count++].bytes, bytes, n);
}

static struct addr ip(const char *text, uint16_t port)
{
	struct addr a = {0};

	CHECK_INT(addr_parse(str_from(text), port, &a), 0);
	return a;
}

struct stream_pool_config stage_config(struct detect_link *d)
{
	return (struct stream_pool_config){
		.control = stage.control,
		.media = stage.media,
		.streams = STAGE_STREAMS,
		.bind = ip("127.0.0.1", 0),
		.media_timeout = USEC_SEC(5),
		.duck_db = -18,
		.reflex = &reflex_hysteresis,
		.reflex_config = &reflex_hysteresis_default,
		.detect = d,
	};
}

void stage_open(struct detect_link *d)
{
	struct stream_pool_config c;

	stage.event_count = stage.sent_count = 0;
	stage.recorded = NULL;
	CHECK_INT(loop_new(LOOP_SIM, USEC_SEC(100), &stage.control), 0);
	CHECK_INT(loop_new(LOOP_SIM, USEC_SEC(100), &stage.media), 0);
	c = stage_config(d);
	CHECK_INT(stream_pool_new(&c, &stage.pool), 0);
	stage.hub = stream_pool_hub(stage.pool);
	stage.hub->send = capture;
}

void stage_pass(usec span)
{
	for (usec end = loop_now(stage.media) + span; loop_now(stage.media) < end;) {
		loop_advance(stage.media, USEC_MS(1));
		loop_advance(stage.control, USEC_MS(1));
	}
}

void stage_close(void)
{
	stage_pass(USEC_MS(10));
	CHECK_INT(stream_pool_open(stage.pool), 0);
	stage.pool = stream_pool_free(stage.pool);
	stage.control = loop_free(stage.control);
	stage.media = loop_free(stage.media);
}

struct stream_params stage_params(const char *where, uint16_t port)
{
	return (struct stream_params){
		.codec = codec_find_static(STAGE_ULAW),
		.send_type = STAGE_ULAW,
		.recv_type = STAGE_ULAW,
		.event_send_type = STAGE_KEY,
		.event_recv_type = STAGE_KEY,
		.remote = ip(where, port),
		.remote_rtcp = ip(where, (uint16_t)(port + 1)),
		.send = true,
		.receive = true,
	};
}

struct stream *stage_stream(void)
{
	struct stream_params p = stage_params("192.0.2.1", 4000);
	struct stream *s = NULL;

	CHECK_INT(stream_open(stage.pool, &stage_sink, &s), 0);
	stream_start(s, &p);
	return s;
}

/* ---- the other side ---- */

struct peer stage_peer(const char *where, uint16_t port)
{
	return (struct peer){.m = &stage.hub->streams[0],
			     .from = ip(where, port),
			     .ssrc = 0xabcdef01,
			     .seq = 65530,
			     .timestamp = 1000};
}

void peer_send(struct peer *p, uint8_t type, const uint8_t *payload, size_t n, uint32_t timestamp)
{
	struct rtp_header h = {false, type, p->seq++, timestamp, p->ssrc};
	struct sockaddr_storage sa;
	socklen_t sa_n = addr_to_sockaddr(&p->from, &sa);
	uint8_t bytes[300];

	rtp_print(&h, bytes);
	memcpy(bytes + RTP_HEADER_BYTES, payload, n);
	stream_in_rtp(p->m, loop_now(stage.media), bytes, RTP_HEADER_BYTES + n, &sa, sa_n);
}

/* One frame of a 300 Hz tone. */
void peer_speak(struct peer *p, double amplitude)
{
	uint8_t payload[LEG_FRAME_SAMPLES];
	int16_t pcm[LEG_FRAME_SAMPLES];

	for (size_t i = 0; i < LEG_FRAME_SAMPLES; i++, p->phase += 2 * M_PI * 300 / 8000)
		pcm[i] = (int16_t)lrint(amplitude * sin(p->phase));
	g711_ulaw_encode(pcm, LEG_FRAME_SAMPLES, payload);
	peer_send(p, STAGE_ULAW, payload, sizeof(payload), p->timestamp);
	p->timestamp += LEG_FRAME_SAMPLES;
}

void peer_speak_for(struct peer *p, double amplitude, usec span)
{
	for (; span > 0; span -= USEC_MS(20)) {
		peer_speak(p, amplitude);
		stage_pass(USEC_MS(20));
	}
}

size_t stage_count(enum leg_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < stage.event_count; i++)
		n += stage.events[i].type == type;
	return n;
}

const struct leg_event *stage_last(enum leg_event_type type)
{
	static const struct leg_event none = {.type = LEG_EV_COUNT_};

	for (size_t i = stage.event_count; i > 0; i--)
		if (stage.events[i - 1].type == type)
			return &stage.events[i - 1];
	return &none;
}

/* The loudest sample of RTP packet i. */
int stage_loudest(size_t i)
{
	int16_t pcm[LEG_FRAME_SAMPLES];

	g711_ulaw_decode(stage.sent[i].bytes + RTP_HEADER_BYTES, LEG_FRAME_SAMPLES, pcm);
	return peak_of(pcm);
}

int stage_play(struct stream *s, uint32_t answer, size_t samples)
{
	static int16_t pcm[LEG_PLAY_SAMPLES_MAX];

	for (size_t i = 0; i < samples; i++)
		pcm[i] = (int16_t)(i % 8 < 4 ? 8000 : -8000);
	return stream_play(s, answer, pcm, samples);
}
