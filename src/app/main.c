/*
 * main.c - the program's front door: one command word, one function
 */
#include <string.h>

#include "app/command.h"

static const struct command *const commands[] = {
	&command_serve, &command_check, &command_providers, &command_rehearse, &command_trail,
};

static void usage(FILE *out)
{
	fputs("Offhook picks up the phone with AI agents.\n\nusage: offhook COMMAND [ARGUMENTS]\n\n", out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`offhook COMMAND --help` tells more.\n", out);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		usage(stderr);
		return COMMAND_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return COMMAND_OK;
	}
	c = find(argv[1]);
	if (!c) {
		fprintf(stderr, "offhook: there is no command '%s'; see `offhook --help`\n", argv[1]);
		return COMMAND_USAGE;
	}
	if (command_wants_help(c, argc - 1, argv + 1))
		return COMMAND_OK;
	return c->run(argc - 1, argv + 1);
}
