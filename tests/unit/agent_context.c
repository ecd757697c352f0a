#include "agent/context.h"
#include "base/live.h"
#include "base/mem.h"
#include "base/rng.h"
#include "test.h"

#define ARENA_BYTES (4u << 20)

static const struct llm_tool tools[] = {
	{STR_INIT("calendar"), STR_INIT("Free times."), STR_INIT("{\"type\":\"object\"}")},
};

static struct context_request request(size_t window)
{
	return (struct context_request){
		.system = STR("You are the receptionist."),
		.tools = tools,
		.tool_count = ARRAY_LEN(tools),
		.window = window,
		.reply = 100,
	};
}

static size_t cost(const struct context_request *r, const struct llm_message *m, size_t n)
{
	size_t tokens = r->reply;

	for (size_t i = 0; i < n; i++)
		tokens += context_tokens(m[i].text) + context_tokens(m[i].tool_id) +
			  context_tokens(m[i].tool_name) + context_tokens(m[i].arguments) + 4;
	for (size_t i = 0; i < r->tool_count; i++)
		tokens += context_tokens(r->tools[i].name) + context_tokens(r->tools[i].description) +
			  context_tokens(r->tools[i].schema);
	return tokens;
}

/* What every server takes: the system first, speakers in turn, a result behind each call and nowhere else. */
static void check_legal(const struct llm_message *m, size_t n)
{
	REQUIRE(n > 1 && m[0].role == LLM_SYSTEM);
	CHECK_INT(m[1].role, LLM_USER);
	for (size_t i = 1; i < n; i++) {
		bool call = m[i].role == LLM_ASSISTANT && !str_empty(m[i].tool_id);

		CHECK(m[i].role != LLM_SYSTEM);
		CHECK(m[i].role != LLM_USER || m[i - 1].role != LLM_USER);
		CHECK(m[i].role == LLM_TOOL || call || !str_empty(m[i].text));
		if (m[i].role == LLM_TOOL)
			CHECK(m[i - 1].role == LLM_ASSISTANT && str_eq(m[i - 1].tool_id, m[i].tool_id) &&
			      !str_empty(m[i].text));
		if (call)
			CHECK(i + 1 < n && m[i + 1].role == LLM_TOOL);
		CHECK(m[i].role != LLM_ASSISTANT || m[i - 1].role != LLM_ASSISTANT);
	}
}

TEST(tokens_are_rather_too_many)
{
	CHECK_INT(context_tokens(STR("")), 0);
	CHECK_INT(context_tokens(STR("yes")), 1);
	CHECK_INT(context_tokens(STR("appointment")), 3);
	CHECK_INT(context_tokens(STR("I am here.")), 4);
	CHECK_INT(context_tokens(STR("07700")), 5);
	CHECK_INT(context_tokens(STR("\xe4\xbd\xa0")), 3);
}

TEST(the_context_tells_what_was_heard)
{
	struct context_request r = request(4000);
	const struct llm_message *m;
	struct context c;
	struct arena a;
	size_t n;

	arena_init(&a, ARENA_BYTES);
	context_init(&c);
	CHECK_INT(context_caller(&c, STR("Tuesday?")), 0);
	CHECK_INT(context_tool(&c, &(struct context_call){STR("1"), STR("calendar"), STR("{}"),
							  STR("Let me look."), STR("thoughts")}),
		  0);
	CHECK_INT(context_write(&c, &r, &a, &m, &n), 0);
	check_legal(m, n);
	REQUIRE(n == 4);
	CHECK_STR(m[2].text, "Let me look.");
	CHECK_STR(m[2].carry, "thoughts");
	CHECK(str_find(m[3].text, STR("unknown")) < m[3].text.n);

	context_unsay(&c);
	CHECK_INT(context_result(&c, STR("1"), STR("{\"outcome\":\"free\"}")), 0);
	CHECK_INT(context_agent(&c, STR("Let me")), 0);
	CHECK_INT(context_agent(&c, STR("")), 0);
	CHECK_INT(context_agent(&c, STR("look.")), 0);
	CHECK_INT(context_caller(&c, STR("Wait.")), 0);
	r.more = STR("Not Tuesday.");
	CHECK_INT(context_write(&c, &r, &a, &m, &n), 0);
	check_legal(m, n);
	REQUIRE(n == 6);
	CHECK_STR(m[2].text, "");
	CHECK_STR(m[2].carry, ""); /* of an older turn */
	CHECK_STR(m[3].text, "{\"outcome\":\"free\"}");
	CHECK_STR(m[4].text, "Let me look.");
	CHECK_STR(m[5].text, "Wait. Not Tuesday.");
	context_fini(&c);
	arena_fini(&a);
}

TEST(dropped_turns_leave_a_summary)
{
	struct context_request r = request(330);
	const struct llm_message *m;
	struct context c;
	struct arena a;
	size_t n;

	arena_init(&a, ARENA_BYTES);
	context_init(&c);
	CHECK_INT(context_caller(&c, STR("I want to come on Tuesday.")), 0);
	CHECK_INT(context_tool(&c, &(struct context_call){STR("1"), STR("calendar"),
							  STR("{\"day\":\"2026-11-24\"}"), STR(""),
							  STR("thoughts")}),
		  0);
	CHECK_INT(context_result(&c, STR("1"), STR("{\"outcome\":\"free\"}")), 0);
	for (int i = 0; i < 8; i++) {
		CHECK_INT(context_agent(&c, STR("I have found a time at ten for you, is that right?")), 0);
		CHECK_INT(context_caller(&c, STR("Hm, let me think about that a little.")), 0);
	}
	CHECK_INT(context_write(&c, &r, &a, &m, &n), 0);
	check_legal(m, n);
	CHECK(c.turns_dropped > 0);
	CHECK(str_find(m[0].text, STR("Earlier in this call:")) < m[0].text.n);
	CHECK(cost(&r, m, n) <= r.window);
	context_fini(&c);
	arena_fini(&a);
}

TEST(what_does_not_fit_is_said_to_be_too_long)
{
	struct context_request r = request(260);
	const struct llm_message *m;
	static char big[CONTEXT_TEXT_MAX];
	struct context c;
	struct arena a;
	size_t n;

	memset(big, '7', sizeof(big));
	arena_init(&a, ARENA_BYTES);
	context_init(&c);
	CHECK_INT(context_caller(&c, STR("Hello.")), 0);
	CHECK_INT(context_tool(&c, &(struct context_call){STR("1"), STR("calendar"), STR("{}"), STR(""),
							  STR("thoughts")}),
		  0);
	CHECK_INT(context_result(&c, STR("1"), (struct str){big, sizeof(big)}), 0);
	CHECK_INT(context_write(&c, &r, &a, &m, &n), 0); /* without the result */
	check_legal(m, n);
	CHECK(str_find(m[3].text, STR("left_out")) < m[3].text.n);
	CHECK_INT(context_caller(&c, (struct str){big, 1000}), 0);
	CHECK_INT(context_write(&c, &r, &a, &m, &n), -EMSGSIZE);
	context_fini(&c);
	arena_fini(&a);
}

static struct str random_text(struct rng *r, char *buf, size_t size)
{
	static const char letters[] = "abc de 12, \xc3\xa4";
	size_t n = 1 + rng_below(r, (uint32_t)size - 1);

	for (size_t i = 0; i < n; i++)
		buf[i] = letters[rng_below(r, sizeof(letters) - 3)];
	buf[0] = 'x';
	return (struct str){buf, n};
}

static void random_step(struct context *c, struct rng *r, unsigned *calls)
{
	char text[400], id[16];
	struct str s = random_text(r, text, 1 + (rng_below(r, 4) == 0 ? sizeof(text) - 1 : 40));

	snprintf(id, sizeof(id), "%u", *calls);
	switch (c->count == 0 ? 0 : rng_below(r, 5)) {
	case 0:
		CHECK_INT(context_caller(c, s), 0);
		break;
	case 1:
		CHECK_INT(context_agent(c, s), 0);
		break;
	case 2:
		snprintf(id, sizeof(id), "%u", ++*calls);
		CHECK_INT(context_tool(c, &(struct context_call){str_from(id), STR("calendar"), STR("{}"), s,
								 STR("thoughts")}),
			  0);
		break;
	case 3:
		CHECK_INT(context_result(c, str_from(id), s), 0);
		break;
	default:
		context_unsay(c);
	}
}

/* Whatever happens: what is written is legal, fits, and holds the caller's last words. */
static void live_through(uint64_t seed)
{
	struct context c;
	struct rng r;
	unsigned calls = 0;

	rng_init_number(&r, seed);
	context_init(&c);
	for (int step = 0; step < 400; step++) {
		struct context_request q = request(200 + rng_below(&r, 1500));
		const struct llm_message *m;
		struct arena a;
		size_t n;

		random_step(&c, &r, &calls);
		if (rng_below(&r, 3))
			continue;
		arena_init(&a, ARENA_BYTES);
		q.more = rng_below(&r, 4) ? STR("") : STR("perhaps");
		int rc = context_write(&c, &q, &a, &m, &n);
		CHECK(rc == 0 || rc == -EMSGSIZE);
		if (rc == 0) {
			check_legal(m, n);
			CHECK(cost(&q, m, n) <= q.window);
			CHECK(str_empty(q.more) || str_ends(m[n - 1].text, q.more));
		}
		CHECK(c.summary.n <= CONTEXT_SUMMARY_MAX && !c.summary.error);
		arena_fini(&a);
	}
	context_fini(&c);
}

TEST(a_context_is_legal_and_fits_whatever_happens)
{
	for (uint64_t seed = 1; seed <= 200; seed++)
		live_through(seed);
}

TEST(a_context_is_bounded)
{
	static char big[CONTEXT_TEXT_MAX + 100];
	struct context c;
	struct buf told;

	memset(big, 'x', sizeof(big));
	context_init(&c);
	for (int i = 0; i < 1000; i++) {
		CHECK_INT(context_caller(&c, (struct str){big, sizeof(big)}), 0);
		CHECK_INT(context_tool(&c, &(struct context_call){STR("1"), STR("t"), STR("{}"), STR(""),
								  STR("thoughts")}),
			  0);
		CHECK(c.bytes <= CONTEXT_BYTES_MAX && c.count <= CONTEXT_ENTRIES_MAX);
	}
	while (context_tool(&c, &(struct context_call){STR("1"), STR("t"), STR("{}"), STR(""),
						       STR("thoughts")}) == 0)
		CHECK(c.count <= CONTEXT_ENTRIES_MAX);
	CHECK_INT(context_caller(&c, STR("on")), 0);
	buf_init(&told, 1u << 20);
	context_tell(&c, &told);
	CHECK(!told.error && str_chr(buf_str(&told), '\n') == told.n);
	buf_fini(&told);
	context_fini(&c);
}

static int without_memory(struct context *c, struct arena *a)
{
	struct context_request r = request(400);
	const struct llm_message *m;
	size_t n;
	int rc = context_caller(c, STR("Hello?"));

	for (int i = 0; rc == 0 && i < 10; i++) {
		rc = context_tool(c, &(struct context_call){STR("1"), STR("calendar"), STR("{}"),
							    STR("I look."), STR("thoughts")});
		rc = rc ? rc : context_result(c, STR("1"), STR("{\"outcome\":\"free\"}"));
		rc = rc ? rc : context_agent(c, STR("At ten?"));
		rc = rc ? rc : context_caller(c, STR("Yes."));
		rc = rc ? rc : context_caller(c, STR("Please."));
	}
	return rc ? rc : context_write(c, &r, a, &m, &n);
}

TEST_OOM(a_context_without_memory)
{
	struct context c;
	struct arena a;

	arena_init(&a, ARENA_BYTES);
	context_init(&c);
	int rc = without_memory(&c, &a);
	context_fini(&c);
	arena_fini(&a);
	return rc;
}
