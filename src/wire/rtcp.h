/*
 * rtcp.h - RTCP reports, and the figures that go into them (RFC 3550)
 *
 * A compound packet is read into, and printed from, one struct: the first
 * sender or receiver report, the sender's name, whether it says goodbye. Other
 * packet types are stepped over. rtcp_source keeps what a receiver must know
 * of one sender: extended sequence numbers, losses, interarrival jitter.
 *
 * Threads: any; an rtcp_source belongs to one thread. Layer: wire.
 */
#ifndef WIRE_RTCP_H
#define WIRE_RTCP_H

#include <stdbool.h>

#include "base/str.h"

#define RTCP_BLOCKS_MAX   31 /* the count has five bits */
#define RTCP_CNAME_MAX    255
#define RTCP_PACKET_BYTES 1500

struct rtcp_block {
	uint32_t ssrc;
	uint8_t fraction_lost;   /* of 256, since the last report */
	int32_t cumulative_lost; /* 24 bits, negative after duplicates */
	uint32_t highest_seq;    /* with the count of wraps above it */
	uint32_t jitter;         /* in units of the media clock */
	uint32_t last_sr;        /* middle 32 bits of the report's NTP time, 0 = none seen */
	uint32_t delay_since_sr; /* in 1/65536 s */
};

struct rtcp_compound {
	uint32_t ssrc;
	bool is_sender; /* SR, not RR */
	uint64_t ntp;   /* 32.32 fixed point seconds */
	uint32_t timestamp, packets, octets;
	size_t block_count;
	struct rtcp_block blocks[RTCP_BLOCKS_MAX];
	struct str cname; /* a view into the packet; may be empty */
	bool bye;
};

/* Returns 0, or -EBADMSG unless it is a compound that starts with SR or RR and every length holds. */
int rtcp_parse(const uint8_t *p, size_t n, struct rtcp_compound *ret_compound) must_check;

/* SR or RR, then SDES with the cname, then BYE if told. Returns 0, or -EMSGSIZE when `size` is too small. */
int rtcp_print(const struct rtcp_compound *c, uint8_t *out, size_t size, size_t *ret_bytes) must_check;

/* A moment as NTP time. The epoch is the one of `now`: a peer only ever sends the middle 32 bits back. */
uint64_t rtcp_ntp(usec now);

/* Round trip from the block that a peer sent about us. Returns false when it has seen no report of ours, or
 * the sum does not add up. */
bool rtcp_round_trip(const struct rtcp_block *b, usec now, usec *ret_round_trip) must_check;

struct rtcp_source {
	bool started;
	uint16_t max_seq;
	uint32_t after_jump; /* the number that would confirm a jump; over 65535 = none */
	uint32_t cycles;     /* wraps times 65536 */
	uint32_t base_seq, received;
	uint32_t expected_before, received_before;
	int32_t transit;
	uint32_t jitter_q4; /* 16 times the jitter */
	uint32_t last_sr;
	usec last_sr_at;
};

/* One packet has come, at `arrival` in units of the media clock. Returns 0, or -ERANGE for a jump that is
 * too wide to be the same stream (after two in a row the count starts anew). RFC 3550 A.1 and A.8. */
int rtcp_source_packet(struct rtcp_source *s, uint16_t seq, uint32_t timestamp, uint32_t arrival) must_check;

/* A sender report has come. */
void rtcp_source_report(struct rtcp_source *s, uint64_t ntp, usec now);

/* Packets that should have come and have not; negative after duplicates. */
int32_t rtcp_source_lost(const struct rtcp_source *s);

/* The block about this source; the fraction counts from here on anew. RFC 3550 A.3. */
void rtcp_source_block(struct rtcp_source *s, uint32_t ssrc, usec now, struct rtcp_block *ret_block);

#endif
