/* A session over a WebSocket: what is sent when, and what is told when. */
#include "base/rng.h"
#include "contract.h"
#include "fake_deepgram.h"
#include "provider/stt/stt_ws.h"

extern const struct stt_ws_dialect azure_speech, deepgram_listen;

#define FRAME 160 /* 20 ms */

struct caller {
	struct loop *loop;
	struct stt *stt;
	usec at;
	char told[2048]; /* "READY\nPARTIAL 1 word\n" ... */
	size_t told_n;
	struct usage used[16];
	size_t used_n;
	enum fault fault;
	usec retry_after;
	usec told_at; /* the newest event */
};

static struct service service;
static struct rng rng;
static struct service_host host = {.rng = &rng};
static struct service_use use = {&service, &host, &deepgram_listen};

static void on_event(void *arg, const struct stt_event *ev)
{
	static const char *const names[STT_EV_COUNT_] = {"READY", "PARTIAL",  "LIKELY",
							 "FINAL", "ENDPOINT", "FAULT"};
	struct caller *c = arg;

	c->fault = ev->fault;
	c->retry_after = ev->retry_after;
	c->told_at = loop_now(c->loop);
	c->told_n += (size_t)snprintf(c->told + c->told_n, sizeof(c->told) - c->told_n, "%s %u " STR_FMT "\n",
				      names[ev->type], ev->utterance, STR_ARG(ev->text));
}

static void on_usage(void *arg, const struct usage *u)
{
	struct caller *c = arg;

	CHECK_STR(u->service, "ears");
	CHECK_INT(u->kind, USAGE_STT);
	if (c->used_n < ARRAY_LEN(c->used))
		c->used[c->used_n++] = *u;
}

static void reset_service(void)
{
	service = (struct service){
		.name = STR("ears"),
		.type = STR("deepgram"),
		.key = STR("dg-secret"),
		.connect_limit = USEC_SEC(1),
		.first_limit = USEC_SEC(2),
		.stall_limit = USEC_SEC(1),
	};
}

/* NULL: a Deepgram. */
static void open_session_with(struct caller *c, const struct fake_vendor *vendor)
{
	struct stt_params params = {.sink = {on_event, c}, .usage = {on_usage, c}, .language = STR("en-GB")};

	*c = (struct caller){.at = USEC_SEC(50)};
	CHECK_INT(loop_new(LOOP_SIM, c->at, &c->loop), 0);
	c->stt = contract_state(stt_ws_ops.state_size);
	rng_init_number(&rng, 7);
	host.loop = params.loop = c->loop;
	if (vendor)
		fake_ws_start(c->loop, vendor);
	else
		fake_deepgram_start(c->loop, USEC_MS(50));
	CHECK_INT(stt_open(c->stt, &stt_ws_ops, &use, &params), 0);
}

static void open_session(struct caller *c)
{
	open_session_with(c, NULL);
}

static void close_session(struct caller *c)
{
	stt_close(c->stt);
	contract_state_free(c->stt, stt_ws_ops.state_size);
	loop_free(c->loop);
	reset_service();
}

/* Time passes with a frame of sound every 20 ms. */
static void hear(struct caller *c, usec span, bool loud)
{
	int16_t pcm[FRAME];

	for (size_t i = 0; i < FRAME; i++)
		pcm[i] = loud ? 5000 : 0;
	for (usec end = c->at + span; c->at < end; c->at += USEC_MS(20)) {
		loop_advance(c->loop, USEC_MS(20));
		(void)!stt_feed(c->stt, c->at, pcm, FRAME);
	}
	loop_advance(c->loop, 0);
}

/* No time passes. */
static void hear_at_once(struct caller *c, usec span)
{
	int16_t pcm[FRAME];

	for (size_t i = 0; i < FRAME; i++)
		pcm[i] = 5000;
	for (usec end = c->at + span; c->at < end; c->at += USEC_MS(20))
		(void)!stt_feed(c->stt, c->at, pcm, FRAME);
}

/* As our detector tells it: 160 ms late. */
static void speak(struct caller *c, usec span)
{
	stt_speech(c->stt, true, c->at);
	hear(c, span, true);
	hear(c, USEC_MS(160), false);
	stt_speech(c->stt, false, c->at - USEC_MS(160));
}

static void forget_told(struct caller *c)
{
	c->told_n = 0;
	c->told[0] = 0;
}

static struct str told(const struct caller *c)
{
	return (struct str){c->told, c->told_n};
}

static bool has(const struct caller *c, const char *what)
{
	return str_find(told(c), str_from(what)) < c->told_n;
}

TEST(sound_goes_out_in_whole_chunks_from_the_first)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_SEC(1), false);
	CHECK(fake_ws_seen()->sound_bytes >= 7680 - 640);
	CHECK_INT(fake_ws_seen()->sound_least, 640);
	CHECK_INT(fake_ws_seen()->sound_most, 640);
	CHECK_STR(told(&c), "READY 1 \n");
	CHECK(str_ihas(str_from(fake_ws_seen()->headers), STR("Authorization: Token dg-secret")));
	CHECK(str_ihas(str_from(fake_ws_seen()->url), STR("&language=en-GB&")));
	close_session(&c);
	CHECK_STR(str_from(fake_ws_seen()->sent), "~\n{\"type\":\"CloseStream\"}\n");
}

/* 200 ms after the voice the vendor is made to finish; the turn then costs nothing. */
TEST(a_pause_makes_the_text_likely_and_the_finish_free)
{
	struct caller c;

	reset_service();
	open_session(&c);
	fake_deepgram.endpoints = false;
	hear(&c, USEC_MS(400), false);
	speak(&c, USEC_MS(600));
	forget_told(&c);
	hear(&c, USEC_MS(140), false);
	CHECK_STR(told(&c), "LIKELY 1 word word\n");
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, 0);
	CHECK_STR(told(&c), "LIKELY 1 word word\nFINAL 1 word word\n");
	close_session(&c);
	CHECK_STR(str_from(fake_ws_seen()->sent),
		  "~\n{\"type\":\"Finalize\"}\n~\n{\"type\":\"CloseStream\"}\n");
}

/* What the vendor has finished by itself needs no flush. */
TEST(the_vendors_own_final_is_enough)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_MS(400), false);
	stt_speech(c.stt, true, c.at);
	hear(&c, USEC_MS(600), true);
	hear(&c, USEC_MS(520), false);
	stt_speech(c.stt, false, c.at - USEC_MS(520)); /* late */
	loop_advance(c.loop, USEC_MS(1));
	CHECK(has(&c, "LIKELY 1 word word\n"));
	CHECK(has(&c, "ENDPOINT 1 \n"));
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, 0);
	CHECK(has(&c, "FINAL 1 word word\n"));
	CHECK(str_find(str_from(fake_ws_seen()->sent), STR("Finalize")) == strlen(fake_ws_seen()->sent));
	close_session(&c);
}

TEST(words_after_a_finish_belong_to_the_next_utterance)
{
	struct caller c;

	reset_service();
	open_session(&c);
	fake_deepgram.endpoints = false;
	hear(&c, USEC_MS(200), false);
	stt_speech(c.stt, true, c.at);
	hear(&c, USEC_MS(900), true);
	CHECK_INT(stt_finish(c.stt, c.at), 0); /* in the middle of it */
	hear(&c, USEC_MS(600), true);
	hear(&c, USEC_MS(160), false);
	stt_speech(c.stt, false, c.at - USEC_MS(160));
	hear(&c, USEC_MS(300), false);
	CHECK(has(&c, "FINAL 1 word word word\n"));
	CHECK(has(&c, "LIKELY 2 word word\n"));
	close_session(&c);
}

/* What was cancelled is flushed, so that it is known where it ends; nothing of it is told. */
TEST(what_is_cancelled_is_not_heard_of_again)
{
	struct caller c;

	reset_service();
	open_session(&c);
	fake_deepgram.endpoints = false;
	hear(&c, USEC_MS(200), false);
	stt_speech(c.stt, true, c.at);
	hear(&c, USEC_SEC(1), true);
	forget_told(&c);
	stt_cancel(c.stt);
	hear(&c, USEC_SEC(1), false);
	CHECK_STR(told(&c), "");
	speak(&c, USEC_MS(300));
	hear(&c, USEC_MS(200), false);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, 0);
	CHECK(has(&c, "FINAL 2 word\n"));
	close_session(&c);
}

/* Nothing was said: nothing is asked. */
TEST(silence_is_neither_flushed_nor_waited_for)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_SEC(1), false);
	stt_cancel(c.stt);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, 0);
	CHECK_STR(told(&c), "READY 1 \nFINAL 2 \n");
	close_session(&c);
	CHECK_STR(str_from(fake_ws_seen()->sent), "~\n{\"type\":\"CloseStream\"}\n");
}

struct late {
	struct timer timer;
	struct caller *caller;
};

static void hear_late(struct timer *t)
{
	hear_at_once(CONTAINER_OF(t, struct late, timer)->caller, USEC_MS(600));
}

/* A turn of the loop that comes too late serves its timers first, then the sound. */
TEST(silence_does_not_go_before_sound_that_was_late)
{
	struct stt_ws_dialect filled = deepgram_listen;
	struct caller c;
	struct late late = {.caller = &c};
	size_t before;

	filled.fill_after = USEC_MS(500);
	reset_service();
	use.dialect = &filled;
	open_session(&c);
	hear(&c, USEC_MS(640), true);
	before = fake_ws_seen()->sound_bytes;
	timer_start(&late.timer, c.loop, loop_now(c.loop) + USEC_MS(500), hear_late);
	loop_advance(c.loop, USEC_MS(520));
	CHECK_INT(fake_ws_seen()->sound_bytes - before, 4480); /* whole chunks of it */
	loop_advance(c.loop, USEC_MS(520));
	CHECK_INT(fake_ws_seen()->sound_bytes - before, 8320);
	close_session(&c);
	use.dialect = &deepgram_listen;
}

TEST(a_flush_that_is_not_answered_costs_the_limit_and_no_words)
{
	struct caller c;

	reset_service();
	open_session(&c);
	fake_deepgram.endpoints = false;
	hear(&c, USEC_MS(200), false);
	speak(&c, USEC_MS(600));
	hear(&c, USEC_MS(20), false);
	fake_deepgram.no_answers = true;
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, USEC_SEC(1));
	CHECK(has(&c, "FINAL 1 word word\n")); /* its final covers what was said */
	close_session(&c);
}

TEST(a_vendor_that_falls_silent_is_dead)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_MS(200), false);
	fake_deepgram.mute = true;
	speak(&c, USEC_MS(600));
	forget_told(&c);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	usec asked = c.at;
	hear(&c, USEC_SEC(3), false);
	CHECK_STR(told(&c), "FAULT 2 no answer to what was said\n");
	CHECK_INT(c.fault, FAULT_STALLED);
	CHECK_INT(c.told_at, asked + USEC_SEC(2));
	CHECK_INT(fake_ws_seen()->closed, 1);
	close_session(&c);
}

/* Two words were told, the third was said: another has to hear all of them. */
TEST(a_vendor_that_stalls_behind_a_partial_is_dead)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_MS(200), false);
	stt_speech(c.stt, true, c.at);
	hear(&c, USEC_MS(600), true);
	CHECK(has(&c, "PARTIAL 1 word word\n"));
	fake_deepgram.mute = true;
	hear(&c, USEC_MS(300), true);
	stt_speech(c.stt, false, c.at);
	hear(&c, USEC_MS(600), false);
	forget_told(&c);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	usec asked = c.at;
	hear(&c, USEC_SEC(3), false);
	CHECK_STR(told(&c), "FAULT 2 no answer to what was said\n");
	CHECK_INT(c.fault, FAULT_STALLED);
	CHECK_INT(c.told_at, asked + USEC_SEC(2));
	close_session(&c);
}

/* Its words are final, and so much voice behind them was answered by nothing. */
TEST(a_vendor_that_stalls_behind_a_final_is_dead)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_MS(200), false);
	stt_speech(c.stt, true, c.at);
	hear(&c, USEC_MS(600), true);
	hear(&c, USEC_MS(500), false);
	fake_deepgram.mute = true;
	hear(&c, USEC_MS(900), true);
	stt_speech(c.stt, false, c.at);
	forget_told(&c);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	hear(&c, USEC_SEC(3), false);
	CHECK_STR(told(&c), "FAULT 2 no answer to what was said\n");
	close_session(&c);
}

/* ---- a vendor that knows no flush: what it says no more about is settled by time ---- */

static void hypothesis(const char *text)
{
	char message[256];
	int n = snprintf(message, sizeof(message),
			 "Path: speech.hypothesis\r\n\r\n{\"Text\":\"%s\",\"Offset\":1000000,\"Duration\":"
			 "5000000}",
			 text);

	fake_ws_say((struct str){message, (size_t)n});
}

static void open_azure(struct caller *c)
{
	static const struct fake_vendor vendor = {USEC_MS(30), USEC_MS(50), NULL, NULL};

	reset_service();
	use.dialect = &azure_speech;
	open_session_with(c, &vendor);
	loop_advance(c->loop, USEC_MS(100));
}

static void speak_to_azure(struct caller *c)
{
	open_azure(c);
	hear(c, USEC_MS(200), false);
	stt_speech(c->stt, true, c->at);
	hear(c, USEC_MS(500), true);
}

static void close_azure(struct caller *c)
{
	close_session(c);
	use.dialect = &deepgram_listen;
}

TEST(a_text_settles_when_the_vendor_has_heard_the_voice_end)
{
	struct caller c;

	speak_to_azure(&c);
	stt_speech(c.stt, false, c.at);
	hypothesis("hello world");
	forget_told(&c);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	usec asked = c.at;
	hear(&c, USEC_SEC(1), false);
	CHECK_STR(told(&c), "PARTIAL 1 hello world\nFINAL 1 hello world\n");
	CHECK(c.told_at < asked + USEC_SEC(1));
	close_azure(&c);
}

TEST(a_text_does_not_settle_while_the_vendor_says_nothing)
{
	struct caller c;

	speak_to_azure(&c);
	hypothesis("hello");
	hear(&c, USEC_MS(500), true);
	stt_speech(c.stt, false, c.at);
	hear(&c, USEC_MS(600), false);
	CHECK(!has(&c, "LIKELY"));
	forget_told(&c);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	hear(&c, USEC_SEC(3), false);
	CHECK_STR(told(&c), "FAULT 2 no answer to what was said\n");
	CHECK_INT(c.fault, FAULT_STALLED);
	close_azure(&c);
}

TEST(a_text_that_still_changes_at_the_limit_is_waited_for)
{
	struct caller c;

	speak_to_azure(&c);
	stt_speech(c.stt, false, c.at);
	hypothesis("hello");
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	usec asked = c.at;
	hear(&c, USEC_MS(600), false);
	hypothesis("hello my");
	hear(&c, USEC_MS(600), false);
	hypothesis("hello my name is");
	hear(&c, USEC_MS(600), false);
	hypothesis("hello my name is Anna");
	forget_told(&c);
	hear(&c, USEC_SEC(2), false);
	CHECK_STR(told(&c), "PARTIAL 1 hello my name is Anna\nFINAL 1 hello my name is Anna\n");
	CHECK(c.told_at > asked + USEC_SEC(2));
	close_azure(&c);
}

/* To who takes over, speech of four seconds ago ends now. */
TEST(sound_told_again_is_waited_for_like_new_sound)
{
	struct caller c;

	open_azure(&c);
	c.at -= USEC_SEC(4);
	forget_told(&c);
	stt_speech(c.stt, true, c.at);
	hear_at_once(&c, USEC_MS(600));
	stt_speech(c.stt, false, c.at);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, USEC_MS(300));
	hypothesis("hello world");
	loop_advance(c.loop, USEC_SEC(2));
	CHECK_STR(told(&c), "PARTIAL 1 hello world\nFINAL 1 hello world\n");
	close_azure(&c);
}

TEST(finals_asked_for_before_it_was_open_are_given)
{
	struct caller c;

	reset_service();
	open_session(&c);
	stt_speech(c.stt, true, c.at);
	hear(&c, USEC_MS(20), true);
	stt_speech(c.stt, false, c.at);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	hear(&c, USEC_MS(200), false);
	CHECK_STR(told(&c), "READY 2 \nFINAL 1 word\n");
	close_session(&c);
}

static void dies_of(const struct ws_end *end, enum fault fault, const char *words)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_MS(100), false);
	forget_told(&c);
	fake_ws_end(end);
	loop_advance(c.loop, USEC_MS(1));
	CHECK_INT(c.fault, fault);
	CHECK_INT(c.retry_after, MAX(end->retry_after, 0));
	CHECK_STR(told(&c), words);
	close_session(&c);
}

TEST(an_end_has_its_class_and_no_key_in_its_words)
{
	dies_of(&(struct ws_end){.code = 1011, .fault = FAULT_PROTOCOL, .words = STR("NET-0001")},
		FAULT_STALLED, "FAULT 1 NET-0001\n");
	dies_of(&(struct ws_end){.code = 1000, .retry_after = -1}, FAULT_UNREACHABLE, "FAULT 1 \n");
	dies_of(&(struct ws_end){.status = 401,
				 .code = 1006,
				 .fault = FAULT_AUTH,
				 .words = STR("bad key dg-secret, dg-secret!")},
		FAULT_AUTH, "FAULT 1 bad key ***, ***!\n");
	dies_of(
		&(struct ws_end){
			.status = 400, .code = 1006, .fault = FAULT_CONFIG, .words = STR("no model")},
		FAULT_CONFIG, "FAULT 1 no model\n");
}

TEST(a_rate_limit_says_how_long_it_lasts)
{
	dies_of(&(struct ws_end){.status = 429,
				 .code = 1006,
				 .fault = FAULT_QUOTA,
				 .words = STR("slow"),
				 .retry_after = USEC_SEC(3)},
		FAULT_QUOTA, "FAULT 1 slow\n");
}

TEST(who_was_never_reached_bills_nothing)
{
	struct caller c;

	reset_service();
	open_session(&c);
	fake_ws_end(&(struct ws_end){.fault = FAULT_UNREACHABLE, .code = 1006});
	loop_advance(c.loop, USEC_MS(1));
	CHECK_INT(c.fault, FAULT_UNREACHABLE);
	close_session(&c);
	CHECK_INT(c.used_n, 0);
}

TEST(without_a_key_nothing_is_connected)
{
	struct caller c;

	reset_service();
	service.key = service.url = (struct str){0};
	open_session(&c);
	loop_advance(c.loop, USEC_MS(1));
	CHECK_INT(c.fault, FAULT_AUTH);
	CHECK_INT(fake_ws_seen()->opened, 0);
	close_session(&c);
	CHECK_INT(c.used_n, 0);
}

TEST(an_address_that_is_none_is_a_fault)
{
	struct caller c;

	reset_service();
	service.url = STR("gopher://ears");
	open_session(&c);
	loop_advance(c.loop, USEC_MS(1));
	CHECK_INT(c.fault, FAULT_CONFIG);
	close_session(&c);
}

/* Half a key would be somebody else's, or nobody's. */
TEST(a_key_that_is_too_long_is_not_sent_in_part)
{
	static char key[SERVICE_HEADER_MAX];
	struct caller c;

	reset_service();
	memset(key, 'k', sizeof(key));
	service.key = (struct str){key, sizeof(key)};
	open_session(&c);
	loop_advance(c.loop, USEC_MS(1));
	CHECK_INT(c.fault, FAULT_CONFIG);
	CHECK_INT(fake_ws_seen()->opened, 0);
	close_session(&c);
}

TEST(garbage_is_a_fault)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_MS(100), false);
	fake_ws_say(STR("{\"type\":"));
	loop_advance(c.loop, USEC_MS(100));
	CHECK_INT(c.fault, FAULT_PROTOCOL);
	close_session(&c);
}

TEST(what_is_used_is_told_once)
{
	struct caller c;
	uint64_t sound = 0, requests = 0, connected = 0;

	reset_service();
	open_session(&c);
	hear(&c, USEC_MS(430), false);
	speak(&c, USEC_MS(600));
	hear(&c, USEC_MS(400), false);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	hear(&c, USEC_MS(700), true);
	stt_cancel(c.stt);
	hear(&c, USEC_MS(600), false);
	close_session(&c);
	CHECK_INT(c.used_n, 3);
	CHECK_INT(c.used[0].end, USAGE_DONE);
	CHECK_INT(c.used[0].work, 1);
	CHECK_INT(c.used[1].end, USAGE_CANCELLED);
	CHECK_INT(c.used[2].work, 0);
	for (size_t i = 0; i < c.used_n; i++) {
		sound += c.used[i].amount[USAGE_AUDIO_IN];
		requests += c.used[i].amount[USAGE_REQUESTS];
		connected += c.used[i].amount[USAGE_CONNECTED];
	}
	CHECK_INT(sound, fake_ws_seen()->sound_bytes * 125);
	CHECK_INT(requests, 1);
	CHECK_INT(connected, c.at - USEC_SEC(50) - USEC_MS(30));
}

TEST(sound_that_the_socket_does_not_take_waits_and_is_a_fault_in_the_end)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_SEC(1), false);
	size_t sent = fake_ws_seen()->sound_bytes;
	fake_ws_choke(1 << 20);
	hear(&c, USEC_SEC(10), false);
	CHECK_INT(fake_ws_seen()->sound_bytes, sent);
	fake_ws_choke(0);
	hear(&c, USEC_MS(20), false);
	CHECK(fake_ws_seen()->sound_bytes >= sent + 80000);
	fake_ws_choke(1 << 20);
	hear(&c, USEC_SEC(31), false);
	CHECK_INT(c.fault, FAULT_OVERLOAD);
	close_session(&c);
}

TEST(a_quiet_line_is_kept_alive)
{
	struct caller c;

	reset_service();
	open_session(&c);
	hear(&c, USEC_MS(100), false);
	loop_advance(c.loop, USEC_SEC(9));
	close_session(&c);
	CHECK_STR(str_from(fake_ws_seen()->sent),
		  "~\n{\"type\":\"KeepAlive\"}\n{\"type\":\"KeepAlive\"}\n{\"type\":\"CloseStream\"}\n");
}

TEST(spares_are_kept_no_longer_than_the_vendor_keeps_them)
{
	struct caller c;

	reset_service();
	service.spares = 2;
	open_session(&c);
	CHECK_INT(fake_ws_seen()->spares, 2);
	CHECK(fake_ws_seen()->spare_life < USEC_SEC(10));
	close_session(&c);
}
