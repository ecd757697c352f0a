/* A chain of voices, heard letter by letter. */
#include "../scenario/fake_tts.h"
#include "base/rng.h"
#include "contract.h"
#include "provider/aloud/clause.h"
#include "provider/tts/tts_chain.h"

#define LETTERS_MAX  1024
#define SWITCHES_MAX 16

static const char words[] =
	"Your appointment is on Tuesday, the twenty-fourth of November, at ten o'clock. "
	"Please bring your insurance card and come ten minutes early, so that we can do the "
	"paper work. If you cannot come, call us a day before. Is there anything else?";

struct host {
	struct loop *loop;
	struct tts_chain_config config;
	struct breaker breakers[2];
	struct fake_tts_config fakes[2];
	struct tts *tts;
	char heard[LETTERS_MAX]; /* of all answers */
	size_t n;
	size_t dones, faults, readies;
	bool dead;
	struct tts_event mark; /* the last */
	uint32_t samples;      /* of the answer */
	size_t switches;
	char words[CHAIN_WORDS_MAX], fault_words[CHAIN_WORDS_MAX]; /* of the last switch, of the fault */
};

static size_t letter_samples(void)
{
	return TTS_RATE_HZ / 500; /* letter_lasts of `usual` */
}

static void hear(struct host *h, const struct tts_event *ev)
{
	for (size_t i = 0; i < ev->samples && h->n + 1 < sizeof(h->heard); i += letter_samples())
		h->heard[h->n++] = (char)(ev->pcm[i] / 200 + ' '); /* see babble.c */
	h->samples += (uint32_t)ev->samples;
}

static void on_event(void *arg, const struct tts_event *ev)
{
	struct host *h = arg;

	h->readies += ev->type == TTS_EV_READY;
	h->dones += ev->type == TTS_EV_DONE;
	h->faults += ev->type == TTS_EV_FAULT;
	if (ev->type == TTS_EV_FAULT)
		str_copy(ev->words, h->fault_words, sizeof(h->fault_words));
	h->dead |= ev->dead;
	if (ev->answer != h->mark.answer) {
		h->mark = (struct tts_event){.answer = ev->answer};
		h->samples = 0;
	}
	if (ev->type == TTS_EV_AUDIO)
		hear(h, ev);
	if (ev->type != TTS_EV_MARK)
		return;
	CHECK(ev->text_end >= h->mark.text_end);
	CHECK(ev->sample_offset >= h->mark.sample_offset);
	CHECK(ev->sample_offset <= h->samples);
	h->mark = *ev;
}

static void on_switch(void *arg, const struct chain_switch *sw)
{
	struct host *h = arg;

	h->switches++;
	str_copy(sw->words, h->words, sizeof(h->words));
}

static const struct fake_tts_config usual = {
	.opens_after = USEC_MS(80),
	.first_after = USEC_MS(50),
	.letter_lasts = USEC_MS(2),
	.letter_took = USEC_MS(1),
	.marks = true,
};

static void host_init(struct host *h)
{
	*h = (struct host){.config = {.count = 2, .open_limit = USEC_MS(500)}};
	h->config.watch = (struct chain_watch){.on_switch = on_switch, .arg = h};
	for (int i = 0; i < 2; i++) {
		h->fakes[i] = usual;
		breaker_init(&h->breakers[i], &breaker_rules_default);
		h->config.links[i] = (struct tts_link){.name = i == 0 ? STR("voice") : STR("spare"),
						       .ops = &fake_tts_ops,
						       .config = &h->fakes[i],
						       .breaker = &h->breakers[i]};
	}
	tts_chain_init(&h->config);
}

static int host_open(struct host *h)
{
	struct tts_params params = {.sink = {on_event, h}, .voice = STR("af_heart"), .speed = 1};
	int rc = loop_new(LOOP_SIM, USEC_SEC(50), &h->loop);

	if (rc < 0)
		return rc;
	h->tts = contract_state(h->config.ops.state_size);
	if (!h->tts)
		return -ENOMEM;
	params.loop = h->loop;
	return tts_open(h->tts, &h->config.ops, &h->config, &params);
}

static void host_close(struct host *h)
{
	if (h->tts)
		tts_close(h->tts);
	h->tts = contract_state_free(h->tts, h->config.ops.state_size);
	loop_free(h->loop);
}

static int speak(struct host *h, uint32_t answer, const char *text)
{
	int rc = tts_say(h->tts, answer, str_from(text));

	return rc == 0 ? tts_end(h->tts, answer) : rc;
}

/* Whether nothing but the beginning of a clause lies between the two places. */
static bool within_a_clause(size_t from, size_t to)
{
	struct clause c;
	struct clause_piece p;
	struct str rest = str_from(words);

	clause_init(&c);
	while (rest.n > 0) {
		rest = str_sub(rest, clause_push(&c, rest), rest.n);
		while (clause_next(&c, rest.n > 0 ? CLAUSE_MORE : CLAUSE_ENDING, &p))
			if (from == p.start)
				return to <= p.end;
	}
	return from == to && from == sizeof(words) - 1;
}

/* What was heard is the text, with at most one clause begun twice. Returns the letters that were heard again.
 */
static size_t check_heard(const struct host *h)
{
	struct str text = str_from(words), heard = {h->heard, h->n};
	size_t again = heard.n - text.n, broken = 0;

	if (heard.n < text.n) {
		CHECK_STR(heard, words);
		return 0;
	}
	while (broken < text.n && heard.p[broken] == text.p[broken])
		broken++;
	if (again == 0) {
		CHECK(str_eq(heard, text));
		return 0;
	}
	/* The place of the break is not unique where what follows is alike: any that explains it will do. */
	for (size_t at = broken + 1; at-- > 0 && at >= again;)
		if (within_a_clause(at - again, at) &&
		    str_eq(str_sub(heard, at, text.n), str_sub(text, at - again, text.n)))
			return again;
	CHECK_STR(heard, words);
	return again;
}

TEST(an_answer_goes_on_in_another_voice)
{
	size_t switches = 0, again = 0;
	struct rng rng;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct contract_left before = contract_begin();
		struct host h;

		rng_init_number(&rng, seed);
		host_init(&h);
		REQUIRE(host_open(&h) == 0);
		CHECK_INT(speak(&h, 1, words), 0);
		loop_advance(h.loop, USEC_MS(85 + rng_below(&rng, 400)));
		if (h.fakes[0].session)
			fake_tts_fail(h.fakes[0].session, seed % 2 == 0);
		loop_advance(h.loop, USEC_SEC(5));
		CHECK_INT(h.dones, 1);
		CHECK_INT(h.faults, 0);
		CHECK_INT(h.readies, 1);
		again += check_heard(&h) > 0;
		CHECK_INT(h.mark.text_end, sizeof(words) - 1);
		CHECK_INT(h.mark.sample_offset, h.samples);
		switches += h.switches;
		CHECK_STR(str_from(h.words), "it broke");
		host_close(&h);
		contract_end(before, "chain");
	}
	CHECK_INT(switches, 200);
	CHECK(again > 50);
}

/* Without marks the place is guessed; something is always said, and the end is. */
TEST(a_voice_without_marks_is_followed_too)
{
	struct host h;
	struct str end = STR("Is there anything else?");

	host_init(&h);
	h.fakes[0].marks = h.fakes[1].marks = false;
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(speak(&h, 1, words), 0);
	loop_advance(h.loop, USEC_MS(220));
	fake_tts_fail(h.fakes[0].session, true);
	loop_advance(h.loop, USEC_SEC(5));
	CHECK_INT(h.dones, 1);
	CHECK(str_ends((struct str){h.heard, h.n}, end));
	host_close(&h);
}

TEST(a_session_stays_with_the_voice_that_works)
{
	struct host h;

	host_init(&h);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(speak(&h, 1, "One."), 0);
	CHECK_INT(speak(&h, 2, "Two."), 0);
	CHECK_INT(tts_say(h.tts, 3, STR("Thr")), 0);
	loop_advance(h.loop, USEC_MS(132));
	fake_tts_fail(h.fakes[0].session, true);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(tts_say(h.tts, 3, STR("ee.")), 0);
	CHECK_INT(tts_end(h.tts, 3), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.dones, 3);
	CHECK(!h.fakes[0].session && h.fakes[1].session);
	host_close(&h);
}

/* A vendor does not know what an agent calls a voice, also when it has no name of its own for one. */
TEST(a_voice_has_its_own_name_at_each_vendor)
{
	static const struct {
		bool renames;
		const char *voice, *want;
	} rows[] = {{false, "", "af_heart"}, {true, "", ""}, {true, "alloy", "alloy"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host h;

		host_init(&h);
		h.config.links[0].renames = rows[i].renames;
		h.config.links[0].voice = str_from(rows[i].voice);
		REQUIRE(host_open(&h) == 0);
		CHECK_INT(speak(&h, 1, "One."), 0);
		loop_advance(h.loop, USEC_MS(100));
		CHECK_STR(str_from(h.fakes[0].voice), rows[i].want);
		fake_tts_fail(h.fakes[0].session, true);
		loop_advance(h.loop, USEC_SEC(1));
		CHECK_STR(str_from(h.fakes[1].voice), "af_heart");
		host_close(&h);
	}
}

/* Both voices stumble over the first; the second answer is another matter. */
TEST(an_answer_that_nobody_can_speak_is_a_fault_of_its_own)
{
	struct host h;

	host_init(&h);
	h.fakes[0].stalled = h.fakes[1].stalled = true;
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(speak(&h, 1, "Never."), 0);
	for (int i = 0; i < 20 && h.faults == 0; i++) {
		loop_advance(h.loop, USEC_MS(100));
		for (int k = 0; k < 2; k++)
			if (h.fakes[k].session && h.faults == 0)
				fake_tts_fail(h.fakes[k].session, false);
	}
	CHECK_INT(h.faults, 1);
	CHECK(!h.dead);
	CHECK_STR(str_from(h.fault_words), "it broke");
	CHECK_INT(speak(&h, 1, "More."), -ECANCELED);
	h.fakes[0].stalled = h.fakes[1].stalled = false;
	CHECK_INT(speak(&h, 2, "Now."), 0);
	loop_advance(h.loop, USEC_SEC(20));
	CHECK_INT(h.dones, 1);
	CHECK_STR(((struct str){h.heard, h.n}), "Now.");
	host_close(&h);
}

TEST(voices_that_do_not_open_are_passed_over)
{
	static const enum fake_opening openings[] = {FAKE_CANNOT_OPEN, FAKE_FAILS_TO_OPEN, FAKE_NEVER_OPENS};

	for (size_t i = 0; i < ARRAY_LEN(openings); i++) {
		struct host h;

		host_init(&h);
		h.fakes[0].opening = openings[i];
		REQUIRE(host_open(&h) == 0);
		CHECK_INT(speak(&h, 1, words), 0);
		loop_advance(h.loop, USEC_SEC(5));
		CHECK_INT(h.dones, 1);
		CHECK_INT(check_heard(&h), 0);
		h.fakes[1].opening = FAKE_FAILS_TO_OPEN;
		fake_tts_fail(h.fakes[1].session, true); /* nobody listens */
		loop_advance(h.loop, USEC_SEC(5));
		CHECK(h.dead == (openings[i] != FAKE_NEVER_OPENS));
		host_close(&h);
	}
}

/* It is left alone for as long as it asks for, and asked all the same when there is nobody else. */
TEST(a_voice_over_its_rate_is_left_alone_for_so_long)
{
	for (size_t voices = 1; voices <= 2; voices++) {
		struct host h;

		host_init(&h);
		h.config.count = voices;
		h.fakes[0].limited_for = USEC_SEC(20);
		REQUIRE(host_open(&h) == 0);
		CHECK_INT(speak(&h, 1, words), 0);
		loop_advance(h.loop, USEC_MS(200));
		fake_tts_fail(h.fakes[0].session, true);
		loop_advance(h.loop, USEC_SEC(5));
		CHECK_INT(h.dones, 1);
		CHECK_INT(h.faults, 0);
		CHECK_INT(h.breakers[0].faults[FAULT_QUOTA], 1);
		CHECK_INT(h.breakers[0].until, USEC_SEC(70) + USEC_MS(200));
		CHECK((h.fakes[0].session != NULL) == (voices == 1));
		host_close(&h);
	}
}

TEST(a_chain_of_voices_bounds_what_waits)
{
	struct host h;
	uint32_t answer = 1;

	host_init(&h);
	h.fakes[0].opening = h.fakes[1].opening = FAKE_NEVER_OPENS;
	REQUIRE(host_open(&h) == 0);
	for (; answer <= TTS_CHAIN_ANSWERS_MAX; answer++)
		CHECK_INT(speak(&h, answer, "One."), 0);
	CHECK_INT(speak(&h, answer, "One."), -EBUSY);
	CHECK_INT(tts_end(h.tts, answer), -EBUSY);
	tts_cancel(h.tts, answer);
	CHECK_INT(speak(&h, answer + 1, "One."), 0);
	host_close(&h);
}

/* The answer that is being spoken is spoken to its end. */
TEST(a_chain_of_voices_may_be_told_to_go_on_in_this_process)
{
	struct tts_ops remote = fake_tts_ops;
	struct host h;

	remote.can &= ~(unsigned)TTS_LOCAL;
	host_init(&h);
	h.config.links[0].ops = &remote;
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(speak(&h, 1, words), 0);
	loop_advance(h.loop, USEC_MS(200));
	CHECK(tts_chain_go_local(h.tts));
	loop_advance(h.loop, USEC_SEC(5));
	CHECK_INT(h.dones, 1);
	CHECK_INT(check_heard(&h), 0);
	CHECK(!h.fakes[0].session && h.fakes[1].session);
	CHECK_INT(speak(&h, 2, "And this."), 0);
	loop_advance(h.loop, USEC_SEC(5));
	CHECK_INT(h.dones, 2);
	CHECK_INT(h.readies, 1);
	CHECK_INT(h.switches, 0);
	host_close(&h);
}
