/*
 * fake_ws.h - WebSockets on a simulated loop: net/ws.h without a net
 *
 * Linked instead of the real one. The test is the vendor: it sees what was
 * opened and sent, and says what arrives after the latency, in order.
 *
 * Threads: the loop's owner.
 */
#ifndef TESTS_UNIT_FAKE_WS_H
#define TESTS_UNIT_FAKE_WS_H

#include "base/loop.h"
#include "net/ws.h"

#define FAKE_WS_TEXT_MAX 1024

struct fake_vendor {
	usec opens_after;
	usec latency; /* of what is said; USEC_NEVER: nothing arrives */
	void (*on_open)(void);
	void (*on_message)(enum ws_kind kind, struct str payload);
};

/* What the client did. */
struct fake_ws_seen {
	char url[WS_URL_MAX];
	char headers[512]; /* "name: value\n" ... */
	char sent[4096];   /* texts, a line each, as many as there is room for; sound as "~" */
	size_t sent_n;
	unsigned opened, closed, spares;
	usec spare_life;
	size_t sound_bytes, sound_least, sound_most; /* of the binary messages */
};

/* Forgets everything; the next connections go to `v`. */
void fake_ws_start(struct loop *l, const struct fake_vendor *v);

const struct fake_ws_seen *fake_ws_seen(void);

/* The text arrives after the latency, behind what was said before. Cut at FAKE_WS_TEXT_MAX. */
void fake_ws_say(struct str text);

/* The connection ends like that at once. */
void fake_ws_end(const struct ws_end *end);

/* What the socket has not taken: so much from now on. */
void fake_ws_choke(size_t unsent);

#endif
