/*
 * service.h - a provider somewhere on a network, as the operator configured it
 *
 * One form for all vendors, so that one table checks them all: where it is, the
 * key, the model, the voice, the deadlines. What only one vendor knows goes into
 * `extra`, whose names and values its dialect adds to the request as they are.
 *
 *   providers:
 *     ears:  {type: deepgram, key: "${DEEPGRAM_API_KEY}", extra: ["endpointing=300"]}
 *     brain: {type: openai, url: "http://127.0.0.1:8000/v1", model: qwen3}
 *
 * Immutable once loaded, shared by all loops. A service's key is in no text that
 * we make for people: not in faults, not in usage, not in names.
 *
 * Threads: read by all. Layer: provider.
 */
#ifndef PROVIDER_SERVICE_H
#define PROVIDER_SERVICE_H

#include "base/json.h"
#include "base/opt.h"
#include "provider/usage.h"

#define SERVICE_HEADER_MAX 4096 /* bytes of a header's value that holds a key */
#define SERVICE_KEY_MAX    (SERVICE_HEADER_MAX - 64)

struct dns;
struct http_client;
struct loop;
struct phrase_cache;
struct rng;
struct speakable_opts;
struct ws_net;

struct service {
	struct str name;                          /* its key under `providers` */
	struct str type;                          /* the vendor, see vendors.h */
	struct str url;                           /* empty = the vendor's own */
	struct str key;                           /* secret */
	struct str model, voice, region, version; /* empty = what the dialect takes by default */
	int window;   /* tokens that the model can take in and put out together; 0 = the dialect's default */
	int spares;   /* connections kept open in advance; 0 = none */
	bool prepare; /* of a voice: may speak fixed phrases beforehand, to be kept on disk */
	usec connect_limit;    /* connection and handshake */
	usec first_limit;      /* final text, first token, first sound; 0 = see service_first_limit() */
	usec stall_limit;      /* between two pieces of an answer */
	struct opt_strs extra; /* "name=value", names may repeat */
};

extern const struct opt_table service_table;

/* What the services of one control loop share. */
struct service_host {
	struct loop *loop;
	struct http_client *http;
	struct ws_net *ws;
	struct dns *dns; /* for who connects by itself; NULL = they know addresses only */
	struct rng *rng;
	usec utc_zero;                /* the time of day (UTC, since 1970) at which loop_now() was 0 */
	struct phrase_cache *phrases; /* of all calls; NULL = none */
	const struct speakable_opts *reading; /* how words are read out; NULL = as it comes */
	/* Nobody listens on this loop: what voices say is looked for and kept on disk, which blocks, and each
	 * of their answers is one clause. See tts_prepare.h. */
	bool prepares;
};

/* The `config` with which a session of any networked family is opened. All of it outlives the session. */
struct service_use {
	const struct service *service;
	const struct service_host *host;
	const void *dialect; /* the family's: struct stt_ws_dialect, struct llm_sse_dialect ... */
};

/* The ith of `extra`, cut at its first '='. */
void service_extra_at(const struct service *s, size_t i, struct str *ret_name, struct str *ret_value);

/* The first value of `name` in extra, or `fallback`. */
struct str service_extra(const struct service *s, const char *name, struct str fallback);

/* Whether extra has `name`: then a dialect does not write its own. */
bool service_extra_has(const struct service *s, const char *name);

/* All of `extra` into the query of a URL, percent-encoded; or as members of the JSON map that is open,
 * numbers, true and false raw. */
void service_extra_query(const struct service *s, struct buf *url);
void service_extra_json(const struct service *s, struct json_out *w);

/* Copies what a vendor said into buf[size], zero-terminated and with the service's key replaced by ***.
 * Returns the view of it. */
struct str service_redact(const struct service *s, struct str words, char *buf, size_t size);

/* Whether a vendor that needs a key has to refuse: a server of one's own, which has a URL, may do without. */
static inline bool service_lacks_key(const struct service *s)
{
	return str_empty(s->key) && str_empty(s->url);
}

/* How long it is waited for when nobody says so. A second recogniser or voice must still be heard before the
 * caller thinks that the line is dead, and the second recogniser's text before the conversation goes on
 * without it (5 s, of which the caller is told to wait from 1.5 s on): the two of them may fail in one turn.
 * While a model thinks there are fillers. */
usec service_first_limit(const struct service *s, enum usage_kind kind);

/* What is configured, or what the dialect takes by default. */
static inline struct str service_or(struct str configured, const char *fallback)
{
	return str_empty(configured) ? str_from(fallback) : configured;
}

#endif
