#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "leg/sip_call_impl.h"

#define LINES_MAX 16384 /* headers of one request that the owner may add */

/* The offer collides: RFC 3261 section 14.1, seconds of waiting in units of 10 ms. */
#define GLARE_OWNER_MIN_MS  2100u
#define GLARE_OWNER_SPAN_MS 1900u
#define GLARE_OTHER_SPAN_MS 2000u

int sip_out_prepare(struct sip_call *c, struct sip_out *o, const struct sip_out_kind *kind,
		    struct str first_line, const struct leg_headers *headers, struct str body)
{
	struct buf lines;
	int rc;

	sip_out_detach(o);
	buf_init(&lines, LINES_MAX);
	buf_add_str(&lines, first_line);
	sip_core_print_headers(&lines, headers);
	rc = lines.error;
	if (rc == 0) {
		*o = (struct sip_out){.kind = kind, .cseq = o->cseq};
		o->lines = arena_str(&c->arena, buf_str(&lines));
		o->body = arena_str(&c->arena, body);
		rc = o->lines.p && o->body.p ? 0 : -ENOMEM;
	}
	buf_fini(&lines);
	return rc;
}

/* ---- writing ---- */

/* The head of an INVITE that makes a dialog. */
static void print_dial_head(struct sip_call *c, struct buf *b, struct sip_out *o, const struct sip_hop *via)
{
	sip_print_request(b, SIP_INVITE, c->dial_uri);
	sip_print_via(b, sip_transport_name(c->flow.transport), via->host, via->port, via->branch);
	sip_print_headerf(b, SIP_HDR_MAX_FORWARDS, "70");
	sip_print_addr(b, SIP_HDR_FROM, c->dial_name, c->dial_from, str_from(c->tag.text));
	sip_print_addr(b, SIP_HDR_TO, (struct str){0}, c->dial_uri, (struct str){0});
	sip_print_header(b, SIP_HDR_CALL_ID, str_from(c->call_id.text));
	sip_print_cseq(b, o->cseq, SIP_INVITE);
}

static void print_capabilities(struct sip_call *c, struct buf *b)
{
	buf_add_str(b, STR("Allow: "));
	sip_print_methods(b, sip_core_methods(c->core));
	buf_add_str(b, STR("\r\n"));
}

static void print_auth(struct sip_call *c, struct buf *b, enum sip_method method)
{
	struct sip_token cnonce = sip_core_token(c->core, "");
	struct str uri = c->has_dialog ? c->dialog.target : c->dial_uri;

	if (c->auth.ready)
		sip_auth_print(&c->auth, b, &c->credentials, method, uri, str_from(cnonce.text));
}

static const struct sip_flow *flow_of(const struct sip_call *c)
{
	return c->has_dialog ? &c->dialog.flow : &c->flow;
}

static void print_out(struct sip_call *c, struct buf *b, struct sip_out *o)
{
	struct sip_hop_room via;

	sip_core_hop(c->core, flow_of(c), &via);
	buf_clear(b);
	if (c->has_dialog)
		sip_dialog_print(&c->dialog, b, o->kind->method, o->cseq, &via.hop);
	else
		print_dial_head(c, b, o, &via.hop);
	if (o->kind->method != SIP_BYE && o->kind->method != SIP_ACK)
		sip_core_print_contact(c->core, b, flow_of(c));
	if (o->kind->method == SIP_INVITE)
		print_capabilities(c, b);
	print_auth(c, b, o->kind->method);
	buf_add_str(b, o->lines);
	sip_print_body(b, o->kind->body_type ? str_from(o->kind->body_type) : STR("application/sdp"),
		       o->body);
}

/* ---- what comes back ---- */

static void on_invite_news(void *arg, struct sip_txn *t, const struct sip_txn_news *news)
{
	struct sip_call *c = arg;
	struct sip_call_input in = {.msg = news->msg, .flow = news->flow, .now = news->now};

	if (news->what == SIP_TXN_GONE)
		c->invite.txn = NULL;
	if (news->what == SIP_TXN_TIMED_OUT || news->what == SIP_TXN_UNREACHABLE)
		sip_call_step(c, SIP_CALL_GONE, &in);
	if (news->what != SIP_TXN_RESPONSE)
		return;
	if (in.msg->status < 200)
		sip_call_step(c, SIP_CALL_RX_PROGRESS, &in);
	else if (in.msg->status < 300)
		sip_call_step(c, SIP_CALL_RX_ANSWER, &in);
	else if (in.msg->status == 401 || in.msg->status == 407)
		sip_call_step(c, SIP_CALL_RX_CHALLENGE, &in);
	else
		sip_call_step(c, SIP_CALL_RX_REFUSAL, &in);
}

static void on_bye_news(void *arg, struct sip_txn *t, const struct sip_txn_news *news)
{
	struct sip_call *c = arg;
	struct sip_call_input in = {.msg = news->msg, .now = news->now};
	bool provisional = news->what == SIP_TXN_RESPONSE && news->msg->status < 200;

	if (news->what == SIP_TXN_GONE)
		c->bye.txn = NULL;
	if (provisional ||
	    (news->what == SIP_TXN_RESPONSE && sip_out_authenticate(c, &c->bye, news->msg, news->now)))
		return;
	sip_call_step(c, SIP_CALL_RX_BYE_ANSWER, &in);
}

/* 481 and 408 say that the other end has lost the dialog (section 12.2.1.2). */
bool sip_call_dialog_lost(const struct sip_txn_news *news)
{
	if (news->what == SIP_TXN_TIMED_OUT || news->what == SIP_TXN_UNREACHABLE)
		return true;
	return news->what == SIP_TXN_RESPONSE && (news->msg->status == 481 || news->msg->status == 408);
}

static void wait_after_glare(struct sip_call *c, usec now)
{
	/* Who made the Call-ID waits longer, so that the two do not meet again. */
	unsigned ms = c->call_id.text[0] ? GLARE_OWNER_MIN_MS + rng_below(c->core->rng, GLARE_OWNER_SPAN_MS)
					 : rng_below(c->core->rng, GLARE_OTHER_SPAN_MS);

	c->offer_state = SIP_OFFER_WAITS;
	sip_core_alarm(c->core, &c->offer_alarm, now + USEC_MS(ms));
}

static void offer_answered(struct sip_call *c, const struct sip_txn_news *news)
{
	int status = news->msg->status;
	struct sip_news told = {SIP_NEWS_OFFER_DONE, .status = status, .msg = news->msg, .now = news->now};

	if (status < 300) {
		if (c->ack_cseq == c->offer.cseq) {
			sip_call_repeat_ack(c);
			return;
		}
		sip_dialog_take_response(&c->dialog, news->msg);
		sip_call_send_ack(c, &c->offer);
	}
	if (status == 491) {
		wait_after_glare(c, news->now);
		return;
	}
	c->offer_state = SIP_OFFER_NONE;
	sip_core_alarm(c->core, &c->offer_alarm, USEC_NEVER);
	sip_call_tell(c, &told);
}

static void on_offer_news(void *arg, struct sip_txn *t, const struct sip_txn_news *news)
{
	struct sip_call *c = arg;
	struct sip_call_input in = {.msg = news->msg, .now = news->now};

	if (news->what == SIP_TXN_GONE)
		c->offer.txn = NULL;
	if (sip_call_dialog_lost(news)) {
		sip_call_step(c, SIP_CALL_GONE, &in);
		return;
	}
	if (news->what != SIP_TXN_RESPONSE || news->msg->status < 200 ||
	    sip_out_authenticate(c, &c->offer, news->msg, news->now))
		return;
	offer_answered(c, news);
}

const struct sip_out_kind sip_out_invite = {SIP_INVITE, on_invite_news};
const struct sip_out_kind sip_out_offer = {SIP_INVITE, on_offer_news};
const struct sip_out_kind sip_out_bye = {SIP_BYE, on_bye_news};

/* ---- sending ---- */

int sip_out_send(struct sip_call *c, struct sip_out *o, usec now)
{
	struct sip_txn_user user = {o->kind->on_news, c};
	struct buf *b = &c->core->out;

	sip_out_detach(o);
	o->tries++;
	o->cseq = c->has_dialog ? sip_dialog_next_cseq(&c->dialog) : o->cseq + 1;
	print_out(c, b, o);
	if (b->error)
		return b->error;
	return sip_txn_request(c->core->txns, flow_of(c), buf_str(b), user, now, &o->txn);
}

bool sip_out_authenticate(struct sip_call *c, struct sip_out *o, const struct sip_msg *response, usec now)
{
	if ((response->status != 401 && response->status != 407) || c->credentials.user.n == 0 ||
	    o->tries >= SIP_TRIES_MAX)
		return false;
	return sip_auth_take(&c->auth, response) == 0 && sip_out_send(c, o, now) == 0;
}

void sip_out_detach(struct sip_out *o)
{
	if (o->txn)
		sip_txn_detach(o->txn);
	o->txn = NULL;
}

/* ---- ACK of a 2xx: the dialog's, not the transaction's (section 13.2.2.4) ---- */

void sip_call_repeat_ack(struct sip_call *c)
{
	if (c->ack)
		(void)!c->core->ops->send(c->core->arg, flow_of(c), (struct str){c->ack, c->ack_n});
}

void sip_call_send_ack(struct sip_call *c, struct sip_out *o)
{
	static const struct sip_out_kind kind = {SIP_ACK, NULL};
	struct sip_out ack = {.kind = &kind, .cseq = o->cseq};
	struct buf *b = &c->core->out;

	print_out(c, b, &ack);
	c->ack_cseq = o->cseq;
	c->ack = mem_free(c->ack);
	if (b->error)
		return;
	c->ack = mem_strndup(b->p, b->n);
	c->ack_n = b->n;
	(void)!c->core->ops->send(c->core->arg, flow_of(c), buf_str(b));
}

static void send_in_fork(struct sip_call *c, struct sip_dialog *fork, enum sip_method method, uint32_t cseq,
			 usec now)
{
	struct buf *b = &c->core->out;
	struct sip_hop_room via;
	struct sip_txn *t;

	sip_core_hop(c->core, &fork->flow, &via);
	buf_clear(b);
	sip_dialog_print(fork, b, method, cseq, &via.hop);
	sip_print_body(b, (struct str){0}, (struct str){0});
	if (b->error)
		return;
	if (method == SIP_ACK)
		(void)!c->core->ops->send(c->core->arg, &fork->flow, buf_str(b));
	else
		(void)!sip_txn_request(c->core->txns, &fork->flow, buf_str(b), (struct sip_txn_user){0}, now,
				       &t);
}

void sip_call_refuse_fork(struct sip_call *c, const struct sip_msg *response, usec now)
{
	cleanup(mem_freep) struct sip_dialog *fork = mem_alloc(sizeof(*fork));

	if (!fork || sip_dialog_from_response(fork, response, c->dial_uri, &c->flow) < 0)
		return;
	send_in_fork(c, fork, SIP_ACK, response->cseq.number, now);
	send_in_fork(c, fork, SIP_BYE, sip_dialog_next_cseq(fork), now);
	sip_dialog_fini(fork);
}

/* ---- our re-INVITE ---- */

static int send_offer(struct sip_call *c, usec now)
{
	int rc = sip_out_send(c, &c->offer, now);

	c->offer_state = rc == 0 ? SIP_OFFER_OURS : SIP_OFFER_NONE;
	if (rc == 0)
		sip_core_alarm(c->core, &c->offer_alarm, now + c->core->config.ring_max);
	return rc;
}

int sip_call_offer(struct sip_call *c, struct str sdp, usec now)
{
	int rc;

	if (c->state != SIP_CALL_UP)
		return -EPROTO;
	if (c->offer_state != SIP_OFFER_NONE)
		return -EBUSY;
	rc = sip_out_prepare(c, &c->offer, &sip_out_offer, (struct str){0}, NULL, sdp);
	rc = rc ? rc : send_offer(c, now);
	sip_core_announce(c->core);
	return rc;
}

void sip_call_offer_due(struct sip_alarm *a, usec now)
{
	struct sip_call *c = CONTAINER_OF(a, struct sip_call, offer_alarm);
	struct sip_news failed = {SIP_NEWS_OFFER_DONE, .status = 500, .now = now};

	if (c->offer_state == SIP_OFFER_OURS && c->offer.txn)
		(void)!sip_txn_cancel(c->offer.txn, now); /* it ends now, or by its own timer */
	else if (c->offer_state == SIP_OFFER_WAITS && send_offer(c, now) < 0)
		sip_call_tell(c, &failed);
}
