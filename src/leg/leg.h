/*
 * leg.h - one way for a voice to reach us: the contract
 *
 * A leg is a phone call's worth of signalling and audio with one party,
 * whatever carries it: SIP, a browser, a carrier's WebSocket. It has two
 * halves. The control half (this contract) lives on the shard's control loop.
 * The media half lives on the media loop and comes from a preallocated pool
 * (stream.h); the control half reaches it by rings, so nothing here blocks.
 *
 *   call ---- leg_play, leg_cut, leg_duck ... ----> leg ---ring---> media half
 *   call <--- LEG_EV_AUDIO, _SPEECH, _PLAYED ------ leg <--ring---- media half
 *
 * The owner sets a sink before it does anything else. Events never arrive
 * inside a leg_ call. After LEG_EV_ENDED only leg_close() is allowed. The
 * memory belongs to whoever makes legs (the SIP user agent, say): leg_close()
 * gives the leg back, and what is left to say to the peer is said without us.
 *
 * Audio here is mono S16 at LEG_RATE_HZ in frames of LEG_FRAME_SAMPLES (20 ms).
 *
 * Threads: the shard's control loop. Layer: leg.
 */
#ifndef LEG_LEG_H
#define LEG_LEG_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/str.h"

#define LEG_RATE_HZ          8000
#define LEG_FRAME_SAMPLES    160
#define LEG_FRAME_USEC       USEC_MS(20)
#define LEG_PLAY_SAMPLES_MAX 20480 /* what a leg holds ahead of the ear, given in whole frames: 2.56 s */
#define LEG_HEADERS_MAX      16

struct leg;

/* ---- what an arriving or dialled call says of itself ---- */

/* A header that travels with signalling: X-... of SIP, a custom parameter of a carrier's WebSocket. */
struct leg_header {
	struct str name, value;
};

struct leg_headers {
	struct leg_header list[LEG_HEADERS_MAX];
	size_t count;
};

/* Valid while the event that carries it is delivered, and as long as the leg is open after leg_info(). */
struct leg_info {
	struct str caller;      /* the number or user that calls, "anonymous" if withheld */
	struct str caller_name; /* display name, may be empty */
	struct str called;      /* the number or user that was dialled */
	struct str peer;        /* address of the other end, for the trail */
	struct str trunk;       /* name of the trunk that let it in */
	struct str remote_id;   /* the wire's own id: Call-ID, stream id */
	struct leg_headers headers;
};

/* ---- events ---- */

enum leg_event_type {
	LEG_EV_RINGING,  /* outbound: 18x without media */
	LEG_EV_EARLY,    /* media flows before the answer */
	LEG_EV_ANSWERED, /* outbound: 200; inbound: our 200 was acknowledged */
	LEG_EV_HELD,     /* the other side put us on hold */
	LEG_EV_RESUMED,
	LEG_EV_SPEECH, /* the other party started or stopped to speak */
	LEG_EV_AUDIO,  /* a frame of the other party, for the recogniser; `at` is its end */
	LEG_EV_DTMF,
	LEG_EV_PLAYED,   /* the ear has heard up to here */
	LEG_EV_DUCKED,   /* the reflex lowered our voice: decide (leg_cut or leg_duck off) */
	LEG_EV_REFER,    /* progress and result of leg_refer() */
	LEG_EV_REFERRED, /* the other side asks us to call somebody else; where that is taken, it believes we
			    did */
	LEG_EV_SILENT,   /* no packet from the peer for the media timeout: gone without a word */
	LEG_EV_ENDED,    /* the last event */
	LEG_EV_COUNT_
};

enum leg_end {
	LEG_END_REMOTE,    /* the other side hung up */
	LEG_END_LOCAL,     /* leg_hangup() or leg_reject() */
	LEG_END_CANCELLED, /* the caller gave up before the answer */
	LEG_END_REFUSED,   /* outbound: see status */
	LEG_END_NO_ANSWER,
	LEG_END_LOST,  /* no ACK, media timeout, transport gone */
	LEG_END_FAULT, /* see fault */
};

struct leg_event {
	enum leg_event_type type;
	usec at; /* monotonic, when it happened on the wire or at the ear */
	union {
		struct {
			bool speaking;
		} speech; /* `at` is the true onset or end, detector delay taken off */
		struct {
			const int16_t *pcm; /* [LEG_FRAME_SAMPLES], valid during the event */
			float probability;  /* of speech in it, by the newest detector verdict */
			bool voiced;        /* between onset (less pre-roll) and end */
		} audio;
		struct {
			char digit; /* 0-9 * # A-D, '!' for flash */
			usec duration;
		} dtmf;
		struct {
			uint32_t answer; /* generation of leg_play() */
			uint32_t heard;  /* samples of it that left for the ear */
			uint32_t queued; /* samples of it still waiting in the leg */
			bool drained;    /* nothing of any answer is waiting any more */
		} played;
		struct {
			int status; /* SIP status of the sipfrag: 100 trying ... 200 done, >= 300 refused */
			bool final;
		} refer;
		struct {
			struct str target; /* a URI */
		} referred;
		struct {
			enum leg_end why;
			int status; /* SIP status if one was involved, else 0 */
			enum fault fault;
			struct str words; /* the peer's, for the log */
		} ended;
	};
};

struct leg_sink {
	void (*on_event)(void *arg, struct leg *leg, const struct leg_event *ev);
	void *arg;
};

/* ---- the contract ---- */

enum leg_refusal {
	LEG_REFUSE_BUSY,        /* 486 */
	LEG_REFUSE_FULL,        /* 503 with Retry-After */
	LEG_REFUSE_NOT_FOUND,   /* 404 */
	LEG_REFUSE_FORBIDDEN,   /* 403 */
	LEG_REFUSE_UNAVAILABLE, /* 480 */
	LEG_REFUSE_FAILED,      /* 500 */
};

enum leg_reflex {
	LEG_REFLEX_OFF,  /* uninterruptible phrase: the detector reports, the voice goes on */
	LEG_REFLEX_DUCK, /* speech of the other party lowers our voice in the next packet */
};

enum {
	LEG_CAN_REFER = 1,
	LEG_CAN_DTMF = 2,
	LEG_CAN_EARLY = 4,
	LEG_CAN_HEADERS = 8,
};

/* Media statistics for the trail; zero where unknown. */
struct leg_stats {
	uint64_t packets_in, packets_out, lost, late, refused, concealed;
	usec jitter, round_trip;
	char codec[16];
};

struct recorder;

/* Where both sides of a leg are recorded. `r` comes back by on_recorded(), also after leg_close(), when the
 * media half does not touch it any more; `arg` outlives the leg. */
struct leg_recording {
	struct recorder *r;
	void (*on_recorded)(void *arg, struct recorder *r);
	void *arg;
};

struct leg_ops {
	const char *name;
	unsigned can;
	int (*ring)(struct leg *leg);
	int (*early)(struct leg *leg);
	int (*answer)(struct leg *leg, const struct leg_headers *headers);
	void (*reject)(struct leg *leg, enum leg_refusal why);
	void (*hangup)(struct leg *leg, const struct leg_headers *headers);
	int (*refer)(struct leg *leg, struct str target, const struct leg_headers *headers);
	int (*send_dtmf)(struct leg *leg, struct str digits);
	int (*play)(struct leg *leg, uint32_t answer, const int16_t *pcm, size_t samples);
	void (*cut)(struct leg *leg, uint32_t answer);
	void (*duck)(struct leg *leg, bool on);
	void (*set_reflex)(struct leg *leg, enum leg_reflex reflex);
	void (*record)(struct leg *leg, const struct leg_recording *recording);
	void (*stats)(const struct leg *leg, struct leg_stats *ret_stats);
	void (*close)(struct leg *leg);
};

/* The first member of every kind of leg. */
struct leg {
	const struct leg_ops *ops;
	struct leg_sink sink;
	struct leg_info info;
	bool ended; /* LEG_EV_ENDED was delivered */
};

/* Answers an incoming leg with "ringing". Returns 0 or -errno. */
int leg_ring(struct leg *leg) must_check;

/* Lets an incoming leg hear what is played before the answer, which costs most callers nothing. leg_answer()
 * may follow. Returns 0, -ENOTSUP when this kind or this caller cannot, or -errno. */
int leg_early(struct leg *leg) must_check;

/* Takes an incoming leg; `headers` may be NULL. LEG_EV_ANSWERED follows. Returns 0 or -errno. */
int leg_answer(struct leg *leg, const struct leg_headers *headers) must_check;

/* Refuses an incoming leg. LEG_EV_ENDED follows. */
void leg_reject(struct leg *leg, enum leg_refusal why);

/* Ends it, whatever its state; `headers` (may be NULL) go into the BYE. LEG_EV_ENDED follows. */
void leg_hangup(struct leg *leg, const struct leg_headers *headers);

/* Cold transfer (RFC 3515): asks the peer to call `target` instead of us. LEG_EV_REFER follows until final.
 * Returns 0, -ENOTSUP when this kind cannot, or -errno. */
int leg_refer(struct leg *leg, struct str target, const struct leg_headers *headers) must_check;

/* Sends digits (0-9 * # A-D; ',' pauses half a second). Returns 0, -ENOTSUP, -EINVAL, or -ENOBUFS: later. */
int leg_send_dtmf(struct leg *leg, struct str digits) must_check;

/* Queues speech of the answer numbered `answer` behind what waits. Returns the samples taken (possibly fewer
 * than given: the rest fits after LEG_EV_PLAYED), 0 also when that answer was cut; or -errno. */
int leg_play(struct leg *leg, uint32_t answer, const int16_t *pcm, size_t samples) must_check;

/* Silence, within a fade of a few milliseconds: nothing of any answer numbered <= `answer` is heard from now
 * on. One last LEG_EV_PLAYED tells exactly what was. */
void leg_cut(struct leg *leg, uint32_t answer);

/* Lowers our voice, or brings it back. */
void leg_duck(struct leg *leg, bool on);

void leg_set_reflex(struct leg *leg, enum leg_reflex reflex);

/* From now on until its end; at most once a leg. Copied. A leg that has ended gives `r` back inside this
 * call. */
void leg_record(struct leg *leg, const struct leg_recording *recording);

void leg_read_stats(const struct leg *leg, struct leg_stats *ret_stats);

/* Gives the leg back; hangs up first if it has not ended. Takes NULL. Returns NULL. */
struct leg *leg_close(struct leg *leg);

/* For implementations: hands `ev` to the owner; remembers the end. */
void leg_emit(struct leg *leg, const struct leg_event *ev);

#endif
