/*
 * writer.h - the thread that puts trails and recordings on disk
 *
 * Loops post lines and recorders and go on; the disk may be slow without any
 * call noticing. Each call has a folder of the day it came in:
 *
 *   calls/2026-11-20/<call id>.jsonl   its trail
 *   calls/2026-11-20/<call id>.wav     both sides, stereo
 *   calls/messages.jsonl               a line for each message that a caller left
 *
 * Files are readable by the owner alone. A recording is on disk half a second
 * after it was spoken; what a killed process left behind is repaired at start.
 *
 * Threads: start and stop main; posting any loop; the rest its own. Layer: app.
 */
#ifndef APP_WRITER_H
#define APP_WRITER_H

#include "base/str.h"

struct writer;
struct recorder;

#define WRITER_ID_MAX 40 /* bytes of a call id */

struct writer_stats {
	uint64_t lines, lines_lost; /* lost: the mailbox was full, no memory, or the disk refused */
	uint64_t recordings, repaired;
	uint64_t disk_errors;
};

/* `dir` is made when missing; unfinished recordings of the last two days in it are repaired before this
 * returns. Returns 0 or -errno. */
int writer_start(struct str dir, struct writer **ret_writer) must_check;

/* Writes everything that was posted, then stops. Takes NULL. Returns NULL. */
struct writer *writer_stop(struct writer *w);

/* A name for a call's files; never 0. */
uint64_t writer_new_handle(struct writer *w);

/* Opens the call's trail. */
void writer_open(struct writer *w, uint64_t handle, struct str id);

/* Appends to it; the line is copied. */
void writer_line(struct writer *w, uint64_t handle, struct str line);
void writer_close(struct writer *w, uint64_t handle);

/* Appends a line, with its newline, to the messages; copied. */
void writer_note(struct writer *w, struct str line);

/* Writes what `r` collects. */
void writer_record(struct writer *w, uint64_t handle, struct str id, struct recorder *r);

/* Nobody fills `r` any more: writes the rest and frees it. */
void writer_recorded(struct writer *w, uint64_t handle, struct recorder *r);

/* Any thread. */
void writer_read_stats(const struct writer *w, struct writer_stats *ret_stats);

#endif
