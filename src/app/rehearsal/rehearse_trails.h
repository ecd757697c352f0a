/*
 * rehearse_trails.h - the server's trails, read while they are being written
 *
 * Watches the folder of calls (inotify) and follows the trails of our own calls,
 * which are known by their Call-ID: it stands in the first line.
 *
 *   calls/2026-11-20/7c4v0m....jsonl  -->  on_line, on_line, on_line ...
 *
 * Threads: the loop's owner. Layer: app.
 */
#ifndef APP_REHEARSAL_REHEARSE_TRAILS_H
#define APP_REHEARSAL_REHEARSE_TRAILS_H

#include <limits.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/loop.h"

struct rehearse_trails;

/* One call's trail; lives in the thing it serves. */
struct rehearse_tail {
	struct list node;
	struct str remote_id; /* the Call-ID that it is known by */
	void (*on_line)(void *arg, struct str line);
	void *arg;
	char path[PATH_MAX]; /* empty until it is found */
	FILE *file;
	struct buf line; /* the one that is not complete yet */
};

/* `dir` is made when missing. Returns 0 or -errno. */
int rehearse_trails_open(struct loop *l, const char *dir, struct rehearse_trails **ret_trails) must_check;

/* Takes NULL. Returns NULL. */
struct rehearse_trails *rehearse_trails_close(struct rehearse_trails *t);

/* Follows what is written from now on; remote_id, on_line and arg are set. */
void rehearse_trails_add(struct rehearse_trails *t, struct rehearse_tail *tail);

/* Takes one that was never added, if it is zeroed. */
void rehearse_trails_remove(struct rehearse_tail *tail);

#endif
