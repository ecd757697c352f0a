/*
 * usage.h - what a provider was made to do, as its bill will say it
 *
 * Every session reports what it used when a piece of work ends: an utterance
 * recognised, an answer spoken, a request thought about, a connection closed.
 * Cancelled and failed work is reported too, because it is billed too. Amounts
 * are the vendor's own where it tells them, else counted by us.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_USAGE_H
#define PROVIDER_USAGE_H

#include "base/def.h"
#include "base/str.h"

enum usage_unit {
	USAGE_REQUESTS,      /* connections, HTTP requests: what a price per request counts */
	USAGE_AUDIO_IN,      /* usec of sound sent to a recogniser */
	USAGE_AUDIO_OUT,     /* usec of speech received from a voice */
	USAGE_CONNECTED,     /* usec that a session was open */
	USAGE_CHARACTERS,    /* Unicode code points of text sent to a voice */
	USAGE_TOKENS_IN,     /* not cached */
	USAGE_TOKENS_CACHED, /* read from the vendor's cache */
	USAGE_TOKENS_OUT,
	USAGE_UNITS_,
};

enum usage_end {
	USAGE_DONE,
	USAGE_CANCELLED,
	USAGE_FAILED,
	USAGE_ENDS_,
};

enum usage_kind {
	USAGE_STT,
	USAGE_LLM,
	USAGE_TTS,
	USAGE_KINDS_,
};

struct usage {
	enum usage_kind kind;
	enum usage_end end;
	struct str service; /* as configured: "groq"; valid during the call */
	struct str type;    /* the vendor: "openai" */
	struct str model;
	uint32_t work; /* utterance, request or answer; 0 = the session itself */
	uint64_t amount[USAGE_UNITS_];
};

/* Runs on the loop, also inside a contract's function (a cancel, a close). NULL on_usage = nobody counts. */
struct usage_sink {
	void (*on_usage)(void *arg, const struct usage *u);
	void *arg;
};

static inline void usage_tell(const struct usage_sink *sink, const struct usage *u)
{
	if (sink->on_usage)
		sink->on_usage(sink->arg, u);
}

const char *usage_unit_name(
	enum usage_unit u); /* "requests", "audio_in_seconds" ...: as prices.yaml says it */
const char *usage_kind_name(enum usage_kind k); /* "stt", "llm", "tts" */
const char *usage_end_name(enum usage_end e);

#endif
