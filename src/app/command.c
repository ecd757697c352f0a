#include "app/command.h"

#include <string.h>

void command_help(const struct command *c, FILE *out)
{
	fprintf(out, "usage: offhook %s %s\n\n%s.\n\n%s", c->name, c->arguments, c->summary, c->help);
}

bool command_wants_help(const struct command *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			command_help(c, stdout);
			return true;
		}
	}
	return false;
}

void command_print(struct buf *b, FILE *out)
{
	fwrite(b->p ? b->p : "", 1, b->n, out);
	buf_fini(b);
}

struct config *command_config(const char *path)
{
	struct config *c = NULL;
	struct buf problems;
	int rc;

	buf_init(&problems, COMMAND_TEXT_MAX);
	rc = config_read(path, &problems, &c);
	command_print(&problems, stderr);
	return rc < 0 ? NULL : c;
}
