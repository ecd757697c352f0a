#include "wire/dtmf.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "wire/bytes.h"

#define FLAG_END      0x80
#define UNITS_MAX     0xffff
#define STRAGGLER_MAX UNITS_MAX /* eight seconds: further behind is another clock, not a late packet */
#define END_PACKETS   3
#define UPDATES_A_S   20 /* every 50 ms, RFC 4733 section 2.5.1.2 */
#define VOLUME        10 /* -10 dBm0 */

static const char keys[] = "0123456789*#ABCD!";

char dtmf_key(uint8_t event)
{
	return event < sizeof(keys) - 1 ? keys[event] : 0;
}

int dtmf_event(char key, uint8_t *ret_event)
{
	const char *at = key ? strchr(keys, key >= 'a' && key <= 'd' ? key - 'a' + 'A' : key) : NULL;

	if (!at)
		return -EINVAL;
	*ret_event = (uint8_t)(at - keys);
	return 0;
}

static int close_event(struct dtmf_receiver *r, struct dtmf_report *report)
{
	if (!r->open)
		return 0;
	r->open = false;
	*report = (struct dtmf_report){DTMF_ENDED, dtmf_key(r->event), r->units_before + r->units};
	return 1;
}

/* An event longer than 0xffff units goes on under a new timestamp, exactly where the last run stopped
 * (RFC 4733 section 2.5.1.3). */
static bool goes_on(const struct dtmf_receiver *r, uint8_t event, uint32_t timestamp)
{
	return r->open && event == r->event && timestamp == r->segment + UNITS_MAX;
}

static int start_event(struct dtmf_receiver *r, uint8_t event, uint32_t timestamp, struct dtmf_report *report)
{
	int n;

	if (goes_on(r, event, timestamp)) {
		r->units_before += UNITS_MAX;
		r->units = 0;
		r->segment = timestamp;
		return 0;
	}
	n = close_event(r, report);
	*r = (struct dtmf_receiver){.seen = true, .open = true, .event = event, .segment = timestamp};
	report[n] = (struct dtmf_report){DTMF_STARTED, dtmf_key(event), 0};
	return n + 1;
}

int dtmf_receiver_packet(struct dtmf_receiver *r, uint32_t timestamp, const uint8_t *payload, size_t n,
			 usec now, struct dtmf_report ret_reports[DTMF_EVENTS_MAX])
{
	int32_t ahead = (int32_t)(timestamp - r->segment);
	int count = 0;

	if (n < DTMF_PAYLOAD_BYTES)
		return -EBADMSG;
	if (!dtmf_key(payload[0]) || (r->seen && ahead < 0 && ahead >= -STRAGGLER_MAX))
		return 0; /* not a key, or a straggler of an event that is over */
	if (!r->seen || ahead != 0)
		count = start_event(r, payload[0], timestamp, ret_reports);
	if (!r->open || payload[0] != r->event)
		return count; /* a repeated end */
	r->units = MAX(r->units, bytes_be16(payload + 2));
	r->heard = now;
	if (payload[1] & FLAG_END)
		count += close_event(r, ret_reports + count);
	return count;
}

int dtmf_receiver_tick(struct dtmf_receiver *r, usec now, struct dtmf_report *ret_report)
{
	return r->open && now - r->heard >= DTMF_LOST_AFTER ? close_event(r, ret_report) : 0;
}

int dtmf_sender_start(struct dtmf_sender *s, char key, uint32_t total, uint32_t clock_hz)
{
	uint8_t event;

	if (dtmf_sender_busy(s))
		return -EBUSY;
	if (dtmf_event(key, &event) < 0 || total == 0 || total > UNITS_MAX)
		return -EINVAL;
	*s = (struct dtmf_sender){.event = event,
				  .volume = VOLUME,
				  .ends_left = END_PACKETS,
				  .clock_hz = clock_hz,
				  .total = total};
	return 0;
}

int dtmf_sender_tick(struct dtmf_sender *s, uint32_t units, struct dtmf_packet *ret_packet)
{
	bool first = s->units == 0, end;

	if (!dtmf_sender_busy(s))
		return 0;
	s->units = MIN(s->units + units, s->total);
	end = s->units == s->total;
	if (!end && s->units < s->next_update)
		return 0;
	s->next_update += s->clock_hz / UPDATES_A_S;
	s->ends_left -= end;
	ret_packet->marker = first;
	ret_packet->payload[0] = s->event;
	ret_packet->payload[1] = (uint8_t)((end ? FLAG_END : 0) | s->volume);
	bytes_put_be16(ret_packet->payload + 2, (uint16_t)s->units);
	return 1;
}
