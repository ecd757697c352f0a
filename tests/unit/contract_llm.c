/* One story that every language model must tell the same way. */
#include "../scenario/fake_llm.h"
#include "base/json.h"
#include "contract.h"
#include "provider/llm/llm_chain.h"

#define EVENTS_MAX 64
#define TEXT_MAX   256

/* What the story needs a model to do; each is a `config` of llm_open(). */
enum part {
	PART_SAYS,    /* some text in several pieces, then the end */
	PART_CALLS,   /* two tools */
	PART_STALLS,  /* nothing ever */
	PART_LIMITED, /* a rate limit, with a time to wait */
	PART_BREAKS,  /* a fault after some text */
	PARTS,
};

struct kind {
	const char *name;
	const struct llm_ops *ops;
	const void *configs[PARTS];
	bool chain; /* its ops have to be made */
};

struct told {
	enum llm_event_type type;
	uint32_t request;
	enum llm_stop stop;
	struct llm_usage usage;
	enum fault fault;
	usec retry_after, at;
};

struct site {
	const struct kind *kind;
	struct loop *loop;
	struct llm *llm;
	bool inside; /* a llm_ call */
	struct told events[EVENTS_MAX];
	size_t n;
	char text[TEXT_MAX];    /* of all pieces */
	char last_id[TEXT_MAX]; /* of a tool call */
	enum llm_event_type close_on, cancel_on;
};

/* ---- the providers ---- */

static const struct fake_llm_step says[] = {
	{FAKE_LLM_SAYS, USEC_MS(200), .text = "Of course. "},
	{FAKE_LLM_SAYS, USEC_MS(40), .text = "At what "},
	{FAKE_LLM_SAYS, USEC_MS(40), .text = "time?"},
	{FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_END},
};
static const struct fake_llm_step calls[] = {
	{FAKE_LLM_CALLS, USEC_MS(200), "{\"day\":\"2026-11-24\"}", "calendar"},
	{FAKE_LLM_CALLS, USEC_MS(40), "{}", "calendar"},
	{FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_TOOL},
};
static const struct fake_llm_step stalls[] = {{.does = FAKE_LLM_STALLS}};
static const struct fake_llm_step limited[] = {
	{FAKE_LLM_FAILS, USEC_MS(30), "slow down", .fault = FAULT_QUOTA, .retry_after = USEC_SEC(20)},
};
static const struct fake_llm_step breaks[] = {
	{FAKE_LLM_SAYS, USEC_MS(200), .text = "I am"},
	{FAKE_LLM_FAILS, USEC_MS(30), "reset", .fault = FAULT_UNREACHABLE},
};

static const struct fake_llm_config parts[PARTS] = {
	[PART_SAYS] = {.steps = says},     [PART_CALLS] = {.steps = calls},
	[PART_STALLS] = {.steps = stalls}, [PART_LIMITED] = {.steps = limited},
	[PART_BREAKS] = {.steps = breaks},
};

/* The first of each has no time for us. */
static const struct fake_llm_config refuses = {.steps = says, .refuses = -EAGAIN};
static struct llm_chain_config chains[PARTS];

static const struct kind kinds[] = {
	{"fake", &fake_llm_ops, {&parts[0], &parts[1], &parts[2], &parts[3], &parts[4]}, false},
	{"chain", &chains[0].ops, {&chains[0], &chains[1], &chains[2], &chains[3], &chains[4]}, true},
};

static void make_chains(void)
{
	for (size_t i = 0; i < PARTS; i++) {
		chains[i] = (struct llm_chain_config){
			.links = {{STR("busy"), &fake_llm_ops, &refuses, NULL},
				  {STR("spare"), &fake_llm_ops, &parts[i], NULL}},
			.count = 2,
		};
		llm_chain_init(&chains[i]);
	}
}

/* ---- a host ---- */

static void check_tool(struct site *s, const struct llm_event *ev)
{
	struct json *doc;

	CHECK(!str_empty(ev->tool_id) && !str_eq(ev->tool_id, str_from(s->last_id)));
	str_copy(ev->tool_id, s->last_id, sizeof(s->last_id));
	CHECK_STR(ev->tool_name, "calendar");
	REQUIRE(json_parse(ev->arguments, NULL, NULL, &doc) == 0);
	CHECK_INT(json_kind(doc), JSON_KIND_MAP);
	json_free(doc);
}

static void on_event(void *arg, const struct llm_event *ev)
{
	struct site *s = arg;
	size_t n = strlen(s->text);

	CHECK(!s->inside && !s->llm->closed);
	CHECK(ev->request > s->llm->cancelled && ev->request <= s->llm->asked);
	if (ev->type == LLM_EV_TOOL)
		check_tool(s, ev);
	if (ev->type == LLM_EV_TEXT) {
		CHECK(ev->text.n > 0);
		str_copy(ev->text, s->text + n, sizeof(s->text) - n);
	}
	if (s->n < EVENTS_MAX)
		s->events[s->n++] = (struct told){ev->type,  ev->request,     ev->stop,         ev->usage,
						  ev->fault, ev->retry_after, loop_now(s->loop)};
	if (ev->type == s->cancel_on)
		llm_cancel(s->llm, ev->request);
	if (ev->type == s->close_on)
		llm_close(s->llm);
}

static int site_open(struct site *s, const struct kind *kind, enum part part)
{
	struct llm_params params = {.sink = {on_event, s}};
	int rc;

	*s = (struct site){.kind = kind, .close_on = LLM_EV_COUNT_, .cancel_on = LLM_EV_COUNT_};
	if (kind->chain)
		make_chains();
	rc = loop_new(LOOP_SIM, 0, &s->loop);
	if (rc < 0)
		return rc;
	s->llm = contract_state(kind->ops->state_size);
	if (!s->llm)
		return -ENOMEM;
	params.loop = s->loop;
	s->inside = true;
	rc = llm_open(s->llm, kind->ops, kind->configs[part], &params);
	s->inside = false;
	return rc;
}

static void site_close(struct site *s)
{
	if (s->llm) {
		llm_close(s->llm);
		llm_close(s->llm);
	}
	s->llm = contract_state_free(s->llm, s->kind->ops->state_size);
	loop_free(s->loop);
}

/* What the request points at is gone when the call returns. */
static int ask(struct site *s, uint32_t number, usec first_token_limit)
{
	static const char words[] = "When could I come?", schema[] = "{\"type\":\"object\"}";
	char *copy = mem_strndup(words, sizeof(words) - 1);
	struct llm_message message = {.role = LLM_USER, .text = {copy, sizeof(words) - 1}};
	struct llm_tool tool = {STR("calendar"), STR("free times"), str_from(schema)};
	struct llm_request r = {&message, 1, &tool, 1, -1, 100, first_token_limit};

	if (!copy)
		return -ENOMEM;
	s->inside = true;
	int rc = llm_ask(s->llm, number, &r);
	s->inside = false;
	memset(copy, '#', sizeof(words) - 1);
	mem_free(copy);
	return rc;
}

static size_t count(const struct site *s, enum llm_event_type type, uint32_t request)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->events[i].type == type && s->events[i].request == request;
	return n;
}

/* The last event, which ends the request. */
static struct told end_of(const struct site *s, uint32_t request)
{
	const struct told *last = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (s->events[i].request == request)
			last = &s->events[i];
	CHECK_INT(count(s, LLM_EV_DONE, request) + count(s, LLM_EV_FAULT, request), 1);
	CHECK(last && (last->type == LLM_EV_DONE || last->type == LLM_EV_FAULT));
	return last ? *last : (struct told){.type = LLM_EV_COUNT_};
}

/* ---- the story ---- */

static void answers(struct site *s)
{
	CHECK_INT(ask(s, 1, USEC_SEC(5)), 0);
	loop_advance(s->loop, USEC_SEC(20));
	struct told end = end_of(s, 1);
	CHECK_INT(end.type, LLM_EV_DONE);
	CHECK_INT(end.stop, LLM_STOP_END);
	CHECK(end.usage.tokens_in > 0 && end.usage.tokens_out > 0);
	CHECK(end.usage.tokens_cached <= end.usage.tokens_in);
	CHECK(count(s, LLM_EV_TEXT, 1) > 1); /* streamed */
	CHECK_STR(str_from(s->text), "Of course. At what time?");
}

static void refuses_numbers_that_were_used(struct site *s)
{
	struct llm_request nothing = {.temperature = -1};

	CHECK_INT(ask(s, 1, 0), -EINVAL);
	CHECK_INT(ask(s, 0, 0), -EINVAL);
	CHECK_INT(llm_ask(s->llm, 2, &nothing), -EINVAL);
	llm_cancel(s->llm, 9);
	CHECK_INT(ask(s, 9, 0), -EINVAL); /* its end would never come */
	loop_advance(s->loop, USEC_SEC(20));
	end_of(s, 1);
}

static void forgets_what_is_cancelled(struct site *s)
{
	s->n = 0;
	CHECK_INT(ask(s, 10, 0), 0);
	while (s->n == 0)
		loop_advance(s->loop, USEC_MS(5));
	s->inside = true;
	llm_cancel(s->llm, 10);
	s->inside = false;
	CHECK_INT(ask(s, 11, 0), 0);
	loop_advance(s->loop, USEC_SEC(20));
	CHECK_INT(count(s, LLM_EV_DONE, 10) + count(s, LLM_EV_FAULT, 10), 0);
	CHECK_INT(end_of(s, 11).type, LLM_EV_DONE);
}

static void story(const struct kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind, PART_SAYS) == 0);
	answers(&s);
	refuses_numbers_that_were_used(&s);
	forgets_what_is_cancelled(&s);
	site_close(&s);
	contract_end(before, kind->name);
}

TEST(every_model_tells_the_story)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		story(&kinds[i]);
}

/* Plays one part to its end. */
static struct told play(const struct kind *kind, enum part part, usec limit, size_t *ret_tools)
{
	struct contract_left before = contract_begin();
	struct told end = {.type = LLM_EV_COUNT_};
	struct site s;

	if (site_open(&s, kind, part) == 0) {
		CHECK_INT(ask(&s, 1, limit), 0);
		loop_advance(s.loop, USEC_SEC(20));
		end = end_of(&s, 1);
		*ret_tools = count(&s, LLM_EV_TOOL, 1);
	}
	site_close(&s);
	contract_end(before, kind->name);
	return end;
}

TEST(every_model_calls_tools_whole)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t tools = 0;
		struct told end = play(&kinds[i], PART_CALLS, 0, &tools);

		CHECK_INT(end.type, LLM_EV_DONE);
		CHECK_INT(end.stop, LLM_STOP_TOOL);
		CHECK_INT(tools, 2);
	}
}

TEST(every_model_says_what_went_wrong)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t tools;
		struct told stalled = play(&kinds[i], PART_STALLS, USEC_MS(700), &tools);
		struct told quota = play(&kinds[i], PART_LIMITED, USEC_SEC(5), &tools);
		struct told broken = play(&kinds[i], PART_BREAKS, USEC_SEC(5), &tools);

		CHECK_INT(stalled.fault, FAULT_STALLED);
		CHECK_INT(stalled.at, USEC_MS(700));
		CHECK_INT(quota.fault, FAULT_QUOTA);
		CHECK_INT(quota.retry_after, USEC_SEC(20));
		CHECK_INT(broken.type, LLM_EV_FAULT);
		CHECK(broken.fault != FAULT_NONE);
	}
}

TEST(every_model_may_be_closed_at_work)
{
	static const usec spans[] = {0, USEC_MS(100), USEC_MS(220)};

	for (size_t k = 0; k < ARRAY_LEN(kinds) * ARRAY_LEN(spans); k++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, &kinds[k / ARRAY_LEN(spans)], PART_SAYS) == 0);
		CHECK_INT(ask(&s, 1, USEC_SEC(1)), 0);
		loop_advance(s.loop, spans[k % ARRAY_LEN(spans)]);
		llm_close(s.llm);
		loop_advance(s.loop, USEC_SEC(20)); /* on_event() wants no more */
		site_close(&s);
		contract_end(before, s.kind->name);
	}
}

/* Every type of event is told in one of the telling; what comes after is checked by on_event(). */
TEST(every_model_may_be_cancelled_or_closed_from_its_own_events)
{
	static const enum part telling[LLM_EV_COUNT_] = {PART_SAYS, PART_CALLS, PART_SAYS, PART_BREAKS};

	for (size_t k = 0; k < ARRAY_LEN(kinds) * LLM_EV_COUNT_ * 2; k++) {
		enum llm_event_type type = (enum llm_event_type)(k / 2 % LLM_EV_COUNT_);
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, &kinds[k / LLM_EV_COUNT_ / 2], telling[type]) == 0);
		*(k % 2 ? &s.close_on : &s.cancel_on) = type;
		CHECK_INT(ask(&s, 1, 0), 0);
		loop_advance(s.loop, USEC_SEC(20));
		CHECK_INT(count(&s, type, 1), 1);
		CHECK_INT(s.events[s.n - 1].type, type);
		site_close(&s);
		contract_end(before, s.kind->name);
	}
}

TEST(a_model_that_refuses_owes_nothing)
{
	static const struct kind kind = {"fake", &fake_llm_ops, {&refuses}, false};
	struct llm zeroed = {0};
	struct site s;

	llm_close(&zeroed);
	REQUIRE(site_open(&s, &kind, PART_SAYS) == 0);
	CHECK_INT(ask(&s, 1, 0), -EAGAIN);
	loop_advance(s.loop, USEC_SEC(20));
	CHECK_INT(s.n, 0);
	site_close(&s);
}

static int without_memory(const struct kind *kind)
{
	struct site s;
	int rc = site_open(&s, kind, PART_SAYS);

	if (rc == 0)
		rc = ask(&s, 1, 0);
	if (rc == 0) {
		loop_advance(s.loop, USEC_SEC(20));
		rc = end_of(&s, 1).type == LLM_EV_DONE ? 0 : -ENOMEM;
	}
	site_close(&s);
	return rc;
}

TEST_OOM(fake_model_without_memory)
{
	return without_memory(&kinds[0]);
}

TEST_OOM(chain_of_models_without_memory)
{
	return without_memory(&kinds[1]);
}
