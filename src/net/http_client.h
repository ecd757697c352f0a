/*
 * http_client.h - HTTP requests whose answers stream
 *
 * One client a control loop; it keeps connections open between requests (HTTP/2
 * where the server speaks it, one request a connection at a time) and never
 * blocks. An answer arrives as it comes: its head, pieces of its body, and exactly
 * one end. Every wait has a limit: for the connection, for the first byte, between
 * bytes, for all of it. A refusal is over when its body is, or a second after its
 * head: what it means stands in its status.
 *
 *   http_client_ask -> on_head(200) on_body on_body ... on_done
 *                      '----------- http_client_cancel: nothing more
 *
 * TLS certificates and names are verified; redirects are not followed, because
 * a key must not travel to where an answer points.
 *
 * Callbacks never run inside http_client_ask(). Inside a callback every function
 * but http_client_free() may be called.
 *
 * Threads: the loop's owner. Layer: net.
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/loop.h"
#include "base/str.h"
#include "wire/http_header.h"

#define HTTP_CLIENT_HEADERS_MAX 16
#define HTTP_CLIENT_URL_MAX     2048
#define HTTP_CLIENT_WORDS_MAX   512 /* of a vendor's own words about a failure */
#define HTTP_CLIENT_ANSWER_MAX  (1024u * 1024)

struct http_client;

struct http_client_config {
	size_t asks_max;      /* under way at once; more is -EBUSY */
	size_t conns_max;     /* kept open */
	struct str authority; /* PEM file of the certificates that are trusted; empty = the system's */
	struct str proxy;     /* "http://host:port"; empty = none. The environment is not looked at */
};

enum http_version {
	HTTP_ANY, /* HTTP/2 over TLS where offered, else 1.1 */
	HTTP_1_1,
};

/* Borrowed for the duration of http_client_ask(). */
struct http_ask {
	const char *method; /* "GET", "POST" ... */
	struct str url;     /* http:// or https:// */
	const struct http_header *headers;
	size_t header_count;
	struct str body;
	enum http_version version;
	size_t answer_max;  /* bytes of its body; more ends it with FAULT_PROTOCOL. 0 = HTTP_CLIENT_ANSWER_MAX
			     */
	usec connect_limit; /* 0 = 5 s */
	usec first_limit;   /* from asking to the first byte of the body; 0 = none */
	usec stall_limit;   /* between two pieces of the body; 0 = none */
	usec total_limit;   /* 0 = none */
};

struct http_head {
	int status;
	struct str content_type; /* "" when absent; parameters cut off */
	usec retry_after;        /* of Retry-After or retry-after-ms; negative = not told */
};

/* How it ended. */
struct http_done {
	int status;       /* 0 = no answer came */
	bool sent;        /* as http_client_sent() */
	enum fault fault; /* FAULT_NONE for 2xx that ended well */
	struct str words; /* for the log: what failed, or the beginning of the body of a status >= 300 */
	usec retry_after; /* negative = not told */
	usec connect, first_byte,
		total; /* from asking; 0 = did not happen. `connect` is 0 on a kept connection */
};

struct http_sink {
	void (*on_head)(void *arg, const struct http_head *head); /* 2xx only; the others come with on_done */
	/* A piece of a 2xx body. Returns 0, -EAGAIN: not now, the piece comes again after
	 * http_client_resume(), or another -errno to end the request with FAULT_PROTOCOL. */
	int (*on_body)(void *arg, struct str piece);
	void (*on_done)(void *arg, const struct http_done *done);
	void *arg;
};

/* Texts of the config are copied. Returns 0 or -errno. */
int http_client_new(struct loop *l, const struct http_client_config *config,
		    struct http_client **ret_client) must_check;

/* Ends everything; no callback follows. Takes NULL. Returns NULL. */
struct http_client *http_client_free(struct http_client *c);

/* Returns 0, -EINVAL for a URL or header that is none, -EBUSY over asks_max, or -ENOMEM. `*ret_ask` names it
 * until on_done() or the cancel; never 0. */
int http_client_ask(struct http_client *c, const struct http_ask *ask, const struct http_sink *sink,
		    uint32_t *ret_ask) must_check;

/* Closes the stream at once, so that the other end stops working for it. No callback follows. An unknown
 * number is ignored. */
void http_client_cancel(struct http_client *c, uint32_t ask);

/* Whether a connection has taken the request: the other end may be at it, and will bill it. False for an
 * unknown number. */
bool http_client_sent(const struct http_client *c, uint32_t ask);

void http_client_resume(struct http_client *c, uint32_t ask);

/* Opens a connection to the URL's host beforehand, so that the next request finds it. Failure is silent: the
 * request will tell. */
void http_client_warm(struct http_client *c, struct str url);

#endif
