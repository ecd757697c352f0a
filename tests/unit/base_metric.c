/* What Prometheus reads: exact numbers, escaped labels, buckets that add up. */
#include "base/metric.h"

#include <pthread.h>

#include "base/mem.h"
#include "test.h"

METRIC_DEFINE(calls, .name = "test_calls_total", .help = "Calls\nby \\result.", .kind = METRIC_COUNTER,
	      .labels = {"result", "tenant"});
METRIC_DEFINE(active, .name = "test_active", .help = "Now.", .kind = METRIC_GAUGE);
METRIC_DEFINE(load, .name = "test_load_ratio", .help = "Load.", .kind = METRIC_GAUGE, .decimals = 3);
METRIC_DEFINE(turn, .name = "test_turn_seconds", .help = "Turns.", .kind = METRIC_HISTOGRAM, .decimals = 6,
	      .bounds = {500, 200000, 1000000});
METRIC_DEFINE(stage, .name = "test_stage_seconds", .help = "Stages.", .kind = METRIC_HISTOGRAM, .decimals = 6,
	      .bounds = {1000}, .labels = {"stage"});
METRIC_DEFINE(crowd, .name = "test_crowd", .help = "Many.", .kind = METRIC_GAUGE, .labels = {"who"});

static bool printed(const char *line)
{
	bool found;
	struct buf b;

	buf_init(&b, 1 << 20);
	metric_print(&b);
	CHECK_INT(b.error, 0);
	CHECK(b.n > 0 && b.p[b.n - 1] == '\n');
	found = str_find(buf_str(&b), str_from(line)) < b.n;
	if (!found)
		fprintf(stderr, "not in:\n" STR_FMT, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return found;
}

TEST(metric_prints_counters_with_escaped_labels)
{
	struct metric_series *ok, *again, *odd;

	REQUIRE(metric_get_series(&metric_calls, (const char *[]){"ok", "t1"}, &ok) == 0);
	REQUIRE(metric_get_series(&metric_calls, (const char *[]){"ok", "t1"}, &again) == 0);
	REQUIRE(metric_get_series(&metric_calls, (const char *[]){"a\"b\\c\nd", ""}, &odd) == 0);
	CHECK(ok == again && ok != odd);
	metric_add(ok, 41);
	metric_add(again, 1);
	CHECK(printed("# HELP test_calls_total Calls\\nby \\\\result.\n# TYPE test_calls_total counter\n"
		      "test_calls_total{result=\"ok\",tenant=\"t1\"} 42\n"
		      "test_calls_total{result=\"a\\\"b\\\\c\\nd\",tenant=\"\"} 0\n"));
	metric_forget();
	CHECK(printed("# TYPE test_calls_total counter\n# HELP test_active"));
}

TEST(metric_prints_gauges_exactly)
{
	struct metric_series *active;

	REQUIRE(metric_get_series(&metric_active, NULL, &active) == 0);
	CHECK(active == &metric_active.only);
	CHECK(printed("# TYPE test_active gauge\ntest_active 0\n"));
	metric_set(&metric_active.only, -7);
	metric_set(&metric_load.only, 1250);
	CHECK(printed("test_active -7\n"));
	CHECK(printed("test_load_ratio 1.25\n"));
	metric_set(&metric_load.only, -3);
	CHECK(printed("test_load_ratio -0.003\n"));
	metric_set(&metric_active.only, INT64_MIN);
	CHECK(printed("test_active -9223372036854775808\n"));
	metric_set(&metric_active.only, 0);
}

TEST(metric_prints_cumulative_buckets)
{
	struct metric_series *think;

	metric_observe(&metric_turn.only, 500);
	metric_observe(&metric_turn.only, 501);
	metric_observe(&metric_turn.only, 999999);
	metric_observe(&metric_turn.only, 5000000);
	CHECK(printed("# TYPE test_turn_seconds histogram\n"
		      "test_turn_seconds_bucket{le=\"0.0005\"} 1\n"
		      "test_turn_seconds_bucket{le=\"0.2\"} 2\n"
		      "test_turn_seconds_bucket{le=\"1\"} 3\n"
		      "test_turn_seconds_bucket{le=\"+Inf\"} 4\n"
		      "test_turn_seconds_sum 6.001\n"
		      "test_turn_seconds_count 4\n"));
	REQUIRE(metric_get_series(&metric_stage, (const char *[]){"think"}, &think) == 0);
	metric_observe(think, 2000);
	CHECK(printed("test_stage_seconds_bucket{stage=\"think\",le=\"0.001\"} 0\n"
		      "test_stage_seconds_bucket{stage=\"think\",le=\"+Inf\"} 1\n"
		      "test_stage_seconds_sum{stage=\"think\"} 0.002\n"
		      "test_stage_seconds_count{stage=\"think\"} 1\n"));
	metric_forget();
}

TEST(metric_shows_what_is_alive)
{
	CHECK(printed("# TYPE offhook_live_objects gauge\n"));
	CHECK(printed("offhook_live_objects{type=\"loop\"} 0\n"));
}

TEST(metric_refuses_unbounded_labels)
{
	char name[METRIC_LABEL_MAX_BYTES + 2];
	struct metric_series *s;

	for (unsigned i = 0; i < METRIC_SERIES_MAX; i++) {
		snprintf(name, sizeof(name), "%u", i);
		REQUIRE(metric_get_series(&metric_crowd, (const char *[]){name}, &s) == 0);
	}
	CHECK_INT(metric_get_series(&metric_crowd, (const char *[]){"one more"}, &s), -ENOSPC);
	CHECK_INT(metric_get_series(&metric_crowd, (const char *[]){"0"}, &s), 0);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK_INT(metric_get_series(&metric_crowd, (const char *[]){name}, &s), -EMSGSIZE);
	metric_forget();
}

#define COUNTERS 4
#define COUNTS   20000

static void *count(void *arg)
{
	struct metric_series *s;

	for (int i = 0; i < COUNTS; i++) {
		CHECK_INT(metric_get_series(&metric_crowd, (const char *[]){i % 2 ? "odd" : "even"}, &s), 0);
		metric_add(s, 1);
		metric_observe(arg, i);
	}
	return NULL;
}

TEST(metric_counts_from_many_threads_while_it_is_printed)
{
	pthread_t threads[COUNTERS];
	struct metric_series *s;

	REQUIRE(metric_get_series(&metric_stage, (const char *[]){"race"}, &s) == 0);
	for (int i = 0; i < COUNTERS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, count, s) == 0);
	for (int i = 0; i < 20; i++)
		CHECK(printed("test_stage_seconds_bucket{stage=\"race\""));
	for (int i = 0; i < COUNTERS; i++)
		pthread_join(threads[i], NULL);
	CHECK(printed("test_crowd{who=\"odd\"} 40000\n"));
	CHECK(printed("test_stage_seconds_count{stage=\"race\"} 80000\n"));
	metric_forget();
}

TEST_OOM(metric_survives_no_memory)
{
	struct metric_series *s;
	int rc = metric_get_series(&metric_calls, (const char *[]){"ok", "t"}, &s);
	struct buf b;

	buf_init(&b, 1 << 20);
	metric_print(&b);
	rc = rc < 0 ? rc : b.error;
	buf_fini(&b);
	metric_forget();
	return rc;
}
