/*
 * stream.h - the media half of a leg: sockets, codec, playout, ears
 *
 * A pool holds the media halves of a shard, all memory taken at start. A leg
 * opens one, learns its port, and starts it once offer and answer are known.
 * From then on the media loop paces 20 ms out and whatever comes in:
 *
 *   socket -> rtp -> reorder -> decode -> conceal -> gate, echo, detector -> reflex
 *                                    \-> recorder                              | duck
 *   socket <- rtp <- encode <- playout <---------------------------------------+
 *
 * Control reaches a stream by two rings: one of wishes (where to send, what to
 * cut, duck, record), one of sound to play. What happens comes back by a ring
 * of notes as leg events, with one wake a loop turn. Wishes are states, not
 * steps: one that finds the ring full is kept and sent again. Notes of sound
 * are dropped when their ring is three quarters full (counted), so that all
 * others fit. Each carries the stream's generation: nothing of a closed stream
 * reaches its successor.
 *
 * Threads: all functions the control loop; the work is done on the media loop.
 * Layer: leg.
 */
#ifndef LEG_STREAM_H
#define LEG_STREAM_H

#include "base/addr.h"
#include "base/loop.h"
#include "base/rng.h"
#include "leg/leg.h"
#include "media/codec.h"

struct stream;
struct stream_pool;
struct detect_link;
struct recorder;
struct reflex_ops;

#define STREAM_NO_EVENTS 0xff /* telephone-event was not agreed */

struct stream_pool_config {
	struct loop *control, *media;
	size_t streams;                     /* how many at once */
	struct addr bind;                   /* IP of the sockets; its port is not used */
	uint16_t port_min, port_max;        /* of RTP and RTCP; 0, 0 = any */
	usec media_timeout;                 /* no packet for so long is LEG_EV_SILENT; 0 = never */
	unsigned char seed[RNG_SEED_BYTES]; /* for SSRC, first sequence number and timestamp */
	float duck_db;                      /* how much the reflex lowers our voice, below 0 */
	const struct reflex_ops *reflex;
	const void *reflex_config;
	struct detect_link *detect; /* NULL = energy alone decides what is speech */
};

/* Takes all the memory it will ever need and registers with both loops; called on the control thread before
 * the media loop runs. Returns 0 or -ENOMEM. */
int stream_pool_new(const struct stream_pool_config *config, struct stream_pool **ret_pool) must_check;

/* All streams are closed and the media loop does not run any more. Takes NULL. */
struct stream_pool *stream_pool_free(struct stream_pool *p);

/* How many are open (closing ones included). */
size_t stream_pool_open(const struct stream_pool *p);

/* ---- one stream ---- */

struct stream_sink {
	/* SPEECH, AUDIO, DTMF, PLAYED, DUCKED and SILENT, never inside a stream_ call. */
	void (*on_event)(void *arg, const struct leg_event *ev);
	/* The recorder taken from stream_record() is not touched any more; `r` may be freed. */
	void (*on_recorded)(void *arg, struct recorder *r);
	void *arg;
};

/* Takes a free half and binds its ports. Returns 0, -EAGAIN when the pool is used up, -EADDRINUSE when the
 * port range is, or -errno (-EMFILE: the limit of open files). */
int stream_open(struct stream_pool *p, const struct stream_sink *sink, struct stream **ret_stream) must_check;

/* Gives it back. No event follows but on_recorded(); the sink's arg must stay valid until then if something
 * was being recorded. What waits to be played is not. Takes NULL. */
struct stream *stream_close(struct stream *s);

/* Where we receive RTP; RTCP is one port above. */
const struct addr *stream_local(const struct stream *s);

/* What offer and answer have settled. */
struct stream_params {
	const struct codec *codec;
	uint8_t send_type, recv_type;             /* payload types of the audio */
	uint8_t event_send_type, event_recv_type; /* or STREAM_NO_EVENTS */
	struct addr remote, remote_rtcp; /* as signalled; 0.0.0.0 and :: = where it was (old holds) */
	bool send, receive;              /* false: the other side holds us, or we it */
	float loss;         /* share of our sound that is not sent, 0 to 1: a bad line, for rehearsals */
	uint32_t loss_seed; /* which packets those are; 0 = drawn from the SSRC */
};

/* Starts, or changes what is running. The source of packets is locked to the first that sends valid ones: the
 * signalled address, or, within the first packets, another one (a NAT). A later start unlocks it when the
 * signalled address has changed. */
void stream_start(struct stream *s, const struct stream_params *params);

/* As leg_play(), leg_cut(), leg_duck(), leg_set_reflex(), leg_send_dtmf() of leg.h. LEG_PLAY_SAMPLES_MAX
 * wait here at most. What comes after a cut has its full volume. */
int stream_play(struct stream *s, uint32_t answer, const int16_t *pcm, size_t samples) must_check;
void stream_cut(struct stream *s, uint32_t answer);
void stream_duck(struct stream *s, bool on);
void stream_set_reflex(struct stream *s, enum leg_reflex reflex);
int stream_send_dtmf(struct stream *s, struct str digits) must_check;

/* From now on both directions go to `r` (8 kHz), which comes back by on_recorded() when the stream has been
 * closed. Once a stream. */
void stream_record(struct stream *s, struct recorder *r);

/* As of at most a second ago. */
void stream_read_stats(const struct stream *s, struct leg_stats *ret_stats);

/* ---- figures of a pool ---- */

struct stream_pool_stats {
	uint64_t ticks;           /* frames sent or due */
	usec late_p50, late_p99;  /* lateness of ticks since the last reading */
	uint64_t notes_dropped;   /* sound that control was too slow for */
	uint64_t windows_dropped; /* sound that the detector was too slow for */
	usec media_cpu;           /* thread time of the media loop so far */
};

/* As of at most a second ago. */
void stream_pool_read_stats(struct stream_pool *p, struct stream_pool_stats *ret_stats);

#endif
