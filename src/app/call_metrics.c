#include "app/call_metrics.h"

#include <stdio.h>

#include "app/figures.h"
#include "base/loop.h"
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
METRIC_DEFINE(cost, .name = "offhook_cost_dollars_total",
	      .help = "What services cost by the prices' file, in its currency.", .kind = METRIC_COUNTER,
	      .decimals = 12, .labels = {"kind", "service"});
METRIC_DEFINE(used_seconds, .name = "offhook_usage_seconds_total",
	      .help = "Sound and connections of services.", .kind = METRIC_COUNTER, .decimals = 6,
	      .labels = {"kind", "service", "what"});
METRIC_DEFINE(used, .name = "offhook_usage_total", .help = "Requests, characters and tokens of services.",
	      .kind = METRIC_COUNTER, .labels = {"kind", "service", "what"});
METRIC_DEFINE(work, .name = "offhook_service_work_total", .help = "Pieces of work, by how they ended.",
	      .kind = METRIC_COUNTER, .labels = {"kind", "service", "end"});
METRIC_DEFINE(unpriced, .name = "offhook_unpriced_work_total",
	      .help = "Pieces of work that the prices' file does not know.", .kind = METRIC_COUNTER,
	      .labels = {"kind", "service"});
METRIC_DEFINE(packets, .name = "offhook_rtp_packets_total", .help = "RTP packets of calls that are over.",
	      .kind = METRIC_COUNTER, .labels = {"what"});
METRIC_DEFINE(jitter, .name = "offhook_rtp_jitter_seconds",
	      .help = "Interarrival jitter at the end of calls.", .kind = METRIC_HISTOGRAM, .decimals = 6,
	      .bounds = {500, 1000, 2000, 5000, 10000, 20000, 30000, 50000, 100000, 200000});
METRIC_DEFINE(round_trip, .name = "offhook_rtp_round_trip_seconds",
	      .help = "Round trip by RTCP at the end of calls, where the other side reports.",
	      .kind = METRIC_HISTOGRAM, .decimals = 6,
	      .bounds = {1000, 5000, 10000, 20000, 50000, 100000, 150000, 200000, 300000, 500000, 1000000});
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

static void on_state(void *arg, const struct call *c, enum call_state from, enum call_state to)
{
	(void)arg;
	if (from == to)
		return;
	if (from != CALL_ARRIVED)
		figures_add(&metric_calls, fsm_state_name(c->fsm, from), -1);
	if (to != CALL_ENDED)
		figures_add(&metric_calls, fsm_state_name(c->fsm, to), 1);
}

static void on_response(void *arg, const struct call *c, const struct turn_figures *f)
{
	(void)arg;
	(void)c;
	metric_add(&metric_turns.only, 1);
	figures_observe(&metric_response, f->cached ? "yes" : "no", f->response);
	figures_observe(&metric_stage, "quiet", f->quiet);
	figures_observe(&metric_stage, "text", f->text);
	figures_observe(&metric_stage, "agent", f->agent);
	figures_observe(&metric_stage, "voice", f->voice);
	figures_observe(&metric_stage, "play", f->play);
}

/* Services and trunks are the configuration's, so that the labels are bounded. */
static void add(struct metric *m, const struct meter_line *l, const char *third, int64_t n)
{
	struct metric_series *series;

	if (n > 0 &&
	    metric_get_series(m, (const char *[]){price_kind_name(l->kind), l->service, third}, &series) == 0)
		metric_add(series, n);
}

static void on_cost(void *arg, const struct call *c, const struct meter_line *l, const struct usage *u,
		    picos cost)
{
	(void)arg;
	(void)c;
	add(&metric_cost, l, NULL, cost);
	add(&metric_work, l, usage_end_name(u->end), 1);
	if (!l->price)
		add(&metric_unpriced, l, NULL, 1);
	for (int i = 0; i < USAGE_UNITS_; i++) {
		const char *name = usage_unit_name((enum usage_unit)i);
		bool time = str_ends(str_from(name), STR("_seconds"));

		add(time ? &metric_used_seconds : &metric_used, l, name, (int64_t)u->amount[i]);
	}
}

struct call_observer call_metrics_observer(void)
{
	return (struct call_observer){.on_state = on_state, .on_response = on_response, .on_cost = on_cost};
}

static void count_media(const struct call *c)
{
	struct leg_stats st;

	leg_read_stats(c->leg, &st);
	figures_add(&metric_packets, "in", (int64_t)st.packets_in);
	figures_add(&metric_packets, "out", (int64_t)st.packets_out);
	figures_add(&metric_packets, "lost", (int64_t)st.lost);
	figures_add(&metric_packets, "late", (int64_t)st.late);
	figures_add(&metric_packets, "refused", (int64_t)st.refused);
	if (st.packets_in > 0)
		metric_observe(&metric_jitter.only, st.jitter);
	if (st.round_trip > 0)
		metric_observe(&metric_round_trip.only, st.round_trip);
}

void call_metrics_ended(const struct call *c)
{
	char agent[METRIC_LABEL_MAX_BYTES];

	str_copy(c->p.agent->name, agent, sizeof(agent));
	figures_add(&metric_ended, agent, 1);
	count_media(c);
}

void call_metrics_refused(const char *why)
{
	figures_add(&metric_refused, why, 1);
}

void call_metrics_media(unsigned shard, const struct stream_pool_stats *streams,
			const struct loop_stats *control)
{
	char label[16];

	snprintf(label, sizeof(label), "%u", shard);
	figures_set(&metric_tick_late, label, streams->late_p99);
	figures_forward(&metric_media_cpu, label, streams->media_cpu);
	figures_forward(&metric_sound_dropped, label,
			(int64_t)(streams->notes_dropped + streams->windows_dropped));
	figures_set(&metric_loop_late, label, control->late_max);
	figures_forward(&metric_loop_slow, label, (int64_t)control->slow);
}
