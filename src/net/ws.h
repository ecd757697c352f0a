/*
 * ws.h - WebSocket connections to vendors (RFC 6455), opened before they are needed
 *
 * One net a control loop: resolver, TLS with remembered sessions, and spare
 * connections. A spare is a connection to the same target with the same headers
 * that was opened and upgraded in advance; taking one costs nothing, and what
 * the vendor said on it meanwhile is told then. A spare is renewed before the
 * vendor would close it.
 *
 *   ws_open -> on_open on_message ... on_closed
 *   ws_send -> [ bounded buffer ] -> TLS -> socket
 *
 * Names are resolved off the loop (c-ares), certificates and names are verified,
 * SNI is sent, proxies are reached by CONNECT, pings are answered and sent.
 * Messages of several frames arrive whole.
 *
 * Callbacks never run inside ws_open() or ws_send(). Inside a callback every
 * function but ws_net_free() may be called.
 *
 * Threads: the loop's owner. Layer: net.
 */
#ifndef NET_WS_H
#define NET_WS_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/loop.h"
#include "base/str.h"
#include "wire/http_header.h"

#define WS_URL_MAX     4096
#define WS_MESSAGE_MAX (1024u * 1024) /* received; more closes with 1009 */
#define WS_UNSENT_MAX  (512u * 1024)  /* not yet taken by the socket; more refuses ws_send() */
#define WS_WORDS_MAX   512            /* of a vendor's own words about an end */
#define WS_SPARES_MAX  64             /* of one target */
#define WS_TARGETS_MAX 64 /* that have spares; one more, and the longest unused has none any more */
#define WS_TARGET_IDLE USEC_SEC(1800) /* nor has one that nobody has asked for so long */

struct dns;
struct ws_net;
struct ws;

struct ws_net_config {
	size_t conns_max;     /* spares included; more is -EBUSY */
	struct str authority; /* PEM file of the certificates that are trusted; empty = the system's */
	struct str proxy; /* "http://[user:password@]host:port", user and password escaped; empty = none */
	struct str resolvers; /* "192.0.2.53,192.0.2.54:5353"; empty = the system's */
};

/* Borrowed for the duration of a call. Two targets with equal url and headers are the same. */
struct ws_target {
	struct str url; /* ws:// or wss:// */
	const struct http_header *headers;
	size_t header_count;
	struct str protocol; /* Sec-WebSocket-Protocol; empty = none */
	usec connect_limit;  /* name, TCP, TLS and upgrade together; 0 = 5 s */
	usec ping_every; /* without traffic from the other end; 0 = never. No answer until the next: STALLED
			  */
};

enum ws_kind {
	WS_TEXT,
	WS_BINARY,
};

/* How it ended. */
struct ws_end {
	enum fault fault; /* FAULT_NONE = closed by the other end with 1000 or 1001 */
	int status;       /* of a refused upgrade; 0 = it was not refused */
	int code;         /* of the close frame; 1006 = there was none */
	struct str words; /* reason, the refusal's body, or what failed; for the log, and for dialects that
			     read codes */
	usec retry_after; /* negative = not told */
};

struct ws_sink {
	void (*on_open)(void *arg);
	void (*on_message)(void *arg, enum ws_kind kind, struct str payload);
	void (*on_closed)(void *arg, const struct ws_end *end); /* the connection is freed after it */
	void *arg;
};

/* Texts of the config are copied. Returns 0 or -errno. */
int ws_net_new(struct loop *l, const struct ws_net_config *config, struct ws_net **ret_net) must_check;

/* Closes everything; no callback follows. Takes NULL. Returns NULL. */
struct ws_net *ws_net_free(struct ws_net *n);

/* Takes a spare, or connects. Returns 0, -EINVAL for a URL or header that is none, -EBUSY over conns_max, or
 * -ENOMEM. */
int ws_open(struct ws_net *n, const struct ws_target *target, const struct ws_sink *sink,
	    struct ws **ret_ws) must_check;

/* Queues a message; before on_open() too. Returns 0, -ENOBUFS over WS_UNSENT_MAX (nothing was queued), -EPIPE
 * when it is closing, or -ENOMEM. */
int ws_send(struct ws *w, enum ws_kind kind, struct str payload) must_check;

/* Bytes that the socket has not taken yet. */
size_t ws_unsent(const struct ws *w);

/* Stops and resumes reading: what the vendor sends waits in the kernel, and then at the vendor. */
void ws_pause(struct ws *w, bool paused);

/* Sends what is queued and a close frame with `code`, waits for the answer a moment, and frees. No callback
 * follows. Takes NULL. Returns NULL. */
struct ws *ws_close(struct ws *w, int code);

/* Drops the connection in the middle of whatever it does. No callback follows. Takes NULL. Returns NULL. */
struct ws *ws_abort(struct ws *w);

/* Keeps `count` spares of this target from now on (0 = no more), each for at most `life`: until nobody has
 * kept or opened it for WS_TARGET_IDLE, or WS_TARGETS_MAX others were used since. Failure to connect is tried
 * again later, with growing pauses. Returns 0, -EINVAL or -ENOMEM. */
int ws_keep_spares(struct ws_net *n, const struct ws_target *target, unsigned count, usec life) must_check;

struct ws_net_stats {
	uint64_t opened, refused, spares_taken, spares_missed, sessions_resumed;
	size_t open, spares, targets; /* the targets that have spares */
};

struct ws_net_stats ws_net_read_stats(const struct ws_net *n);

/* Its resolver, for others on this loop. Lives as long as the net. */
struct dns *ws_net_dns(const struct ws_net *n);

#endif
