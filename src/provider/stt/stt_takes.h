/*
 * stt_takes.h - a recogniser that reads utterances whole: the session, whoever reads
 *
 * One take is being spoken, others were finished and wait for their text. Texts come
 * from the session's reader; finals are told in the order of their finishes, each
 * with the time up to which it covers the audio.
 *
 *   struct stt_x { struct stt_takes takes; ... };      first member
 *   open: fill takes.reader, then stt_takes_open()
 *
 * stt_cancel() also forgets what was finished and has not come yet. Speech of more
 * than three minutes without a finish is refused with -ENOBUFS.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_TAKES_H
#define PROVIDER_STT_STT_TAKES_H

#include "provider/stt/take.h"

#define STT_TAKES_WAITING_MAX 8 /* finished utterances without a text; more is -EBUSY */

struct stt_takes {
	struct stt stt;
	struct take_reader reader;
	struct take_owner owner;
	struct take *current; /* NULL = nothing was fed yet */
	struct list waiting;  /* finished, oldest first */
	size_t waiting_count;
	struct timer wake;
	enum fault failing; /* to be told instead of being ready */
	bool ready;
	bool missed; /* there was no memory for the take when somebody began to speak, at .. */
	usec missed_at;
};

/* `t->reader` is set. STT_EV_READY follows; or a fault, when `failing` was set. */
void stt_takes_open(struct stt_takes *t, const struct stt_params *params);

/* Members of an stt_ops. */
int stt_takes_feed(struct stt *s, usec at, const int16_t *pcm, size_t samples) must_check;
void stt_takes_speech(struct stt *s, bool speaking, usec at);
int stt_takes_finish(struct stt *s, usec until) must_check;
void stt_takes_cancel(struct stt *s);
void stt_takes_close(struct stt *s);

#endif
