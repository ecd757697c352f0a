/*
 * dtmf.h - keys as telephone events (RFC 4733)
 *
 * An event is one timestamp: every packet of it says how long it has lasted,
 * the last is sent three times. The receiver turns that into one STARTED and
 * one ENDED, whatever is lost, repeated or late; the sender says on each tick
 * whether a packet is due and what is in it.
 *
 *   packets (ts, payload) -> dtmf_receiver -> STARTED 5 ... ENDED 5, 1600 units
 *
 * Threads: one owner. Layer: wire.
 */
#ifndef WIRE_DTMF_H
#define WIRE_DTMF_H

#include <stdbool.h>

#include "base/def.h"

#define DTMF_PAYLOAD_BYTES 4
#define DTMF_FLASH         16
#define DTMF_LOST_AFTER    USEC_MS(150) /* three updates of 50 ms missing: the end is lost */
#define DTMF_EVENTS_MAX    3            /* what one packet can tell: a lost end, a start, an end */

/* '0'-'9', '*', '#', 'A'-'D', '!' for a hook flash; 0 when there is no such key. */
char dtmf_key(uint8_t event);

/* The other way (letters in either case). Returns 0, or -EINVAL. */
int dtmf_event(char key, uint8_t *ret_event) must_check;

enum dtmf_kind {
	DTMF_STARTED,
	DTMF_ENDED,
};

struct dtmf_report {
	enum dtmf_kind kind;
	char key;
	uint32_t units; /* duration in units of the media clock, on ENDED; as far as it is known */
};

struct dtmf_receiver {
	bool seen, open;
	uint8_t event;
	uint32_t segment; /* timestamp of the packet run that is current */
	uint32_t units;   /* of this run; what came before it is in units_before */
	uint32_t units_before;
	usec heard;
};

/* One packet's timestamp and payload; payload behind the first event is not read. Returns how many reports
 * were written (0 to DTMF_EVENTS_MAX), or -EBADMSG. Events that are no keys return 0. */
int dtmf_receiver_packet(struct dtmf_receiver *r, uint32_t timestamp, const uint8_t *payload, size_t n,
			 usec now, struct dtmf_report ret_reports[DTMF_EVENTS_MAX]) must_check;

/* To be called now and then (a tick): closes an event whose end was lost. Returns 0 or 1 report. */
int dtmf_receiver_tick(struct dtmf_receiver *r, usec now, struct dtmf_report *ret_report) must_check;

struct dtmf_sender {
	uint8_t event, volume;
	uint8_t ends_left; /* 0 = idle */
	uint32_t clock_hz;
	uint32_t units, total, next_update;
};

struct dtmf_packet {
	bool marker; /* the first packet of the event */
	uint8_t payload[DTMF_PAYLOAD_BYTES];
};

/* Begins an event of `total` units (at most 0xffff) at `clock_hz`. Returns 0, -EBUSY while another is being
 * sent, -EINVAL for a key or length that cannot be. All its packets carry the timestamp of this moment. */
int dtmf_sender_start(struct dtmf_sender *s, char key, uint32_t total, uint32_t clock_hz) must_check;

/* `units` more have passed. Returns 1 when the packet is to be sent now, else 0. */
int dtmf_sender_tick(struct dtmf_sender *s, uint32_t units, struct dtmf_packet *ret_packet) must_check;

static inline bool dtmf_sender_busy(const struct dtmf_sender *s)
{
	return s->ends_left > 0;
}

#endif
