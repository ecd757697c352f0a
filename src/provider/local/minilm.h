/*
 * minilm.h - the embedding engine: all-MiniLM-L6-v2
 *
 * Six layers over WordPiece tokens; the mean of what they say of each token,
 * scaled to length 1. Texts go through one at a time: the model's 8 bit numbers
 * are scaled to whatever is in the run, so that a text's neighbours in a batch
 * would change its embedding.
 *
 * Threads: as embed.h says. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_MINILM_H
#define PROVIDER_LOCAL_MINILM_H

#include "provider/local/embed.h"

#define MINILM_MODEL      "minilm/model_quantized.onnx" /* below the models' directory */
#define MINILM_TOKENIZER  "minilm/tokenizer.json"
#define MINILM_TOKENS_MAX 128 /* what it was trained on, about 90 words */

struct ort;
struct ort_error;

/* Returns as ort_model_open(), or as wordpiece_new() with words in `err`. */
int minilm_open(struct ort *o, struct ort_error *err, struct embed **ret_embed) must_check;

#endif
