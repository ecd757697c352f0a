/*
 * tts_ws.h - voices that stream over a WebSocket
 *
 * One socket for the whole call where the vendor can tell stretches apart or
 * takes them one after another; one for each stretch where its protocol ends with
 * the last word (then the next is opened as soon as one is taken, so that it
 * waits for the words and not they for it). A socket that the vendor closes while
 * nothing is spoken is opened again, once until it was of use.
 *
 *   speak  -> write(BEGIN) write(SAY) write(SAY) ... write(FINISH) -> socket
 *   cancel -> write(CANCEL), or the socket is dropped
 *   socket -> read() -> sound, words spoken, clause over, stretch over, fault
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_WS_H
#define PROVIDER_TTS_TTS_WS_H

#include "net/ws.h"
#include "provider/tts/tts_stream.h"

#define TTS_WS_NAME_MAX 16 /* of a stretch */

enum tts_ws_step {
	TTS_WS_BEGIN, /* before the first words of a stretch */
	TTS_WS_SAY,
	TTS_WS_FINISH, /* no more words of it */
	TTS_WS_CANCEL, /* not called when a cancel drops the socket */
	TTS_WS_BYE,    /* the session is over */
};

/* The stretch that a message is about; none for BYE. */
struct tts_ws_piece {
	const struct tts_speaker *speaker;
	struct str name;  /* of the stretch, never used twice on a socket */
	struct str words; /* SAY */
};

/* When words end, by the vendor's clock: lists of equal length. */
struct tts_ws_times {
	const struct json *words;                 /* or letters */
	const struct json *starts, *lasts, *ends; /* `ends`, or the other two */
	double unit;                              /* seconds */
	bool of_message; /* from the sound of this message on, else from the start of the stretch */
};

/* What one message says; zeroed = nothing. Views into the message. */
struct tts_ws_news {
	struct str name;  /* of the stretch; empty = the oldest */
	struct str sound; /* base64 */
	struct tts_ws_times times;
	bool clause_over, over;
	bool cancelled;   /* what was said before the oldest CANCEL has been heard to its end */
	enum fault fault; /* of the stretch, AUTH of the session */
	struct str words; /* about the fault */
};

struct tts_ws_dialect {
	struct tts_traits traits;
	bool socket_a_stretch;
	bool answers_cancel; /* all that comes before `cancelled` is of what was cancelled */
	usec spare_life;     /* a socket opened in advance is good for so long */

	/* Appends URL and headers. */
	void (*address)(const struct tts_speaker *speaker, struct tts_address *a);

	/* Appends messages, each with a newline behind it; none when there is nothing to say. */
	void (*write)(enum tts_ws_step step, const struct tts_ws_piece *piece, struct buf *out);

	/* Returns 0 or -EBADMSG. What it does not know it passes over. */
	int (*read)(const struct json *message, struct tts_ws_news *ret_news);

	/* What a close means, by its code and words; NULL = as ws.h says. */
	enum fault (*closed)(const struct ws_end *end);
};

/* config: struct service_use with such a dialect. */
extern const struct tts_ops tts_ws_ops;

#endif
