/*
 * command.h - the words after `offhook`
 *
 * Threads: main. Layer: app.
 */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "app/config.h"

#define COMMAND_TEXT_MAX (256u * 1024) /* of what a command prints in one piece */

enum command_exit {
	COMMAND_OK = 0,
	COMMAND_FAILED = 1, /* it ran and the answer is no */
	COMMAND_USAGE = 2,  /* the command line makes no sense */
};

struct command {
	const char *name;
	const char *arguments;             /* "FILE..." */
	const char *summary;               /* one line */
	const char *help;                  /* the rest of --help */
	int (*run)(int argc, char **argv); /* argv[0] is the name; returns an exit status */
};

extern const struct command command_check, command_providers, command_rehearse, command_serve, command_trail;

/* Prints a command's --help. */
void command_help(const struct command *c, FILE *out);

/* Prints it if argv asks for it. */
bool command_wants_help(const struct command *c, int argc, char **argv);

/* Prints what is in the buffer, and empties it for good. */
void command_print(struct buf *b, FILE *out);

/* Reads a configuration. NULL when it cannot be used; what is wrong with it then stands on standard error. */
struct config *command_config(const char *path);

#endif
