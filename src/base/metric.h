/*
 * metric.h - figures for Prometheus, counted without locks
 *
 * A module defines its metrics where it counts; they register themselves before
 * main(). A metric without labels has one series, which is always shown; with
 * labels the owner asks for each series once, keeps the pointer, and counts on it
 * from any thread. Values are whole numbers in a unit of the metric's choice;
 * `decimals` says where the point goes when they are printed, so that
 * microseconds (decimals 6) come out as the seconds that Prometheus wants, exactly
 * and whatever the locale.
 *
 *   METRIC_DEFINE(calls, .name = "offhook_calls_total", .help = "Calls handled.",
 *                 .kind = METRIC_COUNTER, .labels = {"result"});
 *   rc = metric_get_series(&metric_calls, (const char *[]){"ok"}, &series);
 *   metric_add(series, 1);
 *
 * Label values are bounded sets: never a call id, a phone number or free text.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stdatomic.h>

#include "base/buf.h"

#define METRIC_LABELS_MAX      4u
#define METRIC_BOUNDS_MAX      16u
#define METRIC_SERIES_MAX      1000u /* a metric; more means a label that is not bounded */
#define METRIC_LABEL_MAX_BYTES 128u

enum metric_kind {
	METRIC_COUNTER, /* only rises; its name ends in _total */
	METRIC_GAUGE,
	METRIC_HISTOGRAM,
};

struct metric_series {
	const struct metric *metric;
	_Atomic(struct metric_series *) next;
	const char *values[METRIC_LABELS_MAX];
	atomic_llong value; /* of a histogram: the sum */
	atomic_llong buckets[METRIC_BOUNDS_MAX + 1];
};

struct metric {
	const char *name, *help;
	enum metric_kind kind;
	unsigned decimals;
	const char *labels[METRIC_LABELS_MAX];
	int64_t bounds[METRIC_BOUNDS_MAX]; /* of a histogram: upper ends, rising, included; 0 ends them */

	/* the module's own */
	struct metric_series only; /* of a metric without labels */
	_Atomic(struct metric_series *) series;
	struct metric *next;
};

/* Called by METRIC_DEFINE before main(). */
void metric_register(struct metric *m);

/* Defines `metric_<ident>`, known in this file. */
#define METRIC_DEFINE(ident, ...)                                              \
	static struct metric metric_##ident = {__VA_ARGS__};                   \
	__attribute__((constructor)) static void metric_register_##ident(void) \
	{                                                                      \
		metric_register(&metric_##ident);                              \
	}                                                                      \
	struct metric /* swallows the semicolon */

/* The series of these label values (as many as labels), made and shown as zero the first time. It stays
 * until metric_forget(). Returns 0, -ENOMEM, -ENOSPC when the metric has too many, or -EMSGSIZE when a value
 * is too long. Takes a lock: not for the media loop. */
int metric_get_series(struct metric *m, const char *const values[],
		      struct metric_series **ret_series) must_check;

/* Frees all series with labels; nobody may be counting on them any more. */
void metric_forget(void);

static inline void metric_add(struct metric_series *s, int64_t n)
{
	atomic_fetch_add_explicit(&s->value, n, memory_order_relaxed);
}

/* Gauges only. */
static inline void metric_set(struct metric_series *s, int64_t value)
{
	atomic_store_explicit(&s->value, value, memory_order_relaxed);
}

/* Histograms only. */
void metric_observe(struct metric_series *s, int64_t value);

/* Everything in text format 0.0.4, live objects (base/live.h) included; failures stick in `b`. To be sent as
 * `text/plain; version=0.0.4; charset=utf-8`. Blocks nobody. */
void metric_print(struct buf *b);

#endif
