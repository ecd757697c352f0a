/*
 * figures.h - counting on metrics that have one label
 *
 * A series that cannot be had (no memory) is not counted: figures never stop a
 * call.
 *
 * Threads: any but the media loop. Layer: app.
 */
#ifndef APP_FIGURES_H
#define APP_FIGURES_H

#include "base/metric.h"

void figures_add(struct metric *m, const char *label, int64_t n);
void figures_set(struct metric *m, const char *label, int64_t n);
void figures_observe(struct metric *m, const char *label, int64_t n);

/* For totals that somebody else counts: the counter is set forward to `total`. */
void figures_forward(struct metric *m, const char *label, int64_t total);

#endif
