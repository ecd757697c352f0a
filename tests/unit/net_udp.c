#include "base/loop.h"
#include "net/udp.h"
#include "test.h"

struct end {
	struct udp *udp;
	struct addr from, local;
	char got[64];
	unsigned packets;
	bool close_on_packet;
};

static void on_packet(void *arg, struct udp *u, const struct udp_packet *packet)
{
	struct end *e = arg;

	e->packets++;
	e->from = packet->from;
	e->local = packet->local;
	str_copy(packet->bytes, e->got, sizeof(e->got));
	if (e->close_on_packet)
		e->udp = udp_close(u);
}

struct pair {
	struct loop *loop;
	struct udp_batch *batch;
	struct end a, b;
};

static int open_end(struct pair *p, const char *ip, struct end *e)
{
	struct addr local;

	*e = (struct end){0};
	if (addr_parse(str_from(ip), 0, &local) < 0)
		return -EINVAL;
	return udp_open(p->loop, p->batch, &local, on_packet, e, &e->udp);
}

static void pair_close(struct pair *p)
{
	udp_close(p->a.udp);
	udp_close(p->b.udp);
	udp_batch_free(p->batch);
	loop_free(p->loop);
}

static int pair_open(struct pair *p, const char *ip_a, const char *ip_b)
{
	int rc;

	*p = (struct pair){0};
	rc = loop_new(LOOP_REAL, 0, &p->loop);
	if (rc == 0)
		rc = udp_batch_new(8, 32, &p->batch);
	if (rc == 0)
		rc = open_end(p, ip_a, &p->a);
	if (rc == 0)
		rc = open_end(p, ip_b, &p->b);
	return rc;
}

static void turn(struct pair *p)
{
	CHECK_INT(loop_turn(p->loop, USEC_MS(200)), 0);
}

TEST(udp_brings_a_packet_with_both_addresses)
{
	struct addr to;
	struct pair p;

	/* `a` is bound to every address: its answers must leave from the one that was asked. */
	REQUIRE(pair_open(&p, "0.0.0.0", "127.0.0.1") == 0);
	REQUIRE(addr_parse(STR("127.0.0.2"), udp_local(p.a.udp)->port, &to) == 0);
	CHECK_INT(udp_send(p.b.udp, NULL, &to, STR("ask")), 0);
	turn(&p);
	CHECK_STR(str_from(p.a.got), "ask");
	CHECK(addr_eq(&p.a.from, udp_local(p.b.udp)) && addr_eq(&p.a.local, &to));
	CHECK_INT(udp_send(p.a.udp, &p.a.local, &p.a.from, STR("answer")), 0);
	turn(&p);
	CHECK_STR(str_from(p.b.got), "answer");
	CHECK(addr_eq(&p.b.from, &to));
	pair_close(&p);
}

TEST(udp_speaks_ipv6)
{
	struct pair p;

	if (pair_open(&p, "::", "::1") == 0) {
		struct addr to = *udp_local(p.b.udp);

		CHECK_INT(udp_send(p.a.udp, NULL, &to, STR("six")), 0);
		turn(&p);
		CHECK_STR(str_from(p.b.got), "six");
		CHECK(p.b.from.family == ADDR_V6);
	}
	pair_close(&p);
}

TEST(udp_drops_what_is_too_long)
{
	struct pair p;

	REQUIRE(pair_open(&p, "127.0.0.1", "127.0.0.1") == 0);
	CHECK_INT(
		udp_send(p.a.udp, NULL, udp_local(p.b.udp), STR("0123456789012345678901234567890123456789")),
		0);
	turn(&p);
	CHECK_INT(p.b.packets, 0);
	CHECK_INT(udp_read_stats(p.b.udp).too_long, 1);
	pair_close(&p);
}

TEST(udp_may_be_closed_from_its_callback)
{
	struct pair p;

	REQUIRE(pair_open(&p, "127.0.0.1", "127.0.0.1") == 0);
	p.b.close_on_packet = true;
	for (int i = 0; i < 3; i++)
		CHECK_INT(udp_send(p.a.udp, NULL, udp_local(p.b.udp), STR("x")), 0);
	turn(&p);
	CHECK_INT(p.b.packets, 1);
	pair_close(&p);
}

TEST(udp_reports_a_busy_port)
{
	struct pair p;
	struct udp *second;

	REQUIRE(pair_open(&p, "127.0.0.1", "127.0.0.1") == 0);
	CHECK_INT(udp_open(p.loop, p.batch, udp_local(p.a.udp), on_packet, NULL, &second), -EADDRINUSE);
	pair_close(&p);
}

TEST_OOM(udp_survives_without_memory)
{
	struct pair p;
	int rc = pair_open(&p, "127.0.0.1", "127.0.0.1");

	pair_close(&p);
	return rc;
}
