#include "bench/said.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define ARENA_MAX  (64 * 1024 * 1024)
#define LINE_BYTES (64 * 1024)
#define EARLIER    USEC_MS(150) /* a turn's end may lie that much before what the caller's clock says */

static int fail(struct said *s, int rc, const char *what)
{
	snprintf(s->error, sizeof(s->error), "%s: %s", what, strerror(-rc));
	return rc;
}

/* ---- what was said ---- */

static int read_lines(struct said *s, struct said_call *call, const struct json *list)
{
	call->line_count = json_count(list);
	call->lines = ARENA_ARRAY(&s->arena, struct said_line, call->line_count + 1);
	if (!call->lines)
		return -ENOMEM;
	for (size_t i = 0; i < call->line_count; i++) {
		const struct json *line = json_at(list, i);

		call->lines[i] = (struct said_line){
			.text = arena_str(&s->arena, json_str_or(line, "text", STR(""))),
			.at = json_int_or(line, "usec", 0),
			.samples = (size_t)json_int_or(line, "samples", 0),
			.into = json_bool_or(line, "into", false),
		};
	}
	return 0;
}

static int read_call(void *arg, struct str line)
{
	struct said *s = arg;
	struct said_call *call = &s->calls[s->count];
	struct json *doc;
	int rc = s->count < SAID_CALLS_MAX ? json_parse(line, NULL, NULL, &doc) : -E2BIG;

	if (rc < 0)
		return rc;
	call->id = arena_str(&s->arena, json_str_or(doc, "id", STR("")));
	rc = read_lines(s, call, json_find(doc, "lines"));
	json_free(doc);
	s->count++;
	return rc;
}

/* Calls `take` with each line of the file until it returns non-zero. Returns that, 0 or -errno. */
static int each_line(const char *path, int (*take)(void *arg, struct str line), void *arg)
{
	static char line[LINE_BYTES];
	FILE *f = fopen(path, "re");
	int rc = 0;

	if (!f)
		return -errno;
	while (rc == 0 && fgets(line, sizeof(line), f))
		rc = take(arg, str_trim(str_from(line)));
	fclose(f);
	return rc;
}

/* ---- what the server made of it ---- */

/* A line that is none is left out: what counts of a broken trail is what it tells. */
static int take_trail_line(void *arg, struct str line)
{
	return trail_summary_line(arg, line) == -ENOMEM ? -ENOMEM : 0;
}

static struct said_call *find(struct said *s, struct str id)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(s->calls[i].id, id))
			return &s->calls[i];
	return NULL;
}

static int read_trail(struct said *s, const char *path)
{
	struct trail_summary *trail = ARENA_NEW(&s->arena, struct trail_summary);
	struct said_call *call;
	int rc;

	if (!trail)
		return -ENOMEM;
	trail_summary_init(trail, &s->arena);
	rc = each_line(path, take_trail_line, trail);
	call = rc == 0 ? find(s, trail->remote_id) : NULL;
	if (!call)
		return rc;
	call->trail = trail;
	snprintf(call->recording, sizeof(call->recording), "%.*s.wav", (int)(strlen(path) - strlen(".jsonl")),
		 path);
	return 0;
}

static int read_day(struct said *s, const char *dir, const char *day)
{
	char path[SAID_PATH_MAX];
	struct dirent *e;
	DIR *d;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/calls/%s", dir, day);
	d = opendir(path);
	if (!d)
		return -errno;
	while (rc == 0 && (e = readdir(d))) {
		if (!str_ends(str_from(e->d_name), STR(".jsonl")))
			continue;
		if (snprintf(path, sizeof(path), "%s/calls/%s/%s", dir, day, e->d_name) < (int)sizeof(path))
			rc = read_trail(s, path);
	}
	closedir(d);
	return rc;
}

static int read_days(struct said *s, const char *dir)
{
	char path[SAID_PATH_MAX];
	struct dirent *e;
	DIR *d;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/calls", dir);
	d = opendir(path);
	if (!d)
		return fail(s, -errno, path);
	while (rc == 0 && (e = readdir(d)))
		if (e->d_name[0] != '.')
			rc = read_day(s, dir, e->d_name);
	closedir(d);
	return rc < 0 ? fail(s, rc, path) : 0;
}

int said_read(struct said *s, const char *dir)
{
	char path[SAID_PATH_MAX];
	int rc;

	*s = (struct said){0};
	arena_init(&s->arena, ARENA_MAX);
	snprintf(path, sizeof(path), "%s/said.jsonl", dir);
	rc = each_line(path, read_call, s);
	return rc < 0 ? fail(s, rc, path) : read_days(s, dir);
}

void said_fini(struct said *s)
{
	arena_fini(&s->arena);
}

/* ---- lines and turns ---- */

usec said_until(const struct said_call *call, size_t i)
{
	return i + 1 < call->line_count ? call->lines[i + 1].at : USEC_NEVER;
}

const struct trail_turn *said_next_turn(const struct said_call *call, size_t i, size_t *at)
{
	usec from = call->lines[i].at + call->trail->answered - EARLIER;
	usec to =
		i + 1 < call->line_count ? said_until(call, i) + call->trail->answered - EARLIER : USEC_NEVER;

	while (*at < call->trail->turn_count) {
		const struct trail_turn *t = &call->trail->turns[(*at)++];

		if (t->quiet > from && t->quiet <= to)
			return t;
	}
	return NULL;
}
