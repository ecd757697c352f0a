/*
 * embed.h - what a sentence means, as a direction in space; the contract
 *
 * Sentences that mean the same point the same way, whatever their words. An
 * agent compares what the caller said with the examples of its intents and the
 * questions of its knowledge: 1 is the same, paraphrases lie around 0.5 to 0.9,
 * strangers around 0.
 *
 * Embedding blocks for a few milliseconds: on the pool, never on a loop.
 * Similarities are cheap (0.1 us) and belong anywhere.
 *
 * Threads: any number at once on one engine. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_EMBED_H
#define PROVIDER_LOCAL_EMBED_H

#include "base/str.h"

#define EMBED_DIMS 384

struct embed;

struct embedding {
	float v[EMBED_DIMS]; /* of length 1 */
};

struct embed_ops {
	const char *name;
	int (*run)(struct embed *e, struct str text, struct embedding *ret_embedding);
	void (*close)(struct embed *e);
};

/* First member of every engine. */
struct embed {
	const struct embed_ops *ops;
};

/* What `text` means (UTF-8; beyond the engine's window the rest is ignored). Returns 0, -EIO, -ENOMEM. */
int embed_text(struct embed *e, struct str text, struct embedding *ret_embedding) must_check;

/* -1..1: the cosine of the angle between the two. */
float embed_similarity(const struct embedding *a, const struct embedding *b);

/* Takes NULL. Returns NULL. */
struct embed *embed_close(struct embed *e);

#endif
