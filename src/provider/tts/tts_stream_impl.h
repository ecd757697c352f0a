/*
 * tts_stream_impl.h - what the two files of tts_stream.h share
 *
 * tts_stream_text.c turns text into clauses and puts them into stretches;
 * tts_stream.c sends those, and tells what comes back.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_STREAM_IMPL_H
#define PROVIDER_TTS_TTS_STREAM_IMPL_H

#include "provider/tts/tts_stream.h"

struct tts_answer {
	struct list node;
	struct list stretches;
	uint32_t number;
	bool ended;       /* no more text */
	bool begun;       /* it has had a clause */
	usec asked;       /* when that was */
	uint32_t samples; /* of stretches that have been told */
	uint64_t amount[USAGE_UNITS_];
};

static inline struct tts_stream *tts_stream_of(struct tts *t)
{
	return CONTAINER_OF(t, struct tts_stream, tts);
}

static inline struct tts_answer *tts_stream_answer_at(struct list *node)
{
	return LIST_ENTRY(node, struct tts_answer, node);
}

static inline struct tts_stretch *tts_stream_stretch_at(struct list *node)
{
	return LIST_ENTRY(node, struct tts_stretch, node);
}

/* NULL when there is none. */
static inline struct tts_stretch *tts_stream_last_stretch(struct tts_answer *a)
{
	return list_empty(&a->stretches) ? NULL : tts_stream_stretch_at(a->stretches.prev);
}

/* The answer whose text is coming; NULL when that has ended. */
static inline struct tts_answer *tts_stream_open_answer(struct tts_stream *s)
{
	struct tts_answer *a = list_empty(&s->answers) ? NULL : tts_stream_answer_at(s->answers.prev);

	return a && !a->ended ? a : NULL;
}

/* Another answer behind all others. Returns 0, -EMSGSIZE, -ENOMEM. */
int tts_stream_answer_new(struct tts_stream *s, uint32_t number, struct tts_answer **ret_answer) must_check;

/* Another stretch behind all others of the answer. Returns 0, -ENOMEM. */
int tts_stream_stretch_new(struct tts_stream *s, struct tts_answer *a,
			   struct tts_stretch **ret_stretch) must_check;

/* Writes s->kept_as. Returns 0 or -ENOMEM. */
int tts_stream_name_phrases(struct tts_stream *s) must_check;

/* Sends what there is, and sees that what needs no vendor is told. */
void tts_stream_go_on(struct tts_stream *s);

#endif
