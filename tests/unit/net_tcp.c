#include "base/loop.h"
#include "base/mem.h"
#include "net/tcp.h"
#include "test.h"

/* Two hosts on one loop: `server` listens, `client` calls. Lines of text are the messages. */
struct end {
	struct tcp *tcp;
	uint32_t conn; /* that bytes came on last */
	char got[256];
	unsigned closed;
	int error;
	bool close_on_bytes, refuse;
};

struct pair {
	struct loop *loop;
	struct end client, server;
	struct addr at;
};

static int on_bytes(void *arg, uint32_t conn, struct str unread)
{
	struct end *e = arg;
	size_t n = str_chr(unread, '\n');

	e->conn = conn;
	if (e->close_on_bytes)
		tcp_close(e->tcp, conn);
	if (str_starts(unread, STR("bad")))
		return -EBADMSG;
	if (n == unread.n)
		return 0;
	str_copy(str_sub(unread, 0, n), e->got, sizeof(e->got));
	return (int)n + 1;
}

static void on_closed(void *arg, uint32_t conn, const struct addr *remote, int error)
{
	struct end *e = arg;

	e->closed++;
	e->error = error;
}

static bool admit(void *arg, const struct addr *remote)
{
	return !((struct end *)arg)->refuse;
}

static const struct tcp_ops ops = {on_bytes, on_closed, admit};

static int pair_open(struct pair *p, usec idle)
{
	const struct tcp_config config = {
		.conns_max = 4,
		.per_source_max = 2,
		.in_bytes_max = 64,
		.out_bytes_max = 64,
		.idle = idle,
		.connect_timeout = USEC_SEC(5),
	};
	struct addr any;
	int rc;

	*p = (struct pair){0};
	if (addr_parse(STR("127.0.0.1"), 0, &any) < 0)
		return -EINVAL;
	rc = loop_new(LOOP_REAL, 0, &p->loop);
	rc = rc ? rc : tcp_new(p->loop, &config, &ops, &p->server, &p->server.tcp);
	rc = rc ? rc : tcp_new(p->loop, &config, &ops, &p->client, &p->client.tcp);
	return rc ? rc : tcp_listen(p->server.tcp, &any, &p->at);
}

static void pair_close(struct pair *p)
{
	tcp_free(p->client.tcp);
	tcp_free(p->server.tcp);
	loop_free(p->loop);
}

static void turns(struct pair *p, int n)
{
	while (n-- > 0)
		CHECK_INT(loop_turn(p->loop, USEC_MS(20)), 0);
}

TEST(tcp_carries_bytes_both_ways)
{
	struct pair p;
	uint32_t conn;

	REQUIRE(pair_open(&p, USEC_SEC(60)) == 0);
	REQUIRE(tcp_connect(p.client.tcp, &p.at, &conn) == 0);
	CHECK_INT(tcp_send(p.client.tcp, conn, STR("he")), 0);
	turns(&p, 6);
	CHECK_STR(str_from(p.server.got), "");
	CHECK_INT(tcp_send(p.client.tcp, conn, STR("llo\n")), 0);
	turns(&p, 4);
	CHECK_STR(str_from(p.server.got), "hello");
	CHECK_INT(tcp_send(p.server.tcp, p.server.conn, STR("there\n")), 0);
	turns(&p, 4);
	CHECK_STR(str_from(p.client.got), "there");
	CHECK_INT(tcp_find(p.client.tcp, &p.at), conn);
	CHECK(addr_eq(tcp_remote(p.client.tcp, conn), &p.at) &&
	      addr_eq(tcp_local(p.server.tcp, p.server.conn), &p.at));
	tcp_close(p.client.tcp, conn);
	turns(&p, 4);
	CHECK_INT(p.server.closed, 1);
	CHECK_INT(p.client.closed, 0);
	CHECK_INT(tcp_send(p.client.tcp, conn, STR("x")), -ENOTCONN);
	pair_close(&p);
}

TEST(tcp_closes_what_breaks_the_rules)
{
	struct pair p;
	uint32_t conn;

	REQUIRE(pair_open(&p, USEC_SEC(60)) == 0);
	REQUIRE(tcp_connect(p.client.tcp, &p.at, &conn) == 0);
	CHECK_INT(tcp_send(p.client.tcp, conn, STR("bad\n")), 0);
	turns(&p, 8);
	CHECK_INT(p.server.closed, 1);
	CHECK_INT(p.server.error, -EBADMSG);
	CHECK_INT(p.client.closed, 1);
	CHECK_INT(tcp_connect(p.client.tcp, &p.at, &conn), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(tcp_send(p.client.tcp, conn, STR("0123456789012345678901234567890")), 0);
		turns(&p, 4);
	}
	CHECK_INT(p.server.error, -EMSGSIZE);
	pair_close(&p);
}

TEST(tcp_counts_connections_of_a_source)
{
	struct pair p;
	uint32_t conn;

	REQUIRE(pair_open(&p, USEC_SEC(60)) == 0);
	for (int i = 0; i < 3; i++)
		REQUIRE(tcp_connect(p.client.tcp, &p.at, &conn) == 0);
	turns(&p, 10);
	CHECK_INT(tcp_read_stats(p.server.tcp).accepted, 2);
	CHECK_INT(tcp_read_stats(p.server.tcp).refused, 1);
	CHECK_INT(p.client.closed, 1);
	pair_close(&p);
}

TEST(tcp_asks_before_it_keeps_a_connection)
{
	struct pair p;
	uint32_t conn;

	REQUIRE(pair_open(&p, USEC_SEC(60)) == 0);
	p.server.refuse = true;
	REQUIRE(tcp_connect(p.client.tcp, &p.at, &conn) == 0);
	turns(&p, 6);
	CHECK_INT(p.client.closed, 1);
	CHECK_INT(tcp_read_stats(p.server.tcp).refused, 1);
	pair_close(&p);
}

TEST(tcp_closes_the_idle_and_the_unreachable)
{
	struct pair p;
	uint32_t conn;

	REQUIRE(pair_open(&p, USEC_MS(30)) == 0);
	REQUIRE(tcp_connect(p.client.tcp, &p.at, &conn) == 0);
	turns(&p, 10);
	CHECK_INT(p.server.closed + p.client.closed, 2);
	p.at.port = 1;
	p.client.closed = 0;
	if (tcp_connect(p.client.tcp, &p.at, &conn) == 0) {
		turns(&p, 4);
		CHECK_INT(p.client.closed, 1);
		CHECK_INT(p.client.error, -ECONNREFUSED);
	}
	pair_close(&p);
}

TEST(tcp_may_be_closed_from_its_callback)
{
	struct pair p;
	uint32_t conn;

	REQUIRE(pair_open(&p, USEC_SEC(60)) == 0);
	p.server.close_on_bytes = true;
	REQUIRE(tcp_connect(p.client.tcp, &p.at, &conn) == 0);
	CHECK_INT(tcp_send(p.client.tcp, conn, STR("x\n")), 0);
	turns(&p, 8);
	CHECK_INT(p.server.closed, 0);
	CHECK_INT(tcp_read_stats(p.server.tcp).open, 0);
	CHECK_INT(p.client.closed, 1);
	pair_close(&p);
}

TEST(tcp_goes_on_after_a_message_that_found_no_memory)
{
	struct pair p;
	uint32_t conn;

	REQUIRE(pair_open(&p, USEC_SEC(60)) == 0);
	REQUIRE(tcp_connect(p.client.tcp, &p.at, &conn) == 0);
	mem_fail_at(1);
	CHECK_INT(tcp_send(p.client.tcp, conn, STR("lost\n")), -ENOMEM);
	mem_fail_at(0);
	CHECK_INT(tcp_send(p.client.tcp, conn, STR("heard\n")), 0);
	turns(&p, 6);
	CHECK_STR(str_from(p.server.got), "heard");
	pair_close(&p);
}

TEST_OOM(tcp_survives_without_memory)
{
	struct pair p;
	uint32_t conn;
	int rc = pair_open(&p, USEC_SEC(60));

	rc = rc ? rc : tcp_connect(p.client.tcp, &p.at, &conn);
	rc = rc ? rc : tcp_send(p.client.tcp, conn, STR("hello\n"));
	for (int i = 0; rc == 0 && i < 4; i++)
		rc = loop_turn(p.loop, USEC_MS(5));
	pair_close(&p);
	return rc;
}
