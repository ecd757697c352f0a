/*
 * stt_local.h - the recogniser that runs in this process
 *
 * A session of the recogniser's contract over takes: one that is being spoken,
 * and those that were finished and wait for their text. Texts are made on the
 * pool and come back as events of the control loop, finals in the order of
 * their finishes, each with the time up to which it covers the audio.
 *
 * stt_cancel() also forgets what was finished and has not come yet. Speech of
 * more than three minutes without a finish is refused with -ENOBUFS.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_STT_LOCAL_H
#define PROVIDER_LOCAL_STT_LOCAL_H

#include "provider/stt/stt.h"

#define STT_LOCAL_WAITING_MAX 8 /* finished utterances without a text; more is -EBUSY */

struct hearing;
struct pool_port;

/* The `config` of stt_open(); copied. */
struct stt_local_config {
	struct hearing *hearing; /* outlives all sessions and their jobs */
	struct pool_port *port;  /* of the session's loop */
};

extern const struct stt_ops stt_local_ops;

#endif
