#include "leg/stream_media.h"

#include <string.h>

#include "wire/bytes.h"

#define LATCH_PACKETS 25   /* half a second in which the signalled address may still claim its own */
#define DECODED_MAX   1280 /* samples of the longest payload */
#define MISSING_AFTER USEC_MS(60)

/* ---- who may send ---- */

static bool is_signalled(const struct stream_media *m, const struct sockaddr_storage *from)
{
	struct addr a = addr_from_sockaddr(from);

	return addr_eq(&a, &m->signalled);
}

static bool is_source(const struct stream_latch *l, const struct sockaddr_storage *from, socklen_t from_n)
{
	return l->locked && from_n == l->source_n && memcmp(from, &l->source, from_n) == 0;
}

static void lock(struct stream_media *m, const struct sockaddr_storage *from, socklen_t from_n)
{
	m->latch =
		(struct stream_latch){.locked = true, .strange = !is_signalled(m, from), .source_n = from_n};
	memcpy(&m->latch.source, from, from_n);
	m->to = m->latch.source;
	m->to_n = from_n;
	if (m->latch.strange) { /* behind a NAT the signalled RTCP address is as wrong as the other */
		struct addr rtcp = addr_from_sockaddr(from);

		rtcp.port++;
		m->to_rtcp_n = addr_to_sockaddr(&rtcp, &m->to_rtcp);
	}
}

/* The first source of valid packets is it. One that is not the signalled one may be taken over by that one,
 * for a short while; nobody else gets in. */
static bool admit(struct stream_media *m, const struct sockaddr_storage *from, socklen_t from_n)
{
	struct stream_latch *l = &m->latch;

	if (is_source(l, from, from_n)) {
		l->packets++;
		return true;
	}
	if (!l->locked || (l->strange && l->packets < LATCH_PACKETS && is_signalled(m, from))) {
		lock(m, from, from_n);
		return true;
	}
	m->stats.refused++;
	return false;
}

/* ---- packets to frames ---- */

static void add_samples(struct stream_media *m, usec now, const int16_t *pcm, size_t n)
{
	while (n > 0) {
		size_t take = MIN(n, LEG_FRAME_SAMPLES - m->part_n);

		memcpy(m->part + m->part_n, pcm, take * sizeof(*pcm));
		m->part_n += (uint32_t)take;
		pcm += take;
		n -= take;
		if (m->part_n < LEG_FRAME_SAMPLES)
			continue;
		m->part_n = 0;
		m->frame_at = now;
		stream_ears_frame(m, now - (usec)n * 125, m->part);
	}
}

static void decode(struct stream_media *m, usec now, const struct reorder_packet *p)
{
	const struct codec *c = m->wish.params.codec;
	int16_t pcm[DECODED_MAX], narrow[DECODED_MAX];
	int n = c->decode(NULL, p->payload, p->bytes, pcm, DECODED_MAX);
	int16_t *out = pcm;

	if (n <= 0)
		return;
	if (m->down.filter) {
		out = narrow;
		n = (int)resample_push(&m->down, pcm, MIN((size_t)n, RESAMPLE_PCM_MAX), narrow);
	}
	conceal_good(&m->conceal, out, (size_t)n);
	if (m->wish.recorder)
		recorder_near(m->wish.recorder, now, p->timestamp / (c->clock_hz / LEG_RATE_HZ), out,
			      (size_t)n);
	add_samples(m, now, out, (size_t)n);
}

static void conceal(struct stream_media *m, usec now)
{
	int16_t pcm[LEG_FRAME_SAMPLES];

	conceal_lost(&m->conceal, pcm, LEG_FRAME_SAMPLES);
	m->stats.concealed++;
	add_samples(m, now, pcm, LEG_FRAME_SAMPLES);
}

static void pull(struct stream_media *m, usec now)
{
	const struct reorder_packet *p = NULL;
	enum reorder_what what;

	while ((what = reorder_pull(&m->reorder, now, &p)) != REORDER_NOTHING) {
		if (what == REORDER_PACKET)
			decode(m, now, p);
		else
			conceal(m, now);
	}
}

/* ---- keys ---- */

static void note_keys(struct stream_media *m, usec now, const struct dtmf_report *reports, int n)
{
	for (int i = 0; i < n; i++) {
		struct stream_note *note;

		if (reports[i].kind != DTMF_ENDED)
			continue; /* a key counts when it is let go: its length is known then */
		note = stream_note(m, STREAM_NOTE_EVENT);
		if (!note)
			return;
		note->event = (struct leg_event){.type = LEG_EV_DTMF, .at = now};
		note->event.dtmf.digit = reports[i].key;
		note->event.dtmf.duration = (usec)reports[i].units * 1000000 / m->wish.params.codec->clock_hz;
		stream_note_send(m, true);
	}
}

static void take_key(struct stream_media *m, usec now, const struct rtp_packet *k)
{
	struct dtmf_report reports[DTMF_EVENTS_MAX];
	int n = dtmf_receiver_packet(&m->keys, k->header.timestamp, k->payload, k->payload_bytes, now,
				     reports);

	note_keys(m, now, reports, n);
}

/* ---- packets ---- */

static bool is_current(const struct stream_media *m, uint32_t ssrc)
{
	return m->ssrc_known && m->ssrc_in == ssrc;
}

/* Another source behind the same address (a transfer, say): its numbers have nothing to do with the last. */
static void restart_source(struct stream_media *m, uint32_t ssrc)
{
	m->ssrc_in = ssrc;
	m->ssrc_known = true;
	m->source = (struct rtcp_source){0};
	m->reorder.started = false;
	if (m->wish.recorder)
		recorder_near_restarts(m->wish.recorder);
}

static void count(struct stream_media *m, usec now, const struct rtp_packet *k)
{
	uint32_t clock = m->wish.params.codec->clock_hz;

	/* A wide jump is counted by the reorderer, too. */
	(void)!rtcp_source_packet(&m->source, k->header.seq, k->header.timestamp,
				  (uint32_t)(now * (usec)clock / 1000000));
}

void stream_in_rtp(struct stream_media *m, usec now, const uint8_t *bytes, size_t n,
		   const struct sockaddr_storage *from, socklen_t from_n)
{
	const struct stream_params *params = &m->wish.params;
	struct rtp_packet k;
	bool is_sound, is_key;

	if (rtp_is_rtcp(bytes, n)) {
		stream_in_rtcp(m, now, bytes, n, from, from_n);
		return;
	}
	if (!m->started || !params->receive || rtp_parse(bytes, n, &k) < 0)
		return;
	is_sound = k.header.payload_type == params->recv_type;
	is_key = k.header.payload_type == params->event_recv_type;
	/* Comfort noise that nobody agreed to is the source's, too; but it proves nothing about a stranger.
	 */
	if ((is_sound || is_key) ? !admit(m, from, from_n) : !is_source(&m->latch, from, from_n))
		return;
	m->stats.packets_in++;
	m->packet_at = now;
	m->silent = false;
	if (is_key)
		take_key(m, now, &k);
	if (is_sound && !is_current(m, k.header.ssrc))
		restart_source(m, k.header.ssrc);
	if (!is_current(m, k.header.ssrc))
		return; /* keys under a number of their own have no place in the order of sound */
	count(m, now, &k);
	/* What is no sound takes its place in the order all the same: it is no gap. */
	if (reorder_push(&m->reorder, k.header.seq, k.header.timestamp, k.payload,
			 is_sound ? k.payload_bytes : 0, now) == 0)
		pull(m, now);
}

static bool same_ip(const struct stream_latch *l, const struct sockaddr_storage *from)
{
	struct addr a = addr_from_sockaddr(from), b = addr_from_sockaddr(&l->source);

	return l->locked && addr_same_ip(&a, &b);
}

void stream_in_rtcp(struct stream_media *m, usec now, const uint8_t *bytes, size_t n,
		    const struct sockaddr_storage *from, socklen_t from_n)
{
	struct rtcp_compound c;

	(void)from_n;
	if (!m->started || !same_ip(&m->latch, from) || rtcp_parse(bytes, n, &c) < 0)
		return;
	if (c.is_sender && c.ssrc == m->ssrc_in)
		rtcp_source_report(&m->source, c.ntp, now);
	for (size_t i = 0; i < c.block_count; i++)
		if (c.blocks[i].ssrc == m->ssrc && rtcp_round_trip(&c.blocks[i], now, &m->stats.round_trip))
			break;
}

/* ---- time ---- */

static void tell_silent(struct stream_media *m, usec now)
{
	struct stream_note *note;

	if (m->silent || m->hub->config.media_timeout == 0 ||
	    now - m->packet_at < m->hub->config.media_timeout)
		return;
	note = stream_note(m, STREAM_NOTE_EVENT);
	if (!note)
		return; /* the next tick tries again */
	m->silent = true;
	note->event = (struct leg_event){.type = LEG_EV_SILENT, .at = m->packet_at};
	stream_note_send(m, true);
}

/* A sender that pauses, or a line that is cut, is silence to whoever listens: the ears hear it in time. */
static void fill(struct stream_media *m, usec now)
{
	static const int16_t silence[LEG_FRAME_SAMPLES];

	if (now - m->frame_at < MISSING_AFTER || m->reorder.waiting > 0)
		return;
	m->part_n = 0;
	m->frame_at = MAX(m->frame_at, now - MISSING_AFTER) + FRAME_USEC;
	stream_ears_frame(m, m->frame_at, silence);
}

void stream_in_tick(struct stream_media *m, usec now)
{
	struct dtmf_report report;

	pull(m, now);
	note_keys(m, now, &report, dtmf_receiver_tick(&m->keys, now, &report));
	if (!m->wish.params.receive) {
		m->packet_at = m->frame_at = now; /* on hold nobody is missed */
		return;
	}
	fill(m, now);
	tell_silent(m, now);
}

void stream_in_start(struct stream_media *m, usec now)
{
	const struct stream_params *params = &m->wish.params;

	if (!addr_eq(&m->signalled, &params->remote))
		m->latch.locked = false;
	m->signalled = params->remote;
	if (!m->started)
		m->packet_at = m->frame_at = now;
	/* Every rate in the codec table has a filter. */
	(void)!resample_init(&m->down, params->codec->rate_hz, LEG_RATE_HZ);
}
