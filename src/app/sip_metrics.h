/*
 * sip_metrics.h - what arrives on the telephone side, as figures for Prometheus
 *
 * Threads: any but the media loop. Layer: app.
 */
#ifndef APP_SIP_METRICS_H
#define APP_SIP_METRICS_H

#include "leg/sip.h"

void sip_metrics_shard(unsigned shard, const struct sip_stats *st);
void sip_metrics_acceptor(const struct sip_acceptor_stats *st);

#endif
