/*
 * Legs from end to end over loopback: one acceptor, two shards with streams of
 * their own, all loops turned by this thread. The shards call each other
 * through the acceptor, so every message takes the way of a real one.
 */
#include "base/live.h"
#include "base/loop.h"
#include "leg/reflex.h"
#include "leg/sip.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "test.h"

#define SHARDS 2u
#define LEGS   16

struct house;

struct half {
	struct house *house;
	struct leg *leg;
	unsigned seen[LEG_EV_COUNT_];
	char digits[16];
	size_t digit_count;
	enum leg_end why;
	int end_status, refer_status;
	unsigned loud; /* frames in which somebody was heard */
	char referred[64];
};

struct shard {
	struct house *house;
	struct loop *control, *media;
	struct stream_pool *streams;
	struct sip *sip;
	unsigned arrived;
};

struct house {
	struct loop *loop;
	struct sip_acceptor *acceptor;
	struct shard shards[SHARDS];
	struct rng rng;
	struct sip_trunk trunk;
	struct sip_trunks trunks;
	struct half called[LEGS], calling[LEGS];
	size_t called_count;
	int refuse_with;
	bool hang_back; /* do not answer */
	bool early;     /* but let it hear something */
	bool take_refers;
};

static const struct addr_range loopback = {.ip = {.family = ADDR_V4, .ip = {127}}, .bits = 8};

static void hear(struct half *h, const struct leg_event *ev)
{
	for (size_t i = 0; i < LEG_FRAME_SAMPLES; i++)
		if (ev->audio.pcm[i] > 2000) {
			h->loud++;
			return;
		}
}

static void on_event(void *arg, struct leg *leg, const struct leg_event *ev)
{
	struct half *h = arg;

	h->seen[ev->type]++;
	if (ev->type == LEG_EV_AUDIO)
		hear(h, ev);
	if (ev->type == LEG_EV_DTMF && h->digit_count + 1 < sizeof(h->digits))
		h->digits[h->digit_count++] = ev->dtmf.digit;
	if (ev->type == LEG_EV_REFER)
		h->refer_status = ev->refer.status;
	if (ev->type == LEG_EV_REFERRED)
		str_copy(ev->referred.target, h->referred, sizeof(h->referred));
	if (ev->type == LEG_EV_ENDED) {
		h->why = ev->ended.why;
		h->end_status = ev->ended.status;
		h->leg = leg_close(leg);
	}
}

static int on_leg(void *arg, struct leg *leg, const struct sip_trunk *trunk)
{
	struct shard *s = arg;
	struct half *h = &s->house->called[s->house->called_count];

	s->arrived++;
	if (s->house->refuse_with)
		return s->house->refuse_with;
	s->house->called_count++;
	*h = (struct half){.house = s->house, .leg = leg};
	leg->sink = (struct leg_sink){on_event, h};
	CHECK_STR(leg->info.called, "clinic");
	CHECK_STR(leg->info.caller, "+15551234");
	CHECK_STR(leg->info.trunk, "house");
	if (s->house->early)
		return leg_early(leg);
	if (s->house->hang_back)
		return leg_ring(leg);
	return leg_answer(leg, NULL);
}

static const struct sip_ops sip_ops = {on_leg};

static int shard_open(struct house *h, unsigned n)
{
	struct shard *s = &h->shards[n];
	struct sip_config config = {
		.ua = {.shard = n,
		       .t1 = SIP_T1,
		       .t2 = SIP_T2,
		       .t4 = SIP_T4,
		       .decide_max = USEC_SEC(60),
		       .ring_max = USEC_SEC(60),
		       .refer_max = USEC_SEC(32),
		       .calls_max = 100,
		       .transactions_max = 1000,
		       .retry_after_sec = 5,
		       .realm = STR("test"),
		       .md5 = true,
		       .take_refers = h->take_refers,
		       .trunks = &h->trunks},
		.acceptor = h->acceptor,
	};
	struct stream_pool_config streams = {
		.streams = LEGS,
		.bind = {.family = ADDR_V4, .ip = {127, 0, 0, 1}},
		.media_timeout = USEC_SEC(10),
		.duck_db = -15,
		.reflex = &reflex_hysteresis,
		.reflex_config = &reflex_hysteresis_default,
	};
	int rc;

	s->house = h;
	rc = loop_new(LOOP_REAL, 0, &s->control);
	rc = rc ? rc : loop_new(LOOP_REAL, 0, &s->media);
	streams.control = s->control;
	streams.media = s->media;
	rc = rc ? rc : stream_pool_new(&streams, &s->streams);
	config.streams = s->streams;
	return rc ? rc : sip_new(s->control, &config, &sip_ops, s, &h->rng, &s->sip);
}

static void house_close(struct house *h)
{
	for (unsigned i = 0; i < SHARDS; i++) {
		sip_free(h->shards[i].sip);
		stream_pool_free(h->shards[i].streams);
		loop_free(h->shards[i].control);
		loop_free(h->shards[i].media);
	}
	sip_acceptor_free(h->acceptor);
	loop_free(h->loop);
}

static int house_open_with(struct house *h, enum sip_transport transport, bool take_refers)
{
	const struct addr at = {.family = ADDR_V4, .ip = {127, 0, 0, 1}};
	struct sip_acceptor_config config = {
		.udp = &at,
		.tcp = &at,
		.udp_count = 1,
		.tcp_count = 1,
		.guard = sip_guard_usual,
		.shards = SHARDS,
		.conns_max = 10,
		.conns_per_source = 10,
		.idle = USEC_SEC(30),
	};
	int rc;

	*h = (struct house){.take_refers = take_refers};
	rng_init_number(&h->rng, 42);
	h->trunk = (struct sip_trunk){
		.name = STR("house"), .from = &loopback, .from_count = 1, .transport = transport};
	h->trunks = (struct sip_trunks){&h->trunk, 1};
	config.trunks = &h->trunks;
	rc = loop_new(LOOP_REAL, 0, &h->loop);
	rc = rc ? rc : sip_acceptor_new(h->loop, &config, &h->acceptor);
	for (unsigned i = 0; rc == 0 && i < SHARDS; i++)
		rc = shard_open(h, i);
	if (rc == 0)
		h->trunk.gateway = *(transport == SIP_UDP ? sip_acceptor_udp(h->acceptor, 0)
							  : sip_acceptor_tcp(h->acceptor, 0));
	return rc;
}

static int house_open(struct house *h, enum sip_transport transport)
{
	return house_open_with(h, transport, false);
}

static void turn(struct house *h, usec span)
{
	usec until = loop_now(h->loop) + span;

	do {
		CHECK_INT(loop_turn(h->loop, USEC_MS(1)), 0);
		for (unsigned i = 0; i < SHARDS; i++) {
			CHECK_INT(loop_turn(h->shards[i].control, 0), 0);
			CHECK_INT(loop_turn(h->shards[i].media, 0), 0);
		}
	} while (loop_now(h->loop) < until);
}

/* Turns until `*what` is `wanted`, at most five seconds. */
static bool wait_for(struct house *h, const unsigned *what, unsigned wanted)
{
	for (int i = 0; i < 500 && *what < wanted; i++)
		turn(h, USEC_MS(10));
	return *what >= wanted;
}

static struct half *dial(struct house *h, unsigned shard, size_t i)
{
	struct half *half = &h->calling[i];
	struct leg_headers headers = {.list = {{STR("X-Case"), STR("77")}}, .count = 1};
	struct sip_dialling d = {
		.trunk = &h->trunk,
		.called = STR("clinic"),
		.caller = STR("+15551234"),
		.headers = &headers,
		.sink = {on_event, half},
	};

	*half = (struct half){.house = h};
	CHECK_INT(sip_dial(h->shards[shard].sip, &d, &half->leg), 0);
	return half;
}

static void play_loud(struct half *h)
{
	int16_t pcm[LEG_FRAME_SAMPLES * 10];

	for (size_t i = 0; i < ARRAY_LEN(pcm); i++)
		pcm[i] = i / 8 % 2 ? 8000 : -8000;
	CHECK(leg_play(h->leg, 1, pcm, ARRAY_LEN(pcm)) > 0);
}

static void check_nothing_left(struct house *h)
{
	for (unsigned i = 0; i < SHARDS; i++)
		CHECK_INT(sip_read_stats(h->shards[i].sip).legs, 0);
}

static void talk(enum sip_transport transport)
{
	long alive = live_total();
	struct house h;
	struct half *caller, *called;

	REQUIRE(house_open(&h, transport) == 0);
	caller = dial(&h, 0, 0);
	called = &h.called[0];
	CHECK(wait_for(&h, &caller->seen[LEG_EV_ANSWERED], 1));
	CHECK(wait_for(&h, &called->seen[LEG_EV_ANSWERED], 1));
	REQUIRE(called->leg && caller->leg);
	CHECK_INT(called->leg->info.headers.count, 1);
	CHECK_STR(called->leg->info.headers.list[0].value, "77");
	play_loud(caller);
	play_loud(called);
	CHECK_INT(leg_send_dtmf(caller->leg, STR("5#")), 0);
	CHECK(wait_for(&h, &called->loud, 3) && wait_for(&h, &caller->loud, 3));
	CHECK(wait_for(&h, &called->seen[LEG_EV_DTMF], 2));
	CHECK_STR(str_from(called->digits), "5#");
	/* We do not let ourselves be transferred. */
	CHECK_INT(leg_refer(caller->leg, STR("human"), NULL), 0);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_REFER], 1));
	CHECK_INT(caller->refer_status, 405);
	leg_hangup(called->leg, NULL);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_ENDED], 1) && wait_for(&h, &called->seen[LEG_EV_ENDED], 1));
	CHECK_INT(caller->why, LEG_END_REMOTE);
	CHECK_INT(called->why, LEG_END_LOCAL);
	turn(&h, USEC_MS(50));
	check_nothing_left(&h);
	house_close(&h);
	CHECK_INT(live_total() - alive, 0);
}

TEST(sip_legs_transfer_a_caller_that_takes_it)
{
	struct house h;
	struct half *caller, *called;

	REQUIRE(house_open_with(&h, SIP_UDP, true) == 0);
	caller = dial(&h, 0, 0);
	called = &h.called[0];
	CHECK(wait_for(&h, &called->seen[LEG_EV_ANSWERED], 1));
	REQUIRE(called->leg);
	CHECK_INT(leg_refer(called->leg, STR("sip:human@127.0.0.1:5080"), NULL), 0);
	CHECK(wait_for(&h, &called->seen[LEG_EV_REFER], 1));
	CHECK_INT(called->refer_status, 200);
	CHECK_STR(str_from(caller->referred), "sip:human@127.0.0.1:5080");
	leg_hangup(called->leg, NULL);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_ENDED], 1) && wait_for(&h, &called->seen[LEG_EV_ENDED], 1));
	turn(&h, USEC_MS(50));
	check_nothing_left(&h);
	house_close(&h);
}

TEST(sip_legs_talk_over_udp)
{
	talk(SIP_UDP);
}

TEST(sip_legs_talk_over_tcp)
{
	talk(SIP_TCP);
}

TEST(sip_legs_reach_both_shards)
{
	struct house h;

	REQUIRE(house_open(&h, SIP_UDP) == 0);
	for (unsigned i = 0; i < 8; i++)
		dial(&h, i % SHARDS, i);
	for (unsigned i = 0; i < 8; i++)
		CHECK(wait_for(&h, &h.calling[i].seen[LEG_EV_ANSWERED], 1));
	CHECK(h.shards[0].arrived > 0 && h.shards[1].arrived > 0);
	CHECK_INT(h.called_count, 8);
	for (unsigned i = 0; i < 8; i++)
		leg_hangup(h.calling[i].leg, NULL);
	for (unsigned i = 0; i < 8; i++)
		CHECK(wait_for(&h, &h.called[i].seen[LEG_EV_ENDED], 1));
	turn(&h, USEC_MS(50));
	check_nothing_left(&h);
	house_close(&h);
}

TEST(sip_legs_are_refused_cancelled_and_closed)
{
	struct house h;
	struct half *caller;

	REQUIRE(house_open(&h, SIP_UDP) == 0);
	h.refuse_with = 486;
	caller = dial(&h, 0, 0);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_ENDED], 1));
	CHECK_INT(caller->why, LEG_END_REFUSED);
	CHECK_INT(caller->end_status, 486);
	h.refuse_with = 0;
	h.hang_back = true;
	caller = dial(&h, 1, 1);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_RINGING], 1));
	leg_hangup(caller->leg, NULL);
	CHECK(wait_for(&h, &h.called[0].seen[LEG_EV_ENDED], 1));
	CHECK_INT(h.called[0].why, LEG_END_CANCELLED);
	/* Closed while it rings, without a word to the owner. */
	caller = dial(&h, 1, 2);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_RINGING], 1));
	caller->leg = leg_close(caller->leg);
	CHECK(wait_for(&h, &h.called[1].seen[LEG_EV_ENDED], 1));
	CHECK_INT(caller->seen[LEG_EV_ENDED], 0);
	turn(&h, USEC_MS(50));
	check_nothing_left(&h);
	house_close(&h);
}

TEST(sip_legs_are_heard_before_the_answer)
{
	struct house h;
	struct half *caller, *called;

	REQUIRE(house_open(&h, SIP_UDP) == 0);
	h.early = true;
	caller = dial(&h, 0, 0);
	called = &h.called[0];
	CHECK_INT(leg_early(caller->leg), -ENOTSUP);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_EARLY], 1));
	play_loud(called);
	CHECK(wait_for(&h, &caller->loud, 3));
	CHECK_INT(caller->seen[LEG_EV_ANSWERED], 0);
	CHECK_INT(leg_answer(called->leg, NULL), 0);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_ANSWERED], 1) &&
	      wait_for(&h, &called->seen[LEG_EV_ANSWERED], 1));
	play_loud(caller);
	CHECK(wait_for(&h, &called->loud, 3));
	leg_hangup(called->leg, NULL);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_ENDED], 1));
	turn(&h, USEC_MS(50));
	check_nothing_left(&h);
	house_close(&h);
}

/* A softphone that dials while it holds us: acknowledges the 200, and hears nothing yet. */
struct holder {
	struct house *house;
	unsigned answers;
};

static void send_from_holder(struct holder *p, struct udp *u, const char *method, struct str to_tag,
			     const char *body)
{
	char text[1024];
	int n = snprintf(text, sizeof(text),
			 "%s sip:clinic@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK%s;rport\r\n"
			 "From: <sip:+15551234@x>;tag=1\r\nTo: <sip:clinic@y>" STR_FMT "\r\nCall-ID: held\r\n"
			 "CSeq: 1 %s\r\nMax-Forwards: 70\r\nContact: <sip:a@127.0.0.1>\r\n"
			 "%sContent-Length: %zu\r\n\r\n%s",
			 method, method, STR_ARG(to_tag), method,
			 body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);

	CHECK_INT(udp_send(u, NULL, &p->house->trunk.gateway, (struct str){text, (size_t)n}), 0);
}

static void on_holder_packet(void *arg, struct udp *u, const struct udp_packet *packet)
{
	struct holder *p = arg;
	struct str rest = packet->bytes;

	if (!str_starts(packet->bytes, STR("SIP/2.0 200 ")) || p->answers++ > 0)
		return;
	CHECK(str_find(packet->bytes, STR("a=recvonly")) < packet->bytes.n);
	rest = str_sub(rest, str_find(rest, STR("To: ")), SIZE_MAX);
	rest = str_cut(&rest, '\r');
	send_from_holder(p, u, "ACK", str_sub(rest, str_find(rest, STR(";tag=")), SIZE_MAX), "");
}

TEST(sip_legs_learn_that_a_call_arrives_on_hold)
{
	static const char offer[] =
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=audio 40000 RTP/AVP 0\r\na=sendonly\r\n";
	const struct addr at = {.family = ADDR_V4, .ip = {127, 0, 0, 1}};
	struct udp_batch *batch;
	struct holder holder;
	struct udp *u;
	struct house h;

	REQUIRE(house_open(&h, SIP_UDP) == 0);
	holder = (struct holder){.house = &h};
	REQUIRE(udp_batch_new(4, 4096, &batch) == 0);
	REQUIRE(udp_open(h.loop, batch, &at, on_holder_packet, &holder, &u) == 0);
	send_from_holder(&holder, u, "INVITE", (struct str){0}, offer);
	CHECK(wait_for(&h, &h.called[0].seen[LEG_EV_ANSWERED], 1));
	CHECK_INT(h.called[0].seen[LEG_EV_HELD], 1);
	REQUIRE(h.called[0].leg);
	h.called[0].leg = leg_close(h.called[0].leg);
	turn(&h, USEC_MS(50));
	udp_close(u);
	udp_batch_free(batch);
	check_nothing_left(&h);
	house_close(&h);
}

TEST(sip_legs_end_when_nobody_is_there)
{
	struct house h;
	struct half *caller;

	REQUIRE(house_open(&h, SIP_TCP) == 0);
	h.trunk.gateway.port = 1;
	caller = dial(&h, 0, 0);
	CHECK(wait_for(&h, &caller->seen[LEG_EV_ENDED], 1));
	CHECK_INT(caller->why, LEG_END_LOST);
	turn(&h, USEC_MS(20));
	check_nothing_left(&h);
	house_close(&h);
}

/* A guest that tries passwords over one connection. */
struct guesser {
	struct house *house;
	struct tcp *tcp;
	uint32_t conn;
	unsigned answers, closed;
	char nonce[64];
};

static void guess(struct guesser *g)
{
	char text[1024];
	int n = snprintf(
		text, sizeof(text),
		"OPTIONS sip:clinic@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK%u\r\n"
		"From: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\nCall-ID: c\r\nCSeq: %u OPTIONS\r\n"
		"Authorization: Digest username=\"alice\", realm=\"test\", nonce=\"%s\", algorithm=MD5, "
		"uri=\"sip:clinic@h\", response=\"%032u\"\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		g->answers, g->answers + 1, g->nonce, g->answers);

	CHECK_INT(tcp_send(g->tcp, g->conn, (struct str){text, (size_t)n}), 0);
}

static int on_guess_answered(void *arg, uint32_t conn, struct str unread)
{
	struct guesser *g = arg;
	struct str rest = str_sub(unread, str_find(unread, STR("nonce=\"")), SIZE_MAX);

	(void)conn;
	g->answers++;
	if (rest.n > 0)
		str_copy(str_sub(rest, 7, 48), g->nonce, sizeof(g->nonce));
	return (int)unread.n;
}

static void on_guesser_closed(void *arg, uint32_t conn, const struct addr *remote, int error)
{
	((struct guesser *)arg)->closed++;
}

TEST(sip_acceptor_ends_a_connection_that_guesses_passwords)
{
	static const struct tcp_ops ops = {.on_bytes = on_guess_answered, .on_closed = on_guesser_closed};
	const struct tcp_config config = {.conns_max = 1,
					  .in_bytes_max = 4096,
					  .out_bytes_max = 4096,
					  .idle = USEC_SEC(30),
					  .connect_timeout = USEC_SEC(5)};
	struct guesser g = {.nonce = "x"};
	struct house h;

	REQUIRE(house_open(&h, SIP_TCP) == 0);
	h.trunk.guest = (struct sip_credentials){STR("alice"), STR("secret")};
	g.house = &h;
	REQUIRE(tcp_new(h.loop, &config, &ops, &g, &g.tcp) == 0);
	REQUIRE(tcp_connect(g.tcp, &h.trunk.gateway, &g.conn) == 0);
	for (unsigned i = 0; i <= sip_guard_usual.denials_max; i++) { /* the first has no nonce of ours */
		guess(&g);
		CHECK(wait_for(&h, &g.answers, i + 1));
	}
	CHECK_INT(g.closed, 0);
	guess(&g);
	CHECK(wait_for(&h, &g.closed, 1));
	g.tcp = tcp_free(g.tcp);
	house_close(&h);
}

static void count_packet(void *arg, struct udp *u, const struct udp_packet *packet)
{
	unsigned *packets = arg;

	++*packets;
	CHECK(str_starts(packet->bytes, STR("SIP/2.0 403 ")));
	CHECK(str_find(packet->bytes, STR("Server")) == packet->bytes.n);
}

TEST(sip_acceptor_tells_strangers_once_and_shards_nothing)
{
	static const char knock[] =
		"OPTIONS sip:100@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1;rport\r\n"
		"From: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
	static const struct addr_range elsewhere = {.ip = {.family = ADDR_V4, .ip = {192, 0, 2}}, .bits = 24};
	const struct addr at = {.family = ADDR_V4, .ip = {127, 0, 0, 1}};
	struct udp_batch *batch;
	struct udp *stranger;
	unsigned packets = 0;
	struct house h;

	REQUIRE(house_open(&h, SIP_UDP) == 0);
	h.trunk.from = &elsewhere;
	REQUIRE(udp_batch_new(4, 2048, &batch) == 0);
	REQUIRE(udp_open(h.loop, batch, &at, count_packet, &packets, &stranger) == 0);
	for (int i = 0; i < 5; i++) {
		CHECK_INT(udp_send(stranger, NULL, &h.trunk.gateway, str_from(knock)), 0);
		turn(&h, USEC_MS(5));
	}
	CHECK_INT(packets, 1);
	CHECK_INT(sip_acceptor_read_stats(h.acceptor).strangers, 5);
	CHECK_INT(sip_acceptor_read_stats(h.acceptor).messages, 0);
	udp_close(stranger);
	udp_batch_free(batch);
	house_close(&h);
}
