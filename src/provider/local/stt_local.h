/*
 * stt_local.h - the recogniser that runs in this process
 *
 * A session of takes (stt_takes.h) that are read by the models of this process, on
 * the pool: partials by the quick one every half second or so if a worker is free,
 * the rest by the full one.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_STT_LOCAL_H
#define PROVIDER_LOCAL_STT_LOCAL_H

#include "provider/stt/stt.h"

struct hearing;
struct pool_port;

/* The `config` of stt_open(); copied. */
struct stt_local_config {
	struct hearing *hearing; /* outlives all sessions and their jobs */
	struct pool_port *port;  /* of the session's loop */
};

extern const struct stt_ops stt_local_ops;

#endif
