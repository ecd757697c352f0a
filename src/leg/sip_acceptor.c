#include "leg/sip_acceptor.h"

#include <errno.h>

#include "base/live.h"
#include "base/mailbox.h"
#include "base/mem.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "wire/sip_frame.h"
#include "wire/sip_print.h"

#define UDP_BATCH     16u
#define MAILBOX_SLOTS 1024u
#define OUT_BYTES_MAX (4u * SIP_MESSAGE_MAX_BYTES)
#define CONNECT_TIME  USEC_SEC(10)
#define PORT_TRIES    8u /* for one that is free in both transports */

LIVE_DEFINE(sip_port);

enum parcel_kind {
	PARCEL_MESSAGE, /* to a shard: received; to the acceptor: to be sent by TCP */
	PARCEL_LOST,    /* to a shard */
	PARCEL_DENIED,  /* to the acceptor */
};

/* What travels between the threads; `bytes` changes hands. */
struct parcel {
	enum parcel_kind kind;
	struct sip_flow flow;
	char *bytes;
	size_t n;
};

struct sip_port {
	struct sip_acceptor *acceptor;
	unsigned shard;
	struct mailbox *box; /* read by the shard */
	const struct sip_port_ops *ops;
	void *arg;
};

struct sip_acceptor {
	struct loop *loop;
	struct sip_acceptor_config config;
	struct sip_guard *guard;
	struct udp_batch *batch;
	struct udp *udp[SIP_LISTENS_MAX];
	struct tcp *tcp;
	struct addr tcp_at[SIP_LISTENS_MAX];
	struct mailbox *box; /* from the shards */
	struct sip_port *ports[SIP_SHARDS_MAX];
	struct buf out;
	struct sip_acceptor_stats stats;
};

static void drop_parcel(void *arg, const void *message)
{
	mem_free(((const struct parcel *)message)->bytes);
}

/* ---- which shard ---- */

/* The number in a name of ours: "s03..."; -1 for names of others. */
static int shard_in(struct str name, size_t shards)
{
	static const char digits[] = "0123456789abcdef";
	size_t high, low;

	if (name.n < 3 || name.p[0] != 's')
		return -1;
	high = str_chr((struct str){digits, 16}, name.p[1]);
	low = str_chr((struct str){digits, 16}, name.p[2]);
	return high < 16 && low < 16 && high * 16 + low < shards ? (int)(high * 16 + low) : -1;
}

unsigned sip_route(const struct sip_msg *m, size_t shards)
{
	static const size_t cookie = sizeof("z9hG4bK") - 1;
	int shard = shard_in(m->is_request ? m->to.tag : str_sub(m->via.branch, cookie, SIZE_MAX), shards);

	return shard >= 0 ? (unsigned)shard : (unsigned)(str_hash(m->call_id) % shards);
}

/* ---- what arrives ---- */

/* The socket that is bound where the flow begins. */
static const struct udp *udp_of(const struct sip_acceptor *a, const struct addr *local)
{
	for (size_t i = 0; i < a->config.udp_count; i++) {
		const struct addr *at = udp_local(a->udp[i]);

		if (at->family == local->family && at->port == local->port &&
		    (addr_is_any(at) || addr_same_ip(at, local)))
			return a->udp[i];
	}
	return NULL;
}

/* The same words to everybody, whatever was asked. */
static void refuse_stranger(struct sip_acceptor *a, const struct sip_msg *m, const struct sip_flow *flow)
{
	const struct udp *u = udp_of(a, &flow->local);
	char ip[ADDR_TEXT_BYTES];
	struct sip_reply reply = {
		.status = 403,
		.to_tag = STR("0"),
		.source_ip = addr_ip_text(&flow->remote, ip),
		.source_port = flow->remote.port,
	};

	buf_clear(&a->out);
	sip_print_response(&a->out, m, &reply);
	sip_print_body(&a->out, (struct str){0}, (struct str){0});
	if (u && a->out.error == 0)
		(void)!udp_send(u, &flow->local, &flow->remote, buf_str(&a->out));
}

static void forward(struct sip_acceptor *a, const struct sip_msg *m, const struct sip_flow *flow,
		    struct str bytes)
{
	struct sip_port *port = a->ports[sip_route(m, a->config.shards)];
	struct parcel parcel = {PARCEL_MESSAGE, *flow, mem_strndup(bytes.p, bytes.n), bytes.n};

	a->stats.messages++;
	if (parcel.bytes && port && mailbox_post(port->box, &parcel) == 0)
		return;
	a->stats.dropped++;
	mem_free(parcel.bytes);
}

/* Reading joins folded lines in place, so it works on a copy; the shard reads the original again. */
static void take(struct sip_acceptor *a, const struct sip_flow *flow, struct str bytes, bool stranger)
{
	cleanup(mem_freep) char *copy = mem_strndup(bytes.p, bytes.n);
	struct sip_msg m;
	int rc;

	if (!copy)
		return;
	rc = sip_msg_parse(copy, bytes.n, sip_flow_reliable(flow) ? SIP_STREAM : SIP_DATAGRAM, &m);
	if (rc < 0 && !(m.is_request && m.answerable)) {
		a->stats.unreadable++;
		return;
	}
	if (!stranger)
		forward(a, &m, flow, bytes);
	else if (m.is_request && m.method != SIP_ACK)
		refuse_stranger(a, &m, flow);
}

static void on_packet(void *arg, struct udp *u, const struct udp_packet *packet)
{
	struct sip_acceptor *a = arg;
	struct sip_flow flow = {.transport = SIP_UDP, .local = packet->local, .remote = packet->from};
	usec now = loop_now(a->loop);

	if (!sip_trunks_know(a->config.trunks, &packet->from)) {
		a->stats.strangers++;
		if (sip_guard_stranger(a->guard, &packet->from, now))
			take(a, &flow, packet->bytes, true);
		return;
	}
	if (sip_guard_silences(a->guard, &packet->from, now)) {
		a->stats.silenced++;
		return;
	}
	/* CRLF and zeros that keep a NAT open. */
	if (packet->bytes.n > 4)
		take(a, &flow, packet->bytes, false);
}

static int on_bytes(void *arg, uint32_t conn, struct str unread)
{
	struct sip_acceptor *a = arg;
	struct sip_flow flow = {SIP_TCP, conn, *tcp_local(a->tcp, conn), *tcp_remote(a->tcp, conn)};
	struct sip_frame frame;
	size_t used = 0;
	int rc;

	if (sip_guard_silences(a->guard, &flow.remote, loop_now(a->loop))) {
		a->stats.silenced++;
		return -EACCES;
	}
	while ((rc = sip_frame(str_sub(unread, used, SIZE_MAX), &frame)) >= 0) {
		used += frame.skip;
		if (frame.ping)
			(void)!tcp_send(a->tcp, conn, STR("\r\n"));
		if (rc == 0)
			return (int)used;
		take(a, &flow, str_sub(unread, used, frame.bytes), false);
		used += frame.bytes;
	}
	return rc;
}

static bool on_admit(void *arg, const struct addr *remote)
{
	struct sip_acceptor *a = arg;

	if (sip_trunks_know(a->config.trunks, remote) &&
	    !sip_guard_silences(a->guard, remote, loop_now(a->loop)))
		return true;
	a->stats.strangers++;
	return false;
}

static void tell_lost(struct sip_acceptor *a, const struct sip_flow *flow)
{
	struct parcel parcel = {.kind = PARCEL_LOST, .flow = *flow};

	for (size_t i = 0; i < a->config.shards; i++)
		if (a->ports[i] && mailbox_post(a->ports[i]->box, &parcel) < 0)
			a->stats.dropped++;
}

static void on_closed(void *arg, uint32_t conn, const struct addr *remote, int error)
{
	struct sip_flow flow = {.transport = SIP_TCP, .conn = conn, .remote = *remote};

	if (error)
		tell_lost(arg, &flow);
}

static const struct tcp_ops tcp_ops = {on_bytes, on_closed, on_admit};

/* ---- what the shards send ---- */

static void send_by_tcp(struct sip_acceptor *a, const struct parcel *p)
{
	struct str bytes = {p->bytes, p->n};
	uint32_t conn = p->flow.conn;
	int rc = conn ? tcp_send(a->tcp, conn, bytes) : -ENOTCONN;

	if (rc == -ENOTCONN) {
		conn = tcp_find(a->tcp, &p->flow.remote);
		rc = conn ? 0 : tcp_connect(a->tcp, &p->flow.remote, &conn);
		rc = rc ? rc : tcp_send(a->tcp, conn, bytes);
	}
	if (rc < 0)
		tell_lost(a, &p->flow);
}

static void on_parcel(void *arg, const void *message)
{
	struct sip_acceptor *a = arg;
	const struct parcel *p = message;

	if (p->kind == PARCEL_DENIED)
		sip_guard_denied(a->guard, &p->flow.remote, loop_now(a->loop));
	else
		send_by_tcp(a, p);
	mem_free(p->bytes);
}

/* ---- life ---- */

/* Port 0 is any free one, the same for both: who is told one number may come by either. */
static int listen_pair(struct sip_acceptor *a, size_t i)
{
	const struct sip_acceptor_config *config = &a->config;
	struct addr tcp;
	int rc = 0;

	if (i < config->udp_count)
		rc = udp_open(a->loop, a->batch, &config->udp[i], on_packet, a, &a->udp[i]);
	if (rc < 0 || i >= config->tcp_count)
		return rc;
	tcp = config->tcp[i];
	if (tcp.port == 0 && a->udp[i])
		tcp.port = udp_local(a->udp[i])->port;
	rc = tcp_listen(a->tcp, &tcp, &a->tcp_at[i]);
	if (rc < 0)
		a->udp[i] = udp_close(a->udp[i]);
	return rc;
}

static int listen_all(struct sip_acceptor *a)
{
	const struct sip_acceptor_config *config = &a->config;
	size_t count = MAX(config->udp_count, config->tcp_count);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		bool any = i < config->tcp_count && config->tcp[i].port == 0;
		unsigned tries = any ? PORT_TRIES : 1;

		do
			rc = listen_pair(a, i);
		while (rc == -EADDRINUSE && --tries > 0);
	}
	return rc;
}

static int open_all(struct sip_acceptor *a)
{
	const struct tcp_config tcp = {
		.conns_max = a->config.conns_max,
		.per_source_max = a->config.conns_per_source,
		.in_bytes_max = 2 * SIP_MESSAGE_MAX_BYTES,
		.out_bytes_max = OUT_BYTES_MAX,
		.idle = a->config.idle,
		.connect_timeout = CONNECT_TIME,
	};
	int rc = sip_guard_new(&a->config.guard, &a->guard);

	rc = rc ? rc : udp_batch_new(UDP_BATCH, SIP_MESSAGE_MAX_BYTES + 1, &a->batch);
	rc = rc ? rc : tcp_new(a->loop, &tcp, &tcp_ops, a, &a->tcp);
	rc = rc ? rc : mailbox_new(a->loop, sizeof(struct parcel), MAILBOX_SLOTS, on_parcel, a, &a->box);
	return rc ? rc : listen_all(a);
}

int sip_acceptor_new(struct loop *l, const struct sip_acceptor_config *config,
		     struct sip_acceptor **ret_acceptor)
{
	struct sip_acceptor *a;
	int rc;

	if (config->udp_count > SIP_LISTENS_MAX || config->tcp_count > SIP_LISTENS_MAX ||
	    config->shards == 0 || config->shards > SIP_SHARDS_MAX)
		return -EINVAL;
	a = mem_zalloc(sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->loop = l;
	a->config = *config;
	buf_init(&a->out, SIP_MESSAGE_MAX_BYTES);
	rc = open_all(a);
	if (rc < 0) {
		sip_acceptor_free(a);
		return rc;
	}
	*ret_acceptor = a;
	return 0;
}

struct sip_acceptor *sip_acceptor_free(struct sip_acceptor *a)
{
	if (!a)
		return NULL;
	for (size_t i = 0; i < SIP_LISTENS_MAX; i++)
		udp_close(a->udp[i]);
	tcp_free(a->tcp);
	if (a->box)
		mailbox_free(a->box, drop_parcel);
	udp_batch_free(a->batch);
	sip_guard_free(a->guard);
	buf_fini(&a->out);
	return mem_free(a);
}

const struct addr *sip_acceptor_udp(const struct sip_acceptor *a, size_t i)
{
	return i < a->config.udp_count ? udp_local(a->udp[i]) : NULL;
}

const struct addr *sip_acceptor_tcp(const struct sip_acceptor *a, size_t i)
{
	return i < a->config.tcp_count ? &a->tcp_at[i] : NULL;
}

struct sip_acceptor_stats sip_acceptor_read_stats(const struct sip_acceptor *a)
{
	struct sip_acceptor_stats stats = a->stats;

	stats.conns = tcp_read_stats(a->tcp).open;
	return stats;
}

/* ---- the shard's side ---- */

static void on_delivery(void *arg, const void *message)
{
	struct sip_port *p = arg;
	const struct parcel *parcel = message;

	if (parcel->kind == PARCEL_LOST)
		p->ops->on_lost(p->arg, &parcel->flow);
	else
		p->ops->on_message(p->arg, &parcel->flow, parcel->bytes, parcel->n);
	mem_free(parcel->bytes);
}

int sip_port_open(struct sip_acceptor *a, unsigned shard, struct loop *control,
		  const struct sip_port_ops *ops, void *arg, struct sip_port **ret_port)
{
	struct sip_port *p = mem_zalloc(sizeof(*p));
	int rc;

	if (!p)
		return -ENOMEM;
	*p = (struct sip_port){.acceptor = a, .shard = shard, .ops = ops, .arg = arg};
	rc = mailbox_new(control, sizeof(struct parcel), MAILBOX_SLOTS, on_delivery, p, &p->box);
	if (rc < 0) {
		mem_free(p);
		return rc;
	}
	live_up(&live_sip_port);
	a->ports[shard] = p;
	*ret_port = p;
	return 0;
}

struct sip_port *sip_port_close(struct sip_port *p)
{
	if (!p)
		return NULL;
	p->acceptor->ports[p->shard] = NULL;
	mailbox_free(p->box, drop_parcel);
	live_down(&live_sip_port);
	return mem_free(p);
}

static int post(struct sip_port *p, enum parcel_kind kind, const struct sip_flow *flow, struct str bytes)
{
	struct parcel parcel = {kind, *flow, mem_strndup(bytes.p, bytes.n), bytes.n};
	int rc = parcel.bytes ? mailbox_post(p->acceptor->box, &parcel) : -ENOMEM;

	if (rc < 0)
		mem_free(parcel.bytes);
	return rc;
}

int sip_port_send(struct sip_port *p, const struct sip_flow *flow, struct str bytes)
{
	const struct udp *u;
	int rc;

	if (flow->transport != SIP_UDP)
		return post(p, PARCEL_MESSAGE, flow, bytes);
	u = udp_of(p->acceptor, &flow->local);
	if (!u)
		return -EADDRNOTAVAIL;
	rc = udp_send(u, &flow->local, &flow->remote, bytes);
	/* A full buffer is a lost packet: it is repeated. An old ICMP error says nothing about this packet.
	 */
	return rc == -EAGAIN || rc == -ECONNREFUSED ? 0 : rc;
}

int sip_port_flow(struct sip_port *p, enum sip_transport transport, const struct addr *remote,
		  struct sip_flow *ret_flow)
{
	const struct sip_acceptor *a = p->acceptor;
	struct sip_flow flow = {.transport = transport, .remote = *remote};
	size_t count = transport == SIP_UDP ? a->config.udp_count : a->config.tcp_count;
	int rc = udp_source_for(remote, &flow.local);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		const struct addr *at = transport == SIP_UDP ? udp_local(a->udp[i]) : &a->tcp_at[i];

		if (at->family != remote->family)
			continue;
		if (!addr_is_any(at))
			flow.local = *at;
		flow.local.port = at->port;
		*ret_flow = flow;
		return 0;
	}
	return -ENOTSUP;
}

/* The port that others reach us on: of TCP connections that we opened, that of the listener. */
static uint16_t listening_port(const struct sip_acceptor *a, const struct sip_flow *flow)
{
	for (size_t i = 0; flow->transport == SIP_TCP && i < a->config.tcp_count; i++)
		if (a->tcp_at[i].family == flow->local.family)
			return a->tcp_at[i].port;
	return flow->local.port;
}

void sip_port_self(const struct sip_port *p, const struct sip_flow *flow, struct addr *ret_self)
{
	const struct sip_acceptor_config *config = &p->acceptor->config;
	struct addr self = flow->local;

	self.port = listening_port(p->acceptor, flow);
	if (config->advertised.family == flow->remote.family && !addr_is_loopback(&flow->remote) &&
	    !addr_range_has(config->local, config->local_count, &flow->remote)) {
		uint16_t port = config->advertised.port ? config->advertised.port : self.port;

		self = config->advertised;
		self.port = port;
	}
	*ret_self = self;
}

void sip_port_denied(struct sip_port *p, const struct sip_flow *flow)
{
	/* A full mailbox forgets a denial: the next one counts. */
	(void)!post(p, PARCEL_DENIED, flow, STR(""));
}
