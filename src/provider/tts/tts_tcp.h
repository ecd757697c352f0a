/*
 * tts_tcp.h - voices that speak over a bare TCP connection, in a framing of their own
 *
 * One connection a call, one clause at a time, because nothing bears a name. The
 * vendor is greeted when the connection is there, and its answer, which has to
 * come within the service's connect_limit, means that it can speak. A cancel
 * closes the connection; it is made again at once, so that the next words find it.
 *
 * Names are resolved once a session, by the resolver of its loop.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_TCP_H
#define PROVIDER_TTS_TTS_TCP_H

#include "provider/tts/tts_stream.h"

#define TTS_TCP_MESSAGE_MAX (1024u * 1024) /* bytes; more is -EBADMSG */

enum tts_tcp_step {
	TTS_TCP_GREET, /* the connection is there */
	TTS_TCP_SAY,
};

/* What one message says; zeroed = nothing. */
struct tts_tcp_news {
	bool ready;           /* the answer to the greeting */
	struct tts_form form; /* of the sound that follows; rate 0 = not told */
	struct str sound;     /* a view into the message */
	bool over;
	enum fault fault;
	char words[TTS_STRETCH_WORDS_MAX]; /* about the fault */
};

struct tts_tcp_dialect {
	struct tts_traits traits;
	uint16_t port; /* when the URL names none */

	/* Appends a message. */
	void (*write)(enum tts_tcp_step step, const struct tts_speaker *speaker, struct str words,
		      struct buf *out);

	/* Reads the message that `unread` begins with. Returns its bytes, 0 when it is not whole, -EBADMSG,
	 * -ENOMEM. */
	int (*read)(struct str unread, struct tts_tcp_news *ret_news);
};

/* config: struct service_use with such a dialect; its service's url is tcp://HOST[:PORT]. */
extern const struct tts_ops tts_tcp_ops;

#endif
