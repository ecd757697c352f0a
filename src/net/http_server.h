/*
 * http_server.h - a small HTTP server on a thread of its own
 *
 * Serves short answers made in memory: metrics, health. The handler runs on the
 * server's thread and must not block for long. TLS is the ingress's business;
 * without one, listen on loopback.
 *
 * Threads: start and stop any; the handler its own. Layer: net. The only door
 * to libmicrohttpd.
 */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "base/addr.h"
#include "base/buf.h"

#define HTTP_REPLY_MAX (4u * 1024 * 1024)
#define HTTP_CONNS_MAX 64

struct http_server;

struct http_request {
	struct str method, path; /* borrowed */
};

struct http_reply {
	int status;               /* preset to 404 */
	const char *content_type; /* preset to text/plain */
	struct buf body;
};

typedef void http_handler(void *arg, const struct http_request *request, struct http_reply *reply);

/* Port 0 takes any free one. Returns 0, -EADDRINUSE, -EACCES or another -errno. */
int http_server_start(const struct addr *listen, http_handler *handler, void *arg,
		      struct http_server **ret_server) must_check;

/* Where it really listens. */
const struct addr *http_server_local(const struct http_server *s);

/* Waits for the answers under way. Takes NULL. Returns NULL. */
struct http_server *http_server_stop(struct http_server *s);

#endif
