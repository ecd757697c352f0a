#include <stdlib.h>

#include "agent/agent.h"
#include "agent/knowledge.h"
#include "agent/tool.h"
#include "base/buf.h"
#include "test.h"

#define ARENA_BYTES (8u << 20)

/* Loads a text; the errors, joined, come in `said`. */
static int load(const char *text, struct arena *arena, char *said, size_t size, struct agent **ret_agent)
{
	struct tree_errors errors;
	struct buf out;

	tree_errors_init(&errors, arena);
	int rc = agent_parse(str_from(text), "agent.yaml", NULL, arena, &errors, ret_agent);
	buf_init(&out, size);
	tree_errors_print(&errors, &out);
	str_copy(buf_str(&out), said, size);
	buf_fini(&out);
	return rc;
}

static void check_error(const char *text, const char *want)
{
	struct arena arena;
	struct agent *a;
	char said[1024];

	arena_init(&arena, ARENA_BYTES);
	CHECK_INT(load(text, &arena, said, sizeof(said), &a), -EBADMSG);
	if (str_find(str_from(said), str_from(want)) == strlen(said))
		test_failed(__FILE__, __LINE__, "'%s' does not say '%s'", said, want);
	arena_fini(&arena);
}

static char *root_path(char *buf, size_t size, const char *path)
{
	snprintf(buf, size, "%s/../../%s", getenv("OFFHOOK_TEST_DATA"), path);
	return buf;
}

static int read_agent(const char *path, struct arena *arena, struct agent **ret_agent)
{
	struct tree_errors errors;
	char full[512];
	struct buf out;

	tree_errors_init(&errors, arena);
	int rc = agent_read(root_path(full, sizeof(full), path), opt_getenv, arena, &errors, ret_agent);
	if (rc == -EBADMSG) {
		buf_init(&out, 4096);
		tree_errors_print(&errors, &out);
		test_failed(__FILE__, __LINE__, STR_FMT, STR_ARG(buf_str(&out)));
		buf_fini(&out);
	}
	return rc;
}

TEST(an_agent_object_of_nine_fields_loads_as_it_is)
{
	struct arena arena;
	struct agent *a;

	arena_init(&arena, ARENA_BYTES);
	REQUIRE(read_agent("agents/appointments.json", &arena, &a) == 0);
	CHECK_STR(a->agent_name, "Clinic Appointment Assistant");
	CHECK_STR(a->tenant_id, "clinic_123");
	CHECK_STR(a->voice_profile, "professional_friendly");
	CHECK_STR(a->language, "en-US");
	CHECK_INT(a->goals.count, 4);
	CHECK_INT(a->knowledge_sources.count, 3);
	CHECK(agent_has(&a->tools, STR("sms_confirmation")));
	CHECK(agent_has(&a->guardrails, STR("do_not_diagnose")));
	CHECK_INT(a->states.count, 1);
	CHECK(agent_find_state(a, a->home) != NULL);
	CHECK_INT(agent_context(a, (struct civil_date){2026, 11, 20}, 540).order, UNDERSTAND_MONTH_FIRST);
	arena_fini(&arena);
}

TEST(the_clinic_loads_with_its_knowledge)
{
	struct arena arena;
	struct agent *a;

	arena_init(&arena, ARENA_BYTES);
	REQUIRE(read_agent("agents/clinic/agent.yaml", &arena, &a) == 0);
	CHECK(a->faq.count >= 10);
	CHECK(agent_find_slot(a, STR("phone"))->type == AGENT_SLOT_PHONE);
	CHECK(agent_find_target(a, STR("emergency"))->cold);
	CHECK_INT(agent_open_on(a, (struct civil_date){2026, 11, 21}).to, 720);
	CHECK_INT(agent_open_on(a, (struct civil_date){2026, 11, 22}).to, 0);
	arena_fini(&arena);
}

static void count_fixed(struct str text, void *arg)
{
	int *n = arg;

	CHECK(!str_empty(text) && str_chr(text, '{') == text.n);
	n[0]++;
	n[1] += str_starts(text, STR("Good afternoon, Harbour Street Clinic."));
	n[2] += str_eq(text, STR("What day would you like to come in?"));
	n[3] += str_find(text, STR("opposite the library")) < text.n;
	n[4] += str_eq(text, STR("I'm sorry, that time is taken."));
}

TEST(what_is_the_same_for_every_caller_can_be_rendered_before)
{
	struct arena arena;
	struct agent *a;
	int n[5] = {0};

	arena_init(&arena, ARENA_BYTES);
	REQUIRE(read_agent("agents/clinic/agent.yaml", &arena, &a) == 0);
	agent_each_fixed(a, count_fixed, n);
	CHECK(n[0] > 50);
	CHECK_INT(n[1], 1);
	CHECK_INT(n[2], 1);
	CHECK_INT(n[3], 1);
	CHECK(n[4] > 0); /* offers follow it in the file */
	arena_fini(&arena);
}

#define HEAD "agent_name: A\ntenant_id: t\n"

TEST(references_to_nothing_are_errors_with_their_line)
{
	check_error(HEAD "flow:\n  home: {ask: Hello}\nintents:\n  book: {go: hom, examples: [x]}\n",
		    "agent.yaml:6:14: there is no state 'hom'; did you mean 'home'?");
	check_error(HEAD "flow:\n  start: {ask: Hello}\n", "there is no state 'home'");
	check_error(HEAD "slots:\n  day: {type: date, ask: When?}\nflow:\n  home: {slots: [dya]}\n",
		    "agent.yaml:6:18: there is no slot 'dya'; did you mean 'day'?");
	check_error(HEAD "flow:\n  home: {edges: [{on: filled, go: nowhere}]}\n",
		    "there is no state 'nowhere'");
	check_error(HEAD "flow:\n  home: {edges: [{on: x=1, go: home}]}\n", "there is no slot 'x'");
	check_error(HEAD "flow:\n  home: {tool: booking}\n",
		    "the tool 'booking' is not in the agent's list of tools");
	check_error(HEAD "flow:\n  home: {end: transfer, target: boss}\n",
		    "there is no handoff target 'boss'");
}

TEST(unknown_keys_and_bad_values_are_errors)
{
	check_error(HEAD "greting: Hello\n", "greeting");
	check_error(HEAD "hours: {monday: late}\n", "agent.yaml:3:17: 'late' is no opening time");
	check_error("agent_name: A\n", "tenant_id");
	check_error(HEAD "slots:\n  day: {type: dat, ask: x}\n", "date");
	check_error(HEAD "knowledge: [missing.yaml]\n" HEAD, "twice");
}

TEST_OOM(loading_an_agent_without_memory)
{
	static const char text[] = HEAD "flow:\n  home: {ask: Hello, edges: [{on: yes, go: home}]}\n"
					"intents:\n  book: {go: home, examples: [x, y]}\n"
					"slots:\n  day: {type: date, ask: When?}\n";
	struct arena arena;
	struct agent *a;
	char said[512];

	arena_init(&arena, ARENA_BYTES);
	int rc = load(text, &arena, said, sizeof(said), &a);
	arena_fini(&arena);
	return rc;
}

TEST(an_agent_that_uses_a_model_says_when_which)
{
	static const char model[] = "agent_name: a\ntenant_id: t\nbrain: model\n"
				    "model: {fast: [groq, local], deep: [openai],\n"
				    "  deep_when: {words: 40, intents: [complaint]}}\n"
				    "intents: {complaint: {kind: other, phrases: [a complaint]}}\n";
	static const char astray[] = "agent_name: a\ntenant_id: t\n"
				     "model: {deep_when: {intents: [complaint]}}\n";
	struct tree_errors errors;
	struct arena arena;
	struct agent *a;

	arena_init(&arena, 1u << 20);
	tree_errors_init(&errors, &arena);
	REQUIRE(agent_parse(str_from(model), "a.yaml", NULL, &arena, &errors, &a) == 0);
	CHECK_INT(a->brain, AGENT_BRAIN_MODEL);
	CHECK_INT(a->model.fast.count, 2);
	CHECK_STR(a->model.deep.at[0], "openai");
	CHECK_INT(a->model.deep_when.words, 40);
	CHECK_INT(a->model.rounds, 5);
	CHECK_INT(a->model.first_token, USEC_SEC(5));
	CHECK_INT(agent_parse(str_from(astray), "a.yaml", NULL, &arena, &errors, &a), -EBADMSG);
	arena_fini(&arena);
}

/* What comes with the program is sound: the tools of a model's agent exist, and somebody can take over. */
TEST(the_estate_agent_loads)
{
	struct tree_errors errors;
	struct arena arena;
	struct agent *a;
	char path[512];

	arena_init(&arena, ARENA_BYTES);
	tree_errors_init(&errors, &arena);
	snprintf(path, sizeof(path), "%s/../../agents/estate/agent.yaml", getenv("OFFHOOK_TEST_DATA"));
	REQUIRE(agent_read(path, opt_getenv, &arena, &errors, &a) == 0);
	CHECK_INT(a->brain, AGENT_BRAIN_MODEL);
	for (size_t i = 0; i < a->tools.count; i++)
		CHECK(tool_find(a->tools.at[i]) != NULL);
	CHECK_STR(agent_human(a)->uri, "sip:office@127.0.0.1:5080");
	CHECK(agent_rescue(a)->cold);
	arena_fini(&arena);
}
