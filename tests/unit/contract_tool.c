/* One story that every tool must tell the same way, over the store in memory. */
#include "agent_setup.h"
#include "base/json.h"
#include "contract.h"

#define ARGS_MAX   8
#define BYTES_LONG 8000

/* What makes a tool do its deed in the clinic of agent_setup.h. */
struct kind {
	const char *name, *outcome;
	struct tool_value args[ARGS_MAX];
	bool changes; /* something in the store */
};

#define ARG(n, v)                                      \
	{                                              \
		STR_INIT(n), STR_INIT(v), STR_INIT("") \
	}

static const struct kind kinds[] = {
	{"calendar_lookup", "free", {ARG("day", "2026-11-23"), ARG("time", "10:30")}, false},
	{"appointment_booking",
	 "booked",
	 {ARG("slot", "2026-11-25T10:00"), ARG("name", "Jane Smith"), ARG("birth", "1984-05-03")},
	 true},
	{"appointment_lookup", "found", {ARG("name", "Sarah Mitchell"), ARG("birth", "1979-04-14")}, false},
	{"appointment_move",
	 "moved",
	 {ARG("appointment", "2026-11-24T10:30/Dr Patel"), ARG("slot", "2026-11-26T14:00")},
	 true},
	{"appointment_cancel", "cancelled", {ARG("appointment", "2026-11-24T10:30/Dr Patel")}, true},
	{"sms_confirmation",
	 "sent",
	 {ARG("phone", "+447700900123"), ARG("appointment", "2026-11-24T10:30/Dr Patel")},
	 true},
};

static size_t arg_count(const struct tool_value *args)
{
	size_t n = 0;

	while (n < ARGS_MAX && args[n].name.n > 0)
		n++;
	return n;
}

static struct tool_call call_of(const struct setup *s, const struct kind *k, const char *key)
{
	return (struct tool_call){str_from(k->name), s->agent,          str_from(key), {2026, 11, 20}, 540,
				  k->args,           arg_count(k->args)};
}

/* How much is in the store, the trail of who looked at what left out. */
static size_t size(struct setup *s)
{
	static const char *const shelves[] = {"appointment", "patient", "patient_appointment", "deed",
					      "outbox"};
	size_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(shelves); i++) {
		struct store_range r = {s->agent->tenant_id, str_from(shelves[i]), STR(""), STR(""),
					STORE_LIST_MAX};
		struct store_list list = {0};

		CHECK_INT(store_list(s->store, &r, &s->arena, &list), 0);
		for (size_t d = 0; d < list.count; d++)
			sum += list.docs[d].id.n + list.docs[d].body.n + (size_t)list.docs[d].version;
	}
	return sum;
}

static void check_result(const struct tool_result *r)
{
	CHECK(!str_empty(r->outcome) && r->count <= TOOL_VALUES_MAX);
	for (size_t i = 0; i < r->count; i++)
		CHECK(!str_empty(r->values[i].name) && r->values[i].value.p && r->values[i].spoken.p);
}

static void check_same(const struct tool_result *a, const struct tool_result *b)
{
	CHECK(str_eq(a->outcome, b->outcome));
	CHECK_INT(a->count, b->count);
	for (size_t i = 0; i < MIN(a->count, b->count); i++) {
		CHECK(str_eq(a->values[i].name, b->values[i].name));
		CHECK(str_eq(a->values[i].value, b->values[i].value));
		CHECK(str_eq(a->values[i].spoken, b->values[i].spoken));
	}
}

/* ---- the story ---- */

static void says_what_it_is(const struct kind *k)
{
	const struct tool_ops *t = tool_find(str_from(k->name));
	struct json *schema;

	REQUIRE(t && strlen(t->about) > 0);
	REQUIRE(json_parse(str_from(t->schema), NULL, NULL, &schema) == 0);
	CHECK_STR(json_str_or(schema, "type", STR("")), "object");
	for (size_t i = 0; i < arg_count(k->args); i++) {
		char path[64];

		snprintf(path, sizeof(path), "properties/" STR_FMT "/type", STR_ARG(k->args[i].name));
		CHECK_STR(json_str_or(schema, path, STR("")), "string");
	}
	json_free(schema);
}

static void is_refused_unless_listed(struct setup *s, const struct kind *k)
{
	struct agent nobody = *s->agent;
	struct tool_call c = call_of(s, k, "call-0/x");
	struct tool_result r = {.count = 7};
	size_t before = size(s);

	nobody.tools.count = 0;
	c.agent = &nobody;
	CHECK_INT(tool_run(s->store, &c, &s->arena, &r), -EPERM);
	c.agent = s->agent;
	c.name = STR("delete_everything");
	CHECK_INT(tool_run(s->store, &c, &s->arena, &r), -EPERM);
	CHECK_INT(r.count, 7); /* untouched */
	CHECK_INT(size(s), before);
}

static void works_once(struct setup *s, const struct kind *k)
{
	struct tool_call c = call_of(s, k, "call-1/x");
	struct tool_result first = {0}, again = {0};
	size_t before = size(s);

	CHECK_INT(tool_run(s->store, &c, &s->arena, &first), 0);
	CHECK_STR(first.outcome, k->outcome);
	check_result(&first);
	size_t after = size(s);
	CHECK((after != before) == k->changes);
	CHECK_INT(tool_run(s->store, &c, &s->arena, &again), 0);
	check_same(&first, &again);
	CHECK_INT(size(s), after);
}

/* Every argument as `bad`, which nothing ends behind its last byte. */
static void takes_nonsense(struct setup *s, const struct kind *k, struct str bad)
{
	struct tool_value args[ARGS_MAX];
	struct tool_call c = call_of(s, k, "call-2/x");
	struct tool_result r = {0};
	char *exact = mem_alloc(MAX(bad.n, (size_t)1));

	REQUIRE(exact);
	memcpy(exact, bad.p, bad.n);
	for (size_t i = 0; i < c.arg_count; i++)
		args[i] = (struct tool_value){k->args[i].name, {exact, bad.n}, STR("")};
	c.args = args;
	int rc = tool_run(s->store, &c, &s->arena, &r);
	CHECK(rc <= 0);
	if (rc == 0)
		check_result(&r);
	mem_free(exact);
}

static void takes_any_arguments(struct setup *s, const struct kind *k)
{
	static char longest[BYTES_LONG];
	static const char *const bads[] = {"",       "1", "2026-02-31", "2026-11-25T99:99", "\xff\xfe\"\\",
					   "../../x"};
	struct tool_call none = call_of(s, k, "call-3/x");
	struct tool_result r = {0};

	memset(longest, 'x', sizeof(longest));
	for (size_t i = 0; i < ARRAY_LEN(bads); i++)
		takes_nonsense(s, k, str_from(bads[i]));
	takes_nonsense(s, k, (struct str){longest, sizeof(longest)});
	none.arg_count = 0;
	CHECK(tool_run(s->store, &none, &s->arena, &r) <= 0);
}

TEST(every_tool_tells_the_story)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct contract_left before = contract_begin();
		struct setup s;

		REQUIRE(setup_open(&s));
		says_what_it_is(&kinds[i]);
		is_refused_unless_listed(&s, &kinds[i]);
		works_once(&s, &kinds[i]);
		takes_any_arguments(&s, &kinds[i]);
		setup_close(&s);
		contract_end(before, kinds[i].name);
	}
}

/* The nth allocation fails; asked again with the same key and with memory, the deed is done, and once. */
static bool recovers(const struct kind *k, long nth, size_t want)
{
	struct tool_result r = {0};
	struct setup s;

	if (!setup_open(&s))
		return false;
	struct tool_call c = call_of(&s, k, "call-1/x");
	mem_fail_at(nth);
	int rc = tool_run(s.store, &c, &s.arena, &r);
	bool failed = mem_failed();
	mem_fail_at(0);
	CHECK(failed ? rc == 0 || rc == -ENOMEM : rc == 0);
	if (rc == 0)
		CHECK_STR(r.outcome, k->outcome);
	CHECK_INT(tool_run(s.store, &c, &s.arena, &r), 0);
	CHECK_STR(r.outcome, k->outcome);
	if (size(&s) != want)
		test_failed(k->name, (int)nth, "%zu are stored, not %zu; first %d", size(&s), want, rc);
	setup_close(&s);
	return failed;
}

TEST(every_tool_recovers_from_lack_of_memory)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct contract_left before = contract_begin();
		struct tool_result r;
		struct setup s;
		long nth = 1;

		REQUIRE(setup_open(&s));
		struct tool_call c = call_of(&s, &kinds[i], "call-1/x");
		CHECK_INT(tool_run(s.store, &c, &s.arena, &r), 0);
		size_t want = size(&s);
		setup_close(&s);
		while (recovers(&kinds[i], nth, want))
			nth++;
		contract_end(before, kinds[i].name);
	}
}
