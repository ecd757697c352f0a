/*
 * call_metrics.h - calls and turns as figures for Prometheus
 *
 * Threads: any. Layer: app.
 */
#ifndef APP_CALL_METRICS_H
#define APP_CALL_METRICS_H

#include "call/call.h"

/* Counts states, outcomes and the stages of every answer. */
struct call_observer call_metrics_observer(void);

/* A call is over. */
void call_metrics_ended(const struct call *c);

/* A call was refused before there was one; `why` is one of few words. */
void call_metrics_refused(const char *why);

/* Media figures of a shard, and how late its loops are. */
struct loop_stats;
struct stream_pool_stats;
void call_metrics_media(unsigned shard, const struct stream_pool_stats *streams,
			const struct loop_stats *control);

#endif
