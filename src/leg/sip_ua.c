#include "leg/sip_ua.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "leg/sip_core.h"
#include "wire/sip_check.h"

#define NONCE_LIFETIME USEC_SEC(300)

struct sip_ua {
	struct sip_core core;
	struct sip_auth_server auth;
	uint64_t malformed, challenged, denied;
};

static const char *const content_types[] = {"application/sdp", "application/dtmf-relay", "application/dtmf",
					    "message/sipfrag", NULL};

static void answer(struct sip_ua *ua, struct sip_txn *t, const struct sip_msg *m, const struct sip_answer *a,
		   usec now)
{
	/* Without memory for the answer the request comes again. */
	(void)!sip_core_answer(&ua->core, t, m, a, now);
}

static void refuse(struct sip_ua *ua, struct sip_txn *t, const struct sip_msg *m, int status, usec now)
{
	struct sip_answer a = {
		.status = status,
		.retry_sec = status == 503 ? ua->core.config.retry_after_sec : 0,
	};

	answer(ua, t, m, &a, now);
}

/* ---- who calls ---- */

static void challenge(struct sip_ua *ua, struct sip_txn *t, const struct sip_msg *m, bool stale, usec now)
{
	struct sip_answer a = {.status = 401, .challenge = &ua->auth, .stale = stale};

	ua->challenged++;
	answer(ua, t, m, &a, now);
}

static void deny(struct sip_ua *ua, struct sip_txn *t, const struct sip_msg *m, usec now)
{
	ua->denied++;
	ua->core.ops->on_denied(ua->core.arg, sip_txn_flow(t));
	refuse(ua, t, m, 403, now);
}

/* The trunk that may send this request; NULL when it was answered already. */
static const struct sip_trunk *authorize(struct sip_ua *ua, struct sip_txn *t, const struct sip_msg *m,
					 usec now)
{
	const struct sip_trunks *trunks = ua->core.config.trunks;
	const struct addr *source = &sip_txn_flow(t)->remote;
	const struct sip_trunk *trunk = sip_trunks_open(trunks, source);
	struct sip_auth auth;
	int rc;

	if (trunk)
		return trunk;
	rc = sip_auth_read(&ua->auth, m, &auth);
	if (rc < 0) {
		if (rc == -EBADMSG)
			refuse(ua, t, m, 400, now);
		else
			challenge(ua, t, m, false, now);
		return NULL;
	}
	trunk = sip_trunks_guest(trunks, source, auth.user);
	rc = sip_auth_verify(&ua->auth, &auth, m->method_name,
			     trunk ? trunk->guest.password : (struct str){0}, now);
	if (rc == SIP_AUTH_OK && trunk)
		return trunk;
	if (rc == SIP_AUTH_STALE)
		challenge(ua, t, m, true, now);
	else
		deny(ua, t, m, now);
	return NULL;
}

/* ---- requests ---- */

static void invited(struct sip_ua *ua, struct sip_txn *t, const struct sip_msg *m,
		    const struct sip_flow *flow, usec now)
{
	const struct sip_trunk *trunk = authorize(ua, t, m, now);
	struct sip_call *c;
	int rc;

	if (!trunk)
		return;
	rc = sip_call_from_invite(&ua->core, t, m, flow, now, &c);
	if (rc) {
		refuse(ua, t, m, rc > 0 ? rc : 503, now);
		return;
	}
	sip_call_begin(c, now);
	rc = ua->core.ops->on_call(ua->core.arg, c, trunk, m, now);
	if (rc) {
		sip_call_hangup(c, rc, NULL, now);
		sip_call_close(c, now);
	}
}

static void asked_for_options(struct sip_ua *ua, struct sip_txn *t, const struct sip_msg *m, usec now)
{
	if (!authorize(ua, t, m, now))
		return;
	refuse(ua, t, m, ua->core.calls.count < ua->core.config.calls_max ? 200 : 503, now);
}

static void outside_dialogs(struct sip_ua *ua, struct sip_txn *t, const struct sip_msg *m,
			    const struct sip_flow *flow, usec now)
{
	if (m->method == SIP_INVITE)
		invited(ua, t, m, flow, now);
	else if (m->method == SIP_OPTIONS)
		asked_for_options(ua, t, m, now);
	else
		refuse(ua, t, m, 481, now);
}

static void on_request(void *arg, struct sip_txn *t, const struct sip_msg *m, const struct sip_flow *flow,
		       usec now)
{
	struct sip_ua *ua = arg;
	/* Hooks for more: PRACK and UPDATE are methods, 100rel, timer and replaces option tags. */
	const struct sip_accept accepted = {sip_core_methods(&ua->core), NULL, content_types};
	struct sip_verdict verdict = sip_check_request(m, &accepted);
	struct sip_answer a = {.status = verdict.status, .phrase = verdict.phrase, .detail = verdict.detail};
	struct sip_call *c = m->to.tag.n ? sip_call_find(&ua->core, m->to.tag) : NULL;

	if (c && !sip_call_owns(c, m))
		c = NULL;
	if (!t) {
		if (c && verdict.status == 0)
			sip_call_receive(c, NULL, m, flow, now);
		return;
	}
	if (verdict.status)
		answer(ua, t, m, &a, now);
	else if (c)
		sip_call_receive(c, t, m, flow, now);
	else if (m->to.tag.n)
		refuse(ua, t, m, 481, now);
	else
		outside_dialogs(ua, t, m, flow, now);
}

/* ---- the host's side ---- */

static int on_send(void *arg, const struct sip_flow *flow, struct str bytes)
{
	struct sip_ua *ua = arg;

	return ua->core.ops->send(ua->core.arg, flow, bytes);
}

static void on_deadline(void *arg, usec at)
{
	((struct sip_ua *)arg)->core.txns_due = at;
}

static const struct sip_txns_ops txns_ops = {on_send, on_deadline, on_request};

int sip_ua_new(const struct sip_ua_config *config, const struct sip_ua_ops *ops, void *arg, struct rng *rng,
	       struct sip_ua **ret_ua)
{
	const struct sip_txns_config txns = {
		.t1 = config->t1,
		.t2 = config->t2,
		.t4 = config->t4,
		.limit = config->transactions_max,
		.retry_after_sec = config->retry_after_sec,
	};
	struct sip_ua *ua = mem_zalloc(sizeof(*ua));

	if (!ua)
		return -ENOMEM;
	ua->core = (struct sip_core){
		.config = *config,
		.ops = ops,
		.arg = arg,
		.rng = rng,
		.txns_due = USEC_NEVER,
		.announced = USEC_NEVER,
	};
	ua->auth = (struct sip_auth_server){
		.role = SIP_AUTH_USER,
		.realm = config->realm,
		.sha256 = config->sha256,
		.md5 = config->md5,
		.legacy = true,
		.lifetime = NONCE_LIFETIME,
	};
	rng_bytes(rng, ua->auth.secret, sizeof(ua->auth.secret));
	map_init(&ua->core.calls);
	buf_init(&ua->core.out, SIP_MESSAGE_MAX_BYTES);
	if (sip_txns_new(&txns, &txns_ops, ua, &ua->core.txns) < 0) {
		sip_ua_free(ua);
		return -ENOMEM;
	}
	*ret_ua = ua;
	return 0;
}

static void free_call(struct map_node *node, void *arg)
{
	sip_call_free(sip_call_of(node));
}

struct sip_ua *sip_ua_free(struct sip_ua *ua)
{
	if (!ua)
		return NULL;
	map_each(&ua->core.calls, free_call, NULL);
	map_fini(&ua->core.calls);
	sip_txns_free(ua->core.txns);
	heap_fini(&ua->core.alarms);
	buf_fini(&ua->core.out);
	return mem_free(ua);
}

void sip_ua_receive(struct sip_ua *ua, const struct sip_flow *flow, char *bytes, size_t n, usec now)
{
	enum sip_carriage carriage = sip_flow_reliable(flow) ? SIP_STREAM : SIP_DATAGRAM;
	struct sip_msg m;

	if (sip_msg_parse(bytes, n, carriage, &m) < 0) {
		ua->malformed++;
		if (m.is_request && m.answerable && m.method != SIP_ACK)
			(void)!sip_txns_reply(ua->core.txns, &m, flow, m.fault_status ? m.fault_status : 400);
	} else {
		sip_txns_receive(ua->core.txns, &m, flow, now);
	}
	sip_core_announce(&ua->core);
}

void sip_ua_lost(struct sip_ua *ua, const struct sip_flow *flow, usec now)
{
	sip_txns_lost(ua->core.txns, flow->transport, &flow->remote, now);
	sip_core_announce(&ua->core);
}

void sip_ua_tick(struct sip_ua *ua, usec now)
{
	sip_txns_tick(ua->core.txns, now);
	while (heap_due(&ua->core.alarms) <= now) {
		struct sip_alarm *a = CONTAINER_OF(heap_first(&ua->core.alarms), struct sip_alarm, place);

		heap_remove(&ua->core.alarms, &a->place);
		a->fn(a, now);
	}
	sip_core_announce(&ua->core);
}

int sip_ua_dial(struct sip_ua *ua, const struct sip_dial *dial, struct sip_call_user user, usec now,
		struct sip_call **ret_call)
{
	int rc = sip_call_dial(&ua->core, dial, user, now, ret_call);

	sip_core_announce(&ua->core);
	return rc;
}

struct sip_ua_stats sip_ua_read_stats(const struct sip_ua *ua)
{
	struct sip_ua_stats stats = {
		.txns = sip_txns_read_stats(ua->core.txns),
		.malformed = ua->malformed,
		.challenged = ua->challenged,
		.denied = ua->denied,
		.calls = ua->core.calls.count,
		.transactions = sip_txns_count(ua->core.txns),
	};

	memcpy(stats.walked, ua->core.walked, sizeof(stats.walked));
	return stats;
}
