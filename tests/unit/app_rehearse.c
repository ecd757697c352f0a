/* What becomes of a rehearsed call: its turns, its judgement, and the report. */
#include "app/rehearsal/rehearse_report.h"
#include "base/json.h"
#include "test.h"

static const char booking[] = "name: books\n"
			      "steps:\n"
			      "  - say: I'd like to book.\n"
			      "  - say: mhm\n"
			      "    interrupt_ms: 500\n"
			      "  - say: Next [600 ms] Tuesday.\n"
			      "expect:\n"
			      "  outcome: booked\n"
			      "  slots: [{name: day, value: \"2026-11-24\"}]\n"
			      "  within_ms: 800\n"
			      "  said: [which day]\n"
			      "  not_said: [sorry]\n"
			      "  heard: [tuesday]\n"
			      "  interruptions: 0\n";

static const char *const trail[] = {
	"{\"usec\":0,\"event\":\"arrived\",\"call\":\"c1\",\"remote_id\":\"abc\"}",
	"{\"usec\":100000,\"event\":\"answered\"}",
	"{\"usec\":100000,\"event\":\"say\",\"text\":\"Hello.\"}",
	"{\"usec\":3600000,\"event\":\"turn\",\"text\":\"I'd like to book.\",\"why\":\"complete\",\"quiet\":"
	"3100000}",
	"{\"usec\":3600000,\"event\":\"say\",\"text\":\"Which day?\"}",
	"{\"usec\":3700000,\"event\":\"response\",\"response_usec\":600000,\"cached\":true,\"judge_usec\":"
	"500000,"
	"\"final_usec\":0,\"agent_usec\":1000,\"voice_usec\":79000,\"play_usec\":20000}",
	"{\"usec\":4600000,\"event\":\"resumed\"}",
	"{\"usec\":8600000,\"event\":\"turn\",\"text\":\"next "
	"Tuesday\",\"why\":\"complete\",\"quiet\":8100000}",
	"{\"usec\":8600000,\"event\":\"note\",\"name\":\"slot\",\"value\":\"day=2026-11-24\"}",
	"{\"usec\":8600000,\"event\":\"note\",\"name\":\"outcome\",\"value\":\"booked\"}",
	"{\"usec\":8700000,\"event\":\"say\",\"text\":\"Booked.\"}",
	"{\"usec\":8700000,\"event\":\"response\",\"response_usec\":650000,\"cached\":false,\"judge_usec\":"
	"500000,\"final_usec\":0,\"agent_usec\":1000,\"voice_usec\":129000,\"play_usec\":20000}",
	"{\"usec\":12000000,\"event\":\"ended\",\"disposition\":\"done\"}",
};

/* The caller's clock is 50 s ahead of the trail's. */
static const struct caller spoke = {
	.began = USEC_SEC(50),
	.turn_count = 3,
	.turns = {{.step = 0, .began = 51000000, .ended = 53000000, .answered = 53620000},
		  {.step = 1,
		   .began = 54200000,
		   .ended = 54500000,
		   .answered = 54900000,
		   .interrupting = true,
		   .silenced = 54800000},
		  {.step = 2, .began = 56500000, .ended = 58000000, .answered = 58700000}},
};

struct story {
	struct arena arena;
	struct rehearsal rehearsal;
	struct caller caller;
	struct trail_summary summary;
	struct rehearse_call call;
};

static int read_script(struct story *s, const char *text)
{
	struct tree_errors errors;
	struct tree_node *root;
	int rc;

	tree_errors_init(&errors, &s->arena);
	rc = tree_parse(str_from(text), "script.yaml", NULL, &s->arena, &errors, &root);
	return rc ? rc : opt_load(&rehearsal_table, root, NULL, &s->arena, &errors, &s->rehearsal);
}

static int begin(struct story *s, const char *text)
{
	int rc;

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena, 1u << 20);
	rc = read_script(s, text);
	s->caller = spoke;
	trail_summary_init(&s->summary, &s->arena);
	for (size_t i = 0; i < ARRAY_LEN(trail) && rc == 0; i++)
		rc = trail_summary_line(&s->summary, str_from(trail[i]));
	s->call = (struct rehearse_call){
		.rehearsal = &s->rehearsal, .caller = &s->caller, .summary = &s->summary};
	return rc;
}

static int judge(struct story *s)
{
	return rehearse_call_judge(&s->call, &s->arena);
}

/* How many expectations hold, and what the first one that does not says. */
static size_t held(const struct rehearse_call *call, struct str *ret_what, struct str *ret_found)
{
	size_t n = 0;

	*ret_what = *ret_found = (struct str){0};
	for (size_t i = call->expectation_count; i > 0; i--) {
		const struct rehearse_expectation *e = &call->expectations[i - 1];

		n += e->ok;
		if (!e->ok) {
			*ret_what = e->what;
			*ret_found = e->found;
		}
	}
	return n;
}

static struct story story;

TEST(rehearse_joins_what_was_said_with_what_was_heard)
{
	const struct rehearse_turn *t = story.call.turns;

	REQUIRE(begin(&story, booking) == 0 && judge(&story) == 0);
	CHECK_INT(story.call.turn_count, 3);
	CHECK_STR(t[0].caller, "I'd like to book.");
	CHECK_STR(t[0].heard, "I'd like to book.");
	CHECK_STR(t[0].agent, "Which day?");
	CHECK_INT(t[0].response, 620000);
	CHECK(t[0].staged && t[0].cached);
	CHECK_INT(t[0].stages[TRAIL_STAGE_QUIET], 500000);
	CHECK(t[1].aside && t[1].response == 0 && t[1].heard.n == 0);
	CHECK_STR(t[2].caller, "Next Tuesday.");
	CHECK_STR(t[2].agent, "Booked.");
	CHECK(!t[2].cached);
	arena_fini(&story.arena);
}

TEST(rehearse_judges_a_call_that_went_well)
{
	struct str what, found;

	REQUIRE(begin(&story, booking) == 0 && judge(&story) == 0);
	CHECK_INT(held(&story.call, &what, &found), 8);
	CHECK_INT(story.call.expectation_count, 8);
	CHECK(story.call.ok);
	CHECK_STR(story.call.outcome, "booked");
	arena_fini(&story.arena);
}

static const struct {
	const char *expect;
	const char *what, *found;
} failures[] = {
	{"{outcome: moved}", "the outcome is moved", "done"},
	{"{slots: [{name: day, value: \"2026-11-25\"}]}", "day is 2026-11-25", "2026-11-24"},
	{"{slots: [{name: phone, value: \"1\"}]}", "phone is 1", "it was not understood"},
	{"{said: [good morning]}", "the agent says 'good morning'", "Hello. Which day? Booked."},
	{"{not_said: [BOOKED]}", "the agent does not say 'BOOKED'", "Hello. Which day? Booked."},
	{"{heard: [Wednesday]}", "the agent hears 'Wednesday'", "I'd like to book. next Tuesday"},
	{"{within_ms: 650}", "each answer comes within 650 ms", "700 ms after 'Next Tuesday.'"},
	{"{interruptions: 2}", "the agent is interrupted 2 times", "0 times"},
	{"{transfer: reception}", "the call is transferred to reception", "it was not transferred"},
};

TEST(rehearse_says_what_does_not_hold)
{
	char script[512];
	struct str what, found;

	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		snprintf(script, sizeof(script),
			 "name: x\nsteps:\n  - say: I'd like to book.\n  - {say: mhm, interrupt_ms: 1}\n"
			 "  - say: Next Tuesday.\nexpect: %s\n",
			 failures[i].expect);
		REQUIRE(begin(&story, script) == 0 && judge(&story) == 0);
		CHECK(!story.call.ok);
		held(&story.call, &what, &found);
		CHECK_STR(what, failures[i].what);
		CHECK_STR(found, failures[i].found);
		arena_fini(&story.arena);
	}
}

TEST(rehearse_judges_a_script_that_could_not_be_followed)
{
	struct str what, found;

	REQUIRE(begin(&story, booking) == 0);
	snprintf(story.caller.failure, sizeof(story.caller.failure), "step 2: the agent says nothing");
	story.call.summary = NULL;
	REQUIRE(judge(&story) == 0);
	CHECK(!story.call.ok);
	held(&story.call, &what, &found);
	CHECK_STR(what, "the caller can do what the script says");
	CHECK_STR(found, "step 2: the agent says nothing");
	CHECK_STR(story.call.expectations[1].what, "there is a trail");
	arena_fini(&story.arena);
}

TEST(rehearse_counts_a_turn_without_an_answer_as_late)
{
	struct str what, found;

	REQUIRE(begin(&story, booking) == 0);
	story.caller.turns[2].answered = 0;
	REQUIRE(judge(&story) == 0);
	held(&story.call, &what, &found);
	CHECK_STR(found, "no answer to 'Next Tuesday.'");
	arena_fini(&story.arena);
}

TEST(rehearse_tells_what_was_late_from_what_was_wrong)
{
	struct buf out;

	buf_init(&out, 1u << 20);
	for (int wrong = 0; wrong < 2; wrong++) {
		REQUIRE(begin(&story, booking) == 0);
		story.caller.turns[2].answered += USEC_SEC(1);
		story.summary.note_count -= wrong ? 1 : 0;
		REQUIRE(judge(&story) == 0);
		CHECK(!story.call.ok);
		CHECK_INT(story.call.late, !wrong);
		buf_clear(&out);
		CHECK_INT(rehearse_report_print(&story.call, 1, false, &out), 0);
		CHECK((str_find(buf_str(&out), STR("and 1 but for the time of an answer.\n")) < out.n) ==
		      !wrong);
		arena_fini(&story.arena);
	}
	buf_fini(&out);
}

TEST(rehearse_reads_percentiles_by_rank)
{
	usec values[200];
	struct rehearse_percentiles p = rehearse_report_percentiles(values, 0);

	CHECK_INT(p.count, 0);
	CHECK_INT(p.p99, 0);
	for (int i = 0; i < 200; i++)
		values[i] = 200 - i;
	p = rehearse_report_percentiles(values, 200);
	CHECK_INT(p.p50, 100);
	CHECK_INT(p.p95, 190);
	CHECK_INT(p.p99, 198);
	p = rehearse_report_percentiles(values, 1);
	CHECK_INT(p.p50, 1);
	CHECK_INT(p.p99, 1);
}

TEST(rehearse_scores_words_but_not_asides)
{
	REQUIRE(begin(&story, booking) == 0 && judge(&story) == 0);
	CHECK(rehearse_report_word_error_rate(&story.call, 1) == 0);
	story.call.turns[2].heard = STR("next Thursday");
	/* six words: I'd like to book, next Tuesday */
	CHECK(rehearse_report_word_error_rate(&story.call, 1) * 6 > 0.999);
	CHECK(rehearse_report_word_error_rate(&story.call, 1) * 6 < 1.001);
	CHECK(rehearse_report_word_error_rate(NULL, 0) < 0);
	arena_fini(&story.arena);
}

TEST(rehearse_writes_the_json_that_was_promised)
{
	struct json *doc;
	struct buf out;

	REQUIRE(begin(&story, booking) == 0 && judge(&story) == 0);
	buf_init(&out, 1u << 20);
	CHECK_INT(rehearse_report_json(&story.call, 1, 813207, &out), 0);
	REQUIRE(json_parse(buf_str(&out), NULL, NULL, &doc) == 0);
	CHECK_INT(json_int_or(doc, "seed", 0), 813207);
	CHECK_STR(json_str_or(doc, "calls/0/name", STR("")), "books");
	CHECK(json_bool_or(doc, "calls/0/ok", false));
	CHECK_STR(json_str_or(doc, "calls/0/outcome", STR("")), "booked");
	CHECK_STR(json_str_or(doc, "calls/0/turns/0/caller", STR("")), "I'd like to book.");
	CHECK_STR(json_str_or(doc, "calls/0/turns/0/heard", STR("")), "I'd like to book.");
	CHECK_STR(json_str_or(doc, "calls/0/turns/0/agent", STR("")), "Which day?");
	CHECK_INT(json_int_or(doc, "calls/0/turns/0/response_ms", 0), 620);
	CHECK(json_bool_or(doc, "calls/0/turns/0/cached", false));
	CHECK_INT(json_int_or(doc, "calls/0/turns/0/stages/voice", 0), 79);
	CHECK(json_kind(json_find(doc, "calls/0/turns/1/response_ms")) == JSON_KIND_NULL);
	CHECK_INT(json_count(json_find(doc, "calls/0/expectations")), 8);
	CHECK_INT(json_int_or(doc, "response_ms/p50", 0), 620);
	CHECK_INT(json_int_or(doc, "response_ms/p99", 0), 700);
	CHECK(json_num_or(doc, "word_error_rate", 1) == 0);
	json_free(doc);
	buf_fini(&out);
	arena_fini(&story.arena);
}

/* The third turn is the first step's words once more. */
static const char repeated[] = "name: books\n"
			       "steps:\n"
			       "  - say: I'd like to book.\n"
			       "    instead: A booking [200 ms] please.\n"
			       "    again: 2\n"
			       "  - {say: mhm, interrupt_ms: 500}\n"
			       "expect: {again: 0}\n";

TEST(rehearse_counts_what_was_said_again)
{
	struct str what, found;
	struct json *doc;
	struct buf out;

	REQUIRE(begin(&story, repeated) == 0);
	story.caller.turns[2].step = 0;
	story.caller.turns[2].again = 1;
	REQUIRE(judge(&story) == 0);
	CHECK_INT(story.call.turns[0].again, 0);
	CHECK_INT(story.call.turns[2].again, 1);
	CHECK_STR(story.call.turns[2].caller, "A booking please.");
	CHECK_INT(rehearse_call_again(&story.call), 1);
	held(&story.call, &what, &found);
	CHECK_STR(what, "the caller says something again at most 0 times");
	CHECK_STR(found, "1 times");
	buf_init(&out, 1u << 20);
	CHECK_INT(rehearse_report_print(&story.call, 1, false, &out), 0);
	CHECK(str_find(buf_str(&out), STR("done (1 said again)\n")) < out.n);
	CHECK(str_find(buf_str(&out), STR("of 2 turns 0 were cut off too early, and 1 said again")) < out.n);
	buf_clear(&out);
	CHECK_INT(rehearse_report_json(&story.call, 1, 1, &out), 0);
	REQUIRE(json_parse(buf_str(&out), NULL, NULL, &doc) == 0);
	CHECK_INT(json_int_or(doc, "calls/0/again", 0), 1);
	CHECK_INT(json_int_or(doc, "calls/0/turns/0/again", -1), 0);
	CHECK_INT(json_int_or(doc, "calls/0/turns/2/again", 0), 1);
	json_free(doc);
	buf_fini(&out);
	arena_fini(&story.arena);
}

TEST(rehearse_tells_people_what_failed_and_where_things_lie)
{
	struct buf out;

	REQUIRE(begin(&story, booking) == 0);
	story.summary.outcome = STR("caller left");
	story.summary.note_count = 0;
	story.call.trail = STR("calls/today/c1.jsonl");
	REQUIRE(judge(&story) == 0);
	buf_init(&out, 1u << 20);
	CHECK_INT(rehearse_report_print(&story.call, 1, false, &out), 0);
	CHECK(str_find(buf_str(&out), STR("not so: the outcome is booked; instead: caller left")) < out.n);
	CHECK(str_find(buf_str(&out), STR("lie in\n  calls/today/\n    c1  books\n")) < out.n);
	CHECK(str_find(buf_str(&out), STR("0 of 1 rehearsals")) < out.n);
	buf_fini(&out);
	arena_fini(&story.arena);
}

/* By hand: reading scripts and trails has its own tests of this kind. */
static void begin_by_hand(struct story *s)
{
	static const struct rehearsal_step step = {.say = STR_INIT("Next Tuesday."), .interrupt = -1};
	static const struct str wanted = STR_INIT("Booked");

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena, 1u << 20);
	s->rehearsal = (struct rehearsal){.name = STR("books"), .steps = {(void *)&step, 1}};
	s->rehearsal.expect =
		(struct rehearsal_expect){.said = {&wanted, 1}, .within = 1, .interruptions = 1, .again = 0};
	s->caller = (struct caller){.turn_count = 1, .turns = {{.began = 1, .ended = 2, .answered = 900}}};
	s->summary.turns[0] =
		(struct trail_turn){.heard = STR("tuesday"), .agent = STR("Sorry?"), .quiet = 2};
	s->summary.turn_count = 1;
	s->call = (struct rehearse_call){
		.rehearsal = &s->rehearsal, .caller = &s->caller, .summary = &s->summary};
}

static int judge_story(void)
{
	struct buf out;
	int rc;

	begin_by_hand(&story);
	buf_init(&out, 1u << 20);
	rc = judge(&story);
	rc = rc ? rc : rehearse_report_print(&story.call, 1, false, &out);
	rc = rc ? rc : rehearse_report_json(&story.call, 1, 1, &out);
	buf_fini(&out);
	arena_fini(&story.arena);
	return rc;
}

TEST_OOM(rehearse_without_memory)
{
	return judge_story();
}

TEST(rehearsal_says_in_pieces)
{
	struct str say = STR("oh seven [600 ms] nine [1200 ms]"), words;
	struct arena arena;
	usec pause;

	arena_init(&arena, 4096);
	CHECK_STR(rehearsal_words(say, &arena), "oh seven nine");
	CHECK(rehearsal_piece(&say, &words, &pause));
	CHECK_STR(words, "oh seven");
	CHECK_INT(pause, 600000);
	CHECK(rehearsal_piece(&say, &words, &pause));
	CHECK_STR(words, "nine");
	CHECK_INT(pause, 1200000);
	CHECK(!rehearsal_piece(&say, &words, &pause));
	arena_fini(&arena);
}

static const char *const refused[] = {
	"{say: 'one [a while] two'}",
	"{say: one, instead: 'two [a while] three'}",
	"{keys: 1, instead: two}",
	"{say: one, instead: two, again: 0}",
};

TEST(rehearsal_refuses_a_step_that_makes_no_sense)
{
	char script[256];

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		memset(&story, 0, sizeof(story));
		arena_init(&story.arena, 1u << 20);
		snprintf(script, sizeof(script), "name: x\nsteps:\n  - %s\n", refused[i]);
		CHECK_INT(read_script(&story, script), -EBADMSG);
		arena_fini(&story.arena);
	}
}

TEST(rehearsal_says_again_once_unless_told_otherwise)
{
	const struct rehearsal_step *s;

	memset(&story, 0, sizeof(story));
	arena_init(&story.arena, 1u << 20);
	CHECK_INT(read_script(&story,
			      "name: x\nsteps:\n  - say: one\n  - {say: one, instead: two, again: 3}\n"),
		  0);
	s = story.rehearsal.steps.at;
	CHECK_INT(s[0].again, 1);
	CHECK_INT(s[1].again, 3);
	CHECK_INT(story.rehearsal.expect.again, -1);
	CHECK_STR(rehearsal_say(&s[0], 1), "one");
	CHECK_STR(rehearsal_say(&s[1], 0), "one");
	CHECK_STR(rehearsal_say(&s[1], 1), "two");
	arena_fini(&story.arena);
}
