/*
 * vendors.h - every vendor we can talk to, in one list
 *
 * A row says what a `type` in the configuration means: which contract it
 * serves, the family that does the talking and the dialect that knows the
 * vendor's words. A vendor is its file, its simulator and its row.
 *
 * Threads: constant, any. Layer: provider.
 */
#ifndef PROVIDER_VENDORS_H
#define PROVIDER_VENDORS_H

#include "base/str.h"
#include "provider/usage.h"

/* The type, and the name in a pipeline, of the engines in this process: they need no configuration here. */
#define VENDOR_LOCAL "local"

/* The type of a service that is a GGUF file in this process: its model is the file's path. */
#define VENDOR_LLAMA_CPP "llama-cpp"

struct llm_ops;
struct stt_ops;
struct tts_ops;

enum vendor_key {
	VENDOR_KEY_NONE,     /* it has none */
	VENDOR_KEY_OPTIONAL, /* a server of one's own may ask for one */
	VENDOR_KEY_NEEDED,
};

/* What it cannot do without, beside a key. */
enum vendor_need {
	VENDOR_NEEDS_URL = 1,
	VENDOR_NEEDS_MODEL = 2,
	VENDOR_NEEDS_PLACE = 4, /* a region, or a url */
};

struct service;

struct vendor {
	const char *type;  /* "deepgram" */
	const char *title; /* "Deepgram Nova (listen v1)" */
	enum usage_kind kind;
	enum vendor_key key;
	const char *key_env; /* where its users usually keep the key, "DEEPGRAM_API_KEY"; NULL = nowhere */
	const char *tried;   /* with what of the real thing, "whisper.cpp 1.9.5"; NULL = its simulator only */
	union {
		const struct stt_ops *stt;
		const struct llm_ops *llm;
		const struct tts_ops *tts;
	};
	const void *dialect; /* the family's; goes into struct service_use */
	unsigned can;        /* capabilities of the contract, for people */
	unsigned needs;      /* enum vendor_need; what a dialect has no default for comes by itself */
};

extern const struct vendor vendors[];
extern const size_t vendors_count;

/* A type may serve several kinds (openai does all three). NULL when there is none. */
const struct vendor *vendor_find(struct str type, enum usage_kind kind);

/* Which of its needs the service leaves open; enum vendor_need. */
unsigned vendor_lacks(const struct vendor *v, const struct service *s);

/* The model that a bill will name: the configured one, or the dialect's where that is known; may be empty. */
struct str vendor_model(const struct vendor *v, const struct service *s);

#endif
