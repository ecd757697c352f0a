/* The HTTP client against a small server of our own, over real sockets. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "test.h"
#include "web_stage.h"

#define ASKS       32
#define WAIT_LIMIT 1000 /* loop turns of 20 ms */

/* ---- what the server does, by path ---- */

static void say_status(struct web_conn *c, struct str path)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "HTTP/1.1 " STR_FMT
		 " Because\r\nContent-Length: 19\r\nRetry-After: 7\r\n\r\n{\"error\":\"because\"}",
		 STR_ARG(path));
	web_say(c, text);
}

static void stream(struct web_conn *c, const struct web_request *r)
{
	web_say(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream; "
		   "a=b\r\n\r\n");
	for (int i = 0; i < 3; i++) {
		web_say(c, "4\r\nab\r\n\r\n");
		sem_wait(&r->web->go); /* the test has seen it */
	}
	web_say(c, "0\r\nTrailer: x\r\n\r\n");
}

static void flood(struct web_conn *c, size_t n)
{
	char room[1024];

	memset(room, 'x', sizeof(room));
	web_say(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	for (; n > 0; n -= sizeof(room))
		web_write(c, room, sizeof(room));
}

static void echo(struct web_conn *c, const struct web_request *r)
{
	char text[64];

	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", r->head.n + r->body.n);
	web_say(c, text);
	web_write(c, r->head.p, r->head.n);
	web_write(c, r->body.p, r->body.n);
}

static void endless_head(struct web_conn *c)
{
	web_say(c, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 4000; i++)
		web_say(c, "X-Padding: 0123456789012345678901234567890123456789\r\n");
}

static bool script(struct web_conn *c, const struct web_request *r)
{
	static const struct {
		const char *path, *answer;
		bool waits, stays;
	} texts[] = {
		{"/hello", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
		 .stays = true},
		{"/early",
		 "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
		 "2\r\n\r\nok",
		 .stays = true},
		{"/none", "HTTP/1.1 204 No Content\r\n\r\n", .stays = true},
		{"/moved", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n",
		 .stays = true},
		{"/soon",
		 "HTTP/1.1 429 No\r\nretry-after-ms: 1500\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n",
		 .stays = true},
		{"/dated",
		 "HTTP/1.1 503 No\r\nRetry-After: Fri, 31 Dec 2999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n",
		 .stays = true},
		{"/silent", "", .waits = true},
		{"/head", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", .waits = true},
		{"/half", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", .waits = true},
		{"/refused", "HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Length: 99\r\n\r\nslow down",
		 .waits = true},
		{"/garbage", "SSH-2.0-OpenSSH_9.2p1\r\n\r\n"},
		{"/short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"},
		{"/badchunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\nzz\r\n"},
		{"/gone", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!str_eq(r->path, str_from(texts[i].path)))
			continue;
		web_say(c, str_eq(r->method, STR("HEAD")) ? "HTTP/1.1 200 OK\r\n\r\n" : texts[i].answer);
		if (texts[i].waits)
			web_wait_gone(c);
		return texts[i].stays;
	}
	if (str_starts(r->path, STR("/status/")))
		say_status(c, str_sub(r->path, 8, 3));
	else if (str_eq(r->path, STR("/stream")))
		stream(c, r);
	else if (str_eq(r->path, STR("/flood")))
		return flood(c, 40u << 20), false;
	else if (str_eq(r->path, STR("/endless")))
		return endless_head(c), false;
	else
		echo(c, r);
	return true;
}

/* ---- the client's side ---- */

struct got {
	struct http_client *client;
	struct web *web;
	uint32_t ask, cancel_too;
	atomic_int heads, pieces, dones;
	int status;
	char type[64], body[65536], words[HTTP_CLIENT_WORDS_MAX + 1];
	size_t n;
	struct http_done done;
	int refuse; /* what on_body() answers */
	bool cancel_in_head, cancel_in_body, again;
};

static void on_head(void *arg, const struct http_head *head)
{
	struct got *g = arg;

	g->heads++;
	g->status = head->status;
	str_copy(head->content_type, g->type, sizeof(g->type));
	if (g->cancel_in_head)
		http_client_cancel(g->client, g->ask);
}

static int on_body(void *arg, struct str piece)
{
	struct got *g = arg;
	size_t n = MIN(piece.n, sizeof(g->body) - g->n);

	g->pieces++;
	if (g->cancel_too)
		http_client_cancel(g->client, g->cancel_too);
	if (g->cancel_in_body)
		http_client_cancel(g->client, g->ask);
	if (g->refuse)
		return g->refuse;
	memcpy(g->body + g->n, piece.p, n);
	g->n += n;
	sem_post(&g->web->go);
	return 0;
}

static const struct http_sink *sink_of(struct got *g, struct http_sink *sink);

static void on_done(void *arg, const struct http_done *done)
{
	struct got *g = arg;

	g->dones++;
	g->done = *done;
	str_copy(done->words, g->words, sizeof(g->words));
	if (g->again) {
		char url[256];
		struct http_ask ask = {.method = "GET", .url = str_from(web_url(g->web, "/hello", url))};
		struct http_sink sink;

		g->again = false;
		CHECK_INT(http_client_ask(g->client, &ask, sink_of(g, &sink), &g->ask), 0);
	}
}

static const struct http_sink *sink_of(struct got *g, struct http_sink *sink)
{
	*sink = (struct http_sink){on_head, on_body, on_done, g};
	return sink;
}

struct stage {
	struct loop *loop;
	struct http_client *client;
	struct web web;
};

static int client_open(struct stage *s, const char *proxy, size_t asks_max)
{
	struct http_client_config config = {.asks_max = asks_max,
					    .conns_max = 8,
					    .authority = str_from(web_authority(&s->web)),
					    .proxy = str_from(proxy)};
	int rc = loop_new(LOOP_REAL, 0, &s->loop);

	return rc ? rc : http_client_new(s->loop, &config, &s->client);
}

static int stage_open(struct stage *s, const char *name, size_t asks_max)
{
	int rc;

	*s = (struct stage){0};
	rc = web_start(&s->web, name, script);
	return rc ? rc : client_open(s, NULL, asks_max);
}

static void stage_close(struct stage *s)
{
	http_client_free(s->client);
	loop_free(s->loop);
	web_stop(&s->web);
}

static int ask_with(struct stage *s, struct got *g, const char *path, struct http_ask ask)
{
	struct http_sink sink;
	char url[256];

	g->client = s->client;
	g->web = &s->web;
	if (!ask.method)
		ask.method = "GET";
	if (str_empty(ask.url))
		ask.url = str_from(web_url(&s->web, path, url));
	return http_client_ask(s->client, &ask, sink_of(g, &sink), &g->ask);
}

static int ask(struct stage *s, struct got *g, const char *path)
{
	return ask_with(s, g, path, (struct http_ask){0});
}

static void wait_for(struct stage *s, atomic_int *what, int value)
{
	for (int i = 0; i < WAIT_LIMIT && *what < value; i++)
		CHECK_INT(loop_turn(s->loop, USEC_MS(20)), 0);
	CHECK_INT(*what, value);
}

static void get(struct stage *s, struct got *g, const char *path, struct http_ask how)
{
	*g = (struct got){0};
	REQUIRE(ask_with(s, g, path, how) == 0);
	CHECK_INT(g->heads + g->dones, 0); /* nothing inside the call */
	wait_for(s, &g->dones, 1);
}

/* ---- answers ---- */

static struct got g1, g2;

static void answers(const char *name)
{
	struct stage s;

	REQUIRE(stage_open(&s, name, ASKS) == 0);
	get(&s, &g1, "/hello", (struct http_ask){0});
	CHECK_STR(str_from(g1.words), "");
	CHECK_INT(g1.done.fault, FAULT_NONE);
	CHECK_INT(g1.done.status, 200);
	CHECK_INT(g1.heads, 1);
	CHECK_STR(str_from(g1.type), "text/plain");
	CHECK_STR(((struct str){g1.body, g1.n}), "hello");
	CHECK(g1.done.connect > 0 && g1.done.first_byte >= g1.done.connect &&
	      g1.done.total >= g1.done.first_byte);
	CHECK_INT(g1.done.retry_after, -1);
	get(&s, &g1, "/early", (struct http_ask){0});
	CHECK_INT(g1.heads, 1);
	CHECK_STR(((struct str){g1.body, g1.n}), "ok");
	CHECK_INT(g1.done.connect, 0); /* kept */
	get(&s, &g1, "/none", (struct http_ask){0});
	CHECK_INT(g1.done.fault, FAULT_NONE);
	CHECK_INT(g1.done.status, 204);
	CHECK_INT(g1.done.first_byte, 0);
	CHECK_INT(s.web.accepted, 1);
	stage_close(&s);
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
	struct stage s;

	REQUIRE(stage_open(&s, "localhost", ASKS) == 0);
	get(&s, &g1, "/stream", (struct http_ask){0});
	CHECK_INT(g1.pieces, 3);
	CHECK_INT(g1.heads, 1);
	CHECK_STR(str_from(g1.type), "text/event-stream");
	CHECK_STR(((struct str){g1.body, g1.n}), "ab\r\nab\r\nab\r\n");
	CHECK_INT(g1.done.fault, FAULT_NONE);
	stage_close(&s);
}

TEST(http_client_sends_what_it_is_told_to)
{
	const struct http_header headers[] = {{STR("Authorization"), STR("Bearer secret")},
					      {STR("Content-Type"), STR("application/json")},
					      {STR("X-Empty"), STR("")}};
	struct stage s;
	struct str body;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	get(&s, &g1, "/echo?a=1",
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
	get(&s, &g1, "/x", (struct http_ask){.method = "DELETE"});
	CHECK(str_starts((struct str){g1.body, g1.n}, STR("DELETE /x HTTP/1.1\r\n")));
	get(&s, &g1, "/x", (struct http_ask){.method = "POST"});
	CHECK(str_ihas((struct str){g1.body, g1.n}, STR("content-length: 0\r\n")));
	stage_close(&s);
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
	struct stage s;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct http_sink sink;
		struct http_ask a = {.method = "GET", .url = str_from(urls[i])};

		CHECK_INT(http_client_ask(s.client, &a, sink_of(&g1, &sink), &g1.ask), -EINVAL);
	}
	memset(endless + 17, 'x', sizeof(endless) - 18);
	CHECK_INT(ask_with(&s, &g1, "", (struct http_ask){.url = str_from(endless)}), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(ask_with(&s, &g1, "/", (struct http_ask){.headers = &bad[i], .header_count = 1}),
			  -EINVAL);
	CHECK_INT(ask_with(&s, &g1, "/", (struct http_ask){.headers = bad, .header_count = 17}), -EINVAL);
	stage_close(&s);
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
	struct stage s;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		get(&s, &g1, rows[i].path, (struct http_ask){0});
		CHECK_INT(g1.done.status, rows[i].status);
		CHECK_INT(g1.done.fault, rows[i].fault);
		CHECK_INT(g1.done.retry_after, rows[i].retry_after);
		CHECK_STR(str_from(g1.words), rows[i].words);
		CHECK_INT(g1.heads + g1.pieces, 0);
	}
	CHECK_INT(s.web.accepted, 1); /* a status costs no connection */
	stage_close(&s);
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
	struct stage s;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		get(&s, &g1, rows[i].path, (struct http_ask){0});
		CHECK_INT(g1.done.fault, rows[i].fault);
		CHECK(*g1.words);
	}
	get(&s, &g1, "", (struct http_ask){.url = STR("http://127.0.0.1:1/")});
	CHECK_INT(g1.done.fault, FAULT_UNREACHABLE);
	CHECK_INT(g1.done.status + g1.done.connect + g1.done.first_byte, 0);
	stage_close(&s);
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
	struct stage s;
	int gone = 0;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		get(&s, &g1, rows[i].path, rows[i].limits);
		CHECK(g1.done.fault == FAULT_STALLED && g1.done.sent);
		CHECK_STR(str_from(g1.words), rows[i].words);
		wait_for(&s, &s.web.gone, ++gone); /* the stream was closed */
	}
	stage_close(&s);
}

/* What a refusal means is in its status: the rest of its body is waited for a moment, by whatever limit. */
TEST(http_client_believes_a_status_whose_body_never_ends)
{
	static const struct http_ask rows[] = {
		{0}, {.total_limit = USEC_MS(40)}, {.stall_limit = USEC_MS(40)}};
	struct stage s;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		get(&s, &g1, "/refused", rows[i]);
		CHECK_INT(g1.done.fault, FAULT_QUOTA);
		CHECK_INT(g1.done.status, 429);
		CHECK_INT(g1.done.retry_after, USEC_SEC(7));
		CHECK_STR(str_from(g1.words), "slow down");
		CHECK_INT(g1.heads + g1.pieces, 0);
		wait_for(&s, &s.web.gone, (int)i + 1);
	}
	stage_close(&s);
}

/* A server that takes connections and says nothing: TLS never begins. */
TEST(http_client_limits_the_connection)
{
	struct http_ask a = {.connect_limit = USEC_MS(40), .first_limit = USEC_SEC(60)};
	struct stage s;
	char url[256];

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	snprintf(url, sizeof(url), "https%s", web_url(&s.web, "/hello", g1.words) + 4);
	a.url = str_from(url);
	get(&s, &g1, "", a);
	CHECK_INT(g1.done.fault, FAULT_STALLED);
	CHECK(!g1.done.sent && g1.done.connect == 0);
	stage_close(&s);
}

TEST(http_client_bounds_an_answer)
{
	struct stage s;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	get(&s, &g1, "/flood", (struct http_ask){.answer_max = 40000});
	CHECK_INT(g1.done.fault, FAULT_PROTOCOL);
	CHECK_STR(str_from(g1.words), "its answer is over 40000 bytes");
	CHECK(g1.n <= 40000);
	get(&s, &g1, "/hello", (struct http_ask){.answer_max = 5});
	CHECK_INT(g1.done.fault, FAULT_NONE);
	stage_close(&s);
}

TEST(http_client_believes_only_known_certificates)
{
	struct stage s;

	REQUIRE(stage_open(&s, "wrong.example", ASKS) == 0);
	get(&s, &g1, "/hello", (struct http_ask){0});
	CHECK_INT(g1.done.fault, FAULT_UNREACHABLE);
	CHECK(strstr(g1.words, "127.0.0.1") != NULL);
	CHECK_INT(s.web.asked, 0);
	stage_close(&s);
	/* Ours is in no system's list. */
	REQUIRE(stage_open(&s, "localhost", ASKS) == 0);
	http_client_free(s.client);
	loop_free(s.loop);
	{
		struct http_client_config config = {.asks_max = 1, .conns_max = 1};

		REQUIRE(loop_new(LOOP_REAL, 0, &s.loop) == 0);
		REQUIRE(http_client_new(s.loop, &config, &s.client) == 0);
	}
	get(&s, &g1, "/hello", (struct http_ask){0});
	CHECK_INT(g1.done.fault, FAULT_UNREACHABLE);
	CHECK_INT(s.web.asked, 0);
	stage_close(&s);
}

/* ---- the owner's side ---- */

TEST(http_client_cancels_at_once)
{
	struct stage s;

	REQUIRE(stage_open(&s, "localhost", ASKS) == 0);
	g1 = (struct got){.cancel_in_body = true};
	REQUIRE(ask(&s, &g1, "/half") == 0);
	wait_for(&s, &s.web.gone, 1);
	CHECK_INT(g1.pieces, 1);
	g1 = (struct got){.cancel_in_head = true};
	REQUIRE(ask(&s, &g1, "/head") == 0);
	wait_for(&s, &s.web.gone, 2);
	CHECK_INT(g1.heads, 1);
	g2 = (struct got){0};
	REQUIRE(ask(&s, &g2, "/silent") == 0);
	wait_for(&s, &s.web.asked, 3);
	CHECK(http_client_sent(s.client, g2.ask));
	http_client_cancel(s.client, g2.ask);
	http_client_cancel(s.client, g2.ask);
	http_client_cancel(s.client, 12345);
	wait_for(&s, &s.web.gone, 3);
	REQUIRE(ask(&s, &g2, "/hello") == 0);
	http_client_cancel(s.client, g2.ask);
	CHECK_INT(loop_turn(s.loop, USEC_MS(5)), 0);
	CHECK_INT(g1.dones + g2.dones + g2.heads, 0);
	stage_close(&s);
}

TEST(http_client_cancels_others_from_a_callback)
{
	struct stage s;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	g1 = g2 = (struct got){0};
	REQUIRE(ask(&s, &g2, "/half") == 0);
	wait_for(&s, &g2.pieces, 1);
	g1.cancel_too = g2.ask;
	g1.again = true; /* and asks anew inside on_done() */
	REQUIRE(ask(&s, &g1, "/hello") == 0);
	wait_for(&s, &g1.dones, 2);
	wait_for(&s, &s.web.gone, 1);
	CHECK_INT(g2.dones, 0);
	CHECK_INT(g1.done.connect, 0);
	stage_close(&s);
}

TEST(http_client_holds_a_piece_back)
{
	struct stage s;

	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	g1 = (struct got){.refuse = -EAGAIN};
	REQUIRE(ask_with(&s, &g1, "/hello", (struct http_ask){.stall_limit = USEC_MS(1)}) == 0);
	wait_for(&s, &g1.pieces, 1);
	for (int i = 0; i < 5; i++)
		CHECK_INT(loop_turn(s.loop, USEC_MS(5)), 0);
	CHECK_INT(g1.dones, 0); /* who holds back does not stall */
	g1.refuse = 0;
	http_client_resume(s.client, g1.ask);
	CHECK_INT(g1.pieces, 1); /* not inside the call */
	wait_for(&s, &g1.dones, 1);
	CHECK_INT(g1.done.fault, FAULT_NONE);
	CHECK_STR(((struct str){g1.body, g1.n}), "hello");
	/* Held back, then given up. */
	g1 = (struct got){.refuse = -EAGAIN};
	REQUIRE(ask(&s, &g1, "/half") == 0);
	wait_for(&s, &g1.pieces, 1);
	http_client_resume(s.client, g1.ask);
	http_client_cancel(s.client, g1.ask);
	wait_for(&s, &s.web.gone, 1);
	get(&s, &g1, "/hello", (struct http_ask){0});
	g1 = (struct got){.refuse = -EBADMSG};
	REQUIRE(ask(&s, &g1, "/hello") == 0);
	wait_for(&s, &g1.dones, 1);
	CHECK_INT(g1.done.fault, FAULT_PROTOCOL);
	stage_close(&s);
}

TEST(http_client_asks_many_at_once)
{
	static struct got many[33];
	struct stage s;

	REQUIRE(stage_open(&s, "localhost", ASKS) == 0);
	memset(many, 0, sizeof(many));
	for (size_t i = 0; i < 32; i++)
		REQUIRE(ask(&s, &many[i], "/hello") == 0);
	CHECK_INT(ask(&s, &many[32], "/hello"), -EBUSY);
	for (size_t i = 0; i < 32; i++) {
		wait_for(&s, &many[i].dones, 1);
		CHECK_INT(many[i].done.fault, FAULT_NONE);
		CHECK_INT(many[i].n, 5);
	}
	CHECK(s.web.accepted <= 32);
	CHECK_INT(s.web.asked, 32);
	stage_close(&s);
}

TEST(http_client_is_freed_with_asks_under_way)
{
	struct stage s;

	REQUIRE(stage_open(&s, "localhost", ASKS) == 0);
	g1 = g2 = (struct got){0};
	REQUIRE(ask(&s, &g1, "/half") == 0);
	wait_for(&s, &g1.pieces, 1);
	REQUIRE(ask(&s, &g2, "/hello") == 0);
	stage_close(&s);
	CHECK_INT(g1.dones + g2.dones, 0);
}

/* One ask at a time: while the connection is being warmed, there is no place for another. */
TEST(http_client_warms_a_connection)
{
	struct stage s;
	char url[256];

	REQUIRE(stage_open(&s, "localhost", 1) == 0);
	http_client_warm(s.client, str_from(web_url(&s.web, "/v1/chat", url)));
	http_client_warm(s.client, STR("nonsense"));
	g1 = (struct got){0};
	for (int i = 0; i < WAIT_LIMIT && ask(&s, &g1, "/hello") == -EBUSY; i++)
		CHECK_INT(loop_turn(s.loop, USEC_MS(20)), 0);
	wait_for(&s, &g1.dones, 1);
	CHECK_INT(s.web.accepted, 1);
	CHECK_INT(g1.done.connect, 0);
	stage_close(&s);
}

/* The server plays the proxy: it sees the whole URL, or CONNECT without the key. */
TEST(http_client_goes_through_its_proxy_only)
{
	const struct http_header key = {STR("Authorization"), STR("Bearer secret")};
	struct stage s = {0};
	char url[256];

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("no_proxy", "*", 1);
	REQUIRE(stage_open(&s, NULL, ASKS) == 0);
	get(&s, &g1, "/hello", (struct http_ask){0});
	CHECK_INT(g1.done.fault, FAULT_NONE);
	http_client_free(s.client);
	loop_free(s.loop);
	REQUIRE(client_open(&s, web_url(&s.web, "", url), ASKS) == 0);
	get(&s, &g1, "", (struct http_ask){.url = STR("http://vendor.example/x")});
	CHECK(str_starts((struct str){g1.body, g1.n}, STR("GET http://vendor.example/x HTTP/1.1\r\n")));
	get(&s, &g1, "",
	    (struct http_ask){.url = STR("https://vendor.example/x"), .headers = &key, .header_count = 1});
	CHECK_INT(g1.done.fault, FAULT_UNREACHABLE);
	CHECK_INT(g1.heads, 0);
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("no_proxy");
	stage_close(&s);
}

/* Ours fail, one after the other. */
static int story(struct web *web)
{
	struct http_client_config config = {
		.asks_max = 4, .conns_max = 2, .authority = str_from(web_authority(web))};
	struct stage s = {0};
	struct http_sink sink;
	char url[256];
	struct http_ask a = {.method = "POST",
			     .body = STR("{}"),
			     .total_limit = USEC_SEC(5),
			     .connect_limit = USEC_MS(500)};
	int rc = loop_new(LOOP_REAL, 0, &s.loop);

	rc = rc ? rc : http_client_new(s.loop, &config, &s.client);
	a.url = str_from(web_url(web, "/hello", url));
	g1 = (struct got){.client = s.client, .web = web};
	rc = rc ? rc : http_client_ask(s.client, &a, sink_of(&g1, &sink), &g1.ask);
	for (int i = 0; rc == 0 && i < WAIT_LIMIT && !g1.dones; i++)
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
		started = web_start_for_good(&oom_web, script) == 0;
	return story(&oom_web);
}
