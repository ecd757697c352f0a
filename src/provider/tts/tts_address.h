/*
 * tts_address.h - what a voice's dialect is given, and where its request goes
 *
 * Dialects are pure functions from a speaker and words to a request, and from a
 * message to what it says; this is their side of it.
 *
 * Threads: the owner's only. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_ADDRESS_H
#define PROVIDER_TTS_TTS_ADDRESS_H

#include "base/json.h"
#include "net/http_client.h"
#include "provider/service.h"
#include "wire/url.h"

#define TTS_ADDRESS_HEADERS_MAX 8
#define TTS_ADDRESS_BODY_MAX    (256u * 1024)

/* A session as its dialect sees it. */
struct tts_speaker {
	const struct service *service;
	struct str voice;    /* of the agent, else of the service; empty = the dialect's */
	struct str language; /* BCP 47; empty = not told */
	float speed;         /* 1 = as the voice is */
};

/* What the headers point at lives in the speaker, the service or `token`. */
struct tts_address {
	struct buf url, body;
	struct http_header headers[TTS_ADDRESS_HEADERS_MAX];
	size_t header_count;
	char token[SERVICE_HEADER_MAX]; /* values of headers that had to be put together */
	size_t token_n;
};

void tts_address_init(struct tts_address *a);
void tts_address_fini(struct tts_address *a);

/* `name: prefix value`; none without a value. What does not fit is an error of `url`. */
void tts_address_header(struct tts_address *a, const char *name, const char *prefix, struct str value);

/* The language alone: "en" of "en-US". */
struct str tts_address_language(const struct tts_speaker *sp, const char *fallback);

#endif
