/* Connections opened before they are needed: taken, renewed, not stormed for, and not kept for ever. */
#include <stdatomic.h>
#include <stdio.h>

#include "net_client.h"
#include "test.h"

#define HOSTED 3

struct hosting {
	unsigned wanted;
	atomic_uint accepted;
	atomic_int first_code; /* of the first connection's close */
};

/* Accepts some connections, one after the other, says hello on each, and then hears them out. */
static void script_hosts(struct peer *p)
{
	struct hosting *h = p->arg;
	struct peer_conn conns[HOSTED];

	for (unsigned i = 0; i < h->wanted; i++) {
		peer_accept(p, &conns[i]);
		peer_upgrade(p, &conns[i]);
		peer_write(p, &conns[i], "\x81\x05hello\x82\0", 9);
		h->accepted++;
	}
	for (unsigned i = 0; i < h->wanted; i++) {
		int code = peer_drain(p, &conns[i]);

		if (i == 0)
			h->first_code = code;
		peer_close(&conns[i]);
	}
}

static struct ws_target spare_target(char url[64], uint16_t port)
{
	static const struct http_header headers[] = {{STR_INIT("Authorization"), STR_INIT("Token 1")}};

	snprintf(url, 64, "wss://localhost:%u/v1", port);
	return (struct ws_target){.url = str_from(url), .headers = headers, .header_count = 1};
}

static bool until_spares(struct client *c, size_t n)
{
	for (int i = 0; i < 2000 && ws_net_read_stats(c->net).spares != n; i++)
		client_serve(c, USEC_MS(5));
	return ws_net_read_stats(c->net).spares == n;
}

TEST(ws_takes_a_spare_and_hears_what_it_heard)
{
	struct hosting h = {.wanted = 2};
	struct ws_net_stats stats;
	struct client c;
	struct peer p;
	char url[64];

	REQUIRE(client_init(&c, NULL) == 0);
	peer_start(&p, PEER_GOOD, script_hosts, &h);
	c.target = spare_target(url, p.port);
	CHECK_INT(ws_keep_spares(c.net, &c.target, 1, 0), 0);
	REQUIRE(until_spares(&c, 1));
	client_serve(&c, USEC_MS(50));
	CHECK_INT(client_open(&c, url, 0), 0);
	CHECK_INT(c.log.n, 0);
	CHECK(client_hears(&c, "open text:hello binary:0 "));
	CHECK(until_spares(&c, 1));
	stats = ws_net_read_stats(c.net);
	CHECK_INT(stats.spares_taken, 1);
	CHECK_INT(stats.spares_missed, 0);
	CHECK_INT(stats.open, 2);
	CHECK_INT(stats.sessions_resumed, 1);
	c.ws = ws_close(c.ws, 1000);
	CHECK_INT(ws_keep_spares(c.net, &c.target, 0, 0), 0);
	CHECK(client_counts(&c, 0));
	client_fini(&c);
	peer_stop(&p);
	CHECK(!p.failed);
	CHECK_INT(h.first_code, 1000);
}

TEST(ws_renews_a_spare_before_it_gets_old)
{
	struct hosting h = {.wanted = 2};
	struct client c;
	struct peer p;
	char url[64];

	REQUIRE(client_init(&c, NULL) == 0);
	peer_start(&p, PEER_GOOD, script_hosts, &h);
	c.target = spare_target(url, p.port);
	CHECK_INT(ws_keep_spares(c.net, &c.target, 1, USEC_SEC(1)), 0);
	REQUIRE(until_spares(&c, 1));
	CHECK_INT(ws_keep_spares(c.net, &c.target, 1, 0), 0); /* the next one is for good */
	for (int i = 0; i < 2000 && h.accepted < 2; i++)
		client_serve(&c, USEC_MS(5));
	CHECK_INT(h.accepted, 2);
	CHECK(client_counts(&c, 1));
	CHECK_INT(ws_net_read_stats(c.net).spares, 1);
	CHECK_INT(ws_net_read_stats(c.net).spares_missed, 0);
	client_fini(&c);
	peer_stop(&p);
	CHECK_INT(h.first_code, 1001);
}

static void script_counts(struct peer *p)
{
	struct str answer = STR("HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n");
	atomic_uint *count = p->arg;
	struct peer_conn c;

	while (peer_accept(p, &c), c.fd >= 0) {
		(*count)++;
		peer_read_head(p, &c);
		peer_write(p, &c, answer.p, answer.n);
		peer_close(&c);
	}
}

TEST(ws_does_not_storm_a_vendor_that_refuses_spares)
{
	atomic_uint count = 0;
	struct client c;
	struct peer p;
	char url[64];

	REQUIRE(client_init(&c, NULL) == 0);
	peer_start(&p, PEER_GOOD, script_counts, &count);
	c.target = spare_target(url, p.port);
	CHECK_INT(ws_keep_spares(c.net, &c.target, HOSTED, 0), 0);
	for (int i = 0; i < 2000 && count < HOSTED; i++)
		client_serve(&c, USEC_MS(5));
	client_serve(&c, USEC_MS(100));
	CHECK_INT(count, HOSTED);
	CHECK_INT(client_open(&c, url, 0), 0);
	CHECK_INT(ws_net_read_stats(c.net).spares_missed, 1);
	CHECK(client_hears(&c, "closed:overload/503/1006"));
	client_fini(&c);
	peer_abandon(&p);
	peer_stop(&p);
}

/* What is kept on a simulated clock: no connection comes to be there, and none is needed. */
static int keep(struct ws_net *n, unsigned number)
{
	char url[64];
	const struct ws_target t = {
		.url = {url, (size_t)snprintf(url, sizeof(url), "ws://127.0.0.1:1/%u", number)}};

	return ws_keep_spares(n, &t, 1, 0);
}

TEST(ws_forgets_the_targets_that_nobody_uses)
{
	const struct ws_net_config config = {.conns_max = 4};
	struct ws_net *n;
	struct loop *l;

	REQUIRE(loop_new(LOOP_SIM, USEC_SEC(1), &l) == 0 && ws_net_new(l, &config, &n) == 0);
	CHECK_INT(keep(n, 1), 0);
	loop_advance(l, WS_TARGET_IDLE / 2);
	CHECK_INT(keep(n, 2), 0);
	CHECK_INT(keep(n, 1), 0);
	CHECK_INT(ws_net_read_stats(n).targets, 2);
	loop_advance(l, WS_TARGET_IDLE - USEC_SEC(1));
	CHECK_INT(keep(n, 2), 0);
	CHECK_INT(ws_net_read_stats(n).targets, 2);
	loop_advance(l, USEC_SEC(2));
	CHECK_INT(ws_net_read_stats(n).targets, 1);
	loop_advance(l, WS_TARGET_IDLE);
	CHECK_INT(ws_net_read_stats(n).targets, 0);
	ws_net_free(n);
	loop_free(l);
}

TEST(ws_keeps_spares_of_so_many_targets)
{
	const struct ws_net_config config = {.conns_max = 4};
	const struct ws_target first = {.url = STR("ws://127.0.0.1:1/0")},
			       second = {.url = STR("ws://127.0.0.1:1/1")};
	struct ws_net *n;
	struct loop *l;

	REQUIRE(loop_new(LOOP_SIM, USEC_SEC(1), &l) == 0 && ws_net_new(l, &config, &n) == 0);
	for (unsigned i = 0; i < WS_TARGETS_MAX; i++)
		CHECK_INT(keep(n, i), 0);
	CHECK_INT(ws_net_read_stats(n).targets, WS_TARGETS_MAX);
	CHECK_INT(keep(n, 0), 0); /* now the second is the longest unused */
	CHECK_INT(keep(n, WS_TARGETS_MAX), 0);
	CHECK_INT(ws_net_read_stats(n).targets, WS_TARGETS_MAX);
	CHECK_INT(ws_keep_spares(n, &second, 0, 0), 0);
	CHECK_INT(ws_net_read_stats(n).targets, WS_TARGETS_MAX); /* it was not there */
	CHECK_INT(ws_keep_spares(n, &first, 0, 0), 0);
	CHECK_INT(ws_net_read_stats(n).targets, WS_TARGETS_MAX - 1);
	ws_net_free(n);
	loop_free(l);
}
