#include "app/sip_metrics.h"

#include <stdio.h>

#include "base/metric.h"

METRIC_DEFINE(arrivals, .name = "offhook_sip_arrivals_total",
	      .help = "What the SIP sockets read: messages taken, strangers refused or met with silence, "
		      "bytes that are "
		      "no SIP, messages dropped because a shard was full.",
	      .kind = METRIC_COUNTER, .labels = {"what"});
METRIC_DEFINE(messages, .name = "offhook_sip_messages_total",
	      .help = "What became of SIP messages, by shard.", .kind = METRIC_COUNTER,
	      .labels = {"shard", "what"});

static void forward(struct metric *m, const char *const labels[], uint64_t total)
{
	struct metric_series *s;

	if (metric_get_series(m, labels, &s) == 0)
		metric_add(s, (int64_t)total - atomic_load_explicit(&s->value, memory_order_relaxed));
}

void sip_metrics_shard(unsigned shard, const struct sip_stats *st)
{
	const struct sip_txns_stats *t = &st->ua.txns;
	const struct {
		const char *what;
		uint64_t total;
	} rows[] = {
		{"request", t->requests},        {"response", t->responses},
		{"repeated", t->repeated},       {"stray", t->strays},
		{"merged", t->merged},           {"refused", t->refused},
		{"timeout", t->timeouts},        {"unreachable", t->unreachable},
		{"malformed", st->ua.malformed}, {"challenged", st->ua.challenged},
		{"denied", st->ua.denied},
	};
	char label[16];

	snprintf(label, sizeof(label), "%u", shard);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		forward(&metric_messages, (const char *const[]){label, rows[i].what}, rows[i].total);
}

void sip_metrics_acceptor(const struct sip_acceptor_stats *st)
{
	const struct {
		const char *what;
		uint64_t total;
	} rows[] = {
		{"message", st->messages},      {"stranger", st->strangers}, {"silenced", st->silenced},
		{"unreadable", st->unreadable}, {"dropped", st->dropped},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		forward(&metric_arrivals, (const char *const[]){rows[i].what}, rows[i].total);
}
