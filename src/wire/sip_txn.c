#include "wire/sip_txn.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/heap.h"
#include "base/live.h"
#include "base/map.h"
#include "base/mem.h"
#include "wire/sip_print.h"

#define ALARMS 3

LIVE_DEFINE(sip_txn);

/* A deadline in the table's heap that knows which event it is. */
struct alarm {
	size_t place;
	struct sip_txn *txn;
	enum sip_txn_event event;
};

struct sip_txn {
	struct map_node node;
	struct map_node merge; /* server: the same request by another way; key.p NULL = not listed */
	struct sip_txns *table;
	enum sip_txn_state state;
	struct alarm retry, end, failed;
	usec retry_span;
	struct sip_flow flow;
	struct sip_txn_user user;
	char *bytes; /* client: the request; server: the last response */
	size_t bytes_n;
};

struct sip_txns {
	struct map clients, servers, merged;
	struct heap deadlines;
	usec announced;
	usec now; /* of the newest call: for what ends outside of one */
	struct sip_txns_config config;
	const struct sip_txns_ops *ops;
	void *arg;
	struct buf key, out;
	struct sip_txns_stats stats;
};

/* ---- keys: RFC 3261 sections 17.1.3, 17.2.3, 8.2.2.2 ---- */

static void add_lower(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_add_char(b, str_lower(s.p[i]));
	buf_add_char(b, '|');
}

/* The name of the transaction that a message belongs to. Without the cookie of RFC 3261 the branch means
 * nothing, and what an RFC 2543 client must repeat unchanged takes its place. */
static struct str key_of(struct sip_txns *x, const struct sip_msg *m, enum sip_method method)
{
	struct buf *b = &x->key;

	buf_clear(b);
	add_lower(b, m->via.host);
	buf_printf(b, "%u|", m->via.port);
	if (method == SIP_METHOD_OTHER)
		add_lower(b, m->method_name);
	else
		buf_printf(b, "%d|", (int)method);
	add_lower(b, m->via.branch);
	if (!sip_via_has_cookie(&m->via)) {
		buf_printf(b, STR_FMT "|" STR_FMT "|" STR_FMT "|%" PRIu32, STR_ARG(m->uri_text),
			   STR_ARG(m->from.tag), STR_ARG(m->call_id), m->cseq.number);
	}
	return b->error ? (struct str){0} : buf_str(b);
}

static struct str merge_key_of(struct sip_txns *x, const struct sip_msg *m)
{
	struct buf *b = &x->key;

	buf_clear(b);
	buf_printf(b, STR_FMT "|" STR_FMT "|%" PRIu32 "|" STR_FMT, STR_ARG(m->call_id), STR_ARG(m->from.tag),
		   m->cseq.number, STR_ARG(m->method_name));
	return b->error ? (struct str){0} : buf_str(b);
}

/* ---- timers ---- */

static usec span_of(const struct sip_txns *x, uint8_t span)
{
	switch ((enum sip_txn_span)span) {
	case SIP_TXN_SPAN_T1:
		return x->config.t1;
	case SIP_TXN_SPAN_T2:
		return x->config.t2;
	case SIP_TXN_SPAN_T4:
		return x->config.t4;
	case SIP_TXN_SPAN_64T1:
		return 64 * x->config.t1;
	case SIP_TXN_SPAN_NONE:
	case SIP_TXN_SPAN_KEEP:
		break;
	}
	return 0;
}

static void set_alarm(struct alarm *a, usec at)
{
	struct heap *deadlines = &a->txn->table->deadlines;

	if (at == USEC_NEVER)
		heap_remove(deadlines, &a->place);
	else
		heap_put(deadlines, at, &a->place);
}

static void start_timers(struct sip_txn *t, usec now)
{
	const struct sip_txn_timers *timers = &sip_txn_timers[t->state];
	bool reliable = sip_flow_reliable(&t->flow);

	t->retry_span = span_of(t->table, timers->retry);
	set_alarm(&t->retry, t->retry_span && !reliable ? now + t->retry_span : USEC_NEVER);
	if (timers->end == SIP_TXN_SPAN_KEEP)
		return;
	if (timers->end == SIP_TXN_SPAN_NONE)
		set_alarm(&t->end, USEC_NEVER);
	else
		set_alarm(&t->end, reliable && timers->end_unreliable_only
					   ? now
					   : now + span_of(t->table, timers->end));
}

static void rearm_retry(struct sip_txn *t, usec now)
{
	usec cap = span_of(t->table, sip_txn_timers[t->state].retry_cap);

	t->retry_span = cap ? MIN(t->retry_span * 2, cap) : t->retry_span * 2;
	set_alarm(&t->retry, now + t->retry_span);
}

static void announce(struct sip_txns *x)
{
	usec next = heap_due(&x->deadlines);

	if (next == x->announced)
		return;
	x->announced = next;
	x->ops->deadline(x->arg, next);
}

/* An INVITE that rings waits for its user to cancel it; without a user it must not wait for ever. */
static void guard_orphan(struct sip_txn *t)
{
	if (t->state == SIP_TXN_IC_PROCEEDING && !t->user.fn && t->end.place == 0)
		set_alarm(&t->end, t->table->now + 64 * t->table->config.t1);
}

/* ---- one step ---- */

static void tell(struct sip_txn *t, enum sip_txn_what what, const struct sip_txn_news *seed)
{
	struct sip_txn_news news = *seed;

	news.what = what;
	if (t->user.fn)
		t->user.fn(t->user.arg, t, &news);
}

static void send_bytes(struct sip_txn *t, struct str bytes, usec now)
{
	if (t->table->ops->send(t->table->arg, &t->flow, bytes) < 0)
		set_alarm(&t->failed, now);
}

static void send_ack(struct sip_txn *t, const struct sip_msg *response, usec now)
{
	struct buf *out = &t->table->out;
	struct sip_msg invite;

	buf_clear(out);
	if (sip_msg_parse(t->bytes, t->bytes_n, SIP_DATAGRAM, &invite) < 0)
		return;
	sip_print_ack(out, &invite, response);
	if (out->error == 0)
		send_bytes(t, buf_str(out), now);
}

static enum sip_txn_what delivered_as(enum sip_txn_event event)
{
	return event == SIP_TXN_RX_CANCEL ? SIP_TXN_CANCELLED
	       : event == SIP_TXN_RX_ACK  ? SIP_TXN_ACKED
					  : SIP_TXN_RESPONSE;
}

static void act(struct sip_txn *t, enum sip_txn_event event, unsigned acts, const struct sip_txn_news *seed)
{
	struct sip_txns *x = t->table;

	if (acts & SIP_TXN_ACT_SEND)
		send_bytes(t, (struct str){t->bytes, t->bytes_n}, seed->now);
	if (acts & SIP_TXN_ACT_ACK)
		send_ack(t, seed->msg, seed->now);
	if (acts & SIP_TXN_ACT_GUARD)
		set_alarm(&t->end, seed->now + 64 * x->config.t1);
	if (acts & SIP_TXN_ACT_TIMEOUT) {
		x->stats.timeouts++;
		tell(t, SIP_TXN_TIMED_OUT, seed);
	}
	if (acts & SIP_TXN_ACT_FAILED) {
		x->stats.unreachable++;
		tell(t, SIP_TXN_UNREACHABLE, seed);
	}
	if (acts & SIP_TXN_ACT_DELIVER)
		tell(t, delivered_as(event), seed);
}

/* Returns whether the table knows the event in this state. The user may act on `t` from inside. */
static bool step(struct sip_txn *t, enum sip_txn_event event, const struct sip_txn_news *seed)
{
	const struct sip_txn_edge *edge = &sip_txn_edges[t->state][event];

	if (edge->next == SIP_TXN_NONE)
		return false;
	if (edge->next != t->state) {
		t->state = edge->next;
		if (t->state != SIP_TXN_TERMINATED)
			start_timers(t, seed->now);
	} else if (event == SIP_TXN_RETRY) {
		rearm_retry(t, seed->now);
	}
	act(t, event, edge->act, seed);
	guard_orphan(t);
	return true;
}

/* ---- life ---- */

static bool is_client(enum sip_txn_state state)
{
	return state < SIP_TXN_IS_PROCEEDING;
}

static struct map *map_of(struct sip_txn *t, bool client)
{
	return client ? &t->table->clients : &t->table->servers;
}

static void txn_free(struct sip_txn *t, bool client)
{
	struct sip_txns *x = t->table;

	set_alarm(&t->retry, USEC_NEVER);
	set_alarm(&t->end, USEC_NEVER);
	set_alarm(&t->failed, USEC_NEVER);
	if (t->merge.key.p) {
		map_remove(&x->merged, &t->merge);
		mem_free((void *)(uintptr_t)t->merge.key.p);
	}
	if (t->node.key.p) {
		map_remove(map_of(t, client), &t->node);
		mem_free((void *)(uintptr_t)t->node.key.p);
	}
	mem_free(t->bytes);
	live_down(&live_sip_txn);
	mem_free(t);
}

/* Puts `node` under a copy of `key`. */
static int list_under(struct map *map, struct map_node *node, struct str key)
{
	char *copy = key.p ? mem_strndup(key.p, key.n) : NULL;
	int rc = copy ? map_add(map, node, (struct str){copy, key.n}) : -ENOMEM;

	if (rc < 0) {
		mem_free(copy);
		node->key.p = NULL;
	}
	return rc;
}

static int txn_new(struct sip_txns *x, const struct sip_flow *flow, enum sip_txn_state state, struct str key,
		   struct sip_txn **ret_txn)
{
	struct sip_txn *t;
	int rc;

	if (heap_reserve(&x->deadlines, ALARMS * (sip_txns_count(x) + 1)) < 0)
		return -ENOMEM;
	t = mem_zalloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	live_up(&live_sip_txn);
	*t = (struct sip_txn){.table = x, .state = state, .flow = *flow};
	t->retry = (struct alarm){.txn = t, .event = SIP_TXN_RETRY};
	t->end = (struct alarm){.txn = t, .event = SIP_TXN_END};
	t->failed = (struct alarm){.txn = t, .event = SIP_TXN_FAILED};
	rc = list_under(map_of(t, is_client(state)), &t->node, key);
	if (rc < 0) {
		txn_free(t, is_client(state));
		return rc;
	}
	*ret_txn = t;
	return 0;
}

static int keep_bytes(struct sip_txn *t, struct str bytes)
{
	char *copy = mem_strndup(bytes.p, bytes.n);

	if (!copy)
		return -ENOMEM;
	mem_free(t->bytes);
	t->bytes = copy;
	t->bytes_n = bytes.n;
	return 0;
}

int sip_txns_new(const struct sip_txns_config *config, const struct sip_txns_ops *ops, void *arg,
		 struct sip_txns **ret_txns)
{
	struct sip_txns *x = mem_zalloc(sizeof(*x));

	if (!x)
		return -ENOMEM;
	*x = (struct sip_txns){.config = *config, .ops = ops, .arg = arg, .announced = USEC_NEVER};
	buf_init(&x->key, SIP_MESSAGE_MAX_BYTES);
	buf_init(&x->out, SIP_MESSAGE_MAX_BYTES);
	*ret_txns = x;
	return 0;
}

static void free_client(struct map_node *node, void *arg)
{
	txn_free(MAP_ENTRY(node, struct sip_txn, node), true);
}

static void free_server(struct map_node *node, void *arg)
{
	txn_free(MAP_ENTRY(node, struct sip_txn, node), false);
}

struct sip_txns *sip_txns_free(struct sip_txns *x)
{
	if (!x)
		return NULL;
	map_each(&x->clients, free_client, NULL);
	map_each(&x->servers, free_server, NULL);
	map_fini(&x->clients);
	map_fini(&x->servers);
	map_fini(&x->merged);
	heap_fini(&x->deadlines);
	buf_fini(&x->key);
	buf_fini(&x->out);
	return mem_free(x);
}

size_t sip_txns_count(const struct sip_txns *x)
{
	return x->clients.count + x->servers.count;
}

struct sip_txns_stats sip_txns_read_stats(const struct sip_txns *x)
{
	return x->stats;
}

void sip_txns_tick(struct sip_txns *x, usec now)
{
	struct sip_txn_news seed = {.now = now};

	x->now = now;
	while (heap_due(&x->deadlines) <= now) {
		struct alarm *a = CONTAINER_OF(heap_first(&x->deadlines), struct alarm, place);
		struct sip_txn *t = a->txn;
		bool client = is_client(t->state);

		heap_remove(&x->deadlines, &a->place);
		step(t, a->event, &seed);
		if (t->state == SIP_TXN_TERMINATED) {
			tell(t, SIP_TXN_GONE, &seed);
			txn_free(t, client);
		}
	}
	announce(x);
}

struct loss {
	enum sip_transport transport;
	const struct addr *remote;
	usec now;
};

static void lose(struct map_node *node, void *arg)
{
	struct sip_txn *t = MAP_ENTRY(node, struct sip_txn, node);
	const struct loss *loss = arg;

	if ((t->state == SIP_TXN_IC_CALLING || t->state == SIP_TXN_C_TRYING) &&
	    t->flow.transport == loss->transport && addr_eq(&t->flow.remote, loss->remote))
		set_alarm(&t->failed, loss->now);
}

void sip_txns_lost(struct sip_txns *x, enum sip_transport transport, const struct addr *remote, usec now)
{
	struct loss loss = {transport, remote, now};

	map_each(&x->clients, lose, &loss);
	announce(x);
}

/* ---- what arrives ---- */

static struct sip_txn *find(struct sip_txns *x, struct map *map, const struct sip_msg *m, enum sip_method as)
{
	struct map_node *node = map_find(map, key_of(x, m, as));

	return node ? MAP_ENTRY(node, struct sip_txn, node) : NULL;
}

/* The tag that every stateless answer to this request carries (section 8.2.7: the same each time). */
static struct str stateless_tag(const struct sip_msg *m, char tag[17])
{
	int n = snprintf(tag, 17, "%016" PRIx64,
			 str_hash(m->call_id) ^ (str_hash(m->via.branch) << 1) ^ str_hash(m->from.tag));

	return (struct str){tag, (size_t)n};
}

static int reply(struct sip_txns *x, const struct sip_msg *m, const struct sip_flow *flow, int status,
		 struct str to_tag)
{
	struct buf *out = &x->out;
	char ip[ADDR_TEXT_BYTES];
	struct sip_reply r = {
		.status = status,
		.to_tag = to_tag,
		.source_ip = addr_ip_text(&flow->remote, ip),
		.source_port = flow->remote.port,
	};

	buf_clear(out);
	sip_print_response(out, m, &r);
	if (status == 503)
		sip_print_headerf(out, SIP_HDR_RETRY_AFTER, "%u", x->config.retry_after_sec);
	sip_print_body(out, (struct str){0}, (struct str){0});
	return out->error ? out->error : x->ops->send(x->arg, flow, buf_str(out));
}

int sip_txns_reply(struct sip_txns *x, const struct sip_msg *request, const struct sip_flow *flow, int status)
{
	char tag[17];

	return reply(x, request, flow, status, stateless_tag(request, tag));
}

/* Section 9.2: the 200 of a CANCEL carries the tag of the INVITE's answers. */
static void answer_cancel(struct sip_txns *x, struct sip_txn *invite, const struct sip_msg *m,
			  const struct sip_flow *flow)
{
	char room[17];
	struct str tag = stateless_tag(m, room);
	struct sip_msg answer;

	if (invite->bytes && sip_msg_parse(invite->bytes, invite->bytes_n, SIP_DATAGRAM, &answer) == 0 &&
	    answer.to.tag.n > 0)
		tag = answer.to.tag;
	(void)!reply(x, m, flow, 200, tag);
}

static void on_cancel(struct sip_txns *x, const struct sip_msg *m, const struct sip_flow *flow, usec now)
{
	struct sip_txn_news seed = {.msg = m, .flow = flow, .now = now};
	struct sip_txn *invite = find(x, &x->servers, m, SIP_INVITE);

	if (!invite) {
		(void)!sip_txns_reply(x, m, flow, 481);
		return;
	}
	answer_cancel(x, invite, m, flow);
	step(invite, SIP_TXN_RX_CANCEL, &seed);
}

static void on_ack(struct sip_txns *x, const struct sip_msg *m, const struct sip_flow *flow, usec now)
{
	struct sip_txn_news seed = {.msg = m, .flow = flow, .now = now};
	struct sip_txn *invite = find(x, &x->servers, m, SIP_INVITE);

	if (invite)
		step(invite, SIP_TXN_RX_ACK, &seed);
	else
		x->ops->on_request(x->arg, NULL, m, flow, now);
}

/* Returns a status to refuse with, or 0. */
static int admit(struct sip_txns *x, const struct sip_msg *m)
{
	if (m->to.tag.n == 0 && map_find(&x->merged, merge_key_of(x, m))) {
		x->stats.merged++;
		return 482;
	}
	if (sip_txns_count(x) >= x->config.limit) {
		x->stats.refused++;
		return 503;
	}
	return 0;
}

static void on_new(struct sip_txns *x, const struct sip_msg *m, const struct sip_flow *flow, usec now)
{
	enum sip_txn_state state = m->method == SIP_INVITE ? SIP_TXN_IS_PROCEEDING : SIP_TXN_S_TRYING;
	int status = admit(x, m);
	struct sip_txn *t;

	if (status == 0 && txn_new(x, flow, state, key_of(x, m, m->method), &t) < 0)
		status = 503;
	if (status) {
		(void)!sip_txns_reply(x, m, flow, status);
		return;
	}
	/* Without memory for it a merged request goes unnoticed: harmless. */
	if (m->to.tag.n == 0 && list_under(&x->merged, &t->merge, merge_key_of(x, m)) < 0)
		t->merge.key.p = NULL;
	x->ops->on_request(x->arg, t, m, flow, now);
}

static void on_request(struct sip_txns *x, const struct sip_msg *m, const struct sip_flow *flow, usec now)
{
	struct sip_txn_news seed = {.msg = m, .flow = flow, .now = now};
	struct sip_txn *t;

	x->stats.requests++;
	if (m->method == SIP_ACK) {
		on_ack(x, m, flow, now);
		return;
	}
	if (m->method == SIP_CANCEL) {
		on_cancel(x, m, flow, now);
		return;
	}
	t = find(x, &x->servers, m, m->method);
	if (!t) {
		on_new(x, m, flow, now);
		return;
	}
	x->stats.repeated++;
	if (t->bytes)
		step(t, SIP_TXN_RX_REQUEST, &seed);
}

static void on_response(struct sip_txns *x, const struct sip_msg *m, const struct sip_flow *flow, usec now)
{
	struct sip_txn_news seed = {.msg = m, .flow = flow, .now = now};
	struct sip_txn *t = find(x, &x->clients, m, m->cseq.method);

	x->stats.responses++;
	if (!t || !step(t,
			m->status < 200   ? SIP_TXN_RX_1XX
			: m->status < 300 ? SIP_TXN_RX_2XX
					  : SIP_TXN_RX_REFUSAL,
			&seed))
		x->stats.strays++;
}

void sip_txns_receive(struct sip_txns *x, const struct sip_msg *msg, const struct sip_flow *flow, usec now)
{
	x->now = now;
	if (msg->is_request)
		on_request(x, msg, flow, now);
	else
		on_response(x, msg, flow, now);
	announce(x);
}

/* ---- what we send ---- */

/* The state that a request of ours starts in; NONE when the bytes are none. */
static enum sip_txn_state client_start(const struct sip_msg *m)
{
	if (!m->is_request || m->method == SIP_ACK || !sip_via_has_cookie(&m->via))
		return SIP_TXN_NONE;
	return m->method == SIP_INVITE ? SIP_TXN_IC_CALLING : SIP_TXN_C_TRYING;
}

int sip_txn_request(struct sip_txns *x, const struct sip_flow *flow, struct str bytes,
		    struct sip_txn_user user, usec now, struct sip_txn **ret_txn)
{
	cleanup(mem_freep) char *copy = mem_strndup(bytes.p, bytes.n);
	enum sip_txn_state start;
	struct sip_msg m;
	struct sip_txn *t;
	int rc;

	if (!copy)
		return -ENOMEM;
	if (sip_msg_parse(copy, bytes.n, SIP_DATAGRAM, &m) < 0)
		return -EBADMSG;
	start = client_start(&m);
	if (start == SIP_TXN_NONE)
		return -EBADMSG;
	if (sip_txns_count(x) >= x->config.limit)
		return -ENOBUFS;
	rc = txn_new(x, flow, start, key_of(x, &m, m.method), &t);
	if (rc < 0)
		return rc;
	t->bytes = copy;
	t->bytes_n = bytes.n;
	copy = NULL;
	t->user = user;
	x->now = now;
	start_timers(t, now);
	send_bytes(t, bytes, now);
	announce(x);
	*ret_txn = t;
	return 0;
}

int sip_txn_cancel(struct sip_txn *t, usec now)
{
	struct sip_txn_news seed = {.now = now};
	struct sip_txns *x = t->table;
	struct sip_txn *cancel;
	struct sip_msg invite;

	if (t->state == SIP_TXN_IC_CALLING)
		return -EAGAIN;
	if (!step(t, SIP_TXN_TX_CANCEL, &seed))
		return -EALREADY;
	if (sip_msg_parse(t->bytes, t->bytes_n, SIP_DATAGRAM, &invite) < 0)
		return -EBADMSG;
	buf_clear(&x->out);
	sip_print_cancel(&x->out, &invite);
	if (x->out.error)
		return x->out.error;
	return sip_txn_request(x, &t->flow, buf_str(&x->out), (struct sip_txn_user){0}, now, &cancel);
}

int sip_txn_respond(struct sip_txn *t, int status, struct str bytes, usec now)
{
	enum sip_txn_event event = status < 200   ? SIP_TXN_TX_1XX
				   : status < 300 ? SIP_TXN_TX_2XX
						  : SIP_TXN_TX_REFUSAL;
	struct sip_txn_news seed = {.now = now};

	if (sip_txn_edges[t->state][event].next == SIP_TXN_NONE)
		return -EALREADY;
	if (keep_bytes(t, bytes) < 0)
		return -ENOMEM;
	step(t, event, &seed);
	announce(t->table);
	return 0;
}

void sip_txn_repeat(struct sip_txn *t, usec now)
{
	struct sip_txn_news seed = {.now = now};

	if (t->bytes && t->state == SIP_TXN_IS_ACCEPTED)
		step(t, SIP_TXN_TX_2XX, &seed);
	announce(t->table);
}

void sip_txn_attach(struct sip_txn *t, struct sip_txn_user user)
{
	t->user = user;
}

void sip_txn_detach(struct sip_txn *t)
{
	t->user = (struct sip_txn_user){0};
	guard_orphan(t);
	announce(t->table);
}

const struct sip_flow *sip_txn_flow(const struct sip_txn *t)
{
	return &t->flow;
}

enum sip_txn_state sip_txn_state(const struct sip_txn *t)
{
	return t->state;
}
