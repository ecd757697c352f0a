/* command_trail.c - `offhook trail FILE`: a call's trail for people */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/trail_view.h"

#define LINE_BYTES_MAX (64u * 1024)

static int show_line(const struct trail_view *v, struct str line, const char *path, unsigned number)
{
	struct buf out;
	int rc;

	buf_init(&out, LINE_BYTES_MAX * 2);
	rc = trail_view_line(v, line, &out);
	if (rc < 0)
		fprintf(stderr, "%s:%u: this is no line of a trail\n", path, number);
	command_print(&out, stdout);
	return rc;
}

static int show_file(const struct trail_view *v, const char *path)
{
	FILE *f = fopen(path, "re");
	static char line[LINE_BYTES_MAX];
	unsigned number = 0;
	int rc = 0;

	if (!f) {
		fprintf(stderr, "offhook trail: %s: %s\n", path, strerror(errno));
		return -ENOENT;
	}
	while (rc == 0 && fgets(line, sizeof(line), f))
		rc = show_line(v, str_from(line), path, ++number);
	if (rc == 0 && number == 0)
		fprintf(stderr, "offhook trail: %s is empty\n", path);
	fclose(f);
	return rc == 0 && number == 0 ? -ENODATA : rc;
}

static int run(int argc, char **argv)
{
	struct trail_view v = {.detail = TRAIL_TURNS, .colour = isatty(1) == 1, .prefix = ""};
	int files = 0, rc = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--all") == 0)
			v.detail = TRAIL_ALL;
		else if (strcmp(argv[i], "--talk") == 0)
			v.detail = TRAIL_TALK;
		else
			files++;
	}
	for (int i = 1; i < argc && rc == 0; i++)
		if (argv[i][0] != '-')
			rc = show_file(&v, argv[i]);
	if (files == 0) {
		command_help(&command_trail, stderr);
		return COMMAND_USAGE;
	}
	return rc == 0 ? COMMAND_OK : COMMAND_FAILED;
}

const struct command command_trail = {
	.name = "trail",
	.arguments = "[--talk | --all] FILE...",
	.summary = "Print a call's trail as a timeline",
	.help = "Each call leaves a trail, one event a line, under the server's `calls` folder.\n"
		"This prints who said what when, why it became our turn, and what each\n"
		"stage of the answer cost.\n\n"
		"  --talk   only what was said, and the response times\n"
		"  --all    every event, also those without a form of their own\n",
	.run = run,
};
