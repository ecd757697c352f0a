/*
 * server.h - the whole of it: shards, sockets, engines, store, writer, metrics
 *
 * Opened from a configuration, run until a signal says stop, closed without
 * leaving anything behind. The first SIGTERM or SIGINT drains: new calls are
 * refused, those that are going on end by themselves or after a deadline. The
 * second ends them at once.
 *
 * Threads: main. Layer: app.
 */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "app/config.h"

struct server;

struct server_words {
	char text[512];
};

/* Told what is being done while the server opens: loading takes seconds, a first rendering of phrases
 * minutes. `total` 0 = not known. */
struct server_progress {
	void (*on_step)(void *arg, const char *what, size_t done, size_t total);
	void *arg;
};

/* `config` outlives the server. On failure `ret_words` says what to do. Returns 0 or -errno. */
int server_open(const struct config *config, const struct server_progress *progress,
		struct server **ret_server, struct server_words *ret_words) must_check;

/* Where it can be reached, for people and programs: "sip=127.0.0.1:5060 metrics=... agents=clinic
 * voice=flite". */
void server_describe(const struct server *s, struct buf *out);

/* Until a signal. Returns 0, or -errno when a loop failed. */
int server_run(struct server *s) must_check;

/* Takes NULL. Returns NULL. */
struct server *server_close(struct server *s);

#endif
