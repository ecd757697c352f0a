/* WebSocket connections over real sockets: what is said, what is refused, how they end. */
#include "net_client.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "test.h"

/* ---- what a server says, and what the client makes of it ---- */

static void script_echo(struct peer *p)
{
	char payload[1024];
	struct peer_conn c;
	unsigned first;
	size_t n;

	peer_accept(p, &c);
	peer_upgrade(p, &c);
	while ((first = peer_read_frame(p, &c, payload, sizeof(payload), &n)) != 0) {
		peer_frame(p, &c, first, payload, n);
		if (first == 0x88)
			break;
	}
	peer_close(&c);
}

static void tell_and_hear(enum peer_cert cert, const char *url)
{
	struct client c;
	struct peer p;

	REQUIRE(client_init(&c, NULL) == 0);
	peer_start(&p, cert, script_echo, NULL);
	CHECK_INT(client_open(&c, url, p.port), 0);
	CHECK_INT(ws_send(c.ws, WS_TEXT, STR("early")), 0);
	CHECK_INT(c.log.n, 0);
	CHECK(client_hears(&c, "open text:early "));
	CHECK_INT(ws_send(c.ws, WS_TEXT, STR("gr\xc3\xbc\xc3\x9f")), 0);
	CHECK_INT(ws_send(c.ws, WS_BINARY, STR("")), 0);
	CHECK_INT(ws_send(c.ws, WS_BINARY, (struct str){c.log.p, 5}), 0);
	CHECK(ws_unsent(c.ws) > 0);
	CHECK(client_hears(&c, "text:gr\xc3\xbc\xc3\x9f binary:0 binary:5 "));
	CHECK_INT(ws_unsent(c.ws), 0);
	c.ws = ws_close(c.ws, 1000);
	CHECK(client_counts(&c, 0));
	peer_stop(&p);
	CHECK(!p.failed);
	client_fini(&c);
}

TEST(ws_tells_and_hears_over_tcp)
{
	tell_and_hear(PEER_PLAIN, "ws://127.0.0.1:%u/listen?model=a");
}

TEST(ws_tells_and_hears_over_tls_by_name)
{
	tell_and_hear(PEER_GOOD, "wss://localhost:%u");
}

TEST(ws_tells_and_hears_over_tls_by_address)
{
	tell_and_hear(PEER_GOOD, "wss://127.0.0.1:%u/");
}

/* A server that says `bytes` behind its answer, in one piece, and then waits for the end. */
struct saying {
	struct str bytes;
	int close_code; /* what the client said */
};

static void script_says(struct peer *p)
{
	struct saying *s = p->arg;
	struct peer_conn c;

	peer_accept(p, &c);
	peer_upgrade(p, &c);
	peer_write(p, &c, s->bytes.p, s->bytes.n);
	s->close_code = peer_drain(p, &c);
	peer_close(&c);
}

static const struct says_row {
	struct str bytes;
	const char *heard;
	int close_code;
} says_rows[] = {
	/* Frames as they should be: whole, empty, in fragments with a ping between them. */
	{STR_INIT("\x81\x05Hello\x88\x02\x03\xe8"), "open text:Hello closed:none/0/1000: ", 1000},
	{STR_INIT("\x81\0\x82\0\x88\x05\x03\xe9"
		  "bye"),
	 "open text: binary:0 closed:none/0/1001:bye ", 1001},
	{STR_INIT("\x01\x03Hel\x89\x01x\x80\x02lo\x88\0"), "open text:Hello closed:unreachable/0/1005: ", 0},
	{STR_INIT("\x01\0\0\0\x80\x01x\x8a\0\x88\x02\x0f\xa0"), "open text:x closed:protocol/0/4000: ", 4000},
	{STR_INIT("\x88\x02\x03\xf5"), "closed:overload/0/1013: ", 1013},
	{STR_INIT("\x88\x02\x03\xf3"), "closed:unreachable/0/1011: ", 1011},
	{STR_INIT("\x88\x02\x0b\xb8"), "closed:auth/0/3000: ", 3000},
	/* A fragment of two characters' halves. */
	{STR_INIT("\x01\x01\xc3\x80\x01\xbc\x88\x02\x03\xe8"), "open text:\xc3\xbc closed:none", 1000},
	/* What no server may send. */
	{STR_INIT("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\xc1\x01x"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x83\x01x"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x80\x01x"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x01\x01x\x81\x01x"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x09\x01x"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x89\x7e\0\x7e"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x81\x7e\0\x05Hello"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x88\x01x"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x88\x02\x03\xed"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x88\x02\x27\x0f"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("HTTP/1.1 200 OK\r\n\r\n"), "closed:protocol/0/1002:", 1002},
	{STR_INIT("\x81\x01\xff"), "closed:protocol/0/1007:", 1007},
	{STR_INIT("\x01\x01\xc3\x80\x01x"), "closed:protocol/0/1007:", 1007},
	{STR_INIT("\x88\x03\x03\xe8\xff"), "closed:protocol/0/1007:", 1007},
	/* Longer than WS_MESSAGE_MAX, whole or in sum. */
	{STR_INIT("\x82\x7f\0\0\0\0\0\x10\0\x01x"), "closed:protocol/0/1009:", 1009},
	{STR_INIT("\x02\x01x\x80\x7f\0\0\0\0\0\x10\0\0x"), "closed:protocol/0/1009:", 1009},
};

TEST(ws_answers_each_frame_as_the_standard_says)
{
	for (size_t i = 0; i < ARRAY_LEN(says_rows); i++) {
		struct saying s = {.bytes = says_rows[i].bytes};
		struct client c;
		struct peer p;

		REQUIRE(client_init(&c, NULL) == 0);
		peer_start(&p, PEER_PLAIN, script_says, &s);
		CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", p.port), 0);
		CHECK(client_hears(&c, says_rows[i].heard));
		CHECK(!c.ws);
		client_fini(&c);
		peer_stop(&p);
		CHECK_INT(s.close_code, says_rows[i].close_code);
	}
}

/* ---- certificates ---- */

static void script_shakes(struct peer *p)
{
	struct peer_conn c;

	peer_accept(p, &c);
	peer_close(&c);
}

TEST(ws_refuses_certificates_and_says_why)
{
	static const struct {
		enum peer_cert cert;
		const char *url, *heard;
	} rows[] = {
		{PEER_MISNAMED, "wss://localhost:%u/",
		 "closed:unreachable/0/1006:certificate refused: hostname mismatch"},
		{PEER_MISNAMED, "wss://127.0.0.1:%u/",
		 "closed:unreachable/0/1006:certificate refused: IP address mismatch"},
		{PEER_EXPIRED, "wss://localhost:%u/",
		 "closed:unreachable/0/1006:certificate refused: certificate has expired"},
		{PEER_STRANGER, "wss://localhost:%u/",
		 "closed:unreachable/0/1006:certificate refused: unable to get local issuer certificate"},
		{PEER_PLAIN, "wss://localhost:%u/", "closed:unreachable/0/1006:TLS failed: connection "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct client c;
		struct peer p;

		REQUIRE(client_init(&c, NULL) == 0);
		peer_start(&p, rows[i].cert, script_shakes, NULL);
		CHECK_INT(client_open(&c, rows[i].url, p.port), 0);
		CHECK(client_hears(&c, rows[i].heard));
		CHECK_INT(ws_net_read_stats(c.net).refused, 1);
		client_fini(&c);
		peer_stop(&p);
	}
}

/* ---- refusals ---- */

static void script_refuses(struct peer *p)
{
	const struct str *answer = p->arg;
	struct peer_conn c;

	peer_accept(p, &c);
	peer_read_head(p, &c);
	peer_write(p, &c, answer->p, answer->n);
	if (!str_ends(*answer, STR("bye")) && !str_ends(*answer, STR("Un")))
		(void)peer_read(p, &c, c.request, 1);
	peer_close(&c);
}

TEST(ws_tells_why_an_upgrade_was_refused)
{
	static const struct {
		struct str answer;
		const char *heard;
		usec retry_after;
	} rows[] = {
		{STR_INIT("HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\n\r\nno key!"),
		 "closed:auth/401/1006:no key! ", -1},
		{STR_INIT("HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
			  "2\r\nsl\r\n2;x=y\r\now\r\n0\r\n\r\n"),
		 "closed:quota/429/1006:slow ", USEC_SEC(3)},
		{STR_INIT("HTTP/1.1 503 Full\r\nretry-after-ms: 250\r\n\r\nuntil the end: bye"),
		 "closed:overload/503/1006:until the end: bye ", USEC_MS(250)},
		{STR_INIT("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
		 "closed:config/404/1006: ", -1},
		{STR_INIT("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n"),
		 "closed:protocol/302/1006: ", -1},
		{STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "closed:protocol/200/1006:hi ",
		 -1},
		{STR_INIT("SSH-2.0-OpenSSH_9.2\r\n"), "closed:protocol/0/1006:no HTTP answer ", -1},
		{STR_INIT("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
		 "closed:protocol/0/1006:101 with a wrong Sec-WebSocket-Accept ", -1},
		{STR_INIT("HTTP/1.1 101 Yes\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
		 "closed:protocol/0/1006:101 to something else than a WebSocket ", -1},
		{STR_INIT("HTTP/1.1 401 Un"), "closed:unreachable/0/1006:the other end closed", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str answer = rows[i].answer;
		struct client c;
		struct peer p;

		REQUIRE(client_init(&c, NULL) == 0);
		peer_start(&p, PEER_PLAIN, script_refuses, &answer);
		CHECK_INT(client_open(&c, "ws://127.0.0.1:%u/", p.port), 0);
		CHECK(client_hears(&c, rows[i].heard));
		CHECK_INT(c.end.retry_after, rows[i].retry_after);
		client_fini(&c);
		peer_stop(&p);
	}
}
