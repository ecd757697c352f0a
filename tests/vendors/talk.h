/*
 * talk.h - a client without manners: says what a script says, byte for byte
 *
 * A script is a conversation, a line each:
 *
 *     GET /v1/listen?model=nova-3          an upgrade to WebSocket; headers follow up to an empty line
 *     Authorization: Token key-of-tests    (Host, Upgrade, Connection, Sec-WebSocket-* come by themselves,
 *                                          unless the script has them)
 *     > {"type":"KeepAlive"}               a text message; $(hello there) in it becomes the speech of these
 *                                          words, $[1600] so many bytes of silence, both as base64;
 *                                          \1 (the byte) becomes CR LF
 *     h Path:audio\1\2t hello              a binary message: the length of the headers up to \2 (16 bits,
 *                                          big-endian), the headers, and `t WORDS`, `b BYTES`, `w` (the 44
 *                                          bytes of a RIFF header) or nothing
 *     b 1600                               a binary message of so many bytes of silence (mu-law's 0xff)
 *     t hello there                        a binary message: the speech of these words in `sound`
 *     x 0001ff                             a binary message of these bytes
 *     r 8185...                            bytes on the wire, no frame made
 *     < "is_final":true                    reads messages until one has this in it
 *     m audio-chunk\2{"rate":1}\2t hello   an event of Wyoming: type, data, payload (as with h)
 *     i {"type":"ping"}                    this line over plain TCP, ? pong reads until that has come
 *     c 1000                               closes, and reads until the other side has too
 *     =                                    reads until the other side closes
 *
 *     POST /v1/chat/completions            an HTTP request: headers up to an empty line, then the body up
 *     Content-Type: application/json       to a line that is a full stop. Content-Length comes by itself,
 *                                          and the answer is read to its end. $wav(hello there) in the
 *     {"model":"m"}                        body becomes a file with this speech, $raw(hello there) the
 *     .                                    same without a header.
 *
 * A mutation replaces the first `from` in the script by `to`, and says how the server must refuse that.
 *
 * Threads: the test's.
 */
#ifndef TESTS_VENDORS_TALK_H
#define TESTS_VENDORS_TALK_H

#include "vendors/sound.h"
#include "vendors/vendor.h"

struct talk {
	struct vendor *v;
	bool tls;
	const char *name;   /* verified with TLS; NULL = localhost */
	struct sound sound; /* of `t`; zero = mu-law, 8000 Hz */
	const char *until;  /* stops when a message or an answer has this in it */

	/* what came back */
	int status;        /* of the first answer or upgrade; 0 = none: TLS or TCP failed */
	int close_code;    /* 0 = none, 1006 = cut */
	bool missed;       /* something that `<` waited for did not come */
	bool stopped;      /* by `until` */
	struct buf heads;  /* of HTTP answers */
	struct buf texts;  /* text messages or bodies, a line feed behind each */
	struct buf binary; /* binary messages, joined */
};

/* To vendors that are started so; test_failed() when they cannot be. vendor_stop(t.v) in the end. */
struct talk talk_start(const struct vendor_config *c);

/* Whether this stands in what came; test_failed() when not. */
bool talk_came(const struct talk *t, const char *what);

/* All base64 that follows `mark` in what came, decoded and joined, in `out`, which is made here. */
void talk_sound(const struct talk *t, const char *mark, struct buf *out);

/* Whether this stands in the server's log; test_failed() when not. */
bool talk_logged(const struct talk *t, const char *what);

/* Runs a script. talk_fini() frees what came back. */
void talk_run(struct talk *t, const char *script);
void talk_fini(struct talk *t);

struct talk_mutation {
	const char *from, *to;
	int status;       /* HTTP's; 0 = as it is without mutation */
	int close_code;   /* 0 = not looked at */
	const char *says; /* stands in a message, an answer or a close reason; NULL = not looked at */
};

/* The script must pass unchanged without a broken rule; each mutation must break one and be answered as it
 * says. Failures go to test_failed(). */
void talk_mutations(struct talk *t, const char *script, const struct talk_mutation *m, size_t n);

#endif
