/*
 * voices_host.h - a voice on a real network: our half, and a vendor of tests/vendors
 *
 * The vendor speaks in tones that can be read back, so that a test compares words
 * with words. Our loop is turned until something has happened, with a deadline.
 *
 * Threads: the test's; the vendor has its own.
 */
#ifndef TESTS_NETWORK_VOICES_HOST_H
#define TESTS_NETWORK_VOICES_HOST_H

#include "base/buf.h"
#include "net/http_client.h"
#include "net/ws.h"
#include "provider/service.h"
#include "provider/tts/tts.h"
#include "provider/vendors.h"
#include "vendors/vendor.h"

#define HOST_ANSWERS 8

/* What one vendor needs beside its key. */
struct host_vendor {
	const char *type;
	const char *path; /* behind the port; "" */
	const char *voice;
	bool named; /* marks for words */
};

/* What was heard of an answer. */
struct host_answer {
	struct buf pcm;
	uint32_t text_end, mark_sample;
	unsigned marks;
	bool done, failed;
	enum fault fault;
	usec first; /* when its first sound came */
};

struct host {
	struct loop *loop;
	struct ws_net *ws;
	struct http_client *http;
	struct vendor *vendor;
	struct service service;
	struct service_host shared;
	struct service_use use;
	const struct vendor *row;
	struct tts *tts;
	char url[256];
	bool ready, dead;
	struct host_answer answers[HOST_ANSWERS];
	uint64_t used[USAGE_UNITS_]; /* of all bills */
	unsigned bills[USAGE_ENDS_];
	char words[256]; /* about the last fault */
};

/* Starts the vendor and opens a session. Returns 0 or -errno; host_close() in both cases. */
int host_open(struct host *h, const struct host_vendor *v, const struct vendor_config *config);
void host_close(struct host *h);

/* The session alone; the vendor's log is complete when that returns. */
void host_hang_up(struct host *h);

int host_speak(struct host *h, uint32_t answer, const char *text);

/* Turns the loop until the answer is over or the session dead. Returns whether it was in time. */
bool host_wait(struct host *h, uint32_t answer);

/* Turns it so long. */
void host_turn(struct host *h, usec span);

/* The letters that were heard of an answer. */
void host_heard(const struct host *h, uint32_t answer, struct buf *out);

/* The sum of a member over the vendor's sessions, and the time of the first note of that name; 0 = none. */
uint64_t host_billed(struct host *h, const char *member);
usec host_noted(struct host *h, const char *note);

#endif
