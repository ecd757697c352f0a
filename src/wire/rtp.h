/*
 * rtp.h - RTP packets (RFC 3550 section 5)
 *
 * A packet is read in place: what rtp_parse() returns points into the bytes it
 * was given. Padding, contributing sources and the extension header are
 * checked against the length before anything is believed.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_RTP_H
#define WIRE_RTP_H

#include <stdbool.h>

#include "base/def.h"

#define RTP_HEADER_BYTES 12

struct rtp_header {
	bool marker;
	uint8_t payload_type; /* 0..127 */
	uint16_t seq;
	uint32_t timestamp;
	uint32_t ssrc;
};

struct rtp_packet {
	struct rtp_header header;
	uint8_t csrc_count;
	bool has_extension;
	uint16_t extension_profile;
	const uint8_t *csrcs;     /* csrc_count times 4 bytes, network order */
	const uint8_t *extension; /* its words, without the 4 byte head */
	size_t extension_bytes;
	const uint8_t *payload; /* without padding; may be empty */
	size_t payload_bytes;
};

/* Returns 0, or -EBADMSG when the bytes are not an RTP packet (also for RTCP on the same port). */
int rtp_parse(const uint8_t *p, size_t n, struct rtp_packet *ret_packet) must_check;

/* Writes the fixed header; the payload follows it. */
void rtp_print(const struct rtp_header *h, uint8_t out[RTP_HEADER_BYTES]);

/* Whether bytes on a shared port are RTCP: packet types 192 to 223 (RFC 5761 section 4). */
static inline bool rtp_is_rtcp(const uint8_t *p, size_t n)
{
	return n >= 2 && p[1] >= 192 && p[1] <= 223;
}

/* How far `a` is ahead of `b`, across the wrap at 65536. */
static inline int rtp_seq_ahead(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

#endif
