/* A breaker, walked through its states with a clock of our own. */
#include "provider/breaker.h"
#include "test.h"

static const struct breaker_rules rules = {
	.faults = 3,
	.window = USEC_SEC(10),
	.share = 67,
	.pause_first = USEC_SEC(4),
	.pause_max = USEC_SEC(12),
	.pause_wrong = USEC_SEC(600),
	.probe_max = USEC_SEC(30),
};

static bool fail(struct breaker *b, usec now, enum fault fault, usec retry_after)
{
	struct breaker_pass pass = {0};

	if (!breaker_ask(b, now, &pass))
		return false;
	breaker_failed(b, &pass, now, fault, retry_after);
	return true;
}

static bool succeed(struct breaker *b, usec now)
{
	struct breaker_pass pass = {0};

	if (!breaker_ask(b, now, &pass))
		return false;
	breaker_succeeded(b, &pass, now);
	breaker_released(b, &pass);
	return true;
}

TEST(breaker_opens_after_so_many_faults_in_a_window)
{
	static const enum fault counted[] = {FAULT_UNREACHABLE, FAULT_STALLED, FAULT_OVERLOAD, FAULT_PROTOCOL,
					     FAULT_QUOTA};

	for (size_t i = 0; i < ARRAY_LEN(counted); i++) {
		struct breaker b;

		breaker_init(&b, &rules);
		CHECK(fail(&b, USEC_SEC(0), counted[i], 0));
		CHECK(fail(&b, USEC_SEC(1), counted[i], 0));
		CHECK(fail(&b, USEC_SEC(11), counted[i], 0)); /* the first is too long ago */
		CHECK_INT(breaker_read(&b, USEC_SEC(11)), BREAKER_CLOSED);
		CHECK(succeed(&b, USEC_SEC(11)));
		CHECK(fail(&b, USEC_SEC(11), counted[i], 0));
		CHECK_INT(breaker_read(&b, USEC_SEC(11)), BREAKER_OPEN);
		CHECK(!succeed(&b, USEC_SEC(14)));
		CHECK_INT(b.last, counted[i]);
		CHECK_INT(b.faults[counted[i]], 4);
		CHECK_INT(b.opened, 1);
		CHECK_INT(b.refused, 1);
		CHECK_INT(b.succeeded, 1);
	}
}

TEST(breaker_stays_with_a_service_that_fails_now_and_then)
{
	struct breaker b;

	breaker_init(&b, &rules);
	for (usec at = 0; at < USEC_SEC(60); at += USEC_MS(100)) {
		bool bad = at % USEC_MS(500) == 0;

		CHECK(bad ? fail(&b, at, FAULT_STALLED, 0) : succeed(&b, at));
	}
	CHECK_INT(b.opened, 0);
	CHECK_INT(b.faults[FAULT_STALLED], 120);
	for (int i = 0; i < 11; i++) /* two thirds of the last sixteen */
		(void)!fail(&b, USEC_SEC(60), FAULT_STALLED, 0);
	CHECK_INT(breaker_read(&b, USEC_SEC(60)), BREAKER_OPEN);
}

TEST(breaker_lets_a_pause_be_broken_into_but_nothing_else)
{
	struct breaker_pass pass = {0};
	struct breaker b;

	breaker_init(&b, &rules);
	CHECK(breaker_insist(NULL, 0, &pass));
	CHECK(fail(&b, 0, FAULT_QUOTA, USEC_SEC(7)));
	CHECK(!breaker_ask(&b, USEC_SEC(1), &pass));
	REQUIRE(breaker_insist(&b, USEC_SEC(1), &pass));
	breaker_succeeded(&b, &pass, USEC_SEC(1));
	breaker_released(&b, &pass);
	CHECK_INT(breaker_read(&b, USEC_SEC(1)), BREAKER_OPEN); /* it said how long */
	REQUIRE(breaker_insist(&b, USEC_SEC(1), &pass));
	breaker_failed(&b, &pass, USEC_SEC(1), FAULT_AUTH, 0);
	CHECK(!breaker_insist(&b, USEC_SEC(8), &pass));
	CHECK(succeed(&b, USEC_SEC(601)));
	CHECK(fail(&b, USEC_SEC(601), FAULT_QUOTA, USEC_SEC(7)));
	CHECK(breaker_insist(&b, USEC_SEC(602), &pass));
	breaker_released(&b, &pass);
}

TEST(breaker_opens_at_once_and_long_for_what_somebody_must_repair)
{
	static const enum fault wrong[] = {FAULT_CONFIG, FAULT_AUTH};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct breaker b;

		breaker_init(&b, &rules);
		CHECK(fail(&b, 0, wrong[i], 0));
		CHECK(!succeed(&b, USEC_SEC(599)));
		CHECK(succeed(&b, USEC_SEC(600)));
		CHECK_INT(breaker_read(&b, USEC_SEC(600)), BREAKER_CLOSED);
	}
}

TEST(breaker_waits_as_long_as_a_limit_says)
{
	struct breaker b;

	breaker_init(&b, &rules);
	CHECK(fail(&b, 0, FAULT_QUOTA, USEC_SEC(20)));
	CHECK(!succeed(&b, USEC_SEC(19)));
	CHECK(succeed(&b, USEC_SEC(20)));
	CHECK(fail(&b, USEC_SEC(20), FAULT_QUOTA, USEC_SEC(1000000))); /* nobody is believed that */
	CHECK(succeed(&b, USEC_SEC(20) + BREAKER_RETRY_MAX));
}

TEST(breaker_probes_one_at_a_time_with_growing_pauses)
{
	static const usec pauses[] = {USEC_SEC(4), USEC_SEC(8), USEC_SEC(12), USEC_SEC(12)};
	struct breaker_pass probe = {0}, other = {0};
	struct breaker b;
	usec now = 0;

	breaker_init(&b, &rules);
	for (int i = 0; i < 3; i++)
		CHECK(fail(&b, now, FAULT_STALLED, 0));
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		CHECK(!breaker_ask(&b, now + pauses[i] - 1, &probe));
		now += pauses[i];
		CHECK_INT(breaker_read(&b, now), BREAKER_HALF_OPEN);
		REQUIRE(breaker_ask(&b, now, &probe));
		CHECK(!breaker_ask(&b, now, &other));
		breaker_failed(&b, &probe, now, FAULT_STALLED, 0);
		CHECK_INT(breaker_read(&b, now), BREAKER_OPEN);
	}
	now += pauses[3];
	CHECK(succeed(&b, now));
	for (int i = 0; i < 3; i++)
		CHECK(fail(&b, now, FAULT_STALLED, 0));
	CHECK(succeed(&b, now + pauses[0])); /* forgiven: the first pause again */
}

TEST(breaker_believes_the_probe_alone)
{
	struct breaker_pass old = {0}, lost = {0}, probe = {0};
	struct breaker b;

	breaker_init(&b, &rules);
	REQUIRE(breaker_ask(&b, 0, &old));
	for (int i = 0; i < 3; i++)
		CHECK(fail(&b, 0, FAULT_STALLED, 0));
	breaker_succeeded(&b, &old, 0); /* begun when all was well */
	CHECK_INT(breaker_read(&b, 0), BREAKER_OPEN);
	REQUIRE(breaker_ask(&b, USEC_SEC(4), &lost));
	REQUIRE(breaker_ask(&b, USEC_SEC(34), &probe)); /* the first has taken too long */
	breaker_failed(&b, &lost, USEC_SEC(35), FAULT_STALLED, 0);
	CHECK_INT(breaker_read(&b, USEC_SEC(35)), BREAKER_HALF_OPEN);
	breaker_succeeded(&b, &probe, USEC_SEC(35));
	CHECK_INT(breaker_read(&b, USEC_SEC(35)), BREAKER_CLOSED);
}

TEST(breaker_lets_another_probe_when_one_told_nothing)
{
	struct breaker_pass pass = {0};
	struct breaker b;

	breaker_init(&b, &rules);
	CHECK(fail(&b, 0, FAULT_AUTH, 0));
	REQUIRE(breaker_ask(&b, USEC_SEC(600), &pass));
	breaker_released(&b, &pass);
	CHECK(!pass.held);
	breaker_released(&b, &pass); /* not held any more */
	breaker_failed(&b, &pass, USEC_SEC(600), FAULT_AUTH, 0);
	CHECK_INT(b.faults[FAULT_AUTH], 1);
	CHECK(succeed(&b, USEC_SEC(600)));
	CHECK(breaker_ask(NULL, 0, &pass));
	breaker_succeeded(NULL, &pass, 0);
	breaker_failed(NULL, &pass, 0, FAULT_AUTH, 0);
	breaker_released(NULL, &pass);
	CHECK(str_eq(str_from(breaker_state_name(b.state)), STR("closed")));
}
