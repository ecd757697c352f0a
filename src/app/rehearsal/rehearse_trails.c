#include "app/rehearsal/rehearse_trails.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"

#define DAYS_MAX       64 /* folders that are watched */
#define LINE_BYTES_MAX (64u * 1024)

/* A folder in which trails appear. */
struct day {
	int id; /* inotify's */
	char name[NAME_MAX + 1];
};

struct rehearse_trails {
	int fd, root; /* inotify, and its id of the folder itself */
	struct watch watch;
	char dir[PATH_MAX];
	struct day days[DAYS_MAX];
	size_t day_count;
	struct list tails;
};

/* ---- one trail ---- */

static void follow(struct rehearse_tail *t)
{
	int c;

	clearerr(t->file);
	while ((c = getc(t->file)) != EOF) {
		if (c != '\n') {
			buf_add_char(&t->line, (char)c);
			continue;
		}
		if (t->line.error == 0)
			t->on_line(t->arg, buf_str(&t->line));
		buf_clear(&t->line);
	}
}

/* Whether the first line names the call. */
static bool names(const char *line, struct str remote_id)
{
	struct json *doc;
	bool same;

	if (!strchr(line, '\n') || json_parse(str_trim(str_from(line)), NULL, NULL, &doc) < 0)
		return false;
	same = str_eq(json_str_or(doc, "remote_id", STR("")), remote_id);
	json_free(doc);
	return same;
}

static struct rehearse_tail *find_by_line(struct rehearse_trails *t, const char *line)
{
	LIST_EACH (node, &t->tails) {
		struct rehearse_tail *tail = LIST_ENTRY(node, struct rehearse_tail, node);

		if (!tail->file && names(line, tail->remote_id))
			return tail;
	}
	return NULL;
}

static struct rehearse_tail *find_by_path(struct rehearse_trails *t, const char *path)
{
	LIST_EACH (node, &t->tails) {
		struct rehearse_tail *tail = LIST_ENTRY(node, struct rehearse_tail, node);

		if (strcmp(tail->path, path) == 0)
			return tail;
	}
	return NULL;
}

/* A trail that nobody follows yet: one of ours, or somebody else's. */
static void meet(struct rehearse_trails *t, const char *path)
{
	char line[4096] = "";
	FILE *f = fopen(path, "re");
	struct rehearse_tail *tail;

	if (!f)
		return;
	tail = fgets(line, sizeof(line), f) ? find_by_line(t, line) : NULL;
	if (!tail) {
		fclose(f);
		return;
	}
	snprintf(tail->path, sizeof(tail->path), "%s", path);
	tail->file = f;
	rewind(f);
	follow(tail);
}

static void on_file(struct rehearse_trails *t, const char *day, const char *name)
{
	char path[PATH_MAX];
	struct rehearse_tail *tail;

	if (!str_ends(str_from(name), STR(".jsonl")))
		return;
	if (snprintf(path, sizeof(path), "%s/%s/%s", t->dir, day, name) >= (int)sizeof(path))
		return;
	tail = find_by_path(t, path);
	if (tail)
		follow(tail);
	else
		meet(t, path);
}

/* ---- folders ---- */

/* What was in a new folder before it was watched. */
static void on_new_day(struct rehearse_trails *t, const struct day *day)
{
	char path[PATH_MAX];
	DIR *d = NULL;

	if (snprintf(path, sizeof(path), "%s/%s", t->dir, day->name) < (int)sizeof(path))
		d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));)
		on_file(t, day->name, e->d_name);
	if (d)
		closedir(d);
}

static struct day *watch_day(struct rehearse_trails *t, const char *name)
{
	char path[PATH_MAX];
	struct day *day = &t->days[t->day_count];

	if (name[0] == '.' || t->day_count == DAYS_MAX ||
	    snprintf(path, sizeof(path), "%s/%s", t->dir, name) >= (int)sizeof(path))
		return NULL;
	day->id = inotify_add_watch(t->fd, path, IN_CREATE | IN_MODIFY | IN_ONLYDIR);
	if (day->id < 0)
		return NULL;
	str_copy(str_from(name), day->name, sizeof(day->name));
	t->day_count++;
	return day;
}

static void on_event(struct rehearse_trails *t, const struct inotify_event *ev)
{
	if (ev->wd == t->root) {
		struct day *day = ev->len > 0 ? watch_day(t, ev->name) : NULL;

		if (day)
			on_new_day(t, day);
		return;
	}
	for (size_t i = 0; i < t->day_count; i++)
		if (t->days[i].id == ev->wd && ev->len > 0)
			on_file(t, t->days[i].name, ev->name);
}

static void on_readable(struct watch *w, unsigned ready)
{
	struct rehearse_trails *t = CONTAINER_OF(w, struct rehearse_trails, watch);
	_Alignas(struct inotify_event) char bytes[16384];
	ssize_t n = read(t->fd, bytes, sizeof(bytes));

	(void)ready;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *ev = (const void *)(bytes + at);

		on_event(t, ev);
		at += (ssize_t)(sizeof(*ev) + ev->len);
	}
}

/* The newest folder: a call that begins now goes into today's, which may be there already. */
static void watch_newest_day(struct rehearse_trails *t)
{
	char newest[NAME_MAX + 1] = "";
	DIR *d = opendir(t->dir);

	for (struct dirent *e; d && (e = readdir(d));)
		if (strcmp(e->d_name, newest) > 0)
			str_copy(str_from(e->d_name), newest, sizeof(newest));
	if (d)
		closedir(d);
	if (newest[0])
		(void)watch_day(t, newest);
}

static int start(struct rehearse_trails *t, struct loop *l)
{
	if (mkdir(t->dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	t->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	t->root = inotify_add_watch(t->fd, t->dir, IN_CREATE | IN_ONLYDIR);
	if (t->root < 0)
		return -errno;
	watch_newest_day(t);
	return watch_start(&t->watch, l, t->fd, WATCH_STREAM, WATCH_READ, on_readable);
}

int rehearse_trails_open(struct loop *l, const char *dir, struct rehearse_trails **ret_trails)
{
	struct rehearse_trails *t = mem_zalloc(sizeof(*t));
	int rc;

	if (!t)
		return -ENOMEM;
	t->fd = -1;
	list_init(&t->tails);
	str_copy(str_from(dir), t->dir, sizeof(t->dir));
	rc = start(t, l);
	if (rc < 0) {
		rehearse_trails_close(t);
		return rc;
	}
	*ret_trails = t;
	return 0;
}

struct rehearse_trails *rehearse_trails_close(struct rehearse_trails *t)
{
	if (!t)
		return NULL;
	watch_stop(&t->watch);
	if (t->fd >= 0)
		close(t->fd);
	return mem_free(t);
}

void rehearse_trails_add(struct rehearse_trails *t, struct rehearse_tail *tail)
{
	buf_init(&tail->line, LINE_BYTES_MAX);
	list_append(&t->tails, &tail->node);
}

void rehearse_trails_remove(struct rehearse_tail *tail)
{
	if (!tail->node.next)
		return;
	list_remove(&tail->node);
	if (tail->file)
		fclose(tail->file);
	tail->file = NULL;
	buf_fini(&tail->line);
}
