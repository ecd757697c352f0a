/*
 * stream_stage.h - a whole stream on two simulated loops
 *
 * The test is the network, the clock and the detector: it lets time pass, sends
 * packets as the other side would, and looks at what was sent and told.
 */
#ifndef TESTS_STREAM_STAGE_H
#define TESTS_STREAM_STAGE_H

#include "leg/stream_media.h"
#include "test.h"

#define STAGE_EVENTS_MAX 4000
#define STAGE_SENT_MAX   4000
#define STAGE_STREAMS    12
#define STAGE_ULAW       0
#define STAGE_KEY        101 /* payload type of telephone events */

struct stage_sent {
	usec at;
	uint8_t bytes[200];
	size_t n;
	struct addr to;
	bool rtcp;
};

struct stage {
	struct loop *control, *media;
	struct stream_pool *pool;
	struct stream_hub *hub;
	struct leg_event events[STAGE_EVENTS_MAX];
	int peaks[STAGE_EVENTS_MAX]; /* of each LEG_EV_AUDIO: its loudest sample */
	size_t event_count;
	struct stage_sent sent[STAGE_SENT_MAX];
	size_t sent_count;
	struct recorder *recorded; /* came back */
};

extern struct stage stage;
extern const struct stream_sink stage_sink;

/* A pool of STAGE_STREAMS on two loops that begin at 100 s; `d` may be NULL. */
void stage_open(struct detect_link *d);
struct stream_pool_config stage_config(struct detect_link *d);

/* Lets what was closed go, and checks that nothing is left open. */
void stage_close(void);

void stage_pass(usec span);

/* A call to `where`, sending and receiving mu-law and keys; and a stream in it. */
struct stream_params stage_params(const char *where, uint16_t port);
struct stream *stage_stream(void);

/* Offers `samples` of a loud tone. Returns as stream_play(). */
int stage_play(struct stream *s, uint32_t answer, size_t samples);

/* What was told so far; stage_last() gives an event of type LEG_EV_COUNT_ when there was none. */
size_t stage_count(enum leg_event_type type);
const struct leg_event *stage_last(enum leg_event_type type);

/* The loudest sample of packet i of what was sent. */
int stage_loudest(size_t i);

/* Somebody who sends to the stream in the first slot. */
struct peer {
	struct stream_media *m;
	uint32_t ssrc;
	struct addr from;
	uint16_t seq;
	uint32_t timestamp;
	double phase;
};

struct peer stage_peer(const char *where, uint16_t port);
void peer_send(struct peer *p, uint8_t type, const uint8_t *payload, size_t n, uint32_t timestamp);

/* One frame of a 300 Hz tone; or as many as fill the time. */
void peer_speak(struct peer *p, double amplitude);
void peer_speak_for(struct peer *p, double amplitude, usec span);

#endif
