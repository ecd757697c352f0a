/*
 * codec.h - every codec a stream can speak, as one table
 *
 * A row names the codec as SDP does, says its clocks, and brings the two
 * directions. State (none for G.711) is memory of the stream, codec_state
 * bytes, zeroed before the first call. Adding a codec is adding a row.
 *
 * Threads: the table any; a state its owner. Layer: media.
 */
#ifndef MEDIA_CODEC_H
#define MEDIA_CODEC_H

#include <stdbool.h>

#include "base/str.h"

#define CODEC_DYNAMIC 0xff /* no static payload type */

struct codec {
	const char *name;
	uint8_t payload_type;   /* RFC 3551, or CODEC_DYNAMIC */
	uint32_t clock_hz;      /* of RTP timestamps; 8000 for G.722 too */
	uint32_t rate_hz;       /* of the samples */
	uint32_t bytes_a_frame; /* of 20 ms; 0 when it varies */
	size_t state_bytes;
	/* pcm[samples] to out[size]; returns bytes, or -EMSGSIZE. */
	int (*encode)(void *state, const int16_t *pcm, size_t samples, uint8_t *out, size_t size);
	/* in[n] to pcm[size]; returns samples, -EMSGSIZE or -EBADMSG. */
	int (*decode)(void *state, const uint8_t *in, size_t n, int16_t *pcm, size_t size);
};

/* By the name and clock of an rtpmap, ignoring case. NULL when we do not speak it. */
const struct codec *codec_find(struct str name, uint32_t clock_hz);

/* By static payload type. NULL when it has no row. */
const struct codec *codec_find_static(uint8_t payload_type);

/* The rows in order of preference; NULL behind the last. */
const struct codec *codec_at(size_t i);

#endif
