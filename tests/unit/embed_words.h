/*
 * embed_words.h - an embedder for tests: what a sentence means is its words
 *
 * Each word points into a direction of its own, a sentence into their mean; small
 * words weigh little. Sentences with the same words are the same, others are as
 * near as the words they share. Deterministic, and needs no model.
 *
 * Threads: any. Layer: tests.
 */
#ifndef TESTS_UNIT_EMBED_WORDS_H
#define TESTS_UNIT_EMBED_WORDS_H

#include <math.h>

#include "agent/words.h"
#include "provider/local/embed.h"

static inline int embed_words_run(struct embed *e, struct str text, struct embedding *ret_embedding)
{
	static const char small[] =
		"i|a|an|the|to|of|is|it|my|me|you|your|do|for|in|on|and|can|could|please|id|like|be|"
		"that|what|are|at|with|have|we|so|im|its|would|want|need|some|any";
	struct embedding d = {.v = {0}};
	struct words ws;
	float length = 0;

	words_read(&ws, text);
	for (size_t i = 0; i < ws.n; i++) {
		uint32_t h = 2166136261u;
		for (const char *c = ws.w[i].low; *c; c++)
			h = (h ^ (unsigned char)*c) * 16777619u;
		d.v[h % EMBED_DIMS] += words_is(&ws, i, small) ? 0.2f : 1.0f;
	}
	for (size_t i = 0; i < EMBED_DIMS; i++)
		length += d.v[i] * d.v[i];
	for (size_t i = 0; i < EMBED_DIMS && length > 0; i++)
		d.v[i] /= sqrtf(length);
	*ret_embedding = d;
	return 0;
}

static inline void embed_words_close(struct embed *e)
{
}

static const struct embed_ops embed_words_ops = {"words", embed_words_run, embed_words_close};

#endif
