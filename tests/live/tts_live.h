/*
 * tts_live.h - a voice on a real network: our half, and a vendor of tests/vendors
 *
 * The vendor speaks in tones that can be read back, so that a test compares words
 * with words. Our loop is turned until something has happened, with a deadline.
 *
 * Threads: the test's; the vendor has its own.
 */
#ifndef TESTS_LIVE_TTS_LIVE_H
#define TESTS_LIVE_TTS_LIVE_H

#include "base/buf.h"
#include "net/http_client.h"
#include "net/ws.h"
#include "provider/service.h"
#include "provider/tts/tts.h"
#include "provider/vendors.h"
#include "vendors/vendor.h"

#define VOICE_ANSWERS 8

/* What one vendor needs beside its key. */
struct voice_vendor {
	const char *type;
	const char *path; /* behind the port; "" */
	const char *voice;
	bool named; /* marks for words */
	bool whole; /* sound comes a sentence at a time */
	bool bare;  /* TCP, without TLS or HTTP */
};

/* What was heard of an answer. */
struct voice_answer {
	struct buf pcm;
	uint32_t text_end, mark_sample;
	unsigned marks;
	bool done, failed;
	enum fault fault;
	usec first; /* when its first sound came */
};

struct voice_call {
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
	struct voice_answer answers[VOICE_ANSWERS];
	uint64_t used[USAGE_UNITS_]; /* of all bills */
	unsigned bills[USAGE_ENDS_];
	char words[256]; /* about the last fault */
};

/* Starts the vendor and opens a session. Returns 0 or -errno; voice_close() in both cases. */
int voice_open(struct voice_call *h, const struct voice_vendor *v, const struct vendor_config *config);
void voice_close(struct voice_call *h);

/* The session alone; the vendor's log is complete when that returns. */
void voice_hang_up(struct voice_call *h);

int voice_speak(struct voice_call *h, uint32_t answer, const char *text);

/* Turns the loop until the answer is over or the session dead. Returns whether it was in time. */
bool voice_wait(struct voice_call *h, uint32_t answer);

/* Turns it so long. */
void voice_turn(struct voice_call *h, usec span);

/* The letters that were heard of an answer. */
void voice_heard(const struct voice_call *h, uint32_t answer, struct buf *out);

/* Of the vendor's log: the sum of a member over its sessions, the rules that were broken, a line each, and
 * the time of the first note of that name, 0 = none. */
uint64_t voice_billed(struct voice_call *h, const char *member);
void voice_wrongs(struct voice_call *h, struct buf *out);
usec voice_noted(struct voice_call *h, const char *note);

#endif
