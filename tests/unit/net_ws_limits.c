/* WebSocket connections when something is late, too much or in the way: deadlines, pings, back-pressure,
 * proxies, and owners that leave in the middle.
 */
#include <semaphore.h>
#include <stdio.h>

#include "base/mem.h"
#include "net_client.h"
#include "test.h"

static void wait_for_end(struct peer *p, struct peer_conn *c)
{
	char byte;

	while (peer_read(p, c, &byte, 1) == 1)
		continue;
	peer_close(c);
}

/* ---- deadlines ---- */

static void script_reads_only(struct peer *p)
{
	struct peer_conn c;

	peer_accept_plain(p, &c);
	wait_for_end(p, &c);
}

TEST(ws_says_what_it_waited_for)
{
	static const struct {
		const char *url, *heard;
	} rows[] = {
		{"ws://127.0.0.1:%u/", "closed:stalled/0/1006:not connected in time, waiting for: upgrade "},
		{"wss://127.0.0.1:%u/", "closed:stalled/0/1006:not connected in time, waiting for: TLS "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct client c;
		struct peer p;

		REQUIRE(client_init(&c, NULL) == 0);
		c.target.connect_limit = USEC_MS(300);
		peer_start(&p, PEER_PLAIN, script_reads_only, NULL);
		CHECK_INT(client_open(&c, rows[i].url, p.port), 0);
		CHECK(client_hears(&c, rows[i].heard));
		client_fini(&c);
		peer_stop(&p);
	}
}

static void script_half_a_refusal(struct peer *p)
{
	struct str answer = STR("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nnot today");
	struct peer_conn c;

	peer_accept(p, &c);
	peer_read_head(p, &c);
	peer_write(p, &c, answer.p, answer.n);
	wait_for_end(p, &c);
}

TEST(ws_tells_a_refusal_whose_body_never_ends)
{
	struct client c;
	struct peer p;

	REQUIRE(client_init(&c, NULL) == 0);
	c.target.connect_limit = USEC_MS(300);
	peer_start(&p, PEER_PLAIN, script_half_a_refusal, NULL);
	CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", p.port), 0);
	CHECK(client_hears(&c, "closed:auth/403/1006:not today "));
	client_fini(&c);
	peer_stop(&p);
}

TEST(ws_tells_what_cannot_be_reached)
{
	struct client c;

	REQUIRE(client_init(&c, NULL) == 0);
	CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", 1), 0);
	CHECK_INT(c.log.n, 0);
	CHECK(client_hears(&c, "closed:unreachable/0/1006:connect: Connection refused "));
	client_fini(&c);
}

TEST(ws_refuses_what_is_no_target)
{
	static const char *const urls[] = {"http://h/", "ws://",       "ws://h:0/",  "ws://h:x/",
					   "ws://a b/", "ws://u@h/",   "ws://[::1/", "ws://h/\r\nX: y",
					   "",          "ws://[::1]x/"};
	static const struct http_header bad[] = {{STR_INIT("X: y"), STR_INIT("v")},
						 {STR_INIT("X"), STR_INIT("v\r\nY: z")},
						 {STR_INIT(""), STR_INIT("v")}};
	const struct ws_sink sink = client_sink;
	struct client c;
	struct ws *w = NULL;

	REQUIRE(client_init(&c, NULL) == 0);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		const struct ws_target t = {.url = str_from(urls[i])};

		CHECK_INT(ws_open(c.net, &t, &sink, &w), -EINVAL);
		CHECK_INT(ws_keep_spares(c.net, &t, 1, 0), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct ws_target t = {.url = STR("ws://h/"), .headers = &bad[i], .header_count = 1};

		CHECK_INT(ws_open(c.net, &t, &sink, &w), -EINVAL);
	}
	CHECK(!w);
	CHECK_INT(ws_net_read_stats(c.net).open, 0);
	client_fini(&c);
}

TEST(ws_has_a_limit_of_connections)
{
	const struct ws_net_config config = {.conns_max = 1};
	struct client c;

	REQUIRE(client_init(&c, &config) == 0);
	CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", 1), 0);
	CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", 1), -EBUSY);
	c.ws = ws_abort(c.ws);
	CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", 1), 0);
	client_fini(&c);
}

/* ---- pings ---- */

static void script_deaf(struct peer *p)
{
	struct peer_conn c;
	char payload[125];
	size_t n;

	peer_accept(p, &c);
	peer_upgrade(p, &c);
	if (peer_read_frame(p, &c, payload, sizeof(payload), &n) != 0x89)
		p->failed = true;
	wait_for_end(p, &c);
}

TEST(ws_gives_up_on_a_peer_that_does_not_answer_pings)
{
	struct client c;
	struct peer p;

	REQUIRE(client_init(&c, NULL) == 0);
	c.target.ping_every = USEC_MS(50);
	peer_start(&p, PEER_PLAIN, script_deaf, NULL);
	CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", p.port), 0);
	CHECK(client_hears(&c, "closed:stalled/0/1006:no answer to a ping "));
	client_fini(&c);
	peer_stop(&p);
	CHECK(!p.failed);
}

static void script_alive(struct peer *p)
{
	struct peer_conn c;
	char payload[125];
	size_t n;

	peer_accept(p, &c);
	peer_upgrade(p, &c);
	for (int i = 0; i < 2; i++) {
		if (peer_read_frame(p, &c, payload, sizeof(payload), &n) != 0x89)
			p->failed = true;
		peer_frame(p, &c, 0x8a, payload, n);
	}
	peer_frame(p, &c, 0x88, "\x03\xe8", 2);
	peer_close(&c);
}

TEST(ws_keeps_a_peer_that_answers_pings)
{
	struct client c;
	struct peer p;

	REQUIRE(client_init(&c, NULL) == 0);
	c.target.ping_every = USEC_MS(500);
	peer_start(&p, PEER_PLAIN, script_alive, NULL);
	CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", p.port), 0);
	CHECK(client_hears(&c, "closed:none/0/1000"));
	client_fini(&c);
	peer_stop(&p);
	CHECK(!p.failed);
}

/* ---- back-pressure ---- */

#define FLOOD      64
#define FLOOD_SIZE 65000u

static void script_floods(struct peer *p)
{
	static char payload[FLOOD_SIZE];
	struct peer_conn c;

	peer_accept(p, &c);
	peer_upgrade(p, &c);
	for (int i = 0; i < FLOOD; i++)
		peer_frame(p, &c, 0x82, payload, sizeof(payload));
	peer_frame(p, &c, 0x88, "\x03\xe8", 2);
	peer_close(&c);
}

static unsigned count_messages(const struct client *c)
{
	struct str rest = buf_str(&c->log);
	unsigned n = 0;

	while (rest.n > 0)
		n += str_starts(str_cut(&rest, ' '), STR("binary:"));
	return n;
}

static void flood(enum peer_cert cert, const char *url)
{
	struct client c;
	struct peer p;

	REQUIRE(client_init(&c, NULL) == 0);
	c.pause_on_message = true;
	peer_start(&p, cert, script_floods, NULL);
	CHECK_INT(client_open(&c, url, p.port), 0);
	CHECK(client_hears(&c, "binary:65000 "));
	client_serve(&c, USEC_MS(50));
	CHECK_INT(count_messages(&c), 1);
	for (unsigned i = 1; i < FLOOD && c.ws; i++) {
		buf_clear(&c.log);
		ws_pause(c.ws, false);
		CHECK(client_hears(&c, "binary:65000 "));
		CHECK_INT(count_messages(&c), 1);
	}
	if (c.ws)
		ws_pause(c.ws, false);
	CHECK(client_hears(&c, "closed:none/0/1000"));
	client_fini(&c);
	peer_stop(&p);
	CHECK(!p.failed);
}

TEST(ws_lets_the_other_end_wait_while_it_is_paused)
{
	flood(PEER_PLAIN, "ws://127.0.0.1:%u/");
	flood(PEER_GOOD, "wss://127.0.0.1:%u/");
}

struct slow {
	sem_t go;
	size_t bytes;
	bool in_order;
	int close_code;
};

static void script_reads_late(struct peer *p)
{
	static unsigned char payload[16384];
	struct slow *s = p->arg;
	unsigned char next = 0;
	struct peer_conn c;
	unsigned first;
	size_t n;

	peer_accept(p, &c);
	peer_upgrade(p, &c);
	sem_wait(&s->go);
	while ((first = peer_read_frame(p, &c, payload, sizeof(payload), &n)) == 0x82) {
		s->bytes += n;
		s->in_order = s->in_order && payload[0] == next++;
	}
	s->close_code = first == 0x88 ? payload[0] << 8 | payload[1] : 0;
	peer_close(&c);
}

TEST(ws_refuses_more_than_may_wait_and_sends_the_rest_before_closing)
{
	static char payload[16384];
	struct slow s = {.in_order = true};
	size_t sent = 0;
	struct client c;
	struct peer p;
	int rc = 0;

	REQUIRE(client_init(&c, NULL) == 0 && sem_init(&s.go, 0, 0) == 0);
	peer_start(&p, PEER_GOOD, script_reads_late, &s);
	CHECK_INT(client_open(&c, "wss://127.0.0.1:%u/", p.port), 0);
	CHECK(client_hears(&c, "open "));
	for (int idle = 0; idle < 3;) {
		payload[0] = (char)(sent / sizeof(payload));
		rc = ws_send(c.ws, WS_BINARY, (struct str){payload, sizeof(payload)});
		CHECK(ws_unsent(c.ws) <= WS_UNSENT_MAX + 14);
		if (rc == 0) {
			sent += sizeof(payload);
			continue;
		}
		CHECK_INT(rc, -ENOBUFS);
		client_serve(&c, USEC_MS(20));
		idle++;
	}
	CHECK_INT(ws_send(c.ws, WS_TEXT, (struct str){payload, WS_UNSENT_MAX + 1}), -ENOBUFS);
	c.ws = ws_close(c.ws, 1000);
	sem_post(&s.go);
	CHECK(client_counts(&c, 0));
	client_fini(&c);
	peer_stop(&p);
	CHECK(s.in_order);
	CHECK_INT(s.bytes, sent);
	CHECK_INT(s.close_code, 1000);
	sem_destroy(&s.go);
}

/* ---- owners that leave ---- */

static void script_says_three(struct peer *p)
{
	struct peer_conn c;

	peer_accept(p, &c);
	peer_upgrade(p, &c);
	peer_write(p, &c, "\x81\x01x\x81\x01y\x81\x01z", 9);
	*(int *)p->arg = peer_drain(p, &c);
	peer_close(&c);
}

TEST(ws_may_be_closed_or_aborted_by_what_it_tells)
{
	for (int abort = 0; abort < 2; abort++) {
		struct client c;
		struct peer p;
		int code = -1;

		REQUIRE(client_init(&c, NULL) == 0);
		c.abort_on_message = abort;
		c.close_on_message = !abort;
		peer_start(&p, PEER_PLAIN, script_says_three, &code);
		CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", p.port), 0);
		CHECK(client_hears(&c, "text:x "));
		CHECK(client_counts(&c, 0));
		CHECK_STR(buf_str(&c.log), "open text:x ");
		peer_stop(&p);
		CHECK_INT(code, abort ? 0 : 1000);
		client_fini(&c);
	}
}

/* ---- proxies ---- */

/* `p->arg` is what it wants to see. */
static void script_proxy(struct peer *p)
{
	const char *head = "CONNECT vendor.invalid:7443 HTTP/1.1\r\nHost: vendor.invalid:7443\r\n";
	struct str answer = STR("HTTP/1.0 200 Connection established\r\nVia: a test\r\n\r\n");
	struct peer_conn c;

	peer_accept_plain(p, &c);
	peer_read_head(p, &c);
	p->failed = p->failed || !str_starts(str_from(c.request), str_from(head)) ||
		    !str_eq(str_sub(str_from(c.request), strlen(head), SIZE_MAX), str_from(p->arg));
	peer_write(p, &c, answer.p, answer.n);
	peer_upgrade(p, &c);
	peer_write(p, &c, "\x81\x02hi", 4);
	(void)peer_drain(p, &c);
	peer_close(&c);
}

static void with_proxy(const char *user, void (*script)(struct peer *p), void *arg, const char *heard)
{
	struct ws_net_config config = {.conns_max = 4};
	char proxy[64];
	struct client c;
	struct peer p;

	peer_start(&p, PEER_PLAIN, script, arg);
	snprintf(proxy, sizeof(proxy), "http://%s127.0.0.1:%u/", user, p.port);
	config.proxy = str_from(proxy);
	REQUIRE(client_init(&c, &config) == 0);
	c.target.connect_limit = heard[7] == 's' ? USEC_MS(300) : 0;
	CHECK_INT(client_open(&c, "ws://vendor.invalid:%u/", 7443), 0);
	CHECK(client_hears(&c, heard));
	client_fini(&c);
	peer_stop(&p);
	CHECK(!p.failed);
}

static void script_proxy_refuses(struct peer *p)
{
	struct str answer = STR("HTTP/1.1 407 Who are you\r\n\r\n");
	struct peer_conn c;

	peer_accept_plain(p, &c);
	peer_read_head(p, &c);
	peer_write(p, &c, answer.p, answer.n);
	wait_for_end(p, &c);
}

static void script_proxy_hasty(struct peer *p)
{
	struct str answer = STR("HTTP/1.1 200 OK\r\n\r\nand a word");
	struct peer_conn c;

	peer_accept_plain(p, &c);
	peer_read_head(p, &c);
	peer_write(p, &c, answer.p, answer.n);
	wait_for_end(p, &c);
}

TEST(ws_goes_through_a_proxy)
{
	static struct {
		const char *login;
		char asked[64];
	} rows[] = {
		{"", "\r\n"},
		{"user:pass@", "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"},
		{"user@", "Proxy-Authorization: Basic dXNlcjo=\r\n\r\n"},
		{"us%65r:p%40ss%3a%25@", "Proxy-Authorization: Basic dXNlcjpwQHNzOiU=\r\n\r\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		with_proxy(rows[i].login, script_proxy, rows[i].asked, "open text:hi ");
	with_proxy("", script_proxy_refuses, NULL, "closed:auth/0/1006:proxy refused: 407 ");
	with_proxy("", script_proxy_hasty, NULL, "closed:protocol/0/1006:proxy spoke before it was asked ");
	with_proxy("", script_reads_only, NULL,
		   "closed:stalled/0/1006:not connected in time, waiting for: proxy ");
}

static void script_proxy_tls(struct peer *p)
{
	struct str answer = STR("HTTP/1.1 200 OK\r\n\r\n");
	struct peer_conn c;

	peer_accept_plain(p, &c);
	peer_read_head(p, &c);
	peer_write(p, &c, answer.p, answer.n);
	peer_secure(p, &c);
	peer_upgrade(p, &c);
	peer_write(p, &c, "\x81\x02hi", 4);
	(void)peer_drain(p, &c);
	peer_close(&c);
}

TEST(ws_speaks_tls_through_a_proxy)
{
	struct ws_net_config config = {.conns_max = 4, .authority = peer_authority()};
	char proxy[64];
	struct client c;
	struct peer p;

	peer_start(&p, PEER_GOOD, script_proxy_tls, NULL);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", p.port);
	config.proxy = str_from(proxy);
	REQUIRE(client_init(&c, &config) == 0);
	CHECK_INT(client_open(&c, "wss://localhost:%u/", 443), 0);
	CHECK(client_hears(&c, "open text:hi "));
	client_fini(&c);
	peer_stop(&p);
	CHECK(!p.failed);
}

TEST(ws_refuses_a_proxy_that_is_none)
{
	static const char *const rows[] = {"socks5://h:1", "http://",          "http://h:x",
					   "h:3128",       "http://u:%0a@h:1", "http://h"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct ws_net_config config = {.conns_max = 1, .proxy = str_from(rows[i])};
		struct client c;

		CHECK_INT(client_init(&c, &config), -EINVAL);
		client_fini(&c);
	}
}

/* ---- without memory ---- */

struct oom_end {
	unsigned opened, heard, closed;
};

static void on_oom_open(void *arg)
{
	((struct oom_end *)arg)->opened++;
}

static void on_oom_message(void *arg, enum ws_kind kind, struct str payload)
{
	((struct oom_end *)arg)->heard++;
}

static void on_oom_closed(void *arg, const struct ws_end *end)
{
	((struct oom_end *)arg)->closed++;
}

static void script_fragments(struct peer *p)
{
	struct peer_conn c;

	peer_accept(p, &c);
	if (c.fd < 0)
		return;
	peer_upgrade(p, &c);
	peer_write(p, &c, "\x01\x03Hel\x80\x02lo", 9);
	(void)peer_drain(p, &c);
	peer_close(&c);
}

static int oom_talk(struct client *c, const char *url)
{
	struct oom_end e = {0};
	const struct ws_sink sink = {on_oom_open, on_oom_message, on_oom_closed, &e};
	const struct ws_target target = {.url = str_from(url), .protocol = STR("a, b")};
	struct ws *w;
	int rc = ws_open(c->net, &target, &sink, &w);

	if (rc < 0)
		return rc;
	rc = ws_send(w, WS_TEXT, STR("early"));
	while (rc == 0 && !e.closed && !e.heard)
		rc = loop_turn(c->loop, USEC_SEC(10));
	if (!e.closed)
		ws_abort(w);
	return rc == 0 && e.closed ? -ENOMEM : rc;
}

static int oom_story(enum peer_cert cert, const char *format)
{
	struct client c;
	struct peer p;
	char url[64];
	int rc = client_init(&c, NULL);

	if (rc == 0) {
		peer_start(&p, cert, script_fragments, NULL);
		snprintf(url, sizeof(url), format, p.port);
		rc = oom_talk(&c, url);
		peer_abandon(&p);
		peer_stop(&p);
	}
	client_fini(&c);
	return rc;
}

TEST_OOM(ws_survives_without_memory)
{
	return oom_story(PEER_PLAIN, "ws://localhost:%u/");
}

TEST_OOM(ws_survives_without_memory_over_tls)
{
	return oom_story(PEER_GOOD, "wss://127.0.0.1:%u/");
}
