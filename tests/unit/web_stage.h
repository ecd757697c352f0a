/*
 * web_stage.h - a small web server for tests, which does what a script says
 *
 * Each connection has a thread that reads requests and calls the script for
 * each; so a script may wait, write half an answer, or say nonsense. With TLS the
 * server makes an authority of its own at start.
 *
 * Threads: start and stop the test's; the script its connection's.
 */
#ifndef TESTS_UNIT_WEB_STAGE_H
#define TESTS_UNIT_WEB_STAGE_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/str.h"

#define WEB_CONNS_MAX   64
#define WEB_REQUEST_MAX 65536

struct web_conn;

struct web {
	atomic_int accepted, asked, gone; /* connections, requests, clients that left while a script waited */
	sem_t go;                         /* for scripts that go on when the test says so */
	struct web_inside *inside;
};

struct web_request {
	struct web *web;
	struct str method, path, head, body; /* head: all of it */
};

/* Returns whether the connection lives on. */
typedef bool web_script(struct web_conn *c, const struct web_request *r);

/* `name` is whom the certificate is for; NULL = no TLS. Returns 0 or -errno. */
int web_start(struct web *w, const char *name, web_script *script);
void web_stop(struct web *w);

/* Without TLS, for all rounds of a story that is told many times; stops when the process ends. One at most.
 */
int web_start_for_good(struct web *w, web_script *script);

/* "http(s)://localhost:PORT" and the path; with TLS of any other name an address instead. */
const char *web_url(const struct web *w, const char *path, char url[256]);

/* For another server: files with a certificate for `name` that signs itself, and its key; the caller unlinks
 * them. Returns 0 or -errno. */
int web_identity(const char *name, char cert_path[64], char key_path[64]);

/* PEM file of the authority; "" without TLS. */
const char *web_authority(const struct web *w);

void web_say(struct web_conn *c, const char *text);
void web_write(struct web_conn *c, const void *p, size_t n);

/* Until the client leaves. */
void web_wait_gone(struct web_conn *c);

#endif
