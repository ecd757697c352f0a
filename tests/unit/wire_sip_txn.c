#include "base/live.h"
#include "base/mem.h"
#include "test.h"
#include "wire/sip_txn.h"

#define NEWS(what) (1u << SIP_TXN_##what)

/* One table under test, with what it did. */
struct host {
	struct sip_txns *txns;
	struct sip_txn *txn; /* the one the test looks at; NULL when gone */
	usec now, due;
	bool broken;    /* the transport fails */
	unsigned sends; /* since the last look */
	unsigned news;
	unsigned passed_up; /* requests without a transaction */
	char last[2048];
};

static void on_news(void *arg, struct sip_txn *t, const struct sip_txn_news *news)
{
	struct host *h = arg;

	h->news |= 1u << news->what;
	if (news->what == SIP_TXN_GONE)
		h->txn = NULL;
}

static int host_send(void *arg, const struct sip_flow *flow, struct str bytes)
{
	struct host *h = arg;

	h->sends++;
	str_copy(bytes, h->last, sizeof(h->last));
	return h->broken ? -ENETUNREACH : 0;
}

static void host_deadline(void *arg, usec at)
{
	((struct host *)arg)->due = at;
}

static void host_request(void *arg, struct sip_txn *t, const struct sip_msg *m, const struct sip_flow *flow,
			 usec now)
{
	struct host *h = arg;

	if (!t) {
		h->passed_up++;
		return;
	}
	h->txn = t;
	sip_txn_attach(t, (struct sip_txn_user){on_news, h});
}

static const struct sip_txns_ops host_ops = {host_send, host_deadline, host_request};

static int host_open(struct host *h, size_t limit)
{
	const struct sip_txns_config config = {SIP_T1, SIP_T2, SIP_T4, limit, 7};

	*h = (struct host){.due = USEC_NEVER};
	return sip_txns_new(&config, &host_ops, h, &h->txns);
}

static struct sip_flow flow_of(enum sip_transport transport)
{
	struct sip_flow f = {.transport = transport};

	if (addr_parse(STR("192.0.2.1"), 5060, &f.remote) < 0)
		f.remote.port = 0;
	return f;
}

static void receive(struct host *h, const char *text, enum sip_transport transport)
{
	static char bytes[2048];
	static struct sip_msg m;
	struct sip_flow f = flow_of(transport);
	size_t n = str_copy(str_from(text), bytes, sizeof(bytes));

	if (sip_msg_parse(bytes, n, SIP_DATAGRAM, &m) < 0) {
		test_failed(__FILE__, __LINE__, "does not parse: %s", text);
		return;
	}
	sip_txns_receive(h->txns, &m, &f, h->now);
}

/* "INVITE", "100" ... with a branch, To tag and method for CSeq. */
static const char *message(const char *what, const char *method, const char *branch, const char *to_tag)
{
	static char text[2048];
	bool request = what[0] > '9';

	snprintf(text, sizeof(text),
		 "%s%s%s\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.1;branch=%s\r\n"
		 "Max-Forwards: 70\r\n"
		 "From: <sip:a@x>;tag=f1\r\n"
		 "To: <sip:b@y>%s%s\r\n"
		 "Call-ID: c1\r\n"
		 "CSeq: 1 %s\r\n"
		 "Content-Length: 0\r\n\r\n",
		 request ? what : "SIP/2.0 ", request ? " sip:b@y SIP/2.0" : what, request ? "" : " X",
		 branch, to_tag ? ";tag=" : "", to_tag ? to_tag : "", method);
	return text;
}

#define BRANCH "z9hG4bKone"

static int respond(struct host *h, int status)
{
	bool invite = sip_txn_state(h->txn) >= SIP_TXN_IS_PROCEEDING &&
		      sip_txn_state(h->txn) <= SIP_TXN_IS_ACCEPTED;
	char what[8];

	snprintf(what, sizeof(what), "%d", status);
	return sip_txn_respond(h->txn, status,
			       str_from(message(what, invite ? "INVITE" : "OPTIONS", BRANCH, "t1")), h->now);
}

static void start_client(struct host *h, const char *method, enum sip_transport transport)
{
	struct sip_flow f = flow_of(transport);

	if (sip_txn_request(h->txns, &f, str_from(message(method, method, BRANCH, NULL)),
			    (struct sip_txn_user){on_news, h}, h->now, &h->txn) < 0)
		test_failed(__FILE__, __LINE__, "request refused");
}

/* Brings a transaction into `state` by the shortest way, with real messages. */
static void enter(struct host *h, enum sip_txn_state state, enum sip_transport transport)
{
	static const struct {
		bool client;
		const char *method;
		int status; /* received or given; 0 = none */
	} ways[SIP_TXN_STATE_COUNT] = {
		[SIP_TXN_IC_CALLING] = {true, "INVITE", 0},
		[SIP_TXN_IC_PROCEEDING] = {true, "INVITE", 180},
		[SIP_TXN_IC_COMPLETED] = {true, "INVITE", 486},
		[SIP_TXN_IC_ACCEPTED] = {true, "INVITE", 200},
		[SIP_TXN_C_TRYING] = {true, "OPTIONS", 0},
		[SIP_TXN_C_PROCEEDING] = {true, "OPTIONS", 180},
		[SIP_TXN_C_COMPLETED] = {true, "OPTIONS", 200},
		[SIP_TXN_IS_PROCEEDING] = {false, "INVITE", 100},
		[SIP_TXN_IS_COMPLETED] = {false, "INVITE", 486},
		[SIP_TXN_IS_CONFIRMED] = {false, "INVITE", 486},
		[SIP_TXN_IS_ACCEPTED] = {false, "INVITE", 200},
		[SIP_TXN_S_TRYING] = {false, "OPTIONS", 0},
		[SIP_TXN_S_PROCEEDING] = {false, "OPTIONS", 100},
		[SIP_TXN_S_COMPLETED] = {false, "OPTIONS", 200},
	};
	char what[8];

	snprintf(what, sizeof(what), "%d", ways[state].status);
	if (ways[state].client) {
		start_client(h, ways[state].method, transport);
		if (ways[state].status)
			receive(h, message(what, ways[state].method, BRANCH, "t1"), transport);
	} else {
		receive(h, message(ways[state].method, ways[state].method, BRANCH, NULL), transport);
		if (ways[state].status)
			CHECK_INT(respond(h, ways[state].status), 0);
		if (state == SIP_TXN_IS_CONFIRMED)
			receive(h, message("ACK", "ACK", BRANCH, "t1"), transport);
	}
	CHECK_INT(sip_txn_state(h->txn), state);
	h->sends = h->news = 0;
}

static const char *method_in(enum sip_txn_state state)
{
	bool invite = (state >= SIP_TXN_IC_CALLING && state <= SIP_TXN_IC_ACCEPTED) ||
		      (state >= SIP_TXN_IS_PROCEEDING && state <= SIP_TXN_IS_ACCEPTED);

	return invite ? "INVITE" : "OPTIONS";
}

/* Whether the event can be made to happen from outside in that state at all. */
static bool apply(struct host *h, enum sip_txn_state state, enum sip_txn_event event)
{
	static const char *const statuses[] = {"183", "200", "486"};
	static const int ours[] = {183, 200, 486};
	bool client = state < SIP_TXN_IS_PROCEEDING;
	const char *method = method_in(state);

	switch (event) {
	case SIP_TXN_RX_1XX:
	case SIP_TXN_RX_2XX:
	case SIP_TXN_RX_REFUSAL:
		receive(h, message(statuses[event - SIP_TXN_RX_1XX], method, BRANCH, "t1"), SIP_UDP);
		return client;
	case SIP_TXN_RX_REQUEST:
		if (!client)
			receive(h, message(method, method, BRANCH, NULL), SIP_UDP);
		return !client;
	case SIP_TXN_RX_ACK:
	case SIP_TXN_RX_CANCEL:
		if (client || method[0] == 'O')
			return false;
		method = event == SIP_TXN_RX_ACK ? "ACK" : "CANCEL";
		receive(h, message(method, method, BRANCH, event == SIP_TXN_RX_ACK ? "t1" : NULL), SIP_UDP);
		return true;
	case SIP_TXN_TX_1XX:
	case SIP_TXN_TX_2XX:
	case SIP_TXN_TX_REFUSAL:
		return !client && respond(h, ours[event - SIP_TXN_TX_1XX]) != -ENOMEM;
	case SIP_TXN_TX_CANCEL:
		return client && method[0] == 'I' && sip_txn_cancel(h->txn, h->now) != -ENOMEM;
	case SIP_TXN_RETRY:
		if (h->due > h->now + SIP_T2)
			return false;
		h->now = h->due;
		sip_txns_tick(h->txns, h->now);
		return true;
	case SIP_TXN_END:
		/* An INVITE that rings has no end of its own: only a cancelled one has. */
		if (state == SIP_TXN_IC_PROCEEDING)
			CHECK_INT(sip_txn_cancel(h->txn, h->now), 0);
		h->now += 65 * SIP_T1;
		sip_txns_tick(h->txns, h->now);
		return true;
	case SIP_TXN_FAILED:
		sip_txns_tick(h->txns, h->now);
		return true;
	case SIP_TXN_EVENT_COUNT:
		break;
	}
	return false;
}

static const struct row {
	enum sip_txn_state state;
	enum sip_txn_event event;
	enum sip_txn_state next;
	int sends; /* -1 = does not matter */
	unsigned news;
} rows[] = {
#define ROW(state, event, next, sends, news)                                  \
	{                                                                     \
		SIP_TXN_##state, SIP_TXN_##event, SIP_TXN_##next, sends, news \
	}
	ROW(IC_CALLING, RX_1XX, IC_PROCEEDING, 0, NEWS(RESPONSE)),
	ROW(IC_CALLING, RX_2XX, IC_ACCEPTED, 0, NEWS(RESPONSE)),
	ROW(IC_CALLING, RX_REFUSAL, IC_COMPLETED, 1, NEWS(RESPONSE)),
	ROW(IC_CALLING, RETRY, IC_CALLING, 1, 0),
	ROW(IC_CALLING, END, TERMINATED, -1, NEWS(TIMED_OUT) | NEWS(GONE)),
	ROW(IC_CALLING, FAILED, TERMINATED, 0, NEWS(UNREACHABLE) | NEWS(GONE)),
	ROW(IC_PROCEEDING, RX_1XX, IC_PROCEEDING, 0, NEWS(RESPONSE)),
	ROW(IC_PROCEEDING, RX_2XX, IC_ACCEPTED, 0, NEWS(RESPONSE)),
	ROW(IC_PROCEEDING, RX_REFUSAL, IC_COMPLETED, 1, NEWS(RESPONSE)),
	ROW(IC_PROCEEDING, TX_CANCEL, IC_PROCEEDING, 1, 0),
	ROW(IC_PROCEEDING, END, TERMINATED, -1, NEWS(TIMED_OUT) | NEWS(GONE)),
	ROW(IC_PROCEEDING, FAILED, TERMINATED, 0, NEWS(UNREACHABLE) | NEWS(GONE)),
	ROW(IC_COMPLETED, RX_REFUSAL, IC_COMPLETED, 1, 0),
	ROW(IC_COMPLETED, END, TERMINATED, 0, NEWS(GONE)),
	ROW(IC_COMPLETED, FAILED, TERMINATED, 0, NEWS(UNREACHABLE) | NEWS(GONE)),
	ROW(IC_ACCEPTED, RX_2XX, IC_ACCEPTED, 0, NEWS(RESPONSE)),
	ROW(IC_ACCEPTED, END, TERMINATED, 0, NEWS(GONE)),
	ROW(C_TRYING, RX_1XX, C_PROCEEDING, 0, NEWS(RESPONSE)),
	ROW(C_TRYING, RX_2XX, C_COMPLETED, 0, NEWS(RESPONSE)),
	ROW(C_TRYING, RX_REFUSAL, C_COMPLETED, 0, NEWS(RESPONSE)),
	ROW(C_TRYING, RETRY, C_TRYING, 1, 0),
	ROW(C_TRYING, END, TERMINATED, -1, NEWS(TIMED_OUT) | NEWS(GONE)),
	ROW(C_TRYING, FAILED, TERMINATED, 0, NEWS(UNREACHABLE) | NEWS(GONE)),
	ROW(C_PROCEEDING, RX_1XX, C_PROCEEDING, 0, NEWS(RESPONSE)),
	ROW(C_PROCEEDING, RX_2XX, C_COMPLETED, 0, NEWS(RESPONSE)),
	ROW(C_PROCEEDING, RX_REFUSAL, C_COMPLETED, 0, NEWS(RESPONSE)),
	ROW(C_PROCEEDING, RETRY, C_PROCEEDING, 1, 0),
	ROW(C_PROCEEDING, END, TERMINATED, -1, NEWS(TIMED_OUT) | NEWS(GONE)),
	ROW(C_PROCEEDING, FAILED, TERMINATED, 0, NEWS(UNREACHABLE) | NEWS(GONE)),
	ROW(C_COMPLETED, END, TERMINATED, 0, NEWS(GONE)),
	ROW(IS_PROCEEDING, RX_REQUEST, IS_PROCEEDING, 1, 0),
	ROW(IS_PROCEEDING, RX_CANCEL, IS_PROCEEDING, 1, NEWS(CANCELLED)),
	ROW(IS_PROCEEDING, TX_1XX, IS_PROCEEDING, 1, 0),
	ROW(IS_PROCEEDING, TX_2XX, IS_ACCEPTED, 1, 0),
	ROW(IS_PROCEEDING, TX_REFUSAL, IS_COMPLETED, 1, 0),
	ROW(IS_PROCEEDING, FAILED, IS_PROCEEDING, 0, NEWS(UNREACHABLE)),
	ROW(IS_COMPLETED, RX_REQUEST, IS_COMPLETED, 1, 0),
	ROW(IS_COMPLETED, RX_ACK, IS_CONFIRMED, 0, 0),
	ROW(IS_COMPLETED, RETRY, IS_COMPLETED, 1, 0),
	ROW(IS_COMPLETED, END, TERMINATED, -1, NEWS(TIMED_OUT) | NEWS(GONE)),
	ROW(IS_COMPLETED, FAILED, IS_COMPLETED, 0, NEWS(UNREACHABLE)),
	ROW(IS_CONFIRMED, END, TERMINATED, 0, NEWS(GONE)),
	ROW(IS_ACCEPTED, RX_ACK, IS_ACCEPTED, 0, NEWS(ACKED)),
	ROW(IS_ACCEPTED, TX_2XX, IS_ACCEPTED, 1, 0),
	ROW(IS_ACCEPTED, END, TERMINATED, 0, NEWS(GONE)),
	ROW(IS_ACCEPTED, FAILED, IS_ACCEPTED, 0, NEWS(UNREACHABLE)),
	ROW(S_TRYING, TX_1XX, S_PROCEEDING, 1, 0),
	ROW(S_TRYING, TX_2XX, S_COMPLETED, 1, 0),
	ROW(S_TRYING, TX_REFUSAL, S_COMPLETED, 1, 0),
	ROW(S_PROCEEDING, RX_REQUEST, S_PROCEEDING, 1, 0),
	ROW(S_PROCEEDING, TX_1XX, S_PROCEEDING, 1, 0),
	ROW(S_PROCEEDING, TX_2XX, S_COMPLETED, 1, 0),
	ROW(S_PROCEEDING, TX_REFUSAL, S_COMPLETED, 1, 0),
	ROW(S_PROCEEDING, FAILED, S_PROCEEDING, 0, NEWS(UNREACHABLE)),
	ROW(S_COMPLETED, RX_REQUEST, S_COMPLETED, 1, 0),
	ROW(S_COMPLETED, END, TERMINATED, 0, NEWS(GONE)),
	ROW(S_COMPLETED, FAILED, S_COMPLETED, 0, NEWS(UNREACHABLE)),
};

static const struct row *row_of(enum sip_txn_state state, enum sip_txn_event event)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].state == state && rows[i].event == event)
			return &rows[i];
	return NULL;
}

static void try_cell(enum sip_txn_state state, enum sip_txn_event event)
{
	const struct row *row = row_of(state, event);
	struct host h;
	enum sip_txn_state now_in;

	REQUIRE(host_open(&h, 100) == 0);
	h.broken = event == SIP_TXN_FAILED;
	enter(&h, state, SIP_UDP);
	h.broken = false;
	if (!apply(&h, state, event)) {
		if (row)
			test_failed(__FILE__, __LINE__, "state %d event %d cannot be made to happen", state,
				    event);
		goto out;
	}
	now_in = h.txn ? sip_txn_state(h.txn) : SIP_TXN_TERMINATED;
	if (row && (now_in != row->next || h.news != row->news ||
		    (row->sends >= 0 && h.sends != (unsigned)row->sends)))
		test_failed(__FILE__, __LINE__, "state %d event %d: in %d, news %x, %u sent", state, event,
			    now_in, h.news, h.sends);
	if (!row && event != SIP_TXN_END && (now_in != state || h.news))
		test_failed(__FILE__, __LINE__, "state %d must ignore event %d", state, event);
out:
	sip_txns_free(h.txns);
}

/* Every cell of the table is tried with real messages: those with an edge have a row above, the others must
 * change nothing. */
TEST(sip_txn_walks_every_edge)
{
	for (enum sip_txn_state s = SIP_TXN_IC_CALLING; s < SIP_TXN_TERMINATED; s++) {
		for (enum sip_txn_event e = 0; e < SIP_TXN_EVENT_COUNT; e++) {
			bool edge = sip_txn_edges[s][e].next != SIP_TXN_NONE;

			if (edge != (row_of(s, e) != NULL))
				test_failed(__FILE__, __LINE__, "state %d event %d: edge %s", s, e,
					    edge ? "without a test" : "tested but absent");
			try_cell(s, e);
		}
	}
}

static bool reachable(enum sip_txn_state from, enum sip_txn_state to)
{
	bool seen[SIP_TXN_STATE_COUNT] = {[0] = false};

	seen[from] = true;
	for (int round = 0; round < SIP_TXN_STATE_COUNT; round++)
		for (int s = 1; s < SIP_TXN_STATE_COUNT; s++)
			for (int e = 0; seen[s] && e < SIP_TXN_EVENT_COUNT; e++)
				seen[sip_txn_edges[s][e].next] = true;
	return seen[to];
}

TEST(sip_txn_states_all_lead_to_the_end)
{
	for (enum sip_txn_state s = SIP_TXN_IC_CALLING; s < SIP_TXN_TERMINATED; s++) {
		CHECK(reachable(s, SIP_TXN_TERMINATED));
		CHECK(reachable(SIP_TXN_IC_CALLING, s) || reachable(SIP_TXN_C_TRYING, s) ||
		      reachable(SIP_TXN_IS_PROCEEDING, s) || reachable(SIP_TXN_S_TRYING, s));
	}
}

/* ---- timers ---- */

static const struct {
	enum sip_txn_state state;
	enum sip_transport transport;
	int resends_ms[12]; /* after entering, 0-ended */
	int end_ms;         /* -1 = waits for ever */
} timings[] = {
	{SIP_TXN_IC_CALLING, SIP_UDP, {500, 1500, 3500, 7500, 15500, 31500}, 32000},
	{SIP_TXN_IC_CALLING, SIP_TCP, {0}, 32000},
	{SIP_TXN_IC_PROCEEDING, SIP_UDP, {0}, -1},
	{SIP_TXN_IC_COMPLETED, SIP_UDP, {0}, 32000},
	{SIP_TXN_IC_COMPLETED, SIP_TCP, {0}, 0},
	{SIP_TXN_IC_ACCEPTED, SIP_TCP, {0}, 32000},
	{SIP_TXN_C_TRYING, SIP_UDP, {500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}, 32000},
	{SIP_TXN_C_PROCEEDING, SIP_UDP, {4000, 8000, 12000, 16000, 20000, 24000, 28000}, 32000},
	{SIP_TXN_C_COMPLETED, SIP_UDP, {0}, 5000},
	{SIP_TXN_C_COMPLETED, SIP_TCP, {0}, 0},
	{SIP_TXN_IS_PROCEEDING, SIP_UDP, {0}, -1},
	{SIP_TXN_IS_COMPLETED,
	 SIP_UDP,
	 {500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500},
	 32000},
	{SIP_TXN_IS_COMPLETED, SIP_TCP, {0}, 32000},
	{SIP_TXN_IS_CONFIRMED, SIP_UDP, {0}, 5000},
	{SIP_TXN_IS_CONFIRMED, SIP_TCP, {0}, 0},
	{SIP_TXN_IS_ACCEPTED, SIP_UDP, {0}, 32000},
	{SIP_TXN_S_COMPLETED, SIP_UDP, {0}, 32000},
	{SIP_TXN_S_COMPLETED, SIP_TCP, {0}, 0},
};

static void try_timing(size_t i)
{
	struct host h;
	usec start;

	REQUIRE(host_open(&h, 100) == 0);
	enter(&h, timings[i].state, timings[i].transport);
	start = h.now;
	for (size_t k = 0; timings[i].resends_ms[k]; k++) {
		CHECK_INT(h.due - start, USEC_MS(timings[i].resends_ms[k]));
		h.now = h.due;
		sip_txns_tick(h.txns, h.now);
		CHECK_INT(h.sends, k + 1);
	}
	while (h.txn && h.due != USEC_NEVER && h.due - start < USEC_MS(timings[i].end_ms)) {
		h.now = h.due;
		sip_txns_tick(h.txns, h.now);
	}
	if (timings[i].end_ms < 0) {
		CHECK(h.due == USEC_NEVER);
	} else {
		CHECK_INT(h.due - start, USEC_MS(timings[i].end_ms));
		sip_txns_tick(h.txns, h.due);
		CHECK(!h.txn && sip_txns_count(h.txns) == 0);
	}
	sip_txns_free(h.txns);
}

TEST(sip_txn_keeps_the_times_of_the_rfc)
{
	for (size_t i = 0; i < ARRAY_LEN(timings); i++)
		try_timing(i);
}

/* ---- matching and the answers the table gives itself ---- */

static bool last_has(const struct host *h, const char *needle)
{
	return strstr(h->last, needle) != NULL;
}

TEST(sip_txn_acknowledges_a_refusal_in_its_transaction)
{
	struct host h;

	REQUIRE(host_open(&h, 100) == 0);
	enter(&h, SIP_TXN_IC_PROCEEDING, SIP_UDP);
	receive(&h, message("486", "INVITE", BRANCH, "t9"), SIP_UDP);
	CHECK(last_has(&h, "ACK sip:b@y SIP/2.0\r\n") && last_has(&h, "branch=" BRANCH));
	CHECK(last_has(&h, "tag=t9") && last_has(&h, "CSeq: 1 ACK"));
	sip_txns_free(h.txns);
}

TEST(sip_txn_answers_a_merged_request_482)
{
	struct host h;

	REQUIRE(host_open(&h, 100) == 0);
	receive(&h, message("INVITE", "INVITE", BRANCH, NULL), SIP_UDP);
	receive(&h, message("INVITE", "INVITE", "z9hG4bKtwo", NULL), SIP_UDP);
	CHECK(last_has(&h, "SIP/2.0 482 "));
	CHECK_INT(sip_txns_count(h.txns), 1);
	CHECK_INT(sip_txns_read_stats(h.txns).merged, 1);
	sip_txns_free(h.txns);
}

TEST(sip_txn_answers_cancel)
{
	struct host h;

	REQUIRE(host_open(&h, 100) == 0);
	receive(&h, message("CANCEL", "CANCEL", BRANCH, NULL), SIP_UDP);
	CHECK(last_has(&h, "SIP/2.0 481 "));
	receive(&h, message("INVITE", "INVITE", BRANCH, NULL), SIP_UDP);
	CHECK_INT(respond(&h, 180), 0);
	receive(&h, message("CANCEL", "CANCEL", BRANCH, NULL), SIP_UDP);
	CHECK(last_has(&h, "SIP/2.0 200 ") && last_has(&h, "tag=t1") && last_has(&h, "CSeq: 1 CANCEL"));
	CHECK_INT(h.news, NEWS(CANCELLED));
	CHECK_INT(respond(&h, 487), 0);
	CHECK_INT(respond(&h, 200), -EALREADY);
	sip_txns_free(h.txns);
}

TEST(sip_txn_cancel_waits_for_a_provisional_answer)
{
	struct host h;

	REQUIRE(host_open(&h, 100) == 0);
	enter(&h, SIP_TXN_IC_CALLING, SIP_UDP);
	CHECK_INT(sip_txn_cancel(h.txn, h.now), -EAGAIN);
	receive(&h, message("180", "INVITE", BRANCH, "t1"), SIP_UDP);
	CHECK_INT(sip_txn_cancel(h.txn, h.now), 0);
	CHECK(last_has(&h, "CANCEL sip:b@y SIP/2.0\r\n") && last_has(&h, "branch=" BRANCH));
	receive(&h, message("487", "INVITE", BRANCH, "t1"), SIP_UDP);
	CHECK_INT(sip_txn_cancel(h.txn, h.now), -EALREADY);
	sip_txns_free(h.txns);
}

TEST(sip_txn_matches_clients_of_rfc_2543)
{
	struct host h;

	REQUIRE(host_open(&h, 100) == 0);
	receive(&h, message("INVITE", "INVITE", "1", NULL), SIP_UDP);
	receive(&h, message("INVITE", "INVITE", "1", NULL), SIP_UDP);
	CHECK_INT(sip_txns_count(h.txns), 1);
	CHECK_INT(sip_txns_read_stats(h.txns).repeated, 1);
	CHECK_INT(respond(&h, 486), 0);
	receive(&h, message("ACK", "ACK", "1", "t1"), SIP_UDP);
	CHECK_INT(sip_txn_state(h.txn), SIP_TXN_IS_CONFIRMED);
	sip_txns_free(h.txns);
}

TEST(sip_txn_refuses_when_full)
{
	struct host h;

	REQUIRE(host_open(&h, 1) == 0);
	receive(&h, message("OPTIONS", "OPTIONS", BRANCH, NULL), SIP_UDP);
	receive(&h, message("INVITE", "INVITE", "z9hG4bKtwo", NULL), SIP_UDP);
	CHECK(last_has(&h, "SIP/2.0 503 ") && last_has(&h, "Retry-After: 7"));
	CHECK_INT(sip_txns_count(h.txns), 1);
	sip_txns_free(h.txns);
}

TEST(sip_txn_drops_strays_and_passes_acks_up)
{
	struct host h;

	REQUIRE(host_open(&h, 100) == 0);
	receive(&h, message("200", "INVITE", "z9hG4bKnobody", "t1"), SIP_UDP);
	CHECK_INT(sip_txns_read_stats(h.txns).strays, 1);
	receive(&h, message("ACK", "ACK", "z9hG4bKnobody", "t1"), SIP_UDP);
	CHECK_INT(h.passed_up, 1);
	CHECK_INT(h.sends, 0);
	sip_txns_free(h.txns);
}

TEST_OOM(sip_txn_survives_without_memory)
{
	struct host h;
	int rc = host_open(&h, 100);

	if (rc < 0)
		return rc;
	receive(&h, message("INVITE", "INVITE", BRANCH, NULL), SIP_UDP);
	if (h.txn)
		rc = respond(&h, 486);
	sip_txns_free(h.txns);
	return rc;
}
