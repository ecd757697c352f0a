/*
 * rehearse.h - rehearsals from their files to the report
 *
 *   read -> render the callers' words -> [start a server] -> play -> report -> [stop it]
 *
 * Threads: main. Layer: app.
 */
#ifndef APP_REHEARSAL_REHEARSE_H
#define APP_REHEARSAL_REHEARSE_H

#include "app/trail_view.h"
#include "base/str.h"

#define REHEARSE_FILES_MAX    500
#define REHEARSE_PARALLEL_MAX 50
#define REHEARSE_SEED_MAX     999999 /* six digits are easily typed again */

struct rehearse_options {
	const char *const *files;
	size_t file_count;
	struct str server; /* host:port of one that runs; empty = start our own */
	struct str calls;  /* its folder of calls */
	struct str keep;   /* folder for what our own leaves behind; empty = a new one under var/rehearsals */
	const char *json;  /* file for the report, "-" = standard output, NULL = none */
	struct str voice;  /* of our own */
	size_t parallel;
	uint64_t seed; /* of all noise and lost packets */
	enum trail_detail detail;
};

/* Returns whether everything went as the scripts expect: 1 or 0, or -errno after it has said why. */
int rehearse_run(const struct rehearse_options *options) must_check;

#endif
