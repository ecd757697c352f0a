#include "agent_setup.h"
#include "base/rng.h"

/* What a caller who does not help might say. */
static const char *const utterances[] = {
	"I'd like to book an appointment",
	"I need to move my appointment",
	"I want to cancel my appointment",
	"what are your opening hours",
	"where can I park my car",
	"yes",
	"no",
	"maybe",
	"next Tuesday",
	"Tuesday at ten",
	"yesterday",
	"on Sunday",
	"half past ten",
	"the first one",
	"none of those",
	"something else",
	"my name is Jane Smith",
	"Sarah Mitchell",
	"the third of May 1984",
	"14/4/1979",
	"oh seven seven double oh nine hundred one two three",
	"no, four two",
	"no, Wednesday",
	"purple mountains sing",
	"say that again",
	"help",
	"what can you do",
	"hello?",
	"I don't know",
	"this is ridiculous",
	"the name",
	"4111 1111 1111 1111",
	"",
};

#define INPUTS_MAX 400 /* no conversation is longer, whatever is said */

static enum flow_want serve(struct setup *s, struct flow *f, enum flow_want want)
{
	struct embedding said;

	for (int guard = 0; want == FLOW_WANT_MEANING || want == FLOW_WANT_TOOL; guard++) {
		struct tool_result r;
		struct arena a;
		if (guard > 50)
			return FLOW_WANT_TOOL;
		arena_init(&a, SETUP_BYTES);
		if (want == FLOW_WANT_MEANING)
			want = embed_text(&s->embed, flow_question(f), &said) == 0 ? flow_meaning(f, &said)
										   : want;
		else
			want = flow_tool_result(f, tool_run(s->store, flow_tool(f), &a, &r) == 0 ? &r : NULL);
		arena_fini(&a);
	}
	return want;
}

/* After every input something is said and expected, or the conversation ends. */
static void check_acts(const struct flow *f, enum flow_want want)
{
	size_t n, says = 0, expects = 0, ends = 0;
	const struct brain_act *acts = flow_acts(f, &n);

	for (size_t i = 0; i < n; i++) {
		says += acts[i].type == BRAIN_SAY;
		expects += acts[i].type == BRAIN_EXPECT;
		ends += acts[i].type == BRAIN_TRANSFER || acts[i].type == BRAIN_HANGUP;
	}
	CHECK(says > 0);
	CHECK(want == FLOW_WANT_END ? ends == 1 : expects > 0 && ends == 0);
}

static int converse(struct setup *s, struct rng *r, bool stubborn)
{
	struct flow *f = mem_zalloc(sizeof(*f));
	struct flow_params p = setup_params(s, STR("call"));
	uint32_t same = (uint32_t)rng_below(r, ARRAY_LEN(utterances));
	int inputs = 0;

	if (!f || flow_open(f, &p) < 0) {
		mem_free(f);
		return INPUTS_MAX;
	}
	enum flow_want want = serve(s, f, flow_start(f));
	while (want == FLOW_WANT_CALLER && inputs < INPUTS_MAX) {
		uint32_t pick = stubborn ? same : (uint32_t)rng_below(r, ARRAY_LEN(utterances) + 1);
		inputs++;
		if (pick == ARRAY_LEN(utterances))
			want = serve(s, f, flow_silence(f));
		else
			want = serve(s, f, flow_heard(f, str_from(utterances[pick]), 0.9f));
		check_acts(f, want);
	}
	CHECK(want == FLOW_WANT_END);
	flow_close(f);
	mem_free(f);
	return inputs;
}

TEST(every_conversation_ends_whatever_is_said)
{
	unsigned char seed[RNG_SEED_BYTES] = {7};
	struct setup s;
	struct rng r;
	int longest = 0;

	REQUIRE(setup_open(&s));
	rng_init(&r, seed);
	for (int i = 0; i < 400; i++)
		longest = MAX(longest, converse(&s, &r, i % 4 == 0));
	/* the agent's limit of turns, with silences in between */
	CHECK(longest <= s.agent->limits.turns * (s.agent->limits.silences + 1) + 1);
	setup_close(&s);
}

TEST_OOM(a_conversation_without_memory)
{
	struct agent_state home = {.name = STR_INIT("home"), .ask = STR_INIT("Hello {name}?")};
	struct agent agent = {.tenant_id = STR_INIT("t"),
			      .greeting = STR_INIT("Good {part_of_day}."),
			      .home = STR_INIT("home")};
	struct flow_params p = {.agent = &agent, .today = {2026, 11, 20}};
	struct flow *f = mem_zalloc(sizeof(*f));

	if (!f)
		return -ENOMEM;
	agent.states = (struct opt_list){&home, 1};
	agent.limits.ladder = 2;
	agent.limits.ladder_all = 6;
	agent.limits.turns = 10;
	agent.phrases.nobody_free = STR("Sorry.");
	CHECK_INT(flow_open(f, &p), 0);
	flow_start(f);
	flow_heard(f, STR("what"), 1);
	bool short_of = f->act_count == 0 || mem_failed();
	flow_close(f);
	mem_free(f);
	return short_of ? -ENOMEM : 0;
}
