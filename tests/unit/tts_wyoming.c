#include "base/mem.h"
#include "fake_dns.h"
#include "net/tcp.h"
#include "provider/tts/tts_tcp.h"
#include "voice_wire.h"

extern const struct tts_tcp_dialect wyoming_tts;

static struct str step(struct voice_wire *v, enum tts_tcp_step what, const char *words)
{
	buf_clear(&v->out);
	wyoming_tts.write(what, &v->speaker, str_from(words), &v->out);
	CHECK_INT(v->out.error, 0);
	return buf_str(&v->out);
}

TEST(wyoming_is_asked)
{
	struct voice_wire v;

	voice_wire_init(&v, "");
	CHECK_STR(step(&v, TTS_TCP_GREET, ""), "{\"type\":\"describe\"}\n");
	CHECK_STR(step(&v, TTS_TCP_SAY, "Caf\xc3\xa9."), "{\"type\":\"synthesize\",\"data_length\":17}\n"
							 "{\"text\":\"Caf\xc3\xa9.\"}");
	v.speaker.language = STR("de-DE");
	CHECK(str_ends(step(&v, TTS_TCP_SAY, "Hi."), STR("\n{\"text\":\"Hi.\"}")));
	v.speaker.voice = STR("de_DE-thorsten-medium");
	CHECK(str_ends(step(&v, TTS_TCP_SAY, "Hi."), STR("\"voice\":{\"name\":\"de_DE-thorsten-medium\"}}")));
	voice_wire_fini(&v);
}

TEST(wyoming_is_understood)
{
	static const struct {
		const char *message;
		int used; /* 0: all of it */
		struct tts_tcp_news news;
	} rows[] = {
		{"{\"type\":\"info\",\"version\":\"1.8.0\",\"data_length\":10}\n{\"tts\":[]}",
		 0,
		 {.ready = true}},
		{"{\"type\":\"audio-start\",\"data_length\":41}\n{\"rate\": 22050, \"width\": 2, "
		 "\"channels\":1}",
		 0,
		 {.form = {TTS_S16, 22050}}},
		{"{\"type\":\"audio-start\",\"data\":{\"rate\":16000,\"width\":2,\"channels\":1}}\n",
		 0,
		 {.form = {TTS_S16, 16000}}},
		{"{\"type\":\"audio-start\",\"data\":{\"rate\":1,\"width\":2,\"channels\":1},\"data_length\":"
		 "15}\n"
		 "{\"rate\": 24000}",
		 0,
		 {.form = {TTS_S16, 24000}}},
		{"{\"type\":\"audio-chunk\",\"data_length\":2,\"payload_length\":4}\n{}abcdNEXT",
		 64,
		 {.sound = STR_INIT("abcd")}},
		{"{\"type\":\"audio-stop\"}\n", 0, {.over = true}},
		{"{\"type\":\"error\",\"data\":{\"text\":\"no voice\"}}\n",
		 0,
		 {.fault = FAULT_PROTOCOL, .words = "no voice"}},
		{"{\"type\":\"something-new\"}\n", 0, {.over = false}},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct tts_tcp_news *want = &rows[i].news;
		struct str whole = str_from(rows[i].message);
		struct tts_tcp_news news = {0};
		int used = rows[i].used ? rows[i].used : (int)whole.n;

		CHECK_INT(wyoming_tts.read(whole, &news), used);
		CHECK(news.ready == want->ready && news.over == want->over && news.fault == want->fault);
		CHECK_INT(news.form.rate_hz, want->form.rate_hz);
		CHECK_STR(str_from(news.words), want->words);
		CHECK(str_eq(news.sound, want->sound));
		for (size_t n = 0; n < (size_t)used; n++) /* not whole yet */
			CHECK_INT(wyoming_tts.read(str_sub(whole, 0, n), &news), 0);
	}
}

TEST(wyoming_that_makes_no_sense_is_refused)
{
	static const char *const rows[] = {
		"hello\n",
		"[]\n{",
		"{\"type\":\"info\",\"data_length\":-1}\n",
		"{\"type\":\"info\",\"data_length\":9000000}\n",
		"{\"type\":\"info\",\"data_length\":3}\nabc",
		"{\"type\":\"audio-start\",\"data\":{\"rate\":22050,\"width\":4,\"channels\":1}}\n",
		"{\"type\":\"audio-start\"}\n",
	};
	struct tts_tcp_news news = {0};
	char endless[9000];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (i != 1)
			CHECK_INT(wyoming_tts.read(str_from(rows[i]), &news), -EBADMSG);
	memset(endless, ' ', sizeof(endless));
	CHECK_INT(wyoming_tts.read((struct str){endless, sizeof(endless)}, &news), -EBADMSG);
}

/* ---- a server of one's own, on the loop of the test ---- */

struct room {
	struct loop *loop;
	struct dns *dns;
	struct tcp *server;
	struct tts *tts;
	struct service service;
	struct service_host host;
	struct service_use use;
	char url[64];
	char story[64];
	size_t n, samples;
	unsigned calls, sentences;
	enum fault fault;
	bool silent, mute; /* to words; to everything */
	bool dead;
};

static void say(struct room *r, uint32_t conn, struct str bytes)
{
	CHECK_INT(tcp_send(r->server, conn, bytes), 0);
}

static void answer(struct room *r, uint32_t conn)
{
	static char pcm[2205 * 2];

	r->sentences++;
	if (r->silent)
		return;
	say(r, conn,
	    STR("{\"type\":\"audio-start\",\"data\":{\"rate\":22050,\"width\":2,\"channels\":1}}\n"));
	for (int i = 0; i < 10; i++) {
		say(r, conn, STR("{\"type\":\"audio-chunk\",\"payload_length\":4410}\n"));
		say(r, conn, (struct str){pcm, sizeof(pcm)});
	}
	say(r, conn, STR("{\"type\":\"audio-stop\"}\n"));
}

/* A line each for the greeting; a line and {"text":"..."} for words. */
static int on_bytes(void *arg, uint32_t conn, struct str unread)
{
	static const struct str hello = STR_INIT("{\"type\":\"describe\"}\n");
	struct room *r = arg;
	size_t used = 0, end;

	while (str_starts(str_sub(unread, used, unread.n), hello)) {
		r->calls++;
		used += hello.n;
		if (!r->mute)
			say(r, conn, STR("{\"type\":\"info\",\"data_length\":10}\n{\"tts\":[]}"));
	}
	end = used + str_find(str_sub(unread, used, unread.n), STR("\"}"));
	if (end == unread.n)
		return (int)used;
	answer(r, conn);
	return (int)end + 2;
}

static void on_gone(void *arg, uint32_t conn, const struct addr *remote, int error)
{
	(void)arg, (void)conn, (void)remote, (void)error;
}

static void on_event(void *arg, const struct tts_event *ev)
{
	static const char letters[TTS_EV_COUNT_] = "RAMDF";
	struct room *r = arg;

	r->samples += ev->samples;
	r->fault = ev->fault;
	r->dead |= ev->dead;
	if (r->n == 0 || r->story[r->n - 1] != 'A' || ev->type != TTS_EV_AUDIO)
		r->story[r->n++] = letters[ev->type];
}

/* `addrs`: what the name of the server is said to mean. */
static int room_open(struct room *r, const char *addrs)
{
	static const struct tcp_ops ops = {.on_bytes = on_bytes, .on_closed = on_gone};
	const struct tcp_config config = {.conns_max = 8,
					  .per_source_max = 8,
					  .in_bytes_max = 65536,
					  .out_bytes_max = 1u << 20,
					  .idle = USEC_SEC(60),
					  .connect_timeout = USEC_SEC(1)};
	struct tts_params params = {.sink = {on_event, r}, .speed = 1};
	struct addr local = {.family = ADDR_V4, .ip = {127, 0, 0, 1}};
	int rc;

	*r = (struct room){0};
	fake_dns_knows(addrs);
	rc = loop_new(LOOP_REAL, 0, &r->loop);
	rc = rc < 0 ? rc : dns_new(r->loop, &(struct dns_config){0}, &r->dns);
	rc = rc < 0 ? rc : tcp_new(r->loop, &config, &ops, r, &r->server);
	rc = rc < 0 ? rc : tcp_listen(r->server, &local, &local);
	if (rc < 0)
		return rc;
	snprintf(r->url, sizeof(r->url), "tcp://voice.test:%u", local.port);
	r->service = (struct service){.url = str_from(r->url),
				      .connect_limit = USEC_SEC(2),
				      .first_limit = USEC_MS(300),
				      .stall_limit = USEC_SEC(1)};
	r->host = (struct service_host){.loop = r->loop, .dns = r->dns};
	r->use = (struct service_use){&r->service, &r->host, &wyoming_tts};
	r->tts = mem_zalloc(tts_tcp_ops.state_size);
	params.loop = r->loop;
	return r->tts ? tts_open(r->tts, &tts_tcp_ops, &r->use, &params) : -ENOMEM;
}

static void room_close(struct room *r)
{
	tts_close(r->tts);
	r->tts = mem_free(r->tts);
	r->server = tcp_free(r->server);
	r->dns = dns_free(r->dns);
	r->loop = loop_free(r->loop);
}

static void turn_until(struct room *r, const char *story)
{
	for (int i = 0; i < 400 && !str_eq(str_from(story), (struct str){r->story, r->n}); i++)
		CHECK(loop_turn(r->loop, USEC_MS(10)) >= 0);
	CHECK_STR(((struct str){r->story, r->n}), story);
}

TEST(wyoming_voice_speaks)
{
	struct room r;

	REQUIRE(room_open(&r, "127.0.0.1") == 0);
	CHECK_INT(tts_say(r.tts, 1, STR("One moment. I am looking that up for you.")), 0);
	CHECK_INT(tts_end(r.tts, 1), 0);
	turn_until(&r, "RAMAMD");
	CHECK_INT(r.sentences, 2);
	CHECK(r.samples >= 15990 && r.samples <= 16100); /* two seconds */
	room_close(&r);
}

/* A machine without a way to the first address (no IPv6, say) is told so at once, not by an answer. */
TEST(wyoming_voice_speaks_at_the_first_address_that_it_can)
{
	static const char *const rows[] = {"fe80::1,127.0.0.1", "fe80::1,fe80::2,127.0.0.1", "::1,127.0.0.1"};
	struct room r;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		REQUIRE(room_open(&r, rows[i]) == 0);
		CHECK_INT(tts_say(r.tts, 1, STR("One moment.")), 0);
		CHECK_INT(tts_end(r.tts, 1), 0);
		turn_until(&r, "RAMD");
		room_close(&r);
	}
}

/* A cancel hangs up, and what stalls is hung up on; the next answer finds a new connection. */
TEST(wyoming_voice_is_cut_off)
{
	struct room r;

	REQUIRE(room_open(&r, "127.0.0.1") == 0);
	turn_until(&r, "R");
	r.silent = true;
	CHECK_INT(tts_say(r.tts, 1, STR("This is cut.")), 0);
	CHECK_INT(tts_end(r.tts, 1), 0);
	for (int i = 0; i < 100 && r.sentences == 0; i++)
		CHECK(loop_turn(r.loop, USEC_MS(10)) >= 0);
	tts_cancel(r.tts, 1);
	CHECK_INT(tts_say(r.tts, 2, STR("This stalls.")), 0);
	CHECK_INT(tts_end(r.tts, 2), 0);
	turn_until(&r, "RF");
	CHECK_INT(r.calls, 2);
	r.silent = false;
	CHECK_INT(tts_say(r.tts, 3, STR("This is spoken.")), 0);
	CHECK_INT(tts_end(r.tts, 3), 0);
	turn_until(&r, "RFAMD");
	CHECK_INT(r.calls, 3);
	room_close(&r);
}

/* It takes the connection, and that is all. */
TEST(wyoming_voice_that_is_mute_is_lost)
{
	struct room r;

	REQUIRE(room_open(&r, "127.0.0.1") == 0);
	r.mute = true;
	r.service.connect_limit = USEC_MS(300);
	CHECK_INT(tts_say(r.tts, 1, STR("Is anybody there?")), 0);
	CHECK_INT(tts_end(r.tts, 1), 0);
	turn_until(&r, "F");
	CHECK_INT(r.fault, FAULT_STALLED);
	CHECK(r.dead);
	room_close(&r);
}

TEST(wyoming_voice_knows_where_it_is)
{
	static const struct {
		const char *url;
		int rc;
	} rows[] = {
		{"tcp://127.0.0.1:1", 0}, {"127.0.0.1", 0},       {"tcp://[::1]:10200/", 0},
		{"tcp://", -EINVAL},      {"tcp://h:0", -EINVAL}, {"tcp://h:x", -EINVAL},
		{"tcp://h", -EINVAL}, /* nobody here knows names */
	};
	struct tts_params params = {.speed = 1};
	struct room r = {0};

	REQUIRE(loop_new(LOOP_REAL, 0, &r.loop) == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		r.service = (struct service){.url = str_from(rows[i].url), .connect_limit = USEC_SEC(1)};
		r.host = (struct service_host){.loop = r.loop};
		r.use = (struct service_use){&r.service, &r.host, &wyoming_tts};
		r.tts = mem_zalloc(tts_tcp_ops.state_size);
		params.loop = r.loop;
		params.sink = (struct tts_sink){on_event, &r};
		REQUIRE(r.tts);
		CHECK_INT(tts_open(r.tts, &tts_tcp_ops, &r.use, &params), rows[i].rc);
		tts_close(r.tts);
		mem_free(r.tts);
	}
	loop_free(r.loop);
}
