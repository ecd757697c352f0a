/*
 * Datagrams into a user agent. The input is a sequence of pieces, each ended by
 * the byte 0x1e: a message, or "+N" which lets N milliseconds pass. "@TAG@" in a
 * message is replaced by the tag that we gave last, so that dialogs are reached.
 * Whatever came, the agent must end with no call and no transaction.
 */
#include "fuzz.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "leg/sip_ua.h"

#define CALLS_MAX   16
#define MESSAGE_MAX 8192
#define TURNS_MAX   100000
#define ADVANCE_MAX 100000
#define PIECE_END   0x1e

static const char sdp[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"
			  "m=audio 4000 RTP/AVP 0\r\n";

struct agent {
	struct sip_ua *ua;
	struct sip_call *calls[CALLS_MAX];
	usec now, due;
	char tag[64];
	unsigned taken;
};

static int on_send(void *arg, const struct sip_flow *flow, struct str bytes)
{
	static struct sip_msg m;
	struct agent *a = arg;
	char copy[MESSAGE_MAX];

	assert(bytes.n > 0);
	if (bytes.n > sizeof(copy))
		return -EMSGSIZE;
	memcpy(copy, bytes.p, bytes.n);
	/* What we say must be readable, but a refusal repeats the broken lines it refuses. */
	if (sip_msg_parse(copy, bytes.n, SIP_DATAGRAM, &m) < 0) {
		assert(str_starts(bytes, STR("SIP/2.0 4")) || str_starts(bytes, STR("SIP/2.0 5")));
		return 0;
	}
	if (!m.is_request && m.to.tag.n > 0 && m.status < 300)
		str_copy(m.to.tag, a->tag, sizeof(a->tag));
	return 0;
}

static void on_deadline(void *arg, usec at)
{
	((struct agent *)arg)->due = at;
}

static void on_self(void *arg, const struct sip_flow *flow, struct addr *ret_self)
{
	*ret_self = flow->local;
}

static int on_news(void *arg, struct sip_call *call, const struct sip_news *news)
{
	struct agent *a = arg;

	if (news->what == SIP_NEWS_OFFER && news->msg->body.n % 3 != 0)
		(void)!sip_call_accept_offer(call, str_from(sdp), a->now);
	else if (news->what == SIP_NEWS_OFFER)
		(void)!sip_call_refuse_offer(call, 488, a->now);
	if (news->what == SIP_NEWS_CONFIRMED)
		(void)!sip_call_refer(call, STR("sip:human@192.0.2.9"), NULL, a->now);
	if (news->what != SIP_NEWS_ENDED)
		return news->what == SIP_NEWS_INFO ? 200 : 0;
	for (size_t i = 0; i < CALLS_MAX; i++)
		if (a->calls[i] == call)
			a->calls[i] = sip_call_close(call, a->now);
	return 0;
}

static int on_call(void *arg, struct sip_call *call, const struct sip_trunk *trunk,
		   const struct sip_msg *invite, usec now)
{
	struct agent *a = arg;

	if (a->taken == CALLS_MAX)
		return 503;
	a->calls[a->taken++] = call;
	sip_call_own(call, (struct sip_call_user){on_news, a});
	(void)!sip_call_ring(call, 180, (struct str){0}, now);
	if (!str_eq(invite->uri.user, STR("ring")))
		(void)!sip_call_answer(call, NULL, str_from(sdp), now);
	return 0;
}

static void on_denied(void *arg, const struct sip_flow *flow)
{
}

static const struct sip_ua_ops ops = {on_send, on_deadline, on_self, on_call, on_denied};

static void advance(struct agent *a, usec until)
{
	for (unsigned turns = 0; a->due <= until; turns++) {
		assert(turns < TURNS_MAX);
		a->now = a->due > a->now ? a->due : a->now;
		sip_ua_tick(a->ua, a->now);
	}
	a->now = until;
}

static void deliver(struct agent *a, const struct sip_flow *flow, struct str piece)
{
	static const struct str mark = STR_INIT("@TAG@");
	char bytes[MESSAGE_MAX];
	size_t n = 0, at;

	while ((at = str_find(piece, mark)) < piece.n && n + at + sizeof(a->tag) < sizeof(bytes)) {
		memcpy(bytes + n, piece.p, at);
		n += at;
		n += str_copy(str_from(a->tag), bytes + n, sizeof(a->tag));
		piece = str_sub(piece, at + mark.n, SIZE_MAX);
	}
	at = piece.n < sizeof(bytes) - n ? piece.n : sizeof(bytes) - n;
	if (at > 0)
		memcpy(bytes + n, piece.p, at);
	sip_ua_receive(a->ua, flow, bytes, n + at, a->now);
}

static void play(struct agent *a, struct str input)
{
	struct sip_flow flow = {.transport = SIP_UDP};
	int64_t ms;

	if (addr_parse(STR("192.0.2.1"), 5060, &flow.remote) < 0 ||
	    addr_parse(STR("192.0.2.2"), 5060, &flow.local) < 0)
		return;
	while (input.n > 0) {
		struct str piece = str_cut(&input, PIECE_END);

		if (piece.n > 1 && piece.p[0] == '+' &&
		    str_to_int(str_sub(piece, 1, SIZE_MAX), 0, ADVANCE_MAX, &ms) == 0)
			advance(a, a->now + USEC_MS(ms));
		else
			deliver(a, &flow, piece);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct addr_range everywhere = {.ip = {.family = ADDR_V4}};
	static const struct sip_trunk trunk = {.name = STR_INIT("t"), .from = &everywhere, .from_count = 1};
	static const struct sip_trunks trunks = {&trunk, 1};
	const struct sip_ua_config config = {
		.t1 = SIP_T1,
		.t2 = SIP_T2,
		.t4 = SIP_T4,
		.decide_max = USEC_SEC(60),
		.ring_max = USEC_SEC(60),
		.refer_max = USEC_SEC(32),
		.calls_max = CALLS_MAX,
		.transactions_max = 64,
		.retry_after_sec = 5,
		.realm = STR("test"),
		.md5 = true,
		.trunks = &trunks,
	};
	struct agent a = {.due = USEC_NEVER};
	struct sip_ua_stats stats;
	struct rng rng;

	rng_init_number(&rng, 1);
	if (sip_ua_new(&config, &ops, &a, &rng, &a.ua) < 0)
		return 0;
	play(&a, (struct str){(const char *)data, size});
	for (size_t i = 0; i < CALLS_MAX; i++)
		if (a.calls[i])
			a.calls[i] = sip_call_close(a.calls[i], a.now);
	advance(&a, a.now + USEC_SEC(600));
	stats = sip_ua_read_stats(a.ua);
	assert(stats.calls == 0 && stats.transactions == 0);
	sip_ua_free(a.ua);
	return 0;
}
