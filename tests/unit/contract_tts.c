/* One story that every voice must tell the same way. */
#include "../scenario/fake_tts.h"
#include "base/pool.h"
#include "contract.h"
#include "provider/local/tts_local.h"
#include "provider/tts/tts_chain.h"

#define EVENTS_MAX 8192
#define LONG_WORD  "word "

struct site;

struct kind {
	const char *name;
	const struct tts_ops *ops;
	const void *(*config)(struct site *s);
	bool chain; /* its ops have to be made, and what breaks is mended */
};

struct said {
	enum tts_event_type type;
	uint32_t answer, text_end, sample_offset;
};

struct site {
	const struct kind *kind;
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct speaking speaking;
	struct utter_config utter;
	struct tts_local_config local;
	struct fake_tts_config fake, spare;
	struct tts *tts;
	bool inside; /* a tts_ call */
	struct said *events;
	size_t n;
	uint32_t answer, samples; /* of the answer being delivered */
	enum tts_event_type cancel_on;
};

/* ---- the providers ---- */

static const struct speaking_voice voice = {"fake-1/voice"};

static const struct speaking_voice *find_voice(struct speaking *s, struct str name)
{
	(void)s, (void)name;
	return &voice;
}

static int speak_words(struct speaking *s, const struct speaking_voice *v, struct str words, float speed,
		       const struct voice_out_sink *sink)
{
	static const int16_t level[10] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};

	(void)s, (void)v, (void)speed;
	if (str_find(words, STR("broken")) < words.n)
		return -EIO;
	for (size_t i = 0; i < words.n; i++)
		if (!sink->on_pcm(sink->arg, level, ARRAY_LEN(level)))
			return -ECANCELED;
	return 0;
}

static void close_speaking(struct speaking *s)
{
	(void)s;
}

static const struct speaking_ops speaking_ops = {find_voice, speak_words, close_speaking};

static const void *local_config(struct site *s)
{
	s->speaking.ops = &speaking_ops;
	s->utter.speaking = &s->speaking;
	s->local = (struct tts_local_config){&s->utter, &s->port};
	return &s->local;
}

static const void *fake_config(struct site *s)
{
	s->fake = (struct fake_tts_config){
		.opens_after = USEC_MS(80),
		.first_after = USEC_MS(50),
		.letter_lasts = USEC_MS(2),
		.letter_took = USEC_MS(1),
		.marks = true,
	};
	return &s->fake;
}

static struct tts_chain_config chain;
static usec first_dies_after;

static const void *chain_config(struct site *s)
{
	fake_config(s);
	s->spare = s->fake;
	s->fake.dies_after = first_dies_after;
	chain.links[0].config = &s->fake;
	chain.links[1].config = &s->spare;
	return &chain;
}

static const struct kind kinds[] = {
	{"local", &tts_local_ops, local_config, false},
	{"fake", &fake_tts_ops, fake_config, false},
	{"chain", &chain.ops, chain_config, true},
};

static void make_chain(void)
{
	chain = (struct tts_chain_config){
		.links = {{.name = STR("first"), .ops = &fake_tts_ops},
			  {.name = STR("spare"), .ops = &fake_tts_ops}},
		.count = 2,
		.open_limit = USEC_SEC(1),
	};
	tts_chain_init(&chain);
}

/* ---- a host ---- */

static void check_place(struct site *s, const struct tts_event *ev)
{
	const struct said *last = s->n > 0 ? &s->events[s->n - 1] : NULL;

	CHECK(ev->answer > s->tts->cancelled && ev->answer >= s->answer);
	if (ev->answer > s->answer)
		s->samples = 0;
	s->answer = ev->answer;
	for (; last && last > s->events && last->answer == ev->answer && last->type != TTS_EV_MARK; last--)
		;
	if (ev->type == TTS_EV_MARK && last && last->answer == ev->answer && last->type == TTS_EV_MARK) {
		CHECK(ev->text_end >= last->text_end);
		CHECK(ev->sample_offset >= last->sample_offset);
	}
	if (ev->type == TTS_EV_MARK)
		CHECK(ev->sample_offset <= s->samples);
	s->samples += (uint32_t)ev->samples;
}

static void on_event(void *arg, const struct tts_event *ev)
{
	struct site *s = arg;

	CHECK(!s->inside && !s->tts->closed);
	if (ev->type != TTS_EV_READY)
		check_place(s, ev);
	CHECK((ev->type == TTS_EV_AUDIO) == (ev->samples > 0));
	if (s->n < EVENTS_MAX)
		s->events[s->n++] = (struct said){ev->type, ev->answer, ev->text_end, ev->sample_offset};
	if (ev->type == s->cancel_on)
		tts_cancel(s->tts, ev->answer);
}

static int site_open(struct site *s, const struct kind *kind)
{
	struct tts_params params = {.sink = {on_event, s}, .speed = 1};
	int rc;

	*s = (struct site){.kind = kind, .cancel_on = TTS_EV_COUNT_};
	if (kind->chain)
		make_chain();
	rc = loop_new(LOOP_SIM, 0, &s->loop);
	if (rc == 0)
		rc = pool_new(0, 16, &s->pool);
	if (rc < 0)
		return rc;
	pool_port_open(&s->port, s->pool, s->loop);
	s->events = mem_alloc(EVENTS_MAX * sizeof(*s->events));
	s->tts = contract_state(kind->ops->state_size);
	if (!s->tts || !s->events)
		return -ENOMEM;
	params.loop = s->loop;
	s->inside = true;
	rc = tts_open(s->tts, kind->ops, kind->config(s), &params);
	s->inside = false;
	return rc;
}

static void site_close(struct site *s)
{
	if (s->tts) {
		tts_close(s->tts);
		tts_close(s->tts);
	}
	if (s->pool) {
		while (s->port.pending > 0)
			loop_advance(s->loop, USEC_MS(1));
		pool_port_close(&s->port);
	}
	s->tts = contract_state_free(s->tts, s->kind->ops->state_size);
	s->events = mem_free(s->events);
	pool_free(s->pool);
	loop_free(s->loop);
}

static int say(struct site *s, uint32_t answer, struct str text)
{
	s->inside = true;
	int rc = tts_say(s->tts, answer, text);
	s->inside = false;
	return rc;
}

static int end(struct site *s, uint32_t answer)
{
	s->inside = true;
	int rc = tts_end(s->tts, answer);
	s->inside = false;
	return rc;
}

static int speak(struct site *s, uint32_t answer, const char *text)
{
	int rc = say(s, answer, str_from(text));

	return rc == 0 ? end(s, answer) : rc;
}

static size_t count(const struct site *s, enum tts_event_type type, uint32_t answer)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->events[i].type == type && s->events[i].answer == answer;
	return n;
}

/* One answer as it should be: audio, and DONE as its last event. */
static void check_answer(struct site *s, uint32_t answer, struct str text)
{
	const struct said *last = NULL, *mark = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (s->events[i].answer != answer)
			continue;
		last = &s->events[i];
		mark = last->type == TTS_EV_MARK ? last : mark;
	}
	CHECK_INT(count(s, TTS_EV_DONE, answer), 1);
	CHECK_INT(count(s, TTS_EV_FAULT, answer), 0);
	CHECK(last && last->type == TTS_EV_DONE);
	CHECK((count(s, TTS_EV_AUDIO, answer) > 0) == (text.n > 0));
	if (text.n > 0 && (s->kind->ops->can & TTS_MARKS))
		CHECK(mark && mark->text_end == text.n);
}

/* ---- the story ---- */

static void opens_once(struct site *s)
{
	CHECK_INT(s->n, 0);
	loop_advance(s->loop, USEC_SEC(1));
	CHECK_INT(s->n, 1);
	CHECK_INT(count(s, TTS_EV_READY, 0), 1);
}

static void speaks_in_order(struct site *s)
{
	CHECK_INT(say(s, 1, STR("One moment,")), 0);
	CHECK_INT(say(s, 1, STR(" please. I am looking.")), 0);
	CHECK_INT(end(s, 1), 0);
	CHECK_INT(end(s, 2), 0); /* nothing to say */
	CHECK_INT(speak(s, 3, "Here it is."), 0);
	loop_advance(s->loop, USEC_SEC(10));
	check_answer(s, 1, STR("One moment, please. I am looking."));
	check_answer(s, 2, STR(""));
	check_answer(s, 3, STR("Here it is."));
}

static void refuses_what_is_over(struct site *s)
{
	CHECK_INT(say(s, 10, STR("The newest.")), 0);
	CHECK_INT(say(s, 9, STR("An older one.")), -ECANCELED);
	CHECK_INT(end(s, 9), -ECANCELED);
	CHECK_INT(end(s, 10), 0);
	CHECK_INT(say(s, 10, STR("More of it.")), -ECANCELED);
	CHECK_INT(end(s, 10), -ECANCELED);
	loop_advance(s->loop, USEC_SEC(10));
	check_answer(s, 10, STR("The newest."));
	CHECK_INT(count(s, TTS_EV_AUDIO, 9) + count(s, TTS_EV_DONE, 9), 0);
}

static void forgets_what_is_cancelled(struct site *s)
{
	s->n = 0;
	for (uint32_t answer = 20; answer <= 22; answer++)
		CHECK_INT(speak(s, answer, "This may be cut. Or not."), 0);
	loop_advance(s->loop, USEC_MS(1));
	s->inside = true;
	tts_cancel(s->tts, 21);
	s->inside = false;
	loop_advance(s->loop, USEC_SEC(10));
	check_answer(s, 22, STR("This may be cut. Or not."));
	tts_cancel(s->tts, 30);
	CHECK_INT(say(s, 30, STR("Late.")), -ECANCELED);
	CHECK_INT(end(s, 30), -ECANCELED);
	CHECK_INT(speak(s, 31, "Again."), 0);
	loop_advance(s->loop, USEC_SEC(10));
	check_answer(s, 31, STR("Again."));
}

/* As much as may be; a byte more is refused and changes nothing. */
static void bounds_an_answer(struct site *s)
{
	static char text[TTS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = LONG_WORD[i % (sizeof(LONG_WORD) - 1)];
	text[sizeof(text) - 1] = '.';
	CHECK_INT(say(s, 40, (struct str){text, sizeof(text)}), 0);
	CHECK_INT(say(s, 40, STR("!")), -EMSGSIZE);
	CHECK_INT(end(s, 40), 0);
	loop_advance(s->loop, USEC_SEC(60));
	check_answer(s, 40, (struct str){text, sizeof(text)});
}

static void story(const struct kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	opens_once(&s);
	speaks_in_order(&s);
	refuses_what_is_over(&s);
	forgets_what_is_cancelled(&s);
	bounds_an_answer(&s);
	site_close(&s);
	contract_end(before, kind->name);
}

TEST(every_voice_tells_the_story)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		story(&kinds[i]);
}

TEST(a_chain_of_voices_tells_the_story_wherever_its_first_dies)
{
	for (usec at = USEC_MS(10); at < USEC_SEC(62); at += at < USEC_SEC(2) ? USEC_MS(7) : USEC_MS(911)) {
		first_dies_after = at;
		story(&kinds[2]);
	}
	first_dies_after = 0;
}

TEST(every_voice_may_be_closed_at_work)
{
	static const usec spans[] = {0, USEC_MS(60), USEC_MS(90), USEC_MS(140)};

	for (size_t k = 0; k < ARRAY_LEN(kinds) * ARRAY_LEN(spans); k++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, &kinds[k / ARRAY_LEN(spans)]) == 0);
		CHECK_INT(speak(&s, 1, "One clause, and another one. A third."), 0);
		CHECK_INT(say(&s, 2, STR("Not yet whole. And")), 0);
		loop_advance(s.loop, spans[k % ARRAY_LEN(spans)]);
		tts_close(s.tts);
		loop_advance(s.loop, USEC_SEC(2)); /* on_event() wants no more */
		site_close(&s);
		contract_end(before, s.kind->name);
	}
}

TEST(every_voice_may_be_cancelled_from_its_own_events)
{
	for (size_t k = 0; k < ARRAY_LEN(kinds) * TTS_EV_FAULT; k++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, &kinds[k / TTS_EV_FAULT]) == 0);
		s.cancel_on = (enum tts_event_type)(k % TTS_EV_FAULT);
		CHECK_INT(speak(&s, 1, "One clause. And another one."), 0);
		loop_advance(s.loop, USEC_SEC(2));
		CHECK_INT(count(&s, s.cancel_on, s.cancel_on == TTS_EV_READY ? 0 : 1), 1);
		s.cancel_on = TTS_EV_COUNT_;
		CHECK_INT(speak(&s, 2, "The next."), 0);
		loop_advance(s.loop, USEC_SEC(2));
		check_answer(&s, 2, STR("The next."));
		site_close(&s);
		contract_end(before, s.kind->name);
	}
}

/* The answer is over, the session is not. */
TEST(every_voice_outlives_a_broken_answer)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, &kinds[i]) == 0);
		loop_advance(s.loop, USEC_SEC(1));
		CHECK_INT(speak(&s, 1, "All is well. This is broken. And more of it."), 0);
		if (s.fake.session)
			fake_tts_fail(s.fake.session, false);
		loop_advance(s.loop, USEC_SEC(2));
		CHECK_INT(count(&s, TTS_EV_FAULT, 1), !kinds[i].chain);
		CHECK_INT(count(&s, TTS_EV_DONE, 1), kinds[i].chain);
		CHECK_INT(s.events[s.n - 1].type, kinds[i].chain ? TTS_EV_DONE : TTS_EV_FAULT);
		CHECK_INT(speak(&s, 2, "The next."), 0);
		loop_advance(s.loop, USEC_SEC(2));
		check_answer(&s, 2, STR("The next."));
		site_close(&s);
		contract_end(before, s.kind->name);
	}
}

TEST(a_voice_that_was_never_opened_may_be_closed)
{
	struct tts zeroed = {0};

	tts_close(&zeroed);
	CHECK(!zeroed.closed);
}

/* Refused in words, or a fault of the answer; never silently mute. */
static int without_memory(const struct kind *kind)
{
	struct site s;
	int rc = site_open(&s, kind);

	if (rc == 0)
		rc = speak(&s, 1, "One clause. And another one.");
	if (rc == 0) {
		loop_advance(s.loop, USEC_SEC(2));
		CHECK_INT(count(&s, TTS_EV_DONE, 1) + count(&s, TTS_EV_FAULT, 1), 1);
		rc = count(&s, TTS_EV_DONE, 1) == 1 ? 0 : -ENOMEM;
	}
	if (rc == 0)
		check_answer(&s, 1, STR("One clause. And another one."));
	site_close(&s);
	return rc;
}

TEST_OOM(local_voice_without_memory)
{
	return without_memory(&kinds[0]);
}

TEST_OOM(fake_voice_without_memory)
{
	return without_memory(&kinds[1]);
}

TEST_OOM(chain_of_voices_without_memory)
{
	return without_memory(&kinds[2]);
}
