#include "app/call_metrics.h"

#include <stdio.h>

#include "base/loop.h"
#include "base/metric.h"
#include "leg/stream.h"

METRIC_DEFINE(calls, .name = "offhook_calls", .help = "Calls by the state they are in.", .kind = METRIC_GAUGE,
	      .labels = {"state"});
METRIC_DEFINE(ended, .name = "offhook_calls_ended_total", .help = "Calls that are over, by agent.",
	      .kind = METRIC_COUNTER, .labels = {"agent"});
METRIC_DEFINE(refused, .name = "offhook_calls_refused_total", .help = "Calls that were not taken.",
	      .kind = METRIC_COUNTER, .labels = {"why"});
METRIC_DEFINE(response, .name = "offhook_response_seconds",
	      .help = "From the caller's last sound to the first of the answer.", .kind = METRIC_HISTOGRAM,
	      .decimals = 6, .labels = {"cached"},
	      .bounds = {200000, 300000, 400000, 500000, 600000, 700000, 800000, 1000000, 1250000, 1500000,
			 2000000, 3000000, 5000000});
METRIC_DEFINE(stage, .name = "offhook_stage_seconds", .help = "The parts of a response.",
	      .kind = METRIC_HISTOGRAM, .decimals = 6, .labels = {"stage"},
	      .bounds = {1000, 2000, 5000, 10000, 20000, 30000, 50000, 100000, 200000, 300000, 400000, 600000,
			 800000, 1200000, 2000000});
METRIC_DEFINE(turns, .name = "offhook_turns_total", .help = "Turns of callers that were answered.",
	      .kind = METRIC_COUNTER);
METRIC_DEFINE(tick_late, .name = "offhook_tick_late_seconds",
	      .help = "99th percentile of how late packets leave.", .kind = METRIC_GAUGE, .decimals = 6,
	      .labels = {"shard"});
METRIC_DEFINE(media_cpu, .name = "offhook_media_cpu_seconds_total", .help = "CPU time of the media loops.",
	      .kind = METRIC_COUNTER, .decimals = 6, .labels = {"shard"});
METRIC_DEFINE(sound_dropped, .name = "offhook_sound_dropped_total",
	      .help = "Frames that control or detector were too slow for.", .kind = METRIC_COUNTER,
	      .labels = {"shard"});
METRIC_DEFINE(loop_late, .name = "offhook_loop_late_seconds",
	      .help = "The worst lateness of a control timer lately.", .kind = METRIC_GAUGE, .decimals = 6,
	      .labels = {"shard"});
METRIC_DEFINE(loop_slow, .name = "offhook_loop_slow_total", .help = "Callbacks of control loops over 5 ms.",
	      .kind = METRIC_COUNTER, .labels = {"shard"});

/* A series that cannot be had (no memory) is not counted: figures never stop a call. */
static struct metric_series *series(struct metric *m, const char *label)
{
	struct metric_series *s;

	return metric_get_series(m, (const char *const[]){label}, &s) == 0 ? s : NULL;
}

static void add(struct metric *m, const char *label, int64_t n)
{
	struct metric_series *s = series(m, label);

	if (s)
		metric_add(s, n);
}

static void set(struct metric *m, const char *label, int64_t n)
{
	struct metric_series *s = series(m, label);

	if (s)
		metric_set(s, n);
}

static void observe(struct metric *m, const char *label, int64_t n)
{
	struct metric_series *s = series(m, label);

	if (s)
		metric_observe(s, n);
}

static void on_state(void *arg, const struct call *c, enum call_state from, enum call_state to)
{
	(void)arg;
	if (from == to)
		return;
	if (from != CALL_ARRIVED)
		add(&metric_calls, fsm_state_name(c->fsm, from), -1);
	if (to != CALL_ENDED)
		add(&metric_calls, fsm_state_name(c->fsm, to), 1);
}

static void on_response(void *arg, const struct call *c, const struct turn_figures *f)
{
	(void)arg;
	(void)c;
	metric_add(&metric_turns.only, 1);
	observe(&metric_response, f->cached ? "yes" : "no", f->response);
	observe(&metric_stage, "quiet", f->quiet);
	observe(&metric_stage, "text", f->text);
	observe(&metric_stage, "agent", f->agent);
	observe(&metric_stage, "voice", f->voice);
	observe(&metric_stage, "play", f->play);
}

struct call_observer call_metrics_observer(void)
{
	return (struct call_observer){.on_state = on_state, .on_response = on_response};
}

void call_metrics_ended(const struct call *c)
{
	char agent[METRIC_LABEL_MAX_BYTES];

	str_copy(c->p.agent->name, agent, sizeof(agent));
	add(&metric_ended, agent, 1);
}

void call_metrics_refused(const char *why)
{
	add(&metric_refused, why, 1);
}

/* Totals come as they stand: a counter is set forward to them. */
static void forward(struct metric *m, const char *label, int64_t total)
{
	struct metric_series *s = series(m, label);

	if (s)
		metric_add(s, total - atomic_load_explicit(&s->value, memory_order_relaxed));
}

void call_metrics_media(unsigned shard, const struct stream_pool_stats *streams,
			const struct loop_stats *control)
{
	char label[16];

	snprintf(label, sizeof(label), "%u", shard);
	set(&metric_tick_late, label, streams->late_p99);
	forward(&metric_media_cpu, label, streams->media_cpu);
	forward(&metric_sound_dropped, label, (int64_t)(streams->notes_dropped + streams->windows_dropped));
	set(&metric_loop_late, label, control->late_max);
	forward(&metric_loop_slow, label, (int64_t)control->slow);
}
