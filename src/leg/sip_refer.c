#include <errno.h>

#include "leg/sip_call_impl.h"

#define REFER_LINES_MAX 4096

static void tell_refer(struct sip_call *c, int status, bool final, usec now)
{
	struct sip_news told = {SIP_NEWS_REFER, .status = status, .final = final, .now = now};

	if (final) {
		c->refer_state = SIP_REFER_NONE;
		sip_core_alarm(c->core, &c->refer_guard, USEC_NEVER);
	}
	sip_call_tell(c, &told);
}

static void refer_answered(struct sip_call *c, const struct sip_msg *m, usec now)
{
	const struct sip_hdr *sub = sip_msg_find(m, SIP_HDR_REFER_SUB);

	if (c->refer_state != SIP_REFER_ASKED)
		return; /* a NOTIFY was faster */
	if (m->status >= 300) {
		tell_refer(c, m->status, true, now);
	} else if (sub && str_istarts(sub->value, STR("false"))) {
		tell_refer(c, 200, true, now); /* RFC 4488: accepted, and nothing more will be heard */
	} else {
		c->refer_state = SIP_REFER_FOLLOWS;
		sip_core_alarm(c->core, &c->refer_guard, now + c->core->config.refer_max);
	}
}

static void on_refer_news(void *arg, struct sip_txn *t, const struct sip_txn_news *news)
{
	struct sip_call *c = arg;
	struct sip_call_input in = {.msg = news->msg, .now = news->now};

	if (news->what == SIP_TXN_GONE)
		c->refer.txn = NULL;
	if (sip_call_dialog_lost(news)) {
		if (c->refer_state != SIP_REFER_NONE)
			tell_refer(c, news->msg ? news->msg->status : 408, true, news->now);
		sip_call_step(c, SIP_CALL_GONE, &in);
		return;
	}
	if (news->what != SIP_TXN_RESPONSE || news->msg->status < 200 ||
	    sip_out_authenticate(c, &c->refer, news->msg, news->now))
		return;
	refer_answered(c, news->msg, news->now);
}

static const struct sip_out_kind refer_kind = {SIP_REFER, on_refer_news};

int sip_call_refer(struct sip_call *c, struct str target, const struct leg_headers *headers, usec now)
{
	struct buf line;
	int rc;

	if (c->state != SIP_CALL_UP)
		return -EPROTO;
	if (c->refer_state != SIP_REFER_NONE)
		return -EBUSY;
	buf_init(&line, REFER_LINES_MAX);
	sip_print_addr(&line, SIP_HDR_REFER_TO, (struct str){0}, target, (struct str){0});
	sip_print_addr(&line, SIP_HDR_REFERRED_BY, (struct str){0}, c->dialog.local_uri, (struct str){0});
	rc = line.error;
	rc = rc ? rc : sip_out_prepare(c, &c->refer, &refer_kind, buf_str(&line), headers, (struct str){0});
	buf_fini(&line);
	rc = rc ? rc : sip_out_send(c, &c->refer, now);
	if (rc == 0)
		c->refer_state = SIP_REFER_ASKED;
	sip_core_announce(c->core);
	return rc;
}

int sip_call_take_notify(struct sip_call *c, const struct sip_msg *notify, usec now)
{
	struct sip_event event;
	struct sip_substate sub;
	struct str reason;
	bool over;
	int status;

	if (c->refer_state == SIP_REFER_NONE || sip_msg_event(notify, &event) < 0 ||
	    !str_ieq(event.package, STR("refer")))
		return 481;
	if (!sip_msg_body_is(notify, STR("message"), STR("sipfrag")))
		return 415;
	if (sip_frag_parse(notify->body, &status, &reason) < 0)
		return 400;
	over = sip_msg_substate(notify, &sub) == 0 && sub.state == SIP_SUB_TERMINATED;
	c->refer_state = SIP_REFER_FOLLOWS;
	sip_core_alarm(c->core, &c->refer_guard, now + c->core->config.refer_max);
	/* A subscription that ends while the frag still says "trying" tells no more: take it for done. */
	if (status < 200 && over)
		status = 202;
	tell_refer(c, status, status >= 200, now);
	return 200;
}

void sip_call_refer_by_bye(struct sip_call *c, usec now)
{
	if (c->refer_state == SIP_REFER_FOLLOWS)
		tell_refer(c, 200, true, now);
}

void sip_call_refer_given_up(struct sip_alarm *a, usec now)
{
	tell_refer(CONTAINER_OF(a, struct sip_call, refer_guard), 408, true, now);
}

/* ---- their REFER ---- */

int sip_call_take_refer(struct sip_call *c, const struct sip_msg *refer, usec now)
{
	struct sip_news told = {SIP_NEWS_REFERRED, .msg = refer, .now = now};
	int status;

	if (c->state != SIP_CALL_UP)
		return 481;
	status = sip_call_tell(c, &told);
	return status ? status : 603;
}

static void on_notify_news(void *arg, struct sip_txn *t, const struct sip_txn_news *news)
{
	struct sip_call *c = arg;
	struct sip_call_input in = {.msg = news->msg, .now = news->now};

	if (news->what == SIP_TXN_GONE)
		c->notify.txn = NULL;
	if (sip_call_dialog_lost(news))
		sip_call_step(c, SIP_CALL_GONE, &in);
	else if (news->what == SIP_TXN_RESPONSE && news->msg->status >= 300)
		(void)!sip_out_authenticate(c, &c->notify, news->msg, news->now);
}

static const struct sip_out_kind notify_kind = {SIP_NOTIFY, on_notify_news, "message/sipfrag"};

void sip_call_report_refer(struct sip_call *c, usec now)
{
	struct buf lines;
	int rc;

	buf_init(&lines, REFER_LINES_MAX);
	sip_print_headerf(&lines, SIP_HDR_EVENT, "refer");
	sip_print_headerf(&lines, SIP_HDR_SUBSCRIPTION_STATE, "terminated;reason=noresource");
	rc = lines.error;
	rc = rc ? rc
		: sip_out_prepare(c, &c->notify, &notify_kind, buf_str(&lines), NULL,
				  STR("SIP/2.0 200 OK\r\n"));
	buf_fini(&lines);
	/* Without memory they give it up after their time. */
	if (rc == 0)
		(void)!sip_out_send(c, &c->notify, now);
}
