#include "leg/sip.h"

#include <assert.h>
#include <errno.h>

#include "base/live.h"
#include "base/mem.h"
#include "leg/sip_leg.h"

LIVE_DEFINE(sip_leg);

static struct sip_leg *of(struct leg *leg)
{
	return CONTAINER_OF(leg, struct sip_leg, leg);
}

static usec now_of(const struct sip_leg *l)
{
	return loop_now(l->sip->loop);
}

static void emit(struct sip_leg *l, enum leg_event_type type)
{
	struct leg_event ev = {.type = type, .at = now_of(l)};

	leg_emit(&l->leg, &ev);
}

/* ---- the owner's verbs ---- */

static int leg_do_ring(struct leg *leg)
{
	return sip_call_ring(of(leg)->call, 180, (struct str){0}, now_of(of(leg)));
}

static int leg_do_early(struct leg *leg)
{
	struct sip_leg *l = of(leg);
	int rc;

	if (l->answer.n == 0) /* they made no offer: ours is answered by the ACK, and nothing before it */
		return -ENOTSUP;
	rc = sip_call_ring(l->call, 183, l->answer, now_of(l));
	if (rc == 0 && !l->early)
		sip_session_start(l, &l->settled);
	l->early |= rc == 0;
	return rc;
}

static int leg_do_answer(struct leg *leg, const struct leg_headers *headers)
{
	struct sip_leg *l = of(leg);
	struct str sdp = l->answer;
	int rc = 0;

	if (sdp.n == 0) {
		rc = sip_session_offer(l);
		sdp = buf_str(&l->sip->sdp);
	}
	rc = rc ? rc : sip_call_answer(l->call, headers, sdp, now_of(l));
	if (rc == 0 && l->answer.n > 0 && !l->early)
		sip_session_start(l, &l->settled);
	return rc;
}

static int status_of(enum leg_refusal why)
{
	static const int statuses[] = {
		[LEG_REFUSE_BUSY] = 486,      [LEG_REFUSE_FULL] = 503,        [LEG_REFUSE_NOT_FOUND] = 404,
		[LEG_REFUSE_FORBIDDEN] = 403, [LEG_REFUSE_UNAVAILABLE] = 480, [LEG_REFUSE_FAILED] = 500,
	};

	return statuses[why];
}

static void leg_do_reject(struct leg *leg, enum leg_refusal why)
{
	sip_call_hangup(of(leg)->call, status_of(why), NULL, now_of(of(leg)));
}

static void leg_do_hangup(struct leg *leg, const struct leg_headers *headers)
{
	sip_call_hangup(of(leg)->call, 480, headers, now_of(of(leg)));
}

static int leg_do_refer(struct leg *leg, struct str target, const struct leg_headers *headers)
{
	struct sip_leg *l = of(leg);
	struct buf uri;
	int rc;

	buf_init(&uri, SIP_DIALOG_TARGET_MAX);
	sip_words_uri(&uri, target, l->trunk->domain, &sip_call_flow(l->call)->remote);
	rc = uri.error ? uri.error : sip_call_refer(l->call, buf_str(&uri), headers, now_of(l));
	buf_fini(&uri);
	return rc;
}

static int leg_do_send_dtmf(struct leg *leg, struct str digits)
{
	return stream_send_dtmf(of(leg)->stream, digits);
}

static int leg_do_play(struct leg *leg, uint32_t answer, const int16_t *pcm, size_t samples)
{
	return stream_play(of(leg)->stream, answer, pcm, samples);
}

static void leg_do_cut(struct leg *leg, uint32_t answer)
{
	stream_cut(of(leg)->stream, answer);
}

static void leg_do_duck(struct leg *leg, bool on)
{
	stream_duck(of(leg)->stream, on);
}

static void leg_do_set_reflex(struct leg *leg, enum leg_reflex reflex)
{
	stream_set_reflex(of(leg)->stream, reflex);
}

static void leg_do_record(struct leg *leg, const struct leg_recording *recording)
{
	struct sip_leg *l = of(leg);

	l->recording = *recording;
	stream_record(l->stream, recording->r);
}

static void leg_do_stats(const struct leg *leg, struct leg_stats *ret_stats)
{
	stream_read_stats(CONTAINER_OF(leg, const struct sip_leg, leg)->stream, ret_stats);
}

/* The call says alone what is left to say; the memory waits for a recorder that is still being written to. */
static void leg_do_close(struct leg *leg)
{
	struct sip_leg *l = of(leg);

	l->closed = true;
	l->call = sip_call_close(l->call, now_of(l));
	l->stream = stream_close(l->stream);
	if (!l->recording.r)
		sip_leg_free(l);
}

static const struct leg_ops leg_ops = {
	.name = "sip",
	.can = LEG_CAN_REFER | LEG_CAN_DTMF | LEG_CAN_EARLY | LEG_CAN_HEADERS,
	.ring = leg_do_ring,
	.early = leg_do_early,
	.answer = leg_do_answer,
	.reject = leg_do_reject,
	.hangup = leg_do_hangup,
	.refer = leg_do_refer,
	.send_dtmf = leg_do_send_dtmf,
	.play = leg_do_play,
	.cut = leg_do_cut,
	.duck = leg_do_duck,
	.set_reflex = leg_do_set_reflex,
	.record = leg_do_record,
	.stats = leg_do_stats,
	.close = leg_do_close,
};

/* ---- news of the call ---- */

/* Media that we cannot take ends the call: there is nothing to be heard on it. */
static void fail(struct sip_leg *l)
{
	sip_call_hangup(l->call, 488, NULL, now_of(l));
}

static void progress(struct sip_leg *l, const struct sip_news *news)
{
	if (news->msg->body.n > 0) {
		if (!l->early && sip_session_conclude(l, news->msg->body) == 0) {
			l->early = true;
			emit(l, LEG_EV_EARLY);
		}
	} else if (news->status == 180) {
		emit(l, LEG_EV_RINGING);
	}
}

/* The very first description may put us on hold. The owner may close the leg when it hears of the answer. */
static void tell_answered(struct sip_leg *l, const struct sip_call *call, usec now)
{
	emit(l, LEG_EV_ANSWERED);
	if (!sip_call_closed(call))
		sip_session_tell_hold(l, now);
}

static void answered(struct sip_leg *l, const struct sip_call *call, const struct sip_news *news)
{
	/* A 200 without SDP stands by what an early answer said. */
	if (news->msg->body.n == 0 ? !l->early : sip_session_conclude(l, news->msg->body) < 0) {
		fail(l);
		return;
	}
	tell_answered(l, call, news->now);
}

static void confirmed(struct sip_leg *l, const struct sip_call *call, const struct sip_news *news)
{
	if (l->answer.n == 0 && (!news->msg || sip_session_conclude(l, news->msg->body) < 0)) {
		fail(l);
		return;
	}
	tell_answered(l, call, news->now);
}

static void offered(struct sip_leg *l, const struct sip_news *news)
{
	struct str offer = news->msg->body;
	struct stream_params params;
	usec now = news->now;
	int status = offer.n > 0 ? sip_session_answer(l, offer, &params) : 0;

	if (offer.n == 0 && sip_session_offer(l) < 0)
		status = 500;
	if (status == 0 && sip_call_accept_offer(l->call, buf_str(&l->sip->sdp), now) < 0)
		status = 500;
	if (status)
		(void)!sip_call_refuse_offer(l->call, status, now);
	if (status || offer.n == 0)
		return;
	sip_session_start(l, &params);
	sip_session_tell_hold(l, now);
}

/* Ours, or the one that an INVITE without SDP asked for: the answer is in the ACK. */
static void offer_done(struct sip_leg *l, const struct sip_news *news)
{
	if (!news->msg || news->status >= 300)
		return;
	if (sip_session_conclude(l, news->msg->body) < 0)
		fail(l);
	else
		sip_session_tell_hold(l, news->now);
}

static void referred(struct sip_leg *l, const struct sip_news *news)
{
	struct leg_event ev = {.type = LEG_EV_REFER, .at = news->now};

	ev.refer.status = news->status;
	ev.refer.final = news->final;
	leg_emit(&l->leg, &ev);
}

static int asked_to_call(struct sip_leg *l, const struct sip_news *news)
{
	struct leg_event ev = {.type = LEG_EV_REFERRED, .at = news->now};
	struct sip_addr target;

	if (sip_msg_addr(news->msg, SIP_HDR_REFER_TO, &target) < 0)
		return 400;
	ev.referred.target = target.uri;
	leg_emit(&l->leg, &ev);
	return 202;
}

static int informed(struct sip_leg *l, const struct sip_news *news)
{
	struct leg_event ev = {.type = LEG_EV_DTMF, .at = news->now};
	int status = sip_words_key(news->msg, &ev.dtmf.digit, &ev.dtmf.duration);

	if (status)
		return status;
	leg_emit(&l->leg, &ev);
	return 200;
}

static void ended(struct sip_leg *l, const struct sip_news *news)
{
	struct leg_event ev = {.type = LEG_EV_ENDED, .at = news->now};

	ev.ended.why = news->why;
	ev.ended.status = news->status;
	ev.ended.fault = news->why == LEG_END_LOST    ? FAULT_UNREACHABLE
			 : news->why == LEG_END_FAULT ? FAULT_PROTOCOL
						      : FAULT_NONE;
	ev.ended.words = news->words;
	leg_emit(&l->leg, &ev);
}

static int on_news(void *arg, struct sip_call *call, const struct sip_news *news)
{
	struct sip_leg *l = arg;

	switch (news->what) {
	case SIP_NEWS_PROGRESS:
		progress(l, news);
		break;
	case SIP_NEWS_ANSWERED:
		answered(l, call, news);
		break;
	case SIP_NEWS_CONFIRMED:
		confirmed(l, call, news);
		break;
	case SIP_NEWS_OFFER:
		offered(l, news);
		break;
	case SIP_NEWS_OFFER_DONE:
		offer_done(l, news);
		break;
	case SIP_NEWS_INFO:
		return informed(l, news);
	case SIP_NEWS_REFER:
		referred(l, news);
		break;
	case SIP_NEWS_REFERRED:
		return asked_to_call(l, news);
	case SIP_NEWS_ENDED:
		ended(l, news);
		break;
	}
	return 0;
}

/* ---- legs ---- */

static struct sip_leg *leg_new(struct sip *s, const struct sip_trunk *trunk)
{
	struct sip_leg *l = mem_zalloc(sizeof(*l));

	if (!l)
		return NULL;
	l->leg.ops = &leg_ops;
	l->sip = s;
	l->trunk = trunk;
	arena_init(&l->arena, SIP_LEG_ARENA_BYTES);
	s->legs++;
	live_up(&live_sip_leg);
	return l;
}

void sip_leg_free(struct sip_leg *l)
{
	stream_close(l->stream);
	arena_fini(&l->arena);
	l->sip->legs--;
	live_down(&live_sip_leg);
	mem_free(l);
}

/* Everything that can be judged before anybody is asked. Returns 0 or a status. */
static int prepare_called(struct sip_leg *l, const struct sip_msg *invite)
{
	const struct sip_flow *flow = sip_call_flow(l->call);
	int rc = sip_session_open(l, flow);

	if (rc < 0)
		return 503;
	if (sip_words_info(l, invite, flow) < 0)
		return 500;
	if (invite->body.n == 0)
		return 0;
	rc = sip_session_answer(l, invite->body, &l->settled);
	if (rc)
		return rc;
	l->answer = arena_str(&l->arena, buf_str(&l->sip->sdp));
	return l->answer.p ? 0 : 500;
}

static int on_call(void *arg, struct sip_call *call, const struct sip_trunk *trunk,
		   const struct sip_msg *invite, usec now)
{
	struct sip *s = arg;
	struct sip_leg *l = leg_new(s, trunk);
	int status;

	if (!l)
		return 500;
	l->call = call;
	sip_call_own(call, (struct sip_call_user){on_news, l});
	status = prepare_called(l, invite);
	if (status == 0)
		status = s->ops->on_leg(s->arg, &l->leg, trunk);
	if (status) {
		sip_call_own(call, (struct sip_call_user){0});
		sip_leg_free(l);
	}
	return status;
}

static int call_out(struct sip_leg *l, const struct sip_dialling *d, const struct sip_flow *flow)
{
	struct sip_dial dial = {.flow = *flow, .from_name = d->caller_name, .headers = d->headers};
	struct sip *s = l->sip;
	struct buf to, from;
	struct addr self;
	int rc;

	sip_port_self(s->port, flow, &self);
	buf_init(&to, SIP_DIALOG_TARGET_MAX);
	buf_init(&from, SIP_DIALOG_TARGET_MAX);
	sip_words_uri(&to, d->called, d->trunk->domain, &d->trunk->gateway);
	sip_words_uri(&from, d->caller, d->trunk->domain, &self);
	dial.uri = buf_str(&to);
	dial.from_uri = buf_str(&from);
	dial.credentials = d->trunk->own;
	dial.sdp = buf_str(&s->sdp);
	rc = to.error ? to.error : from.error;
	rc = rc ? rc : sip_ua_dial(s->ua, &dial, (struct sip_call_user){on_news, l}, now_of(l), &l->call);
	buf_fini(&to);
	buf_fini(&from);
	return rc;
}

static int fill_info(struct sip_leg *l, const struct sip_dialling *d)
{
	struct leg_info *info = &l->leg.info;
	char text[ADDR_TEXT_BYTES];

	info->caller = arena_str(&l->arena, d->caller);
	info->caller_name = arena_str(&l->arena, d->caller_name);
	info->called = arena_str(&l->arena, d->called);
	info->peer = arena_str(&l->arena, addr_text(&d->trunk->gateway, text));
	info->remote_id = arena_str(&l->arena, sip_call_id(l->call));
	info->trunk = d->trunk->name;
	return info->caller.p && info->caller_name.p && info->called.p && info->peer.p && info->remote_id.p
		       ? 0
		       : -ENOMEM;
}

int sip_dial(struct sip *s, const struct sip_dialling *d, struct leg **ret_leg)
{
	struct sip_flow flow;
	struct sip_leg *l;
	int rc;

	if (d->trunk->gateway.family == ADDR_NONE)
		return -ENOTSUP;
	rc = sip_port_flow(s->port, d->trunk->transport, &d->trunk->gateway, &flow);
	if (rc < 0)
		return rc;
	l = leg_new(s, d->trunk);
	if (!l)
		return -ENOMEM;
	l->leg.sink = d->sink;
	l->loss = d->loss;
	l->loss_seed = d->loss_seed;
	rc = sip_session_open(l, &flow);
	rc = rc ? rc : sip_session_offer(l);
	rc = rc ? rc : call_out(l, d, &flow);
	rc = rc ? rc : fill_info(l, d);
	if (rc < 0) {
		sip_call_close(l->call, now_of(l));
		sip_leg_free(l);
		return rc;
	}
	*ret_leg = &l->leg;
	return 0;
}

/* ---- the shard's side ---- */

static int on_send(void *arg, const struct sip_flow *flow, struct str bytes)
{
	return sip_port_send(((struct sip *)arg)->port, flow, bytes);
}

static void on_tick(struct timer *t)
{
	struct sip *s = CONTAINER_OF(t, struct sip, tick);

	sip_ua_tick(s->ua, loop_now(s->loop));
}

static void on_deadline(void *arg, usec at)
{
	struct sip *s = arg;

	if (at == USEC_NEVER)
		timer_stop(&s->tick);
	else
		timer_start(&s->tick, s->loop, at, on_tick);
}

static void on_self(void *arg, const struct sip_flow *flow, struct addr *ret_self)
{
	sip_port_self(((struct sip *)arg)->port, flow, ret_self);
}

static void on_denied(void *arg, const struct sip_flow *flow)
{
	sip_port_denied(((struct sip *)arg)->port, flow);
}

static void on_message(void *arg, const struct sip_flow *flow, char *bytes, size_t n)
{
	struct sip *s = arg;

	sip_ua_receive(s->ua, flow, bytes, n, loop_now(s->loop));
}

static void on_lost(void *arg, const struct sip_flow *flow)
{
	struct sip *s = arg;

	sip_ua_lost(s->ua, flow, loop_now(s->loop));
}

static const struct sip_ua_ops ua_ops = {on_send, on_deadline, on_self, on_call, on_denied};
static const struct sip_port_ops port_ops = {on_message, on_lost};

int sip_new(struct loop *control, const struct sip_config *config, const struct sip_ops *ops, void *arg,
	    struct rng *rng, struct sip **ret_sip)
{
	struct sip *s = mem_zalloc(sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	*s = (struct sip){.loop = control, .config = *config, .ops = ops, .arg = arg, .rng = rng};
	buf_init(&s->sdp, SIP_SDP_BYTES);
	rc = sip_ua_new(&config->ua, &ua_ops, s, rng, &s->ua);
	rc = rc ? rc : sip_port_open(config->acceptor, config->ua.shard, control, &port_ops, s, &s->port);
	if (rc < 0) {
		sip_free(s);
		return rc;
	}
	*ret_sip = s;
	return 0;
}

struct sip *sip_free(struct sip *s)
{
	if (!s)
		return NULL;
	assert(s->legs == 0);
	timer_stop(&s->tick);
	s->port = sip_port_close(s->port);
	sip_ua_free(s->ua);
	buf_fini(&s->sdp);
	return mem_free(s);
}

struct sip_stats sip_read_stats(const struct sip *s)
{
	return (struct sip_stats){.ua = sip_ua_read_stats(s->ua), .legs = s->legs};
}
