/*
 * test.h - the unit tests' few words
 *
 *   TEST(arena_keeps_its_limit)
 *   {
 *           CHECK(arena_alloc(&a, 10) != NULL);
 *   }
 *
 * A test registers itself; the program runs all of them, or those whose names
 * contain one of its arguments, and ends with `N passed, N failed`. A failed
 * CHECK is reported and the test goes on; REQUIRE leaves the test.
 *
 * SKIP(why) leaves a test that cannot run here: it is named with the reason and
 * counted neither as passed nor as failed.
 *
 * TEST_OOM(name) { ...; return rc; } is run again and again with the first,
 * second, third ... allocation failing until it succeeds untouched; each time
 * it must return -ENOMEM or 0 and leave no block and no live object behind.
 */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/def.h"
#include "base/str.h"

struct test {
	const char *name;
	void (*fn)(void);
	int (*oom_story)(void);
	struct test *next;
};

void test_register(struct test *t);
void test_skipped(const char *why);
void test_failed(const char *file, int line, const char *fmt, ...) printf_like(3, 4);
int test_failures(void); /* of the test that runs, so far */

#define TEST_REGISTER_(test_name, ...)                                           \
	static struct test test_##test_name = {.name = #test_name, __VA_ARGS__}; \
	__attribute__((constructor)) static void register_##test_name(void)      \
	{                                                                        \
		test_register(&test_##test_name);                                \
	}

#define TEST(test_name)                                  \
	static void run_##test_name(void);               \
	TEST_REGISTER_(test_name, .fn = run_##test_name) \
	static void run_##test_name(void)

#define TEST_OOM(test_name)                                     \
	static int run_##test_name(void);                       \
	TEST_REGISTER_(test_name, .oom_story = run_##test_name) \
	static int run_##test_name(void)

#define CHECK(cond)                                                   \
	do {                                                          \
		if (!(cond))                                          \
			test_failed(__FILE__, __LINE__, "%s", #cond); \
	} while (0)

#define REQUIRE(cond)                                                 \
	do {                                                          \
		if (!(cond)) {                                        \
			test_failed(__FILE__, __LINE__, "%s", #cond); \
			return;                                       \
		}                                                     \
	} while (0)

#define SKIP(why)                  \
	do {                       \
		test_skipped(why); \
		return;            \
	} while (0)

#define CHECK_INT(got, want)                                                                        \
	do {                                                                                        \
		long long got_ = (got), want_ = (want);                                             \
		if (got_ != want_)                                                                  \
			test_failed(__FILE__, __LINE__, "%s is %lld, not %lld", #got, got_, want_); \
	} while (0)

#define CHECK_STR(got, want)                                                                            \
	do {                                                                                            \
		struct str got_ = (got), want_ = str_from(want);                                        \
		if (!str_eq(got_, want_))                                                               \
			test_failed(__FILE__, __LINE__, "%s is '" STR_FMT "', not '" STR_FMT "'", #got, \
				    STR_ARG(got_), STR_ARG(want_));                                     \
	} while (0)

#endif
