#include "contract.h"
#include "stt_site.h"

#define NOTHING_COMES USEC_SEC(2)
#define MONOLOGUE     USEC_SEC(300)
#define LETTER_LEAST  USEC_MS(40)

/* Which capability brings events of a type; 0 = all have them. */
static const unsigned needs[STT_EV_COUNT_] = {
	[STT_EV_PARTIAL] = STT_PARTIALS,
	[STT_EV_LIKELY] = STT_LIKELY,
	[STT_EV_ENDPOINT] = STT_ENDPOINTS,
};

static bool has(const struct stt_site *s, enum stt_event_type type)
{
	return (s->stt->can & needs[type]) == needs[type];
}

/* The finals are those of the utterances from `first` on, with these words; "" = none at all. */
static void check_finals(const struct stt_site *s, uint32_t first, const char *const *words, size_t n)
{
	CHECK_INT(stt_site_count(s, STT_EV_FINAL), n);
	for (size_t i = 0; i < n; i++) {
		struct stt_told told = stt_site_told(s, STT_EV_FINAL, i);

		if (told.utterance != first + i)
			test_failed(s->kind->name, 0, "final %zu is of %u, not %zu", i, told.utterance,
				    first + i);
		if (s->kind->hears ? strcmp(told.text, words[i]) != 0 : (told.n > 0) != (words[i][0] != '\0'))
			test_failed(s->kind->name, 0, "heard '%s', not '%s'", told.text, words[i]);
	}
}

static void check_final(const struct stt_site *s, uint32_t utterance, const char *words)
{
	check_finals(s, utterance, &words, 1);
}

/* ---- the story ---- */

static void opens_once(struct stt_site *s)
{
	CHECK(stt_site_await(s, STT_EV_READY, 1));
	CHECK_INT(stt_site_quiet(s, USEC_MS(200)), 0);
	CHECK_INT(s->n, 1);
}

/* Three at once: words, more words, nothing at all. */
static void answers_each_finish_in_order(struct stt_site *s)
{
	static const char *const words[] = {"i need help", "now", ""};
	uint32_t first = s->stt->utterance;

	CHECK_INT(stt_site_say(s, "I need help"), 0);
	CHECK_INT(stt_site_finish(s), 0);
	CHECK_INT(stt_site_say(s, "now"), 0);
	CHECK_INT(stt_site_finish(s), 0);
	CHECK_INT(stt_site_finish(s), 0);
	CHECK(stt_site_await(s, STT_EV_FINAL, 3));
	check_finals(s, first, words, ARRAY_LEN(words));
}

static void has_early_words(struct stt_site *s)
{
	uint32_t utterance = s->stt->utterance;

	s->n = 0;
	CHECK_INT(stt_site_say(s, "with the bill that I have had on monday"), 0);
	for (enum stt_event_type type = STT_EV_PARTIAL; type <= STT_EV_LIKELY; type++)
		if (has(s, type) && !stt_site_await(s, type, 1))
			test_failed(s->kind->name, 0, "has no early words of kind %d", type);
	CHECK_INT(stt_site_quiet(s, USEC_MS(400)), 0);
	if (has(s, STT_EV_LIKELY) && !s->kind->repeats)
		CHECK_INT(stt_site_count(s, STT_EV_LIKELY), 1);
	CHECK_INT(stt_site_finish(s), 0);
	CHECK(stt_site_await(s, STT_EV_FINAL, 1));
	check_final(s, utterance, "with the bill that i have had on monday");
}

static void forgets_what_is_cancelled(struct stt_site *s)
{
	uint32_t next;

	CHECK_INT(stt_site_say(s, "never mind"), 0);
	CHECK_INT(stt_site_finish(s), 0);
	CHECK_INT(stt_site_say(s, "what I said"), 0);
	s->n = 0;
	stt_site_cancel(s);
	CHECK_INT(stt_site_quiet(s, NOTHING_COMES), 0);
	CHECK_INT(stt_site_count(s, STT_EV_FINAL) + stt_site_count(s, STT_EV_LIKELY), 0);
	s->n = 0;
	next = s->stt->utterance;
	CHECK_INT(stt_site_say(s, "thank you"), 0);
	CHECK_INT(stt_site_finish(s), 0);
	CHECK(stt_site_await(s, STT_EV_FINAL, 1));
	check_final(s, next, "thank you");
}

/* Twice at once, and before the detector has heard the end. */
static void is_finished_in_a_hurry(struct stt_site *s)
{
	static const char *const words[] = {"good bye", ""};
	uint32_t first = s->stt->utterance;

	s->n = 0;
	CHECK_INT(stt_site_start(s, "good bye"), 0);
	CHECK_INT(stt_site_quiet(s, USEC_MS(80)), 0);
	CHECK_INT(stt_site_finish(s), 0);
	CHECK_INT(stt_site_finish(s), 0);
	CHECK_INT(stt_site_quiet(s, USEC_MS(80)), 0);
	stt_site_stop(s);
	CHECK(stt_site_await(s, STT_EV_FINAL, 2));
	check_finals(s, first, words, ARRAY_LEN(words));
}

void stt_story_tell(const struct stt_kind *kind)
{
	struct contract_left before = contract_begin();
	struct stt_site s;

	REQUIRE(stt_site_open(&s, kind) == 0);
	opens_once(&s);
	answers_each_finish_in_order(&s);
	has_early_words(&s);
	forgets_what_is_cancelled(&s);
	is_finished_in_a_hurry(&s);
	stt_site_close(&s);
	contract_end(before, kind->name);
}

/* Some words for that long. */
static int say_for(struct stt_site *s, usec span)
{
	static const char words[] = "some words ";
	static char text[MONOLOGUE / LETTER_LEAST + 1];
	size_t n = (size_t)(span / LETTER_LEAST);

	for (size_t i = 0; i < n; i++)
		text[i] = words[i % (sizeof(words) - 1)];
	text[n] = '\0';
	return stt_site_say(s, text);
}

void stt_story_bound(const struct stt_kind *kind)
{
	struct contract_left before = contract_begin();
	struct stt_told end;
	struct stt_site s;
	int rc;

	REQUIRE(stt_site_open(&s, kind) == 0);
	CHECK(stt_site_await(&s, STT_EV_READY, 1));
	rc = kind->monologue ? stt_site_say(&s, kind->monologue) : say_for(&s, MONOLOGUE);
	CHECK(rc == 0 || rc == -ENOBUFS);
	s.n = 0;
	CHECK_INT(stt_site_finish(&s), 0);
	CHECK(stt_site_await(&s, STT_EV_FINAL, 1));
	CHECK_INT(stt_site_quiet(&s, USEC_MS(200)), 0);
	CHECK_INT(stt_site_count(&s, STT_EV_FINAL), 1);
	if (kind->clock == LOOP_SIM) /* a vendor on a busy machine may still have something to say */
		CHECK_INT(s.events[s.n - 1].type, STT_EV_FINAL);
	end = stt_site_told(&s, STT_EV_FINAL, 0);
	CHECK(end.n > 0 && (!kind->hears || strncmp(end.text, "some words", 10) == 0));
	stt_site_close(&s);
	contract_end(before, kind->name);
}

/* ---- closing ---- */

static void close_at_stage(const struct stt_kind *kind, int stage)
{
	struct contract_left before = contract_begin();
	struct stt_site s;

	REQUIRE(stt_site_open(&s, kind) == 0);
	if (stage == 1)
		CHECK_INT(stt_site_start(&s, "I need help"), 0);
	if (stage > 1)
		CHECK_INT(stt_site_say(&s, "I need help"), 0);
	if (stage > 2)
		CHECK_INT(stt_site_finish(&s), 0);
	stt_close(s.stt);
	CHECK_INT(stt_site_quiet(&s, USEC_MS(400)), 0); /* on_event() wants no more */
	stt_site_close(&s);
	contract_end(before, kind->name);
}

void stt_story_close_at_work(const struct stt_kind *kind)
{
	for (int stage = 0; stage <= 3; stage++)
		close_at_stage(kind, stage);
}

/* A recogniser's own opinion on turns comes before our detector has one. */
static void bring_about(struct stt_site *s, enum stt_event_type type)
{
	if (type == STT_EV_ENDPOINT) {
		CHECK_INT(stt_site_start(s, "I need help."), 0);
		if (s->kind->believe)
			s->kind->believe(s->kind);
	} else {
		CHECK_INT(stt_site_say(s, "I need help."), 0);
	}
	if (type == STT_EV_FAULT)
		s->kind->fail(s->kind);
	if ((type == STT_EV_FINAL || type == STT_EV_FAULT) && !s->stt->closed)
		CHECK_INT(stt_site_finish(s), 0);
	CHECK(stt_site_await(s, type, 1));
}

static void close_in(const struct stt_kind *kind, enum stt_event_type type)
{
	struct contract_left before = contract_begin();
	struct stt_site s;

	REQUIRE(stt_site_open(&s, kind) == 0);
	s.close_on = type;
	if (has(&s, type)) {
		bring_about(&s, type);
		CHECK_INT(stt_site_quiet(&s, USEC_MS(400)), 0);
		CHECK(s.stt->closed);
		CHECK_INT(stt_site_count(&s, type), 1);
	}
	stt_site_close(&s);
	contract_end(before, kind->name);
}

void stt_story_close_in_events(const struct stt_kind *kind)
{
	for (enum stt_event_type type = STT_EV_READY; type < STT_EV_COUNT_; type++)
		close_in(kind, type);
}

/* ---- dying ---- */

/* It is dead, and remains so. */
static void check_death(struct stt_site *s)
{
	CHECK(stt_site_await(s, STT_EV_FAULT, 1));
	CHECK(s->n > 0 && s->events[s->n - 1].type == STT_EV_FAULT);
	CHECK_INT(stt_site_finish(s), -EPIPE);
	CHECK_INT(stt_site_quiet(s, USEC_MS(20)), -EPIPE);
	for (int i = 0; i < 20; i++)
		(void)!stt_site_quiet(s, USEC_MS(20));
	CHECK_INT(stt_site_count(s, STT_EV_FAULT), 1);
}

void stt_story_die_once(const struct stt_kind *kind)
{
	struct contract_left before = contract_begin();
	struct stt_site s;
	int rc;

	REQUIRE(stt_site_open(&s, kind) == 0);
	CHECK_INT(stt_site_say(&s, "I need help"), 0);
	CHECK_INT(stt_site_finish(&s), 0);
	CHECK(stt_site_await(&s, STT_EV_FINAL, 1));
	s.n = 0;
	kind->fail(kind);
	rc = stt_site_start(&s, "now");
	stt_site_stop(&s);
	for (int i = 0; i < 2 && !s.stt->dead; i++)
		CHECK_INT(stt_site_finish(&s), 0);
	CHECK(rc == 0 || rc == -EPIPE);
	check_death(&s);
	CHECK_INT(stt_site_count(&s, STT_EV_FINAL), 0);
	stt_site_close(&s);
	contract_end(before, kind->name);
}

void stt_story_die_of(const struct stt_kind *kind, unsigned faults)
{
	struct contract_left before = contract_begin();
	struct stt_site s;
	struct stt_told end;
	int rc;

	REQUIRE(stt_site_open(&s, kind) == 0);
	if (kind->fail)
		kind->fail(kind);
	rc = stt_site_say(&s, "I need help");
	for (size_t i = 1; i < 4 && rc == 0 && !s.stt->dead; i++) {
		CHECK_INT(stt_site_finish(&s), 0);
		(void)stt_site_await(&s, STT_EV_FINAL, i);
		rc = stt_site_say(&s, "now");
	}
	CHECK(rc == 0 || rc == -EPIPE);
	check_death(&s);
	for (size_t i = 0; kind->hears && i < stt_site_count(&s, STT_EV_FINAL); i++)
		CHECK_STR(str_from(stt_site_told(&s, STT_EV_FINAL, i).text), i == 0 ? "i need help" : "now");
	end = stt_site_told(&s, STT_EV_FAULT, 0);
	if (!(faults & 1u << end.fault))
		test_failed(kind->name, 0, "died of %s: %s", fault_name(end.fault), end.text);
	stt_site_close(&s);
	contract_end(before, kind->name);
}

int stt_story_without_memory(const struct stt_kind *kind)
{
	struct stt_site s;
	int rc = stt_site_open(&s, kind);

	if (rc == 0)
		rc = stt_site_say(&s, "I need help");
	if (rc == 0)
		rc = stt_site_finish(&s);
	if (rc == 0) {
		(void)stt_site_await(&s, STT_EV_FINAL, 1);
		CHECK_INT(stt_site_count(&s, STT_EV_FINAL) + stt_site_count(&s, STT_EV_FAULT), 1);
		rc = stt_site_told(&s, STT_EV_FINAL, 0).n > 0 ? 0 : -ENOMEM;
	}
	if (rc == -EPIPE && stt_site_count(&s, STT_EV_FAULT) == 1)
		rc = -ENOMEM;
	stt_site_close(&s);
	return rc;
}
