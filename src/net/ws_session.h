/*
 * ws_session.h - the inside of WebSocket connections: what ws.c and ws_spares.c share
 *
 * A session is served by its conduit and one timer, and tells its owner by its
 * sink. A spare is an ordinary session whose sink belongs to the pool; who takes it
 * becomes its owner and is told what was heard before.
 *
 *   CONNECTING -> ASKING -> ANSWERING -> OPEN -> CLOSING -> GONE
 *
 * Threads: the loop's owner. Layer: net, inside.
 */
#ifndef NET_WS_SESSION_H
#define NET_WS_SESSION_H

#include "base/buf.h"
#include "base/list.h"
#include "base/rng.h"
#include "net/conduit.h"
#include "net/ws.h"
#include "net/ws_frames.h"
#include "net/ws_upgrade.h"

#define WS_PROTOCOL_MAX 128

struct ws_net {
	struct loop *loop;
	size_t conns_max;
	struct dns *dns;
	struct tls_client *tls;
	struct conduit_env env;
	struct rng rng;
	struct list all;           /* sessions */
	struct list pools;         /* of spares, the longest unused first */
	struct ws_net_stats stats; /* `spares` is counted when asked for */
};

enum ws_state {
	WS_CONNECTING, /* the conduit is on its way */
	WS_ASKING,     /* writing the upgrade request */
	WS_ANSWERING,  /* reading its answer */
	WS_OPEN,
	WS_CLOSING, /* nobody listens any more: waiting for the other end */
	WS_GONE,    /* freed when the owner's callback returns */
};

struct ws {
	struct list link;
	struct ws_net *net;
	enum ws_state state;
	struct ws_sink sink;
	struct conduit *conduit;
	struct ws_frames frames;
	struct buf head; /* the request; then its answer and what came behind it */
	struct buf out;
	struct buf heard;   /* what its new owner has not been told yet */
	size_t told;        /* of it */
	struct timer limit; /* of connecting, until a ping, of closing */
	struct timer turn;  /* work that waits for the next turn: writing, reading on, telling */
	usec ping_every, heard_at;
	size_t budget; /* bytes that may still be read in this turn */
	int lost;      /* what reading ended with */
	int status;    /* of a refusal whose body is being read */
	usec retry_after;
	bool adopted; /* its new owner has not been told that it is open */
	bool more;    /* there may be bytes to read */
	bool blocked; /* the socket takes nothing */
	bool pinged, paused;
	bool broken;  /* what comes is no frames any more */
	bool calling; /* the owner's callback is running */
	char key[WS_UPGRADE_KEY_CHARS + 1];
	char protocol[WS_PROTOCOL_MAX];
	char words[WS_WORDS_MAX];
};

/* What a spare heard: records of this head and the payload. */
struct ws_heard {
	enum ws_kind kind;
	size_t bytes;
};

/* Begins to connect. Returns as ws_open(). */
int ws_session_new(struct ws_net *n, const struct ws_target *target, const struct ws_sink *sink,
		   struct ws **ret_ws) must_check;

/* An open session gets another owner, who is told on_open() and then what was heard. Takes the content of
 * `heard` over. */
void ws_session_adopt(struct ws *w, const struct ws_sink *sink, struct buf *heard);

/* No callback follows; freed when the one that runs has returned. */
void ws_session_drop(struct ws *w);

/* There is something to do in the next turn. */
void ws_session_turn(struct ws *w);

/* Queues a close frame; nobody listens from now on. */
void ws_session_say_close(struct ws *w, int code);

/* ---- ws_spares.c ---- */

/* A spare for the target, already adopted; NULL when there is none. */
struct ws *ws_spares_take(struct ws_net *n, const struct ws_target *target, const struct ws_sink *sink);

/* Ends all of them. */
void ws_spares_free(struct ws_net *n);

size_t ws_spares_count(const struct ws_net *n);

#endif
