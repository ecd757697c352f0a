#include <unistd.h>

#include "agent_setup.h"

struct ask {
	const char *tool, *key;
	const struct tool_value *args;
	size_t n;
};

/* Runs a tool; the outcome and the value called `want` live in the setup's arena. */
static struct str run(struct setup *s, struct ask q, const char *want, struct str *ret_value)
{
	struct tool_call c = {
		.name = str_from(q.tool),
		.agent = s->agent,
		.key = str_from(q.key),
		.today = {2026, 11, 20},
		.minute = 540,
		.args = q.args,
		.arg_count = q.n,
	};
	struct tool_result r;

	if (tool_run(s->store, &c, &s->arena, &r) < 0)
		return STR("failed");
	for (size_t i = 0; want && i < r.count; i++)
		if (str_eq(r.values[i].name, str_from(want)))
			*ret_value = r.values[i].value;
	return r.outcome;
}

#define ARG(n, v)               \
	{                       \
		STR(n), STR(v), \
		{               \
			NULL, 0 \
		}               \
	}
#define RUN(tool, key, args, want, value) run(&s, (struct ask){tool, key, args, ARRAY_LEN(args)}, want, value)

static size_t count(struct setup *s, const char *kind)
{
	struct store_range r = {s->agent->tenant_id, str_from(kind), STR(""), STR(""), STORE_LIST_MAX};
	struct store_list list;

	return store_list(s->store, &r, &s->arena, &list) == 0 ? list.count : 999;
}

TEST(a_repeated_yes_books_once)
{
	const struct tool_value args[] = {ARG("slot", "2026-11-25T10:00"), ARG("name", "Jane Smith"),
					  ARG("birth", "1984-05-03"), ARG("phone", "07700900123")};
	struct str first = {0}, again = {0}, other = {0};
	struct setup s;

	REQUIRE(setup_open(&s));
	CHECK_STR(RUN("appointment_booking", "call-1/a", args, "appointment", &first), "booked");
	CHECK_STR(RUN("appointment_booking", "call-1/a", args, "appointment", &again), "booked");
	CHECK(str_eq(first, again));
	CHECK_INT(count(&s, "appointment"), 4);
	/* the same wish in another call */
	CHECK_STR(RUN("appointment_booking", "call-2/a", args, "appointment", &other), "booked");
	CHECK(str_eq(first, other));
	CHECK_INT(count(&s, "appointment"), 4);
	setup_close(&s);
}

TEST(two_callers_never_share_a_time_with_one_doctor)
{
	static const char *const names[] = {"Ann Lee", "Bob Ray", "Cleo Fox"};
	static const char *const outcomes[] = {"booked", "booked", "taken"};
	struct str where[3] = {{0}};
	struct setup s;

	REQUIRE(setup_open(&s));
	for (size_t i = 0; i < 3; i++) {
		const struct tool_value args[] = {ARG("slot", "2026-11-25T11:00"),
						  {STR("name"), str_from(names[i]), {0}},
						  ARG("birth", "1990-01-01")};
		char key[16];
		snprintf(key, sizeof(key), "call-%zu", i);
		CHECK_STR(RUN("appointment_booking", key, args, "appointment", &where[i]), outcomes[i]);
	}
	CHECK_STR(where[0], "2026-11-25T11:00/Dr Patel");
	CHECK_STR(where[1], "2026-11-25T11:00/Dr Miller");
	setup_close(&s);
}

TEST(a_patient_is_known_by_birth_and_a_name_that_may_be_misheard)
{
	const struct tool_value right[] = {ARG("name", "Sarah Mitchel"), ARG("birth", "1979-04-14")};
	const struct tool_value family[] = {ARG("name", "Mitchell"), ARG("birth", "1979-04-14")};
	const struct tool_value day[] = {ARG("name", "Sarah Mitchell"), ARG("birth", "1979-04-15")};
	const struct tool_value other[] = {ARG("name", "Peter Jones"), ARG("birth", "1979-04-14")};
	struct str a = {0};
	struct setup s;

	REQUIRE(setup_open(&s));
	CHECK_STR(RUN("appointment_lookup", "k1", right, "appointment", &a), "found");
	CHECK_STR(a, "2026-11-24T10:30/Dr Patel");
	CHECK_STR(RUN("appointment_lookup", "k2", family, NULL, NULL), "found");
	CHECK_STR(RUN("appointment_lookup", "k3", day, NULL, NULL), "unknown");
	CHECK_STR(RUN("appointment_lookup", "k4", other, NULL, NULL), "unknown");
	CHECK_INT(count(&s, "audit"), 2);
	setup_close(&s);
}

TEST(a_moved_appointment_frees_its_old_time)
{
	const struct tool_value move[] = {ARG("appointment", "2026-11-24T10:30/Dr Patel"),
					  ARG("slot", "2026-11-26T14:00")};
	const struct tool_value gone[] = {ARG("appointment", "2026-11-24T10:30/Dr Patel")};
	const struct tool_value cancel[] = {ARG("appointment", "2026-11-26T14:00/Dr Patel")};
	struct str a = {0};
	struct setup s;

	REQUIRE(setup_open(&s));
	CHECK_STR(RUN("appointment_move", "k1", move, "appointment", &a), "moved");
	CHECK_STR(a, "2026-11-26T14:00/Dr Patel");
	CHECK_STR(RUN("appointment_move", "k1", move, NULL, NULL), "moved");
	CHECK_INT(count(&s, "appointment"), 3);
	CHECK_INT(clinic_is_free(s.store, s.agent, "2026-11-24T10:30", STR("Dr Patel"), &s.arena), 1);
	CHECK_STR(RUN("appointment_cancel", "k2", gone, NULL, NULL), "none");
	CHECK_STR(RUN("appointment_cancel", "k3", cancel, NULL, NULL), "cancelled");
	CHECK_STR(RUN("appointment_cancel", "k3", cancel, NULL, NULL), "cancelled");
	CHECK_INT(count(&s, "appointment"), 2);
	setup_close(&s);
}

TEST(times_are_offered_that_are_free_and_open)
{
	const struct tool_value saturday[] = {ARG("day", "2026-11-21")};
	const struct tool_value today[] = {ARG("day", "2026-11-20"), ARG("time", "08:00..09:00")};
	const struct tool_value exact[] = {ARG("day", "2026-11-23"), ARG("time", "10:30")};
	const struct tool_value odd[] = {ARG("day", "2026-11-23"), ARG("time", "10:40")};
	const struct tool_value late[] = {ARG("day", "2027-06-01")};
	struct str v = {0};
	struct setup s;

	REQUIRE(setup_open(&s));
	CHECK_STR(RUN("calendar_lookup", "", saturday, "offers", &v), "choice");
	CHECK_STR(v, "2026-11-21T09:00|2026-11-21T10:00|2026-11-21T11:30");
	CHECK_STR(RUN("calendar_lookup", "", today, "offers", &v), "other_time");
	CHECK_STR(v, "2026-11-20T09:30|2026-11-20T10:00|2026-11-20T10:30");
	CHECK_STR(RUN("calendar_lookup", "", exact, "slot", &v), "free");
	CHECK_STR(v, "2026-11-23T10:30");
	CHECK_STR(RUN("calendar_lookup", "", odd, "offers", &v), "other_time");
	CHECK_STR(v, "2026-11-23T10:00|2026-11-23T10:30|2026-11-23T11:00");
	CHECK_STR(RUN("calendar_lookup", "", late, NULL, NULL), "none");
	setup_close(&s);
}

TEST(tools_that_the_agent_does_not_list_are_refused)
{
	struct setup s;

	REQUIRE(setup_open(&s));
	CHECK_STR(run(&s, (struct ask){.tool = "human_handoff", .key = ""}, NULL, NULL), "failed");
	CHECK_STR(run(&s, (struct ask){.tool = "delete_everything", .key = ""}, NULL, NULL), "failed");
	setup_close(&s);
}

TEST(an_appointment_survives_a_restart)
{
	const struct tool_value args[] = {ARG("slot", "2026-11-25T10:00"), ARG("name", "Jane Smith"),
					  ARG("birth", "1984-05-03")};
	char path[64];
	struct setup s;
	struct str a = {0};

	snprintf(path, sizeof(path), "/tmp/offhook-clinic-%d.db", (int)getpid());
	REQUIRE(setup_open(&s));
	s.store = store_close(s.store);
	REQUIRE(store_open(&store_sqlite, str_from(path), &s.store) == 0);
	CHECK_STR(RUN("appointment_booking", "call-1", args, NULL, NULL), "booked");
	s.store = store_close(s.store);
	REQUIRE(store_open(&store_sqlite, str_from(path), &s.store) == 0);
	CHECK_STR(RUN("appointment_lookup", "call-2", args, "appointment", &a), "found");
	CHECK_STR(a, "2026-11-25T10:00/Dr Patel");
	setup_close(&s);
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/offhook-clinic-%d.db-wal", (int)getpid());
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/offhook-clinic-%d.db-shm", (int)getpid());
	unlink(path);
}

TEST_OOM(booking_without_memory)
{
	const struct tool_value args[] = {ARG("slot", "2026-11-25T10:00"), ARG("name", "Jane Smith"),
					  ARG("birth", "1984-05-03")};
	struct agent_state home = {.name = STR_INIT("home")};
	struct str tools[] = {STR_INIT("appointment_booking")}, doctors[] = {STR_INIT("Dr Patel")};
	struct agent agent = {.tenant_id = STR_INIT("t"), .tools = {tools, 1}, .states = {&home, 1}};
	struct tool_call c = {
		STR("appointment_booking"), &agent, STR("k"), {2026, 11, 20}, 540, args, ARRAY_LEN(args)};
	struct tool_result r;
	struct store *store;
	struct arena arena;

	agent.booking = (struct agent_booking){
		.slot_minutes = 30, .days_ahead = 90, .offers = 3, .doctors = {doctors, 1}};
	int rc = store_open(&store_memory, STR(""), &store);
	if (rc < 0)
		return rc;
	arena_init(&arena, SETUP_BYTES);
	rc = tool_run(store, &c, &arena, &r);
	CHECK(rc == -ENOMEM || str_eq(r.outcome, STR("booked")));
	arena_fini(&arena);
	store_close(store);
	return rc;
}
