#include "leg/sip_core.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/id.h"

#define RANDOM_CHARS 16u /* of 5 bits */

unsigned sip_core_methods(const struct sip_core *core)
{
	return SIP_OUR_METHODS | (core->config.take_refers ? SIP_METHOD_BIT(SIP_REFER) : 0);
}

struct sip_token sip_core_token(struct sip_core *core, const char *prefix)
{
	struct sip_token t;
	int n = snprintf(t.text, sizeof(t.text), "%ss%02x", prefix, core->config.shard & 0xff);

	assert(n > 0 && (size_t)n + RANDOM_CHARS < sizeof(t.text));
	id_token(core->rng, t.text + n, RANDOM_CHARS + 1);
	return t;
}

void sip_core_hop(struct sip_core *core, const struct sip_flow *flow, struct sip_hop_room *room)
{
	struct addr self;

	core->ops->self(core->arg, flow, &self);
	room->branch = sip_core_token(core, "z9hG4bK");
	room->hop = (struct sip_hop){
		.host = addr_ip_text(&self, room->host),
		.port = self.port,
		.branch = str_from(room->branch.text),
	};
}

void sip_core_alarm(struct sip_core *core, struct sip_alarm *a, usec at)
{
	if (at == USEC_NEVER)
		heap_remove(&core->alarms, &a->place);
	else
		heap_put(&core->alarms, at, &a->place);
}

void sip_core_announce(struct sip_core *core)
{
	usec due = MIN(core->txns_due, heap_due(&core->alarms));

	if (due == core->announced)
		return;
	core->announced = due;
	core->ops->deadline(core->arg, due);
}

void sip_core_print_contact(struct sip_core *core, struct buf *b, const struct sip_flow *flow)
{
	char host[ADDR_TEXT_BYTES];
	struct addr self;

	core->ops->self(core->arg, flow, &self);
	sip_print_headerf(b, SIP_HDR_CONTACT, "<sip:s%02x@" STR_FMT "%s>", core->config.shard & 0xff,
			  STR_ARG(addr_text(&self, host)),
			  flow->transport == SIP_TCP ? ";transport=tcp" : "");
}

void sip_core_print_headers(struct buf *b, const struct leg_headers *headers)
{
	for (size_t i = 0; headers && i < headers->count; i++)
		sip_print_named(b, headers->list[i].name, headers->list[i].value);
}

static void print_allow(const struct sip_core *core, struct buf *b)
{
	struct buf methods;

	buf_init(&methods, 256);
	sip_print_methods(&methods, sip_core_methods(core));
	if (methods.error && !b->error)
		b->error = methods.error;
	sip_print_header(b, SIP_HDR_ALLOW, buf_str(&methods));
	buf_fini(&methods);
}

/* The headers that a status owes to its request. */
static void print_owed(const struct sip_core *core, struct buf *b, enum sip_method method,
		       const struct sip_answer *a)
{
	bool options = method == SIP_OPTIONS && a->status == 200;

	if (a->status == 405 || options || (method == SIP_INVITE && a->status == 200))
		print_allow(core, b);
	if (a->status == 415 || options)
		sip_print_headerf(b, SIP_HDR_ACCEPT, "application/sdp");
	if (a->status == 420)
		sip_print_header(b, SIP_HDR_UNSUPPORTED, a->detail);
	if (a->retry_sec)
		sip_print_headerf(b, SIP_HDR_RETRY_AFTER, "%u", a->retry_sec);
}

int sip_core_answer(struct sip_core *core, struct sip_txn *t, const struct sip_msg *request,
		    const struct sip_answer *a, usec now)
{
	const struct sip_flow *flow = sip_txn_flow(t);
	struct sip_token tag = sip_core_token(core, "");
	char ip[ADDR_TEXT_BYTES];
	struct sip_reply reply = {
		.status = a->status,
		.phrase = str_from(a->phrase),
		.to_tag = a->status == 100 ? (struct str){0}
			  : a->to_tag.n    ? a->to_tag
					   : str_from(tag.text),
		.source_ip = addr_ip_text(&flow->remote, ip),
		.source_port = flow->remote.port,
		.record_route = a->in_dialog,
	};
	struct buf *b = &core->out;

	buf_clear(b);
	sip_print_response(b, request, &reply);
	if (a->in_dialog)
		sip_core_print_contact(core, b, flow);
	if (a->challenge)
		sip_auth_print_challenge(a->challenge, b, now, a->stale);
	print_owed(core, b, request->method, a);
	sip_core_print_headers(b, a->headers);
	sip_print_body(b, STR("application/sdp"), a->sdp);
	return b->error ? b->error : sip_txn_respond(t, a->status, buf_str(b), now);
}
