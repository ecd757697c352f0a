/*
 * stories.c - plays every scenario twice and proves that the two are one
 *
 *   stories DIR|FILE...     -v prints trail, history and what was heard
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "world.h"

#define PROBLEM_BYTES 256

static bool verbose;

static void print(const struct world *w)
{
	printf("%s" STR_FMT "---- history\n" STR_FMT "---- heard\n" STR_FMT "\n", w->script->name,
	       STR_ARG(buf_str(&w->trail)),
	       STR_ARG(buf_str(w->script->model ? &w->asked : &w->brain.history)),
	       STR_ARG(buf_str(&w->leg.letters)));
}

static bool same(const struct world *a, const struct world *b)
{
	return str_eq(buf_str(&a->trail), buf_str(&b->trail)) &&
	       str_eq(buf_str(&a->leg.letters), buf_str(&b->leg.letters));
}

static bool play_twice(const struct script *s, char *problem)
{
	struct world *first = NULL, *second = NULL;
	bool ok = world_play(s, NULL, &first) == 0 && world_play(s, NULL, &second) == 0;

	if (!ok)
		snprintf(problem, PROBLEM_BYTES, "%s: no memory", s->name);
	ok = ok && world_check(first, problem, PROBLEM_BYTES);
	if (ok && !same(first, second)) {
		snprintf(problem, PROBLEM_BYTES, "%s: two runs differ", s->name);
		ok = false;
	}
	if (first && (verbose || !ok))
		print(first);
	world_free(first);
	world_free(second);
	return ok;
}

static bool tell(const char *path)
{
	long blocks = mem_live(), objects = live_total();
	char problem[PROBLEM_BYTES] = "";
	struct script s;
	bool ok = script_load(&s, path) == 0;

	if (!ok)
		snprintf(problem, sizeof(problem), "%s", s.problem[0] ? s.problem : "cannot be read");
	ok = ok && play_twice(&s, problem);
	script_fini(&s);
	if (ok && (mem_live() != blocks || live_total() != objects)) {
		snprintf(problem, sizeof(problem), "%s: %ld blocks and %ld objects left alive", path,
			 mem_live() - blocks, live_total() - objects);
		ok = false;
	}
	if (!ok)
		printf("FAILED %s\n", problem);
	return ok;
}

static void tell_all(const char *where, int count[static 2])
{
	char pattern[512];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*.scn", where);
	if (glob(strstr(where, ".scn") ? where : pattern, 0, NULL, &found) != 0) {
		printf("FAILED no scenarios in %s\n", where);
		count[1]++;
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		count[!tell(found.gl_pathv[i])]++;
	globfree(&found);
}

int main(int argc, char **argv)
{
	int count[2] = {0, 0};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0)
			verbose = true;
		else
			tell_all(argv[i], count);
	}
	printf("%d passed, %d failed\n", count[0], count[1]);
	return count[1] > 0 || count[0] == 0;
}
