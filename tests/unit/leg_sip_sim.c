/*
 * Two user agents over a network that loses, repeats and reorders, on a fake
 * clock. Whatever happens: every call ends on both sides, once, and nothing is
 * left behind. A failure prints the seed that repeats it.
 */
#include "base/heap.h"
#include "base/live.h"
#include "base/mem.h"
#include "base/rng.h"
#include "leg_sip_walk.h"
#include "test.h"

#define CALLS   400
#define SETTLED USEC_SEC(400) /* after the last call was made: longer than any timer */

struct packet {
	size_t place;
	struct side *to;
	struct sip_flow flow;
	size_t n;
	char bytes[];
};

/* One end of a call, as an owner sees it. */
struct end {
	struct side *side;
	struct sip_call *call;
	size_t place;  /* of the next thing it does */
	unsigned told; /* how often it heard of the end */
	bool up;
};

struct side {
	struct sim *sim;
	struct sip_ua *ua;
	struct addr at;
	size_t place;
	struct end ends[CALLS];
	size_t count;
};

struct sim {
	struct rng rng;
	struct heap packets, ticks, plans;
	struct side a, b;
	usec now;
	unsigned loss, repeats; /* per cent */
	bool closing;           /* from now on everybody hangs up */
	unsigned answered, refers, offers;
};

#define SDP                                                                         \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" \
	"m=audio 4000 RTP/AVP 0\r\n"

static unsigned dice(struct sim *s, unsigned n)
{
	return rng_below(&s->rng, n);
}

/* ---- the network ---- */

static void put_packet(struct sim *s, struct side *from, const struct sip_flow *flow, struct str bytes)
{
	struct packet *p = mem_alloc(sizeof(*p) + bytes.n);

	if (!p || heap_reserve(&s->packets, s->packets.count + 1) < 0) {
		mem_free(p);
		return;
	}
	*p = (struct packet){.to = from == &s->a ? &s->b : &s->a, .flow = *flow, .n = bytes.n};
	p->flow.local = flow->remote;
	p->flow.remote = from->at;
	memcpy(p->bytes, bytes.p, bytes.n);
	heap_put(&s->packets, s->now + USEC_MS(1 + dice(s, s->loss ? 700 : 20)), &p->place);
}

static int sim_send(void *arg, const struct sip_flow *flow, struct str bytes)
{
	struct side *from = arg;
	struct sim *s = from->sim;

	if (dice(s, 100) < s->loss)
		return 0;
	put_packet(s, from, flow, bytes);
	if (dice(s, 100) < s->repeats)
		put_packet(s, from, flow, bytes);
	return 0;
}

static void sim_deadline(void *arg, usec at)
{
	struct side *side = arg;

	if (at == USEC_NEVER)
		heap_remove(&side->sim->ticks, &side->place);
	else
		heap_put(&side->sim->ticks, at, &side->place);
}

static void sim_self(void *arg, const struct sip_flow *flow, struct addr *ret_self)
{
	*ret_self = ((struct side *)arg)->at;
}

/* ---- the owners ---- */

static void plan(struct end *e, unsigned max_ms)
{
	struct sim *s = e->side->sim;

	heap_put(&s->plans, s->now + USEC_MS(dice(s, max_ms)), &e->place);
}

static int on_news(void *arg, struct sip_call *call, const struct sip_news *news)
{
	struct end *e = arg;
	struct sim *s = e->side->sim;
	int rc;

	switch (news->what) {
	case SIP_NEWS_ANSWERED:
		s->answered++;
		e->up = true;
		break;
	case SIP_NEWS_CONFIRMED:
		e->up = true;
		break;
	case SIP_NEWS_OFFER:
		rc = dice(s, 4) ? sip_call_accept_offer(call, STR(SDP), s->now)
				: sip_call_refuse_offer(call, 488, s->now);
		CHECK(rc == 0 || rc == -ENOMEM);
		break;
	case SIP_NEWS_OFFER_DONE:
		s->offers++;
		break;
	case SIP_NEWS_REFER:
		s->refers += news->final;
		break;
	case SIP_NEWS_ENDED:
		e->told++;
		e->call = sip_call_close(call, s->now);
		heap_remove(&s->plans, &e->place);
		break;
	case SIP_NEWS_PROGRESS:
	case SIP_NEWS_REFERRED:
	case SIP_NEWS_INFO:
		break;
	}
	return 0;
}

/* What an owner does when its time has come: anything. Refusals (too late, busy) are fine. */
static void act(struct end *e)
{
	struct sim *s = e->side->sim;

	if (!e->call)
		return;
	plan(e, 20000);
	switch (s->closing ? 3 : dice(s, e->up ? 6 : 4)) {
	case 0:
		(void)!sip_call_ring(e->call, dice(s, 2) ? 180 : 183, STR(SDP), s->now);
		break;
	case 1:
	case 2:
		(void)!sip_call_answer(e->call, NULL, STR(SDP), s->now);
		break;
	case 3:
		sip_call_hangup(e->call, 486, NULL, s->now);
		break;
	case 4:
		(void)!sip_call_offer(e->call, STR(SDP), s->now);
		break;
	default:
		(void)!sip_call_refer(e->call, STR("sip:human@192.0.2.9"), NULL, s->now);
		break;
	}
}

static int sim_call(void *arg, struct sip_call *call, const struct sip_trunk *trunk,
		    const struct sip_msg *invite, usec now)
{
	struct side *side = arg;
	struct end *e = &side->ends[side->count];

	if (side->count == CALLS || dice(side->sim, 20) == 0)
		return 486;
	side->count++;
	*e = (struct end){.side = side, .call = call};
	sip_call_own(call, (struct sip_call_user){on_news, e});
	/* Some owners never decide. */
	if (dice(side->sim, 20))
		plan(e, 8000);
	return 0;
}

static void sim_denied(void *arg, const struct sip_flow *flow)
{
}

static const struct sip_ua_ops ops = {sim_send, sim_deadline, sim_self, sim_call, sim_denied};

static void dial(struct sim *s, struct side *from)
{
	struct sip_dial d = {
		.flow = {.local = from->at, .remote = from == &s->a ? s->b.at : s->a.at},
		.uri = STR("sip:agent@192.0.2.2"),
		.from_uri = STR("sip:caller@192.0.2.1"),
		.sdp = STR(SDP),
	};
	struct end *e = &from->ends[from->count];

	*e = (struct end){.side = from};
	if (from->count == CALLS ||
	    sip_ua_dial(from->ua, &d, (struct sip_call_user){on_news, e}, s->now, &e->call))
		return;
	from->count++;
	plan(e, 40000);
}

/* ---- running ---- */

static bool turn(struct sim *s)
{
	usec next = MIN(heap_due(&s->packets), MIN(heap_due(&s->ticks), heap_due(&s->plans)));

	if (next == USEC_NEVER)
		return false;
	s->now = MAX(s->now, next);
	if (heap_due(&s->packets) <= s->now) {
		struct packet *p = CONTAINER_OF(heap_first(&s->packets), struct packet, place);

		heap_remove(&s->packets, &p->place);
		sip_ua_receive(p->to->ua, &p->flow, p->bytes, p->n, s->now);
		mem_free(p);
	} else if (heap_due(&s->ticks) <= s->now) {
		struct side *side = CONTAINER_OF(heap_first(&s->ticks), struct side, place);

		heap_remove(&s->ticks, &side->place);
		sip_ua_tick(side->ua, s->now);
	} else {
		struct end *e = CONTAINER_OF(heap_first(&s->plans), struct end, place);

		heap_remove(&s->plans, &e->place);
		act(e);
	}
	return true;
}

static const struct addr_range everywhere = {.ip = {.family = ADDR_V4}};
static const struct sip_trunk trunk = {.name = STR_INIT("test"), .from = &everywhere, .from_count = 1};
static const struct sip_trunks trunks = {&trunk, 1};

static int side_open(struct sim *s, struct side *side, const char *ip, unsigned shard)
{
	struct sip_ua_config config = {
		.shard = shard,
		.t1 = SIP_T1,
		.t2 = SIP_T2,
		.t4 = SIP_T4,
		.decide_max = USEC_SEC(60),
		.ring_max = USEC_SEC(90),
		.refer_max = USEC_SEC(32),
		.calls_max = CALLS * 2,
		.transactions_max = 100000,
		.retry_after_sec = 5,
		.realm = STR("test"),
		.sha256 = true,
		.md5 = true,
		.trunks = &trunks,
	};

	side->sim = s;
	if (addr_parse(str_from(ip), 5060, &side->at) < 0)
		return -EINVAL;
	return sip_ua_new(&config, &ops, side, &s->rng, &side->ua);
}

static void sim_close(struct sim *s)
{
	for (size_t *place; (place = heap_first(&s->packets));) {
		struct packet *p = CONTAINER_OF(place, struct packet, place);

		heap_remove(&s->packets, &p->place);
		mem_free(p);
	}
	sip_ua_free(s->a.ua);
	sip_ua_free(s->b.ua);
	heap_fini(&s->packets);
	heap_fini(&s->ticks);
	heap_fini(&s->plans);
	mem_free(s);
}

static struct sim *sim_open(uint64_t seed, unsigned loss, unsigned repeats)
{
	struct sim *s = mem_zalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->loss = loss;
	s->repeats = repeats;
	rng_init_number(&s->rng, seed);
	if (heap_reserve(&s->ticks, 2) < 0 || heap_reserve(&s->plans, (size_t)CALLS * 2) < 0 ||
	    side_open(s, &s->a, "192.0.2.1", 1) < 0 || side_open(s, &s->b, "192.0.2.2", 2) < 0) {
		sim_close(s);
		return NULL;
	}
	return s;
}

static void check_side(const struct side *side, uint64_t seed)
{
	struct sip_ua_stats stats = sip_ua_read_stats(side->ua);

	sip_walk_add(&stats);

	if (stats.calls || stats.transactions)
		test_failed(__FILE__, __LINE__, "seed %llu: %zu calls and %zu transactions are left",
			    (unsigned long long)seed, stats.calls, stats.transactions);
	if (stats.malformed)
		test_failed(__FILE__, __LINE__, "seed %llu: %llu messages of our own do not parse",
			    (unsigned long long)seed, (unsigned long long)stats.malformed);
	for (size_t i = 0; i < side->count; i++)
		if (side->ends[i].told != 1)
			test_failed(__FILE__, __LINE__, "seed %llu: call %zu ended %u times",
				    (unsigned long long)seed, i, side->ends[i].told);
}

static void run(uint64_t seed, unsigned loss, unsigned repeats)
{
	long live = live_total(), blocks = mem_live();
	struct sim *s = sim_open(seed, loss, repeats);

	REQUIRE(s != NULL);
	for (unsigned i = 0; i < CALLS / 2; i++) {
		usec pause = s->now + USEC_MS(dice(s, 500));

		dial(s, dice(s, 4) ? &s->a : &s->b);
		while (MIN(heap_due(&s->packets), MIN(heap_due(&s->ticks), heap_due(&s->plans))) <= pause &&
		       turn(s))
			;
		s->now = pause;
	}
	s->closing = true;
	for (usec until = s->now + SETTLED; s->now < until && turn(s);)
		;
	check_side(&s->a, seed);
	check_side(&s->b, seed);
	CHECK(s->answered > CALLS / 20);
	if (loss == 0)
		CHECK(s->refers > 0 && s->offers > 0);
	sim_close(s);
	CHECK_INT(live_total() - live, 0);
	CHECK_INT(mem_live() - blocks, 0);
}

TEST(sip_calls_all_end_on_a_good_network)
{
	for (uint64_t seed = 1; seed <= 10; seed++)
		run(seed, 0, 0);
}

TEST(sip_calls_all_end_on_a_bad_network)
{
	for (uint64_t seed = 100; seed < 110; seed++)
		run(seed, 10, 10);
}

TEST(sip_calls_all_end_on_a_terrible_network)
{
	for (uint64_t seed = 200; seed < 210; seed++)
		run(seed, 40, 30);
}

TEST_OOM(sip_calls_survive_without_memory)
{
	struct sim *s = sim_open(7, 0, 0);

	if (!s)
		return -ENOMEM;
	dial(s, &s->a);
	for (int i = 0; i < 200 && turn(s); i++)
		;
	sim_close(s);
	return 0;
}
