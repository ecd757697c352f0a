#include <errno.h>

#include "leg/sip_leg.h"

/* In order of preference. Hooks for more: sdp_nego.h has the rows of G.722, L16 and Opus ready. */
static const struct sdp_codec *const codecs[] = {&sdp_pcmu, &sdp_pcma, &sdp_event_8k};

static void on_stream_event(void *arg, const struct leg_event *ev)
{
	struct sip_leg *l = arg;

	if (!l->leg.ended && !l->closed)
		leg_emit(&l->leg, ev);
}

static void on_recorded(void *arg, struct recorder *r)
{
	struct sip_leg *l = arg;
	struct leg_recording recording = l->recording;

	l->recording.r = NULL;
	recording.on_recorded(recording.arg, r);
	if (l->closed)
		sip_leg_free(l);
}

int sip_session_open(struct sip_leg *l, const struct sip_flow *flow)
{
	const struct stream_sink sink = {on_stream_event, on_recorded, l};
	struct addr self;
	int rc = stream_open(l->sip->config.streams, &sink, &l->stream);

	if (rc < 0)
		return rc;
	sip_port_self(l->sip->port, flow, &self);
	l->local = (struct sdp_local){
		.codecs = codecs,
		.codec_count = ARRAY_LEN(codecs),
		.prefer = SDP_PREFER_THEIRS,
		.family = self.family == ADDR_V6 ? SDP_IP6 : SDP_IP4,
		.address = addr_ip_text(&self, l->address),
		.port = stream_local(l->stream)->port,
		.session_id = rng_u64(l->sip->rng) >> 2,
		.direction = SDP_SENDRECV,
	};
	return 0;
}

static uint8_t event_type(int type)
{
	return type < 0 ? STREAM_NO_EVENTS : (uint8_t)type;
}

/* Packets of ours are 20 ms long whatever ptime was agreed: it is a wish (RFC 8866 section 6.4). */
int sip_session_settle(const struct sdp_outcome *o, struct stream_params *ret_params)
{
	struct stream_params p = {
		.codec = codec_find(str_from(o->codec->name), o->codec->clock_hz),
		.send_type = o->send_type,
		.recv_type = o->recv_type,
		.event_send_type = event_type(o->event_send_type),
		.event_recv_type = event_type(o->event_recv_type),
		.send = o->direction & SDP_SENDONLY,
		.receive = o->direction & SDP_RECVONLY,
	};

	if (!p.codec || addr_parse(o->remote.host, o->remote_port, &p.remote) < 0)
		return -EBADMSG;
	p.remote_rtcp = p.remote;
	p.remote_rtcp.port = o->remote_rtcp_port;
	*ret_params = p;
	return 0;
}

int sip_session_answer(struct sip_leg *l, struct str offer, struct stream_params *ret_params)
{
	struct buf *b = &l->sip->sdp;
	struct sdp_outcome outcome;
	struct sdp theirs;

	buf_clear(b);
	if (sdp_parse(offer, &theirs) < 0)
		return 400;
	if (sdp_answer(&l->local, &theirs, b, &outcome) < 0 || sip_session_settle(&outcome, ret_params) < 0)
		return 488;
	return b->error ? 500 : 0;
}

int sip_session_offer(struct sip_leg *l)
{
	buf_clear(&l->sip->sdp);
	sdp_offer(&l->local, &l->sip->sdp);
	return l->sip->sdp.error;
}

int sip_session_conclude(struct sip_leg *l, struct str answer)
{
	struct sdp_outcome outcome;
	struct stream_params params;
	struct sdp theirs;
	int rc = sdp_parse(answer, &theirs);

	rc = rc ? rc : sdp_conclude(&l->local, &theirs, &outcome);
	rc = rc ? rc : sip_session_settle(&outcome, &params);
	if (rc == 0)
		sip_session_start(l, &params);
	return rc;
}

void sip_session_start(struct sip_leg *l, const struct stream_params *params)
{
	struct stream_params lossy = *params;

	lossy.loss = l->loss;
	lossy.loss_seed = l->loss_seed;
	stream_start(l->stream, &lossy);
	l->sending = params->send;
}

void sip_session_tell_hold(struct sip_leg *l, usec now)
{
	/* Held is who may not speak: our voice has no way to them. */
	struct leg_event ev = {.type = l->sending ? LEG_EV_RESUMED : LEG_EV_HELD, .at = now};

	if (l->held != l->sending)
		return;
	l->held = !l->sending;
	if (!l->leg.ended && !l->closed)
		leg_emit(&l->leg, &ev);
}
