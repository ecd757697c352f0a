/*
 * record_file.h - a recorder's sound as a WAVE file that survives being killed
 *
 * Takes what a recorder has made final and writes it behind a header whose
 * sizes are brought up to date at most half a second apart. When the process
 * dies at any moment, the file holds everything up to the last write, and
 * record_file_repair() makes the header say so.
 *
 * Threads: the writer thread; it may block on the disk. Layer: leg.
 */
#ifndef LEG_RECORD_FILE_H
#define LEG_RECORD_FILE_H

#include "media/recorder.h"

#define RECORD_FILE_HEADER_EVERY USEC_MS(500)

struct record_file {
	struct recorder *recorder; /* not owned */
	int fd;                    /* not owned; an empty file, open for reading and writing */
	uint64_t frames;           /* in the file */
	usec header_due;
};

/* Writes the first header. Returns 0 or -errno of the disk. */
int record_file_start(struct record_file *f, struct recorder *r, int fd, usec now) must_check;

/* Writes what is final. Call it a few times a second. Returns 0 or -errno. */
int record_file_write(struct record_file *f, usec now) must_check;

/* After recorder_finish(): writes the rest and the last sizes. Returns 0 or -errno. */
int record_file_finish(struct record_file *f) must_check;

/* Makes a file whose writer was killed playable: cuts half a frame at its end, corrects the header. Returns 0
 * when nothing was wrong, 1 when it was repaired, -EBADMSG when it is no such file, or -errno. */
int record_file_repair(int fd) must_check;

#endif
