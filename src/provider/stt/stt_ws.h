/*
 * stt_ws.h - recognisers that listen over a WebSocket: one client for all vendors
 *
 * This half connects, sends the sound in the vendor's coding, maps the vendor's
 * clock to ours, puts texts together, knows when an utterance is complete, and
 * reports what it cost. A dialect knows the vendor's words: data, and pure
 * functions from a session's parameters to messages and from a message to facts.
 *
 *   feed ---- sound ---- audio() ----> vendor
 *   pause, finish ------ flush() ---->
 *   events <- text <---- facts <- read() <-
 *
 * 200 ms after the caller has stopped, the vendor is made to finish what it
 * heard: its answer is the LIKELY text, and stt_finish() then costs nothing. A
 * final text that the vendor gave by itself does as well.
 *
 * A text belongs to the utterance whose sound it was made of: by the vendor's
 * times, else by its key, else by which flush it answers. What belongs to a
 * cancelled utterance is dropped.
 *
 * There is no second try in here: a fault goes up, and the chain decides.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_WS_H
#define PROVIDER_STT_STT_WS_H

#include "base/json.h"
#include "net/ws.h"
#include "provider/service.h"
#include "provider/stt/stt.h"
#include "provider/stt/stt_ws_sound.h"
#include "provider/vendors.h"

#define STT_WS_WAITING_MAX 4   /* finished utterances without a text; more is -EBUSY */
#define STT_WS_TERMS_MAX   100 /* key terms; the rest is left out */
#define STT_WS_HEADERS_MAX 6
#define STT_WS_ID_CHARS    32

/* A session as its dialect sees it. */
struct stt_ws_talk {
	const struct service *service;
	struct str language; /* BCP 47; empty = not told */
	const struct str *key_terms;
	size_t key_term_count;
	char id[STT_WS_ID_CHARS + 1]; /* hex, random: the session's own, for vendors that want one */
	uint64_t audio_messages;      /* sent so far */
	usec utc;                     /* the time of day, since 1970 in UTC */
};

/* Where a session is opened. Headers point into the talk, the service or `token`. */
struct stt_ws_address {
	struct buf url;
	struct buf body; /* of the HTTP request that comes before, if the dialect has one */
	struct http_header headers[STT_WS_HEADERS_MAX];
	size_t header_count;
	char token[SERVICE_HEADER_MAX]; /* "Token ..." */
};

/* Messages on their way out, built one after the other in `bytes`. */
struct stt_ws_outbox {
	struct buf bytes;
	void (*send)(void *arg, enum ws_kind kind, struct str message);
	void *arg;
};

/* What is said to a vendor at some moment: always the same text, or what is printed then. Zeroed = nothing.
 */
struct stt_ws_saying {
	const char *text;
	void (*print)(const struct stt_ws_talk *t, struct stt_ws_outbox *out);
};

enum stt_ws_fact_type {
	STT_WS_GREETED,  /* the vendor said hello: now begin() is sent */
	STT_WS_READY,    /* sound may be sent */
	STT_WS_PIECE,    /* a piece of text, new or better */
	STT_WS_FLUSHED,  /* the answer to the oldest flush, or to that of the piece `key` */
	STT_WS_ENDPOINT, /* the vendor believes that the turn is over; confidence 0 = it takes that back */
	STT_WS_USED,     /* what the vendor will bill beside the sound */
	STT_WS_FAILED,   /* the session is over */
};

/* What one message said; several facts when it said several things. */
struct stt_ws_fact {
	enum stt_ws_fact_type type;
	struct str text; /* PIECE; FAILED: the vendor's words */
	uint64_t key; /* which piece: the same key replaces its text; 0 = what follows the last final piece */
	bool final;   /* will not change */
	bool more;    /* is appended to the piece as it is */
	bool cut;     /* the sound up to the oldest flush became this piece */
	float confidence;   /* above 0; 0 = not told (ENDPOINT: means it) */
	usec start, end;    /* PIECE: in sound sent; not told when both are 0 */
	struct str name;    /* FAILED: of the error; looked up in dialect->codes */
	int code;           /* FAILED: likewise */
	uint64_t tokens[2]; /* USED: in, out */
};

struct stt_ws_teller {
	void (*on_fact)(void *arg, const struct stt_ws_fact *fact);
	void *arg;
};

/* Which fault a close code, an error's code or its name means. The first row that fits counts. */
struct stt_ws_code {
	int code;         /* 0 = any */
	const char *word; /* stands somewhere in name or words, in any case; NULL = any */
	enum fault fault;
};

struct stt_ws_dialect {
	const char *name;
	enum vendor_key key;
	unsigned can; /* STT_* */
	enum stt_ws_coding coding;
	usec chunk;     /* of sound in a message */
	usec chunk_min; /* shorter ones are filled with silence; 0 = any length is welcome */

	bool greets;    /* begin() waits for STT_WS_GREETED, else it is sent when the connection is open */
	bool announces; /* sound waits for STT_WS_READY, else it follows begin() */
	bool verbatim;  /* pieces bring their own blanks */
	bool patient;   /* flushed by a finish only, so that its own judgement of pauses is not disturbed */
	bool lockstep;  /* answers each message of sound and each flush with exactly one message */

	usec flush_silence; /* a flush is so much silence (behind the flush() message, if there is one) */
	usec settle; /* a text that has not changed for so long is final; 0 = wait for the vendor's word */
	usec fill_after;      /* without sound for so long, silence is sent; 0 = never */
	usec keepalive_after; /* nothing sent for so long: keepalive(); 0 = never */
	usec spare_life;      /* a connection opened in advance is good for so long; 0 = none in advance */
	const struct stt_ws_code *codes; /* ends with a zeroed row; may be NULL */

	struct stt_ws_saying begin, flush, keepalive;
	struct stt_ws_saying end; /* the last words, so that the bill stops */

	/* A message of sound; NULL = the bytes as they are, binary. */
	void (*audio)(const struct stt_ws_talk *t, struct str bytes, struct stt_ws_outbox *out);

	/* URL and headers; NULL when ask() is there. */
	void (*address)(const struct stt_ws_talk *t, struct stt_ws_address *a);
	/* The HTTP request that opens a session, POST `body` to `url`; its answer names the WebSocket. NULL
	 * when address() is there. */
	void (*ask)(const struct stt_ws_talk *t, struct stt_ws_address *a);
	/* Returns 0, -EBADMSG or -ENOMEM. */
	int (*answer)(const struct stt_ws_talk *t, struct str body, struct buf *ret_url);

	/* Tells the facts of a text message; what it does not know it passes over. The facts' texts are valid
	 * inside on_fact() only. One of the two: of a message that is JSON, or of any; that returns 0,
	 * -EBADMSG or -ENOMEM. */
	void (*read_json)(const struct json *doc, const struct stt_ws_teller *tell);
	int (*read)(const struct stt_ws_talk *t, struct str message, const struct stt_ws_teller *tell);
};

/* config: struct service_use. */
extern const struct stt_ops stt_ws_ops;

/* One message's facts, whatever form it has. Returns 0, -EBADMSG or -ENOMEM. */
int stt_ws_read(const struct stt_ws_dialect *d, const struct stt_ws_talk *t, struct str message,
		const struct stt_ws_teller *tell) must_check;

static inline bool stt_ws_has(const struct stt_ws_saying *s)
{
	return s->text || s->print;
}

void stt_ws_say(const struct stt_ws_saying *s, const struct stt_ws_talk *t, struct stt_ws_outbox *out);

/* ---- for dialects ---- */

/* Ends the message that stands in out->bytes. */
void stt_ws_post(struct stt_ws_outbox *out, enum ws_kind kind);
void stt_ws_post_text(struct stt_ws_outbox *out, struct str message);

/* Sound as base64 between two pieces of JSON, a text. */
void stt_ws_post_base64(struct stt_ws_outbox *out, struct str before, struct str bytes, struct str behind);

/* The service's url or `base`, with `path`. */
void stt_ws_url(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *base, const char *path);

/* The service's url, or wss://REGION.domain with the service's region or `usual`; with `path`. */
void stt_ws_url_by_region(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *usual,
			  const char *domain, const char *path);

/* A query parameter, unless `extra` has one of that name. */
void stt_ws_query(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *name, struct str value);

/* The parameter `name` once for each key term, as many as there is room for. */
void stt_ws_query_terms(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *name);

/* A key term was written behind `before`. Takes it back when the URL has no room for it and for `extra`.
 * Returns whether it stays. */
bool stt_ws_keep_term(const struct stt_ws_talk *t, struct stt_ws_address *a, size_t before) must_check;

/* A header `name: [scheme ]key`, if the service has a key. One that is too long is an error of the URL. */
void stt_ws_header_key(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *name,
		       const char *scheme);

void stt_ws_tell(const struct stt_ws_teller *tell, const struct stt_ws_fact *fact);

/* Reads a message that is JSON. Returns 0, -EBADMSG or -ENOMEM. */
int stt_ws_read_json(struct str message, const struct stt_ws_teller *tell,
		     void (*fn)(const struct json *doc, const struct stt_ws_teller *tell)) must_check;

/* The mean of `field` over a list, 0 when it has none. */
float stt_ws_mean(const struct json *list, const char *field);

/* A piece's key of a vendor's text, never 0. */
uint64_t stt_ws_key(struct str id);

/* "en" of "en-US"; "" when there is none. */
struct str stt_ws_language(const struct stt_ws_talk *t);

/* Seconds of the wire. */
usec stt_ws_seconds(double s);

/* The class of an error, or `fallback`. */
enum fault stt_ws_fault(const struct stt_ws_dialect *d, int code, struct str name, struct str words,
			enum fault fallback);

#endif
