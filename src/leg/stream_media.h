/*
 * stream_media.h - inside of a stream: what the media loop owns
 *
 * A stream_media is one slot of the pool: everything of a call's sound that is
 * touched 50 times a second, in one piece of memory. Three files work on it:
 *
 *   stream_in.c    packets in: latch, RTP, RTCP, telephone events, order, decode
 *   stream_ears.c  frames of 20 ms: gate, echo, detector, reflex, notes to control
 *   stream_out.c   the tick: playout, encode, telephone events, RTCP
 *
 * stream.c is the control half. Wishes go down, notes come up, both by ring.
 *
 * Threads: the media loop, but for stream.c. Layer: leg.
 */
#ifndef LEG_STREAM_MEDIA_H
#define LEG_STREAM_MEDIA_H

#include <sys/socket.h>

#include "base/list.h"
#include "base/ring.h"
#include "leg/detect.h"
#include "leg/reflex.h"
#include "leg/stream.h"
#include "media/conceal.h"
#include "media/echo.h"
#include "media/frame.h"
#include "media/gate.h"
#include "media/playout.h"
#include "media/recorder.h"
#include "media/reorder.h"
#include "media/resample.h"
#include "wire/dtmf.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"

#define STREAM_SLOTS        10 /* streams tick in ten groups, 2 ms apart */
#define STREAM_SLOT_USEC    (FRAME_USEC / STREAM_SLOTS)
#define STREAM_DIGITS_MAX   32
#define STREAM_SOUNDS       (LEG_PLAY_SAMPLES_MAX / LEG_FRAME_SAMPLES)
#define STREAM_NOTES        16 /* of each stream in the ring, in the mean */
#define STREAM_WISHES       4
#define STREAM_PACKET_BYTES 1500
#define STREAM_LATE_STEP    ((usec)50)
#define STREAM_LATE_BUCKETS 400 /* lateness of ticks up to 20 ms */

/* Speech on its way to the playout. */
struct stream_sound {
	uint32_t answer, samples;
	int16_t pcm[LEG_FRAME_SAMPLES];
};

/* What control wants of a stream, all of it: a newer wish replaces an older one. Counters tell a new order
 * from a repeated one. */
struct stream_wish {
	uint32_t stream, generation;
	bool closing;
	uint32_t starts; /* of params */
	struct stream_params params;
	uint32_t cuts, cut_answer;
	uint32_t ducks;
	bool duck;
	enum leg_reflex reflex;
	struct recorder *recorder;
	uint32_t digits_turn;
	char digits[STREAM_DIGITS_MAX];
	int rtp_fd, rtcp_fd;
	uint32_t ssrc, timestamp; /* where ours begin */
	uint16_t seq;
};

enum stream_note_kind {
	STREAM_NOTE_EVENT,
	STREAM_NOTE_STATS,
	STREAM_NOTE_RECORDED, /* the recorder is control's again */
	STREAM_NOTE_GONE,     /* the slot is control's again */
};

struct stream_note {
	uint32_t stream, generation;
	enum stream_note_kind kind;
	union {
		struct leg_event event;
		struct leg_stats stats;
		struct recorder *recorder;
	};
	int16_t pcm[LEG_FRAME_SAMPLES];
};

/* The media loop's end of the pool. */
struct stream_hub {
	struct stream_pool_config config;
	struct ring wishes; /* control -> media */
	struct ring notes;  /* media -> control */
	struct stream_media *streams;
	struct waker waker;
	struct timer timer;
	usec slot_due; /* when the next group ticks */
	uint64_t slot; /* its number, counted from the first */
	struct list slots[STREAM_SLOTS];
	size_t active;
	bool noted, windowed; /* there is something to wake the others for */
	void (*send)(int fd, const void *bytes, size_t n, const struct sockaddr_storage *to, socklen_t to_n);

	atomic_ullong ticks, dropped, cpu;
	atomic_uint late[STREAM_LATE_BUCKETS + 1];
};

/* Who may send to us. */
struct stream_latch {
	bool locked;
	bool strange;     /* locked to another address than the signalled one */
	unsigned packets; /* since it was locked */
	struct sockaddr_storage source;
	socklen_t source_n;
};

struct stream_media {
	struct stream_hub *hub;
	uint32_t index;
	struct ring sounds; /* struct stream_sound, control -> media */

	/* From here on it is one call's, and zeroed before the next. */
	uint32_t generation;
	bool open, started;
	struct list in_slot;
	struct watch rtp_watch, rtcp_watch;
	struct stream_wish wish; /* the newest that was obeyed */

	/* in */
	struct stream_latch latch;
	struct addr signalled; /* the address that the latch prefers */
	uint32_t ssrc_in;
	bool ssrc_known;
	struct rtcp_source source;
	struct reorder reorder;
	struct conceal conceal;
	struct resample down;
	struct dtmf_receiver keys;
	int16_t part[LEG_FRAME_SAMPLES]; /* of a frame that is not complete */
	uint32_t part_n;
	usec packet_at; /* the last valid packet */
	usec frame_at;  /* the last frame, real or filled in */
	bool silent;    /* LEG_EV_SILENT was told */

	/* ears */
	struct gate gate;
	struct echo echo;
	struct detect_tap tap;
	_Alignas(16) unsigned char reflex_state[REFLEX_STATE_BYTES_MAX];
	float probability;
	bool speaking, echoing;
	bool told_speaking; /* what control knows */
	usec doubt_until;   /* our voice is lowered for a sound that may be speech; 0 = it is not */

	/* out */
	struct playout playout;
	struct resample up;
	uint64_t next_tick;
	uint16_t seq;
	uint32_t timestamp, ssrc;
	bool marker, audible;
	unsigned played_ticks;          /* since the last LEG_EV_PLAYED */
	bool played_untold;             /* one did not fit */
	int16_t far[LEG_FRAME_SAMPLES]; /* what was played in the last tick */
	struct sockaddr_storage to, to_rtcp;
	socklen_t to_n, to_rtcp_n;
	struct dtmf_sender sender;
	uint32_t event_timestamp;
	char digits[STREAM_DIGITS_MAX];
	unsigned pause_ticks;
	usec report_due;
	uint32_t packets_out, octets_out;
	uint32_t dice; /* decides what the bad line of a rehearsal loses */

	struct leg_stats stats;
	unsigned stats_ticks;
};

/* stream_in.c */

/* Begins to listen with new params. */
void stream_in_start(struct stream_media *m, usec now);

/* A datagram on the RTP (or, multiplexed, RTCP) port. */
void stream_in_rtp(struct stream_media *m, usec now, const uint8_t *bytes, size_t n,
		   const struct sockaddr_storage *from, socklen_t from_n);
void stream_in_rtcp(struct stream_media *m, usec now, const uint8_t *bytes, size_t n,
		    const struct sockaddr_storage *from, socklen_t from_n);

/* What time alone decides: gaps, lost key ends, a peer that fell silent. */
void stream_in_tick(struct stream_media *m, usec now);

/* stream_ears.c */

void stream_ears_start(struct stream_media *m);

/* A frame of the other side that ended at `now`. */
void stream_ears_frame(struct stream_media *m, usec now, const int16_t pcm[LEG_FRAME_SAMPLES]);

/* The detector's word. */
void stream_ears_verdict(struct stream_media *m, usec now, const struct detect_verdict *v);

/* A note to control; NULL when there is no room for its kind: an eighth of the ring is kept for what gives
 * things back. stream_note_send() sends it; `soon` does not wait for the tick. */
struct stream_note *stream_note(struct stream_media *m, enum stream_note_kind kind);
void stream_note_send(struct stream_media *m, bool soon);

/* stream_out.c */

void stream_out_start(struct stream_media *m, usec now);
void stream_out_tick(struct stream_media *m, usec now, uint64_t tick);
void stream_out_cut(struct stream_media *m, usec now, uint32_t answer);
void stream_out_bye(struct stream_media *m, usec now);

/* stream_hub.c */

/* Puts the media loop's side to work; on the media loop's owner. */
void stream_hub_start(struct stream_hub *h);
void stream_hub_stop(struct stream_hub *h);

/* stream.c: the media loop's end of a pool, for tests that are the network. */
struct stream_hub *stream_pool_hub(struct stream_pool *p);

#endif
