/* One story that every recogniser must tell the same way. */
#include "../scenario/fake_stt.h"
#include "base/pool.h"
#include "contract.h"
#include "provider/local/hearing.h"
#include "provider/local/stt_local.h"
#include "provider/stt/stt_chain.h"

#define FRAME      160 /* 20 ms */
#define EVENTS_MAX 256

struct site;

struct kind {
	const char *name;
	const struct stt_ops *ops;
	const void *(*config)(struct site *s);
	bool chain; /* its ops have to be made */
};

struct heard {
	enum stt_event_type type;
	uint32_t utterance;
	size_t n; /* bytes of text */
};

struct site {
	const struct kind *kind;
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct hearing hearing;
	struct stt_local_config local;
	struct fake_stt_config fake, spare;
	struct stt *stt;
	usec at;     /* of the next frame */
	bool inside; /* a stt_ call */
	struct heard events[EVENTS_MAX];
	size_t n;
	enum stt_event_type close_on;
};

/* ---- the providers ---- */

static int hearing_error;

static int hear(struct hearing *h, enum hearing_care care, const int16_t *pcm, size_t samples,
		const atomic_bool *stop, struct hearing_text *out)
{
	(void)h, (void)care, (void)pcm, (void)stop;
	buf_printf(&out->text, "%zu samples", samples);
	return hearing_error ? hearing_error : out->text.error;
}

static void close_hearing(struct hearing *h)
{
	(void)h;
}

static const struct hearing_ops hearing_ops = {hear, close_hearing};

static const void *local_config(struct site *s)
{
	s->hearing.ops = &hearing_ops;
	s->local = (struct stt_local_config){&s->hearing, &s->port};
	return &s->local;
}

static const void *fake_config(struct site *s)
{
	s->fake = (struct fake_stt_config){
		.opens_after = USEC_MS(80),
		.partial_every = USEC_MS(300),
		.likely_silence = USEC_MS(200),
		.likely_took = USEC_MS(60),
		.final_took = USEC_MS(150),
	};
	return &s->fake;
}

static struct stt_chain_config chain;
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
	{"local", &stt_local_ops, local_config, false},
	{"fake", &fake_stt_ops, fake_config, false},
	{"chain", &chain.ops, chain_config, true},
};

static void make_chain(void)
{
	chain = (struct stt_chain_config){
		.links = {{STR("first"), &fake_stt_ops, NULL, NULL},
			  {STR("spare"), &fake_stt_ops, NULL, NULL}},
		.count = 2,
		.open_limit = USEC_SEC(1),
	};
	stt_chain_init(&chain);
}

/* ---- a host ---- */

static void on_event(void *arg, const struct stt_event *ev)
{
	struct site *s = arg;

	CHECK(!s->inside && !s->stt->closed);
	CHECK(ev->text.n <= STT_TEXT_MAX);
	if (ev->type == STT_EV_PARTIAL || ev->type == STT_EV_LIKELY || ev->type == STT_EV_ENDPOINT)
		CHECK_INT(ev->utterance, s->stt->utterance);
	if (s->n < EVENTS_MAX)
		s->events[s->n++] = (struct heard){ev->type, ev->utterance, ev->text.n};
	if (ev->type == s->close_on)
		stt_close(s->stt);
}

static int site_open(struct site *s, const struct kind *kind)
{
	struct stt_params params = {.sink = {on_event, s}, .language = STR("en-US")};
	int rc;

	*s = (struct site){.kind = kind, .at = USEC_SEC(100), .close_on = STT_EV_COUNT_};
	if (kind->chain)
		make_chain();
	rc = loop_new(LOOP_SIM, s->at, &s->loop);
	if (rc == 0)
		rc = pool_new(0, 16, &s->pool);
	if (rc < 0)
		return rc;
	pool_port_open(&s->port, s->pool, s->loop);
	s->stt = contract_state(kind->ops->state_size);
	if (!s->stt)
		return -ENOMEM;
	params.loop = s->loop;
	s->inside = true;
	rc = stt_open(s->stt, kind->ops, kind->config(s), &params);
	s->inside = false;
	return rc;
}

static void site_close(struct site *s)
{
	if (s->stt) {
		stt_close(s->stt);
		stt_close(s->stt);
	}
	if (s->pool) {
		while (s->port.pending > 0)
			loop_advance(s->loop, USEC_MS(1));
		pool_port_close(&s->port);
	}
	s->stt = contract_state_free(s->stt, s->kind->ops->state_size);
	pool_free(s->pool);
	loop_free(s->loop);
}

static void speech(struct site *s, bool speaking)
{
	if (s->stt->closed)
		return;
	s->inside = true;
	stt_speech(s->stt, speaking, s->at);
	s->inside = false;
}

/* Lets time pass with audio: words that a babbler understands, or silence. */
static int feed(struct site *s, usec span, bool loud)
{
	static const char words[] = "some words ";
	int16_t pcm[FRAME];
	int rc = 0;

	for (usec end = s->at + span; s->at < end && rc == 0 && !s->stt->closed; s->at += USEC_MS(20)) {
		unsigned letter = (unsigned)(s->at / USEC_MS(40));

		for (size_t i = 0; i < FRAME; i++)
			pcm[i] = loud ? babble_sample(words[letter % (sizeof(words) - 1)], letter)
				      : BABBLE_SILENCE;
		s->inside = true;
		rc = stt_feed(s->stt, s->at, pcm, FRAME);
		s->inside = false;
		loop_advance(s->loop, USEC_MS(20));
	}
	return rc;
}

static int say(struct site *s, usec span)
{
	int rc = feed(s, USEC_MS(100), false);

	speech(s, true);
	rc = rc == 0 ? feed(s, span, true) : rc;
	speech(s, false);
	return rc;
}

static int finish(struct site *s)
{
	s->inside = true;
	int rc = stt_finish(s->stt, s->at);
	s->inside = false;
	return rc;
}

static size_t count(const struct site *s, enum stt_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->events[i].type == type;
	return n;
}

/* The ith final; one of utterance 0 when there is none. */
static struct heard final(const struct site *s, size_t i)
{
	for (size_t k = 0; k < s->n; k++)
		if (s->events[k].type == STT_EV_FINAL && i-- == 0)
			return s->events[k];
	return (struct heard){.type = STT_EV_COUNT_};
}

/* ---- the story ---- */

static void opens_once(struct site *s)
{
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(s->n, 1);
	CHECK_INT(count(s, STT_EV_READY), 1);
}

/* Three at once: words, more words, nothing at all. */
static void answers_each_finish_in_order(struct site *s)
{
	uint32_t first = s->stt->utterance;

	CHECK_INT(say(s, USEC_SEC(1)), 0);
	CHECK_INT(finish(s), 0);
	CHECK_INT(say(s, USEC_MS(60)), 0);
	CHECK_INT(finish(s), 0);
	CHECK_INT(finish(s), 0);
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(count(s, STT_EV_FINAL), 3);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(final(s, i).utterance, first + i);
	CHECK(final(s, 0).n > 0 && final(s, 1).n > 0);
	CHECK_INT(final(s, 2).n, 0);
}

/* A likely text comes again when it was told all of it again. */
static bool repeats(const struct site *s)
{
	return s->kind->chain && first_dies_after > 0;
}

static void has_early_words(struct site *s)
{
	s->n = 0;
	CHECK_INT(say(s, USEC_SEC(2)), 0);
	if (s->kind->ops->can & STT_PARTIALS)
		CHECK(count(s, STT_EV_PARTIAL) > 0);
	CHECK_INT(feed(s, USEC_MS(400), false), 0);
	if ((s->kind->ops->can & STT_LIKELY) && !repeats(s))
		CHECK_INT(count(s, STT_EV_LIKELY), 1);
}

static void forgets_what_is_cancelled(struct site *s)
{
	CHECK_INT(say(s, USEC_SEC(1)), 0);
	CHECK_INT(finish(s), 0);
	CHECK_INT(say(s, USEC_SEC(1)), 0);
	s->n = 0;
	s->inside = true;
	stt_cancel(s->stt);
	s->inside = false;
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(s->n, 0);
	uint32_t next = s->stt->utterance;
	CHECK_INT(say(s, USEC_SEC(1)), 0);
	CHECK_INT(finish(s), 0);
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(count(s, STT_EV_FINAL), 1);
	CHECK_INT(final(s, 0).utterance, next);
}

/* Words without end are refused or cut; what came before the limit is not lost. */
static void bounds_a_monologue(struct site *s)
{
	int rc = say(s, USEC_SEC(300));

	CHECK(rc == 0 || rc == -ENOBUFS);
	s->n = 0;
	CHECK_INT(finish(s), 0);
	loop_advance(s->loop, USEC_SEC(2));
	s->at = loop_now(s->loop);
	CHECK_INT(s->n, 1);
	CHECK(final(s, 0).n > 0);
}

static void story(const struct kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind) == 0);
	opens_once(&s);
	answers_each_finish_in_order(&s);
	has_early_words(&s);
	forgets_what_is_cancelled(&s);
	bounds_a_monologue(&s);
	site_close(&s);
	contract_end(before, kind->name);
}

TEST(every_recogniser_tells_the_story)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		story(&kinds[i]);
}

/* Closed when it is opening, hears, has a likely text to make, has a final to give. */
TEST(a_chain_tells_the_story_wherever_its_first_dies)
{
	for (usec at = USEC_MS(30); at < USEC_SEC(14); at += USEC_MS(310)) {
		first_dies_after = at;
		story(&kinds[2]);
	}
	first_dies_after = 0;
}

TEST(every_recogniser_may_be_closed_at_work)
{
	static const usec spans[] = {0, USEC_SEC(1), USEC_SEC(1), USEC_SEC(1)};

	for (size_t k = 0; k < ARRAY_LEN(kinds) * ARRAY_LEN(spans); k++) {
		const struct kind *kind = &kinds[k / ARRAY_LEN(spans)];
		size_t stage = k % ARRAY_LEN(spans);
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, kind) == 0);
		if (stage > 0) {
			CHECK_INT(feed(&s, USEC_MS(100), false), 0);
			speech(&s, true);
			CHECK_INT(feed(&s, spans[stage], true), 0);
		}
		if (stage > 1)
			speech(&s, false);
		if (stage > 2)
			CHECK_INT(finish(&s), 0);
		stt_close(s.stt);
		loop_advance(s.loop, USEC_SEC(2)); /* on_event() wants no more */
		site_close(&s);
		contract_end(before, kind->name);
	}
}

TEST(every_recogniser_may_be_closed_from_its_own_events)
{
	for (size_t k = 0; k < ARRAY_LEN(kinds) * STT_EV_ENDPOINT; k++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, &kinds[k / STT_EV_ENDPOINT]) == 0);
		s.close_on = (enum stt_event_type)(k % STT_EV_ENDPOINT);
		CHECK_INT(say(&s, USEC_SEC(1)), 0);
		if (!s.stt->closed)
			CHECK_INT(feed(&s, USEC_MS(400), false), 0);
		if (!s.stt->closed)
			CHECK_INT(finish(&s), 0);
		loop_advance(s.loop, USEC_SEC(2));
		CHECK(s.stt->closed);
		CHECK_INT(count(&s, s.close_on), 1);
		site_close(&s);
		contract_end(before, s.kind->name);
	}
}

TEST(a_recogniser_that_was_never_opened_may_be_closed)
{
	struct stt zeroed = {0};

	stt_close(&zeroed);
	CHECK(!zeroed.closed);
}

/* A dead session says so once, however much was asked of it. */
static void dies_once(struct site *s)
{
	loop_advance(s->loop, USEC_SEC(2));
	CHECK_INT(count(s, STT_EV_FAULT), 1);
	CHECK_INT(s->events[s->n - 1].type, STT_EV_FAULT);
	CHECK_INT(finish(s), -EPIPE);
	CHECK_INT(feed(s, USEC_MS(20), true), -EPIPE);
	loop_advance(s->loop, USEC_SEC(2));
	CHECK_INT(count(s, STT_EV_FAULT), 1);
	CHECK_INT(count(s, STT_EV_FINAL), 0);
}

TEST(every_recogniser_dies_once)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, &kinds[i]) == 0);
		CHECK_INT(say(&s, USEC_MS(400)), 0);
		CHECK_INT(finish(&s), 0);
		CHECK_INT(say(&s, USEC_MS(40)), 0);
		s.n = 0;                                               /* the first final has come */
		s.fake.opening = s.spare.opening = FAKE_FAILS_TO_OPEN; /* no more */
		if (s.fake.session)
			fake_stt_fail(s.fake.session);
		hearing_error = -EIO;
		CHECK_INT(finish(&s), 0);
		dies_once(&s);
		hearing_error = 0;
		site_close(&s);
		contract_end(before, kinds[i].name);
	}
}

TEST(a_recogniser_that_cannot_open_says_so_once)
{
	static const struct kind failing = {"fake", &fake_stt_ops, fake_config, false};
	struct site s;

	REQUIRE(site_open(&s, &failing) == 0);
	s.fake.opening = FAKE_FAILS_TO_OPEN;
	loop_advance(s.loop, USEC_SEC(2));
	CHECK_INT(s.n, 1);
	CHECK_INT(count(&s, STT_EV_FAULT), 1);
	site_close(&s);
}

/* Refused in words, or dead with a fault; never silently deaf. */
static int without_memory(const struct kind *kind)
{
	struct site s;
	int rc = site_open(&s, kind);

	if (rc == 0)
		speech(&s, true);
	if (rc == 0)
		rc = feed(&s, USEC_SEC(1), true);
	if (rc == 0)
		rc = finish(&s);
	if (rc == 0) {
		loop_advance(s.loop, USEC_SEC(2));
		CHECK_INT(count(&s, STT_EV_FINAL) + count(&s, STT_EV_FAULT), 1);
		rc = final(&s, 0).n > 0 ? 0 : -ENOMEM;
		CHECK(rc == 0 || count(&s, STT_EV_FAULT) == 1);
	}
	site_close(&s);
	return rc;
}

TEST_OOM(local_recogniser_without_memory)
{
	return without_memory(&kinds[0]);
}

TEST_OOM(fake_recogniser_without_memory)
{
	return without_memory(&kinds[1]);
}

TEST_OOM(chain_of_recognisers_without_memory)
{
	return without_memory(&kinds[2]);
}
