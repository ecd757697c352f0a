/* What only voices over a network can do. */
#include "base/mem.h"
#include "listener.h"
#include "provider/tts/phrase_cache.h"
#include "test.h"
#include "toy_voice.h"

static void check_bill(const struct listener *h, size_t i, uint32_t work, enum usage_end end,
		       const uint64_t *amount)
{
	REQUIRE(i < h->bill_count);
	CHECK(h->bills[i].kind == USAGE_TTS && str_eq(h->bills[i].type, STR("toy")));
	CHECK_STR(h->bills[i].service, "toys");
	CHECK_INT(h->bills[i].work, work);
	CHECK_INT(h->bills[i].end, end);
	for (size_t unit = 0; unit < USAGE_UNITS_; unit++)
		CHECK_INT(h->bills[i].amount[unit], amount[unit]);
}

#define CHECK_BILL(h, i, work, end, ...) \
	check_bill(h, i, work, end, (const uint64_t[USAGE_UNITS_]){__VA_ARGS__})

/* ---- words and marks ---- */

TEST(named_voice_is_given_clauses_as_they_are_ready)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_NAMED, false) == 0);
	CHECK_DID("open 1 wss://named\n");
	CHECK_INT(tts_say(h.tts, 1, STR("Sure, one mom")), 0);
	CHECK_DID("");
	CHECK_INT(tts_say(h.tts, 1, STR("ent. That is $5, **today** only. I")), 0);
	CHECK_DID("1 > {\"do\":\"begin\",\"name\":\"s1\"}\n"
		  "1 > {\"do\":\"say\",\"name\":\"s1\",\"words\":\"Sure, one moment. \"}\n"
		  "1 > {\"do\":\"say\",\"name\":\"s1\",\"words\":\"That is five dollars, today only. \"}\n");
	CHECK_INT(tts_end(h.tts, 1), 0);
	CHECK_DID("1 > {\"do\":\"say\",\"name\":\"s1\",\"words\":\"I \"}\n"
		  "1 > {\"do\":\"finish\",\"name\":\"s1\"}\n");
	listener_close(&h);
}

TEST(named_voice_marks_the_words_of_the_text)
{
	static const char text[] = "It is $5, **today** only.";
	static const struct {
		const char *spoken, *heard;
	} marks[] = {
		{"It", "It "},
		{"is", "It is "},
		{"dollars,", "It is $5, **"},
		{"today", "It is $5, **today** "},
		{"only.", "It is $5, **today** only."},
	};
	static const char words[] = "It is five dollars, today only.";
	struct listener h;
	size_t n = 0, end;

	REQUIRE(listener_open(&h, TOY_NAMED, false) == 0);
	CHECK_INT(listener_ask(&h, 1, text), 0);
	loop_advance(h.loop, USEC_SEC(1));
	for (size_t i = 0; i < h.n; i++) {
		if (h.events[i].type != TTS_EV_MARK || n == ARRAY_LEN(marks))
			continue;
		end = str_find(str_from(words), str_from(marks[n].spoken)) + str_from(marks[n].spoken).n;
		CHECK_STR(str_sub(str_from(text), 0, h.events[i].text_end), marks[n].heard);
		CHECK_INT(h.events[i].sample_offset, end * TOY_SAMPLES_A_LETTER);
		n++;
	}
	CHECK_INT(n, ARRAY_LEN(marks));
	CHECK_STORY(&h, "AMMMMMD");
	listener_close(&h);
}

/* A model that is slow: the vendor would drop the stretch. */
TEST(named_voice_finishes_what_gets_no_more_words)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_NAMED, false) == 0);
	CHECK_INT(tts_say(h.tts, 1, STR("One moment. Now")), 0);
	listener_did();
	loop_advance(h.loop, USEC_MS(330)); /* after the sound, too */
	CHECK_DID("");
	loop_advance(h.loop, USEC_MS(20));
	CHECK_DID("1 > {\"do\":\"finish\",\"name\":\"s1\"}\n");
	CHECK_STORY(&h, "AMM");
	CHECK_INT(tts_say(h.tts, 1, STR(" it is there.")), 0);
	CHECK_INT(tts_end(h.tts, 1), 0);
	CHECK_DID("1 > {\"do\":\"begin\",\"name\":\"s2\"}\n"
		  "1 > {\"do\":\"say\",\"name\":\"s2\",\"words\":\"Now it is there. \"}\n"
		  "1 > {\"do\":\"finish\",\"name\":\"s2\"}\n");
	loop_advance(h.loop, USEC_SEC(1));
	REQUIRE(h.n == 6);
	CHECK_INT(h.events[4].text_end, 28);
	CHECK_INT(h.events[4].sample_offset, (12 + 16) * TOY_SAMPLES_A_LETTER);
	CHECK_STORY(&h, "AMMMMD");
	listener_close(&h);
}

TEST(voice_gives_the_first_clause_away_at_once)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_IN_ORDER, false) == 0);
	listener_did();
	CHECK_INT(tts_say(h.tts, 1, STR("Sure, one moment, I am looking. ")), 0);
	CHECK_INT(tts_say(h.tts, 1, STR("There is one on Monday. Would")), 0);
	CHECK_DID("1 > {\"do\":\"begin\",\"name\":\"s1\"}\n"
		  "1 > {\"do\":\"say\",\"name\":\"s1\",\"words\":\"Sure, one moment, \"}\n"
		  "1 > {\"do\":\"finish\",\"name\":\"s1\"}\n"
		  "1 > {\"do\":\"begin\",\"name\":\"s2\"}\n"
		  "1 > {\"do\":\"say\",\"name\":\"s2\",\"words\":\"I am looking. There is one on Monday. "
		  "\"}\n");
	CHECK_INT(tts_end(h.tts, 1), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "AMAMD");
	listener_close(&h);
}

TEST(voice_in_another_language_is_given_the_text_as_it_is)
{
	struct tts_params params = {.speed = 1, .language = STR_INIT("de-DE")};
	struct listener h;

	REQUIRE(listener_prepare(&h, TOY_NAMED, false) == 0);
	params.loop = h.loop;
	params.sink = (struct tts_sink){listener_on_event, &h};
	h.tts = mem_zalloc(tts_ws_ops.state_size);
	REQUIRE(h.tts && tts_open(h.tts, &tts_ws_ops, &toy_use, &params) == 0);
	CHECK_INT(listener_ask(&h, 1, "Das macht 5 Euro."), 0);
	CHECK_DID("open 1 wss://named\n"); /* nothing is sent before it can be */
	loop_advance(h.loop, USEC_MS(80));
	CHECK(str_find(str_from(listener_did()), STR("\"words\":\"Das macht 5 Euro. \"")) > 20);
	loop_advance(h.loop, USEC_SEC(1));
	REQUIRE(h.n == 7);
	CHECK_INT(h.events[4].text_end, 11); /* Das macht 5 */
	CHECK_STORY(&h, "RAMMMMD");
	listener_close(&h);
}

/* ---- cancelling ---- */

TEST(named_voice_is_told_of_a_cancel_before_it_returns)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_NAMED, false) == 0);
	CHECK_INT(listener_ask(&h, 1, "This may be cut."), 0);
	CHECK_INT(listener_ask(&h, 2, "And this not."), 0);
	listener_did();
	tts_cancel(h.tts, 1);
	CHECK_DID("1 > {\"do\":\"cancel\",\"name\":\"s1\"}\n");
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.events[0].answer, 2);
	CHECK_STORY(&h, "AMMMD");
	CHECK_INT(fake_net_seen()->aborted, 0);
	listener_close(&h);
}

/* What cannot be called by name ends as a whole: what was to stay is asked for again. */
TEST(voice_in_order_begins_again_behind_a_cancel)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_IN_ORDER, false) == 0);
	CHECK_INT(listener_ask(&h, 1, "This may be cut."), 0);
	CHECK_INT(listener_ask(&h, 2, "And this not."), 0);
	listener_did();
	tts_cancel(h.tts, 1);
	CHECK_DID("1 > {\"do\":\"cancel\",\"name\":\"s1\"}\n"
		  "1 > {\"do\":\"begin\",\"name\":\"s2\"}\n"
		  "1 > {\"do\":\"say\",\"name\":\"s2\",\"words\":\"And this not. \"}\n"
		  "1 > {\"do\":\"finish\",\"name\":\"s2\"}\n");
	loop_advance(h.loop, USEC_SEC(1));
	REQUIRE(h.n == 3);
	CHECK_INT(h.events[0].samples, 14 * TOY_SAMPLES_A_LETTER); /* nothing of what came before */
	CHECK_STORY(&h, "AMD");
	REQUIRE(h.bill_count == 2);
	CHECK_BILL(&h, 0, 1, USAGE_CANCELLED, [USAGE_CHARACTERS] = 17);
	CHECK_BILL(&h, 1, 2, USAGE_DONE, [USAGE_CHARACTERS] = 28, [USAGE_AUDIO_OUT] = 14 * 1250);
	listener_close(&h);
}

TEST(voice_of_a_socket_a_stretch_is_cut_off)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_SOCKET_A_STRETCH, false) == 0);
	CHECK_INT(listener_ask(&h, 1, "This may be cut."), 0);
	CHECK_DID("open 1 wss://stretch\n"
		  "1 > {\"do\":\"begin\",\"name\":\"s1\"}\n"
		  "open 2 wss://stretch\n"
		  "1 > {\"do\":\"say\",\"name\":\"s1\",\"words\":\"This may be cut. \"}\n"
		  "1 > {\"do\":\"finish\",\"name\":\"s1\"}\n");
	tts_cancel(h.tts, 1);
	CHECK_DID("abort 1\n");
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "");
	CHECK_INT(listener_ask(&h, 2, "Again."), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "AMD");
	CHECK(str_find(str_from(listener_did()), STR("close 2\n")) > 20);
	listener_close(&h);
}

TEST(http_voice_is_cut_off)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_HTTP, false) == 0);
	CHECK_INT(listener_ask(&h, 1, "One moment. This may be cut off. It is the third."), 0);
	CHECK_DID("warm https://plain\n"
		  "ask 1 POST https://plain\nOne moment.\n"
		  "ask 2 POST https://plain\nThis may be cut off.\n");
	tts_cancel(h.tts, 1);
	CHECK_DID("cancel 1\ncancel 2\n");
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "");
	CHECK_BILL(&h, 0, 1, USAGE_CANCELLED, [USAGE_CHARACTERS] = 31, [USAGE_REQUESTS] = 2);
	CHECK_INT(h.bill_count, 1);
	listener_close(&h);
}

/* ---- the phrase cache ---- */

TEST(networked_voice_does_not_ask_for_what_is_known)
{
	static const size_t keeping[] = {TOY_NAMED, TOY_SOCKET_A_STRETCH, TOY_HTTP, TOY_HTTP_JSON};
	struct listener h;

	for (size_t i = 0; i < ARRAY_LEN(keeping); i++) {
		REQUIRE(listener_open(&h, keeping[i], true) == 0);
		CHECK_INT(listener_ask(&h, 1, "Thank you."), 0);
		loop_advance(h.loop, USEC_SEC(1));
		CHECK(!h.events[0].cached);
		CHECK_STORY(&h, keeping[i] == TOY_NAMED ? "AMMD" : "AMD");
		listener_did();
		h.bill_count = 0;
		CHECK_INT(listener_ask(&h, 2, "Thank you."), 0);
		CHECK_INT(h.n, 0);
		loop_advance(h.loop, 0);
		loop_advance(h.loop, USEC_MS(1));
		CHECK_DID("");
		CHECK(h.events[0].cached);
		CHECK_INT(h.events[1].text_end, 10);
		CHECK_INT(h.events[1].sample_offset, h.events[0].samples);
		CHECK_STORY(&h, "AMD");
		CHECK_INT(h.bill_count, 0);
		listener_close(&h);
	}
}

/* Known and new clauses in one answer: in order, and each new one becomes known. */
TEST(networked_voice_mixes_what_is_known_and_what_is_not)
{
	struct listener h;
	uint32_t samples = 0;

	REQUIRE(listener_open(&h, TOY_NAMED, true) == 0);
	CHECK_INT(listener_ask(&h, 1, "I am looking that up."), 0);
	loop_advance(h.loop, USEC_SEC(1));
	h.n = 0;
	CHECK_INT(listener_ask(&h, 2, "Of course. I am looking that up. It is on Monday the third."), 0);
	loop_advance(h.loop, USEC_SEC(1));
	for (size_t i = 0; i < h.n; i++) {
		samples += h.events[i].type == TTS_EV_AUDIO ? (uint32_t)h.events[i].samples : 0;
		CHECK(h.events[i].type != TTS_EV_MARK || h.events[i].sample_offset <= samples);
	}
	CHECK_INT(h.events[h.n - 2].text_end, 59);
	h.n = 0;
	listener_did();
	CHECK_INT(listener_ask(&h, 3, "It is on Monday the third. Of course."), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_DID("");
	CHECK_STORY(&h, "AMAMD");
	listener_close(&h);
}

/* ---- what it costs ---- */

TEST(networked_voice_tells_its_bill_once)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_NAMED, false) == 0);
	CHECK_INT(listener_ask(&h, 1, "Caf\xc3\xa9."), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(listener_ask(&h, 2, "This is broken."), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(listener_ask(&h, 3, "This is cut off."), 0);
	loop_advance(h.loop, USEC_MS(20));
	REQUIRE(h.bill_count == 2);
	CHECK_BILL(&h, 0, 1, USAGE_DONE, [USAGE_CHARACTERS] = 6, [USAGE_AUDIO_OUT] = 7 * 1250);
	CHECK_BILL(&h, 1, 2, USAGE_FAILED, [USAGE_CHARACTERS] = 16);
	CHECK_STR(h.bills[0].model, "toy-1"); /* that was asked for, also by default */
	tts_close(h.tts);
	REQUIRE(h.bill_count == 4);
	CHECK_BILL(&h, 2, 3, USAGE_CANCELLED, [USAGE_CHARACTERS] = 17);
	CHECK_BILL(&h, 3, 0, USAGE_DONE, [USAGE_REQUESTS] = 1, [USAGE_CONNECTED] = USEC_MS(2040));
	CHECK(str_ends(str_from(listener_did()), STR("1 > {\"do\":\"bye\"}\nclose 1\n")));
	listener_close(&h);
}

/* ---- when it goes wrong ---- */

/* The rest of an answer that is over is not paid for. */
TEST(networked_voice_asks_for_no_more_behind_a_fault)
{
	static const char text[] =
		"One moment. This one is broken, I fear. And this is never heard. Nor is this one, "
		"for that matter.";
	struct listener h;

	REQUIRE(listener_open(&h, TOY_HTTP, false) == 0);
	CHECK_INT(listener_ask(&h, 1, text), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "AMF");
	CHECK_INT(fake_net_seen()->asked, 2);
	listener_close(&h);
}

TEST(networked_voice_without_its_key_is_not_called)
{
	struct listener h;

	REQUIRE(listener_prepare(&h, TOY_SOCKET_A_STRETCH, false) == 0);
	toy_service.key = toy_service.url = STR("");
	REQUIRE(listener_begin(&h, TOY_SOCKET_A_STRETCH) == 0);
	CHECK_INT(h.n, 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.events[0].fault, FAULT_AUTH);
	CHECK(h.events[0].dead);
	CHECK_STORY(&h, "F");
	CHECK_INT(tts_say(h.tts, 1, STR("Hello.")), -EPIPE);
	CHECK_DID("");
	CHECK_INT(h.bill_count, 0);
	listener_close(&h);
}

TEST(networked_voice_whose_key_is_refused_is_dead)
{
	static const size_t all[] = {TOY_NAMED, TOY_IN_ORDER, TOY_SOCKET_A_STRETCH, TOY_HTTP};
	struct listener h;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		REQUIRE(listener_open(&h, all[i], false) == 0);
		toy_voice.code = FAULT_AUTH;
		CHECK_INT(listener_ask(&h, 1, "Hello."), 0);
		loop_advance(h.loop, USEC_SEC(1));
		CHECK(h.events[0].dead && h.events[0].fault == FAULT_AUTH && h.events[0].answer == 1);
		CHECK(str_starts(str_from(h.words), STR("*** is "))); /* its words, the key not among them */
		CHECK_STORY(&h, "F");
		listener_close(&h);
	}
}

TEST(networked_voice_that_cannot_be_reached_is_dead)
{
	static const struct ws_end refused = {
		.fault = FAULT_UNREACHABLE, .code = 1006, .words = STR_INIT("refused"), .retry_after = -1};
	struct listener h;

	REQUIRE(listener_prepare(&h, TOY_NAMED, false) == 0);
	REQUIRE(listener_begin(&h, TOY_NAMED) == 0);
	CHECK_INT(listener_ask(&h, 1, "Hello."), 0);
	fake_net_end(1, &refused);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK(h.events[0].dead && h.events[0].fault == FAULT_UNREACHABLE);
	CHECK_STR(str_from(h.words), "refused");
	CHECK_STORY(&h, "F");
	CHECK_INT(h.bill_count, 0);
	listener_close(&h);
}

TEST(networked_voice_over_its_rate_says_for_how_long)
{
	static const struct ws_end refused = {
		.status = 429, .fault = FAULT_QUOTA, .code = 1006, .retry_after = USEC_SEC(3)};
	struct listener h;

	REQUIRE(listener_prepare(&h, TOY_NAMED, false) == 0);
	REQUIRE(listener_begin(&h, TOY_NAMED) == 0);
	fake_net_end(1, &refused);
	loop_advance(h.loop, USEC_SEC(1));
	REQUIRE(h.n > 0);
	CHECK(h.events[0].dead && h.events[0].fault == FAULT_QUOTA);
	CHECK_INT(h.events[0].retry_after, USEC_SEC(3));
	CHECK_STORY(&h, "F");
	listener_close(&h);

	REQUIRE(listener_open(&h, TOY_SOCKET_A_STRETCH, false) == 0);
	toy_voice.mute = true;
	CHECK_INT(listener_ask(&h, 1, "One moment."), 0);
	CHECK_INT(listener_ask(&h, 2, "Yes."), 0);
	fake_net_end(2, &refused);
	tts_cancel(h.tts, 1);
	loop_advance(h.loop, USEC_SEC(1));
	REQUIRE(h.n > 0);
	CHECK(!h.events[0].dead && h.events[0].fault == FAULT_QUOTA);
	CHECK_INT(h.events[0].retry_after, USEC_SEC(3));
	CHECK_STORY(&h, "F");
	listener_close(&h);
}

TEST(networked_voice_by_http_over_its_rate_says_for_how_long)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_HTTP, false) == 0);
	toy_voice.mute = true;
	CHECK_INT(listener_ask(&h, 1, "One moment."), 0);
	fake_net_done(1, 429, FAULT_QUOTA, "slow");
	loop_advance(h.loop, FAKE_NET_RETRY_AFTER);
	REQUIRE(h.n == 1);
	CHECK(!h.events[0].dead && h.events[0].fault == FAULT_QUOTA);
	CHECK_INT(h.events[0].retry_after, FAKE_NET_RETRY_AFTER);
	CHECK_INT(listener_ask(&h, 2, "One moment."), 0);
	fake_net_done(2, 402, FAULT_QUOTA, "no money");
	loop_advance(h.loop, USEC_SEC(1));
	REQUIRE(h.n == 2);
	CHECK_INT(h.events[1].retry_after, 0); /* the other is over */
	CHECK_STORY(&h, "FF");
	listener_close(&h);
}

/* Words wait for a connection that never comes to be, or are in a request that never leaves. */
TEST(words_that_reached_no_vendor_are_on_no_bill)
{
	static const struct ws_end refused = {.fault = FAULT_UNREACHABLE, .code = 1006, .retry_after = -1};
	struct listener h;

	REQUIRE(listener_open(&h, TOY_SOCKET_A_STRETCH, false) == 0);
	toy_voice.mute = true;
	CHECK_INT(listener_ask(&h, 1, "One moment."), 0);
	CHECK_INT(listener_ask(&h, 2, "Yes."), 0);
	CHECK(str_starts(str_from(listener_did()), STR("open 1 ")) && fake_net_is_open(2));
	fake_net_end(2, &refused);
	tts_cancel(h.tts, 1);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "F");
	REQUIRE(h.bill_count == 2);
	CHECK_BILL(&h, 0, 0, USAGE_CANCELLED, [USAGE_REQUESTS] = 1, [USAGE_CONNECTED] = USEC_MS(20));
	CHECK_BILL(&h, 1, 1, USAGE_CANCELLED, [USAGE_CHARACTERS] = 12);
	listener_close(&h);

	REQUIRE(listener_open(&h, TOY_HTTP, false) == 0);
	toy_voice.mute = true;
	CHECK_INT(listener_ask(&h, 1, "One moment."), 0);
	fake_net_done(1, 0, FAULT_UNREACHABLE, "refused");
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "F");
	CHECK_INT(h.bill_count, 0);
	CHECK_INT(listener_ask(&h, 2, "One moment."), 0);
	fake_net_done(2, 503, FAULT_OVERLOAD, "busy");
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_BILL(&h, 0, 2, USAGE_FAILED, [USAGE_CHARACTERS] = 11, [USAGE_REQUESTS] = 1);
	listener_close(&h);
}

/* What waits behind an answer that stalled is not lost with it. */
TEST(voice_in_order_begins_again_behind_a_stall)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_IN_ORDER, false) == 0);
	toy_voice.mute = true;
	CHECK_INT(listener_ask(&h, 1, "Hello."), 0);
	CHECK_INT(listener_ask(&h, 2, "Hello again."), 0);
	loop_advance(h.loop, USEC_MS(490));
	toy_voice.mute = false;
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.events[0].fault, FAULT_STALLED);
	CHECK_INT(h.events[1].answer, 2);
	CHECK_STORY(&h, "FAMD");
	CHECK_INT(fake_net_seen()->opened, 2);
	listener_close(&h);
}

TEST(voice_whose_socket_breaks_speaks_the_next_answer_on_another)
{
	struct listener h;

	for (size_t i = TOY_NAMED; i <= TOY_SOCKET_A_STRETCH; i++) {
		REQUIRE(listener_open(&h, i, false) == 0);
		toy_voice.hangs_up = true;
		CHECK_INT(listener_ask(&h, 1, "Hello."), 0);
		loop_advance(h.loop, USEC_SEC(1));
		CHECK_INT(h.events[0].fault, FAULT_UNREACHABLE);
		CHECK(!h.events[0].dead);
		CHECK_STR(str_from(h.words), "gone");
		CHECK_STORY(&h, "F");
		toy_voice.hangs_up = false;
		CHECK_INT(listener_ask(&h, 2, "Hello again."), 0);
		loop_advance(h.loop, USEC_SEC(1));
		CHECK(h.n > 0 && h.events[h.n - 1].type == TTS_EV_DONE);
		listener_close(&h);
	}
}

TEST(voice_that_makes_no_sense_is_dropped)
{
	struct listener h;

	for (size_t i = TOY_NAMED; i <= TOY_SOCKET_A_STRETCH; i++) {
		REQUIRE(listener_open(&h, i, false) == 0);
		toy_voice.garbage = true;
		CHECK_INT(listener_ask(&h, 1, "Hello."), 0);
		loop_advance(h.loop, USEC_SEC(1));
		CHECK_INT(h.events[0].fault, FAULT_PROTOCOL);
		CHECK_STORY(&h, "F");
		CHECK_INT(fake_net_seen()->aborted, 1);
		listener_close(&h);
	}
}

/* Idle sockets are closed by their vendors: once that is mended at once, then when there are words. */
TEST(voice_opens_an_idle_socket_again_once)
{
	static const struct ws_end idle = {.code = 1000, .retry_after = -1};
	struct listener h;

	REQUIRE(listener_open(&h, TOY_NAMED, false) == 0);
	fake_net_end(1, &idle);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(fake_net_seen()->opened, 2);
	fake_net_end(2, &idle);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(fake_net_seen()->opened, 2);
	CHECK_INT(listener_ask(&h, 1, "Hello."), 0);
	CHECK_INT(fake_net_seen()->opened, 3);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "AMD");
	fake_net_end(3, &idle);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(fake_net_seen()->opened, 4);
	CHECK_INT(h.bill_count, 4);
	listener_close(&h);
}

TEST(voice_of_an_endless_name_is_refused)
{
	static char name[TTS_STREAM_NAME_MAX];
	struct listener h;

	REQUIRE(listener_prepare(&h, TOY_HTTP, false) == 0);
	memset(name, 'v', sizeof(name));
	toy_service.voice = (struct str){name, sizeof(name)};
	CHECK_INT(listener_begin(&h, TOY_HTTP), -EINVAL);
	listener_close(&h);
}

TEST(voice_keeps_spares_where_they_are_wanted)
{
	struct listener h;

	REQUIRE(listener_prepare(&h, TOY_NAMED, false) == 0);
	toy_service.spares = 3;
	REQUIRE(listener_begin(&h, TOY_NAMED) == 0);
	CHECK_INT(fake_net_seen()->spares, 3);
	CHECK_INT(fake_net_seen()->spare_life, USEC_SEC(60));
	listener_close(&h);
}
