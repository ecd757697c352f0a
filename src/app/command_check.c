/* command_check.c - `offhook check`: whether a configuration holds, and what may stand in one */
#include <errno.h>
#include <string.h>

#include "app/agents.h"
#include "app/command.h"
#include "app/live_check.h"
#include "base/optdoc.h"

static int print_doc(void (*doc)(const struct opt_table *table, struct buf *out),
		     const struct opt_table *table)
{
	struct buf b;

	buf_init(&b, COMMAND_TEXT_MAX);
	doc(table, &b);
	command_print(&b, stdout);
	return COMMAND_OK;
}

static void on_warning(void *arg, const char *text)
{
	const struct config *c = arg;

	fprintf(stderr, "%s: warning: %s\n", c->tree->at.file, text);
}

static int check_agents(struct config *c)
{
	struct buf problems;
	struct agents a;
	int rc;

	buf_init(&problems, COMMAND_TEXT_MAX);
	rc = agents_read(&a, c, &problems);
	for (size_t i = 0; i < a.count && rc == 0; i++)
		printf("agent " STR_FMT ": " STR_FMT ", %zu intents, %zu states, %zu answers\n",
		       STR_ARG(a.list[i].name), STR_ARG(a.list[i].path), a.list[i].agent->intents.count,
		       a.list[i].agent->states.count, a.list[i].agent->faq.count);
	if (rc == 0)
		agents_warn(&a, on_warning, c);
	agents_free(&a);
	command_print(&problems, stderr);
	return rc;
}

static bool is_agent(const char *path)
{
	struct tree_errors errors;
	struct tree_node *root;
	struct arena arena;
	bool is;

	arena_init(&arena, AGENTS_ARENA_BYTES);
	tree_errors_init(&errors, &arena);
	is = tree_read(path, NULL, &arena, &errors, &root) == 0 && tree_find(root, STR("agent_name"));
	arena_fini(&arena);
	return is;
}

static int check_agent(const char *path)
{
	struct tree_errors errors;
	struct arena arena;
	struct buf problems;
	struct agent *a;
	int rc;

	arena_init(&arena, AGENTS_ARENA_BYTES);
	tree_errors_init(&errors, &arena);
	rc = agent_read(path, opt_getenv, &arena, &errors, &a);
	buf_init(&problems, COMMAND_TEXT_MAX);
	tree_errors_print(&errors, &problems);
	command_print(&problems, stderr);
	if (rc == 0)
		printf("%s holds: " STR_FMT ", %zu intents, %zu states, %zu answers\n", path,
		       STR_ARG(a->agent_name), a->intents.count, a->states.count, a->faq.count);
	arena_fini(&arena);
	return rc == 0 ? COMMAND_OK : COMMAND_FAILED;
}

static int check_file(const char *path)
{
	struct config *c = command_config(path);
	bool holds = c && check_agents(c) == 0;

	config_free(c);
	if (holds)
		printf("%s holds\n", path);
	return holds ? COMMAND_OK : COMMAND_FAILED;
}

static int try_services(const struct config *c, struct live_check_how how)
{
	struct buf problems;
	struct agents a;
	int rc;

	buf_init(&problems, COMMAND_TEXT_MAX);
	rc = agents_read(&a, c, &problems);
	command_print(&problems, stderr);
	if (rc == 0) {
		rc = live_check(&a, how, stdout);
		if (rc < 0 && rc != -ENOLINK)
			fprintf(stderr, "offhook check: the services cannot be tried: %s\n", strerror(-rc));
	}
	agents_free(&a);
	return rc;
}

static int check_live(const char *path, struct live_check_how how)
{
	struct config *c = command_config(path);
	bool all_well = c && try_services(c, how) == 0;

	config_free(c);
	return all_well ? COMMAND_OK : COMMAND_FAILED;
}

/* What the command line asks for, beside documents. */
struct wish {
	const char *config;
	bool live;
	struct live_check_how how;
};

static bool understand(int argc, char **argv, struct wish *w)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--live") == 0)
			w->live = true;
		else if (strcmp(argv[i], "--all") == 0)
			w->how.all = true;
		else if (strcmp(argv[i], "--json") == 0)
			w->how.json = true;
		else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			w->config = argv[++i];
		else
			return false;
	}
	return w->config && (w->live || (!w->how.all && !w->how.json));
}

static int run(int argc, char **argv)
{
	struct wish w = {0};

	if (argc == 2 && strcmp(argv[1], "--options") == 0)
		return print_doc(optdoc_help, &config_table);
	if (argc == 2 && strcmp(argv[1], "--agent-options") == 0)
		return print_doc(optdoc_help, &agent_table);
	if (argc == 2 && strcmp(argv[1], "--price-options") == 0)
		return print_doc(optdoc_help, &prices_table);
	if (argc == 2 && strcmp(argv[1], "--schema") == 0)
		return print_doc(optdoc_schema, &config_table);
	if (!understand(argc, argv, &w)) {
		command_help(&command_check, stderr);
		return COMMAND_USAGE;
	}
	if (w.live)
		return check_live(w.config, w.how);
	return is_agent(w.config) ? check_agent(w.config) : check_file(w.config);
}

const struct command command_check = {
	.name = "check",
	.arguments = "[--live [--all] [--json]] -c FILE | --options | --agent-options | --price-options | "
		     "--schema",
	.summary = "Say what is wrong with a configuration, or what may stand in one",
	.help = "  -c FILE          reads FILE, a server's configuration with the agents it names or an\n"
		"                   agent alone; every problem is printed with file, line and column, and\n"
		"                   the nearest key for one that is unknown\n"
		"  --live -c FILE   opens every provider that the pipeline or an agent of FILE names, has "
		"one\n"
		"                   real exchange with each (a sentence heard, a question answered, a\n"
		"                   greeting spoken), side by side, and says how long it took; the vendors\n"
		"                   bill for it, some cents at most. CONNECTED is the time until it was "
		"ready\n"
		"                   (language models tell of no such moment), FIRST until the final text "
		"after\n"
		"                   the last word, the first word or the first sound, TOTAL until all was\n"
		"                   there; status 1 when any does not work\n"
		"  --all            tries those, too, that nobody names, for everything they can do\n"
		"  --json           one object for programs, when all is over\n"
		"  --options        every key of offhook.yaml: what it must be, its default, its meaning\n"
		"  --agent-options  the same for an agent's file\n"
		"  --price-options  the same for a file of prices\n"
		"  --schema         the server's configuration as a JSON schema, for editors\n",
	.run = run,
};
