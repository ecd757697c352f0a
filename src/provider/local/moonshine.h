/*
 * moonshine.h - speech to text: the Moonshine models
 *
 * An encoder turns a whole utterance of 16 kHz audio into features; a decoder
 * writes tokens one by one, the likeliest each time, keeping what it computed
 * (the keys and values of attention) from step to step. The model invents text
 * where there is none and repeats itself on what it cannot follow, so tokens
 * are limited by the length of the audio, and a repetition ends the text.
 *
 *   pcm -> encoder -> [decoder -> token]* -> pieces -> text
 *
 * It was trained on utterances up to about 20 s and loops on much longer ones:
 * see transcribe.h, which cuts.
 *
 * Threads: any number at once on one model. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_MOONSHINE_H
#define PROVIDER_LOCAL_MOONSHINE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "provider/local/ort.h"

#define MOONSHINE_RATE_HZ     16000
#define MOONSHINE_MAX_SAMPLES (20 * MOONSHINE_RATE_HZ)
#define MOONSHINE_TOKENS_MAX  160 /* enough for 20 s: see moonshine.c */

struct moonshine;

struct moonshine_tokens {
	int32_t token[MOONSHINE_TOKENS_MAX];
	size_t n;
	bool cut;         /* ended by the limit or by a repetition, not by the model */
	float confidence; /* 0..1: the geometric mean of the probabilities of the tokens; 1 for none */
};

/* `dir` is below the models' directory: "moonshine/base". Returns as ort_model_open(), or -EBADMSG when the
 * models are not Moonshine's. */
int moonshine_open(struct ort *o, const char *dir, struct ort_error *err,
		   struct moonshine **ret_model) must_check;
struct moonshine *moonshine_close(struct moonshine *m);

/* Recognises pcm[samples] (16 kHz mono, -1..1, at most MOONSHINE_MAX_SAMPLES). `stop`, looked at between
 * tokens, abandons the work when somebody sets it; may be NULL. Blocks while it computes. Returns 0,
 * -ECANCELED, -EIO with the runtime's words, -ENOMEM. */
int moonshine_run(struct moonshine *m, const float *pcm, size_t samples, const atomic_bool *stop,
		  struct ort_error *err, struct moonshine_tokens *ret_tokens) must_check;

/* How many of n tokens remain when a tail that says the same thing over and over is cut to one saying of it;
 * n when there is none. */
size_t moonshine_trim_repeat(const int32_t *token, size_t n);

#endif
