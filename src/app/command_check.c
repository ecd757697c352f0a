/* command_check.c - `offhook check`: whether a configuration holds, and what may stand in one */
#include <errno.h>
#include <string.h>

#include "app/agents.h"
#include "app/command.h"
#include "app/live_check.h"
#include "base/optdoc.h"

#define TEXT_BYTES (256u * 1024)

static void print_and_free(struct buf *b, FILE *out)
{
	fwrite(b->p ? b->p : "", 1, b->n, out);
	buf_fini(b);
}

static int print_doc(void (*doc)(const struct opt_table *table, struct buf *out),
		     const struct opt_table *table)
{
	struct buf b;

	buf_init(&b, TEXT_BYTES);
	doc(table, &b);
	print_and_free(&b, stdout);
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

	buf_init(&problems, TEXT_BYTES);
	rc = agents_read(&a, c, &problems);
	for (size_t i = 0; i < a.count && rc == 0; i++)
		printf("agent " STR_FMT ": " STR_FMT ", %zu intents, %zu states, %zu answers\n",
		       STR_ARG(a.list[i].name), STR_ARG(a.list[i].path), a.list[i].agent->intents.count,
		       a.list[i].agent->states.count, a.list[i].agent->faq.count);
	if (rc == 0)
		agents_warn(&a, on_warning, c);
	agents_free(&a);
	print_and_free(&problems, stderr);
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
	buf_init(&problems, TEXT_BYTES);
	tree_errors_print(&errors, &problems);
	print_and_free(&problems, stderr);
	if (rc == 0)
		printf("%s holds: " STR_FMT ", %zu intents, %zu states, %zu answers\n", path,
		       STR_ARG(a->agent_name), a->intents.count, a->states.count, a->faq.count);
	arena_fini(&arena);
	return rc == 0 ? COMMAND_OK : COMMAND_FAILED;
}

static int check_file(const char *path)
{
	struct config *c = NULL;
	struct buf problems;
	int rc;

	buf_init(&problems, TEXT_BYTES);
	rc = config_read(path, &problems, &c);
	print_and_free(&problems, stderr);
	if (rc == 0)
		rc = check_agents(c);
	config_free(c);
	if (rc == 0)
		printf("%s holds\n", path);
	return rc == 0 ? COMMAND_OK : COMMAND_FAILED;
}

static int check_live(const char *path)
{
	struct config *c = NULL;
	struct buf problems;
	int rc;

	buf_init(&problems, TEXT_BYTES);
	rc = config_read(path, &problems, &c);
	print_and_free(&problems, stderr);
	if (rc == 0)
		rc = live_check(c, stdout);
	if (rc < 0 && c && rc != -ENOLINK)
		fprintf(stderr, "offhook check: the services cannot be tried: %s\n", strerror(-rc));
	config_free(c);
	return rc == 0 ? COMMAND_OK : COMMAND_FAILED;
}

static int run(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--options") == 0)
		return print_doc(optdoc_help, &config_table);
	if (argc == 2 && strcmp(argv[1], "--agent-options") == 0)
		return print_doc(optdoc_help, &agent_table);
	if (argc == 2 && strcmp(argv[1], "--price-options") == 0)
		return print_doc(optdoc_help, &prices_table);
	if (argc == 2 && strcmp(argv[1], "--schema") == 0)
		return print_doc(optdoc_schema, &config_table);
	if (argc == 3 && strcmp(argv[1], "-c") == 0)
		return is_agent(argv[2]) ? check_agent(argv[2]) : check_file(argv[2]);
	if (argc == 4 && strcmp(argv[1], "--live") == 0 && strcmp(argv[2], "-c") == 0)
		return check_live(argv[3]);
	command_help(&command_check, stderr);
	return COMMAND_USAGE;
}

const struct command command_check = {
	.name = "check",
	.arguments = "[--live] -c FILE | --options | --agent-options | --price-options | --schema",
	.summary = "Say what is wrong with a configuration, or what may stand in one",
	.help = "  -c FILE          reads FILE, a server's configuration with the agents it names or an\n"
		"                   agent alone; every problem is printed with file, line and column, and\n"
		"                   the nearest key for one that is unknown\n"
		"  --live -c FILE   opens every provider that FILE configures, has one real exchange with "
		"it\n"
		"                   (a sentence heard, a question answered, a greeting spoken) and says how\n"
		"                   long it took; the vendors bill for it, some cents at most\n"
		"  --options        every key of offhook.yaml: what it must be, its default, its meaning\n"
		"  --agent-options  the same for an agent's file\n"
		"  --price-options  the same for a file of prices\n"
		"  --schema         the server's configuration as a JSON schema, for editors\n",
	.run = run,
};
