/*
 * proofs.c - that the scenarios prove both matrices
 *
 * Every cell must be taken by some scenario, and every mutant of a cell (gone,
 * leading elsewhere, or without its action) must make a scenario fail that
 * takes it. Mutants run in a child: one that aborts or never ends is caught,
 * too.
 *
 *   proofs DIR
 */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "world.h"

#define SCRIPTS_MAX     256
#define CELLS_MAX       512
#define MUTANT_SECONDS  5 /* of real time; a scenario takes a few milliseconds */
#define CELL(m, st, ev) ((st) * (m)->event_count + (ev))

struct story {
	struct script script;
	bool takes[2][CELLS_MAX]; /* by machine */
};

enum mutation {
	DROPPED,
	LED_ASTRAY,
	WITHOUT_ACTION,
	MUTATIONS,
};

static const char *const mutation_names[] = {"dropped", "led astray", "without its action"};

static const struct fsm *const machines[] = {&floor_fsm, &call_fsm};

static struct story *stories[SCRIPTS_MAX];
static size_t story_count;
static int passed, failed;

static void verdict(bool ok, const struct fsm *m, size_t cell, const char *what)
{
	passed += ok;
	failed += !ok;
	if (!ok)
		printf("FAILED %s: %s / %s %s\n", m->name,
		       fsm_state_name(m, (unsigned)(cell / m->event_count)),
		       fsm_event_name(m, (unsigned)(cell % m->event_count)), what);
}

/* ---- which cells a scenario takes ---- */

static struct str field(struct str line, const char *key)
{
	char quoted[32];
	size_t at;

	snprintf(quoted, sizeof(quoted), "\"%s\":\"", key);
	at = str_find(line, str_from(quoted));
	line = str_sub(line, at + strlen(quoted), SIZE_MAX);
	return str_cut(&line, '"');
}

static unsigned find_name(struct str name, const struct fsm *m,
			  const char *(*name_of)(const struct fsm *, unsigned))
{
	unsigned i = 0;

	while (!str_eq(name, str_from(name_of(m, i))) && i < FSM_STATES_MAX)
		i++;
	return i;
}

static void note_step(struct story *st, struct str line)
{
	struct str event = field(line, "event");

	for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
		const struct fsm *m = machines[i];

		if (str_eq(event, str_from(m->name)))
			st->takes[i][CELL(m, find_name(field(line, "from"), m, fsm_state_name),
					  find_name(field(line, "by"), m, fsm_event_name))] = true;
	}
}

static bool learn(struct story *st)
{
	struct world *w;
	struct str trail;

	if (world_play(&st->script, NULL, &w) < 0)
		return false;
	trail = buf_str(&w->trail);
	while (trail.n > 0)
		note_step(st, str_cut(&trail, '\n'));
	world_free(w);
	return true;
}

static bool load(const char *dir)
{
	char pattern[512];
	glob_t found;
	bool ok = true;

	snprintf(pattern, sizeof(pattern), "%s/*.scn", dir);
	if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc > SCRIPTS_MAX)
		return false;
	for (size_t i = 0; i < found.gl_pathc && ok; i++) {
		struct story *st = mem_zalloc(sizeof(*st));

		ok = st && script_load(&st->script, found.gl_pathv[i]) == 0 && learn(st);
		stories[story_count++] = st;
	}
	globfree(&found);
	return ok;
}

/* ---- mutants ---- */

/* The child's part: whether a scenario that takes the cell fails. */
static bool caught(const struct world_matrices *matrices, size_t machine, size_t cell)
{
	char problem[256];

	for (size_t i = 0; i < story_count; i++) {
		struct world *w = NULL;
		bool ok;

		if (!stories[i]->takes[machine][cell])
			continue;
		if (world_play(&stories[i]->script, matrices, &w) < 0)
			return false;
		ok = world_check(w, problem, sizeof(problem));
		world_free(w);
		if (!ok)
			return true;
	}
	return false;
}

static bool dies(const struct world_matrices *matrices, size_t machine, size_t cell)
{
	int status, null = open("/dev/null", O_WRONLY);
	pid_t child = fork();

	if (child == 0) {
		dup2(null, STDERR_FILENO); /* an assertion that fails is welcome */
		alarm(MUTANT_SECONDS);
		_exit(caught(matrices, machine, cell) ? 1 : 0);
	}
	close(null);
	return child > 0 && waitpid(child, &status, 0) == child && status != 0;
}

static void mutate(struct fsm_cell *c, enum mutation how, size_t states)
{
	if (how == DROPPED)
		*c = (struct fsm_cell){0};
	else if (how == LED_ASTRAY)
		c->to = (uint8_t)(c->to % states + 1);
	else
		c->action = NULL;
}

static void prove_mutants(size_t machine, size_t cell)
{
	const struct fsm *m = machines[machine];

	for (enum mutation how = 0; how < MUTATIONS; how++) {
		struct fsm_cell cells[CELLS_MAX];
		struct fsm changed = *m;
		struct world_matrices matrices = {.floor = machine == 0 ? &changed : NULL,
						  .call = machine == 1 ? &changed : NULL};

		if (how == WITHOUT_ACTION && !m->cells[cell].action)
			continue;
		memcpy(cells, m->cells, m->state_count * m->event_count * sizeof(cells[0]));
		mutate(&cells[cell], how, m->state_count);
		changed.cells = cells;
		verdict(dies(&matrices, machine, cell), m, cell, mutation_names[how]);
	}
}

static void prove(size_t machine, size_t cell)
{
	bool taken = false;

	for (size_t i = 0; i < story_count; i++)
		taken |= stories[i]->takes[machine][cell];
	verdict(taken, machines[machine], cell, "is taken by no scenario");
	if (taken)
		prove_mutants(machine, cell);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !load(argv[1])) {
		printf("FAILED the scenarios of %s cannot be read\n0 passed, 1 failed\n",
		       argc > 1 ? argv[1] : "?");
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(machines); i++)
		for (size_t cell = 0; cell < machines[i]->state_count * machines[i]->event_count; cell++)
			if (machines[i]->cells[cell].to)
				prove(i, cell);
	for (size_t i = 0; i < story_count; i++) {
		script_fini(&stories[i]->script);
		mem_free(stories[i]);
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
