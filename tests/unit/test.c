#include "test.h"

#include <stdarg.h>
#include <stdatomic.h>

#include "base/live.h"
#include "base/mem.h"

#define OOM_ROUNDS_MAX 100000

static struct test *tests, **tail = &tests;
static atomic_int failures_here; /* of any thread */
static const char *skipped_here;

void test_register(struct test *t)
{
	*tail = t;
	tail = &t->next;
}

void test_failed(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	failures_here++;
	fprintf(stderr, "%s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int test_failures(void)
{
	return failures_here;
}

void test_skipped(const char *why)
{
	skipped_here = why;
}

static void oom_loop(const struct test *t)
{
	long blocks = mem_live(), objects = live_total();
	int rc, failed = 1;

	for (long nth = 1; failed && nth < OOM_ROUNDS_MAX && failures_here == 0; nth++) {
		mem_fail_at(nth);
		rc = t->oom_story();
		failed = mem_failed();
		mem_fail_at(0);
		if (rc != 0 && (rc != -ENOMEM || !failed))
			test_failed(t->name, (int)nth, "the story returned %d", rc);
		if (mem_live() != blocks || live_total() != objects)
			test_failed(t->name, (int)nth, "%ld blocks and %ld objects left alive",
				    mem_live() - blocks, live_total() - objects);
	}
}

static bool wanted(const char *name, char **patterns)
{
	for (char **p = patterns; *p; p++)
		if (strstr(name, *p))
			return true;
	return !*patterns;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;

	(void)argc;
	for (struct test *t = tests; t; t = t->next) {
		if (!wanted(t->name, argv + 1))
			continue;
		failures_here = 0;
		skipped_here = NULL;
		if (t->fn)
			t->fn();
		else
			oom_loop(t);
		if (failures_here)
			printf("FAILED %s\n", t->name);
		else if (skipped_here)
			printf("SKIPPED %s: %s\n", t->name, skipped_here);
		passed += failures_here == 0 && !skipped_here;
		failed += failures_here != 0;
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
