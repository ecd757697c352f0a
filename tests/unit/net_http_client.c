/* The HTTP client against a small server of our own, over real sockets. */
#include <stdlib.h>

#include "http_stage.h"
#include "test.h"

/* ---- answers ---- */

static struct http_got g1, g2;

static int ask(struct http_stage *s, struct http_got *g, const char *path)
{
	return http_stage_ask(s, g, path, (struct http_ask){0});
}

static void answers(const char *name)
{
	struct http_stage s;

	REQUIRE(http_stage_open(&s, name, HTTP_STAGE_ASKS) == 0);
	http_stage_get(&s, &g1, "/hello", (struct http_ask){0});
	CHECK_STR(str_from(g1.words), "");
	CHECK_INT(g1.done.fault, FAULT_NONE);
	CHECK_INT(g1.done.status, 200);
	CHECK_INT(g1.heads, 1);
	CHECK_STR(str_from(g1.type), "text/plain");
	CHECK_STR(((struct str){g1.body, g1.n}), "hello");
	CHECK(g1.done.connect > 0 && g1.done.first_byte >= g1.done.connect &&
	      g1.done.total >= g1.done.first_byte);
	CHECK_INT(g1.done.retry_after, -1);
	http_stage_get(&s, &g1, "/early", (struct http_ask){0});
	CHECK_INT(g1.heads, 1);
	CHECK_STR(((struct str){g1.body, g1.n}), "ok");
	CHECK_INT(g1.done.connect, 0); /* kept */
	http_stage_get(&s, &g1, "/none", (struct http_ask){0});
	CHECK_INT(g1.done.fault, FAULT_NONE);
	CHECK_INT(g1.done.status, 204);
	CHECK_INT(g1.done.first_byte, 0);
	CHECK_INT(s.web.accepted, 1);
	http_stage_close(&s);
}

TEST(http_client_reads_answers_and_keeps_the_connection)
{
	answers(NULL);
}

TEST(http_client_reads_answers_over_tls)
{
	answers("localhost");
}

TEST(http_client_streams_what_comes)
{
	struct http_stage s;

	REQUIRE(http_stage_open(&s, "localhost", HTTP_STAGE_ASKS) == 0);
	http_stage_get(&s, &g1, "/stream", (struct http_ask){0});
	CHECK_INT(g1.pieces, 3);
	CHECK_INT(g1.heads, 1);
	CHECK_STR(str_from(g1.type), "text/event-stream");
	CHECK_STR(((struct str){g1.body, g1.n}), "ab\r\nab\r\nab\r\n");
	CHECK_INT(g1.done.fault, FAULT_NONE);
	http_stage_close(&s);
}

TEST(http_client_sends_what_it_is_told_to)
{
	const struct http_header headers[] = {{STR("Authorization"), STR("Bearer secret")},
					      {STR("Content-Type"), STR("application/json")},
					      {STR("X-Empty"), STR("")}};
	struct http_stage s;
	struct str body;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	http_stage_get(&s, &g1, "/echo?a=1",
		       (struct http_ask){.method = "POST",
					 .headers = headers,
					 .header_count = 3,
					 .body = STR("{\"a\":\"\\u0000\"}")});
	body = (struct str){g1.body, g1.n};
	CHECK(str_starts(body, STR("POST /echo?a=1 HTTP/1.1\r\n")));
	CHECK(str_find(body, STR("Authorization: Bearer secret\r\n")) < body.n);
	CHECK(str_find(body, STR("Content-Type: application/json\r\n")) < body.n);
	CHECK(str_find(body, STR("X-Empty:\r\n")) < body.n);
	CHECK(!str_ihas(body, STR("expect:")) && !str_ihas(body, STR("urlencoded")));
	CHECK(str_ends(body, STR("\r\n\r\n{\"a\":\"\\u0000\"}")));
	http_stage_get(&s, &g1, "/x", (struct http_ask){.method = "DELETE"});
	CHECK(str_starts((struct str){g1.body, g1.n}, STR("DELETE /x HTTP/1.1\r\n")));
	http_stage_get(&s, &g1, "/x", (struct http_ask){.method = "POST"});
	CHECK(str_ihas((struct str){g1.body, g1.n}, STR("content-length: 0\r\n")));
	http_stage_close(&s);
}

TEST(http_client_refuses_what_is_no_request)
{
	static const char *const urls[] = {
		"",        "localhost",   "ftp://localhost/",  "file:///etc/passwd",
		"http://", "http://a b/", "http://a/\r\nX: y", "http://a:99999/",
		"https:/x"};
	static const struct http_header bad[] = {{STR("A:"), STR("x")},
						 {STR(""), STR("x")},
						 {STR("A"), STR("x\r\nB: y")},
						 {STR("A\n"), STR("x")},
						 {STR("A"), STR("x\0y")}};
	static char endless[HTTP_CLIENT_URL_MAX + 2] = "http://localhost/";
	struct http_stage s;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct http_sink sink;
		struct http_ask a = {.method = "GET", .url = str_from(urls[i])};

		CHECK_INT(http_client_ask(s.client, &a, http_stage_sink(&g1, &sink), &g1.ask), -EINVAL);
	}
	memset(endless + 17, 'x', sizeof(endless) - 18);
	CHECK_INT(http_stage_ask(&s, &g1, "", (struct http_ask){.url = str_from(endless)}), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(http_stage_ask(&s, &g1, "/",
					 (struct http_ask){.headers = &bad[i], .header_count = 1}),
			  -EINVAL);
	CHECK_INT(http_stage_ask(&s, &g1, "/", (struct http_ask){.headers = bad, .header_count = 17}),
		  -EINVAL);
	http_stage_close(&s);
}

/* ---- failures ---- */

TEST(http_client_knows_what_a_status_means)
{
	static const struct {
		const char *path;
		int status;
		enum fault fault;
		usec retry_after;
		const char *words;
	} rows[] = {
		{"/status/400", 400, FAULT_CONFIG, USEC_SEC(7), "{\"error\":\"because\"}"},
		{"/status/401", 401, FAULT_AUTH, USEC_SEC(7), "{\"error\":\"because\"}"},
		{"/status/429", 429, FAULT_QUOTA, USEC_SEC(7), "{\"error\":\"because\"}"},
		{"/status/500", 500, FAULT_UNREACHABLE, USEC_SEC(7), "{\"error\":\"because\"}"},
		{"/status/529", 529, FAULT_OVERLOAD, USEC_SEC(7), "{\"error\":\"because\"}"},
		{"/status/504", 504, FAULT_STALLED, USEC_SEC(7), "{\"error\":\"because\"}"},
		{"/moved", 302, FAULT_PROTOCOL, -1, "HTTP status 302"},
		{"/soon", 429, FAULT_QUOTA, USEC_MS(1500), "HTTP status 429"},
		{"/dated", 503, FAULT_OVERLOAD, USEC_SEC(86400), "HTTP status 503"},
	};
	struct http_stage s;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		http_stage_get(&s, &g1, rows[i].path, (struct http_ask){0});
		CHECK_INT(g1.done.status, rows[i].status);
		CHECK_INT(g1.done.fault, rows[i].fault);
		CHECK_INT(g1.done.retry_after, rows[i].retry_after);
		CHECK_STR(str_from(g1.words), rows[i].words);
		CHECK_INT(g1.heads + g1.pieces, 0);
	}
	CHECK_INT(s.web.accepted, 1); /* a status costs no connection */
	http_stage_close(&s);
}

TEST(http_client_names_what_broke)
{
	static const struct {
		const char *path;
		enum fault fault;
	} rows[] = {
		{"/garbage", FAULT_PROTOCOL}, {"/short", FAULT_PROTOCOL},   {"/badchunk", FAULT_PROTOCOL},
		{"/gone", FAULT_UNREACHABLE}, {"/endless", FAULT_PROTOCOL},
	};
	struct http_stage s;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		http_stage_get(&s, &g1, rows[i].path, (struct http_ask){0});
		CHECK_INT(g1.done.fault, rows[i].fault);
		CHECK(*g1.words);
	}
	http_stage_get(&s, &g1, "", (struct http_ask){.url = STR("http://127.0.0.1:1/")});
	CHECK_INT(g1.done.fault, FAULT_UNREACHABLE);
	CHECK_INT(g1.done.status + g1.done.connect + g1.done.first_byte, 0);
	http_stage_close(&s);
}

TEST(http_client_limits_every_wait)
{
	static const struct {
		const char *path, *words;
		struct http_ask limits;
	} rows[] = {
		{"/silent", "no answer within 30 ms", {.first_limit = USEC_MS(30)}},
		{"/head", "no answer within 30 ms", {.first_limit = USEC_MS(30), .stall_limit = USEC_MS(1)}},
		{"/half",
		 "nothing more within 30 ms",
		 {.stall_limit = USEC_MS(30), .first_limit = USEC_SEC(60)}},
		{"/half", "not done within 40 ms", {.total_limit = USEC_MS(40)}},
	};
	struct http_stage s;
	int gone = 0;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		http_stage_get(&s, &g1, rows[i].path, rows[i].limits);
		CHECK(g1.done.fault == FAULT_STALLED && g1.done.sent);
		CHECK_STR(str_from(g1.words), rows[i].words);
		http_stage_wait(&s, &s.web.gone, ++gone); /* the stream was closed */
	}
	http_stage_close(&s);
}

/* What a refusal means is in its status: the rest of its body is waited for a moment, by whatever limit. */
TEST(http_client_believes_a_status_whose_body_never_ends)
{
	static const struct http_ask rows[] = {
		{0}, {.total_limit = USEC_MS(40)}, {.stall_limit = USEC_MS(40)}};
	struct http_stage s;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		http_stage_get(&s, &g1, "/refused", rows[i]);
		CHECK_INT(g1.done.fault, FAULT_QUOTA);
		CHECK_INT(g1.done.status, 429);
		CHECK_INT(g1.done.retry_after, USEC_SEC(7));
		CHECK_STR(str_from(g1.words), "slow down");
		CHECK_INT(g1.heads + g1.pieces, 0);
		http_stage_wait(&s, &s.web.gone, (int)i + 1);
	}
	http_stage_close(&s);
}

/* A server that takes connections and says nothing: TLS never begins. */
TEST(http_client_limits_the_connection)
{
	struct http_ask a = {.connect_limit = USEC_MS(40), .first_limit = USEC_SEC(60)};
	struct http_stage s;
	char url[256];

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	snprintf(url, sizeof(url), "https%s", web_url(&s.web, "/hello", g1.words) + 4);
	a.url = str_from(url);
	http_stage_get(&s, &g1, "", a);
	CHECK_INT(g1.done.fault, FAULT_STALLED);
	CHECK(!g1.done.sent && g1.done.connect == 0);
	http_stage_close(&s);
}

TEST(http_client_bounds_an_answer)
{
	struct http_stage s;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	http_stage_get(&s, &g1, "/flood", (struct http_ask){.answer_max = 40000});
	CHECK_INT(g1.done.fault, FAULT_PROTOCOL);
	CHECK_STR(str_from(g1.words), "its answer is over 40000 bytes");
	CHECK(g1.n <= 40000);
	http_stage_get(&s, &g1, "/hello", (struct http_ask){.answer_max = 5});
	CHECK_INT(g1.done.fault, FAULT_NONE);
	http_stage_close(&s);
}

TEST(http_client_believes_only_known_certificates)
{
	struct http_stage s;

	REQUIRE(http_stage_open(&s, "wrong.example", HTTP_STAGE_ASKS) == 0);
	http_stage_get(&s, &g1, "/hello", (struct http_ask){0});
	CHECK_INT(g1.done.fault, FAULT_UNREACHABLE);
	CHECK(strstr(g1.words, "127.0.0.1") != NULL);
	CHECK_INT(s.web.asked, 0);
	http_stage_close(&s);
	/* Ours is in no system's list. */
	REQUIRE(http_stage_open(&s, "localhost", HTTP_STAGE_ASKS) == 0);
	http_client_free(s.client);
	loop_free(s.loop);
	{
		struct http_client_config config = {.asks_max = 1, .conns_max = 1};

		REQUIRE(loop_new(LOOP_REAL, 0, &s.loop) == 0);
		REQUIRE(http_client_new(s.loop, &config, &s.client) == 0);
	}
	http_stage_get(&s, &g1, "/hello", (struct http_ask){0});
	CHECK_INT(g1.done.fault, FAULT_UNREACHABLE);
	CHECK_INT(s.web.asked, 0);
	http_stage_close(&s);
}

/* ---- the owner's side ---- */

TEST(http_client_cancels_at_once)
{
	struct http_stage s;

	REQUIRE(http_stage_open(&s, "localhost", HTTP_STAGE_ASKS) == 0);
	g1 = (struct http_got){.cancel_in_body = true};
	REQUIRE(ask(&s, &g1, "/half") == 0);
	http_stage_wait(&s, &s.web.gone, 1);
	CHECK_INT(g1.pieces, 1);
	g1 = (struct http_got){.cancel_in_head = true};
	REQUIRE(ask(&s, &g1, "/head") == 0);
	http_stage_wait(&s, &s.web.gone, 2);
	CHECK_INT(g1.heads, 1);
	g2 = (struct http_got){0};
	REQUIRE(ask(&s, &g2, "/silent") == 0);
	http_stage_wait(&s, &s.web.asked, 3);
	CHECK(http_client_sent(s.client, g2.ask));
	http_client_cancel(s.client, g2.ask);
	http_client_cancel(s.client, g2.ask);
	http_client_cancel(s.client, 12345);
	http_stage_wait(&s, &s.web.gone, 3);
	REQUIRE(ask(&s, &g2, "/hello") == 0);
	http_client_cancel(s.client, g2.ask);
	CHECK_INT(loop_turn(s.loop, USEC_MS(5)), 0);
	CHECK_INT(g1.dones + g2.dones + g2.heads, 0);
	http_stage_close(&s);
}

TEST(http_client_cancels_others_from_a_callback)
{
	struct http_stage s;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	g1 = g2 = (struct http_got){0};
	REQUIRE(ask(&s, &g2, "/half") == 0);
	http_stage_wait(&s, &g2.pieces, 1);
	g1.cancel_too = g2.ask;
	g1.again = true; /* and asks anew inside on_done() */
	REQUIRE(ask(&s, &g1, "/hello") == 0);
	http_stage_wait(&s, &g1.dones, 2);
	http_stage_wait(&s, &s.web.gone, 1);
	CHECK_INT(g2.dones, 0);
	CHECK_INT(g1.done.connect, 0);
	http_stage_close(&s);
}

TEST(http_client_holds_a_piece_back)
{
	struct http_stage s;

	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	g1 = (struct http_got){.refuse = -EAGAIN};
	REQUIRE(http_stage_ask(&s, &g1, "/hello", (struct http_ask){.stall_limit = USEC_MS(1)}) == 0);
	http_stage_wait(&s, &g1.pieces, 1);
	for (int i = 0; i < 5; i++)
		CHECK_INT(loop_turn(s.loop, USEC_MS(5)), 0);
	CHECK_INT(g1.dones, 0); /* who holds back does not stall */
	g1.refuse = 0;
	http_client_resume(s.client, g1.ask);
	CHECK_INT(g1.pieces, 1); /* not inside the call */
	http_stage_wait(&s, &g1.dones, 1);
	CHECK_INT(g1.done.fault, FAULT_NONE);
	CHECK_STR(((struct str){g1.body, g1.n}), "hello");
	/* Held back, then given up. */
	g1 = (struct http_got){.refuse = -EAGAIN};
	REQUIRE(ask(&s, &g1, "/half") == 0);
	http_stage_wait(&s, &g1.pieces, 1);
	http_client_resume(s.client, g1.ask);
	http_client_cancel(s.client, g1.ask);
	http_stage_wait(&s, &s.web.gone, 1);
	http_stage_get(&s, &g1, "/hello", (struct http_ask){0});
	g1 = (struct http_got){.refuse = -EBADMSG};
	REQUIRE(ask(&s, &g1, "/hello") == 0);
	http_stage_wait(&s, &g1.dones, 1);
	CHECK_INT(g1.done.fault, FAULT_PROTOCOL);
	http_stage_close(&s);
}

TEST(http_client_asks_many_at_once)
{
	static struct http_got many[33];
	struct http_stage s;

	REQUIRE(http_stage_open(&s, "localhost", HTTP_STAGE_ASKS) == 0);
	memset(many, 0, sizeof(many));
	for (size_t i = 0; i < 32; i++)
		REQUIRE(ask(&s, &many[i], "/hello") == 0);
	CHECK_INT(ask(&s, &many[32], "/hello"), -EBUSY);
	for (size_t i = 0; i < 32; i++) {
		http_stage_wait(&s, &many[i].dones, 1);
		CHECK_INT(many[i].done.fault, FAULT_NONE);
		CHECK_INT(many[i].n, 5);
	}
	CHECK(s.web.accepted <= 32);
	CHECK_INT(s.web.asked, 32);
	http_stage_close(&s);
}

TEST(http_client_is_freed_with_asks_under_way)
{
	struct http_stage s;

	REQUIRE(http_stage_open(&s, "localhost", HTTP_STAGE_ASKS) == 0);
	g1 = g2 = (struct http_got){0};
	REQUIRE(ask(&s, &g1, "/half") == 0);
	http_stage_wait(&s, &g1.pieces, 1);
	REQUIRE(ask(&s, &g2, "/hello") == 0);
	http_stage_close(&s);
	CHECK_INT(g1.dones + g2.dones, 0);
}

/* One ask at a time: while the connection is being warmed, there is no place for another. */
TEST(http_client_warms_a_connection)
{
	struct http_stage s;
	char url[256];

	REQUIRE(http_stage_open(&s, "localhost", 1) == 0);
	http_client_warm(s.client, str_from(web_url(&s.web, "/v1/chat", url)));
	http_client_warm(s.client, STR("nonsense"));
	g1 = (struct http_got){0};
	for (int i = 0; i < HTTP_STAGE_TURNS && ask(&s, &g1, "/hello") == -EBUSY; i++)
		CHECK_INT(loop_turn(s.loop, USEC_MS(20)), 0);
	http_stage_wait(&s, &g1.dones, 1);
	CHECK_INT(s.web.accepted, 1);
	CHECK_INT(g1.done.connect, 0);
	http_stage_close(&s);
}

/* The server plays the proxy: it sees the whole URL, or CONNECT without the key. */
TEST(http_client_goes_through_its_proxy_only)
{
	const struct http_header key = {STR("Authorization"), STR("Bearer secret")};
	struct http_stage s = {0};
	char url[256];

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("no_proxy", "*", 1);
	REQUIRE(http_stage_open(&s, NULL, HTTP_STAGE_ASKS) == 0);
	http_stage_get(&s, &g1, "/hello", (struct http_ask){0});
	CHECK_INT(g1.done.fault, FAULT_NONE);
	http_client_free(s.client);
	loop_free(s.loop);
	REQUIRE(http_stage_client(&s, web_url(&s.web, "", url), HTTP_STAGE_ASKS) == 0);
	http_stage_get(&s, &g1, "", (struct http_ask){.url = STR("http://vendor.example/x")});
	CHECK(str_starts((struct str){g1.body, g1.n}, STR("GET http://vendor.example/x HTTP/1.1\r\n")));
	http_stage_get(&s, &g1, "",
		       (struct http_ask){
			       .url = STR("https://vendor.example/x"), .headers = &key, .header_count = 1});
	CHECK_INT(g1.done.fault, FAULT_UNREACHABLE);
	CHECK_INT(g1.heads, 0);
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("no_proxy");
	http_stage_close(&s);
}

/* Ours fail, one after the other. */
static int story(struct web *web)
{
	struct http_client_config config = {
		.asks_max = 4, .conns_max = 2, .authority = str_from(web_authority(web))};
	struct http_stage s = {0};
	struct http_sink sink;
	char url[256];
	struct http_ask a = {.method = "POST",
			     .body = STR("{}"),
			     .total_limit = USEC_SEC(5),
			     .connect_limit = USEC_MS(500)};
	int rc = loop_new(LOOP_REAL, 0, &s.loop);

	rc = rc ? rc : http_client_new(s.loop, &config, &s.client);
	a.url = str_from(web_url(web, "/hello", url));
	g1 = (struct http_got){.client = s.client, .web = web};
	rc = rc ? rc : http_client_ask(s.client, &a, http_stage_sink(&g1, &sink), &g1.ask);
	for (int i = 0; rc == 0 && i < HTTP_STAGE_TURNS && !g1.dones; i++)
		rc = loop_turn(s.loop, USEC_MS(20));
	if (rc == 0 && !(g1.done.fault == FAULT_NONE && g1.n == 5))
		rc = -ENOMEM;
	http_client_free(s.client);
	loop_free(s.loop);
	return rc;
}

static struct web oom_web;

TEST_OOM(http_client_survives_without_memory)
{
	static bool started;

	if (!started)
		started = web_start_for_good(&oom_web, http_stage_script) == 0;
	return story(&oom_web);
}
