#include "app/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/live.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/map.h"
#include "base/mem.h"
#include "leg/record_file.h"

#define MAILBOX_SLOTS 16384
#define DRAIN_EVERY   USEC_MS(100) /* recorders hold about two seconds */
#define DIR_BYTES     512
#define DAYS_REPAIRED 2

LIVE_DEFINE(writer_file);

enum message_kind {
	OPEN,
	LINE,
	CLOSE,
	RECORD,
	RECORDED,
	NOTE,
};

struct message {
	enum message_kind kind;
	uint64_t handle;
	char id[WRITER_ID_MAX];
	char *line; /* owned by the message */
	size_t n;
	struct recorder *recorder;
};

struct file {
	struct list node;
	struct map_node by_handle;
	uint64_t handle;
	int fd;
	struct record_file record; /* recorder == NULL for a trail */
};

struct writer {
	struct loop *loop;
	struct mailbox *box;
	struct timer drain;
	pthread_t thread;
	struct list files;
	struct map open; /* the same, by handle: a line must not look through a thousand calls */
	char dir[DIR_BYTES];
	atomic_ullong handle, lines, lines_lost, recordings, repaired, disk_errors;
};

static void up(atomic_ullong *n)
{
	atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
}

/* ---- files ---- */

static void day_of(time_t t, char out[static 16])
{
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
}

static int open_file(struct writer *w, const char *id, const char *suffix)
{
	char path[DIR_BYTES + 80], day[16];

	day_of(clock_unix() / USEC_SEC(1), day);
	snprintf(path, sizeof(path), "%s/%s", w->dir, day);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/%s/%s.%s", w->dir, day, id, suffix);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

static struct str key_of(const uint64_t *handle)
{
	return (struct str){(const char *)handle, sizeof(*handle)};
}

static struct file *file_find(const struct writer *w, uint64_t handle)
{
	struct map_node *node = map_find(&w->open, key_of(&handle));

	return node ? MAP_ENTRY(node, struct file, by_handle) : NULL;
}

static void file_free(struct writer *w, struct file *f)
{
	if (f->by_handle.key.p)
		map_remove(&w->open, &f->by_handle);
	list_remove(&f->node);
	close(f->fd);
	live_down(&live_writer_file);
	mem_free(f);
}

static struct file *file_new(struct writer *w, const struct message *m, const char *suffix)
{
	struct file *f = mem_zalloc(sizeof(*f));
	int fd = f ? open_file(w, m->id, suffix) : -ENOMEM;

	if (fd < 0) {
		up(&w->disk_errors);
		log_error("cannot open a call's file", log_text("call", m->id), log_text("kind", suffix),
			  log_error_code("error", fd));
		mem_free(f);
		return NULL;
	}
	live_up(&live_writer_file);
	f->fd = fd;
	f->handle = m->handle;
	list_append(&w->files, &f->node);
	if (map_add(&w->open, &f->by_handle, key_of(&f->handle)) == 0)
		return f;
	f->by_handle.key.p = NULL;
	up(&w->disk_errors);
	file_free(w, f);
	return NULL;
}

/* ---- messages ---- */

static void write_line(struct writer *w, const struct message *m)
{
	struct file *f = file_find(w, m->handle);

	if (f && write(f->fd, m->line, m->n) == (ssize_t)m->n)
		up(&w->lines);
	else
		up(&w->lines_lost);
	mem_free(m->line);
}

/* Opened anew for each: whoever reads the messages may take the file away. */
static void write_note(struct writer *w, const struct message *m)
{
	char path[DIR_BYTES + 20];
	int fd;

	snprintf(path, sizeof(path), "%s/messages.jsonl", w->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0 && write(fd, m->line, m->n) == (ssize_t)m->n && fsync(fd) == 0) {
		up(&w->lines);
	} else {
		up(&w->disk_errors);
		log_error("cannot note a caller's message", log_text("file", path),
			  log_error_code("error", -errno));
	}
	if (fd >= 0)
		close(fd);
	mem_free(m->line);
}

static void start_recording(struct writer *w, const struct message *m)
{
	struct file *f = file_new(w, m, "wav");

	if (!f)
		return;
	up(&w->recordings);
	if (record_file_start(&f->record, m->recorder, f->fd, loop_now(w->loop)) < 0) {
		up(&w->disk_errors);
		file_free(w, f);
	}
}

static void end_recording(struct writer *w, const struct message *m)
{
	struct file *f = file_find(w, m->handle);

	if (f) {
		if (record_file_finish(&f->record) < 0)
			up(&w->disk_errors);
		file_free(w, f);
	}
	recorder_free(m->recorder);
}

static void on_message(void *arg, const void *message)
{
	struct writer *w = arg;
	const struct message *m = message;
	struct file *f;

	switch (m->kind) {
	case OPEN:
		(void)file_new(w, m, "jsonl");
		break;
	case LINE:
		write_line(w, m);
		break;
	case CLOSE:
		f = file_find(w, m->handle);
		if (f)
			file_free(w, f);
		break;
	case RECORD:
		start_recording(w, m);
		break;
	case RECORDED:
		end_recording(w, m);
		break;
	case NOTE:
		write_note(w, m);
		break;
	}
}

static void on_drain(struct timer *t)
{
	struct writer *w = CONTAINER_OF(t, struct writer, drain);
	usec now = loop_now(w->loop);

	LIST_EACH (node, &w->files) {
		struct file *f = LIST_ENTRY(node, struct file, node);

		if (f->record.recorder && record_file_write(&f->record, now) < 0)
			up(&w->disk_errors);
	}
	timer_start(t, w->loop, now + DRAIN_EVERY, on_drain);
}

/* ---- repair ---- */

static bool ends_in_wav(const char *name)
{
	return str_ends(str_from(name), STR(".wav"));
}

static void repair_file(struct writer *w, const char *dir, const char *name)
{
	char path[DIR_BYTES * 2];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (record_file_repair(fd) == 1) {
		up(&w->repaired);
		log_info("repaired a recording that was cut off", log_text("file", path));
	}
	close(fd);
}

static void repair_day(struct writer *w, time_t t)
{
	char path[DIR_BYTES + 20], day[16];
	struct dirent *e;
	DIR *d;

	day_of(t, day);
	snprintf(path, sizeof(path), "%s/%s", w->dir, day);
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (ends_in_wav(e->d_name))
			repair_file(w, path, e->d_name);
	if (d)
		closedir(d);
}

/* ---- life ---- */

static void *run(void *arg)
{
	struct writer *w = arg;

	pthread_setname_np(pthread_self(), "writer");
	(void)!loop_run(w->loop);
	return NULL;
}

static struct writer *free_writer(struct writer *w)
{
	if (w->loop)
		timer_stop(&w->drain);
	w->box = mailbox_free(w->box, on_message);
	LIST_EACH_SAFE (node, &w->files) {
		file_free(w, LIST_ENTRY(node, struct file, node));
	}
	map_fini(&w->open);
	w->loop = loop_free(w->loop);
	return mem_free(w);
}

static int make_dirs(char *path)
{
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		int rc = mkdir(path, 0700);

		*at = '/';
		if (rc < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* What has been there may be no folder, or not ours: better known now than at the first call. */
static int check_dir(const char *dir)
{
	char inside[DIR_BYTES + 8];

	snprintf(inside, sizeof(inside), "%s/.", dir);
	return access(inside, W_OK | X_OK) < 0 ? -errno : 0;
}

static int prepare(struct writer *w, struct str dir)
{
	int rc;

	if (dir.n == 0 || str_copy(dir, w->dir, sizeof(w->dir)) < dir.n)
		return -EINVAL;
	rc = make_dirs(w->dir);
	if (rc == 0)
		rc = check_dir(w->dir);
	if (rc == 0)
		rc = loop_new(LOOP_REAL, 0, &w->loop);
	if (rc == 0)
		rc = mailbox_new(w->loop, sizeof(struct message), MAILBOX_SLOTS, on_message, w, &w->box);
	return rc;
}

int writer_start(struct str dir, struct writer **ret_writer)
{
	struct writer *w = mem_zalloc(sizeof(*w));
	int rc;

	if (!w)
		return -ENOMEM;
	list_init(&w->files);
	map_init(&w->open);
	rc = prepare(w, dir);
	for (int i = 0; i < DAYS_REPAIRED && rc == 0; i++)
		repair_day(w, clock_unix() / USEC_SEC(1) - i * 86400);
	if (rc == 0) {
		timer_start(&w->drain, w->loop, 0, on_drain);
		rc = -pthread_create(&w->thread, NULL, run, w);
	}
	if (rc < 0) {
		free_writer(w);
		return rc;
	}
	*ret_writer = w;
	return 0;
}

struct writer *writer_stop(struct writer *w)
{
	if (!w)
		return NULL;
	loop_stop(w->loop);
	pthread_join(w->thread, NULL);
	return free_writer(w);
}

/* ---- posting ---- */

uint64_t writer_new_handle(struct writer *w)
{
	return atomic_fetch_add_explicit(&w->handle, 1, memory_order_relaxed) + 1;
}

static int post(struct writer *w, enum message_kind kind, uint64_t handle, struct message *m)
{
	m->kind = kind;
	m->handle = handle;
	return mailbox_post(w->box, m);
}

void writer_open(struct writer *w, uint64_t handle, struct str id)
{
	struct message m = {0};

	str_copy(id, m.id, sizeof(m.id));
	if (post(w, OPEN, handle, &m) < 0)
		up(&w->lines_lost);
}

static void post_line(struct writer *w, enum message_kind kind, uint64_t handle, struct str line)
{
	struct message m = {.line = mem_strndup(line.p, line.n), .n = line.n};

	if (m.line && post(w, kind, handle, &m) == 0)
		return;
	mem_free(m.line);
	up(&w->lines_lost);
}

void writer_line(struct writer *w, uint64_t handle, struct str line)
{
	post_line(w, LINE, handle, line);
}

void writer_note(struct writer *w, struct str line)
{
	post_line(w, NOTE, 0, line);
}

void writer_close(struct writer *w, uint64_t handle)
{
	struct message m = {0};

	if (post(w, CLOSE, handle, &m) < 0)
		up(&w->lines_lost);
}

void writer_record(struct writer *w, uint64_t handle, struct str id, struct recorder *r)
{
	struct message m = {.recorder = r};

	str_copy(id, m.id, sizeof(m.id));
	if (post(w, RECORD, handle, &m) < 0)
		up(&w->lines_lost);
}

/* A recorder that cannot be handed over is lost with its memory: the box holds thousands of messages. */
void writer_recorded(struct writer *w, uint64_t handle, struct recorder *r)
{
	struct message m = {.recorder = r};

	if (post(w, RECORDED, handle, &m) < 0)
		up(&w->lines_lost);
}

static uint64_t load(const atomic_ullong *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

void writer_read_stats(const struct writer *w, struct writer_stats *ret_stats)
{
	*ret_stats = (struct writer_stats){
		.lines = load(&w->lines),
		.lines_lost = load(&w->lines_lost),
		.recordings = load(&w->recordings),
		.repaired = load(&w->repaired),
		.disk_errors = load(&w->disk_errors),
	};
}
