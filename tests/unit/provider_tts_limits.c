/* Voices over a network that take too long: before they begin, in the middle, all in all, and without end. */
#include "base/mem.h"
#include "listener.h"
#include "provider/tts/tts_chain.h"
#include "test.h"
#include "toy_voice.h"

/* Nothing at all, and nothing more: each has its limit. */
TEST(networked_voice_that_stalls_is_given_up)
{
	for (size_t i = 0; i < TOY_KINDS; i++) {
		struct listener h;

		REQUIRE(listener_open(&h, i, false) == 0);
		toy_voice.mute = true;
		CHECK_INT(listener_ask(&h, 1, "Hello."), 0);
		loop_advance(h.loop, USEC_MS(490));
		CHECK_STORY(&h, "");
		loop_advance(h.loop, USEC_MS(20));
		CHECK_INT(h.events[0].fault, FAULT_STALLED);
		CHECK(!h.events[0].dead);
		CHECK_STR(str_from(h.words), "no sound");
		CHECK_STORY(&h, "F");
		toy_voice.mute = false;
		toy_voice.half = i != TOY_HTTP_JSON;
		CHECK_INT(listener_ask(&h, 2, "Hello again."), 0);
		loop_advance(h.loop, USEC_MS(400)); /* connections may have to be made */
		if (toy_voice.half) {
			CHECK(h.n > 0 && h.events[0].type == TTS_EV_AUDIO);
			loop_advance(h.loop, USEC_MS(300));
			CHECK_INT(h.events[h.n - 1].fault, FAULT_STALLED);
			CHECK_STR(str_from(h.words), "the sound stopped");
		}
		h.n = 0;
		toy_voice.half = false;
		CHECK_INT(listener_ask(&h, 3, "At last."), 0);
		loop_advance(h.loop, USEC_SEC(1));
		CHECK(h.n > 0 && h.events[h.n - 1].type == TTS_EV_DONE);
		listener_close(&h);
	}
}

/* A voice that has been asked, and says what the test lets it say. Returns its number. */
static unsigned ask_mute(struct listener *h)
{
	toy_voice.mute = true;
	CHECK_INT(listener_ask(h, 1, "Hello."), 0);
	loop_advance(h->loop, USEC_MS(300));
	return fake_net_seen()->opened + fake_net_seen()->asked;
}

/* So much sound, and 300 ms later. */
static void let_say(struct listener *h, unsigned ask, size_t samples)
{
	static int16_t pcm[2 * TTS_RATE_HZ];

	fake_net_piece(ask, (struct str){(const char *)pcm, samples * sizeof(*pcm)});
	loop_advance(h->loop, USEC_MS(300));
}

/* No pause is too long; all of them together are. */
TEST(networked_voice_that_dribbles_is_given_up)
{
	struct listener h;
	unsigned ask;

	REQUIRE(listener_open(&h, TOY_HTTP, false) == 0);
	ask = ask_mute(&h);
	let_say(&h, ask, 8);
	CHECK_STORY(&h, "A");
	let_say(&h, ask, 8);
	CHECK_INT(h.events[h.n - 1].fault, FAULT_STALLED);
	CHECK(!h.events[h.n - 1].dead);
	CHECK_STR(str_from(h.words), "the sound is slower than speech");
	CHECK_STORY(&h, "AF");
	listener_close(&h);
}

TEST(networked_voice_as_fast_as_speech_is_heard_out)
{
	struct listener h;
	unsigned ask;

	REQUIRE(listener_open(&h, TOY_HTTP, false) == 0);
	ask = ask_mute(&h);
	for (int i = 0; i < 15; i++)
		let_say(&h, ask, 280 * TTS_RATE_HZ / 1000); /* a little slower: it has 400 ms to lose */
	fake_net_done(ask, 200, FAULT_NONE, "");
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_STORY(&h, "AAAAAAAAAAAAAAAMD");
	listener_close(&h);
}

TEST(networked_voice_that_goes_on_and_on_is_given_up)
{
	struct listener h;
	unsigned ask;

	REQUIRE(listener_open(&h, TOY_HTTP, false) == 0);
	ask = ask_mute(&h);
	for (int i = 0; i < 6; i++)
		let_say(&h, ask, 2 * TTS_RATE_HZ);
	CHECK_STORY(&h, "AAAAAA");
	let_say(&h, ask, 2 * TTS_RATE_HZ);
	CHECK_INT(h.events[h.n - 1].fault, FAULT_PROTOCOL);
	CHECK_STR(str_from(h.words), "more sound than the words could be");
	CHECK_STORY(&h, "AF"); /* what had come is told before */
	listener_close(&h);
}

/* Bytes that make no sound are no sign of life. */
TEST(networked_voice_whose_bytes_make_no_sound_is_given_up)
{
	struct listener h;

	REQUIRE(listener_open(&h, TOY_HTTP, false) == 0);
	fake_net_piece(ask_mute(&h), STR("x"));
	loop_advance(h.loop, USEC_MS(190));
	CHECK_STORY(&h, "");
	loop_advance(h.loop, USEC_MS(20));
	CHECK_STR(str_from(h.words), "no sound");
	CHECK_STORY(&h, "F");
	listener_close(&h);
}

/* A chain of the same voice twice; the first time it dribbles. */
TEST(what_a_voice_that_dribbles_has_not_said_the_next_one_says)
{
	static const char text[] = "One moment, please. I am looking that up for you.";
	const struct tts_link link = {.name = STR("toys"), .ops = &tts_http_ops, .config = &toy_use};
	struct tts_chain_config chain = {.links = {link, link}, .count = 2, .open_limit = USEC_SEC(1)};
	struct tts_params params = {.speed = 1};
	struct listener h;
	size_t samples = 0;

	REQUIRE(listener_prepare(&h, TOY_HTTP, false) == 0);
	tts_chain_init(&chain);
	params.loop = h.loop;
	params.sink = (struct tts_sink){listener_on_event, &h};
	h.tts = mem_zalloc(chain.ops.state_size);
	REQUIRE(h.tts && tts_open(h.tts, &chain.ops, &chain, &params) == 0);
	loop_advance(h.loop, USEC_MS(100));
	let_say(&h, ask_mute(&h), 8);
	toy_voice.mute = false;
	loop_advance(h.loop, USEC_SEC(2));
	REQUIRE(h.n > 3);
	for (size_t i = 0; i < h.n; i++)
		samples += h.events[i].samples;
	CHECK_INT(samples, 8 + strlen("Hello.") * TOY_SAMPLES_A_LETTER);
	CHECK_STORY(&h, "RAAMD");
	CHECK_INT(listener_ask(&h, 2, text), 0); /* it stays with the one that works */
	loop_advance(h.loop, USEC_SEC(2));
	CHECK(h.n > 0 && h.events[h.n - 1].type == TTS_EV_DONE);
	listener_close(&h);
}
