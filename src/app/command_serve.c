/* command_serve.c - `offhook serve`: answers calls until it is told to stop */
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/server.h"
#include "base/live.h"
#include "base/log.h"

#define CONFIG_USUAL "offhook.yaml"

/* NULL when the command line makes no sense. */
static const char *config_path(int argc, char **argv)
{
	if (argc == 1)
		return CONFIG_USUAL;
	return argc == 3 && strcmp(argv[1], "-c") == 0 ? argv[2] : NULL;
}

/* One line on a terminal that is written over; elsewhere a line where something begins or ends. */
static void on_step(void *arg, const char *what, size_t done, size_t total)
{
	bool terminal = *(const bool *)arg;

	if (total == 0)
		fprintf(stderr, "%s ...\n", what);
	else if (terminal)
		fprintf(stderr, "\r%s: %zu of %zu%s", what, done, total, done == total ? "\n" : "");
	else if (done == total || done % 20 == 0)
		fprintf(stderr, "%s: %zu of %zu\n", what, done, total);
	fflush(stderr);
}

static void print_ready(const struct server *s)
{
	struct buf line;

	buf_init(&line, COMMAND_TEXT_MAX);
	server_describe(s, &line);
	printf("ready " STR_FMT "\n", STR_ARG(buf_str(&line)));
	fflush(stdout);
	buf_fini(&line);
}

static int serve(const struct config *c)
{
	bool terminal = isatty(2) == 1;
	struct server_progress progress = {on_step, &terminal};
	struct server_words words = {{0}};
	struct server *s;
	int rc = server_open(c, &progress, &s, &words);

	if (rc < 0) {
		fprintf(stderr, "offhook serve: %s\n", words.text);
		return COMMAND_FAILED;
	}
	print_ready(s);
	rc = server_run(s);
	server_close(s);
	if (live_total() != 0)
		log_warning("objects are left alive", log_number("count", live_total()));
	return rc < 0 ? COMMAND_FAILED : COMMAND_OK;
}

static int run(int argc, char **argv)
{
	const char *path = config_path(argc, argv);
	struct config *c;
	int status;

	if (!path) {
		command_help(&command_serve, stderr);
		return COMMAND_USAGE;
	}
	c = command_config(path);
	if (!c) {
		if (argc == 1)
			fputs("offhook serve: name a configuration with -c FILE; examples/offhook.yaml is "
			      "one\n",
			      stderr);
		return COMMAND_FAILED;
	}
	log_setup((enum log_level)c->log, LOG_FORM_AUTO, 2);
	status = serve(c);
	config_free(c);
	return status;
}

const struct command command_serve = {
	.name = "serve",
	.arguments = "[-c FILE]",
	.summary = "Answer calls until told to stop",
	.help = "Reads FILE (" CONFIG_USUAL " when left out), loads the speech models, speaks the\n"
		"agents' fixed phrases once, and answers SIP calls; a voice on a network speaks them\n"
		"while calls are taken (pipeline.prepare). When it is ready it prints one line on\n"
		"standard output:\n\n"
		"  ready sip=127.0.0.1:5060 metrics=127.0.0.1:9464 agents=clinic voice=flite calls=...\n\n"
		"SIGTERM or Ctrl-C stops it: new calls are refused, calls that are going on may end\n"
		"within limits.drain_ms. A second signal ends them at once.\n\n"
		"`offhook check -c FILE` says what is wrong with a configuration without starting it,\n"
		"`offhook check --options` what can stand in it.\n",
	.run = run,
};
