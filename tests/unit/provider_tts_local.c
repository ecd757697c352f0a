#include "test.h"

#include "base/live.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/pool.h"
#include "provider/local/ort.h"
#include "provider/local/prepare.h"
#include "provider/local/tts_local.h"

#define EVENTS_MAX 64

/* ---- an engine that says ten samples for each byte of its words ---- */

static const struct speaking_voice fake_voice = {"fake-1/voice"};
static int fake_calls;

static const struct speaking_voice *fake_find(struct speaking *s, struct str name)
{
	(void)s;
	return str_eq(name, STR("nobody")) ? NULL : &fake_voice;
}

static int fake_say(struct speaking *s, const struct speaking_voice *v, struct str words, float speed,
		    const struct voice_out_sink *sink)
{
	static const int16_t level[10] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};

	(void)s, (void)v, (void)speed;
	fake_calls++;
	if (str_find(words, STR("broken")) < words.n)
		return -EIO;
	for (size_t i = 0; i < words.n; i++)
		if (!sink->on_pcm(sink->arg, level, ARRAY_LEN(level)))
			return -ECANCELED;
	return 0;
}

static void fake_close(struct speaking *s)
{
	(void)s;
}

static const struct speaking_ops fake_ops = {fake_find, fake_say, fake_close};
static struct speaking fake = {&fake_ops};

/* ---- a host ---- */

struct host {
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct phrase_cache *cache;
	struct utter_config utter;
	struct tts_local_config config;
	struct tts *tts;
	struct tts_event events[EVENTS_MAX];
	size_t n, samples;
	bool close_in_audio, cancel_in_audio;
	uint64_t characters[USAGE_ENDS_], spoken; /* as reported */
	int sum; /* of the first and last sample of each event: touched after the cancel */
};

static void on_event(void *arg, const struct tts_event *ev)
{
	struct host *h = arg;

	if (h->n < EVENTS_MAX)
		h->events[h->n++] = *ev;
	if (ev->type != TTS_EV_AUDIO)
		return;
	h->samples += ev->samples;
	if (h->cancel_in_audio)
		tts_cancel(h->tts, ev->answer);
	if (h->close_in_audio)
		tts_close(h->tts);
	h->sum += ev->pcm[0] + ev->pcm[ev->samples - 1];
}

static void on_usage(void *arg, const struct usage *u)
{
	struct host *h = arg;

	CHECK_STR(u->type, "local");
	h->characters[u->end] += u->amount[USAGE_CHARACTERS];
	h->spoken += u->amount[USAGE_AUDIO_OUT];
}

static int host_open_parts(struct host *h, const char *voice)
{
	struct phrase_cache_config cache = {.memory_bytes = 1 << 20};
	struct tts_params params = {
		.sink = {on_event, h}, .usage = {on_usage, h}, .voice = str_from(voice), .speed = 1};
	int rc = loop_new(LOOP_SIM, 0, &h->loop);

	if (rc == 0)
		rc = pool_new(0, 100, &h->pool);
	if (rc < 0)
		return rc;
	pool_port_open(&h->port, h->pool, h->loop);
	rc = phrase_cache_open(&cache, &h->cache);
	if (rc < 0)
		return rc;
	h->utter = (struct utter_config){.speaking = &fake, .cache = h->cache};
	h->config = (struct tts_local_config){&h->utter, &h->port};
	h->tts = mem_zalloc(tts_local_ops.state_size);
	if (!h->tts)
		return -ENOMEM;
	params.loop = h->loop;
	return tts_open(h->tts, &tts_local_ops, &h->config, &params);
}

static void host_close(struct host *h)
{
	if (h->tts && h->tts->ops)
		tts_close(h->tts);
	if (h->loop)
		loop_advance(h->loop, USEC_MS(1));
	h->tts = mem_free(h->tts);
	if (h->port.pool)
		pool_port_close(&h->port);
	h->pool = pool_free(h->pool);
	h->cache = phrase_cache_close(h->cache);
	h->loop = loop_free(h->loop);
}

static int host_open(struct host *h, const char *voice)
{
	*h = (struct host){0};
	fake_calls = 0;
	return host_open_parts(h, voice);
}

static void settle(struct host *h)
{
	loop_advance(h->loop, USEC_MS(10));
}

static char letter(const struct tts_event *ev)
{
	static const char letters[TTS_EV_COUNT_] = "RAMDF";

	return letters[ev->type];
}

/* The events so far as letters, and forgets them. */
static const char *story(struct host *h)
{
	static char text[EVENTS_MAX + 1];

	for (size_t i = 0; i < h->n; i++)
		text[i] = letter(&h->events[i]);
	text[h->n] = '\0';
	h->n = 0;
	return text;
}

#define CHECK_STORY(h, want) CHECK_STR(str_from(story(h)), want)

static int speak(struct host *h, uint32_t answer, const char *text)
{
	int rc = tts_say(h->tts, answer, str_from(text));

	return rc < 0 ? rc : tts_end(h->tts, answer);
}

TEST(tts_local_speaks_clause_by_clause)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	CHECK_INT(h.n, 0);
	CHECK_INT(speak(&h, 1, "Thank you for calling. How can I help you today?"), 0);
	CHECK_INT(h.n, 0);
	settle(&h);
	REQUIRE(h.n == 6);
	CHECK_INT(h.events[2].text_end, 23);
	CHECK_INT(h.events[2].sample_offset, h.events[1].samples);
	CHECK_INT(h.events[4].text_end, 48);
	CHECK_INT(h.events[4].sample_offset, h.events[1].samples + h.events[3].samples);
	CHECK(!h.events[1].cached);
	CHECK_STORY(&h, "RAMAMD");
	host_close(&h);
}

TEST(tts_local_reports_what_it_was_made_to_say)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	CHECK_INT(speak(&h, 1, "Caf\xc3\xa9, please."), 0);
	settle(&h);
	CHECK_INT(h.characters[USAGE_DONE], 13);
	CHECK_INT(h.spoken, h.samples * USEC_SEC(1) / TTS_RATE_HZ);
	CHECK_INT(speak(&h, 2, "Not this."), 0);
	tts_cancel(h.tts, 2);
	CHECK_INT(h.characters[USAGE_CANCELLED], 9);
	CHECK_INT(tts_say(h.tts, 3, STR("Nor this")), 0);
	host_close(&h);
	CHECK_INT(h.characters[USAGE_CANCELLED], 17);
	CHECK_INT(h.characters[USAGE_DONE], 13);
}

TEST(tts_local_takes_text_as_it_comes)
{
	static const char text[] = "Sure, one moment. I am looking at the calendar.";
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		CHECK_INT(tts_say(h.tts, 5, (struct str){text + i, 1}), 0);
		settle(&h);
	}
	CHECK_STORY(&h, "RAM");
	CHECK_INT(tts_end(h.tts, 5), 0);
	settle(&h);
	CHECK_STORY(&h, "AMD");
	CHECK_INT(tts_end(h.tts, 5), -ECANCELED);
	CHECK_INT(tts_say(h.tts, 5, STR("more")), -ECANCELED);
	CHECK_INT(tts_say(h.tts, 4, STR("old")), -ECANCELED);
	host_close(&h);
}

TEST(tts_local_says_a_known_phrase_at_once)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	CHECK_INT(speak(&h, 1, "Goodbye."), 0);
	settle(&h);
	CHECK_STORY(&h, "RAMD");
	CHECK_INT(speak(&h, 2, " Goodbye. "), 0);
	CHECK_INT(h.n, 0); /* never inside the call */
	settle(&h);
	CHECK(h.events[0].cached && h.events[0].samples == 80);
	CHECK_STORY(&h, "AMD");
	CHECK_INT(fake_calls, 1);
	host_close(&h);
}

TEST(tts_local_is_silent_after_a_cancel)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	settle(&h);
	CHECK_STORY(&h, "R");
	CHECK_INT(speak(&h, 1, "First one. And then a second clause."), 0);
	tts_cancel(h.tts, 1);
	settle(&h);
	CHECK_STORY(&h, "");
	CHECK_INT(fake_calls, 0);
	CHECK_INT(tts_say(h.tts, 1, STR("x")), -ECANCELED);
	CHECK_INT(speak(&h, 2, "Third."), 0);
	settle(&h);
	CHECK_STORY(&h, "AMD");
	CHECK_INT(h.port.pending, 0);
	host_close(&h);
}

TEST(tts_local_can_be_cancelled_or_closed_by_what_it_says)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	h.cancel_in_audio = true;
	CHECK_INT(speak(&h, 1, "First one. And then a second clause."), 0);
	settle(&h);
	CHECK_STORY(&h, "RA");
	CHECK_INT(h.sum, 14);
	h.cancel_in_audio = false;
	h.close_in_audio = true;
	CHECK_INT(speak(&h, 2, "First one. And then a second clause."), 0);
	settle(&h);
	CHECK_STORY(&h, "A");
	host_close(&h);
	CHECK_INT(live_total(), 0);
}

TEST(tts_local_keeps_answers_in_order)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	CHECK_INT(tts_say(h.tts, 1, STR("One is not ended.")), 0);
	CHECK_INT(speak(&h, 2, "Two."), 0);
	settle(&h);
	REQUIRE(h.n == 7);
	for (size_t i = 1; i < 7; i++)
		CHECK_INT(h.events[i].answer, i < 4 ? 1 : 2);
	CHECK_INT(h.events[5].sample_offset, h.events[4].samples);
	CHECK_STORY(&h, "RAMDAMD");
	host_close(&h);
}

TEST(tts_local_reports_a_broken_engine)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	CHECK_INT(speak(&h, 1, "This is broken. It has a second clause."), 0);
	settle(&h);
	CHECK_INT(h.events[1].fault, FAULT_PROTOCOL);
	CHECK(!h.events[1].dead);
	CHECK_STORY(&h, "RF");
	CHECK_INT(speak(&h, 2, "Fine."), 0);
	settle(&h);
	CHECK_STORY(&h, "AMD");
	host_close(&h);
}

TEST(tts_local_refuses_what_is_too_much)
{
	static char text[TTS_TEXT_MAX + 1];
	struct host h;

	memset(text, 'a', sizeof(text));
	REQUIRE(host_open(&h, "") == 0);
	CHECK_INT(tts_say(h.tts, 1, (struct str){text, sizeof(text)}), -EMSGSIZE);
	CHECK_INT(tts_say(h.tts, 1, (struct str){text, TTS_TEXT_MAX}), 0);
	CHECK_INT(tts_say(h.tts, 1, STR("b")), -EMSGSIZE);
	CHECK_INT(tts_end(h.tts, 1), 0);
	settle(&h);
	host_close(&h);
	CHECK_INT(host_open(&h, "nobody"), -ENOENT);
	host_close(&h);
}

TEST(tts_local_ends_an_answer_of_nothing)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	CHECK_INT(tts_end(h.tts, 1), 0);
	CHECK_INT(speak(&h, 2, " ... "), 0);
	settle(&h);
	CHECK_STORY(&h, "RDMD");
	CHECK_INT(fake_calls, 0);
	host_close(&h);
}

TEST(tts_local_closes_with_work_in_the_pool)
{
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	CHECK_INT(speak(&h, 1, "First one. And then a second clause."), 0);
	CHECK(h.port.pending > 0);
	host_close(&h);
	CHECK_INT(live_total(), 0);
}

static void nothing_run(struct pool_job *job)
{
	(void)job;
}

static void nothing_done(struct pool_job *job, enum pool_end end)
{
	(void)job, (void)end;
}

/* A host whose pool has room for one job in each class, and one of `class` in it. */
static int host_open_full(struct host *h, enum pool_class class, struct pool_job *job)
{
	int rc = host_open(h, "");

	if (rc < 0)
		return rc;
	settle(h);
	h->n = 0;
	pool_port_close(&h->port);
	pool_free(h->pool);
	rc = pool_new(0, 1, &h->pool);
	if (rc < 0)
		return rc;
	pool_port_open(&h->port, h->pool, h->loop);
	*job = (struct pool_job){
		.class = class, .deadline = USEC_NEVER, .run = nothing_run, .done = nothing_done};
	return pool_submit(&h->port, job);
}

TEST(tts_local_asks_a_full_pool_again_when_the_clause_is_due)
{
	struct pool_job job;
	struct host h;

	REQUIRE(host_open_full(&h, POOL_NORMAL, &job) == 0);
	CHECK_INT(speak(&h, 1, "First one. And then a second clause."), 0);
	settle(&h);
	CHECK_STORY(&h, "AMAMD");
	host_close(&h);
}

TEST(tts_local_reports_a_pool_without_room)
{
	struct pool_job job;
	struct host h;

	REQUIRE(host_open_full(&h, POOL_URGENT, &job) == 0);
	CHECK_INT(speak(&h, 1, "First one. And then a second clause."), 0);
	settle(&h);
	CHECK_INT(h.events[0].fault, FAULT_OVERLOAD);
	CHECK_STORY(&h, "F");
	host_close(&h);
	CHECK_INT(live_total(), 0);
}

/* ---- fixed phrases ---- */

static struct prepare_progress last;
static int reports;

static void on_progress(void *arg, const struct prepare_progress *progress)
{
	(void)arg;
	last = *progress;
	reports++;
}

static const struct str phrases[] = {
	STR_INIT("Thank you for calling. How can I help you today?"),
	STR_INIT("Goodbye."),
	STR_INIT(""),
};
static const struct prepare_sink prepare_sink = {on_progress, NULL};

TEST(prepare_makes_phrases_before_they_are_needed)
{
	struct tts_params params = {.speed = 1};
	struct prepare *p;
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	params.loop = h.loop;
	reports = 0;
	REQUIRE(prepare_start(&h.config, &params, phrases, ARRAY_LEN(phrases), &prepare_sink, &p) == 0);
	CHECK_INT(reports, 0);
	settle(&h);
	CHECK_INT(last.done, last.total);
	CHECK_INT(last.made, 3);
	CHECK_INT(last.failed, 0);
	prepare_free(p);
	CHECK_INT(fake_calls, 3);
	h.n = 0;
	CHECK_INT(speak(&h, 1, "Thank you for calling. How can I help you today?"), 0);
	settle(&h);
	CHECK(h.events[0].cached && h.events[2].cached);
	CHECK_STORY(&h, "AMAMD");
	CHECK_INT(fake_calls, 3);
	host_close(&h);
}

TEST(prepare_can_be_stopped)
{
	struct tts_params params = {.speed = 1};
	struct prepare *p;
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	params.loop = h.loop;
	params.voice = STR("nobody");
	CHECK_INT(prepare_start(&h.config, &params, phrases, 1, &prepare_sink, &p), -ENOENT);
	params.voice = STR("");
	reports = 0;
	REQUIRE(prepare_start(&h.config, &params, phrases, 1, &prepare_sink, &p) == 0);
	prepare_free(p);
	settle(&h);
	CHECK_INT(reports, 0);
	host_close(&h);
	CHECK_INT(live_total(), 0);
}

TEST(prepare_says_at_once_that_there_is_nothing_to_do)
{
	struct tts_params params = {.speed = 1};
	struct prepare *p;
	struct host h;

	REQUIRE(host_open(&h, "") == 0);
	params.loop = h.loop;
	reports = 0;
	REQUIRE(prepare_start(&h.config, &params, phrases, 0, &prepare_sink, &p) == 0);
	settle(&h);
	CHECK(reports == 1 && last.total == 0);
	prepare_free(p);
	host_close(&h);
}

TEST_OOM(tts_local_survives_without_memory)
{
	struct host h;
	int rc = host_open(&h, "");

	if (rc == 0)
		rc = speak(&h, 1, "First one. And then a second clause.");
	if (rc == 0)
		settle(&h);
	host_close(&h);
	return rc;
}

/* ---- with flite, on real threads ---- */

TEST(tts_local_speaks_with_flite_on_the_pool)
{
	struct tts_params params = {.voice = STR_INIT("flite/kal16"), .speed = 1};
	struct host h = {0};

	params.sink = (struct tts_sink){on_event, &h};
	REQUIRE(loop_new(LOOP_REAL, 0, &h.loop) == 0);
	REQUIRE(pool_new(2, 100, &h.pool) == 0);
	pool_port_open(&h.port, h.pool, h.loop);
	REQUIRE(speaking_open(NULL, "", SPEAKING_FLITE, NULL, &h.utter.speaking) == 0);
	h.config = (struct tts_local_config){&h.utter, &h.port};
	h.tts = mem_zalloc(tts_local_ops.state_size);
	params.loop = h.loop;
	REQUIRE(tts_open(h.tts, &tts_local_ops, &h.config, &params) == 0);
	CHECK_INT(speak(&h, 1, "Yes. We are open from nine to five."), 0);
	for (int turns = 0; turns < 500 && (h.n == 0 || h.events[h.n - 1].type != TTS_EV_DONE); turns++)
		CHECK(loop_turn(h.loop, USEC_MS(20)) >= 0);
	CHECK(h.samples > TTS_RATE_HZ);
	CHECK_STORY(&h, "RAMAMD");
	tts_close(h.tts);
	mem_free(h.tts);
	pool_port_close(&h.port);
	pool_free(h.pool);
	speaking_close(h.utter.speaking);
	loop_free(h.loop);
}

TEST(speaking_falls_back_and_says_so)
{
	struct speaking *s;
	struct ort_error note;

	REQUIRE(speaking_open(NULL, "/nonexistent", SPEAKING_BEST, &note, &s) == 0);
	CHECK_STR(str_from(note.text), "ONNX Runtime is not loaded; flite speaks instead of Kokoro");
	CHECK_STR(str_from(speaking_find(s, STR(""))->id), "flite-2.2/rms");
	CHECK_STR(str_from(speaking_find(s, STR("af_heart"))->id), "flite-2.2/slt");
	CHECK_STR(str_from(speaking_find(s, STR("kokoro/am_adam"))->id), "flite-2.2/rms");
	CHECK_STR(str_from(speaking_find(s, STR("flite/awb"))->id), "flite-2.2/awb");
	CHECK(speaking_find(s, STR("somebody")) == NULL);
	speaking_close(s);
	CHECK_INT(speaking_open(NULL, "/nonexistent", SPEAKING_KOKORO, &note, &s), -ENOENT);
}
