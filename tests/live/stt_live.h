/*
 * stt_live.h - a caller who speaks to a recogniser over real sockets, in real time
 *
 * Many at once on one loop, each to a simulator of its vendor (tests/vendors):
 * the wire is real, with TLS, and so is the pace. What is checked are words and
 * classes of faults, never how long something took.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_LIVE_STT_LIVE_H
#define TESTS_LIVE_STT_LIVE_H

#include "base/loop.h"
#include "base/rng.h"
#include "net/http_client.h"
#include "provider/stt/stt_ws.h"
#include "vendors/sound.h"
#include "vendors/vendor.h"

#define LIVE_TOLD_MAX    4096
#define LIVE_CALLERS_MAX 16

/* What a caller does, one after the other. */
enum live_step {
	LIVE_END,
	LIVE_READY,  /* waits for READY */
	LIVE_QUIET,  /* says nothing for `span` */
	LIVE_SPEAK,  /* says `text` in tones; the detector notices the end 160 ms later */
	LIVE_FINISH, /* and waits for the FINAL */
	LIVE_ASK,    /* a finish that is not waited for */
	LIVE_CANCEL,
	LIVE_CLOSE,
};

struct live_act {
	enum live_step step;
	usec span;
	const char *text;
};

struct live_caller {
	struct service service;
	const struct stt_ws_dialect *dialect;
	const struct live_act *script;
	size_t act;
	usec spent;        /* of the act */
	struct buf speech; /* what is left of it to be said, S16 */
	usec quiet_due;
	struct stt *stt;
	struct service_use use;
	struct live_room *live;
	char told[LIVE_TOLD_MAX]; /* "FINAL 1 words\n": finals and faults */
	size_t told_n;
	unsigned asks, finals, partials, likelies, endpoints;
	bool ready, opened;
	enum fault fault;
	uint64_t sound, requests; /* used, by our own account */
	char url[256];
};

struct live_room {
	struct loop *loop;
	struct ws_net *ws;
	struct http_client *http;
	struct vendor *server;
	struct rng rng;
	struct service_host host;
	struct timer tick;
	usec started, at;
	struct live_caller callers[LIVE_CALLERS_MAX];
	size_t count;
};

/* Returns 0 or -errno. */
int live_start(struct live_room *l, const struct vendor_config *config) must_check;

/* `path` goes behind the server's address. The key is what the server wants. */
struct live_caller *live_add(struct live_room *l, const struct stt_ws_dialect *d, const char *path,
			     const struct live_act *script);

/* Until every script has ended, or its session died; at most 40 s. */
void live_run(struct live_room *l);

/* Waits until the server has seen every end. */
void live_settle(struct live_room *l);

void live_stop(struct live_room *l);

#endif
