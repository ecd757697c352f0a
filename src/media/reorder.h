/*
 * reorder.h - packets back in the order they were sent, without waiting for clocks
 *
 * Sound that goes to a recogniser needs order, not pace: a packet that comes in
 * turn passes at once, one that overtook others waits for them a few packets or
 * some milliseconds, then the missing ones are given up and reported as gaps,
 * to be concealed. There is no jitter buffer and no added delay on a good line.
 *
 *   push 1, push 3, push 2, push 5, push 6, push 7 -> 1, 2, 3, gap, 5, 6, 7
 *
 * Threads: one owner. Layer: media.
 */
#ifndef MEDIA_REORDER_H
#define MEDIA_REORDER_H

#include <stdbool.h>

#include "base/def.h"

#define REORDER_SLOTS       8 /* a packet further ahead ends the wait for all before it */
#define REORDER_WAITING_MAX 2 /* so many packets behind a gap end the wait: 40 ms, the price of a loss */
#define REORDER_WAIT        USEC_MS(60)
#define REORDER_GAP_MAX     5    /* gaps reported in a row: what is worth concealing */
#define REORDER_JUMP        100  /* further off, in either direction, is another stream */
#define REORDER_BYTES_MAX   1280 /* of one payload */

struct reorder_packet {
	uint16_t seq;
	uint32_t timestamp;
	usec arrived;
	size_t bytes;
	uint8_t payload[REORDER_BYTES_MAX];
};

struct reorder {
	bool started;
	uint16_t next; /* the sequence number to pass on */
	unsigned gaps; /* to be reported before that */
	unsigned waiting;
	usec waiting_since;
	bool full[REORDER_SLOTS];
	struct reorder_packet slots[REORDER_SLOTS];
	uint64_t late, duplicate, lost, jumps;
};

enum reorder_what {
	REORDER_NOTHING,
	REORDER_PACKET,
	REORDER_GAP, /* one packet is missing here */
};

/* Copies a packet in. Returns 0, 1 when it came too late or twice (counted, not kept), or -EMSGSIZE. */
int reorder_push(struct reorder *r, uint16_t seq, uint32_t timestamp, const uint8_t *payload, size_t n,
		 usec now) must_check;

/* The next thing in order; call it until there is nothing. The packet is valid until the next push. */
enum reorder_what reorder_pull(struct reorder *r, usec now, const struct reorder_packet **ret_packet);

#endif
