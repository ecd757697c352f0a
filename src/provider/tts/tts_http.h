/*
 * tts_http.h - voices that answer an HTTP request with sound
 *
 * A request a clause, the next one asked for while the first is spoken. Sound
 * that comes as it is made is told as it comes. A cancel closes the stream, so
 * that the vendor stops.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_HTTP_H
#define PROVIDER_TTS_TTS_HTTP_H

#include "provider/tts/tts_stream.h"

#define TTS_HTTP_ANSWER_MAX (8u * 1024 * 1024) /* bytes: a minute at 48 kHz, in base64 */

struct tts_http_dialect {
	struct tts_traits traits;

	/* Appends URL, headers and body; with a body it is POST, else GET. */
	void (*request)(const struct tts_speaker *speaker, struct str words, struct tts_address *a);

	/* Where the sound stands, as base64, in a body of JSON; NULL = the body is the sound. */
	const char *sound_at;
};

/* config: struct service_use with such a dialect. */
extern const struct tts_ops tts_http_ops;

#endif
