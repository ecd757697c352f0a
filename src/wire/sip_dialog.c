#include "wire/sip_dialog.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"

LIVE_DEFINE(sip_dialog);

/* The URI of a Contact is kept in a room of its own, because it moves during a call. */
static int set_target(struct sip_dialog *d, struct str uri)
{
	if (uri.n == 0 || uri.n >= sizeof(d->target_room))
		return -EBADMSG;
	str_copy(uri, d->target_room, sizeof(d->target_room));
	d->target = (struct str){d->target_room, uri.n};
	return 0;
}

static int contact_of(const struct sip_msg *m, struct str *ret_uri)
{
	struct sip_addr contact;
	struct sip_uri uri;
	int rc = sip_msg_addr(m, SIP_HDR_CONTACT, &contact);

	if (rc < 0)
		return rc;
	if (sip_uri_parse(contact.uri, &uri) < 0 || uri.scheme == SIP_SCHEME_OTHER)
		return -EBADMSG;
	*ret_uri = contact.uri;
	return 0;
}

static int copy(struct sip_dialog *d, struct str text, struct str *ret_copy)
{
	*ret_copy = arena_str(&d->arena, text);
	return ret_copy->p ? 0 : -ENOMEM;
}

static int take_routes(struct sip_dialog *d, const struct sip_msg *m)
{
	struct sip_items it = sip_msg_items(m, SIP_HDR_RECORD_ROUTE);
	struct str item;
	int rc;

	while ((rc = sip_items_next(&it, &item)) > 0) {
		if (d->route_count == ARRAY_LEN(d->routes))
			return -EBADMSG;
		rc = copy(d, item, &d->routes[d->route_count]);
		if (rc < 0)
			return rc;
		d->route_count++;
	}
	return rc;
}

static void reverse_routes(struct sip_dialog *d)
{
	for (size_t i = 0, j = d->route_count; i + 1 < j; i++) {
		struct str swap = d->routes[i];

		d->routes[i] = d->routes[--j];
		d->routes[j] = swap;
	}
}

static void begin(struct sip_dialog *d, const struct sip_flow *flow)
{
	*d = (struct sip_dialog){.flow = *flow};
	arena_init(&d->arena, SIP_DIALOG_ARENA_BYTES);
	live_up(&live_sip_dialog);
}

static int identify(struct sip_dialog *d, const struct sip_msg *m, const struct sip_addr *local,
		    const struct sip_addr *remote)
{
	int rc = copy(d, m->call_id, &d->call_id);

	rc = rc ? rc : copy(d, local->uri, &d->local_uri);
	rc = rc ? rc : copy(d, local->tag, &d->local_tag);
	rc = rc ? rc : copy(d, remote->uri, &d->remote_uri);
	rc = rc ? rc : copy(d, remote->tag, &d->remote_tag);
	return rc ? rc : take_routes(d, m);
}

int sip_dialog_from_request(struct sip_dialog *d, const struct sip_msg *request, struct str local_tag,
			    uint32_t first_cseq, const struct sip_flow *flow)
{
	struct sip_addr local = request->to;
	struct str target;
	int rc;

	begin(d, flow);
	local.tag = local_tag;
	d->local_cseq = first_cseq;
	d->remote_cseq = request->cseq.number;
	d->remote_cseq_known = true;
	rc = contact_of(request, &target) < 0 ? -EBADMSG : set_target(d, target);
	rc = rc ? rc : identify(d, request, &local, &request->from);
	if (rc < 0)
		sip_dialog_fini(d);
	return rc;
}

int sip_dialog_from_response(struct sip_dialog *d, const struct sip_msg *response, struct str fallback_target,
			     const struct sip_flow *flow)
{
	struct str target;
	int rc;

	if (response->to.tag.n == 0)
		return -EBADMSG;
	begin(d, flow);
	d->state = response->status < 200 ? SIP_DIALOG_EARLY : SIP_DIALOG_CONFIRMED;
	d->local_cseq = response->cseq.number;
	rc = contact_of(response, &target);
	rc = rc == 0 ? set_target(d, target) : rc == -ENOENT ? set_target(d, fallback_target) : -EBADMSG;
	rc = rc ? rc : identify(d, response, &response->from, &response->to);
	if (rc < 0)
		sip_dialog_fini(d);
	else
		reverse_routes(d);
	return rc;
}

void sip_dialog_fini(struct sip_dialog *d)
{
	arena_fini(&d->arena);
	live_down(&live_sip_dialog);
}

bool sip_dialog_owns(const struct sip_dialog *d, const struct sip_msg *msg)
{
	const struct sip_addr *ours = msg->is_request ? &msg->to : &msg->from;
	const struct sip_addr *theirs = msg->is_request ? &msg->from : &msg->to;

	return str_eq(d->call_id, msg->call_id) && str_eq(d->local_tag, ours->tag) &&
	       str_eq(d->remote_tag, theirs->tag);
}

int sip_dialog_take_request(struct sip_dialog *d, const struct sip_msg *request, const struct sip_flow *flow)
{
	struct str target;

	if (request->method == SIP_ACK || request->method == SIP_CANCEL)
		return 0;
	if (d->remote_cseq_known && request->cseq.number < d->remote_cseq)
		return 500;
	d->remote_cseq = request->cseq.number;
	d->remote_cseq_known = true;
	d->flow = *flow;
	if ((request->method == SIP_INVITE || request->method == SIP_UPDATE) &&
	    contact_of(request, &target) == 0 && set_target(d, target) < 0)
		return 400;
	return 0;
}

void sip_dialog_take_response(struct sip_dialog *d, const struct sip_msg *response)
{
	struct str target;

	/* A target that is too long, or none, leaves the old one: the call goes on. */
	if (contact_of(response, &target) == 0)
		(void)!set_target(d, target);
}

/* ---- requests of ours ---- */

static bool route_is_loose(struct str route)
{
	struct sip_addr addr;
	struct sip_uri uri;
	struct str value;

	return sip_addr_parse(route, &addr) == 0 && sip_uri_parse(addr.uri, &uri) == 0 &&
	       sip_uri_param(&uri, STR("lr"), &value);
}

struct str sip_dialog_next_hop(const struct sip_dialog *d)
{
	struct sip_addr addr;

	if (d->route_count > 0 && sip_addr_parse(d->routes[0], &addr) == 0)
		return addr.uri;
	return d->target;
}

void sip_dialog_aim(struct sip_dialog *d)
{
	struct sip_uri uri;
	struct addr hop;
	struct str transport;

	if (sip_flow_reliable(&d->flow) || sip_uri_parse(sip_dialog_next_hop(d), &uri) < 0 ||
	    addr_parse(uri.host, sip_uri_port(&uri), &hop) < 0)
		return;
	if (sip_uri_param(&uri, STR("transport"), &transport) && !str_ieq(transport, STR("udp")))
		return;
	if (hop.family == d->flow.remote.family &&
	    (!addr_is_private(&hop) || addr_is_private(&d->flow.remote)))
		d->flow.remote = hop;
}

static void print_routes(const struct sip_dialog *d, struct buf *b, bool strict)
{
	for (size_t i = strict; i < d->route_count; i++)
		sip_print_header(b, SIP_HDR_ROUTE, d->routes[i]);
	if (strict)
		sip_print_headerf(b, SIP_HDR_ROUTE, "<" STR_FMT ">", STR_ARG(d->target));
}

void sip_dialog_print(const struct sip_dialog *d, struct buf *b, enum sip_method method, uint32_t cseq,
		      const struct sip_hop *via)
{
	/* A first router of RFC 2543 wants to see itself in the request line (section 12.2.1.1). */
	bool strict = d->route_count > 0 && !route_is_loose(d->routes[0]);

	sip_print_request(b, method, strict ? sip_dialog_next_hop(d) : d->target);
	sip_print_via(b, sip_transport_name(d->flow.transport), via->host, via->port, via->branch);
	sip_print_headerf(b, SIP_HDR_MAX_FORWARDS, "70");
	sip_print_addr(b, SIP_HDR_FROM, (struct str){0}, d->local_uri, d->local_tag);
	sip_print_addr(b, SIP_HDR_TO, (struct str){0}, d->remote_uri, d->remote_tag);
	sip_print_header(b, SIP_HDR_CALL_ID, d->call_id);
	sip_print_cseq(b, cseq, method);
	print_routes(d, b, strict);
}
