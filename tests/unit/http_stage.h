/*
 * http_stage.h - the HTTP client on its loop, before a server that answers by path
 *
 * "/hello", "/half", "/status/429" ...: what each path gives stands in http_stage.c.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_HTTP_STAGE_H
#define TESTS_UNIT_HTTP_STAGE_H

#include "net/http_client.h"
#include "web_stage.h"

#define HTTP_STAGE_ASKS  32
#define HTTP_STAGE_TURNS 1000 /* of the loop, 20 ms each: how long is waited for anything */

struct http_stage {
	struct loop *loop;
	struct http_client *client;
	struct web web;
};

/* What came of an ask, and what its callbacks are to do. */
struct http_got {
	struct http_client *client;
	struct web *web;
	uint32_t ask, cancel_too;
	atomic_int heads, pieces, dones;
	int status;
	char type[64], body[65536], words[HTTP_CLIENT_WORDS_MAX + 1];
	size_t n;
	struct http_done done;
	int refuse; /* what on_body() answers */
	bool cancel_in_head, cancel_in_body, again;
};

/* `name` is whom the certificate is for; NULL = no TLS. Returns 0 or -errno. */
int http_stage_open(struct http_stage *s, const char *name, size_t asks_max);
void http_stage_close(struct http_stage *s);

/* Loop and client alone. `proxy` may be NULL. Returns 0 or -errno. */
int http_stage_client(struct http_stage *s, const char *proxy, size_t asks_max);

/* What the server does. */
bool http_stage_script(struct web_conn *c, const struct web_request *r);

/* Fills in and returns `sink`, which tells `g`. */
const struct http_sink *http_stage_sink(struct http_got *g, struct http_sink *sink);

/* Asks for the path, or for ask.url. Returns as http_client_ask(). */
int http_stage_ask(struct http_stage *s, struct http_got *g, const char *path, struct http_ask ask);

/* Turns the loop until `*what` is `value`, which is checked. */
void http_stage_wait(struct http_stage *s, atomic_int *what, int value);

/* Asks, and waits for the end. */
void http_stage_get(struct http_stage *s, struct http_got *g, const char *path, struct http_ask how);

#endif
