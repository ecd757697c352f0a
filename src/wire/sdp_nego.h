/*
 * sdp_nego.h - offer and answer: what both ends will send
 *
 * RFC 3264 for one audio stream. The caller brings its codec table in order of
 * preference and where it wants to receive; it gets the text to send and the
 * outcome. Other m= lines of an offer, and audio beyond the first usable, are
 * refused with port 0 at their place, and keep it in our own later offers.
 *
 *   we are asked:  offer  -> sdp_answer()   -> text for the 200, outcome
 *   we ask:        sdp_offer() -> text;  their answer -> sdp_conclude() -> outcome
 *
 * Once something is agreed, our offers repeat it (hold, resume, refresh); set
 * `agreed` to NULL to offer the whole table again.
 *
 * Threads: the owner of sdp_local. Layer: wire.
 */
#ifndef WIRE_SDP_NEGO_H
#define WIRE_SDP_NEGO_H

#include "wire/sdp.h"

/* One row of a codec table. Names and clocks are those of the rtpmap, which lie for G.722 (RFC 3551 section
 * 4.5.2: clock 8000, samples 16000) and are fixed for Opus (48000/2). */
struct sdp_codec {
	const char *name;     /* "PCMU"; "telephone-event" rows go with audio of the same clock */
	uint32_t clock_hz;    /* RTP clock */
	uint32_t sample_hz;   /* what the decoder gives */
	uint8_t channels;     /* in the rtpmap */
	uint8_t payload_type; /* static, or what our offers use */
	const char *fmtp;     /* for our offers and answers; NULL = none */
};

/* Rows ready for use. */
extern const struct sdp_codec sdp_pcmu, sdp_pcma, sdp_g722, sdp_l16, sdp_opus, sdp_event_8k, sdp_event_48k;

enum sdp_prefer {
	SDP_PREFER_THEIRS, /* first format of the offer that we know */
	SDP_PREFER_OURS,   /* first row of our table that is offered */
};

#define SDP_LINE_KEPT_BYTES 64

/* Our side, kept by the call between offers. */
struct sdp_local {
	const struct sdp_codec *const *codecs; /* [codec_count], preferred first */
	size_t codec_count;
	enum sdp_prefer prefer;
	const char *const *protos; /* NULL-ended; NULL = RTP/AVP and RTP/AVPF; the first is offered */
	enum sdp_family family;
	struct str address; /* advertised, without brackets */
	uint16_t port;      /* RTP; RTCP is port + 1 */
	uint64_t session_id;
	uint64_t version;             /* counted up by each text that is written */
	enum sdp_direction direction; /* what we want: SDP_SENDRECV, or SDP_SENDONLY to hold them */
	bool rtcp_mux;                /* agree to it when offered */
	unsigned ptime_ms;            /* what we like, 20 when 0 */
	unsigned max_ptime_ms;        /* what we take, 60 when 0 */
	struct str extra_attrs;       /* whole "a=...\r\n" lines for the audio line; empty = none */

	/* Kept by this module; zero before the first text. */
	const struct sdp_codec *agreed, *agreed_event;
	uint8_t agreed_type, agreed_event_type;         /* payload types that we receive */
	uint16_t line, line_count;                      /* place of our stream among the m= lines */
	char lines[SDP_MEDIA_MAX][SDP_LINE_KEPT_BYTES]; /* the refused others: "video 0 RTP/AVP 31" */
};

/* The outcome. Views point into the other end's text. */
struct sdp_outcome {
	size_t media;                         /* index of the m= line */
	const struct sdp_codec *codec;        /* a row of our table */
	uint8_t send_type, recv_type;         /* payload types in the packets we send and receive */
	int event_send_type, event_recv_type; /* telephone-event, -1 = none */
	uint32_t event_clock_hz;
	unsigned ptime_ms;            /* what they like of the packets we send, within what we can */
	enum sdp_direction direction; /* ours: SDP_SENDONLY = we may send, they do not */
	struct sdp_addr remote;
	uint16_t remote_port, remote_rtcp_port;
	bool rtcp_mux;
	struct str fmtp; /* theirs, of the codec */
};

/* Appends an offer for our table, or for what was agreed. Errors stick in b->error. */
void sdp_offer(struct sdp_local *local, struct buf *b);

/* Appends the answer to `offer`. Returns 0, -ENOTSUP when nothing is common (488), or -EBADMSG when audio is
 * offered without an address (400). Then nothing is appended and `local` is as before. Errors of writing
 * stick in b->error. */
int sdp_answer(struct sdp_local *local, const struct sdp *offer, struct buf *b,
	       struct sdp_outcome *ret_outcome) must_check;

/* Reads the answer to our last offer. Returns 0, -ENOTSUP when the stream was refused or a codec chosen that
 * was not offered, -EBADMSG when the m= lines do not match ours or have no address. */
int sdp_conclude(struct sdp_local *local, const struct sdp *answer,
		 struct sdp_outcome *ret_outcome) must_check;

#endif
