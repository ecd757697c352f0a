#include <errno.h>

#include "leg/sip_call_impl.h"

/* ---- their INVITE, the first or a later one ---- */

void sip_call_forget_asked(struct sip_call *c)
{
	if (c->asked_txn)
		sip_txn_detach(c->asked_txn);
	c->asked_txn = NULL;
	c->asked = NULL;
	arena_fini(&c->asked_arena);
}

static int answer_asked(struct sip_call *c, struct sip_answer *answer, usec now)
{
	if (!c->asked_txn || !c->asked)
		return -EPROTO;
	answer->to_tag = str_from(c->tag.text);
	return sip_core_answer(c->core, c->asked_txn, c->asked, answer, now);
}

static void asked_cancelled(struct sip_call *c, const struct sip_call_input *in)
{
	struct sip_answer terminated = {.status = 487};

	if (sip_call_step(c, SIP_CALL_RX_CANCEL, in) || c->offer_state != SIP_OFFER_THEIRS)
		return;
	/* A re-INVITE is withdrawn: the session stays as it was. */
	(void)!answer_asked(c, &terminated, in->now);
	sip_call_forget_asked(c);
	c->offer_state = SIP_OFFER_NONE;
}

static void on_asked_news(void *arg, struct sip_txn *t, const struct sip_txn_news *news)
{
	struct sip_call *c = arg;
	struct sip_call_input in = {.msg = news->msg, .flow = news->flow, .now = news->now};

	switch (news->what) {
	case SIP_TXN_GONE:
		c->asked_txn = NULL;
		break;
	case SIP_TXN_CANCELLED:
		asked_cancelled(c, &in);
		break;
	case SIP_TXN_UNREACHABLE:
		if (c->state == SIP_CALL_OFFERED)
			sip_call_step(c, SIP_CALL_GONE, &in);
		break;
	case SIP_TXN_ACKED:
		sip_call_receive(c, NULL, news->msg, news->flow, news->now);
		break;
	case SIP_TXN_TIMED_OUT:
	case SIP_TXN_RESPONSE:
		break;
	}
}

/* Keeps it until it is acknowledged. */
static int ask(struct sip_call *c, struct sip_txn *t, const struct sip_msg *invite)
{
	sip_call_forget_asked(c);
	if (sip_msg_copy(invite, &c->asked_arena, &c->asked) < 0)
		return -ENOMEM;
	c->asked_txn = t;
	c->we_offered = invite->body.n == 0;
	sip_txn_attach(t, (struct sip_txn_user){on_asked_news, c});
	return 0;
}

int sip_call_from_invite(struct sip_core *core, struct sip_txn *t, const struct sip_msg *invite,
			 const struct sip_flow *flow, usec now, struct sip_call **ret_call)
{
	struct sip_call *c;
	int rc = sip_call_new(core, flow, &c);

	if (rc < 0)
		return rc == -ENOBUFS ? 503 : rc;
	rc = sip_dialog_from_request(&c->dialog, invite, str_from(c->tag.text), 1, flow);
	c->has_dialog = rc == 0;
	rc = rc ? rc : ask(c, t, invite);
	if (rc < 0) {
		sip_call_free(c);
		return rc == -EBADMSG ? 400 : rc;
	}
	*ret_call = c;
	return 0;
}

void sip_call_begin(struct sip_call *c, usec now)
{
	struct sip_call_input in = {.now = now};

	sip_call_step(c, SIP_CALL_RX_INVITE, &in);
}

/* At once, so that the caller stops repeating (section 17.2.1). */
void sip_call_act_trying(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_answer trying = {.status = 100};

	(void)!answer_asked(self, &trying, in->now);
}

/* Sends our 200, and again until the ACK comes, whatever the transport (section 13.3.1.4). */
static int accept_asked(struct sip_call *c, const struct leg_headers *headers, struct str sdp, usec now)
{
	struct sip_answer ok = {.status = 200, .in_dialog = true, .headers = headers, .sdp = sdp};
	int rc = answer_asked(c, &ok, now);

	if (rc < 0)
		return rc;
	c->ok_cseq = c->asked->cseq.number;
	c->ok_span = c->core->config.t1;
	sip_core_alarm(c->core, &c->repeat, now + c->ok_span);
	return 0;
}

void sip_call_act_repeat(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;

	if (c->asked_txn)
		sip_txn_repeat(c->asked_txn, in->now);
	c->ok_span = MIN(c->ok_span * 2, c->core->config.t2);
	sip_core_alarm(c->core, &c->repeat, in->now + c->ok_span);
}

static void refuse_asked(struct sip_call *c, int status, const struct leg_headers *headers, usec now)
{
	struct sip_answer refusal = {
		.status = status,
		.headers = headers,
		.retry_sec = status == 503 ? c->core->config.retry_after_sec : 0,
	};

	(void)!answer_asked(c, &refusal, now);
	sip_call_forget_asked(c);
}

void sip_call_drop_asked(struct sip_call *c, usec now)
{
	if (c->asked_txn && sip_txn_state(c->asked_txn) == SIP_TXN_IS_PROCEEDING)
		refuse_asked(c, 487, NULL, now);
	else
		sip_call_forget_asked(c);
	c->offer_state = SIP_OFFER_NONE;
}

int sip_call_ring(struct sip_call *c, int status, struct str sdp, usec now)
{
	struct sip_answer ringing = {.status = status, .in_dialog = true, .sdp = sdp};
	int rc = c->state == SIP_CALL_OFFERED ? answer_asked(c, &ringing, now) : -EPROTO;

	sip_core_announce(c->core);
	return rc;
}

int sip_call_answer(struct sip_call *c, const struct leg_headers *headers, struct str sdp, usec now)
{
	struct sip_call_input in = {.now = now};
	int rc = c->state == SIP_CALL_OFFERED ? accept_asked(c, headers, sdp, now) : -EPROTO;

	if (rc == 0)
		sip_call_step(c, SIP_CALL_ANSWER, &in);
	sip_core_announce(c->core);
	return rc;
}

void sip_call_act_refuse(void *self, const void *input)
{
	const struct sip_call_input *in = input;

	refuse_asked(self, in->status, in->headers, in->now);
	sip_call_end(self, LEG_END_LOCAL, in->status, (struct str){0}, in->now);
}

void sip_call_act_cancelled(void *self, const void *input)
{
	const struct sip_call_input *in = input;

	refuse_asked(self, 487, NULL, in->now);
	sip_call_end(self, LEG_END_CANCELLED, 487, sip_msg_value(in->msg, SIP_HDR_REASON), in->now);
}

void sip_call_act_undecided(void *self, const void *input)
{
	const struct sip_call_input *in = input;

	refuse_asked(self, 480, NULL, in->now);
	sip_call_end(self, LEG_END_NO_ANSWER, 480, (struct str){0}, in->now);
}

void sip_call_act_confirmed(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;
	struct sip_news told = {SIP_NEWS_CONFIRMED, .msg = c->we_offered ? in->msg : NULL, .now = in->now};

	c->dialog.state = SIP_DIALOG_CONFIRMED;
	sip_call_forget_asked(c);
	sip_call_tell(c, &told);
}

/* ---- re-INVITE: RFC 3261 section 14.2 ---- */

static int answer_plainly(struct sip_call *c, struct sip_txn *t, const struct sip_msg *m, int status,
			  usec now)
{
	struct sip_answer answer = {.status = status, .to_tag = str_from(c->tag.text)};

	/* Both sides' requests crossed in the wrong order: "try again soon". */
	if (status == 500 && m->method == SIP_INVITE)
		answer.retry_sec = 1 + rng_below(c->core->rng, 10);
	return sip_core_answer(c->core, t, m, &answer, now);
}

static void reinvited(struct sip_call *c, struct sip_txn *t, const struct sip_msg *m, usec now)
{
	struct sip_news told = {SIP_NEWS_OFFER, .msg = m, .now = now};
	struct sip_news withdrawn = {SIP_NEWS_OFFER_DONE, .status = 491, .now = now};
	struct sip_answer trying = {.status = 100};
	int status = 0;

	if (c->offer_state == SIP_OFFER_OURS || c->state == SIP_CALL_ACCEPTED || c->state == SIP_CALL_ENDING)
		status = 491;
	else if (c->state != SIP_CALL_UP)
		status = 481;
	else if (c->offer_state == SIP_OFFER_THEIRS || c->offer_state == SIP_OFFER_ACK)
		status = 500;
	else if (ask(c, t, m) < 0)
		status = 500;
	if (status) {
		(void)!answer_plainly(c, t, m, status, now);
		return;
	}
	/* Ours met theirs and theirs was sooner: ours is off. */
	if (c->offer_state == SIP_OFFER_WAITS)
		sip_call_tell(c, &withdrawn);
	sip_core_alarm(c->core, &c->offer_alarm, USEC_NEVER);
	c->offer_state = SIP_OFFER_THEIRS;
	(void)!answer_asked(c, &trying, now);
	if (c->closed)
		(void)!sip_call_refuse_offer(c, 488, now);
	else
		sip_call_tell(c, &told);
}

int sip_call_accept_offer(struct sip_call *c, struct str sdp, usec now)
{
	int rc = c->offer_state == SIP_OFFER_THEIRS ? accept_asked(c, NULL, sdp, now) : -EPROTO;

	if (rc == 0) {
		c->offer_state = SIP_OFFER_ACK;
		sip_core_alarm(c->core, &c->guard, now + 64 * c->core->config.t1);
	}
	sip_core_announce(c->core);
	return rc;
}

int sip_call_refuse_offer(struct sip_call *c, int status, usec now)
{
	if (c->offer_state != SIP_OFFER_THEIRS)
		return -EPROTO;
	refuse_asked(c, status, NULL, now);
	c->offer_state = SIP_OFFER_NONE;
	sip_core_announce(c->core);
	return 0;
}

void sip_call_act_reconfirmed(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;
	struct sip_news told = {SIP_NEWS_OFFER_DONE, .status = 200, .msg = in->msg, .now = in->now};

	if (c->offer_state != SIP_OFFER_ACK)
		return;
	c->offer_state = SIP_OFFER_NONE;
	sip_core_alarm(c->core, &c->guard, USEC_NEVER);
	sip_core_alarm(c->core, &c->repeat, USEC_NEVER);
	sip_call_forget_asked(c);
	if (c->we_offered)
		sip_call_tell(c, &told);
}

/* ---- whatever else arrives in the dialog ---- */

bool sip_call_owns(const struct sip_call *c, const struct sip_msg *m)
{
	return c->has_dialog && sip_dialog_owns(&c->dialog, m);
}

static void ack_received(struct sip_call *c, const struct sip_msg *m, const struct sip_call_input *in)
{
	/* One of an older 200 says nothing about this one. */
	if (m->cseq.number == c->ok_cseq)
		sip_call_step(c, SIP_CALL_RX_ACK, in);
}

static int status_for(struct sip_call *c, const struct sip_msg *m, usec now)
{
	struct sip_news info = {SIP_NEWS_INFO, .msg = m, .now = now};
	int status;

	switch ((int)m->method) {
	case SIP_INFO:
		status = sip_call_tell(c, &info);
		return status ? status : 200;
	case SIP_NOTIFY:
		return sip_call_take_notify(c, m, now);
	case SIP_REFER:
		return sip_call_take_refer(c, m, now);
	case SIP_BYE:
	case SIP_OPTIONS:
		return 200;
	default:
		return 405;
	}
}

void sip_call_receive(struct sip_call *c, struct sip_txn *t, const struct sip_msg *m,
		      const struct sip_flow *flow, usec now)
{
	struct sip_call_input in = {.msg = m, .flow = flow, .txn = t, .now = now};
	int status = sip_dialog_take_request(&c->dialog, m, flow);

	if (!t) {
		ack_received(c, m, &in);
		return;
	}
	if (status == 0 && m->method == SIP_INVITE) {
		reinvited(c, t, m, now);
		return;
	}
	status = status ? status : status_for(c, m, now);
	(void)!answer_plainly(c, t, m, status, now);
	if (status == 200 && m->method == SIP_BYE)
		sip_call_step(c, SIP_CALL_RX_BYE, &in);
	if (status == 202 && m->method == SIP_REFER)
		sip_call_report_refer(c, now);
}
