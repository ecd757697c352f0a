/*
 * kokoro.h - text to speech: Kokoro, 82 million parameters, 24 kHz
 *
 * Phonemes go in as token numbers with a style, a row of the voice's table
 * chosen by how many they are; the samples of the whole text come out at once.
 * One second of speech takes about 0.6 s of a core: a first clause of four
 * words is ready after a second, which is why texts come in clauses, and why
 * an agent's fixed phrases are rendered beforehand (phrase_cache.h).
 *
 *   words -> g2p -> tokens -> model -> voice_out -> sink
 *
 * The weights are the float32 ones: the half-precision file answers some
 * texts with nothing but NaN, the 8 bit one is slower than time.
 *
 * Threads: any number at once on one model and voice. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_KOKORO_H
#define PROVIDER_LOCAL_KOKORO_H

#include "provider/local/ort.h"
#include "provider/local/voice_out.h"

#define KOKORO_MODEL      "kokoro/kokoro.onnx" /* below the models' directory */
#define KOKORO_VOICES     "kokoro/voices"
#define KOKORO_RATE_HZ    24000
#define KOKORO_TOKENS_MAX 510 /* of one run; longer texts take several */

struct kokoro;
struct kokoro_voice;

/* Returns as ort_model_open(). Some 0.5 GB and seconds: at the start, not during a call. */
int kokoro_open(struct ort *o, struct ort_error *err, struct kokoro **ret_model) must_check;
struct kokoro *kokoro_close(struct kokoro *k);

/* The voice `name` ("af_heart") of the models' directory. Returns 0, -ENOENT (err says what fetches it),
 * -EINVAL for a name that is none, -EBADMSG when the file is no voice, -ENOMEM. */
int kokoro_voice_open(const char *models_dir, struct str name, struct ort_error *err,
		      struct kokoro_voice **ret_voice) must_check;
struct kokoro_voice *kokoro_voice_close(struct kokoro_voice *v);

/* Speaks `words` (as of speakable.h) into the sink; speed 1 is the voice's own, 0.5 .. 2. Blocks while it
 * computes. Returns 0, -ECANCELED when the sink wanted no more, -EIO with the runtime's words or when the
 * model gave no numbers, -ENOMEM. */
int kokoro_say(struct kokoro *k, const struct kokoro_voice *v, struct str words, float speed,
	       const struct voice_out_sink *sink, struct ort_error *err) must_check;

/* The tokens of phonetic text (as of g2p.h): at most `max`, characters outside the alphabet are skipped.
 * Returns how many; *ret_used is the bytes of `phonemes` they came from, cut at a blank when not all fit. */
size_t kokoro_tokens(struct str phonemes, int64_t *tokens, size_t max, size_t *ret_used);

#endif
