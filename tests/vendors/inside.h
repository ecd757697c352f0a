/*
 * inside.h - what the parts of the vendors' server share
 *
 *   vendor.c   listening, choosing a simulator, the log's lock     tls.c    certificates, TLS over a socket
 *   conn.c     one connection: bytes in, bytes out, its end        http.c   requests, answers
 *   session.c  the queue of what is said, its moments, its bill    ws.c     frames
 *   fault.c    which session misbehaves, how, and when             form.c   multipart bodies
 *
 * A connection has at most one session at a time; HTTP may have one after the
 * other. Everything dies in conn_reap(), never inside a callback.
 *
 * Threads: the server's own, but for what `lock` guards.
 */
#ifndef TESTS_VENDORS_INSIDE_H
#define TESTS_VENDORS_INSIDE_H

#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/loop.h"
#include "vendors/recording.h"
#include "vendors/sim.h"

#define VENDOR_ORDERS_MAX  64
#define VENDOR_HEADERS_MAX 64
#define VENDOR_QUERY_MAX   128
#define VENDOR_PARTS_MAX   4
#define VENDOR_HEAD_BYTES  (64u << 10)
#define VENDOR_MESSAGE_MAX (4u << 20)
#define VENDOR_HUGE_BYTES  (20u << 20)
#define VENDOR_OUT_BYTES   (64u << 20)
#define VENDOR_OUT_ENOUGH  (256u << 10) /* so much unsent: the client does not read, say no more */
#define VENDOR_LOG_BYTES   (256u << 20)

struct vendor {
	struct vendor_config config;
	struct loop *loop;
	struct watch watch;
	struct timer reap;
	struct list conns, dead;
	struct rng rng, faults; /* which session fails, and how, does not hang on how much was said before */
	SSL_CTX *tls, *tls_wrong;
	struct recording *recordings;
	uint16_t port;
	unsigned sessions;
	pthread_t thread;
	atomic_uint open, wrongs;

	pthread_mutex_t lock; /* of what follows */
	struct buf log;
	FILE *log_file;
	struct vendor_fault orders[VENDOR_ORDERS_MAX];
	unsigned n_orders;
};

struct conn {
	struct vendor *v;
	struct list node;
	struct watch watch;
	int fd;
	SSL *ssl;
	enum conn_phase {
		CONN_TLS,
		CONN_HTTP,
		CONN_WEBSOCKET,
		CONN_RAW,
		CONN_LAST, /* goes when everything is written */
		CONN_DEAD,
	} phase;
	struct buf in, out;
	struct vendor_session *session;
	struct vendor_fault fault; /* of its first session */
	bool drawn, continued;
	struct timer linger;
};

struct pair {
	struct str name, value;
};

struct request {
	char *text; /* head and body; everything below points into it, or into `decoded` */
	struct buf decoded;
	struct str method, path, body;
	struct str parts[VENDOR_PARTS_MAX];
	struct pair headers[VENDOR_HEADERS_MAX], query[VENDOR_QUERY_MAX];
	unsigned n_headers, n_query;
};

enum item_kind {
	ITEM_WHOLE, /* head and body of an answer */
	ITEM_HEAD,
	ITEM_PIECE,
	ITEM_FINISH,
	ITEM_TEXT,
	ITEM_BINARY,
	ITEM_BYTES,
	ITEM_CLOSE,
};

struct item {
	struct list node;
	enum item_kind kind;
	usec pushed, delay, due;
	unsigned tag;
	int code;    /* of ITEM_CLOSE */
	size_t head; /* of ITEM_WHOLE: where its body begins */
	bool partial;
	struct vendor_bill bill;
	size_t n;
	char p[];
};

struct vendor_session {
	struct vendor *v;
	struct conn *c;
	const struct vendor_sim *sim;
	void *state;
	unsigned number;
	struct request request;

	struct list queue;
	struct timer send, wake, strike;
	usec opened, due; /* `due`: of the last item queued */
	unsigned tag;
	uint64_t said, partials; /* items sent; those of them that were partial texts */
	bool partial;            /* those queued now are */
	struct vendor_bill next;
	struct buf headers;
	bool begun, finished; /* queued; `over`: written */
	bool over, stalled, closed, failing;

	struct vendor_fault fault;
	bool struck;

	/* the WebSocket's */
	struct buf message;
	int opcode; /* of the message being put together; 0 = none */
	bool close_sent, close_seen;

	/* what the log will say */
	int status, close_code;
	bool failed, cut;
	unsigned wrongs;
	usec audio_in, heard_since;
	struct vendor_bill total;
};

/* ---- tls.c ---- */

/* A context with a certificate of that kind. NULL when OpenSSL refuses. */
SSL_CTX *tls_context(enum vendor_certificate kind);

/* ---- conn.c ---- */

void conn_accept(struct vendor *v, int fd);
void conn_flush(struct conn *c);           /* writes what it can */
void conn_end(struct conn *c, bool reset); /* now */
void conn_last(struct conn *c);            /* when all is written */
void conn_linger(struct conn *c);          /* ends it soon, whatever the client does */
void conn_reap(struct vendor *v);          /* frees those that have ended */

/* ---- http.c ---- */

/* Takes what is whole from c->in. */
void http_read(struct conn *c);

/* A HEAD is there to warm a connection: it may go anywhere, and is on no bill. */
bool vendor_asks_nothing(const struct vendor_session *s);

/* Reads a head and its body, text[n], which it keeps. Returns 0, or -EBADMSG with `*ret_why`. */
int request_parse(struct request *r, char *text, size_t head, size_t n, const char **ret_why) must_check;
void request_fini(struct request *r);
struct str request_header(const struct request *r, const char *name);
bool request_has_word(const struct request *r, const char *name, const char *word);

/* Writes an item of HTTP to the connection. */
void http_write(struct vendor_session *s, const struct item *it);
void http_write_whole(struct vendor_session *s, struct str body); /* 200 with this body */

/* ---- ws.c ---- */

/* What is wrong with a request for an upgrade; NULL when nothing. */
const char *ws_upgrade_problem(const struct request *r);
void ws_accept_text(struct str key, char out[32]);
void ws_open(struct vendor_session *s);
void ws_read(struct conn *c);
void ws_write(struct buf *out, int opcode, struct str bytes);
void ws_write_close(struct vendor_session *s, int code, struct str reason);

/* ---- session.c ---- */

/* Takes over `request`. NULL without memory; the request is freed then. */
struct vendor_session *session_new(struct conn *c, const struct vendor_sim *sim, struct request *request);
struct vendor_session *session_free(struct vendor_session *s);
void session_push(struct vendor_session *s, enum item_kind kind, usec delay, struct str bytes);
void session_soon(struct vendor_session *s); /* looks at the queue when the callback is over */
void session_write(struct vendor_session *s, const struct item *it);
void session_forget(struct vendor_session *s); /* drops all that is queued */

/* ---- fault.c ---- */

/* Of a connection that is being accepted, and of a later session. */
void fault_draw(struct vendor *v, bool accepting, struct vendor_fault *ret_fault);

/* What a message of failure says, with the key in it if the vendor is one that tells it: `bytes` or what was
 * made of them in `out`. */
struct str fault_words(struct vendor_session *s, enum item_kind kind, struct str bytes, struct buf *out);

/* At the session's begin. Returns whether it was refused. */
bool fault_at_request(struct vendor_session *s);
void fault_at_open(struct vendor_session *s);

/* Before an item is written. Returns whether it may be. */
bool fault_at_item(struct vendor_session *s, struct item *it);

/* ---- vendor.c ---- */

/* The simulator for a request; NULL when none. Fills request->parts. */
const struct vendor_sim *vendor_route(struct vendor *v, struct request *r, bool upgrade);
const struct vendor_sim *vendor_route_raw(struct vendor *v);
void vendor_log(struct vendor *v, const struct buf *line);

/* list.c */
extern const struct vendor_sim *const vendor_sims[];

#endif
