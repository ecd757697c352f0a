#include "http_stage.h"

#include "test.h"

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

bool http_stage_script(struct web_conn *c, const struct web_request *r)
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

static void on_head(void *arg, const struct http_head *head)
{
	struct http_got *g = arg;

	g->heads++;
	g->status = head->status;
	str_copy(head->content_type, g->type, sizeof(g->type));
	if (g->cancel_in_head)
		http_client_cancel(g->client, g->ask);
}

static int on_body(void *arg, struct str piece)
{
	struct http_got *g = arg;
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

static void on_done(void *arg, const struct http_done *done)
{
	struct http_got *g = arg;

	g->dones++;
	g->done = *done;
	str_copy(done->words, g->words, sizeof(g->words));
	if (g->again) {
		char url[256];
		struct http_ask ask = {.method = "GET", .url = str_from(web_url(g->web, "/hello", url))};
		struct http_sink sink;

		g->again = false;
		CHECK_INT(http_client_ask(g->client, &ask, http_stage_sink(g, &sink), &g->ask), 0);
	}
}

const struct http_sink *http_stage_sink(struct http_got *g, struct http_sink *sink)
{
	*sink = (struct http_sink){on_head, on_body, on_done, g};
	return sink;
}

int http_stage_client(struct http_stage *s, const char *proxy, size_t asks_max)
{
	struct http_client_config config = {.asks_max = asks_max,
					    .conns_max = 8,
					    .authority = str_from(web_authority(&s->web)),
					    .proxy = str_from(proxy)};
	int rc = loop_new(LOOP_REAL, 0, &s->loop);

	return rc ? rc : http_client_new(s->loop, &config, &s->client);
}

int http_stage_open(struct http_stage *s, const char *name, size_t asks_max)
{
	int rc;

	*s = (struct http_stage){0};
	rc = web_start(&s->web, name, http_stage_script);
	return rc ? rc : http_stage_client(s, NULL, asks_max);
}

void http_stage_close(struct http_stage *s)
{
	http_client_free(s->client);
	loop_free(s->loop);
	web_stop(&s->web);
}

int http_stage_ask(struct http_stage *s, struct http_got *g, const char *path, struct http_ask ask)
{
	struct http_sink sink;
	char url[256];

	g->client = s->client;
	g->web = &s->web;
	if (!ask.method)
		ask.method = "GET";
	if (str_empty(ask.url))
		ask.url = str_from(web_url(&s->web, path, url));
	return http_client_ask(s->client, &ask, http_stage_sink(g, &sink), &g->ask);
}

void http_stage_wait(struct http_stage *s, atomic_int *what, int value)
{
	for (int i = 0; i < HTTP_STAGE_TURNS && *what < value; i++)
		CHECK_INT(loop_turn(s->loop, USEC_MS(20)), 0);
	CHECK_INT(*what, value);
}

void http_stage_get(struct http_stage *s, struct http_got *g, const char *path, struct http_ask how)
{
	*g = (struct http_got){0};
	REQUIRE(http_stage_ask(s, g, path, how) == 0);
	CHECK_INT(g->heads + g->dones, 0); /* nothing inside the call */
	http_stage_wait(s, &g->dones, 1);
}
