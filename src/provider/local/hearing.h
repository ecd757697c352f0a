/*
 * hearing.h - the engine behind the local recogniser; the contract and its maker
 *
 * Two models on one vocabulary: a quick one for what is still being said, a
 * full one for what will be acted on. Opened once, shared by all calls.
 *
 * Threads: hearing_run() any number at once. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_HEARING_H
#define PROVIDER_LOCAL_HEARING_H

#include <stdatomic.h>

#include "base/buf.h"

struct hearing;
struct ort;
struct ort_error;

enum hearing_care {
	HEARING_QUICK, /* about 30 ms of work for each second of speech */
	HEARING_FULL,  /* about 55 ms, two thirds of the errors */
};

struct hearing_text {
	struct buf text;  /* made and freed by the caller */
	float confidence; /* 0..1, the model's own belief; negative = not known */
};

struct hearing_ops {
	int (*run)(struct hearing *h, enum hearing_care care, const int16_t *pcm, size_t samples,
		   const atomic_bool *stop, struct hearing_text *out);
	void (*close)(struct hearing *h);
};

/* First member of every engine. */
struct hearing {
	const struct hearing_ops *ops;
};

/* Appends the text of pcm[samples] (mono S16 at 8 kHz). Blocks: on the pool only. Setting `stop` abandons it.
 * Returns 0, -ECANCELED, -EMSGSIZE, -EIO, -ENOMEM. */
int hearing_run(struct hearing *h, enum hearing_care care, const int16_t *pcm, size_t samples,
		const atomic_bool *stop, struct hearing_text *out) must_check;

/* Moonshine base and tiny. Blocks for about a second. Returns as ort_model_open() with words in `err`. */
int hearing_open(struct ort *o, struct ort_error *err, struct hearing **ret_hearing) must_check;

/* Takes NULL. Returns NULL. */
struct hearing *hearing_close(struct hearing *h);

#endif
