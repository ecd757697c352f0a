#include "media/reorder.h"

#include <errno.h>
#include <string.h>

static void forget_waiting(struct reorder *r)
{
	memset(r->full, 0, sizeof(r->full));
	r->waiting = 0;
}

/* Begins anew at `seq`: the first packet, or one from so far away that counting makes no sense. */
static void restart(struct reorder *r, uint16_t seq)
{
	r->jumps += r->started;
	r->started = true;
	r->next = seq;
	r->gaps = 0;
	forget_waiting(r);
}

/* Everything before `seq` is given up; what waited for it in vain goes with it. */
static void skip_to(struct reorder *r, uint16_t seq)
{
	unsigned missing = (uint16_t)(seq - r->next);

	r->lost += missing - r->waiting;
	r->late += r->waiting;
	r->gaps = MIN(r->gaps + missing, REORDER_GAP_MAX);
	r->next = seq;
	forget_waiting(r);
}

static void keep(struct reorder *r, uint16_t seq, uint32_t timestamp, const uint8_t *payload, size_t n,
		 usec now)
{
	struct reorder_packet *p = &r->slots[seq % REORDER_SLOTS];

	r->full[seq % REORDER_SLOTS] = true;
	p->seq = seq;
	p->timestamp = timestamp;
	p->arrived = now;
	p->bytes = n;
	memcpy(p->payload, payload, n);
	if (r->waiting++ == 0)
		r->waiting_since = now;
}

int reorder_push(struct reorder *r, uint16_t seq, uint32_t timestamp, const uint8_t *payload, size_t n,
		 usec now)
{
	int ahead = (int16_t)(uint16_t)(seq - r->next);

	if (n > REORDER_BYTES_MAX)
		return -EMSGSIZE;
	if (!r->started || ahead > REORDER_JUMP || ahead < -REORDER_JUMP)
		restart(r, seq);
	else if (ahead < 0) {
		r->late++;
		return 1;
	} else if (ahead >= REORDER_SLOTS)
		skip_to(r, seq);
	if (r->full[seq % REORDER_SLOTS]) {
		r->duplicate++;
		return 1;
	}
	keep(r, seq, timestamp, payload, n, now);
	return 0;
}

static bool waited_enough(const struct reorder *r, usec now)
{
	return r->waiting >= REORDER_WAITING_MAX ||
	       (r->waiting > 0 && now - r->waiting_since >= REORDER_WAIT);
}

enum reorder_what reorder_pull(struct reorder *r, usec now, const struct reorder_packet **ret_packet)
{
	size_t slot = r->next % REORDER_SLOTS;

	if (r->gaps > 0) {
		r->gaps--;
		return REORDER_GAP;
	}
	if (r->full[slot]) {
		r->full[slot] = false;
		r->waiting--;
		r->waiting_since = now;
		r->next++;
		*ret_packet = &r->slots[slot];
		return REORDER_PACKET;
	}
	if (!waited_enough(r, now))
		return REORDER_NOTHING;
	r->lost++;
	r->next++;
	return REORDER_GAP;
}
