/*
 * toy_voice.h - vendors that nobody sells: one for each way to carry a voice
 *
 * Their dialects, and a fake_net vendor that speaks them: ten samples a letter
 * (of the value 1,000, S16 at 8 kHz), each word when it is due. A text with
 * "broken" in it fails.
 *
 * Threads: the test's.
 */
#ifndef TESTS_UNIT_TOY_VOICE_H
#define TESTS_UNIT_TOY_VOICE_H

#include "fake_net.h"
#include "provider/tts/tts_http.h"
#include "provider/tts/tts_ws.h"
#include "tts_story.h"

#define TOY_SAMPLES_A_LETTER 10

/* Calls stretches by name, tells words and ends of clauses, forgets a stretch after 300 ms. */
extern const struct tts_ws_dialect toy_named;

/* Names nothing, answers a cancel, begins the first clause at once. */
extern const struct tts_ws_dialect toy_in_order;

/* A socket ends with its stretch. */
extern const struct tts_ws_dialect toy_socket_a_stretch;

/* A request a clause; its sound in pieces of 7 bytes. */
extern const struct tts_http_dialect toy_http;

/* The same, as base64 in JSON. */
extern const struct tts_http_dialect toy_http_json;

/* What the vendor is to do from now on. */
struct toy_voice {
	bool mute;       /* says nothing any more */
	bool half;       /* stops in the middle of the sound */
	bool hangs_up;   /* closes the socket in the middle */
	bool garbage;    /* says what is no JSON */
	enum fault code; /* answers that instead */
};

extern struct toy_voice toy_voice;

/* Sessions of each dialect; a session opened with toy_use as its config is of the kind that was set up last.
 */
enum {
	TOY_NAMED,
	TOY_IN_ORDER,
	TOY_SOCKET_A_STRETCH,
	TOY_HTTP,
	TOY_HTTP_JSON,
	TOY_KINDS,
};

extern const struct tts_kind toy_kinds[TOY_KINDS];
extern struct service toy_service;
extern struct service_host toy_host;
extern struct service_use toy_use;

/* The kinds' teardown: nothing may be open any more. */
void toy_stop(const struct tts_kind *kind, const uint64_t used[USAGE_UNITS_]);

#endif
