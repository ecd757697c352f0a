/*
 * rehearse_server.h - a server of the rehearsal's own, as a child process
 *
 * `offhook serve` on free ports of 127.0.0.1, with an empty store and a folder
 * of its own for trails and recordings. What it says while it starts is shown
 * as it comes; its log goes to a file beside. It never outlives us.
 *
 * Threads: main. Layer: app.
 */
#ifndef APP_REHEARSAL_REHEARSE_SERVER_H
#define APP_REHEARSAL_REHEARSE_SERVER_H

#include <stdio.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/loop.h"
#include "base/opt.h"

struct rehearse_server;

struct rehearse_server_config {
	struct str dir;         /* exists; configuration, log, store, trails and recordings go there */
	struct opt_strs agents; /* their files */
	struct str models, phrases;
	struct str voice; /* auto, flite, kokoro */
	size_t calls;     /* at once */
	usec ready_within;
	bool terminal; /* progress may be written over in place */
	FILE *show;    /* progress */
};

/* Starts it and waits until it is ready. On failure `problem` says why, its last words included. Returns 0 or
 * -errno. */
int rehearse_server_start(const struct rehearse_server_config *config, struct buf *problem,
			  struct rehearse_server **ret_server) must_check;

/* Where it awaits SIP. */
const struct addr *rehearse_server_sip(const struct rehearse_server *s);

/* Takes its log from now on while `l` turns. Returns 0 or -errno. */
int rehearse_server_watch(struct rehearse_server *s, struct loop *l) must_check;

/* Asks it to stop and waits for it. Takes NULL. Returns its exit status, or 128 + the signal that it took. */
int rehearse_server_stop(struct rehearse_server *s);

#endif
