/*
 * fake_net.h - WebSockets and HTTP on a simulated loop: net/ws.h and net/http_client.h without a net
 *
 * Linked instead of the real ones. The test is the vendor: it is told what was
 * opened, sent and asked, and says what arrives after the latency, in order.
 * Connections and requests have numbers, counted from 1.
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_UNIT_FAKE_NET_H
#define TESTS_UNIT_FAKE_NET_H

#include "base/buf.h"
#include "base/loop.h"
#include "net/http_client.h"
#include "net/ws.h"

#define FAKE_NET_CONNS_MAX   64
#define FAKE_NET_RETRY_AFTER USEC_SEC(7) /* that a refusal with 429 asks for */

/* All may be NULL. */
struct fake_net_vendor {
	usec opens_after, latency;
	void (*on_open)(unsigned conn);
	void (*on_message)(unsigned conn, struct str text);
	void (*on_ask)(unsigned conn, const struct http_ask *ask);
};

struct fake_net_seen {
	struct buf log; /* "open 1 URL", "1 > message", "ask 2 POST URL", "close 1", "abort 1", "cancel 2" */
	unsigned opened, asked, aborted, closed, cancelled, spares;
	usec spare_life;
};

/* Forgets everything; what is opened or asked next goes to `v`. */
void fake_net_start(struct loop *l, const struct fake_net_vendor *v);

/* Everything is closed, whoever held it. Returns how much the client had left open. */
unsigned fake_net_stop(void);

struct fake_net_seen *fake_net_seen(void);

/* Arrives after the latency, behind what was said before; forgotten when the client closes first. A text on a
 * WebSocket, binary, or a piece of a body. */
void fake_net_say(unsigned conn, struct str text);
void fake_net_say_binary(unsigned conn, struct str bytes);
void fake_net_piece(unsigned conn, struct str bytes);

/* The end comes behind what was said. A request without a status that is UNREACHABLE was never sent. */
void fake_net_end(unsigned conn, const struct ws_end *end);
void fake_net_done(unsigned conn, int status, enum fault fault, const char *words);

/* Whether the client still holds it; where it was opened. */
bool fake_net_is_open(unsigned conn);
struct str fake_net_url(unsigned conn);

#endif
