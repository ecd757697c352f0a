#include "leg/stream_media.h"

#include <string.h>

#define PLAYED_EVERY    5                  /* ticks between positions while we are heard */
#define KEY_UNITS       (LEG_RATE_HZ / 10) /* 100 ms */
#define KEY_GAP_TICKS   5
#define KEY_PAUSE_TICKS 25                      /* ',' is half a second */
#define REPORT_EVERY    USEC_SEC(5)             /* RFC 3550 section 6.2 */
#define STATS_EVERY     50                      /* ticks */
#define AHEAD_SAMPLES   (2 * LEG_FRAME_SAMPLES) /* what the playout holds; the rest waits in the ring */
#define SKIPPED_MAX     50                      /* ticks of silence to make up for after a stall */

static void send_rtp(struct stream_media *m, const uint8_t *bytes, size_t n)
{
	m->hub->send(m->wish.rtp_fd, bytes, n, &m->to, m->to_n);
	m->packets_out++;
	m->octets_out += (uint32_t)(n - RTP_HEADER_BYTES);
	m->stats.packets_out++;
}

/* ---- what is heard ---- */

static void note_played(struct stream_media *m, usec now, uint32_t answer, uint32_t heard)
{
	struct stream_note *note = stream_note(m, STREAM_NOTE_EVENT);

	m->played_untold = !note;
	if (!note)
		return;
	note->event = (struct leg_event){.type = LEG_EV_PLAYED, .at = now};
	note->event.played.answer = answer;
	note->event.played.heard = heard;
	m->played_ticks = 0;
	stream_note_send(m, false);
}

/* Moves speech from the ring to the playout, just ahead of the ear: what is cut is still in the ring. */
static void fetch(struct stream_media *m)
{
	const struct stream_sound *s;

	while (m->playout.queued < AHEAD_SAMPLES && (s = ring_peek(&m->sounds))) {
		/* Refused when the answer was cut; a record always fits in what is free. */
		(void)!playout_push(&m->playout, s->answer, s->pcm, s->samples);
		ring_release(&m->sounds);
	}
}

static void play(struct stream_media *m, usec now, int16_t pcm[LEG_FRAME_SAMPLES])
{
	struct playout_report reports[PLAYOUT_REPORTS_MAX];
	bool was_audible = m->audible;
	size_t n;

	fetch(m);
	n = playout_pull(&m->playout, pcm, LEG_FRAME_SAMPLES, reports);
	m->audible = n > 0;
	m->marker |= m->audible && !was_audible;
	m->played_ticks++;
	for (size_t i = 0; i + 1 < n; i++) /* an answer that ended in this tick */
		note_played(m, now, reports[i].answer, reports[i].heard);
	if (m->played_untold ||
	    (n > 0 && (m->played_ticks >= PLAYED_EVERY || !was_audible || m->playout.queued == 0)))
		note_played(m, now, m->playout.answer, m->playout.heard);
}

void stream_out_cut(struct stream_media *m, usec now, uint32_t answer)
{
	const struct stream_sound *s;

	playout_cut(&m->playout, answer);
	playout_duck(&m->playout, 0); /* what comes next is another answer */
	while ((s = ring_peek(&m->sounds)) && s->answer <= answer)
		ring_release(&m->sounds);
	if (m->playout.answer < answer) /* it was cut before it began */
		note_played(m, now, answer, 0);
	else if (m->playout.answer == answer)
		note_played(m, now, answer, m->playout.heard);
}

/* xorshift32: the media loop's own dice. */
static bool is_lost(struct stream_media *m)
{
	if (m->wish.params.loss <= 0)
		return false;
	m->dice ^= m->dice << 13;
	m->dice ^= m->dice >> 17;
	m->dice ^= m->dice << 5;
	return (float)m->dice < m->wish.params.loss * (float)UINT32_MAX;
}

static void send_audio(struct stream_media *m, const int16_t *pcm)
{
	const struct codec *c = m->wish.params.codec;
	struct rtp_header h = {m->marker, m->wish.params.send_type, m->seq++, m->timestamp, m->ssrc};
	uint8_t bytes[STREAM_PACKET_BYTES];
	int16_t wide[FRAME_SAMPLES_MAX];
	size_t samples = LEG_FRAME_SAMPLES;
	int n;

	if (m->up.filter) {
		samples = resample_push(&m->up, pcm, LEG_FRAME_SAMPLES, wide);
		pcm = wide;
	}
	n = c->encode(NULL, pcm, samples, bytes + RTP_HEADER_BYTES, sizeof(bytes) - RTP_HEADER_BYTES);
	if (n <= 0)
		return;
	rtp_print(&h, bytes);
	m->marker = false;
	if (!is_lost(m))
		send_rtp(m, bytes, RTP_HEADER_BYTES + (size_t)n);
}

/* ---- keys ---- */

static void next_key(struct stream_media *m)
{
	char key = m->digits[0];

	if (m->pause_ticks > 0) {
		m->pause_ticks--;
		return;
	}
	if (!key)
		return;
	memmove(m->digits, m->digits + 1, sizeof(m->digits) - 1);
	m->pause_ticks = key == ',' ? KEY_PAUSE_TICKS : 0;
	/* Control has let only keys through. */
	if (key != ',' && dtmf_sender_start(&m->sender, key, KEY_UNITS, LEG_RATE_HZ) == 0)
		m->event_timestamp = m->timestamp;
}

/* Returns whether a key takes the place of sound in this tick. */
static bool send_key(struct stream_media *m)
{
	struct dtmf_packet packet;
	uint8_t bytes[RTP_HEADER_BYTES + DTMF_PAYLOAD_BYTES];

	if (!dtmf_sender_busy(&m->sender))
		next_key(m);
	if (!dtmf_sender_busy(&m->sender))
		return false;
	if (dtmf_sender_tick(&m->sender, LEG_FRAME_SAMPLES, &packet)) {
		struct rtp_header h = {packet.marker, m->wish.params.event_send_type, m->seq++,
				       m->event_timestamp, m->ssrc};

		rtp_print(&h, bytes);
		memcpy(bytes + RTP_HEADER_BYTES, packet.payload, sizeof(packet.payload));
		send_rtp(m, bytes, sizeof(bytes));
	}
	if (!dtmf_sender_busy(&m->sender))
		m->pause_ticks = KEY_GAP_TICKS;
	return true;
}

/* ---- reports ---- */

static void send_report(struct stream_media *m, usec now, bool bye)
{
	struct rtcp_compound c = {
		.ssrc = m->ssrc,
		.is_sender = m->packets_out > 0,
		.ntp = rtcp_ntp(now),
		.timestamp = m->timestamp,
		.packets = m->packets_out,
		.octets = m->octets_out,
		.block_count = m->source.started,
		.cname = STR("offhook"),
		.bye = bye,
	};
	uint8_t bytes[STREAM_PACKET_BYTES];
	size_t n;

	if (m->source.started)
		rtcp_source_block(&m->source, m->ssrc_in, now, &c.blocks[0]);
	if (rtcp_print(&c, bytes, sizeof(bytes), &n) == 0)
		m->hub->send(m->wish.rtcp_fd, bytes, n, &m->to_rtcp, m->to_rtcp_n);
}

void stream_out_bye(struct stream_media *m, usec now)
{
	if (m->started)
		send_report(m, now, true);
}

static void note_stats(struct stream_media *m)
{
	struct stream_note *note;

	m->stats_ticks = 0;
	note = stream_note(m, STREAM_NOTE_STATS);
	if (!note)
		return;
	m->stats.lost = (uint64_t)MAX(rtcp_source_lost(&m->source), 0);
	m->stats.late = m->reorder.late + m->reorder.duplicate;
	m->stats.jitter = (usec)(m->source.jitter_q4 >> 4) * 1000000 / m->wish.params.codec->clock_hz;
	note->stats = m->stats;
	stream_note_send(m, false);
}

/* ---- the tick ---- */

static void record(struct stream_media *m, usec now, const int16_t *pcm)
{
	if (m->wish.recorder)
		recorder_far(m->wish.recorder, now, pcm, LEG_FRAME_SAMPLES);
}

/* After a stall the clock has gone on, and so must timestamps and recording. */
static void skip(struct stream_media *m, usec now, uint64_t ticks)
{
	static const int16_t silence[LEG_FRAME_SAMPLES];

	m->timestamp += (uint32_t)ticks * (m->wish.params.codec->clock_hz / FRAMES_A_SECOND);
	for (uint64_t i = 0; i < MIN(ticks, SKIPPED_MAX); i++)
		record(m, now, silence);
}

void stream_out_tick(struct stream_media *m, usec now, uint64_t tick)
{
	if (tick > m->next_tick)
		skip(m, now, tick - m->next_tick);
	m->next_tick = tick + 1;
	if (m->wish.params.send) {
		play(m, now, m->far);
		if (!send_key(m))
			send_audio(m, m->far);
	} else {
		memset(m->far, 0, sizeof(m->far));
		m->audible = false;
	}
	m->timestamp += m->wish.params.codec->clock_hz / FRAMES_A_SECOND;
	record(m, now, m->far);
	echo_far(&m->echo, m->far, LEG_FRAME_SAMPLES);
	if (now >= m->report_due) {
		m->report_due = now + REPORT_EVERY;
		send_report(m, now, false);
	}
	if (++m->stats_ticks >= STATS_EVERY)
		note_stats(m);
}

void stream_out_start(struct stream_media *m, usec now)
{
	const struct stream_params *params = &m->wish.params;

	/* Every rate in the codec table has a filter. */
	(void)!resample_init(&m->up, LEG_RATE_HZ, params->codec->rate_hz);
	if (!m->latch.locked) {
		m->to_n = addr_to_sockaddr(&params->remote, &m->to);
		m->to_rtcp_n = addr_to_sockaddr(&params->remote_rtcp, &m->to_rtcp);
	}
	m->marker = true;
	m->dice = params->loss_seed ? params->loss_seed : m->ssrc | 1;
	if (!m->started)
		m->report_due = now + REPORT_EVERY / 2 + (usec)m->index % 100 * USEC_MS(20);
	str_copy(str_from(params->codec->name), m->stats.codec, sizeof(m->stats.codec));
}
