/*
 * net_client.h - a WebSocket client under test: what it hears, as one line of text
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_NET_CLIENT_H
#define TESTS_UNIT_NET_CLIENT_H

#include "base/buf.h"
#include "net/ws.h"
#include "net_peer.h"

struct client {
	struct loop *loop;
	struct ws_net *net;
	struct ws *ws;  /* of the last client_open(); NULL when it has ended */
	struct buf log; /* "open text:hello binary:300 closed:unreachable/0/1006:words " */
	struct ws_end end;
	struct ws_target target; /* of client_open(), but for the URL */
	bool abort_on_message, close_on_message, pause_on_message;
};

/* Returns 0 or -errno. `config` may be NULL. */
int client_init(struct client *c, const struct ws_net_config *config) must_check;
void client_fini(struct client *c);

/* A connection to `scheme`://`host`:port/path. */
int client_open(struct client *c, const char *url, uint16_t port) must_check;

/* Serves until the log holds `what`; whether it did within ten seconds. */
bool client_hears(struct client *c, const char *what);

/* Serves until `n` connections are open, spares included; whether it came to that. */
bool client_counts(struct client *c, size_t n);

/* Serves for a while. */
void client_serve(struct client *c, usec span);

extern const struct ws_sink client_sink; /* its arg must be set */

#endif
