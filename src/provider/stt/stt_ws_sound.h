/*
 * stt_ws_sound.h - the caller's sound on its way to a vendor, and the vendor's clock
 *
 * Sound of the telephone goes in, bytes in the vendor's coding queue up for
 * messages. A vendor counts time by the sound it got: when nothing is sent its
 * clock stands, and silence that we add moves it. What was put in when is
 * remembered, so that a moment of its clock can be told in ours.
 *
 * Threads: the owner's only. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_WS_SOUND_H
#define PROVIDER_STT_STT_WS_SOUND_H

#include "base/buf.h"
#include "media/resample.h"

enum stt_ws_coding {
	STT_WS_ULAW_8K,
	STT_WS_S16_8K,
	STT_WS_S16_16K,
	STT_WS_S16_24K,
	STT_WS_F32_16K,
	STT_WS_CODINGS_,
};

#define STT_WS_SOUND_MAX USEC_SEC(30) /* queued; more means that nobody takes it */
#define STT_WS_ANCHORS   16u

struct stt_ws_anchor {
	usec clock, at; /* the vendor's, ours */
};

struct stt_ws_sound {
	enum stt_ws_coding coding;
	struct resample up;
	struct buf queue;
	usec clock; /* all that was ever queued */
	usec taken; /* what of it has left the queue */
	usec until; /* our time at the end of what was put in */
	struct stt_ws_anchor anchors[STT_WS_ANCHORS];
	unsigned anchor_count; /* ever set */
};

/* Returns 0 or -ENOTSUP. */
int stt_ws_sound_init(struct stt_ws_sound *s, enum stt_ws_coding coding) must_check;
void stt_ws_sound_fini(struct stt_ws_sound *s);

/* pcm[samples] of 8 kHz that began at `at`. Returns 0, -EMSGSIZE over STT_WS_SOUND_MAX, or -ENOMEM; then it
 * is lost. */
int stt_ws_sound_put(struct stt_ws_sound *s, usec at, const int16_t *pcm, size_t samples) must_check;

/* Silence that nobody made: the clock moves, time does not. Returns as stt_ws_sound_put(). */
int stt_ws_sound_pad(struct stt_ws_sound *s, usec span) must_check;

/* The next `span` of what is queued (whole milliseconds); less when there is less. */
struct str stt_ws_sound_peek(const struct stt_ws_sound *s, usec span);
void stt_ws_sound_take(struct stt_ws_sound *s, struct str peeked);

static inline usec stt_ws_sound_queued(const struct stt_ws_sound *s)
{
	return s->clock - s->taken;
}

/* The moment at which the vendor's clock showed `clock`. */
usec stt_ws_sound_at(const struct stt_ws_sound *s, usec clock);

#endif
