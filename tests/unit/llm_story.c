#include "llm_story.h"

#include "base/json.h"
#include "contract.h"

#define EVENTS_MAX 64
#define TEXT_MAX   256
#define NUMBERS    16 /* of requests, from 0 */

struct told {
	enum llm_event_type type;
	uint32_t request;
	enum llm_stop stop;
	struct llm_usage usage;
	enum fault fault;
	usec retry_after, at;
};

struct site {
	const struct llm_kind *kind;
	enum llm_play play;
	struct loop *loop;
	struct llm *llm;
	bool inside; /* a llm_ call */
	bool open[NUMBERS];
	usec asked;
	struct told events[EVENTS_MAX];
	size_t n;
	char text[TEXT_MAX];    /* of all pieces */
	char words[TEXT_MAX];   /* of the last fault */
	char last_id[TEXT_MAX]; /* of a tool call */
	enum llm_event_type close_on, cancel_on;
	struct llm_usage told, billed; /* of all that is done */
};

/* ---- a host ---- */

static bool waits(const struct site *s)
{
	for (size_t i = s->llm->cancelled + 1; i < NUMBERS && !s->llm->closed; i++)
		if (s->open[i])
			return true;
	return false;
}

/* Lets time pass. On a real clock no longer than somebody waits, and a little. */
static void pass(struct site *s, usec span)
{
	if (s->kind->clock == LOOP_SIM) {
		loop_advance(s->loop, span);
		return;
	}
	for (usec until = loop_now(s->loop) + span; waits(s) && loop_now(s->loop) < until;)
		CHECK_INT(loop_turn(s->loop, USEC_MS(5)), 0);
	for (int i = 0; i < 5 && span >= USEC_SEC(1); i++)
		CHECK_INT(loop_turn(s->loop, USEC_MS(2)), 0);
}

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
	if (ev->type == LLM_EV_FAULT) {
		str_copy(ev->text, s->words, sizeof(s->words));
		CHECK(!s->kind->secret || str_find(ev->text, str_from(s->kind->secret)) == ev->text.n);
	}
	if (ev->type == LLM_EV_DONE) {
		s->told.tokens_in += ev->usage.tokens_in;
		s->told.tokens_cached += ev->usage.tokens_cached;
		s->told.tokens_out += ev->usage.tokens_out;
	}
	if (s->n < EVENTS_MAX)
		s->events[s->n++] = (struct told){ev->type,
						  ev->request,
						  ev->stop,
						  ev->usage,
						  ev->fault,
						  ev->retry_after,
						  loop_now(s->loop) - s->asked};
	s->open[ev->request] = s->open[ev->request] && ev->type != LLM_EV_DONE && ev->type != LLM_EV_FAULT;
	if (ev->type == s->cancel_on)
		llm_cancel(s->llm, ev->request);
	if (ev->type == s->close_on)
		llm_close(s->llm);
}

static void on_usage(void *arg, const struct usage *u)
{
	struct site *s = arg;

	CHECK_INT(u->kind, USAGE_LLM);
	if (u->end != USAGE_DONE)
		return;
	s->billed.tokens_in += u->amount[USAGE_TOKENS_IN] + u->amount[USAGE_TOKENS_CACHED];
	s->billed.tokens_cached += u->amount[USAGE_TOKENS_CACHED];
	s->billed.tokens_out += u->amount[USAGE_TOKENS_OUT];
}

static int site_open(struct site *s, const struct llm_kind *kind, enum llm_play play)
{
	struct llm_params params = {.sink = {on_event, s}, .usage = {on_usage, s}};
	const void *config = NULL;
	int rc;

	*s = (struct site){.kind = kind, .play = play, .close_on = LLM_EV_COUNT_, .cancel_on = LLM_EV_COUNT_};
	rc = loop_new(kind->clock, 0, &s->loop);
	if (rc < 0)
		return rc;
	rc = kind->set_up(kind, s->loop, play, &config);
	s->llm = rc == 0 ? contract_state(kind->ops->state_size) : NULL;
	if (!s->llm)
		return rc ? rc : -ENOMEM;
	params.loop = s->loop;
	s->inside = true;
	rc = llm_open(s->llm, kind->ops, config, &params);
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
	if (s->loop)
		s->kind->tear_down(s->kind);
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
	s->asked = loop_now(s->loop);
	int rc = llm_ask(s->llm, number, &r);
	s->inside = false;
	s->open[number] = s->open[number] || rc == 0;
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
	if (last && last->type == LLM_EV_FAULT && s->play <= LLM_PLAY_CALLS)
		test_failed(s->kind->name, 0, "%s: %s", fault_name(last->fault), s->words);
	return last ? *last : (struct told){.type = LLM_EV_COUNT_};
}

/* ---- the story ---- */

static void answers(struct site *s)
{
	CHECK_INT(ask(s, 1, USEC_SEC(5)), 0);
	pass(s, USEC_SEC(20));
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
	pass(s, USEC_SEC(20));
	end_of(s, 1);
}

static void forgets_what_is_cancelled(struct site *s)
{
	s->n = 0;
	CHECK_INT(ask(s, 10, 0), 0);
	/* On a real clock the rest may come together with the first piece. */
	s->cancel_on = s->kind->clock == LOOP_REAL ? LLM_EV_TEXT : LLM_EV_COUNT_;
	while (s->n == 0)
		pass(s, USEC_MS(5));
	s->cancel_on = LLM_EV_COUNT_;
	s->inside = true;
	llm_cancel(s->llm, 10);
	s->inside = false;
	CHECK_INT(ask(s, 11, 0), 0);
	pass(s, USEC_SEC(20));
	CHECK_INT(count(s, LLM_EV_DONE, 10) + count(s, LLM_EV_FAULT, 10), 0);
	CHECK_INT(end_of(s, 11).type, LLM_EV_DONE);
}

void llm_story_tell(const struct llm_kind *kind)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind, LLM_PLAY_SAYS) == 0);
	answers(&s);
	refuses_numbers_that_were_used(&s);
	forgets_what_is_cancelled(&s);
	CHECK_INT(s.billed.tokens_in, s.told.tokens_in);
	CHECK_INT(s.billed.tokens_cached, s.told.tokens_cached);
	CHECK_INT(s.billed.tokens_out, s.told.tokens_out);
	site_close(&s);
	contract_end(before, kind->name);
}

/* Plays one part to its end. */
static struct told play(const struct llm_kind *kind, enum llm_play part, usec limit, size_t *ret_tools)
{
	struct contract_left before = contract_begin();
	struct told end = {.type = LLM_EV_COUNT_};
	struct site s;

	if (site_open(&s, kind, part) == 0) {
		CHECK_INT(ask(&s, 1, limit), 0);
		pass(&s, USEC_SEC(20));
		end = end_of(&s, 1);
		*ret_tools = count(&s, LLM_EV_TOOL, 1);
	}
	site_close(&s);
	contract_end(before, kind->name);
	return end;
}

void llm_story_call_tools(const struct llm_kind *kind)
{
	size_t tools = 0;
	struct told end;

	if (kind->tools == 0)
		return;
	end = play(kind, LLM_PLAY_CALLS, 0, &tools);

	CHECK_INT(end.type, LLM_EV_DONE);
	CHECK_INT(end.stop, LLM_STOP_TOOL);
	CHECK_INT(tools, kind->tools);
}

void llm_story_go_wrong(const struct llm_kind *kind)
{
	size_t tools;
	struct told stalled = play(kind, LLM_PLAY_STALLS, USEC_MS(700), &tools);
	struct told broken = play(kind, LLM_PLAY_BREAKS, USEC_SEC(5), &tools);

	CHECK_INT(stalled.fault, FAULT_STALLED);
	CHECK(kind->clock == LOOP_SIM ? stalled.at == USEC_MS(700) : stalled.at >= USEC_MS(700));
	CHECK_INT(broken.type, LLM_EV_FAULT);
	CHECK(broken.fault != FAULT_NONE);
	if (kind->ops->can & LLM_LOCAL)
		return; /* nobody limits our own processors by the minute */
	struct told quota = play(kind, LLM_PLAY_LIMITED, USEC_SEC(5), &tools);
	CHECK_INT(quota.fault, FAULT_QUOTA);
	CHECK_INT(quota.retry_after, kind->retry_after);
}

void llm_story_fail_of(const struct llm_kind *kind, unsigned faults)
{
	struct contract_left before = contract_begin();
	struct site s;

	REQUIRE(site_open(&s, kind, LLM_PLAY_LIMITED) == 0);
	for (uint32_t number = 1; number <= 2; number++) {
		CHECK_INT(ask(&s, number, 0), 0);
		pass(&s, USEC_SEC(40));
		struct told end = end_of(&s, number);
		if (faults && !(faults & 1u << end.fault))
			test_failed(kind->name, 0, "ended with %s: %s", fault_name(end.fault), s.words);
	}
	site_close(&s);
	contract_end(before, kind->name);
}

void llm_story_close_at_work(const struct llm_kind *kind)
{
	static const usec spans[] = {0, USEC_MS(100), USEC_MS(220)};

	for (size_t k = 0; k < ARRAY_LEN(spans); k++) {
		struct contract_left before = contract_begin();
		struct site s;

		REQUIRE(site_open(&s, kind, LLM_PLAY_SAYS) == 0);
		CHECK_INT(ask(&s, 1, USEC_SEC(1)), 0);
		pass(&s, spans[k]);
		llm_close(s.llm);
		pass(&s, USEC_SEC(20)); /* on_event() wants no more */
		site_close(&s);
		contract_end(before, kind->name);
	}
}

/* Every type of event is told in one of the plays; what comes after is checked by on_event(). */
void llm_story_end_in_events(const struct llm_kind *kind)
{
	static const enum llm_play plays[LLM_EV_COUNT_] = {LLM_PLAY_SAYS, LLM_PLAY_CALLS, LLM_PLAY_SAYS,
							   LLM_PLAY_BREAKS};

	for (size_t k = 0; k < LLM_EV_COUNT_ * 2; k++) {
		enum llm_event_type type = (enum llm_event_type)(k / 2);
		struct contract_left before = contract_begin();
		struct site s;

		if (type == LLM_EV_TOOL && kind->tools == 0)
			continue;
		REQUIRE(site_open(&s, kind, plays[type]) == 0);
		*(k % 2 ? &s.close_on : &s.cancel_on) = type;
		CHECK_INT(ask(&s, 1, 0), 0);
		pass(&s, USEC_SEC(20));
		CHECK_INT(count(&s, type, 1), 1);
		REQUIRE(s.n > 0);
		CHECK_INT(s.events[s.n - 1].type, type);
		site_close(&s);
		contract_end(before, kind->name);
	}
}

void llm_story_refuse(const struct llm_kind *kind)
{
	struct llm zeroed = {0};
	struct site s;

	llm_close(&zeroed);
	REQUIRE(site_open(&s, kind, LLM_PLAY_SAYS) == 0);
	CHECK_INT(ask(&s, 1, 0), -EAGAIN);
	pass(&s, USEC_SEC(20));
	CHECK_INT(s.n, 0);
	site_close(&s);
}

int llm_story_without_memory(const struct llm_kind *kind)
{
	struct site s;
	int rc = site_open(&s, kind, LLM_PLAY_SAYS);

	if (rc == 0)
		rc = ask(&s, 1, 0);
	if (rc == 0) {
		pass(&s, USEC_SEC(20));
		rc = end_of(&s, 1).type == LLM_EV_DONE ? 0 : -ENOMEM;
	}
	site_close(&s);
	return rc;
}
