/*
 * speaking.h - the engine behind the local voices; the contract and its maker
 *
 * One engine per process, shared by all calls, holds whatever local voices
 * there are: flite's always, Kokoro's when its weights are here. A voice is
 * asked for by name; where Kokoro is not loaded, flite stands in for its
 * voices, a woman for a woman and a man for a man.
 *
 * Threads: speaking_say() any number at once. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_SPEAKING_H
#define PROVIDER_LOCAL_SPEAKING_H

#include "provider/local/voice_out.h"

struct ort;
struct ort_error;
struct speaking;

#define SPEAKING_ID_MAX 48

/* First member of every voice. */
struct speaking_voice {
	char id[SPEAKING_ID_MAX]; /* engine, version and voice: what a phrase cache must tell apart */
};

struct speaking_ops {
	const struct speaking_voice *(*find)(struct speaking *s, struct str name);
	int (*say)(struct speaking *s, const struct speaking_voice *v, struct str words, float speed,
		   const struct voice_out_sink *sink);
	void (*close)(struct speaking *s);
};

/* First member of every engine. */
struct speaking {
	const struct speaking_ops *ops;
};

enum speaking_want {
	SPEAKING_FLITE,  /* nothing else is loaded */
	SPEAKING_BEST,   /* Kokoro if it is here, else flite */
	SPEAKING_KOKORO, /* or nothing */
};

/* Opens what is wanted; with Kokoro it blocks for a second or two. `ort` may be NULL for SPEAKING_FLITE. With
 * SPEAKING_BEST and no Kokoro, `note` says what is missing and that flite speaks. Returns 0, or as
 * kokoro_open() with words in `note`. */
int speaking_open(struct ort *ort, const char *models_dir, enum speaking_want want, struct ort_error *note,
		  struct speaking **ret_speaking) must_check;

/* Takes NULL. Returns NULL. */
struct speaking *speaking_close(struct speaking *s);

/* The voice "af_heart", "kokoro/af_heart", "rms", "flite/rms"; "" is the engine's best. Returns NULL for a
 * name that nobody has. Valid as long as the engine. */
const struct speaking_voice *speaking_find(struct speaking *s, struct str name);

/* Speaks `words` (as of speakable.h) into the sink, speed 0.5 .. 2. Blocks: on the pool only. Returns 0,
 * -ECANCELED when the sink wanted no more, -EIO, -ENOMEM. */
int speaking_say(struct speaking *s, const struct speaking_voice *v, struct str words, float speed,
		 const struct voice_out_sink *sink) must_check;

#endif
