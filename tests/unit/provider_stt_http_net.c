/* A session by HTTP over real sockets and TLS: an answer, and a caller who goes on. */
#include "base/rng.h"
#include "contract.h"
#include "net/http_client.h"
#include "provider/stt/stt_http.h"
#include "web_stage.h"

#include "base/clock.h"

#define FRAME    160 /* 20 ms */
#define PATIENCE USEC_SEC(10)

extern const struct stt_http_dialect speaches_transcriptions;

struct caller {
	struct loop *loop;
	struct http_client *http;
	struct rng rng;
	struct service service;
	struct service_host host;
	struct service_use use;
	struct stt *stt;
	unsigned counts[STT_EV_COUNT_];
	enum fault fault;
	char text[64]; /* of the last event */
};

static void on_event(void *arg, const struct stt_event *ev)
{
	struct caller *c = arg;

	c->counts[ev->type]++;
	c->fault = ev->fault;
	str_copy(ev->text, c->text, sizeof(c->text));
}

static int caller_open(struct caller *c, const struct web *w)
{
	const struct http_client_config config = {
		.asks_max = 8, .conns_max = 4, .authority = str_from(web_authority(w))};
	struct stt_params params = {.sink = {on_event, c}, .language = STR("en-US")};
	static char url[256];
	int rc;

	*c = (struct caller){0};
	rng_init_number(&c->rng, 3);
	rc = loop_new(LOOP_REAL, 0, &c->loop);
	rc = rc ? rc : http_client_new(c->loop, &config, &c->http);
	c->service = (struct service){.name = STR("ears"),
				      .url = str_from(web_url(w, "/v1", url)),
				      .key = STR("secret"),
				      .first_limit = PATIENCE};
	c->host = (struct service_host){.loop = c->loop, .http = c->http, .rng = &c->rng};
	c->use = (struct service_use){&c->service, &c->host, &speaches_transcriptions};
	params.loop = c->loop;
	c->stt = contract_state(stt_http_ops.state_size);
	return rc ? rc : stt_open(c->stt, &stt_http_ops, &c->use, &params);
}

static void caller_close(struct caller *c)
{
	stt_close(c->stt);
	http_client_free(c->http);
	contract_state_free(c->stt, stt_http_ops.state_size);
	loop_free(c->loop);
}

/* Speech of a second, as fast as it can be fed, which ended just now. */
static void say(struct caller *c)
{
	static const int16_t pcm[FRAME];
	usec at;

	(void)!loop_turn(c->loop, 0);
	at = loop_now(c->loop) - USEC_SEC(1);
	stt_speech(c->stt, true, at);
	for (int i = 0; i < 50; i++, at += USEC_MS(20))
		CHECK_INT(stt_feed(c->stt, at, pcm, FRAME), 0);
	stt_speech(c->stt, false, at);
}

static bool until(struct caller *c, enum stt_event_type type)
{
	usec end = clock_read() + PATIENCE;

	while (c->counts[type] == 0)
		if (clock_read() > end || loop_turn(c->loop, USEC_MS(50)) < 0)
			return false;
	return true;
}

static bool script_answers(struct web_conn *conn, const struct web_request *r)
{
	if (str_eq(r->method, STR("POST"))) {
		CHECK_STR(r->path, "/v1/audio/transcriptions");
		CHECK(str_ihas(r->head, STR("\r\nauthorization: Bearer secret\r\n")));
		CHECK(str_ihas(r->head, STR("multipart/form-data; boundary=")));
		CHECK(str_find(r->body, STR("WAVEfmt ")) < r->body.n);
	}
	web_say(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n");
	if (!str_eq(r->method, STR("HEAD")))
		web_say(conn, "{\"text\":\" hello\"}");
	return true;
}

TEST(stt_http_is_answered_over_tls)
{
	struct caller c;
	struct web w;

	REQUIRE(web_start(&w, "localhost", script_answers) == 0);
	REQUIRE(caller_open(&c, &w) == 0);
	CHECK(until(&c, STT_EV_READY));
	say(&c);
	CHECK(until(&c, STT_EV_LIKELY));
	CHECK_STR(str_from(c.text), "hello");
	CHECK_INT(stt_finish(c.stt, loop_now(c.loop)), 0);
	CHECK(until(&c, STT_EV_FINAL));
	CHECK_STR(str_from(c.text), "hello");
	caller_close(&c);
	web_stop(&w);
}

/* The first request is never answered. */
static bool script_waits_once(struct web_conn *conn, const struct web_request *r)
{
	if (!str_eq(r->method, STR("POST")) || r->web->gone > 0)
		return script_answers(conn, r);
	sem_post(&r->web->go);
	web_wait_gone(conn);
	return false;
}

TEST(stt_http_closes_the_stream_of_what_is_stale)
{
	struct caller c;
	struct web w;

	REQUIRE(web_start(&w, NULL, script_waits_once) == 0);
	REQUIRE(caller_open(&c, &w) == 0);
	say(&c);
	for (usec end = clock_read() + PATIENCE; sem_trywait(&w.go) < 0 && clock_read() < end;)
		(void)!loop_turn(c.loop, USEC_MS(5));
	stt_speech(c.stt, true, loop_now(c.loop));
	for (usec end = clock_read() + PATIENCE; w.gone == 0 && clock_read() < end;)
		(void)!loop_turn(c.loop, USEC_MS(5));
	CHECK_INT(w.gone, 1);
	stt_speech(c.stt, false, loop_now(c.loop));
	CHECK_INT(stt_finish(c.stt, loop_now(c.loop)), 0);
	CHECK(until(&c, STT_EV_FINAL));
	CHECK_STR(str_from(c.text), "hello");
	CHECK_INT(c.counts[STT_EV_LIKELY], 0);
	caller_close(&c);
	web_stop(&w);
}
