/*
 * memory.c - whole calls, again and again, with the first, second, third ... allocation failing
 *
 *   memory FILE...
 *
 * Whatever fails, the call ends, or is refused, and nothing is left alive.
 */
#include <stdio.h>

#include "base/live.h"
#include "base/mem.h"
#include "world.h"

#define ROUNDS_MAX 10000

/* Returns whether the round was sound; `*ret_done` when no allocation failed in it any more. */
static bool round_is_sound(const struct script *s, long nth, bool *ret_done)
{
	long blocks = mem_live(), objects = live_total();
	struct world *w = NULL;
	bool ok;

	mem_fail_at(nth);
	ok = world_play(s, NULL, &w) < 0 || !w->problem[0];
	*ret_done = !mem_failed();
	if (!ok)
		printf("FAILED allocation %ld: %s\n", nth, w->problem);
	world_free(w);
	mem_fail_at(0);
	if (mem_live() != blocks || live_total() != objects) {
		printf("FAILED allocation %ld: %ld blocks and %ld objects left alive\n", nth,
		       mem_live() - blocks, live_total() - objects);
		ok = false;
	}
	return ok;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	bool done = argc > 1;

	for (int i = 1; i < argc && done; i++) {
		struct script s;

		if (script_load(&s, argv[i]) < 0) {
			printf("FAILED %s cannot be read\n", argv[i]);
			failed++;
			break;
		}
		done = false;
		for (long nth = 1; !done && nth < ROUNDS_MAX; nth++)
			round_is_sound(&s, nth, &done) ? passed++ : failed++;
		script_fini(&s);
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0 || !done;
}
