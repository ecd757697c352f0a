/* Trails that are followed while somebody writes them. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/rehearsal/rehearse_trails.h"
#include "test.h"

static char dir[64], lines[1024];

static void on_line(void *arg, struct str line)
{
	size_t n = strlen(lines);

	(void)arg;
	snprintf(lines + n, sizeof(lines) - n, STR_FMT ";", STR_ARG(line));
}

static void write_to(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "a");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		test_failed(__FILE__, __LINE__, "cannot write %s", path);
}

static void make_day(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	CHECK_INT(mkdir(path, 0700), 0);
}

static void turn(struct loop *l)
{
	for (int i = 0; i < 5; i++)
		CHECK_INT(loop_turn(l, 1000), 0);
}

static void clean(const char *const *names)
{
	char path[128];

	for (; *names; names++) {
		snprintf(path, sizeof(path), "%s/%s", dir, *names);
		CHECK_INT(remove(path), 0);
	}
	CHECK_INT(rmdir(dir), 0);
}

#define OURS   "{\"usec\":0,\"event\":\"arrived\",\"remote_id\":\"ours\"}"
#define THEIRS "{\"usec\":0,\"event\":\"arrived\",\"remote_id\":\"theirs\"}"

static const char *const left[] = {"2026-11-20/a.jsonl", "2026-11-20", "2026-11-21/b.jsonl",
				   "2026-11-21/c.jsonl", "2026-11-21", NULL};

TEST(rehearse_trails_follow_the_call_of_that_id)
{
	struct rehearse_tail tail = {.remote_id = STR("ours"), .on_line = on_line};
	struct rehearse_trails *t;
	struct loop *l;

	str_copy(STR("/tmp/offhook-trails-XXXXXX"), dir, sizeof(dir));
	lines[0] = '\0';
	REQUIRE(mkdtemp(dir) != NULL);
	make_day("2026-11-20");
	REQUIRE(loop_new(LOOP_REAL, 0, &l) == 0);
	REQUIRE(rehearse_trails_open(l, dir, &t) == 0);
	rehearse_trails_add(t, &tail);
	write_to("2026-11-20/a.jsonl", THEIRS "\n{\"usec\":1}\n");
	turn(l);
	CHECK_STR(str_from(lines), "");
	/* Midnight: a folder that is filled before we know of it. */
	make_day("2026-11-21");
	write_to("2026-11-21/b.jsonl", OURS "\n{\"us");
	write_to("2026-11-21/c.jsonl", THEIRS "\n");
	turn(l);
	CHECK_STR(str_from(lines), OURS ";");
	write_to("2026-11-21/b.jsonl", "ec\":2}\n");
	write_to("2026-11-21/c.jsonl", "{\"usec\":3}\n");
	turn(l);
	CHECK_STR(str_from(lines), OURS ";{\"usec\":2};");
	CHECK(str_ends(str_from(tail.path), STR("/2026-11-21/b.jsonl")));
	rehearse_trails_remove(&tail);
	rehearse_trails_close(t);
	loop_free(l);
	clean(left);
}

TEST(rehearse_trails_make_the_folder_or_say_why_not)
{
	struct rehearse_trails *t;
	struct loop *l;

	REQUIRE(loop_new(LOOP_REAL, 0, &l) == 0);
	CHECK_INT(rehearse_trails_open(l, "/proc/nowhere/calls", &t), -ENOENT);
	loop_free(l);
}
